/* SPDX-License-Identifier: ISC */
/*
 * A real dialer process between a parent, an engine and an addrbookd that
 * are played here, with a name server and places to dial on loopback.
 *
 * The binary is $PEXD_BUILD/libexec/dialer.  In a build with sanitizers its
 * sandbox only logs, else it is enforced.
 */
#ifndef PEXD_REGRESS_DIALERFIX_H
#define PEXD_REGRESS_DIALERFIX_H

#include <sys/queue.h>

#include <event2/event.h>

#include <atf-c.h>

#include "common/conf.h"
#include "common/msg.h"
#include "common/pipe.h"

#define DFIX_SECONDS	30	/* what is waited for comes in that time */

struct dmsg {			/* what dialer sent, and to whom */
	TAILQ_ENTRY(dmsg)	 entry;
	enum role		 to;
	uint32_t		 type, id;
	int			 fd;
	void			*body;
};
TAILQ_HEAD(dmsgs, dmsg);

struct dialerfix {
	struct event_base	*base;
	struct event		*tick;
	pid_t			 pid;
	struct pipe		*parent, *engine, *book;
	struct conf		*conf;		/* change it before the start */
	uint32_t		 nofile;	/* handed to it; 0: as it is */
	struct dmsgs		 msgs;		/* without log lines */
	char			*log;
	size_t			 log_len;
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
void		 dfix_spawn(struct dialerfix *);	/* all but the last */
void		 dfix_synced(struct dialerfix *, enum role);
/* A neighbour dies, and comes again (not yet synced). */
void		 dfix_dies(struct dialerfix *, enum role);
void		 dfix_again(struct dialerfix *, enum role);
void		 dfix_reload(struct dialerfix *);
/* Close its parent's pipe; it has to leave with status 0. */
void		 dfix_stop(struct dialerfix *);

void		 dfix_turn(struct dialerfix *);	/* some milliseconds at most */
uint64_t	 dfix_ms(void);
uint64_t	 dfix_deadline(void);

#define DFIX_WAIT(fix, what) do {					\
	uint64_t dfix_end_ = dfix_deadline();				\
	while (!(what)) {						\
		if (dfix_ms() > dfix_end_)				\
			atf_tc_fail("%s:%d: in vain waited for %s",	\
			    __FILE__, __LINE__, #what);			\
		dfix_turn(fix);						\
	}								\
} while (0)

/* Say something as engine, addrbookd or the parent. */
void		 dfix_say(struct dialerfix *, enum role, uint32_t type,
		    uint32_t id, const void *body);
/* Answer the last open question to the book with these. */
void		 dfix_pick(struct dialerfix *, const struct peer_addr *,
		    unsigned n);

unsigned	 dfix_count(const struct dialerfix *, uint32_t type);
const struct dmsg *dfix_last(const struct dialerfix *, uint32_t type);
/* The last OUTCOME of that ID, or 0. */
enum outcome	 dfix_outcome(const struct dialerfix *, unsigned n);
void		 dfix_forget(struct dialerfix *);
bool		 dfix_logged(const struct dialerfix *, const char *part);
int64_t		 dfix_counter(struct dialerfix *, const char *name);
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
