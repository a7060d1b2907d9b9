/* SPDX-License-Identifier: ISC */
/* Rotation: one slot about every six hours, the newcomer first. */

#include <atf-c.h>

#include "regress/lib/policyfix.h"

#define FULL	10

/* Ten outbound peers, numbers 0..9 with connections 1..10. */
static struct fx *
full(void)
{
	struct fx *fx = fx_new(MODE_PEER);
	unsigned i;

	fx->conf->times.probe_interval = 1000 * FX_HOUR;
	fx_begin(fx);
	fx_status(fx, 2000, false);
	for (i = 0; i < FULL; i++)
		(void)fx_outbound(fx, i);
	fx_start(fx);
	return fx;
}

ATF_TC_WITHOUT_HEAD(about_every_six_hours);
ATF_TC_BODY(about_every_six_hours, tc)
{
	struct fx *fx = full();
	uint64_t last = fx->now, d, sum = 0, low = UINT64_MAX, high = 0;
	struct fx_pick *pick;
	struct peer_addr a;
	unsigned i;
	uint32_t conn;

	for (i = 0; i < 40; i++) {
		fx->nasks = fx->nreports = 0;
		pick = fx_next_pick(fx, PICK_ENSURE);
		d = pick->at - last;
		last = pick->at;
		sum += d;
		low = d < low ? d : low;
		high = d > high ? d : high;
		a = fx_addr(100 + i);
		fx_answer_pick(fx, pick, &a, 1);
		ATF_REQUIRE_EQ(i + 1, fx->ndials);
		ATF_CHECK_EQ_MSG(i, fx->ndrops, "the newcomer first");
		conn = fx_connected(fx, i);
		ATF_REQUIRE_EQ(i + 1, fx->ndrops);
		ATF_CHECK(fx->drops[i].conn != conn);
		ATF_CHECK_EQ(DOWN_DIALER, fx->drops[i].reason);
		ATF_CHECK_EQ(FULL, fx_counts(fx).outbound);
		fx_down(fx, fx->drops[i].conn, DOWN_DIALER);
	}
	ATF_CHECK(low >= 3 * FX_HOUR && high <= 9 * FX_HOUR + FX_MINUTE);
	ATF_CHECK(sum / 40 > 5 * FX_HOUR && sum / 40 < 7 * FX_HOUR);
	ATF_CHECK_MSG(high - low > FX_HOUR, "the time is random");
	ATF_CHECK_EQ(40, policy_stats(fx->p)->rotations);
	fx_free(fx);
}

/* Neither a senior nor a persistent peer is ever the one that goes. */
ATF_TC_WITHOUT_HEAD(never_seniors_nor_persistent);
ATF_TC_BODY(never_seniors_nor_persistent, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct host_addr h = fx_host(0, "20.0.0.1");
	struct node_id seniors[FULL];
	struct peer_addr a = fx_addr(100);
	unsigned i;

	fx->conf->times.probe_interval = 1000 * FX_HOUR;
	ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_PERSISTENT, &h));
	fx_begin(fx);
	fx_status(fx, 2000, false);
	for (i = 0; i <= FULL; i++)
		(void)fx_outbound(fx, i);
	for (i = 0; i < FULL; i++)
		seniors[i] = fx_id(i + 1);
	policy_seniors(fx->p, seniors, FULL - 1);
	fx_start(fx);
	/* Only number 10, connection 11, is left. */
	fx_answer_pick(fx, fx_next_pick(fx, PICK_ENSURE), &a, 1);
	ATF_CHECK(fx_connected(fx, 0) != 0);
	ATF_REQUIRE_EQ(1, fx->ndrops);
	ATF_CHECK_EQ(11, fx->drops[0].conn);
	fx_down(fx, 11, DOWN_DIALER);
	/* Nobody but seniors and the persistent one: no rotation at all. */
	seniors[FULL - 1] = a.id;
	policy_seniors(fx->p, seniors, FULL);
	fx->npicks = fx->nasks = 0;
	fx_run(fx, 48 * FX_HOUR);
	ATF_CHECK_EQ(0, fx->npicks);
	ATF_CHECK_EQ(1, fx->ndrops);
	fx_free(fx);
}

/* If nobody can be had, nobody goes; the next candidates are tried. */
ATF_TC_WITHOUT_HEAD(failures_cost_nobody_the_slot);
ATF_TC_BODY(failures_cost_nobody_the_slot, tc)
{
	struct fx *fx = full();
	struct peer_addr a[3] = { fx_addr(100), fx_addr(101), fx_addr(102) };
	struct fx_pick *pick = fx_next_pick(fx, PICK_ENSURE);
	uint64_t at;

	fx_answer_pick(fx, pick, a, 3);
	ATF_REQUIRE_EQ_MSG(1, fx->ndials, "one at a time");
	fx_fail(fx, 0, OUTCOME_REFUSED);
	fx_fail(fx, 1, OUTCOME_FULL);
	ATF_REQUIRE_EQ(3, fx->ndials);
	fx_fail(fx, 2, OUTCOME_TIMED_OUT);
	ATF_CHECK_EQ(0, fx->ndrops);
	ATF_CHECK_EQ(FULL, fx_counts(fx).outbound);
	at = fx->now;
	pick = fx_next_pick(fx, PICK_ENSURE);
	ATF_CHECK_MSG(pick->at - at <= 6 * FX_MINUTE, "tried again soon");
	fx_free(fx);
}

/* A slot that fell free meanwhile is the newcomer's; nobody has to go. */
ATF_TC_WITHOUT_HEAD(a_free_slot_is_taken_first);
ATF_TC_BODY(a_free_slot_is_taken_first, tc)
{
	struct fx *fx = full();
	struct peer_addr a = fx_addr(100);

	fx_answer_pick(fx, fx_next_pick(fx, PICK_ENSURE), &a, 1);
	fx_down(fx, 3, DOWN_PEER_CLOSED);
	ATF_CHECK(fx_connected(fx, 0) != 0);
	ATF_CHECK_EQ(0, fx->ndrops);
	ATF_CHECK_EQ(FULL, fx_counts(fx).outbound);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(asks_for_seniors_while_few_are_held);
ATF_TC_BODY(asks_for_seniors_while_few_are_held, tc)
{
	struct fx *fx = full();
	struct node_id seniors[5];
	unsigned i;

	ATF_CHECK(fx_next_pick(fx, PICK_ENSURE)->m.seniors > 0);
	for (i = 0; i < 5; i++)
		seniors[i] = fx_id(i);
	policy_seniors(fx->p, seniors, 5);
	ATF_CHECK_EQ(0, fx_next_pick(fx, PICK_ENSURE)->m.seniors);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(not_while_slots_are_free);
ATF_TC_BODY(not_while_slots_are_free, tc)
{
	struct fx *fx = full();
	unsigned i;

	fx_down(fx, 1, DOWN_PEER_CLOSED);
	for (i = 0; i < 24 * 120; i++) {
		fx->npicks = fx->nasks = 0;
		fx_run(fx, 30 * FX_SECOND);
		/* The one question is of the round: it wants one slot. */
		ATF_REQUIRE(fx->npicks <= 1);
		if (fx->npicks == 1)
			ATF_REQUIRE_EQ(3, fx->picks[0].m.want);
	}
	fx_free(fx);
}

/* It rested for a free slot: it is its turn soon after that is taken. */
ATF_TC_WITHOUT_HEAD(soon_after_a_free_slot);
ATF_TC_BODY(soon_after_a_free_slot, tc)
{
	struct fx *fx = full();
	uint64_t from;
	unsigned i;

	fx_down(fx, 1, DOWN_PEER_CLOSED);
	for (i = 0; i < 10 * 120; i++) {
		fx->npicks = fx->nasks = 0;
		fx_run(fx, 30 * FX_SECOND);
	}
	fx->npicks = 0;
	(void)fx_outbound(fx, 200);
	from = fx->now;
	(void)fx_next_pick(fx, PICK_ENSURE);
	ATF_CHECK_MSG(fx->now - from <= 6 * FX_MINUTE, "after %ju min",
	    (uintmax_t)(fx->now - from) / FX_MINUTE);
	fx_free(fx);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, about_every_six_hours);
	ATF_TP_ADD_TC(tp, never_seniors_nor_persistent);
	ATF_TP_ADD_TC(tp, failures_cost_nobody_the_slot);
	ATF_TP_ADD_TC(tp, a_free_slot_is_taken_first);
	ATF_TP_ADD_TC(tp, asks_for_seniors_while_few_are_held);
	ATF_TP_ADD_TC(tp, not_while_slots_are_free);
	ATF_TP_ADD_TC(tp, soon_after_a_free_slot);
	return atf_no_error();
}
