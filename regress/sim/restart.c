/* SPDX-License-Identifier: ISC */
/*
 * A restart: every row of the book is written as bytes and read again, as
 * the store does; what is in no row is lost.
 */

#include <err.h>
#include <stdlib.h>

#include "addrbookd/store_impl.h"
#include "regress/sim/node.h"

struct stored {
	struct book_change c;
	size_t		 len;
	uint8_t		 blob[STORE_BLOB_MAX];
};

struct rows {
	struct stored	*row;
	size_t		 n, max;
};

union any_row {
	struct book_row	 row;
	struct book_ban	 ban;
	struct book_hold hold;
	struct book_own	 own;
};

/* 0: that row is gone. */
static size_t
write_row(struct book *b, const struct book_change *c, uint8_t *out)
{
	union any_row u;

	switch (c->table) {
	case BOOK_TABLE_ENTRY:
		return book_get_row(b, c->index, &u.row) ?
		    store_encode_entry(&u.row, out) : 0;
	case BOOK_TABLE_BAN:
		return book_get_ban(b, c->index, &u.ban) ?
		    store_encode_ban(&u.ban, out) : 0;
	case BOOK_TABLE_HOLD:
		return book_get_hold(b, c->index, &u.hold) ?
		    store_encode_hold(&u.hold, out) : 0;
	default:
		return book_get_own(b, c->index, &u.own) ?
		    store_encode_own(&u.own, out) : 0;
	}
}

static void
read_row(struct book *b, uint32_t now, const struct stored *s)
{
	union any_row u;
	uint32_t i = s->c.index;

	switch (s->c.table) {
	case BOOK_TABLE_ENTRY:
		if (store_decode_entry(s->blob, s->len, &u.row) == 0)
			(void)book_load_row(b, now, i, &u.row);
		break;
	case BOOK_TABLE_BAN:
		if (store_decode_ban(s->blob, s->len, &u.ban) == 0)
			(void)book_load_ban(b, now, i, &u.ban);
		break;
	case BOOK_TABLE_HOLD:
		if (store_decode_hold(s->blob, s->len, &u.hold) == 0)
			(void)book_load_hold(b, now, i, &u.hold);
		break;
	default:
		if (store_decode_own(s->blob, s->len, &u.own) == 0)
			(void)book_load_own(b, now, i, &u.own);
		break;
	}
}

static void
save(struct book *b, struct rows *r)
{
	struct stored s;

	while (book_next_change(b, &s.c)) {
		if ((s.len = write_row(b, &s.c, s.blob)) == 0)
			continue;
		if (r->n == r->max) {
			r->max = 2 * r->max + 1024;
			r->row = reallocarray(r->row, r->max, sizeof(s));
			if (r->row == NULL)
				err(1, "rows");
		}
		r->row[r->n++] = s;
	}
}

static void
load(struct book *b, uint32_t now, const struct rows *r)
{
	static const enum book_table order[] = {	/* addrbookd/store.c */
		BOOK_TABLE_OWN, BOOK_TABLE_BAN, BOOK_TABLE_HOLD,
		BOOK_TABLE_ENTRY,
	};
	size_t t, i;

	for (t = 0; t < sizeof(order) / sizeof(order[0]); t++)
		for (i = 0; i < r->n; i++)
			if (r->row[i].c.table == order[t])
				read_row(b, now, &r->row[i]);
	if (book_load_end(b, now) == -1)
		err(1, "load");
}

/* Every row was marked when it was made, and no store has taken it since. */
void
restart_book(struct node *n)
{
	struct book_config cfg = { .strict = true };
	struct rows rows = { 0 };

	save(n->book, &rows);
	book_free(n->book);
	n->book = book_new(BOOK_SIZE_DEFAULT, n->key, &n->book_rng, &cfg);
	if (n->book == NULL)
		err(1, "book");
	load(n->book, node_clock(n), &rows);
	free(rows.row);
}
