/* SPDX-License-Identifier: ISC */
/*
 * Holds: triples that proved wrong, not to be heard or tried for a day.
 * Kept as hashes under the book's key in sets of eight; in a full set the
 * one that ends first goes.
 */
#include "addrbookd/book/impl.h"

struct book_hold *
bk_hold_set(const struct book *b, uint64_t triple)
{
	return &b->hold[triple % (BOOK_HOLDS_MAX / HOLD_WAYS) * HOLD_WAYS];
}

void
bk_hold(struct book *b, const struct peer_addr *addr)
{
	uint64_t	 triple = bk_hash_triple(b, addr);
	struct book_hold *set = bk_hold_set(b, triple), *h, *take = set;

	for (h = set; h < set + HOLD_WAYS; h++) {
		if (h->triple == triple) {
			take = h;
			break;
		}
		if (h->until < take->until)
			take = h;
	}
	take->triple = triple;
	take->until = b->now + HOLD_TIME;
	b->holds.at = 0;
	bk_mark(b, BOOK_TABLE_HOLD, take - b->hold + 1);
}

bool
bk_is_held(const struct book *b, uint64_t triple)
{
	const struct book_hold	*set = bk_hold_set(b, triple), *h;

	for (h = set; h < set + HOLD_WAYS; h++)
		if (h->triple == triple)
			return h->until > b->now;
	return false;
}

uint32_t
bk_hold_count(struct book *b)
{
	uint32_t	 i;

	if (b->holds.at == b->now)
		return b->holds.n;
	b->holds.at = b->now;
	b->holds.n = 0;
	for (i = 0; i < BOOK_HOLDS_MAX; i++)
		b->holds.n += b->hold[i].until > b->now;
	return b->holds.n;
}

bool
book_get_hold(struct book *b, uint32_t index, struct book_hold *row)
{
	if (index == NIL || index > BOOK_HOLDS_MAX ||
	    b->hold[index - 1].until <= b->now)
		return false;
	*row = b->hold[index - 1];
	return true;
}

/* A row that is in the wrong set would never be found again. */
bool
book_load_hold(struct book *b, uint32_t now, uint32_t index,
    const struct book_hold *row)
{
	if (index == NIL || index > BOOK_HOLDS_MAX || row->until <= now ||
	    &b->hold[(index - 1) / HOLD_WAYS * HOLD_WAYS] !=
	    bk_hold_set(b, row->triple))
		return false;
	b->hold[index - 1] = *row;
	b->holds.at = 0;
	if (row->until > now + HOLD_TIME) {	/* the clock was set back */
		b->hold[index - 1].until = now + HOLD_TIME;
		bk_mark(b, BOOK_TABLE_HOLD, index);
	}
	return true;
}
