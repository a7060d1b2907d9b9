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
#include "addrbookd/book/impl.h"

#define HEARD_TOKENS	1000
#define HEARD_TOKEN_MS	(86400 * 1000 / HEARD_TOKENS)
#define SELF_TOKENS	16
#define SELF_TOKEN_MS	(60 * 1000)
#define ALL_TOKENS	20
#define ALL_TOKEN_MS	(1000 / ALL_TOKENS)

static int64_t
now_ms(const struct book *b)
{
	return (int64_t)b->now * 1000;
}

static int64_t
emptiness(const struct book *b, const struct source *s)
{
	int64_t	 full = s->heard_full_ms > s->self_full_ms ?
	    s->heard_full_ms : s->self_full_ms;

	return full > now_ms(b) ? full - now_ms(b) : 0;
}

struct source *
bk_limit_source(struct book *b, struct netgroup g)
{
	struct source	*set, *s, *fullest;

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
	fullest->heard_full_ms = fullest->self_full_ms = 0;
	return fullest;
}

static bool
take(const struct book *b, int64_t *full_ms, int64_t tokens, int64_t token_ms,
    bool really)
{
	int64_t	 full = *full_ms > now_ms(b) ? *full_ms : now_ms(b);

	full += token_ms;
	if (full - now_ms(b) > tokens * token_ms)
		return false;
	if (really)
		*full_ms = full;
	return true;
}

/* May that group add one more entry?  take it now, or only ask. */
bool
bk_limit_heard(const struct book *b, struct source *s, bool really)
{
	return take(b, &s->heard_full_ms, HEARD_TOKENS, HEARD_TOKEN_MS,
	    really);
}

/* The narrow bucket first: a refusal takes nothing from the wide one. */
bool
bk_limit_announce(struct book *b, struct netgroup g)
{
	struct source	*s = bk_limit_source(b, g);

	if (!b->conf.private_network &&
	    !take(b, &s->self_full_ms, SELF_TOKENS, SELF_TOKEN_MS, false))
		return false;
	if (!take(b, &b->announce_full_ms, ALL_TOKENS, ALL_TOKEN_MS, true))
		return false;
	take(b, &s->self_full_ms, SELF_TOKENS, SELF_TOKEN_MS, true);
	return true;
}
