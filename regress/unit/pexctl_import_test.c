/* SPDX-License-Identifier: ISC */
/* pexctl: reading addrbook.json, and hostile files of every format. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>
#include <jansson.h>

#include "regress/lib/importrun.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))
#define ID1	"1111111111111111111111111111111111111111"
#define ID2	"2222222222222222222222222222222222222222"
#define ZERO	"0001-01-01T00:00:00Z"

static char *
read_sample(size_t *len)
{
	const char *src = getenv("PEXD_SRC");
	char path[1024], *text;
	FILE *f;

	snprintf(path, sizeof(path), "%s/regress/vectors/addrbook_sample.json",
	    src == NULL ? "." : src);
	ATF_REQUIRE_MSG((f = fopen(path, "r")) != NULL, "no %s", path);
	ATF_REQUIRE((text = malloc(65536)) != NULL);
	*len = fread(text, 1, 65536, f);
	fclose(f);
	ATF_REQUIRE(*len > 1000 && *len < 65536);
	return text;
}

/* --- addrbook.json ----------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(sample);
ATF_TC_BODY(sample, tc)
{
	char addr[PEER_ADDR_TEXT_SIZE], *text;
	struct got g = { .rv = 0 };
	size_t len, step;

	text = read_sample(&len);
	ATF_CHECK_EQ(IMPORT_COMET, import_detect(text, len));
	for (step = 1; step <= len; step = step * 3 + 1) {
		import_run(&g, IMPORT_COMET, text, len, step);
		ATF_CHECK_MSG(g.rv == 0, "%s", g.why);
		ATF_CHECK_EQ(8, g.n);
		ATF_CHECK_EQ(8, g.tally.entries);
		ATF_CHECK_EQ(0, g.tally.left_out);
		ATF_CHECK_EQ(0, g.nhistory);
	}
	ATF_CHECK_STREQ("4aede72c8df00d9fc52be679022e9c248bf04049@"
	    "8.8.8.8:26657", peer_addr_text(&g.list[0].addr, addr));
	ATF_CHECK_STREQ("922b87f163a50b5f9528895d7178927f85898ca0@"
	    "[2a01:4f8:c0c:1234::9]:26658",
	    peer_addr_text(&g.list[1].addr, addr));
	/* As heard: of what the other node learnt nothing enters. */
	ATF_CHECK_EQ(LEVEL_HEARD, g.list[2].level);
	ATF_CHECK_EQ(0, g.list[2].last_success);
	free(text);
}

/* Whatever is cut off, the file is refused, and nothing else happens. */
ATF_TC_WITHOUT_HEAD(truncated);
ATF_TC_BODY(truncated, tc)
{
	struct got g = { .rv = 0 };
	size_t len, whole, i;
	char *text;

	text = read_sample(&len);
	for (whole = len; text[whole - 1] != '}'; whole--)
		;
	for (i = 0; i < whole; i++) {
		import_run(&g, IMPORT_COMET, text, i, i + 1);
		ATF_REQUIRE_MSG(g.rv == -1, "accepted %zu bytes", i);
		ATF_REQUIRE(strncmp(g.why, "line ", 5) == 0);
	}
	import_run(&g, IMPORT_COMET, text, whole, 4096);
	ATF_CHECK_EQ(0, g.rv);
	free(text);
}

/* Any byte replaced by any other: refused or read, never worse. */
ATF_TC_WITHOUT_HEAD(flipped);
ATF_TC_BODY(flipped, tc)
{
	struct got g = { .rv = 0 };
	size_t len, i;
	char *text, c;
	int n;

	srandom(7);
	text = read_sample(&len);
	for (n = 0; n < 20000; n++) {
		i = (size_t)random() % len;
		c = text[i];
		text[i] = (char)(random() >> 5);
		import_run(&g, IMPORT_COMET, text, len, 1000);
		ATF_REQUIRE((g.rv == -1) == (g.why[0] != '\0'));
		ATF_REQUIRE(g.rv == -1 ||
		    g.tally.entries + g.tally.left_out == 8);
		text[i] = c;
	}
	free(text);
}

#define ADDR(id, ip, port)						\
	"\"addr\":{\"id\":\"" id "\",\"ip\":\"" ip "\",\"port\":" port "}"
#define REST	"\"src\":null,\"buckets\":[3],\"attempts\":0,"		\
	"\"bucket_type\":1,\"last_attempt\":\"" ZERO "\","		\
	"\"last_success\":\"" ZERO "\",\"last_ban_time\":\"" ZERO "\""
#define GOOD	ADDR(ID1, "1.2.3.4", "26656")
#define BOOK(e)	"{\"key\":\"000000000000000000000000\",\"addrs\":[\n{" e "}]}"
#define WITH(b)	BOOK(GOOD "," b)

/* An entry in which one thing is wrong. */
static const struct {
	const char		*text;
	enum import_defect	 defect;
} comet_cases[] = {
	{ BOOK(GOOD "," REST), DEFECT_NONE },
	{ BOOK(ADDR(ID1, "::ffff:1.2.3.4", "1") "," REST), DEFECT_NONE },
	{ BOOK(ADDR(ID1, "2001:470::1", "65535") "," REST), DEFECT_NONE },
	/* Books of older nodes, and no word of the times at all. */
	{ WITH("\"buckets\":[255,0],\"bucket_type\":1"), DEFECT_NONE },
	{ WITH("\"buckets\":[63],\"bucket_type\":2,\"more\":{}"),
	    DEFECT_NONE },
	{ BOOK(""), DEFECT_NOT_OBJECT },
	{ BOOK("\"addr\":null"), DEFECT_NOT_OBJECT },
	{ BOOK("\"addr\":[]," REST), DEFECT_NOT_OBJECT },
	{ "{\"addrs\":[\n5]}", DEFECT_NOT_OBJECT },
	{ "{\"addrs\":[\n\"x\"]}", DEFECT_NOT_OBJECT },
	{ BOOK("\"addr\":{}," REST), DEFECT_ID },
	{ BOOK(ADDR("", "1.2.3.4", "1") "," REST), DEFECT_ID },
	{ BOOK(ADDR(ID1 "1", "1.2.3.4", "1") "," REST), DEFECT_ID },
	{ BOOK("\"addr\":{\"id\":1,\"ip\":\"1.2.3.4\",\"port\":1}"),
	    DEFECT_ID },
	{ BOOK(ADDR(ID1, "seed.example.org", "1") "," REST),
	    DEFECT_HOST_NAME },
	{ BOOK(ADDR(ID1, "localhost", "1") "," REST), DEFECT_HOST_NAME },
	{ BOOK(ADDR(ID1, "", "1") "," REST), DEFECT_IP },
	{ BOOK(ADDR(ID1, "1.2.3", "1") "," REST), DEFECT_IP },
	{ BOOK(ADDR(ID1, "1.2.3.04", "1") "," REST), DEFECT_IP },
	{ BOOK(ADDR(ID1, "fe80::1%1", "1") "," REST), DEFECT_IP },
	{ BOOK("\"addr\":{\"id\":\"" ID1 "\",\"port\":1}"), DEFECT_IP },
	{ BOOK(ADDR(ID1, "1.2.3.4", "0") "," REST), DEFECT_PORT },
	{ BOOK(ADDR(ID1, "1.2.3.4", "65536") "," REST), DEFECT_PORT },
	{ BOOK(ADDR(ID1, "1.2.3.4", "-1") "," REST), DEFECT_PORT },
	{ BOOK(ADDR(ID1, "1.2.3.4", "1.5") "," REST), DEFECT_PORT },
	{ BOOK(ADDR(ID1, "1.2.3.4", "\"1\"") "," REST), DEFECT_PORT },
	{ WITH("\"buckets\":[1]"), DEFECT_BUCKET_TYPE },
	{ WITH("\"buckets\":[1],\"bucket_type\":0"), DEFECT_BUCKET_TYPE },
	{ WITH("\"buckets\":[1],\"bucket_type\":3"), DEFECT_BUCKET_TYPE },
	{ WITH("\"buckets\":[1],\"bucket_type\":\"1\""), DEFECT_BUCKET_TYPE },
	{ WITH("\"buckets\":[],\"bucket_type\":1"), DEFECT_NO_BUCKET },
	{ WITH("\"buckets\":null,\"bucket_type\":1"), DEFECT_NO_BUCKET },
	{ WITH("\"bucket_type\":2"), DEFECT_NO_BUCKET },
	{ WITH("\"buckets\":[256],\"bucket_type\":1"), DEFECT_BUCKET },
	{ WITH("\"buckets\":[64],\"bucket_type\":2"), DEFECT_BUCKET },
	{ WITH("\"buckets\":[1,-1],\"bucket_type\":1"), DEFECT_BUCKET },
	{ WITH("\"buckets\":[\"1\"],\"bucket_type\":1"), DEFECT_BUCKET },
	{ WITH("\"buckets\":[1],\"bucket_type\":1,\"attempts\":-1"),
	    DEFECT_COUNT },
	{ WITH("\"buckets\":[1],\"bucket_type\":1,\"attempts\":2147483648"),
	    DEFECT_COUNT },
	{ WITH("\"buckets\":[1],\"bucket_type\":1,\"attempts\":null"),
	    DEFECT_COUNT },
	{ WITH("\"buckets\":[1],\"bucket_type\":1,\"last_attempt\":0"),
	    DEFECT_TIME },
	{ WITH("\"buckets\":[1],\"bucket_type\":1,"
	    "\"last_success\":\"yesterday\""), DEFECT_TIME },
	{ WITH("\"buckets\":[1],\"bucket_type\":1,"
	    "\"last_ban_time\":\"2026-02-30T00:00:00Z\""), DEFECT_TIME },
};

ATF_TC_WITHOUT_HEAD(comet_entries);
ATF_TC_BODY(comet_entries, tc)
{
	struct got g;
	size_t i;

	for (i = 0; i < NITEMS(comet_cases); i++) {
		import_run_text(&g, comet_cases[i].text);
		ATF_CHECK_MSG(g.rv == 0, "%s: %s", comet_cases[i].text, g.why);
		if (comet_cases[i].defect == DEFECT_NONE) {
			ATF_CHECK_MSG(g.n == 1 && g.tally.left_out == 0,
			    "%s", comet_cases[i].text);
			continue;
		}
		ATF_CHECK_MSG(g.n == 0 && g.tally.left_out == 1 &&
		    g.tally.defects[comet_cases[i].defect] == 1 &&
		    g.tally.first_line[comet_cases[i].defect] == 2,
		    "%s", comet_cases[i].text);
	}
}

/* Files that are no addrbook.json: the line, and a word of the reason. */
static const struct {
	const char	*text, *why;
} comet_files[] = {
	{ "{\"key\":\"x\"}", "line 1: it has no \"addrs\"" },
	{ "{\"addrs\":{}}", "line 1: \"addrs\" is not a list" },
	{ "{\"addrs\":5}", "line 1: \"addrs\" is not a list" },
	{ "{\"addrs\":[],\n\"addrs\":[]}", "line 2: \"addrs\" for the second" },
	{ "{\"addrs\":[],\n\"\\u0061ddrs\":[]}", "line 2: \"addrs\" for the" },
	{ "{\"addrs\":[]}\n\nx", "line 3: byte 0x78" },
	{ "{\"addrs\":[]}{}", "line 1: byte 0x7b" },
	{ "{\"addrs\":[,]}", "line 1: " },
	{ "{\"addrs\":[{},]}", "line 1: " },
	{ "{\"addrs\":[{} {}]}", "line 1: byte 0x7b" },
	{ "{\"addrs\":[{}}", "line 1: byte 0x7d" },
	{ "{\"addrs\":[1 2]}", "line 1: byte 0x32" },
	{ "{\"addrs\":[],}", "line 1: byte 0x7d" },
	{ "{\"addrs\" []}", "line 1: byte 0x5b" },
	{ "{\"key\":,\"addrs\":[]}", "line 1: " },
	{ "{\"key\":}", "line 1: a bracket closes" },
	{ "{\"addrs\":[\n\n{\"a\":1,\n\"a\":2}]}", "line 4: duplicate" },
	{ "{\"addrs\":[\n{\"a\":tru}]}", "line 2: " },
	{ "{\"addrs\":[\n{\"a\":\"\\u0000\"}]}", "line 2: " },
	{ "{\"addrs\":[\n{\"a\":\"\\ud800\"}]}", "line 2: " },
	{ "{\"addrs\":[\n{\"a\":\"\xc3\x28\"}]}", "line 2: " },
	{ "{\"addrs\":[\n{\"a\":\"\xff\"}]}", "line 2: " },
	{ "{\"addrs\":[\n{\"a\":99999999999999999999}]}", "line 2: " },
	{ "{\"addrs\":[\n{\"a\":1e999}]}", "line 2: " },
	{ "{\"addrs\":[\n{\"a\":\"x\ny\"}]}", "line 2: " },
};

ATF_TC_WITHOUT_HEAD(comet_refused);
ATF_TC_BODY(comet_refused, tc)
{
	struct got g;
	size_t i;

	for (i = 0; i < NITEMS(comet_files); i++) {
		import_run_text(&g, comet_files[i].text);
		ATF_CHECK_MSG(g.rv == -1 && strncmp(g.why, comet_files[i].why,
		    strlen(comet_files[i].why)) == 0, "%s: \"%s\"",
		    comet_files[i].text, g.why);
		ATF_CHECK_EQ(0, g.n);
	}
}

/* A book is often one long line: the column is what finds the place. */
ATF_TC_WITHOUT_HEAD(columns);
ATF_TC_BODY(columns, tc)
{
	static const struct {
		const char	*text;
		size_t		 column;	/* of the last byte seen */
	} cases[] = {
		{ "{\"addrs\":[]}x", 13 },
		{ "{\"addrs\":[]}\n \n  x", 3 },
		{ "{\"addrs\":[1 2]}", 13 },
		{ "{\"addrs\":[{},{\"a\":tru}]}", 21 },
		{ "{\"addrs\":[{},\n  {\"a\":tru}]}", 10 },
		{ "{\"addrs\":[{},\n  {\n\"a\":tru}]}", 7 },
		{ "{\"addrs\":[", 11 },
		{ "{\"id\":1}\n{\"id\":tru}\n", 9 },
		{ "1.2.3.4:5 \x01", 11 },
	};
	struct got g;
	size_t i;

	for (i = 0; i < NITEMS(cases); i++) {
		import_run_text(&g, cases[i].text);
		ATF_CHECK_EQ(-1, g.rv);
		ATF_CHECK_MSG(g.column == cases[i].column, "%s: %zu, not %zu",
		    cases[i].text, g.column, cases[i].column);
	}
}

ATF_TC_WITHOUT_HEAD(comet_empty);
ATF_TC_BODY(comet_empty, tc)
{
	struct got g;

	import_run_text(&g, " {\"addrs\" : [ ] , \"x\":[1,{\"y\":\"]\"}] } \n");
	ATF_CHECK_MSG(g.rv == 0 && g.n == 0, "%s", g.why);
	import_run_text(&g, "{\"key\":\"x\",\"addrs\":null}");
	ATF_CHECK_MSG(g.rv == 0 && g.n == 0, "%s", g.why);
	import_run_text(&g, "{\"key\":17,\"addrs\":[]}");
	ATF_CHECK_MSG(g.rv == 0 && g.n == 0, "%s", g.why);
}

/* --- hostile sizes ----------------------------------------------------- */

/* What the JSON library holds, for a sanitizer keeps what is freed. */
static size_t held, peak;

static void *
counting_malloc(size_t size)
{
	size_t *p;

	if ((p = malloc(16 + size)) == NULL)
		return NULL;
	*p = size;
	if ((held += size) > peak)
		peak = held;
	return (char *)p + 16;
}

static void
counting_free(void *p)
{
	size_t *head = p == NULL ? NULL : (void *)((char *)p - 16);

	if (p != NULL)
		held -= *head;
	free(head);
}

/* Feed head, then fill over and over up to size bytes.  -1: refused. */
static int
flood(enum import_format format, const char *head, const char *fill,
    size_t size, struct got *g)
{
	static char block[65536];
	size_t n = strlen(fill), off, used = sizeof(block) / n * n;
	struct import *im;
	int rv;

	for (off = 0; off < used; off += n)
		memcpy(block + off, fill, n);
	memset(g, 0, sizeof(*g));
	ATF_REQUIRE((im = import_new(format, got_entry, g)) != NULL);
	rv = import_feed(im, head, strlen(head));
	for (off = 0; rv == 0 && off < size; off += used)
		rv = import_feed(im, block, used);
	if (import_error(im) != NULL)
		(void)strlcpy(g->why, import_error(im), sizeof(g->why));
	g->tally = *import_tally(im);
	import_free(im);
	return rv;
}

#define HUNDRED_MB	(100u << 20)

ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	static const struct {
		enum import_format	 format;
		const char		*head, *fill, *why;
	} cases[] = {
		{ IMPORT_COMET, "{\"addrs\":[", "[", "nested more than 16" },
		{ IMPORT_COMET, "{\"addrs\":[", "{\"a\":", "nested more" },
		{ IMPORT_COMET, "{\"key\":", "[", "nested more than 16" },
		{ IMPORT_COMET, "{\"key\":\"", "x", "a value of more than" },
		{ IMPORT_COMET, "{\"addrs\":[{\"a\":\"", "x", "a value of" },
		{ IMPORT_COMET, "{\"addrs\":[{\"a\":[1", ",1", "a value of" },
		{ IMPORT_COMET, "{\"addrs\":[1", "1", "a value of more" },
		{ IMPORT_COMET, "{\"", "k", "a value of more than" },
		{ IMPORT_COMET, "{\"addrs\":[{}", ",{" GOOD "," REST
		    ",\n\n\n\n\n\n\n\n\"more\":[1,2,3,4,5,6,7,8,9]}",
		    "is larger than" },
		{ IMPORT_COMET, "{\"addrs\":[", " \n", "is larger than" },
		{ IMPORT_COMET, "{\"addrs\":[]}", "\n", "is larger than" },
		{ IMPORT_LINES, "", "{\"a\":", "nested more than 16" },
		{ IMPORT_LINES, "{\"a\":\"", "x", "a value of more than" },
		{ IMPORT_LIST, "", "x", "a word of more than" },
	};
	struct got g;
	size_t i;

	json_set_alloc_funcs(counting_malloc, counting_free);
	for (i = 0; i < NITEMS(cases); i++)
		ATF_CHECK_MSG(flood(cases[i].format, cases[i].head,
		    cases[i].fill, HUNDRED_MB, &g) == -1 &&
		    strstr(g.why, cases[i].why) != NULL,
		    "%s: \"%s\"", cases[i].head, g.why);
	/* In the memory of one value, though 1.4 GB were offered. */
	ATF_CHECK_EQ(0, held);
	ATF_CHECK_MSG(peak > 100 && peak < 128 * 1024, "%zu bytes", peak);
}

/* Hundreds of thousands of entries: counted in the memory of one. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	struct got g;

	json_set_alloc_funcs(counting_malloc, counting_free);

	ATF_CHECK_EQ(0, flood(IMPORT_LIST, "", ID1 "@1.2.3.4:5\n",
	    HUNDRED_MB / 4, &g));
	ATF_CHECK(g.n > 400000);
	ATF_CHECK_EQ(g.n, g.tally.entries);
	ATF_CHECK_EQ(0, flood(IMPORT_LINES, "", "{\"id\":\"" ID1
	    "\",\"ip\":\"::1\",\"port\":1}\n", 8u << 20, &g));
	ATF_CHECK(g.n > 100000);
	ATF_CHECK_EQ(0, held);
	ATF_CHECK_MSG(peak > 100 && peak < 128 * 1024, "%zu bytes", peak);
}

ATF_TC_WITHOUT_HEAD(nul_bytes);
ATF_TC_BODY(nul_bytes, tc)
{
	static const char comet[] = "{\"addrs\":[\0]}";
	static const char inside[] = "{\"addrs\":[{\"a\":\"\0\"}]}";
	static const char lines[] = "{\"id\":\"\0\"}";
	static const char list[] = ID1 "@1.2.3.4:5\n\0";
	static const char comment[] = "# \0\n";
	struct got g = { .rv = 0 };

	import_run(&g, IMPORT_COMET, comet, sizeof(comet) - 1, 99);
	ATF_CHECK_EQ(-1, g.rv);
	import_run(&g, IMPORT_COMET, inside, sizeof(inside) - 1, 99);
	ATF_CHECK_EQ(-1, g.rv);
	import_run(&g, IMPORT_LINES, lines, sizeof(lines) - 1, 99);
	ATF_CHECK_EQ(-1, g.rv);
	import_run(&g, IMPORT_LIST, list, sizeof(list) - 1, 99);
	ATF_CHECK_STREQ("line 2: byte 0x00 has no place in a list of "
	    "id@ip:port", g.why);
	import_run(&g, IMPORT_LIST, comment, sizeof(comment) - 1, 99);
	ATF_CHECK_EQ(-1, g.rv);
}

/* The callback may end it, and then it was not the file's fault. */
ATF_TC_WITHOUT_HEAD(stopped);
ATF_TC_BODY(stopped, tc)
{
	struct got g = { .stop_at = 3 };
	size_t len;
	char *text;

	text = read_sample(&len);
	import_run(&g, IMPORT_COMET, text, len, 100);
	ATF_CHECK(g.rv == -1 && g.n == 3);
	ATF_CHECK_STREQ("", g.why);
	free(text);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, sample);
	ATF_TP_ADD_TC(tp, truncated);
	ATF_TP_ADD_TC(tp, flipped);
	ATF_TP_ADD_TC(tp, comet_entries);
	ATF_TP_ADD_TC(tp, comet_refused);
	ATF_TP_ADD_TC(tp, columns);
	ATF_TP_ADD_TC(tp, comet_empty);
	ATF_TP_ADD_TC(tp, hostile);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, nul_bytes);
	ATF_TP_ADD_TC(tp, stopped);
	return atf_no_error();
}
