/* SPDX-License-Identifier: ISC */
/* Seeds: asked when they are needed, in random order, not too often. */

#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "regress/lib/policyfix.h"

#define PERIOD	(30 * FX_SECOND)

static struct fx *
with_seeds(enum conf_mode mode, unsigned n)
{
	struct fx *fx = fx_new(mode);
	char ip[32];
	unsigned i;

	for (i = 0; i < n; i++) {
		struct host_addr h;

		snprintf(ip, sizeof(ip), "30.%u.0.1", i);
		h = fx_host(1000 + i, ip);
		ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_SEED, &h));
	}
	fx->conf->times.probe_interval = 100 * FX_HOUR;
	return fx;
}

/* The book has nobody to offer. */
static void
nothing(struct fx *fx)
{
	fx_answer_pick(fx, fx_last_pick(fx), NULL, 0);
}

/* Time passes; the book is asked in every round and has nobody. */
static void
nothing_for(struct fx *fx, uint64_t ms)
{
	uint64_t end = fx->now + ms;
	unsigned n;

	while (fx->now < end) {
		n = fx->npicks;
		fx_run(fx, FX_SECOND);
		if (fx->npicks > n)
			nothing(fx);
		if (fx->npicks > 3000)
			fx->npicks = 0;
	}
}

static void
taken(struct fx *fx, unsigned id, unsigned fresh)
{
	struct m_list_taken m = { .source = fx_id(id), .total = 10,
	    .fresh = fresh };

	policy_list_taken(fx->p, fx->now, &m);
	fx_check(fx);
}

/* UsesSeedsIfNeeded: a node that knows but a seed connects to it at once. */
ATF_TC_WITHOUT_HEAD(when_there_is_nothing_to_dial);
ATF_TC_BODY(when_there_is_nothing_to_dial, tc)
{
	struct fx *fx = with_seeds(MODE_PEER, 1);
	struct peer_addr a[3];
	uint32_t conn;
	unsigned i;

	fx_start(fx);
	ATF_CHECK_EQ_MSG(0, fx->ndials, "the book is asked first");
	nothing(fx);
	ATF_REQUIRE_EQ(1, fx->ndials);
	ATF_CHECK_EQ(PURPOSE_SEED, fx->dials[0].d.purpose);
	conn = fx_connected(fx, 0);
	ATF_CHECK_EQ(1, fx_count_asks(fx, conn));
	ATF_CHECK_EQ_MSG(0, fx_counts(fx).outbound, "it takes no slot");

	/* ConnectionSpeedForPeerReceivedFromSeed: its list, and dialled. */
	fx_run(fx, 100);
	fx_live(fx, conn, OUTCOME_ANSWERED);
	i = fx->npicks;
	taken(fx, 1000, 3);
	ATF_REQUIRE_EQ_MSG(i + 1, fx->npicks, "a round at once");
	for (i = 0; i < 3; i++)
		a[i] = fx_addr(i);
	fx_answer_pick(fx, fx_last_pick(fx), a, 3);
	ATF_CHECK_EQ(4, fx->ndials);
	ATF_CHECK_EQ(100, fx->dials[1].at - fx->dials[0].at);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(not_while_there_is_somebody_to_dial);
ATF_TC_BODY(not_while_there_is_somebody_to_dial, tc)
{
	struct fx *fx = with_seeds(MODE_PEER, 1);
	struct peer_addr a = fx_addr(1);

	fx_begin(fx);
	fx_status(fx, 100, true);
	fx_start(fx);
	fx_answer_pick(fx, fx_last_pick(fx), &a, 1);
	ATF_CHECK_EQ(1, fx->ndials);
	fx_run(fx, 3 * FX_SECOND);
	ATF_CHECK_EQ(1, fx->ndials);
	fx_free(fx);
}

/* A peer that waits for five outbound peers is poor after 2 min. */
ATF_TC_WITHOUT_HEAD(when_poor_for_two_minutes);
ATF_TC_BODY(when_poor_for_two_minutes, tc)
{
	unsigned poor;

	/* 0: rich; 1: few good; 2: few outbound */
	for (poor = 0; poor <= 2; poor++) {
		struct fx *fx = with_seeds(MODE_PEER, 1);
		unsigned i;
		uint64_t from;

		fx->conf->limits.max_outbound = 10;
		fx_begin(fx);
		fx_status(fx, poor == 1 ? 31 : 32, false);
		for (i = 0; i < (poor == 2 ? 4 : 5); i++)
			(void)fx_outbound(fx, i);
		from = fx->now;
		fx_start(fx);
		fx_run(fx, 119 * FX_SECOND);
		ATF_CHECK_EQ_MSG(0, fx->ndials, "case %u: too early", poor);
		fx_run(fx, 11 * FX_SECOND);
		ATF_CHECK_EQ_MSG(poor != 0, fx->ndials, "case %u", poor);
		if (poor != 0) {
			ATF_CHECK(fx->dials[0].at - from >= 2 * FX_MINUTE);
			ATF_CHECK_EQ(PURPOSE_SEED, fx->dials[0].d.purpose);
		}
		fx_free(fx);
	}
}

/* Poor for a while and rich again: the two minutes begin anew. */
ATF_TC_WITHOUT_HEAD(poor_must_last);
ATF_TC_BODY(poor_must_last, tc)
{
	struct fx *fx = with_seeds(MODE_PEER, 1);
	unsigned i, j;

	fx_begin(fx);
	for (i = 0; i < 10; i++)
		(void)fx_outbound(fx, i);
	fx_start(fx);
	for (j = 0; j < 10; j++) {
		fx_status(fx, 31, false);
		fx_run(fx, 110 * FX_SECOND);
		fx_status(fx, 32, false);
		fx_run(fx, 10 * FX_SECOND);
	}
	ATF_CHECK_EQ(0, fx->ndials);
	fx_free(fx);
}

/* One after another until one connects; the order differs. */
ATF_TC_WITHOUT_HEAD(random_order_one_at_a_time);
ATF_TC_BODY(random_order_one_at_a_time, tc)
{
	unsigned first[10] = { 0 }, run, i, differ = 0;

	for (run = 0; run < 10; run++) {
		struct fx *fx = with_seeds(MODE_PEER, 5);
		bool seen[5] = { false };

		rng_seed_number(&fx->rng, run);
		fx_start(fx);
		nothing(fx);
		ATF_REQUIRE_EQ(1, fx->ndials);
		first[run] = fx->dials[0].d.addr.na.ip[13];
		for (i = 0; i < 5; i++) {
			ATF_REQUIRE_EQ(i + 1, fx->ndials);
			seen[fx->dials[i].d.addr.na.ip[13]] = true;
			fx_fail(fx, i, OUTCOME_REFUSED);
		}
		for (i = 0; i < 5; i++)
			ATF_CHECK_MSG(seen[i], "seed %u was not tried", i);
		ATF_CHECK_EQ_MSG(5, fx->ndials, "all failed: not at once");
		fx_free(fx);
		differ += first[run] != first[0];
	}
	ATF_CHECK(differ > 0);
}

ATF_TC_WITHOUT_HEAD(stops_at_the_first_that_connects);
ATF_TC_BODY(stops_at_the_first_that_connects, tc)
{
	struct fx *fx = with_seeds(MODE_PEER, 5);
	uint32_t conn;

	fx_start(fx);
	nothing(fx);
	fx_fail(fx, 0, OUTCOME_TIMED_OUT);
	conn = fx_connected(fx, 1);
	ATF_REQUIRE(conn != 0);
	nothing_for(fx, 5 * FX_SECOND);
	ATF_CHECK_EQ(2, fx->ndials);
	/* Closed without an answer: a full one; the next is tried. */
	fx_down(fx, conn, DOWN_PEER_CLOSED);
	ATF_CHECK_EQ(3, fx->ndials);
	ATF_CHECK_EQ(1, fx_count_reports(fx, OUTCOME_FULL));
	fx_free(fx);
}

/* A seed that holds us without an answer loses us after the hold time. */
ATF_TC_WITHOUT_HEAD(silent_seed);
ATF_TC_BODY(silent_seed, tc)
{
	struct fx *fx = with_seeds(MODE_PEER, 2);
	uint32_t conn;

	fx_start(fx);
	nothing(fx);
	conn = fx_connected(fx, 0);
	nothing_for(fx, 16 * FX_SECOND);
	ATF_REQUIRE(fx_find_drop(fx, conn) != NULL);
	ATF_CHECK_EQ(1, fx->ndials);
	fx_down(fx, conn, DOWN_DIALER);
	ATF_CHECK_EQ(2, fx->ndials);
	fx_free(fx);
}

/* Gap between two dials of the only seed while it answers each time. */
static uint64_t
answer_and_wait(struct fx *fx, unsigned fresh)
{
	unsigned n = fx->ndials;
	uint64_t from;
	uint32_t conn;

	conn = fx_connected(fx, n - 1);
	ATF_REQUIRE(conn != 0);
	fx_live(fx, conn, OUTCOME_ANSWERED);
	from = fx->now;
	taken(fx, 1000, fresh);
	if (fx->npicks > 0)
		nothing(fx);
	fx_down(fx, conn, DOWN_PEER_CLOSED);
	while (fx->ndials == n) {
		ATF_REQUIRE(fx->now - from < 8 * FX_HOUR);
		nothing_for(fx, FX_MINUTE);
	}
	return fx->dials[n].at - from;
}

/* After 10 min at the earliest; doubling to 6 h while nothing is new. */
ATF_TC_WITHOUT_HEAD(asked_again_later_and_later);
ATF_TC_BODY(asked_again_later_and_later, tc)
{
	struct fx *fx = with_seeds(MODE_PEER, 1);
	uint64_t want = 20 * FX_MINUTE, d;
	unsigned i;

	fx_start(fx);
	nothing(fx);
	d = answer_and_wait(fx, 5);
	ATF_CHECK(d >= 10 * FX_MINUTE && d <= 10 * FX_MINUTE + PERIOD);
	for (i = 0; i < 8; i++) {
		d = answer_and_wait(fx, 0);
		ATF_CHECK_MSG(d >= want && d <= want + PERIOD,
		    "turn %u: %llu s", i, (unsigned long long)d / 1000);
		want = 2 * want < 6 * FX_HOUR ? 2 * want : 6 * FX_HOUR;
	}
	d = answer_and_wait(fx, 1);
	ATF_CHECK_MSG(d <= 10 * FX_MINUTE + PERIOD, "new ones: soon again");
	fx_free(fx);
}

/* Down and back: soon at first, and never out of the dial limits. */
ATF_TC_WITHOUT_HEAD(failing_seed);
ATF_TC_BODY(failing_seed, tc)
{
	struct fx *fx = with_seeds(MODE_PEER, 1);
	uint64_t from;
	unsigned i, n;

	fx_start(fx);
	nothing(fx);
	from = fx->now;
	for (n = 0; fx->now - from < 4 * FX_HOUR;) {
		if (n < fx->ndials)
			fx_fail(fx, n++, OUTCOME_REFUSED);
		nothing_for(fx, FX_SECOND);
	}
	ATF_CHECK_MSG(fx->dials[1].at - from <= 61 * FX_SECOND,
	    "the second try comes soon");
	ATF_CHECK_MSG(fx->dials[2].at - fx->dials[1].at <= 151 * FX_SECOND,
	    "and the third a little later");
	for (i = 0; i + 6 < fx->ndials; i++)
		ATF_CHECK_MSG(fx->dials[i + 6].at - fx->dials[i].at >=
		    FX_HOUR, "seven dials in an hour");
	for (i = 0; i + 1 < fx->ndials; i++)
		ATF_CHECK_MSG(fx->dials[i + 1].at - fx->dials[i].at <=
		    36 * FX_MINUTE, "nothing for %llu min", (unsigned long long)
		    (fx->dials[i + 1].at - fx->dials[i].at) / FX_MINUTE);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(names_resolved_anew);
ATF_TC_BODY(names_resolved_anew, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct host_addr h = fx_host(1000, "seed.example.org");
	struct peer_addr a = fx_at(1, "30.0.0.1", 1), b = fx_at(1,
	    "31.0.0.1", 1);
	uint8_t ips[2][16];
	uint32_t conn;

	memcpy(ips[0], a.na.ip, 16);
	memcpy(ips[1], b.na.ip, 16);
	fx->conf->times.probe_interval = 100 * FX_HOUR;
	ATF_REQUIRE_EQ(0, conf_add_peer(fx->conf, CONF_SEED, &h));
	fx_start(fx);
	nothing(fx);
	ATF_REQUIRE_EQ(1, fx->nresolves);
	/* DNS is down: tried again in a later round. */
	policy_resolved(fx->p, fx->now, fx->resolves[0].token, NULL, 0);
	ATF_CHECK_EQ(0, fx->ndials);
	nothing_for(fx, PERIOD + FX_SECOND);
	ATF_REQUIRE_EQ(2, fx->nresolves);
	policy_resolved(fx->p, fx->now, fx->resolves[1].token,
	    (const uint8_t (*)[16])ips, 2);
	ATF_REQUIRE_EQ(1, fx->ndials);
	fx_fail(fx, 0, OUTCOME_UNREACHABLE);
	ATF_REQUIRE_EQ_MSG(2, fx->ndials, "all its addresses");
	conn = fx_connected(fx, 1);
	fx_live(fx, conn, OUTCOME_ANSWERED);
	fx_down(fx, conn, DOWN_PEER_CLOSED);
	nothing_for(fx, 11 * FX_MINUTE);
	ATF_CHECK_EQ_MSG(3, fx->nresolves, "anew for the next use");
	fx_free(fx);
}

/* A `seed' that stays and answers fills a slot that nobody else took. */
ATF_TC_WITHOUT_HEAD(kept_if_there_is_room);
ATF_TC_BODY(kept_if_there_is_room, tc)
{
	unsigned full;

	for (full = 0; full <= 1; full++) {
		struct fx *fx = with_seeds(MODE_PEER, 1);
		uint32_t conn;

		fx->conf->limits.max_outbound = 1;
		fx_start(fx);
		nothing(fx);
		conn = fx_connected(fx, 0);
		fx_live(fx, conn, OUTCOME_ANSWERED);
		if (full)
			(void)fx_outbound(fx, 7);
		fx_run(fx, 20 * FX_SECOND);
		ATF_CHECK_EQ(full, fx_find_drop(fx, conn) != NULL);
		ATF_CHECK_EQ(1, fx_counts(fx).outbound);
		fx_free(fx);
	}
}

/* In seed mode: consulted when the crawler knows nobody, not afterwards. */
ATF_TC_WITHOUT_HEAD(in_seed_mode);
ATF_TC_BODY(in_seed_mode, tc)
{
	struct fx *fx = with_seeds(MODE_SEED, 1);
	uint32_t conn;

	fx_start(fx);
	ATF_CHECK_EQ(PICK_CRAWL, fx_last_pick(fx)->m.kind);
	nothing(fx);
	ATF_REQUIRE_EQ(1, fx->ndials);
	conn = fx_connected(fx, 0);
	fx_live(fx, conn, OUTCOME_ANSWERED);
	fx_run(fx, 16 * FX_SECOND);
	ATF_CHECK_MSG(fx_find_drop(fx, conn) != NULL, "a seed keeps nobody");
	fx_down(fx, conn, DOWN_DIALER);
	fx_status(fx, 100, true);
	nothing_for(fx, FX_HOUR);
	ATF_CHECK_EQ_MSG(1, fx->ndials, "a hundred good ones are enough");
	fx_status(fx, 31, true);
	nothing_for(fx, FX_MINUTE);
	ATF_CHECK(fx->ndials > 1);
	fx_free(fx);
}

/* Our own ID at a seed's name: never dialled again. */
ATF_TC_WITHOUT_HEAD(a_seed_that_is_us);
ATF_TC_BODY(a_seed_that_is_us, tc)
{
	struct fx *fx = with_seeds(MODE_PEER, 2);
	unsigned i, n;
	struct node_id self;

	fx_start(fx);
	nothing(fx);
	self = fx->dials[0].d.addr.id;
	fx_fail(fx, 0, OUTCOME_SELF);
	ATF_REQUIRE_EQ(2, fx->ndials);
	for (n = 1, i = 0; i < 3600; i++) {
		if (n < fx->ndials)
			fx_fail(fx, n++, OUTCOME_REFUSED);
		nothing_for(fx, FX_SECOND);
	}
	ATF_CHECK_EQ(-1, fx_find_dial(fx, &self, 1));
	ATF_CHECK(fx->ndials > 3);
	fx_free(fx);
}

/* The seed that is being dialled answers, and its list is in the book. */
static void
seed_answers(struct fx *fx, unsigned dial)
{
	uint32_t conn = fx_connected(fx, dial);
	struct m_list_taken m = { .source = fx->dials[dial].d.addr.id,
	    .total = 100, .fresh = 100 };

	ATF_REQUIRE(conn != 0);
	fx_live(fx, conn, OUTCOME_ANSWERED);
	fx_status(fx, dial + 1, true);		/* it is good itself */
	policy_list_taken(fx->p, fx->now, &m);
	fx_check(fx);
}

/* A book that knows nobody yet, and so many seeds. */
static struct fx *
new_book(unsigned nseeds)
{
	struct fx *fx = with_seeds(MODE_PEER, nseeds);

	fx_begin(fx);
	fx_status(fx, 0, true);
	fx_start(fx);
	return fx;
}

/* One seed may lie: three are heard before the first slot is filled. */
ATF_TC_WITHOUT_HEAD(a_new_book_hears_three);
ATF_TC_BODY(a_new_book_hears_three, tc)
{
	struct fx *fx = new_book(5);
	unsigned i;

	for (i = 0; i < 3; i++) {
		ATF_CHECK_EQ_MSG(0, fx->npicks, "after %u seeds", i);
		ATF_REQUIRE_EQ(i + 1, fx->ndials);
		ATF_CHECK_EQ(PURPOSE_SEED, fx->dials[i].d.purpose);
		seed_answers(fx, i);
	}
	ATF_CHECK_EQ_MSG(3, fx->ndials, "no fourth one");
	ATF_CHECK_EQ(1, fx->npicks);
	fx_free(fx);
}

ATF_TC_WITHOUT_HEAD(a_new_book_with_one_seed);
ATF_TC_BODY(a_new_book_with_one_seed, tc)
{
	struct fx *fx = new_book(1);

	ATF_REQUIRE_EQ(1, fx->ndials);
	seed_answers(fx, 0);
	ATF_CHECK_EQ_MSG(1, fx->npicks, "there is no other to wait for");
	fx_free(fx);
}

/* A seed that knows nobody yet is no reason to wait for the next round. */
ATF_TC_WITHOUT_HEAD(a_seed_that_knows_nobody);
ATF_TC_BODY(a_seed_that_knows_nobody, tc)
{
	struct fx *fx = new_book(3);
	struct m_peer_live m = { .how = OUTCOME_ANSWERED, .count = 0 };
	struct node_id first;
	uint64_t from;

	ATF_REQUIRE_EQ(1, fx->ndials);
	first = fx->dials[0].d.addr.id;
	m.conn = fx_connected(fx, 0);
	policy_peer_live(fx->p, fx->now, &m);
	fx_check(fx);
	ATF_REQUIRE_EQ_MSG(2, fx->ndials, "the next seed at once");
	fx_down(fx, m.conn, DOWN_PEER_CLOSED);
	seed_answers(fx, 1);
	from = fx->now;
	fx_run(fx, 9 * FX_MINUTE);
	ATF_CHECK_EQ_MSG(-1, fx_find_dial(fx, &first, 1), "it answered");
	fx_run(fx, 2 * FX_MINUTE);
	ATF_CHECK_MSG(fx_find_dial(fx, &first, 1) != -1, "%llu s",
	    (unsigned long long)(fx->now - from) / FX_SECOND);
	fx_free(fx);
}

/* What the book knows by itself is better than any seed's word. */
ATF_TC_WITHOUT_HEAD(a_known_book_waits_for_no_seed);
ATF_TC_BODY(a_known_book_waits_for_no_seed, tc)
{
	struct fx *fx = with_seeds(MODE_PEER, 3);

	fx_begin(fx);
	fx_status(fx, 1, true);
	fx_start(fx);
	ATF_CHECK_EQ(1, fx->npicks);
	ATF_CHECK_EQ(0, fx->ndials);
	fx_free(fx);
}

/* Seeds that are down, or silent, delay the first slot by little. */
ATF_TC_WITHOUT_HEAD(a_new_book_and_dead_seeds);
ATF_TC_BODY(a_new_book_and_dead_seeds, tc)
{
	struct fx *fx = new_book(3);
	uint64_t from = fx->now;
	unsigned i;

	seed_answers(fx, 0);
	ATF_REQUIRE_EQ(2, fx->ndials);
	fx_fail(fx, 1, OUTCOME_REFUSED);
	fx_run(fx, 8 * FX_SECOND);
	ATF_REQUIRE_EQ(3, fx->ndials);
	fx_fail(fx, 2, OUTCOME_REFUSED);
	fx_run(fx, 8 * FX_SECOND);
	ATF_CHECK_MSG(fx->npicks > 0, "there is none left to wait for");
	fx_free(fx);

	/* They connect and say nothing: a minute. */
	fx = new_book(3);
	from = fx->now;
	for (i = 0; i < fx->ndials && fx->npicks == 0; i++) {
		(void)fx_connected(fx, i);
		while (fx->ndials == i + 1 && fx->npicks == 0)
			fx_run(fx, FX_SECOND);
	}
	ATF_CHECK(fx->npicks > 0);
	ATF_CHECK_MSG(fx->now - from <= 70 * FX_SECOND, "%llu ms",
	    (unsigned long long)(fx->now - from));
	fx_free(fx);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, when_there_is_nothing_to_dial);
	ATF_TP_ADD_TC(tp, not_while_there_is_somebody_to_dial);
	ATF_TP_ADD_TC(tp, when_poor_for_two_minutes);
	ATF_TP_ADD_TC(tp, poor_must_last);
	ATF_TP_ADD_TC(tp, random_order_one_at_a_time);
	ATF_TP_ADD_TC(tp, stops_at_the_first_that_connects);
	ATF_TP_ADD_TC(tp, silent_seed);
	ATF_TP_ADD_TC(tp, asked_again_later_and_later);
	ATF_TP_ADD_TC(tp, failing_seed);
	ATF_TP_ADD_TC(tp, names_resolved_anew);
	ATF_TP_ADD_TC(tp, kept_if_there_is_room);
	ATF_TP_ADD_TC(tp, in_seed_mode);
	ATF_TP_ADD_TC(tp, a_seed_that_is_us);
	ATF_TP_ADD_TC(tp, a_new_book_hears_three);
	ATF_TP_ADD_TC(tp, a_new_book_with_one_seed);
	ATF_TP_ADD_TC(tp, a_seed_that_knows_nobody);
	ATF_TP_ADD_TC(tp, a_known_book_waits_for_no_seed);
	ATF_TP_ADD_TC(tp, a_new_book_and_dead_seeds);
	return atf_no_error();
}
