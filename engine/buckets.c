/* SPDX-License-Identifier: ISC */
/* Token buckets, alone and in a table. */

#include <sys/types.h>

#include <stdlib.h>

#include "engine/buckets.h"

#define WAYS	8		/* entries among which one key may stand */

struct entry {
	struct bucket_key	key;
	struct bucket		bucket;
};

struct buckets {
	struct siphash_key	 key;
	uint32_t		 mask;		/* of the number of sets */
	struct entry		*entries;	/* sets of WAYS */
};

static uint64_t
token_us(const struct conf_rate *r)
{
	uint64_t us = (uint64_t)r->per_ms * 1000;

	if (r->tokens > 1)
		us /= r->tokens;
	return us > 0 ? us : 1;
}

bool
bucket_take(struct bucket *b, const struct conf_rate *r, uint64_t now_ms)
{
	uint64_t now = now_ms * 1000, each = token_us(r);
	uint64_t room = (r->burst > 1 ? r->burst - 1 : 0) * each;

	if (b->full_us > now + room)
		return false;
	b->full_us = (b->full_us > now ? b->full_us : now) + each;
	return true;
}

struct buckets *
buckets_new(uint32_t capacity, const struct siphash_key *key)
{
	struct buckets *t;
	uint32_t sets = 1;

	while (sets < capacity / WAYS)
		sets *= 2;
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	/* Pages of sets never used are never touched. */
	if ((t->entries = calloc(sets, WAYS * sizeof(*t->entries))) == NULL) {
		free(t);
		return NULL;
	}
	t->mask = sets - 1;
	t->key = *key;
	return t;
}

void
buckets_free(struct buckets *t)
{
	if (t == NULL)
		return;
	free(t->entries);
	free(t);
}

/* The key's entry; else the one of its set that is full first, emptied. */
static struct entry *
lookup(struct buckets *t, struct bucket_key k)
{
	struct entry *e, *set, *spare;
	uint64_t h = siphash24(&t->key, &k, sizeof(k));

	set = spare = &t->entries[(h & t->mask) * WAYS];
	for (e = set; e < set + WAYS; e++) {
		if (e->bucket.full_us != 0 &&
		    e->key.hi == k.hi && e->key.lo == k.lo)
			return e;
		if (e->bucket.full_us < spare->bucket.full_us)
			spare = e;
	}
	spare->key = k;
	spare->bucket.full_us = 0;
	return spare;
}

bool
buckets_take(struct buckets *t, struct bucket_key k,
    const struct conf_rate *r, uint64_t now_ms)
{
	return bucket_take(&lookup(t, k)->bucket, r, now_ms);
}
