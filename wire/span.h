/* SPDX-License-Identifier: ISC */
/* A run of bytes that somebody else owns. */
#ifndef PEXD_WIRE_SPAN_H
#define PEXD_WIRE_SPAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wire_span {
	const uint8_t	*p;	/* may be NULL if len is 0 */
	size_t		 len;
};

static inline struct wire_span
wire_span_of(const void *p, size_t len)
{
	return (struct wire_span){ p, len };
}

static inline struct wire_span
wire_span_text(const char *s)
{
	return wire_span_of(s, strlen(s));
}

/* Takes the first n bytes off; n must not be over s->len. */
static inline struct wire_span
wire_span_take(struct wire_span *s, size_t n)
{
	struct wire_span head = { s->p, n };

	if (n > 0)
		s->p += n;
	s->len -= n;
	return head;
}

static inline int
wire_span_equal(struct wire_span a, struct wire_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

#endif
