/* SPDX-License-Identifier: ISC */
/*
 * Replies: how many, of whom, and how mixed.
 */
#include <string.h>

#include <atf-c.h>

#include "regress/lib/bookfix.h"

static struct peer_addr	 out[BOOK_REPLY_MAX];

static unsigned int
ask(struct bookfix *f, bool by_table)
{
	struct peer_addr	 me = fix_peer(39999);
	unsigned int		 i, k, n;

	n = book_select(f->book, f->now, &me, by_table, out);
	FIX_CHECK(f);
	ATF_REQUIRE(n <= BOOK_REPLY_MAX);
	/* Whoever is told of is known, and told of once. */
	for (i = 0; i < n; i++) {
		ATF_REQUIRE(fix_has(f, &out[i]));
		for (k = 0; k < i; k++)
			ATF_REQUIRE(!node_id_equal(&out[i].id, &out[k].id));
	}
	return n;
}

static void
good_range(struct bookfix *f, unsigned int from, unsigned int to)
{
	struct peer_addr	 a;

	for (; from < to; from++) {
		a = fix_peer(from);
		book_outcome(f->book, f->now, &a, BOOK_ANSWERED);
	}
	FIX_CHECK(f);
}

static void
hear_range(struct bookfix *f, unsigned int from, unsigned int to)
{
	struct book_source	 src;
	struct peer_addr	 a;

	for (; from < to; from++) {
		a = fix_peer(from);
		src = fix_source(from);
		book_hear(f->book, f->now, &a, &src);
	}
	FIX_CHECK(f);
}

/* Some from the table of CometBFT's answers; all of it is a vector test. */
ATF_TC_WITHOUT_HEAD(sizes);
ATF_TC_BODY(sizes, tc)
{
	static const struct {
		unsigned int	size, reply;
	} t[] = {
		{ 0, 0 }, { 1, 1 }, { 31, 31 }, { 32, 32 }, { 33, 32 },
		{ 139, 32 }, { 143, 32 }, { 144, 33 }, { 1000, 230 },
		{ 1086, 249 }, { 1087, 250 }, { 20480, 250 },
		{ 4000000, 250 },
	};
	size_t		 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ATF_CHECK_EQ_MSG(t[i].reply, book_reply_size(t[i].size),
		    "%u", t[i].size);
	ATF_CHECK_EQ(5, book_reply_new(5, 0));
	ATF_CHECK_EQ(2, book_reply_new(5, 5));
	ATF_CHECK_EQ(26, book_reply_new(32, 6));
	ATF_CHECK_EQ(10, book_reply_new(32, 100));
}

static unsigned int
told_of(unsigned int n, unsigned int from, unsigned int to)
{
	struct peer_addr	 a;
	unsigned int		 i, k, count = 0;

	for (i = 0; i < n; i++)
		for (k = from; k < to; k++) {
			a = fix_peer(k);
			count += peer_addr_equal(&out[i], &a);
		}
	return count;
}

static void
fail_range(struct bookfix *f, unsigned int from, unsigned int to)
{
	struct peer_addr	 a;

	for (; from < to; from++) {
		a = fix_peer(from);
		book_outcome(f->book, f->now, &a, BOOK_FAILED);
	}
	FIX_CHECK(f);
}

/* Nobody is told of who did not answer lately, unless nobody did. */
ATF_TC_WITHOUT_HEAD(failing);
ATF_TC_BODY(failing, tc)
{
	struct bookfix	 f;
	int		 k;

	fix_init(&f, 1, 1);
	good_range(&f, 0, 100);
	fix_wait(&f, 600);
	good_range(&f, 60, 100);
	fail_range(&f, 0, 60);
	for (k = 0; k < 20; k++) {
		ATF_CHECK_EQ(32, ask(&f, k % 2));
		ATF_CHECK_EQ(0, told_of(32, 0, 60));
	}
	/* Back again. */
	fix_wait(&f, 600);
	good_range(&f, 0, 100);
	ATF_CHECK_EQ(32, ask(&f, false));
	ATF_CHECK(told_of(32, 0, 60) > 0);
	/* Our own link is down: all are worth the same. */
	fix_wait(&f, 600);
	fail_range(&f, 0, 100);
	ATF_CHECK_EQ(32, ask(&f, false));
	ATF_CHECK_EQ(32, told_of(32, 0, 100));
	fix_free(&f);
}

/* While 32 are verified nobody else is told of. */
ATF_TC_WITHOUT_HEAD(vetted_only);
ATF_TC_BODY(vetted_only, tc)
{
	struct bookfix	 f;
	unsigned int	 i, n;

	fix_init(&f, BOOK_SIZE_DEFAULT, 1);
	hear_range(&f, 1000, 3000);
	good_range(&f, 0, 32);
	n = ask(&f, false);
	ATF_CHECK_EQ(32, n);
	for (i = 0; i < n; i++)
		ATF_CHECK_EQ(BOOK_GOOD, fix_row(&f, &out[i]).level);
	fix_free(&f);
}

/* With one fewer others fill up, the better ones all being in it. */
ATF_TC_WITHOUT_HEAD(filled_up);
ATF_TC_BODY(filled_up, tc)
{
	struct bookfix	 f;
	unsigned int	 i, n, good = 0;

	fix_init(&f, BOOK_SIZE_DEFAULT, 2);
	hear_range(&f, 1000, 3000);
	good_range(&f, 0, 31);
	n = ask(&f, false);
	ATF_CHECK_EQ(250, n);
	for (i = 0; i < n; i++)
		good += fix_row(&f, &out[i]).level == BOOK_GOOD;
	ATF_CHECK_EQ(31, good);
	fix_free(&f);
}

/* Verified in a day; in three if those are few; reached; heard of. */
ATF_TC_WITHOUT_HEAD(freshness);
ATF_TC_BODY(freshness, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i, n, old = 0;

	fix_init(&f, BOOK_SIZE_DEFAULT, 3);
	good_range(&f, 0, 100);
	fix_wait(&f, FIX_DAY);
	good_range(&f, 100, 140);
	n = ask(&f, false);
	for (i = 0; i < n; i++)
		ATF_CHECK_EQ(f.now, fix_row(&f, &out[i]).last_success);
	ATF_CHECK_EQ(32, n);
	/* 30 verified today: those of the day before help. */
	fix_wait(&f, FIX_DAY);
	good_range(&f, 200, 230);
	n = ask(&f, false);
	for (i = 0; i < n; i++)
		old += fix_row(&f, &out[i]).last_success != f.now;
	ATF_CHECK_EQ(n, book_reply_size(fix_counts(&f).size));
	ATF_CHECK_EQ(n - 30, old);
	/* After three days they are no better than once reached. */
	fix_wait(&f, 2 * FIX_DAY);
	a = fix_peer(500);
	fix_outcome(&f, &a, BOOK_LIVE);
	n = ask(&f, false);
	for (old = i = 0; i < n; i++)
		old += fix_row(&f, &out[i]).first_success == FIX_START;
	ATF_CHECK_MSG(old > 0, "%u", old);
	fix_free(&f);
}

/* A bad one is worse than none. */
ATF_TC_WITHOUT_HEAD(not_bad);
ATF_TC_BODY(not_bad, tc)
{
	struct bookfix	 f;

	fix_init(&f, BOOK_SIZE_DEFAULT, 4);
	hear_range(&f, 0, 20);
	fix_wait(&f, 7 * FIX_DAY + 1);
	hear_range(&f, 20, 30);
	ATF_CHECK_EQ(30, fix_counts(&f).size);
	ATF_CHECK_EQ(10, ask(&f, false));
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(not_whom);
ATF_TC_BODY(not_whom, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(0), b = fix_peer(1);
	struct peer_addr	 moved = fix_peer(77);

	fix_init(&f, BOOK_SIZE_DEFAULT, 5);
	good_range(&f, 0, 10);
	ATF_CHECK_EQ(10, ask(&f, false));
	ATF_CHECK_EQ(9, book_select(f.book, f.now, &a, false, out));
	moved.id = a.id;
	ATF_CHECK_EQ(9, book_select(f.book, f.now, &moved, false, out));
	/* Not a banned host. */
	book_ban(f.book, f.now, NULL, b.na.ip, BOOK_FAULT_FLOOD, 0);
	ATF_CHECK_EQ(9, ask(&f, false));
	fix_wait(&f, FIX_DAY - 1);
	good_range(&f, 0, 1);
	ATF_CHECK_EQ(9, ask(&f, false));
	fix_wait(&f, 1);
	ATF_CHECK_EQ(10, ask(&f, false));
	fix_free(&f);
}

/* Four of a group and two of a block while 32 remain. */
ATF_TC_WITHOUT_HEAD(diversity);
ATF_TC_BODY(diversity, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	struct book_row		 row;
	unsigned int		 i, k, n, groups, blocks;
	uint32_t		 cursor = 0;

	fix_init(&f, 200000, 6);
	/* 30 groups; in each 60 hosts in 10 blocks. */
	for (i = 0; i < 1800; i++) {
		a = fix_peer(i % 30);
		a.id = fix_id(i);
		a.na.ip[14] = i / 30 % 10;
		a.na.ip[15] = i / 300 + 1;
		book_outcome(f.book, f.now, &a, BOOK_ANSWERED);
	}
	FIX_CHECK(&f);
	while (book_next_row(f.book, f.now, &cursor, &row))
		ATF_REQUIRE_EQ(BOOK_GOOD, row.level);
	ATF_CHECK(fix_counts(&f).size > 1200);
	n = ask(&f, false);
	ATF_CHECK_MSG(n == 120, "%u", n);
	for (i = 0; i < n; i++) {
		groups = blocks = 0;
		for (k = 0; k < n; k++) {
			groups += netgroup_equal(
			    netgroup_of(out[i].na.ip, true),
			    netgroup_of(out[k].na.ip, true));
			blocks += netblock_equal(netblock_of(out[i].na.ip),
			    netblock_of(out[k].na.ip));
		}
		ATF_CHECK(groups <= 4);
		ATF_CHECK(blocks <= 2);
	}
	fix_free(&f);
}

/* How many of out[0 .. n - 1] are in the group of a. */
static unsigned int
of_group(unsigned int n, const struct peer_addr *a)
{
	unsigned int	 i, count = 0;

	for (i = 0; i < n; i++)
		count += netgroup_equal(netgroup_of(out[i].na.ip, true),
		    netgroup_of(a->na.ip, true));
	return count;
}

/* The n-th of a group, told by somebody else than the one before. */
static void
good_in(struct bookfix *f, unsigned int group, unsigned int n)
{
	struct peer_addr	 a = fix_peer(group);
	struct book_source	 src = fix_source(group + 97 * n);

	a.id = fix_id(group + 10000 * n);
	a.na.ip[14] = n % 250;
	book_hear(f->book, f->now, &a, &src);
	book_outcome(f->book, f->now, &a, BOOK_ANSWERED);
}

/*
 * In 180 groups two each, in 20 groups 60: those have 20 of the first 200 and
 * no more than 20 of the others.
 */
ATF_TC_WITHOUT_HEAD(one_of_each_group_first);
ATF_TC_BODY(one_of_each_group_first, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i, k, n, many;

	fix_init(&f, 200000, 15);
	for (i = 0; i < 180; i++)
		for (k = 0; k < 2; k++)
			good_in(&f, i, k);
	for (i = 180; i < 200; i++)
		for (k = 0; k < 60; k++)
			good_in(&f, i, k);
	FIX_CHECK(&f);
	ATF_REQUIRE(fix_counts(&f).good_day > 1200);
	for (k = 0; k < 20; k++) {
		n = ask(&f, k % 2);
		ATF_REQUIRE_EQ_MSG(250, n, "%u", n);
		for (many = 0, i = 180; i < 200; i++) {
			a = fix_peer(i);
			ATF_CHECK(of_group(n, &a) >= 1);
			many += of_group(n, &a);
		}
		ATF_CHECK_MSG(many <= 40, "%u", many);
	}
	fix_free(&f);
}

/* A pool too large to be shuffled: two of each, and no more for a full one. */
ATF_TC_WITHOUT_HEAD(two_of_each_group);
ATF_TC_BODY(two_of_each_group, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i, k, n;

	fix_init(&f, 200000, 16);
	for (i = 0; i < 100; i++)
		for (k = 0; k < 40; k++)
			good_in(&f, i, k);
	FIX_CHECK(&f);
	ATF_REQUIRE(fix_counts(&f).good_day > 3000);
	for (k = 0; k < 20; k++) {
		n = ask(&f, false);
		ATF_CHECK_EQ_MSG(200, n, "%u", n);
		for (i = 0; i < 100; i++) {
			a = fix_peer(i);
			ATF_CHECK_EQ(2, of_group(n, &a));
		}
	}
	fix_free(&f);
}

/* Fewer than 32 groups' worth: then as many of a kind as it takes. */
ATF_TC_WITHOUT_HEAD(diversity_yields);
ATF_TC_BODY(diversity_yields, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i, n;

	fix_init(&f, BOOK_SIZE_DEFAULT, 7);
	for (i = 0; i < 300; i++) {
		a = fix_addr(i, "1.1.1.1", 1);
		a.na.ip[14] = i / 50;
		a.na.ip[15] = i % 50;
		fix_hear(&f, &a, i);
		book_outcome(f.book, f.now, &a, BOOK_ANSWERED);
	}
	FIX_CHECK(&f);
	n = ask(&f, false);
	ATF_CHECK_EQ_MSG(32, n, "%u", n);
	fix_free(&f);
}

/* All of a pool is looked at in vain: that ends, whatever its size. */
ATF_TC_WITHOUT_HEAD(pool_used_up);
ATF_TC_BODY(pool_used_up, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i, n;

	fix_init(&f, BOOK_SIZE_DEFAULT, 8);
	for (i = 0; i < 1800; i++) {
		a = fix_addr(i, "20.0.0.1", 1);
		a.na.ip[13] = i % 12;
		a.na.ip[14] = i / 12;
		fix_hear(&f, &a, i);
		if (i % 20 != 19)
			continue;
		n = ask(&f, true);
		ATF_CHECK_MSG(n <= 48, "%u", n);
	}
	ATF_CHECK(fix_counts(&f).size > 1280);
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(private_network);
ATF_TC_BODY(private_network, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 8);
	f.conf.strict = false;
	f.conf.private_network = true;
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	for (i = 0; i < 300; i++) {
		a = fix_addr(i, "127.0.0.1", 1000 + i);
		book_outcome(f.book, f.now, &a, BOOK_ANSWERED);
	}
	FIX_CHECK(&f);
	ATF_CHECK_EQ(book_reply_size(fix_counts(&f).size), ask(&f, false));
	fix_free(&f);
}

/* A seed's reply: 70 % old, 30 % new, either made up from the other. */
ATF_TC_WITHOUT_HEAD(by_table);
ATF_TC_BODY(by_table, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i, n, old;

	/* In a book this small most good ones find old full. */
	fix_init(&f, BOOK_SIZE_MIN, 9);
	good_range(&f, 0, 900);
	ATF_REQUIRE(fix_counts(&f).in_old > 200);
	ATF_REQUIRE(fix_counts(&f).in_new > 200);
	n = ask(&f, true);
	ATF_CHECK_EQ(book_reply_size(fix_counts(&f).size), n);
	for (old = i = 0; i < n; i++)
		old += fix_row(&f, &out[i]).old;
	ATF_CHECK_EQ_MSG(n - book_reply_new(n, 1000), old, "%u of %u", old, n);
	fix_free(&f);

	/* Nobody in new. */
	fix_init(&f, BOOK_SIZE_DEFAULT, 10);
	good_range(&f, 0, 20);
	ATF_CHECK_EQ(20, fix_counts(&f).in_old);
	ATF_CHECK_EQ(20, ask(&f, true));
	fix_free(&f);

	/* Nobody in old. */
	fix_init(&f, BOOK_SIZE_DEFAULT, 11);
	for (i = 0; i < 20; i++) {
		a = fix_peer(i);
		book_outcome(f.book, f.now, &a, BOOK_LIVE);
	}
	ATF_CHECK_EQ(0, fix_counts(&f).in_old);
	ATF_CHECK_EQ(20, ask(&f, true));
	fix_free(&f);
}

/* Every one of a large pool is told of sooner or later, evenly. */
ATF_TC_WITHOUT_HEAD(uniform);
ATF_TC_BODY(uniform, tc)
{
	static unsigned int	 count[4000];
	struct peer_addr	 me = fix_peer(39999);
	struct bookfix		 f;
	struct book_row		 row;
	unsigned int		 i, k, n, total = 0, least, most;
	uint32_t		 id, cursor = 0;

	fix_init(&f, BOOK_SIZE_DEFAULT, 12);
	good_range(&f, 0, 3000);
	for (i = 0; i < 2000; i++) {
		n = book_select(f.book, f.now, &me, false, out);
		total += n;
		for (k = 0; k < n; k++) {
			memcpy(&id, out[k].id.b, sizeof(id));
			count[id]++;
		}
	}
	ATF_CHECK_EQ(2000 * 250, total);
	least = most = 2000 * 250 / fix_counts(&f).size;
	while (book_next_row(f.book, f.now, &cursor, &row)) {
		memcpy(&id, row.addr.id.b, sizeof(id));
		if (count[id] < least)
			least = count[id];
		if (count[id] > most)
			most = count[id];
	}
	/* About 167 each, standard deviation 13. */
	ATF_CHECK_MSG(least > 100 && most < 240, "%u .. %u", least, most);
	fix_free(&f);
}

/* An ID that is claimed in three places is told of once. */
ATF_TC_WITHOUT_HEAD(one_endpoint);
ATF_TC_BODY(one_endpoint, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 13);
	for (i = 0; i < 3; i++) {
		a = fix_peer(i);
		a.id = fix_id(1);
		fix_hear(&f, &a, i);
	}
	ATF_CHECK_EQ(1, ask(&f, false));
	fix_free(&f);
}

/* IDs that begin alike are not one: nobody is kept out by a likeness. */
ATF_TC_WITHOUT_HEAD(alike);
ATF_TC_BODY(alike, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 14);
	for (i = 0; i < 200; i++) {
		a = fix_peer(i);
		a.id = fix_id(1);
		a.id.b[19 - i % 12] += i / 12 + 1;
		fix_hear(&f, &a, i);
	}
	ATF_REQUIRE(fix_counts(&f).size > 190);
	ATF_CHECK_EQ(book_reply_size(fix_counts(&f).size), ask(&f, false));
	fix_free(&f);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, sizes);
	ATF_TP_ADD_TC(tp, failing);
	ATF_TP_ADD_TC(tp, vetted_only);
	ATF_TP_ADD_TC(tp, filled_up);
	ATF_TP_ADD_TC(tp, freshness);
	ATF_TP_ADD_TC(tp, not_bad);
	ATF_TP_ADD_TC(tp, not_whom);
	ATF_TP_ADD_TC(tp, diversity);
	ATF_TP_ADD_TC(tp, one_of_each_group_first);
	ATF_TP_ADD_TC(tp, two_of_each_group);
	ATF_TP_ADD_TC(tp, diversity_yields);
	ATF_TP_ADD_TC(tp, pool_used_up);
	ATF_TP_ADD_TC(tp, private_network);
	ATF_TP_ADD_TC(tp, by_table);
	ATF_TP_ADD_TC(tp, uniform);
	ATF_TP_ADD_TC(tp, one_endpoint);
	ATF_TP_ADD_TC(tp, alike);
	return atf_no_error();
}
