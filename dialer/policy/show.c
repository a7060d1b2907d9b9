/* SPDX-License-Identifier: ISC */
/* What pexctl shows of the policy, and the check of its own books. */

#include <string.h>

#include "dialer/policy/local.h"

static const char *const skip_names[SKIP_MAX] = {
	[SKIP_NONE] = "none",
	[SKIP_SELF] = "self",
	[SKIP_CONNECTED] = "connected",
	[SKIP_DIALLING] = "dialling",
	[SKIP_BANNED] = "banned",
	[SKIP_SEED] = "seed",
	[SKIP_IP] = "same ip",
	[SKIP_GROUP] = "same group",
	[SKIP_HOST_LIMIT] = "host limit",
	[SKIP_BLOCK_LIMIT] = "block limit",
	[SKIP_HOSTS_FULL] = "hosts full",
	[SKIP_RATE] = "dial rate",
	[SKIP_BACKOFF] = "backoff",
	[SKIP_ROOM] = "no room",
	[SKIP_WAITING] = "waiting",
};

const char *
policy_skip_name(enum policy_skip why)
{
	return (unsigned)why < SKIP_MAX ? skip_names[why] : "?";
}

const struct policy_stats *
policy_stats(const struct policy *p)
{
	return &p->stats;
}

void
policy_count(const struct policy *p, struct policy_counts *c)
{
	const struct target *t;

	memset(c, 0, sizeof(*c));
	c->inbound = p->peers.nin;
	c->outbound = p->peers.nout;
	c->inbound_all = p->peers.in.n;
	c->outbound_all = p->peers.out.n;
	c->seniors = peers_seniors(p);
	TAILQ_FOREACH(t, &p->persistent, entry)
		c->persistent += t->state == TARGET_UP;
	c->dialling = p->dials.n;
	c->bans = p->bans.map.n;
	c->need_seeds = p->seeds.nothing ||
	    p->seeds.poor_since != POLICY_NEVER;
	c->working = p->started;
}

/* The n-th of the list; n is less the list's length if there is none. */
static const struct target *
nth(const struct targets *list, uint64_t *n)
{
	const struct target *t;

	TAILQ_FOREACH(t, list, entry)
		if ((*n)-- == 0)
			return t;
	return NULL;
}

bool
policy_show_row(const struct policy *p, uint64_t now, uint64_t *cursor,
    struct m_row_dial *row)
{
	uint64_t n = *cursor;
	const struct target *t;

	if ((t = nth(&p->persistent, &n)) == NULL &&
	    (t = nth(&p->seeds.list, &n)) == NULL)
		return false;
	memset(row, 0, sizeof(*row));
	row->purpose = kind_purpose(t->kind);
	row->addr = t->addr;
	row->connected = t->state == TARGET_UP;
	row->tries = t->tries;
	if (t->state == TARGET_SELF)
		row->next_s = DIAL_NEVER;
	else if (t->state == TARGET_IDLE && t->due > now)
		row->next_s = (t->due - now + SECOND - 1) / SECOND;
	row->last = t->last;
	(*cursor)++;
	return true;
}

/* --- the check --------------------------------------------------------- */

static int
check_vec(const struct policy *p, const struct peer_vec *vec, bool outbound,
    unsigned *slots, unsigned *held)
{
	const struct peer *pe;
	unsigned i;

	for (i = 0; i < vec->n; i++) {
		pe = vec->v[i];
		if (pe->index != i || pe->outbound != outbound)
			return 1;
		if (peers_by_conn(p, pe->conn) != pe)
			return 2;
		if (peers_by_id(p, &pe->id) != pe)
			return 3;
		if (pe->host_counted && !peers_has_host(p, pe->na.ip))
			return 4;
		if (pe->grouped && !peers_has_group(p, pe->group))
			return 5;
		if (pe->dropping && (pe->is_held || pe->awaited))
			return 6;
		*slots += peer_fills_slot(pe);
		*held += pe->is_held;
	}
	return 0;
}

static int
check_peers(const struct policy *p)
{
	const struct peers *ps = &p->peers;
	unsigned in = 0, out = 0, held = 0, asked = 0, lasting = 0, i;
	const struct peer *pe;
	int rv;

	if ((rv = check_vec(p, &ps->in, false, &in, &held)) != 0 ||
	    (rv = check_vec(p, &ps->out, true, &out, &held)) != 0)
		return rv;
	if (in != ps->nin || out != ps->nout)
		return 7;
	for (i = 0; i < ps->out.n; i++)
		lasting += peer_is_lasting(ps->out.v[i]);
	if (lasting != ps->nlasting)
		return 11;
	if (held != ps->nheld)
		return 8;
	TAILQ_FOREACH(pe, &ps->asked, asked)
		asked += pe->awaited;
	TAILQ_FOREACH(pe, &ps->held, held)
		held -= pe->is_held;
	if (held != 0 || asked > ps->in.n + ps->out.n)
		return 9;
	if (ps->by_conn.n != ps->in.n + ps->out.n ||
	    ps->by_id.n != ps->by_conn.n)
		return 10;
	return 0;
}

static int
check_dials(const struct policy *p)
{
	unsigned kind, n = 0, sum = 0;
	const struct dial *d;

	TAILQ_FOREACH(d, &p->dials.queue, entry) {
		n++;
		if (dials_by_num(p, d->num) != d)
			return 20;
		if (d->grouped && !peers_has_group(p, d->group))
			return 21;
	}
	for (kind = 0; kind < KIND_MAX; kind++)
		sum += p->dials.nkind[kind];
	if (n != p->dials.n || sum != n || p->dials.by_num.n != n ||
	    p->dials.by_id.n != n)
		return 22;
	if (n - p->dials.nkind[KIND_PERSISTENT] > p->conf->limits.max_dials)
		return 23;
	return 0;
}

static int
check_targets(const struct policy *p, const struct targets *list,
    enum policy_kind kind)
{
	const struct target *t, *r;
	const struct dial *d;
	bool found, asked;

	TAILQ_FOREACH(t, list, entry) {
		found = asked = false;
		TAILQ_FOREACH(d, &p->dials.queue, entry)
			found |= d->target == t;
		if (t->kind != kind)
			return 30;
		if (found != (t->state == TARGET_DIALLING))
			return 31;
		TAILQ_FOREACH(r, &p->resolving, resolving)
			asked |= r == t;
		if (asked != (t->state == TARGET_RESOLVING))
			return 32;
	}
	return 0;
}

int
policy_verify(const struct policy *p)
{
	int rv;

	if ((rv = check_peers(p)) != 0 || (rv = check_dials(p)) != 0 ||
	    (rv = check_targets(p, &p->persistent, KIND_PERSISTENT)) != 0 ||
	    (rv = check_targets(p, &p->seeds.list, KIND_SEED)) != 0 ||
	    (rv = check_targets(p, &p->manual, KIND_MANUAL)) != 0)
		return rv;
	if (p->bans.map.n > POLICY_BANS_MAX)
		return 40;
	if (p->backoff.map.n > POLICY_BACKOFF_MAX)
		return 41;
	if (p->nmanual > POLICY_MANUAL_MAX)
		return 42;
	if (p->limits.hosts.n > POLICY_HOSTS_MAX ||
	    p->limits.blocks.n > POLICY_BLOCKS_MAX)
		return 43;
	return 0;
}
