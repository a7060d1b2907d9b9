/* SPDX-License-Identifier: ISC */
/*
 * Picks: who is dialled next, for a slot, a probe, a crawl.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <atf-c.h>

#include "regress/lib/bookfix.h"

#define ROUNDS	20000

/* How often each of n entries is picked, one at a time. */
static void
tally(struct bookfix *f, unsigned int bias, const struct peer_addr *a,
    unsigned int n, unsigned int *count)
{
	struct book_pick p;
	unsigned int	 r, i;

	memset(count, 0, (n + 1) * sizeof(*count));
	for (r = 0; r < ROUNDS; r++) {
		if (book_pick(f->book, f->now, bias, NULL, &p, 1) == 0) {
			count[n]++;
			continue;
		}
		for (i = 0; i < n && !peer_addr_equal(&p.addr, &a[i]); i++)
			;
		ATF_REQUIRE(i < n);
		count[i]++;
	}
}

static bool
near(unsigned int count, double share)
{
	double	 sigma = sqrt(ROUNDS * share * (1 - share));

	return fabs(count - ROUNDS * share) < 5 * sigma + 1;
}

ATF_TC_WITHOUT_HEAD(empty);
ATF_TC_BODY(empty, tc)
{
	struct bookfix	 f;
	struct book_pick p[4];
	unsigned int	 bias;

	fix_init(&f, 0, 1);
	for (bias = 0; bias <= 100; bias += 50)
		ATF_CHECK_EQ(0, book_pick(f.book, f.now, bias, NULL, p, 4));
	ATF_CHECK_EQ(0, book_pick_seniors(f.book, f.now, NULL, p, 4));
	ATF_CHECK_EQ(0, book_pick_probe(f.book, f.now, NULL, p));
	ATF_CHECK_EQ(0, book_pick_crawl(f.book, f.now, NULL, p, 4));
	fix_free(&f);
}

/* 4 old and 16 new: sqrt(4) (100 - bias) against sqrt(16) bias. */
ATF_TC_WITHOUT_HEAD(bias);
ATF_TC_BODY(bias, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a[20];
	unsigned int		 count[21], i, bias, old;
	double			 share;

	fix_init(&f, BOOK_SIZE_DEFAULT, 2);
	for (i = 0; i < 20; i++) {
		a[i] = fix_peer(i);
		if (i < 4)
			fix_good(&f, &a[i]);
		else
			fix_hear(&f, &a[i], i);
	}
	fix_wait(&f, FIX_HOUR);
	ATF_REQUIRE_EQ(4, fix_counts(&f).in_old);
	for (bias = 0; bias <= 100; bias += 20) {
		tally(&f, bias, a, 20, count);
		old = count[0] + count[1] + count[2] + count[3];
		share = 2.0 * (100 - bias) / (2.0 * (100 - bias) + 4.0 * bias);
		ATF_CHECK_MSG(near(old, share), "bias %u: %u old", bias, old);
		/* Uniform inside each. */
		for (i = 0; i < 20; i++)
			ATF_CHECK_MSG(near(count[i], i < 4 ? share / 4 :
			    (1 - share) / 16), "bias %u: %u of %u", bias,
			    count[i], i);
	}
	fix_free(&f);
}

/* 0.66 to the number of failures, and a hundredth after a fresh try. */
ATF_TC_WITHOUT_HEAD(weights);
ATF_TC_BODY(weights, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a[2] = { fix_peer(0), fix_peer(1) };
	struct peer_addr	 other = fix_peer(2);
	unsigned int		 count[3];
	double			 ratio;
	int			 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 3);
	fix_hear(&f, &a[0], 1);
	fix_hear(&f, &a[1], 2);
	fix_good(&f, &other);
	for (i = 0; i < 3; i++) {
		fix_wait(&f, FIX_HOUR);
		fix_outcome(&f, &other, BOOK_LIVE);
		fix_wait(&f, 1);
		fix_outcome(&f, &a[1], BOOK_FAILED);
	}
	fix_wait(&f, FIX_HOUR);
	tally(&f, 100, a, 2, count);
	ratio = (double)count[1] / count[0];
	/* Impatience makes it a little more than 0.66^3 = 0.287. */
	ATF_CHECK_MSG(ratio > 0.26 && ratio < 0.42, "ratio %f", ratio);
	/* Tried just now. */
	fix_outcome(&f, &a[0], BOOK_DIALLED);
	tally(&f, 100, a, 2, count);
	ATF_CHECK_MSG(count[0] < ROUNDS / 10, "%u", count[0]);
	fix_wait(&f, 600);
	tally(&f, 100, a, 2, count);
	ATF_CHECK_MSG(count[0] > count[1], "%u and %u", count[0], count[1]);
	fix_free(&f);
}

/* Several at once are different ones, and no more than there are. */
ATF_TC_WITHOUT_HEAD(different);
ATF_TC_BODY(different, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	struct book_pick	 p[30];
	unsigned int		 i, k, n, round;

	fix_init(&f, BOOK_SIZE_DEFAULT, 4);
	for (i = 0; i < 20; i++) {
		a = fix_peer(i);
		if (i % 2)
			fix_good(&f, &a);
		else
			fix_hear(&f, &a, i);
	}
	fix_wait(&f, FIX_HOUR);
	for (round = 0; round < 100; round++) {
		n = book_pick(f.book, f.now, 50, NULL, p, 30);
		ATF_CHECK_MSG(n > 10 && n <= 20, "%u", n);
		for (i = 0; i < n; i++)
			for (k = 0; k < i; k++)
				ATF_REQUIRE(!peer_addr_equal(&p[i].addr,
				    &p[k].addr));
	}
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(exclusions);
ATF_TC_BODY(exclusions, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a[4];
	struct node_id		 id;
	struct netgroup		 g;
	struct book_exclude	 ex = { &id, 1, &g, 1 };
	struct book_pick	 p;
	int			 i, n = 0;

	fix_init(&f, BOOK_SIZE_DEFAULT, 5);
	for (i = 0; i < 4; i++) {
		a[i] = fix_peer(i);
		fix_good(&f, &a[i]);
	}
	fix_wait(&f, FIX_HOUR);
	id = a[0].id;
	g = netgroup_of(a[1].na.ip, true);
	book_ban(f.book, f.now, NULL, a[2].na.ip, BOOK_FAULT_OPERATOR, 0);
	FIX_CHECK(&f);
	for (i = 0; i < 500; i++) {
		if (book_pick(f.book, f.now, 30, &ex, &p, 1) == 0)
			continue;
		n++;
		ATF_REQUIRE(peer_addr_equal(&p.addr, &a[3]));
		ATF_CHECK_EQ(BOOK_WHY_BIAS, p.why);
	}
	ATF_CHECK_MSG(n > 450, "%d", n);
	/* All of them excluded: it ends. */
	book_ban(f.book, f.now, NULL, a[3].na.ip, BOOK_FAULT_OPERATOR, 0);
	ATF_CHECK_EQ(0, book_pick(f.book, f.now, 30, &ex, &p, 1));
	ATF_CHECK_EQ(0, book_pick_crawl(f.book, f.now, &ex, &p, 1));
	ATF_CHECK_EQ(0, book_pick_probe(f.book, f.now, &ex, &p));
	fix_free(&f);
}

/* The oldest quarter of the good, verified within a week, 256 at most. */
ATF_TC_WITHOUT_HEAD(seniors);
ATF_TC_BODY(seniors, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	struct book_pick	 p[256];
	unsigned int		 i, n;

	fix_init(&f, BOOK_SIZE_DEFAULT, 6);
	for (i = 0; i < 1600; i++) {
		a = fix_peer(i);
		book_outcome(f.book, f.now, &a, BOOK_ANSWERED);
		f.now += 60;
		if (i == 2 || i == 3 || i == 39) {
			FIX_CHECK(&f);
			ATF_CHECK_EQ((i + 1) / 4, fix_counts(&f).seniors);
		}
	}
	fix_wait(&f, FIX_HOUR);
	ATF_CHECK_EQ(256, fix_counts(&f).seniors);
	n = book_pick_seniors(f.book, f.now, NULL, p, 256);
	ATF_CHECK_EQ(256, n);
	for (i = 0; i < n; i++) {
		ATF_CHECK_EQ(BOOK_SENIOR, p[i].level);
		ATF_CHECK_EQ(BOOK_WHY_SENIOR, p[i].why);
		ATF_CHECK(fix_row(&f, &p[i].addr).first_success <
		    FIX_START + 300 * 60);
	}
	/* The oldest one stops answering: after a week it is none. */
	a = fix_peer(0);
	ATF_CHECK(fix_row(&f, &a).senior);
	for (i = 1; i < 1600; i++) {
		a = fix_peer(i);
		book_outcome(f.book, FIX_START + 6 * FIX_DAY + 1, &a,
		    BOOK_LIVE);
	}
	f.now = FIX_START + 7 * FIX_DAY + 1;
	fix_wait(&f, 0);
	a = fix_peer(0);
	ATF_CHECK(!fix_row(&f, &a).senior);
	ATF_CHECK_EQ(256, fix_counts(&f).seniors);
	/* It answers again, and is as old as it was. */
	fix_outcome(&f, &a, BOOK_LIVE);
	ATF_CHECK(fix_row(&f, &a).senior);
	/* After a long absence it takes four who answer to make one. */
	fix_wait(&f, 8 * FIX_DAY);
	for (i = 4; i > 0; i--) {
		ATF_CHECK_EQ(0, fix_counts(&f).seniors);
		a = fix_peer(i * 300);
		fix_outcome(&f, &a, BOOK_ANSWERED);
	}
	ATF_CHECK_EQ(1, fix_counts(&f).seniors);
	ATF_CHECK(fix_row(&f, &a).senior);
	fix_free(&f);
}

/* When many of the kept candidates go, the next ones are found. */
ATF_TC_WITHOUT_HEAD(seniors_replaced);
ATF_TC_BODY(seniors_replaced, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i;

	fix_init(&f, 200000, 7);
	for (i = 0; i < 3000; i++) {
		a = fix_peer(i);
		book_outcome(f.book, f.now++, &a, BOOK_ANSWERED);
	}
	FIX_CHECK(&f);
	for (i = 0; i < 2000; i++) {
		a = fix_peer(i);
		book_outcome(f.book, f.now, &a, BOOK_WRONG_ID);
		if (i % 100 == 0)
			FIX_CHECK(&f);
	}
	a = fix_peer(2000);
	ATF_CHECK(fix_row(&f, &a).senior);
	fix_free(&f);
}

/* A senior that is backing off is not picked; nobody else is either. */
ATF_TC_WITHOUT_HEAD(seniors_resting);
ATF_TC_BODY(seniors_resting, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	struct book_pick	 p[8];
	int			 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 8);
	for (i = 0; i < 8; i++) {
		a = fix_peer(i);
		fix_good(&f, &a);
		fix_wait(&f, 1);
	}
	ATF_REQUIRE_EQ(2, book_pick_seniors(f.book, f.now, NULL, p, 8));
	a = fix_peer(0);
	fix_outcome(&f, &a, BOOK_FAILED);
	ATF_REQUIRE_EQ(1, book_pick_seniors(f.book, f.now, NULL, p, 8));
	a = fix_peer(1);
	ATF_CHECK(peer_addr_equal(&p[0].addr, &a));
	fix_free(&f);
}

/* Crawl: new ones first, then by age of verification, 10 min apart. */
ATF_TC_WITHOUT_HEAD(crawl);
ATF_TC_BODY(crawl, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a[10];
	struct book_pick	 p[20];
	unsigned int		 i, n;

	fix_init(&f, BOOK_SIZE_DEFAULT, 9);
	for (i = 0; i < 5; i++) {
		a[i] = fix_peer(i);
		fix_good(&f, &a[i]);
		fix_wait(&f, 60);
	}
	fix_wait(&f, 700);
	for (; i < 10; i++) {
		a[i] = fix_peer(i);
		fix_hear(&f, &a[i], i);
	}
	n = book_pick_crawl(f.book, f.now, NULL, p, 20);
	FIX_CHECK(&f);
	ATF_REQUIRE_EQ(10, n);
	for (i = 0; i < 10; i++) {
		ATF_CHECK_EQ(i < 5 ? BOOK_WHY_NEW : BOOK_WHY_VERIFY, p[i].why);
		ATF_CHECK(peer_addr_equal(&p[i].addr, &a[(i + 5) % 10]));
	}
	ATF_CHECK_EQ(0, book_pick_crawl(f.book, f.now, NULL, p, 20));
	fix_wait(&f, 599);
	ATF_CHECK_EQ(0, book_pick_crawl(f.book, f.now, NULL, p, 20));
	fix_wait(&f, 1);
	ATF_CHECK_EQ(10, book_pick_crawl(f.book, f.now, NULL, p, 20));
	fix_free(&f);
}

/*
 * More new ones than can be dialled do not keep an acquaintance from being
 * looked at again: who waits for twice the spacing gets half of the picks.
 */
ATF_TC_WITHOUT_HEAD(crawl_overdue);
ATF_TC_BODY(crawl_overdue, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	struct book_pick	 p[8];
	unsigned int		 i, k, n, verified = 0;

	fix_init(&f, BOOK_SIZE_DEFAULT, 17);
	for (i = 0; i < 40; i++) {
		a = fix_peer(i);
		fix_good(&f, &a);
	}
	fix_wait(&f, 2 * BOOK_CRAWL_SPACING - 1);
	for (; i < 1000; i++) {
		a = fix_peer(i);
		fix_hear(&f, &a, i);
	}
	n = book_pick_crawl(f.book, f.now, NULL, p, 8);
	ATF_REQUIRE_EQ(8, n);
	for (i = 0; i < n; i++)
		ATF_CHECK_EQ(BOOK_WHY_NEW, p[i].why);
	fix_wait(&f, 1);
	for (k = 0; k < 10; k++) {
		n = book_pick_crawl(f.book, f.now, NULL, p, 8);
		ATF_REQUIRE_EQ(8, n);
		for (i = 0; i < n; i++)
			verified += p[i].why == BOOK_WHY_VERIFY;
		ATF_CHECK_EQ(4 * (k + 1), verified);
	}
	/* One at a time it is every other one, on average. */
	fix_wait(&f, 2 * BOOK_CRAWL_SPACING);
	for (verified = k = 0; k < 40; k++) {
		ATF_REQUIRE_EQ(1, book_pick_crawl(f.book, f.now, NULL, p, 1));
		verified += p[0].why == BOOK_WHY_VERIFY;
	}
	ATF_CHECK_MSG(verified > 8 && verified < 32, "%u", verified);
	FIX_CHECK(&f);
	fix_free(&f);
}

/* How far apart is the operator's choice, and may change at any time. */
ATF_TC_WITHOUT_HEAD(crawl_spacing);
ATF_TC_BODY(crawl_spacing, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	struct book_pick	 p[20];
	unsigned int		 i, k;

	fix_init(&f, BOOK_SIZE_DEFAULT, 14);
	for (i = 0; i < 10; i++) {
		a = fix_peer(i);
		if (i < 5)
			fix_good(&f, &a);
		else
			fix_hear(&f, &a, i);
		fix_wait(&f, 1);
	}
	f.conf.crawl_spacing = 2;
	f.conf.private_network = true;	/* else a /24 waits longer */
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	FIX_CHECK(&f);
	fix_wait(&f, 2);
	for (i = 0; i < 5; i++) {
		ATF_CHECK_EQ(10, book_pick_crawl(f.book, f.now, NULL, p, 20));
		/*
		 * Longest not tried first, inside each kind; in the first
		 * round the met ones are overdue and come before.
		 */
		for (k = 0; k < 10; k++) {
			a = fix_peer((k + (i == 0 ? 0 : 5)) % 10);
			ATF_CHECK(peer_addr_equal(&p[k].addr, &a));
		}
		fix_wait(&f, 1);
		ATF_CHECK_EQ(0, book_pick_crawl(f.book, f.now, NULL, p, 20));
		fix_wait(&f, 1);
	}
	/* Longer: who was due is not, and is in its order when it is. */
	f.conf.crawl_spacing = 2 * FIX_HOUR;
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	FIX_CHECK(&f);
	fix_wait(&f, 2 * FIX_HOUR - 3);
	ATF_CHECK_EQ(0, book_pick_crawl(f.book, f.now, NULL, p, 20));
	fix_wait(&f, 1);
	ATF_CHECK_EQ(10, book_pick_crawl(f.book, f.now, NULL, p, 20));
	/* And short again: at once. */
	fix_wait(&f, 1);
	f.conf.crawl_spacing = 1;
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	FIX_CHECK(&f);
	ATF_CHECK_EQ(10, book_pick_crawl(f.book, f.now, NULL, p, 20));
	fix_free(&f);
}

/*
 * One of a /24 each 11 s; the others are not tried, lose nothing, and stand in
 * nobody's way.
 */
ATF_TC_WITHOUT_HEAD(crawl_turns);
ATF_TC_BODY(crawl_turns, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	struct book_pick	 p[20];
	char			 ip[IP_TEXT_SIZE];
	unsigned int		 i, k, n;

	fix_init(&f, BOOK_SIZE_DEFAULT, 16);
	for (i = 0; i < 10; i++) {
		snprintf(ip, sizeof(ip), "25.1.2.%u", i + 1);
		a = fix_addr(i, ip, 26656);
		fix_hear(&f, &a, i);
	}
	a = fix_peer(50);
	fix_hear(&f, &a, 50);
	n = book_pick_crawl(f.book, f.now, NULL, p, 20);
	FIX_CHECK(&f);
	ATF_REQUIRE_EQ(2, n);
	ATF_CHECK(peer_addr_equal(&p[1].addr, &a));
	for (k = 1; k < 10; k++) {
		fix_wait(&f, 10);
		ATF_CHECK_EQ(0, book_pick_crawl(f.book, f.now, NULL, p, 20));
		fix_wait(&f, 1);
		ATF_REQUIRE_EQ(1, book_pick_crawl(f.book, f.now, NULL, p,
		    20));
		ATF_CHECK_EQ(f.now, fix_row(&f, &p[0].addr).last_try);
	}
	/* All had their turn. */
	fix_wait(&f, 11);
	ATF_CHECK_EQ(0, book_pick_crawl(f.book, f.now, NULL, p, 20));
	/* Neighbours are no matter where all are. */
	f.conf.private_network = true;
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	fix_wait(&f, 600);
	ATF_CHECK_EQ(11, book_pick_crawl(f.book, f.now, NULL, p, 20));
	fix_free(&f);
}

/* A slot is not filled by one tried 10 min ago, however short that is. */
ATF_TC_WITHOUT_HEAD(weight_keeps_its_time);
ATF_TC_BODY(weight_keeps_its_time, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a[2] = { fix_peer(0), fix_peer(1) };
	unsigned int		 count[3];

	fix_init(&f, BOOK_SIZE_DEFAULT, 15);
	f.conf.crawl_spacing = 1;
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	fix_hear(&f, &a[0], 1);
	fix_hear(&f, &a[1], 2);
	fix_outcome(&f, &a[0], BOOK_DIALLED);
	fix_wait(&f, 599);
	tally(&f, 100, a, 2, count);
	ATF_CHECK_MSG(count[0] < ROUNDS / 10, "%u", count[0]);
	fix_wait(&f, 1);
	tally(&f, 100, a, 2, count);
	ATF_CHECK_MSG(count[0] > ROUNDS / 3, "%u", count[0]);
	fix_free(&f);
}

/* A dead one comes again and again, but ever more seldom. */
ATF_TC_WITHOUT_HEAD(crawl_backs_off);
ATF_TC_BODY(crawl_backs_off, tc)
{
	struct bookfix		 f;
	struct peer_addr	 dead = fix_peer(1), other = fix_peer(2);
	struct book_pick	 p;
	unsigned int		 n = 0, tries = 0;
	uint32_t		 end;

	fix_init(&f, BOOK_SIZE_DEFAULT, 10);
	fix_hear(&f, &dead, 1);
	fix_good(&f, &other);
	for (end = f.now + 4 * FIX_DAY; f.now < end; f.now += 60) {
		while (book_pick_crawl(f.book, f.now, NULL, &p, 1) == 1) {
			ATF_REQUIRE(n++ < 2000);
			tries += peer_addr_equal(&p.addr, &dead);
			book_outcome(f.book, f.now, &p.addr,
			    peer_addr_equal(&p.addr, &dead) ? BOOK_FAILED :
			    BOOK_LIVE);
		}
	}
	FIX_CHECK(&f);
	/* Ten within about two hours, then 2^n s: 34, 68 min, ... 24 h. */
	ATF_CHECK_MSG(tries > 14 && tries < 21, "%u tries in 4 days", tries);
	fix_free(&f);
}

/* Probes: tests, acquaintances after 3 hours, new ones by waiting time. */
ATF_TC_WITHOUT_HEAD(probe_kinds);
ATF_TC_BODY(probe_kinds, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	struct book_pick	 p;
	unsigned int		 i, why[BOOK_WHY_NEW + 1] = { 0 };

	fix_init(&f, BOOK_SIZE_MIN, 11);
	for (i = 0; i < 600; i++) {
		a = fix_peer(i);
		book_outcome(f.book, f.now, &a, BOOK_ANSWERED);
		f.now += 60;
	}
	fix_wait(&f, 5 * FIX_HOUR);
	for (i = 0; i < 600; i++) {
		a = fix_peer(i);
		book_outcome(f.book, f.now, &a, BOOK_ANSWERED);
		f.now += 60;
	}
	fix_wait(&f, 5 * FIX_HOUR);
	for (i = 1000; i < 1600; i++) {
		a = fix_peer(i);
		fix_hear(&f, &a, i);
	}
	ATF_REQUIRE(fix_counts(&f).contests > 30);
	ATF_REQUIRE(fix_counts(&f).heard > 200);
	for (i = 0; i < 60; i++) {
		ATF_REQUIRE_EQ(1, book_pick_probe(f.book, f.now, NULL, &p));
		why[p.why]++;
		if (p.why == BOOK_WHY_TEST)
			ATF_CHECK(fix_row(&f, &p.addr).old);
		if (p.why == BOOK_WHY_NEW)
			ATF_CHECK_EQ(BOOK_HEARD, p.level);
		if (p.why == BOOK_WHY_VERIFY)
			ATF_CHECK(f.now - fix_row(&f, &p.addr).last_success >=
			    3 * FIX_HOUR);
	}
	FIX_CHECK(&f);
	ATF_CHECK_MSG(why[BOOK_WHY_TEST] > 15, "%u", why[BOOK_WHY_TEST]);
	ATF_CHECK_MSG(why[BOOK_WHY_VERIFY] > 5, "%u", why[BOOK_WHY_VERIFY]);
	ATF_CHECK_MSG(why[BOOK_WHY_NEW] > 5, "%u", why[BOOK_WHY_NEW]);
	fix_free(&f);
}

/* Who was verified within three hours is not probed. */
ATF_TC_WITHOUT_HEAD(probe_not_too_soon);
ATF_TC_BODY(probe_not_too_soon, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(1);
	struct book_pick	 p;

	fix_init(&f, 0, 12);
	fix_good(&f, &a);
	fix_wait(&f, 3 * FIX_HOUR - 1);
	ATF_CHECK_EQ(0, book_pick_probe(f.book, f.now, NULL, &p));
	fix_wait(&f, 1);
	ATF_CHECK_EQ(1, book_pick_probe(f.book, f.now, NULL, &p));
	ATF_CHECK_EQ(BOOK_WHY_VERIFY, p.why);
	ATF_CHECK_EQ(0, book_pick_probe(f.book, f.now, NULL, &p));
	fix_free(&f);
}

/*
 * Of those in old who were verified 3 to 24 h ago, whoever was so longest
 * ago, whatever has been tried since; only then those beyond.
 */
ATF_TC_WITHOUT_HEAD(probe_by_verification);
ATF_TC_BODY(probe_by_verification, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a[40], stale = fix_peer(100);
	struct peer_addr	 reached = fix_peer(101);
	struct book_pick	 p;
	int			 i;

	fix_init(&f, 200000, 16);
	fix_good(&f, &stale);
	fix_wait(&f, FIX_DAY);
	fix_hear(&f, &reached, 3);
	fix_outcome(&f, &reached, BOOK_LIVE);
	for (i = 0; i < 40; i++) {
		a[i] = fix_peer(i);
		fix_good(&f, &a[i]);
		fix_wait(&f, 60);
	}
	ATF_REQUIRE_EQ(41, fix_counts(&f).in_old);
	/* Tried since, in the other order; that proves nothing. */
	fix_wait(&f, FIX_HOUR);
	for (i = 40; i-- > 0;) {
		fix_outcome(&f, &a[i], BOOK_OURS);
		fix_wait(&f, 1);
	}
	fix_wait(&f, 3 * FIX_HOUR);
	for (i = 0; i < 42; i++) {
		ATF_REQUIRE_EQ(1, book_pick_probe(f.book, f.now, NULL, &p));
		FIX_CHECK(&f);
		ATF_CHECK_EQ(BOOK_WHY_VERIFY, p.why);
		ATF_CHECK_MSG(i >= 40 || peer_addr_equal(&p.addr, &a[i]),
		    "%d", i);
	}
	ATF_CHECK_EQ(0, book_pick_probe(f.book, f.now, NULL, &p));
	fix_free(&f);
}

/* Many who stand in new or are backing off do not hide one in old. */
ATF_TC_WITHOUT_HEAD(probe_past_others);
ATF_TC_BODY(probe_past_others, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a, last = fix_addr(9999, "77.1.2.3", 26656);
	struct book_pick	 p;
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 17);
	/* A group's old places are few: the rest stays in new. */
	for (i = 0; i < 600; i++) {
		a = fix_addr(i, "66.1.0.1", 26656);
		a.na.ip[13] = i / 200;
		a.na.ip[14] = i % 200;
		book_outcome(f.book, f.now, &a, BOOK_ANSWERED);
	}
	ATF_REQUIRE(fix_counts(&f).in_new > 100);
	fix_wait(&f, 1);
	fix_good(&f, &last);
	fix_wait(&f, 4 * FIX_HOUR);
	for (i = 0; i < 600; i++) {
		a = fix_addr(i, "66.1.0.1", 26656);
		a.na.ip[13] = i / 200;
		a.na.ip[14] = i % 200;
		if (fix_has(&f, &a) && fix_row(&f, &a).old)
			book_outcome(f.book, f.now, &a, BOOK_FULL);
	}
	FIX_CHECK(&f);
	ATF_REQUIRE_EQ(1, book_pick_probe(f.book, f.now, NULL, &p));
	ATF_CHECK(peer_addr_equal(&p.addr, &last));
	fix_free(&f);
}

/* The one that holds a place is tested once an hour until it is decided. */
ATF_TC_WITHOUT_HEAD(probe_tests_the_holder);
ATF_TC_BODY(probe_tests_the_holder, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_addr(1, "1.1.1.1", 1);
	struct peer_addr	 b = fix_addr(2, "1.1.1.1", 2);
	struct book_pick	 p;
	unsigned int		 n = 0;
	uint32_t		 end;

	fix_init(&f, BOOK_SIZE_DEFAULT, 13);
	fix_good(&f, &a);
	fix_wait(&f, 2 * FIX_HOUR);
	fix_good(&f, &b);
	for (end = f.now + 10 * FIX_HOUR; f.now < end; f.now += 30)
		while (book_pick_probe(f.book, f.now, NULL, &p)) {
			n += p.why == BOOK_WHY_TEST;
			ATF_REQUIRE(p.why != BOOK_WHY_TEST ||
			    peer_addr_equal(&p.addr, &a));
			book_outcome(f.book, f.now, &p.addr,
			    peer_addr_equal(&p.addr, &a) ? BOOK_FAILED :
			    BOOK_LIVE);
		}
	FIX_CHECK(&f);
	ATF_CHECK_MSG(n >= 8 && n <= 11, "%u tests in 10 hours", n);
	fix_free(&f);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, empty);
	ATF_TP_ADD_TC(tp, bias);
	ATF_TP_ADD_TC(tp, weights);
	ATF_TP_ADD_TC(tp, different);
	ATF_TP_ADD_TC(tp, exclusions);
	ATF_TP_ADD_TC(tp, seniors);
	ATF_TP_ADD_TC(tp, seniors_replaced);
	ATF_TP_ADD_TC(tp, seniors_resting);
	ATF_TP_ADD_TC(tp, crawl);
	ATF_TP_ADD_TC(tp, crawl_overdue);
	ATF_TP_ADD_TC(tp, crawl_spacing);
	ATF_TP_ADD_TC(tp, crawl_turns);
	ATF_TP_ADD_TC(tp, weight_keeps_its_time);
	ATF_TP_ADD_TC(tp, crawl_backs_off);
	ATF_TP_ADD_TC(tp, probe_kinds);
	ATF_TP_ADD_TC(tp, probe_not_too_soon);
	ATF_TP_ADD_TC(tp, probe_by_verification);
	ATF_TP_ADD_TC(tp, probe_past_others);
	ATF_TP_ADD_TC(tp, probe_tests_the_holder);
	return atf_no_error();
}
