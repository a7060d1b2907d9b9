/* SPDX-License-Identifier: ISC */
/* A policy under test: a virtual clock, everything it asks for recorded. */

#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "regress/lib/policyfix.h"

/* --- recording --------------------------------------------------------- */

static unsigned
next_index(unsigned *n)
{
	ATF_REQUIRE_MSG(*n < FX_LOG, "more happened than is recorded");
	return (*n)++;
}

#define NEXT(fx, what)	(&(fx)->what[next_index(&(fx)->n##what)])

static void
on_pick(void *arg, uint32_t id, const struct m_pick *m)
{
	struct fx *fx = arg;
	struct fx_pick *r = NEXT(fx, picks);

	*r = (struct fx_pick){ id, fx->now, *m };
}

static void
on_connect(void *arg, const struct policy_dial *d)
{
	struct fx *fx = arg;
	struct fx_dial *r = NEXT(fx, dials);

	*r = (struct fx_dial){ fx->now, *d };
}

static void
on_resolve(void *arg, uint32_t token, const char *name)
{
	struct fx *fx = arg;
	struct fx_resolve *r = NEXT(fx, resolves);

	r->at = fx->now;
	r->token = token;
	strlcpy(r->name, name, sizeof(r->name));
}

static void
on_ask(void *arg, uint32_t conn)
{
	struct fx *fx = arg;
	struct fx_conn *r = NEXT(fx, asks);

	*r = (struct fx_conn){ fx->now, conn, 0 };
}

static void
on_drop(void *arg, uint32_t conn, enum down_reason reason)
{
	struct fx *fx = arg;
	struct fx_conn *r = NEXT(fx, drops);

	*r = (struct fx_conn){ fx->now, conn, reason };
}

static void
on_report(void *arg, const struct m_outcome *m)
{
	struct fx *fx = arg;
	struct m_outcome *r = NEXT(fx, reports);

	*r = *m;
}

static void
on_answer(void *arg, uint32_t request, enum status status, const char *text)
{
	struct fx *fx = arg;
	struct fx_answer *r = NEXT(fx, answers);

	r->at = fx->now;
	r->request = request;
	r->status = status;
	strlcpy(r->text, text, sizeof(r->text));
}

static const struct policy_ops fx_ops = {
	.pick = on_pick,
	.connect = on_connect,
	.resolve = on_resolve,
	.ask = on_ask,
	.drop = on_drop,
	.report = on_report,
	.answer = on_answer,
};

/* --- names ------------------------------------------------------------- */

struct node_id
fx_id(unsigned n)
{
	struct node_id id = { { 0 } };

	id.b[0] = n >> 24;
	id.b[1] = n >> 16;
	id.b[2] = n >> 8;
	id.b[3] = n;
	id.b[19] = 1;
	return id;
}

/* n is the group: 20.0.x.y, 20.1.x.y, ... */
struct peer_addr
fx_addr(unsigned n)
{
	struct peer_addr a = { .id = fx_id(n) };

	a.na.ip[10] = a.na.ip[11] = 0xff;
	a.na.ip[12] = 20 + n / 256 % 64;
	a.na.ip[13] = n;
	a.na.ip[14] = n / 256 / 64;
	a.na.ip[15] = 1;
	a.na.port = 26656;
	return a;
}

struct peer_addr
fx_at(unsigned n, const char *ip, unsigned port)
{
	struct peer_addr a = { .id = fx_id(n) };

	ATF_REQUIRE_EQ(0, ip_parse(ip, strlen(ip), a.na.ip));
	a.na.port = port;
	return a;
}

struct host_addr
fx_host(unsigned n, const char *name)
{
	struct host_addr h = { .id = fx_id(n), .port = 26656 };

	strlcpy(h.host, name, sizeof(h.host));
	h.is_literal = ip_parse(name, strlen(name), h.ip) == 0;
	return h;
}

/* --- life -------------------------------------------------------------- */

struct conf *
fx_conf(enum conf_mode mode)
{
	struct conf *conf = conf_new();

	ATF_REQUIRE(conf != NULL);
	conf->mode = mode;
	conf->id = fx_id(0xffffff);
	conf_set_mode_defaults(conf);
	return conf;
}

struct fx *
fx_new(enum conf_mode mode)
{
	struct fx *fx = calloc(1, sizeof(*fx));

	ATF_REQUIRE(fx != NULL);
	fx->conf = fx_conf(mode);
	rng_seed_number(&fx->rng, 1);
	fx->now = 1000000;
	return fx;
}

void
fx_begin(struct fx *fx)
{
	fx->p = policy_new(fx->conf, &fx_ops, fx, &fx->rng);
	ATF_REQUIRE(fx->p != NULL);
	fx_check(fx);
}

void
fx_start(struct fx *fx)
{
	if (fx->p == NULL)
		fx_begin(fx);
	policy_start(fx->p, fx->now);
	policy_tick(fx->p, fx->now);
	fx_check(fx);
}

void
fx_reload(struct fx *fx, struct conf *conf)
{
	ATF_REQUIRE_EQ(0, policy_configure(fx->p, fx->now, conf));
	conf_free(fx->conf);
	fx->conf = conf;
	fx_check(fx);
	policy_tick(fx->p, fx->now);
	fx_check(fx);
}

void
fx_free(struct fx *fx)
{
	policy_free(fx->p);
	conf_free(fx->conf);
	free(fx);
}

void
fx_check(struct fx *fx)
{
	ATF_REQUIRE_EQ_MSG(0, policy_verify(fx->p), "rule %d is broken",
	    policy_verify(fx->p));
}

void
fx_run(struct fx *fx, uint64_t ms)
{
	uint64_t end = fx->now + ms, due;
	unsigned turns = 0;

	while ((due = policy_due(fx->p)) <= end) {
		turns = due > fx->now ? 0 : turns + 1;
		ATF_REQUIRE_MSG(turns < 100, "it is due for ever");
		if (due > fx->now)
			fx->now = due;
		policy_tick(fx->p, fx->now);
		fx_check(fx);
	}
	fx->now = end;
}

/* --- the book ---------------------------------------------------------- */

void
fx_status(struct fx *fx, unsigned good, bool wanted)
{
	struct m_book_status m = { .size = good, .good = good,
	    .wanted = wanted };

	policy_book_status(fx->p, fx->now, &m);
	fx_check(fx);
}

struct fx_pick *
fx_last_pick(struct fx *fx)
{
	ATF_REQUIRE_MSG(fx->npicks > 0, "nothing was asked of the book");
	return &fx->picks[fx->npicks - 1];
}

struct fx_pick *
fx_last_of(struct fx *fx, enum pick_kind kind)
{
	unsigned i;

	for (i = fx->npicks; i-- > 0;)
		if (fx->picks[i].m.kind == kind)
			return &fx->picks[i];
	atf_tc_fail("the book was not asked that");
}

struct fx_pick *
fx_next_pick(struct fx *fx, enum pick_kind kind)
{
	uint64_t end = fx->now + 24 * FX_HOUR, due;
	unsigned i = fx->npicks;

	while ((due = policy_due(fx->p)) <= end) {
		fx_run(fx, due > fx->now ? due - fx->now : 0);
		for (; i < fx->npicks; i++)
			if (fx->picks[i].m.kind == kind)
				return &fx->picks[i];
	}
	atf_tc_fail("the book is not asked that");
}

void
fx_answer_heard(struct fx *fx, const struct fx_pick *pick,
    const struct peer_addr *addrs, const uint64_t *source, unsigned n)
{
	struct m_picked *m = calloc(1, sizeof(*m));
	unsigned i;

	ATF_REQUIRE(m != NULL && n <= MSG_LIST_MAX);
	m->kind = pick->m.kind;
	m->n = n;
	for (i = 0; i < n; i++) {
		m->list[i].addr = addrs[i];
		m->list[i].source = source != NULL ? source[i] : 0;
	}
	policy_picked(fx->p, fx->now, pick->id, m);
	free(m);
	fx_check(fx);
}

void
fx_answer_pick(struct fx *fx, const struct fx_pick *pick,
    const struct peer_addr *addrs, unsigned n)
{
	fx_answer_heard(fx, pick, addrs, NULL, n);
}

/* --- the network ------------------------------------------------------- */

void
fx_fail(struct fx *fx, unsigned dial, enum outcome outcome)
{
	struct m_dialed m = { .dial = fx->dials[dial].d.dial,
	    .outcome = outcome };

	policy_dialed(fx->p, fx->now, &m);
	fx_check(fx);
}

enum verdict
fx_admit_dial(struct fx *fx, unsigned dial, uint32_t *conn)
{
	struct m_admit m = { .conn = ++fx->next_conn,
	    .dial = fx->dials[dial].d.dial,
	    .id = fx->dials[dial].d.addr.id,
	    .na = fx->dials[dial].d.addr.na };
	struct m_admitted r;

	policy_reached(fx->p, fx->now, m.dial, 20);
	r = policy_admit(fx->p, fx->now, &m);
	fx_check(fx);
	*conn = m.conn;
	return r.verdict;
}

uint32_t
fx_connected(struct fx *fx, unsigned dial)
{
	uint32_t conn;

	if (fx_admit_dial(fx, dial, &conn) != VERDICT_OK)
		return 0;
	fx_up(fx, conn, &fx->dials[dial].d.addr, true,
	    fx->dials[dial].d.purpose);
	return conn;
}

enum verdict
fx_inbound(struct fx *fx, const struct peer_addr *addr, uint32_t *conn,
    uint32_t *evict)
{
	struct m_admit m = { .conn = ++fx->next_conn, .id = addr->id,
	    .na = addr->na };
	struct m_admitted r = policy_admit(fx->p, fx->now, &m);

	fx_check(fx);
	if (conn != NULL)
		*conn = m.conn;
	if (evict != NULL)
		*evict = r.evict;
	if (r.verdict == VERDICT_OK)
		fx_up(fx, m.conn, addr, false, 0);
	return r.verdict;
}

void
fx_up(struct fx *fx, uint32_t conn, const struct peer_addr *addr,
    bool outbound, enum purpose purpose)
{
	struct m_peer_up m = { .conn = conn, .addr = *addr,
	    .outbound = outbound, .purpose = purpose };

	policy_peer_up(fx->p, fx->now, &m);
	fx_check(fx);
}

void
fx_down(struct fx *fx, uint32_t conn, enum down_reason reason)
{
	struct m_peer_down m = { .conn = conn, .reason = reason };

	policy_peer_down(fx->p, fx->now, &m);
	fx_check(fx);
}

void
fx_live(struct fx *fx, uint32_t conn, enum outcome how)
{
	struct m_peer_live m = { .conn = conn, .how = how,
	    .count = how == OUTCOME_ANSWERED ? 10 : 0 };

	policy_peer_live(fx->p, fx->now, &m);
	fx_check(fx);
}

uint32_t
fx_outbound(struct fx *fx, unsigned n)
{
	struct peer_addr addr = fx_addr(n);

	fx_up(fx, ++fx->next_conn, &addr, true, PURPOSE_PEER);
	return fx->next_conn;
}

/* --- what was recorded ------------------------------------------------- */

unsigned
fx_count_reports(const struct fx *fx, enum outcome outcome)
{
	unsigned i, n = 0;

	for (i = 0; i < fx->nreports; i++)
		n += fx->reports[i].outcome == outcome;
	return n;
}

unsigned
fx_count_asks(const struct fx *fx, uint32_t conn)
{
	unsigned i, n = 0;

	for (i = 0; i < fx->nasks; i++)
		n += fx->asks[i].conn == conn;
	return n;
}

const struct fx_conn *
fx_find_drop(const struct fx *fx, uint32_t conn)
{
	unsigned i;

	for (i = 0; i < fx->ndrops; i++)
		if (fx->drops[i].conn == conn)
			return &fx->drops[i];
	return NULL;
}

int
fx_find_dial(const struct fx *fx, const struct node_id *id, unsigned from)
{
	unsigned i;

	for (i = from; i < fx->ndials; i++)
		if (node_id_equal(&fx->dials[i].d.addr.id, id))
			return i;
	return -1;
}

struct policy_counts
fx_counts(const struct fx *fx)
{
	struct policy_counts c;

	policy_count(fx->p, &c);
	return c;
}
