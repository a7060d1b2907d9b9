/* SPDX-License-Identifier: ISC */
/*
 * Contests: good entries that wait for a place of the old table until its
 * holder has been tested.  Source: Heilman et al. 2015, countermeasure 3.
 */
#include "addrbookd/book/impl.h"

/* A holder that answered lately needs no test. */
#define ANSWERED_LATELY	HOUR

void
bk_contest_add(struct book *b, uint32_t challenger, uint32_t incumbent)
{
	struct entry	*c = entry_at(b, challenger);
	struct entry	*i = entry_at(b, incumbent);

	if ((c->flags & ENTRY_CHALLENGES) || b->ncontests == CONTESTS_MAX ||
	    since(b->now, i->last_success) < ANSWERED_LATELY)
		return;
	c->flags |= ENTRY_CHALLENGES;
	i->flags |= ENTRY_CONTESTED;
	b->contest[b->ncontests].challenger = challenger;
	b->contest[b->ncontests].incumbent = incumbent;
	b->ncontests++;
}

static bool
is_contested(const struct book *b, uint32_t incumbent)
{
	uint32_t	 n;

	for (n = 0; n < b->ncontests; n++)
		if (b->contest[n].incumbent == incumbent)
			return true;
	return false;
}

static void
contest_del(struct book *b, uint32_t n)
{
	struct contest	 c = b->contest[n];

	b->contest[n] = b->contest[--b->ncontests];
	entry_at(b, c.challenger)->flags &= ~ENTRY_CHALLENGES;
	if (!is_contested(b, c.incumbent))
		entry_at(b, c.incumbent)->flags &= ~ENTRY_CONTESTED;
}

/* Nothing of this entry is contested any more, and it contests nothing. */
void
bk_contest_forget(struct book *b, uint32_t i)
{
	uint32_t	 n = 0;

	if (!(entry_at(b, i)->flags & (ENTRY_CHALLENGES | ENTRY_CONTESTED)))
		return;
	while (n < b->ncontests)
		if (b->contest[n].challenger == i ||
		    b->contest[n].incumbent == i)
			contest_del(b, n);
		else
			n++;
}

/* The holder failed a test: does it lose its place to a better one? */
void
bk_contest_settle(struct book *b, uint32_t incumbent)
{
	const struct entry	*i = entry_at(b, incumbent);
	uint32_t		 n, c;

	if (!(i->flags & ENTRY_CONTESTED) || !bk_old_yields(b, i))
		return;
	for (n = 0; n < b->ncontests; n++) {
		c = b->contest[n].challenger;
		if (b->contest[n].incumbent != incumbent ||
		    entry_at(b, c)->last_success <= i->last_success)
			continue;
		contest_del(b, n);
		bk_promote(b, c);
		bk_entry_settle(b, c);
		return;
	}
}
