/* SPDX-License-Identifier: ISC */
/* A memory that takes nobody new sooner than it forgets what is recent. */

#include <atf-c.h>
#include <string.h>

#include "common/rng.h"
#include "dialer/policy/recent.h"

#define SPAN	1000

/* Full of what is recent: the stranger waits, the known do not. */
ATF_TC_WITHOUT_HEAD(nothing_recent_is_forgotten);
ATF_TC_BODY(nothing_recent_is_forgotten, tc)
{
	struct recent r;
	uint64_t key;

	ATF_REQUIRE_EQ(0, recent_init(&r, 512, SPAN));
	for (key = 0; key < 512; key++) {
		ATF_CHECK(recent_has_room(&r, key));
		ATF_REQUIRE_EQ(0, recent_use(&r, key, key));
	}
	ATF_CHECK(!recent_has_room(&r, SPAN));
	ATF_CHECK_EQ(-1, recent_use(&r, SPAN, 1000));
	ATF_CHECK(recent_find(&r, 1000) == NULL);
	for (key = 0; key < 512; key++)
		ATF_CHECK(recent_find(&r, key) != NULL);

	/* Key 0 was used again, so key 1 is the first to be over. */
	ATF_REQUIRE_EQ(0, recent_use(&r, SPAN, 0));
	ATF_CHECK_EQ(-1, recent_use(&r, 1 + SPAN, 1000));
	ATF_CHECK(recent_has_room(&r, 2 + SPAN));
	ATF_REQUIRE_EQ(0, recent_use(&r, 2 + SPAN, 1000));
	ATF_CHECK(recent_find(&r, 1) == NULL);
	ATF_CHECK(recent_find(&r, 0) != NULL);
	ATF_CHECK_EQ(-1, recent_use(&r, 2 + SPAN, 1001));
	ATF_CHECK_EQ(0, recent_check(&r));
	recent_free(&r);
}

/* Six uses are told apart, and a forgotten one begins anew. */
ATF_TC_WITHOUT_HEAD(times_of_use);
ATF_TC_BODY(times_of_use, tc)
{
	const struct recent_item *e;
	struct recent r;
	unsigned i;

	ATF_REQUIRE_EQ(0, recent_init(&r, 1, 20 * SPAN));
	for (i = 0; i < 8; i++)
		ATF_REQUIRE_EQ(0, recent_use(&r, i * 1000 + 999, 7));
	ATF_REQUIRE((e = recent_find(&r, 7)) != NULL);
	ATF_CHECK_EQ(7999, e->last);
	for (i = 0; i < RECENT_TIMES; i++)
		ATF_CHECK_EQ(6 - i + 1, e->times[i]);
	ATF_CHECK_EQ(-1, recent_use(&r, 7999 + 20 * SPAN, 8));
	ATF_REQUIRE_EQ(0, recent_use(&r, 8000 + 20 * SPAN, 8));
	ATF_REQUIRE((e = recent_find(&r, 8)) != NULL);
	ATF_CHECK_EQ(0, e->times[0]);
	recent_free(&r);
}

/* Against a plain list of when each key was used. */
ATF_TC_WITHOUT_HEAD(like_a_list);
ATF_TC_BODY(like_a_list, tc)
{
	uint64_t last[400], now = 1;
	unsigned i, k, n, live, refused = 0;
	struct recent r;
	struct rng rng;
	int want;

	memset(last, 0, sizeof(last));
	rng_seed_number(&rng, 1);
	ATF_REQUIRE_EQ(0, recent_init(&r, 128, SPAN));
	for (n = 0; n < 40000; n++) {
		now += rng_below(&rng, 10);
		k = rng_below(&rng, 400);
		for (i = live = 0; i < 400; i++)
			live += last[i] != 0 && now - last[i] <= SPAN;
		want = last[k] != 0 && now - last[k] <= SPAN ? 0 :
		    live < 128 ? 0 : -1;
		/* What is over may be known still: no reason to refuse it. */
		if (recent_find(&r, k) != NULL)
			want = 0;
		ATF_REQUIRE_EQ(want, recent_use(&r, now, k));
		if (want == 0)
			last[k] = now;
		refused += want == -1;
		ATF_REQUIRE_EQ(0, recent_check(&r));
	}
	ATF_CHECK(refused > 100);
	recent_free(&r);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, nothing_recent_is_forgotten);
	ATF_TP_ADD_TC(tp, times_of_use);
	ATF_TP_ADD_TC(tp, like_a_list);
	return atf_no_error();
}
