/* SPDX-License-Identifier: ISC */
/* pexctl dial, drop and show. */

#include <atf-c.h>
#include <string.h>

#include "regress/lib/policyfix.h"

static struct fx *
idle(void)
{
	struct fx *fx = fx_new(MODE_PEER);

	fx->conf->limits.max_outbound = 0;
	fx->conf->times.probe_interval = 1000 * FX_HOUR;
	fx_start(fx);
	return fx;
}

static void
dial(struct fx *fx, uint32_t request, const struct host_addr *h,
    bool persistent)
{
	struct m_ctl_dial m = { .addr = *h, .persistent = persistent };

	policy_ctl_dial(fx->p, fx->now, request, &m);
	fx_check(fx);
	policy_tick(fx->p, fx->now);
	fx_check(fx);
}

static const struct fx_answer *
last_answer(const struct fx *fx)
{
	ATF_REQUIRE(fx->nanswers > 0);
	return &fx->answers[fx->nanswers - 1];
}

/* DialPeersAsync: the given address gets connected. */
ATF_TC_WITHOUT_HEAD(dial_and_be_told);
ATF_TC_BODY(dial_and_be_told, tc)
{
	struct fx *fx = idle();
	struct host_addr h = fx_host(1, "20.1.0.1");
	uint32_t conn;

	dial(fx, 41, &h, false);
	ATF_REQUIRE_EQ(1, fx->ndials);
	ATF_CHECK_EQ(PURPOSE_MANUAL, fx->dials[0].d.purpose);
	ATF_CHECK_EQ_MSG(0, fx->nanswers, "told when it has ended");
	conn = fx_connected(fx, 0);
	ATF_CHECK_EQ_MSG(0, fx->nanswers, "it may hang up at once");
	fx_live(fx, conn, OUTCOME_LIVE);
	ATF_CHECK_EQ(41, last_answer(fx)->request);
	ATF_CHECK_EQ(STATUS_OK, last_answer(fx)->status);
	ATF_CHECK_EQ(1, fx_counts(fx).outbound);
	fx_run(fx, FX_HOUR);
	ATF_CHECK_MSG(fx_find_drop(fx, conn) == NULL, "it stays");
	fx_down(fx, conn, DOWN_PEER_CLOSED);
	ATF_CHECK_EQ_MSG(0, fx_counts(fx).outbound, "it is gone");
	fx_run(fx, FX_HOUR);
	ATF_CHECK_EQ_MSG(1, fx->ndials, "it is not dialled again");

	h = fx_host(2, "20.2.0.1");
	dial(fx, 42, &h, false);
	fx_fail(fx, 1, OUTCOME_WRONG_NETWORK);
	ATF_CHECK_EQ(42, last_answer(fx)->request);
	ATF_CHECK_EQ(STATUS_FAILED, last_answer(fx)->status);
	ATF_CHECK_STREQ("wrong network", last_answer(fx)->text);
	fx_free(fx);
}

/* A stock node at its limit hangs up when it has been admitted. */
ATF_TC_WITHOUT_HEAD(full_after_all);
ATF_TC_BODY(full_after_all, tc)
{
	struct fx *fx = idle();
	struct host_addr h = fx_host(1, "20.1.0.1");
	struct m_dialed m = { .outcome = OUTCOME_FULL };
	uint32_t conn;

	dial(fx, 41, &h, false);
	ATF_REQUIRE_EQ(VERDICT_OK, fx_admit_dial(fx, 0, &conn));
	ATF_CHECK_EQ(0, fx->nanswers);
	m.dial = fx->dials[0].d.dial;
	policy_dialed(fx->p, fx->now, &m);
	fx_check(fx);
	ATF_CHECK_EQ(41, last_answer(fx)->request);
	ATF_CHECK_EQ(STATUS_FAILED, last_answer(fx)->status);
	ATF_CHECK_STREQ("full", last_answer(fx)->text);

	/* Or engine goes. */
	fx_run(fx, 10 * FX_MINUTE);
	dial(fx, 42, &h, false);
	ATF_REQUIRE_EQ(VERDICT_OK, fx_admit_dial(fx, 1, &conn));
	policy_engine_lost(fx->p, fx->now);
	ATF_CHECK_EQ(42, last_answer(fx)->request);
	ATF_CHECK_EQ(STATUS_FAILED, last_answer(fx)->status);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(why_not);
ATF_TC_BODY(why_not, tc)
{
	struct fx *fx = idle();
	struct host_addr h = fx_host(1, "20.1.0.1");
	struct peer_addr a = fx_addr(1);
	struct m_ban ban = { .has_id = true, .left_s = 60, .id = fx_id(3) };

	ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, NULL));
	dial(fx, 1, &h, false);
	ATF_CHECK_STREQ("connected already", last_answer(fx)->text);
	h.id = fx->conf->id;
	dial(fx, 1, &h, false);
	ATF_CHECK_STREQ("that is this node itself", last_answer(fx)->text);
	h = fx_host(3, "20.3.0.1");
	policy_ban(fx->p, fx->now, &ban);
	dial(fx, 1, &h, false);
	ATF_CHECK_STREQ("banned", last_answer(fx)->text);
	h = fx_host(4, "20.4.0.1");
	dial(fx, 1, &h, false);
	ATF_CHECK_EQ(1, fx->ndials);
	dial(fx, 1, &h, false);
	ATF_CHECK_STREQ("a dial to it is under way", last_answer(fx)->text);
	fx_fail(fx, 0, OUTCOME_REFUSED);
	ATF_CHECK_STREQ("refused", last_answer(fx)->text);
	fx_run(fx, 500);
	dial(fx, 1, &h, false);
	ATF_CHECK_STREQ("it failed a moment ago; try again later",
	    last_answer(fx)->text);
	ATF_CHECK_EQ(STATUS_FAILED, last_answer(fx)->status);
	ATF_CHECK_EQ(1, fx->ndials);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	struct fx *fx = idle();
	struct host_addr h = fx_host(1, "peer.example.org");
	uint8_t ips[20][16];
	unsigned i;

	dial(fx, 7, &h, false);
	ATF_REQUIRE_EQ(1, fx->nresolves);
	policy_resolved(fx->p, fx->now, fx->resolves[0].token, NULL, 0);
	ATF_CHECK_STREQ("its name has no address", last_answer(fx)->text);

	/* 20 addresses: 16 of them are tried, one after another. */
	dial(fx, 8, &h, false);
	for (i = 0; i < 20; i++)
		memcpy(ips[i], fx_addr(100 + i).na.ip, 16);
	policy_resolved(fx->p, fx->now, fx->resolves[1].token,
	    (const uint8_t (*)[16])ips, 20);
	for (i = 0; i < 16; i++) {
		ATF_REQUIRE_EQ(i + 1, fx->ndials);
		ATF_CHECK_EQ(1, fx->nanswers);
		fx_fail(fx, i, OUTCOME_UNREACHABLE);
	}
	ATF_CHECK_EQ(16, fx->ndials);
	ATF_CHECK_EQ(2, fx->nanswers);
	ATF_CHECK_EQ(8, last_answer(fx)->request);
	fx_free(fx);
}

/* An answer that does not come is an answer after 30 s. */
ATF_TC_WITHOUT_HEAD(a_name_that_is_not_answered);
ATF_TC_BODY(a_name_that_is_not_answered, tc)
{
	struct fx *fx = idle();
	struct host_addr h = fx_host(1, "peer.example.org");
	uint8_t ips[1][16] = { { 0 } };

	dial(fx, 7, &h, false);
	fx_run(fx, 29 * FX_SECOND);
	ATF_CHECK_EQ(0, fx->nanswers);
	fx_run(fx, 2 * FX_SECOND);
	ATF_REQUIRE_EQ(1, fx->nanswers);
	ATF_CHECK_STREQ("its name has no address", last_answer(fx)->text);
	policy_resolved(fx->p, fx->now, fx->resolves[0].token,
	    (const uint8_t (*)[16])ips, 1);
	ATF_CHECK_EQ(0, fx->ndials);
	fx_free(fx);
}

/* A dial by hand is a peer to come: ensurePeers wants one less. */
ATF_TC_WITHOUT_HEAD(counts_as_a_peer_to_come);
ATF_TC_BODY(counts_as_a_peer_to_come, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct host_addr h = fx_host(1, "20.1.0.1");

	fx_start(fx);
	fx_answer_pick(fx, fx_last_pick(fx), NULL, 0);
	fx_run(fx, 29 * FX_SECOND);
	dial(fx, 7, &h, false);
	ATF_CHECK_EQ(27, fx_next_pick(fx, PICK_ENSURE)->m.want);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(no_more_than_sixteen);
ATF_TC_BODY(no_more_than_sixteen, tc)
{
	struct fx *fx = idle();
	struct host_addr h = fx_host(1, "peer.example.org");
	unsigned i;

	for (i = 0; i < POLICY_MANUAL_MAX; i++)
		dial(fx, i, &h, false);
	ATF_CHECK_EQ(0, fx->nanswers);
	dial(fx, 99, &h, false);
	ATF_CHECK_EQ(99, last_answer(fx)->request);
	ATF_CHECK_EQ(STATUS_UNAVAILABLE, last_answer(fx)->status);
	fx_free(fx);
}

/* Persistent until the restart; a reload does not end it. */
ATF_TC_WITHOUT_HEAD(make_persistent);
ATF_TC_BODY(make_persistent, tc)
{
	struct fx *fx = idle();
	struct host_addr h = fx_host(1, "20.1.0.1");
	struct m_admit m = { .conn = 1 };

	dial(fx, 5, &h, true);
	ATF_CHECK_EQ(STATUS_OK, last_answer(fx)->status);
	ATF_REQUIRE_EQ(1, fx->ndials);
	ATF_CHECK_EQ(PURPOSE_PERSISTENT, fx->dials[0].d.purpose);
	dial(fx, 6, &h, true);
	ATF_CHECK_EQ(2, fx->nanswers);
	ATF_CHECK_EQ(1, fx->ndials);
	fx_reload(fx, fx_conf(MODE_PEER));
	m.id = h.id;
	m.na = fx_addr(1).na;
	m.dial = fx->dials[0].d.dial;
	ATF_CHECK_MSG(policy_admit(fx->p, fx->now, &m).persistent,
	    "engine is told so");
	fx_down(fx, m.conn, DOWN_PEER_ERROR);
	fx_run(fx, 10 * FX_SECOND);
	ATF_CHECK(fx_find_dial(fx, &h.id, 1) >= 1);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(drop);
ATF_TC_BODY(drop, tc)
{
	struct fx *fx = idle();
	struct peer_addr a = fx_addr(1);
	struct m_ctl_drop m = { .id = a.id };
	uint32_t conn;

	policy_ctl_drop(fx->p, fx->now, 1, &m);
	ATF_CHECK_EQ(STATUS_NOT_FOUND, last_answer(fx)->status);
	ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a, &conn, NULL));
	policy_ctl_drop(fx->p, fx->now, 2, &m);
	fx_check(fx);
	ATF_CHECK_EQ(STATUS_OK, last_answer(fx)->status);
	ATF_REQUIRE(fx_find_drop(fx, conn) != NULL);
	ATF_CHECK_EQ(DOWN_OPERATOR, fx_find_drop(fx, conn)->reason);
	ATF_CHECK_EQ(0, fx_counts(fx).inbound);
	ATF_CHECK_EQ(1, fx_counts(fx).inbound_all);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(show);
ATF_TC_BODY(show, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct host_addr h[3] = { fx_host(1, "20.1.0.1"),
	    fx_host(2, "20.2.0.1"), fx_host(3, "seed.example.org") };
	struct m_row_dial row;
	uint64_t cursor = 0;

	fx->conf->limits.max_outbound = 0;
	ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_PERSISTENT, &h[0]));
	ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_PERSISTENT, &h[1]));
	ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_SEED, &h[2]));
	fx_start(fx);
	ATF_REQUIRE(fx_connected(fx, 0) != 0);
	fx_fail(fx, 1, OUTCOME_WRONG_BLOCK_VERSION);
	ATF_REQUIRE(policy_show_row(fx->p, fx->now, &cursor, &row));
	ATF_CHECK(row.connected);
	ATF_CHECK(node_id_equal(&h[0].id, &row.addr.id));
	ATF_CHECK_EQ(0, row.next_s);
	ATF_REQUIRE(policy_show_row(fx->p, fx->now, &cursor, &row));
	ATF_CHECK(!row.connected);
	ATF_CHECK_EQ(1, row.tries);
	ATF_CHECK_EQ(OUTCOME_WRONG_BLOCK_VERSION, row.last);
	ATF_CHECK(row.next_s >= 5 && row.next_s <= 8);
	ATF_REQUIRE(policy_show_row(fx->p, fx->now, &cursor, &row));
	ATF_CHECK_STREQ("seed.example.org", row.addr.host);
	ATF_CHECK_EQ(PURPOSE_SEED, row.purpose);
	ATF_CHECK(!policy_show_row(fx->p, fx->now, &cursor, &row));
	ATF_CHECK(!policy_show_row(fx->p, fx->now, &cursor, &row));
	fx_free(fx);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, dial_and_be_told);
	ATF_TP_ADD_TC(tp, full_after_all);
	ATF_TP_ADD_TC(tp, why_not);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, a_name_that_is_not_answered);
	ATF_TP_ADD_TC(tp, counts_as_a_peer_to_come);
	ATF_TP_ADD_TC(tp, no_more_than_sixteen);
	ATF_TP_ADD_TC(tp, make_persistent);
	ATF_TP_ADD_TC(tp, drop);
	ATF_TP_ADD_TC(tp, show);
	return atf_no_error();
}
