/* SPDX-License-Identifier: ISC */
/*
 * The index by ID: open addressing with linear probing under a keyed hash.
 * A cell holds an entry's index and, in the bits that leaves, a piece of
 * the hash, so that a strange ID seldom costs a look at an entry.  All
 * endpoints of an ID have one hash and stand in one run.
 */
#include <stdlib.h>
#include <string.h>

#include "addrbookd/book/impl.h"

int
bk_index_init(struct book *b)
{
	uint32_t	 cells = 1;

	while (1U << b->index_bits <= b->capacity)
		b->index_bits++;
	/* At most 5/8 full. */
	while ((uint64_t)cells * 5 < (uint64_t)b->capacity * 8)
		cells *= 2;
	b->index_mask = cells - 1;
	b->index = bk_array_new(cells, sizeof(*b->index));
	return b->index == NULL ? -1 : 0;
}

/* Its low bits say where to look first, its high ones go into the cell. */
uint32_t
bk_hash_id(const struct book *b, const struct node_id *id)
{
	return siphash24(&b->key, id->b, sizeof(id->b));
}

static uint32_t
cell_make(const struct book *b, uint32_t h, uint32_t i)
{
	return h >> b->index_bits << b->index_bits | i;
}

static uint32_t
cell_index(const struct book *b, uint32_t cell)
{
	return cell & ((1U << b->index_bits) - 1);
}

void
bk_index_add(struct book *b, uint32_t i)
{
	uint32_t	 h = entry_at(b, i)->id_hash, at = h & b->index_mask;

	while (b->index[at] != 0)
		at = (at + 1) & b->index_mask;
	b->index[at] = cell_make(b, h, i);
}

/* Close the gap: move up whoever may stand there, so no grave is needed. */
static void
index_close(struct book *b, uint32_t gap)
{
	const struct entry	*e;
	uint32_t		 at, home;

	for (at = (gap + 1) & b->index_mask; b->index[at] != 0;
	    at = (at + 1) & b->index_mask) {
		e = entry_at(b, cell_index(b, b->index[at]));
		home = e->id_hash & b->index_mask;
		if (((at - home) & b->index_mask) <
		    ((at - gap) & b->index_mask))
			continue;
		b->index[gap] = b->index[at];
		gap = at;
	}
	b->index[gap] = 0;
}

void
bk_index_del(struct book *b, uint32_t i)
{
	uint32_t	 at = entry_at(b, i)->id_hash & b->index_mask;

	while (cell_index(b, b->index[at]) != i)
		at = (at + 1) & b->index_mask;
	index_close(b, at);
}

void
bk_index_fetch(const struct book *b, uint32_t h)
{
	__builtin_prefetch(&b->index[h & b->index_mask]);
}

bool
bk_endpoints_fetch(const struct book *b, uint32_t h)
{
	uint32_t	 at, i;
	bool		 any = false;

	for (at = h & b->index_mask; b->index[at] != 0;
	    at = (at + 1) & b->index_mask) {
		i = cell_index(b, b->index[at]);
		if (b->index[at] != cell_make(b, h, i))
			continue;
		bk_entry_fetch(b, i);
		any = true;
	}
	return any;
}

unsigned int
bk_endpoints_at(const struct book *b, uint32_t h, const struct node_id *id,
    uint32_t out[ENDPOINTS_MAX])
{
	uint32_t	 at, i;
	unsigned int	 n = 0;

	for (at = h & b->index_mask; b->index[at] != 0 && n < ENDPOINTS_MAX;
	    at = (at + 1) & b->index_mask) {
		i = cell_index(b, b->index[at]);
		if (b->index[at] != cell_make(b, h, i))
			continue;
		bk_entry_fetch(b, i);
		if (node_id_equal(&entry_at(b, i)->addr.id, id))
			out[n++] = i;
	}
	return n;
}

unsigned int
bk_endpoints(const struct book *b, const struct node_id *id,
    uint32_t out[ENDPOINTS_MAX])
{
	return bk_endpoints_at(b, bk_hash_id(b, id), id, out);
}

uint32_t
bk_find(const struct book *b, const struct peer_addr *addr)
{
	return bk_find_at(b, bk_hash_id(b, &addr->id), addr);
}

uint32_t
bk_find_at(const struct book *b, uint32_t hash, const struct peer_addr *addr)
{
	uint32_t	 eps[ENDPOINTS_MAX];
	unsigned int	 i, n;

	n = bk_endpoints_at(b, hash, &addr->id, eps);
	for (i = 0; i < n; i++)
		if (netaddr_equal(&entry_at(b, eps[i])->addr.na, &addr->na))
			return eps[i];
	return NIL;
}
