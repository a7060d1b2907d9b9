/* SPDX-License-Identifier: ISC */
/*
 * Persistent peers: dialled at the start and for ever after.  20 tries at
 * 5 s, then 3^n s up to max dial period, each with up to 3 s more.
 * Source: CometBFT p2p/switch.go, reconnectToPeer, which gives up.
 */

#include "dialer/policy/local.h"

#define RETRY_MS	(5 * SECOND)
#define RETRY_JITTER_MS	(3 * SECOND)
#define RETRY_TRIES	20
#define SETTLED_MS	MINUTE	/* connected so long: tries start over */
#define PARALLEL	64	/* under way at a time */

static uint64_t
delay_after(struct policy *p, uint32_t tries)
{
	uint64_t ms = RETRY_MS, max = p->conf->times.max_dial_period;
	uint32_t n;

	if (tries > RETRY_TRIES) {
		ms = SECOND;
		for (n = tries - RETRY_TRIES; n > 0 && ms < max; n--)
			ms *= 3;
		ms = min_time(ms, max);
	}
	return ms + rng_below(p->rng, RETRY_JITTER_MS + 1);
}

/* One that is being dialled finds out when that dial ends. */
void
persistent_up(struct policy *p, uint64_t now, const struct node_id *id)
{
	struct target *t;

	TAILQ_FOREACH(t, &p->persistent, entry)
		if (t->state == TARGET_IDLE &&
		    node_id_equal(&t->addr.id, id)) {
			t->state = TARGET_UP;
			t->since = now;
			t->last = OUTCOME_CONNECTED;
		}
}

void
persistent_failed(struct policy *p, uint64_t now, struct target *t,
    enum outcome outcome)
{
	if (t->state == TARGET_SELF)
		return;
	if (peers_by_id(p, &t->addr.id) != NULL) {	/* it came to us */
		persistent_up(p, now, &t->addr.id);
		return;
	}
	/* What we lack ourselves is no reason to wait longer for the peer. */
	if (outcome != OUTCOME_OURS)
		t->tries++;
	t->due = now + delay_after(p, t->tries);
}

void
persistent_down(struct policy *p, uint64_t now, const struct node_id *id)
{
	struct target *t;

	TAILQ_FOREACH(t, &p->persistent, entry) {
		if (!node_id_equal(&t->addr.id, id) || t->state != TARGET_UP)
			continue;
		t->state = TARGET_IDLE;
		if (now >= t->since + SETTLED_MS)
			t->tries = 0;
		else
			t->tries++;
		t->due = now + delay_after(p, t->tries);
	}
}

static unsigned
under_way(const struct policy *p)
{
	const struct target *t;
	unsigned n = 0;

	TAILQ_FOREACH(t, &p->persistent, entry)
		n += target_is_busy(t);
	return n;
}

void
persistent_start(struct policy *p, uint64_t now)
{
	struct target *t;

	TAILQ_FOREACH(t, &p->persistent, entry)
		if (t->state == TARGET_IDLE)
			t->due = now;
}

void
persistent_tick(struct policy *p, uint64_t now)
{
	struct target *t;
	unsigned n = under_way(p);

	TAILQ_FOREACH(t, &p->persistent, entry) {
		if (n >= PARALLEL)
			break;
		if (t->state != TARGET_IDLE || now < t->due)
			continue;
		if (peers_by_id(p, &t->addr.id) != NULL)
			persistent_up(p, now, &t->addr.id);
		else
			n += target_start(p, now, t);
	}
}

uint64_t
persistent_due(const struct policy *p)
{
	const struct target *t;
	uint64_t due = POLICY_NEVER;

	if (under_way(p) >= PARALLEL)
		return due;	/* the end of one lets the next begin */
	TAILQ_FOREACH(t, &p->persistent, entry)
		if (t->state == TARGET_IDLE)
			due = min_time(due, t->due);
	return due;
}
