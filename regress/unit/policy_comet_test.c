/* SPDX-License-Identifier: ISC */
/*
 * What CometBFT's tests of its set of peers, its accept routine and its seeds
 * (p2p/peer_set_test.go, p2p/switch_test.go, p2p/pex/pex_reactor_test.go) ask,
 * asked of the policy, which is who knows all peers.
 */
#include <atf-c.h>
#include <string.h>

#include "regress/lib/policyfix.h"

#define N	100

static struct fx *
filled(uint32_t conn[N])
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a;
	unsigned i;

	fx->conf->limits.max_inbound = N;
	fx->conf->private_network = true;
	fx_start(fx);
	for (i = 0; i < N; i++) {
		a = fx_addr(i);
		ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a, &conn[i],
		    NULL));
	}
	ATF_CHECK_EQ(N, fx_counts(fx).inbound);
	return fx;
}

/* Is the one of that number a peer?  Then a second of it is a duplicate. */
static bool
has(struct fx *fx, unsigned n)
{
	struct peer_addr a = fx_addr(n);
	uint32_t conn;

	if (fx_inbound(fx, &a, &conn, NULL) == VERDICT_DUPLICATE)
		return true;
	fx_down(fx, conn, DOWN_PEER_CLOSED);
	return false;
}

/*
 * TestCheckSeeds: a node with these seeds, of which "good" has an address;
 * true if that was dialled within a minute.  It goes on in any case.
 */
static bool
finds_good(const char *const *names, unsigned n)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a = fx_at(1, "30.0.0.1", 1);
	uint8_t ip[1][16];
	struct host_addr h;
	unsigned i, asked = 0;
	uint64_t end;
	bool found;

	for (i = 0; i < n; i++) {
		h = fx_host(1000 + i, names[i]);
		ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_SEED, &h));
	}
	memcpy(ip[0], a.na.ip, 16);
	fx_start(fx);
	for (end = fx->now + 60 * FX_SECOND; fx->now < end; ) {
		fx_answer_pick(fx, fx_last_pick(fx), NULL, 0);
		for (; asked < fx->nresolves; asked++) {
			found = strcmp(fx->resolves[asked].name, "good") == 0;
			policy_resolved(fx->p, fx->now,
			    fx->resolves[asked].token, found ?
			    (const uint8_t (*)[16])ip : NULL, found);
		}
		fx_run(fx, FX_SECOND);
	}
	ATF_CHECK(n == 0 || asked > 0);
	found = fx->ndials > 0;
	if (found)
		ATF_CHECK_EQ(0, memcmp(fx->dials[0].d.addr.na.ip, ip[0], 16));
	/* Time and again, whatever came of it. */
	ATF_CHECK(fx->npicks > 1);
	fx_free(fx);
	return found;
}

ATF_TC_WITHOUT_HEAD(check_seeds);
ATF_TC_BODY(check_seeds, tc)
{
	static const char *const good[] = { "good" }, *const mixed[] =
	    { "bad.one", "good", "bad.two" }, *const bad[] =
	    { "bad.one", "bad.two" };

	ATF_CHECK(!finds_good(NULL, 0));
	ATF_CHECK(finds_good(good, 1));
	ATF_CHECK(finds_good(mixed, 3));
	ATF_CHECK(!finds_good(bad, 2));
}

/* TestPeerSetAddRemoveOne, TestPeerSetAddRemoveMany: from the front ... */
ATF_TC_WITHOUT_HEAD(peer_set_remove_front);
ATF_TC_BODY(peer_set_remove_front, tc)
{
	uint32_t conn[N];
	struct fx *fx = filled(conn);
	unsigned i;

	for (i = 0; i < N; i++) {
		fx_down(fx, conn[i], DOWN_PEER_CLOSED);
		ATF_CHECK_EQ(N - 1 - i, fx_counts(fx).inbound);
		ATF_CHECK_MSG(!has(fx, i), "%u is still there", i);
		ATF_CHECK_MSG(i == N - 1 || has(fx, i + 1), "%u went", i + 1);
	}
	fx_free(fx);
}

/* ... and from the end; one that is gone goes no second time. */
ATF_TC_WITHOUT_HEAD(peer_set_remove_end);
ATF_TC_BODY(peer_set_remove_end, tc)
{
	uint32_t conn[N];
	struct fx *fx = filled(conn);
	unsigned i;

	for (i = N; i-- > 0;) {
		fx_down(fx, conn[i], DOWN_PEER_CLOSED);
		fx_down(fx, conn[i], DOWN_PEER_CLOSED);
		ATF_CHECK_EQ(i, fx_counts(fx).inbound);
		ATF_CHECK_MSG(!has(fx, i), "%u is still there", i);
		ATF_CHECK_MSG(i == 0 || has(fx, i - 1), "%u went", i - 1);
	}
	fx_free(fx);
}

/* TestPeerSetAddDuplicate: of 20 of one ID exactly one. */
ATF_TC_WITHOUT_HEAD(peer_set_duplicate);
ATF_TC_BODY(peer_set_duplicate, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a;
	unsigned i, ok = 0, duplicate = 0;
	enum verdict v;

	fx_start(fx);
	for (i = 0; i < 20; i++) {
		a = fx_addr(i);
		a.id = fx_id(1);
		v = fx_inbound(fx, &a, NULL, NULL);
		ok += v == VERDICT_OK;
		duplicate += v == VERDICT_DUPLICATE;
	}
	ATF_CHECK_EQ(1, ok);
	ATF_CHECK_EQ(19, duplicate);
	ATF_CHECK_EQ(1, fx_counts(fx).inbound_all);
	fx_free(fx);
}

/* TestPeerSetGet: who is asked for by ID, and who was never there. */
ATF_TC_WITHOUT_HEAD(peer_set_get);
ATF_TC_BODY(peer_set_get, tc)
{
	uint32_t conn[N];
	struct fx *fx = filled(conn);
	struct m_ctl_drop m = { .id = fx_id(7) };

	policy_ctl_drop(fx->p, fx->now, 1, &m);
	ATF_REQUIRE_EQ(1, fx->ndrops);
	ATF_CHECK_EQ(conn[7], fx->drops[0].conn);
	m.id = fx_id(N);
	policy_ctl_drop(fx->p, fx->now, 2, &m);
	ATF_CHECK_EQ(1, fx->ndrops);
	ATF_CHECK_EQ(STATUS_NOT_FOUND, fx->answers[1].status);
	fx_free(fx);
}

/*
 * TestSwitchAcceptRoutine: as many as may be, the next not, unconditional
 * ones all the same.  Differs: a regular node would evict for the next one,
 * but nobody who has been there less than 10 s.
 */
ATF_TC_WITHOUT_HEAD(accept_routine);
ATF_TC_BODY(accept_routine, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct host_addr h;
	struct peer_addr a;
	unsigned i;

	fx->conf->limits.max_inbound = 5;
	for (i = 10; i < 12; i++) {
		h = fx_host(i, "20.200.0.1");
		ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_UNCONDITIONAL,
		    &h));
	}
	fx_start(fx);
	for (i = 0; i < 7; i++) {
		a = fx_addr(i);
		ATF_CHECK_EQ(i < 5 ? VERDICT_OK : VERDICT_FULL,
		    fx_inbound(fx, &a, NULL, NULL));
	}
	for (i = 10; i < 12; i++) {
		a = fx_addr(i);
		ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, NULL));
	}
	ATF_CHECK_EQ(5, fx_counts(fx).inbound);
	ATF_CHECK_EQ(7, fx_counts(fx).inbound_all);
	fx_free(fx);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, check_seeds);
	ATF_TP_ADD_TC(tp, peer_set_remove_front);
	ATF_TP_ADD_TC(tp, peer_set_remove_end);
	ATF_TP_ADD_TC(tp, peer_set_duplicate);
	ATF_TP_ADD_TC(tp, peer_set_get);
	ATF_TP_ADD_TC(tp, accept_routine);
	return atf_no_error();
}
