/* SPDX-License-Identifier: ISC */
/* A store in memory. */
#include <stdlib.h>
#include <string.h>

#include "regress/lib/bookrow.h"
#include "regress/lib/bookstore.h"

#define FORGOTTEN	(30 * 86400U)	/* a ban that counts no more */

struct bookstore {
	uint32_t	 capacity;
	struct book_row	*row;
	bool		*have_row;
	struct book_ban	*ban;
	bool		*have_ban;
	struct book_hold hold[BOOK_HOLDS_MAX + 1];
	bool		 have_hold[BOOK_HOLDS_MAX + 1];
	struct book_own	 own[BOOK_OWN_MAX + 1];
	bool		 have_own[BOOK_OWN_MAX + 1];
};

struct bookstore *
bookstore_new(uint32_t capacity)
{
	struct bookstore	*s;

	if ((s = calloc(1, sizeof(*s))) == NULL ||
	    (s->row = calloc(capacity + 1, sizeof(*s->row))) == NULL ||
	    (s->have_row = calloc(capacity + 1, sizeof(bool))) == NULL ||
	    (s->ban = calloc(BOOK_BANS_MAX + 1, sizeof(*s->ban))) == NULL ||
	    (s->have_ban = calloc(BOOK_BANS_MAX + 1, sizeof(bool))) == NULL)
		abort();
	s->capacity = capacity;
	return s;
}

void
bookstore_free(struct bookstore *s)
{
	free(s->row);
	free(s->have_row);
	free(s->ban);
	free(s->have_ban);
	free(s);
}

void
bookstore_save(struct bookstore *s, struct book *b)
{
	struct book_change	 c;
	uint32_t		 i;

	while (book_next_change(b, &c)) {
		i = c.index;
		switch (c.table) {
		case BOOK_TABLE_ENTRY:
			s->have_row[i] = book_get_row(b, i, &s->row[i]);
			break;
		case BOOK_TABLE_BAN:
			s->have_ban[i] = book_get_ban(b, i, &s->ban[i]);
			break;
		case BOOK_TABLE_HOLD:
			s->have_hold[i] = book_get_hold(b, i, &s->hold[i]);
			break;
		case BOOK_TABLE_OWN:
			s->have_own[i] = book_get_own(b, i, &s->own[i]);
			break;
		case BOOK_TABLE_MAX:
			abort();
		}
	}
}

const char *
bookstore_load(const struct bookstore *s, struct book *b, uint32_t now,
    bool absent)
{
	struct book_change	 c;
	const char		*lost = NULL;
	uint32_t		 i;

	for (i = 1; i <= BOOK_OWN_MAX; i++)
		if (s->have_own[i] && !book_load_own(b, now, i, &s->own[i]))
			lost = "an own address was not loaded";
	for (i = 1; i <= BOOK_BANS_MAX; i++)
		if (s->have_ban[i] && !book_load_ban(b, now, i, &s->ban[i]) &&
		    s->ban[i].until + FORGOTTEN >= now)
			lost = "a ban was not loaded";
	for (i = 1; i <= BOOK_HOLDS_MAX; i++)
		if (s->have_hold[i] &&
		    !book_load_hold(b, now, i, &s->hold[i]) &&
		    s->hold[i].until > now)
			lost = "a hold was not loaded";
	for (i = 1; i <= s->capacity; i++)
		if (s->have_row[i] && !book_load_row(b, now, i, &s->row[i]))
			lost = "an entry was not loaded";
	if (book_load_end(b, now) == -1)
		abort();
	if (!absent && book_next_change(b, &c) && c.table == BOOK_TABLE_ENTRY)
		lost = "what was loaded as it is is to be saved again";
	return lost;
}

/* --- the same? -------------------------------------------------------- */

static bool
same_row(const struct book_row *x, const struct book_row *y)
{
	return bookrow_same(x, y) &&
	    x->senior == y->senior && x->bad == y->bad &&
	    x->banned == y->banned;
}

static bool
same_ban(const struct book_ban *x, const struct book_ban *y)
{
	return x->by_id == y->by_id && x->since == y->since &&
	    x->until == y->until && x->times == y->times &&
	    x->fault == y->fault && (x->by_id ?
	    node_id_equal(&x->id, &y->id) : memcmp(x->ip, y->ip, 16) == 0);
}

static const char *
compare_bans(struct book *x, struct book *y, uint32_t now)
{
	struct book_ban	 a, b;
	bool		 in_x, in_y;
	uint32_t	 i;

	for (i = 1; i <= BOOK_BANS_MAX; i++) {
		in_x = book_get_ban(x, i, &a);
		in_y = book_get_ban(y, i, &b);
		if (in_x && !in_y && a.until + FORGOTTEN < now)
			continue;
		if (in_x != in_y || (in_x && !same_ban(&a, &b)))
			return "a ban is another";
	}
	return NULL;
}

static const char *
compare_holds(struct book *x, struct book *y)
{
	struct book_hold	 a, b;
	bool			 in_x;
	uint32_t		 i;

	for (i = 1; i <= BOOK_HOLDS_MAX; i++) {
		in_x = book_get_hold(x, i, &a);
		if (in_x != book_get_hold(y, i, &b) || (in_x &&
		    (a.triple != b.triple || a.until != b.until)))
			return "a hold is another";
	}
	return NULL;
}

static const char *
compare_own(struct book *x, struct book *y)
{
	struct book_own	 a, b;
	bool		 in_x;
	uint32_t	 i;

	for (i = 1; i <= BOOK_OWN_MAX; i++) {
		in_x = book_get_own(x, i, &a);
		if (in_x != book_get_own(y, i, &b) || (in_x &&
		    (!netaddr_equal(&a.na, &b.na) || a.since != b.since)))
			return "an own address is another";
	}
	return NULL;
}

const char *
bookstore_compare(struct book *x, struct book *y, uint32_t now)
{
	struct book_counts	 c;
	struct book_row		 a, b;
	const char		*what;
	bool			 in_x;
	uint32_t		 i;

	book_count(x, now, &c);
	book_count(y, now, &c);
	for (i = 1; i <= c.capacity; i++) {
		in_x = book_get_row(x, i, &a);
		if (in_x != book_get_row(y, i, &b) ||
		    (in_x && !same_row(&a, &b)))
			return "an entry is another";
	}
	if ((what = compare_bans(x, y, now)) != NULL ||
	    (what = compare_holds(x, y)) != NULL)
		return what;
	return compare_own(x, y);
}
