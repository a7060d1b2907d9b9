/* SPDX-License-Identifier: ISC */
/* A policy and a book, joined. */

#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "addrbookd/answers.h"
#include "regress/lib/nodefix.h"
#include "regress/lib/policyfix.h"

#define RTT_MS		100
#define TELL_MS		1000

static const uint8_t key[BOOK_KEY_SIZE] = "a joined book";

uint32_t
nx_clock(const struct nx *x)
{
	return x->wall + (x->now - x->began) / NX_SECOND;
}

/* --- events ------------------------------------------------------------ */

static struct nx_event *
later(struct nx *x, uint64_t ms, enum nx_kind kind, uint32_t number)
{
	struct nx_event *e;

	ATF_REQUIRE_MSG(x->nevents < NX_EVENTS, "too much is under way");
	e = &x->events[x->nevents++];
	memset(e, 0, sizeof(*e));
	e->at = x->now + ms;
	e->kind = kind;
	e->number = number;
	return e;
}

static int
next_event(const struct nx *x)
{
	unsigned i;
	int first = -1;

	for (i = 0; i < x->nevents; i++)
		if (first == -1 || x->events[i].at < x->events[first].at)
			first = i;
	return first;
}

static struct nx_event
take_event(struct nx *x, int i)
{
	struct nx_event e = x->events[i];

	/* In order: what was begun first ends first. */
	x->nevents--;
	memmove(&x->events[i], &x->events[i + 1],
	    (x->nevents - i) * sizeof(x->events[0]));
	return e;
}

/* --- what the policy asks for ------------------------------------------ */

static void
on_pick(void *arg, uint32_t id, const struct m_pick *m)
{
	struct nx_event *e = later(arg, 0, NX_PICKED, id);

	ATF_REQUIRE((e->pick = malloc(sizeof(*e->pick))) != NULL);
	*e->pick = *m;
}

static void
on_connect(void *arg, const struct policy_dial *d)
{
	struct nx *x = arg;

	x->dials++;
	later(x, RTT_MS, NX_DIAL_END, d->dial)->dial = *d;
}

static void
on_resolve(void *arg, uint32_t token, const char *name)
{
	struct nx *x = arg;
	struct nx_event *e = later(x, 0, NX_RESOLVED, token);
	uint64_t ms = 0;

	ATF_REQUIRE((e->ips = calloc(NX_IPS, sizeof(e->ips[0]))) != NULL);
	if (x->world->resolved != NULL)
		e->nips = x->world->resolved(x, name, e->ips, &ms);
	e->at += ms;
}

static void
on_ask(void *arg, uint32_t conn)
{
	(void)later(arg, RTT_MS, NX_ANSWER, conn);
}

static void
on_drop(void *arg, uint32_t conn, enum down_reason reason)
{
	later(arg, 0, NX_DOWN, conn)->reason = reason;
}

static void
on_report(void *arg, const struct m_outcome *m)
{
	struct nx *x = arg;

	ATF_REQUIRE_EQ(0, answer_outcome(x->book, nx_clock(x), m));
}

static void
on_answer(void *arg, uint32_t request, enum status status, const char *text)
{
}

static const struct policy_ops nx_ops = {
	.pick = on_pick,
	.connect = on_connect,
	.resolve = on_resolve,
	.ask = on_ask,
	.drop = on_drop,
	.report = on_report,
	.answer = on_answer,
};

/* --- what comes of it -------------------------------------------------- */

static struct nx_conn *
find_conn(struct nx *x, uint32_t conn)
{
	size_t i;

	for (i = 0; i < sizeof(x->conns) / sizeof(x->conns[0]); i++)
		if (x->conns[i].conn == conn)
			return &x->conns[i];
	return NULL;
}

static void
connected(struct nx *x, const struct policy_dial *d)
{
	struct nx_conn *c = find_conn(x, 0);
	struct m_admit a = { .conn = ++x->last_conn, .dial = d->dial,
	    .id = d->addr.id, .na = d->addr.na };
	struct m_peer_up up = { .conn = a.conn, .addr = d->addr,
	    .outbound = true, .purpose = d->purpose };
	struct m_peer_live live = { .conn = a.conn, .how = OUTCOME_LIVE };
	struct m_dialed end = { .dial = d->dial, .outcome = OUTCOME_REJECTED };

	policy_reached(x->policy, x->now, d->dial, RTT_MS);
	ATF_REQUIRE(c != NULL);
	if (policy_admit(x->policy, x->now, &a).verdict != VERDICT_OK) {
		policy_dialed(x->policy, x->now, &end);
		return;
	}
	*c = (struct nx_conn){ a.conn, d->addr };
	policy_peer_up(x->policy, x->now, &up);
	policy_peer_live(x->policy, x->now, &live);
}

static void
dial_ends(struct nx *x, const struct nx_event *e)
{
	struct m_dialed m = { .dial = e->number, .outcome =
	    OUTCOME_TIMED_OUT };

	if (x->world->dialled != NULL)
		m.outcome = x->world->dialled(x, &e->dial);
	if (m.outcome == OUTCOME_CONNECTED) {
		connected(x, &e->dial);
		return;
	}
	if (m.outcome == OUTCOME_FULL)
		policy_reached(x->policy, x->now, e->number, RTT_MS);
	policy_dialed(x->policy, x->now, &m);
}

static void
resolved(struct nx *x, const struct nx_event *e)
{
	policy_resolved(x->policy, x->now, e->number,
	    (const uint8_t (*)[16])e->ips, e->nips);
}

static void
picked(struct nx *x, const struct nx_event *e)
{
	static struct m_picked out;

	ATF_REQUIRE_EQ(0, answer_pick(x->book, nx_clock(x), e->pick, &out));
	policy_picked(x->policy, x->now, e->number, &out);
}

static void
answers(struct nx *x, const struct nx_event *e)
{
	static struct m_addrs m;
	unsigned int counts[BOOK_RESULT_MAX] = { 0 };
	struct m_peer_live live = { .conn = e->number,
	    .how = OUTCOME_ANSWERED };
	struct m_list_taken taken;
	struct nx_conn *c;

	if ((c = find_conn(x, e->number)) == NULL)
		return;
	m.source = c->addr;
	m.n = x->world->answered == NULL ? 0 :
	    x->world->answered(x, &c->addr, m.list);
	live.count = m.n;
	policy_peer_live(x->policy, x->now, &live);
	answer_addrs(x->book, nx_clock(x), &m, counts, &taken);
	policy_list_taken(x->policy, x->now, &taken);
}

static void
goes_down(struct nx *x, const struct nx_event *e)
{
	struct nx_conn *c = find_conn(x, e->number);
	struct m_peer_down m = { .conn = e->number, .reason = e->reason };

	if (c == NULL)
		return;
	m.id = c->addr.id;
	c->conn = 0;
	policy_peer_down(x->policy, x->now, &m);
}

static void (*const rules[])(struct nx *, const struct nx_event *) = {
	[NX_DIAL_END] = dial_ends,
	[NX_RESOLVED] = resolved,
	[NX_PICKED] = picked,
	[NX_ANSWER] = answers,
	[NX_DOWN] = goes_down,
};

/* --- time -------------------------------------------------------------- */

static void
tell(struct nx *x)
{
	struct m_book_status status;
	struct m_seniors seniors;

	if (x->now < x->next_tell)
		return;
	x->next_tell = x->now + TELL_MS;
	answer_status(x->book, &status);
	policy_book_status(x->policy, x->now, &status);
	answer_seniors(x->book, &seniors);
	policy_seniors(x->policy, seniors.ids, seniors.n);
}

void
nx_run(struct nx *x, uint64_t ms)
{
	uint64_t end = x->now + ms, due;
	struct nx_event e;
	int i;

	for (;;) {
		while ((i = next_event(x)) != -1 &&
		    x->events[i].at <= x->now) {
			e = take_event(x, i);
			rules[e.kind](x, &e);
			free(e.pick);
			free(e.ips);
		}
		tell(x);
		due = policy_tick(x->policy, x->now);
		i = next_event(x);
		if (i != -1 && x->events[i].at < due)
			due = x->events[i].at;
		if (due <= x->now)
			due = i != -1 && x->events[i].at <= x->now ? x->now :
			    x->now + 1;
		if (due > end)
			break;
		x->now = due;
	}
	x->now = end;
	ATF_REQUIRE_EQ(0, policy_verify(x->policy));
	ATF_REQUIRE_EQ(0, book_check(x->book));
}

void
nx_lose_all(struct nx *x, enum down_reason reason)
{
	size_t i;

	for (i = 0; i < sizeof(x->conns) / sizeof(x->conns[0]); i++)
		if (x->conns[i].conn != 0)
			later(x, 0, NX_DOWN, x->conns[i].conn)->reason =
			    reason;
	nx_run(x, 0);
}

/* --- life -------------------------------------------------------------- */

static void
forget_events(struct nx *x)
{
	while (x->nevents > 0) {
		free(x->events[--x->nevents].pick);
		free(x->events[x->nevents].ips);
	}
}

static struct book *
new_book(struct nx *x)
{
	struct book_config c = { .strict = x->conf->strict,
	    .private_network = x->conf->private_network };
	struct book *b = book_new(BOOK_SIZE_DEFAULT, key, &x->rng, &c);

	ATF_REQUIRE(b != NULL);
	return b;
}

struct nx *
nx_new(enum conf_mode mode, const struct nx_world *world, void *arg)
{
	struct nx *x = calloc(1, sizeof(*x));

	ATF_REQUIRE(x != NULL);
	x->conf = fx_conf(mode);
	x->world = world;
	x->arg = arg;
	x->now = x->began = 1000000;
	x->wall = NX_START;
	rng_seed_number(&x->rng, 1);
	x->book = new_book(x);
	return x;
}

void
nx_start(struct nx *x)
{
	x->policy = policy_new(x->conf, &nx_ops, x, &x->rng);
	ATF_REQUIRE(x->policy != NULL);
	tell(x);
	policy_start(x->policy, x->now);
	nx_run(x, 0);
}

void
nx_restart(struct nx *x, uint32_t wall)
{
	struct book *old = x->book;
	struct book_row row;
	uint32_t cursor = 0, now = nx_clock(x);

	forget_events(x);
	memset(x->conns, 0, sizeof(x->conns));
	policy_free(x->policy);
	x->wall = wall;
	x->began = x->now;
	x->next_tell = 0;
	x->book = new_book(x);
	while (book_next_row(old, now, &cursor, &row))
		ATF_REQUIRE(book_load_row(x->book, wall, cursor - 1, &row));
	ATF_REQUIRE_EQ(0, book_load_end(x->book, wall));
	book_free(old);
	nx_start(x);
}

void
nx_free(struct nx *x)
{
	forget_events(x);
	policy_free(x->policy);
	book_free(x->book);
	conf_free(x->conf);
	free(x);
}

/* --- looking ----------------------------------------------------------- */

unsigned
nx_peers(const struct nx *x)
{
	size_t i;
	unsigned n = 0;

	for (i = 0; i < sizeof(x->conns) / sizeof(x->conns[0]); i++)
		n += x->conns[i].conn != 0;
	return n;
}

bool
nx_has_peer(const struct nx *x, const struct node_id *id)
{
	size_t i;

	for (i = 0; i < sizeof(x->conns) / sizeof(x->conns[0]); i++)
		if (x->conns[i].conn != 0 &&
		    node_id_equal(&x->conns[i].addr.id, id))
			return true;
	return false;
}

struct book_counts
nx_counts(struct nx *x)
{
	struct book_counts c;

	book_count(x->book, nx_clock(x), &c);
	return c;
}
