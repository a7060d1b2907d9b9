/* SPDX-License-Identifier: ISC */
/*
 * Backoff of endpoints outside the book that pexctl had dialled: 2^n s and
 * up to 1 s more after the n-th failure.  The ceiling is 10 minutes and not
 * the book's 24 h: the operator sits there and waits.  Persistent peers and
 * seeds are counted by the config and carry their own schedules.
 */

#include <stdlib.h>

#include "dialer/policy/local.h"

#define CEILING		(10 * MINUTE)
#define STEPS		10		/* 2^10 s is over the ceiling */

struct backoff_entry {
	struct map_node			node;
	TAILQ_ENTRY(backoff_entry)	entry;
	struct peer_addr		addr;
	unsigned			failures;
	uint64_t			until;
};

static struct backoff_entry *
find(const struct policy *p, const struct peer_addr *addr)
{
	struct map_node *n;
	struct backoff_entry *e;

	n = map_first(&p->backoff.map, hash_endpoint(p, addr));
	for (; n != NULL; n = map_next(n)) {
		e = MAP_OWNER(n, struct backoff_entry, node);
		if (peer_addr_equal(&e->addr, addr))
			return e;
	}
	return NULL;
}

static void
forget(struct backoff *b, struct backoff_entry *e)
{
	map_del(&b->map, &e->node);
	TAILQ_REMOVE(&b->queue, e, entry);
	free(e);
}

int
backoff_init(struct backoff *b)
{
	TAILQ_INIT(&b->queue);
	return map_init(&b->map);
}

void
backoff_free(struct backoff *b)
{
	struct backoff_entry *e;

	if (b->map.bucket == NULL)
		return;
	while ((e = TAILQ_FIRST(&b->queue)) != NULL)
		forget(b, e);
	map_free(&b->map);
}

static struct backoff_entry *
find_or_add(struct policy *p, const struct peer_addr *addr)
{
	struct backoff *b = &p->backoff;
	struct backoff_entry *e;

	if ((e = find(p, addr)) != NULL) {
		TAILQ_REMOVE(&b->queue, e, entry);
		TAILQ_INSERT_TAIL(&b->queue, e, entry);
		return e;
	}
	if (b->map.n >= POLICY_BACKOFF_MAX)
		forget(b, TAILQ_FIRST(&b->queue));
	if ((e = calloc(1, sizeof(*e))) == NULL)
		return NULL;
	e->addr = *addr;
	map_put(&b->map, &e->node, hash_endpoint(p, addr));
	TAILQ_INSERT_TAIL(&b->queue, e, entry);
	return e;
}

void
backoff_fail(struct policy *p, uint64_t now, const struct peer_addr *addr)
{
	struct backoff_entry *e;
	uint64_t delay;

	if ((e = find_or_add(p, addr)) == NULL)
		return;
	if (e->failures < STEPS)
		e->failures++;
	delay = min_time((uint64_t)SECOND << e->failures, CEILING);
	e->until = now + delay + rng_below(p->rng, SECOND + 1);
}

void
backoff_clear(struct policy *p, const struct peer_addr *addr)
{
	struct backoff_entry *e;

	if ((e = find(p, addr)) != NULL)
		forget(&p->backoff, e);
}

uint64_t
backoff_until(const struct policy *p, const struct peer_addr *addr)
{
	const struct backoff_entry *e = find(p, addr);

	return e == NULL ? 0 : e->until;
}
