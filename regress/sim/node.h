/* SPDX-License-Identifier: ISC */
/*
 * A node made of the real book and the real dialer policy.  Its files stand
 * for what is between them: pipes, sockets, engine.
 */
#ifndef SIM_NODE_H
#define SIM_NODE_H

#include "addrbookd/book/book.h"
#include "dialer/policy/policy.h"
#include "engine/limits.h"
#include "regress/sim/sim.h"

#define NODE_EPOCH	UINT64_C(1700000000)	/* s: the clock of the book */
#define NODE_QUESTIONS	8		/* to the book, on their way */
#define NODE_LINKS	1024		/* dials and connections */

enum link_state {
	LINK_FREE = 0,
	LINK_DIALLING,
	LINK_SHAKING,		/* TCP stands */
	LINK_PROVING,		/* admitted; does it stay? */
	LINK_UP,
};

struct link {
	enum link_state	 state;
	uint32_t	 number;	/* that engine gives it; never reused */
	uint32_t	 dial;		/* 0: inbound */
	unsigned	 purpose;
	struct peer_addr addr;		/* of the far end of the socket */
	enum who	 who;
	unsigned	 index;
	uint64_t	 since;
	bool		 live;		/* said anything since it is up */
	bool		 asked;
};

struct question {
	uint32_t	 id;		/* 0: free */
	struct m_pick	 m;
};

struct node {
	struct sim	*sim;
	struct conf	*conf;
	struct rng	 book_rng, policy_rng, rng;
	uint8_t		 key[BOOK_KEY_SIZE];
	struct book	*book;
	struct policy	*policy;
	struct limits	*limits;		/* engine's, of inbound */
	struct question	 question[NODE_QUESTIONS];
	struct link	 link[NODE_LINKS];
	unsigned	 nlinks, next_link;
	uint32_t	 serial;
	bool		 changed;		/* the book: tell dialer */
	struct m_book_status told;
	struct m_seniors seniors;
};

/* --- node.c ------------------------------------------------------------- */

struct node	*node_new(struct sim *, uint64_t seed);
void		 node_free(struct node *);
void		 node_start(struct node *);
/* Everything stops; what the store has is all that is left of the book. */
void		 node_stop(struct node *);
/* The clock of the book. */
uint32_t	 node_clock(const struct node *);
/* What is due in it, now. */
void		 node_tick(struct node *);
uint64_t	 node_due(const struct node *);
/* Tell dialer what it has to know by now of the book. */
void		 node_settle(struct node *);
/* false: that event is none of the node's. */
bool		 node_event(struct node *, const struct event *);

/* --- link.c -------------------------------------------------------------- */

/* ops.connect, ops.ask and ops.drop of the policy. */
void		 link_connect(void *, const struct policy_dial *);
void		 link_ask(void *, uint32_t conn);
void		 link_drop(void *, uint32_t conn, enum down_reason);
/* The link of that number, or NULL if it is no more. */
struct link	*link_find(struct node *, uint32_t number);
struct link	*link_new(struct node *, const struct peer_addr *);
void		 link_free(struct node *, struct link *);
/* The far end of an established one is gone, or hangs up. */
void		 link_down(struct node *, struct link *, enum down_reason);
void		 link_up(struct node *, struct link *);
/* All connections with that one end. */
void		 link_lost(struct node *, enum who, unsigned index);
extern void	(*const link_events[EV_MAX])(struct node *,
		    const struct event *);

/* --- visit.c: who connects to us ---------------------------------------- */

/*
 * From that address, claiming to listen at another: engine's limits, then
 * the policy's verdict.  The link, or NULL if it may not stay.
 */
struct link	*visit(struct node *, const struct peer_addr *from,
		    const struct netaddr *claim);
void		 visit_honest(struct node *);
void		 visit_attack(struct node *);

/* --- restart.c, measure.c ------------------------------------------------ */

/* A new book that is loaded from the rows of the old one. */
void		 restart_book(struct node *);
void		 measure_book(struct node *, struct result *);
void		 measure_peers(struct node *, uint32_t *honest,
		    uint32_t *attacker);

#endif
