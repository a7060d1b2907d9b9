/* SPDX-License-Identifier: ISC */
/* So many lines a second, by a clock of the test's. */

#include <atf-c.h>

#include "common/lograte.h"

#define RATE	3

ATF_TC_WITHOUT_HEAD(holds_back);
ATF_TC_BODY(holds_back, tc)
{
	struct lograte r = { 0 };
	int i;

	for (i = 0; i < RATE; i++)
		ATF_CHECK(lograte_take(&r, RATE));
	for (i = 1; i <= 5; i++) {
		ATF_CHECK(!lograte_take(&r, RATE));
		ATF_CHECK_EQ((unsigned)i, r.held);
	}
}

ATF_TC_WITHOUT_HEAD(turns);
ATF_TC_BODY(turns, tc)
{
	struct lograte r = { 0 };
	int i;

	ATF_CHECK_EQ(0, lograte_turn(&r, 7));
	for (i = 0; i < RATE + 2; i++)
		(void)lograte_take(&r, RATE);
	/* The second goes on: nothing to tell, and nothing passes. */
	ATF_CHECK_EQ(0, lograte_turn(&r, 7));
	ATF_CHECK(!lograte_take(&r, RATE));
	/* The next tells once, and has lines of its own. */
	ATF_CHECK_EQ(3, lograte_turn(&r, 9));
	ATF_CHECK_EQ(0, lograte_turn(&r, 9));
	for (i = 0; i < RATE; i++)
		ATF_CHECK(lograte_take(&r, RATE));
	ATF_CHECK(!lograte_take(&r, RATE));
	/* Where none was held back there is nothing to tell. */
	ATF_CHECK_EQ(1, lograte_turn(&r, 10));
	ATF_CHECK_EQ(0, lograte_turn(&r, 11));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, holds_back);
	ATF_TP_ADD_TC(tp, turns);
	return atf_no_error();
}
