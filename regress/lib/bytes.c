/* SPDX-License-Identifier: ISC */
/* A buffer that grows. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "regress/lib/bytes.h"
#include "regress/lib/hex.h"
#include "wire/delim.h"
#include "wire/pbread.h"

void
bytes_add(struct bytes *b, const void *p, size_t n)
{
	if (b->size - b->len < n) {
		b->size = 2 * (b->len + n);
		if ((b->p = realloc(b->p, b->size)) == NULL)
			err(1, NULL);
	}
	if (n > 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
}

void
bytes_add_hex(struct bytes *b, const char *text)
{
	size_t	 n;
	uint8_t	*p = hex_alloc(text, &n);

	if (p == NULL)
		errx(1, "no hex: %s", text);
	bytes_add(b, p, n);
	free(p);
}

void
bytes_add_varint(struct bytes *b, uint64_t v)
{
	uint8_t	 buf[VARINT_SIZE];

	bytes_add(b, buf, varint_put(buf, v) - buf);
}

void
bytes_add_num(struct bytes *b, uint32_t tag, uint64_t v)
{
	bytes_add_varint(b, (uint64_t)tag << 3 | PBTYPE_VARINT);
	bytes_add_varint(b, v);
}

void
bytes_add_field(struct bytes *b, uint32_t tag, const void *p, size_t n)
{
	bytes_add_varint(b, (uint64_t)tag << 3 | PBTYPE_BYTES);
	bytes_add_varint(b, n);
	bytes_add(b, p, n);
}

void
bytes_add_text(struct bytes *b, uint32_t tag, const char *text)
{
	bytes_add_field(b, tag, text, strlen(text));
}

void
bytes_delimit(struct bytes *b)
{
	struct bytes	 out = { NULL, 0, 0 };

	bytes_add_varint(&out, b->len);
	bytes_add(&out, b->p, b->len);
	bytes_reset(b);
	*b = out;
}

void
bytes_reset(struct bytes *b)
{
	free(b->p);
	memset(b, 0, sizeof(*b));
}

struct wire_span
bytes_span(const struct bytes *b)
{
	return wire_span_of(b->p, b->len);
}
