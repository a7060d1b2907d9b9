/* SPDX-License-Identifier: ISC */
/*
 * Between the parts of the sandbox; for nobody else but their test.
 */
#ifndef PEXD_SANDBOX_IMPL_H
#define PEXD_SANDBOX_IMPL_H

#include "common/sandbox.h"

#define SANDBOX_CHILDREN	(ROLE_CHILDREN | ROLE_CTL)
#define SANDBOX_EARLY		0x100	/* a role of rules: opts.early */

/* What has been reached so far: words joined by '+'. */
struct sandbox_level {
	char	*text;
	size_t	 size;
};

void	sandbox_level_add(struct sandbox_level *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* This mechanism failed: the level is its name.  Returns -1, errno as it is. */
int	sandbox_failed(struct sandbox_level *, const char *mechanism);
/* A mechanism is not there: 0, or -1 with ENOSYS if it has to be. */
int	sandbox_lacking(const struct sandbox_opts *, const char *mechanism);

/* What the system in question adds to the limits.  0, or -1 with errno. */
int	sandbox_system(enum role, const struct sandbox_opts *,
	    struct sandbox_level *);

#ifdef SANDBOX_LINUX
#include <seccomp.h>

/* *abi: the kernel's version of it that is in force, or left alone. */
int	sandbox_landlock(enum role, const struct sandbox_opts *, int *abi);
/* *word: what to call the filter in force, or left alone. */
int	sandbox_seccomp(enum role, const struct sandbox_opts *,
	    const char **word);

#define SANDBOX_ARGS_MAX	3
#define SANDBOX_SELF		UINT64_MAX	/* stands for our own pid */

/* One call, for these roles; args (op 0: none) all have to match. */
struct sandbox_rule {
	const char		*name;
	unsigned int		 roles;		/* mask; or SANDBOX_EARLY */
	uint32_t		 action;	/* SCMP_ACT_* */
	struct scmp_arg_cmp	 args[SANDBOX_ARGS_MAX];
	const char		*why;
};

extern const struct sandbox_rule	sandbox_child_rules[];
extern const struct sandbox_rule	sandbox_parent_rules[];

/*
 * The newest call that the rules were written for (Linux 6.1).  A newer one
 * gets ENOSYS, so that a newer libc falls back to those it knows.
 */
#define SANDBOX_CALL_KNOWN	450
#define SANDBOX_CALL_FUTURE	600
#endif /* SANDBOX_LINUX */

#endif
