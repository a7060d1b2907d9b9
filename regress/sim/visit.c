/* SPDX-License-Identifier: ISC */
/*
 * Inbound: who connects to us.  Honest nodes now and then; the attacker to
 * hold as many places as he can, and to announce addresses.
 */

#include <err.h>

#include "regress/sim/node.h"

#define ARRIVAL_MEAN	(10 * MINUTE_MS)	/* of honest nodes */
#define STAY_MEAN	(5 * HOUR_MS)
#define VISIT_MS	(15 * SECOND_MS)	/* of one who only announces */
#define RUSH_MS		(10 * MINUTE_MS)	/* when the attack begins: */
#define RUSH_EVERY	(SECOND_MS / 4)	/* .. so often one comes */
#define LATER_EVERY	(60 * SECOND_MS)	/* and so often after it */
#define SITTERS		64		/* his hosts that stay */

/* An evicted one is told to go by engine. */
static void
evict(struct node *n, uint32_t conn)
{
	struct link *l = link_find(n, conn);

	if (l != NULL)
		link_down(n, l, DOWN_DIALER);
}

struct link *
visit(struct node *n, const struct peer_addr *from,
    const struct netaddr *claim)
{
	struct m_admit m = { .id = from->id, .na = from->na };
	struct m_admitted r;
	struct link *l;

	if (limits_accept(n->limits, n->conf, from->na.ip, n->sim->now) !=
	    REFUSED_NOT || limits_same_ip(n->limits, n->conf, from->na.ip))
		return NULL;
	l = link_new(n, from);
	m.conn = l->number;
	r = policy_admit(n->policy, n->sim->now, &m);
	if (r.verdict != VERDICT_OK) {
		link_free(n, l);
		return NULL;
	}
	link_up(n, l);
	if (r.evict != 0)
		evict(n, r.evict);
	(void)book_announce(n->book, node_clock(n), from, claim);
	n->changed = true;
	return l;
}

static void
leave_later(struct node *n, const struct link *l, uint64_t ms)
{
	queue_push(&n->sim->queue, n->sim->now + ms, EV_CLOSE, l->number,
	    DOWN_PEER_CLOSED);
}

void
visit_honest(struct node *n)
{
	struct world *w = &n->sim->world;
	const struct honest *h = &w->honest[world_draw(w)];
	struct peer_addr from = h->addr;
	struct link *l;

	queue_push(&n->sim->queue, n->sim->now + world_wait(&n->sim->rng,
	    ARRIVAL_MEAN), EV_ARRIVE, 0, 0);
	if (!h->up || n->policy == NULL)
		return;
	from.na.port = 32768 + rng_below(&n->sim->rng, 28000);
	if ((l = visit(n, &from, &h->addr.na)) != NULL)
		leave_later(n, l, world_wait(&n->sim->rng, STAY_MEAN));
}

/*
 * A host that holds a place cannot be dialled as well, so only some do.
 */
static bool
is_sitter(const struct attacker *a, unsigned host)
{
	return host < SITTERS && host < (attacker_nhosts(a) + 1) / 2;
}

static void
attack_once(struct node *n)
{
	struct attacker *a = &n->sim->world.attacker;
	struct rng *rng = &n->sim->rng;
	unsigned host = rng_below(rng, attacker_nhosts(a));
	struct peer_addr own, from;
	struct netaddr claim;
	struct link *l;

	own = attacker_addr(a, attacker_at(a, rng, host));
	claim = rng_below(rng, 2) == 0 ? own.na : attacker_trash(rng).na;
	from = own;
	from.na.port = 32768 + rng_below(rng, 28000);
	l = visit(n, &from, &claim);
	if (l != NULL && !is_sitter(a, host))
		leave_later(n, l, VISIT_MS);
}

void
visit_attack(struct node *n)
{
	struct sim *s = n->sim;
	bool rush = s->now < s->attack_begins + RUSH_MS;

	queue_push(&s->queue, s->now + (rush ? RUSH_EVERY : LATER_EVERY),
	    EV_ATTACK, 0, 0);
	if (n->policy != NULL)
		attack_once(n);
}
