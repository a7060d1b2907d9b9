/* SPDX-License-Identifier: ISC */
/* What the two files of the load share; nobody else includes it. */
#ifndef PEXD_REGRESS_LOADLOCAL_H
#define PEXD_REGRESS_LOADLOCAL_H

#include <sys/queue.h>

#include <event.h>

#include "common/nodekey.h"
#include "regress/lib/loadclient.h"
#include "regress/lib/pexconn.h"

struct client {
	TAILQ_ENTRY(client)	 entry;
	struct load		*load;
	struct pexconn		*conn;
	bool			 is_up;
	double			 since;		/* before connect(2) */
};
TAILQ_HEAD(clients, client);

struct load {
	const struct load_conf	*conf;
	struct load_stats	*stats;
	struct wire_crypto	*crypto;
	struct wire_config	 config;
	struct event_base	*base;
	struct event		 tick, sigterm, sigint;
	struct nodekey		**keys;
	unsigned		 nkeys, nactive, first;
	uint64_t		 nstarted;
	double			 begun;
	bool			 is_stopping;
	void			(*held)(void);
	struct clients		 clients;	/* oldest first */
};

/* loadclient.c */
/* The next one, from the next address; counts a failure of ours. */
void	 client_start(struct load *);
/* It was not done in time.  Lets others begin. */
void	 client_end_late(struct client *);
void	 client_free(struct client *);	/* without a word */

/* loadrun.c */
void	 load_start_some(struct load *);

#endif
