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

static enum book_level
level_at(const struct book *b, uint32_t place)
{
	return entry_at(b, b->newtab[place])->level;
}

/*
 * Place one that must not be lost: where its source puts it, or where it
 * would be as its own source, whichever costs less.
 */
void
bk_new_force(struct book *b, uint32_t i)
{
	struct entry	*e = entry_at(b, i);
	uint32_t	 there, own;

	there = bk_new_place(b, &e->addr, e->source);
	own = bk_new_place(b, &e->addr, bk_group(b, e->addr.na.ip));
	if (!bk_new_yields(b, there, true) &&
	    (bk_new_yields(b, own, true) ||
	    level_at(b, own) < level_at(b, there)))
		there = own;
	bk_new_put(b, i, there);
	bk_entry_settle(b, i);
}
