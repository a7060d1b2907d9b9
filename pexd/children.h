/* SPDX-License-Identifier: ISC */
/*
 * The three children: started, wired to each other, watched, started again.
 *
 * A child that dies is started again at once, then after 1, 2, 4 s and so
 * on; one that dies too often in a row before it was ready for 10 s ends the
 * daemon.  A death costs the others nothing but new pipes to the successor.
 */
#ifndef PEXD_CHILDREN_H
#define PEXD_CHILDREN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/pipe.h"

struct children;
struct event_base;
struct listeners;

/* Who and how they are to be; copied. */
struct children_params {
	const char		*libexec;	/* absolute */
	const struct listeners	*listeners;
	bool			 quiet;		/* no standard error */
	bool			 drop;
	uid_t			 uid;
	gid_t			 gid;
	uint32_t		 nofile;	/* of engine, dialer */
};

struct children_ops {
	/* What each may tell or ask; the wiring's messages are handled. */
	const struct msg_handler *from_engine, *from_dialer, *from_addrbookd;
	/* All three are ready: at the start and after each restart. */
	void	(*all_ready)(void *ctx);
	/* Ready: tell it what a fresh child has to know. */
	void	(*up)(void *ctx, enum role);
	/* It died; what was asked of it gets no answer. */
	void	(*down)(void *ctx, enum role);
	/* The answer to a config that children_offer() sent. */
	void	(*conf_result)(void *ctx, enum role,
		    const struct m_conf_result *);
	/* One cannot be kept alive: the daemon has to end. */
	void	(*give_up)(void *ctx);
	/* children_stop() is done: all have ended, clean: with status 0. */
	void	(*stopped)(void *ctx, bool clean);
};

/* What show processes tells of one. */
struct child_info {
	pid_t			 pid;		/* 0: none now */
	uint64_t		 age_ms;
	uint32_t		 deaths;
	bool			 ready;
	char			 sandbox[MSG_NAME_SIZE];
	uint64_t		 shed;
};

/* NULL: ENOMEM.  Nothing is started yet.  conf must outlive the children. */
struct children	*children_new(struct event_base *,
		    const struct children_params *, const struct conf *,
		    const struct children_ops *, void *ctx);
/* Starts all. */
void		 children_start(struct children *);
/* Closes the pipes and waits; who does not leave in 10 s is killed. */
void		 children_stop(struct children *);
void		 children_free(struct children *);	/* NULL is fine */

/* Reap what has ended: to be called on SIGCHLD. */
void		 children_reap(struct children *);

bool		 children_all_ready(const struct children *);
/* Is it there and wired? */
bool		 child_is_ready(const struct children *, enum role);
void		 child_info(const struct children *, enum role,
		    struct child_info *);

/* pipe_send() to one that is ready; -1 with EPIPE if it is not. */
int		 children_send(struct children *, enum role, uint32_t type,
		    uint32_t id, int fd, const void *body);
/* The same message to all that are ready. */
void		 children_tell(struct children *, uint32_t type,
		    const void *body);

/*
 * Two-phase reload: offer the config to all, and once each has answered
 * apply or withdraw it.  children_offer() returns 0, or -1 if one could not
 * be reached; then withdraw.
 */
int		 children_offer(struct children *, const struct conf *);
void		 children_apply(struct children *, const struct conf *);
void		 children_withdraw(struct children *);

#endif
