/* SPDX-License-Identifier: ISC */
/*
 * A real engine process between a parent, a dialer and an addrbookd that
 * are played here, on a loopback listener.  What it asks is answered, unless
 * the test wants to do that itself.
 */
#ifndef PEXD_REGRESS_ENGINEFIX_H
#define PEXD_REGRESS_ENGINEFIX_H

#include "common/nodekey.h"
#include "regress/lib/childfix.h"
#include "wire/crypto.h"

struct enginefix {
	struct childfix		 child;
	struct wire_crypto	*crypto;
	struct conf		*conf;		/* change it before the start */
	struct nodekey		*key;
	struct netaddr		 listen;

	/* How questions are answered. */
	bool			 no_sign, no_admit, no_select;
	uint8_t			 verdict;
	bool			 persistent, unconditional;
	uint32_t		 evict;		/* for one admission */
	unsigned		 nselect;	/* addresses in a selection */

	unsigned		 nlisten;
	int			 listen_fds[CONF_LISTEN_MAX];
};

/* A config of defaults on a private network; nothing runs yet. */
void		 enginefix_init(struct enginefix *);
/* Run it and wait until it accepts; fix_spawn() is the half of it. */
void		 enginefix_start(struct enginefix *);
/* Listen on another loopback port from the next reload on. */
void		 enginefix_add_listener(struct enginefix *);
/* Close its parent's pipe; it has to leave with status 0. */
void		 enginefix_stop(struct enginefix *);

/* n addresses, all different, routable. */
void		 fix_addrs(struct peer_addr *, unsigned n);

#endif
