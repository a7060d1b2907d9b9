/* SPDX-License-Identifier: ISC */
/*
 * Outcomes: how dials raise an entry, set it back, or end it.
 */
#include <string.h>

#include <atf-c.h>

#include "regress/lib/bookfix.h"

static struct peer_addr	 one, other;

/* An entry heard of, and another that shows that our network works. */
static void
begin(struct bookfix *f)
{
	fix_init(f, 0, 1);
	one = fix_peer(1);
	other = fix_peer(2);
	fix_hear(f, &one, 7);
	fix_hear(f, &other, 8);
	fix_outcome(f, &other, BOOK_LIVE);
	fix_wait(f, 1);
}

/* A failure that counts. */
static void
fail_once(struct bookfix *f)
{
	fix_outcome(f, &one, BOOK_FAILED);
	fix_wait(f, 1);
	fix_outcome(f, &other, BOOK_LIVE);
	fix_wait(f, 1);
}

static enum book_level
level(struct bookfix *f)
{
	return fix_row(f, &one).level;
}

/* Two successes, at least an hour apart. */
ATF_TC_WITHOUT_HEAD(good_by_two);
ATF_TC_BODY(good_by_two, tc)
{
	struct bookfix	 f;

	begin(&f);
	ATF_CHECK_EQ(BOOK_HEARD, level(&f));
	fix_outcome(&f, &one, BOOK_LIVE);
	ATF_CHECK_EQ(BOOK_REACHED, level(&f));
	fix_wait(&f, FIX_HOUR - 1);
	fix_outcome(&f, &one, BOOK_LIVE);
	ATF_CHECK_EQ(BOOK_REACHED, level(&f));
	fix_wait(&f, 1);
	fix_outcome(&f, &one, BOOK_LIVE);
	ATF_CHECK_EQ(BOOK_GOOD, level(&f));
	ATF_CHECK(fix_row(&f, &one).old);
	ATF_CHECK_EQ(2, fix_row(&f, &one).successes);
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(good_by_answer_or_age);
ATF_TC_BODY(good_by_answer_or_age, tc)
{
	static const enum book_outcome	 how[] = { BOOK_ANSWERED, BOOK_MATURE };
	struct bookfix			 f;
	int				 i;

	for (i = 0; i < 2; i++) {
		begin(&f);
		fix_outcome(&f, &one, BOOK_LIVE);
		ATF_CHECK_EQ(BOOK_REACHED, level(&f));
		fix_wait(&f, 5);
		fix_outcome(&f, &one, how[i]);
		ATF_CHECK_EQ(BOOK_GOOD, level(&f));
		ATF_CHECK_EQ(1, fix_row(&f, &one).successes);
		ATF_CHECK_EQ(f.now, fix_row(&f, &one).last_success);
		ATF_CHECK_EQ(f.now - 5, fix_row(&f, &one).first_success);
		fix_free(&f);
	}
}

/* An inbound connection, and being spoken of, raise nothing. */
ATF_TC_WITHOUT_HEAD(inbound_raises_nothing);
ATF_TC_BODY(inbound_raises_nothing, tc)
{
	struct bookfix	 f;
	int		 i;

	begin(&f);
	for (i = 0; i < 10; i++) {
		book_announce(f.book, f.now, &one, &one.na);
		fix_hear(&f, &one, i);
		fix_wait(&f, FIX_HOUR);
	}
	ATF_CHECK_EQ(BOOK_HEARD, level(&f));
	ATF_CHECK_EQ(0, fix_row(&f, &one).successes);
	fix_free(&f);
}

/* An entry fails once in an outage of our own, however long it is. */
ATF_TC_WITHOUT_HEAD(our_outage);
ATF_TC_BODY(our_outage, tc)
{
	struct bookfix	 f;
	int		 i;

	begin(&f);
	for (i = 0; i < 20; i++) {
		fix_outcome(&f, &one, BOOK_FAILED);
		fix_wait(&f, FIX_MINUTE);
	}
	ATF_CHECK_EQ(1, fix_row(&f, &one).failures);
	ATF_CHECK(!fix_row(&f, &one).bad);
	/* The network is back: the next one counts. */
	fix_outcome(&f, &other, BOOK_LIVE);
	fix_wait(&f, 1);
	fix_outcome(&f, &one, BOOK_FAILED);
	ATF_CHECK_EQ(2, fix_row(&f, &one).failures);
	fix_free(&f);
}

/* Nobody was ever reached: it may be us. */
ATF_TC_WITHOUT_HEAD(no_success_ever);
ATF_TC_BODY(no_success_ever, tc)
{
	struct bookfix	 f;
	int		 i;

	fix_init(&f, 0, 1);
	one = fix_peer(1);
	fix_hear(&f, &one, 7);
	for (i = 0; i < 5; i++) {
		fix_outcome(&f, &one, BOOK_FAILED);
		fix_wait(&f, FIX_HOUR);
	}
	ATF_CHECK_EQ(0, fix_row(&f, &one).failures);
	fix_free(&f);
}

/* 2^n seconds and up to one more after the n-th failure; a day at most. */
ATF_TC_WITHOUT_HEAD(backoff);
ATF_TC_BODY(backoff, tc)
{
	struct bookfix	 f;
	struct book_pick p;
	uint32_t	 rest, want;
	int		 n;

	begin(&f);
	for (n = 1; n <= 40; n++) {
		fix_outcome(&f, &other, BOOK_LIVE);
		fix_wait(&f, 1);
		fix_outcome(&f, &one, BOOK_FAILED);
		ATF_REQUIRE_EQ(n, fix_row(&f, &one).failures);
		want = n < 17 ? 1U << n : FIX_DAY;
		if (want > FIX_DAY)
			want = FIX_DAY;
		rest = fix_row(&f, &one).rest_until - f.now;
		ATF_CHECK_MSG(rest == want || (rest == want + 1 &&
		    rest <= FIX_DAY),
		    "failure %d: %u s", n, rest);
		/* Not picked a moment before, pickable a moment after. */
		f.now += rest - 1;
		ATF_CHECK_EQ(1, fix_counts(&f).resting);
		ATF_CHECK(book_pick(f.book, f.now, 100, NULL, &p, 1) == 0 ||
		    !peer_addr_equal(&p.addr, &one));
		fix_wait(&f, 2);
		ATF_CHECK_EQ(0, fix_counts(&f).resting);
	}
	/* A success wipes it out. */
	fix_outcome(&f, &one, BOOK_LIVE);
	ATF_CHECK_EQ(0, fix_row(&f, &one).failures);
	ATF_CHECK_EQ(0, fix_row(&f, &one).rest_until);
	fix_free(&f);
}

/* A failed dial in an outage rests too, but no longer each time. */
ATF_TC_WITHOUT_HEAD(backoff_in_outage);
ATF_TC_BODY(backoff_in_outage, tc)
{
	struct bookfix	 f;
	int		 i;

	begin(&f);
	for (i = 0; i < 10; i++) {
		fix_outcome(&f, &one, BOOK_FAILED);
		ATF_CHECK(fix_row(&f, &one).rest_until <= f.now + 3);
		ATF_CHECK(fix_row(&f, &one).rest_until > f.now);
		fix_wait(&f, FIX_MINUTE);
	}
	fix_free(&f);
}

/* Full: neither success nor failure, half an hour's rest, never bad. */
ATF_TC_WITHOUT_HEAD(full);
ATF_TC_BODY(full, tc)
{
	struct bookfix	 f;
	int		 i;

	begin(&f);
	for (i = 0; i < 47; i++) {
		fix_outcome(&f, &one, BOOK_FULL);
		ATF_CHECK_EQ(f.now + 1800, fix_row(&f, &one).rest_until);
		fix_wait(&f, 1800);
		ATF_CHECK_EQ(0, fix_counts(&f).resting);
	}
	ATF_CHECK_EQ(0, fix_row(&f, &one).failures);
	ATF_CHECK_EQ(0, fix_row(&f, &one).successes);
	/* Nobody else tells of it: it does itself. */
	for (; i < 48 * 30; i++) {
		fix_outcome(&f, &one, BOOK_FULL);
		fix_wait(&f, 1800);
		ATF_REQUIRE(!fix_row(&f, &one).bad);
	}
	ATF_CHECK_EQ(0, fix_row(&f, &one).failures);
	ATF_CHECK(fix_row(&f, &one).last_heard >= f.now - FIX_DAY);
	fix_free(&f);
}

/* Does anybody of that range get the place of the one? */
static bool
place_is_taken(struct bookfix *f, uint32_t from, uint32_t n)
{
	struct peer_addr	 a;

	for (; n-- > 0 && fix_has(f, &one); from++) {
		a = fix_peer(from);
		(void)book_import(f->book, f->now, &a);
	}
	return !fix_has(f, &one);
}

static void
full_for(struct bookfix *f, unsigned int days)
{
	unsigned int	 i;

	for (i = 0; i < 48 * days; i++) {
		fix_outcome(f, &one, BOOK_FULL);
		fix_wait(f, 1800);
	}
	ATF_REQUIRE(!fix_row(f, &one).bad);
}

/*
 * Anything that takes a connection and says nothing looks full: it does not
 * keep its place from others for ever.  Who was met keeps it for longer.
 */
ATF_TC_WITHOUT_HEAD(full_for_days_yields);
ATF_TC_BODY(full_for_days_yields, tc)
{
	struct bookfix	 f;

	one = fix_peer(0);
	fix_init(&f, 0, 1);
	fix_hear(&f, &one, 1);
	full_for(&f, 2);
	ATF_CHECK(!place_is_taken(&f, 1000, 20000));
	full_for(&f, 1);
	ATF_CHECK(!place_is_taken(&f, 21000, 20000));
	fix_outcome(&f, &one, BOOK_FULL);	/* the third day */
	fix_wait(&f, 120);
	ATF_CHECK(place_is_taken(&f, 41000, 20000));
	fix_free(&f);

	fix_init(&f, 0, 1);
	fix_hear(&f, &one, 1);
	fix_outcome(&f, &one, BOOK_LIVE);
	full_for(&f, 9);
	ATF_CHECK(!place_is_taken(&f, 1000, 20000));
	full_for(&f, 2);
	ATF_CHECK_EQ(10, fix_row(&f, &one).tests);
	ATF_CHECK(place_is_taken(&f, 21000, 20000));
	fix_free(&f);
}

/* Nor does it use up what may be claimed of an ID. */
ATF_TC_WITHOUT_HEAD(full_claims_yield);
ATF_TC_BODY(full_claims_yield, tc)
{
	static const char *const	 ip[] = { "5.1.1.1", "6.1.1.1",
	    "7.1.1.1", "8.1.1.1" };
	struct peer_addr		 a[4];
	struct bookfix			 f;
	unsigned int			 i, k;

	fix_init(&f, BOOK_SIZE_DEFAULT, 1);
	for (k = 0; k < 4; k++)
		a[k] = fix_addr(7, ip[k], 26656);
	for (k = 0; k < 3; k++)
		ATF_REQUIRE_EQ(BOOK_ADDED, fix_hear(&f, &a[k], k));
	ATF_CHECK_EQ(BOOK_CLAIMED, fix_hear(&f, &a[3], 3));
	for (i = 0; i < 48 * 3 + 1; i++) {
		for (k = 0; k < 3; k++)
			fix_outcome(&f, &a[k], BOOK_FULL);
		fix_wait(&f, 1800);
	}
	ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &a[3], 3));
	fix_free(&f);
}

/* A success a day keeps a node that is often full from failing at all. */
ATF_TC_WITHOUT_HEAD(full_and_fine);
ATF_TC_BODY(full_and_fine, tc)
{
	struct bookfix	 f;
	int		 i;

	begin(&f);
	for (i = 0; i < 48 * 4; i++) {
		fix_outcome(&f, &one, i % 40 == 0 ? BOOK_LIVE : BOOK_FULL);
		fix_wait(&f, 1800);
	}
	ATF_CHECK_EQ(0, fix_row(&f, &one).failures);
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(ours);
ATF_TC_BODY(ours, tc)
{
	struct bookfix	 f;
	int		 i;

	begin(&f);
	for (i = 0; i < 20; i++) {
		fix_outcome(&f, &one, BOOK_OURS);
		fix_wait(&f, FIX_MINUTE);
	}
	ATF_CHECK_EQ(0, fix_row(&f, &one).failures);
	ATF_CHECK_EQ(0, fix_counts(&f).resting);
	fix_free(&f);
}

/* The triple goes and stays away a day; the ID is not blamed. */
ATF_TC_WITHOUT_HEAD(wrong);
ATF_TC_BODY(wrong, tc)
{
	static const enum book_outcome	 how[] = { BOOK_WRONG_ID,
	    BOOK_WRONG_NETWORK };
	struct peer_addr		 elsewhere;
	struct bookfix			 f;
	int				 i;

	for (i = 0; i < 2; i++) {
		begin(&f);
		elsewhere = fix_peer(3);
		elsewhere.id = one.id;
		fix_good(&f, &one);
		fix_outcome(&f, &one, how[i]);
		ATF_CHECK(!fix_has(&f, &one));
		ATF_CHECK_EQ(BOOK_HELD, fix_hear(&f, &one, 1));
		ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &elsewhere, 1));
		ATF_CHECK(!book_is_banned(f.book, f.now, &one.id, one.na.ip));
		fix_wait(&f, FIX_DAY - 1);
		ATF_CHECK_EQ(BOOK_HELD, fix_hear(&f, &one, 1));
		fix_wait(&f, 1);
		ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &one, 1));
		fix_free(&f);
	}
}

ATF_TC_WITHOUT_HEAD(self);
ATF_TC_BODY(self, tc)
{
	struct bookfix	 f;

	begin(&f);
	fix_outcome(&f, &one, BOOK_SELF);
	ATF_CHECK(!fix_has(&f, &one));
	ATF_CHECK_EQ(BOOK_OWN, fix_hear(&f, &one, 1));
	fix_wait(&f, 30 * FIX_DAY);
	ATF_CHECK_EQ(BOOK_OWN, fix_hear(&f, &one, 1));
	fix_free(&f);
}

/* Dialled without the book's advice: a success enters it, else nothing. */
ATF_TC_WITHOUT_HEAD(unknown);
ATF_TC_BODY(unknown, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(50), b = fix_peer(51);

	begin(&f);
	fix_outcome(&f, &a, BOOK_FAILED);
	fix_outcome(&f, &a, BOOK_FULL);
	fix_outcome(&f, &a, BOOK_OURS);
	fix_outcome(&f, &a, BOOK_DIALLED);
	ATF_CHECK(!fix_has(&f, &a));
	fix_outcome(&f, &a, BOOK_ANSWERED);
	ATF_CHECK_EQ(BOOK_GOOD, fix_row(&f, &a).level);
	ATF_CHECK_EQ(netgroup_of(a.na.ip, true).v, fix_row(&f, &a).source.v);
	fix_outcome(&f, &b, BOOK_WRONG_ID);
	ATF_CHECK_EQ(BOOK_HELD, fix_hear(&f, &b, 1));
	fix_free(&f);
}

/* One that was dialled gets its place from one that was only heard of. */
ATF_TC_WITHOUT_HEAD(dialled_gets_a_place);
ATF_TC_BODY(dialled_gets_a_place, tc)
{
	struct bookfix		 f;
	struct book_source	 src;
	struct peer_addr	 a;
	unsigned int		 i, n = 0;

	begin(&f);
	for (i = 100; i < 30000; i++) {
		a = fix_peer(i);
		src = fix_source(i);
		book_hear(f.book, f.now, &a, &src);
	}
	FIX_CHECK(&f);
	for (i = 30000; i < 30200; i++) {
		a = fix_peer(i);
		fix_outcome(&f, &a, BOOK_LIVE);
		n += fix_has(&f, &a);
	}
	/* But not from one that was dialled before it. */
	ATF_CHECK_MSG(n > 170 && n < 200, "%u", n);
	fix_free(&f);
}

/* Bad: never reached and three failures. */
ATF_TC_WITHOUT_HEAD(bad_never);
ATF_TC_BODY(bad_never, tc)
{
	struct bookfix	 f;

	begin(&f);
	fail_once(&f);
	fail_once(&f);
	fix_wait(&f, FIX_HOUR);
	ATF_CHECK(!fix_row(&f, &one).bad);
	fail_once(&f);
	/* A dial may be under way for a minute. */
	ATF_CHECK(!fix_row(&f, &one).bad);
	fix_wait(&f, FIX_MINUTE - 3);
	ATF_CHECK(!fix_row(&f, &one).bad);
	fix_wait(&f, 1);
	ATF_CHECK(fix_row(&f, &one).bad);
	fix_free(&f);
}

/* Bad: neither heard of nor reached for a week. */
ATF_TC_WITHOUT_HEAD(bad_silent);
ATF_TC_BODY(bad_silent, tc)
{
	struct bookfix	 f;

	begin(&f);
	fix_wait(&f, 7 * FIX_DAY - 2);
	ATF_CHECK(!fix_row(&f, &one).bad);
	fix_wait(&f, 3);
	ATF_CHECK(fix_row(&f, &one).bad);
	fix_hear(&f, &one, 1);
	ATF_CHECK(!fix_row(&f, &one).bad);
	fix_outcome(&f, &one, BOOK_LIVE);
	fix_wait(&f, 7 * FIX_DAY);
	ATF_CHECK(!fix_row(&f, &one).bad);
	fix_wait(&f, 1);
	ATF_CHECK(fix_row(&f, &one).bad);
	fix_free(&f);
}

/* Bad: ten failures and no success for a week, though much spoken of. */
ATF_TC_WITHOUT_HEAD(bad_lately);
ATF_TC_BODY(bad_lately, tc)
{
	struct bookfix	 f;
	int		 i;

	begin(&f);
	fix_outcome(&f, &one, BOOK_LIVE);
	fix_wait(&f, 7 * FIX_DAY + 1);
	fix_hear(&f, &one, 1);
	fix_outcome(&f, &other, BOOK_LIVE);
	fix_wait(&f, 1);
	for (i = 0; i < 9; i++)
		fail_once(&f);
	fix_wait(&f, FIX_HOUR);
	ATF_CHECK(!fix_row(&f, &one).bad);
	fail_once(&f);
	fix_wait(&f, FIX_HOUR);
	ATF_CHECK(fix_row(&f, &one).bad);
	fix_free(&f);
}

/* Bad: sixteen failures in a row, however lately it was reached. */
ATF_TC_WITHOUT_HEAD(bad_sixteen);
ATF_TC_BODY(bad_sixteen, tc)
{
	struct bookfix	 f;
	int		 i;

	begin(&f);
	fix_good(&f, &one);
	for (i = 0; i < 15; i++)
		fail_once(&f);
	fix_wait(&f, FIX_HOUR);
	ATF_CHECK(!fix_row(&f, &one).bad);
	fail_once(&f);
	fix_wait(&f, FIX_HOUR);
	ATF_CHECK(fix_row(&f, &one).bad);
	/* It may have been unlucky: no fault of its ID. */
	ATF_CHECK(!book_is_banned(f.book, f.now, &one.id, NULL));
	fix_outcome(&f, &one, BOOK_LIVE);
	fix_wait(&f, FIX_HOUR);
	ATF_CHECK(!fix_row(&f, &one).bad);
	fix_free(&f);
}

/* A clock that goes back changes nothing; one that leaps ages the book. */
ATF_TC_WITHOUT_HEAD(clock_leaps);
ATF_TC_BODY(clock_leaps, tc)
{
	struct bookfix	 f;

	begin(&f);
	fix_good(&f, &one);
	f.now -= 10 * 365 * FIX_DAY;
	fix_outcome(&f, &one, BOOK_LIVE);
	ATF_CHECK_EQ(FIX_START + 1, fix_row(&f, &one).last_success);
	f.now = FIX_START + 10 * 365 * FIX_DAY;
	fix_wait(&f, 0);
	ATF_CHECK_EQ(0, fix_counts(&f).good_day);
	ATF_CHECK(fix_has(&f, &one));
	fix_free(&f);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good_by_two);
	ATF_TP_ADD_TC(tp, good_by_answer_or_age);
	ATF_TP_ADD_TC(tp, inbound_raises_nothing);
	ATF_TP_ADD_TC(tp, our_outage);
	ATF_TP_ADD_TC(tp, no_success_ever);
	ATF_TP_ADD_TC(tp, backoff);
	ATF_TP_ADD_TC(tp, backoff_in_outage);
	ATF_TP_ADD_TC(tp, full);
	ATF_TP_ADD_TC(tp, full_for_days_yields);
	ATF_TP_ADD_TC(tp, full_claims_yield);
	ATF_TP_ADD_TC(tp, full_and_fine);
	ATF_TP_ADD_TC(tp, ours);
	ATF_TP_ADD_TC(tp, wrong);
	ATF_TP_ADD_TC(tp, self);
	ATF_TP_ADD_TC(tp, unknown);
	ATF_TP_ADD_TC(tp, dialled_gets_a_place);
	ATF_TP_ADD_TC(tp, bad_never);
	ATF_TP_ADD_TC(tp, bad_silent);
	ATF_TP_ADD_TC(tp, bad_lately);
	ATF_TP_ADD_TC(tp, bad_sixteen);
	ATF_TP_ADD_TC(tp, clock_leaps);
	return atf_no_error();
}
