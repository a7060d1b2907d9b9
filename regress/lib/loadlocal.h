/* SPDX-License-Identifier: ISC */
/* What the two files of the load share; nobody else includes it. */
#ifndef PEXD_REGRESS_LOADLOCAL_H
#define PEXD_REGRESS_LOADLOCAL_H

#include <sys/queue.h>

#include <event.h>

#include "common/nodekey.h"
#include "regress/lib/loadclient.h"
#include "wire/conn.h"

#define READ_SIZE	65536

struct client {
	TAILQ_ENTRY(client)	 entry;
	struct load		*load;
	struct wire_config	 config;	/* its own: the ID differs */
	struct wire_conn	*conn;
	struct nodekey		*key;
	int			 fd;
	struct event		 readable, writable;
	bool			 is_up, is_done, is_bad;
	double			 since;
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
	uint8_t			 buf[READ_SIZE];
};

/* loadclient.c */
/* The next one, from the next address; counts a failure of ours. */
void	 client_start(struct load *);
/* error is WIRE_OK when the reason is end.  Lets others begin. */
void	 client_end(struct client *, enum load_end end,
	    enum wire_error error);

/* loadrun.c */
double	 load_now(void);		/* seconds, monotonic */
void	 load_start_some(struct load *);

#endif
