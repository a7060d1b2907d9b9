/* SPDX-License-Identifier: ISC */
/*
 * The control socket.  A client's request gets an id of our own, goes to the
 * process that knows, and the answer streams back no faster than the client
 * reads.  Whatever a client does wrong costs it its connection alone.
 */
#ifndef PEXD_CONTROL_H
#define PEXD_CONTROL_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "common/msg.h"
#include "common/pipe.h"

struct control;
struct pexd;

/*
 * Bind the socket at path, mode 0660.  One left by a dead pexd is replaced;
 * one that answers, or a file that is no socket, is an error.  NULL, and why
 * says what.
 */
struct control	*control_open(const char *path, char *why, size_t size);
/* Begin to take clients.  0 or -1. */
int		 control_start(struct control *, struct pexd *);
/* Ends all clients and removes the socket.  NULL is fine. */
void		 control_free(struct control *);

/* A child is ready, or died. */
void		 control_up(struct control *, enum role);
void		 control_down(struct control *, enum role);
/* A reload that a client asked for ended: see reload.h. */
void		 control_reloaded(void *control, uint32_t id, enum status,
		    const char *text);

/* Handlers of what children answer; ctx is struct pexd. */
void		 control_on_row(void *, struct pipe *, struct msg *);
void		 control_on_counter(void *, struct pipe *, struct msg *);
void		 control_on_fact(void *, struct pipe *, struct msg *);
void		 control_on_imported(void *, struct pipe *, struct msg *);
void		 control_on_done(void *, struct pipe *, struct msg *);
void		 control_on_event(void *, struct pipe *, struct msg *);

/* For show. */
unsigned	 control_clients(const struct control *);
uint64_t	 control_events_shed(const struct control *);

#endif
