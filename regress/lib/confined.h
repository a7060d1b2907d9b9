/* SPDX-License-Identifier: ISC */
/*
 * Run a function inside a role's sandbox, in a process of its own, and tell
 * how that ended.
 */
#ifndef REGRESS_CONFINED_H
#define REGRESS_CONFINED_H

#include <sys/types.h>

#include "common/sandbox.h"

struct confined {
	pid_t	 pid;
	int	 report;	/* what the process says comes from here */
	int	 signal;	/* that ended it, or 0 */
	int	 code;		/* what the function returned, 0..255 */
	char	 level[64];
	char	 text[256];	/* what it said */
};

/*
 * Fork; in the child call prepare(arg) if not NULL, become an unprivileged
 * user if root (children's roles), enter the sandbox and exit with what
 * fn(arg) returns.  opts NULL: enforced.
 */
void	confined_start(struct confined *, enum role,
	    const struct sandbox_opts *, void (*prepare)(void *),
	    int (*fn)(void *), void *arg);
void	confined_wait(struct confined *);
/* From fn: leave a word (the last one counts).  Returns 1. */
int	confined_say(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));
/* Both, and ATF fails unless fn returned 0; its words tell why. */
void	confined_must(enum role, void (*prepare)(void *), int (*fn)(void *),
	    void *arg);

#endif
