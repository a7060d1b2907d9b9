/* SPDX-License-Identifier: ISC */
/*
 * Picks: which entry to dial next, for a slot, a probe or a crawl.
 */
#include <math.h>
#include <string.h>

#include "addrbookd/book/impl.h"

#define DRAWS_MAX	64	/* for one pick */
#define LARGE		32768	/* entries: more than a cache holds */
#define GUESSES_MAX	12	/* entries read at once for one draw */
#define IMPATIENCE	1.2	/* each refused draw makes one more likely */
#define WEIGHT_TRIED	0.01	/* tried within TRY_SPACING */
#define SKIPS_MAX	16	/* in a queue whose first are excluded */
#define LOOKS_MAX	64	/* at old ones, for one not verified for long */
#define VERIFY_SPACING	HOUR	/* so that the dead leave turns to the rest */

/* 0.66 to the n-th, n failures in a row. */
static const double weights[] = {
	1.0, 0.66, 0.4356, 0.287496, 0.18974736, 0.1252332576,
	0.082653950016, 0.05455160701056, 0.0360040606269696,
};
#define WEIGHTS	(sizeof(weights) / sizeof(weights[0]))

static bool
tried_lately(const struct book *b, const struct entry *e)
{
	return e->last_try != 0 && since(b->now, e->last_try) < TRY_SPACING;
}

static double
weight_of(const struct book *b, const struct entry *e)
{
	double	 w;

	w = weights[e->failures < WEIGHTS ? e->failures : WEIGHTS - 1];
	if (tried_lately(b, e))
		w *= WEIGHT_TRIED;
	return w;
}

static bool
excluded(const struct book *b, const struct entry *e,
    const struct book_exclude *ex)
{
	struct netgroup	 g;
	size_t		 n;

	if (bk_is_banned(b, e))
		return true;
	if (ex == NULL)
		return false;
	for (n = 0; n < ex->nids; n++)
		if (node_id_equal(&ex->ids[n], &e->addr.id))
			return true;
	if (ex->ngroups == 0)
		return false;
	g = bk_group(b, e->addr.na.ip);
	for (n = 0; n < ex->ngroups; n++)
		if (netgroup_equal(ex->groups[n], g))
			return true;
	return false;
}

static void
fill(const struct book *b, uint32_t i, enum book_why why,
    struct book_pick *p)
{
	const struct entry	*e = entry_at(b, i);

	p->addr = e->addr;
	p->level = e->level;
	p->source = e->source;
	if (e->level == BOOK_GOOD && bk_is_senior(b, i))
		p->level = BOOK_SENIOR;
	p->why = why;
}

static bool
is_picked(const struct book *b, uint32_t i, const struct book_pick *p,
    unsigned int n)
{
	while (n-- > 0)
		if (peer_addr_equal(&p[n].addr, &entry_at(b, i)->addr))
			return true;
	return false;
}

/* --- for a slot ------------------------------------------------------- */

/* Who may be dialled, of one table. */
struct ready {
	enum pool	 first, end;	/* its pools */
	uint32_t	 count;
};

static struct ready
ready_of(const struct book *b, enum pool first, enum pool end)
{
	struct ready	 r = { first, end,
			    bk_dense_count(&b->pools, first, end) };

	return r;
}

/*
 * New or old, by how many of each may be dialled.
 * Source: CometBFT p2p/pex/addrbook.go (PickAddress).
 */
static const struct ready *
choose_table(struct book *b, const struct ready *old,
    const struct ready *new, unsigned int bias)
{
	double	 o = sqrt(old->count) * (100 - bias);
	double	 n = sqrt(new->count) * bias;

	return (o + n) * rng_unit(b->rng) < o ? old : new;
}

static bool
is_ready(const struct entry *e, const struct ready *table)
{
	return (e->flags & ENTRY_USED) && e->pool >= table->first &&
	    e->pool < table->end;
}

/*
 * One of them, each as likely.  In a book that is not in the cache to find
 * the n-th of a pool takes as long as to read the entry; then some of all
 * entries are read at once, one of which will do.
 */
static uint32_t
draw_any(struct book *b, const struct ready *table)
{
	uint32_t	 guess[GUESSES_MAX];
	unsigned int	 n, k;

	n = table->count == 0 ? 0 : 2 * (uint64_t)b->top / table->count + 1;
	if (b->top < LARGE || n > GUESSES_MAX)
		n = 0;
	for (k = 0; k < n; k++) {
		guess[k] = 1 + rng_below(b->rng, b->top);
		__builtin_prefetch(entry_at(b, guess[k]));
	}
	for (k = 0; k < n; k++)
		if (is_ready(entry_at(b, guess[k]), table))
			return guess[k];
	return bk_dense_in(&b->pools, table->first,
	    rng_below(b->rng, table->count));
}

static uint32_t
draw(struct book *b, const struct ready *table, const struct book_exclude *ex,
    const struct book_pick *p, unsigned int n)
{
	const struct entry	*e;
	double			 chance = 1.0, w;
	uint32_t		 i;
	int			 k;

	if (table->count == 0)
		return NIL;
	for (k = 0; k < DRAWS_MAX; k++, chance *= IMPATIENCE) {
		i = draw_any(b, table);
		e = entry_at(b, i);
		w = weight_of(b, e) * chance;
		if (w < 1.0 && w <= rng_unit(b->rng))
			continue;
		if (!is_picked(b, i, p, n) && !excluded(b, e, ex))
			return i;
	}
	return NIL;
}

unsigned int
book_pick(struct book *b, uint32_t now, unsigned int bias,
    const struct book_exclude *ex, struct book_pick *p, unsigned int want)
{
	struct ready	 old, new;
	unsigned int	 n = 0, k;
	uint32_t	 i;

	bk_tick(b, now);
	if (bias > 100)
		bias = 100;
	old = ready_of(b, POOL_OLD_FIRST, POOL_NEW_FIRST);
	new = ready_of(b, POOL_NEW_FIRST, POOL_RESTING);
	for (k = 0; k < want && n < old.count + new.count; k++) {
		i = draw(b, choose_table(b, &old, &new, bias), ex, p, n);
		if (i != NIL)
			fill(b, i, BOOK_WHY_BIAS, &p[n++]);
	}
	return n;
}

/* All of them, in random order, as far as they are wanted. */
unsigned int
book_pick_seniors(struct book *b, uint32_t now, const struct book_exclude *ex,
    struct book_pick *p, unsigned int want)
{
	uint32_t		 order[BOOK_SENIORS_MAX], count, k, r, i;
	const struct entry	*e;
	unsigned int		 n = 0;

	bk_tick(b, now);
	count = bk_senior_count(b);
	for (k = 0; k < count; k++)
		order[k] = b->seniors.list[k].index;
	for (k = 0; k < count && n < want; k++) {
		r = k + rng_below(b->rng, count - k);
		i = order[r];
		order[r] = order[k];
		e = entry_at(b, i);
		if (!entry_is_resting(e) && !excluded(b, e, ex))
			fill(b, i, BOOK_WHY_SENIOR, &p[n++]);
	}
	return n;
}

/* --- for a probe or a crawl ------------------------------------------- */

static void
try_begins(struct book *b, uint32_t i)
{
	struct entry	*e = entry_at(b, i);

	if (e->tries < UINT16_MAX)
		e->tries++;
	e->last_try = b->now;
	bk_sched(b, i, SCHED_COOL);
	bk_entry_changed(b, i);
}

/*
 * The first of a queue that may be dialled, if it was not tried for so long.
 * Who is excluded goes to its end, so that it does not stand in the way
 * again soon.
 */
static uint32_t
next_due(struct book *b, enum sched queue, uint32_t tried,
    const struct book_exclude *ex)
{
	const struct entry	*e;
	uint32_t		 i;
	int			 k;

	for (k = 0; k < SKIPS_MAX; k++) {
		if ((i = b->sched[queue].head) == NIL)
			return NIL;
		e = entry_at(b, i);
		if (since(b->now, e->last_try) < tried)
			return NIL;
		if (!excluded(b, e, ex))
			return i;
		bk_sched(b, i, queue);
	}
	return NIL;
}

static uint32_t
due_new(struct book *b, const struct book_exclude *ex)
{
	return next_due(b, SCHED_DUE_HEARD, TRY_SPACING, ex);
}

/* Those whose place is wanted are tested, which is as good. */
static bool
may_verify(const struct book *b, const struct entry *e,
    const struct book_exclude *ex)
{
	return since(b->now, e->last_success) >= VERIFY_AFTER &&
	    since(b->now, e->last_try) >= VERIFY_SPACING &&
	    !(e->flags & ENTRY_CONTESTED) && !entry_is_resting(e) &&
	    !excluded(b, e, ex);
}

/*
 * Of those in old whose verification is less than a day old, and soon will
 * not be, the one with the oldest; of many, the one among some drawn.
 */
static uint32_t
fading(struct book *b, const struct book_exclude *ex)
{
	uint32_t	 count = b->pools.count[POOL_DAY_OLD];
	uint32_t	 i, k, n, oldest = NIL;

	n = count < LOOKS_MAX ? count : LOOKS_MAX;
	for (k = 0; k < n; k++) {
		i = bk_dense_at(&b->pools, POOL_DAY_OLD, count <= LOOKS_MAX ?
		    k : rng_below(b->rng, count));
		if (may_verify(b, entry_at(b, i), ex) && (oldest == NIL ||
		    entry_at(b, i)->last_success <
		    entry_at(b, oldest)->last_success))
			oldest = i;
	}
	return oldest;
}

/* Of all who were reached once, one of the longest not tried. */
static uint32_t
faded(struct book *b, const struct book_exclude *ex)
{
	uint32_t	 i = b->sched[SCHED_DUE_VERIFIED].head;
	int		 k;

	for (k = 0; k < LOOKS_MAX && i != NIL; k++) {
		if (may_verify(b, entry_at(b, i), ex))
			return i;
		i = entry_at(b, i)->link[CHAIN_SCHED].next;
	}
	return NIL;
}

static uint32_t
due_verify(struct book *b, const struct book_exclude *ex)
{
	uint32_t	 i = fading(b, ex);

	return i != NIL ? i : faded(b, ex);
}

static uint32_t
due_test(struct book *b, const struct book_exclude *ex)
{
	const struct entry	*e;
	uint32_t		 start, k, i;

	start = rng_below(b->rng, b->ncontests);
	for (k = 0; k < b->ncontests && k < SKIPS_MAX; k++) {
		i = b->contest[(start + k) % b->ncontests].incumbent;
		e = entry_at(b, i);
		if (!entry_is_resting(e) && !excluded(b, e, ex) &&
		    since(b->now, e->last_try) >= TEST_SPACING)
			return i;
	}
	return NIL;
}

static const struct probe {
	uint32_t	(*next)(struct book *, const struct book_exclude *);
	enum book_why	why;
} probes[] = {
	{ due_test, BOOK_WHY_TEST },
	{ due_test, BOOK_WHY_TEST },
	{ due_verify, BOOK_WHY_VERIFY },
	{ due_new, BOOK_WHY_NEW },
};
#define NPROBES	(sizeof(probes) / sizeof(probes[0]))

/* A kind by its share; if none of it is due, the next kind. */
unsigned int
book_pick_probe(struct book *b, uint32_t now, const struct book_exclude *ex,
    struct book_pick *p)
{
	const struct probe	*probe;
	uint32_t		 i;
	size_t			 start, k;

	bk_tick(b, now);
	start = rng_below(b->rng, NPROBES);
	for (k = 0; k < NPROBES; k++) {
		probe = &probes[(start + k) % NPROBES];
		if ((i = probe->next(b, ex)) == NIL)
			continue;
		fill(b, i, probe->why, p);
		try_begins(b, i);
		return 1;
	}
	return 0;
}

/*
 * The kinds in their order, each longest due first.  New ones before those
 * who were met; but there may always be more new ones than can be dialled,
 * all of them dead, so whoever was not looked at for twice the spacing has
 * half of the picks.
 */
static const struct course {
	enum sched	queue;
	enum book_why	why;
	unsigned int	spacings;	/* at least since its last try */
	bool		half;		/* of the picks, not all */
} courses[] = {
	{ SCHED_DUE_VERIFIED, BOOK_WHY_VERIFY, CRAWL_OVERDUE, true },
	{ SCHED_DUE_HEARD, BOOK_WHY_NEW, 0, false },
	{ SCHED_DUE_VERIFIED, BOOK_WHY_VERIFY, 0, false },
};
#define NCOURSES	(sizeof(courses) / sizeof(courses[0]))

/* Who is next of a queue, and may be; looks and left are counted down. */
static uint32_t
crawl_next(struct book *b, const struct course *c,
    const struct book_exclude *ex, unsigned int *left, unsigned int *looks)
{
	const struct entry	*e;
	uint32_t		 i;

	while (*left > 0 && *looks > 0) {
		i = b->sched[c->queue].head;
		e = entry_at(b, i);
		if (since(b->now, e->last_try) <
		    c->spacings * b->conf.crawl_spacing)
			return NIL;
		--*left;
		--*looks;
		if (!excluded(b, e, ex) && bk_turn_take(b, e->addr.na.ip))
			return i;
		bk_sched(b, i, c->queue);
	}
	return NIL;
}

unsigned int
book_pick_crawl(struct book *b, uint32_t now, const struct book_exclude *ex,
    struct book_pick *p, unsigned int want)
{
	const struct course	*c;
	unsigned int		 n = 0, max, left, looks = CRAWL_LOOKS;
	uint32_t		 i;

	bk_tick(b, now);
	for (c = courses; c < courses + NCOURSES; c++) {
		left = b->sched[c->queue].count;
		/* Of an odd one the other half by chance. */
		max = c->half ? (want + rng_below(b->rng, 2)) / 2 : want;
		while (n < max && (i = crawl_next(b, c, ex, &left,
		    &looks)) != NIL) {
			fill(b, i, c->why, &p[n++]);
			try_begins(b, i);
		}
	}
	return n;
}
