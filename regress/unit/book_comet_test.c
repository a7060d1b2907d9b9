/* SPDX-License-Identifier: ISC */
/*
 * What CometBFT's own tests of its book (p2p/pex/addrbook_test.go) ask of
 * one, asked of ours.  Where ours is meant to differ, the case says how.
 */
#include <string.h>

#include <atf-c.h>

#include "regress/lib/bookfix.h"

static struct peer_addr	 out[BOOK_REPLY_MAX];

static unsigned int
ask(struct bookfix *f, bool by_table)
{
	struct peer_addr	 me = fix_peer(39999);

	return book_select(f->book, f->now, &me, by_table, out);
}

/* n entries that are sure to have a place each, from number from on. */
static void
add(struct bookfix *f, unsigned int from, unsigned int n)
{
	struct peer_addr	 a;

	for (; n > 0; n--, from++) {
		a = fix_peer(from);
		ATF_REQUIRE_EQ(BOOK_ADDED, fix_hear(f, &a, from));
	}
}

static void
mark_good(struct bookfix *f, unsigned int from, unsigned int n)
{
	struct peer_addr	 a;

	for (; n > 0; n--, from++) {
		a = fix_peer(from);
		fix_outcome(f, &a, BOOK_ANSWERED);
	}
}

static unsigned int
count_old(struct bookfix *f, unsigned int n)
{
	unsigned int	 i, old = 0;

	for (i = 0; i < n; i++)
		old += fix_row(f, &out[i]).old;
	return old;
}

/* TestAddrBookPickAddress */
ATF_TC_WITHOUT_HEAD(pick_address);
ATF_TC_BODY(pick_address, tc)
{
	struct bookfix		 f;
	struct book_pick	 p;
	unsigned int		 bias;

	fix_init(&f, BOOK_SIZE_DEFAULT, 1);
	ATF_CHECK_EQ(0, book_pick(f.book, f.now, 50, NULL, &p, 1));
	add(&f, 0, 1);
	for (bias = 0; bias <= 100; bias += 50)
		ATF_CHECK_EQ(1, book_pick(f.book, f.now, bias, NULL, &p, 1));
	mark_good(&f, 0, 1);
	fix_wait(&f, FIX_HOUR);
	ATF_CHECK_EQ(1, book_pick(f.book, f.now, 0, NULL, &p, 1));
	ATF_CHECK_EQ(1, book_pick(f.book, f.now, 50, NULL, &p, 1));
	ATF_CHECK_EQ(0, book_pick(f.book, f.now, 100, NULL, &p, 1));
	fix_free(&f);
}

/* TestAddrBookSaveLoad: see book_rows_test.  TestAddrBookLookup */
ATF_TC_WITHOUT_HEAD(lookup);
ATF_TC_BODY(lookup, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 2);
	for (i = 0; i < 100; i++) {
		a = fix_peer(i);
		if (fix_hear(&f, &a, i) == BOOK_ADDED)
			ATF_CHECK(book_has_id(f.book, &a.id));
	}
	fix_free(&f);
}

/*
 * TestAddrBookPromoteToOld.  Differs: a good one whose old place is taken
 * stays in new and is good all the same.
 */
ATF_TC_WITHOUT_HEAD(promote_to_old);
ATF_TC_BODY(promote_to_old, tc)
{
	struct bookfix	 f;
	unsigned int	 size;

	fix_init(&f, BOOK_SIZE_DEFAULT, 3);
	add(&f, 0, 50);
	mark_good(&f, 0, 25);
	size = fix_counts(&f).size;
	ATF_CHECK_EQ(50, size);
	ATF_CHECK_EQ(25, fix_counts(&f).good);
	ATF_CHECK(fix_counts(&f).in_old >= 23);
	ATF_CHECK(ask(&f, false) <= size);
	ATF_CHECK(ask(&f, true) <= size);
	fix_free(&f);
}

/* TestAddrBookHandlesDuplicates */
ATF_TC_WITHOUT_HEAD(duplicates);
ATF_TC_BODY(duplicates, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 4);
	add(&f, 0, 50);
	for (i = 0; i < 50; i++) {
		a = fix_peer(i);
		ATF_CHECK_EQ(BOOK_KNOWN, fix_hear(&f, &a, i));
		ATF_CHECK_EQ(BOOK_KNOWN, fix_hear(&f, &a, i + 1000));
	}
	ATF_CHECK_EQ(50, fix_counts(&f).size);
	fix_free(&f);
}

/* TestAddrBookRemoveAddress, TestAddrBookHasAddress */
ATF_TC_WITHOUT_HEAD(removal);
ATF_TC_BODY(removal, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(0), b = fix_peer(1);

	fix_init(&f, BOOK_SIZE_DEFAULT, 5);
	add(&f, 0, 1);
	ATF_CHECK(fix_has(&f, &a));
	fix_outcome(&f, &a, BOOK_WRONG_NETWORK);
	ATF_CHECK(!fix_has(&f, &a));
	ATF_CHECK_EQ(0, fix_counts(&f).size);
	fix_outcome(&f, &b, BOOK_WRONG_NETWORK);
	ATF_CHECK_EQ(0, fix_counts(&f).size);
	fix_free(&f);
}

/*
 * TestAddrBookGetSelectionWithOneMarkedGood and ..WithOneNotMarkedGood.
 * The same numbers, from old and from new.
 */
ATF_TC_WITHOUT_HEAD(selection_mixes);
ATF_TC_BODY(selection_mixes, tc)
{
	struct bookfix	 f;
	unsigned int	 good, n;

	for (good = 1; good <= 9; good += 8) {
		fix_init(&f, BOOK_SIZE_DEFAULT, 6);
		add(&f, 0, 10);
		mark_good(&f, 0, good);
		ATF_REQUIRE_EQ(good, fix_counts(&f).in_old);
		n = ask(&f, true);
		ATF_CHECK_EQ(10, n);
		ATF_CHECK_EQ(good, count_old(&f, n));
		fix_free(&f);
	}
}

/* TestAddrBookGetSelection, ..ReturnsNilWhenAddrBookIsEmpty */
ATF_TC_WITHOUT_HEAD(selection);
ATF_TC_BODY(selection, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(0);
	unsigned int		 n, i, k;
	bool			 by_table;

	for (by_table = false;; by_table = true) {
		fix_init(&f, BOOK_SIZE_DEFAULT, 7);
		ATF_CHECK_EQ(0, ask(&f, by_table));
		add(&f, 0, 1);
		ATF_REQUIRE_EQ(1, ask(&f, by_table));
		ATF_CHECK(peer_addr_equal(&out[0], &a));
		add(&f, 1, 80);
		n = ask(&f, by_table);
		ATF_CHECK(n > 1 && n <= 81);
		for (i = 0; i < n; i++)
			for (k = 0; k < i; k++)
				ATF_CHECK(!peer_addr_equal(&out[i], &out[k]));
		fix_free(&f);
		if (by_table)
			break;
	}
}

/*
 * TestAddrBookGetSelectionWithBias.  Differs: with 80 % of them good none
 * of the others is told of, where CometBFT gives 30 % unverified ones.
 */
ATF_TC_WITHOUT_HEAD(selection_with_bias);
ATF_TC_BODY(selection_with_bias, tc)
{
	struct bookfix	 f;
	unsigned int	 n, i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 8);
	add(&f, 0, 60);
	mark_good(&f, 0, 48);
	n = ask(&f, true);
	ATF_CHECK_EQ(32, n);
	for (i = 0; i < n; i++)
		ATF_CHECK_EQ(BOOK_GOOD, fix_row(&f, &out[i]).level);
	fix_free(&f);
}

/*
 * TestBanBadPeers.  Differs: it does not come back by itself when the ban
 * is over but may be heard of again; and it can be banned unknown.
 */
ATF_TC_WITHOUT_HEAD(ban_bad_peers);
ATF_TC_BODY(ban_bad_peers, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(0);

	fix_init(&f, BOOK_SIZE_DEFAULT, 9);
	add(&f, 0, 1);
	mark_good(&f, 0, 1);
	book_ban(f.book, f.now, &a.id, NULL, BOOK_FAULT_UNSOLICITED, 1);
	FIX_CHECK(&f);
	ATF_CHECK(!fix_has(&f, &a));
	ATF_CHECK(book_is_banned(f.book, f.now, &a.id, NULL));
	ATF_CHECK_EQ(BOOK_BANNED, fix_hear(&f, &a, 1));
	fix_wait(&f, 1);
	ATF_CHECK(!book_is_banned(f.book, f.now, &a.id, NULL));
	ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &a, 1));
	ATF_CHECK_EQ(BOOK_HEARD, fix_row(&f, &a).level);
	fix_free(&f);
}

/*
 * TestAddrBookEmpty, TestPrivatePeers, TestAddrBookAddDoesNotOverwriteOldIP.
 * Own and private ones: see book_hear_test.
 */
ATF_TC_WITHOUT_HEAD(old_ip_stays);
ATF_TC_BODY(old_ip_stays, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(0), b;
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 10);
	ATF_CHECK_EQ(0, fix_counts(&f).size);
	add(&f, 0, 1);
	mark_good(&f, 0, 1);
	for (i = 1; i < 11; i++) {
		b = fix_peer(i);
		b.id = a.id;
		ATF_CHECK_EQ(BOOK_CLAIMED, fix_hear(&f, &b, i));
		ATF_CHECK(fix_has(&f, &a));
		ATF_CHECK(!fix_has(&f, &b));
	}
	fix_free(&f);
}

/*
 * TestMultipleAddrBookAddressSelection, for every mix of good and heard up
 * to 31.  Differs: ours come in random order, not new ones first.
 */
ATF_TC_WITHOUT_HEAD(every_mix);
ATF_TC_BODY(every_mix, tc)
{
	struct bookfix	 f;
	unsigned int	 size, good, n, old;

	for (size = 1; size < 32; size++)
		for (good = 0; good <= size; good++) {
			fix_init(&f, BOOK_SIZE_DEFAULT, 11);
			add(&f, 0, size);
			mark_good(&f, 0, good);
			old = fix_counts(&f).in_old;
			n = ask(&f, true);
			ATF_CHECK_EQ(book_reply_size(size), n);
			ATF_CHECK_EQ(old, count_old(&f, n));
			book_free(f.book);
		}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pick_address);
	ATF_TP_ADD_TC(tp, lookup);
	ATF_TP_ADD_TC(tp, promote_to_old);
	ATF_TP_ADD_TC(tp, duplicates);
	ATF_TP_ADD_TC(tp, removal);
	ATF_TP_ADD_TC(tp, selection_mixes);
	ATF_TP_ADD_TC(tp, selection);
	ATF_TP_ADD_TC(tp, selection_with_bias);
	ATF_TP_ADD_TC(tp, ban_bad_peers);
	ATF_TP_ADD_TC(tp, old_ip_stays);
	ATF_TP_ADD_TC(tp, every_mix);
	return atf_no_error();
}
