/* SPDX-License-Identifier: ISC */
/*
 * What goes wrong around a node, in hours and days of virtual time: seeds,
 * persistent peers, DNS and our own line fail, everybody is full, clocks
 * jump, gossip aims at a victim.
 */

#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "regress/lib/bookfix.h"
#include "regress/lib/nodefix.h"
#include "regress/lib/policyfix.h"

#define NODES		200	/* of the network, fix_peer(0 ..) */
#define HEARD		100		/* more of them, that nobody tells of */
#define SEED		5000	/* their seed, by number */
#define FRIEND		5001	/* a persistent peer */
#define REPLY_MIN	32	/* while as many are known */
#define TEN_YEARS	(10 * 365 * FIX_DAY)

struct net {
	enum outcome	all;		/* of a dial to the nodes */
	bool		seed_down, friend_down;
	uint64_t	seed_dials, friend_dials;
	uint64_t	friend_at[256];	/* when it was dialled */
	size_t		nips;		/* what DNS says, and after how long */
	uint8_t		ips[NX_IPS][16];
	uint64_t	dns_ms, lookups;
	uint8_t		own[16];	/* where we are ourselves */
	unsigned	victim_ports;	/* 0: lists are of the nodes */
	uint64_t	at[4096];	/* when the victim was dialled */
	unsigned	nat;
	uint32_t	told;
};

static unsigned
number_of(const struct node_id *id)
{
	uint32_t n;

	memcpy(&n, id->b, sizeof(n));
	return n;
}

static enum outcome
seed_dialled(struct nx *x, const struct policy_dial *d)
{
	const struct peer_addr *a = &d->addr;
	struct net *net = x->arg;
	struct peer_addr real = fix_peer(SEED);

	ATF_REQUIRE(ip_is_valid(a->na.ip));
	net->seed_dials += d->purpose == PURPOSE_SEED;	/* no probes */
	if (memcmp(a->na.ip, net->own, 16) == 0)
		return OUTCOME_SELF;
	if (memcmp(a->na.ip, real.na.ip, 16) != 0) {
		ATF_REQUIRE(net->nat < 4096);
		net->at[net->nat++] = x->now;
		return OUTCOME_REFUSED;
	}
	return net->seed_down ? OUTCOME_TIMED_OUT : OUTCOME_CONNECTED;
}

static enum outcome
dialled(struct nx *x, const struct policy_dial *d)
{
	struct net *net = x->arg;
	unsigned n = number_of(&d->addr.id);

	if (net->all != OUTCOME_CONNECTED && net->all != OUTCOME_FULL)
		return net->all;		/* our line */
	if (n == SEED)
		return seed_dialled(x, d);
	if (n == FRIEND) {
		/* It is in the book, too, and dialled for that. */
		if (d->purpose == PURPOSE_PERSISTENT)
			net->friend_at[net->friend_dials++ % 256] = x->now;
		return net->friend_down ? OUTCOME_REFUSED :
		    OUTCOME_CONNECTED;
	}
	if (n >= NODES + HEARD) {
		ATF_REQUIRE(net->nat < 4096);
		net->at[net->nat++] = x->now;
		return OUTCOME_REFUSED;
	}
	return net->all;
}

static size_t
answered(struct nx *x, const struct peer_addr *a, struct peer_addr *list)
{
	struct net *net = x->arg;
	size_t i;

	for (i = 0; i < 100; i++)
		if (net->victim_ports == 0)
			list[i] = fix_peer(rng_below(&x->rng, NODES));
		else {
			net->told = net->told % net->victim_ports + 1;
			list[i] = fix_addr(100000 + net->told, "77.7.7.7",
			    net->told);
		}
	return i;
}

static size_t
resolved(struct nx *x, const char *name, uint8_t (*ips)[16], uint64_t *ms)
{
	struct net *net = x->arg;

	net->lookups++;
	*ms = net->dns_ms;
	memcpy(ips, net->ips, net->nips * sizeof(net->ips[0]));
	return net->nips;
}

static const struct nx_world world = {
	.dialled = dialled,
	.resolved = resolved,
	.answered = answered,
};

static struct host_addr
literal(unsigned n)
{
	struct peer_addr a = fix_peer(n);
	struct host_addr h = { .id = a.id, .port = a.na.port,
	    .is_literal = true };

	memcpy(h.ip, a.na.ip, sizeof(h.ip));
	ip_text(h.ip, h.host);
	return h;
}

static struct host_addr
named(unsigned n)
{
	struct host_addr h = literal(n);

	h.is_literal = false;
	strlcpy(h.host, "node.example.org", sizeof(h.host));
	return h;
}

static void
add(struct nx *x, enum conf_peer_kind kind, struct host_addr h)
{
	ATF_REQUIRE_EQ(0, conf_add_peer(x->conf, kind, &h));
}

/* A node that has known the network for a while. */
static struct nx *
settled(enum conf_mode mode, struct net *net)
{
	struct nx *x = nx_new(mode, &world, net);

	net->all = OUTCOME_CONNECTED;
	add(x, CONF_SEED, literal(SEED));
	nx_start(x);
	nx_run(x, mode == MODE_PEER ? 6 * NX_HOUR : NX_HOUR);
	ATF_REQUIRE(nx_counts(x).size >= NODES * 9 / 10);
	if (mode == MODE_PEER)
		ATF_REQUIRE(nx_peers(x) >= 10);
	return x;
}

/* How many nodes of the network are in the book, bad, of a level or more. */
struct view {
	unsigned known, bad, good, old, failures;
};

static struct view
look(struct nx *x)
{
	struct view v = { 0 };
	struct book_row row;
	uint32_t cursor = 0;

	while (book_next_row(x->book, nx_clock(x), &cursor, &row)) {
		if (number_of(&row.addr.id) >= NODES + HEARD)
			continue;
		v.known++;
		v.bad += row.bad;
		v.good += row.level >= BOOK_GOOD;
		v.old += row.old;
		if (row.failures > v.failures)
			v.failures = row.failures;
	}
	return v;
}

/* --- our own line ------------------------------------------------------ */

/* Some were only just heard of: three failures, and they would be bad. */
static void
line_down(enum conf_mode mode, enum outcome how)
{
	struct net net = { 0 };
	struct nx *x = settled(mode, &net);
	struct view was, is;
	uint64_t dials = x->dials;
	unsigned i;

	for (i = NODES; i < NODES + HEARD; i++) {
		struct peer_addr a = fix_peer(i);
		struct book_source s = fix_source(i);

		(void)book_hear(x->book, nx_clock(x), &a, &s);
	}
	was = look(x);
	ATF_REQUIRE_EQ(0, was.failures);

	net.all = how;
	nx_lose_all(x, DOWN_PONG_TIMEOUT);
	nx_run(x, NX_HOUR);
	ATF_CHECK_MSG(x->dials > dials + 20, "it goes on trying");
	is = look(x);
	ATF_CHECK_EQ(was.known, is.known);
	ATF_CHECK_EQ(was.good, is.good);
	ATF_CHECK_EQ(was.old, is.old);
	ATF_CHECK_EQ(0, is.bad);
	ATF_CHECK_EQ(how == OUTCOME_OURS ? 0 : 1, is.failures);
	ATF_CHECK_EQ(0, nx_peers(x));

	net.all = OUTCOME_CONNECTED;
	nx_run(x, 10 * NX_MINUTE);
	is = look(x);
	ATF_CHECK_EQ(0, is.bad);
	if (mode == MODE_PEER)
		ATF_CHECK_MSG(nx_peers(x) >= 10, "%u peers", nx_peers(x));
	nx_free(x);
}

ATF_TC_WITHOUT_HEAD(line_down_silently);
ATF_TC_BODY(line_down_silently, tc)
{
	line_down(MODE_PEER, OUTCOME_TIMED_OUT);
	line_down(MODE_SEED, OUTCOME_TIMED_OUT);
}

/* A router of ours says so: EHOSTUNREACH looks like theirs. */
ATF_TC_WITHOUT_HEAD(line_down_unreachable);
ATF_TC_BODY(line_down_unreachable, tc)
{
	line_down(MODE_PEER, OUTCOME_UNREACHABLE);
	line_down(MODE_SEED, OUTCOME_UNREACHABLE);
}

ATF_TC_WITHOUT_HEAD(line_down_without_route);
ATF_TC_BODY(line_down_without_route, tc)
{
	line_down(MODE_PEER, OUTCOME_OURS);
	line_down(MODE_SEED, OUTCOME_OURS);
}

/* --- persistent peers and seeds ---------------------------------------- */

ATF_TC_WITHOUT_HEAD(persistent_lost_for_an_hour);
ATF_TC_BODY(persistent_lost_for_an_hour, tc)
{
	struct net net = { .all = OUTCOME_CONNECTED };
	struct nx *x = nx_new(MODE_PEER, &world, &net);
	struct node_id friend = fix_id(FRIEND);
	uint64_t gap, from, i;

	add(x, CONF_PERSISTENT, literal(FRIEND));
	nx_start(x);
	nx_run(x, 2 * NX_MINUTE);
	ATF_REQUIRE(nx_has_peer(x, &friend));

	net.friend_down = true;
	net.friend_dials = 0;
	from = x->now;
	nx_lose_all(x, DOWN_PEER_CLOSED);
	nx_run(x, NX_HOUR);
	/* 20 quick ones, then 3, 9, .. 729 s, and 2187 s goes on. */
	ATF_CHECK_MSG(net.friend_dials >= 26 && net.friend_dials <= 28,
	    "%u dials", (unsigned)net.friend_dials);
	ATF_CHECK(net.friend_at[0] - from <= 8 * NX_SECOND + 100);
	for (i = 1; i < 20; i++) {
		gap = net.friend_at[i] - net.friend_at[i - 1];
		ATF_CHECK(gap >= 5 * NX_SECOND && gap <= 8 * NX_SECOND + 200);
	}

	net.friend_down = false;
	nx_run(x, NX_HOUR + 4 * NX_SECOND);
	ATF_CHECK_MSG(nx_has_peer(x, &friend), "back within max dial period");

	/* And from the start again. */
	net.friend_down = true;
	net.friend_dials = 0;
	nx_lose_all(x, DOWN_PEER_CLOSED);
	nx_run(x, 2 * NX_MINUTE);
	ATF_CHECK(net.friend_dials >= 14 && net.friend_dials <= 20);
	nx_free(x);
}

ATF_TC_WITHOUT_HEAD(seed_down_and_back);
ATF_TC_BODY(seed_down_and_back, tc)
{
	struct net net = { .all = OUTCOME_CONNECTED, .seed_down = true };
	struct nx *x = nx_new(MODE_PEER, &world, &net);

	add(x, CONF_SEED, literal(SEED));
	nx_start(x);
	nx_run(x, 6 * NX_HOUR);
	ATF_CHECK_MSG(net.seed_dials >= 24 && net.seed_dials <= 36,
	    "%u dials in 6 h", (unsigned)net.seed_dials);
	ATF_CHECK_EQ(0, nx_peers(x));

	net.seed_down = false;
	nx_run(x, 15 * NX_MINUTE);
	ATF_CHECK_MSG(nx_peers(x) >= 10, "%u peers", nx_peers(x));
	ATF_CHECK(nx_counts(x).size > 50);
	/* Nobody needs it any more, once some are known to be good. */
	net.seed_down = true;
	nx_run(x, 6 * NX_HOUR);
	ATF_REQUIRE(nx_counts(x).good >= POLICY_GOOD_MIN);
	net.seed_dials = 0;
	nx_run(x, NX_DAY);
	ATF_CHECK_MSG(nx_peers(x) >= 10, "%u peers", nx_peers(x));
	ATF_CHECK_EQ(0, net.seed_dials);
	nx_free(x);
}

/* --- DNS --------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(dns_fails_and_is_slow);
ATF_TC_BODY(dns_fails_and_is_slow, tc)
{
	struct net net = { .all = OUTCOME_CONNECTED };
	struct nx *x = nx_new(MODE_PEER, &world, &net);
	struct peer_addr seed = fix_peer(SEED);

	add(x, CONF_SEED, named(SEED));
	nx_start(x);
	nx_run(x, NX_HOUR);
	/* No address: asked again as a seed that fails is. */
	ATF_CHECK(net.lookups >= 5 && net.lookups <= 10);
	ATF_CHECK_EQ(0, x->dials);

	/* Too late is never. */
	net.nips = 1;
	memcpy(net.ips[0], seed.na.ip, 16);
	net.dns_ms = 40 * NX_SECOND;
	nx_run(x, NX_HOUR);
	ATF_CHECK_EQ(0, net.seed_dials);

	net.dns_ms = 20 * NX_SECOND;
	nx_run(x, 15 * NX_MINUTE);
	ATF_CHECK(net.seed_dials >= 1);
	ATF_CHECK(nx_peers(x) >= 10);
	nx_free(x);
}

/*
 * Ourselves, nowhere, private ones, too many, others each time: nothing of
 * it is believed, none of it is dialled more than a host may be, and the
 * truth is taken when it comes.
 */
ATF_TC_WITHOUT_HEAD(dns_lies);
ATF_TC_BODY(dns_lies, tc)
{
	struct net net = { .all = OUTCOME_CONNECTED };
	struct nx *x = nx_new(MODE_PEER, &world, &net);
	struct peer_addr own = fix_addr(1, "55.5.5.5", 1), a;
	struct peer_addr seed = fix_peer(SEED);
	char text[64];
	unsigned hour, i, per_hour;

	memcpy(net.own, own.na.ip, 16);
	add(x, CONF_SEED, named(SEED));
	net.nips = 2;			/* 0.0.0.0 and ourselves */
	a = fix_addr(1, "0.0.0.0", 1);
	memcpy(net.ips[0], a.na.ip, 16);
	memcpy(net.ips[1], own.na.ip, 16);
	nx_start(x);
	nx_run(x, NX_HOUR);
	ATF_CHECK(net.seed_dials >= 3 && net.seed_dials <= 6);
	ATF_CHECK_EQ(0, net.nat);

	/* 20 hosts in one private /24. */
	net.nips = 20;
	for (i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "10.1.1.%u", i + 1);
		a = fix_addr(1, text, 1);
		memcpy(net.ips[i], a.na.ip, 16);
	}
	nx_run(x, 3 * NX_HOUR);
	ATF_CHECK_MSG(net.nat >= 10 && net.nat <= 36, "%u dials", net.nat);

	/* Others each time: no faster than it fails. */
	for (hour = 0; hour < 6; hour++) {
		per_hour = net.nat;
		for (i = 0; i < 20; i++)
			net.ips[i][14] = 2 + hour * 20 + i;
		nx_run(x, NX_HOUR);
		per_hour = net.nat - per_hour;
		ATF_CHECK_MSG(per_hour <= 6 * POLICY_IPS_MAX, "%u dials",
		    per_hour);
	}

	net.nips = 1;
	memcpy(net.ips[0], seed.na.ip, 16);
	nx_run(x, 15 * NX_MINUTE);
	ATF_CHECK(nx_peers(x) >= 10);
	nx_free(x);
}

/* --- everybody is full ------------------------------------------------- */

/* Nobody is bad or forgotten, and a reply holds that many. */
static void
check_told(struct nx *x, unsigned known, unsigned reply_of)
{
	struct peer_addr asker = fix_peer(NODES), reply[BOOK_REPLY_MAX];
	struct view is = look(x);
	unsigned n;

	ATF_CHECK_MSG(is.known >= known, "%u of %u", is.known, known);
	ATF_CHECK_EQ_MSG(0, is.bad, "%u are bad", is.bad);
	n = book_select(x->book, nx_clock(x), &asker, true, reply);
	ATF_CHECK_MSG(n >= reply_of, "a reply of %u", n);
}

/* Met before, or never more than heard of. */
static void
all_full(bool met)
{
	struct net net = { .all = OUTCOME_FULL };
	struct nx *x;
	struct view was, is;
	unsigned day;

	if (met) {
		x = settled(MODE_SEED, &net);
		net.all = OUTCOME_FULL;
	} else {
		x = nx_new(MODE_SEED, &world, &net);
		add(x, CONF_SEED, literal(SEED));
		nx_start(x);
		nx_run(x, 12 * NX_HOUR);
	}
	was = look(x);
	ATF_CHECK_MSG(was.known > NODES * 8 / 10, "%u", was.known);
	check_told(x, was.known, book_reply_size(nx_counts(x).size));
	for (day = 1; day <= 14; day++) {
		nx_run(x, NX_DAY);
		check_told(x, was.known, book_reply_size(nx_counts(x).size));
		if (day == 10)		/* all of it was saved */
			nx_restart(x, nx_clock(x));
	}

	/* Then they have room. */
	net.all = OUTCOME_CONNECTED;
	nx_run(x, 2 * NX_HOUR);
	is = look(x);
	ATF_CHECK_MSG(is.good >= was.known * 9 / 10, "%u of %u", is.good,
	    was.known);
	ATF_CHECK_EQ(0, is.bad);
	nx_free(x);
}

ATF_TC_WITHOUT_HEAD(all_full_that_were_met);
ATF_TC_BODY(all_full_that_were_met, tc)
{
	all_full(true);
}

ATF_TC_WITHOUT_HEAD(all_full_from_the_start);
ATF_TC_BODY(all_full_from_the_start, tc)
{
	all_full(false);
}

/* --- clocks ------------------------------------------------------------ */

static void
clock_jumps(enum conf_mode mode, int64_t by)
{
	struct net net = { 0 };
	struct nx *x = settled(mode, &net);
	struct view was, is;
	uint64_t dials, usual, more;
	unsigned i;

	was = look(x);
	dials = x->dials;
	nx_restart(x, nx_clock(x));
	nx_run(x, 10 * NX_MINUTE);
	usual = x->dials - dials;

	dials = x->dials;
	nx_restart(x, nx_clock(x) + by);
	is = look(x);
	ATF_CHECK_EQ(was.known, is.known);
	ATF_CHECK_EQ(was.good, is.good);
	check_told(x, was.known, REPLY_MIN);
	nx_run(x, 10 * NX_MINUTE);
	check_told(x, was.known, REPLY_MIN);
	/* A crawler may be a round early: to it everybody is due. */
	more = usual / 2 + 10 + (mode == MODE_SEED ? NODES : 0);
	ATF_CHECK_MSG(x->dials - dials <= usual + more,
	    "%u dials, %u without a jump", (unsigned)(x->dials - dials),
	    (unsigned)usual);
	if (mode == MODE_PEER)
		ATF_CHECK(nx_peers(x) >= 10);

	/* Strangers who now push do not take their places. */
	for (i = 0; i < 2000; i++) {
		struct peer_addr a = fix_peer(NODES + HEARD + i);
		struct book_source s = fix_source(i % 20);

		(void)book_hear(x->book, nx_clock(x), &a, &s);
	}
	is = look(x);
	ATF_CHECK_MSG(is.known >= was.known * 95 / 100, "%u of %u are left",
	    is.known, was.known);
	ATF_CHECK_EQ(was.good, is.good);
	check_told(x, was.known * 95 / 100, REPLY_MIN);

	/* Nor when addrbookd starts once more, by then or set right. */
	nx_restart(x, nx_clock(x));
	nx_run(x, NX_MINUTE);
	check_told(x, was.known * 95 / 100, REPLY_MIN);
	nx_restart(x, nx_clock(x) - by);
	nx_run(x, NX_MINUTE);
	check_told(x, was.known * 95 / 100, REPLY_MIN);
	is = look(x);
	ATF_CHECK_EQ(was.good, is.good);
	nx_free(x);
}

ATF_TC_WITHOUT_HEAD(clock_jumps_forward);
ATF_TC_BODY(clock_jumps_forward, tc)
{
	clock_jumps(MODE_PEER, TEN_YEARS);
	clock_jumps(MODE_SEED, TEN_YEARS);
}

ATF_TC_WITHOUT_HEAD(clock_jumps_back);
ATF_TC_BODY(clock_jumps_back, tc)
{
	clock_jumps(MODE_PEER, -(int64_t)TEN_YEARS);
	clock_jumps(MODE_SEED, -(int64_t)TEN_YEARS);
}

/* --- a victim ---------------------------------------------------------- */

static void
victim(enum conf_mode mode)
{
	struct net net = { 0 };
	struct nx *x = settled(mode, &net);
	unsigned i, j;

	/* From now on every list is of one host with 60000 ports. */
	net.victim_ports = 60000;
	nx_run(x, 4 * NX_HOUR);
	ATF_CHECK_MSG(net.nat > 6, "it is dialled at all: %u", net.nat);
	for (i = 0; i < net.nat; i++) {
		for (j = i; j < net.nat && net.at[j] - net.at[i] < NX_HOUR;)
			j++;
		ATF_REQUIRE_MSG(j - i <= 6, "%u dials within an hour", j - i);
	}
	nx_free(x);
}

ATF_TC_WITHOUT_HEAD(victim_of_gossip);
ATF_TC_BODY(victim_of_gossip, tc)
{
	victim(MODE_PEER);
	victim(MODE_SEED);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, line_down_silently);
	ATF_TP_ADD_TC(tp, line_down_unreachable);
	ATF_TP_ADD_TC(tp, line_down_without_route);
	ATF_TP_ADD_TC(tp, persistent_lost_for_an_hour);
	ATF_TP_ADD_TC(tp, seed_down_and_back);
	ATF_TP_ADD_TC(tp, dns_fails_and_is_slow);
	ATF_TP_ADD_TC(tp, dns_lies);
	ATF_TP_ADD_TC(tp, all_full_that_were_met);
	ATF_TP_ADD_TC(tp, all_full_from_the_start);
	ATF_TP_ADD_TC(tp, clock_jumps_forward);
	ATF_TP_ADD_TC(tp, clock_jumps_back);
	ATF_TP_ADD_TC(tp, victim_of_gossip);
	return atf_no_error();
}
