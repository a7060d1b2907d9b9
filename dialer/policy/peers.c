/* SPDX-License-Identifier: ISC */
/*
 * The peers that engine holds: found by connection and by ID, counted by
 * slot, host and group, with the queues of what runs out.
 */

#include <stdlib.h>
#include <string.h>

#include "dialer/policy/local.h"

#define SWEEP_MS	MINUTE
#define ADMITTED_MS	(30 * SECOND)	/* to be reported up, or it is gone */
#define MATURE_MS	(10 * MINUTE)	/* connected: worth telling the book */
#define MATURE_AGAIN_MS	HOUR

static uint64_t
hash_conn(uint32_t conn)
{
	return conn * 0x9e3779b97f4a7c15ULL;
}

int
peers_init(struct peers *ps)
{
	TAILQ_INIT(&ps->held);
	TAILQ_INIT(&ps->asked);
	if (map_init(&ps->by_conn) == -1 || map_init(&ps->by_id) == -1 ||
	    pl_tally_init(&ps->hosts) == -1 || pl_tally_init(&ps->groups) == -1)
		return -1;
	return 0;
}

void
peers_free(struct policy *p)
{
	struct peers *ps = &p->peers;

	while (ps->in.n > 0)
		peers_remove(p, ps->in.v[ps->in.n - 1]);
	while (ps->out.n > 0)
		peers_remove(p, ps->out.v[ps->out.n - 1]);
	free(ps->in.v);
	free(ps->out.v);
	map_free(&ps->by_conn);
	map_free(&ps->by_id);
	pl_tally_free(&ps->hosts);
	pl_tally_free(&ps->groups);
}

/* --- look-ups ---------------------------------------------------------- */

struct peer *
peers_by_conn(const struct policy *p, uint32_t conn)
{
	struct map_node *n = map_first(&p->peers.by_conn, hash_conn(conn));
	struct peer *pe;

	for (; n != NULL; n = map_next(n)) {
		pe = MAP_OWNER(n, struct peer, by_conn);
		if (pe->conn == conn)
			return pe;
	}
	return NULL;
}

struct peer *
peers_by_id(const struct policy *p, const struct node_id *id)
{
	struct map_node *n = map_first(&p->peers.by_id, hash_id(p, id));
	struct peer *pe;

	for (; n != NULL; n = map_next(n)) {
		pe = MAP_OWNER(n, struct peer, by_id);
		if (node_id_equal(&pe->id, id))
			return pe;
	}
	return NULL;
}

bool
peers_has_host(const struct policy *p, const uint8_t ip[16])
{
	return pl_tally_get(&p->peers.hosts, hash_host(p, ip)) > 0;
}

bool
peers_has_group(const struct policy *p, struct netgroup g)
{
	return pl_tally_get(&p->peers.groups, g.v) > 0;
}

/* --- slots ------------------------------------------------------------- */

/* We dialled it to stay, whatever slot that takes. */
bool
peer_is_lasting(const struct peer *pe)
{
	return pe->outbound && !pe->dropping && kind_is_lasting(pe->kind);
}

/* Those that the operator named are outside the limits. */
bool
peer_fills_slot(const struct peer *pe)
{
	if (pe->dropping || pe->unconditional || pe->persistent)
		return false;
	return !pe->outbound || kind_is_lasting(pe->kind);
}

static void
enter_slot(struct policy *p, struct peer *pe)
{
	if (peer_fills_slot(pe)) {
		if (pe->outbound)
			p->peers.nout++;
		else
			p->peers.nin++;
	}
	if (peer_is_lasting(pe)) {
		p->peers.nlasting++;
		pe->grouped = pl_tally_add(&p->peers.groups, pe->group.v) == 0;
	}
}

static void
leave_slot(struct policy *p, struct peer *pe)
{
	if (peer_fills_slot(pe)) {
		if (pe->outbound)
			p->peers.nout--;
		else
			p->peers.nin--;
	}
	if (peer_is_lasting(pe))
		p->peers.nlasting--;
	if (pe->grouped)
		pl_tally_sub(&p->peers.groups, pe->group.v);
	pe->grouped = false;
}

/* --- coming and going -------------------------------------------------- */

static int
vec_push(struct peer_vec *vec, struct peer *pe)
{
	struct peer **v;
	unsigned max;

	if (vec->n == vec->max) {
		max = vec->max == 0 ? 16 : 2 * vec->max;
		if ((v = reallocarray(vec->v, max, sizeof(*v))) == NULL)
			return -1;
		vec->v = v;
		vec->max = max;
	}
	pe->index = vec->n;
	vec->v[vec->n++] = pe;
	return 0;
}

static void
vec_remove(struct peer_vec *vec, const struct peer *pe)
{
	struct peer *last = vec->v[--vec->n];

	vec->v[pe->index] = last;
	last->index = pe->index;
}

static bool
is_held_kind(enum policy_kind kind)
{
	return kind == KIND_PROBE || kind == KIND_CRAWL || kind == KIND_SEED;
}

static int
node_id_order(const void *a, const void *b)
{
	return node_id_cmp(a, b);
}

static bool
is_senior(const struct policy *p, const struct node_id *id)
{
	return bsearch(id, p->peers.seniors, p->peers.nseniors, sizeof(*id),
	    node_id_order) != NULL;
}

static void
describe(struct policy *p, uint64_t now, struct peer *pe,
    const struct m_admit *m)
{
	unsigned flags = names_flags(p, &m->id);

	pe->conn = m->conn;
	pe->dial = m->dial;
	pe->id = m->id;
	pe->na = m->na;
	pe->group = netgroup_of(m->na.ip, p->conf->strict);
	pe->host = hash_host(p, m->na.ip);
	pe->since = now;
	pe->mature_at = now + MATURE_MS;
	pe->persistent = (flags & NAME_PERSISTENT) != 0;
	pe->unconditional = (flags & NAME_UNCONDITIONAL) != 0;
	pe->senior = is_senior(p, &m->id);
}

struct peer *
peers_add(struct policy *p, uint64_t now, const struct m_admit *m,
    bool outbound, enum policy_kind kind, uint32_t latency_ms)
{
	struct peers *ps = &p->peers;
	struct peer *pe;

	if ((pe = calloc(1, sizeof(*pe))) == NULL)
		return NULL;
	describe(p, now, pe, m);
	pe->outbound = outbound;
	pe->kind = kind;
	pe->latency_ms = latency_ms;
	if (vec_push(outbound ? &ps->out : &ps->in, pe) == -1) {
		free(pe);
		return NULL;
	}
	pe->host_counted = pl_tally_add(&ps->hosts, pe->host) == 0;
	map_put(&ps->by_conn, &pe->by_conn, hash_conn(pe->conn));
	map_put(&ps->by_id, &pe->by_id, hash_id(p, &pe->id));
	enter_slot(p, pe);
	if (outbound && is_held_kind(kind)) {
		TAILQ_INSERT_TAIL(&ps->held, pe, held);
		ps->nheld++;
		pe->is_held = true;
	}
	return pe;
}

static void
unhold(struct policy *p, struct peer *pe)
{
	if (!pe->is_held)
		return;
	TAILQ_REMOVE(&p->peers.held, pe, held);
	p->peers.nheld--;
	pe->is_held = false;
}

void
peers_remove(struct policy *p, struct peer *pe)
{
	struct peers *ps = &p->peers;

	leave_slot(p, pe);
	unhold(p, pe);
	ask_forget(p, pe);
	map_del(&ps->by_conn, &pe->by_conn);
	map_del(&ps->by_id, &pe->by_id);
	if (pe->host_counted)
		pl_tally_sub(&ps->hosts, pe->host);
	vec_remove(pe->outbound ? &ps->out : &ps->in, pe);
	free(pe);
}

void
peers_leave(struct policy *p, struct peer *pe)
{
	leave_slot(p, pe);
	unhold(p, pe);
	ask_forget(p, pe);
	pe->dropping = true;
}

void
peers_drop(struct policy *p, struct peer *pe, enum down_reason reason)
{
	/* Said twice does no harm, and these two have to be heard. */
	if (pe->dropping && reason != DOWN_BANNED && reason != DOWN_OPERATOR)
		return;
	if (!pe->dropping)
		peers_leave(p, pe);
	p->ops->drop(p->arg, pe->conn, reason);
}

void
peers_keep(struct policy *p, struct peer *pe)
{
	unhold(p, pe);
	leave_slot(p, pe);
	pe->kind = KIND_ENSURE;
	pe->source = pe->group;		/* its own word */
	enter_slot(p, pe);
}

/* The config changed: what it says of each peer may have, too. */
static void
reconsider(struct policy *p, struct peer_vec *vec)
{
	struct peer *pe;
	unsigned i, flags;

	for (i = 0; i < vec->n; i++) {
		pe = vec->v[i];
		flags = names_flags(p, &pe->id);
		leave_slot(p, pe);
		pe->persistent = (flags & NAME_PERSISTENT) != 0;
		pe->unconditional = (flags & NAME_UNCONDITIONAL) != 0;
		pe->group = netgroup_of(pe->na.ip, p->conf->strict);
		if (!pe->dropping)
			enter_slot(p, pe);
	}
}

void
peers_reconsider(struct policy *p)
{
	reconsider(p, &p->peers.in);
	reconsider(p, &p->peers.out);
}

/* --- seniors ----------------------------------------------------------- */

void
peers_set_seniors(struct policy *p, const struct node_id *ids, size_t n)
{
	struct peers *ps = &p->peers;
	unsigned i;

	if (n > POLICY_SENIORS_MAX)
		n = POLICY_SENIORS_MAX;
	if (n > 0)
		memcpy(ps->seniors, ids, n * sizeof(*ids));
	ps->nseniors = n;
	if (n > 1)
		(void)heapsort(ps->seniors, n, sizeof(*ids), node_id_order);
	for (i = 0; i < ps->out.n; i++)
		ps->out.v[i]->senior = is_senior(p, &ps->out.v[i]->id);
}

unsigned
peers_seniors(const struct policy *p)
{
	const struct peer_vec *out = &p->peers.out;
	unsigned i, n = 0;

	for (i = 0; i < out->n; i++)
		if (out->v[i]->senior && peer_fills_slot(out->v[i]))
			n++;
	return n;
}

/* --- time -------------------------------------------------------------- */

/* A seed that is no seed is a peer like others, if there is room for it. */
static void
end_hold(struct policy *p, struct peer *pe)
{
	bool taken = !p->conf->private_network &&
	    peers_has_group(p, pe->group);

	if (pe->kind == KIND_SEED && pe->live && !policy_is_seed(p) &&
	    ensure_want(p) > 0 && !taken &&
	    !vouch_is_spent(p, pe->group))
		peers_keep(p, pe);
	else
		peers_drop(p, pe, DOWN_DIALER);
}

static void
mature(struct policy *p, uint64_t now, struct peer *pe)
{
	if (!pe->live || pe->dropping || now < pe->mature_at)
		return;
	pe->mature_at = now + MATURE_AGAIN_MS;
	report(p, &(struct peer_addr){ pe->id, pe->na }, pe->kind,
	    OUTCOME_MATURE, pe->latency_ms, NULL);
}

/* Engine answers for every admission; this is for the case it did not. */
static void
sweep(struct policy *p, uint64_t now, struct peer_vec *vec)
{
	struct peer *pe;
	unsigned i;

	for (i = vec->n; i-- > 0;) {
		pe = vec->v[i];
		if (!pe->up && now >= pe->since + ADMITTED_MS)
			peer_gone(p, now, pe, DOWN_PEER_ERROR);
		else if (pe->outbound)
			mature(p, now, pe);
	}
}

void
peers_tick(struct policy *p, uint64_t now)
{
	struct peers *ps = &p->peers;
	struct peer *pe;

	while ((pe = TAILQ_FIRST(&ps->held)) != NULL &&
	    now >= pe->since + p->conf->times.crawl_hold)
		end_hold(p, pe);
	if (now < ps->sweep)
		return;
	ps->sweep = now + SWEEP_MS;
	sweep(p, now, &ps->in);
	sweep(p, now, &ps->out);
}

uint64_t
peers_due(const struct policy *p)
{
	const struct peer *pe = TAILQ_FIRST(&p->peers.held);
	uint64_t due = POLICY_NEVER;

	if (pe != NULL)
		due = pe->since + p->conf->times.crawl_hold;
	if (p->peers.in.n > 0 || p->peers.out.n > 0)
		due = min_time(due, p->peers.sweep);
	return due;
}
