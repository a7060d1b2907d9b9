/* SPDX-License-Identifier: ISC */
/*
 * Rotation: every six hours or so one outbound slot goes to somebody else,
 * so that whoever holds many of them does not hold them for good.  The
 * newcomer is connected first; seniors and persistent peers stay.
 */

#include "dialer/policy/local.h"

#define CANDIDATES	8
#define RETRY_PERIODS	10	/* ensure periods, when nobody could be had */

static bool
is_victim(const struct peer *pe)
{
	return peer_fills_slot(pe) && !pe->senior && pe->kind == KIND_ENSURE;
}

/* One of them at random; NULL without any. */
static struct peer *
victim(struct policy *p)
{
	const struct peer_vec *out = &p->peers.out;
	struct peer *found = NULL;
	unsigned i, seen = 0;

	for (i = 0; i < out->n; i++)
		if (is_victim(out->v[i]) && rng_below(p->rng, ++seen) == 0)
			found = out->v[i];
	return found;
}

/* Half to one and a half times the period: its mean is the period. */
static void
next_time(struct policy *p, uint64_t now)
{
	uint32_t period = p->conf->times.rotate_interval;

	p->rotate.due = now + period / 2 + rng_below(p->rng, period);
}

static void
try_later(struct policy *p, uint64_t now)
{
	p->rotate.due = now + (uint64_t)RETRY_PERIODS *
	    p->conf->times.ensure_period;
}

void
rotate_start(struct policy *p, uint64_t now)
{
	next_time(p, now);
}

void
rotate_picked(struct policy *p, uint64_t now, const struct m_picked *m)
{
	spares_set(&p->rotate.spares, m);
	if (!spares_dial(p, now, &p->rotate.spares, KIND_ROTATE))
		try_later(p, now);
}

void
rotate_ended(struct policy *p, uint64_t now, struct target *t,
    enum outcome outcome)
{
	if (!spares_dial(p, now, &p->rotate.spares, KIND_ROTATE))
		try_later(p, now);
}

void
rotate_up(struct policy *p, struct peer *newcomer)
{
	struct peer *old = victim(p);

	newcomer->kind = KIND_ENSURE;	/* from now on a victim itself */
	if (p->peers.nout <= p->conf->limits.max_outbound || old == NULL)
		return;
	p->stats.rotations++;
	peers_drop(p, old, DOWN_DIALER);
}

void
rotate_tick(struct policy *p, uint64_t now)
{
	if (policy_is_seed(p) || now < p->rotate.due)
		return;
	/* Whoever could come takes the free slot first. */
	if (ensure_want(p) > 0) {
		try_later(p, now);
		return;
	}
	next_time(p, now);
	if (wants_is_open(p, WANT_ROTATE) ||
	    p->dials.nkind[KIND_ROTATE] > 0 || victim(p) == NULL)
		return;
	wants_send(p, now, WANT_ROTATE, PICK_ENSURE, CANDIDATES,
	    peers_seniors(p) < POLICY_SENIORS ? CANDIDATES : 0);
}

uint64_t
rotate_due(const struct policy *p)
{
	return policy_is_seed(p) ? POLICY_NEVER : p->rotate.due;
}
