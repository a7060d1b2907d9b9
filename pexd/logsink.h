/* SPDX-License-Identifier: ISC */
/*
 * Where the log goes: standard error in the foreground and while starting,
 * syslog in the background.  The children's lines come here too.  No line is
 * waited for: who signs and answers pexctl must not hang on a log that nobody
 * reads.
 */
#ifndef PEXD_LOGSINK_H
#define PEXD_LOGSINK_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include "common/msg.h"

#define LOGSINK_CHILD_RATE	100	/* lines a second of one child */

struct logsink;

/* Makes it the process's sink.  NULL: ENOMEM. */
struct logsink	*logsink_new(void);
void		 logsink_free(struct logsink *);	/* NULL is fine */
/* What is held back is told a second later.  -1: ENOMEM. */
int		 logsink_start(struct logsink *, struct event_base *);
/* From now on to syslog.  -1: ENOMEM. */
int		 logsink_to_syslog(struct logsink *);
/*
 * A line of a child: made printable, named after its sender, and at most so
 * many a second.
 */
void		 logsink_child(struct logsink *, enum role,
		    const struct m_log *);
/* Lines held back, of children, or lost, for nobody took them, so far. */
uint64_t	 logsink_suppressed(const struct logsink *);

#endif
