/* SPDX-License-Identifier: ISC */
/*
 * A real dialer process between a parent, an engine and an addrbookd that
 * are played here, with a name server and places to dial on loopback.
 */
#ifndef PEXD_REGRESS_DIALERFIX_H
#define PEXD_REGRESS_DIALERFIX_H

#include "regress/lib/childfix.h"

struct dialerfix {
	struct childfix		 child;
	struct conf		*conf;		/* change it before the start */
	/* The name server. */
	struct event		*dns_ev;
	int			 dns_fd;
	unsigned		 dns_questions;
};

/* A regular node on a private network; nothing runs yet. */
void		 dfix_init(struct dialerfix *);
/* Add the name server to the config: see dialerfix_net.c for its names. */
void		 dfix_dns(struct dialerfix *);
/* Run it, wire it, tell it that all is there. */
void		 dfix_start(struct dialerfix *);
/* Close its parent's pipe; it has to leave with status 0. */
void		 dfix_stop(struct dialerfix *);

/* Answer the last open question to the book with these. */
void		 dfix_pick(struct dialerfix *, const struct peer_addr *,
		    unsigned n);

/* The last OUTCOME of that ID, or 0. */
enum outcome	 dfix_outcome(const struct dialerfix *, unsigned n);
bool		 dfix_is_working(struct dialerfix *);

/* IDs and addresses by number, on 127.0.0.1, or ::1 with AF_INET6. */
struct peer_addr dfix_addr(unsigned n, uint16_t port);
struct peer_addr dfix_addr_of(int family, unsigned n, uint16_t port);
struct host_addr dfix_host(unsigned n, const char *host, uint16_t port);
/* A listening socket, its port; backlog 0 and filled: SYNs get lost. */
int		 dfix_listen(int family, uint16_t *port);
uint16_t	 dfix_closed_port(void);	/* nobody listens there */
/* Fills *fds with sockets that fill the backlog; close them all. */
int		 dfix_blackhole(int family, uint16_t *port, int fds[],
		    unsigned max);

#endif
