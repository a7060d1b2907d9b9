/* SPDX-License-Identifier: ISC */
/*
 * The old table: who gets in, who has to be tested first, who goes.
 */
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "regress/lib/bookfix.h"

static bool
is_old(struct bookfix *f, const struct peer_addr *a)
{
	return fix_row(f, a).old;
}

static struct peer_addr
at(uint32_t n, unsigned int b, unsigned int c, unsigned int d, uint16_t port)
{
	struct peer_addr	 a = fix_addr(n, "1.0.0.0", port);

	a.na.ip[13] = b;
	a.na.ip[14] = c;
	a.na.ip[15] = d;
	return a;
}

/* Good ones of one group, told by many: one teller could place but 64. */
static void
good(struct bookfix *f, const struct peer_addr *a, uint32_t source)
{
	ATF_REQUIRE_EQ(BOOK_ADDED, fix_hear(f, a, source));
	fix_outcome(f, a, BOOK_ANSWERED);
}

static unsigned int
count_old(struct bookfix *f)
{
	return fix_counts(f).in_old;
}

ATF_TC_WITHOUT_HEAD(only_good);
ATF_TC_BODY(only_good, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(1);

	fix_init(&f, 0, 1);
	fix_hear(&f, &a, 1);
	fix_outcome(&f, &a, BOOK_LIVE);
	ATF_CHECK(!is_old(&f, &a));
	fix_outcome(&f, &a, BOOK_ANSWERED);
	ATF_CHECK(is_old(&f, &a));
	ATF_CHECK_EQ(1, fix_row(&f, &a).nplaces);
	fix_free(&f);
}

/* One of a host: the second stays in new, and is as good as it was. */
ATF_TC_WITHOUT_HEAD(host_cap);
ATF_TC_BODY(host_cap, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = at(1, 1, 1, 1, 1), b = at(2, 1, 1, 1, 2);

	fix_init(&f, BOOK_SIZE_DEFAULT, 1);
	fix_good(&f, &a);
	fix_good(&f, &b);
	ATF_CHECK(is_old(&f, &a));
	ATF_CHECK(!is_old(&f, &b));
	ATF_CHECK_EQ(BOOK_GOOD, fix_row(&f, &b).level);
	ATF_CHECK_EQ(2, fix_counts(&f).good);
	ATF_CHECK_EQ(2, fix_counts(&f).good_day);
	/* An IPv6 host is a /64. */
	a = fix_addr(3, "2a01:4f8:1:1::1", 1);
	b = fix_addr(4, "2a01:4f8:1:1:ffff::9", 1);
	fix_good(&f, &a);
	fix_good(&f, &b);
	ATF_CHECK(is_old(&f, &a));
	ATF_CHECK(!is_old(&f, &b));
	fix_free(&f);
}

/* Four of a /24, sixteen of a group: slots lost by chance are made up. */
ATF_TC_WITHOUT_HEAD(block_and_group_caps);
ATF_TC_BODY(block_and_group_caps, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i, c;

	fix_init(&f, BOOK_SIZE_DEFAULT, 2);
	for (i = 0; i < 20; i++) {
		a = at(i, 1, 1, i + 1, 1);
		good(&f, &a, i);
	}
	ATF_CHECK_EQ_MSG(4, count_old(&f), "%u", count_old(&f));
	for (c = 2; c < 12; c++)
		for (i = 0; i < 6; i++) {
			a = at(c * 100 + i, 1, c, i + 1, 1);
			good(&f, &a, c * 100 + i);
		}
	ATF_CHECK_EQ_MSG(16, count_old(&f), "%u", count_old(&f));
	ATF_CHECK_EQ(80, fix_counts(&f).good);
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(no_caps_in_a_private_network);
ATF_TC_BODY(no_caps_in_a_private_network, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 3);
	f.conf.private_network = true;
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	for (i = 0; i < 40; i++) {
		a = at(i, 1, 1, 1, 1000 + i);
		good(&f, &a, 1);
	}
	ATF_CHECK_MSG(count_old(&f) > 38, "%u", count_old(&f));
	/* When it ends, the caps hold again and nobody is lost. */
	f.conf.private_network = false;
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	FIX_CHECK(&f);
	ATF_CHECK_EQ(1, count_old(&f));
	ATF_CHECK_EQ(40, fix_counts(&f).good);
	fix_free(&f);
}

/* A crawler verifies every ten minutes; the place is asked for all the same. */
ATF_TC_WITHOUT_HEAD(asked_for_however_often_verified);
ATF_TC_BODY(asked_for_however_often_verified, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = at(1, 1, 1, 1, 1), b = at(2, 1, 1, 1, 2);
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 7);
	fix_good(&f, &a);
	fix_good(&f, &b);
	ATF_REQUIRE_EQ(0, fix_counts(&f).contests);
	for (i = 0; i < 12; i++) {
		fix_wait(&f, 10 * FIX_MINUTE);
		fix_outcome(&f, &b, BOOK_LIVE);
	}
	ATF_CHECK_EQ(1, fix_counts(&f).contests);
	fix_free(&f);
}

/* Two of a host; the first answers no more. */
struct rivals {
	struct peer_addr	 first, second, other;
};

static void
rivals_init(struct bookfix *f, struct rivals *r, unsigned int size)
{
	r->first = at(1, 1, 1, 1, 1);
	r->second = at(2, 1, 1, 1, 2);
	r->other = fix_peer(9);
	fix_init(f, size, 4);
	fix_good(f, &r->first);
	fix_wait(f, 2 * FIX_HOUR);
	fix_good(f, &r->second);
	ATF_REQUIRE(is_old(f, &r->first));
	ATF_REQUIRE_EQ(1, fix_counts(f).contests);
}

/* The first fails, and our network is known to work. */
static void
first_fails(struct bookfix *f, struct rivals *r)
{
	fix_outcome(f, &r->other, BOOK_LIVE);
	fix_wait(f, 1);
	fix_outcome(f, &r->first, BOOK_FAILED);
}

/* Three tests an hour apart and three days of silence, both. */
ATF_TC_WITHOUT_HEAD(patience);
ATF_TC_BODY(patience, tc)
{
	struct bookfix	 f;
	struct rivals	 r;
	int		 i;

	rivals_init(&f, &r, BOOK_SIZE_DEFAULT);
	for (i = 0; i < 20; i++) {
		first_fails(&f, &r);
		ATF_CHECK(is_old(&f, &r.first));
		fix_wait(&f, 3 * FIX_HOUR);
	}
	/* Silent for 62 hours so far, the second heard of lately. */
	fix_outcome(&f, &r.second, BOOK_LIVE);
	ATF_CHECK(is_old(&f, &r.first));
	fix_wait(&f, 10 * FIX_HOUR);
	first_fails(&f, &r);
	ATF_CHECK(!is_old(&f, &r.first));
	ATF_CHECK(is_old(&f, &r.second));
	/* Back in new, still good, not deleted. */
	ATF_CHECK_EQ(BOOK_GOOD, fix_row(&f, &r.first).level);
	ATF_CHECK_EQ(0, fix_counts(&f).contests);
	fix_free(&f);
}

/* Full at every look is a failed test a day, and never makes it bad. */
ATF_TC_WITHOUT_HEAD(full_is_a_test_a_day);
ATF_TC_BODY(full_is_a_test_a_day, tc)
{
	struct bookfix	 f;
	struct rivals	 r;
	int		 i;

	rivals_init(&f, &r, BOOK_SIZE_DEFAULT);
	for (i = 0; i < 48 * 2 + 24; i++) {
		fix_outcome(&f, &r.first, BOOK_FULL);
		fix_wait(&f, FIX_HOUR / 2);
	}
	fix_wait(&f, 12 * FIX_HOUR);
	ATF_CHECK(is_old(&f, &r.first));
	ATF_CHECK_EQ(2, fix_row(&f, &r.first).tests);
	fix_outcome(&f, &r.second, BOOK_LIVE);
	fix_outcome(&f, &r.first, BOOK_FULL);
	ATF_CHECK(!is_old(&f, &r.first));
	ATF_CHECK(is_old(&f, &r.second));
	ATF_CHECK_EQ(0, fix_row(&f, &r.first).failures);
	ATF_CHECK(!fix_row(&f, &r.first).bad);
	fix_free(&f);
}

/* Many failures within an hour are one test. */
ATF_TC_WITHOUT_HEAD(tests_are_spaced);
ATF_TC_BODY(tests_are_spaced, tc)
{
	struct bookfix	 f;
	struct rivals	 r;
	int		 i;

	rivals_init(&f, &r, BOOK_SIZE_DEFAULT);
	fix_wait(&f, 3 * FIX_DAY);
	fix_outcome(&f, &r.second, BOOK_LIVE);
	for (i = 0; i < 30; i++) {
		first_fails(&f, &r);
		fix_wait(&f, FIX_MINUTE);
	}
	ATF_CHECK_EQ(1, fix_row(&f, &r.first).tests);
	ATF_CHECK(is_old(&f, &r.first));
	for (i = 0; i < 2; i++) {
		ATF_CHECK(is_old(&f, &r.first));
		fix_wait(&f, FIX_HOUR);
		first_fails(&f, &r);
	}
	ATF_CHECK(!is_old(&f, &r.first));
	fix_free(&f);
}

/* One answer in between, and patience begins anew. */
ATF_TC_WITHOUT_HEAD(an_answer_ends_it);
ATF_TC_BODY(an_answer_ends_it, tc)
{
	struct bookfix	 f;
	struct rivals	 r;
	int		 i;

	rivals_init(&f, &r, BOOK_SIZE_DEFAULT);
	for (i = 0; i < 2; i++) {
		first_fails(&f, &r);
		fix_wait(&f, FIX_HOUR);
	}
	fix_outcome(&f, &r.first, BOOK_LIVE);
	ATF_CHECK_EQ(0, fix_row(&f, &r.first).tests);
	ATF_CHECK_EQ(0, fix_counts(&f).contests);
	fix_wait(&f, 3 * FIX_DAY);
	fix_outcome(&f, &r.second, BOOK_LIVE);
	ATF_CHECK(is_old(&f, &r.first));
	fix_free(&f);
}

/* Nobody loses a place in our own outage. */
ATF_TC_WITHOUT_HEAD(no_tests_in_an_outage);
ATF_TC_BODY(no_tests_in_an_outage, tc)
{
	struct bookfix	 f;
	struct rivals	 r;
	int		 i;

	rivals_init(&f, &r, BOOK_SIZE_DEFAULT);
	fix_wait(&f, 1);
	for (i = 0; i < 10; i++) {
		fix_outcome(&f, &r.first, BOOK_FAILED);
		fix_wait(&f, 12 * FIX_HOUR);
	}
	ATF_CHECK(fix_row(&f, &r.first).tests <= 1);
	ATF_CHECK(is_old(&f, &r.first));
	fix_free(&f);
}

/* A dead challenger takes no place from a dead holder. */
ATF_TC_WITHOUT_HEAD(challenger_must_live);
ATF_TC_BODY(challenger_must_live, tc)
{
	struct bookfix	 f;
	struct rivals	 r;
	int		 i;

	rivals_init(&f, &r, BOOK_SIZE_DEFAULT);
	fix_wait(&f, 1);
	fix_outcome(&f, &r.first, BOOK_LIVE);	/* the contest is over */
	fix_wait(&f, 2 * FIX_HOUR);
	fix_outcome(&f, &r.second, BOOK_LIVE);	/* a new one */
	ATF_REQUIRE_EQ(1, fix_counts(&f).contests);
	f.now += 2;
	for (i = 0; i < 6; i++) {
		first_fails(&f, &r);
		fix_wait(&f, FIX_DAY);
	}
	ATF_CHECK(is_old(&f, &r.second));
	fix_free(&f);
}

/* Without a challenger a silent one stays. */
ATF_TC_WITHOUT_HEAD(no_contest_no_loss);
ATF_TC_BODY(no_contest_no_loss, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(1), other = fix_peer(2);
	int			 i;

	fix_init(&f, 0, 5);
	fix_good(&f, &a);
	for (i = 0; i < 20; i++) {
		fix_outcome(&f, &other, BOOK_LIVE);
		fix_wait(&f, 1);
		fix_outcome(&f, &a, BOOK_FAILED);
		fix_wait(&f, FIX_DAY);
	}
	ATF_CHECK(is_old(&f, &a));
	fix_free(&f);
}

/* Slots are by hash too: with many groups some lose the draw. */
ATF_TC_WITHOUT_HEAD(slot_contest);
ATF_TC_BODY(slot_contest, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	struct book_counts	 c;
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_MIN, 6);
	for (i = 0; i < 600; i++) {
		a = fix_peer(i);
		book_outcome(f.book, f.now, &a, BOOK_ANSWERED);
		f.now += 20;
	}
	FIX_CHECK(&f);
	c = fix_counts(&f);
	ATF_CHECK_EQ(256, c.capacity / 5);
	ATF_CHECK_MSG(c.in_old > 180 && c.in_old <= 256, "%u", c.in_old);
	ATF_CHECK_MSG(c.contests > 10, "%u", c.contests);
	ATF_CHECK_EQ(c.size, c.good);
	fix_free(&f);
}

/* --- who goes back to new ---------------------------------------------- */

/* A small book in which every place that can be reached is taken. */
#define CROWD	20000

struct crowd {
	struct bookfix	 f;
	struct book_row	*was;		/* all, before it began */
	unsigned int	 n;
};

static void
crowd_init(struct crowd *c, enum book_outcome how, unsigned int n)
{
	struct peer_addr	 a;
	unsigned int		 i;

	fix_init(&c->f, BOOK_SIZE_MIN, 8);
	c->n = 0;
	for (i = 0; i < n; i++) {
		a = fix_peer(i);
		book_outcome(c->f.book, c->f.now, &a, how);
	}
	FIX_CHECK(&c->f);
	c->was = calloc(BOOK_SIZE_MIN, sizeof(*c->was));
	ATF_REQUIRE(c->was != NULL);
}

static void
crowd_free(struct crowd *c)
{
	free(c->was);
	fix_free(&c->f);
}

static void
crowd_remember(struct crowd *c)
{
	uint32_t	 cursor = 0;

	c->n = 0;
	while (book_next_row(c->f.book, c->f.now, &cursor, &c->was[c->n]))
		c->n++;
}

/* All that stand in old, or in new, are dialled. */
static void
crowd_dials(struct crowd *c, bool old, enum book_outcome how)
{
	unsigned int	 i;

	for (i = 0; i < c->n; i++)
		if (c->was[i].old == old)
			book_outcome(c->f.book, c->f.now, &c->was[i].addr, how);
}

static unsigned int
crowd_lost(struct crowd *c, bool old)
{
	unsigned int	 i, lost = 0;

	for (i = 0; i < c->n; i++)
		lost += c->was[i].old == old && !fix_has(&c->f,
		    &c->was[i].addr);
	return lost;
}

/*
 * Five days: old falls silent, who is in new answers.  Returns how many of
 * new were missing at a day's end: those who fail so seldom are not bad, and
 * nobody can come in again at their expense.
 */
static unsigned int
crowd_siege(struct crowd *c, enum book_outcome how)
{
	unsigned int	 day, lost = 0;

	crowd_remember(c);
	for (day = 0; day < 5; day++) {
		fix_wait(&c->f, FIX_DAY);
		crowd_dials(c, false, how);
		c->f.now++;
		crowd_dials(c, true, BOOK_FAILED);
		FIX_CHECK(&c->f);
		lost += crowd_lost(c, false);
	}
	return lost;
}

/* A place in old was lost: nobody who answers is deleted for it. */
ATF_TC_WITHOUT_HEAD(who_answers_is_not_displaced);
ATF_TC_BODY(who_answers_is_not_displaced, tc)
{
	struct crowd		 c;
	struct book_counts	 n;

	crowd_init(&c, BOOK_ANSWERED, CROWD);
	n = fix_counts(&c.f);
	ATF_REQUIRE_EQ(n.capacity * 4 / 5, n.in_new);
	ATF_CHECK_EQ(0, crowd_siege(&c, BOOK_ANSWERED));
	/* It has to end itself, where there is no other place. */
	ATF_CHECK(crowd_lost(&c, true) > 0);
	ATF_CHECK(crowd_lost(&c, true) < n.in_old);
	crowd_free(&c);
}

/* It is not deleted while a lesser one may go. */
ATF_TC_WITHOUT_HEAD(back_to_new_among_the_lesser);
ATF_TC_BODY(back_to_new_among_the_lesser, tc)
{
	struct bookfix		 f;
	struct rivals		 r;
	struct peer_addr	 a;
	unsigned int		 i;

	rivals_init(&f, &r, BOOK_SIZE_MIN);
	fix_wait(&f, 3 * FIX_DAY);
	for (i = 100; i < 40000; i++) {
		a = fix_peer(i);
		book_import(f.book, f.now, &a);
	}
	ATF_REQUIRE(fix_counts(&f).in_new >= 1020);
	fix_outcome(&f, &r.second, BOOK_LIVE);
	for (i = 0; i < 3; i++) {
		first_fails(&f, &r);
		fix_wait(&f, FIX_HOUR);
	}
	ATF_CHECK(!is_old(&f, &r.first));
	ATF_CHECK_EQ(BOOK_GOOD, fix_row(&f, &r.first).level);
	fix_free(&f);
}

/* The book of behaviour.md's sizes, and one of a million. */
ATF_TC_WITHOUT_HEAD(geometry);
ATF_TC_BODY(geometry, tc)
{
	static const struct {
		unsigned int	size, capacity;
	} t[] = {
		{ 0, BOOK_SIZE_MIN }, { 1281, 1600 }, { 20480, 20480 },
		{ 1000000, 1000000 }, { ~0U, BOOK_SIZE_MAX },
	};
	struct bookfix	 f;
	size_t		 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		fix_init(&f, t[i].size, 1);
		ATF_CHECK_EQ(t[i].capacity, fix_counts(&f).capacity);
		fix_free(&f);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, only_good);
	ATF_TP_ADD_TC(tp, host_cap);
	ATF_TP_ADD_TC(tp, block_and_group_caps);
	ATF_TP_ADD_TC(tp, no_caps_in_a_private_network);
	ATF_TP_ADD_TC(tp, asked_for_however_often_verified);
	ATF_TP_ADD_TC(tp, patience);
	ATF_TP_ADD_TC(tp, full_is_a_test_a_day);
	ATF_TP_ADD_TC(tp, tests_are_spaced);
	ATF_TP_ADD_TC(tp, an_answer_ends_it);
	ATF_TP_ADD_TC(tp, no_tests_in_an_outage);
	ATF_TP_ADD_TC(tp, challenger_must_live);
	ATF_TP_ADD_TC(tp, no_contest_no_loss);
	ATF_TP_ADD_TC(tp, slot_contest);
	ATF_TP_ADD_TC(tp, who_answers_is_not_displaced);
	ATF_TP_ADD_TC(tp, back_to_new_among_the_lesser);
	ATF_TP_ADD_TC(tp, geometry);
	return atf_no_error();
}
