/* SPDX-License-Identifier: ISC */
/*
 * Rows: what a store is told, what comes back from it, what is imported.
 */
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "regress/lib/bookfix.h"
#include "regress/lib/bookrow.h"

/* A store in memory: the rows that the book reported, by number. */
struct store {
	struct book_row		*row;
	bool			*used;
	struct book_ban		 ban[64];
	bool			 ban_used[64];
	struct book_hold	 hold[BOOK_HOLDS_MAX + 1];
	struct book_own		 own[BOOK_OWN_MAX + 1];
	unsigned int		 nown;
	unsigned int		 size;
	unsigned int		 writes;
};

static struct store *
store_new(unsigned int size)
{
	struct store	*s = calloc(1, sizeof(*s));

	ATF_REQUIRE(s != NULL);
	s->size = size;
	s->row = calloc(size + 1, sizeof(*s->row));
	s->used = calloc(size + 1, sizeof(*s->used));
	ATF_REQUIRE(s->row != NULL && s->used != NULL);
	return s;
}

static void
store_free(struct store *s)
{
	free(s->row);
	free(s->used);
	free(s);
}

static void
store_one(struct store *s, struct book *b, const struct book_change *c)
{
	switch (c->table) {
	case BOOK_TABLE_ENTRY:
		ATF_REQUIRE(c->index >= 1 && c->index <= s->size);
		s->used[c->index] = book_get_row(b, c->index,
		    &s->row[c->index]);
		break;
	case BOOK_TABLE_BAN:
		ATF_REQUIRE(c->index >= 1 && c->index < 64);
		s->ban_used[c->index] = book_get_ban(b, c->index,
		    &s->ban[c->index]);
		break;
	case BOOK_TABLE_HOLD:
		if (!book_get_hold(b, c->index, &s->hold[c->index]))
			s->hold[c->index].until = 0;
		break;
	case BOOK_TABLE_OWN:
		ATF_REQUIRE(book_get_own(b, c->index, &s->own[c->index]));
		s->nown = c->index > s->nown ? c->index : s->nown;
		break;
	default:
		atf_tc_fail("table %d", c->table);
	}
}

static void
store_drain(struct store *s, struct book *b)
{
	struct book_change	 c;

	for (; book_next_change(b, &c); s->writes++)
		store_one(s, b, &c);
}

static void
store_load(const struct store *s, struct bookfix *f)
{
	unsigned int	 i;

	for (i = 1; i <= s->nown; i++)
		ATF_CHECK(book_load_own(f->book, f->now, i, &s->own[i]));
	for (i = 1; i < 64; i++)
		if (s->ban_used[i])
			ATF_CHECK(book_load_ban(f->book, f->now, i,
			    &s->ban[i]));
	for (i = 1; i <= BOOK_HOLDS_MAX; i++)
		if (s->hold[i].until != 0)
			ATF_CHECK(book_load_hold(f->book, f->now, i,
			    &s->hold[i]));
	for (i = 1; i <= s->size; i++)
		if (s->used[i])
			ATF_CHECK(book_load_row(f->book, f->now, i,
			    &s->row[i]));
	ATF_REQUIRE_EQ(0, book_load_end(f->book, f->now));
	FIX_CHECK(f);
}

static bool
same(const struct book_row *x, const struct book_row *y)
{
	return bookrow_same(x, y) &&
	    memcmp(x->place, y->place, sizeof(x->place)) == 0 &&
	    x->senior == y->senior && x->bad == y->bad;
}

/* A book with some of everything. */
static void
fill(struct bookfix *f)
{
	struct peer_addr	 a;
	struct book_source	 src;
	unsigned int		 i;

	for (i = 0; i < 2000; i++) {
		a = fix_peer(i);
		src = fix_source(i % 700);
		book_hear(f->book, f->now, &a, &src);
		src = fix_source(i % 300 + 1000);
		book_hear(f->book, f->now, &a, &src);
		if (i % 2 == 0)
			book_outcome(f->book, f->now, &a, i % 4 == 0 ?
			    BOOK_ANSWERED : BOOK_LIVE);
		if (i % 5 == 0)
			book_outcome(f->book, f->now, &a, BOOK_FAILED);
		if (i % 50 == 1)
			book_outcome(f->book, f->now, &a, BOOK_WRONG_ID);
		if (i % 70 == 3)
			book_outcome(f->book, f->now, &a, BOOK_FULL);
		f->now += i % 100;
	}
	for (i = 3000; i < 3010; i++) {
		a = fix_peer(i);
		book_ban(f->book, f->now++, &a.id, a.na.ip, BOOK_FAULT_FLOOD,
		    0);
		a = fix_peer(i + 500);
		book_add_own(f->book, f->now, &a.na);
	}
	FIX_CHECK(f);
}

/* What is saved and loaded is the same, down to the number of each row. */
ATF_TC_WITHOUT_HEAD(save_load);
ATF_TC_BODY(save_load, tc)
{
	struct bookfix		 f, g;
	struct store		*s;
	struct book_row		 x, y;
	struct book_change	 c;
	uint32_t		 i, n = 0;

	fix_init(&f, BOOK_SIZE_DEFAULT, 1);
	s = store_new(BOOK_SIZE_DEFAULT);
	fill(&f);
	store_drain(s, f.book);
	ATF_CHECK(!book_next_change(f.book, &c));

	fix_init(&g, BOOK_SIZE_DEFAULT, 2);
	g.now = f.now;
	store_load(s, &g);
	ATF_CHECK_EQ(fix_counts(&f).size, fix_counts(&g).size);
	ATF_CHECK_EQ(fix_counts(&f).bans, fix_counts(&g).bans);
	ATF_CHECK_EQ(fix_counts(&f).holds, fix_counts(&g).holds);
	ATF_CHECK_EQ(fix_counts(&f).seniors, fix_counts(&g).seniors);
	ATF_CHECK_EQ(fix_counts(&f).resting, fix_counts(&g).resting);
	for (i = 1; i <= BOOK_SIZE_DEFAULT; i++) {
		if (!book_get_row(f.book, i, &x)) {
			ATF_CHECK(!book_get_row(g.book, i, &y));
			continue;
		}
		ATF_REQUIRE(book_get_row(g.book, i, &y));
		ATF_CHECK(same(&x, &y));
		n++;
	}
	ATF_CHECK_MSG(n > 1500, "%u", n);
	/* Nothing of it has to be written again. */
	ATF_CHECK(!book_next_change(g.book, &c));
	/* And it goes on living. */
	fill(&g);
	fix_wait(&g, 4 * FIX_DAY);
	store_free(s);
	fix_free(&f);
	fix_free(&g);
}

/* Writing as it goes, and losing nothing of what was drained. */
ATF_TC_WITHOUT_HEAD(changes);
ATF_TC_BODY(changes, tc)
{
	struct bookfix		 f;
	struct store		*s = store_new(BOOK_SIZE_MIN);
	struct peer_addr	 a = fix_peer(1);
	struct book_change	 c, d;
	struct book_row		 row;
	int			 i;

	fix_init(&f, BOOK_SIZE_MIN, 3);
	ATF_CHECK(!book_next_change(f.book, &c));
	fix_hear(&f, &a, 1);
	/* However often it changes it is reported once. */
	for (i = 0; i < 100; i++) {
		fix_outcome(&f, &a, BOOK_LIVE);
		f.now += 100;
	}
	ATF_REQUIRE(book_next_change(f.book, &c));
	ATF_CHECK_EQ(BOOK_TABLE_ENTRY, c.table);
	ATF_CHECK(!book_next_change(f.book, &d));
	book_mark_change(f.book, &c);
	ATF_CHECK(book_next_change(f.book, &d));
	ATF_CHECK_EQ(c.index, d.index);
	/* Hearing of it again within the hour writes nothing. */
	f.now += FIX_HOUR;
	for (i = 2; i < 50; i++)
		fix_hear(&f, &a, 1);
	store_drain(s, f.book);
	ATF_CHECK(s->writes <= 1);
	/* A row that is gone is reported, and is not there. */
	fix_outcome(&f, &a, BOOK_WRONG_ID);
	ATF_REQUIRE(book_next_change(f.book, &d));
	ATF_CHECK_EQ(c.index, d.index);
	ATF_CHECK(!book_get_row(f.book, d.index, &row));
	ATF_CHECK(!book_get_row(f.book, 0, &row));
	ATF_CHECK(!book_get_row(f.book, ~0U, &row));
	store_free(s);
	fix_free(&f);
}

/* A book of another size, or another key: all is placed anew. */
ATF_TC_WITHOUT_HEAD(other_size);
ATF_TC_BODY(other_size, tc)
{
	static const unsigned int sizes[] = { BOOK_SIZE_MIN, 100000 };
	struct bookfix		 f, g;
	struct store		*s;
	unsigned int		 i, k, taken;

	fix_init(&f, BOOK_SIZE_DEFAULT, 4);
	s = store_new(BOOK_SIZE_DEFAULT);
	fill(&f);
	store_drain(s, f.book);
	for (k = 0; k < 2; k++) {
		fix_init(&g, sizes[k], 5);
		g.now = f.now;
		for (taken = 0, i = 1; i <= s->size; i++)
			if (s->used[i])
				taken += book_load_row(g.book, g.now, i,
				    &s->row[i]);
		ATF_REQUIRE_EQ(0, book_load_end(g.book, g.now));
		FIX_CHECK(&g);
		if (k == 1)
			ATF_CHECK_MSG(taken > fix_counts(&f).size * 95 / 100,
			    "%u", taken);
		ATF_CHECK_MSG(fix_counts(&g).good > 200, "%u",
		    fix_counts(&g).good);
		fill(&g);
		fix_free(&g);
	}
	store_free(s);
	fix_free(&f);
}

/* A damaged row is refused or made believable, and breaks nothing. */
ATF_TC_WITHOUT_HEAD(damaged_rows);
ATF_TC_BODY(damaged_rows, tc)
{
	struct bookfix		 f, g;
	struct store		*s;
	struct book_row		 r;
	struct rng		 rng;
	unsigned int		 i, k, round;
	uint8_t			*bytes = (uint8_t *)&r;

	fix_init(&f, BOOK_SIZE_MIN, 6);
	s = store_new(BOOK_SIZE_MIN);
	fill(&f);
	store_drain(s, f.book);
	rng_seed_number(&rng, 99);
	for (round = 0; round < 60; round++) {
		fix_init(&g, BOOK_SIZE_MIN, 7);
		g.now = f.now;
		for (i = 1; i <= s->size; i++) {
			if (!s->used[i])
				continue;
			r = s->row[i];
			for (k = rng_below(&rng, 4); k > 0; k--)
				bytes[rng_below(&rng, sizeof(r) - 4)] =
				    rng_u32(&rng);
			/* A bool is one, as it is when a row is read. */
			memset(&r.old, rng_below(&rng, 2), 1);
			r.level = r.level % 4;
			book_load_row(g.book, g.now,
			    i - 1 + rng_below(&rng, 3), &r);
		}
		ATF_REQUIRE_EQ(0, book_load_end(g.book, g.now));
		FIX_CHECK(&g);
		fix_wait(&g, FIX_DAY);
		fix_free(&g);
	}
	store_free(s);
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(loading_refuses);
ATF_TC_BODY(loading_refuses, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(1);
	struct book_row		 row, r;
	struct book_ban		 ban = { .by_id = true, .times = 1 };
	struct node_id		 private = fix_id(2);

	fix_init(&f, BOOK_SIZE_MIN, 8);
	fix_good(&f, &a);
	row = fix_row(&f, &a);
	fix_free(&f);

	fix_init(&f, BOOK_SIZE_MIN, 8);
	f.conf.private_ids = &private;
	f.conf.nprivate_ids = 1;
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	ban.id = fix_id(3);
	ban.since = f.now;
	ban.until = f.now + 1000;
	ATF_REQUIRE(book_load_ban(f.book, f.now, 5, &ban));
	ATF_CHECK(!book_load_ban(f.book, f.now, 5, &ban));
	ATF_CHECK(!book_load_ban(f.book, f.now, 6, &ban));
	ATF_CHECK(!book_load_ban(f.book, f.now, 0, &ban));
	r = row;
	ATF_CHECK(book_load_row(f.book, f.now, 1, &r));
	ATF_CHECK(!book_load_row(f.book, f.now, 2, &r));	/* twice */
	r.addr = fix_peer(1000);
	r.addr.id = a.id;
	ATF_CHECK(!book_load_row(f.book, f.now, 2, &r));	/* 2 verified */
	r.addr = fix_peer(2);
	ATF_CHECK(!book_load_row(f.book, f.now, 2, &r));	/* private */
	r.addr = fix_peer(3);
	ATF_CHECK(!book_load_row(f.book, f.now, 2, &r));	/* banned */
	r.addr = fix_addr(4, "10.0.0.1", 1);
	ATF_CHECK(!book_load_row(f.book, f.now, 2, &r));	/* unroutable */
	/* Times to come are now; a level without success is none. */
	r.addr = fix_peer(5);
	r.last_heard = r.last_success = r.first_success = f.now + 1000000;
	ATF_CHECK(book_load_row(f.book, f.now, 2, &r));
	r.addr = fix_peer(6);
	r.last_success = 0;
	ATF_CHECK(book_load_row(f.book, f.now, 3, &r));
	ATF_REQUIRE_EQ(0, book_load_end(f.book, f.now));
	FIX_CHECK(&f);
	r.addr = fix_peer(5);
	ATF_CHECK_EQ(f.now, fix_row(&f, &r.addr).last_success);
	r.addr = fix_peer(6);
	ATF_CHECK_EQ(BOOK_HEARD, fix_row(&f, &r.addr).level);
	fix_free(&f);
}

/* Save, and load that long after, or before. */
static void
away(struct bookfix *f, struct store *s, int64_t seconds)
{
	uint32_t	 now = f->now + seconds;

	store_drain(s, f->book);
	fix_free(f);
	fix_init(f, 0, 4);
	f->now = now;
	store_load(s, f);
}

#define TEN_YEARS	(3650 * (int64_t)FIX_DAY)

/* Nobody is bad for not being heard of while there was nobody to hear. */
ATF_TC_WITHOUT_HEAD(absence);
ATF_TC_BODY(absence, tc)
{
	struct peer_addr	 stale = fix_peer(1), a = fix_peer(2);
	struct bookfix		 f;
	struct store		*s = store_new(BOOK_SIZE_MIN);
	struct book_change	 c;
	uint32_t		 heard;

	fix_init(&f, 0, 4);
	fix_hear(&f, &stale, 1);
	fix_wait(&f, 6 * FIX_DAY);
	fix_hear(&f, &a, 2);
	fix_wait(&f, 2 * FIX_DAY);
	fix_outcome(&f, &a, BOOK_OURS);
	fix_wait(&f, 2 * FIX_MINUTE);
	ATF_CHECK(fix_row(&f, &stale).bad);
	heard = fix_row(&f, &a).last_heard;

	/* A short absence is not worth writing everything anew. */
	away(&f, s, FIX_DAY / 2);
	ATF_CHECK_EQ(heard, fix_row(&f, &a).last_heard);
	ATF_CHECK(!book_next_change(f.book, &c));

	away(&f, s, TEN_YEARS);
	ATF_CHECK(fix_row(&f, &stale).bad);
	ATF_CHECK(!fix_row(&f, &a).bad);
	fix_outcome(&f, &a, BOOK_OURS);		/* life goes on */
	away(&f, s, FIX_HOUR);			/* and that was saved */
	ATF_CHECK(fix_row(&f, &stale).bad);
	ATF_CHECK(!fix_row(&f, &a).bad);
	fix_wait(&f, 4 * FIX_DAY);
	ATF_CHECK(!fix_row(&f, &a).bad);
	fix_wait(&f, 2 * FIX_DAY);
	ATF_CHECK(fix_row(&f, &a).bad);

	fix_hear(&f, &a, 2);
	away(&f, s, -TEN_YEARS);
	ATF_CHECK(!fix_row(&f, &a).bad);
	fix_wait(&f, 6 * FIX_DAY);
	ATF_CHECK(!fix_row(&f, &a).bad);
	store_free(s);
	fix_free(&f);
}

/* A ban for a day is one for a day, whatever the clock says. */
ATF_TC_WITHOUT_HEAD(bans_after_a_jump_back);
ATF_TC_BODY(bans_after_a_jump_back, tc)
{
	struct peer_addr	 a = fix_peer(1);
	struct store		*s = store_new(BOOK_SIZE_MIN);
	struct bookfix		 f;

	fix_init(&f, 0, 4);
	book_ban(f.book, f.now, &a.id, NULL, BOOK_FAULT_FLOOD, 0);
	ATF_REQUIRE_EQ(1, fix_counts(&f).bans);
	away(&f, s, -TEN_YEARS);
	ATF_CHECK_EQ(1, fix_counts(&f).bans);
	fix_wait(&f, FIX_DAY - 1);
	ATF_CHECK_EQ(1, fix_counts(&f).bans);
	fix_wait(&f, 1);
	ATF_CHECK_EQ(0, fix_counts(&f).bans);
	store_free(s);
	fix_free(&f);
}

/* Nor is what proved wrong asked again for that. */
ATF_TC_WITHOUT_HEAD(holds_after_a_jump_back);
ATF_TC_BODY(holds_after_a_jump_back, tc)
{
	struct peer_addr	 a = fix_peer(1);
	struct store		*s = store_new(BOOK_SIZE_MIN);
	struct bookfix		 f;

	fix_init(&f, 0, 4);
	fix_outcome(&f, &a, BOOK_WRONG_ID);
	away(&f, s, -TEN_YEARS);
	ATF_CHECK_EQ(BOOK_HELD, fix_hear(&f, &a, 1));
	away(&f, s, FIX_HOUR);			/* and that was saved */
	fix_wait(&f, 22 * FIX_HOUR);
	ATF_CHECK_EQ(BOOK_HELD, fix_hear(&f, &a, 1));
	fix_wait(&f, FIX_HOUR);
	ATF_CHECK_EQ(0, fix_counts(&f).holds);
	ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &a, 1));
	store_free(s);
	fix_free(&f);
}

/* Import: as heard, outside the limits; with history, as it was. */
ATF_TC_WITHOUT_HEAD(import);
ATF_TC_BODY(import, tc)
{
	struct bookfix		 f, g;
	struct peer_addr	 a;
	struct book_row		 row;
	uint32_t		 cursor = 0;
	unsigned int		 i, n = 0;

	fix_init(&f, BOOK_SIZE_DEFAULT, 9);
	fill(&f);
	fix_init(&g, BOOK_SIZE_DEFAULT, 10);
	g.now = f.now;
	while (book_next_row(f.book, f.now, &cursor, &row))
		n += book_import_row(g.book, g.now, &row) == BOOK_ADDED;
	FIX_CHECK(&g);
	ATF_CHECK_MSG(n > fix_counts(&f).size * 95 / 100, "%u of %u", n,
	    fix_counts(&f).size);
	ATF_CHECK_MSG(fix_counts(&g).good > fix_counts(&f).good * 95 / 100,
	    "%u", fix_counts(&g).good);
	for (cursor = 0; book_next_row(f.book, f.now, &cursor, &row);) {
		struct book_row	 r;

		if (!book_find(g.book, g.now, &row.addr, &r))
			continue;
		ATF_CHECK_EQ(row.level, r.level);
		ATF_CHECK_EQ(row.first_heard, r.first_heard);
		ATF_CHECK_EQ(row.last_heard, r.last_heard);
		ATF_CHECK_EQ(row.first_success, r.first_success);
		ATF_CHECK_EQ(row.last_success, r.last_success);
		ATF_CHECK_EQ(row.last_try, r.last_try);
		ATF_CHECK_EQ(row.last_failure, r.last_failure);
		ATF_CHECK_EQ(row.rest_until, r.rest_until);
		ATF_CHECK_EQ(row.failures, r.failures);
		ATF_CHECK_EQ(row.successes, r.successes);
		ATF_CHECK_EQ(row.tries, r.tries);
	}
	/* A minute later all lists are in order, and time goes on. */
	fix_wait(&g, 61);
	fix_wait(&g, FIX_DAY);
	fix_wait(&g, 7 * FIX_DAY);
	ATF_CHECK_EQ(0, fix_counts(&g).good_day);

	/* No source's tokens: more than a group may tell. */
	for (n = 0, i = 0; i < 3000; i++) {
		a = fix_addr(100000 + i, "99.1.0.0", 1);
		a.na.ip[14] = i / 250;
		a.na.ip[15] = i % 250;
		n += book_import(g.book, g.now, &a) == BOOK_LIMITED;
	}
	ATF_CHECK_EQ(0, n);
	FIX_CHECK(&g);
	fix_free(&f);
	fix_free(&g);
}

/* Whom the other book had verified is not refused for hearsay of that file. */
ATF_TC_WITHOUT_HEAD(import_full);
ATF_TC_BODY(import_full, tc)
{
	struct bookfix		 f, g;
	struct peer_addr	 a;
	struct book_row		 row;
	uint32_t		 cursor = 0;
	unsigned int		 i, verified = 0, lost = 0;

	fix_init(&f, BOOK_SIZE_MIN, 13);
	for (i = 0; i < 4000; i++) {
		a = fix_peer(i);
		book_import(f.book, f.now, &a);
		if (i % 4 == 3)
			book_outcome(f.book, f.now, &a, BOOK_LIVE);
	}
	FIX_CHECK(&f);
	fix_init(&g, BOOK_SIZE_MIN, 14);
	g.now = f.now;
	while (book_next_row(f.book, f.now, &cursor, &row)) {
		verified += row.level > BOOK_HEARD;
		lost += book_import_row(g.book, g.now, &row) != BOOK_ADDED &&
		    row.level > BOOK_HEARD;
		FIX_CHECK(&g);
	}
	ATF_CHECK(verified > 500);
	ATF_CHECK_EQ_MSG(0, lost, "%u of %u", lost, verified);
	fix_free(&f);
	fix_free(&g);
}

/* A file does not take away what we know ourselves. */
ATF_TC_WITHOUT_HEAD(import_known);
ATF_TC_BODY(import_known, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(1);
	struct book_row		 row, r;

	fix_init(&f, BOOK_SIZE_MIN, 11);
	fix_good(&f, &a);
	row = fix_row(&f, &a);
	fix_wait(&f, FIX_DAY);
	fix_outcome(&f, &a, BOOK_LIVE);
	ATF_CHECK_EQ(BOOK_KNOWN, book_import_row(f.book, f.now, &row));
	ATF_CHECK_EQ(f.now, fix_row(&f, &a).last_success);
	/* News is taken: later, and from longer ago. */
	fix_wait(&f, FIX_DAY);
	r = row;
	r.level = BOOK_REACHED;
	r.first_success = row.first_success - 100;
	r.last_success = f.now + 100;
	ATF_CHECK_EQ(BOOK_KNOWN, book_import_row(f.book, f.now, &r));
	FIX_CHECK(&f);
	ATF_CHECK_EQ(BOOK_GOOD, fix_row(&f, &a).level);
	ATF_CHECK(fix_row(&f, &a).old);
	ATF_CHECK_EQ(f.now, fix_row(&f, &a).last_success);
	ATF_CHECK_EQ(row.first_success - 100, fix_row(&f, &a).first_success);
	/* Nor does it say where an ID is that we reached since. */
	r.addr = fix_peer(2);
	r.addr.id = a.id;
	r.last_success = f.now - 10;
	book_import_row(f.book, f.now, &r);
	FIX_CHECK(&f);
	ATF_CHECK(fix_has(&f, &a));
	ATF_CHECK_EQ(BOOK_GOOD, fix_row(&f, &a).level);
	fix_free(&f);
}

/* A cursor stays good while the book changes under it. */
ATF_TC_WITHOUT_HEAD(cursor);
ATF_TC_BODY(cursor, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a[200];
	struct book_row		 row;
	uint32_t		 at = 0;
	unsigned int		 i, n, seen = 0;

	fix_init(&f, BOOK_SIZE_DEFAULT, 12);
	for (n = i = 0; n < 200; i++) {
		a[n] = fix_peer(i);
		n += fix_hear(&f, &a[n], i) == BOOK_ADDED;
	}
	while (book_next_row(f.book, f.now, &at, &row)) {
		/* Every other one goes before it is reached. */
		book_outcome(f.book, f.now, &a[seen * 2 + 1], BOOK_WRONG_ID);
		ATF_CHECK(peer_addr_equal(&row.addr, &a[seen * 2]));
		seen++;
	}
	ATF_CHECK_EQ(100, seen);
	ATF_CHECK(!book_next_row(f.book, f.now, &at, &row));
	fix_free(&f);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, save_load);
	ATF_TP_ADD_TC(tp, absence);
	ATF_TP_ADD_TC(tp, bans_after_a_jump_back);
	ATF_TP_ADD_TC(tp, holds_after_a_jump_back);
	ATF_TP_ADD_TC(tp, changes);
	ATF_TP_ADD_TC(tp, other_size);
	ATF_TP_ADD_TC(tp, damaged_rows);
	ATF_TP_ADD_TC(tp, loading_refuses);
	ATF_TP_ADD_TC(tp, import);
	ATF_TP_ADD_TC(tp, import_full);
	ATF_TP_ADD_TC(tp, import_known);
	ATF_TP_ADD_TC(tp, cursor);
	return atf_no_error();
}
