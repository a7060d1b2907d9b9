/* SPDX-License-Identifier: ISC */
/*
 * Seeds: asked in random order when there is nothing to dial, or when good
 * addresses or outbound peers have been few for a while.  One at a time,
 * until one connects.  One that answered has a rest, the longer the less
 * its lists brought that was new.
 */

#include "dialer/policy/local.h"

/*
 * After failures, in ensure periods (30 s): soon at first, but six dials
 * have to last a host for an hour.
 */
#define RETRY_PERIODS	1
#define RETRY_FACTOR	4
#define RETRY_MAX	24
#define LOOKS		4		/* at the need, per ensure period */

static bool
is_poor(const struct policy *p)
{
	uint32_t max = p->conf->limits.max_outbound;

	if (!p->have_status || p->status.good < POLICY_GOOD_MIN)
		return true;
	return !policy_is_seed(p) && p->peers.nlasting <
	    (max < POLICY_OUTBOUND_MIN ? max : POLICY_OUTBOUND_MIN);
}

static void
update_poor(struct policy *p, uint64_t now)
{
	if (!is_poor(p))
		p->seeds.poor_since = POLICY_NEVER;
	else if (p->seeds.poor_since == POLICY_NEVER)
		p->seeds.poor_since = now;
}

bool
seeds_needed(const struct policy *p, uint64_t now)
{
	const struct seeds *s = &p->seeds;

	if (s->nothing)
		return true;
	return s->poor_since != POLICY_NEVER && now >= s->poor_since +
	    (uint64_t)POLICY_POOR_PERIODS * p->conf->times.ensure_period;
}

static bool
may_ask(const struct policy *p, uint64_t now, const struct target *t)
{
	return t->state == TARGET_IDLE && now >= t->due &&
	    peers_by_id(p, &t->addr.id) == NULL;
}

/* Is one under way, or might one be asked? */
static bool
may_come(const struct policy *p, uint64_t now)
{
	const struct target *t;

	TAILQ_FOREACH(t, &p->seeds.list, entry)
		if (target_is_busy(t) || may_ask(p, now, t) ||
		    (t->state == TARGET_UP && !t->answered))
			return true;
	return false;
}

bool
seeds_first(struct policy *p, uint64_t now)
{
	struct seeds *s = &p->seeds;

	/* A seed that answers is good itself. */
	s->first = p->have_status && p->status.good <= s->nanswered &&
	    now < s->first_until && s->nanswered < POLICY_FIRST_SEEDS &&
	    may_come(p, now);
	return s->first;
}

static struct target *
choose(struct policy *p, uint64_t now)
{
	struct target *t, *found = NULL;
	unsigned seen = 0;

	TAILQ_FOREACH(t, &p->seeds.list, entry)
		if (may_ask(p, now, t) && rng_below(p->rng, ++seen) == 0)
			found = t;
	return found;
}

/* Go on with the next seed, if one is still needed and none under way. */
void
seeds_resume(struct policy *p, uint64_t now)
{
	struct target *t;

	if (!p->started || TAILQ_EMPTY(&p->seeds.list))
		return;
	while (p->seeds.walking == NULL && seeds_needed(p, now) &&
	    (t = choose(p, now)) != NULL) {
		p->seeds.walking = t;
		(void)target_start(p, now, t);
	}
}

static void
stop_walking(struct policy *p, const struct target *t)
{
	if (p->seeds.walking == t)
		p->seeds.walking = NULL;
}

static uint64_t
delay_after(const struct policy *p, uint32_t tries)
{
	uint64_t periods = RETRY_PERIODS;

	while (--tries > 0 && periods < RETRY_MAX)
		periods *= RETRY_FACTOR;
	return min_time(periods, RETRY_MAX) * p->conf->times.ensure_period;
}

void
seeds_failed(struct policy *p, uint64_t now, struct target *t,
    enum outcome outcome)
{
	stop_walking(p, t);
	if (outcome != OUTCOME_OURS || t->tries == 0)
		t->tries++;
	t->due = now + delay_after(p, t->tries);
}

void
seeds_up(struct policy *p, uint64_t now, struct target *t)
{
	t->state = TARGET_UP;
	t->since = now;
	t->last = OUTCOME_CONNECTED;
}

/* The seed of that ID that is connected, or NULL. */
static struct target *
find_up(const struct policy *p, const struct node_id *id)
{
	struct target *t;

	TAILQ_FOREACH(t, &p->seeds.list, entry)
		if (t->state == TARGET_UP && node_id_equal(&t->addr.id, id))
			return t;
	return NULL;
}

void
seeds_answered(struct policy *p, uint64_t now, const struct node_id *id,
    bool any)
{
	struct target *t = find_up(p, id);

	if (t == NULL)
		return;
	stop_walking(p, t);
	p->seeds.nanswered++;
	t->answered = true;
	t->tries = 0;
	t->since = now;
	t->due = now + t->interval;
	if (any)
		p->seeds.nothing = false;
	else
		seeds_resume(p, now);	/* it knows nobody: the next one */
}

/* Up and gone without an answer is a failure: the next one is tried. */
void
seeds_down(struct policy *p, uint64_t now, const struct node_id *id)
{
	struct target *t = find_up(p, id);

	if (t == NULL)
		return;
	t->state = TARGET_IDLE;
	if (!t->answered)
		seeds_failed(p, now, t, OUTCOME_FULL);
	seeds_resume(p, now);
}

/* The list may be in the book only when its seed has gone already. */
static struct target *
find_answered(const struct policy *p, const struct node_id *id)
{
	struct target *t;

	TAILQ_FOREACH(t, &p->seeds.list, entry)
		if (t->answered && node_id_equal(&t->addr.id, id))
			return t;
	return NULL;
}

bool
seeds_list_taken(struct policy *p, uint64_t now, const struct m_list_taken *m)
{
	struct target *t = find_answered(p, &m->source);
	const struct conf_times *times = &p->conf->times;

	if (t == NULL)
		return false;
	if (m->fresh > 0)
		t->interval = times->seed_interval;
	else
		t->interval = min_time((uint64_t)t->interval * 2,
		    times->seed_interval_max);
	t->due = t->since + t->interval;
	return true;
}

void
seeds_nothing(struct policy *p, uint64_t now, bool nothing)
{
	p->seeds.nothing = nothing;
	seeds_resume(p, now);
}

void
seeds_start(struct policy *p, uint64_t now)
{
	struct target *t;

	TAILQ_FOREACH(t, &p->seeds.list, entry)
		if (t->state == TARGET_IDLE)
			t->due = now;
	p->seeds.due = now;
	p->seeds.nanswered = 0;
	p->seeds.first_until = now + POLICY_FIRST_MS;
}

void
seeds_tick(struct policy *p, uint64_t now)
{
	if (now < p->seeds.due)
		return;
	p->seeds.due = now + p->conf->times.ensure_period / LOOKS + 1;
	update_poor(p, now);
	seeds_resume(p, now);
	if (p->seeds.first && !seeds_first(p, now))
		ensure_round(p, now);
}

uint64_t
seeds_due(const struct policy *p)
{
	return TAILQ_EMPTY(&p->seeds.list) ? POLICY_NEVER : p->seeds.due;
}
