/* SPDX-License-Identifier: ISC */
/*
 * Many peers at once against one pexd or CometBFT node: each connects from
 * the next address of a range, does its handshake and what its mode wants,
 * and makes room for the next one.
 */
#ifndef PEXD_REGRESS_LOADCLIENT_H
#define PEXD_REGRESS_LOADCLIENT_H

#include "common/netaddr.h"
#include "regress/lib/hist.h"
#include "wire/error.h"

enum load_mode {
	LOAD_CYCLE,		/* handshake, ask, read the list, close */
	LOAD_HANDSHAKE,		/* handshake, close */
	LOAD_IDLE,		/* handshake, stay */
};

/* What ends a client other than an error of the protocol. */
enum load_end {
	LOAD_DONE,
	LOAD_CONNECT,		/* connect(2) failed */
	LOAD_CLOSED,		/* the target closed or reset it */
	LOAD_LATE,		/* not done in time */
	LOAD_LIST,		/* the list did not decode */
	LOAD_SYSTEM,		/* a call of ours failed */
	LOAD_NENDS
};

struct load_conf {
	enum load_mode	 mode;
	struct peer_addr target;
	uint32_t	 source;	/* first IPv4 to bind, host order */
	uint32_t	 nsources;	/* 0: the kernel's choice */
	unsigned	 concurrency;	/* of one worker */
	uint64_t	 count;		/* of one worker; 0: no limit */
	double		 seconds;	/* 0: no limit */
	double		 rate;		/* new ones a second; 0: at once */
	double		 deadline;	/* seconds for one client */
	const char	*network;
	uint64_t	 block_version;
};

/* Counters of a worker; lives in shared memory. */
struct load_stats {
	uint64_t	ended[LOAD_NENDS];
	uint64_t	errors[WIRE_NERRORS];	/* those of the protocol */
	uint64_t	naddrs;			/* in all lists */
	uint64_t	bytes_in, bytes_out;
	uint64_t	nheld;			/* idle peers that are up */
	double		seconds;		/* first connect to last end */
	struct hist	latency;		/* of those that were done */
};

/*
 * Run until count, seconds or SIGTERM; LOAD_IDLE calls held() once all are
 * up or have failed.  first is the index of this worker's first client among
 * all workers' (it chooses the source address).  0, or -1 with a line on
 * stderr.
 */
int	 load_run(const struct load_conf *, struct load_stats *,
	    unsigned first, void (*held)(void));
const char	*load_end_name(enum load_end);
uint64_t	 load_failed(const struct load_stats *);
void		 load_merge(struct load_stats *, const struct load_stats *);

#endif
