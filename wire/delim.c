/* SPDX-License-Identifier: ISC */
/* Varints, and delimited messages in a byte stream. */
#include <stdlib.h>

#include "wire/delim.h"

size_t
varint_size(uint64_t v)
{
	size_t	 n = 1;

	while (v >= 0x80) {
		v >>= 7;
		n++;
	}
	return n;
}

uint8_t *
varint_put(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = v | 0x80;
		v >>= 7;
	}
	*p++ = v;
	return p;
}

/*
 * Add the n-th byte of a varint to *v.  1 if it is the last, 0 if not, -1
 * if the number would have more than 64 bits.
 */
static int
varint_step(uint64_t *v, unsigned int n, uint8_t b)
{
	if (n == VARINT_SIZE - 1 && b > 1)
		return -1;
	*v |= (uint64_t)(b & 0x7f) << 7 * n;
	return b < 0x80;
}

int
varint_get(struct wire_span *in, uint64_t *v)
{
	size_t	 n;
	int	 last;

	*v = 0;
	for (n = 0; n < in->len; n++) {
		if ((last = varint_step(v, n, in->p[n])) == -1)
			return -1;
		if (last) {
			wire_span_take(in, n + 1);
			return 0;
		}
	}
	return -1;
}

void
delim_reset(struct delim *d)
{
	free(d->buf);
	memset(d, 0, sizeof(*d));
}

bool
delim_partial(const struct delim *d)
{
	return d->nprefix > 0;
}

/* Read on in the prefix.  Afterwards in_body tells whether it is there. */
static enum wire_error
read_prefix(struct delim *d, size_t limit, struct wire_span *in)
{
	int	 last;

	while (in->len > 0) {
		last = varint_step(&d->length, d->nprefix,
		    *wire_span_take(in, 1).p);
		if (last == -1)
			return WIRE_LENGTH_BAD;
		d->nprefix++;
		if (last) {
			if (d->length > limit)
				return WIRE_LENGTH_OVER;
			d->in_body = true;
			return WIRE_OK;
		}
	}
	return WIRE_OK;
}

/* The message does not lie whole in the input: collect it. */
static enum wire_error
collect(struct delim *d, struct wire_span *in, struct wire_span *msg)
{
	struct wire_span	 part;
	size_t			 n = d->length - d->have;

	if (d->buf == NULL && (d->buf = malloc(d->length)) == NULL)
		return WIRE_NOMEM;
	part = wire_span_take(in, n < in->len ? n : in->len);
	if (part.len > 0)
		memcpy(d->buf + d->have, part.p, part.len);
	d->have += part.len;
	if (d->have == d->length) {
		*msg = wire_span_of(d->buf, d->length);
		d->nprefix = 0;		/* delivered; freed at the next call */
	}
	return WIRE_OK;
}

enum wire_error
delim_next(struct delim *d, size_t limit, struct wire_span *in,
    struct wire_span *msg)
{
	static const uint8_t	 empty[1];
	enum wire_error		 rv;

	*msg = wire_span_of(NULL, 0);
	if (d->nprefix == 0)
		delim_reset(d);
	if (!d->in_body) {
		if ((rv = read_prefix(d, limit, in)) != WIRE_OK)
			return rv;
		if (!d->in_body)
			return WIRE_OK;
	}
	if (d->length == 0)
		*msg = wire_span_of(empty, 0);
	else if (d->buf == NULL && in->len >= d->length)
		*msg = wire_span_take(in, d->length);
	else if (in->len > 0 || d->buf != NULL)
		return collect(d, in, msg);
	if (msg->p != NULL)
		d->nprefix = 0;
	return WIRE_OK;
}
