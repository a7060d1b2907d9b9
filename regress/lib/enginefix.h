/* SPDX-License-Identifier: ISC */
/*
 * A real engine process between a parent, a dialer and an addrbookd that
 * are played here: wired over pipes like in the daemon, on a loopback
 * listener.  What it sends is written down; what it asks is answered, unless
 * the test wants to do that itself.
 *
 * The binary is $PEXD_BUILD/libexec/engine, or another program.  In a build
 * with sanitizers its sandbox only logs, else it is enforced.
 */
#ifndef PEXD_REGRESS_ENGINEFIX_H
#define PEXD_REGRESS_ENGINEFIX_H

#include <sys/queue.h>

#include <event2/event.h>

#include <atf-c.h>

#include "common/conf.h"
#include "common/msg.h"
#include "common/nodekey.h"
#include "common/pipe.h"
#include "wire/crypto.h"

#define FIX_SECONDS	20	/* what is waited for comes in that time */

struct fixmsg {
	TAILQ_ENTRY(fixmsg)	 entry;
	enum role		 to;	/* whom engine sent it to */
	uint32_t		 type, id;
	void			*body;	/* copy */
};
TAILQ_HEAD(fixmsgs, fixmsg);

struct enginefix {
	struct event_base	*base;
	struct event		*tick;
	struct wire_crypto	*crypto;
	pid_t			 pid;
	struct pipe		*parent, *dialer, *book;
	struct conf		*conf;		/* change it before the start */
	struct nodekey		*key;
	struct netaddr		 listen;
	const char		*program;	/* NULL: libexec/engine */
	uint32_t		 nofile;	/* handed to it; 0: as it is */
	uint8_t			 verbose;	/* its debug lines: 1 */

	/* How questions are answered. */
	bool			 no_sign, no_admit, no_select;
	uint8_t			 verdict;
	bool			 persistent, unconditional;
	uint32_t		 evict;		/* for one admission */
	unsigned		 nselect;	/* addresses in a selection */

	struct fixmsgs		 msgs;		/* without log lines */
	char			*log;		/* lines, one after another */
	size_t			 log_len;
	unsigned		 nlisten;
	int			 listen_fds[CONF_LISTEN_MAX];
};

/* A config of defaults on a private network; nothing runs yet. */
void		 enginefix_init(struct enginefix *);
/* Run it and wait until it accepts. */
void		 enginefix_start(struct enginefix *);
/* The same step by step: nobody has told its state after the first. */
void		 enginefix_spawn(struct enginefix *);
void		 enginefix_dialer_synced(struct enginefix *);
void		 enginefix_book_synced(struct enginefix *);
/* A neighbour dies, and is started and wired again (not yet synced). */
void		 enginefix_dialer_dies(struct enginefix *);
void		 enginefix_dialer_again(struct enginefix *);
void		 enginefix_book_dies(struct enginefix *);
void		 enginefix_book_again(struct enginefix *);
/* Listen on another loopback port from the next reload on. */
void		 enginefix_add_listener(struct enginefix *);
/* Returns when the config is in force. */
void		 enginefix_reload(struct enginefix *);
/* Close its parent's pipe; it has to leave with status 0. */
void		 enginefix_stop(struct enginefix *);

/* Handle what is there, for some milliseconds at most. */
void		 enginefix_turn(struct enginefix *);
uint64_t	 enginefix_ms(void);
/* FIX_SECONDS from now, in enginefix_ms(). */
uint64_t	 enginefix_deadline(void);

/* Until the expression holds, or the test fails. */
#define FIX_WAIT(fix, what) do {					\
	uint64_t fix_end_ = enginefix_deadline();			\
	while (!(what)) {						\
		if (enginefix_ms() > fix_end_)				\
			atf_tc_fail("%s:%d: in vain waited for %s",	\
			    __FILE__, __LINE__, #what);			\
		enginefix_turn(fix);					\
	}								\
} while (0)

/* What it sent so far. */
unsigned	 fix_count(const struct enginefix *, uint32_t type);
/* The body of the last of that type; the test fails if there is none. */
const void	*fix_last(const struct enginefix *, uint32_t type);
const struct fixmsg *fix_last_msg(const struct enginefix *, uint32_t type);
void		 fix_forget(struct enginefix *);
bool		 fix_logged(const struct enginefix *, const char *part);
/* Its figure of that name, asked for now. */
int64_t		 fix_counter(struct enginefix *, const char *name);
/* Its resident memory in bytes. */
size_t		 fix_rss(const struct enginefix *);
/* n addresses, all different, routable. */
void		 fix_addrs(struct peer_addr *, unsigned n);

#endif
