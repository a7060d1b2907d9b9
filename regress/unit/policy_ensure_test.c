/* SPDX-License-Identifier: ISC */
/* ensurePeers: when, how many, with what bias, and whom not. */

#include <atf-c.h>
#include <string.h>

#include "regress/lib/policyfix.h"

static void
many(struct peer_addr *out, unsigned from, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		out[i] = fx_addr(from + i);
}

ATF_TC_WITHOUT_HEAD(first_round_at_once);
ATF_TC_BODY(first_round_at_once, tc)
{
	struct fx *fx = fx_new(MODE_PEER);

	fx_begin(fx);
	ATF_CHECK_EQ(POLICY_NEVER, policy_tick(fx->p, fx->now));
	ATF_CHECK_EQ_MSG(0, fx->npicks, "nothing before the start");
	fx_start(fx);
	ATF_REQUIRE_EQ(1, fx->npicks);
	ATF_CHECK_EQ(PICK_ENSURE, fx->picks[0].m.kind);
	ATF_CHECK_EQ(30, fx->picks[0].m.want);
	ATF_CHECK_EQ(10, fx->picks[0].m.bias);
	ATF_CHECK_EQ(15, fx->picks[0].m.seniors);
	ATF_CHECK_EQ(0, fx->picks[0].m.ngroups);
	fx_free(fx);
}

/* With peers about, a restart must not dial in step with everybody else. */
ATF_TC_WITHOUT_HEAD(first_round_is_delayed_with_peers);
ATF_TC_BODY(first_round_is_delayed_with_peers, tc)
{
	uint64_t seen[8], i;

	for (i = 0; i < 8; i++) {
		struct fx *fx = fx_new(MODE_PEER);

		rng_seed_number(&fx->rng, i);
		fx_begin(fx);
		(void)fx_outbound(fx, 1);
		fx_start(fx);
		ATF_REQUIRE_EQ(0, fx->npicks);
		fx_run(fx, 30 * FX_SECOND);
		ATF_REQUIRE(fx->npicks >= 1);
		seen[i] = fx->picks[0].at;
		ATF_CHECK(seen[i] < 1000000 + 30 * FX_SECOND);
		fx_free(fx);
	}
	ATF_CHECK_MSG(seen[0] != seen[1] || seen[1] != seen[2],
	    "the delay is random");
}

ATF_TC_WITHOUT_HEAD(every_period);
ATF_TC_BODY(every_period, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	unsigned i, n = 0;

	fx->conf->times.probe_interval = FX_HOUR;
	fx_start(fx);
	for (i = 0; i < 10; i++) {
		fx_answer_pick(fx, fx_last_pick(fx), NULL, 0);
		fx_run(fx, 30 * FX_SECOND);
	}
	for (i = 0; i < fx->npicks; i++)
		if (fx->picks[i].m.kind == PICK_ENSURE)
			ATF_CHECK_EQ(1000000 + n++ * 30 * FX_SECOND,
			    fx->picks[i].at);
	ATF_CHECK_EQ(11, n);
	fx_free(fx);
}

/* min(outbound, 8) x 10 + 10; three candidates for each free slot. */
ATF_TC_WITHOUT_HEAD(bias_and_number);
ATF_TC_BODY(bias_and_number, tc)
{
	unsigned out;

	for (out = 0; out <= 12; out++) {
		struct fx *fx = fx_new(MODE_PEER);
		unsigned i, bias = (out < 8 ? out : 8) * 10 + 10;

		fx->conf->times.probe_interval = FX_HOUR;
		fx_begin(fx);
		for (i = 0; i < out; i++)
			(void)fx_outbound(fx, i);
		fx_start(fx);
		fx_run(fx, 30 * FX_SECOND);
		if (out >= 10) {
			ATF_CHECK_EQ_MSG(0, fx->npicks, "%u are enough", out);
		} else {
			ATF_REQUIRE(fx->npicks >= 1);
			ATF_CHECK_EQ(bias, fx->picks[0].m.bias);
			ATF_CHECK_EQ((10 - out) * 3, fx->picks[0].m.want);
			ATF_CHECK_EQ(out, fx->picks[0].m.ngroups);
		}
		fx_free(fx);
	}
}

ATF_TC_WITHOUT_HEAD(dials_as_many_as_wanted_at_once);
ATF_TC_BODY(dials_as_many_as_wanted_at_once, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a[30];
	unsigned i;

	fx_start(fx);
	many(a, 1, 30);
	fx_answer_pick(fx, fx_last_pick(fx), a, 30);
	ATF_CHECK_EQ(10, fx->ndials);
	for (i = 0; i < fx->ndials; i++) {
		ATF_CHECK(peer_addr_equal(&fx->dials[i].d.addr, &a[i]));
		ATF_CHECK_EQ(PURPOSE_PEER, fx->dials[i].d.purpose);
	}
	/* Dials count as peers to come: the next round asks for none. */
	i = fx->npicks;
	fx->conf->times.dial_timeout = FX_MINUTE;
	fx->conf->times.probe_interval = FX_HOUR;
	fx_run(fx, 30 * FX_SECOND);
	for (; i < fx->npicks; i++)
		ATF_CHECK(fx->picks[i].m.kind != PICK_ENSURE);
	fx_free(fx);
}

/* How many of the dials from index on are of a[from .. from + n - 1]. */
static unsigned
count_dials(struct fx *fx, unsigned index, const struct peer_addr *a,
    unsigned n)
{
	unsigned i, k, count = 0;

	for (i = index; i < fx->ndials; i++)
		for (k = 0; k < n; k++)
			count += peer_addr_equal(&fx->dials[i].d.addr, &a[k]);
	return count;
}

/* Who was first to tell of many gets a third of the slots, if others told. */
ATF_TC_WITHOUT_HEAD(one_source_has_a_third);
ATF_TC_BODY(one_source_has_a_third, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a[30];
	uint64_t source[30];
	uint32_t conn;
	unsigned i;

	fx_start(fx);
	many(a, 1, 30);
	for (i = 0; i < 30; i++)
		source[i] = i < 15 ? 77 : 78 + i % 3;
	fx_answer_heard(fx, fx_last_pick(fx), a, source, 30);
	ATF_CHECK_EQ(10, fx->ndials);
	ATF_CHECK_EQ(3, count_dials(fx, 0, a, 15));
	ATF_CHECK_EQ(7, count_dials(fx, 0, a + 15, 15));

	/* A connected one counts on; one that failed makes room. */
	conn = fx_connected(fx, fx_find_dial(fx, &a[0].id, 0));
	ATF_REQUIRE(conn != 0);
	fx_fail(fx, fx_find_dial(fx, &a[15].id, 0), OUTCOME_REFUSED);
	ATF_CHECK_EQ(3, count_dials(fx, 0, a, 15));
	fx_fail(fx, fx_find_dial(fx, &a[1].id, 0), OUTCOME_REFUSED);
	ATF_CHECK_EQ_MSG(4, count_dials(fx, 0, a, 15), "in its place");
	fx_free(fx);
}

/* Nobody else to dial: better theirs than none. */
ATF_TC_WITHOUT_HEAD(one_source_has_what_is_left);
ATF_TC_BODY(one_source_has_what_is_left, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a[14];
	uint64_t source[14];
	unsigned i;

	fx_start(fx);
	many(a, 1, 14);
	for (i = 0; i < 14; i++)
		source[i] = i < 12 ? 77 : 78;
	fx_answer_heard(fx, fx_last_pick(fx), a, source, 14);
	ATF_CHECK_EQ(10, fx->ndials);
	ATF_CHECK_EQ_MSG(2, count_dials(fx, 0, a + 12, 2), "others first");
	ATF_CHECK_EQ(8, count_dials(fx, 0, a, 12));
	fx_free(fx);
}

/* Who has proved itself is on nobody's word; nor does it count there. */
ATF_TC_WITHOUT_HEAD(proved_ones_need_no_word);
ATF_TC_BODY(proved_ones_need_no_word, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a[20];
	uint64_t source[20];
	unsigned i;

	fx_start(fx);
	many(a, 1, 20);
	for (i = 0; i < 20; i++)
		source[i] = i < 8 ? 0 : 77;
	fx_answer_heard(fx, fx_last_pick(fx), a, source, 20);
	ATF_CHECK_EQ(8, count_dials(fx, 0, a, 8));
	ATF_CHECK_EQ(2, count_dials(fx, 0, a + 8, 12));
	fx_free(fx);
}

/* While hardly anybody is proved, more of them are looked at. */
ATF_TC_WITHOUT_HEAD(more_candidates_of_hearsay);
ATF_TC_BODY(more_candidates_of_hearsay, tc)
{
	unsigned good;

	for (good = 31; good <= 32; good++) {
		struct fx *fx = fx_new(MODE_PEER);

		fx_begin(fx);
		fx_status(fx, good, true);
		fx_start(fx);
		ATF_CHECK_EQ(good < 32 ? 90 : 30, fx_last_pick(fx)->m.want);
		fx_free(fx);
	}
}

/* A failed one is replaced at once by a candidate that was left over. */
ATF_TC_WITHOUT_HEAD(spares_replace_failures);
ATF_TC_BODY(spares_replace_failures, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a[12];

	fx_start(fx);
	many(a, 1, 12);
	fx_answer_pick(fx, fx_last_pick(fx), a, 12);
	ATF_REQUIRE_EQ(10, fx->ndials);
	fx_fail(fx, 0, OUTCOME_REFUSED);
	ATF_REQUIRE_EQ(11, fx->ndials);
	ATF_CHECK(peer_addr_equal(&fx->dials[10].d.addr, &a[10]));
	fx_fail(fx, 3, OUTCOME_TIMED_OUT);
	fx_fail(fx, 4, OUTCOME_TIMED_OUT);
	ATF_CHECK_EQ_MSG(12, fx->ndials, "no more than were picked");
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(one_outbound_per_group);
ATF_TC_BODY(one_outbound_per_group, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a[4];
	struct fx_pick *pick;
	uint32_t conn;

	/* An inbound peer of the group does not count. */
	fx_begin(fx);
	a[0] = fx_at(900, "20.1.9.9", 1);
	ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a[0], NULL, NULL));
	fx_start(fx);
	pick = fx_next_pick(fx, PICK_ENSURE);
	a[0] = fx_at(1, "20.1.0.1", 26656);
	a[1] = fx_at(2, "20.1.5.1", 26656);
	a[2] = fx_at(3, "20.2.0.1", 26656);
	a[3] = fx_at(4, "20.1.7.1", 26656);
	fx_answer_pick(fx, pick, a, 4);
	ATF_CHECK_EQ(2, fx->ndials);
	ATF_CHECK_EQ(-1, fx_find_dial(fx, &a[1].id, 0));
	ATF_CHECK_EQ(-1, fx_find_dial(fx, &a[3].id, 0));
	ATF_CHECK_EQ(2, policy_stats(fx->p)->skips[SKIP_GROUP]);

	/* Connected it counts still; gone it does not. */
	conn = fx_connected(fx, 0);
	ATF_REQUIRE(conn != 0);
	fx_fail(fx, 1, OUTCOME_REFUSED);
	pick = fx_next_pick(fx, PICK_ENSURE);
	ATF_CHECK_EQ(1, pick->m.ngroups);
	fx_answer_pick(fx, pick, &a[1], 1);
	ATF_CHECK_EQ(2, fx->ndials);
	fx_down(fx, conn, DOWN_PEER_CLOSED);
	fx_answer_pick(fx, fx_next_pick(fx, PICK_ENSURE), &a[1], 1);
	ATF_CHECK_EQ(3, fx->ndials);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(private_network_has_no_groups);
ATF_TC_BODY(private_network_has_no_groups, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a[4];
	struct fx_pick *pick;
	unsigned i;

	fx->conf->private_network = true;
	fx->conf->strict = false;
	fx_begin(fx);
	a[0] = fx_at(99, "127.0.0.1", 5000);
	fx_up(fx, 77, &a[0], true, PURPOSE_PEER);
	fx_start(fx);
	pick = fx_next_pick(fx, PICK_ENSURE);
	ATF_CHECK_EQ(0, pick->m.ngroups);
	for (i = 0; i < 4; i++)
		a[i] = fx_at(i + 1, "127.0.0.1", 26656 + i);
	fx_answer_pick(fx, pick, a, 4);
	ATF_CHECK_EQ(4, fx->ndials);
	fx_free(fx);
}

/* CometBFT dials no second peer of an IP unless duplicates are allowed. */
ATF_TC_WITHOUT_HEAD(one_connection_per_ip);
ATF_TC_BODY(one_connection_per_ip, tc)
{
	unsigned allow;

	for (allow = 0; allow <= 1; allow++) {
		struct fx *fx = fx_new(MODE_PEER);
		struct peer_addr a = fx_at(1, "20.1.0.1", 5000);

		fx->conf->allow_duplicate_ip = allow;
		fx_begin(fx);
		ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, NULL));
		fx_start(fx);
		a = fx_at(2, "20.1.0.1", 26656);
		fx_answer_pick(fx, fx_next_pick(fx, PICK_ENSURE), &a, 1);
		ATF_CHECK_EQ(allow, fx->ndials);
		ATF_CHECK_EQ(!allow, policy_stats(fx->p)->skips[SKIP_IP]);
		fx_free(fx);
	}
}

/* Until five slots are held by seniors, seniors are asked for first. */
ATF_TC_WITHOUT_HEAD(senior_quota);
ATF_TC_BODY(senior_quota, tc)
{
	unsigned held, i;

	for (held = 0; held <= 6; held++) {
		struct fx *fx = fx_new(MODE_PEER);
		struct node_id ids[6];

		for (i = 0; i < held; i++)
			ids[held - 1 - i] = fx_id(i);
		fx->conf->times.probe_interval = FX_HOUR;
		fx_begin(fx);
		if (held % 2 == 0)	/* told before the peers, or after */
			policy_seniors(fx->p, ids, held);
		for (i = 0; i < 8; i++)
			(void)fx_outbound(fx, i);
		if (held % 2 != 0)
			policy_seniors(fx->p, ids, held);
		ATF_CHECK_EQ(held, fx_counts(fx).seniors);
		fx_start(fx);
		fx_run(fx, 30 * FX_SECOND);
		ATF_REQUIRE(fx->npicks >= 1);
		/* Two slots are free. */
		ATF_CHECK_EQ(6, fx->picks[0].m.want);
		ATF_CHECK_EQ_MSG(held >= 5 ? 0 : held == 4 ? 3 : 6,
		    fx->picks[0].m.seniors, "%u held: %u asked for", held,
		    fx->picks[0].m.seniors);
		fx_free(fx);
	}
}

ATF_TC_WITHOUT_HEAD(whom_not_to_dial);
ATF_TC_BODY(whom_not_to_dial, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	const struct policy_stats *st;
	struct peer_addr a[6];
	struct m_ban ban = { .has_id = true, .left_s = 60 };
	struct host_addr seed = fx_host(6, "20.60.0.1");

	ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_SEED, &seed));
	fx_start(fx);
	a[0] = fx_addr(1);
	a[0].id = fx->conf->id;
	a[1] = fx_addr(2);
	ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a[1], NULL, NULL));
	a[1] = fx_at(2, "20.50.0.1", 1);	/* that ID elsewhere */
	a[2] = fx_addr(3);
	ban.id = a[2].id;
	policy_ban(fx->p, fx->now, &ban);
	a[3] = fx_addr(6);			/* a seed is asked, not kept */
	a[4] = fx_addr(4);
	a[5] = fx_at(4, "20.51.0.1", 1);	/* being dialled elsewhere */
	fx_answer_pick(fx, &fx->picks[0], a, 6);
	st = policy_stats(fx->p);
	ATF_CHECK_EQ(1, st->skips[SKIP_SELF]);
	ATF_CHECK_EQ(1, st->skips[SKIP_CONNECTED]);
	ATF_CHECK_EQ(1, st->skips[SKIP_BANNED]);
	ATF_CHECK_EQ(1, st->skips[SKIP_SEED]);
	ATF_CHECK_EQ(1, st->skips[SKIP_DIALLING]);
	ATF_CHECK_EQ(1, fx->ndials);
	ATF_CHECK_EQ(0, fx_find_dial(fx, &a[4].id, 0));
	fx_free(fx);
}

/* An answer that got lost, or came to no question, does no harm. */
ATF_TC_WITHOUT_HEAD(lost_and_stray_answers);
ATF_TC_BODY(lost_and_stray_answers, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a = fx_addr(1);
	struct fx_pick stray;

	fx->conf->times.probe_interval = FX_HOUR;
	fx_start(fx);
	stray = *fx_last_pick(fx);
	fx_run(fx, 5 * FX_SECOND);
	stray.id += 1000;
	fx_answer_pick(fx, &stray, &a, 1);
	stray.id = 0;
	fx_answer_pick(fx, &stray, &a, 1);
	ATF_CHECK_EQ(0, fx->ndials);
	fx_run(fx, 25 * FX_SECOND);
	ATF_CHECK_EQ_MSG(2, fx->npicks, "asked again in the next round");
	/* The first answer is too late now; the second counts. */
	fx_answer_pick(fx, &fx->picks[0], &a, 1);
	ATF_CHECK_EQ(0, fx->ndials);
	fx_answer_pick(fx, &fx->picks[1], &a, 1);
	ATF_CHECK_EQ(1, fx->ndials);
	/* addrbookd died: what it was asked is asked anew. */
	fx_run(fx, 30 * FX_SECOND);
	policy_book_lost(fx->p, fx->now);
	fx_answer_pick(fx, fx_last_pick(fx), &a, 1);
	ATF_CHECK_EQ(1, fx->ndials);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(seed_mode_has_none);
ATF_TC_BODY(seed_mode_has_none, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	unsigned i;

	fx_start(fx);
	fx_run(fx, 5 * FX_MINUTE);
	for (i = 0; i < fx->npicks; i++)
		ATF_CHECK_EQ(PICK_CRAWL, fx->picks[i].m.kind);
	fx_free(fx);
}

/* engine is gone: nothing is dialled; it is back: the first round anew. */
ATF_TC_WITHOUT_HEAD(engine_lost_and_back);
ATF_TC_BODY(engine_lost_and_back, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a[20];
	unsigned n;

	fx_start(fx);
	many(a, 1, 20);
	fx_answer_pick(fx, fx_last_pick(fx), a, 20);
	(void)fx_connected(fx, 0);
	policy_reached(fx->p, fx->now, fx->dials[1].d.dial, 5);
	policy_engine_lost(fx->p, fx->now);
	fx_check(fx);
	ATF_CHECK_EQ(POLICY_NEVER, policy_due(fx->p));
	ATF_CHECK_EQ(0, fx_counts(fx).outbound_all);
	ATF_CHECK_EQ_MSG(1, fx_count_reports(fx, OUTCOME_OURS),
	    "only the socket that engine held is lost");
	ATF_CHECK_EQ_MSG(10, fx->ndials, "no spare is dialled");
	ATF_CHECK_EQ(8, fx_counts(fx).dialling);
	fx_fail(fx, 2, OUTCOME_REFUSED);
	ATF_CHECK_EQ(10, fx->ndials);
	n = fx->npicks;
	fx_run(fx, FX_MINUTE);
	ATF_CHECK_EQ(n, fx->npicks);
	fx_start(fx);
	ATF_CHECK_EQ(n + 1, fx->npicks);
	/* A question that was open then is not waited for. */
	policy_engine_lost(fx->p, fx->now);
	fx_start(fx);
	ATF_CHECK_EQ(n + 2, fx->npicks);
	fx_free(fx);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, first_round_at_once);
	ATF_TP_ADD_TC(tp, first_round_is_delayed_with_peers);
	ATF_TP_ADD_TC(tp, every_period);
	ATF_TP_ADD_TC(tp, bias_and_number);
	ATF_TP_ADD_TC(tp, dials_as_many_as_wanted_at_once);
	ATF_TP_ADD_TC(tp, one_source_has_a_third);
	ATF_TP_ADD_TC(tp, one_source_has_what_is_left);
	ATF_TP_ADD_TC(tp, proved_ones_need_no_word);
	ATF_TP_ADD_TC(tp, more_candidates_of_hearsay);
	ATF_TP_ADD_TC(tp, spares_replace_failures);
	ATF_TP_ADD_TC(tp, one_outbound_per_group);
	ATF_TP_ADD_TC(tp, private_network_has_no_groups);
	ATF_TP_ADD_TC(tp, one_connection_per_ip);
	ATF_TP_ADD_TC(tp, senior_quota);
	ATF_TP_ADD_TC(tp, whom_not_to_dial);
	ATF_TP_ADD_TC(tp, lost_and_stray_answers);
	ATF_TP_ADD_TC(tp, seed_mode_has_none);
	ATF_TP_ADD_TC(tp, engine_lost_and_back);
	return atf_no_error();
}
