/* SPDX-License-Identifier: ISC */
/*
 * Hearing: how an address comes into the book, and what keeps it out.
 */
#include <string.h>

#include "addrbookd/book/impl.h"
#include "common/uninit.h"

#define AHEAD	25	/* of a list, looked at together */

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
one_more_place(struct book *b, uint32_t i, struct netgroup source)
{
	const struct entry	*e = entry_at(b, i);
	uint32_t		 place;
	unsigned int		 n;

	if (entry_is_old(e) || e->nrefs == BOOK_REFS_MAX ||
	    rng_below(b->rng, 1U << e->nrefs) != 0)
		return;
	place = bk_new_place(b, &e->addr, source);
	for (n = 0; n < e->nrefs; n++)
		if (e->at.ref[n] / SLOTS == place / SLOTS)
			return;
	if (bk_new_yields(b, place, false))
		bk_new_put(b, i, place);
}

static void
heard_again(struct book *b, uint32_t i, struct netgroup source)
{
	struct entry	*e = entry_at(b, i);

	one_more_place(b, i, source);
	if (since(b->now, e->last_heard) < HEARD_SPACING)
		return;
	e->last_heard = b->now;
	bk_entry_changed(b, i);
}

/* --- claims to an ID -------------------------------------------------- */

/* The claim worth least: one that gives way, or heard of longest ago. */
static uint32_t
weakest_claim(const struct book *b, const uint32_t *eps, unsigned int n,
    bool idle_only)
{
	const struct entry	*e;
	uint32_t		 weakest = NIL;
	unsigned int		 k;

	for (k = 0; k < n; k++) {
		e = entry_at(b, eps[k]);
		if (e->level != BOOK_HEARD)
			continue;
		if (bk_gives_way(b, e))
			return eps[k];
		if (!idle_only && (weakest == NIL || e->last_heard <
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

/* --- looking ahead ---------------------------------------------------- */

/*
 * One address that is heard of, and what is worked out for it before its
 * turn comes, so that the memory it needs is on its way by then.
 */
struct heard {
	const struct peer_addr	*addr;
	uint32_t		 id_hash;
	uint32_t		 place;		/* a stranger's, in new */
	uint64_t		 triple;	/* its hash */
	bool			 stranger;
};

static void
heard_begin(const struct book *b, const struct peer_addr *addr,
    struct heard *h)
{
	h->addr = addr;
	h->stranger = false;
	h->id_hash = bk_hash_id(b, &addr->id);
	bk_index_fetch(b, h->id_hash);
}

static void
heard_stranger(const struct book *b, struct netgroup source, struct heard *h)
{
	h->stranger = true;
	h->place = bk_new_place(b, h->addr, source);
	__builtin_prefetch(&b->newtab[h->place]);
	h->triple = bk_hash_triple(b, h->addr);
	__builtin_prefetch(bk_hold_set(b, h->triple));
}

static void
heard_fetch(const struct book *b, struct netgroup source, struct heard *h)
{
	if (!bk_endpoints_fetch(b, h->id_hash))
		heard_stranger(b, source, h);
}

/* Whoever has the place will be looked at. */
static void
heard_fetch_rival(const struct book *b, const struct heard *h)
{
	if (h->stranger && b->newtab[h->place] != NIL)
		bk_entry_fetch(b, b->newtab[h->place]);
}

/* --- new -------------------------------------------------------------- */

static bool
may_tell(struct book *b, struct teller *t, bool really)
{
	if (!t->limited || b->conf.private_network)
		return true;
	if (t->limits == NULL)
		t->limits = bk_limit_source(b, t->group);
	return bk_limit_heard(b, t->limits, really);
}

/* Enter one that is not there; victim goes for it, or NIL. */
static enum book_result
enter_new(struct book *b, const struct heard *h, struct teller *t,
    uint32_t victim, uint32_t *index)
{
	uint32_t	 i;

	if (!may_tell(b, t, false))
		return BOOK_LIMITED;
	if (!bk_new_yields(b, h->place, true))
		return BOOK_NO_ROOM;
	if (victim != NIL)
		bk_entry_free(b, victim);
	bk_new_clear(b, h->place);
	i = bk_entry_new(b, h->addr, h->id_hash);
	entry_at(b, i)->source = t->group;
	bk_new_put(b, i, h->place);
	(void)may_tell(b, t, true);
	if (index != NULL)
		*index = i;
	return BOOK_ADDED;
}

static enum book_result
enter(struct book *b, struct heard *h, struct teller *t, bool proved,
    uint32_t *index)
{
	const struct peer_addr	*addr = h->addr;
	uint32_t		 eps[ENDPOINTS_MAX], victim;
	enum book_result	 r;
	unsigned int		 k, n;

	n = bk_endpoints_at(b, h->id_hash, &addr->id, eps);
	/* Who is there was allowed in; most of what is heard is known. */
	for (k = 0; k < n; k++) {
		if (!netaddr_equal(&entry_at(b, eps[k])->addr.na, &addr->na))
			continue;
		if (bk_is_banned(b, entry_at(b, eps[k])))
			return BOOK_BANNED;
		heard_again(b, eps[k], t->group);
		if (index != NULL)
			*index = eps[k];
		return BOOK_KNOWN;
	}
	if (!h->stranger)
		heard_stranger(b, t->group, h);
	if ((r = refuse(b, addr)) != BOOK_ADDED)
		return r;
	if (bk_is_held(b, h->triple))
		return BOOK_HELD;
	if (!may_claim(b, eps, n, proved, &victim))
		return BOOK_CLAIMED;
	return enter_new(b, h, t, victim, index);
}

enum book_result
bk_enter(struct book *b, const struct peer_addr *addr, struct teller *t,
    bool proved, uint32_t *index)
{
	struct heard	 h;

	heard_begin(b, addr, &h);
	return enter(b, &h, t, proved, index);
}

/* --- the ways in ------------------------------------------------------ */

enum book_result
book_hear(struct book *b, uint32_t now, const struct peer_addr *addr,
    const struct book_source *src)
{
	struct teller	 t = { .limited = true };

	bk_tick(b, now);
	if (book_is_private(b, &src->id))
		return BOOK_PRIVATE_SOURCE;
	t.group = bk_group(b, src->ip);
	return bk_enter(b, addr, &t, false, NULL);
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

/* Some of a list, one step of all at a time. */
static void
hear_some(struct book *b, uint32_t now, const struct peer_addr *list,
    const uint32_t *chosen, unsigned int n, struct teller *t,
    unsigned int result[BOOK_RESULT_MAX])
{
	UNINITIALIZED struct heard	h[AHEAD];
	unsigned int	 i;

	for (i = 0; i < n; i++)
		heard_begin(b, &list[chosen[i]], &h[i]);
	for (i = 0; i < n; i++)
		heard_fetch(b, t->group, &h[i]);
	for (i = 0; i < n; i++)
		heard_fetch_rival(b, &h[i]);
	for (i = 0; i < n; i++) {
		bk_tick(b, now);
		result[enter(b, &h[i], t, false, NULL)]++;
	}
}

unsigned int
book_hear_list(struct book *b, uint32_t now, const struct peer_addr *list,
    size_t n, const struct book_source *src,
    unsigned int counts[BOOK_RESULT_MAX])
{
	UNINITIALIZED uint32_t	chosen[BOOK_LIST_MAX];
	unsigned int	 result[BOOK_RESULT_MAX] = { 0 };
	struct teller	 t = { .limited = true };
	size_t		 i, count;

	t.group = bk_group(b, src->ip);
	count = choose(b->rng, n, chosen);
	if (book_is_private(b, &src->id))
		result[BOOK_PRIVATE_SOURCE] = count;
	else
		for (i = 0; i < count; i += AHEAD)
			hear_some(b, now, list, &chosen[i],
			    count - i < AHEAD ? count - i : AHEAD, &t, result);
	if (counts != NULL)
		memcpy(counts, result, sizeof(result));
	return result[BOOK_ADDED];
}

enum book_result
book_announce(struct book *b, uint32_t now, const struct peer_addr *peer,
    const struct netaddr *listens)
{
	struct peer_addr	 addr = *peer;
	struct teller		 t = { .limited = true };
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
	t.group = bk_group(b, peer->na.ip);
	/* Who is known and comes again tells nothing new. */
	if (bk_find(b, &addr) == NIL && !bk_limit_announce(b, t.group))
		return BOOK_LIMITED;
	return bk_enter(b, &addr, &t, own_ip, NULL);
}

enum book_result
book_import(struct book *b, uint32_t now, const struct peer_addr *addr)
{
	struct teller	 own;

	bk_tick(b, now);
	own = (struct teller){ .group = bk_group(b, addr->na.ip) };
	return bk_enter(b, addr, &own, false, NULL);
}
