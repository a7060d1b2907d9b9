/* SPDX-License-Identifier: ISC */
/*
 * Outcomes: what our own dials teach about an entry.
 */
#include <string.h>

#include "addrbookd/book/impl.h"

/* Two proofs of life nearer than this are one success in the count. */
#define ONE_SUCCESS	MINUTE

static void
count_up(uint16_t *n)
{
	if (*n < UINT16_MAX)
		++*n;
}

static void
tried(struct book *b, uint32_t i)
{
	struct entry	*e = entry_at(b, i);

	if (e->last_try == 0 || since(b->now, e->last_try) >= MINUTE)
		count_up(&e->tries);
	e->last_try = b->now;
	bk_entry_changed(b, i);
}

static void
drop(struct book *b, uint32_t i)
{
	if (i != NIL)
		bk_entry_free(b, i);
}

/* --- success ---------------------------------------------------------- */

/* The key was proved here, so here is where the ID is. */
void
bk_drop_rivals(struct book *b, uint32_t i)
{
	const struct entry	*e = entry_at(b, i);
	uint32_t		 eps[ENDPOINTS_MAX];
	unsigned int		 n;

	n = bk_endpoints_at(b, e->id_hash, &e->addr.id, eps);
	while (n-- > 0)
		if (eps[n] != i)
			bk_entry_free(b, eps[n]);
}

/*
 * An entry for one that was dialled without the book's advice.  It has
 * proved itself, so it takes its place from one that has not.
 */
static uint32_t
enter_dialled(struct book *b, const struct peer_addr *addr)
{
	struct teller	 own = { .group = bk_group(b, addr->na.ip) };
	uint32_t	 i = NIL, place;

	if (bk_enter(b, addr, &own, true, &i) != BOOK_NO_ROOM)
		return i;
	place = bk_new_place(b, addr, own.group);
	if (entry_at(b, b->newtab[place])->level > BOOK_HEARD)
		return NIL;
	bk_new_clear(b, place);
	bk_enter(b, addr, &own, true, &i);
	return i;
}

static enum book_level
level_earned(const struct book *b, const struct entry *e,
    enum book_outcome how)
{
	if (e->level == BOOK_GOOD || how != BOOK_LIVE ||
	    since(b->now, e->first_success) >= GOOD_SPACING)
		return BOOK_GOOD;
	return BOOK_REACHED;
}

static void
note_success(struct book *b, struct entry *e)
{
	if (e->first_success == 0)
		e->first_success = b->now;
	if (e->last_success == 0 ||
	    since(b->now, e->last_success) >= ONE_SUCCESS)
		count_up(&e->successes);
	e->last_success = b->now;
	e->failures = 0;
	e->tests = 0;
	e->rest_until = 0;
	if (entry_is_old(e))
		e->at.old.last_test = 0;
	b->last_success = b->now;
}

/* It is about to leave a pool and two lists, and perhaps its places. */
static void
fetch_neighbours(const struct book *b, const struct entry *e)
{
	const struct dense	*d = &b->pools;
	unsigned int		 n;
	int			 c;

	__builtin_prefetch(bk_dense_item(d, e->pool, e->pool_pos), 1);
	__builtin_prefetch(entry_at(b, bk_dense_at(d, e->pool,
	    d->count[e->pool] - 1)), 1);
	for (n = 0; n < e->nrefs && !entry_is_old(e); n++)
		__builtin_prefetch(&b->newtab[e->at.ref[n]], 1);
	for (c = 0; c < CHAIN_MAX; c++) {
		__builtin_prefetch(&entry_at(b, e->link[c].next)->link[c]);
		__builtin_prefetch(&entry_at(b, e->link[c].prev)->link[c]);
	}
}

/*
 * One that has no place in old asks for it when it can get it, and at its
 * first success of each hour: a crawler verifies more often than that.
 */
static bool
asks_for_old(const struct book *b, const struct entry *e)
{
	return !entry_is_old(e) && (e->level < BOOK_GOOD ||
	    e->last_success / ASK_SPACING != b->now / ASK_SPACING);
}

/* In a large book all that a success needs is far away: fetch it at once. */
static uint32_t
find_and_fetch(const struct book *b, const struct peer_addr *addr,
    struct spot *spot)
{
	uint32_t	 hash = bk_hash_id(b, &addr->id);

	bk_index_fetch(b, hash);
	*spot = bk_old_spot(b, addr);
	(void)bk_endpoints_fetch(b, hash);
	bk_old_fetch(b, spot);
	return bk_find_at(b, hash, addr);
}

static void
success(struct book *b, const struct peer_addr *addr, enum book_outcome how)
{
	struct entry	*e;
	struct spot	 spot;
	uint32_t	 i = find_and_fetch(b, addr, &spot);
	bool		 asks;

	if (i == NIL && (i = enter_dialled(b, addr)) == NIL)
		return;
	e = entry_at(b, i);
	fetch_neighbours(b, e);
	bk_drop_rivals(b, i);
	asks = asks_for_old(b, e);
	tried(b, i);
	note_success(b, e);
	bk_set_level(b, i, level_earned(b, e, how));
	if (e->flags & ENTRY_CONTESTED)
		bk_contest_forget(b, i);
	if (e->level == BOOK_GOOD && asks)
		bk_promote_to(b, i, &spot);
	bk_fresh(b, i, bk_fresh_of(b, e));
	bk_sched_due(b, i);
}

/* --- failure ---------------------------------------------------------- */

/* 2^n seconds after the n-th failure and up to one more; a day at most. */
static void
back_off(struct book *b, uint32_t i)
{
	unsigned int	 n = entry_at(b, i)->failures;
	uint32_t	 s;

	if (n < 1)
		n = 1;
	if (n > BACKOFF_STEPS)
		n = BACKOFF_STEPS;
	s = (1U << n) + rng_below(b->rng, 2);
	bk_sched_rest(b, i, SCHED_REST + n, s < BACKOFF_MAX ? s : BACKOFF_MAX);
}

static void
count_failure(struct book *b, uint32_t i)
{
	struct entry	*e = entry_at(b, i);

	if (e->failures < UINT8_MAX)
		e->failures++;
	e->last_failure = b->now;
	if (entry_is_old(e) &&
	    since(b->now, e->at.old.last_test) >= TEST_SPACING) {
		if (e->tests < UINT8_MAX)
			e->tests++;
		e->at.old.last_test = b->now;
	}
}

/*
 * Our own outage fails all alike: it may cost each entry one failure.
 * Within one second, what came first is not known.
 */
static bool
network_works(const struct book *b, const struct entry *e)
{
	return b->last_success != 0 && b->last_success >= e->last_failure;
}

static void
failed(struct book *b, const struct peer_addr *addr, enum book_outcome how)
{
	uint32_t	 i = bk_find(b, addr);
	struct entry	*e = entry_at(b, i);

	(void)how;
	if (i == NIL)
		return;
	tried(b, i);
	if (network_works(b, e))
		count_failure(b, i);
	back_off(b, i);
	bk_contest_settle(b, i);
}

static uint32_t
latest(uint32_t x, uint32_t y)
{
	return x > y ? x : y;
}

/*
 * One more day without room.  No failure, since it answers; but a place in
 * old is wanted by those who have some, and one in new by those who might.
 */
static void
shut_for_a_day(struct book *b, uint32_t i)
{
	struct entry	*e = entry_at(b, i);

	if (e->tests < UINT8_MAX)
		e->tests++;
	e->last_failure = b->now;
	if (entry_is_old(e))
		e->at.old.last_test = b->now;
	bk_contest_settle(b, i);
}

/* A node at its limit is alive: it is heard of from itself. */
static void
full(struct book *b, const struct peer_addr *addr, enum book_outcome how)
{
	uint32_t	 i = bk_find(b, addr), from;
	struct entry	*e = entry_at(b, i);

	(void)how;
	if (i == NIL)
		return;
	tried(b, i);
	if (since(b->now, e->last_heard) >= HEARD_SPACING)
		e->last_heard = b->now;
	from = latest(e->last_failure, latest(e->last_success,
	    e->first_heard));
	bk_sched_rest(b, i, SCHED_REST_FULL, FULL_REST);
	if (since(b->now, from) >= DAY)
		shut_for_a_day(b, i);
}

/* --- neither ---------------------------------------------------------- */

static void
dialled(struct book *b, const struct peer_addr *addr, enum book_outcome how)
{
	uint32_t	 i = bk_find(b, addr);

	(void)how;
	if (i == NIL)
		return;
	tried(b, i);
	if (!entry_is_resting(entry_at(b, i)))
		bk_sched_due(b, i);
}

static void
wrong(struct book *b, const struct peer_addr *addr, enum book_outcome how)
{
	(void)how;
	drop(b, bk_find(b, addr));
	bk_hold(b, addr);
}

static void
self(struct book *b, const struct peer_addr *addr, enum book_outcome how)
{
	(void)how;
	drop(b, bk_find(b, addr));
	book_add_own(b, b->now, &addr->na);
}

typedef void	outcome_handler(struct book *, const struct peer_addr *,
		    enum book_outcome);

static outcome_handler *const handlers[BOOK_OUTCOME_MAX] = {
	[BOOK_DIALLED]		= dialled,
	[BOOK_LIVE]		= success,
	[BOOK_ANSWERED]		= success,
	[BOOK_MATURE]		= success,
	[BOOK_FAILED]		= failed,
	[BOOK_FULL]		= full,
	[BOOK_OURS]		= dialled,
	[BOOK_WRONG_ID]		= wrong,
	[BOOK_WRONG_NETWORK]	= wrong,
	[BOOK_SELF]		= self,
};

void
book_outcome(struct book *b, uint32_t now, const struct peer_addr *addr,
    enum book_outcome how)
{
	bk_tick(b, now);
	handlers[how](b, addr, how);
}
