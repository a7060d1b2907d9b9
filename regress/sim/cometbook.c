/* SPDX-License-Identifier: ISC */
/* New buckets as CometBFT fills them. */

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "regress/sim/cometbook.h"

#define SOURCE_BUCKETS	32
#define TRIES_BAD	3		/* without a success */
#define STALE_S		(7 * 86400)
#define MINUTE_S	60

void
comet_init(struct comet_book *b, struct rng *rng, unsigned nknown)
{
	memset(b, 0, sizeof(*b));
	b->rng = rng;
	b->key = rng_u64(rng);
	b->nknown = b->top = nknown;
	b->max = nknown + COMET_BUCKETS * COMET_HELD + 1;
	b->entry = calloc(b->max, sizeof(*b->entry));
	if (b->entry == NULL)
		err(1, "comet book");
}

void
comet_free(struct comet_book *b)
{
	free(b->entry);
}

static uint64_t
hash(const struct comet_book *b, uint64_t x, uint64_t y)
{
	uint64_t h = b->key ^ x * UINT64_C(0x9e3779b97f4a7c15);

	h = (h ^ h >> 31 ^ y) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 29) * UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 32;
}

static unsigned
bucket_of(const struct comet_book *b, const struct peer_addr *a,
    const struct peer_addr *src)
{
	uint64_t from = netgroup_of(src->na.ip, true).v;
	uint64_t h = hash(b, netgroup_of(a->na.ip, true).v, from);

	return hash(b, from, h % SOURCE_BUCKETS) % COMET_BUCKETS;
}

static bool
is_bad(const struct comet_entry *e, uint64_t now)
{
	if (now < e->last_try + MINUTE_S)
		return false;
	return e->tries >= TRIES_BAD || now > e->last_try + STALE_S;
}

/* Its number is free again if it was made up. */
static void
forget(struct comet_book *b, uint32_t i)
{
	struct comet_entry *e = &b->entry[i];

	b->size--;
	e->nrefs = 0;
	e->tries = 0;
	if (i < b->nknown)
		return;
	e->last_try = b->free;
	b->free = i;
}

static void
leave(struct comet_book *b, unsigned k, unsigned at)
{
	uint32_t i = b->bucket[k][at];
	struct comet_entry *e = &b->entry[i];
	unsigned r;

	b->bucket[k][at] = b->bucket[k][--b->n[k]];
	for (r = 0; e->bucket[r] != k; r++)
		;
	e->bucket[r] = e->bucket[--e->nrefs];
	if (e->nrefs == 0)
		forget(b, i);
}

static void
expire(struct comet_book *b, uint64_t now, unsigned k)
{
	const struct comet_entry *e;
	unsigned at, oldest = 0;

	for (at = 0; at < b->n[k]; at++) {
		e = &b->entry[b->bucket[k][at]];
		if (is_bad(e, now)) {
			leave(b, k, at);
			return;
		}
		if (e->last_try < b->entry[b->bucket[k][oldest]].last_try)
			oldest = at;
	}
	leave(b, k, oldest);
}

static uint32_t
number_new(struct comet_book *b)
{
	uint32_t i = b->free;

	if (i == 0)
		return b->top++;
	b->free = b->entry[i].last_try;
	return i;
}

static bool
one_more(struct comet_book *b, const struct comet_entry *e, unsigned k)
{
	unsigned r;

	if (e->nrefs == COMET_REFS || (e->nrefs > 0 &&
	    rng_below(b->rng, 1U << e->nrefs) != 0))
		return false;
	for (r = 0; r < e->nrefs; r++)
		if (e->bucket[r] == k)
			return false;
	return true;
}

void
comet_add(struct comet_book *b, uint64_t now, const struct peer_addr *a,
    const struct peer_addr *src, long number)
{
	unsigned k = bucket_of(b, a, src);
	struct comet_entry *e;
	uint32_t i;

	i = number >= 0 ? (uint32_t)number : number_new(b);
	e = &b->entry[i];
	if (number >= 0 && now < e->banned_until)
		return;
	if (number < 0)
		memset(e, 0, sizeof(*e));
	if (e->nrefs == 0) {
		e->addr = *a;
		e->last_try = now;
		b->size++;
	}
	if (!one_more(b, e, k))
		return;
	if (b->n[k] == COMET_HELD)
		expire(b, now, k);
	e->bucket[e->nrefs++] = k;
	b->bucket[k][b->n[k]++] = i;
}

struct comet_entry *
comet_pick(struct comet_book *b)
{
	unsigned k;

	if (b->size == 0)
		return NULL;
	do
		k = rng_below(b->rng, COMET_BUCKETS);
	while (b->n[k] == 0);
	return &b->entry[b->bucket[k][rng_below(b->rng, b->n[k])]];
}

void
comet_remove(struct comet_book *b, struct comet_entry *e)
{
	uint32_t i = e - b->entry;
	unsigned k, at;

	while (e->nrefs > 0) {
		k = e->bucket[0];
		for (at = 0; b->bucket[k][at] != i; at++)
			;
		leave(b, k, at);
	}
}
