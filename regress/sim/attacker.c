/* SPDX-License-Identifier: ISC */
/*
 * What the attacker has: groups of hosts, each with IDs as he likes, and
 * addresses made up.
 */

#include "regress/sim/world.h"

#define FIRST_GROUP	1000
#define TRASH_GROUP	6000
#define TRASH_GROUPS	14000
#define FIRST_PORT	26656
#define ADDRESSES_MIN	8192	/* few hosts have many IDs each */
#define IDS_MIN		4
#define OWN_SHARE	2	/* every second of a list is his own */

void
attacker_init(struct attacker *a, unsigned groups, unsigned hosts)
{
	unsigned n = groups * hosts;

	a->groups = groups;
	a->hosts = hosts;
	a->ids = n > 0 && ADDRESSES_MIN / n > IDS_MIN ? ADDRESSES_MIN / n :
	    IDS_MIN;
}

unsigned
attacker_nhosts(const struct attacker *a)
{
	return a->groups * a->hosts;
}

unsigned
attacker_size(const struct attacker *a)
{
	return attacker_nhosts(a) * a->ids;
}

struct peer_addr
attacker_addr(const struct attacker *a, unsigned index)
{
	unsigned host = index / a->ids;

	return world_addr(WHO_ATTACKER, index, FIRST_GROUP + host % a->groups,
	    host / a->groups, FIRST_PORT + index % a->ids);
}

unsigned
attacker_at(const struct attacker *a, struct rng *rng, unsigned host)
{
	return host * a->ids + rng_below(rng, a->ids);
}

struct peer_addr
attacker_draw(const struct attacker *a, struct rng *rng)
{
	return attacker_addr(a, rng_below(rng, attacker_size(a)));
}

struct peer_addr
attacker_trash(struct rng *rng)
{
	return world_addr(WHO_NOBODY, rng_u32(rng),
	    TRASH_GROUP + rng_below(rng, TRASH_GROUPS),
	    rng_below(rng, 256 * 250), FIRST_PORT);
}

unsigned
attacker_list(const struct attacker *a, struct rng *rng,
    struct peer_addr *out)
{
	unsigned i;

	for (i = 0; i < WORLD_LIST_MAX; i++)
		out[i] = i % OWN_SHARE == 0 ? attacker_draw(a, rng) :
		    attacker_trash(rng);
	return WORLD_LIST_MAX;
}
