/* SPDX-License-Identifier: ISC */
/*
 * A target: a node that the operator named (persistent peer, seed, pexctl
 * dial).  Its name is resolved anew on every use and all its addresses are
 * tried, one after another in random order.
 */

#include <stdlib.h>
#include <string.h>

#include "dialer/policy/local.h"

/* DNS gives up after some 12 s; an answer that is later than this is lost. */
#define RESOLVE_MS	(30 * SECOND)

typedef void failed_rule(struct policy *, uint64_t, struct target *,
    enum outcome);

static failed_rule *const failed_rules[KIND_MAX] = {
	[KIND_PERSISTENT] = persistent_failed,
	[KIND_SEED] = seeds_failed,
	[KIND_MANUAL] = manual_failed,
};

struct target *
target_new(enum policy_kind kind, const struct host_addr *addr)
{
	struct target *t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->kind = kind;
	t->addr = *addr;
	return t;
}

void
target_free(struct policy *p, struct targets *list, struct target *t)
{
	dials_forget(p, t);
	if (t->state == TARGET_RESOLVING)
		TAILQ_REMOVE(&p->resolving, t, resolving);
	if (p->seeds.walking == t)
		p->seeds.walking = NULL;
	TAILQ_REMOVE(list, t, entry);
	free(t);
}

bool
target_is_busy(const struct target *t)
{
	return t->state == TARGET_RESOLVING || t->state == TARGET_DIALLING;
}

struct target *
target_find(const struct targets *list, const struct node_id *id)
{
	struct target *t;

	TAILQ_FOREACH(t, list, entry)
		if (node_id_equal(&t->addr.id, id))
			return t;
	return NULL;
}

/* It is us, and stays so: not tried again.  t may be gone on return. */
static void
found_self(struct policy *p, uint64_t now, struct target *t)
{
	t->state = TARGET_SELF;
	t->last = OUTCOME_SELF;
	failed_rules[t->kind](p, now, t, OUTCOME_SELF);
}

/* Dial the next address that may be; with none left the kind's rule runs. */
static bool
dial_next(struct policy *p, uint64_t now, struct target *t, enum outcome why)
{
	struct peer_addr addr = { .id = t->addr.id };

	while (t->ip < t->nips) {
		memcpy(addr.na.ip, t->ips[t->ip++], sizeof(addr.na.ip));
		addr.na.port = t->addr.port;
		t->skip = dials_check(p, now, t->kind, &addr);
		if (t->skip == SKIP_SELF) {	/* of all its addresses */
			found_self(p, now, t);
			return false;
		}
		if (t->skip != SKIP_NONE)
			continue;
		t->state = TARGET_DIALLING;
		if (dials_start(p, now, t->kind, &addr, t) != NULL)
			return true;
		why = OUTCOME_OURS;
	}
	t->state = TARGET_IDLE;
	failed_rules[t->kind](p, now, t, why);
	return false;
}

bool
target_start(struct policy *p, uint64_t now, struct target *t)
{
	t->ip = t->nips = 0;
	t->skip = SKIP_NONE;
	t->answered = false;
	if (t->addr.is_literal) {
		memcpy(t->ips[0], t->addr.ip, sizeof(t->ips[0]));
		t->nips = 1;
		return dial_next(p, now, t, OUTCOME_OURS);
	}
	t->state = TARGET_RESOLVING;
	t->asked = now;
	TAILQ_INSERT_TAIL(&p->resolving, t, resolving);
	t->token = ++p->token;
	p->stats.resolves++;
	p->ops->resolve(p->arg, t->token, t->addr.host);
	return true;
}

static void
take_ips(struct policy *p, struct target *t, const uint8_t (*ips)[16], size_t n)
{
	uint8_t tmp[16];
	unsigned i, j;

	t->ip = t->nips = 0;
	/* DNS may say 0.0.0.0, which would be ourselves. */
	for (i = 0; i < n && t->nips < POLICY_IPS_MAX; i++)
		if (ip_is_valid(ips[i]))
			memcpy(t->ips[t->nips++], ips[i], sizeof(t->ips[0]));
	for (i = t->nips; i > 1; i--) {
		j = rng_below(p->rng, i);
		memcpy(tmp, t->ips[j], sizeof(tmp));
		memcpy(t->ips[j], t->ips[i - 1], sizeof(tmp));
		memcpy(t->ips[i - 1], tmp, sizeof(tmp));
	}
}

static void
resolved(struct policy *p, uint64_t now, struct target *t,
    const uint8_t (*ips)[16], size_t n)
{
	TAILQ_REMOVE(&p->resolving, t, resolving);
	t->state = TARGET_IDLE;
	take_ips(p, t, ips, n);
	/*
	 * A name without an address is the network's failure or DNS's; that
	 * none of its addresses may be dialled now is ours.
	 */
	if (!dial_next(p, now, t, t->nips == 0 ? OUTCOME_UNREACHABLE :
	    OUTCOME_OURS))
		seeds_resume(p, now);
}

void
policy_resolved(struct policy *p, uint64_t now, uint32_t token,
    const uint8_t (*ips)[16], size_t n)
{
	struct target *t;

	TAILQ_FOREACH(t, &p->resolving, resolving)
		if (t->token == token) {
			resolved(p, now, t, ips, n);
			return;
		}
}

static uint64_t
resolve_deadline(const struct policy *p)
{
	const struct target *t = TAILQ_FIRST(&p->resolving);

	return t == NULL ? POLICY_NEVER : t->asked + RESOLVE_MS;
}

void
targets_tick(struct policy *p, uint64_t now)
{
	while (now >= resolve_deadline(p))
		resolved(p, now, TAILQ_FIRST(&p->resolving), NULL, 0);
}

uint64_t
targets_due(const struct policy *p)
{
	return resolve_deadline(p);
}

void
target_ended(struct policy *p, uint64_t now, struct target *t,
    enum outcome outcome)
{
	if (t == NULL) {	/* the config dropped it meanwhile */
		seeds_resume(p, now);
		return;
	}
	t->last = outcome;
	/* A name may lead elsewhere another time. */
	if (outcome == OUTCOME_SELF && t->addr.is_literal)
		found_self(p, now, t);
	else
		(void)dial_next(p, now, t, outcome);
	seeds_resume(p, now);
}

static bool
same_addr(const struct host_addr *a, const struct host_addr *b)
{
	return a->port == b->port && node_id_equal(&a->id, &b->id) &&
	    strcmp(a->host, b->host) == 0;
}

static struct target *
find_addr(const struct targets *list, const struct host_addr *addr)
{
	struct target *t;

	TAILQ_FOREACH(t, list, entry)
		if (same_addr(&t->addr, addr))
			return t;
	return NULL;
}

int
targets_prepare(struct targets *fresh, const struct targets *list,
    enum policy_kind kind, const struct conf *conf, enum conf_peer_kind which)
{
	const struct conf_peer *cp;
	struct target *t;

	TAILQ_FOREACH(cp, &conf->peers, entry) {
		if (cp->kind != which || find_addr(list, &cp->addr) != NULL ||
		    find_addr(fresh, &cp->addr) != NULL)
			continue;
		if ((t = target_new(kind, &cp->addr)) == NULL)
			return -1;
		t->interval = conf->times.seed_interval;
		TAILQ_INSERT_TAIL(fresh, t, entry);
	}
	return 0;
}

static bool
is_configured(const struct target *t, const struct conf *conf,
    enum conf_peer_kind which)
{
	const struct conf_peer *cp;

	TAILQ_FOREACH(cp, &conf->peers, entry)
		if (cp->kind == which && same_addr(&cp->addr, &t->addr))
			return true;
	return false;
}

void
targets_commit(struct policy *p, uint64_t now, struct targets *list,
    struct targets *fresh, const struct conf *conf, enum conf_peer_kind which)
{
	struct target *t, *next;

	TAILQ_FOREACH_SAFE(t, list, entry, next) {
		if (is_configured(t, conf, which))
			t->runtime = false;
		else if (!t->runtime)
			target_free(p, list, t);
	}
	TAILQ_FOREACH(t, fresh, entry)
		t->due = now;
	TAILQ_CONCAT(list, fresh, entry);
}
