/* SPDX-License-Identifier: ISC */
/*
 * Admission, and what becomes of a connection: after the handshake engine
 * asks for a place, then it is up, live, down.
 */

#include "dialer/policy/local.h"

/* --- may it stay? ------------------------------------------------------ */

static enum verdict
judge_anyone(struct policy *p, uint64_t now, const struct m_admit *m)
{
	if (node_id_equal(&m->id, &p->conf->id))
		return VERDICT_SELF;
	if (peers_by_id(p, &m->id) != NULL)
		return VERDICT_DUPLICATE;
	if (pl_bans_match(p, now, &m->id, m->na.ip))
		return VERDICT_BANNED;
	return VERDICT_OK;
}

/* Room by the limits, or by somebody else's leaving. */
static enum verdict
find_room(struct policy *p, uint64_t now, struct m_admitted *r)
{
	struct peer *pe;

	if (r->persistent || r->unconditional ||
	    p->peers.nin < p->conf->limits.max_inbound)
		return VERDICT_OK;
	if (policy_is_seed(p) || (pe = evict_choose(p, now)) == NULL)
		return VERDICT_FULL;
	peers_leave(p, pe);
	p->stats.evictions++;
	r->evict = pe->conn;
	return VERDICT_OK;
}

static enum verdict
admit_inbound(struct policy *p, uint64_t now, const struct m_admit *m,
    struct m_admitted *r)
{
	enum verdict v;

	if ((v = judge_anyone(p, now, m)) != VERDICT_OK ||
	    (v = find_room(p, now, r)) != VERDICT_OK)
		return v;
	if (peers_add(p, now, m, false, KIND_ENSURE, 0) == NULL)
		return VERDICT_FULL;
	return VERDICT_OK;
}

/* t is what the dial was for, if it was for a target. */
static void
tell_target(struct policy *p, uint64_t now, struct peer *pe, struct target *t)
{
	if (t != NULL)
		t->state = TARGET_IDLE;
	if (pe->persistent)
		persistent_up(p, now, &pe->id);
	if (t != NULL && t->kind == KIND_SEED)
		seeds_up(p, now, t);
	if (t != NULL && t->kind == KIND_MANUAL)
		t->state = TARGET_UP;	/* pexctl is told when it lives */
}

static enum verdict
admit_outbound(struct policy *p, uint64_t now, const struct m_admit *m)
{
	struct dial *d = dials_by_num(p, m->dial);
	struct target *t;
	struct peer *pe;
	enum verdict v;

	if (d == NULL || !node_id_equal(&d->addr.id, &m->id))
		return VERDICT_NOT_WANTED;
	if ((v = judge_anyone(p, now, m)) != VERDICT_OK)
		return v;		/* engine ends the dial with it */
	t = d->target;
	pe = peers_add(p, now, m, true, d->kind, d->latency_ms);
	if (pe == NULL)
		return VERDICT_FULL;
	pe->source = d->source;
	backoff_clear(p, &d->addr);
	dials_done(p, d);
	tell_target(p, now, pe, t);
	return VERDICT_OK;
}

struct m_admitted
policy_admit(struct policy *p, uint64_t now, const struct m_admit *m)
{
	unsigned flags = names_flags(p, &m->id);
	struct m_admitted r = { .conn = m->conn,
	    .persistent = (flags & NAME_PERSISTENT) != 0,
	    .unconditional = (flags & NAME_UNCONDITIONAL) != 0 };

	r.verdict = m->dial != 0 ? admit_outbound(p, now, m) :
	    admit_inbound(p, now, m, &r);
	if (r.verdict == VERDICT_OK && m->dial == 0 && r.persistent)
		persistent_up(p, now, &m->id);
	p->stats.verdicts[r.verdict]++;
	return r;
}

/* --- up ---------------------------------------------------------------- */

/* A connection that engine had before this process was there. */
static struct peer *
replay(struct policy *p, uint64_t now, const struct m_peer_up *m)
{
	struct m_admit a = { .conn = m->conn, .id = m->addr.id,
	    .na = m->addr.na };
	struct target *t = NULL;
	struct peer *pe;

	pe = peers_add(p, now, &a, m->outbound, kind_of_purpose(m->purpose),
	    m->latency_ms);
	if (pe == NULL)
		return NULL;
	pe->counted = true;
	if (pe->outbound && pe->kind == KIND_SEED)
		t = target_find(&p->seeds.list, &pe->id);
	tell_target(p, now, pe, t != NULL && t->state == TARGET_IDLE ? t :
	    NULL);
	return pe;
}

void
policy_peer_up(struct policy *p, uint64_t now, const struct m_peer_up *m)
{
	struct peer *pe = peers_by_conn(p, m->conn);

	if (pe == NULL && (pe = replay(p, now, m)) == NULL)
		return;
	if (pe->up)
		return;
	pe->up = true;
	p->stats.peers_up++;
	if (pe->dropping)
		return;
	if (pe->outbound && !pe->counted)
		report(p, &m->addr, pe->kind, OUTCOME_CONNECTED,
		    pe->latency_ms, NULL);
	if (pe->kind == KIND_ROTATE)
		rotate_up(p, pe);
	ask_up(p, now, pe);
}

/* --- live -------------------------------------------------------------- */

static void
count_outcome(struct policy *p, struct peer *pe, enum outcome outcome)
{
	if (pe->counted)
		return;
	p->stats.outcomes[outcome]++;
	pe->counted = true;
	pe->outcome = outcome;
}

static void
answered(struct policy *p, uint64_t now, struct peer *pe, bool any)
{
	ask_answered(p, pe);
	if (!pe->outbound)
		return;
	if (pe->kind == KIND_SEED)
		seeds_answered(p, now, &pe->id, any);
	if (pe->kind == KIND_PROBE || pe->kind == KIND_CRAWL)
		peers_drop(p, pe, DOWN_DIALER);
}

void
policy_peer_live(struct policy *p, uint64_t now, const struct m_peer_live *m)
{
	struct peer *pe = peers_by_conn(p, m->conn);
	bool first;

	if (pe == NULL)
		return;
	first = !pe->live;
	pe->live = true;
	if (pe->outbound && (first || m->how == OUTCOME_ANSWERED)) {
		count_outcome(p, pe, OUTCOME_CONNECTED);
		p->stats.outcomes[m->how]++;
		report(p, &(struct peer_addr){ pe->id, pe->na }, pe->kind,
		    m->how, pe->latency_ms, NULL);
	}
	if (pe->outbound && first && pe->kind == KIND_MANUAL)
		manual_up(p, &pe->id);
	if (m->how == OUTCOME_ANSWERED)
		answered(p, now, pe, m->count > 0);
}

/* --- down -------------------------------------------------------------- */

/*
 * A dialled peer that closes before it showed any life is a stock node at
 * its limit; only that it said NodeInfo first makes it look connected.
 */
static void
settle_outcome(struct policy *p, struct peer *pe, enum down_reason reason)
{
	enum outcome outcome = OUTCOME_CONNECTED;

	if (pe->counted)
		return;
	if (reason == DOWN_PEER_CLOSED || reason == DOWN_PEER_ERROR)
		outcome = OUTCOME_FULL;
	else if (reason == DOWN_PROTOCOL || reason == DOWN_MISBEHAVED)
		outcome = OUTCOME_REJECTED;
	count_outcome(p, pe, outcome);
	if (outcome != OUTCOME_CONNECTED)
		report(p, &(struct peer_addr){ pe->id, pe->na }, pe->kind,
		    outcome, pe->latency_ms, NULL);
}

void
peer_gone(struct policy *p, uint64_t now, struct peer *pe,
    enum down_reason reason)
{
	struct node_id id = pe->id;
	bool persistent = pe->persistent;
	bool seed = pe->outbound && pe->kind == KIND_SEED;
	bool manual = pe->outbound && pe->kind == KIND_MANUAL;
	enum outcome outcome;

	if (pe->outbound)
		settle_outcome(p, pe, reason);
	outcome = pe->outcome;
	p->stats.peers_down += pe->up;
	peers_remove(p, pe);
	if (persistent)
		persistent_down(p, now, &id);
	if (seed)
		seeds_down(p, now, &id);
	if (manual)
		manual_down(p, now, &id, outcome);
}

void
policy_peer_down(struct policy *p, uint64_t now, const struct m_peer_down *m)
{
	struct peer *pe = peers_by_conn(p, m->conn);

	if (pe != NULL)
		peer_gone(p, now, pe, m->reason);
}

/* --- the end of a dial ------------------------------------------------- */

/* Admitted, and then its handshake ended otherwise after all. */
static void
unadmit(struct policy *p, uint64_t now, const struct m_dialed *m)
{
	struct peer *pe;
	unsigned i;

	for (i = 0; i < p->peers.out.n; i++) {
		pe = p->peers.out.v[i];
		if (pe->dial != m->dial || pe->up)
			continue;
		count_outcome(p, pe, m->outcome);
		report(p, &(struct peer_addr){ pe->id, pe->na }, pe->kind,
		    m->outcome, pe->latency_ms, NULL);
		peer_gone(p, now, pe, DOWN_PEER_CLOSED);
		return;
	}
}

void
policy_dialed(struct policy *p, uint64_t now, const struct m_dialed *m)
{
	struct dial *d = dials_by_num(p, m->dial);

	if (m->outcome == 0 || m->outcome > OUTCOME_REJECTED)
		return;
	if (d != NULL && m->outcome != OUTCOME_CONNECTED)
		dials_end(p, now, d, m->outcome,
		    m->outcome == OUTCOME_WRONG_IDENTITY ? &m->id : NULL);
	else if (d == NULL && m->outcome != OUTCOME_CONNECTED)
		unadmit(p, now, m);
}

void
policy_engine_lost(struct policy *p, uint64_t now)
{
	struct peers *ps = &p->peers;
	struct dial *d, *next;

	p->started = false;		/* until engine is back */
	wants_forget(p);
	while (ps->in.n > 0)
		peer_gone(p, now, ps->in.v[ps->in.n - 1], DOWN_SHUTDOWN);
	while (ps->out.n > 0)
		peer_gone(p, now, ps->out.v[ps->out.n - 1], DOWN_SHUTDOWN);
	TAILQ_FOREACH_SAFE(d, &p->dials.queue, entry, next)
		if (d->reached)
			dials_end(p, now, d, OUTCOME_OURS, NULL);
}
