/* SPDX-License-Identifier: ISC */
/*
 * One socket with a protocol connection on it, of a made-up world or of a
 * load: reads, writes and signs, and tells its owner what is said.
 */
#ifndef PEXD_REGRESS_PEXCONN_H
#define PEXD_REGRESS_PEXCONN_H

#include <sys/queue.h>

#include <event.h>

#include "wire/conn.h"
#include "wire/pex.h"

struct nodekey;
struct pexconn;

enum pexconn_end {
	PEXCONN_DONE,			/* is_done, and all is written */
	PEXCONN_CONNECT,		/* connect(2) failed */
	PEXCONN_CLOSED,			/* the other side closed or reset it */
	PEXCONN_WIRE,			/* it broke the protocol */
	PEXCONN_LIST,			/* a message did not decode */
};

struct pexconn_ops {
	/* The peer is compatible and packets flow. */
	void	(*up)(struct pexconn *);
	/* addrs: the list, if kind is PEX_ADDRS. */
	void	(*message)(struct pexconn *, enum pex_kind kind,
		    const struct pex_list *addrs);
	/* It is over; freed on return.  error: of PEXCONN_WIRE. */
	void	(*down)(struct pexconn *, enum pexconn_end,
		    enum wire_error error);
};

struct pexconn {
	TAILQ_ENTRY(pexconn)	 entry;		/* the owner's */
	const struct pexconn_ops *ops;
	void			*owner;
	unsigned		 index;		/* the owner's */
	double			 since;		/* s, monotonic */
	uint64_t		 in_bytes, out_bytes;	/* owner may zero */
	const struct nodekey	*key;
	struct wire_config	 config;
	struct wire_conn	*conn;
	struct event		 readable, writable;
	char			 moniker[24];
	int			 fd;
	bool			 is_done;	/* close it when written */
	bool			 is_bad;	/* likewise at once */
};
TAILQ_HEAD(pexconns, pexconn);

/*
 * What all connections of an owner have in common.  Each one's moniker gets
 * the beginning of its ID.  The texts stay the caller's.
 */
void	 pexconn_config(struct wire_config *, struct wire_crypto *,
	    const char *network, const char *moniker);
/*
 * Takes fd (non-blocking) and closes it in the end.  dialled: NULL if it was
 * accepted.  NULL without memory.
 */
struct pexconn *pexconn_new(struct event_base *,
	    const struct wire_config *, const struct nodekey *, int fd,
	    const struct netaddr *listens, const struct node_id *dialled,
	    const struct pexconn_ops *, void *owner);
/* Without a word to the owner. */
void	 pexconn_free(struct pexconn *);
double	 pexconn_now(void);

#endif
