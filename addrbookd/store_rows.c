/* SPDX-License-Identifier: ISC */
/*
 * Rows as bytes: fields in a fixed order, big endian.  A changed order or
 * width is a new STORE_VERSION and a step in store_migrate.c.
 */

#include <string.h>

#include "addrbookd/store_impl.h"

/* --- a cursor over bytes ----------------------------------------------- */

struct bytes {
	uint8_t		*w;		/* writing */
	const uint8_t	*r;		/* reading */
	size_t		 left;
	bool		 bad;
};

static void
put(struct bytes *b, const void *p, size_t n)
{
	memcpy(b->w, p, n);
	b->w += n;
}

static void
put_n(struct bytes *b, uint64_t v, size_t n)
{
	while (n-- > 0)
		*b->w++ = v >> (8 * n);
}

static void
put_text(struct bytes *b, const char *s)
{
	size_t n = strlen(s);

	put_n(b, n, 1);
	put(b, s, n);
}

static void
get(struct bytes *b, void *p, size_t n)
{
	if (b->bad || b->left < n) {
		b->bad = true;
		memset(p, 0, n);
		return;
	}
	memcpy(p, b->r, n);
	b->r += n;
	b->left -= n;
}

static uint64_t
get_n(struct bytes *b, size_t n)
{
	uint8_t raw[8];
	uint64_t v = 0;
	size_t i;

	get(b, raw, n);
	for (i = 0; i < n; i++)
		v = v << 8 | raw[i];
	return v;
}

static void
get_text(struct bytes *b, char *s, size_t size)
{
	size_t n = get_n(b, 1);

	memset(s, 0, size);
	if (n >= size)
		b->bad = true;
	else
		get(b, s, n);
}

static void
put_na(struct bytes *b, const struct netaddr *na)
{
	put(b, na->ip, sizeof(na->ip));
	put_n(b, na->port, 2);
}

static void
get_na(struct bytes *b, struct netaddr *na)
{
	get(b, na->ip, sizeof(na->ip));
	na->port = get_n(b, 2);
}

static void
put_addr(struct bytes *b, const struct peer_addr *a)
{
	put(b, a->id.b, sizeof(a->id.b));
	put_na(b, &a->na);
}

static void
get_addr(struct bytes *b, struct peer_addr *a)
{
	get(b, a->id.b, sizeof(a->id.b));
	get_na(b, &a->na);
}

static int
done(const struct bytes *b)
{
	return b->bad || b->left != 0 ? -1 : 0;
}

/* --- entries ------------------------------------------------------------ */

size_t
store_encode_entry(const struct book_row *r, uint8_t *out)
{
	struct bytes b = { .w = out };
	unsigned i;

	put_addr(&b, &r->addr);
	put_n(&b, r->source.v, 8);
	put_n(&b, r->level, 1);
	put_n(&b, r->old, 1);
	put_n(&b, r->nplaces, 1);
	for (i = 0; i < BOOK_REFS_MAX; i++)
		put_n(&b, r->place[i], 4);
	put_n(&b, r->first_heard, 4);
	put_n(&b, r->last_heard, 4);
	put_n(&b, r->first_success, 4);
	put_n(&b, r->last_success, 4);
	put_n(&b, r->last_try, 4);
	put_n(&b, r->last_failure, 4);
	put_n(&b, r->rest_until, 4);
	put_n(&b, r->last_test, 4);
	put_n(&b, r->failures, 1);
	put_n(&b, r->tests, 1);
	put_n(&b, r->successes, 2);
	put_n(&b, r->tries, 2);
	return b.w - out;
}

int
store_decode_entry(const uint8_t *p, size_t len, struct book_row *r)
{
	struct bytes b = { .r = p, .left = len };
	unsigned i;

	memset(r, 0, sizeof(*r));
	get_addr(&b, &r->addr);
	r->source.v = get_n(&b, 8);
	r->level = get_n(&b, 1);
	r->old = get_n(&b, 1) != 0;
	r->nplaces = get_n(&b, 1);
	for (i = 0; i < BOOK_REFS_MAX; i++)
		r->place[i] = get_n(&b, 4);
	r->first_heard = get_n(&b, 4);
	r->last_heard = get_n(&b, 4);
	r->first_success = get_n(&b, 4);
	r->last_success = get_n(&b, 4);
	r->last_try = get_n(&b, 4);
	r->last_failure = get_n(&b, 4);
	r->rest_until = get_n(&b, 4);
	r->last_test = get_n(&b, 4);
	r->failures = get_n(&b, 1);
	r->tests = get_n(&b, 1);
	r->successes = get_n(&b, 2);
	r->tries = get_n(&b, 2);
	return done(&b);
}

/* --- bans, holds, own addresses ------------------------------------------ */

size_t
store_encode_ban(const struct book_ban *n, uint8_t *out)
{
	struct bytes b = { .w = out };

	put_n(&b, n->by_id, 1);
	put(&b, n->id.b, sizeof(n->id.b));
	put(&b, n->ip, sizeof(n->ip));
	put_n(&b, n->since, 4);
	put_n(&b, n->until, 4);
	put_n(&b, n->times, 2);
	put_n(&b, n->fault, 1);
	return b.w - out;
}

int
store_decode_ban(const uint8_t *p, size_t len, struct book_ban *n)
{
	struct bytes b = { .r = p, .left = len };

	memset(n, 0, sizeof(*n));
	n->by_id = get_n(&b, 1) != 0;
	get(&b, n->id.b, sizeof(n->id.b));
	get(&b, n->ip, sizeof(n->ip));
	n->since = get_n(&b, 4);
	n->until = get_n(&b, 4);
	n->times = get_n(&b, 2);
	n->fault = get_n(&b, 1);
	if (n->fault >= BOOK_FAULT_MAX)
		b.bad = true;
	return done(&b);
}

size_t
store_encode_hold(const struct book_hold *h, uint8_t *out)
{
	struct bytes b = { .w = out };

	put_n(&b, h->triple, 8);
	put_n(&b, h->until, 4);
	return b.w - out;
}

int
store_decode_hold(const uint8_t *p, size_t len, struct book_hold *h)
{
	struct bytes b = { .r = p, .left = len };

	h->triple = get_n(&b, 8);
	h->until = get_n(&b, 4);
	return done(&b);
}

size_t
store_encode_own(const struct book_own *o, uint8_t *out)
{
	struct bytes b = { .w = out };

	put_na(&b, &o->na);
	put_n(&b, o->since, 4);
	return b.w - out;
}

int
store_decode_own(const uint8_t *p, size_t len, struct book_own *o)
{
	struct bytes b = { .r = p, .left = len };

	memset(o, 0, sizeof(*o));
	get_na(&b, &o->na);
	o->since = get_n(&b, 4);
	return done(&b);
}

/* --- facts about nodes --------------------------------------------------- */

size_t
store_encode_node(const struct store_node *n, uint8_t *out)
{
	struct bytes b = { .w = out };
	int i;

	put_addr(&b, &n->addr);
	put_n(&b, n->has_claim, 1);
	put_na(&b, &n->claim);
	put_text(&b, n->moniker);
	put_text(&b, n->version);
	put_text(&b, n->network);
	put_n(&b, n->latency_ms, 4);
	put_n(&b, n->first_seen, 4);
	put_n(&b, n->last_seen, 4);
	put_n(&b, n->last_try, 4);
	for (i = 0; i < STORE_WINDOWS; i++) {
		put_n(&b, n->share[i], 4);
		put_n(&b, n->weight[i], 4);
	}
	return b.w - out;
}

int
store_decode_node(const uint8_t *p, size_t len, struct store_node *n)
{
	struct bytes b = { .r = p, .left = len };
	int i;

	memset(n, 0, sizeof(*n));
	get_addr(&b, &n->addr);
	n->has_claim = get_n(&b, 1) != 0;
	get_na(&b, &n->claim);
	get_text(&b, n->moniker, sizeof(n->moniker));
	get_text(&b, n->version, sizeof(n->version));
	get_text(&b, n->network, sizeof(n->network));
	n->latency_ms = get_n(&b, 4);
	n->first_seen = get_n(&b, 4);
	n->last_seen = get_n(&b, 4);
	n->last_try = get_n(&b, 4);
	for (i = 0; i < STORE_WINDOWS; i++) {
		n->share[i] = get_n(&b, 4);
		n->weight[i] = get_n(&b, 4);
	}
	return done(&b);
}
