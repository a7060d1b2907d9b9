/* SPDX-License-Identifier: ISC */
/*
 * A real addrbookd between a parent, an engine and a dialer that are played
 * here, with its store in the working directory's "state".
 *
 * The binary is $PEXD_BUILD/libexec/addrbookd.  In a build with sanitizers
 * its sandbox only logs, else it is enforced.
 */
#ifndef PEXD_REGRESS_BOOKDFIX_H
#define PEXD_REGRESS_BOOKDFIX_H

#include <sys/queue.h>

#include <event2/event.h>

#include <atf-c.h>

#include "common/conf.h"
#include "common/msg.h"
#include "common/pipe.h"
#include "regress/lib/bookfix.h"

#define BFIX_SECONDS	30	/* what is waited for comes in that time */
#define BFIX_STATE	"state"

struct bmsg {			/* what addrbookd sent, and to whom */
	TAILQ_ENTRY(bmsg)	 entry;
	enum role		 to;
	uint32_t		 type, id;
	void			*body;
};
TAILQ_HEAD(bmsgs, bmsg);

struct bookdfix {
	struct event_base	*base;
	struct event		*tick;
	pid_t			 pid;
	struct pipe		*parent, *engine, *dialer;
	struct conf		*conf;		/* change it before the start */
	struct bmsgs		 msgs;		/* without log lines */
	char			*log;
	size_t			 log_len;
};

/* A strict node with an empty state directory; nothing runs yet. */
void		 bfix_init(struct bookdfix *);
/* Run it and wire it. */
void		 bfix_start(struct bookdfix *);
/* A neighbour dies and comes again; it has been told all it has to know. */
void		 bfix_again(struct bookdfix *, enum role);
/* The new config is taken when this returns. */
void		 bfix_reload(struct bookdfix *);
/* kill -9; what it sent is forgotten.  bfix_start() may follow. */
void		 bfix_kill(struct bookdfix *);
/* Close its parent's pipe; it has to leave with status 0. */
void		 bfix_leave(struct bookdfix *);
/* The same, and let go of everything. */
void		 bfix_stop(struct bookdfix *);

void		 bfix_turn(struct bookdfix *);
uint64_t	 bfix_ms(void);

#define BFIX_WAIT(fix, what) do {					\
	uint64_t bfix_end_ = bfix_ms() + BFIX_SECONDS * 1000;		\
	while (!(what)) {						\
		if (bfix_ms() > bfix_end_)				\
			atf_tc_fail("%s:%d: in vain waited for %s",	\
			    __FILE__, __LINE__, #what);			\
		bfix_turn(fix);						\
	}								\
} while (0)

void		 bfix_say(struct bookdfix *, enum role, uint32_t type,
		    uint32_t id, const void *body);
/* Say it and wait for one more message of another type; its body. */
const void	*bfix_ask(struct bookdfix *, enum role, uint32_t type,
		    const void *body, uint32_t answer);
unsigned	 bfix_count(const struct bookdfix *, uint32_t type);
unsigned	 bfix_count_to(const struct bookdfix *, enum role,
		    uint32_t type);
const struct bmsg *bfix_last(const struct bookdfix *, uint32_t type);
void		 bfix_forget(struct bookdfix *);
bool		 bfix_logged(const struct bookdfix *, const char *part);
/* A figure of the summary. */
int64_t		 bfix_counter(struct bookdfix *, const char *name);
/* All rows of a show, by as many cursors as it takes.  Returns how many. */
unsigned	 bfix_rows(struct bookdfix *, enum show, uint32_t row_type);

/* As engine: a list of n addresses from number from on, told by source. */
void		 bfix_tell(struct bookdfix *, unsigned from, unsigned n,
		    unsigned source);
/* As dialer: a dial of number n ended so. */
void		 bfix_dialled(struct bookdfix *, unsigned n, enum outcome);

#endif
