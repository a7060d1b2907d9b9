/* SPDX-License-Identifier: ISC */
/*
 * How often one host and one /24 are dialled, so that no gossip can turn
 * our dials on a victim: 6 in any hour to a host, 10 s between two to a
 * block.
 *
 * Both tables are caches of fixed size, WAYS entries to a set; the set is
 * chosen by a keyed hash.  A full set forgets what was dialled longest ago,
 * which takes some 100,000 other hosts within the hour.
 */

#include <stdlib.h>
#include <string.h>

#include "dialer/policy/local.h"

#define WAYS		8
#define HOST_SETS	16384		/* 131072 hosts, 4 MiB if all used */
#define BLOCK_SETS	2048

struct limit_host {
	uint64_t	key;		/* 0: free */
	uint32_t	at[POLICY_HOST_DIALS];	/* seconds + 1, latest first */
};

struct limit_block {
	uint64_t	key;
	uint64_t	at;		/* ms + 1 */
};

int
pl_limits_init(struct limits *l)
{
	l->hosts = calloc(HOST_SETS * WAYS, sizeof(*l->hosts));
	l->blocks = calloc(BLOCK_SETS * WAYS, sizeof(*l->blocks));
	return l->hosts == NULL || l->blocks == NULL ? -1 : 0;
}

void
pl_limits_free(struct limits *l)
{
	free(l->hosts);
	free(l->blocks);
}

/* The entry of key, or the one of its set to be overwritten. */
static struct limit_host *
host_entry(const struct limits *l, uint64_t key)
{
	struct limit_host *e = &l->hosts[key % HOST_SETS * WAYS], *old = e;
	int i;

	for (i = 0; i < WAYS; i++) {
		if (e[i].key == key)
			return &e[i];
		if (e[i].at[0] < old->at[0])
			old = &e[i];
	}
	return old;
}

static struct limit_block *
block_entry(const struct limits *l, uint64_t key)
{
	struct limit_block *e = &l->blocks[key % BLOCK_SETS * WAYS], *old = e;
	int i;

	for (i = 0; i < WAYS; i++) {
		if (e[i].key == key)
			return &e[i];
		if (e[i].at < old->at)
			old = &e[i];
	}
	return old;
}

/* Whole seconds, rounded so that six never fit in less than the hour. */
static bool
host_is_spent(const struct limit_host *e, uint64_t now)
{
	uint32_t oldest = e->at[POLICY_HOST_DIALS - 1];

	return oldest != 0 &&
	    now / SECOND + 1 - oldest <= POLICY_HOST_MS / SECOND;
}

enum policy_skip
pl_limits_check(const struct policy *p, uint64_t now, const struct netaddr *na)
{
	uint64_t key = hash_host(p, na->ip);
	const struct limit_host *h;
	const struct limit_block *b;

	if (p->conf->private_network)
		return SKIP_NONE;
	h = host_entry(&p->limits, key);
	if (h->key == key && host_is_spent(h, now))
		return SKIP_HOST_LIMIT;
	key = hash_block(p, na->ip);
	b = block_entry(&p->limits, key);
	if (b->key == key && now + 1 - b->at < POLICY_BLOCK_MS)
		return SKIP_BLOCK_LIMIT;
	return SKIP_NONE;
}

void
pl_limits_take(struct policy *p, uint64_t now, const struct netaddr *na)
{
	uint64_t key = hash_host(p, na->ip);
	struct limit_host *h = host_entry(&p->limits, key);
	struct limit_block *b;

	if (h->key != key)
		memset(h, 0, sizeof(*h));
	h->key = key;
	memmove(&h->at[1], &h->at[0],
	    (POLICY_HOST_DIALS - 1) * sizeof(h->at[0]));
	h->at[0] = now / SECOND + 1;

	key = hash_block(p, na->ip);
	b = block_entry(&p->limits, key);
	b->key = key;
	b->at = now + 1;
}
