/* SPDX-License-Identifier: ISC */
/*
 * Marks: which rows have changed since a store last saw them.  One bit a
 * row, so that a row that changes a thousand times a second is written once.
 */
#include <stdlib.h>
#include <strings.h>

#include "addrbookd/book/impl.h"

#define BITS	64

int
bk_marks_init(struct marks *m, uint32_t nrows)
{
	m->words = nrows / BITS + 1;
	m->bits = calloc(m->words, sizeof(*m->bits));
	return m->bits == NULL ? -1 : 0;
}

void
bk_marks_free(struct marks *m)
{
	free(m->bits);
}

void
bk_mark(struct book *b, enum book_table table, uint32_t index)
{
	struct marks	*m = &b->marks[table];
	uint64_t	 bit = 1ULL << index % BITS;

	if (m->bits[index / BITS] & bit)
		return;
	m->bits[index / BITS] |= bit;
	m->count++;
}

void
bk_unmark(struct book *b, enum book_table table, uint32_t index)
{
	struct marks	*m = &b->marks[table];
	uint64_t	 bit = 1ULL << index % BITS;

	if (!(m->bits[index / BITS] & bit))
		return;
	m->bits[index / BITS] &= ~bit;
	m->count--;
}

/* The search goes on where it ended, so that no row waits for ever. */
static uint32_t
marks_take(struct marks *m)
{
	uint64_t	*word;
	int		 bit;

	while (m->bits[m->cursor] == 0)
		m->cursor = (m->cursor + 1) % m->words;
	word = &m->bits[m->cursor];
	bit = ffsll((long long)*word) - 1;
	*word &= *word - 1;
	m->count--;
	return m->cursor * BITS + bit;
}

bool
book_next_change(struct book *b, struct book_change *c)
{
	int	 t;

	for (t = 0; t < BOOK_TABLE_MAX; t++) {
		if (b->marks[t].count == 0)
			continue;
		c->table = t;
		c->index = marks_take(&b->marks[t]);
		return true;
	}
	return false;
}

void
book_mark_change(struct book *b, const struct book_change *c)
{
	bk_mark(b, c->table, c->index);
}
