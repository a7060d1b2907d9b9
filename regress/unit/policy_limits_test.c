/* SPDX-License-Identifier: ISC */
/* Dial limits per host and per /24, and backoff outside the book. */

#include <atf-c.h>
#include <stdio.h>

#include "regress/lib/policyfix.h"

/* Offer one candidate to the crawler; was it dialled? */
static bool
offer(struct fx *fx, const struct peer_addr *a)
{
	unsigned n = fx->ndials;
	struct fx_pick *pick;

	fx->npicks = 0;
	pick = fx_next_pick(fx, PICK_CRAWL);
	fx_answer_pick(fx, pick, a, 1);
	if (fx->ndials == n)
		return false;
	fx_fail(fx, n, OUTCOME_REFUSED);
	return true;
}

/*
 * A victim's address gossiped with 60,000 ports and as many IDs: at most
 * 6 dials in any hour.
 */
ATF_TC_WITHOUT_HEAD(six_an_hour_to_a_host);
ATF_TC_BODY(six_an_hour_to_a_host, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	struct peer_addr a;
	uint64_t end;
	unsigned i = 0;

	fx_start(fx);
	for (end = fx->now + 5 * FX_HOUR; fx->now < end; i++) {
		a = fx_at(i, "20.1.0.1", 1024 + i % 60000);
		(void)offer(fx, &a);
		fx->nreports = 0;
	}
	ATF_CHECK_MSG(fx->ndials >= 29 && fx->ndials <= 31,
	    "%u dials in 5 hours", fx->ndials);
	for (i = 0; i + 6 < fx->ndials; i++)
		ATF_CHECK(fx->dials[i + 6].at - fx->dials[i].at >= FX_HOUR);
	fx_free(fx);
}

/* An IPv6 host is a /64. */
ATF_TC_WITHOUT_HEAD(an_ipv6_host_is_a_64);
ATF_TC_BODY(an_ipv6_host_is_a_64, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	struct peer_addr a;
	char ip[64];
	unsigned i, dialled = 0;

	fx_start(fx);
	for (i = 0; i < 20; i++) {
		snprintf(ip, sizeof(ip), "2400:1:2:3::%x:1", i + 1);
		a = fx_at(i, ip, 26656);
		fx_run(fx, 11 * FX_SECOND);
		dialled += offer(fx, &a);
	}
	ATF_CHECK_EQ(6, dialled);
	fx_free(fx);
}

/* One dial in 10 s to a /24 or a /48; other blocks do not mind. */
ATF_TC_WITHOUT_HEAD(ten_seconds_between_dials_to_a_block);
ATF_TC_BODY(ten_seconds_between_dials_to_a_block, tc)
{
	static const char *const pair[][2] = {
		{ "20.1.0.1", "20.1.0.200" },
		{ "2400:1:2:3::1", "2400:1:2:ffff::1" },
	};
	struct fx *fx = fx_new(MODE_PEER);
	struct m_ctl_dial m = { .persistent = false };
	unsigned i;

	fx->conf->limits.max_outbound = 0;
	fx_start(fx);
	for (i = 0; i < 2; i++) {
		unsigned n = fx->ndials;

		m.addr = fx_host(10 * i + 1, pair[i][0]);
		policy_ctl_dial(fx->p, fx->now, 1, &m);
		ATF_REQUIRE_EQ(n + 1, fx->ndials);
		m.addr = fx_host(10 * i + 2, pair[i][1]);
		fx->now += 9999;
		policy_ctl_dial(fx->p, fx->now, 2, &m);
		ATF_CHECK_EQ_MSG(n + 1, fx->ndials, "%s", pair[i][1]);
		fx->now += 1;
		policy_ctl_dial(fx->p, fx->now, 3, &m);
		ATF_CHECK_EQ_MSG(n + 2, fx->ndials, "%s", pair[i][1]);
	}
	fx_free(fx);
}

/* In a private network all share one host. */
ATF_TC_WITHOUT_HEAD(off_in_a_private_network);
ATF_TC_BODY(off_in_a_private_network, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	struct peer_addr a[50];
	unsigned i;

	fx->conf->private_network = true;
	fx_start(fx);
	for (i = 0; i < 50; i++)
		a[i] = fx_at(i, "127.0.0.1", 1024 + i);
	fx_answer_pick(fx, fx_last_pick(fx), a, 50);
	ATF_CHECK_EQ(50, fx->ndials);
	fx_free(fx);
}

/* What is dialled elsewhere does not wash a host's history away. */
ATF_TC_WITHOUT_HEAD(remembered_among_many);
ATF_TC_BODY(remembered_among_many, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	struct peer_addr a, list[MSG_LIST_MAX], victim;
	unsigned i, j, dialled = 0;

	victim = fx_at(0, "20.1.0.1", 26656);
	fx->conf->limits.max_dials = 256;
	fx_start(fx);
	/* 40,000 hosts in 6 minutes, the victim offered all the time. */
	for (i = 1; i < 40000;) {
		for (j = 0; j < MSG_LIST_MAX; j++, i++) {
			a = fx_at(i, "30.0.0.1", 26656);
			a.na.ip[12] = 30 + i / 65536;
			a.na.ip[13] = i / 256;
			a.na.ip[14] = i;
			list[j] = a;
		}
		fx_answer_pick(fx, fx_last_of(fx, PICK_CRAWL), list,
		    MSG_LIST_MAX);
		for (j = 0; j < fx->ndials; j++)
			fx_fail(fx, j, OUTCOME_TIMED_OUT);
		fx->ndials = fx->nreports = 0;
		fx_run(fx, FX_SECOND);
		victim.id = fx_id(1000000 + i);
		fx_answer_pick(fx, fx_last_of(fx, PICK_CRAWL), &victim, 1);
		dialled += fx_find_dial(fx, &victim.id, 0) >= 0;
		for (j = 0; j < fx->ndials; j++)
			fx_fail(fx, j, OUTCOME_TIMED_OUT);
		fx->ndials = fx->nreports = fx->npicks = 0;
		fx_run(fx, FX_SECOND);
	}
	ATF_CHECK_MSG(dialled >= 5 && dialled <= 6, "%u dials", dialled);
	ATF_CHECK(policy_stats(fx->p)->dials[KIND_CRAWL] > 39000);
	fx_free(fx);
}

/* --- the rate of a crawl ------------------------------------------------ */

#define VICTIM_PORTS	60000
#define CRAWL_ROUND	(3 * FX_SECOND)		/* the time of a dead dial */

/* When the victim was dialled, and how many others were. */
struct crawl_log {
	uint64_t	victim[64];
	unsigned	nvictim, hosts;
};

/* Strangers of so many hosts as there is room for, the victim among them. */
static void
crawl_round(struct fx *fx, struct crawl_log *log, unsigned round)
{
	struct m_dialed m = { .outcome = OUTCOME_TIMED_OUT };
	struct peer_addr list[MSG_LIST_MAX];
	unsigned i, h;

	for (i = 0; i < MSG_LIST_MAX; i++) {
		h = round * MSG_LIST_MAX + i;
		list[i] = fx_at(h, "30.0.0.1", 26656);
		list[i].na.ip[12] = 30 + h / 65536;
		list[i].na.ip[13] = h / 256;
		list[i].na.ip[14] = h;
	}
	list[round % MSG_LIST_MAX] = fx_at(1u << 30 | round, "20.1.0.1",
	    1024 + round % VICTIM_PORTS);
	fx_answer_pick(fx, fx->npicks > 0 ? fx_last_of(fx, PICK_CRAWL) :
	    fx_next_pick(fx, PICK_CRAWL), list, MSG_LIST_MAX);
	for (i = 0; i < fx->ndials; i++) {
		if (fx->dials[i].d.addr.na.ip[12] != 20)
			log->hosts++;
		else if (log->nvictim < 64)
			log->victim[log->nvictim++] = fx->now;
	}
	fx->now += CRAWL_ROUND;
	for (i = 0; i < fx->ndials; i++) {
		m.dial = fx->dials[i].d.dial;
		policy_dialed(fx->p, fx->now, &m);
	}
	fx->ndials = fx->nreports = fx->npicks = 0;
	fx_check(fx);
}

/*
 * Two hours at the rate of a crawl, 256 dead hosts every 3 s, each of them
 * another, and a victim with as many ports as it takes.
 */
ATF_TC_WITHOUT_HEAD(remembered_at_the_rate_of_a_crawl);
ATF_TC_BODY(remembered_at_the_rate_of_a_crawl, tc)
{
	struct fx *fx = fx_new(MODE_SEED);
	struct crawl_log log = { .nvictim = 0 };
	uint64_t end = fx->now + 2 * FX_HOUR + 10 * FX_MINUTE;
	unsigned i, round = 0;

	fx_start(fx);
	while (fx->now < end)
		crawl_round(fx, &log, round++);
	ATF_CHECK_MSG(log.hosts > 600000, "%u hosts", log.hosts);
	ATF_CHECK_MSG(log.nvictim >= 6 && log.nvictim <= 18,
	    "%u dials to the victim", log.nvictim);
	for (i = 0; i + 6 < log.nvictim; i++)
		ATF_CHECK_MSG(log.victim[i + 6] - log.victim[i] >= FX_HOUR,
		    "dials %u to %u within %ju s", i, i + 6,
		    (uintmax_t)(log.victim[i + 6] - log.victim[i]) / 1000);
	fx_free(fx);
}

/* --- backoff ------------------------------------------------------------ */

/* TestPEXReactorDialPeer: a failure, an immediate retry skipped, later not. */
ATF_TC_WITHOUT_HEAD(backoff_doubles);
ATF_TC_BODY(backoff_doubles, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct m_ctl_dial m = { .addr = fx_host(1, "127.0.0.1") };
	uint64_t step = 2 * FX_SECOND, from;
	unsigned n;

	fx->conf->limits.max_outbound = 0;
	fx->conf->private_network = true;
	fx_start(fx);
	policy_ctl_dial(fx->p, fx->now, 1, &m);
	for (n = 1; n < 15; n++) {
		ATF_REQUIRE_EQ(n, fx->ndials);
		fx_fail(fx, n - 1, OUTCOME_REFUSED);
		from = fx->now;
		fx->now += step - 1;
		policy_ctl_dial(fx->p, fx->now, 1, &m);
		ATF_CHECK_EQ_MSG(n, fx->ndials, "failure %u: too early", n);
		fx->now = from + step + FX_SECOND;
		policy_ctl_dial(fx->p, fx->now, 1, &m);
		step = 2 * step < 10 * FX_MINUTE ? 2 * step : 10 * FX_MINUTE;
	}
	/* A success wipes the slate clean. */
	ATF_REQUIRE(fx_connected(fx, n - 1) != 0);
	fx_down(fx, 1, DOWN_PEER_CLOSED);
	policy_ctl_dial(fx->p, fx->now, 1, &m);
	fx_fail(fx, n, OUTCOME_REFUSED);
	fx->now += 3 * FX_SECOND;
	policy_ctl_dial(fx->p, fx->now, 1, &m);
	ATF_CHECK_EQ(n + 2, fx->ndials);
	fx_free(fx);
}

/* 1024 endpoints; the one that failed longest ago is forgotten first. */
ATF_TC_WITHOUT_HEAD(backoff_is_bounded);
ATF_TC_BODY(backoff_is_bounded, tc)
{
	struct fx *fx = fx_new(MODE_PEER);
	struct m_ctl_dial m = { .persistent = false };
	unsigned i;

	fx->conf->limits.max_outbound = 0;
	fx->conf->private_network = true;
	fx_start(fx);
	for (i = 0; i < POLICY_BACKOFF_MAX + 1; i++) {
		m.addr = fx_host(i, "127.0.0.1");
		policy_ctl_dial(fx->p, fx->now, 1, &m);
		fx_fail(fx, i, OUTCOME_REFUSED);
	}
	ATF_REQUIRE_EQ(i, fx->ndials);
	fx_check(fx);
	m.addr = fx_host(1, "127.0.0.1");
	policy_ctl_dial(fx->p, fx->now, 1, &m);
	ATF_CHECK_EQ_MSG(i, fx->ndials, "the second is backing off still");
	m.addr = fx_host(0, "127.0.0.1");
	policy_ctl_dial(fx->p, fx->now, 1, &m);
	ATF_CHECK_EQ_MSG(i + 1, fx->ndials, "the first is forgotten");
	fx_free(fx);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, six_an_hour_to_a_host);
	ATF_TP_ADD_TC(tp, an_ipv6_host_is_a_64);
	ATF_TP_ADD_TC(tp, ten_seconds_between_dials_to_a_block);
	ATF_TP_ADD_TC(tp, off_in_a_private_network);
	ATF_TP_ADD_TC(tp, remembered_among_many);
	ATF_TP_ADD_TC(tp, remembered_at_the_rate_of_a_crawl);
	ATF_TP_ADD_TC(tp, backoff_doubles);
	ATF_TP_ADD_TC(tp, backoff_is_bounded);
	return atf_no_error();
}
