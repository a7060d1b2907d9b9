/* SPDX-License-Identifier: ISC */
/* Files of addresses: which format, how far, what was wrong. */

#include <sys/types.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "pexctl/import_impl.h"

static const struct import_ops *const formats[IMPORT_FORMAT_MAX] = {
	[IMPORT_LIST]	= &import_list,
	[IMPORT_LINES]	= &import_lines,
	[IMPORT_COMET]	= &import_comet,
};

static const struct {
	const char	*key;
	const char	*text;
} defects[DEFECT_MAX] = {
	[DEFECT_NOT_OBJECT] = { "not_an_entry", "not an entry" },
	[DEFECT_ID] = { "bad_id", "the ID is not 40 hex digits" },
	[DEFECT_HOST_NAME] = { "host_name", "a host name, not an IP address" },
	[DEFECT_IP] = { "bad_ip", "no IP address" },
	[DEFECT_PORT] = { "bad_port", "the port is not 1..65535" },
	[DEFECT_BUCKET_TYPE] = { "bad_bucket_type",
	    "the bucket type is neither 1 nor 2" },
	[DEFECT_NO_BUCKET] = { "no_bucket", "it stands in no bucket" },
	[DEFECT_BUCKET] = { "bad_bucket",
	    "a bucket number outside the table" },
	[DEFECT_COUNT] = { "bad_count", "a count that is none" },
	[DEFECT_TIME] = { "bad_time", "a time that is none" },
	[DEFECT_LEVEL] = { "bad_level",
	    "a level unknown or without a success" },
};

const char *
import_format_name(enum import_format f)
{
	return formats[f]->name;
}

const char *
import_defect_key(enum import_defect d)
{
	return defects[d].key;
}

const char *
import_defect_text(enum import_defect d)
{
	return defects[d].text;
}

bool
import_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/*
 * A JSON object is an addrbook.json if its first key is one of the two that
 * such a file has at the top; sorted or not, one of them comes first.
 */
enum import_format
import_detect(const char *p, size_t len)
{
	const char *end = p + len;

	while (p < end && import_is_space(*p))
		p++;
	if (p == end || *p != '{')
		return IMPORT_LIST;
	for (p++; p < end && import_is_space(*p); p++)
		;
	if ((end - p >= 5 && memcmp(p, "\"key\"", 5) == 0) ||
	    (end - p >= 7 && memcmp(p, "\"addrs\"", 7) == 0))
		return IMPORT_COMET;
	return IMPORT_LINES;
}

struct import *
import_new(enum import_format format, import_fn fn, void *ctx)
{
	struct import *im;

	if ((im = calloc(1, sizeof(*im))) == NULL)
		return NULL;
	if (jslice_init(&im->slice) == -1) {
		free(im);
		return NULL;
	}
	im->ops = formats[format];
	im->fn = fn;
	im->ctx = ctx;
	im->at.line = im->at.column = 1;
	return im;
}

void
import_free(struct import *im)
{
	if (im == NULL)
		return;
	jslice_free(&im->slice);
	free(im);
}

int
import_feed(struct import *im, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (++im->bytes > im->ops->bytes_max)
			return import_fail(im, im->at, "the file is larger "
			    "than %llu MB, and no %s is",
			    (unsigned long long)im->ops->bytes_max >> 20,
			    im->ops->name);
		if (im->ops->byte(im, p[i]) == -1)
			return -1;
		im->at.column++;
		if (p[i] == '\n') {
			im->at.line++;
			im->at.column = 1;
		}
	}
	return 0;
}

int
import_end(struct import *im)
{
	return im->ops->end(im);
}

const char *
import_error(const struct import *im)
{
	return im->why[0] == '\0' ? NULL : im->why;
}

const struct import_tally *
import_tally(const struct import *im)
{
	return &im->tally;
}

/* --- for the formats --------------------------------------------------- */

int
import_fail(struct import *im, struct import_pos at, const char *fmt, ...)
{
	va_list ap;
	int n;

	n = snprintf(im->why, sizeof(im->why), "line %llu, column %llu: ",
	    (unsigned long long)at.line, (unsigned long long)at.column);
	va_start(ap, fmt);
	vsnprintf(im->why + n, sizeof(im->why) - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

int
import_take(struct import *im, uint64_t line, enum import_defect defect,
    const struct m_row_entry *e, bool with_history)
{
	struct import_tally *t = &im->tally;

	if (defect != DEFECT_NONE) {
		t->left_out++;
		if (t->defects[defect]++ == 0)
			t->first_line[defect] = line;
		return 0;
	}
	t->entries++;
	return im->fn(im->ctx, e, with_history) == 0 ? 0 : -1;
}

int
import_slice(struct import *im, char c, enum jslice_result *res)
{
	switch (*res = jslice_feed(&im->slice, c)) {
	case JSLICE_TOO_LONG:
		return import_fail(im, im->at, "a value of more than %d "
		    "bytes began on line %llu", JSLICE_MAX,
		    (unsigned long long)im->value_at.line);
	case JSLICE_TOO_DEEP:
		return import_fail(im, im->at,
		    "nested more than %d levels deep", JSLICE_DEPTH);
	case JSLICE_UNBALANCED:
		return import_fail(im, im->at,
		    "a bracket closes what was not opened");
	default:
		return 0;
	}
}

/* Where in the file a place in the value is that was cut out of it. */
static struct import_pos
place_of(const struct import *im, const json_error_t *err)
{
	struct import_pos at = im->value_at;

	if (err->line > 1) {
		at.line += (uint64_t)err->line - 1;
		at.column = 1;
	}
	if (err->column > 1)
		at.column += (uint64_t)err->column - 1;
	return at;
}

json_t *
import_parse(struct import *im)
{
	json_error_t err;
	json_t *v;

	v = json_loadb(im->slice.buf, im->slice.len,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &err);
	if (v != NULL)
		return v;
	/* The parser quotes the file, which may hold anything. */
	log_printable(err.text);
	(void)import_fail(im, place_of(im, &err), "%s", err.text);
	return NULL;
}
