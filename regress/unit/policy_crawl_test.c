/* SPDX-License-Identifier: ISC */
/* Probes of a regular node, and the crawler that they are in a seed. */

#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/lib/policyfix.h"

/* Unlike fx_addr(), also unlike in /24 for n up to 2^20. */
static struct peer_addr
wide(unsigned n)
{
	struct peer_addr a = fx_addr(n);

	a.na.ip[12] = 20 + n / 65536;
	a.na.ip[13] = n / 256;
	a.na.ip[14] = n;
	return a;
}

/* Answer the open question of the crawler with as many new ones as wanted. */
static unsigned
offer(struct fx *fx, unsigned from)
{
	struct peer_addr *a = calloc(MSG_LIST_MAX, sizeof(*a));
	struct fx_pick *pick = fx_last_of(fx, PICK_CRAWL);
	unsigned i, n = pick->m.want;

	ATF_REQUIRE(a != NULL);
	for (i = 0; i < n; i++)
		a[i] = wide(from + i);
	fx_answer_pick(fx, pick, a, n);
	free(a);
	return n;
}

ATF_TC_WITHOUT_HEAD(a_probe_every_30_s);
ATF_TC_BODY(a_probe_every_30_s, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a;
	struct fx_pick *pick;
	unsigned i;

	fx->conf->limits.max_outbound = 0;
	fx_start(fx);
	for (i = 0; i < 10; i++) {
		pick = fx_next_pick(fx, PICK_PROBE);
		ATF_CHECK_EQ(1000000 + (i + 1) * 30 * FX_SECOND, pick->at);
		ATF_CHECK_EQ(1, pick->m.want);
		a = wide(i);
		fx_answer_pick(fx, pick, &a, 1);
		ATF_REQUIRE_EQ(i + 1, fx->ndials);
		ATF_CHECK_EQ(PURPOSE_PROBE, fx->dials[i].d.purpose);
	}
	fx_free(fx);
}

/* Asks for addresses, and closes politely after the answer. */
ATF_TC_WITHOUT_HEAD(a_probe_asks_and_closes);
ATF_TC_BODY(a_probe_asks_and_closes, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a[2] = { wide(1), wide(2) };
	uint32_t conn;

	fx->conf->limits.max_outbound = 0;
	fx_begin(fx);
	fx_status(fx, 5000, false);	/* nothing is wanted: asked still */
	fx_start(fx);
	fx_answer_pick(fx, fx_next_pick(fx, PICK_PROBE), &a[0], 1);
	conn = fx_connected(fx, 0);
	ATF_CHECK_EQ(1, fx_count_asks(fx, conn));
	ATF_CHECK_EQ_MSG(0, fx_counts(fx).outbound, "it takes no slot");
	fx_run(fx, 200);
	ATF_CHECK(fx_find_drop(fx, conn) == NULL);
	fx_live(fx, conn, OUTCOME_ANSWERED);
	ATF_REQUIRE(fx_find_drop(fx, conn) != NULL);
	ATF_CHECK_EQ(DOWN_DIALER, fx_find_drop(fx, conn)->reason);
	ATF_CHECK_EQ(1, fx_count_reports(fx, OUTCOME_ANSWERED));
	fx_down(fx, conn, DOWN_DIALER);

	/* One that does not answer goes after 15 s. */
	fx_answer_pick(fx, fx_next_pick(fx, PICK_PROBE), &a[1], 1);
	conn = fx_connected(fx, 1);
	fx_run(fx, 14900);
	ATF_CHECK(fx_find_drop(fx, conn) == NULL);
	fx_run(fx, 200);
	ATF_CHECK(fx_find_drop(fx, conn) != NULL);
	ATF_CHECK_EQ(1, fx_count_reports(fx, OUTCOME_ANSWERED));
	fx_free(fx);
}

/* A peer connected in either direction is never probed. */
ATF_TC_WITHOUT_HEAD(never_a_connected_one);
ATF_TC_BODY(never_a_connected_one, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr in = wide(1), out = wide(2);

	fx->conf->limits.max_outbound = 0;
	fx_begin(fx);
	ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &in, NULL, NULL));
	fx_up(fx, 99, &out, true, PURPOSE_PEER);
	fx_start(fx);
	fx_answer_pick(fx, fx_next_pick(fx, PICK_PROBE), &in, 1);
	fx_answer_pick(fx, fx_next_pick(fx, PICK_PROBE), &out, 1);
	ATF_CHECK_EQ(0, fx->ndials);
	fx_free(fx);
}

/* 256 in flight and no more; the place of one that ended is filled. */
ATF_TC_WITHOUT_HEAD(crawler_fills_its_dials);
ATF_TC_BODY(crawler_fills_its_dials, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	unsigned from = 0, i, most = 0, ended = 0;

	fx_start(fx);
	from += offer(fx, from);
	fx_run(fx, 0);
	ATF_CHECK_EQ(MSG_LIST_MAX, fx->ndials);
	ATF_CHECK_EQ_MSG(1, fx->npicks, "not for every single place");
	ATF_CHECK_EQ(PURPOSE_PROBE, fx->dials[0].d.purpose);
	for (i = 0; i < 200; i++) {
		/* Eight dials end in every tenth of a second. */
		unsigned j, n = fx->npicks;

		for (j = 0; j < 8; j++)
			fx_fail(fx, ended++, OUTCOME_TIMED_OUT);
		fx_run(fx, 100);
		if (fx->npicks > n)
			from += offer(fx, from);
		most = fx_counts(fx).dialling > most ?
		    fx_counts(fx).dialling : most;
		ATF_REQUIRE(fx_counts(fx).dialling <= 256);
		ATF_REQUIRE_MSG(fx_counts(fx).dialling >= 256 - 40,
		    "only %u in flight", fx_counts(fx).dialling);
		if (ended > 1000) {
			memmove(fx->dials, fx->dials + ended,
			    (fx->ndials - ended) * sizeof(fx->dials[0]));
			fx->ndials -= ended;
			ended = 0;
			fx->nreports = 0;
		}
	}
	ATF_CHECK_EQ(256, most);
	fx_free(fx);
}

/* A crawled peer is kept only until it answered, or 15 s went by. */
ATF_TC_WITHOUT_HEAD(crawled_peers_go);
ATF_TC_BODY(crawled_peers_go, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	struct peer_addr a[2] = { wide(1), wide(2) };
	uint32_t quick, slow;

	fx_start(fx);
	fx_answer_pick(fx, fx_last_pick(fx), a, 2);
	ATF_REQUIRE_EQ(2, fx->ndials);
	quick = fx_connected(fx, 0);
	slow = fx_connected(fx, 1);
	ATF_CHECK_EQ(1, fx_count_asks(fx, quick));
	ATF_CHECK_EQ(1, fx_count_asks(fx, slow));
	fx_live(fx, quick, OUTCOME_LIVE);
	ATF_CHECK(fx_find_drop(fx, quick) == NULL);
	fx_live(fx, quick, OUTCOME_ANSWERED);
	ATF_CHECK(fx_find_drop(fx, quick) != NULL);
	/* Not before its time. */
	fx_run(fx, 14900);
	ATF_CHECK(fx_find_drop(fx, slow) == NULL);
	fx_run(fx, 101);
	ATF_CHECK(fx_find_drop(fx, slow) != NULL);
	ATF_CHECK_EQ(0, fx_counts(fx).outbound);
	fx_free(fx);
}

/* Peers that hold us count against the dials in flight. */
ATF_TC_WITHOUT_HEAD(tarpits_are_bounded);
ATF_TC_BODY(tarpits_are_bounded, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	unsigned i, from = 0;

	fx->conf->limits.max_dials = 16;
	fx_start(fx);
	from += offer(fx, from);
	ATF_REQUIRE_EQ(16, fx->ndials);
	for (i = 0; i < 16; i++)
		ATF_REQUIRE(fx_connected(fx, i) != 0);
	fx_run(fx, 10 * FX_SECOND);
	ATF_CHECK_EQ(16, fx->ndials);
	ATF_CHECK_EQ_MSG(1, fx->npicks, "there is no room to ask for");
	fx_run(fx, 6 * FX_SECOND);
	ATF_CHECK_EQ(16, fx->ndrops);
	ATF_CHECK(fx->npicks > 1);
	fx_free(fx);
}

/* With nobody left to visit the book is asked once a second, not more. */
ATF_TC_WITHOUT_HEAD(idles_when_there_is_nobody);
ATF_TC_BODY(idles_when_there_is_nobody, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	unsigned i, n;

	fx_start(fx);
	for (i = 0; i < 600; i++) {
		n = fx->npicks;
		fx_answer_pick(fx, fx_last_pick(fx), NULL, 0);
		fx_run(fx, 100);
		ATF_REQUIRE(fx->npicks <= n + 1);
	}
	ATF_CHECK(fx->npicks >= 55 && fx->npicks <= 62);
	fx_free(fx);
}

/* Nodes of one /24 are visited one every 10 s and none is forgotten. */
ATF_TC_WITHOUT_HEAD(a_hoster_is_visited_in_turn);
ATF_TC_BODY(a_hoster_is_visited_in_turn, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	struct peer_addr a[20];
	unsigned i;
	char ip[32];

	for (i = 0; i < 20; i++) {
		snprintf(ip, sizeof(ip), "20.1.0.%u", i + 1);
		a[i] = fx_at(i, ip, 26656);
	}
	fx_start(fx);
	fx_answer_pick(fx, fx_last_pick(fx), a, 20);
	ATF_CHECK_EQ(1, fx->ndials);
	for (i = 0; i < 240; i++) {
		fx->npicks = fx->nreports = 0;
		fx_run(fx, FX_SECOND);
	}
	ATF_CHECK_EQ(20, fx->ndials);
	for (i = 0; i + 1 < fx->ndials; i++)
		ATF_CHECK(fx->dials[i + 1].at - fx->dials[i].at >=
		    10 * FX_SECOND);
	for (i = 0; i < 20; i++)
		ATF_CHECK(fx_find_dial(fx, &a[i].id, 0) >= 0);
	fx_free(fx);
}

/*
 * Who comes to a seed is new to its book and picked within a second, perhaps
 * before it has gone: it is visited then, and not ten minutes later.
 */
ATF_TC_WITHOUT_HEAD(a_visitor_is_visited_when_it_has_gone);
ATF_TC_BODY(a_visitor_is_visited_when_it_has_gone, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	struct peer_addr a = wide(1), stays = wide(2);
	uint32_t conn;

	fx_start(fx);
	ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a, &conn, NULL));
	fx_up(fx, 99, &stays, true, PURPOSE_MANUAL);
	fx_answer_pick(fx, fx_last_pick(fx), &a, 1);
	fx_answer_pick(fx, fx_next_pick(fx, PICK_CRAWL), &stays, 1);
	fx_run(fx, FX_SECOND);
	fx_down(fx, conn, DOWN_ANSWERED);
	fx_run(fx, 11 * FX_SECOND);
	ATF_REQUIRE_EQ(1, fx->ndials);
	ATF_CHECK(node_id_equal(&a.id, &fx->dials[0].d.addr.id));
	/* Whom we dialled ourselves we know. */
	fx_down(fx, 99, DOWN_PEER_CLOSED);
	fx_run(fx, FX_MINUTE);
	ATF_CHECK_EQ(-1, fx_find_dial(fx, &stays.id, 0));
	fx_free(fx);
}

/* What waits is bounded in number and in time. */
ATF_TC_WITHOUT_HEAD(waiting_is_bounded);
ATF_TC_BODY(waiting_is_bounded, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	struct peer_addr a[MSG_LIST_MAX];
	unsigned i, j;

	fx->conf->limits.max_dials = 1000;
	fx_start(fx);
	for (j = 0; j < 8; j++) {
		for (i = 0; i < MSG_LIST_MAX; i++) {
			a[i] = fx_at(j * MSG_LIST_MAX + i, "20.1.0.1", 1);
			a[i].na.ip[15] = i + 1;
		}
		fx_answer_pick(fx, fx_last_pick(fx), a, MSG_LIST_MAX);
		fx_run(fx, FX_SECOND);
	}
	for (i = 0; i < 1200; i++) {
		fx->npicks = fx->nreports = 0;
		fx_run(fx, FX_SECOND);
	}
	ATF_CHECK_MSG(fx->ndials >= 59 && fx->ndials <= 63,
	    "%u dials to one block in 20 min; those that waited 10 min are "
	    "the book's again", fx->ndials);
	fx_free(fx);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_probe_every_30_s);
	ATF_TP_ADD_TC(tp, a_probe_asks_and_closes);
	ATF_TP_ADD_TC(tp, never_a_connected_one);
	ATF_TP_ADD_TC(tp, crawler_fills_its_dials);
	ATF_TP_ADD_TC(tp, crawled_peers_go);
	ATF_TP_ADD_TC(tp, tarpits_are_bounded);
	ATF_TP_ADD_TC(tp, idles_when_there_is_nobody);
	ATF_TP_ADD_TC(tp, a_hoster_is_visited_in_turn);
	ATF_TP_ADD_TC(tp, a_visitor_is_visited_when_it_has_gone);
	ATF_TP_ADD_TC(tp, waiting_is_bounded);
	return atf_no_error();
}
