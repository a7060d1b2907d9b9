/* SPDX-License-Identifier: ISC */
/*
 * What CometBFT's own tests of its book (p2p/pex/addrbook_test.go) ask of
 * one, asked of ours: a case for each, by its name there.  Where ours is
 * meant to differ, the description says how.
 */
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "regress/lib/bookfix.h"
#include "regress/lib/bookstore.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

/* A case and the name that it has there, with what differs here. */
#define COMET(name, descr)					\
ATF_TC(name);							\
ATF_TC_HEAD(name, tc)						\
{								\
	atf_tc_set_md_var(tc, "descr", "%s", descr);		\
}								\
ATF_TC_BODY(name, tc)

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

static void
check_distinct(unsigned int n)
{
	unsigned int	 i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < i; k++)
			ATF_CHECK(!peer_addr_equal(&out[i], &out[k]));
}

COMET(pick_address, "TestAddrBookPickAddress")
{
	struct bookfix		 f;
	struct book_pick	 p;
	struct peer_addr	 a = fix_peer(0);
	unsigned int		 bias;

	fix_init(&f, BOOK_SIZE_DEFAULT, 1);
	for (bias = 0; bias <= 100; bias += 50)
		ATF_CHECK_EQ(0, book_pick(f.book, f.now, bias, NULL, &p, 1));
	add(&f, 0, 1);
	for (bias = 0; bias <= 100; bias += 50) {
		ATF_CHECK_EQ(1, book_pick(f.book, f.now, bias, NULL, &p, 1));
		ATF_CHECK(peer_addr_equal(&p.addr, &a));
	}
	mark_good(&f, 0, 1);
	fix_wait(&f, FIX_HOUR);
	ATF_CHECK_EQ(1, book_pick(f.book, f.now, 0, NULL, &p, 1));
	ATF_CHECK_EQ(1, book_pick(f.book, f.now, 50, NULL, &p, 1));
	ATF_CHECK_EQ(0, book_pick(f.book, f.now, 100, NULL, &p, 1));
	fix_free(&f);
}

static void
save_and_load(unsigned int n)
{
	struct bookfix		 f, g;
	struct book_counts	 c;
	struct bookstore	*s;

	fix_init(&f, BOOK_SIZE_DEFAULT, 2);
	add(&f, 0, n);
	mark_good(&f, 0, n / 3);
	c = fix_counts(&f);
	ATF_CHECK_EQ(n, c.size);
	s = bookstore_new(c.capacity);
	bookstore_save(s, f.book);
	fix_init(&g, BOOK_SIZE_DEFAULT, 3);
	ATF_CHECK(bookstore_load(s, g.book, f.now, false) == NULL);
	g.now = f.now;
	ATF_CHECK_EQ(n, fix_counts(&g).size);
	ATF_CHECK(bookstore_compare(f.book, g.book, f.now) == NULL);
	bookstore_free(s);
	fix_free(&f);
	fix_free(&g);
}

COMET(save_load, "TestAddrBookSaveLoad")
{
	save_and_load(0);
	save_and_load(100);
}

COMET(lookup, "TestAddrBookLookup")
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 2);
	add(&f, 0, 100);
	for (i = 0; i < 100; i++) {
		a = fix_peer(i);
		ATF_CHECK(fix_has(&f, &a));
		ATF_CHECK(book_has_id(f.book, &a.id));
	}
	a = fix_peer(100);
	ATF_CHECK(!fix_has(&f, &a));
	ATF_CHECK(!book_has_id(f.book, &a.id));
	fix_free(&f);
}

COMET(promote_to_old, "TestAddrBookPromoteToOld; differs: a good one whose "
    "old place is taken stays in new and is good all the same")
{
	struct bookfix	 f;
	unsigned int	 n;

	fix_init(&f, BOOK_SIZE_DEFAULT, 2);
	add(&f, 0, 100);
	mark_good(&f, 0, 50);
	ATF_CHECK_EQ(100, fix_counts(&f).size);
	ATF_CHECK_EQ(50, fix_counts(&f).good);
	ATF_CHECK_EQ(50, fix_counts(&f).heard);
	ATF_CHECK(fix_counts(&f).in_old >= 48);
	n = ask(&f, false);
	ATF_CHECK(n > 0 && n <= 100);
	n = ask(&f, true);
	ATF_CHECK(n > 0 && n <= 100);
	fix_free(&f);
}

COMET(handles_duplicates, "TestAddrBookHandlesDuplicates")
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 2);
	add(&f, 0, 100);
	for (i = 0; i < 100; i++) {
		a = fix_peer(i);
		ATF_CHECK_EQ(BOOK_KNOWN, fix_hear(&f, &a, i));
		ATF_CHECK_EQ(BOOK_KNOWN, fix_hear(&f, &a, i + 1000));
	}
	ATF_CHECK_EQ(100, fix_counts(&f).size);
	fix_free(&f);
}

COMET(remove_address, "TestAddrBookRemoveAddress")
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(0), b = fix_peer(1);

	fix_init(&f, BOOK_SIZE_DEFAULT, 5);
	add(&f, 0, 1);
	ATF_CHECK_EQ(1, fix_counts(&f).size);
	fix_outcome(&f, &a, BOOK_WRONG_NETWORK);
	ATF_CHECK_EQ(0, fix_counts(&f).size);
	fix_outcome(&f, &b, BOOK_WRONG_NETWORK);
	ATF_CHECK_EQ(0, fix_counts(&f).size);
	fix_free(&f);
}

/* good of ten are old: as many are told of, and all of the rest. */
static void
one_or_nine(unsigned int good)
{
	struct bookfix	 f;
	unsigned int	 n;

	fix_init(&f, BOOK_SIZE_DEFAULT, 6);
	add(&f, 0, 10);
	mark_good(&f, 0, good);
	ATF_REQUIRE_EQ(good, fix_counts(&f).in_old);
	n = ask(&f, true);
	ATF_CHECK_EQ(10, n);
	ATF_CHECK_EQ(good, count_old(&f, n));
	check_distinct(n);
	fix_free(&f);
}

COMET(selection_with_one_marked_good,
    "TestAddrBookGetSelectionWithOneMarkedGood")
{
	one_or_nine(1);
}

COMET(selection_with_one_not_marked_good,
    "TestAddrBookGetSelectionWithOneNotMarkedGood")
{
	one_or_nine(9);
}

COMET(selection_of_empty,
    "TestAddrBookGetSelectionReturnsNilWhenAddrBookIsEmpty")
{
	struct bookfix	 f;

	fix_init(&f, BOOK_SIZE_DEFAULT, 7);
	ATF_CHECK_EQ(0, ask(&f, false));
	ATF_CHECK_EQ(0, ask(&f, true));
	fix_free(&f);
}

/* Empty, one, and a hundred more: all of it different, and of the book. */
static void
select_of_some(bool by_table)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(0);
	unsigned int		 n, i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 2);
	ATF_CHECK_EQ(0, ask(&f, by_table));
	add(&f, 0, 1);
	ATF_REQUIRE_EQ(1, ask(&f, by_table));
	ATF_CHECK(peer_addr_equal(&out[0], &a));
	add(&f, 1, 100);
	n = ask(&f, by_table);
	ATF_CHECK_EQ(book_reply_size(101), n);
	check_distinct(n);
	for (i = 0; i < n; i++)
		ATF_CHECK(fix_has(&f, &out[i]));
	fix_free(&f);
}

COMET(selection, "TestAddrBookGetSelection")
{
	select_of_some(false);
}

COMET(selection_with_bias, "TestAddrBookGetSelectionWithBias; differs: with "
    "80 % of them good none of the others is told of, where CometBFT gives "
    "30 %")
{
	struct bookfix	 f;
	unsigned int	 n, i;

	select_of_some(true);
	fix_init(&f, BOOK_SIZE_DEFAULT, 2);
	add(&f, 0, 100);
	mark_good(&f, 0, 80);
	n = ask(&f, true);
	ATF_CHECK_EQ(32, n);
	for (i = 0; i < n; i++)
		ATF_CHECK_EQ(BOOK_GOOD, fix_row(&f, &out[i]).level);
	fix_free(&f);
}

COMET(has_address, "TestAddrBookHasAddress")
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(0);

	fix_init(&f, BOOK_SIZE_DEFAULT, 5);
	ATF_CHECK(!fix_has(&f, &a));
	add(&f, 0, 1);
	ATF_CHECK(fix_has(&f, &a));
	fix_outcome(&f, &a, BOOK_WRONG_ID);
	ATF_CHECK(!fix_has(&f, &a));
	fix_free(&f);
}

COMET(ban_bad_peers, "TestBanBadPeers; differs: it does not come back by "
    "itself when the ban is over, but may be heard of again")
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
	ATF_CHECK(!fix_has(&f, &a));
	ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &a, 1));
	ATF_CHECK_EQ(BOOK_HEARD, fix_row(&f, &a).level);
	ATF_CHECK(!fix_row(&f, &a).old);
	fix_free(&f);
}

COMET(empty, "TestAddrBookEmpty")
{
	struct bookfix		 f;
	struct peer_addr	 own = fix_peer(0), private = fix_peer(1);
	struct peer_addr	 other = fix_peer(2);

	fix_init(&f, BOOK_SIZE_DEFAULT, 10);
	ATF_CHECK_EQ(0, fix_counts(&f).size);
	f.conf.private_ids = &private.id;
	f.conf.nprivate_ids = 1;
	f.conf.own_ids = &own.id;
	f.conf.nown_ids = 1;
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	book_add_own(f.book, f.now, &own.na);
	ATF_CHECK_EQ(BOOK_OWN, fix_hear(&f, &own, 5));
	other.na = own.na;
	ATF_CHECK_EQ(BOOK_OWN, fix_hear(&f, &other, 5));
	ATF_CHECK_EQ(BOOK_PRIVATE, fix_hear(&f, &private, 5));
	ATF_CHECK_EQ(0, fix_counts(&f).size);
	add(&f, 3, 1);
	ATF_CHECK_EQ(1, fix_counts(&f).size);
	fix_free(&f);
}

COMET(private_peers, "TestPrivatePeers")
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(0), b = fix_peer(1);
	struct node_id		 private[10];
	struct book_source	 src;
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 10);
	for (i = 0; i < NITEMS(private); i++)
		private[i] = fix_peer(i * 2).id;
	f.conf.private_ids = private;
	f.conf.nprivate_ids = NITEMS(private);
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	for (i = 0; i < NITEMS(private); i++) {
		a = fix_peer(i * 2);
		ATF_CHECK_EQ(BOOK_PRIVATE, fix_hear(&f, &a, 7));
		src = fix_source(7);
		src.id = a.id;
		ATF_CHECK_EQ(BOOK_PRIVATE_SOURCE, book_hear(f.book, f.now, &b,
		    &src));
		FIX_CHECK(&f);
	}
	ATF_CHECK_EQ(0, fix_counts(&f).size);
	ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &b, 7));
	fix_free(&f);
}

/* size entries, good of them good. */
static void
one_mix(unsigned int size, unsigned int good)
{
	struct bookfix	 f;
	unsigned int	 n, old, i, from_new, told = 0;

	fix_init(&f, BOOK_SIZE_DEFAULT, 2);
	add(&f, 0, size);
	mark_good(&f, 0, good);
	old = fix_counts(&f).in_old;
	n = ask(&f, true);
	ATF_CHECK_EQ(book_reply_size(size), n);
	check_distinct(n);
	/* While few are good all of them are told of, then only they. */
	for (i = 0; i < n; i++)
		told += fix_row(&f, &out[i]).level == BOOK_GOOD;
	ATF_CHECK_EQ(good < n ? good : n, told);
	/* Of more than fit, the share of new ones, if there are as many. */
	from_new = book_reply_new(n, old);
	if (from_new > good - old)
		from_new = good - old;
	ATF_CHECK_EQ(good <= n ? old : n - from_new, count_old(&f, n));
	book_free(f.book);
}

COMET(multiple_selection, "TestMultipleAddrBookAddressSelection; differs: "
    "they come in random order, not new ones first, and from 32 good ones on "
    "only those")
{
	struct rng	 rng;
	unsigned int	 size, good, i;

	for (size = 1; size < 32; size++)
		for (good = 0; good <= size; good++)
			one_mix(size, good);
	rng_seed_number(&rng, 16);
	for (i = 0; i < 10; i++) {
		size = 33 + rng_below(&rng, 175 - 32);
		one_mix(size, rng_below(&rng, size + 1));
	}
}

COMET(old_ip_stays, "TestAddrBookAddDoesNotOverwriteOldIP")
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(0), b;
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 10);
	add(&f, 0, 1);
	mark_good(&f, 0, 1);
	for (i = 1; i < 11; i++) {
		b = fix_peer(i);
		b.id = a.id;
		ATF_CHECK_EQ(BOOK_CLAIMED, fix_hear(&f, &b, i));
		ATF_CHECK(fix_has(&f, &a));
		ATF_CHECK(!fix_has(&f, &b));
	}
	ATF_CHECK_EQ(1, fix_counts(&f).size);
	fix_free(&f);
}

COMET(group_key, "TestAddrBookGroupKey")
{
	static const struct {
		const char	*ip, *strict, *loose;
	} cases[] = {
		{ "127.0.0.1", "local", "127.0.0.0" },
		{ "::1", "local", NULL },
		{ "10.1.2.3", "unroutable", "10.1.0.0" },
		{ "192.168.1.1", "unroutable", "192.168.0.0" },
		{ "169.254.1.1", "unroutable", "169.254.0.0" },
		{ "fe80::1", "unroutable", NULL },
		{ "fc00::1", "unroutable", NULL },
		{ "2001:db8::1", "unroutable", NULL },
		{ "12.1.2.3", "12.1.0.0", "12.1.0.0" },
		{ "173.1.2.3", "173.1.0.0", "173.1.0.0" },
		{ "2002:c01:203:1::1", "12.1.0.0", "12.1.0.0" },
		{ "2001:0:1234::f3fe:fdfc", "12.1.0.0", "12.1.0.0" },
		{ "64:ff9b::c01:203", "12.1.0.0", "12.1.0.0" },
		{ "::ffff:0:c01:203", "12.1.0.0", "12.1.0.0" },
		{ "2602:100::1", "2602:100::", "2602:100::" },
		{ "2602:100:abcd::1", "2602:100::", "2602:100::" },
		{ "2001:470:1f10:a1::2", "2001:470:1000::",
		    "2001:470:1000::" },
	};
	uint8_t		 ip[16];
	char		 text[NETGROUP_TEXT_SIZE];
	size_t		 i;

	for (i = 0; i < NITEMS(cases); i++) {
		ATF_REQUIRE_EQ(0, ip_parse(cases[i].ip, strlen(cases[i].ip),
		    ip));
		netgroup_text(netgroup_of(ip, true), text);
		ATF_CHECK_MSG(strcmp(text, cases[i].strict) == 0, "%s: %s",
		    cases[i].ip, text);
		netgroup_text(netgroup_of(ip, false), text);
		ATF_CHECK_MSG(cases[i].loose == NULL ||
		    strcmp(text, cases[i].loose) == 0, "%s, not strict: %s",
		    cases[i].ip, text);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pick_address);
	ATF_TP_ADD_TC(tp, save_load);
	ATF_TP_ADD_TC(tp, lookup);
	ATF_TP_ADD_TC(tp, promote_to_old);
	ATF_TP_ADD_TC(tp, handles_duplicates);
	ATF_TP_ADD_TC(tp, remove_address);
	ATF_TP_ADD_TC(tp, selection_with_one_marked_good);
	ATF_TP_ADD_TC(tp, selection_with_one_not_marked_good);
	ATF_TP_ADD_TC(tp, selection_of_empty);
	ATF_TP_ADD_TC(tp, selection);
	ATF_TP_ADD_TC(tp, selection_with_bias);
	ATF_TP_ADD_TC(tp, has_address);
	ATF_TP_ADD_TC(tp, ban_bad_peers);
	ATF_TP_ADD_TC(tp, empty);
	ATF_TP_ADD_TC(tp, private_peers);
	ATF_TP_ADD_TC(tp, multiple_selection);
	ATF_TP_ADD_TC(tp, old_ip_stays);
	ATF_TP_ADD_TC(tp, group_key);
	return atf_no_error();
}
