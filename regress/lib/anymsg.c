/* SPDX-License-Identifier: ISC */
/* Well-formed messages of any values. */
#include <string.h>

#include "common/msg_fields.h"
#include "regress/lib/anymsg.h"

#define POOL	12		/* different IDs */

static void	fill(struct rng *, const struct field *, uint8_t *);

/*
 * Mostly so small that it means something and is no violation, which would
 * end the pipe; else at an end, or any.
 */
static uint64_t
any_number(struct rng *r)
{
	switch (rng_below(r, 64)) {
	case 0:
		return UINT64_MAX;
	case 1:
		return rng_u64(r);
	case 2:
		return rng_below(r, 70000);
	case 3:
		return 0;
	default:
		return 1 + rng_below(r, rng_below(r, 8) == 0 ? 20 : 5);
	}
}

static void
any_bytes(struct rng *r, uint8_t *p, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		p[i] = rng_below(r, 256);
}

static void
any_id(struct rng *r, uint8_t *p)
{
	memset(p, 0, NODE_ID_SIZE);
	p[0] = rng_below(r, POOL);
}

/* Of this host, or nobody's: whoever hears of it may dial it. */
static void
any_ip(struct rng *r, uint8_t ip[16])
{
	static const char *const	texts[] = {
		"0.0.0.0", "255.255.255.255", "224.0.0.1", "127.0.0.1",
		"127.1.0.1", "127.2.0.1", "127.2.1.1", "::", "::1", "ff02::1",
	};
	const char	*s;

	s = texts[rng_below(r, sizeof(texts) / sizeof(texts[0]))];
	(void)ip_parse(s, strlen(s), ip);
}

static void
any_na(struct rng *r, struct netaddr *na)
{
	any_ip(r, na->ip);
	na->port = rng_below(r, 4) == 0 ? any_number(r) : 26656;
}

/* No NUL inside: that would be malformed. */
static void
any_text(struct rng *r, char *p, size_t size)
{
	size_t	 i, n = rng_below(r, rng_below(r, 4) == 0 ? size : 4);

	for (i = 0; i < n; i++)
		p[i] = 1 + rng_below(r, 255);
	p[n] = '\0';
}

static void
any_ha(struct rng *r, struct host_addr *ha)
{
	any_id(r, ha->id.b);
	any_text(r, ha->host, sizeof(ha->host));
	ha->is_literal = rng_below(r, 2);
	any_ip(r, ha->ip);
	ha->port = any_number(r);
}

static void
any_list(struct rng *r, const struct field *f, uint8_t *body)
{
	size_t		 i, n;
	uint16_t	 n16;

	n = rng_below(r, rng_below(r, 4) == 0 ? f->max + 1 : 4);
	if (n > f->max)
		n = f->max;
	if (f->count_size == 1)
		body[f->count_off] = n;
	else {
		n16 = n;
		memcpy(body + f->count_off, &n16, sizeof(n16));
	}
	for (i = 0; i < n; i++)
		fill(r, f->sub, body + f->off + i * f->size);
}

static void
any_raw(struct rng *r, uint8_t *p, size_t size)
{
	if (size == NODE_ID_SIZE)
		any_id(r, p);
	else if (size == 16)
		any_ip(r, p);
	else
		any_bytes(r, p, size);
}

static void
any_scalar(struct rng *r, uint8_t *p, size_t size)
{
	uint64_t	 v = any_number(r);
	uint32_t	 v32 = v;
	uint16_t	 v16 = v;

	if (size == 1)
		*p = v;
	else if (size == 2)
		memcpy(p, &v16, sizeof(v16));
	else if (size == 4)
		memcpy(p, &v32, sizeof(v32));
	else
		memcpy(p, &v, sizeof(v));
}

static void
any_field(struct rng *r, const struct field *f, uint8_t *body)
{
	uint8_t	*p = body + f->off;

	switch (f->kind) {
	case F_BOOL:
		*p = rng_below(r, 2);
		break;
	case F_RAW:
		any_raw(r, p, f->size);
		break;
	case F_TEXT:
		any_text(r, (char *)p, f->size);
		break;
	case F_NA:
		any_na(r, (struct netaddr *)p);
		break;
	case F_PA:
		any_id(r, ((struct peer_addr *)p)->id.b);
		any_na(r, &((struct peer_addr *)p)->na);
		break;
	case F_HA:
		any_ha(r, (struct host_addr *)p);
		break;
	case F_LIST:
		any_list(r, f, body);
		break;
	default:
		any_scalar(r, p, f->size);
	}
}

static void
fill(struct rng *r, const struct field *f, uint8_t *body)
{
	for (; f->kind != F_END; f++)
		any_field(r, f, body);
}

uint32_t
anymsg(struct rng *r, enum role as, enum role to, void *body)
{
	const struct msg_info	*info;
	uint32_t		 type;

	do {
		type = 1 + rng_below(r, MSG_MAX - 1);
		info = msg_info(type);
	} while ((info->senders & as) == 0 || (info->receivers & to) == 0 ||
	    (info->flags & MSG_FD) != 0);
	memset(body, 0, msg_body_max());
	fill(r, msg_fields(type), body);
	return type;
}
