/* SPDX-License-Identifier: ISC */
/* Outcomes of dials: each counted, each told to the book as it is. */

#include <atf-c.h>

#include "regress/lib/policyfix.h"

static struct fx *
dialling(struct peer_addr *a)
{
	struct fx *fx = fx_new(MODE_PEER);

	fx->conf->times.probe_interval = 1000 * FX_HOUR;
	*a = fx_addr(1);
	fx_start(fx);
	fx_answer_pick(fx, fx_last_pick(fx), a, 1);
	ATF_REQUIRE_EQ(1, fx->ndials);
	return fx;
}

/* The thirteen: what ends a dial is counted once and reported once. */
ATF_TC_WITHOUT_HEAD(each_outcome);
ATF_TC_BODY(each_outcome, tc)
{
	unsigned o, k;

	for (o = OUTCOME_FULL; o <= OUTCOME_REJECTED; o++) {
		struct peer_addr a;
		struct fx *fx = dialling(&a);
		const struct policy_stats *st = policy_stats(fx->p);
		struct m_dialed m = { .dial = fx->dials[0].d.dial,
		    .outcome = o, .id = fx_id(77) };

		policy_dialed(fx->p, fx->now, &m);
		fx_check(fx);
		ATF_CHECK_EQ(0, fx_counts(fx).dialling);
		for (k = 0; k < OUTCOME_MAX; k++)
			ATF_CHECK_EQ(k == o, st->outcomes[k]);
		ATF_REQUIRE_EQ(1, fx->nreports);
		ATF_CHECK_EQ(o, fx->reports[0].outcome);
		ATF_CHECK(peer_addr_equal(&a, &fx->reports[0].addr));
		ATF_CHECK_EQ(PURPOSE_PEER, fx->reports[0].purpose);
		ATF_CHECK_EQ_MSG(o == OUTCOME_WRONG_IDENTITY,
		    node_id_equal(&m.id, &fx->reports[0].id),
		    "who answered is told with a wrong identity only");
		/* The same word again, late, changes nothing. */
		policy_dialed(fx->p, fx->now, &m);
		ATF_CHECK_EQ(1, fx->nreports);
		fx_free(fx);
	}
}

/* A success: connected, then live; mature after 10 min and every hour. */
ATF_TC_WITHOUT_HEAD(success);
ATF_TC_BODY(success, tc)
{
	struct peer_addr a;
	struct fx *fx = dialling(&a);
	const struct policy_stats *st = policy_stats(fx->p);
	uint32_t conn;
	unsigned i;

	conn = fx_connected(fx, 0);
	ATF_REQUIRE(conn != 0);
	ATF_REQUIRE_EQ(1, fx->nreports);
	ATF_CHECK_EQ(OUTCOME_CONNECTED, fx->reports[0].outcome);
	ATF_CHECK_EQ(20, fx->reports[0].latency_ms);
	ATF_CHECK_EQ_MSG(0, st->outcomes[OUTCOME_CONNECTED],
	    "it may be a full one still");
	fx_run(fx, FX_MINUTE);
	fx_live(fx, conn, OUTCOME_LIVE);
	ATF_CHECK_EQ(1, st->outcomes[OUTCOME_CONNECTED]);
	ATF_CHECK_EQ(1, fx_count_reports(fx, OUTCOME_LIVE));
	for (i = 0; i < 8; i++) {
		fx_run(fx, FX_MINUTE);
		fx_live(fx, conn, OUTCOME_LIVE);
	}
	ATF_CHECK_EQ_MSG(1, fx_count_reports(fx, OUTCOME_LIVE),
	    "the first pong says it");
	ATF_CHECK_EQ(0, fx_count_reports(fx, OUTCOME_MATURE));
	fx_run(fx, 2 * FX_MINUTE);
	ATF_CHECK_EQ(1, fx_count_reports(fx, OUTCOME_MATURE));
	fx_run(fx, 61 * FX_MINUTE);
	ATF_CHECK_EQ(2, fx_count_reports(fx, OUTCOME_MATURE));
	fx_live(fx, conn, OUTCOME_ANSWERED);
	ATF_CHECK_EQ(1, fx_count_reports(fx, OUTCOME_ANSWERED));
	fx_down(fx, conn, DOWN_PEER_CLOSED);
	ATF_CHECK_EQ(1, st->outcomes[OUTCOME_CONNECTED]);
	ATF_CHECK_EQ(0, st->outcomes[OUTCOME_FULL]);
	fx_free(fx);
}

/* Connected without a sign of life is no success, however long. */
ATF_TC_WITHOUT_HEAD(not_live_is_not_mature);
ATF_TC_BODY(not_live_is_not_mature, tc)
{
	struct peer_addr a;
	struct fx *fx = dialling(&a);

	ATF_REQUIRE(fx_connected(fx, 0) != 0);
	fx_run(fx, 30 * FX_MINUTE);
	ATF_CHECK_EQ(0, fx_count_reports(fx, OUTCOME_MATURE));
	ATF_CHECK_EQ(0, fx_count_reports(fx, OUTCOME_LIVE));
	fx_free(fx);
}

/* Closed just after NodeInfo: a stock node at its limit, no failure. */
ATF_TC_WITHOUT_HEAD(full_after_node_info);
ATF_TC_BODY(full_after_node_info, tc)
{
	static const struct {
		enum down_reason reason;
		enum outcome outcome;
	} cases[] = {
		{ DOWN_PEER_CLOSED, OUTCOME_FULL },
		{ DOWN_PEER_ERROR, OUTCOME_FULL },
		{ DOWN_PROTOCOL, OUTCOME_REJECTED },
		{ DOWN_MISBEHAVED, OUTCOME_REJECTED },
		{ DOWN_OPERATOR, OUTCOME_CONNECTED },
		{ DOWN_PONG_TIMEOUT, OUTCOME_CONNECTED },
	};
	unsigned i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peer_addr a;
		struct fx *fx = dialling(&a);
		uint32_t conn = fx_connected(fx, 0);

		fx_run(fx, 100);
		fx_down(fx, conn, cases[i].reason);
		ATF_CHECK_EQ(1,
		    policy_stats(fx->p)->outcomes[cases[i].outcome]);
		ATF_CHECK_EQ(cases[i].outcome == OUTCOME_FULL,
		    fx_count_reports(fx, OUTCOME_FULL));
		ATF_CHECK_EQ(cases[i].outcome == OUTCOME_REJECTED,
		    fx_count_reports(fx, OUTCOME_REJECTED));
		fx_free(fx);
	}
}

/* A stall after TCP stood is not the failure that a lost SYN is. */
ATF_TC_WITHOUT_HEAD(stalled_is_not_timed_out);
ATF_TC_BODY(stalled_is_not_timed_out, tc)
{
	struct peer_addr a;
	struct fx *fx = dialling(&a);

	policy_reached(fx->p, fx->now, fx->dials[0].d.dial, 30);
	fx_fail(fx, 0, OUTCOME_TIMED_OUT);
	ATF_CHECK_EQ(1, policy_stats(fx->p)->outcomes[OUTCOME_TIMED_OUT]);
	ATF_REQUIRE_EQ(1, fx->nreports);
	ATF_CHECK_EQ(OUTCOME_FULL, fx->reports[0].outcome);
	fx_free(fx);
}

/* The handshake ended otherwise after it was admitted. */
ATF_TC_WITHOUT_HEAD(admitted_but_failed);
ATF_TC_BODY(admitted_but_failed, tc)
{
	struct peer_addr a;
	struct fx *fx = dialling(&a);
	uint32_t conn;

	ATF_REQUIRE_EQ(VERDICT_OK, fx_admit_dial(fx, 0, &conn));
	ATF_CHECK_EQ(1, fx_counts(fx).outbound);
	fx_fail(fx, 0, OUTCOME_FULL);
	ATF_CHECK_EQ(0, fx_counts(fx).outbound);
	ATF_CHECK_EQ(1, fx_count_reports(fx, OUTCOME_FULL));
	ATF_CHECK_EQ(1, policy_stats(fx->p)->outcomes[OUTCOME_FULL]);
	ATF_CHECK_EQ(0, fx_count_reports(fx, OUTCOME_CONNECTED));
	fx_free(fx);
}

/* A dial that nobody ends is ended: our own lack, nobody's failure. */
ATF_TC_WITHOUT_HEAD(lost_dials_end);
ATF_TC_BODY(lost_dials_end, tc)
{
	struct peer_addr a;
	struct fx *fx = dialling(&a);

	fx_run(fx, 13 * FX_SECOND);	/* 3 s, 6 s, and some grace */
	ATF_CHECK_EQ(1, fx_counts(fx).dialling);
	fx_run(fx, 2 * FX_SECOND);
	ATF_CHECK_EQ(0, fx_counts(fx).dialling);
	ATF_CHECK_EQ(1, fx_count_reports(fx, OUTCOME_OURS));
	fx_free(fx);
}

/* max dials bounds what is in flight, persistent peers aside. */
ATF_TC_WITHOUT_HEAD(max_dials);
ATF_TC_BODY(max_dials, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a[8];
	unsigned i;

	fx->conf->limits.max_dials = 3;
	fx_start(fx);
	for (i = 0; i < 8; i++)
		a[i] = fx_addr(i);
	fx_answer_pick(fx, fx_last_pick(fx), a, 8);
	ATF_CHECK_EQ(3, fx->ndials);
	ATF_CHECK(policy_stats(fx->p)->skips[SKIP_ROOM] > 0);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	unsigned i;

	for (i = 0; i < SKIP_MAX; i++)
		ATF_CHECK(policy_skip_name(i) != NULL);
	ATF_CHECK_STREQ("?", policy_skip_name(SKIP_MAX));
	for (i = 0; i < KIND_MAX; i++)
		ATF_CHECK(policy_kind_name(i) != NULL);
	ATF_CHECK_STREQ("?", policy_kind_name(KIND_MAX));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, each_outcome);
	ATF_TP_ADD_TC(tp, success);
	ATF_TP_ADD_TC(tp, not_live_is_not_mature);
	ATF_TP_ADD_TC(tp, full_after_node_info);
	ATF_TP_ADD_TC(tp, stalled_is_not_timed_out);
	ATF_TP_ADD_TC(tp, admitted_but_failed);
	ATF_TP_ADD_TC(tp, lost_dials_end);
	ATF_TP_ADD_TC(tp, max_dials);
	ATF_TP_ADD_TC(tp, names);
	return atf_no_error();
}
