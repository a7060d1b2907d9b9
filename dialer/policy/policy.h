/* SPDX-License-Identifier: ISC */
/*
 * The dialer's policy: whom to connect, admit, drop, ask, and when.
 *
 * A state machine.  What happens goes in through the functions below; what
 * is to be done comes out through struct policy_ops.  Pure: no I/O, no clock,
 * no randomness of its own, no globals.  `now' is monotonic time in
 * milliseconds and never runs backwards; randomness comes from the struct
 * rng given to policy_new().  Bodies of messages are used as they are
 * (common/msg.h), so that a handler in the process is one call.
 *
 * A callback must not call back into the policy: it queues, sends, or
 * starts.  Memory is bounded by the config and the constants here; where an
 * allocation fails, that dial or that admission is refused and nothing else.
 *
 * Rules: docs, "Behaviour", sections 5 to 7.  Sources: CometBFT
 * p2p/pex/pex_reactor.go and p2p/switch.go (ensurePeers, seeds, persistent
 * peers), Bitcoin Core net.cpp (feelers, eviction, diversity by group).
 */
#ifndef PEXD_POLICY_H
#define PEXD_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/msg.h"
#include "common/netaddr.h"

struct policy;
struct rng;

#define POLICY_NEVER		UINT64_MAX	/* no time */

#define POLICY_SENIORS		5	/* outbound slots wanted for seniors */
#define POLICY_SENIORS_MAX	256	/* seniors the book names */
#define POLICY_GOOD_MIN		32	/* good ones; fewer is poor */
#define POLICY_OUTBOUND_MIN	5	/* outbound peers; fewer is poor */
#define POLICY_POOR_PERIODS	4	/* so many ensure periods poor: seeds */
#define POLICY_VOUCH_PART	3	/* one source's share of the slots */
#define POLICY_FIRST_SEEDS	3	/* asked before a new book is used */
#define POLICY_FIRST_MS		60000	/* the longest that waits for them */
#define POLICY_ASK_PERIODS	10	/* enough known: ask once in so many */
#define POLICY_HOST_DIALS	6	/* dials to one host ... */
#define POLICY_HOST_MS		3600000	/* ... in any such time */
#define POLICY_BLOCK_MS		10000	/* between dials to one /24 or /48 */
#define POLICY_HOSTS_MAX	(1U << 20) /* hosts dialled in such time */
#define POLICY_BLOCKS_MAX	(1U << 14) /* dials in POLICY_BLOCK_MS */
#define POLICY_BACKOFF_MAX	1024	/* endpoints outside the book */
#define POLICY_BANS_MAX		65536	/* mirrored; oldest out first */
#define POLICY_MANUAL_MAX	16	/* pexctl dials under way */
#define POLICY_IPS_MAX		16	/* addresses of one name */
#define POLICY_EVICT_AGE_MS	10000	/* younger ones are not evicted */
#define POLICY_EVICT_GROUPS	8	/* groups with a protected peer */

/* A dial to begin: connect, then hand the socket on with the ID to prove. */
struct policy_dial {
	uint32_t		dial;		/* its number; never 0 */
	struct peer_addr	addr;
	enum purpose		purpose;
};

/* What is to be done.  All have to be there; arg is policy_new()'s. */
struct policy_ops {
	/* Ask the book; its answer goes to policy_picked() with this id. */
	void	(*pick)(void *arg, uint32_t id, const struct m_pick *);
	/* Connect; ends in policy_dialed() or in an admission. */
	void	(*connect)(void *arg, const struct policy_dial *);
	/* All addresses of a configured name, to policy_resolved(). */
	void	(*resolve)(void *arg, uint32_t token, const char *name);
	/* Send that peer a PexRequest. */
	void	(*ask)(void *arg, uint32_t conn);
	/* Close that connection politely. */
	void	(*drop)(void *arg, uint32_t conn, enum down_reason);
	/* How a dial, or a dialled connection, does: for the book. */
	void	(*report)(void *arg, const struct m_outcome *);
	/* The end of a request of pexctl's; text may be empty, never NULL. */
	void	(*answer)(void *arg, uint32_t request, enum status,
		    const char *text);
};

enum policy_skip {		/* why a candidate was not dialled */
	SKIP_NONE = 0,
	SKIP_SELF,		/* our own ID */
	SKIP_CONNECTED,		/* that ID, in either direction */
	SKIP_DIALLING,		/* that ID */
	SKIP_BANNED,		/* ID or host */
	SKIP_SEED,		/* a seed is no peer to fill a slot with */
	SKIP_IP,		/* a peer of that IP is connected */
	SKIP_GROUP,		/* an outbound peer of that group */
	SKIP_HOST_LIMIT,	/* 6 dials in the last hour */
	SKIP_BLOCK_LIMIT,	/* a dial in the last 10 s */
	SKIP_HOSTS_FULL,	/* POLICY_HOSTS_MAX hosts in the last hour */
	SKIP_RATE,		/* POLICY_BLOCKS_MAX dials in the last 10 s */
	SKIP_BACKOFF,		/* outside the book and backing off */
	SKIP_ROOM,		/* dials in flight */
	SKIP_WAITING,		/* before the start */
	SKIP_MAX
};
const char	*policy_skip_name(enum policy_skip);

enum policy_kind {		/* for which rule a dial is made */
	KIND_ENSURE = 0,
	KIND_ROTATE,		/* a newcomer for a full table */
	KIND_PERSISTENT,
	KIND_SEED,
	KIND_PROBE,
	KIND_CRAWL,
	KIND_MANUAL,		/* pexctl dial */
	KIND_MAX
};
const char	*policy_kind_name(enum policy_kind);

/* Counters since policy_new(); they only grow. */
struct policy_stats {
	uint64_t	dials[KIND_MAX];
	uint64_t	outcomes[OUTCOME_MAX];	/* ends of dials; facts too */
	uint64_t	skips[SKIP_MAX];
	uint64_t	verdicts[VERDICT_MAX];
	uint64_t	picks, candidates;	/* asked for; got */
	uint64_t	asks, answers, unanswered;
	uint64_t	evictions, rotations, resolves;
	uint64_t	peers_up, peers_down;
};

/* The state of the moment. */
struct policy_counts {
	unsigned	inbound, outbound;	/* that fill slots */
	unsigned	inbound_all, outbound_all;
	unsigned	seniors;		/* among outbound */
	unsigned	persistent;		/* connected, either way */
	unsigned	dialling;		/* all kinds */
	unsigned	bans;
	bool		need_seeds;		/* poor, or nothing to dial */
	bool		working;		/* started */
};

/*
 * A policy under conf, which the caller keeps until policy_configure() or
 * policy_free().  rng must outlive it.  NULL without memory.
 */
struct policy	*policy_new(const struct conf *, const struct policy_ops *,
		    void *arg, struct rng *);
void		 policy_free(struct policy *);		/* NULL is fine */
/*
 * Take a new config.  Peers stay; persistent peers and seeds that are
 * in both keep their state.  Returns 0, or -1 without memory, and then the
 * old config stays in force.
 */
int		 policy_configure(struct policy *, uint64_t now,
		    const struct conf *);
/* Everybody is wired and has told its state: begin to work. */
void		 policy_start(struct policy *, uint64_t now);
/*
 * Do what is due.  Returns when to call again (POLICY_NEVER before the
 * start).  Any other input may bring that time forward: ask policy_due().
 */
uint64_t	 policy_tick(struct policy *, uint64_t now);
uint64_t	 policy_due(const struct policy *);

/* --- the book ---------------------------------------------------------- */

/* The answer to ops.pick; an answer to no request is ignored. */
void		 policy_picked(struct policy *, uint64_t now, uint32_t id,
		    const struct m_picked *);
void		 policy_book_status(struct policy *, uint64_t now,
		    const struct m_book_status *);
/* A peer's list is in the book (ensurePeers runs at once for a seed's). */
void		 policy_list_taken(struct policy *, uint64_t now,
		    const struct m_list_taken *);
/*
 * The seniors are these and no others; more than POLICY_SENIORS_MAX are cut.
 * Sent whenever the set changed.
 */
void		 policy_seniors(struct policy *, const struct node_id *,
		    size_t n);
/* One ban or its end (left_s 0); a banned peer that is connected goes. */
void		 policy_ban(struct policy *, uint64_t now,
		    const struct m_ban *);
/* addrbookd went: its answers will not come, its bans will come again. */
void		 policy_book_lost(struct policy *, uint64_t now);

/* --- dials ------------------------------------------------------------- */

/* TCP stands; the socket goes to engine.  Its end is then engine's word. */
void		 policy_reached(struct policy *, uint64_t now, uint32_t dial,
		    uint32_t latency_ms);
/* A dial ended, by connect(2) or by engine's word; unknown ones do no harm. */
void		 policy_dialed(struct policy *, uint64_t now,
		    const struct m_dialed *);
/* The addresses of a name; n 0 when there are none or DNS failed. */
void		 policy_resolved(struct policy *, uint64_t now, uint32_t token,
		    const uint8_t (*ips)[16], size_t n);

/* --- connections ------------------------------------------------------- */

/*
 * May this authenticated connection stay?  VERDICT_OK holds its place until
 * policy_peer_down(); with evict set that connection has to close for it
 * (no policy_drop follows).  Cost: a few hash look-ups; when full in regular
 * mode amortized O(log n) more.
 */
struct m_admitted policy_admit(struct policy *, uint64_t now,
		    const struct m_admit *);
/* It is up; one that was never admitted is taken (a replay by engine). */
void		 policy_peer_up(struct policy *, uint64_t now,
		    const struct m_peer_up *);
void		 policy_peer_down(struct policy *, uint64_t now,
		    const struct m_peer_down *);
/* A pong or a PexAddrs came from it. */
void		 policy_peer_live(struct policy *, uint64_t now,
		    const struct m_peer_live *);
/* engine went, and with it every connection and every dial handed on. */
void		 policy_engine_lost(struct policy *, uint64_t now);

/* --- pexctl ------------------------------------------------------------ */

/*
 * Dial, or make persistent until the restart; answered when the dial has
 * ended.  drop closes every connection of that ID.
 */
void		 policy_ctl_dial(struct policy *, uint64_t now,
		    uint32_t request, const struct m_ctl_dial *);
void		 policy_ctl_drop(struct policy *, uint64_t now,
		    uint32_t request, const struct m_ctl_drop *);
/*
 * Row *cursor of the persistent peers, then of the seeds; moves *cursor on.
 * False at the end.  Start with 0.
 */
bool		 policy_show_row(const struct policy *, uint64_t now,
		    uint64_t *cursor, struct m_row_dial *);
const struct policy_stats *policy_stats(const struct policy *);
void		 policy_count(const struct policy *, struct policy_counts *);

/*
 * Does every internal rule hold (counts, indexes, bounds)?  Returns 0, or
 * the code of the first that is broken.  For tests; cost O(everything).
 */
int		 policy_verify(const struct policy *);

#endif
