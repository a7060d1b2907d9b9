/* SPDX-License-Identifier: ISC */
/*
 * Bans: who, for how long, how many, and what they do.
 */
#include <string.h>

#include <atf-c.h>

#include "regress/lib/bookfix.h"

static uint32_t
ban(struct bookfix *f, const struct peer_addr *a)
{
	uint32_t	 until;

	until = book_ban(f->book, f->now, &a->id, a->na.ip, BOOK_FAULT_FLOOD,
	    0);
	FIX_CHECK(f);
	return until - f->now;
}

static bool
banned(struct bookfix *f, const struct peer_addr *a)
{
	return book_is_banned(f->book, f->now, &a->id, a->na.ip);
}

/* A day, then twice as long each time, thirty days at most. */
ATF_TC_WITHOUT_HEAD(doubling);
ATF_TC_BODY(doubling, tc)
{
	static const uint32_t	 days[] = { 1, 2, 4, 8, 16, 30, 30 };
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(1);
	size_t			 i;

	fix_init(&f, 0, 1);
	for (i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		ATF_CHECK_EQ(days[i] * FIX_DAY, ban(&f, &a));
		fix_wait(&f, days[i] * FIX_DAY - 1);
		ATF_CHECK(banned(&f, &a));
		fix_wait(&f, 1);
		ATF_CHECK(!banned(&f, &a));
		fix_wait(&f, FIX_DAY);
	}
	/* Thirty days of good conduct and it is forgotten. */
	fix_wait(&f, 30 * FIX_DAY + 1);
	ATF_CHECK_EQ(FIX_DAY, ban(&f, &a));
	fix_free(&f);
}

/* Two connections caught at once are one occasion. */
ATF_TC_WITHOUT_HEAD(one_occasion);
ATF_TC_BODY(one_occasion, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(1);

	fix_init(&f, 0, 2);
	ban(&f, &a);
	fix_wait(&f, 59);
	ATF_CHECK_EQ(FIX_DAY, ban(&f, &a));
	fix_wait(&f, 60);
	ATF_CHECK_EQ(2 * FIX_DAY, ban(&f, &a));
	fix_free(&f);
}

/* The ID anywhere, and anybody at that host: an address or a /64. */
ATF_TC_WITHOUT_HEAD(whom);
ATF_TC_BODY(whom, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_addr(1, "1.2.3.4", 1);
	struct peer_addr	 b = fix_addr(2, "2a01:4f8:1:2:3::4", 1);
	struct peer_addr	 c;

	fix_init(&f, 0, 3);
	ban(&f, &a);
	ban(&f, &b);
	c = fix_addr(1, "9.9.9.9", 1);
	ATF_CHECK(banned(&f, &c));
	ATF_CHECK_EQ(BOOK_BANNED, fix_hear(&f, &c, 1));
	c = fix_addr(3, "1.2.3.4", 99);
	ATF_CHECK_EQ(BOOK_BANNED, fix_hear(&f, &c, 1));
	c = fix_addr(3, "1.2.3.5", 99);
	ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &c, 1));
	c = fix_addr(4, "2a01:4f8:1:2:ffff::1", 1);
	ATF_CHECK(banned(&f, &c));
	c = fix_addr(5, "2a01:4f8:1:3:3::4", 1);
	ATF_CHECK(!banned(&f, &c));
	ATF_CHECK_EQ(4, fix_counts(&f).bans);
	fix_free(&f);
}

/* A banned ID leaves the book, good or not; others at its host stay. */
ATF_TC_WITHOUT_HEAD(leaves);
ATF_TC_BODY(leaves, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_addr(1, "1.2.3.4", 1);
	struct peer_addr	 b = fix_addr(2, "1.2.3.4", 2);

	fix_init(&f, BOOK_SIZE_DEFAULT, 4);
	fix_good(&f, &a);
	fix_good(&f, &b);
	ban(&f, &a);
	ATF_CHECK(!fix_has(&f, &a));
	ATF_CHECK(fix_has(&f, &b));
	ATF_CHECK(fix_row(&f, &b).banned);
	/* When it is over it may come back, and begins anew. */
	fix_wait(&f, FIX_DAY);
	ATF_CHECK(!fix_row(&f, &b).banned);
	ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &a, 1));
	ATF_CHECK_EQ(BOOK_HEARD, fix_row(&f, &a).level);
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(by_hand);
ATF_TC_BODY(by_hand, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(1);
	struct book_ban		 row;
	uint32_t		 cursor = 0;

	fix_init(&f, 0, 5);
	ATF_CHECK(!book_unban(f.book, f.now, &a.id, a.na.ip));
	book_ban(f.book, f.now, &a.id, NULL, BOOK_FAULT_OPERATOR, 1000);
	FIX_CHECK(&f);
	ATF_REQUIRE(book_next_ban(f.book, f.now, &cursor, &row));
	ATF_CHECK(row.by_id);
	ATF_CHECK(node_id_equal(&row.id, &a.id));
	ATF_CHECK_EQ(f.now + 1000, row.until);
	ATF_CHECK_EQ(BOOK_FAULT_OPERATOR, row.fault);
	ATF_CHECK(!book_next_ban(f.book, f.now, &cursor, &row));
	/* He may shorten it; a fault may not. */
	ATF_CHECK_EQ(FIX_DAY, ban(&f, &a));
	book_ban(f.book, f.now, &a.id, NULL, BOOK_FAULT_OPERATOR, 500);
	ATF_CHECK(book_is_banned(f.book, f.now, &a.id, NULL));
	fix_wait(&f, 500);
	ATF_CHECK(!book_is_banned(f.book, f.now, &a.id, NULL));
	ATF_CHECK(book_unban(f.book, f.now, NULL, a.na.ip));
	ATF_CHECK(!banned(&f, &a));
	fix_free(&f);
}

/* Hosts are not banned where all share one. */
ATF_TC_WITHOUT_HEAD(private_network);
ATF_TC_BODY(private_network, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(1), b = fix_peer(2);

	fix_init(&f, 0, 6);
	b.na = a.na;
	ban(&f, &a);
	ATF_CHECK(banned(&f, &b));
	f.conf.private_network = true;
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	ATF_CHECK(banned(&f, &a));
	ATF_CHECK(!banned(&f, &b));
	ATF_CHECK_EQ(FIX_DAY, ban(&f, &b));
	ATF_CHECK(banned(&f, &b));
	ATF_CHECK(!book_is_banned(f.book, f.now, NULL, b.na.ip));
	fix_free(&f);
}

/* 65536 and no more; the oldest goes first. */
ATF_TC_WITHOUT_HEAD(bounded);
ATF_TC_BODY(bounded, tc)
{
	struct bookfix		 f;
	struct node_id		 id;
	struct book_ban		 row;
	uint32_t		 i, n, cursor = 0;

	fix_init(&f, 0, 7);
	for (i = 0; i < BOOK_BANS_MAX + 1000; i++) {
		id = fix_id(i);
		book_ban(f.book, f.now + i / 10, &id, NULL,
		    BOOK_FAULT_MALFORMED, 0);
	}
	f.now += i / 10;
	FIX_CHECK(&f);
	ATF_CHECK_EQ(BOOK_BANS_MAX, fix_counts(&f).bans);
	id = fix_id(999);
	ATF_CHECK(!book_is_banned(f.book, f.now, &id, NULL));
	for (i = 1000; i < BOOK_BANS_MAX + 1000; i++) {
		id = fix_id(i);
		ATF_REQUIRE(book_is_banned(f.book, f.now, &id, NULL));
	}
	for (n = 0; book_next_ban(f.book, f.now, &cursor, &row); n++)
		;
	ATF_CHECK_EQ(BOOK_BANS_MAX, n);
	for (i = 1000; i < BOOK_BANS_MAX + 1000; i++) {
		id = fix_id(i);
		ATF_REQUIRE(book_unban(f.book, f.now, &id, NULL));
	}
	FIX_CHECK(&f);
	ATF_CHECK_EQ(0, fix_counts(&f).bans);
	fix_free(&f);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, doubling);
	ATF_TP_ADD_TC(tp, one_occasion);
	ATF_TP_ADD_TC(tp, whom);
	ATF_TP_ADD_TC(tp, leaves);
	ATF_TP_ADD_TC(tp, by_hand);
	ATF_TP_ADD_TC(tp, private_network);
	ATF_TP_ADD_TC(tp, bounded);
	return atf_no_error();
}
