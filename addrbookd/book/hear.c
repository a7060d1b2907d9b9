/* SPDX-License-Identifier: ISC */
/*
 * Hearing: how an address comes into the book, and what keeps it out.
 */
#include <string.h>

#include "addrbookd/book/impl.h"

static enum book_result
refuse(struct book *b, const struct peer_addr *addr)
{
	enum book_result	 r = bk_refuse(b, addr);

	if (r != BOOK_ADDED)
		return r;
	if (bk_ban_now(b, &addr->id, addr->na.ip))
		return BOOK_BANNED;
	return BOOK_ADDED;
}

/* --- known already ---------------------------------------------------- */

/* One more place, from another source: each half as likely as the last. */
static void
one_more_place(struct book *b, uint32_t i, const uint8_t source[16])
{
	const struct entry	*e = entry_at(b, i);
	uint32_t		 place;
	unsigned int		 n;

	if (entry_is_old(e) || e->nrefs == BOOK_REFS_MAX ||
	    rng_below(b->rng, 1U << e->nrefs) != 0)
		return;
	place = bk_new_place(b, &e->addr, bk_group(b, source));
	for (n = 0; n < e->nrefs; n++)
		if (e->at.ref[n] / SLOTS == place / SLOTS)
			return;
	if (bk_new_yields(b, place, false))
		bk_new_put(b, i, place);
}

static void
heard_again(struct book *b, uint32_t i, const uint8_t source[16])
{
	struct entry	*e = entry_at(b, i);

	one_more_place(b, i, source);
	if (since(b->now, e->last_heard) < HEARD_SPACING)
		return;
	e->last_heard = b->now;
	bk_entry_changed(b, i);
}

/* --- claims to an ID -------------------------------------------------- */

/* The claim that is worth least: a bad one, or heard of longest ago. */
static uint32_t
weakest_claim(const struct book *b, const uint32_t *eps, unsigned int n,
    bool bad_only)
{
	const struct entry	*e;
	uint32_t		 weakest = NIL;
	unsigned int		 k;

	for (k = 0; k < n; k++) {
		e = entry_at(b, eps[k]);
		if (e->level != BOOK_HEARD)
			continue;
		if (bk_is_bad(b, e))
			return eps[k];
		if (!bad_only && (weakest == NIL || e->last_heard <
		    entry_at(b, weakest)->last_heard))
			weakest = eps[k];
	}
	return weakest;
}

/*
 * May the ID have one more endpoint?  Its verified one is not put in doubt
 * by hearsay while it answers; nobody can use up its claims for good.
 * *victim: a claim that has to go first, or NIL.
 */
static bool
may_claim(const struct book *b, const uint32_t *eps, unsigned int n,
    bool proved, uint32_t *victim)
{
	const struct entry	*e;
	unsigned int		 k, claims = 0;

	*victim = NIL;
	for (k = 0; k < n; k++) {
		e = entry_at(b, eps[k]);
		if (e->level == BOOK_HEARD)
			claims++;
		else if (e->failures == 0 && !proved)
			return false;
	}
	if (claims < CLAIMS_MAX)
		return true;
	*victim = weakest_claim(b, eps, n, !proved);
	return *victim != NIL;
}

/* --- new -------------------------------------------------------------- */

/* Enter one that is not there; victim goes for it, or NIL. */
static enum book_result
enter_new(struct book *b, const struct peer_addr *addr,
    const uint8_t source[16], bool limited, uint32_t victim, uint32_t *index)
{
	struct netgroup	 g = bk_group(b, source);
	uint32_t	 place, i;

	if (limited && !bk_limit_heard(b, g, false))
		return BOOK_LIMITED;
	place = bk_new_place(b, addr, g);
	if (!bk_new_yields(b, place, true))
		return BOOK_NO_ROOM;
	if (victim != NIL)
		bk_entry_free(b, victim);
	bk_new_clear(b, place);
	i = bk_entry_new(b, addr);
	entry_at(b, i)->source = g;
	bk_new_put(b, i, place);
	if (limited)
		bk_limit_heard(b, g, true);
	if (index != NULL)
		*index = i;
	return BOOK_ADDED;
}

/*
 * Enter an address.  source: the IP whose group told.  proved: the ID itself
 * was authenticated at that IP, so that it may push aside what others
 * claimed.  limited: at the expense of its source's group.  *index, if not
 * NULL: the entry, if there is one.
 */
enum book_result
bk_enter(struct book *b, const struct peer_addr *addr,
    const uint8_t source[16], bool proved, bool limited, uint32_t *index)
{
	uint32_t		 eps[ENDPOINTS_MAX], victim;
	enum book_result	 r;
	unsigned int		 k, n;

	n = bk_endpoints(b, &addr->id, eps);
	/* Who is there was allowed in; most of what is heard is known. */
	for (k = 0; k < n; k++) {
		if (!netaddr_equal(&entry_at(b, eps[k])->addr.na, &addr->na))
			continue;
		if (bk_is_banned(b, entry_at(b, eps[k])))
			return BOOK_BANNED;
		heard_again(b, eps[k], source);
		if (index != NULL)
			*index = eps[k];
		return BOOK_KNOWN;
	}
	if ((r = refuse(b, addr)) != BOOK_ADDED)
		return r;
	if (bk_is_held(b, addr))
		return BOOK_HELD;
	if (!may_claim(b, eps, n, proved, &victim))
		return BOOK_CLAIMED;
	return enter_new(b, addr, source, limited, victim, index);
}

/* --- the ways in ------------------------------------------------------ */

enum book_result
book_hear(struct book *b, uint32_t now, const struct peer_addr *addr,
    const struct book_source *src)
{
	bk_tick(b, now);
	if (book_is_private(b, &src->id))
		return BOOK_PRIVATE_SOURCE;
	return bk_enter(b, addr, src->ip, false, true, NULL);
}

/* Choose fairly which to look at (reservoir), then in which order. */
static size_t
choose(struct rng *rng, size_t n, uint32_t chosen[BOOK_LIST_MAX])
{
	size_t		 i, k, count;
	uint32_t	 t;

	count = n < BOOK_LIST_MAX ? n : BOOK_LIST_MAX;
	for (i = 0; i < count; i++)
		chosen[i] = i;
	for (i = count; i < n; i++)
		if ((k = rng_below(rng, i + 1)) < count)
			chosen[k] = i;
	for (i = count; i > 1; i--) {
		k = rng_below(rng, i);
		t = chosen[k];
		chosen[k] = chosen[i - 1];
		chosen[i - 1] = t;
	}
	return count;
}

unsigned int
book_hear_list(struct book *b, uint32_t now, const struct peer_addr *list,
    size_t n, const struct book_source *src,
    unsigned int counts[BOOK_RESULT_MAX])
{
	uint32_t	 chosen[BOOK_LIST_MAX];
	unsigned int	 result[BOOK_RESULT_MAX] = { 0 };
	size_t		 i, count;

	count = choose(b->rng, n, chosen);
	for (i = 0; i < count; i++)
		result[book_hear(b, now, &list[chosen[i]], src)]++;
	if (counts != NULL)
		memcpy(counts, result, sizeof(result));
	return result[BOOK_ADDED];
}

enum book_result
book_announce(struct book *b, uint32_t now, const struct peer_addr *peer,
    const struct netaddr *listens)
{
	struct peer_addr	 addr = *peer;
	enum book_result	 r;
	bool			 own_ip;

	bk_tick(b, now);
	own_ip = ip_is_unspecified(listens->ip) ||
	    memcmp(listens->ip, peer->na.ip, sizeof(listens->ip)) == 0;
	addr.na.port = listens->port;
	if (!own_ip)
		addr.na = *listens;
	if ((r = refuse(b, &addr)) != BOOK_ADDED)
		return r;
	/* Who is known and comes again tells nothing new. */
	if (bk_find(b, &addr) == NIL &&
	    !bk_limit_announce(b, bk_group(b, peer->na.ip)))
		return BOOK_LIMITED;
	return bk_enter(b, &addr, peer->na.ip, own_ip, true, NULL);
}

enum book_result
book_import(struct book *b, uint32_t now, const struct peer_addr *addr)
{
	bk_tick(b, now);
	return bk_enter(b, addr, addr->na.ip, false, false, NULL);
}
