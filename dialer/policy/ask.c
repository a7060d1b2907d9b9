/* SPDX-License-Identifier: ISC */
/*
 * Our own requests: one outstanding per peer, 30 s between two to the same
 * one, none more on a connection where one stayed unanswered for 60 s.
 * Asking never stops for good: once enough is known, one random outbound
 * and one random inbound peer every 5 min.
 */

#include "dialer/policy/local.h"

#define DRAWS	8	/* at random, until one may be asked */

static bool
may_ask(const struct policy *p, uint64_t now, const struct peer *pe)
{
	if (!pe->up || pe->dropping || pe->awaited || pe->muted)
		return false;
	return !pe->was_asked ||
	    now >= pe->asked_at + p->conf->times.request_interval;
}

bool
ask_peer(struct policy *p, uint64_t now, struct peer *pe)
{
	if (!may_ask(p, now, pe))
		return false;
	pe->was_asked = true;
	pe->awaited = true;
	pe->asked_at = now;
	TAILQ_INSERT_TAIL(&p->peers.asked, pe, asked);
	p->stats.asks++;
	p->ops->ask(p->arg, pe->conn);
	return true;
}

/* Whoever was dialled for its addresses is asked in any case. */
void
ask_up(struct policy *p, uint64_t now, struct peer *pe)
{
	if (pe->outbound && (pe->is_held || policy_wants(p)))
		(void)ask_peer(p, now, pe);
}

void
ask_forget(struct policy *p, struct peer *pe)
{
	if (pe->awaited)
		TAILQ_REMOVE(&p->peers.asked, pe, asked);
	pe->awaited = false;
}

/* A late answer is an answer, but who was that slow is not asked again. */
void
ask_answered(struct policy *p, struct peer *pe)
{
	ask_forget(p, pe);
	p->stats.answers++;
}

static bool
ask_random(struct policy *p, uint64_t now, const struct peer_vec *vec)
{
	unsigned i;

	for (i = 0; vec->n > 0 && i < DRAWS; i++)
		if (ask_peer(p, now, vec->v[rng_below(p->rng, vec->n)]))
			return true;
	return false;
}

/* A seed's inbound peers leave once they are answered. */
static void
ask_anyone(struct policy *p, uint64_t now)
{
	const struct peers *ps = &p->peers;
	bool in_first = rng_below(p->rng, ps->in.n + ps->out.n) < ps->in.n;

	if (policy_is_seed(p))
		(void)ask_random(p, now, &ps->out);
	else if (in_first)
		(void)(ask_random(p, now, &ps->in) ||
		    ask_random(p, now, &ps->out));
	else
		(void)(ask_random(p, now, &ps->out) ||
		    ask_random(p, now, &ps->in));
}

static void
ask_round(struct policy *p, uint64_t now)
{
	if (policy_wants(p)) {
		ask_anyone(p, now);
		return;
	}
	if (now < p->ask.enough_due)
		return;
	p->ask.enough_due = now + (uint64_t)POLICY_ASK_PERIODS *
	    p->conf->times.ensure_period;
	(void)ask_random(p, now, &p->peers.out);
	if (!policy_is_seed(p))
		(void)ask_random(p, now, &p->peers.in);
}

static void
expire(struct policy *p, uint64_t now)
{
	struct peer *pe;

	while ((pe = TAILQ_FIRST(&p->peers.asked)) != NULL &&
	    now >= pe->asked_at + p->conf->times.request_timeout) {
		ask_forget(p, pe);
		pe->muted = true;
		p->stats.unanswered++;
	}
}

void
ask_start(struct policy *p, uint64_t now)
{
	p->ask.due = p->ask.enough_due = now + p->conf->times.ensure_period;
}

void
ask_tick(struct policy *p, uint64_t now)
{
	expire(p, now);
	if (now < p->ask.due)
		return;
	p->ask.due = now + p->conf->times.ensure_period;
	ask_round(p, now);
}

uint64_t
ask_due(const struct policy *p)
{
	const struct peer *pe = TAILQ_FIRST(&p->peers.asked);

	return pe == NULL ? p->ask.due : min_time(p->ask.due,
	    pe->asked_at + p->conf->times.request_timeout);
}
