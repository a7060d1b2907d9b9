/* SPDX-License-Identifier: ISC */
/* A conversation with pexd over its control socket. */
#ifndef PEXCTL_CLIENT_H
#define PEXCTL_CLIENT_H

#include <stdint.h>

#include "common/msg.h"
#include "common/pipe.h"

/* Seconds without a word from the daemon before it is given up. */
#define CLIENT_PATIENCE	30

struct client;

/*
 * Connect to the socket at path.  NULL with errno: nobody is there, or the
 * caller may not.
 */
struct client	*client_open(const char *path);
void		 client_close(struct client *);		/* NULL is fine */
/*
 * Handle the types of this table (the rows of an answer) with this ctx.
 * Before client_ask().
 */
void		 client_handle(struct client *, const struct msg_handler *,
		    void *ctx);
/*
 * Send a request and wait for its end, while rows go to their handlers.
 * Returns 0 and the end in *done; or -1: the daemon is gone or silent, and
 * client_why() says which.
 */
int		 client_ask(struct client *, uint32_t type, const void *body,
		    struct m_done *done);
/* The same without an end: returns -1 once the daemon is gone. */
int		 client_watch(struct client *, uint32_t type,
		    const void *body, struct m_done *done);
/* From a handler: this message was the end of the request under way. */
void		 client_answered(struct client *, const struct msg *);
const char	*client_why(const struct client *);

#endif
