/* SPDX-License-Identifier: ISC */
/* A run by our own rules: quiet, attack, restart, refill. */

#include "regress/sim/node.h"

#define DOWN_MS		(5 * MINUTE_MS)		/* while it is restarted */

static void
world_event(struct node *n, const struct event *ev)
{
	struct sim *s = n->sim;

	switch (ev->type) {
	case EV_TOGGLE:
		queue_push(&s->queue, s->now + world_toggle(&s->world, ev->a),
		    EV_TOGGLE, ev->a, 0);
		if (n->policy != NULL && !s->world.honest[ev->a].up)
			link_lost(n, WHO_HONEST, ev->a);
		break;
	case EV_ARRIVE:
		visit_honest(n);
		break;
	case EV_ATTACK:
		visit_attack(n);
		break;
	}
	if (n->policy != NULL)
		node_settle(n);
}

static void
run_until(struct node *n, uint64_t end)
{
	struct sim *s = n->sim;
	uint64_t due, next;
	struct event ev;

	for (;;) {
		due = node_due(n);
		next = queue_next(&s->queue);
		if ((due < next ? due : next) > end)
			break;
		if (due <= next) {
			if (due > s->now)
				s->now = due;
			node_tick(n);
			continue;
		}
		(void)queue_pop(&s->queue, &ev);
		s->now = ev.at;
		if (!node_event(n, &ev))
			world_event(n, &ev);
	}
	s->now = end;
}

static void
begin_world(struct sim *s)
{
	unsigned i;

	for (i = 0; i < WORLD_HONEST; i++)
		queue_push(&s->queue, world_first_toggle(&s->world, i),
		    EV_TOGGLE, i, 0);
	queue_push(&s->queue, 0, EV_ARRIVE, 0, 0);
}

static void
begin_attack(struct node *n)
{
	struct sim *s = n->sim;

	s->world.attacker.active = true;
	s->attack_begins = s->now;
	queue_push(&s->queue, s->now, EV_ATTACK, 0, 0);
}

static void
restart(struct node *n)
{
	struct sim *s = n->sim;

	node_stop(n);
	run_until(n, s->now + DOWN_MS);
	restart_book(n);
	s->attack_begins = s->now;	/* he comes in a rush again */
	node_start(n);
}

void
pexd_run(struct sim *s, uint64_t seed, struct result *r)
{
	const struct scenario *sc = s->sc;
	struct node *n = node_new(s, seed);

	begin_world(s);
	node_start(n);
	run_until(n, sc->quiet_h * HOUR_MS);
	if (sc->attack_h > 0)
		begin_attack(n);
	run_until(n, s->now + sc->attack_h * HOUR_MS);
	measure_peers(n, &r->honest_before, &r->attacker_before);
	measure_book(n, r);
	if (sc->quiet_h + sc->attack_h > 0)
		restart(n);
	run_until(n, s->now + sc->refill_min * MINUTE_MS);
	measure_peers(n, &r->honest, &r->attacker);
	node_free(n);
}
