/* SPDX-License-Identifier: ISC */
/*
 * What the operator named: persistent peers, seeds, and dials of pexctl's.
 * Each is resolved, dialled and tried again by the rule of its kind.
 */
#ifndef POLICY_TARGET_H
#define POLICY_TARGET_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "dialer/policy/policy.h"

enum target_state {
	TARGET_IDLE = 0,
	TARGET_RESOLVING,
	TARGET_DIALLING,
	TARGET_UP,		/* that ID is connected */
	TARGET_SELF,		/* it is us: never again */
};

struct target {
	TAILQ_ENTRY(target)	entry;
	TAILQ_ENTRY(target)	resolving;	/* oldest first */
	uint64_t		asked;		/* for its name, when */
	struct host_addr	addr;
	enum policy_kind	kind;	/* PERSISTENT, SEED or MANUAL */
	enum target_state	state;
	uint64_t		due;	/* next try, when idle */
	uint64_t		since;	/* up, or answered (seed) */
	uint32_t		token;	/* of the resolution under way */
	uint32_t		request;	/* pexctl's (manual) */
	uint32_t		tries;	/* failed since the last success */
	uint32_t		interval;	/* seed: between questions */
	enum outcome		last;
	enum policy_skip	skip;	/* of the address looked at last */
	bool			answered;	/* seed: on this connection */
	bool			runtime;	/* by pexctl, not config */
	unsigned		nips, ip;
	uint8_t			ips[POLICY_IPS_MAX][16];
};
TAILQ_HEAD(targets, target);

struct target	*target_new(enum policy_kind, const struct host_addr *);
/* Forget it and what is under way for it. */
void		 target_free(struct policy *, struct targets *,
		    struct target *);
/* Resolve or dial; false if that failed on the spot (kind's rule ran). */
bool		 target_start(struct policy *, uint64_t now, struct target *);
bool		 target_is_busy(const struct target *);
/* Its dial ended other than by a connection. */
void		 target_ended(struct policy *, uint64_t now, struct target *,
		    enum outcome);
void		 targets_tick(struct policy *, uint64_t now);
uint64_t	 targets_due(const struct policy *);
struct target	*target_find(const struct targets *, const struct node_id *);
/*
 * A new config: what is new in it is made first, which may fail (-1, ENOMEM;
 * the caller frees fresh), then joins what is kept of list; the rest of list
 * is freed, save what pexctl asked for.
 */
int		 targets_prepare(struct targets *fresh,
		    const struct targets *list, enum policy_kind,
		    const struct conf *, enum conf_peer_kind);
void		 targets_commit(struct policy *, uint64_t now,
		    struct targets *list, struct targets *fresh,
		    const struct conf *, enum conf_peer_kind);

#endif
