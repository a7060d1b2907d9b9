/* SPDX-License-Identifier: ISC */
/*
 * What every child does alike: be wired by the parent over descriptor 3,
 * drop privileges, take the config in two phases, enter the sandbox, meet
 * the neighbours, log to the parent, leave when the parent goes.
 */
#ifndef PEXD_CHILD_H
#define PEXD_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/conf.h"
#include "common/msg.h"
#include "common/pipe.h"

#define CHILD_FD	3	/* the one descriptor a child inherits */

struct child;
struct event_base;

struct child_ops {
	enum role	 role;
	unsigned	 neighbours;	/* mask of roles besides the parent */
	/* Messages from each; those of the wiring are child.c's own. */
	const struct msg_handler *from_parent, *from_engine, *from_dialer,
	    *from_addrbookd;

	/*
	 * Once, after the privileges are dropped and the first config came,
	 * before the sandbox: open what will be needed.  0, or -1 after
	 * logging why; the process ends then.
	 */
	int	(*init)(void *ctx, struct child *, const struct m_proc_init *);
	/*
	 * May this config replace child_conf()?  NULL, or why not (static
	 * text).  Not asked of the first one: init judges that.
	 */
	const char *(*conf_check)(void *ctx, const struct conf *);
	/* The config is now child_conf(); old is freed after the call. */
	void	(*conf_changed)(void *ctx, const struct conf *old);
	/* All wired: begin to work. */
	void	(*start)(void *ctx);
	/* A neighbour is there (again): send what it has to know. */
	void	(*pipe_up)(void *ctx, enum role, struct pipe *);
	/* It has told all it had to tell. */
	void	(*pipe_synced)(void *ctx, enum role);
	void	(*pipe_down)(void *ctx, enum role);
	void	(*drained)(void *ctx, enum role);	/* below low water */
	/* The parent went or asked to leave: save, let go. */
	void	(*stop)(void *ctx);
};	/* any callback but init may be NULL */

/*
 * Run the child until its parent goes.  ctx is handed to all callbacks and
 * handlers.  Returns the exit status.
 */
int			 child_main(const struct child_ops *, void *ctx,
			    int argc, char **argv);

struct event_base	*child_base(struct child *);
const struct conf	*child_conf(struct child *);
/* The pipe to a role (parent too), or NULL while it is not there. */
struct pipe		*child_pipe(struct child *, enum role);
/* Is the neighbour there, and has it told its state? */
bool			 child_synced(struct child *, enum role);
/* pipe_send() to a role; -1 with EPIPE while it is not there. */
int			 child_send(struct child *, enum role, uint32_t type,
			    uint32_t id, int fd, const void *body);
/* Does anybody watch events?  (MSG_EVENT is sent only then.) */
bool			 child_events_on(struct child *);
/* Send an event to the parent if somebody watches; the time is filled in. */
void			 child_event(struct child *, struct m_event *);

/* Answers to the parent's MSG_SHOW, by request id. */
void			 child_counter(struct child *, uint32_t id,
			    const char *name, int64_t value);
void			 child_fact(struct child *, uint32_t id,
			    const char *name, const char *value);
void			 child_done(struct child *, uint32_t id, enum status,
			    uint64_t cursor, const char *text);
/* One row of any type: child_send() to the parent. */
void			 child_row(struct child *, uint32_t id, uint32_t type,
			    const void *row);

/* Clocks, in milliseconds: for intervals, and for what is stored or shown. */
uint64_t		 child_mono_ms(void);
int64_t			 child_wall_ms(void);

#endif
