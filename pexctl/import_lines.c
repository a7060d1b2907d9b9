/* SPDX-License-Identifier: ISC */
/* pexd's own format: JSON objects, one per entry, one after the other. */

#include <sys/types.h>

#include "pexctl/import_impl.h"

enum { BETWEEN = 0, INSIDE };

static int
take_line(struct import *im)
{
	struct m_row_entry e;
	enum import_defect d;
	json_t *v;

	im->state = BETWEEN;
	if ((v = import_parse(im)) == NULL)
		return -1;
	d = entry_json_parse(v, &e);
	json_decref(v);
	return import_take(im, im->value_at.line, d, &e, true);
}

static int
lines_byte(struct import *im, char c)
{
	enum jslice_result res;

	if (im->state == BETWEEN) {
		if (import_is_space(c))
			return 0;
		if (c != '{')
			return import_fail(im, im->at,
			    "a JSON object has to begin here");
		im->state = INSIDE;
		im->value_at = im->at;
		jslice_start(&im->slice);
	}
	if (import_slice(im, c, &res) == -1)
		return -1;
	return res == JSLICE_END ? take_line(im) : 0;
}

static int
lines_end(struct import *im)
{
	if (im->state == BETWEEN)
		return 0;
	return import_fail(im, im->at, "the file ends in an entry that "
	    "began on line %llu", (unsigned long long)im->value_at.line);
}

const struct import_ops import_lines = {
	.name = "book of JSON lines",
	.bytes_max = 4ull << 30,	/* the largest book there can be */
	.byte = lines_byte,
	.end = lines_end,
};
