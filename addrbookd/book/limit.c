/* SPDX-License-Identifier: ISC */
/*
 * Poison limits: how much a source's group may tell.
 *
 * A token bucket is kept as the time at which it is full again: taking a
 * token moves that time on by what one token takes to come back, and it may
 * not lie further ahead than an empty bucket takes to fill.  Groups share a
 * table of small sets; in a full set the fullest bucket is forgotten, which
 * loses least.  The hash is keyed, so no group can choose its set.
 */
#include <string.h>

#include "addrbookd/book/impl.h"

#define HEARD_TOKENS	1000
#define HEARD_TOKEN_DS	(86400 * 10 / HEARD_TOKENS)
#define SELF_TOKENS	16
#define SELF_TOKEN_DS	(60 * 10)
#define ALL_TOKENS	20
#define ALL_TOKEN_MS	(1000 / ALL_TOKENS)
#define EPOCH_MAX	(UINT32_MAX / 20)	/* s; then all are full */

/* Tenths of a second since the limits began. */
static uint32_t
now_ds(const struct book *b)
{
	return (b->now - b->source_epoch) * 10;
}

static uint32_t
emptiness(const struct book *b, const struct source *s)
{
	uint32_t	 full = s->heard_full > s->self_full ?
	    s->heard_full : s->self_full;

	return full > now_ds(b) ? full - now_ds(b) : 0;
}

struct source *
bk_limit_source(struct book *b, struct netgroup g)
{
	struct source	*set, *s, *fullest;

	if (since(b->now, b->source_epoch) > EPOCH_MAX) {
		memset(b->source, 0, SOURCES * sizeof(*b->source));
		b->source_epoch = b->now;
	}
	set = &b->source[bk_hash_group(b, g) % (SOURCES / SOURCE_WAYS) *
	    SOURCE_WAYS];
	fullest = set;
	for (s = set; s < set + SOURCE_WAYS; s++) {
		if (netgroup_equal(s->group, g))
			return s;
		if (emptiness(b, s) < emptiness(b, fullest))
			fullest = s;
	}
	fullest->group = g;
	fullest->heard_full = fullest->self_full = 0;
	return fullest;
}

/* full, now and token in one unit.  Returns whether there is a token. */
static bool
has_token(int64_t full, int64_t now, int64_t tokens, int64_t token)
{
	return full <= now || full + token - now <= tokens * token;
}

static bool
take(uint32_t *full, uint32_t now, uint32_t tokens, uint32_t token,
    bool really)
{
	if (!has_token(*full, now, tokens, token))
		return false;
	if (really)
		*full = (*full > now ? *full : now) + token;
	return true;
}

static bool
take_announced(struct book *b)
{
	int64_t	 now = (int64_t)b->now * 1000, *full = &b->announce_full_ms;

	if (!has_token(*full, now, ALL_TOKENS, ALL_TOKEN_MS))
		return false;
	*full = (*full > now ? *full : now) + ALL_TOKEN_MS;
	return true;
}

/* May that group add one more entry?  take it now, or only ask. */
bool
bk_limit_heard(const struct book *b, struct source *s, bool really)
{
	return take(&s->heard_full, now_ds(b), HEARD_TOKENS,
	    HEARD_TOKEN_DS, really);
}

/* The narrow bucket first: a refusal takes nothing from the wide one. */
bool
bk_limit_announce(struct book *b, struct netgroup g)
{
	struct source	*s = bk_limit_source(b, g);
	uint32_t	 now = now_ds(b);

	if (!b->conf.private_network &&
	    !take(&s->self_full, now, SELF_TOKENS, SELF_TOKEN_DS, false))
		return false;
	if (!take_announced(b))
		return false;
	(void)take(&s->self_full, now, SELF_TOKENS, SELF_TOKEN_DS, true);
	return true;
}
