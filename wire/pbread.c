/* SPDX-License-Identifier: ISC */
/* Reading protobuf field by field, in place. */
#include "wire/delim.h"
#include "wire/pbread.h"

#define TAG_MAX		0x1fffffffU

static int
skip_bytes(struct wire_span *in, size_t n)
{
	if (in->len < n)
		return -1;
	wire_span_take(in, n);
	return 0;
}

static int
read_tag(struct wire_span *in, struct pbfield *f)
{
	uint64_t	 key;

	if (varint_get(in, &key) == -1 || key >> 3 == 0 || key >> 3 > TAG_MAX)
		return -1;
	f->tag = key >> 3;
	f->type = key & 7;
	return 0;
}

/* The value of a field that is no group. */
static int
read_value(struct wire_span *in, struct pbfield *f)
{
	uint64_t	 len;

	switch (f->type) {
	case PBTYPE_VARINT:
		return varint_get(in, &f->num);
	case PBTYPE_FIXED64:
		return skip_bytes(in, 8);
	case PBTYPE_FIXED32:
		return skip_bytes(in, 4);
	case PBTYPE_BYTES:
		if (varint_get(in, &len) == -1 || len > in->len)
			return -1;
		f->data = wire_span_take(in, len);
		return 0;
	default:
		return -1;
	}
}

/* Groups nest, but only their depth matters: no recursion. */
static int
skip_group(struct wire_span *in)
{
	struct pbfield	 f;
	size_t		 depth = 1;

	while (depth > 0) {
		if (read_tag(in, &f) == -1)
			return -1;
		if (f.type == PBTYPE_GROUP)
			depth++;
		else if (f.type == PBTYPE_GROUP_END)
			depth--;
		else if (read_value(in, &f) == -1)
			return -1;
	}
	return 0;
}

int
pbread_next(struct wire_span *in, struct pbfield *f)
{
	if (in->len == 0)
		return 0;
	f->num = 0;
	f->data = wire_span_of(NULL, 0);
	if (read_tag(in, f) == -1)
		return -1;
	if (f->type == PBTYPE_GROUP)
		return skip_group(in) == -1 ? -1 : 1;
	return read_value(in, f) == -1 ? -1 : 1;
}

int
pbread_skip(struct wire_span in)
{
	struct pbfield	 f;
	int		 rv;

	while ((rv = pbread_next(&in, &f)) == 1)
		;
	return rv;
}
