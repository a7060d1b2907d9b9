/* SPDX-License-Identifier: ISC */
/*
 * Dials in flight: what each kind is checked against before it begins, and
 * what the end of one means.
 */

#include <stdlib.h>

#include "dialer/policy/local.h"

/* A dial of which nothing was heard for so long after its time is lost. */
#define GRACE_MS	(5 * SECOND)

enum check {
	CHECK_SEED	= 0x01,		/* not one of our seeds */
	CHECK_IP	= 0x02,		/* one connection per IP */
	CHECK_GROUP	= 0x04,		/* one outbound peer per group */
	CHECK_LIMITS	= 0x08,		/* per host and /24 */
	CHECK_BACKOFF	= 0x10,		/* outside the book */
	CHECK_ROOM	= 0x20,		/* max dials */
};

typedef void ended_rule(struct policy *, uint64_t, struct target *,
    enum outcome);

static void
nothing_more(struct policy *p, uint64_t now, struct target *t,
    enum outcome outcome)
{
}

static const struct kind_rule {
	const char	*name;
	enum purpose	 purpose;
	unsigned	 checks;
	bool		 lasting;	/* not a visit: it is to stay */
	ended_rule	*ended;		/* other than by a connection */
} rules[KIND_MAX] = {
	[KIND_ENSURE] = { "ensure", PURPOSE_PEER,
	    CHECK_SEED | CHECK_IP | CHECK_GROUP | CHECK_LIMITS | CHECK_ROOM,
	    true, ensure_ended },
	[KIND_ROTATE] = { "rotate", PURPOSE_PEER,
	    CHECK_SEED | CHECK_IP | CHECK_GROUP | CHECK_LIMITS | CHECK_ROOM,
	    true, rotate_ended },
	[KIND_PERSISTENT] = { "persistent", PURPOSE_PERSISTENT,
	    0, true, target_ended },
	[KIND_SEED] = { "seed", PURPOSE_SEED,
	    CHECK_LIMITS | CHECK_ROOM, false, target_ended },
	[KIND_PROBE] = { "probe", PURPOSE_PROBE,
	    CHECK_LIMITS | CHECK_ROOM, false, nothing_more },
	[KIND_CRAWL] = { "crawl", PURPOSE_PROBE,
	    CHECK_LIMITS | CHECK_ROOM, false, nothing_more },
	[KIND_MANUAL] = { "manual", PURPOSE_MANUAL,
	    CHECK_LIMITS | CHECK_BACKOFF | CHECK_ROOM, true, target_ended },
};

const char *
policy_kind_name(enum policy_kind kind)
{
	return (unsigned)kind < KIND_MAX ? rules[kind].name : "?";
}

enum purpose
kind_purpose(enum policy_kind kind)
{
	return rules[kind].purpose;
}

bool
kind_is_lasting(enum policy_kind kind)
{
	return rules[kind].lasting;
}

enum policy_kind
kind_of_purpose(unsigned purpose)
{
	unsigned k;

	for (k = 0; k < KIND_MAX; k++)
		if (rules[k].purpose == purpose)
			return k;
	return KIND_ENSURE;
}

int
dials_init(struct dials *ds)
{
	TAILQ_INIT(&ds->queue);
	if (map_init(&ds->by_num) == -1 || map_init(&ds->by_id) == -1)
		return -1;
	return 0;
}

void
dials_free(struct policy *p)
{
	struct dial *d;

	while ((d = TAILQ_FIRST(&p->dials.queue)) != NULL)
		dials_done(p, d);
	map_free(&p->dials.by_num);
	map_free(&p->dials.by_id);
}

/* Numbers are ours and run up: they need no key. */
struct dial *
dials_by_num(const struct policy *p, uint32_t num)
{
	struct map_node *n = map_first(&p->dials.by_num, num);

	return MAP_OWNER(n, struct dial, by_num);
}

static struct dial *
dials_by_id(const struct policy *p, const struct node_id *id)
{
	struct map_node *n = map_first(&p->dials.by_id, hash_id(p, id));
	struct dial *d;

	for (; n != NULL; n = map_next(n)) {
		d = MAP_OWNER(n, struct dial, by_id);
		if (node_id_equal(&d->addr.id, id))
			return d;
	}
	return NULL;
}

/* --- before ------------------------------------------------------------ */

static enum policy_skip
check_places(const struct policy *p, unsigned checks,
    const struct peer_addr *addr)
{
	const struct conf *c = p->conf;

	if (c->private_network)
		return SKIP_NONE;
	if ((checks & CHECK_IP) && !c->allow_duplicate_ip &&
	    peers_has_host(p, addr->na.ip))
		return SKIP_IP;
	if ((checks & CHECK_GROUP) &&
	    peers_has_group(p, netgroup_of(addr->na.ip, c->strict)))
		return SKIP_GROUP;
	return SKIP_NONE;
}

static enum policy_skip
check(struct policy *p, uint64_t now, unsigned checks,
    const struct peer_addr *addr)
{
	enum policy_skip why;

	if (!p->started)	/* engine is not there to take it */
		return SKIP_WAITING;
	if (node_id_equal(&addr->id, &p->conf->id))
		return SKIP_SELF;
	if (peers_by_id(p, &addr->id) != NULL)
		return SKIP_CONNECTED;
	if (dials_by_id(p, &addr->id) != NULL)
		return SKIP_DIALLING;
	if (pl_bans_match(p, now, &addr->id, addr->na.ip))
		return SKIP_BANNED;
	if ((checks & CHECK_SEED) && (names_flags(p, &addr->id) & NAME_SEED))
		return SKIP_SEED;
	if ((why = check_places(p, checks, addr)) != SKIP_NONE)
		return why;
	if ((checks & CHECK_ROOM) && p->dials.n -
	    p->dials.nkind[KIND_PERSISTENT] >= p->conf->limits.max_dials)
		return SKIP_ROOM;
	if ((checks & CHECK_BACKOFF) && backoff_until(p, addr) > now)
		return SKIP_BACKOFF;
	return checks & CHECK_LIMITS ? pl_limits_check(p, now, &addr->na) :
	    SKIP_NONE;
}

enum policy_skip
dials_check(struct policy *p, uint64_t now, enum policy_kind kind,
    const struct peer_addr *addr)
{
	enum policy_skip why = check(p, now, rules[kind].checks, addr);

	if (why != SKIP_NONE)
		p->stats.skips[why]++;
	return why;
}

/* --- begin ------------------------------------------------------------- */

static uint32_t
next_number(struct policy *p)
{
	struct dials *ds = &p->dials;

	do
		ds->last++;
	while (ds->last == 0 || dials_by_num(p, ds->last) != NULL);
	return ds->last;
}

struct dial *
dials_start(struct policy *p, uint64_t now, enum policy_kind kind,
    const struct peer_addr *addr, struct target *t)
{
	struct dials *ds = &p->dials;
	struct dial *d;

	if ((rules[kind].checks & CHECK_LIMITS) &&
	    pl_limits_take(p, now, &addr->na) == -1)
		return NULL;
	if ((d = calloc(1, sizeof(*d))) == NULL)
		return NULL;
	d->num = next_number(p);
	d->kind = kind;
	d->addr = *addr;
	d->target = t;
	d->since = now;
	map_put(&ds->by_num, &d->by_num, d->num);
	map_put(&ds->by_id, &d->by_id, hash_id(p, &addr->id));
	TAILQ_INSERT_TAIL(&ds->queue, d, entry);
	ds->n++;
	ds->nkind[kind]++;
	d->group = netgroup_of(addr->na.ip, p->conf->strict);
	if (rules[kind].checks & CHECK_GROUP)
		d->grouped = pl_tally_add(&p->peers.groups, d->group.v) == 0;
	p->stats.dials[kind]++;
	p->ops->connect(p->arg, &(struct policy_dial){ d->num, *addr,
	    rules[kind].purpose });
	return d;
}

/* --- end --------------------------------------------------------------- */

void
dials_done(struct policy *p, struct dial *d)
{
	struct dials *ds = &p->dials;

	map_del(&ds->by_num, &d->by_num);
	map_del(&ds->by_id, &d->by_id);
	TAILQ_REMOVE(&ds->queue, d, entry);
	ds->n--;
	ds->nkind[d->kind]--;
	if (d->grouped)
		pl_tally_sub(&p->peers.groups, d->group.v);
	free(d);
}

void
report(struct policy *p, const struct peer_addr *addr, enum policy_kind kind,
    enum outcome outcome, uint32_t latency_ms, const struct node_id *answered)
{
	struct m_outcome m = { .addr = *addr, .outcome = outcome,
	    .purpose = rules[kind].purpose, .latency_ms = latency_ms };

	if (answered != NULL)
		m.id = *answered;
	p->ops->report(p->arg, &m);
}

/*
 * To the book a stall after TCP is like a full node: neither success nor
 * failure.  Only a missing SYN-ACK says that nobody is there.
 */
static enum outcome
as_book_sees(const struct dial *d, enum outcome outcome)
{
	if (outcome == OUTCOME_TIMED_OUT && d->reached)
		return OUTCOME_FULL;
	return outcome;
}

void
dials_end(struct policy *p, uint64_t now, struct dial *d,
    enum outcome outcome, const struct node_id *answered)
{
	enum policy_kind kind = d->kind;
	struct target *t = d->target;

	p->stats.outcomes[outcome]++;
	report(p, &d->addr, kind, as_book_sees(d, outcome), d->latency_ms,
	    answered);
	if ((rules[kind].checks & CHECK_BACKOFF) && outcome != OUTCOME_OURS &&
	    outcome != OUTCOME_DUPLICATE)
		backoff_fail(p, now, &d->addr);
	dials_done(p, d);
	rules[kind].ended(p, now, t, outcome);
}

void
dials_forget(struct policy *p, const struct target *t)
{
	struct dial *d;

	TAILQ_FOREACH(d, &p->dials.queue, entry)
		if (d->target == t)
			d->target = NULL;
}

void
policy_reached(struct policy *p, uint64_t now, uint32_t num,
    uint32_t latency_ms)
{
	struct dial *d = dials_by_num(p, num);

	if (d == NULL)
		return;
	d->reached = true;
	d->latency_ms = latency_ms;
}

static uint64_t
deadline(const struct policy *p)
{
	const struct dial *d = TAILQ_FIRST(&p->dials.queue);
	const struct conf_times *times = &p->conf->times;

	if (d == NULL)
		return POLICY_NEVER;
	return d->since + times->dial_timeout + times->handshake_timeout +
	    GRACE_MS;
}

void
dials_tick(struct policy *p, uint64_t now)
{
	while (now >= deadline(p))
		dials_end(p, now, TAILQ_FIRST(&p->dials.queue), OUTCOME_OURS,
		    NULL);
}

uint64_t
dials_due(const struct policy *p)
{
	return deadline(p);
}
