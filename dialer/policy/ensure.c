/* SPDX-License-Identifier: ISC */
/*
 * ensurePeers: every period, and at once when a seed's list arrived, pick
 * candidates for the outbound slots that are free and dial them in parallel.
 * Source: CometBFT p2p/pex/pex_reactor.go, ensurePeers (bias, numbers).
 */

#include "dialer/policy/local.h"

#define PICKS_PER_SLOT	3
#define PICKS_HEARSAY	9	/* while hardly anybody is proved */
#define BIAS_PEERS	8	/* more outbound peers bias no further */

int
ensure_want(const struct policy *p)
{
	unsigned have = p->peers.nout + p->dials.nkind[KIND_ENSURE] +
	    p->dials.nkind[KIND_MANUAL];

	return have < p->conf->limits.max_outbound ?
	    (int)(p->conf->limits.max_outbound - have) : 0;
}

/* The more peers we have, the more we can afford to try new addresses. */
unsigned
ensure_bias(const struct policy *p)
{
	unsigned out = p->peers.nlasting;

	return (out < BIAS_PEERS ? out : BIAS_PEERS) * 10 + 10;
}

static unsigned
seniors_wanted(const struct policy *p)
{
	unsigned held = peers_seniors(p);

	return held < POLICY_SENIORS ? POLICY_SENIORS - held : 0;
}

/* Of what is only heard of much is stale, and no source gets all slots. */
static unsigned
picks_per_slot(const struct policy *p)
{
	return p->have_status && p->status.good < POLICY_GOOD_MIN ?
	    PICKS_HEARSAY : PICKS_PER_SLOT;
}

void
ensure_round(struct policy *p, uint64_t now)
{
	unsigned want = ensure_want(p);

	p->ensure.due = now + p->conf->times.ensure_period;
	if (want == 0) {
		seeds_nothing(p, now, false);
		return;
	}
	if (seeds_first(p, now)) {
		seeds_nothing(p, now, true);
		return;
	}
	if (wants_is_open(p, WANT_ENSURE))
		return;
	wants_send(p, now, WANT_ENSURE, PICK_ENSURE, want * picks_per_slot(p),
	    seniors_wanted(p) * PICKS_PER_SLOT);
}

static unsigned
fill(struct policy *p, uint64_t now)
{
	unsigned n = 0;

	while (ensure_want(p) > 0 &&
	    spares_dial(p, now, &p->ensure.spares, KIND_ENSURE))
		n++;
	return n;
}

void
ensure_picked(struct policy *p, uint64_t now, const struct m_picked *m)
{
	unsigned begun;

	spares_set(&p->ensure.spares, m);
	begun = fill(p, now);
	seeds_nothing(p, now, begun == 0 && ensure_want(p) > 0 &&
	    p->dials.nkind[KIND_ENSURE] == 0);
}

/* A slot is free again: the rest of this round's candidates may have it. */
void
ensure_ended(struct policy *p, uint64_t now, struct target *t,
    enum outcome outcome)
{
	(void)fill(p, now);
}

/* Peers that are there at the start have been told when we come. */
void
ensure_start(struct policy *p, uint64_t now)
{
	p->ensure.due = now;
	if (p->peers.in.n + p->peers.out.n > 0)
		p->ensure.due += rng_below(p->rng,
		    p->conf->times.ensure_period);
}

void
ensure_tick(struct policy *p, uint64_t now)
{
	if (!policy_is_seed(p) && now >= p->ensure.due)
		ensure_round(p, now);
}

uint64_t
ensure_due(const struct policy *p)
{
	return policy_is_seed(p) ? POLICY_NEVER : p->ensure.due;
}
