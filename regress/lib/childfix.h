/* SPDX-License-Identifier: ISC */
/*
 * One real child of pexd between a parent and two neighbours that are played
 * here: started, configured and wired over pipes as the daemon does it, and
 * everything that it sends written down.
 *
 * The binary is below $PEXD_BUILD.  In a build with sanitizers its sandbox
 * only logs, else it is enforced.  $PEXD_TIME_FACTOR stretches deadlines.
 */
#ifndef PEXD_REGRESS_CHILDFIX_H
#define PEXD_REGRESS_CHILDFIX_H

#include <sys/queue.h>

#include <event2/event.h>

#include <atf-c.h>

#include "common/conf.h"
#include "common/msg.h"
#include "common/pipe.h"

#define CHILDFIX_SECONDS 30	/* what is waited for comes in that time */
#define CHILDFIX_ROLES	(ROLE_ADDRBOOKD + 1)

struct childmsg {		/* what the child sent, and to whom */
	TAILQ_ENTRY(childmsg)	 entry;
	enum role		 to;
	uint32_t		 type, id;
	int			 fd;	/* or -1; closed when forgotten */
	void			*body;	/* copy */
};
TAILQ_HEAD(childmsgs, childmsg);

struct childfix;

/* What is particular to one child.  Handlers get the struct childfix. */
struct childkind {
	enum role	 role;
	const char	*program;		/* below $PEXD_BUILD */
	/* What is to be answered, by the role we play; or NULL.  Whatever
	 * has no handler there is written down alone. */
	const struct msg_handler *as[CHILDFIX_ROLES];
	/* Sends the part of a config that only this child gets; or NULL. */
	void		(*conf)(struct childfix *, const struct conf *);
};

/* The first member, child, of every fixture that is made of one. */
struct childfix {
	const struct childkind	*kind;
	const char		*program;	/* another binary, or NULL */
	struct m_proc_init	 init;		/* change it before the start */
	struct event_base	*base;
	struct event		*tick;
	pid_t			 pid;
	struct pipe		*pipes[CHILDFIX_ROLES];	/* NULL: ended */
	struct childmsgs	 msgs;		/* without log lines */
	char			*log;		/* lines, one after another */
	size_t			 log_len;
};

/* --- for fixtures ----------------------------------------------------- */

void		 childfix_init(struct childfix *, const struct childkind *);
/* Run it, configure it and wire it; nobody has told its state yet. */
void		 childfix_start(struct childfix *, const struct conf *);
/* A neighbour of its dies; is wired again; has told its state. */
void		 childfix_dies(struct childfix *, enum role);
void		 childfix_wire(struct childfix *, enum role);
void		 childfix_synced(struct childfix *, enum role);
/* The new config is in force when this returns. */
void		 childfix_reload(struct childfix *, const struct conf *);
/* kill -9; what it sent is forgotten.  childfix_start() may follow. */
void		 childfix_kill(struct childfix *);
/* Close its parent's pipe; it has to leave with status 0. */
void		 childfix_leave(struct childfix *);
/* It ends by itself, with that status; childfix_start() may follow. */
void		 childfix_ended(struct childfix *, int status);
void		 childfix_free(struct childfix *);	/* after it left */

/* As whom we hold that pipe. */
enum role	 childfix_played(const struct childfix *, const struct pipe *);
/* The handlers: write it down; the same for log lines. */
void		 childfix_note(void *, struct pipe *, struct msg *);
void		 childfix_note_log(void *, struct pipe *, struct msg *);

void		 childfix_turn(struct childfix *);
void		 childfix_say(struct childfix *, enum role, uint32_t type,
		    uint32_t id, const void *body);
const void	*childfix_ask(struct childfix *, enum role, uint32_t type,
		    const void *body, uint32_t answer);
unsigned	 childfix_count(const struct childfix *, enum role to,
		    uint32_t type);
const struct childmsg *childfix_last(const struct childfix *, uint32_t type);
void		 childfix_forget(struct childfix *);
void		 childfix_forget_log(struct childfix *);
bool		 childfix_logged(const struct childfix *, const char *part);
int64_t		 childfix_counter(struct childfix *, const char *name);
const char	*childfix_fact(struct childfix *, const char *name);
size_t		 childfix_rss(const struct childfix *);

#define CHILDFIX_WAIT(c, what, text) do {				\
	uint64_t fix_end_ = fix_deadline();				\
	while (!(what)) {						\
		if (fix_ms() > fix_end_)				\
			atf_tc_fail("%s:%d: in vain waited for %s",	\
			    __FILE__, __LINE__, text);			\
		childfix_turn(c);					\
	}								\
} while (0)

/* --- for tests, with any fixture that has a child --------------------- */

uint64_t	 fix_ms(void);			/* monotonic */
uint64_t	 fix_deadline(void);		/* for what begins now */

/* Handle what is there, for some milliseconds at most. */
#define fix_turn(fix)		childfix_turn(&(fix)->child)

/* Until the expression holds, or the test fails. */
#define FIX_WAIT(fix, what) \
	CHILDFIX_WAIT(&(fix)->child, what, #what)

/* The life of one with a config, conf, in it: as above. */
#define fix_spawn(fix)		childfix_start(&(fix)->child, (fix)->conf)
#define fix_reload(fix)		childfix_reload(&(fix)->child, (fix)->conf)
#define fix_kill(fix)		childfix_kill(&(fix)->child)
#define fix_leave(fix)		childfix_leave(&(fix)->child)
#define fix_ended(fix, status)	childfix_ended(&(fix)->child, status)
#define fix_dies(fix, role)	childfix_dies(&(fix)->child, role)
#define fix_wire(fix, role)	childfix_wire(&(fix)->child, role)
#define fix_synced(fix, role)	childfix_synced(&(fix)->child, role)
/* The pipe on which we play that role. */
#define fix_pipe(fix, role)	((fix)->child.pipes[role])

/* Say something as the parent or as a neighbour. */
#define fix_say(fix, as, type, id, body) \
	childfix_say(&(fix)->child, as, type, id, body)
/* Say it and wait for one more message of another type; its body. */
#define fix_ask(fix, as, type, body, answer) \
	childfix_ask(&(fix)->child, as, type, body, answer)

/* How many messages of that type it sent so far; to whom. */
#define fix_count(fix, type) \
	childfix_count(&(fix)->child, ROLE_ANY, type)
#define fix_count_to(fix, to, type) \
	childfix_count(&(fix)->child, to, type)
/* The last of that type, or its body; the test fails if there is none. */
#define fix_last_msg(fix, type)	childfix_last(&(fix)->child, type)
#define fix_last(fix, type)	\
	((const void *)fix_last_msg(fix, type)->body)
#define fix_forget(fix)		childfix_forget(&(fix)->child)
#define fix_forget_log(fix)	childfix_forget_log(&(fix)->child)
#define fix_logged(fix, part)	childfix_logged(&(fix)->child, part)
/* Its figure, or fact, of that name in the summary, asked for now. */
#define fix_counter(fix, name)	childfix_counter(&(fix)->child, name)
#define fix_fact(fix, name)	childfix_fact(&(fix)->child, name)
/* Its resident memory in bytes. */
#define fix_rss(fix)		childfix_rss(&(fix)->child)

#endif
