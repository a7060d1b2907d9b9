/* SPDX-License-Identifier: ISC */
/*
 * How often one host and one /24 are dialled, so that no gossip can turn
 * our dials on a victim: 6 in any hour to a host, 10 s between two to a
 * block.
 *
 * Nothing that still counts is ever forgotten.  A stranger that cannot be
 * remembered is not dialled: POLICY_HOSTS_MAX hosts in an hour, and as each
 * dial needs a block of its own, POLICY_BLOCKS_MAX dials in any 10 s.
 */

#include "dialer/policy/local.h"

_Static_assert(POLICY_HOST_DIALS == RECENT_TIMES + 1,
    "a host's memory holds as many dials as are allowed");
_Static_assert(RECENT_BYTES <= 52, "52 MiB for all hosts, as documented");

int
pl_limits_init(struct limits *l)
{
	/* The times before the last are in whole seconds. */
	if (recent_init(&l->hosts, POLICY_HOSTS_MAX,
	    POLICY_HOST_MS + SECOND) == -1 ||
	    recent_init(&l->blocks, POLICY_BLOCKS_MAX,
	    POLICY_BLOCK_MS - 1) == -1)
		return -1;
	return 0;
}

void
pl_limits_free(struct limits *l)
{
	recent_free(&l->hosts);
	recent_free(&l->blocks);
}

/* Whole seconds, rounded so that six never fit in less than the hour. */
static bool
host_is_spent(const struct recent_item *e, uint64_t now)
{
	uint32_t sixth = e->times[RECENT_TIMES - 1];

	return sixth != 0 &&
	    now / SECOND + 1 - sixth <= POLICY_HOST_MS / SECOND;
}

static enum policy_skip
check_host(const struct policy *p, uint64_t now, const uint8_t ip[16])
{
	const struct recent *hosts = &p->limits.hosts;
	const struct recent_item *e = recent_find(hosts, hash_host(p, ip));

	if (e == NULL)
		return recent_has_room(hosts, now) ? SKIP_NONE :
		    SKIP_HOSTS_FULL;
	return host_is_spent(e, now) ? SKIP_HOST_LIMIT : SKIP_NONE;
}

static enum policy_skip
check_block(const struct policy *p, uint64_t now, const uint8_t ip[16])
{
	const struct recent *blocks = &p->limits.blocks;
	const struct recent_item *e = recent_find(blocks, hash_block(p, ip));

	if (e == NULL)
		return recent_has_room(blocks, now) ? SKIP_NONE : SKIP_RATE;
	return now - e->last < POLICY_BLOCK_MS ? SKIP_BLOCK_LIMIT : SKIP_NONE;
}

enum policy_skip
pl_limits_check(const struct policy *p, uint64_t now, const struct netaddr *na)
{
	enum policy_skip why;

	if (p->conf->private_network)
		return SKIP_NONE;
	why = check_host(p, now, na->ip);
	return why != SKIP_NONE ? why : check_block(p, now, na->ip);
}

int
pl_limits_take(struct policy *p, uint64_t now, const struct netaddr *na)
{
	struct limits *l = &p->limits;

	if (recent_use(&l->hosts, now, hash_host(p, na->ip)) == 0 &&
	    recent_use(&l->blocks, now, hash_block(p, na->ip)) == 0)
		return 0;
	return p->conf->private_network ? 0 : -1;
}
