/* SPDX-License-Identifier: ISC */
/* A JSON writer. */

#include <sys/types.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pexctl/jsonw.h"

/* Length of the UTF-8 sequence at p (RFC 3629), 0 if there is none. */
static int
utf8_len(const unsigned char *p)
{
	int i, n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	/* The terminating NUL is no continuation, so this stays inside. */
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, past U+10FFFF. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static void
put_string(FILE *f, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	int n;

	fputc('"', f);
	for (; *p != '\0'; p += n) {
		if ((n = utf8_len(p)) == 0) {
			fputs("\\ufffd", f);
			n = 1;
		} else if (*p == '"' || *p == '\\')
			fprintf(f, "\\%c", *p);
		else if (*p < 0x20 || *p == 0x7f)
			fprintf(f, "\\u%04x", *p);
		else
			fwrite(p, 1, (size_t)n, f);
	}
	fputc('"', f);
}

/* What stands before a value: comma, line break, key. */
static void
begin(struct jsonw *j, const char *key)
{
	if (j->comma[j->depth])
		fputc(',', j->f);
	if (j->rows[j->depth])
		fputc('\n', j->f);
	j->comma[j->depth] = true;
	if (key != NULL) {
		put_string(j->f, key);
		fputc(':', j->f);
	}
}

static void
open_level(struct jsonw *j, const char *key, const char *brackets, bool rows)
{
	begin(j, key);
	if (++j->depth > JSONW_DEPTH)
		abort();
	fputc(brackets[0], j->f);
	j->close[j->depth] = brackets[1];
	j->comma[j->depth] = false;
	j->rows[j->depth] = rows;
}

void
jsonw_init(struct jsonw *j, FILE *f)
{
	memset(j, 0, sizeof(*j));
	j->f = f;
}

void
jsonw_object(struct jsonw *j, const char *key)
{
	open_level(j, key, "{}", false);
}

void
jsonw_array(struct jsonw *j, const char *key)
{
	open_level(j, key, "[]", false);
}

void
jsonw_rows(struct jsonw *j, const char *key)
{
	open_level(j, key, "[]", true);
}

void
jsonw_end(struct jsonw *j)
{
	if (j->rows[j->depth] && j->comma[j->depth])
		fputc('\n', j->f);
	fputc(j->close[j->depth], j->f);
	j->depth--;
}

void
jsonw_finish(struct jsonw *j)
{
	while (j->depth > 0)
		jsonw_end(j);
	j->comma[0] = false;
	fputc('\n', j->f);
}

void
jsonw_str(struct jsonw *j, const char *key, const char *value)
{
	begin(j, key);
	put_string(j->f, value);
}

void
jsonw_int(struct jsonw *j, const char *key, int64_t value)
{
	begin(j, key);
	fprintf(j->f, "%" PRId64, value);
}

void
jsonw_uint(struct jsonw *j, const char *key, uint64_t value)
{
	begin(j, key);
	fprintf(j->f, "%" PRIu64, value);
}

void
jsonw_bool(struct jsonw *j, const char *key, bool value)
{
	begin(j, key);
	fputs(value ? "true" : "false", j->f);
}

void
jsonw_null(struct jsonw *j, const char *key)
{
	begin(j, key);
	fputs("null", j->f);
}
