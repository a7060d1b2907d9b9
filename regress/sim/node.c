/* SPDX-License-Identifier: ISC */
/* The book, the policy, and the messages between them. */

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "addrbookd/answers.h"
#include "regress/sim/node.h"

#define LOG_OUTCOME	100	/* beyond the events */
#define PIPE_MS		2		/* a question and its answer */
#define SENIORS_MS	(10 * SECOND_MS)	/* as addrbookd/tell.c */

uint32_t
node_clock(const struct node *n)
{
	return NODE_EPOCH + n->sim->now / SECOND_MS;
}

/* --- what the policy wants done ---------------------------------------- */

static void
act_pick(void *arg, uint32_t id, const struct m_pick *m)
{
	struct node *n = arg;
	unsigned i;

	for (i = 0; n->question[i].id != 0; i++)
		if (i == NODE_QUESTIONS - 1)
			errx(1, "too many questions to the book");
	n->question[i].id = id;
	n->question[i].m = *m;
	queue_push(&n->sim->queue, n->sim->now + PIPE_MS, EV_PICKED, i, id);
}

static void
act_resolve(void *arg, uint32_t token, const char *name)
{
	errx(1, "there are no names here");
}

static void
act_report(void *arg, const struct m_outcome *m)
{
	struct node *n = arg;
	unsigned index;
	enum who who = world_who(&n->sim->world, &m->addr, &index);

	sim_log(n->sim, LOG_OUTCOME + m->outcome, who, index);
	if (answer_outcome(n->book, node_clock(n), m) == -1)
		errx(1, "outcome %u", m->outcome);
	n->changed = true;
}

static void
act_answer(void *arg, uint32_t request, enum status status, const char *text)
{
}

static const struct policy_ops actions = {
	.pick = act_pick,
	.connect = link_connect,
	.resolve = act_resolve,
	.ask = link_ask,
	.drop = link_drop,
	.report = act_report,
	.answer = act_answer,
};

/* --- life -------------------------------------------------------------- */

static void
add_seed(struct conf *conf, const struct peer_addr *a)
{
	struct host_addr h;

	memset(&h, 0, sizeof(h));
	h.id = a->id;
	h.is_literal = true;
	memcpy(h.ip, a->na.ip, sizeof(h.ip));
	h.port = a->na.port;
	ip_text(h.ip, h.host);
	if (conf_add_peer(conf, CONF_SEED, &h) == -1)
		err(1, "seed");
}

static struct conf *
make_conf(const struct world *w)
{
	struct conf *conf;
	unsigned i;

	if ((conf = conf_new()) == NULL)
		err(1, "conf");
	conf->id.b[0] = 1;
	conf_set_mode_defaults(conf);
	for (i = 0; i < WORLD_SEEDS; i++)
		add_seed(conf, &w->seed[i]);
	return conf;
}

struct node *
node_new(struct sim *s, uint64_t seed)
{
	struct book_config cfg = { .strict = true };
	struct node *n;
	unsigned i;

	if ((n = calloc(1, sizeof(*n))) == NULL)
		err(1, "node");
	n->sim = s;
	n->conf = make_conf(&s->world);
	rng_seed_number(&n->rng, rng_u64(&s->rng));
	rng_seed_number(&n->book_rng, rng_u64(&s->rng));
	rng_seed_number(&n->policy_rng, rng_u64(&s->rng));
	for (i = 0; i < sizeof(n->key); i++)
		n->key[i] = rng_u32(&n->rng);
	n->book = book_new(BOOK_SIZE_DEFAULT, n->key, &n->book_rng, &cfg);
	if (n->book == NULL)
		err(1, "book");
	return n;
}

static void
tell_seniors(struct node *n, bool always)
{
	struct m_seniors m;

	answer_seniors(n->book, &m);
	if (!always && m.n == n->seniors.n &&
	    memcmp(m.ids, n->seniors.ids, m.n * sizeof(m.ids[0])) == 0)
		return;
	n->seniors = m;
	policy_seniors(n->policy, m.ids, m.n);
}

static void
tell_status(struct node *n, bool always)
{
	struct m_book_status m;

	answer_status(n->book, &m);
	if (!always && m.size == n->told.size && m.good == n->told.good &&
	    m.wanted == n->told.wanted)
		return;
	n->told = m;
	policy_book_status(n->policy, n->sim->now, &m);
}

void
node_start(struct node *n)
{
	struct siphash_key key;

	siphash_key_set(&key, n->key);
	n->policy = policy_new(n->conf, &actions, n, &n->policy_rng);
	n->limits = limits_new(&key);
	if (n->policy == NULL || n->limits == NULL ||
	    limits_configure(n->limits, n->conf) == -1)
		err(1, "policy");
	tell_seniors(n, true);
	tell_status(n, true);
	policy_start(n->policy, n->sim->now);
	queue_push(&n->sim->queue, n->sim->now + SENIORS_MS, EV_SENIORS,
	    n->serial, 0);
}

void
node_stop(struct node *n)
{
	memset(n->link, 0, sizeof(n->link));
	memset(n->question, 0, sizeof(n->question));
	n->nlinks = 0;
	n->serial++;
	limits_free(n->limits);
	policy_free(n->policy);
	n->limits = NULL;
	n->policy = NULL;
}

void
node_free(struct node *n)
{
	node_stop(n);
	book_free(n->book);
	conf_free(n->conf);
	free(n);
}

/* --- time -------------------------------------------------------------- */

void
node_settle(struct node *n)
{
	if (n->changed)
		tell_status(n, false);
	n->changed = false;
}

uint64_t
node_due(const struct node *n)
{
	return n->policy != NULL ? policy_due(n->policy) : POLICY_NEVER;
}

void
node_tick(struct node *n)
{
	policy_tick(n->policy, n->sim->now);
	node_settle(n);
}

static void
on_picked(struct node *n, const struct event *ev)
{
	struct question *q = &n->question[ev->a];
	static struct m_picked m;

	if (q->id != ev->b)
		return;
	if (answer_pick(n->book, node_clock(n), &q->m, &m) == -1)
		errx(1, "an absurd question");
	q->id = 0;
	policy_picked(n->policy, n->sim->now, ev->b, &m);
}

static void
on_seniors(struct node *n, const struct event *ev)
{
	tell_seniors(n, false);
	n->changed = true;
	queue_push(&n->sim->queue, n->sim->now + SENIORS_MS, EV_SENIORS, 0,
	    0);
}

bool
node_event(struct node *n, const struct event *ev)
{
	if (n->policy == NULL)		/* between two lives */
		return ev->type >= EV_PICKED;
	if (ev->type == EV_PICKED)
		on_picked(n, ev);
	else if (ev->type == EV_SENIORS)
		on_seniors(n, ev);
	else if (link_events[ev->type] != NULL)
		link_events[ev->type](n, ev);
	else
		return false;
	node_settle(n);
	return true;
}
