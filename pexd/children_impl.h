/* SPDX-License-Identifier: ISC */
/* What children.c and wiring.c share and nobody else sees. */
#ifndef PEXD_CHILDREN_IMPL_H
#define PEXD_CHILDREN_IMPL_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "pexd/children.h"
#include "pexd/pexd.h"

#define NPAIRS	3	/* pipes between children */

enum child_state {
	CHILD_DOWN = 0,		/* not there, or about to end */
	CHILD_OFFERED,		/* started; the config is on its way */
	CHILD_CONFIGURED,	/* has it; gets its pipes */
	CHILD_READY,
};

struct proc {
	struct children		*all;
	enum role		 role;
	enum child_state	 state;
	pid_t			 pid;		/* 0: reaped */
	struct pipe		*pipe;		/* NULL: ended */
	struct event		 timer;		/* to start, or to be ready */
	uint32_t		 deaths;
	unsigned		 failures;	/* in a row */
	unsigned		 owed;		/* results of offered configs */
	uint64_t		 started_ms, ready_ms;
	bool			 working;	/* got PROC_START */
	bool			 once_ready;
	int			 status;	/* of waitpid(2) */
	char			 why[192];	/* killed by us because */
	char			 sandbox[MSG_NAME_SIZE];
};

/* A pipe between two children. */
struct pair {
	struct children		*all;
	struct proc		*a, *b;
	uint32_t		 number;	/* of the pipe now in use */
	struct event		 timer;		/* make it again */
};

struct children {
	struct event_base	*base;
	struct children_params	 params;
	const struct conf	*conf;
	const struct children_ops *ops;
	void			*ctx;
	struct proc		 procs[NCHILDREN];
	struct pair		 pairs[NPAIRS];
	uint32_t		 last_number;
	struct event		 kill_timer;
	bool			 stopping, stopped;
	bool			 unclean;	/* one ended badly meanwhile */
};

/* children.c */
struct proc	*proc_find(struct children *, enum role);
/* It has to go: kill it and note why; its end is noticed later. */
void		 proc_kill(struct proc *, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
void		 proc_set_timer(struct proc *, unsigned seconds);

/* wiring.c */
/* Give a new process its identity, its config and its handlers. */
int		 wire_begin(struct proc *);
/* How many seconds it has for each step until it is ready. */
int		 wire_patience(const struct proc *);
/* Its deadline passed. */
void		 wire_deadline(struct proc *);
/* It died: forget its pairs. */
void		 wire_forget(struct proc *);
void		 wire_init(struct children *);

#endif
