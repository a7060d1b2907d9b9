/* SPDX-License-Identifier: ISC */
/*
 * What a book costs in memory, and that one of the largest size works.
 */
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
size_t	 __sanitizer_get_current_allocated_bytes(void);
#else
#include <malloc.h>
#endif

#include <atf-c.h>

#include "addrbookd/book/impl.h"
#include "regress/lib/bigbook.h"

#define LARGEST		64	/* book size */
#define ENTRY_BYTES	160	/* an entry may cost */
#define FILLED		30000	/* entries */
#define MILLION		1000000
#define PICKS		6000
#define QUARTERS	4

static const uint8_t	key[BOOK_KEY_SIZE] = "a key for costs";

static size_t
allocated(void)
{
#ifdef __SANITIZE_ADDRESS__
	return __sanitizer_get_current_allocated_bytes();
#else
	struct mallinfo2	 m = mallinfo2();

	return m.uordblks + m.hblkhd;
#endif
}

static size_t
bytes_of(unsigned int slots, const struct rng *r)
{
	struct rng		 rng = *r;
	struct book_config	 conf = { .strict = true };
	size_t			 before = allocated(), n;
	struct book		*b;

	ATF_REQUIRE((b = book_new(slots, key, &rng, &conf)) != NULL);
	n = allocated() - before;
	book_free(b);
	return n;
}

/*
 * All that grows with the size of a book, over the entries it can hold.  What
 * does not grow, bans and holds, is as much as they may ever take.
 */
ATF_TC_WITHOUT_HEAD(memory);
ATF_TC_BODY(memory, tc)
{
	struct rng	 rng;
	size_t		 one, more, grows, full;

	rng_seed_number(&rng, 1);
	one = bytes_of(BOOK_SIZE_DEFAULT, &rng);
	more = bytes_of(LARGEST * BOOK_SIZE_DEFAULT, &rng);
	grows = (more - one) / ((LARGEST - 1) * BOOK_SIZE_DEFAULT);
	ATF_CHECK_MSG(grows <= ENTRY_BYTES, "%zu bytes an entry", grows);
	/* Entries that are unused are not in memory; the tables are. */
	full = sizeof(struct entry) + (grows - sizeof(struct entry)) *
	    LARGEST * BOOK_SIZE_DEFAULT / MILLION;
	ATF_CHECK_MSG(full <= ENTRY_BYTES, "%zu bytes of a million", full);
	ATF_CHECK_MSG(one - grows * BOOK_SIZE_DEFAULT < 6 << 20, "%zu bytes",
	    one - grows * BOOK_SIZE_DEFAULT);
}

ATF_TC_WITHOUT_HEAD(largest);
ATF_TC_BODY(largest, tc)
{
	struct bigbook		 w;
	struct book_counts	 c;
	struct book_row		 row;
	struct peer_addr	 out[BOOK_REPLY_MAX];
	unsigned int		 i;

	ATF_REQUIRE_EQ(0, bigbook_init(&w, LARGEST * BOOK_SIZE_DEFAULT,
	    FILLED, key));
	bigbook_fill(&w);
	book_count(w.book, w.now, &c);
	ATF_CHECK_EQ(LARGEST * BOOK_SIZE_DEFAULT, c.capacity);
	ATF_CHECK_EQ(FILLED, c.size);
	ATF_CHECK_EQ(FILLED / 5, c.in_old);
	for (i = 0; i < 100; i++)
		ATF_CHECK(book_find(w.book, w.now, bigbook_known(&w), &row));
	ATF_CHECK_EQ(BOOK_REPLY_MAX, book_select(w.book, w.now,
	    bigbook_known(&w), true, out));
	ATF_CHECK_STREQ(book_check_text(0),
	    book_check_text(book_check(w.book)));
	bigbook_free(&w);
}

/*
 * In a large book who is picked for a slot is drawn from all entries and not
 * from a pool: still each as likely, and nobody else.
 */
ATF_TC_WITHOUT_HEAD(large_picks);
ATF_TC_BODY(large_picks, tc)
{
	struct bigbook		 w;
	struct book_pick	 p;
	struct book_row		 row;
	unsigned int		 i, n[2][QUARTERS] = { { 0 } }, old, q;

	ATF_REQUIRE_EQ(0, bigbook_init(&w, 2 * BOOK_SIZE_DEFAULT, 36000,
	    key));
	bigbook_fill(&w);
	for (i = 0; i < PICKS; i++) {
		old = i % 2;
		ATF_REQUIRE_EQ(1, book_pick(w.book, w.now, old ? 0 : 100,
		    NULL, &p, 1));
		ATF_REQUIRE(book_find(w.book, w.now, &p.addr, &row));
		ATF_CHECK_EQ(old, row.old);
		ATF_CHECK(row.rest_until <= w.now);
		n[old][p.addr.id.b[0] * QUARTERS / 256]++;
	}
	/* IDs are random, and no quarter of them is favoured. */
	for (old = 0; old < 2; old++)
		for (q = 0; q < QUARTERS; q++)
			ATF_CHECK_MSG(n[old][q] > PICKS / 2 / QUARTERS * 0.88 &&
			    n[old][q] < PICKS / 2 / QUARTERS * 1.12,
			    "%u: %u", old, n[old][q]);
	bigbook_free(&w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, memory);
	ATF_TP_ADD_TC(tp, largest);
	ATF_TP_ADD_TC(tp, large_picks);
	return atf_no_error();
}
