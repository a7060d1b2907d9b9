/* SPDX-License-Identifier: ISC */
/*
 * Who of a group stands in the old table: a chain of entries for each group
 * that has any, found by a keyed hash of the group.  A cell also says how
 * many there are and, roughly, of which blocks, so that the caps of a group
 * seldom need a walk along the chain.
 */
#include "addrbookd/book/impl.h"

static struct netgroup
group_of(const struct book *b, uint32_t i)
{
	return bk_group(b, entry_at(b, i)->addr.na.ip);
}

uint32_t
bk_group_fetch(const struct book *b, struct netgroup g)
{
	uint32_t	 hash = bk_hash_group(b, g);

	__builtin_prefetch(&b->group[hash & b->group_mask]);
	return hash;
}

struct group_cell *
bk_group_cell_at(const struct book *b, struct netgroup g, uint32_t hash)
{
	uint32_t	 at = hash & b->group_mask;

	while (b->group[at].head != NIL &&
	    !netgroup_equal(group_of(b, b->group[at].head), g))
		at = (at + 1) & b->group_mask;
	return &b->group[at];
}

struct group_cell *
bk_group_cell(const struct book *b, struct netgroup g)
{
	return bk_group_cell_at(b, g, bk_hash_group(b, g));
}

static uint32_t
block_bit(const uint8_t ip[16])
{
	uint64_t	 mixed = netblock_of(ip).v * 0x9e3779b97f4a7c15ULL;

	return 1U << (mixed >> 32) % GROUP_BLOCK_BITS;
}

bool
bk_group_may_have(const struct group_cell *c, const uint8_t ip[16])
{
	return c->blocks & block_bit(ip);
}

static void
count_in(struct group_cell *c, const struct entry *e)
{
	c->blocks |= block_bit(e->addr.na.ip);
	if (c->count < GROUP_COUNT_MAX && ++c->count == GROUP_COUNT_MAX)
		c->blocks = GROUP_ANY_BLOCK;
}

/*
 * What a cell with that chain says.  In a private network a chain may be
 * long: its head is enough.
 */
struct group_cell
bk_group_tally(const struct book *b, uint32_t head)
{
	struct group_cell	 c = { .head = head };
	uint32_t		 i;

	for (i = head; i != NIL && c.count < GROUP_COUNT_MAX;
	    i = entry_at(b, i)->at.old.next)
		count_in(&c, entry_at(b, i));
	return c;
}

/* Close the gap, so that nobody after it is lost. */
static void
cell_close(struct book *b, uint32_t gap)
{
	uint32_t	 at, home;

	for (at = (gap + 1) & b->group_mask; b->group[at].head != NIL;
	    at = (at + 1) & b->group_mask) {
		home = bk_hash_group(b, group_of(b, b->group[at].head)) &
		    b->group_mask;
		if (((at - home) & b->group_mask) <
		    ((at - gap) & b->group_mask))
			continue;
		b->group[gap] = b->group[at];
		gap = at;
	}
	b->group[gap] = bk_group_tally(b, NIL);
}

void
bk_group_add(struct book *b, uint32_t i, uint32_t hash)
{
	struct entry		*e = entry_at(b, i);
	struct group_cell	*c = bk_group_cell_at(b, group_of(b, i), hash);

	e->at.old.prev = NIL;
	e->at.old.next = c->head;
	if (c->head != NIL)
		entry_at(b, c->head)->at.old.prev = i;
	c->head = i;
	count_in(c, e);
}

void
bk_group_del(struct book *b, uint32_t i)
{
	struct entry		*e = entry_at(b, i);
	struct group_cell	*c = bk_group_cell(b, group_of(b, i));

	if (e->at.old.next != NIL)
		entry_at(b, e->at.old.next)->at.old.prev = e->at.old.prev;
	if (e->at.old.prev != NIL)
		entry_at(b, e->at.old.prev)->at.old.next = e->at.old.next;
	else
		c->head = e->at.old.next;
	if (c->head == NIL)
		cell_close(b, c - b->group);
	else
		*c = bk_group_tally(b, c->head);
}
