/* SPDX-License-Identifier: ISC */
/*
 * The crawler of a seed: keeps up to `max dials' dials and visits under
 * way, for as long as the book has somebody to visit.
 *
 * The book leaves time between neighbours, but knows of no other dials: a
 * candidate whose block was dialled by hand, or for whom there were too many
 * dials of late, waits here, not ten minutes.  So does one that is here to ask
 * us just now, which is how most come into the book.
 */

#include "dialer/policy/local.h"

#define BATCHES		8	/* a question when 1/8 of the dials is free */
#define IDLE_MS		SECOND	/* the book had nobody more just now */

/* What a visited peer occupies counts: it may hold its place for 15 s. */
static unsigned
room(const struct policy *p)
{
	unsigned used = p->dials.n - p->dials.nkind[KIND_PERSISTENT] +
	    p->peers.nheld;

	return used < p->conf->limits.max_dials ?
	    p->conf->limits.max_dials - used : 0;
}

static bool
has_room(const struct policy *p)
{
	unsigned max = p->conf->limits.max_dials;

	return room(p) > (max - 1) / BATCHES;
}

static void
wait_here(struct policy *p, uint64_t now, const struct peer_addr *addr,
    uint64_t expires)
{
	struct crawl *c = &p->crawl;

	if (c->nwaits == CRAWL_WAITS || now >= expires)
		return;
	c->waits[(c->first + c->nwaits++) % CRAWL_WAITS] =
	    (struct crawl_wait){ *addr, now + POLICY_BLOCK_MS, expires };
}

/* A seed's visitors stay for a moment. */
static bool
is_visitor(const struct policy *p, const struct node_id *id)
{
	const struct peer *pe = peers_by_id(p, id);

	return pe != NULL && !pe->outbound && !pe->persistent;
}

static bool
visit(struct policy *p, uint64_t now, const struct peer_addr *addr,
    uint64_t expires)
{
	enum policy_skip why = dials_check(p, now, KIND_CRAWL, addr);

	if (why == SKIP_NONE)
		return dials_start(p, now, KIND_CRAWL, addr, NULL) != NULL;
	if (why == SKIP_BLOCK_LIMIT || why == SKIP_RATE ||
	    (why == SKIP_CONNECTED && is_visitor(p, &addr->id)))
		wait_here(p, now, addr, expires);
	return false;
}

void
crawl_picked(struct policy *p, uint64_t now, const struct m_picked *m)
{
	uint64_t expires = now + p->conf->times.crawl_interval;
	unsigned i, begun = 0, left = room(p);

	for (i = 0; i < m->n && i < MSG_LIST_MAX && begun < left; i++)
		begun += visit(p, now, &m->list[i].addr, expires);
	if (m->n < p->crawl.asked || begun == 0)
		p->crawl.idle_until = now + IDLE_MS;
	seeds_nothing(p, now, m->n == 0 && p->dials.nkind[KIND_CRAWL] == 0 &&
	    (!p->have_status || p->status.good < POLICY_GOOD_MIN));
}

static void
visit_waiting(struct policy *p, uint64_t now)
{
	struct crawl *c = &p->crawl;
	struct crawl_wait w;

	while (c->nwaits > 0 && c->waits[c->first].due <= now && room(p) > 0) {
		w = c->waits[c->first];
		c->first = (c->first + 1) % CRAWL_WAITS;
		c->nwaits--;
		(void)visit(p, now, &w.addr, w.expires);
	}
}

static bool
may_ask(const struct policy *p)
{
	return !wants_is_open(p, WANT_CRAWL) && has_room(p);
}

void
crawl_tick(struct policy *p, uint64_t now)
{
	struct crawl *c = &p->crawl;

	if (!policy_is_seed(p)) {
		c->nwaits = 0;
		return;
	}
	visit_waiting(p, now);
	if (now < c->idle_until || !may_ask(p))
		return;
	c->asked = room(p) < MSG_LIST_MAX ? room(p) : MSG_LIST_MAX;
	wants_send(p, now, WANT_CRAWL, PICK_CRAWL, c->asked, 0);
}

uint64_t
crawl_due(const struct policy *p)
{
	const struct crawl *c = &p->crawl;
	uint64_t due = POLICY_NEVER;

	if (!policy_is_seed(p))
		return due;
	if (c->nwaits > 0 && room(p) > 0)
		due = c->waits[c->first].due;
	return may_ask(p) ? min_time(due, c->idle_until) : due;
}
