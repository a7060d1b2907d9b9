/* SPDX-License-Identifier: ISC */
/* What the files of the control socket share and nobody else sees. */
#ifndef PEXD_CONTROL_IMPL_H
#define PEXD_CONTROL_IMPL_H

#include <sys/queue.h>
#include <sys/un.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "pexd/control.h"
#include "pexd/pexd.h"

/* What a client has asked for; it is not read from until that is answered. */
struct request {
	bool		 active;
	uint32_t	 id;		/* ours, never used twice */
	uint32_t	 client_id;
	uint8_t		 what;		/* of a show */
	unsigned	 waiting;	/* roles that owe an answer */
	unsigned	 held;		/* of these: go on when it has read */
	uint64_t	 cursor[NCHILDREN];
	enum status	 status;	/* the first that was not OK */
	char		 text[256];
	bool		 persists;	/* a dial; then: */
	struct host_addr addr;
	struct event	 patience;
};

struct client {
	TAILQ_ENTRY(client)	 entry;
	struct control		*ctl;
	struct pipe		*pipe;		/* NULL: gone, to be freed */
	uid_t			 uid;
	uint64_t		 idle_ms;	/* since when we wait for it */
	struct request		 req;
	bool			 monitor;
	uint32_t		 monitor_id;	/* of its request */
	uint64_t		 imported;	/* entries it asked to import */
};
TAILQ_HEAD(clients, client);

struct persist;
TAILQ_HEAD(persists, persist);

struct control {
	struct pexd		*px;
	struct sockaddr_un	 sun;
	dev_t			 dev;		/* of the socket's file */
	ino_t			 ino;
	gid_t			 gid;
	int			 fd;
	struct event		 accept_ev, pause_ev, bury_ev;
	struct clients		 clients, dead;
	struct persists		 persists;
	unsigned		 npersists;
	unsigned		 nclients, nmonitors;
	uint32_t		 last_id;
	uint64_t		 shed;		/* of monitors that are gone */
	bool			 started;
};

/* control.c */
/* The client's pipe ended or has to. */
void	 client_end(struct client *);
/* pipe_send() to a client that may be gone: 0 or -1. */
int	 client_send(struct client *, uint32_t type, uint32_t id,
	    const void *body);

/* request.c */
/* Nothing is owed to it: it has to ask, or to read what it asked for. */
bool	 request_waits_for(const struct client *);
extern const struct msg_handler request_handlers[];
/* The client has read what was queued. */
void	 request_drained(struct client *);
/* The client is gone. */
void	 request_drop(struct client *);
/* A row that the parent itself knows. */
void	 request_row(struct client *, uint32_t type, const void *row);

/* monitor.c */
void	 monitor_add(struct client *, uint32_t id);
void	 monitor_remove(struct client *);
/* A child has come. */
void	 monitor_up(struct control *, enum role);

/* persist.c */
/* dialer has taken it on; at most CONF_PEERS_MAX, and the config's own not. */
void	 persist_add(struct control *, const struct host_addr *);
/* A dialer has come. */
void	 persist_tell(struct control *);
/* Those that the config names now are its own. */
void	 persist_reloaded(struct control *);
void	 persist_free(struct control *);

/* show.c */
void	 show_processes(struct pexd *, struct client *);
void	 show_summary(struct pexd *, struct client *);

/* audit.c */
/* Log what is asked for, and of whom: a dial, a drop, a ban or an import. */
void	 audit_ask(struct client *, const struct msg *);
/* The client goes: log how much it imported. */
void	 audit_end(struct client *);

#endif
