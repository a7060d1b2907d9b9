/* SPDX-License-Identifier: ISC */
/* Messages between processes to bytes and back, by their tables of fields. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/uio.h>

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <imsg.h>

#include "common/msg.h"
#include "common/msg_fields.h"

/* --- encoding --------------------------------------------------------- */

static int	put_fields(struct ibuf *, const struct field *,
		    const uint8_t *);

static int
put_text(struct ibuf *b, const char *s, size_t size)
{
	size_t len = strnlen(s, size);

	if (len == size) {
		errno = EINVAL;
		return -1;
	}
	if (ibuf_add_n16(b, len) == -1)
		return -1;
	return len == 0 ? 0 : ibuf_add(b, s, len);
}

#define NA_SIZE	(16 + 2)			/* on the pipe */
#define PA_SIZE	(NODE_ID_SIZE + NA_SIZE)

static void
write_na(uint8_t *p, const struct netaddr *na)
{
	memcpy(p, na->ip, sizeof(na->ip));
	p[16] = na->port >> 8;
	p[17] = na->port & 0xff;
}

static int
put_na(struct ibuf *b, const struct netaddr *na)
{
	uint8_t *p = ibuf_reserve(b, NA_SIZE);

	if (p == NULL)
		return -1;
	write_na(p, na);
	return 0;
}

/* n of them in a row: long lists are made of these. */
static int
put_pas(struct ibuf *b, const struct peer_addr *pa, size_t n)
{
	uint8_t *p = ibuf_reserve(b, n * PA_SIZE);

	if (p == NULL)
		return -1;
	for (; n > 0; n--, pa++, p += PA_SIZE) {
		memcpy(p, pa->id.b, NODE_ID_SIZE);
		write_na(p + NODE_ID_SIZE, &pa->na);
	}
	return 0;
}

static int
put_ha(struct ibuf *b, const struct host_addr *ha)
{
	if (ibuf_add(b, ha->id.b, sizeof(ha->id.b)) == -1 ||
	    put_text(b, ha->host, sizeof(ha->host)) == -1 ||
	    ibuf_add_n8(b, ha->is_literal) == -1 ||
	    ibuf_add(b, ha->ip, sizeof(ha->ip)) == -1)
		return -1;
	return ibuf_add_n16(b, ha->port);
}

static bool
is_pa_list(const struct field *f)
{
	return f->sub[0].kind == F_PA && f->sub[1].kind == F_END &&
	    f->size == sizeof(struct peer_addr);
}

static size_t
list_count(const struct field *f, const uint8_t *body)
{
	uint16_t n16;

	if (f->count_size == 1)
		return body[f->count_off];
	memcpy(&n16, body + f->count_off, sizeof(n16));
	return n16;
}

static int
put_list(struct ibuf *b, const struct field *f, const uint8_t *body)
{
	size_t i, n = list_count(f, body);

	if (n > f->max) {
		errno = EINVAL;
		return -1;
	}
	if (ibuf_add_n16(b, n) == -1)
		return -1;
	if (n > 0 && is_pa_list(f))
		return put_pas(b, (const void *)(body + f->off), n);
	for (i = 0; i < n; i++)
		if (put_fields(b, f->sub, body + f->off + i * f->size) == -1)
			return -1;
	return 0;
}

static int
put_scalar(struct ibuf *b, const struct field *f, const uint8_t *p)
{
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (f->kind) {
	case F_U8:
		return ibuf_add_n8(b, *p);
	case F_BOOL:
		return ibuf_add_n8(b, *p != 0);
	case F_U16:
		memcpy(&u16, p, sizeof(u16));
		return ibuf_add_n16(b, u16);
	case F_U32:
	case F_ENUM:
		memcpy(&u32, p, sizeof(u32));
		return ibuf_add_n32(b, u32);
	default:
		memcpy(&u64, p, sizeof(u64));
		return ibuf_add_n64(b, u64);
	}
}

static int
put_field(struct ibuf *b, const struct field *f, const uint8_t *body)
{
	const uint8_t *p = body + f->off;

	switch (f->kind) {
	case F_RAW:
		return ibuf_add(b, p, f->size);
	case F_TEXT:
		return put_text(b, (const char *)p, f->size);
	case F_NA:
		return put_na(b, (const struct netaddr *)(const void *)p);
	case F_PA:
		return put_pas(b, (const void *)p, 1);
	case F_HA:
		return put_ha(b, (const struct host_addr *)(const void *)p);
	case F_LIST:
		return put_list(b, f, body);
	default:
		return put_scalar(b, f, p);
	}
}

static int
put_fields(struct ibuf *b, const struct field *f, const uint8_t *body)
{
	for (; f->kind != F_END; f++)
		if (put_field(b, f, body) == -1)
			return -1;
	return 0;
}

int
msg_encode(uint32_t type, const void *body, struct ibuf *buf)
{
	if (msg_info(type) == NULL) {
		errno = EINVAL;
		return -1;
	}
	return put_fields(buf, msg_fields(type), body);
}

/* --- decoding --------------------------------------------------------- */

static int	get_fields(struct ibuf *, const struct field *, uint8_t *);

static int
bad(void)
{
	errno = EBADMSG;
	return -1;
}

static int
get_text(struct ibuf *b, char *s, size_t size)
{
	uint16_t len;

	if (ibuf_get_n16(b, &len) == -1 || len >= size)
		return bad();
	if (len == 0)
		return 0;
	if (ibuf_get(b, s, len) == -1 || memchr(s, '\0', len) != NULL)
		return bad();
	return 0;
}

static int
get_bool(struct ibuf *b, uint8_t *p)
{
	uint8_t v;
	bool is;

	if (ibuf_get_n8(b, &v) == -1 || v > 1)
		return bad();
	is = v == 1;
	memcpy(p, &is, sizeof(is));
	return 0;
}

static void
read_na(const uint8_t *p, struct netaddr *na)
{
	memcpy(na->ip, p, sizeof(na->ip));
	na->port = p[16] << 8 | p[17];
}

static int
get_na(struct ibuf *b, struct netaddr *na)
{
	uint8_t raw[NA_SIZE];

	if (ibuf_get(b, raw, sizeof(raw)) == -1)
		return bad();
	read_na(raw, na);
	return 0;
}

static int
get_pas(struct ibuf *b, struct peer_addr *pa, size_t n)
{
	const uint8_t *raw = ibuf_data(b);

	if (ibuf_skip(b, n * PA_SIZE) == -1)
		return bad();
	for (; n > 0; n--, pa++, raw += PA_SIZE) {
		memcpy(pa->id.b, raw, NODE_ID_SIZE);
		read_na(raw + NODE_ID_SIZE, &pa->na);
	}
	return 0;
}

static int
get_ha(struct ibuf *b, struct host_addr *ha)
{
	if (ibuf_get(b, ha->id.b, sizeof(ha->id.b)) == -1 ||
	    get_text(b, ha->host, sizeof(ha->host)) == -1 ||
	    get_bool(b, (uint8_t *)&ha->is_literal) == -1 ||
	    ibuf_get(b, ha->ip, sizeof(ha->ip)) == -1 ||
	    ibuf_get_n16(b, &ha->port) == -1)
		return bad();
	return 0;
}

static int
get_list(struct ibuf *b, const struct field *f, uint8_t *body)
{
	uint16_t i, n;

	if (ibuf_get_n16(b, &n) == -1 || n > f->max)
		return bad();
	if (f->count_size == 1)
		body[f->count_off] = n;
	else
		memcpy(body + f->count_off, &n, sizeof(n));
	if (n > 0 && is_pa_list(f))
		return get_pas(b, (void *)(body + f->off), n);
	for (i = 0; i < n; i++)
		if (get_fields(b, f->sub, body + f->off + i * f->size) == -1)
			return -1;
	return 0;
}

static int
get_scalar(struct ibuf *b, const struct field *f, uint8_t *p)
{
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (f->kind) {
	case F_U8:
		return ibuf_get_n8(b, p) == -1 ? bad() : 0;
	case F_BOOL:
		return get_bool(b, p);
	case F_U16:
		if (ibuf_get_n16(b, &u16) == -1)
			return bad();
		memcpy(p, &u16, sizeof(u16));
		return 0;
	case F_U32:
	case F_ENUM:
		if (ibuf_get_n32(b, &u32) == -1)
			return bad();
		memcpy(p, &u32, sizeof(u32));
		return 0;
	default:
		if (ibuf_get_n64(b, &u64) == -1)
			return bad();
		memcpy(p, &u64, sizeof(u64));
		return 0;
	}
}

static int
get_field(struct ibuf *b, const struct field *f, uint8_t *body)
{
	uint8_t *p = body + f->off;

	switch (f->kind) {
	case F_RAW:
		return ibuf_get(b, p, f->size) == -1 ? bad() : 0;
	case F_TEXT:
		return get_text(b, (char *)p, f->size);
	case F_NA:
		return get_na(b, (struct netaddr *)(void *)p);
	case F_PA:
		return get_pas(b, (void *)p, 1);
	case F_HA:
		return get_ha(b, (struct host_addr *)(void *)p);
	case F_LIST:
		return get_list(b, f, body);
	default:
		return get_scalar(b, f, p);
	}
}

static int
get_fields(struct ibuf *b, const struct field *f, uint8_t *body)
{
	for (; f->kind != F_END; f++)
		if (get_field(b, f, body) == -1)
			return -1;
	return 0;
}

int
msg_decode(uint32_t type, struct ibuf *buf, void *body)
{
	const struct msg_info *info = msg_info(type);

	if (info == NULL)
		return bad();
	memset(body, 0, info->body_size);
	if (get_fields(buf, msg_fields(type), body) == -1)
		return -1;
	return ibuf_size(buf) == 0 ? 0 : bad();
}
