/* SPDX-License-Identifier: ISC */
/*
 * The real policy and the real book joined, under one virtual clock; the
 * network around them is the test's.  What is between them in the daemon
 * (pipes, sockets, engine) takes no time here but for dials and DNS.
 */
#ifndef REGRESS_NODEFIX_H
#define REGRESS_NODEFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addrbookd/book/book.h"
#include "common/rng.h"
#include "dialer/policy/policy.h"

#define NX_SECOND	UINT64_C(1000)
#define NX_MINUTE	(60 * NX_SECOND)
#define NX_HOUR		(60 * NX_MINUTE)
#define NX_DAY		(24 * NX_HOUR)
#define NX_START	1700000000U	/* wall clock of the start, s */
#define NX_IPS		20		/* more than are used of a name */
#define NX_EVENTS	1024		/* under way at a time */

struct nx;

/* What the network does; NULL: nobody is there, no name has an address. */
struct nx_world {
	/* How a dial to that address ends (connected: it stays and is live). */
	enum outcome	(*dialled)(struct nx *, const struct policy_dial *);
	/* Addresses of a name, room for NX_IPS, and how long that takes. */
	size_t		(*resolved)(struct nx *, const char *name,
			    uint8_t (*ips)[16], uint64_t *ms);
	/* What that peer answers when it is asked; at most MSG_LIST_MAX. */
	size_t		(*answered)(struct nx *, const struct peer_addr *,
			    struct peer_addr *);
};

enum nx_kind { NX_DIAL_END, NX_RESOLVED, NX_PICKED, NX_ANSWER, NX_DOWN };

struct nx_event {
	uint64_t	at;
	enum nx_kind	kind;
	uint32_t	number;		/* dial, question, token, conn */
	struct policy_dial dial;
	struct m_pick	*pick;		/* freed with it */
	uint8_t		(*ips)[16];	/* likewise */
	size_t		nips;
	enum down_reason reason;
};

struct nx_conn {
	uint32_t	conn;		/* 0: free */
	struct peer_addr addr;
};

struct nx {
	struct conf		*conf;
	struct rng		 rng;
	struct policy		*policy;
	struct book		*book;
	const struct nx_world	*world;
	void			*arg;		/* the world's */
	uint64_t		 now;		/* monotonic, ms */
	uint32_t		 wall;		/* of the book's start, s */
	uint64_t		 began;		/* monotonic, then */
	struct nx_event		 events[NX_EVENTS];
	unsigned		 nevents;
	struct nx_conn		 conns[1024];
	uint32_t		 last_conn;
	uint64_t		 dials;		/* begun so far */
	uint64_t		 next_tell;
};

/* Change conf, then nx_start(). */
struct nx	*nx_new(enum conf_mode, const struct nx_world *, void *arg);
void		 nx_start(struct nx *);
void		 nx_free(struct nx *);
void		 nx_run(struct nx *, uint64_t ms);
/* Every connection ends. */
void		 nx_lose_all(struct nx *, enum down_reason);
/* The daemon starts again with that wall clock; what is stored is kept. */
void		 nx_restart(struct nx *, uint32_t wall);

uint32_t	 nx_clock(const struct nx *);	/* the book's */
unsigned	 nx_peers(const struct nx *);
bool		 nx_has_peer(const struct nx *, const struct node_id *);
struct book_counts nx_counts(struct nx *);

#endif
