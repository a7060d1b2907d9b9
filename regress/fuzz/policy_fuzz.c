/* SPDX-License-Identifier: ISC */
/*
 * The dialer's policy under any sequence of events: every byte or two is
 * something that happens; its own rules hold after each, and what it asks
 * for is what it may ask for.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "common/rng.h"
#include "dialer/policy/policy.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define IDS	64
#define RECENT	32		/* dials, picks, connections remembered */

struct fuzz {
	const uint8_t	*in;
	size_t		 left;
	struct conf	*conf;
	struct rng	 rng;
	struct policy	*p;
	uint64_t	 now;
	uint32_t	 conn;
	struct policy_dial dials[RECENT];
	uint32_t	 picks[RECENT], tokens[RECENT];
	unsigned	 ndials, npicks, ntokens;
};

static unsigned
next(struct fuzz *f, unsigned n)
{
	if (f->left == 0)
		return 0;
	f->left--;
	return *f->in++ % n;
}

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* --- what it asks for ----------------------------------------------------- */

static void
on_pick(void *arg, uint32_t id, const struct m_pick *m)
{
	struct fuzz *f = arg;

	must(id != 0 && m->want > 0 && m->want <= MSG_LIST_MAX &&
	    m->seniors <= m->want && m->bias <= 100 &&
	    m->ngroups <= MSG_GROUPS_MAX);
	f->picks[f->npicks++ % RECENT] = id;
}

static void
on_connect(void *arg, const struct policy_dial *d)
{
	struct fuzz *f = arg;

	must(d->dial != 0 && !node_id_equal(&d->addr.id, &f->conf->id));
	f->dials[f->ndials++ % RECENT] = *d;
}

static void
on_resolve(void *arg, uint32_t token, const char *name)
{
	struct fuzz *f = arg;

	must(strcmp(name, "x.test") == 0);
	f->tokens[f->ntokens++ % RECENT] = token;
}

static void
on_ask(void *arg, uint32_t conn)
{
	must(conn != 0);
}

static void
on_drop(void *arg, uint32_t conn, enum down_reason reason)
{
	must(conn != 0 && reason > 0 && reason < DOWN_MAX);
}

static void
on_report(void *arg, const struct m_outcome *m)
{
	must(m->outcome > 0 && m->outcome < OUTCOME_MAX && m->purpose != 0);
}

static void
on_answer(void *arg, uint32_t request, enum status status, const char *text)
{
	must(text != NULL && status < STATUS_MAX);
}

static const struct policy_ops ops = {
	.pick = on_pick,
	.connect = on_connect,
	.resolve = on_resolve,
	.ask = on_ask,
	.drop = on_drop,
	.report = on_report,
	.answer = on_answer,
};

/* --- what happens --------------------------------------------------------- */

static struct peer_addr
somebody(struct fuzz *f)
{
	struct peer_addr a = { .na = { .port = 1 } };

	a.id.b[0] = next(f, IDS);
	a.na.ip[10] = a.na.ip[11] = 0xff;
	a.na.ip[12] = 20;
	a.na.ip[13] = next(f, 16);
	a.na.ip[15] = next(f, 4);
	return a;
}

static struct host_addr
some_host(struct fuzz *f)
{
	struct peer_addr a = somebody(f);
	struct host_addr h = { .id = a.id, .port = 1 };

	h.is_literal = next(f, 2);
	strlcpy(h.host, h.is_literal ? "20.1.0.1" : "x.test", sizeof(h.host));
	memcpy(h.ip, a.na.ip, sizeof(h.ip));
	return h;
}

static uint32_t
some_conn(struct fuzz *f)
{
	return f->conn - next(f, RECENT);
}

static void
picked(struct fuzz *f)
{
	static struct m_picked m;
	unsigned i;

	m.n = next(f, 12);
	for (i = 0; i < m.n; i++) {
		m.list[i].addr = somebody(f);
		m.list[i].source = next(f, 3);
	}
	policy_picked(f->p, f->now, f->picks[next(f, RECENT)], &m);
}

static void
dialed(struct fuzz *f)
{
	struct m_dialed m = { .dial = f->dials[next(f, RECENT)].dial,
	    .outcome = next(f, OUTCOME_MAX + 3) };

	policy_dialed(f->p, f->now, &m);
}

static void
up(struct fuzz *f, uint32_t conn, const struct peer_addr *a, bool outbound,
    unsigned purpose)
{
	struct m_peer_up m = { .conn = conn, .addr = *a,
	    .outbound = outbound, .purpose = purpose };

	policy_peer_up(f->p, f->now, &m);
}

static void
admitted_dial(struct fuzz *f)
{
	struct policy_dial *d = &f->dials[next(f, RECENT)];
	struct m_admit m = { .conn = ++f->conn, .dial = d->dial,
	    .id = d->addr.id, .na = d->addr.na };

	policy_reached(f->p, f->now, d->dial, 1);
	if (policy_admit(f->p, f->now, &m).verdict == VERDICT_OK &&
	    next(f, 4) > 0)
		up(f, m.conn, &d->addr, m.dial != 0, d->purpose);
}

static void
inbound(struct fuzz *f)
{
	struct peer_addr a = somebody(f);
	struct m_admit m = { .conn = ++f->conn, .id = a.id, .na = a.na };

	if (policy_admit(f->p, f->now, &m).verdict == VERDICT_OK)
		up(f, m.conn, &a, false, 0);
}

static void
replay(struct fuzz *f)
{
	struct peer_addr a = somebody(f);

	a.id.b[1] = 1;		/* engine holds no ID twice ... */
	memcpy(&a.id.b[2], &f->conn, sizeof(f->conn));
	up(f, ++f->conn, &a, next(f, 2), 1u << next(f, 6));
}

static void
down(struct fuzz *f)
{
	struct m_peer_down m = { .conn = some_conn(f),
	    .reason = 1 + next(f, DOWN_MAX - 1) };

	policy_peer_down(f->p, f->now, &m);
}

static void
live(struct fuzz *f)
{
	struct m_peer_live m = { .conn = some_conn(f),
	    .how = next(f, 2) ? OUTCOME_LIVE : OUTCOME_ANSWERED };

	m.count = m.conn % 3;
	policy_peer_live(f->p, f->now, &m);
}

static void
book(struct fuzz *f)
{
	struct m_book_status st = { .good = next(f, 64),
	    .wanted = next(f, 2) };
	struct m_list_taken lt = { .source = somebody(f).id,
	    .fresh = next(f, 2) };
	struct peer_addr a = somebody(f);
	struct m_ban ban = { .has_id = next(f, 2), .has_host = next(f, 2),
	    .id = a.id, .left_s = next(f, 100) };

	memcpy(ban.ip, a.na.ip, sizeof(ban.ip));
	policy_book_status(f->p, f->now, &st);
	policy_list_taken(f->p, f->now, &lt);
	policy_ban(f->p, f->now, &ban);
	policy_seniors(f->p, &a.id, next(f, 2));
}

static void
resolved(struct fuzz *f)
{
	uint8_t ips[2][16];

	memcpy(ips[0], somebody(f).na.ip, 16);
	memcpy(ips[1], somebody(f).na.ip, 16);
	policy_resolved(f->p, f->now, f->tokens[next(f, RECENT)],
	    (const uint8_t (*)[16])ips, next(f, 3));
}

static void
command(struct fuzz *f)
{
	struct m_ctl_dial dial = { .addr = some_host(f),
	    .persistent = next(f, 4) == 0 };
	struct m_ctl_drop drop = { .id = somebody(f).id };

	if (next(f, 2))
		policy_ctl_dial(f->p, f->now, 1, &dial);
	else
		policy_ctl_drop(f->p, f->now, 1, &drop);
}

static struct conf *
some_conf(struct fuzz *f)
{
	struct conf *c = conf_new();
	struct host_addr h;
	unsigned i, n = next(f, 8);

	must(c != NULL);
	c->mode = next(f, 2) ? MODE_PEER : MODE_SEED;
	memset(&c->id, 0xff, sizeof(c->id));
	c->limits.max_inbound = next(f, 24);
	c->limits.max_outbound = next(f, 12);
	c->private_network = next(f, 2);
	c->strict = next(f, 2);
	c->allow_duplicate_ip = next(f, 2);
	for (i = 0; i < n; i++) {
		h = some_host(f);
		(void)conf_add_peer(c, 1 + next(f, 4), &h);
	}
	return c;
}

static void
reload(struct fuzz *f)
{
	struct conf *c = some_conf(f);

	must(policy_configure(f->p, f->now, c) == 0);
	conf_free(f->conf);
	f->conf = c;
}

static void
lost(struct fuzz *f)
{
	if (next(f, 2))
		policy_book_lost(f->p, f->now);
	else
		policy_engine_lost(f->p, f->now);
}

static void
start(struct fuzz *f)
{
	policy_start(f->p, f->now);
}

static void
time_passes(struct fuzz *f)
{
	f->now += (uint64_t)1 << next(f, 24);
}

static void (*const events[])(struct fuzz *) = {
	picked, dialed, admitted_dial, inbound, replay, down, live, book,
	resolved, command, reload, lost, start, time_passes, time_passes,
	picked, admitted_dial, inbound, live, time_passes,
};

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct fuzz f = { .in = in, .left = len, .now = 1, .conn = RECENT };
	unsigned turns;

	f.conf = some_conf(&f);
	rng_seed_number(&f.rng, len);
	must((f.p = policy_new(f.conf, &ops, &f, &f.rng)) != NULL);
	policy_start(f.p, f.now);
	while (f.left > 0) {
		events[next(&f, sizeof(events) / sizeof(events[0]))](&f);
		must(policy_verify(f.p) == 0);
		for (turns = 0; policy_due(f.p) <= f.now; turns++) {
			must(turns < 1000);
			(void)policy_tick(f.p, f.now);
			must(policy_verify(f.p) == 0);
		}
	}
	policy_free(f.p);
	conf_free(f.conf);
	return 0;
}
