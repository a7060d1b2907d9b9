/* SPDX-License-Identifier: ISC */
/*
 * A made-up Internet for a crawler: peers that answer with random addresses
 * of the whole, and addresses where nobody is.  All live peers are one
 * process and one listening socket; which one is meant is told by the
 * address that was dialled.  The machine has to send dials of the others
 * into the void (regress/lib/crawl.sh).
 */
#ifndef PEXD_REGRESS_WORLD_H
#define PEXD_REGRESS_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/netaddr.h"

#define WORLD_PORT	26656
#define WORLD_CLIENTS	12	/* first octet of those who ask the seed */
#define WORLD_SEED_IP	"13.7.7.7"

struct world_conf {
	unsigned	 live, dead;
	unsigned	 crowd;		/* addresses in a /24, 1 to 250 */
	unsigned	 reply;		/* addresses in an answer */
	uint64_t	 number;	/* which world; same number, same one */
	const char	*network;
};

struct world_place {
	struct peer_addr addr;
	bool		 live;
};

/* worldmap.c: who is where.  Ends the process if it cannot. */
struct world_map {
	unsigned	 n, live;	/* places; the live ones come first */
	struct world_place *place;
	unsigned	*by_ip;		/* in order of address */
	struct nodekey	**key;		/* of the live ones */
};
void	 world_map_init(struct world_map *, const struct world_conf *);
void	 world_map_free(struct world_map *);
/* Who is at that IP: an index, or -1. */
int	 world_map_find(const struct world_map *, const uint8_t ip[16]);
/* The last n live ones are alive no more. */
void	 world_map_leave(struct world_map *, unsigned n);
/* A local route for each live address, in order, for ip(8) -batch. */
void	 world_map_routes(const struct world_map *, FILE *);

/* world.c: the peers */
struct event_base;
struct world;
struct world	*world_new(const struct world_conf *,
		    const struct world_map *, struct event_base *);
void		 world_free(struct world *);
/* Live peers that were asked for addresses and answered, each once. */
unsigned	 world_visited(const struct world *);
/* Answers given in all. */
uint64_t	 world_visits(const struct world *);

/* worldpoll.c: asks the seed from ever another host */
struct poll_reply {
	unsigned	 n, live;	/* addresses; alive ones among them */
};
struct poller;
/* reply is called for each answer; failed: nobody answered in time. */
struct poller	*poller_new(const struct world_conf *,
		    const struct world_map *, struct event_base *,
		    const struct peer_addr *seed, unsigned interval_ms,
		    void (*reply)(void *, const struct poll_reply *),
		    void (*failed)(void *, const char *why), void *arg);
void		 poller_free(struct poller *);

#endif
