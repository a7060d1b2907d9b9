/* SPDX-License-Identifier: ISC */
/*
 * Hearing: what may enter the book, where it stands, and how much anybody
 * may tell.
 */
#include <string.h>

#include <atf-c.h>

#include "regress/lib/bookfix.h"

/* As fix_hear(), in loops too long for a look at every rule each time. */
static enum book_result
hear(struct bookfix *f, const struct peer_addr *a, uint32_t source)
{
	struct book_source	 s = fix_source(source);

	return book_hear(f->book, f->now, a, &s);
}

ATF_TC_WITHOUT_HEAD(routability);
ATF_TC_BODY(routability, tc)
{
	static const struct {
		const char	*ip;
		bool		 strict, lax;
	} t[] = {
		{ "1.2.3.4", true, true },
		{ "2a01:4f8::1", true, true },
		{ "10.1.2.3", false, true },
		{ "127.0.0.1", false, true },
		{ "192.168.1.1", false, true },
		{ "fd00::1", false, true },
		{ "::1", false, true },
		/* What no rule lets in. */
		{ "0.0.0.0", false, false },
		{ "0.1.2.3", false, false },
		{ "::", false, false },
		{ "255.255.255.255", false, false },
		{ "2001:db8::1", false, false },
		/* What CometBFT lets in and pexd does not. */
		{ "100.64.0.1", false, false },
		{ "192.0.0.1", false, false },
		{ "192.0.2.1", false, false },
		{ "198.18.0.1", false, false },
		{ "198.51.100.1", false, false },
		{ "203.0.113.1", false, false },
		{ "224.0.0.1", false, false },
		{ "240.0.0.1", false, false },
		{ "ff02::1", false, false },
		{ "fec0::1", false, false },
		{ "100::1", false, false },
	};
	struct bookfix		 f;
	struct peer_addr	 a;
	size_t			 i;
	int			 lax;

	for (lax = 0; lax < 2; lax++) {
		fix_init(&f, 0, 1);
		f.conf.strict = !lax;
		ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
		for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			a = fix_addr(i, t[i].ip, 26656);
			ATF_CHECK_EQ_MSG((lax ? t[i].lax : t[i].strict) ?
			    BOOK_ADDED : BOOK_UNROUTABLE, fix_hear(&f, &a, i),
			    "%s", t[i].ip);
		}
		fix_free(&f);
	}
}

ATF_TC_WITHOUT_HEAD(port_zero);
ATF_TC_BODY(port_zero, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(1);

	fix_init(&f, 0, 1);
	a.na.port = 0;
	ATF_CHECK_EQ(BOOK_UNROUTABLE, fix_hear(&f, &a, 1));
	a.na.port = 65535;
	ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &a, 1));
	fix_free(&f);
}

/* Our ID at any address, and any ID at an address of ours. */
ATF_TC_WITHOUT_HEAD(own);
ATF_TC_BODY(own, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(1), b = fix_peer(2);

	fix_init(&f, 0, 1);
	f.conf.own_ids = &a.id;
	f.conf.nown_ids = 1;
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	ATF_CHECK_EQ(BOOK_OWN, fix_hear(&f, &a, 1));
	a.na = fix_peer(3).na;
	ATF_CHECK_EQ(BOOK_OWN, fix_hear(&f, &a, 1));

	ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &b, 1));
	book_add_own(f.book, f.now, &b.na);
	FIX_CHECK(&f);
	ATF_CHECK(!fix_has(&f, &b));
	ATF_CHECK_EQ(BOOK_OWN, fix_hear(&f, &b, 1));
	fix_free(&f);
}

/* They never enter, teach nothing, and leave when they become private. */
ATF_TC_WITHOUT_HEAD(private_ids);
ATF_TC_BODY(private_ids, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(1), b = fix_peer(2);
	struct book_source	 src = fix_source(9);

	fix_init(&f, 0, 1);
	ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &a, 1));
	f.conf.private_ids = &a.id;
	f.conf.nprivate_ids = 1;
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	FIX_CHECK(&f);
	ATF_CHECK(!fix_has(&f, &a));
	ATF_CHECK(book_is_private(f.book, &a.id));
	ATF_CHECK(!book_is_private(f.book, &b.id));
	ATF_CHECK_EQ(BOOK_PRIVATE, fix_hear(&f, &a, 1));
	ATF_CHECK_EQ(BOOK_PRIVATE, book_import(f.book, f.now, &a));
	ATF_CHECK_EQ(BOOK_PRIVATE, book_announce(f.book, f.now, &a, &a.na));
	fix_outcome(&f, &a, BOOK_ANSWERED);
	ATF_CHECK(!fix_has(&f, &a));
	src.id = a.id;
	ATF_CHECK_EQ(BOOK_PRIVATE_SOURCE,
	    book_hear(f.book, f.now, &b, &src));
	fix_free(&f);
}

/* An ID may be claimed to be in three places; a fourth has to wait. */
ATF_TC_WITHOUT_HEAD(three_claims);
ATF_TC_BODY(three_claims, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a[4];
	int			 i;

	fix_init(&f, 0, 1);
	for (i = 0; i < 4; i++) {
		a[i] = fix_peer(i + 10);
		a[i].id = fix_id(1);
		ATF_CHECK_EQ(i < 3 ? BOOK_ADDED : BOOK_CLAIMED,
		    fix_hear(&f, &a[i], i));
	}
	/* The fourth is where the ID announced itself. */
	f.now += FIX_HOUR;
	ATF_CHECK_EQ(BOOK_ADDED, book_announce(f.book, f.now, &a[3], &a[3].na));
	FIX_CHECK(&f);
	ATF_CHECK(fix_has(&f, &a[3]));
	ATF_CHECK_EQ(3, fix_counts(&f).size);
	/* Once one is proved the others are gone. */
	fix_outcome(&f, &a[3], BOOK_LIVE);
	ATF_CHECK_EQ(1, fix_counts(&f).size);
	/* While it answers, hearsay does not put it in doubt. */
	ATF_CHECK_EQ(BOOK_CLAIMED, fix_hear(&f, &a[0], 1));
	fix_free(&f);
}

/* A bad claim makes room, so that nobody can use them all up for good. */
ATF_TC_WITHOUT_HEAD(bad_claim_yields);
ATF_TC_BODY(bad_claim_yields, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a[4], other = fix_peer(99);
	int			 i, n;

	fix_init(&f, 0, 1);
	for (i = 0; i < 4; i++) {
		a[i] = fix_peer(i + 10);
		a[i].id = fix_id(1);
		fix_hear(&f, &a[i], i);
	}
	for (n = 0; n < 3; n++) {
		fix_good(&f, &other);
		fix_wait(&f, FIX_MINUTE);
		fix_outcome(&f, &a[1], BOOK_FAILED);
		fix_wait(&f, FIX_HOUR);
	}
	ATF_CHECK(fix_row(&f, &a[1]).bad);
	ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &a[3], 3));
	ATF_CHECK(!fix_has(&f, &a[1]));
	fix_free(&f);
}

/* The ID moved: the same key is proved at another place. */
ATF_TC_WITHOUT_HEAD(id_moves);
ATF_TC_BODY(id_moves, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(1), b = fix_peer(2);
	struct peer_addr	 other = fix_peer(99);

	b.id = a.id;
	fix_init(&f, 0, 1);
	fix_good(&f, &a);
	ATF_CHECK_EQ(BOOK_CLAIMED, fix_hear(&f, &b, 1));
	fix_wait(&f, FIX_MINUTE);
	fix_good(&f, &other);
	fix_wait(&f, FIX_MINUTE);
	fix_outcome(&f, &a, BOOK_FAILED);
	/* It failed: now hearsay may say where else. */
	ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &b, 1));
	ATF_CHECK(fix_has(&f, &a));
	fix_outcome(&f, &b, BOOK_LIVE);
	ATF_CHECK(!fix_has(&f, &a));
	ATF_CHECK_EQ(BOOK_REACHED, fix_row(&f, &b).level);
	fix_free(&f);
}

/* ::ffff:1.2.3.4 and 1.2.3.4 are one address. */
ATF_TC_WITHOUT_HEAD(mapped);
ATF_TC_BODY(mapped, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_addr(1, "1.2.3.4", 26656);
	struct peer_addr	 b = fix_addr(1, "::ffff:1.2.3.4", 26656);

	fix_init(&f, 0, 1);
	ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &a, 1));
	ATF_CHECK_EQ(BOOK_KNOWN, fix_hear(&f, &b, 1));
	fix_free(&f);
}

/* One source group gives one place; others add up to four in all. */
ATF_TC_WITHOUT_HEAD(references);
ATF_TC_BODY(references, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(1);
	unsigned int		 i, with[5] = { 0 }, n;

	fix_init(&f, 0, 1);
	fix_hear(&f, &a, 1);
	for (i = 0; i < 200; i++)
		ATF_REQUIRE_EQ(BOOK_KNOWN, fix_hear(&f, &a, 1));
	ATF_CHECK_EQ(1, fix_row(&f, &a).nplaces);
	for (i = 2; i < 400; i++)
		hear(&f, &a, i);
	ATF_CHECK_EQ(BOOK_REFS_MAX, fix_row(&f, &a).nplaces);
	fix_free(&f);

	/* A second one is taken half the time, a third a quarter of that. */
	fix_init(&f, 200000, 2);
	for (i = n = 0; n < 1000; i++) {
		a = fix_peer(i);
		if (hear(&f, &a, 1000 + i % 50) != BOOK_ADDED)
			continue;
		hear(&f, &a, 2000 + i % 200);
		with[fix_row(&f, &a).nplaces]++;
		n++;
	}
	ATF_CHECK_EQ(1000, with[1] + with[2]);
	ATF_CHECK_MSG(with[2] > 440 && with[2] < 560,
	    "%u of 1000 got a second place", with[2]);
	FIX_CHECK(&f);
	fix_free(&f);
}

/* One source group reaches 16 of the 256 buckets and no more. */
ATF_TC_WITHOUT_HEAD(source_group_is_confined);
ATF_TC_BODY(source_group_is_confined, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	struct book_row		 row;
	bool			 seen[256] = { false };
	unsigned int		 i, day, n = 0, buckets = 0;
	uint32_t		 cursor = 0;

	fix_init(&f, BOOK_SIZE_DEFAULT, 3);
	for (day = 0; day < 5; day++, f.now += FIX_DAY)
		for (i = 0; i < 3000; i++) {
			a = fix_peer(day * 3000 + i);
			book_hear(f.book, f.now, &a,
			    &(struct book_source){ .id = fix_id(i),
			    .ip = { [10] = 0xff, [11] = 0xff, 1, 2, i % 250,
			    1 } });
		}
	FIX_CHECK(&f);
	while (book_next_row(f.book, f.now, &cursor, &row)) {
		ATF_REQUIRE_EQ(1, row.nplaces);
		if (!seen[row.place[0] / 64])
			buckets++;
		seen[row.place[0] / 64] = true;
		n++;
	}
	ATF_CHECK_MSG(buckets <= 16, "%u buckets", buckets);
	ATF_CHECK_MSG(n <= 16 * 64, "%u entries", n);
	ATF_CHECK_MSG(n > 16 * 64 * 9 / 10 * buckets / 16, "%u entries", n);
	fix_free(&f);
}

static unsigned int
added_of(struct bookfix *f, unsigned int from, unsigned int n,
    const struct book_source *src)
{
	struct peer_addr	 a;
	unsigned int		 i, added = 0;

	for (i = from; i < from + n; i++) {
		a = fix_peer(i);
		added += book_hear(f->book, f->now, &a, src) == BOOK_ADDED;
	}
	return added;
}

/*
 * 1000 new ones a day from a group, whatever addresses it speaks from.  This
 * group reaches 16 different buckets, so there is room for more.
 */
ATF_TC_WITHOUT_HEAD(source_limit);
ATF_TC_BODY(source_limit, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i, added = 0, limited = 0;
	struct book_source	 src = fix_source(3);
	enum book_result	 r;

	fix_init(&f, 200000, 4);
	for (i = 0; i < 30000; i++) {
		a = fix_peer(i);
		src.ip[15] = i % 250;
		r = book_hear(f.book, f.now, &a, &src);
		added += r == BOOK_ADDED;
		limited += r == BOOK_LIMITED;
	}
	ATF_CHECK_EQ_MSG(1000, added, "%u added", added);
	ATF_CHECK(limited > 0);
	/* What is known costs nothing; another group has its own. */
	ATF_CHECK_EQ(BOOK_KNOWN, fix_hear(&f, &(struct peer_addr){
	    .id = fix_peer(0).id, .na = fix_peer(0).na }, 3));
	a = fix_peer(39000);
	ATF_CHECK_EQ(BOOK_ADDED, fix_hear(&f, &a, 6));
	/* An operator's file is outside of it, also from that group. */
	for (i = 0, added = 0; i < 20; i++) {
		a = fix_peer(38000 + i);
		memcpy(a.na.ip, src.ip, sizeof(a.na.ip));
		added += book_import(f.book, f.now, &a) == BOOK_ADDED;
	}
	ATF_CHECK_MSG(added > 0, "an import was limited");
	/* One comes back in 86.4 s, and a hundredth in that of a day. */
	f.now += 86;
	ATF_CHECK_EQ(0, added_of(&f, 30000, 1000, &src));
	f.now += 1;
	ATF_CHECK_EQ(1, added_of(&f, 31000, 1000, &src));
	f.now += FIX_DAY / 100;
	ATF_CHECK_EQ(10, added_of(&f, 32000, 6000, &src));
	fix_free(&f);
}

/* At most 250 of a list are looked at, and not always the first. */
ATF_TC_WITHOUT_HEAD(long_list);
ATF_TC_BODY(long_list, tc)
{
	static struct peer_addr	 list[1122];
	struct bookfix		 f;
	struct book_source	 src = fix_source(1);
	unsigned int		 counts[BOOK_RESULT_MAX], i, sum = 0, late = 0;

	fix_init(&f, BOOK_SIZE_DEFAULT, 5);
	for (i = 0; i < 1122; i++)
		list[i] = fix_peer(i);
	book_hear_list(f.book, f.now, list, 1122, &src, counts);
	FIX_CHECK(&f);
	for (i = 0; i < BOOK_RESULT_MAX; i++)
		sum += counts[i];
	ATF_CHECK_EQ(250, sum);
	for (i = 561; i < 1122; i++)
		late += fix_has(&f, &list[i]);
	ATF_CHECK_MSG(late > 80 && late < 170, "%u of the second half", late);
	ATF_CHECK_EQ(0, book_hear_list(f.book, f.now, list, 0, &src, NULL));
	fix_free(&f);
}

/* An inbound peer's announcement: candidate or hearsay. */
ATF_TC_WITHOUT_HEAD(announcements);
ATF_TC_BODY(announcements, tc)
{
	struct bookfix		 f;
	struct peer_addr	 sock = fix_addr(1, "1.2.3.4", 50123);
	struct peer_addr	 want;
	struct netaddr		 la;

	fix_init(&f, 0, 6);
	/* Unspecified: the socket's IP with the announced port. */
	la = fix_addr(0, "0.0.0.0", 26656).na;
	ATF_CHECK_EQ(BOOK_ADDED, book_announce(f.book, f.now, &sock, &la));
	want = fix_addr(1, "1.2.3.4", 26656);
	ATF_CHECK_EQ(netgroup_of(sock.na.ip, true).v,
	    fix_row(&f, &want).source.v);
	ATF_CHECK_EQ(BOOK_HEARD, fix_row(&f, &want).level);
	la = fix_addr(0, "::", 26657).na;
	ATF_CHECK_EQ(BOOK_ADDED, book_announce(f.book, f.now, &sock, &la));
	/* Its own: the same. */
	la = fix_addr(0, "1.2.3.4", 26658).na;
	ATF_CHECK_EQ(BOOK_ADDED, book_announce(f.book, f.now, &sock, &la));
	FIX_CHECK(&f);
	/* Another's: hearsay, and not against an ID that answers. */
	sock.id = fix_id(2);
	la = fix_addr(0, "5.6.7.8", 26656).na;
	ATF_CHECK_EQ(BOOK_ADDED, book_announce(f.book, f.now, &sock, &la));
	want = fix_addr(2, "5.6.7.8", 26656);
	ATF_CHECK_EQ(netgroup_of(sock.na.ip, true).v,
	    fix_row(&f, &want).source.v);
	fix_outcome(&f, &want, BOOK_LIVE);
	la.port = 1;
	ATF_CHECK_EQ(BOOK_CLAIMED, book_announce(f.book, f.now, &sock, &la));
	la = fix_addr(0, "1.2.3.4", 26659).na;
	ATF_CHECK_EQ(BOOK_ADDED, book_announce(f.book, f.now, &sock, &la));
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(announcement_limits);
ATF_TC_BODY(announcement_limits, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a;
	unsigned int		 i, n;

	fix_init(&f, BOOK_SIZE_DEFAULT, 7);
	/* 16 of a group, one more after a minute. */
	for (n = i = 0; i < 40; i++) {
		a = fix_addr(i, "1.2.3.4", 26656);
		a.na.ip[15] = i;
		n += book_announce(f.book, f.now, &a, &a.na) != BOOK_LIMITED;
		f.now += i % 10 == 9;
	}
	ATF_CHECK_EQ(16, n);
	f.now += FIX_MINUTE;
	for (n = i = 0; i < 5; i++) {
		a = fix_addr(100 + i, "1.2.9.4", 26656);
		n += book_announce(f.book, f.now, &a, &a.na) != BOOK_LIMITED;
	}
	ATF_CHECK_EQ(1, n);
	/* 20 a second in all; a refused group takes nothing from it. */
	f.now += 10;
	for (n = i = 0; i < 100; i++) {
		a = fix_addr(200 + i, "1.2.9.4", 26656);
		book_announce(f.book, f.now, &a, &a.na);
		a = fix_peer(1000 + i);
		n += book_announce(f.book, f.now, &a, &a.na) != BOOK_LIMITED;
	}
	ATF_CHECK_EQ(20, n);
	fix_free(&f);
}

/* Who is known and comes again takes nothing from those who are new. */
ATF_TC_WITHOUT_HEAD(announced_again);
ATF_TC_BODY(announced_again, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_addr(1, "1.2.3.4", 26656);
	struct peer_addr	 b = fix_addr(2, "1.2.9.4", 26656);
	int			 i;

	fix_init(&f, BOOK_SIZE_DEFAULT, 7);
	ATF_CHECK_EQ(BOOK_ADDED, book_announce(f.book, f.now, &a, &a.na));
	for (i = 0; i < 100; i++)
		ATF_CHECK_EQ(BOOK_KNOWN, book_announce(f.book, f.now, &a,
		    &a.na));
	ATF_CHECK_EQ(BOOK_ADDED, book_announce(f.book, f.now, &b, &b.na));
	fix_free(&f);
}

/* A taken slot: bad and doubled ones yield, others do not. */
ATF_TC_WITHOUT_HEAD(slot_rules);
ATF_TC_BODY(slot_rules, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a, b, victim = fix_peer(0);
	unsigned int		 i, full = 0;
	uint32_t		 place;

	fix_init(&f, BOOK_SIZE_MIN, 8);
	fix_hear(&f, &victim, 3);
	place = fix_row(&f, &victim).place[0];
	/* Somebody whose slot it is too: refused for now. */
	for (i = 1, b = victim; i < 40000; i++) {
		a = fix_peer(i);
		if (hear(&f, &a, 3 + i % 7) == BOOK_NO_ROOM)
			full++;
	}
	ATF_CHECK(full > 0);
	ATF_CHECK(fix_has(&f, &victim));
	ATF_CHECK_EQ(place, fix_row(&f, &victim).place[0]);
	/* After a week of silence it is bad, and yields. */
	f.now += 8 * FIX_DAY;
	ATF_CHECK(fix_row(&f, &victim).bad);
	for (i = 40000; i < 80000 && fix_has(&f, &victim); i++) {
		b = fix_peer(i);
		hear(&f, &b, 3);
	}
	ATF_CHECK(!fix_has(&f, &victim));
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(doubled_yields_to_first);
ATF_TC_BODY(doubled_yields_to_first, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_peer(0), b;
	unsigned int		 i, places;

	fix_init(&f, BOOK_SIZE_MIN, 9);
	fix_hear(&f, &a, 1);
	for (i = 2; i < 200; i++)
		fix_hear(&f, &a, i);
	places = fix_row(&f, &a).nplaces;
	ATF_REQUIRE(places > 1);
	for (i = 1; i < 30000 && fix_row(&f, &a).nplaces == places; i++) {
		b = fix_peer(i);
		hear(&f, &b, 300 + i);
	}
	ATF_CHECK_EQ(places - 1, fix_row(&f, &a).nplaces);
	/* Its last place it keeps. */
	for (; i < 60000; i++) {
		b = fix_peer(i % 40000);
		hear(&f, &b, 300 + i);
	}
	ATF_CHECK_EQ(1, fix_row(&f, &a).nplaces);
	fix_free(&f);
}

/* A private network has no groups to count by. */
ATF_TC_WITHOUT_HEAD(private_network);
ATF_TC_BODY(private_network, tc)
{
	struct bookfix		 f;
	struct peer_addr	 a = fix_addr(0, "127.0.0.1", 1);
	unsigned int		 i, n = 0;

	fix_init(&f, 200000, 10);
	f.conf.strict = false;
	f.conf.private_network = true;
	ATF_REQUIRE_EQ(0, book_configure(f.book, f.now, &f.conf));
	for (i = 0; i < 60; i++, f.now++) {
		a.id = fix_id(i);
		a.na.port = 1000 + i;
		n += book_announce(f.book, f.now, &a, &a.na) != BOOK_LIMITED;
	}
	ATF_CHECK_EQ(60, n);
	FIX_CHECK(&f);
	fix_free(&f);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, routability);
	ATF_TP_ADD_TC(tp, port_zero);
	ATF_TP_ADD_TC(tp, own);
	ATF_TP_ADD_TC(tp, private_ids);
	ATF_TP_ADD_TC(tp, three_claims);
	ATF_TP_ADD_TC(tp, bad_claim_yields);
	ATF_TP_ADD_TC(tp, id_moves);
	ATF_TP_ADD_TC(tp, mapped);
	ATF_TP_ADD_TC(tp, references);
	ATF_TP_ADD_TC(tp, source_group_is_confined);
	ATF_TP_ADD_TC(tp, source_limit);
	ATF_TP_ADD_TC(tp, long_list);
	ATF_TP_ADD_TC(tp, announcements);
	ATF_TP_ADD_TC(tp, announcement_limits);
	ATF_TP_ADD_TC(tp, announced_again);
	ATF_TP_ADD_TC(tp, slot_rules);
	ATF_TP_ADD_TC(tp, doubled_yields_to_first);
	ATF_TP_ADD_TC(tp, private_network);
	return atf_no_error();
}
