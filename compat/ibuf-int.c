/* SPDX-License-Identifier: ISC */
/*
 * Integers in buffers: of the network's order, or of this machine's.
 */
#ifndef HAVE_IMSG

#include <sys/types.h>

#include <endian.h>
#include <errno.h>
#include <stdbool.h>

#include "imsg.h"

enum order { NET, HOST };

static bool
most_first(enum order order)
{
	return order == NET || BYTE_ORDER == BIG_ENDIAN;
}

/* Writes the low len bytes of v.  EINVAL if that loses anything. */
static int
int_encode(uint8_t *b, uint64_t v, size_t len, enum order order)
{
	size_t	 i;

	if (len < 8 && v >> (8 * len) != 0) {
		errno = EINVAL;
		return -1;
	}
	for (i = 0; i < len; i++, v >>= 8)
		b[most_first(order) ? len - 1 - i : i] = v & 0xff;
	return 0;
}

static int
add_int(struct ibuf *buf, uint64_t v, size_t len, enum order order)
{
	uint8_t	 b[8];

	if (int_encode(b, v, len, order) == -1)
		return -1;
	return ibuf_add(buf, b, len);
}

static int
set_int(struct ibuf *buf, size_t pos, uint64_t v, size_t len,
    enum order order)
{
	uint8_t	 b[8];

	if (int_encode(b, v, len, order) == -1)
		return -1;
	return ibuf_set(buf, pos, b, len);
}

static int
get_int(struct ibuf *buf, uint64_t *v, size_t len, enum order order)
{
	uint8_t	 b[8];
	size_t	 i;

	if (ibuf_get(buf, b, len) == -1)
		return -1;
	*v = 0;
	for (i = 0; i < len; i++)
		*v = *v << 8 | b[most_first(order) ? i : len - 1 - i];
	return 0;
}

int
ibuf_add_n8(struct ibuf *buf, uint64_t v)
{
	return add_int(buf, v, 1, NET);
}

int
ibuf_add_n16(struct ibuf *buf, uint64_t v)
{
	return add_int(buf, v, 2, NET);
}

int
ibuf_add_n32(struct ibuf *buf, uint64_t v)
{
	return add_int(buf, v, 4, NET);
}

int
ibuf_add_n64(struct ibuf *buf, uint64_t v)
{
	return add_int(buf, v, 8, NET);
}

int
ibuf_add_h16(struct ibuf *buf, uint64_t v)
{
	return add_int(buf, v, 2, HOST);
}

int
ibuf_add_h32(struct ibuf *buf, uint64_t v)
{
	return add_int(buf, v, 4, HOST);
}

int
ibuf_add_h64(struct ibuf *buf, uint64_t v)
{
	return add_int(buf, v, 8, HOST);
}

int
ibuf_set_n8(struct ibuf *buf, size_t pos, uint64_t v)
{
	return set_int(buf, pos, v, 1, NET);
}

int
ibuf_set_n16(struct ibuf *buf, size_t pos, uint64_t v)
{
	return set_int(buf, pos, v, 2, NET);
}

int
ibuf_set_n32(struct ibuf *buf, size_t pos, uint64_t v)
{
	return set_int(buf, pos, v, 4, NET);
}

int
ibuf_set_n64(struct ibuf *buf, size_t pos, uint64_t v)
{
	return set_int(buf, pos, v, 8, NET);
}

int
ibuf_set_h16(struct ibuf *buf, size_t pos, uint64_t v)
{
	return set_int(buf, pos, v, 2, HOST);
}

int
ibuf_set_h32(struct ibuf *buf, size_t pos, uint64_t v)
{
	return set_int(buf, pos, v, 4, HOST);
}

int
ibuf_set_h64(struct ibuf *buf, size_t pos, uint64_t v)
{
	return set_int(buf, pos, v, 8, HOST);
}

int
ibuf_get_n8(struct ibuf *buf, uint8_t *v)
{
	return ibuf_get(buf, v, 1);
}

int
ibuf_get_n16(struct ibuf *buf, uint16_t *v)
{
	uint64_t	 w;

	if (get_int(buf, &w, 2, NET) == -1)
		return -1;
	*v = w;
	return 0;
}

int
ibuf_get_n32(struct ibuf *buf, uint32_t *v)
{
	uint64_t	 w;

	if (get_int(buf, &w, 4, NET) == -1)
		return -1;
	*v = w;
	return 0;
}

int
ibuf_get_n64(struct ibuf *buf, uint64_t *v)
{
	return get_int(buf, v, 8, NET);
}

int
ibuf_get_h16(struct ibuf *buf, uint16_t *v)
{
	return ibuf_get(buf, v, 2);
}

int
ibuf_get_h32(struct ibuf *buf, uint32_t *v)
{
	return ibuf_get(buf, v, 4);
}

int
ibuf_get_h64(struct ibuf *buf, uint64_t *v)
{
	return ibuf_get(buf, v, 8);
}

#endif /* !HAVE_IMSG */
