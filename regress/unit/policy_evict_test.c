/* SPDX-License-Identifier: ISC */
/* Eviction: who goes for a new inbound peer, and who never does. */

#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>

#include "regress/lib/policyfix.h"

static struct peer_addr
in_group(unsigned n, unsigned group)
{
	char ip[32];

	snprintf(ip, sizeof(ip), "20.%u.%u.%u", group, n / 250 % 250,
	    n % 250 + 1);
	return fx_at(n, ip, 26656);
}

static uint32_t
come(struct fx *fx, unsigned n, unsigned group)
{
	struct peer_addr a = in_group(n, group);
	uint32_t conn, evict;

	ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a, &conn, &evict));
	ATF_REQUIRE_EQ(0, evict);
	return conn;
}

static struct fx *
with_room(unsigned n)
{
	struct fx *fx = fx_new(MODE_PEER);

	fx->conf->limits.max_inbound = n;
	fx->conf->limits.max_outbound = 0;
	fx->conf->allow_duplicate_ip = true;
	fx_begin(fx);
	fx_status(fx, 5000, false);
	fx_start(fx);
	return fx;
}

/* The youngest of the group with most connections. */
ATF_TC_WITHOUT_HEAD(youngest_of_the_largest_group);
ATF_TC_BODY(youngest_of_the_largest_group, tc)
{
	struct fx *fx = with_room(40);
	struct peer_addr a;
	uint32_t evict, last = 0;
	unsigned i;

	/* 28 old ones of many groups; then 5 of one, 4 of another, 3 ... */
	for (i = 0; i < 28; i++, fx->now += FX_SECOND)
		(void)come(fx, i, i);
	for (; i < 33; i++, fx->now += FX_SECOND)
		last = come(fx, i, 100);
	for (; i < 37; i++, fx->now += FX_SECOND)
		(void)come(fx, i, 101);
	for (; i < 40; i++, fx->now += FX_SECOND)
		(void)come(fx, i, 102);
	fx->now += FX_MINUTE;
	a = in_group(1000, 103);
	ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, &evict));
	ATF_CHECK_EQ(last, evict);
	ATF_CHECK_EQ_MSG(0, fx->ndrops, "the answer says it all");
	ATF_CHECK_EQ(40, fx_counts(fx).inbound);
	ATF_CHECK_EQ(1, policy_stats(fx->p)->evictions);
	fx_down(fx, evict, DOWN_DIALER);
	ATF_CHECK_EQ(40, fx_counts(fx).inbound);
	fx_free(fx);
}

/* A group is as large as it is: its protected ones count for it. */
ATF_TC_WITHOUT_HEAD(the_protected_count_for_their_group);
ATF_TC_BODY(the_protected_count_for_their_group, tc)
{
	struct fx *fx = with_room(40);
	struct peer_addr a = in_group(1000, 103);
	uint32_t evict, last = 0;
	unsigned i;

	/* A patient one holds 10 old places and two young ones. */
	for (i = 0; i < 28; i++, fx->now += FX_SECOND)
		(void)come(fx, i, i < 10 ? 100 : i);
	for (; i < 30; i++, fx->now += FX_SECOND)
		last = come(fx, i, 100);
	for (; i < 35; i++, fx->now += FX_SECOND)
		(void)come(fx, i, 101);
	for (; i < 40; i++, fx->now += FX_SECOND)
		(void)come(fx, i, 102);
	fx->now += FX_MINUTE;
	ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, &evict));
	ATF_CHECK_EQ(last, evict);
	fx_free(fx);
}

/* Never one that is younger than 10 s. */
ATF_TC_WITHOUT_HEAD(never_the_young);
ATF_TC_BODY(never_the_young, tc)
{
	struct fx *fx = with_room(40);
	struct peer_addr a = in_group(1000, 3);
	uint32_t evict;
	unsigned i;

	for (i = 0; i < 40; i++)
		(void)come(fx, i, 1);
	fx->now += 9999;
	ATF_CHECK_EQ(VERDICT_FULL, fx_inbound(fx, &a, NULL, NULL));
	/* A lack of victims is remembered for a moment, not for long. */
	fx->now += 1;
	ATF_CHECK_EQ(VERDICT_FULL, fx_inbound(fx, &a, NULL, NULL));
	fx->now += 1000;
	ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, &evict));
	ATF_CHECK(evict != 0);
	fx_free(fx);
}

/* Never persistent nor unconditional ones, whatever is asked for. */
ATF_TC_WITHOUT_HEAD(never_the_named);
ATF_TC_BODY(never_the_named, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct peer_addr a;
	struct host_addr h;
	uint32_t evict, conn;
	unsigned i, gone = 0;

	fx->conf->limits.max_inbound = 20;
	fx->conf->limits.max_outbound = 0;
	for (i = 0; i < 20; i++) {
		h = fx_host(i, "20.1.0.1");
		ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, i % 2 ?
		    CONF_PERSISTENT : CONF_UNCONDITIONAL, &h));
	}
	fx_begin(fx);
	for (i = 20; i < 40; i++)
		(void)come(fx, i, 1);
	for (i = 0; i < 20; i++)
		(void)come(fx, i, 1);		/* the youngest of all */
	fx_start(fx);
	for (i = 0; i < 200; i++) {
		fx->now += 11 * FX_SECOND;
		a = in_group(1000 + i, 2);
		if (fx_inbound(fx, &a, &conn, &evict) != VERDICT_OK)
			continue;
		ATF_CHECK_MSG(evict <= 20 || evict > 40, "%u had to go",
		    evict);
		fx_down(fx, evict, DOWN_DIALER);
		gone++;
	}
	ATF_CHECK(gone > 100);
	ATF_CHECK_EQ(40, fx_counts(fx).inbound_all);
	fx_free(fx);
}

/* However many come, from however many groups, the older half stays. */
static void
flood(uint64_t every_ms)
{
	struct fx *fx = with_room(40);
	struct peer_addr a;
	uint32_t evict;
	unsigned i, stay = 0;
	bool gone[41] = { false };

	for (i = 0; i < 40; i++, fx->now += FX_SECOND)
		(void)come(fx, i, i);
	fx->now += FX_MINUTE;
	for (i = 0; i < 3000; i++) {
		fx->now += every_ms;
		a = in_group(1000 + i, 50 + i % 200);
		if (fx_inbound(fx, &a, NULL, &evict) != VERDICT_OK)
			continue;
		if (evict != 0) {
			if (evict <= 40)
				gone[evict] = true;
			fx_down(fx, evict, DOWN_DIALER);
		}
	}
	for (i = 1; i <= 40; i++)
		stay += !gone[i];
	ATF_CHECK_MSG(stay >= 20, "only %u of 40 stayed", stay);
	ATF_CHECK(policy_stats(fx->p)->evictions >= 20);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(the_older_half_stays);
ATF_TC_BODY(the_older_half_stays, tc)
{
	flood(FX_SECOND);
	flood(100);
	flood(20);
}

/*
 * Eight groups have a protected peer each, and which ones no outsider can
 * know: with nine peers of nine groups only the one whose group is left over
 * can go, if it is not old.  Different keys let different ones go.
 */
ATF_TC_WITHOUT_HEAD(keyed_groups_are_protected);
ATF_TC_BODY(keyed_groups_are_protected, tc)
{
	unsigned run, i, n;
	bool hit[64] = { false };
	unsigned distinct = 0, full = 0;

	for (n = 8; n <= 9; n++)
		for (run = 0; run < 64; run++) {
			struct fx *fx = fx_new(MODE_PEER);
			struct peer_addr a = in_group(1000, 200);
			uint32_t evict;

			rng_seed_number(&fx->rng, run);
			fx->conf->limits.max_inbound = n;
			fx->conf->limits.max_outbound = 0;
			fx_start(fx);
			for (i = 0; i < n; i++)
				(void)come(fx, i, i);
			fx->now += FX_MINUTE;
			if (n == 8) {
				ATF_CHECK_EQ(VERDICT_FULL,
				    fx_inbound(fx, &a, NULL, &evict));
			} else if (fx_inbound(fx, &a, NULL, &evict) ==
			    VERDICT_OK) {
				ATF_CHECK_MSG(evict > 4, "an old one goes");
				hit[evict] = true;
			} else
				full++;
			fx_free(fx);
		}
	for (i = 0; i < 64; i++)
		distinct += hit[i];
	ATF_CHECK_EQ_MSG(5, distinct, "the key chose among %u", distinct);
	ATF_CHECK_MSG(full > 10 && full < 50, "%u times an old one", full);
}

/* Of groups with as many connections each the youngest peer goes. */
ATF_TC_WITHOUT_HEAD(the_youngest_of_equals);
ATF_TC_BODY(the_youngest_of_equals, tc)
{
	unsigned run, i, youngest = 0, eldest = 0;

	for (run = 0; run < 64; run++) {
		struct fx *fx = fx_new(MODE_PEER);
		struct peer_addr a = in_group(1000, 200);
		uint32_t evict = 0;

		rng_seed_number(&fx->rng, run);
		fx->conf->limits.max_inbound = 20;
		fx->conf->limits.max_outbound = 0;
		fx_start(fx);
		for (i = 0; i < 20; i++, fx->now += FX_SECOND)
			(void)come(fx, i, i);
		fx->now += FX_MINUTE;
		ATF_CHECK_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, &evict));
		youngest += evict == 20;
		eldest += evict == 11;
		fx_free(fx);
	}
	/* Unless its group is one of the protected 8 of 20. */
	ATF_CHECK_MSG(youngest > 20, "%u of 64 times", youngest);
	ATF_CHECK_MSG(eldest < 10, "%u of 64 times the eldest", eldest);
}

/* An attacker's crowd of one group displaces itself. */
ATF_TC_WITHOUT_HEAD(a_crowd_displaces_itself);
ATF_TC_BODY(a_crowd_displaces_itself, tc)
{
	struct fx *fx = with_room(1000);
	struct peer_addr a;
	uint32_t evict;
	unsigned i, honest_gone = 0;

	for (i = 0; i < 500; i++, fx->now += 100)
		(void)come(fx, i, i % 250);
	for (; i < 1000; i++, fx->now += 100)
		(void)come(fx, i, 251);
	fx->now += FX_MINUTE;
	for (i = 0; i < 2000; i++) {
		fx->now += 50;
		a = in_group(2000 + i, 251);
		if (fx_inbound(fx, &a, NULL, &evict) != VERDICT_OK)
			continue;
		honest_gone += evict <= 500;
		fx_down(fx, evict, DOWN_DIALER);
	}
	ATF_CHECK_EQ_MSG(0, honest_gone, "%u honest peers went", honest_gone);
	ATF_CHECK(policy_stats(fx->p)->evictions >= 200);
	fx_free(fx);
}

/* One after another: the same rule, from an order that was made once. */
ATF_TC_WITHOUT_HEAD(many_shrink_the_largest_evenly);
ATF_TC_BODY(many_shrink_the_largest_evenly, tc)
{
	struct fx *fx = with_room(512);
	struct peer_addr a;
	uint32_t evict, last[2] = { 407, 513 };
	unsigned i, g, gone[2] = { 0, 0 };

	for (i = 0; i < 300; i++, fx->now += 100)
		(void)come(fx, i, i % 250);
	for (; i < 406; i++, fx->now += 100)
		(void)come(fx, i, 251);
	for (; i < 512; i++, fx->now += 100)
		(void)come(fx, i, 252);
	fx->now += FX_MINUTE;
	for (i = 0; i < 20; i++) {
		a = in_group(3000 + i, 253);
		ATF_REQUIRE_EQ(VERDICT_OK, fx_inbound(fx, &a, NULL, &evict));
		g = evict > 406;
		gone[g]++;
		ATF_CHECK_EQ_MSG(--last[g], evict, "the youngest left");
	}
	/* Both had as many, one protected perhaps: they go by turns. */
	ATF_CHECK(gone[0] >= 9 && gone[1] >= 9);
	fx_free(fx);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, youngest_of_the_largest_group);
	ATF_TP_ADD_TC(tp, the_protected_count_for_their_group);
	ATF_TP_ADD_TC(tp, never_the_young);
	ATF_TP_ADD_TC(tp, never_the_named);
	ATF_TP_ADD_TC(tp, the_older_half_stays);
	ATF_TP_ADD_TC(tp, keyed_groups_are_protected);
	ATF_TP_ADD_TC(tp, the_youngest_of_equals);
	ATF_TP_ADD_TC(tp, a_crowd_displaces_itself);
	ATF_TP_ADD_TC(tp, many_shrink_the_largest_evenly);
	return atf_no_error();
}
