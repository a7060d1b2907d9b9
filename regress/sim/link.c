/* SPDX-License-Identifier: ISC */
/*
 * Dials and connections, as connect(2) and engine would report them.  Who is
 * up answers; who is not refuses, or says nothing.
 */

#include <err.h>
#include <string.h>

#include "addrbookd/answers.h"
#include "regress/sim/node.h"

#define RTT_MIN_MS	20
#define RTT_MAX_MS	300
#define HANDSHAKE_RTTS	3
#define PROVING_MS	1000	/* as engine/handshake.c */
#define CLOSE_MS	2

/* --- the table --------------------------------------------------------- */

/* A number has the slot in it, and what was there before in front. */
struct link *
link_find(struct node *n, uint32_t number)
{
	struct link *l = &n->link[number % NODE_LINKS];

	return l->state != LINK_FREE && l->number == number ? l : NULL;
}

struct link *
link_new(struct node *n, const struct peer_addr *addr)
{
	struct link *l;
	unsigned slot;

	if (n->nlinks == NODE_LINKS - 1)
		errx(1, "too many connections");
	do
		slot = ++n->next_link % NODE_LINKS;
	while (n->link[slot].state != LINK_FREE || slot == 0);
	l = &n->link[slot];
	memset(l, 0, sizeof(*l));
	n->serial++;
	l->number = (n->serial * NODE_LINKS) + slot;
	l->addr = *addr;
	l->who = world_who(&n->sim->world, addr, &l->index);
	l->since = n->sim->now;
	n->nlinks++;
	return l;
}

void
link_free(struct node *n, struct link *l)
{
	l->state = LINK_FREE;
	n->nlinks--;
}

static void
later(struct node *n, const struct link *l, uint64_t ms, enum event_type type)
{
	queue_push(&n->sim->queue, n->sim->now + ms, type, l->number, 0);
}

static uint64_t
rtt(struct node *n)
{
	return RTT_MIN_MS + rng_below(&n->rng, RTT_MAX_MS - RTT_MIN_MS);
}

/* --- dialling ---------------------------------------------------------- */

static struct link *
find_dial(struct node *n, uint32_t dial)
{
	unsigned i;

	for (i = 0; i < NODE_LINKS; i++)
		if (n->link[i].state != LINK_FREE && n->link[i].dial == dial)
			return &n->link[i];
	return NULL;
}

void
link_connect(void *arg, const struct policy_dial *d)
{
	struct node *n = arg;
	struct link *l = link_new(n, &d->addr);

	if (find_dial(n, d->dial) != NULL)
		errx(1, "a dial twice");
	l->state = LINK_DIALLING;
	l->dial = d->dial;
	l->purpose = d->purpose;
	later(n, l, rtt(n), EV_TCP);
}

static void
dialled(struct node *n, struct link *l, enum outcome outcome)
{
	struct m_dialed m = { .dial = l->dial, .outcome = outcome };

	link_free(n, l);
	policy_dialed(n->policy, n->sim->now, &m);
}

/* Where a node was, its host refuses half of the time; else silence. */
static void
on_tcp(struct node *n, const struct event *ev)
{
	struct link *l = link_find(n, ev->a);
	uint64_t silent = n->conf->times.dial_timeout;

	if (l == NULL)
		return;
	if (n->sim->now >= l->since + silent) {
		dialled(n, l, OUTCOME_TIMED_OUT);
	} else if (world_is_up(&n->sim->world, &l->addr)) {
		l->state = LINK_SHAKING;
		policy_reached(n->policy, n->sim->now, l->dial,
		    n->sim->now - l->since);
		later(n, l, HANDSHAKE_RTTS * (n->sim->now - l->since),
		    EV_ADMIT);
	} else if (l->who == WHO_HONEST && rng_below(&n->rng, 2) == 0) {
		dialled(n, l, OUTCOME_REFUSED);
	} else {
		later(n, l, l->since + silent - n->sim->now, EV_TCP);
	}
}

static enum outcome
outcome_of(enum verdict v)
{
	return v == VERDICT_DUPLICATE ? OUTCOME_DUPLICATE : OUTCOME_REJECTED;
}

static void
on_admit(struct node *n, const struct event *ev)
{
	struct link *l = link_find(n, ev->a);
	struct m_admit m;
	struct m_admitted r;

	if (l == NULL)
		return;
	m = (struct m_admit){ .conn = l->number, .dial = l->dial,
	    .id = l->addr.id, .na = l->addr.na };
	r = policy_admit(n->policy, n->sim->now, &m);
	if (r.verdict != VERDICT_OK) {
		dialled(n, l, outcome_of(r.verdict));
		return;
	}
	l->state = LINK_PROVING;
	later(n, l, PROVING_MS, EV_PROVED);
}

static void
on_proved(struct node *n, const struct event *ev)
{
	struct link *l = link_find(n, ev->a);

	if (l != NULL)
		link_up(n, l);
}

/* --- connected --------------------------------------------------------- */

void
link_up(struct node *n, struct link *l)
{
	struct m_peer_up m = { .conn = l->number, .addr = l->addr,
	    .outbound = l->dial != 0, .purpose = l->purpose };

	l->state = LINK_UP;
	if (limits_peer_add(n->limits, l->addr.na.ip) == -1)
		err(1, "limits");
	sim_log(n->sim, EV_PROVED, l->who, l->index);
	policy_peer_up(n->policy, n->sim->now, &m);
	later(n, l, n->conf->times.ping_interval, EV_PONG);
}

void
link_down(struct node *n, struct link *l, enum down_reason reason)
{
	struct m_peer_down m = { .conn = l->number, .id = l->addr.id,
	    .outbound = l->dial != 0, .reason = reason };

	if (l->state == LINK_UP)
		limits_peer_sub(n->limits, l->addr.na.ip);
	sim_log(n->sim, EV_CLOSE, l->who, l->index);
	link_free(n, l);
	policy_peer_down(n->policy, n->sim->now, &m);
}

void
link_lost(struct node *n, enum who who, unsigned index)
{
	struct link *l;
	unsigned i;

	for (i = 0; n->nlinks > 0 && i < NODE_LINKS; i++) {
		l = &n->link[i];
		if (l->state >= LINK_PROVING && l->who == who &&
		    l->index == index)
			link_down(n, l, DOWN_PEER_ERROR);
	}
}

void
link_drop(void *arg, uint32_t conn, enum down_reason reason)
{
	struct node *n = arg;

	queue_push(&n->sim->queue, n->sim->now + CLOSE_MS, EV_CLOSE, conn,
	    reason);
}

static void
on_close(struct node *n, const struct event *ev)
{
	struct link *l = link_find(n, ev->a);

	if (l != NULL)
		link_down(n, l, ev->b);
}

static void
live(struct node *n, struct link *l, enum outcome how, unsigned count)
{
	struct m_peer_live m = { .conn = l->number, .how = how,
	    .count = count };

	l->live = true;
	policy_peer_live(n->policy, n->sim->now, &m);
}

/* Only the first one teaches anything. */
static void
on_pong(struct node *n, const struct event *ev)
{
	struct link *l = link_find(n, ev->a);

	if (l != NULL && l->state == LINK_UP && !l->live)
		live(n, l, OUTCOME_LIVE, 0);
}

/* --- asking ------------------------------------------------------------ */

void
link_ask(void *arg, uint32_t conn)
{
	struct node *n = arg;
	struct link *l = link_find(n, conn);

	if (l != NULL)
		later(n, l, rtt(n), EV_ANSWER);
}

static void
on_answer(struct node *n, const struct event *ev)
{
	struct link *l = link_find(n, ev->a);
	unsigned counts[BOOK_RESULT_MAX];
	struct m_list_taken taken;
	static struct m_addrs m;

	if (l == NULL || l->state != LINK_UP)
		return;
	m.source = l->addr;
	m.outbound = l->dial != 0;
	m.n = world_list(&n->sim->world, l->who, l->index, m.list);
	live(n, l, OUTCOME_ANSWERED, m.n);
	answer_addrs(n->book, node_clock(n), &m, counts, &taken);
	sim_log(n->sim, EV_ANSWER, l->index, taken.fresh);
	policy_list_taken(n->policy, n->sim->now, &taken);
	n->changed = true;
}

void (*const link_events[EV_MAX])(struct node *, const struct event *) = {
	[EV_TCP]	= on_tcp,
	[EV_ADMIT]	= on_admit,
	[EV_PROVED]	= on_proved,
	[EV_PONG]	= on_pong,
	[EV_ANSWER]	= on_answer,
	[EV_CLOSE]	= on_close,
};
