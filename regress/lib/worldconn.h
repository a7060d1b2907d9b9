/* SPDX-License-Identifier: ISC */
/*
 * One socket of a made-up world with a protocol connection on it: reads,
 * writes and signs, and tells its owner what is said.
 */
#ifndef PEXD_REGRESS_WORLDCONN_H
#define PEXD_REGRESS_WORLDCONN_H

#include <sys/queue.h>

#include <event.h>

#include "wire/conn.h"
#include "wire/pex.h"

struct nodekey;
struct worldconn;

struct worldconn_ops {
	/* The peer is compatible and packets flow. */
	void	(*up)(struct worldconn *);
	/* addrs: the list, if kind is PEX_ADDRS. */
	void	(*message)(struct worldconn *, enum pex_kind kind,
		    const struct pex_list *addrs);
	/* It is over; freed on return. */
	void	(*down)(struct worldconn *);
};

struct worldconn {
	TAILQ_ENTRY(worldconn)	 entry;		/* the owner's */
	const struct worldconn_ops *ops;
	void			*owner;
	unsigned		 index;		/* the owner's */
	double			 since;		/* s, monotonic */
	const struct nodekey	*key;
	struct wire_config	 config;
	struct wire_conn	*conn;
	struct event		 readable, writable;
	char			 moniker[24];
	int			 fd;
	bool			 is_done;	/* close it when written */
};
TAILQ_HEAD(worldconns, worldconn);

/*
 * What all connections of an owner have in common.  Each one's moniker gets
 * the beginning of its ID.  The texts stay the caller's.
 */
void	 worldconn_config(struct wire_config *, struct wire_crypto *,
	    const char *network, const char *moniker);
/*
 * Takes fd (non-blocking) and closes it in the end.  dialled: NULL if it was
 * accepted.  NULL without memory.
 */
struct worldconn *worldconn_new(struct event_base *,
	    const struct wire_config *, const struct nodekey *, int fd,
	    const struct netaddr *listens, const struct node_id *dialled,
	    const struct worldconn_ops *, void *owner);
/* Without a word to the owner. */
void	 worldconn_free(struct worldconn *);
double	 worldconn_now(void);

#endif
