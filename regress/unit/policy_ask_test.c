/* SPDX-License-Identifier: ISC */
/* The pace of our own requests. */

#include <atf-c.h>

#include "regress/lib/policyfix.h"

static struct fx *
quiet(void)
{
	struct fx *fx = fx_new(MODE_PEER);

	fx->conf->limits.max_outbound = 0;
	fx->conf->times.probe_interval = 1000 * FX_HOUR;
	fx_begin(fx);
	fx_status(fx, 0, true);
	return fx;
}

static uint32_t
inbound(struct fx *fx, unsigned n)
{
	struct peer_addr a = fx_addr(n);
	uint32_t conn;

	ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a, &conn, NULL));
	return conn;
}

/* A new outbound peer is asked when addresses are wanted, an inbound not. */
ATF_TC_WITHOUT_HEAD(new_peers);
ATF_TC_BODY(new_peers, tc)
{
	struct fx *fx = quiet();
	uint32_t out, in;

	fx_start(fx);
	out = fx_outbound(fx, 1);
	in = inbound(fx, 2);
	ATF_CHECK_EQ(1, fx_count_asks(fx, out));
	ATF_CHECK_EQ(0, fx_count_asks(fx, in));
	fx_status(fx, 1000, false);
	out = fx_outbound(fx, 3);
	ATF_CHECK_EQ(0, fx_count_asks(fx, out));
	fx_free(fx);
}

/* One outstanding, and at least 30 s between two to the same peer. */
ATF_TC_WITHOUT_HEAD(spacing);
ATF_TC_BODY(spacing, tc)
{
	struct fx *fx = quiet();
	uint32_t conn;
	unsigned i;

	fx->conf->times.ensure_period = FX_SECOND;	/* asks often */
	fx_start(fx);
	conn = fx_outbound(fx, 1);
	ATF_REQUIRE_EQ(1, fx->nasks);
	fx_run(fx, 50 * FX_SECOND);
	ATF_CHECK_EQ_MSG(1, fx->nasks, "the first is not answered yet");
	fx_live(fx, conn, OUTCOME_ANSWERED);
	for (i = 0; i < 300; i++) {
		fx_run(fx, FX_SECOND);
		fx_live(fx, conn, OUTCOME_ANSWERED);
	}
	ATF_CHECK(fx->nasks >= 10);
	for (i = 0; i + 1 < fx->nasks; i++)
		ATF_CHECK(fx->asks[i + 1].at - fx->asks[i].at >=
		    30 * FX_SECOND);
	fx_free(fx);
}

/* Unanswered for 60 s: not asked again on that connection. */
ATF_TC_WITHOUT_HEAD(unanswered);
ATF_TC_BODY(unanswered, tc)
{
	struct fx *fx = quiet();
	uint32_t conn;

	fx_start(fx);
	conn = fx_outbound(fx, 1);
	fx_run(fx, 59900);
	ATF_CHECK_EQ(0, policy_stats(fx->p)->unanswered);
	fx_run(fx, 200);
	ATF_CHECK_EQ(1, policy_stats(fx->p)->unanswered);
	fx_run(fx, FX_HOUR);
	ATF_CHECK_EQ(1, fx->nasks);
	ATF_CHECK_MSG(fx_find_drop(fx, conn) == NULL, "slow is no fault");
	/* A late answer is an answer, but no invitation. */
	fx_live(fx, conn, OUTCOME_ANSWERED);
	ATF_CHECK_EQ(1, policy_stats(fx->p)->answers);
	ATF_CHECK_EQ(1, fx_count_reports(fx, OUTCOME_ANSWERED));
	fx_run(fx, FX_HOUR);
	ATF_CHECK_EQ(1, fx->nasks);
	/* The next connection is a new one. */
	fx_down(fx, conn, DOWN_PEER_CLOSED);
	(void)fx_outbound(fx, 1);
	ATF_CHECK_EQ(2, fx->nasks);
	fx_free(fx);
}

/* While addresses are wanted, somebody is asked in every round. */
ATF_TC_WITHOUT_HEAD(while_wanted);
ATF_TC_BODY(while_wanted, tc)
{
	struct fx *fx = quiet();
	uint32_t conn[20];
	unsigned i, j, asked = 0;

	fx_start(fx);
	for (i = 0; i < 10; i++)
		conn[i] = fx_outbound(fx, i);
	for (; i < 20; i++)
		conn[i] = inbound(fx, i);
	ATF_REQUIRE_EQ(10, fx->nasks);
	for (i = 0; i < 20; i++)
		fx_live(fx, conn[i], OUTCOME_ANSWERED);
	for (j = 0; j < 60; j++) {
		unsigned n = fx->nasks;

		fx_run(fx, 30 * FX_SECOND);
		ATF_CHECK_EQ(n + 1, fx->nasks);
		fx_live(fx, fx->asks[n].conn, OUTCOME_ANSWERED);
	}
	for (i = 10; i < 20; i++)
		asked += fx_count_asks(fx, conn[i]) > 0;
	ATF_CHECK_MSG(asked > 5, "inbound peers are asked as well");
	fx_free(fx);
}

/* Enough known: one random outbound and one inbound peer every 5 min. */
ATF_TC_WITHOUT_HEAD(never_stops_for_good);
ATF_TC_BODY(never_stops_for_good, tc)
{
	struct fx *fx = quiet();
	uint32_t conn[20];
	unsigned i, j, n, out = 0, different = 0;

	fx_status(fx, 1000, false);
	fx_start(fx);
	for (i = 0; i < 10; i++)
		conn[i] = fx_outbound(fx, i);
	for (; i < 20; i++)
		conn[i] = inbound(fx, i);
	ATF_REQUIRE_EQ(0, fx->nasks);
	fx_run(fx, FX_MINUTE);
	for (j = 0; j < 40; j++) {
		n = fx->nasks;
		fx_run(fx, 5 * FX_MINUTE);
		ATF_REQUIRE_EQ(n + 2, fx->nasks);
		for (i = n; i < n + 2; i++) {
			out += fx->asks[i].conn <= conn[9];
			fx_live(fx, fx->asks[i].conn, OUTCOME_ANSWERED);
		}
	}
	ATF_CHECK_EQ(40, out);
	for (i = 0; i < 20; i++)
		different += fx_count_asks(fx, conn[i]) > 0;
	ATF_CHECK_MSG(different > 15, "only %u peers were asked", different);
	fx_free(fx);
}

/* A seed asks whom it dialled; its visitors ask it and leave. */
ATF_TC_WITHOUT_HEAD(a_seed_asks_no_visitor);
ATF_TC_BODY(a_seed_asks_no_visitor, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	uint32_t conn;
	unsigned i;

	fx_begin(fx);
	fx_status(fx, 10, true);
	fx_start(fx);
	conn = inbound(fx, 1);
	for (i = 0; i < 20; i++) {
		fx->npicks = 0;
		fx_run(fx, FX_MINUTE);
	}
	ATF_CHECK_EQ(0, fx_count_asks(fx, conn));
	fx_free(fx);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, new_peers);
	ATF_TP_ADD_TC(tp, spacing);
	ATF_TP_ADD_TC(tp, unanswered);
	ATF_TP_ADD_TC(tp, while_wanted);
	ATF_TP_ADD_TC(tp, never_stops_for_good);
	ATF_TP_ADD_TC(tp, a_seed_asks_no_visitor);
	return atf_no_error();
}
