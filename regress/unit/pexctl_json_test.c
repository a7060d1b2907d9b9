/* SPDX-License-Identifier: ISC */
/* pexctl: the JSON writer, read back by a JSON library; the slicer. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>
#include <jansson.h>

#include "pexctl/jslice.h"
#include "pexctl/jsonw.h"

struct doc {
	struct jsonw	 j;
	FILE		*f;
	char		*text;
	size_t		 len;
};

static void
doc_begin(struct doc *d)
{
	ATF_REQUIRE((d->f = open_memstream(&d->text, &d->len)) != NULL);
	jsonw_init(&d->j, d->f);
}

static json_t *
doc_end(struct doc *d)
{
	json_t *v;

	jsonw_finish(&d->j);
	fclose(d->f);
	v = json_loadb(d->text, d->len, JSON_REJECT_DUPLICATES, NULL);
	ATF_REQUIRE_MSG(v != NULL, "no JSON: %s", d->text);
	return v;
}

ATF_TC_WITHOUT_HEAD(layout);
ATF_TC_BODY(layout, tc)
{
	struct doc d;

	doc_begin(&d);
	jsonw_object(&d.j, NULL);
	jsonw_rows(&d.j, "rows");
	jsonw_object(&d.j, NULL);
	jsonw_int(&d.j, "a", INT64_MIN);
	jsonw_bool(&d.j, "b", true);
	jsonw_end(&d.j);
	jsonw_object(&d.j, NULL);
	jsonw_end(&d.j);
	jsonw_end(&d.j);
	jsonw_array(&d.j, "list");
	jsonw_uint(&d.j, NULL, INT64_MAX);
	jsonw_null(&d.j, NULL);
	json_decref(doc_end(&d));
	ATF_CHECK_STREQ("{\"rows\":[\n{\"a\":-9223372036854775808,\"b\":true}"
	    ",\n{}\n],\"list\":[9223372036854775807,null]}\n", d.text);
	free(d.text);
}

ATF_TC_WITHOUT_HEAD(empty_rows);
ATF_TC_BODY(empty_rows, tc)
{
	struct doc d;

	doc_begin(&d);
	jsonw_object(&d.j, NULL);
	jsonw_rows(&d.j, "rows");
	json_decref(doc_end(&d));
	ATF_CHECK_STREQ("{\"rows\":[]}\n", d.text);
	free(d.text);
}

static void
check_text(const char *in, const char *out)
{
	struct doc d;
	json_t *v;

	doc_begin(&d);
	jsonw_object(&d.j, NULL);
	jsonw_str(&d.j, in, in);
	v = doc_end(&d);
	ATF_CHECK_STREQ(out, json_string_value(json_object_get(v, out)));
	json_decref(v);
	free(d.text);
}

#define BAD	"\357\277\275"		/* U+FFFD */

ATF_TC_WITHOUT_HEAD(texts);
ATF_TC_BODY(texts, tc)
{
	check_text("", "");
	check_text("a\"b\\c/d", "a\"b\\c/d");
	check_text("\1\37\177\n\t", "\1\37\177\n\t");
	check_text("\303\251 \342\202\254 \360\237\230\200",
	    "\303\251 \342\202\254 \360\237\230\200");
	/* Not UTF-8: lone, cut, overlong, a surrogate, too large. */
	check_text("\200x", BAD "x");
	check_text("\342\202", BAD BAD);
	check_text("\300\257", BAD BAD);
	check_text("\340\200\257", BAD BAD BAD);
	check_text("\355\240\200", BAD BAD BAD);
	check_text("\364\220\200\200", BAD BAD BAD BAD);
	check_text("\377\376", BAD BAD);
}

/* Any bytes at all make a document that a strict reader takes. */
ATF_TC_WITHOUT_HEAD(random_texts);
ATF_TC_BODY(random_texts, tc)
{
	char text[40];
	struct doc d;
	size_t i;
	int n;

	srandom(1);
	for (n = 0; n < 20000; n++) {
		for (i = 0; i < sizeof(text) - 1; i++)
			text[i] = (char)(random() >> 7);
		text[i] = '\0';
		doc_begin(&d);
		jsonw_object(&d.j, NULL);
		jsonw_str(&d.j, "x", text);
		json_decref(doc_end(&d));
		free(d.text);
	}
}

static enum jslice_result
feed(struct jslice *s, const char *text, size_t *used)
{
	enum jslice_result r = JSLICE_MORE;
	size_t i;

	jslice_start(s);
	for (i = 0; text[i] != '\0' && r == JSLICE_MORE; i++)
		r = jslice_feed(s, text[i]);
	*used = i;
	return r;
}

ATF_TC_WITHOUT_HEAD(slices);
ATF_TC_BODY(slices, tc)
{
	static const struct {
		const char		*text, *value;
		enum jslice_result	 r;
	} cases[] = {
		{ "{} ", "{}", JSLICE_END },
		{ "[1,[2]]x", "[1,[2]]", JSLICE_END },
		{ "{\"a\":\"}\\\"]\"},", "{\"a\":\"}\\\"]\"}", JSLICE_END },
		{ "\"a\\\\\"x", "\"a\\\\\"", JSLICE_END },
		{ "12,", "12", JSLICE_PAST },
		{ "true\n", "true", JSLICE_PAST },
		{ "null}", "null", JSLICE_PAST },
		{ "{\"a\":1", "{\"a\":1", JSLICE_MORE },
		{ "\"abc", "\"abc", JSLICE_MORE },
		{ "{]", "{]", JSLICE_UNBALANCED },
		{ "[}", "[}", JSLICE_UNBALANCED },
		{ "]", "]", JSLICE_UNBALANCED },
		{ "[[[[[[[[[[[[[[[[", "[[[[[[[[[[[[[[[[", JSLICE_MORE },
		{ "[[[[[[[[[[[[[[[[[", "[[[[[[[[[[[[[[[[[",
		    JSLICE_TOO_DEEP },
	};
	struct jslice s;
	size_t i, used;

	ATF_REQUIRE_EQ(0, jslice_init(&s));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ATF_CHECK_EQ(cases[i].r, feed(&s, cases[i].text, &used));
		ATF_CHECK_EQ(strlen(cases[i].value), s.len);
		ATF_CHECK_EQ(0, memcmp(cases[i].value, s.buf, s.len));
	}
	jslice_free(&s);
}

ATF_TC_WITHOUT_HEAD(slice_too_long);
ATF_TC_BODY(slice_too_long, tc)
{
	struct jslice s;
	size_t i;

	ATF_REQUIRE_EQ(0, jslice_init(&s));
	ATF_REQUIRE_EQ(JSLICE_MORE, jslice_feed(&s, '"'));
	for (i = 1; i < JSLICE_MAX; i++)
		ATF_REQUIRE_EQ(JSLICE_MORE, jslice_feed(&s, 'x'));
	ATF_CHECK_EQ(JSLICE_TOO_LONG, jslice_feed(&s, '"'));
	jslice_free(&s);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, layout);
	ATF_TP_ADD_TC(tp, empty_rows);
	ATF_TP_ADD_TC(tp, texts);
	ATF_TP_ADD_TC(tp, random_texts);
	ATF_TP_ADD_TC(tp, slices);
	ATF_TP_ADD_TC(tp, slice_too_long);
	return atf_no_error();
}
