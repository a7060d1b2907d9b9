/* SPDX-License-Identifier: ISC */
/*
 * What a reactor is to the switch: a name, channels, and callbacks.  Every
 * connection that is established is reported to every reactor; a message
 * goes to the one whose channel it came on.
 *
 * A new reactor is a file of its own and a line in reactors.c.
 */
#ifndef PEXD_ENGINE_REACTOR_H
#define PEXD_ENGINE_REACTOR_H

#include <stddef.h>
#include <stdint.h>

#include "common/child.h"
#include "wire/mconn.h"

#define REACTORS_MAX		8
#define REACTOR_CHANNELS_MAX	4

struct engine;
struct peer;

struct reactor {
	const char		*name;
	struct mconn_channel	 channels[REACTOR_CHANNELS_MAX];
	unsigned		 nchannels;
	/* Bytes of its own for every peer, zeroed; see switch_state(). */
	size_t			 peer_size;

	/* Messages of other processes that are for it; ctx is self. */
	const struct msg_handler *from_dialer, *from_addrbookd;

	/* Its state (not NULL), or NULL without memory; at start only. */
	void	*(*create)(struct engine *);
	void	 (*destroy)(void *self);
	/* A peer is there.  It may be gone on return, if dropped in here. */
	void	 (*add_peer)(void *self, struct peer *);
	/* It goes; the last chance to look at it.  Nothing can be sent. */
	void	 (*remove_peer)(void *self, struct peer *,
		    enum down_reason, const char *why);
	/* A whole message on one of its channels, valid during the call. */
	void	 (*receive)(void *self, struct peer *, uint8_t channel,
		    struct wire_span);
	/* A neighbour is there (again) and has told its state. */
	void	 (*synced)(void *self, enum role);
	/* Its pipe was full and no longer is. */
	void	 (*drained)(void *self, enum role);
	/* Its counters for pexctl show, with child_counter(). */
	void	 (*show)(void *self, uint32_t id);
};	/* any pointer but name may be NULL (receive not with channels) */

/* The table; ends with NULL.  They are called in this order. */
extern const struct reactor *const reactors[];

#endif
