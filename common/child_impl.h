/* SPDX-License-Identifier: ISC */
/* What child.c and child_wiring.c share and nobody else sees. */
#ifndef PEXD_CHILD_IMPL_H
#define PEXD_CHILD_IMPL_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "common/child.h"

#define NEIGHBOURS	3	/* engine, dialer, addrbookd */

struct neighbour {
	enum role	 role;
	struct pipe	*pipe;
	uint32_t	 number;	/* of the pipe, the parent's */
	bool		 synced;
};

struct child {
	const struct child_ops	*ops;
	void			*ctx;
	struct event_base	*base;
	struct pipe		*parent;
	struct neighbour	 nb[NEIGHBOURS];
	struct conf		*conf;		/* in force */
	struct conf		*next;		/* being received */
	struct m_proc_init	 init;
	struct event		 held;		/* log lines, to be told */
	char			 sandbox[MSG_NAME_SIZE];
	bool			 have_init, inited, ready, started, events;
};

/* child.c */
struct neighbour	*child_neighbour(struct child *, enum role);

/* child_wiring.c */
extern const struct msg_handler child_wiring_from_parent[];

#endif
