/* SPDX-License-Identifier: ISC */
/* Persistent peers: dialled at the start and for ever after. */

#include <atf-c.h>
#include <string.h>

#include "regress/lib/policyfix.h"

static struct fx *
with_persistent(enum conf_mode mode, const char *host)
{
	struct fx *fx = fx_new(mode);
	struct host_addr a = fx_host(1, host);

	ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_PERSISTENT, &a));
	/* Only what is looked at makes noise. */
	fx->conf->times.probe_interval = 100 * FX_HOUR;
	return fx;
}

/* The interval from the failure of the last dial to the next one. */
static uint64_t
fail_and_wait(struct fx *fx, enum outcome outcome)
{
	unsigned n = fx->ndials;
	uint64_t from = fx->now;

	fx_fail(fx, n - 1, outcome);
	fx->npicks = fx->nreports = 0;
	while (fx->ndials == n) {
		ATF_REQUIRE_MSG(fx->now - from <= 2 * FX_HOUR,
		    "it has given up");
		fx_run(fx, policy_due(fx->p) - fx->now);
	}
	if (fx->ndials > 4000) {
		fx->dials[0] = fx->dials[fx->ndials - 1];
		fx->ndials = 1;
	}
	return fx->dials[fx->ndials - 1].at - from;
}

/* 20 tries at 5 s + 0..3 s, then 3^n s, then the ceiling, without end. */
ATF_TC_WITHOUT_HEAD(schedule);
ATF_TC_BODY(schedule, tc)
{
	struct fx *fx = with_persistent(MODE_PEER, "20.1.0.1");
	uint64_t d, base = 3 * FX_SECOND, low = 10000, high = 0;
	unsigned i;

	fx_start(fx);
	ATF_REQUIRE_EQ_MSG(1, fx->ndials, "dialled at the start");
	ATF_CHECK_EQ(PURPOSE_PERSISTENT, fx->dials[0].d.purpose);
	for (i = 0; i < 20; i++) {
		d = fail_and_wait(fx, OUTCOME_TIMED_OUT);
		ATF_CHECK_MSG(d >= 5000 && d <= 8100, "try %u: %llu ms", i,
		    (unsigned long long)d);
		low = d < low ? d : low;
		high = d > high ? d : high;
	}
	ATF_CHECK_MSG(high - low > 500, "the delay is random");
	for (i = 0; i < 12; i++) {
		d = fail_and_wait(fx, OUTCOME_TIMED_OUT);
		ATF_CHECK_MSG(d >= base && d <= base + 3100,
		    "backoff %u: %llu ms", i, (unsigned long long)d);
		base = 3 * base < FX_HOUR ? 3 * base : FX_HOUR;
	}
	/* A year of it. */
	for (i = 0; i < 365 * 24; i++) {
		d = fail_and_wait(fx, OUTCOME_REFUSED);
		ATF_REQUIRE(d >= FX_HOUR && d <= FX_HOUR + 3100);
	}
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(max_dial_period);
ATF_TC_BODY(max_dial_period, tc)
{
	struct fx *fx = with_persistent(MODE_PEER, "20.1.0.1");
	unsigned i;
	uint64_t d = 0;

	fx->conf->times.max_dial_period = FX_MINUTE;
	fx_start(fx);
	for (i = 0; i < 30; i++)
		d = fail_and_wait(fx, OUTCOME_REFUSED);
	ATF_CHECK(d >= FX_MINUTE && d <= FX_MINUTE + 3100);
	fx_free(fx);
}

/* For ever means whatever the answer is, even another node's. */
ATF_TC_WITHOUT_HEAD(no_outcome_ends_it);
ATF_TC_BODY(no_outcome_ends_it, tc)
{
	static const enum outcome all[] = { OUTCOME_FULL, OUTCOME_OURS,
	    OUTCOME_REFUSED, OUTCOME_UNREACHABLE, OUTCOME_TIMED_OUT,
	    OUTCOME_WRONG_IDENTITY, OUTCOME_WRONG_NETWORK,
	    OUTCOME_WRONG_BLOCK_VERSION, OUTCOME_NO_PEX_CHANNEL,
	    OUTCOME_DUPLICATE, OUTCOME_REJECTED };
	struct fx *fx = with_persistent(MODE_PEER, "20.1.0.1");
	unsigned i;
	uint64_t d;

	fx_start(fx);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		d = fail_and_wait(fx, all[i]);
		ATF_CHECK(d >= 5000 && d <= 8100);
	}
	fx_free(fx);
}

/* Our own outage costs the peer none of its quick tries. */
ATF_TC_WITHOUT_HEAD(our_outage_is_not_counted);
ATF_TC_BODY(our_outage_is_not_counted, tc)
{
	struct fx *fx = with_persistent(MODE_PEER, "20.1.0.1");
	unsigned i;

	fx_start(fx);
	for (i = 0; i < 100; i++)
		ATF_CHECK(fail_and_wait(fx, OUTCOME_OURS) <= 8100);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(never_ourselves);
ATF_TC_BODY(never_ourselves, tc)
{
	struct fx *fx = with_persistent(MODE_PEER, "20.1.0.1");

	fx_start(fx);
	fx_fail(fx, 0, OUTCOME_SELF);
	fx_run(fx, 2 * FX_HOUR);
	ATF_CHECK_EQ(1, fx->ndials);
	ATF_CHECK_EQ(1, fx_count_reports(fx, OUTCOME_SELF));
	fx_free(fx);
}

/* ReconnectsToOutboundPersistentPeer: after a loss, soon. */
ATF_TC_WITHOUT_HEAD(reconnects_when_lost);
ATF_TC_BODY(reconnects_when_lost, tc)
{
	struct fx *fx = with_persistent(MODE_PEER, "20.1.0.1");
	unsigned i;
	uint32_t conn;

	fx_start(fx);
	for (i = 0; i < 19; i++)
		(void)fail_and_wait(fx, OUTCOME_REFUSED);
	conn = fx_connected(fx, fx->ndials - 1);
	ATF_REQUIRE(conn != 0);
	fx_live(fx, conn, OUTCOME_LIVE);
	fx_run(fx, 2 * FX_HOUR);
	ATF_CHECK_EQ_MSG(20, fx->ndials, "connected, it is not dialled");
	fx_down(fx, conn, DOWN_PEER_CLOSED);
	fx_run(fx, 4900);
	ATF_CHECK_EQ(20, fx->ndials);
	fx_run(fx, 3200);
	ATF_REQUIRE_EQ(21, fx->ndials);
	/* It was long connected: the quick tries are its again. */
	for (i = 0; i < 19; i++)
		ATF_CHECK(fail_and_wait(fx, OUTCOME_REFUSED) <= 8100);
	fx_free(fx);
}

/* One that takes us and drops us at once is not hammered for ever. */
ATF_TC_WITHOUT_HEAD(flapping_is_slowed);
ATF_TC_BODY(flapping_is_slowed, tc)
{
	struct fx *fx = with_persistent(MODE_PEER, "20.1.0.1");
	uint64_t from;
	uint32_t conn;

	fx_start(fx);
	from = fx->now;
	while (fx->now - from < FX_HOUR) {
		conn = fx_connected(fx, fx->ndials - 1);
		fx_down(fx, conn, DOWN_PEER_CLOSED);
		while (fx->ndials > 0 && fx->now - from < FX_HOUR &&
		    fx_counts(fx).dialling == 0)
			fx_run(fx, 1000);
	}
	ATF_CHECK_MSG(fx->ndials < 40, "%u dials in an hour", fx->ndials);
	fx_free(fx);
}

/* ReconnectsToInboundPersistentPeer: it came to us, and then it is lost. */
ATF_TC_WITHOUT_HEAD(inbound_counts_as_connected);
ATF_TC_BODY(inbound_counts_as_connected, tc)
{
	struct fx *fx = with_persistent(MODE_PEER, "20.1.0.1");
	struct peer_addr a = fx_at(1, "20.1.0.1", 50000);
	uint32_t conn;

	fx_begin(fx);
	ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a, &conn, NULL));
	fx_start(fx);
	fx_run(fx, FX_HOUR);
	ATF_CHECK_EQ(0, fx->ndials);
	fx_down(fx, conn, DOWN_PEER_ERROR);
	fx_run(fx, 10 * FX_SECOND);
	ATF_CHECK_EQ(1, fx->ndials);
	fx_free(fx);
}

/* Outside every limit: hosts, /24, groups, max dials, max outbound. */
ATF_TC_WITHOUT_HEAD(outside_the_limits);
ATF_TC_BODY(outside_the_limits, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct host_addr h;
	unsigned i;

	fx->conf->limits.max_dials = 2;
	fx->conf->limits.max_outbound = 1;
	for (i = 0; i < 10; i++) {
		h = fx_host(i + 1, "20.1.0.1");
		h.port += i;
		ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_PERSISTENT,
		    &h));
	}
	fx_begin(fx);
	(void)fx_outbound(fx, 500);
	fx_start(fx);
	ATF_CHECK_EQ(10, fx->ndials);
	for (i = 0; i < 10; i++)
		ATF_CHECK(fx_connected(fx, i) != 0);
	/* All other dials are taken: it is dialled again still. */
	for (i = 0; i < 2; i++) {
		struct m_ctl_dial m = { .addr = fx_host(50 + i, i == 0 ?
		    "20.50.0.1" : "20.51.0.1") };

		policy_ctl_dial(fx->p, fx->now, 1, &m);
	}
	ATF_REQUIRE_EQ(12, fx->ndials);
	fx_down(fx, fx->next_conn, DOWN_PEER_ERROR);
	fx_run(fx, 9 * FX_SECOND);
	ATF_CHECK(fx->ndials > 12);
	fx_free(fx);
}

/* Hundreds of them do not dial all at once, but all in turn. */
ATF_TC_WITHOUT_HEAD(many_take_turns);
ATF_TC_BODY(many_take_turns, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct host_addr h;
	unsigned i, n;

	for (i = 0; i < 500; i++) {
		h = fx_host(i + 1, "20.1.0.1");
		ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_PERSISTENT,
		    &h));
	}
	fx_start(fx);
	ATF_CHECK_EQ(64, fx->ndials);
	for (n = 0; n < 500; n++) {
		ATF_REQUIRE(n < fx->ndials);
		(void)fx_connected(fx, n);
		policy_tick(fx->p, fx->now);
	}
	ATF_CHECK_EQ(500, fx->ndials);
	ATF_CHECK_EQ(500, fx_counts(fx).outbound_all);
	ATF_CHECK_EQ(500, fx_counts(fx).persistent);
	fx_free(fx);
}

/* A name is resolved at every try, and all its addresses are tried. */
ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	struct fx *fx = with_persistent(MODE_PEER, "node.example.org");
	struct peer_addr a[2] = { fx_at(1, "20.1.0.1", 26656),
	    fx_at(1, "2400:1::1", 26656) };
	uint8_t ips[2][16];
	unsigned i;

	memcpy(ips[0], a[0].na.ip, 16);
	memcpy(ips[1], a[1].na.ip, 16);
	fx_start(fx);
	for (i = 0; i < 3; i++) {
		ATF_REQUIRE_EQ(i + 1, fx->nresolves);
		ATF_CHECK_STREQ("node.example.org", fx->resolves[i].name);
		policy_resolved(fx->p, fx->now, fx->resolves[i].token,
		    (const uint8_t (*)[16])ips, 2);
		ATF_REQUIRE_EQ(2 * i + 1, fx->ndials);
		fx_fail(fx, 2 * i, OUTCOME_REFUSED);
		ATF_REQUIRE_EQ_MSG(2 * i + 2, fx->ndials,
		    "the other address at once");
		ATF_CHECK(!netaddr_equal(&fx->dials[2 * i].d.addr.na,
		    &fx->dials[2 * i + 1].d.addr.na));
		fx_fail(fx, 2 * i + 1, OUTCOME_TIMED_OUT);
		fx_run(fx, 9 * FX_SECOND);
	}
	/* DNS that fails counts as a try and nothing more. */
	policy_resolved(fx->p, fx->now, fx->resolves[3].token, NULL, 0);
	fx_run(fx, 9 * FX_SECOND);
	ATF_CHECK_EQ(5, fx->nresolves);
	/* A stray answer. */
	policy_resolved(fx->p, fx->now, 12345, (const uint8_t (*)[16])ips, 2);
	ATF_CHECK_EQ(6, fx->ndials);
	fx_free(fx);
}

/* A list of peers that all nodes of an operator share names each of them. */
ATF_TC_WITHOUT_HEAD(our_own_id);
ATF_TC_BODY(our_own_id, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct host_addr h = fx_host(1, "20.1.0.1");
	struct m_row_dial row;
	uint64_t cursor = 0;

	h.id = fx->conf->id;
	ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_PERSISTENT, &h));
	fx->conf->times.probe_interval = 100 * FX_HOUR;
	fx_start(fx);
	fx_run(fx, 2 * FX_HOUR);
	ATF_CHECK_EQ(0, fx->ndials);
	ATF_CHECK_EQ_MSG(1, policy_stats(fx->p)->skips[SKIP_SELF],
	    "looked at once");
	ATF_REQUIRE(policy_show_row(fx->p, fx->now, &cursor, &row));
	ATF_CHECK_EQ(OUTCOME_SELF, row.last);
	ATF_CHECK_EQ(DIAL_NEVER, row.next_s);
	fx_free(fx);
}

/* A name that led to ourselves may lead elsewhere the next time. */
ATF_TC_WITHOUT_HEAD(a_name_that_led_to_us);
ATF_TC_BODY(a_name_that_led_to_us, tc)
{
	struct fx *fx = with_persistent(MODE_PEER, "node.example.org");
	struct peer_addr a = fx_at(1, "20.1.0.1", 26656);
	unsigned i;

	fx_start(fx);
	for (i = 0; i < 3; i++) {
		ATF_REQUIRE_EQ(i + 1, fx->nresolves);
		policy_resolved(fx->p, fx->now, fx->resolves[i].token,
		    (const uint8_t (*)[16])&a.na.ip, 1);
		ATF_REQUIRE_EQ(i + 1, fx->ndials);
		fx_fail(fx, i, OUTCOME_SELF);
		fx_run(fx, 9 * FX_SECOND);
	}
	fx_free(fx);
}

/* Seed mode keeps its persistent peers (conformance: pex_reactor_test). */
ATF_TC_WITHOUT_HEAD(kept_in_seed_mode);
ATF_TC_BODY(kept_in_seed_mode, tc)
{
	struct fx *fx = with_persistent(MODE_SEED, "20.1.0.1");
	uint32_t conn;

	fx_start(fx);
	ATF_REQUIRE_EQ(1, fx->ndials);
	conn = fx_connected(fx, 0);
	fx_live(fx, conn, OUTCOME_ANSWERED);
	fx->npicks = 0;
	fx_run(fx, 10 * FX_MINUTE);
	ATF_CHECK(fx_find_drop(fx, conn) == NULL);
	ATF_CHECK_EQ(1, fx_counts(fx).persistent);
	fx_free(fx);
}

/*
 * They take none of the slots for others, come as they may; their groups are
 * taken all the same, and a node that has them is not poor.
 */
ATF_TC_WITHOUT_HEAD(takes_no_slot);
ATF_TC_BODY(takes_no_slot, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr others[16];
	struct host_addr h;
	unsigned i, n;

	for (i = 0; i < 6; i++) {
		h = fx_host(i + 1, "20.1.0.1");
		h.port += i;
		ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_PERSISTENT,
		    &h));
	}
	h = fx_host(7, "20.7.0.1");
	ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_SEED, &h));
	fx_start(fx);
	fx_status(fx, POLICY_GOOD_MIN, false);
	for (i = 0; i < 6; i++)
		ATF_REQUIRE(fx_connected(fx, i) != 0);
	ATF_CHECK_EQ(0, fx_counts(fx).outbound);
	ATF_CHECK_EQ(6, fx_counts(fx).persistent);

	for (i = 0; i < 16; i++)
		others[i] = fx_addr(100 + i);
	others[0] = fx_at(100, "20.1.9.9", 26656);
	fx_answer_pick(fx, fx_last_of(fx, PICK_ENSURE), others, 16);
	ATF_CHECK_EQ_MSG(-1, fx_find_dial(fx, &others[0].id, 6),
	    "a persistent peer is in that group");
	for (n = 0, i = 6; i < fx->ndials; i++)
		n += fx_connected(fx, i) != 0;
	ATF_CHECK_EQ(fx->conf->limits.max_outbound, n);
	ATF_CHECK_EQ(n, fx_counts(fx).outbound);
	/* Nor does one of them go for being one too many. */
	ATF_CHECK_EQ(0, fx->ndrops);
	fx_free(fx);
}

/* Persistent peers alone are company enough to leave the seeds in peace. */
ATF_TC_WITHOUT_HEAD(is_company);
ATF_TC_BODY(is_company, tc)
{
	unsigned have;

	for (have = 4; have <= 5; have++) {
		struct fx *fx = fx_new(MODE_PEER);
		struct host_addr h;
		unsigned i;

		for (i = 0; i < have; i++) {
			h = fx_host(i + 1, "20.1.0.1");
			ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf,
			    CONF_PERSISTENT, &h));
		}
		h = fx_host(7, "20.7.0.1");
		ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_SEED, &h));
		fx_start(fx);
		fx_status(fx, POLICY_GOOD_MIN, false);
		for (i = 0; i < have; i++)
			ATF_REQUIRE(fx_connected(fx, i) != 0);
		fx_run(fx, 10 * FX_MINUTE);
		ATF_CHECK_EQ(have < POLICY_OUTBOUND_MIN,
		    fx_find_dial(fx, &h.id, 0) != -1);
		fx_free(fx);
	}
}

/*
 * A ban of its host is another's fault; one of its ID is its own: it goes,
 * and is dialled again within a try's time of the ban's end.
 */
ATF_TC_WITHOUT_HEAD(bans);
ATF_TC_BODY(bans, tc)
{
	struct fx *fx = with_persistent(MODE_PEER, "20.1.0.1");
	struct m_ban host = { .has_host = true, .left_s = 3600 };
	struct m_ban id = { .has_id = true, .left_s = 3600 };
	struct peer_addr a = fx_at(1, "20.1.0.1", 26656);
	uint32_t conn;

	memcpy(host.ip, a.na.ip, sizeof(host.ip));
	id.id = a.id;
	fx_start(fx);
	ATF_REQUIRE_EQ(1, fx->ndials);
	conn = fx_connected(fx, 0);
	policy_ban(fx->p, fx->now, &host);
	ATF_CHECK(fx_find_drop(fx, conn) == NULL);
	fx_down(fx, conn, DOWN_PEER_CLOSED);
	fx_run(fx, 9 * FX_SECOND);
	ATF_REQUIRE_EQ_MSG(2, fx->ndials, "dialled under a ban of its host");
	conn = fx_connected(fx, 1);
	ATF_REQUIRE(conn != 0);

	policy_ban(fx->p, fx->now, &id);
	ATF_REQUIRE(fx_find_drop(fx, conn) != NULL);
	ATF_CHECK_EQ(DOWN_BANNED, fx_find_drop(fx, conn)->reason);
	fx_down(fx, conn, DOWN_BANNED);
	fx_run(fx, FX_HOUR - FX_SECOND);
	ATF_CHECK_EQ_MSG(2, fx->ndials, "not while it is banned");
	fx_run(fx, 9 * FX_SECOND);
	ATF_CHECK_EQ_MSG(3, fx->ndials, "and soon after");
	fx_free(fx);
}

/* A name that leads where it may not be dialled now has not failed. */
ATF_TC_WITHOUT_HEAD(bans_of_a_name);
ATF_TC_BODY(bans_of_a_name, tc)
{
	struct fx *fx = with_persistent(MODE_PEER, "node.example.org");
	struct peer_addr a = fx_at(1, "20.1.0.1", 26656);
	struct m_ban ban = { .has_id = true, .left_s = 3600, .id = a.id };
	uint64_t end;
	unsigned n = 0;

	fx_begin(fx);
	end = fx->now + FX_HOUR;
	policy_ban(fx->p, fx->now, &ban);
	fx_start(fx);
	while (fx->now < end + 9 * FX_SECOND) {
		for (; n < fx->nresolves; n++)
			policy_resolved(fx->p, fx->now, fx->resolves[n].token,
			    (const uint8_t (*)[16])&a.na.ip, 1);
		if (fx->now < end - FX_SECOND)
			ATF_REQUIRE_EQ(0, fx->ndials);
		if (fx->nresolves > 100)
			fx->nresolves = n = 0;
		fx_run(fx, FX_SECOND / 2);
	}
	ATF_CHECK_EQ_MSG(1, fx->ndials, "soon after its end");
	fx_free(fx);
}

/* A reload keeps the state of who stays, adds, and lets go. */
ATF_TC_WITHOUT_HEAD(reload);
ATF_TC_BODY(reload, tc)
{
	struct fx *fx = with_persistent(MODE_PEER, "20.1.0.1");
	struct conf *c = fx_conf(MODE_PEER);
	struct host_addr h = fx_host(2, "20.2.0.1");
	uint32_t conn;

	ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_PERSISTENT, &h));
	fx_start(fx);
	conn = fx_connected(fx, 0);
	ATF_REQUIRE_EQ(2, fx->ndials);

	h = fx_host(1, "20.1.0.1");
	ATF_REQUIRE_EQ(0, conf_add_peer(c, CONF_PERSISTENT, &h));
	h = fx_host(3, "20.3.0.1");
	ATF_REQUIRE_EQ(0, conf_add_peer(c, CONF_PERSISTENT, &h));
	fx_reload(fx, c);
	ATF_REQUIRE_EQ_MSG(3, fx->ndials, "the new one, at once");
	ATF_CHECK_EQ(2, fx_find_dial(fx, &h.id, 0));
	fx_fail(fx, 1, OUTCOME_REFUSED);
	fx_down(fx, conn, DOWN_PEER_ERROR);
	fx_run(fx, FX_MINUTE);
	h = fx_host(2, "20.2.0.1");
	ATF_CHECK_EQ_MSG(-1, fx_find_dial(fx, &h.id, 2), "let go");
	h = fx_host(1, "20.1.0.1");
	ATF_CHECK(fx_find_dial(fx, &h.id, 2) > 0);
	fx_free(fx);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, schedule);
	ATF_TP_ADD_TC(tp, max_dial_period);
	ATF_TP_ADD_TC(tp, no_outcome_ends_it);
	ATF_TP_ADD_TC(tp, our_outage_is_not_counted);
	ATF_TP_ADD_TC(tp, never_ourselves);
	ATF_TP_ADD_TC(tp, reconnects_when_lost);
	ATF_TP_ADD_TC(tp, flapping_is_slowed);
	ATF_TP_ADD_TC(tp, inbound_counts_as_connected);
	ATF_TP_ADD_TC(tp, outside_the_limits);
	ATF_TP_ADD_TC(tp, many_take_turns);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, our_own_id);
	ATF_TP_ADD_TC(tp, a_name_that_led_to_us);
	ATF_TP_ADD_TC(tp, kept_in_seed_mode);
	ATF_TP_ADD_TC(tp, takes_no_slot);
	ATF_TP_ADD_TC(tp, is_company);
	ATF_TP_ADD_TC(tp, bans);
	ATF_TP_ADD_TC(tp, bans_of_a_name);
	ATF_TP_ADD_TC(tp, reload);
	return atf_no_error();
}
