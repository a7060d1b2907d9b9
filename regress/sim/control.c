/* SPDX-License-Identifier: ISC */
/*
 * The control: a node by CometBFT's rules (p2p/pex/pex_reactor.go, 0.38),
 * without consensus, in the same world against the same attacker.  If it
 * stands, the simulation has no teeth.
 *
 * Every 30 s it dials what it draws from the book until 10 are connected,
 * and asks one peer while the book has under 1000 entries; it never probes,
 * never rotates, minds no groups, and goes to a seed only when it has nobody.
 * The attacker hands it what one IP can: 10 announcements a second, 9 of them
 * made up, from whatever group he says.  Honest nodes get in to announce
 * themselves as if he held no inbound place.
 */

#include <string.h>

#include "regress/sim/cometbook.h"
#include "regress/sim/sim.h"

#define ROUND_S		30
#define MAX_OUTBOUND	10
#define PICKS_PER_SLOT	3
#define WANTED		1000	/* entries */
#define TRIES_MAX	16	/* then the ID is banned */
#define BAN_S		86400
#define ANNOUNCED_S	10	/* by the attacker, a second */
#define OWN_OF		10	/* one in so many is his own */
#define ARRIVALS_PER	20	/* rounds, in the mean, for an honest one */

struct control {
	struct sim	*sim;
	struct comet_book book;
	struct peer_addr peer[MAX_OUTBOUND];
	unsigned	 npeers;
};

static uint64_t
seconds(const struct control *c)
{
	return c->sim->now / SECOND_MS;
}

/* The honest, then the attacker's: the book knows them by these numbers. */
static long
number_of(const struct control *c, const struct peer_addr *a)
{
	unsigned i;

	switch (world_who(&c->sim->world, a, &i)) {
	case WHO_HONEST:
		return 1 + i;
	case WHO_ATTACKER:
		return 1 + WORLD_HONEST + i;
	default:
		return -1;
	}
}

static void
hear(struct control *c, const struct peer_addr *a, const struct peer_addr *src)
{
	comet_add(&c->book, seconds(c), a, src, number_of(c, a));
}

static void
ask(struct control *c, const struct peer_addr *peer)
{
	struct peer_addr list[WORLD_LIST_MAX];
	struct world *w = &c->sim->world;
	unsigned i, n, index;
	enum who who = world_who(w, peer, &index);

	n = world_list(w, who, index, list);
	for (i = 0; i < n; i++)
		hear(c, &list[i], peer);
}

static bool
is_connected(const struct control *c, const struct peer_addr *a)
{
	unsigned i;

	for (i = 0; i < c->npeers; i++)
		if (node_id_equal(&c->peer[i].id, &a->id) ||
		    memcmp(c->peer[i].na.ip, a->na.ip, 16) == 0)
			return true;
	return false;
}

/* 2^n seconds after n failures. */
static bool
is_resting(const struct control *c, const struct comet_entry *e)
{
	return e->tries > 0 && seconds(c) < e->last_try + (1U << e->tries);
}

static void
dial(struct control *c, struct comet_entry *e)
{
	if (world_is_up(&c->sim->world, &e->addr)) {
		sim_log(c->sim, 1, number_of(c, &e->addr), 0);
		c->peer[c->npeers++] = e->addr;
		return;
	}
	e->last_try = seconds(c);
	if (++e->tries <= TRIES_MAX)
		return;
	e->banned_until = seconds(c) + BAN_S;
	comet_remove(&c->book, e);
}

static void
drop_gone(struct control *c)
{
	unsigned i;

	for (i = 0; i < c->npeers; i++)
		while (i < c->npeers &&
		    !world_is_up(&c->sim->world, &c->peer[i]))
			c->peer[i] = c->peer[--c->npeers];
}

static void
ensure_peers(struct control *c)
{
	unsigned k, tries = (MAX_OUTBOUND - c->npeers) * PICKS_PER_SLOT;
	struct comet_entry *e;
	bool dialled = false;

	for (k = 0; k < tries && c->npeers < MAX_OUTBOUND; k++) {
		if ((e = comet_pick(&c->book)) == NULL)
			break;
		if (is_connected(c, &e->addr) || is_resting(c, e))
			continue;
		dial(c, e);
		dialled = true;
	}
	if (c->npeers == 0 && !dialled)
		ask(c, &c->sim->world.seed[rng_below(&c->sim->rng,
		    WORLD_SEEDS)]);
	else if (c->npeers > 0 && c->book.size < WANTED)
		ask(c, &c->peer[rng_below(&c->sim->rng, c->npeers)]);
}

static void
attack(struct control *c)
{
	struct attacker *a = &c->sim->world.attacker;
	struct rng *rng = &c->sim->rng;
	struct peer_addr addr;
	unsigned i;

	for (i = 0; i < ANNOUNCED_S * ROUND_S; i++) {
		addr = i % OWN_OF == 0 ? attacker_draw(a, rng) :
		    attacker_trash(rng);
		hear(c, &addr, &addr);
	}
}

static void
honest_visit(struct control *c)
{
	const struct honest *h;

	if (rng_below(&c->sim->rng, ARRIVALS_PER) != 0)
		return;
	h = &c->sim->world.honest[world_draw(&c->sim->world)];
	if (h->up)
		hear(c, &h->addr, &h->addr);
}

/* The world's churn is a queue of its own; nothing else is in it here. */
static void
churn(struct sim *s)
{
	struct event ev;

	while (queue_next(&s->queue) <= s->now) {
		(void)queue_pop(&s->queue, &ev);
		queue_push(&s->queue, ev.at + world_toggle(&s->world, ev.a),
		    EV_TOGGLE, ev.a, 0);
	}
}

static void
run_for(struct control *c, uint64_t ms)
{
	struct sim *s = c->sim;
	uint64_t end = s->now + ms;

	for (; s->now < end; s->now += ROUND_S * SECOND_MS) {
		churn(s);
		drop_gone(c);
		honest_visit(c);
		if (s->world.attacker.active)
			attack(c);
		ensure_peers(c);
	}
}

static void
count(struct control *c, uint32_t *honest, uint32_t *attacker)
{
	unsigned i, index;
	enum who who;

	*honest = *attacker = 0;
	for (i = 0; i < c->npeers; i++) {
		who = world_who(&c->sim->world, &c->peer[i], &index);
		*honest += who == WHO_HONEST;
		*attacker += who == WHO_ATTACKER;
	}
}

void
control_run(struct sim *s, uint64_t seed, struct result *r)
{
	const struct scenario *sc = s->sc;
	static struct control c;
	unsigned i;

	c = (struct control){ .sim = s };
	comet_init(&c.book, &s->rng, 1 + WORLD_HONEST +
	    attacker_size(&s->world.attacker));
	for (i = 0; i < WORLD_HONEST; i++)
		queue_push(&s->queue, world_first_toggle(&s->world, i),
		    EV_TOGGLE, i, 0);
	run_for(&c, sc->quiet_h * HOUR_MS);
	s->world.attacker.active = sc->attack_h > 0;
	run_for(&c, sc->attack_h * HOUR_MS);
	count(&c, &r->honest_before, &r->attacker_before);
	r->size = c.book.size;
	c.npeers = 0;		/* restart: only the book is left */
	run_for(&c, sc->refill_min * MINUTE_MS);
	count(&c, &r->honest, &r->attacker);
	comet_free(&c.book);
}
