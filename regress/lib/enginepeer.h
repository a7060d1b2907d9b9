/* SPDX-License-Identifier: ISC */
/*
 * A peer of an engine under test: a wirepeer on a TCP socket, on the event
 * loop of the fixture.
 */
#ifndef PEXD_REGRESS_ENGINEPEER_H
#define PEXD_REGRESS_ENGINEPEER_H

#include <event2/event_struct.h>

#include "regress/lib/enginefix.h"
#include "regress/lib/wirepeer.h"

struct enginepeer {
	struct enginefix	*fix;
	struct wirepeer		 wp;
	int			 fd;
	struct event		 rev, wev;
	struct netaddr		 na;		/* our end */
	bool			 open;		/* the socket is ours still */
	bool			 eof;		/* engine closed its side */
	bool			 stay;		/* do not close on eof */
	uint64_t		 in_bytes;
	uint8_t			 early[SECRET_HELLO_SIZE];
	size_t			 early_len;	/* came before we began */
	struct pex_list		 list;		/* the last PexAddrs */
	unsigned		 nlists, nrequests;
	struct peer_addr	 addrs[PEX_ADDRS_FIT];
};

/* A peer with a key of its own; p->wp.config may be changed before opening. */
void	 enginepeer_init(struct enginepeer *, struct enginefix *,
	    unsigned seed);
/* Connect to the engine's listener and begin the handshake. */
void	 enginepeer_open(struct enginepeer *);
/* The TCP connection alone, without a byte; and then the handshake. */
void	 enginepeer_connect(struct enginepeer *);
void	 enginepeer_begin(struct enginepeer *);
/* Have engine dial it: the ID it is to prove may be another's. */
void	 enginepeer_dial(struct enginepeer *, uint32_t dial,
	    const struct node_id *expect, enum purpose);
/* The same, but our side does nothing with its end yet. */
void	 enginepeer_dial_silent(struct enginepeer *, uint32_t dial,
	    const struct node_id *expect, enum purpose);
/* Opened, and the engine reports it as up. */
void	 enginepeer_up(struct enginepeer *);
bool	 enginepeer_is_up(const struct enginepeer *);	/* as we see it */
void	 enginepeer_close(struct enginepeer *);		/* the socket */
void	 enginepeer_free(struct enginepeer *);
/* So many of them, all up. */
struct enginepeer *enginepeers_up(struct enginefix *, unsigned n);
void	 enginepeers_free(struct enginepeer *, unsigned n);

/* Send a PexRequest; a PexAddrs of n addresses; a raw message. */
void	 enginepeer_ask(struct enginepeer *);
void	 enginepeer_tell(struct enginepeer *, unsigned n);
void	 enginepeer_send(struct enginepeer *, uint8_t channel,
	    const void *, size_t);
/* Bytes as they are on the sealed stream: a packet of the test's making. */
void	 enginepeer_stream(struct enginepeer *, const void *, size_t);
/* Bytes as they are on the socket. */
void	 enginepeer_raw(struct enginepeer *, const void *, size_t);
void	 enginepeer_ping(struct enginepeer *);
/* Neither read nor answer any more; and go on. */
void	 enginepeer_freeze(struct enginepeer *);
void	 enginepeer_thaw(struct enginepeer *);

#endif
