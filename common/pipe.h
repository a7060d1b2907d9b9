/* SPDX-License-Identifier: ISC */
/*
 * One imsg pipe to a neighbour, on the event loop: typed messages in, typed
 * messages out, authority by table, bounded queue.
 *
 * A message that its sender may not send, that this process has no handler
 * for, or that does not decode, ends the pipe.
 */
#ifndef PEXD_PIPE_H
#define PEXD_PIPE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/msg.h"

/* Bytes waiting in one pipe: past high what can be shed is shed, past hard
 * the neighbour is taken for dead. */
#define PIPE_LOW_WATER	(256 * 1024)
#define PIPE_HIGH_WATER	(1024 * 1024)
#define PIPE_HARD_LIMIT	(16 * 1024 * 1024)
#define PIPE_LAZY_MS	2		/* that MSG_LAZY waits at most */

struct event_base;
struct pipe;

struct msg {				/* as a handler sees it */
	uint32_t	 type;
	uint32_t	 id;		/* header id: request and its answer */
	int		 fd;		/* take it and set -1, or it is closed;
					   -1 on MSG_FD: lost for want of
					   descriptors */
	const void	*body;		/* decoded; valid during the call */
};

struct msg_handler {			/* tables end with type MSG_NONE */
	uint32_t	  type;
	void		(*fn)(void *ctx, struct pipe *, struct msg *);
};

enum pipe_end {
	PIPE_EOF = 1,			/* the neighbour went */
	PIPE_ERROR,			/* errno on the socket */
	PIPE_VIOLATION,			/* a message that may not be */
	PIPE_STUCK,			/* hard limit reached */
};

struct pipe_ops {
	/* The pipe is over; free it here or later.  why is printable. */
	void	(*ended)(void *ctx, struct pipe *, enum pipe_end,
		    const char *why);
	/* The queue fell below low water after it had been high; or NULL. */
	void	(*drained)(void *ctx, struct pipe *);
};

struct pipe_stats {
	uint64_t	sent, received;		/* messages */
	uint64_t	shed;			/* not sent, by flag MSG_SHED */
	size_t		queued;			/* bytes waiting */
	size_t		queued_max;
};

/*
 * Wrap fd (a stream socketpair end; taken over, made non-blocking).  self
 * and peer are single roles.  ops must outlive the pipe; ctx is handed to
 * them.  Returns NULL with errno; fd is closed then.
 */
struct pipe	*pipe_new(struct event_base *, int fd, enum role self,
		    enum role peer, const struct pipe_ops *, void *ctx);
/*
 * Handle the types of this table with this ctx; a later table wins.  NULL is
 * an empty table.  Before the first turn of the loop, or a message may find
 * no handler.
 */
void		 pipe_handle(struct pipe *, const struct msg_handler *,
		    void *ctx);
void		 pipe_free(struct pipe *);	/* closes; NULL is fine */

/*
 * Queue a message; it leaves at the end of this turn of the loop, a lazy one
 * with the next that is not, or soon.  body is the struct of the type's
 * table row.  fd (-1: none) is taken over in every
 * case.  Returns 0, or -1: ENOBUFS (shed), EPIPE (pipe over), EINVAL, ENOMEM.
 */
int		 pipe_send(struct pipe *, uint32_t type, uint32_t id, int fd,
		    const void *body);
/* pipe_send() with neither id, fd nor body. */
int		 pipe_signal(struct pipe *, uint32_t type);
/* Write out now as far as the socket takes it (at exit). */
void		 pipe_flush(struct pipe *);
/* From a handler: what came makes no sense; ends the pipe on return. */
void		 pipe_violation(struct pipe *, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

/* Stop and go on reading from the neighbour (back-pressure). */
void		 pipe_pause(struct pipe *);
void		 pipe_resume(struct pipe *);
bool		 pipe_is_high(const struct pipe *);	/* above high water */
enum role	 pipe_peer(const struct pipe *);
int		 pipe_fd(const struct pipe *);
const struct pipe_stats	*pipe_stats(const struct pipe *);

#endif
