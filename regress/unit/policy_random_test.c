/* SPDX-License-Identifier: ISC */
/*
 * Anything in any order: the policy's own rules hold after every step, it
 * never asks for what it may not, and the same seed gives the same day.
 */

#include <atf-c.h>
#include <string.h>

#include "regress/lib/policyfix.h"

#define IDS	200
#define CONNS	64

struct world {
	struct fx	*fx;
	struct rng	 rng;		/* the world's own */
	uint32_t	 conns[CONNS];
	unsigned	 nconns;
	unsigned	 dials_seen, picks_seen, drops_seen, resolves_seen;
	uint64_t	 log;		/* of all that came out */
};

static unsigned
below(struct world *w, unsigned n)
{
	return rng_below(&w->rng, n);
}

static struct peer_addr
somebody(struct world *w)
{
	struct peer_addr a = fx_addr(below(w, IDS));

	if (below(w, 4) == 0)
		a.na = fx_addr(below(w, IDS)).na;
	return a;
}

static void
note(struct world *w, const void *what, size_t len)
{
	const uint8_t *p = what;

	while (len-- > 0)
		w->log = (w->log ^ *p++) * UINT64_C(0x100000001b3);
}

/* --- what may happen ---------------------------------------------------- */

static void
some_pick(struct world *w)
{
	struct fx *fx = w->fx;
	struct peer_addr a[40];
	unsigned i, n = below(w, 40);

	if (fx->npicks == 0)
		return;
	for (i = 0; i < n; i++)
		a[i] = somebody(w);
	fx_answer_pick(fx, &fx->picks[fx->npicks - 1 -
	    below(w, fx->npicks < 3 ? fx->npicks : 3)], a, n);
}

static void
some_dial_fails(struct world *w)
{
	struct fx *fx = w->fx;

	if (fx->ndials > 0)
		fx_fail(fx, below(w, fx->ndials), below(w, OUTCOME_MAX + 2));
}

static void
keep(struct world *w, uint32_t conn)
{
	if (w->nconns < CONNS) {
		w->conns[w->nconns++] = conn;
		return;
	}
	fx_down(w->fx, w->conns[0], 1 + below(w, DOWN_MAX - 1));
	w->conns[0] = conn;
}

static void
some_dial_connects(struct world *w)
{
	struct fx *fx = w->fx;
	uint32_t conn;
	unsigned i;

	if (fx->ndials == 0)
		return;
	i = fx->ndials - 1 - below(w, fx->ndials < 20 ? fx->ndials : 20);
	if (fx_admit_dial(fx, i, &conn) != VERDICT_OK)
		return;
	keep(w, conn);
	if (below(w, 10) > 0)
		fx_up(fx, conn, &fx->dials[i].d.addr, true,
		    fx->dials[i].d.purpose);
}

static void
some_inbound(struct world *w)
{
	struct peer_addr a = somebody(w);
	uint32_t conn, evict;

	if (fx_inbound(w->fx, &a, &conn, &evict) == VERDICT_OK)
		keep(w, conn);
	if (evict != 0 && below(w, 2))
		fx_down(w->fx, evict, DOWN_DIALER);
}

static void
some_replay(struct world *w)
{
	static const enum purpose all[] = { PURPOSE_PEER, PURPOSE_PERSISTENT,
	    PURPOSE_SEED, PURPOSE_PROBE, PURPOSE_MANUAL };
	struct peer_addr a = fx_addr(IDS + w->fx->next_conn % 1000);

	fx_up(w->fx, ++w->fx->next_conn, &a, below(w, 2), all[below(w, 5)]);
	keep(w, w->fx->next_conn);
}

static void
some_down(struct world *w)
{
	unsigned i;

	if (w->nconns == 0)
		return;
	i = below(w, w->nconns);
	fx_down(w->fx, w->conns[i], 1 + below(w, DOWN_MAX - 1));
	w->conns[i] = w->conns[--w->nconns];
}

static void
some_live(struct world *w)
{
	if (w->nconns > 0)
		fx_live(w->fx, w->conns[below(w, w->nconns)], below(w, 2) ?
		    OUTCOME_LIVE : OUTCOME_ANSWERED);
}

static void
some_ban(struct world *w)
{
	struct peer_addr a = somebody(w);
	struct m_ban m = { .has_id = below(w, 2), .has_host = below(w, 2),
	    .id = a.id, .left_s = below(w, 3) ? below(w, 60) : 0 };

	memcpy(m.ip, a.na.ip, 16);
	policy_ban(w->fx->p, w->fx->now, &m);
}

static void
some_status(struct world *w)
{
	fx_status(w->fx, below(w, 64), below(w, 2));
}

static void
some_list(struct world *w)
{
	struct m_list_taken m = { .source = fx_id(below(w, IDS)),
	    .total = 10, .fresh = below(w, 3) };

	policy_list_taken(w->fx->p, w->fx->now, &m);
}

static void
some_seniors(struct world *w)
{
	struct node_id ids[20];
	unsigned i, n = below(w, 20);

	for (i = 0; i < n; i++)
		ids[i] = fx_id(below(w, IDS));
	policy_seniors(w->fx->p, ids, n);
}

static void
some_name(struct world *w)
{
	struct fx *fx = w->fx;
	uint8_t ips[3][16];
	unsigned i;

	if (fx->nresolves == 0)
		return;
	for (i = 0; i < 3; i++)
		memcpy(ips[i], somebody(w).na.ip, 16);
	policy_resolved(fx->p, fx->now,
	    fx->resolves[below(w, fx->nresolves)].token,
	    (const uint8_t (*)[16])ips, below(w, 4));
}

static void
some_command(struct world *w)
{
	struct m_ctl_dial dial = { .persistent = below(w, 8) == 0 };
	struct m_ctl_drop drop = { .id = fx_id(below(w, IDS)) };

	dial.addr = fx_host(below(w, IDS), below(w, 2) ? "20.9.0.1" :
	    "x.example.org");
	if (below(w, 2))
		policy_ctl_dial(w->fx->p, w->fx->now, 1, &dial);
	else
		policy_ctl_drop(w->fx->p, w->fx->now, 1, &drop);
}

static struct conf *
some_conf(struct world *w)
{
	struct conf *c = fx_conf(below(w, 2) ? MODE_PEER : MODE_SEED);
	struct host_addr h;
	unsigned i;

	c->limits.max_inbound = 5 + below(w, 20);
	c->limits.max_outbound = below(w, 12);
	c->limits.max_dials = 256;
	c->private_network = below(w, 2);
	c->strict = below(w, 2);
	c->allow_duplicate_ip = below(w, 2);
	for (i = 0; i < 12; i++) {
		h = fx_host(below(w, 20), below(w, 2) ? "20.7.0.1" :
		    "y.example.org");
		ATF_REQUIRE_EQ(0, conf_add_peer(c, 1 + below(w, 4), &h));
	}
	return c;
}

static void
some_reload(struct world *w)
{
	fx_reload(w->fx, some_conf(w));
}

static void
some_loss(struct world *w)
{
	if (below(w, 2))
		policy_book_lost(w->fx->p, w->fx->now);
	else {
		policy_engine_lost(w->fx->p, w->fx->now);
		fx_check(w->fx);
		w->nconns = 0;
		fx_start(w->fx);
	}
}

static void
some_time(struct world *w)
{
	static const uint64_t spans[] = { 0, 10, 1000, 10000, 60000, 600000 };

	fx_run(w->fx, spans[below(w, 6)]);
}

static const struct {
	void		(*fn)(struct world *);
	unsigned	 weight;
} events[] = {
	{ some_pick, 20 }, { some_dial_fails, 20 },
	{ some_dial_connects, 20 }, { some_inbound, 20 },
	{ some_replay, 2 }, { some_down, 15 }, { some_live, 20 },
	{ some_ban, 3 }, { some_status, 3 }, { some_list, 3 },
	{ some_seniors, 2 }, { some_name, 10 }, { some_command, 4 },
	{ some_reload, 1 }, { some_loss, 1 }, { some_time, 20 },
};

/* --- what must hold of what comes out ----------------------------------- */

static void
check_output(struct world *w)
{
	struct fx *fx = w->fx;

	for (; w->dials_seen < fx->ndials; w->dials_seen++) {
		struct fx_dial *d = &fx->dials[w->dials_seen];

		ATF_REQUIRE(d->d.dial != 0);
		ATF_REQUIRE(!node_id_equal(&d->d.addr.id, &fx->conf->id));
		note(w, &d->at, sizeof(d->at));
		note(w, &d->d.dial, sizeof(d->d.dial));
		note(w, d->d.addr.id.b, NODE_ID_SIZE);
	}
	for (; w->picks_seen < fx->npicks; w->picks_seen++) {
		struct m_pick *m = &fx->picks[w->picks_seen].m;

		ATF_REQUIRE(m->want > 0 && m->want <= MSG_LIST_MAX);
		ATF_REQUIRE(m->seniors <= m->want && m->bias <= 100);
		ATF_REQUIRE(m->ngroups <= MSG_GROUPS_MAX);
		note(w, &m->want, sizeof(m->want));
	}
	for (; w->drops_seen < fx->ndrops; w->drops_seen++)
		note(w, &fx->drops[w->drops_seen].conn, 4);
	/* Answered dials and picks of long ago are let go of. */
	if (fx->ndials > FX_LOG / 2)
		fx->ndials = w->dials_seen = 0;
	if (fx->npicks > FX_LOG / 2)
		fx->npicks = w->picks_seen = 0;
	if (fx->ndrops > FX_LOG / 2)
		fx->ndrops = w->drops_seen = 0;
	if (fx->nresolves > FX_LOG / 2)
		fx->nresolves = 0;
	fx->nasks = fx->nreports = fx->nanswers = 0;
}

static void
one_step(struct world *w)
{
	unsigned i, r, total = 0;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		total += events[i].weight;
	r = below(w, total);
	for (i = 0; r >= events[i].weight; i++)
		r -= events[i].weight;
	events[i].fn(w);
	policy_tick(w->fx->p, w->fx->now);
	fx_check(w->fx);
	check_output(w);
}

static uint64_t
live_a_day(uint64_t seed, unsigned steps)
{
	struct world w = { .log = seed };
	uint64_t log;

	rng_seed_number(&w.rng, seed);
	w.fx = fx_new(MODE_PEER);
	rng_seed_number(&w.fx->rng, seed + 1);
	conf_free(w.fx->conf);
	w.fx->conf = some_conf(&w);
	fx_start(w.fx);
	while (steps-- > 0)
		one_step(&w);
	log = w.log;
	fx_free(w.fx);
	return log;
}

ATF_TC_WITHOUT_HEAD(rules_hold);
ATF_TC_BODY(rules_hold, tc)
{
	uint64_t seed;

	for (seed = 1; seed <= 40; seed++)
		(void)live_a_day(seed, 3000);
}

ATF_TC_WITHOUT_HEAD(same_seed_same_day);
ATF_TC_BODY(same_seed_same_day, tc)
{
	uint64_t a = live_a_day(7, 3000);

	ATF_CHECK_EQ(a, live_a_day(7, 3000));
	ATF_CHECK_EQ(a, live_a_day(7, 3000));
	ATF_CHECK(a != live_a_day(8, 3000));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, rules_hold);
	ATF_TP_ADD_TC(tp, same_seed_same_day);
	return atf_no_error();
}
