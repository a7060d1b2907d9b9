/* SPDX-License-Identifier: ISC */
/* Loading: every sound row to the book, which says what it takes. */

#include <stdlib.h>

#include "addrbookd/store_impl.h"
#include "common/log.h"

struct loader {
	struct book	*book;
	uint32_t	 now;
	unsigned	 taken;
	struct refused	*refused;	/* rows to be deleted */
	size_t		 nrefused, max;
};

struct refused {
	enum store_table t;
	uint32_t	 index;
};

/* Without memory it stays where it is and is refused again next time. */
static void
refuse(struct loader *l, enum store_table t, uint32_t index)
{
	struct refused *r;

	if (l->nrefused == l->max) {
		r = reallocarray(l->refused, l->max * 2 + 64, sizeof(*r));
		if (r == NULL)
			return;
		l->refused = r;
		l->max = l->max * 2 + 64;
	}
	l->refused[l->nrefused].t = t;
	l->refused[l->nrefused++].index = index;
}

static void
load_row(void *arg, enum store_table t, uint32_t index, const uint8_t *p,
    size_t len)
{
	struct loader *l = arg;
	union {
		struct book_row	 row;
		struct book_ban	 ban;
		struct book_hold hold;
		struct book_own	 own;
	} u;
	bool taken;

	switch (t) {
	case STORE_ENTRY:
		taken = store_decode_entry(p, len, &u.row) == 0 &&
		    book_load_row(l->book, l->now, index, &u.row);
		l->taken += taken;
		break;
	case STORE_BAN:
		taken = store_decode_ban(p, len, &u.ban) == 0 &&
		    book_load_ban(l->book, l->now, index, &u.ban);
		break;
	case STORE_HOLD:
		taken = store_decode_hold(p, len, &u.hold) == 0 &&
		    book_load_hold(l->book, l->now, index, &u.hold);
		break;
	default:
		taken = store_decode_own(p, len, &u.own) == 0 &&
		    book_load_own(l->book, l->now, index, &u.own);
		break;
	}
	if (!taken)
		refuse(l, t, index);
}

/*
 * What the book does not take any more is not kept for it.  A row whose
 * number is beyond the book was taken under another one at an earlier start.
 */
static void
delete_refused(struct store *s, struct loader *l)
{
	size_t i;
	int rc;

	if (l->nrefused == 0)
		return;
	rc = store_db_exec(&s->db, "BEGIN IMMEDIATE");
	for (i = 0; i < l->nrefused && rc == SQLITE_OK; i++)
		rc = store_db_delete(&s->db, l->refused[i].t,
		    l->refused[i].index);
	if (rc == SQLITE_OK)
		rc = store_db_exec(&s->db, "COMMIT");
	if (rc != SQLITE_OK)
		(void)store_db_exec(&s->db, "ROLLBACK");
	free(l->refused);
}

/* What entries are judged by comes before them. */
static const enum store_table load_order[STORE_ROW_TABLES] = {
	STORE_OWN, STORE_BAN, STORE_HOLD, STORE_ENTRY,
};

int
store_load(struct store *s, struct book *book, uint32_t now)
{
	struct loader l = { .book = book, .now = now };
	unsigned unsound = 0;
	int t;

	for (t = 0; t < STORE_ROW_TABLES; t++)
		(void)store_db_scan(&s->db, load_order[t], false, load_row,
		    &l, &unsound);
	delete_refused(s, &l);
	if (book_load_end(book, now) == -1)
		return -1;
	if ((s->writer = store_writer_start(&s->db, &s->pace)) == NULL) {
		log_warn("cannot start the store's writer");
		return -1;
	}
	return l.taken;
}
