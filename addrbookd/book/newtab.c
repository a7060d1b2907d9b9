/* SPDX-License-Identifier: ISC */
/*
 * The new table: entries as heard, each in up to four places that its
 * sources' groups decide.
 */
#include "addrbookd/book/impl.h"

/* May somebody else have this place?  to_first: one that has none yet. */
bool
bk_new_yields(const struct book *b, uint32_t place, bool to_first)
{
	const struct entry	*e;

	if (b->newtab[place] == NIL)
		return true;
	e = entry_at(b, b->newtab[place]);
	return bk_gives_way(b, e) || (to_first && e->nrefs > 1);
}

static void
ref_drop(struct book *b, uint32_t i, uint32_t place)
{
	struct entry	*e = entry_at(b, i);
	unsigned int	 n;

	for (n = 0; e->at.ref[n] != place; n++)
		;
	e->at.ref[n] = e->at.ref[--e->nrefs];
	b->newtab[place] = NIL;
	bk_entry_changed(b, i);
}

/* Empty a place.  Whoever has no other ends. */
void
bk_new_clear(struct book *b, uint32_t place)
{
	uint32_t	 i = b->newtab[place];

	if (i == NIL)
		return;
	ref_drop(b, i, place);
	if (entry_at(b, i)->nrefs == 0)
		bk_entry_free(b, i);
}

void
bk_new_put(struct book *b, uint32_t i, uint32_t place)
{
	struct entry	*e = entry_at(b, i);

	bk_new_clear(b, place);
	b->newtab[place] = i;
	e->at.ref[e->nrefs++] = place;
	bk_entry_changed(b, i);
}

/* Give up all places; the entry lives on. */
void
bk_new_leave(struct book *b, uint32_t i)
{
	struct entry	*e = entry_at(b, i);

	while (e->nrefs > 0)
		ref_drop(b, i, e->at.ref[e->nrefs - 1]);
}

/* --- back from old ---------------------------------------------------- */

/* What it costs to take a place, the least first. */
enum cost {
	COST_NONE,		/* free, or its entry has others */
	COST_IDLE,
	COST_HEARD,
	COST_REACHED,
	COST_GOOD,		/* verified no later than who comes */
	COST_TOO_MUCH
};

static enum cost
cost_of(const struct book *b, const struct entry *e,
    const struct entry *comer)
{
	if (e->level >= comer->level && e->last_success > comer->last_success)
		return COST_TOO_MUCH;
	if (bk_gives_way(b, e))
		return COST_IDLE;
	return COST_HEARD + e->level;
}

/* Of two that cost the same, who was verified longer ago goes. */
static uint64_t
price(enum cost cost, uint32_t last_success)
{
	return (uint64_t)cost << 32 | last_success;
}

static uint64_t
price_of(const struct book *b, uint32_t place, const struct entry *comer)
{
	const struct entry	*e = entry_at(b, b->newtab[place]);

	if (b->newtab[place] == NIL || e->nrefs > 1)
		return price(COST_NONE, 0);
	return price(cost_of(b, e, comer), e->last_success);
}

/* The n-th place that such a one may have. */
static uint32_t
place_back(const struct book *b, const struct entry *e, unsigned int n)
{
	struct netgroup	 own = bk_group(b, e->addr.na.ip);

	if (n == 0)
		return bk_new_place(b, &e->addr, e->source);
	if (n == 1)
		return bk_new_place(b, &e->addr, own);
	return bk_new_place_nth(b, &e->addr, own, n - 2);
}

/*
 * Where its source puts it, else where it would be as its own source, else
 * in any bucket that this source can reach, whichever costs least.
 */
static uint64_t
cheapest(const struct book *b, const struct entry *e, uint32_t *best)
{
	uint64_t		 p, least = price(COST_TOO_MUCH, 0);
	uint32_t		 place;
	unsigned int		 n;

	for (n = 0; n < 2 + SOURCE_BUCKETS && least > 0; n++) {
		place = place_back(b, e, n);
		p = price_of(b, place, e);
		if (p < least) {
			least = p;
			*best = place;
		}
	}
	return least;
}

/*
 * Place one that was verified and has lost its place.  Nobody who is worth as
 * much and was verified later goes for it: it ends instead.
 */
void
bk_new_force(struct book *b, uint32_t i)
{
	uint32_t	 best;

	if (cheapest(b, entry_at(b, i), &best) == price(COST_TOO_MUCH, 0)) {
		bk_entry_free(b, i);
		return;
	}
	bk_new_put(b, i, best);
	bk_entry_settle(b, i);
}

bool
bk_new_find(const struct book *b, const struct entry *e, uint32_t *place)
{
	return cheapest(b, e, place) < price(COST_REACHED, 0);
}
