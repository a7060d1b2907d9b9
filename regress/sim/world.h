/* SPDX-License-Identifier: ISC */
/*
 * The network around the node: honest nodes that come and go, addresses
 * where nobody is any more, seeds, and the attacker.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/netaddr.h"
#include "common/rng.h"

#define WORLD_HONEST	1000	/* nodes that listen */
#define WORLD_GROUPS	300	/* they are spread over, by Zipf's law */
#define WORLD_STALE	300	/* addresses nobody is at */
#define WORLD_SEEDS	3
#define WORLD_LIST_MAX	250

#define SECOND_MS	UINT64_C(1000)
#define MINUTE_MS	(60 * SECOND_MS)
#define HOUR_MS		(60 * MINUTE_MS)

enum who { WHO_NOBODY = 0, WHO_HONEST, WHO_SEED, WHO_ATTACKER };

struct honest {
	struct peer_addr addr;
	bool		 up;
};

/* groups x hosts addresses of hosts, each with some IDs on ports of its own. */
struct attacker {
	unsigned	groups, hosts, ids;
	bool		active;		/* the attack has begun */
	bool		lies;		/* it runs one of our seeds */
};

struct world {
	struct rng	 rng;
	struct honest	 honest[WORLD_HONEST];
	struct peer_addr stale[WORLD_STALE];
	struct peer_addr seed[WORLD_SEEDS];
	struct attacker	 attacker;
};

/* All from the state of rng. */
void		 world_init(struct world *, uint64_t seed);
/* Who is meant, and which of them; WHO_NOBODY for what was made up. */
enum who	 world_who(const struct world *, const struct peer_addr *,
		    unsigned *index);
/* Does somebody answer there now? */
bool		 world_is_up(const struct world *, const struct peer_addr *);
/* A node goes down or comes up; the time until it changes again, ms. */
uint64_t	 world_toggle(struct world *, unsigned index);
uint64_t	 world_first_toggle(struct world *, unsigned index);
/* Is it the attacker's, or his seed? */
bool		 world_is_his(const struct world *, enum who, unsigned index);
/* What that one answers to a request.  Returns how many. */
unsigned	 world_list(struct world *, enum who, unsigned index,
		    struct peer_addr *out);
/* Exponentially distributed with that mean. */
uint64_t	 world_wait(struct rng *, uint64_t mean_ms);
/* An honest node, up or not. */
unsigned	 world_draw(struct world *);

/* An address from the n-th group: host h of it, the k-th ID there. */
struct peer_addr world_addr(enum who, unsigned index, unsigned group,
		    unsigned host, uint16_t port);

/* --- attacker.c -------------------------------------------------------- */

void		 attacker_init(struct attacker *, unsigned groups,
		    unsigned hosts);
unsigned	 attacker_size(const struct attacker *);	/* addresses */
unsigned	 attacker_nhosts(const struct attacker *);
struct peer_addr attacker_addr(const struct attacker *, unsigned index);
/* A host by its number, at one of its IDs; the index of that. */
unsigned	 attacker_at(const struct attacker *, struct rng *,
		    unsigned host);
/* Of its own ones any. */
struct peer_addr attacker_draw(const struct attacker *, struct rng *);
/* An address where nobody is. */
struct peer_addr attacker_trash(struct rng *);
unsigned	 attacker_list(const struct attacker *, struct rng *,
		    struct peer_addr *out);

#endif
