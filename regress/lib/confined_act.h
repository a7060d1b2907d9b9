/* SPDX-License-Identifier: ISC */
/*
 * Single acts inside a sandbox, each in a process of its own: does it work,
 * with which errno does it fail, or is it death?
 */
#ifndef REGRESS_CONFINED_ACT_H
#define REGRESS_CONFINED_ACT_H

#include "regress/lib/confined.h"

#define WORKS	0
#define KILLED	(-1)		/* by SIGSYS */

/* A function that does call, which may use arg; it returns 0 or errno. */
#define ACT(name, call)				\
static int					\
name(void *arg)					\
{						\
	(void)arg;				\
	return act_errno(call);			\
}

int	act_errno(long rv);			/* 0, or errno if rv is -1 */
/*
 * Do it as confined_start() does, with 1024 zeroed bytes for arg; ATF checks
 * that it ends as wanted: WORKS, KILLED or an errno.
 */
void	act_check(enum role, const struct sandbox_opts *,
	    void (*prepare)(void *), const char *name, int (*act)(void *),
	    int want);

#endif
