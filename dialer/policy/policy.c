/* SPDX-License-Identifier: ISC */
/* The policy as a whole: its life, its config, its clockwork. */

#include <stdlib.h>
#include <string.h>

#include "dialer/policy/local.h"

/* --- keyed hashes ------------------------------------------------------ */

/* Unlike things of the same bytes must not be the same thing. */
enum domain { DOMAIN_ID = 1, DOMAIN_HOST, DOMAIN_BLOCK, DOMAIN_GROUP };

uint64_t
hash_id(const struct policy *p, const struct node_id *id)
{
	uint8_t buf[1 + NODE_ID_SIZE];

	buf[0] = DOMAIN_ID;
	memcpy(buf + 1, id->b, NODE_ID_SIZE);
	return siphash24(&p->key, buf, sizeof(buf));
}

static uint64_t
hash_words(const struct policy *p, enum domain domain, uint64_t hi,
    uint32_t lo)
{
	uint64_t buf[2] = { hi, (uint64_t)domain << 32 | lo };

	return siphash24(&p->key, buf, sizeof(buf));
}

uint64_t
hash_host(const struct policy *p, const uint8_t ip[16])
{
	struct nethost h = nethost_of(ip);

	return hash_words(p, DOMAIN_HOST, h.hi, h.lo);
}

uint64_t
hash_block(const struct policy *p, const uint8_t ip[16])
{
	return hash_words(p, DOMAIN_BLOCK, netblock_of(ip).v, 0);
}

uint64_t
hash_group(const struct policy *p, struct netgroup g)
{
	return hash_words(p, DOMAIN_GROUP, g.v, 0);
}

uint64_t
hash_endpoint(const struct policy *p, const struct peer_addr *addr)
{
	uint8_t buf[NODE_ID_SIZE + 18];

	memcpy(buf, addr->id.b, NODE_ID_SIZE);
	memcpy(buf + NODE_ID_SIZE, addr->na.ip, 16);
	buf[NODE_ID_SIZE + 16] = addr->na.port >> 8;
	buf[NODE_ID_SIZE + 17] = addr->na.port & 0xff;
	return siphash24(&p->key, buf, sizeof(buf));
}

/* --- life -------------------------------------------------------------- */

static int
policy_init(struct policy *p, const struct conf *conf)
{
	uint8_t key[SIPHASH_KEY_SIZE];
	unsigned i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = rng_u32(p->rng);
	siphash_key_set(&p->key, key);
	p->seeds.poor_since = POLICY_NEVER;
	if (names_init(&p->names) == -1 || pl_bans_init(&p->bans) == -1 ||
	    backoff_init(&p->backoff) == -1 ||
	    pl_limits_init(&p->limits) == -1 || peers_init(&p->peers) == -1 ||
	    dials_init(&p->dials) == -1)
		return -1;
	return policy_configure(p, 0, conf);
}

struct policy *
policy_new(const struct conf *conf, const struct policy_ops *ops, void *arg,
    struct rng *rng)
{
	struct policy *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->ops = ops;
	p->arg = arg;
	p->rng = rng;
	p->conf = conf;
	TAILQ_INIT(&p->persistent);
	TAILQ_INIT(&p->manual);
	TAILQ_INIT(&p->resolving);
	TAILQ_INIT(&p->seeds.list);
	TAILQ_INIT(&p->bans.queue);
	TAILQ_INIT(&p->backoff.queue);
	TAILQ_INIT(&p->dials.queue);
	if (policy_init(p, conf) == -1) {
		policy_free(p);
		return NULL;
	}
	return p;
}

static void
free_targets(struct policy *p, struct targets *list)
{
	struct target *t;

	while ((t = TAILQ_FIRST(list)) != NULL)
		target_free(p, list, t);
}

void
policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	free_targets(p, &p->persistent);
	free_targets(p, &p->manual);
	free_targets(p, &p->seeds.list);
	dials_free(p);
	peers_free(p);
	pl_limits_free(&p->limits);
	backoff_free(&p->backoff);
	pl_bans_free(&p->bans);
	names_free(&p->names);
	evict_free(&p->evict);
	free(p);
}

/* --- config ------------------------------------------------------------ */

static int
load_names(struct policy *p, struct names *names, const struct conf *conf)
{
	const struct target *t;

	if (names_init(names) == -1 || names_load(p, names, conf) == -1)
		return -1;
	TAILQ_FOREACH(t, &p->persistent, entry)
		if (t->runtime && names_add(p, names, &t->addr.id,
		    NAME_PERSISTENT) == -1)
			return -1;
	return 0;
}

int
policy_configure(struct policy *p, uint64_t now, const struct conf *conf)
{
	struct targets persistent = TAILQ_HEAD_INITIALIZER(persistent);
	struct targets seeds = TAILQ_HEAD_INITIALIZER(seeds);
	struct names names;

	if (load_names(p, &names, conf) == -1 ||
	    targets_prepare(&persistent, &p->persistent, KIND_PERSISTENT,
	    conf, CONF_PERSISTENT) == -1 ||
	    targets_prepare(&seeds, &p->seeds.list, KIND_SEED, conf,
	    CONF_SEED) == -1) {
		names_free(&names);
		free_targets(p, &persistent);
		free_targets(p, &seeds);
		return -1;
	}
	targets_commit(p, now, &p->persistent, &persistent, conf,
	    CONF_PERSISTENT);
	targets_commit(p, now, &p->seeds.list, &seeds, conf, CONF_SEED);
	names_free(&p->names);
	p->names = names;
	p->conf = conf;
	peers_reconsider(p);
	return 0;
}

bool
policy_is_seed(const struct policy *p)
{
	return p->conf->mode == MODE_SEED;
}

bool
policy_wants(const struct policy *p)
{
	return !p->have_status || p->status.wanted;
}

/* --- clockwork --------------------------------------------------------- */

static const struct module {
	void		(*start)(struct policy *, uint64_t now);
	void		(*tick)(struct policy *, uint64_t now);
	uint64_t	(*due)(const struct policy *);
} modules[] = {
	{ NULL,			dials_tick,		dials_due },
	{ NULL,			targets_tick,		targets_due },
	{ NULL,			peers_tick,		peers_due },
	{ NULL,			wants_tick,		wants_due },
	{ persistent_start,	persistent_tick,	persistent_due },
	{ ensure_start,		ensure_tick,		ensure_due },
	{ seeds_start,		seeds_tick,		seeds_due },
	{ ask_start,		ask_tick,		ask_due },
	{ rotate_start,		rotate_tick,		rotate_due },
	{ probe_start,		probe_tick,		probe_due },
	{ NULL,			crawl_tick,		crawl_due },
};
#define NMODULES	(sizeof(modules) / sizeof(modules[0]))

void
policy_start(struct policy *p, uint64_t now)
{
	size_t i;

	if (p->started)
		return;
	p->started = true;
	for (i = 0; i < NMODULES; i++)
		if (modules[i].start != NULL)
			modules[i].start(p, now);
}

uint64_t
policy_tick(struct policy *p, uint64_t now)
{
	size_t i;

	if (!p->started)
		return POLICY_NEVER;
	for (i = 0; i < NMODULES; i++)
		modules[i].tick(p, now);
	return policy_due(p);
}

uint64_t
policy_due(const struct policy *p)
{
	uint64_t due = POLICY_NEVER;
	size_t i;

	if (!p->started)
		return due;
	for (i = 0; i < NMODULES; i++)
		due = min_time(due, modules[i].due(p));
	return due;
}

/* --- the book ---------------------------------------------------------- */

void
policy_book_status(struct policy *p, uint64_t now,
    const struct m_book_status *m)
{
	p->have_status = true;
	p->status = *m;
}

void
policy_list_taken(struct policy *p, uint64_t now,
    const struct m_list_taken *m)
{
	if (seeds_list_taken(p, now, m) && p->started && !policy_is_seed(p))
		ensure_round(p, now);
}

void
policy_seniors(struct policy *p, const struct node_id *ids, size_t n)
{
	peers_set_seniors(p, ids, n);
}

void
policy_ban(struct policy *p, uint64_t now, const struct m_ban *m)
{
	pl_bans_take(p, now, m);
}

void
policy_book_lost(struct policy *p, uint64_t now)
{
	wants_forget(p);
}
