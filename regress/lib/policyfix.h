/* SPDX-License-Identifier: ISC */
/*
 * A policy under test: a virtual clock, everything it asks for recorded,
 * its own books checked after every step.
 */
#ifndef REGRESS_POLICYFIX_H
#define REGRESS_POLICYFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/rng.h"
#include "dialer/policy/policy.h"

#define FX_LOG	4096		/* records of each kind kept */

#define FX_SECOND	UINT64_C(1000)
#define FX_MINUTE	(60 * FX_SECOND)
#define FX_HOUR		(60 * FX_MINUTE)

struct fx_pick {
	uint32_t	id;
	uint64_t	at;
	struct m_pick	m;
};
struct fx_dial {
	uint64_t	at;
	struct policy_dial d;
};
struct fx_resolve {
	uint64_t	at;
	uint32_t	token;
	char		name[HOST_NAME_SIZE];
};
struct fx_conn {		/* ask or drop */
	uint64_t	at;
	uint32_t	conn;
	enum down_reason reason;
};
struct fx_answer {
	uint64_t	at;
	uint32_t	request;
	enum status	status;
	char		text[128];
};

struct fx {
	struct conf	*conf;
	struct rng	 rng;
	struct policy	*p;
	uint64_t	 now;
	uint32_t	 next_conn;
	unsigned	 npicks, ndials, nresolves, nasks, ndrops, nreports,
			 nanswers;
	struct fx_pick	 picks[FX_LOG];
	struct fx_dial	 dials[FX_LOG];
	struct fx_resolve resolves[FX_LOG];
	struct fx_conn	 asks[FX_LOG], drops[FX_LOG];
	struct m_outcome reports[FX_LOG];
	struct fx_answer answers[FX_LOG];
};

/* An ID and an address made from a number; hosts and groups all differ. */
struct node_id	 fx_id(unsigned n);
struct peer_addr fx_addr(unsigned n);
struct peer_addr fx_at(unsigned n, const char *ip, unsigned port);
struct host_addr fx_host(unsigned n, const char *name);	/* name or literal */

/* A config of defaults for that mode; change it, then fx_begin(). */
struct fx	*fx_new(enum conf_mode);
struct conf	*fx_conf(enum conf_mode);	/* one like fx_new()'s */
/* Reload: take the config over in place of the old one. */
void		 fx_reload(struct fx *, struct conf *);
void		 fx_begin(struct fx *);		/* makes the policy */
void		 fx_start(struct fx *);		/* and starts it */
void		 fx_free(struct fx *);
/* Let time pass, doing what is due when it is due. */
void		 fx_run(struct fx *, uint64_t ms);
void		 fx_check(struct fx *);		/* its own rules hold */

/* The book's part.  The last question, or the last of that kind. */
void		 fx_status(struct fx *, unsigned good, bool wanted);
struct fx_pick	*fx_last_pick(struct fx *);
struct fx_pick	*fx_last_of(struct fx *, enum pick_kind);
/* Let time pass until the book is asked such a question (within a day). */
struct fx_pick	*fx_next_pick(struct fx *, enum pick_kind);
void		 fx_answer_pick(struct fx *, const struct fx_pick *,
		    const struct peer_addr *, unsigned n);
/* The same; source[i] is the group that told of addrs[i], 0 if proved. */
void		 fx_answer_heard(struct fx *, const struct fx_pick *,
		    const struct peer_addr *, const uint64_t *source,
		    unsigned n);

/* The network's part.  A dial by its index in dials[]. */
void		 fx_fail(struct fx *, unsigned dial, enum outcome);
/* TCP, handshake, admission, up: returns the connection, 0 if refused. */
uint32_t	 fx_connected(struct fx *, unsigned dial);
enum verdict	 fx_admit_dial(struct fx *, unsigned dial, uint32_t *conn);
/* An inbound peer; the verdict, and who was evicted if evict is given. */
enum verdict	 fx_inbound(struct fx *, const struct peer_addr *,
		    uint32_t *conn, uint32_t *evict);
void		 fx_up(struct fx *, uint32_t conn, const struct peer_addr *,
		    bool outbound, enum purpose);
void		 fx_down(struct fx *, uint32_t conn, enum down_reason);
void		 fx_live(struct fx *, uint32_t conn, enum outcome how);

/* An outbound peer of that number by a replay of engine's. */
uint32_t	 fx_outbound(struct fx *, unsigned n);

/* What was recorded. */
unsigned	 fx_count_reports(const struct fx *, enum outcome);
unsigned	 fx_count_asks(const struct fx *, uint32_t conn);
const struct fx_conn *fx_find_drop(const struct fx *, uint32_t conn);
/* The first dial of that ID from index on, or -1. */
int		 fx_find_dial(const struct fx *, const struct node_id *,
		    unsigned from);
struct policy_counts fx_counts(const struct fx *);

#endif
