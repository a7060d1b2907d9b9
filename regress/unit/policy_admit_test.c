/* SPDX-License-Identifier: ISC */
/* Admission after the handshake, and what becomes of a connection. */

#include <atf-c.h>
#include <string.h>

#include "regress/lib/policyfix.h"

static void
add(struct fx *fx, enum conf_peer_kind kind, unsigned n)
{
	struct host_addr h = fx_host(n, "20.200.0.1");

	ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, kind, &h));
}

/* RejectSelf, on the accepting side. */
ATF_TC_WITHOUT_HEAD(self);
ATF_TC_BODY(self, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a = fx_addr(1);

	fx_start(fx);
	a.id = fx->conf->id;
	ATF_CHECK_EQ(VERDICT_SELF, fx_inbound(fx, &a, NULL, NULL));
	ATF_CHECK_EQ(0, fx_counts(fx).inbound_all);
	fx_free(fx);
}

/* PeerFilterDuplicate: the second is refused, the first unharmed. */
ATF_TC_WITHOUT_HEAD(duplicate);
ATF_TC_BODY(duplicate, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a = fx_addr(1), b = fx_at(1, "20.99.0.1", 9);
	uint32_t conn;

	fx_start(fx);
	ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &a, &conn, NULL));
	ATF_CHECK_EQ(VERDICT_DUPLICATE, fx_inbound(fx, &b, NULL, NULL));
	ATF_CHECK_EQ(VERDICT_DUPLICATE, fx_inbound(fx, &a, NULL, NULL));
	ATF_CHECK(fx_find_drop(fx, conn) == NULL);
	/* ReconnectDuringRemoval: gone is gone, and it may come again. */
	fx_down(fx, conn, DOWN_PEER_CLOSED);
	ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &b, NULL, NULL));
	fx_free(fx);
}

/* Both sides dialled at once: of the two one stays, as far as we decide. */
ATF_TC_WITHOUT_HEAD(crossing_dials);
ATF_TC_BODY(crossing_dials, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a = fx_addr(1);
	uint32_t conn;

	fx_start(fx);
	fx_answer_pick(fx, fx_last_pick(fx), &a, 1);
	ATF_REQUIRE_EQ(1, fx->ndials);
	ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, NULL));
	ATF_CHECK_EQ(VERDICT_DUPLICATE, fx_admit_dial(fx, 0, &conn));
	fx_fail(fx, 0, OUTCOME_DUPLICATE);
	ATF_CHECK_EQ(0, fx_counts(fx).dialling);
	ATF_CHECK_EQ(1, fx_counts(fx).inbound);
	ATF_CHECK_EQ(1, fx_count_reports(fx, OUTCOME_DUPLICATE));
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(banned);
ATF_TC_BODY(banned, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a = fx_addr(1), b = fx_addr(2), c = fx_addr(3);
	struct m_ban ban = { .has_id = true, .has_host = true, .left_s = 60,
	    .id = a.id };

	add(fx, CONF_PERSISTENT, 3);
	memcpy(ban.ip, a.na.ip, 16);
	fx_start(fx);
	policy_ban(fx->p, fx->now, &ban);
	ATF_CHECK_EQ(VERDICT_BANNED, fx_inbound(fx, &a, NULL, NULL));
	memcpy(b.na.ip, a.na.ip, 16);
	ATF_CHECK_EQ_MSG(VERDICT_BANNED, fx_inbound(fx, &b, NULL, NULL),
	    "another ID of the host");
	memcpy(c.na.ip, a.na.ip, 16);
	ATF_CHECK_EQ_MSG(VERDICT_OK, fx_inbound(fx, &c, NULL, NULL),
	    "a persistent peer is spared a ban of its host");
	a.na = fx_addr(77).na;
	ATF_CHECK_EQ_MSG(VERDICT_BANNED, fx_inbound(fx, &a, NULL, NULL),
	    "the ID elsewhere");
	fx->now += 59 * FX_SECOND;
	ATF_CHECK_EQ(VERDICT_BANNED, fx_inbound(fx, &b, NULL, NULL));
	fx->now += 2 * FX_SECOND;
	ATF_CHECK_EQ_MSG(VERDICT_OK, fx_inbound(fx, &b, NULL, NULL),
	    "it is over");
	ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, NULL));
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(a_ban_drops_and_may_be_lifted);
ATF_TC_BODY(a_ban_drops_and_may_be_lifted, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a = fx_addr(1), b = fx_addr(2), c = fx_addr(3);
	struct m_ban ban = { .has_id = true, .left_s = 600, .id = a.id };
	uint32_t ca, cb, cc;

	fx->conf->allow_duplicate_ip = true;
	fx_start(fx);
	c.na.ip[12] = b.na.ip[12];
	c.na.ip[13] = b.na.ip[13];
	c.na.ip[14] = b.na.ip[14];
	ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a, &ca, NULL));
	ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &b, &cb, NULL));
	ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &c, &cc, NULL));
	policy_ban(fx->p, fx->now, &ban);
	ATF_REQUIRE(fx_find_drop(fx, ca) != NULL);
	ATF_CHECK_EQ(DOWN_BANNED, fx_find_drop(fx, ca)->reason);
	ATF_CHECK_EQ(1, fx->ndrops);
	ban = (struct m_ban){ .has_host = true, .left_s = 600 };
	memcpy(ban.ip, b.na.ip, 16);
	policy_ban(fx->p, fx->now, &ban);
	ATF_CHECK(fx_find_drop(fx, cb) != NULL);
	ATF_CHECK(fx_find_drop(fx, cc) != NULL);
	fx_down(fx, cb, DOWN_BANNED);
	ATF_CHECK_EQ(VERDICT_BANNED, fx_inbound(fx, &b, NULL, NULL));
	ban.left_s = 0;
	policy_ban(fx->p, fx->now, &ban);
	ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &b, NULL, NULL));
	ATF_CHECK_EQ(1, fx_counts(fx).bans);
	fx_free(fx);
}

/* A private network bans no hosts: they all have the same. */
ATF_TC_WITHOUT_HEAD(private_network_bans_no_hosts);
ATF_TC_BODY(private_network_bans_no_hosts, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a = fx_at(1, "127.0.0.1", 1);
	struct m_ban ban = { .has_host = true, .left_s = 60 };

	fx->conf->private_network = true;
	memcpy(ban.ip, a.na.ip, 16);
	fx_start(fx);
	policy_ban(fx->p, fx->now, &ban);
	ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, NULL));
	fx_free(fx);
}

/* The mirror is bounded: the oldest ban goes for a new one. */
ATF_TC_WITHOUT_HEAD(bans_are_bounded);
ATF_TC_BODY(bans_are_bounded, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct m_ban ban = { .has_id = true, .left_s = 60 };
	struct peer_addr a;
	unsigned i;

	fx_start(fx);
	for (i = 0; i < POLICY_BANS_MAX + 10; i++) {
		ban.id = fx_id(i);
		policy_ban(fx->p, fx->now, &ban);
	}
	fx_check(fx);
	ATF_CHECK_EQ(POLICY_BANS_MAX, fx_counts(fx).bans);
	a = fx_addr(9);
	ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, NULL));
	a = fx_addr(10);
	ATF_CHECK_EQ(VERDICT_BANNED, fx_inbound(fx, &a, NULL, NULL));
	fx_free(fx);
}

/* AcceptRoutine: up to max inbound, then none; unconditional IDs still. */
ATF_TC_WITHOUT_HEAD(full);
ATF_TC_BODY(full, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	struct peer_addr a;
	unsigned i;

	add(fx, CONF_UNCONDITIONAL, 500);
	add(fx, CONF_PERSISTENT, 501);
	fx->conf->limits.max_inbound = 30;
	fx_start(fx);
	for (i = 0; i < 30; i++) {
		a = fx_addr(i);
		ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, NULL));
	}
	fx->now += FX_HOUR;
	for (i = 500; i <= 501; i++) {
		a = fx_addr(i);
		ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, NULL));
	}
	ATF_CHECK_EQ_MSG(30, fx_counts(fx).inbound, "they fill no place");
	a = fx_addr(100);
	ATF_CHECK_EQ_MSG(VERDICT_FULL, fx_inbound(fx, &a, NULL, NULL),
	    "a seed evicts nobody");
	ATF_CHECK_EQ(0, fx->ndrops);
	fx_down(fx, 1, DOWN_PEER_CLOSED);
	ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, NULL));
	ATF_CHECK_EQ(1, policy_stats(fx->p)->verdicts[VERDICT_FULL]);
	ATF_CHECK_EQ(33, policy_stats(fx->p)->verdicts[VERDICT_OK]);
	fx_free(fx);
}

/* The defaults: 40, and 1000 for a seed. */
ATF_TC_WITHOUT_HEAD(default_limits);
ATF_TC_BODY(default_limits, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	struct peer_addr a;
	unsigned i;

	fx_start(fx);
	for (i = 0; i < 1000; i++) {
		a = fx_addr(i);
		ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, NULL));
	}
	a = fx_addr(i);
	ATF_CHECK_EQ(VERDICT_FULL, fx_inbound(fx, &a, NULL, NULL));
	fx_free(fx);

	fx = fx_new(MODE_PEER);
	fx_start(fx);
	for (i = 0; i < 40; i++) {
		a = fx_addr(i);
		ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, NULL));
	}
	a = fx_addr(i);
	ATF_CHECK_EQ_MSG(VERDICT_FULL, fx_inbound(fx, &a, NULL, NULL),
	    "all are too young to be evicted");
	fx_free(fx);
}

/* What the config says of a peer counts from the reload on. */
ATF_TC_WITHOUT_HEAD(reload_counts_anew);
ATF_TC_BODY(reload_counts_anew, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a = fx_addr(1);
	struct host_addr h = fx_host(1, "20.0.1.1");
	struct conf *c = fx_conf(MODE_PEER);

	fx_start(fx);
	ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, NULL));
	ATF_CHECK_EQ(1, fx_counts(fx).inbound);
	ATF_REQUIRE_EQ(0, conf_add_peer(c, CONF_UNCONDITIONAL, &h));
	fx_reload(fx, c);
	ATF_CHECK_EQ(0, fx_counts(fx).inbound);
	ATF_CHECK_EQ(1, fx_counts(fx).inbound_all);
	fx_reload(fx, fx_conf(MODE_PEER));
	ATF_CHECK_EQ(1, fx_counts(fx).inbound);
	fx_free(fx);
}

/* A connection of a dial that was given up is not wanted. */
ATF_TC_WITHOUT_HEAD(not_wanted);
ATF_TC_BODY(not_wanted, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a = fx_addr(1);
	uint32_t conn;

	fx_start(fx);
	fx_answer_pick(fx, fx_last_pick(fx), &a, 1);
	fx_run(fx, FX_MINUTE);		/* nothing came of it */
	ATF_CHECK_EQ(0, fx_counts(fx).dialling);
	ATF_CHECK_EQ(1, fx_count_reports(fx, OUTCOME_OURS));
	ATF_CHECK_EQ(VERDICT_NOT_WANTED, fx_admit_dial(fx, 0, &conn));
	ATF_CHECK_EQ(0, fx_counts(fx).outbound_all);
	fx_free(fx);
}

/* engine ought to end each admission; one that it forgot ends by itself. */
ATF_TC_WITHOUT_HEAD(admitted_and_forgotten);
ATF_TC_BODY(admitted_and_forgotten, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct m_admit m = { .conn = 7, .id = fx_id(1),
	    .na = fx_addr(1).na };

	fx->conf->limits.max_outbound = 0;
	fx_start(fx);
	ATF_CHECK_EQ(VERDICT_OK, policy_admit(fx->p, fx->now, &m).verdict);
	ATF_CHECK_EQ(1, fx_counts(fx).inbound);
	fx_run(fx, 3 * FX_MINUTE);
	ATF_CHECK_EQ(0, fx_counts(fx).inbound_all);
	fx_free(fx);
}

/* After a restart of dialer engine replays its peers. */
ATF_TC_WITHOUT_HEAD(replay);
ATF_TC_BODY(replay, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a = fx_addr(1), b = fx_addr(2), c = fx_addr(3);

	add(fx, CONF_PERSISTENT, 2);
	fx_begin(fx);
	fx_up(fx, 1, &a, true, PURPOSE_PEER);
	fx_up(fx, 2, &b, true, PURPOSE_PERSISTENT);
	fx_up(fx, 3, &c, false, 0);
	fx_up(fx, 3, &c, false, 0);
	ATF_CHECK_EQ(1, fx_counts(fx).outbound);
	ATF_CHECK_EQ(1, fx_counts(fx).persistent);
	ATF_CHECK_EQ(1, fx_counts(fx).inbound);
	fx_start(fx);
	fx_run(fx, FX_SECOND);
	ATF_CHECK_EQ_MSG(0, fx->ndials, "the persistent peer is there");
	ATF_CHECK_EQ_MSG(0, fx->nreports, "nothing new happened");
	ATF_CHECK_EQ(VERDICT_DUPLICATE, fx_inbound(fx, &a, NULL, NULL));
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(strangers_do_no_harm);
ATF_TC_BODY(strangers_do_no_harm, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct m_dialed d = { .dial = 99, .outcome = OUTCOME_REFUSED };

	fx_start(fx);
	fx_down(fx, 1234, DOWN_PEER_CLOSED);
	fx_live(fx, 1234, OUTCOME_LIVE);
	policy_dialed(fx->p, fx->now, &d);
	d.outcome = 200;
	policy_dialed(fx->p, fx->now, &d);
	policy_reached(fx->p, fx->now, 99, 1);
	ATF_CHECK_EQ(0, fx->nreports);
	fx_free(fx);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, self);
	ATF_TP_ADD_TC(tp, duplicate);
	ATF_TP_ADD_TC(tp, crossing_dials);
	ATF_TP_ADD_TC(tp, banned);
	ATF_TP_ADD_TC(tp, a_ban_drops_and_may_be_lifted);
	ATF_TP_ADD_TC(tp, private_network_bans_no_hosts);
	ATF_TP_ADD_TC(tp, bans_are_bounded);
	ATF_TP_ADD_TC(tp, full);
	ATF_TP_ADD_TC(tp, default_limits);
	ATF_TP_ADD_TC(tp, reload_counts_anew);
	ATF_TP_ADD_TC(tp, not_wanted);
	ATF_TP_ADD_TC(tp, admitted_and_forgotten);
	ATF_TP_ADD_TC(tp, replay);
	ATF_TP_ADD_TC(tp, strangers_do_no_harm);
	return atf_no_error();
}
