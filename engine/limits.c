/* SPDX-License-Identifier: ISC */
/* Limits on addresses that have proved nothing yet. */

#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "engine/buckets.h"
#include "engine/limits.h"
#include "engine/tally.h"

/* Buckets remembered of each width: full ones are forgotten first. */
#define HOSTS_KEPT	65536
#define BLOCKS_KEPT	32768
#define GROUPS_KEPT	16384

/* From narrow to wide; the order in which they are asked. */
enum width { HOST, BLOCK, GROUP, WIDTHS };

struct exempt {
	struct nethost	*hosts;
	unsigned	 n;
};

struct learnt {
	struct nethost	host;
	struct node_id	id;		/* the persistent peer it is of */
	bool		configured;	/* and not pexctl's */
};

struct limits {
	struct buckets	*rates[WIDTHS];
	struct tally	 pending[WIDTHS];
	struct bucket	 all;
	unsigned	 npending;
	struct tally	 peers;		/* established, by host */
	struct buckets	*replies;	/* by host */
	struct exempt	 configured;
	struct learnt	 learnt[LIMITS_LEARNT_MAX];	/* a ring */
	unsigned	 nlearnt, next_learnt;
};

static const enum refusal rate_refusal[WIDTHS] = {
	REFUSED_RATE_HOST, REFUSED_RATE_BLOCK, REFUSED_RATE_GROUP
};
static const enum refusal pending_refusal[WIDTHS] = {
	REFUSED_PENDING_HOST, REFUSED_PENDING_BLOCK, REFUSED_PENDING_GROUP
};

struct limits *
limits_new(const struct siphash_key *key)
{
	static const uint32_t kept[WIDTHS] = {
		HOSTS_KEPT, BLOCKS_KEPT, GROUPS_KEPT
	};
	struct limits *l;
	int w;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	for (w = HOST; w < WIDTHS; w++) {
		tally_init(&l->pending[w]);
		l->rates[w] = buckets_new(kept[w], key);
	}
	tally_init(&l->peers);
	l->replies = buckets_new(HOSTS_KEPT, key);
	if (l->rates[HOST] == NULL || l->rates[BLOCK] == NULL ||
	    l->rates[GROUP] == NULL || l->replies == NULL) {
		limits_free(l);
		return NULL;
	}
	return l;
}

void
limits_free(struct limits *l)
{
	int w;

	if (l == NULL)
		return;
	for (w = HOST; w < WIDTHS; w++) {
		tally_clear(&l->pending[w]);
		buckets_free(l->rates[w]);
	}
	tally_clear(&l->peers);
	buckets_free(l->replies);
	free(l->configured.hosts);
	free(l);
}

/* --- who an address is ------------------------------------------------- */

static struct tally_key
key_of(enum width w, const uint8_t ip[16])
{
	struct nethost h;

	switch (w) {
	case HOST:
		h = nethost_of(ip);
		return (struct tally_key){ h.hi, h.lo };
	case BLOCK:
		return (struct tally_key){ 0, netblock_of(ip).v };
	default:
		return (struct tally_key){ 0, netgroup_of(ip, false).v };
	}
}

static struct bucket_key
bucket_key_of(enum width w, const uint8_t ip[16])
{
	struct tally_key k = key_of(w, ip);

	return (struct bucket_key){ k.hi, k.lo };
}

/* --- exempt hosts ------------------------------------------------------ */

static int
host_cmp(const void *a, const void *b)
{
	const struct nethost *x = a, *y = b;

	if (x->hi != y->hi)
		return x->hi < y->hi ? -1 : 1;
	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

/* Hosts of those that the config no longer names are forgotten. */
static void
prune_learnt(struct limits *l, const struct conf *conf)
{
	unsigned i, n = 0;

	for (i = 0; i < l->nlearnt; i++)
		if (!l->learnt[i].configured ||
		    conf_has_peer(conf, CONF_PERSISTENT, &l->learnt[i].id))
			l->learnt[n++] = l->learnt[i];
	if (n == l->nlearnt)
		return;
	l->nlearnt = n;
	l->next_learnt = n;
}

int
limits_configure(struct limits *l, const struct conf *conf)
{
	struct nethost *hosts;
	struct conf_peer *p;
	unsigned n = 0;

	hosts = calloc(conf_count_peers(conf, CONF_PERSISTENT) + 1,
	    sizeof(*hosts));
	if (hosts == NULL)
		return -1;
	TAILQ_FOREACH(p, &conf->peers, entry)
		if (p->kind == CONF_PERSISTENT && p->addr.is_literal)
			hosts[n++] = nethost_of(p->addr.ip);
	qsort(hosts, n, sizeof(*hosts), host_cmp);
	free(l->configured.hosts);
	l->configured.hosts = hosts;
	l->configured.n = n;
	prune_learnt(l, conf);
	return 0;
}

static bool
has_learnt(const struct limits *l, struct nethost h)
{
	unsigned i;

	for (i = 0; i < l->nlearnt; i++)
		if (nethost_equal(l->learnt[i].host, h))
			return true;
	return false;
}

bool
limits_is_exempt(const struct limits *l, const uint8_t ip[16])
{
	struct nethost h = nethost_of(ip);

	if (l->configured.n > 0 && bsearch(&h, l->configured.hosts,
	    l->configured.n, sizeof(h), host_cmp) != NULL)
		return true;
	return has_learnt(l, h);
}

/* Several nodes may be behind a host: each keeps it. */
void
limits_learn_exempt(struct limits *l, const struct conf *conf,
    const struct node_id *id, const uint8_t ip[16])
{
	struct learnt new = { .host = nethost_of(ip), .id = *id };
	unsigned i;

	new.configured = conf_has_peer(conf, CONF_PERSISTENT, id);
	for (i = 0; i < l->nlearnt; i++)
		if (nethost_equal(l->learnt[i].host, new.host) &&
		    node_id_equal(&l->learnt[i].id, id)) {
			l->learnt[i] = new;
			return;
		}
	l->learnt[l->next_learnt] = new;
	l->next_learnt = (l->next_learnt + 1) % LIMITS_LEARNT_MAX;
	if (l->nlearnt < LIMITS_LEARNT_MAX)
		l->nlearnt++;
}

/* --- accept ------------------------------------------------------------ */

static enum refusal
check_pending(struct limits *l, const struct conf *conf, const uint8_t ip[16])
{
	const uint32_t max[WIDTHS] = {
		conf->limits.pending_host,
		conf->limits.pending_block,
		conf->limits.pending_group
	};
	int w;

	for (w = HOST; w < WIDTHS; w++)
		if (tally_get(&l->pending[w], key_of(w, ip)) >= max[w])
			return pending_refusal[w];
	return REFUSED_NOT;
}

static enum refusal
take_tokens(struct limits *l, const struct conf *conf, const uint8_t ip[16],
    uint64_t now_ms)
{
	const struct conf_rate *rate[WIDTHS] = {
		&conf->rates.accept_host,
		&conf->rates.accept_block,
		&conf->rates.accept_group
	};
	int w;

	for (w = HOST; w < WIDTHS; w++)
		if (!buckets_take(l->rates[w], bucket_key_of(w, ip), rate[w],
		    now_ms))
			return rate_refusal[w];
	return REFUSED_NOT;
}

bool
limits_same_ip(struct limits *l, const struct conf *conf,
    const uint8_t ip[16])
{
	if (conf->allow_duplicate_ip || conf->private_network)
		return false;
	return tally_get(&l->peers, key_of(HOST, ip)) > 0;
}

enum refusal
limits_accept(struct limits *l, const struct conf *conf,
    const uint8_t ip[16], uint64_t now_ms)
{
	enum refusal why = REFUSED_NOT;

	if (limits_is_exempt(l, ip))
		return REFUSED_NOT;
	if (!conf->private_network) {
		if (limits_same_ip(l, conf, ip))
			return REFUSED_SAME_IP;
		if ((why = check_pending(l, conf, ip)) == REFUSED_NOT)
			why = take_tokens(l, conf, ip, now_ms);
	}
	if (why == REFUSED_NOT &&
	    !bucket_take(&l->all, &conf->rates.accept_all, now_ms))
		why = REFUSED_RATE_ALL;
	return why;
}

bool
limits_crowded(const struct limits *l, const struct conf *conf, uint32_t dice)
{
	uint32_t max = conf->limits.pending, begin = max / 2;

	if (l->npending >= max)
		return true;
	if (l->npending <= begin)
		return false;
	return dice % (max - begin) < l->npending - begin;
}

/* --- what there is ----------------------------------------------------- */

int
limits_pending_add(struct limits *l, const uint8_t ip[16])
{
	int w;

	for (w = HOST; w < WIDTHS; w++)
		if (tally_add(&l->pending[w], key_of(w, ip)) == -1)
			goto undo;
	l->npending++;
	return 0;
undo:
	while (--w >= HOST)
		tally_sub(&l->pending[w], key_of(w, ip));
	return -1;
}

void
limits_pending_sub(struct limits *l, const uint8_t ip[16])
{
	int w;

	for (w = HOST; w < WIDTHS; w++)
		tally_sub(&l->pending[w], key_of(w, ip));
	l->npending--;
}

unsigned
limits_pending(const struct limits *l)
{
	return l->npending;
}

int
limits_peer_add(struct limits *l, const uint8_t ip[16])
{
	return tally_add(&l->peers, key_of(HOST, ip));
}

void
limits_peer_sub(struct limits *l, const uint8_t ip[16])
{
	tally_sub(&l->peers, key_of(HOST, ip));
}

bool
limits_reply(struct limits *l, const struct conf *conf, const uint8_t ip[16],
    uint64_t now_ms)
{
	if (conf->private_network)
		return true;
	return buckets_take(l->replies, bucket_key_of(HOST, ip),
	    &conf->rates.reply_host, now_ms);
}
