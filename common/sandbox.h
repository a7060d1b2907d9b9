/* SPDX-License-Identifier: ISC */
/*
 * What a process can still do once it begins to work: one policy per role,
 * one .c file per system (sandbox-linux.c, sandbox-openbsd.c,
 * sandbox-none.c).  The API below is what child.c and pexd call.
 */
#ifndef PEXD_SANDBOX_H
#define PEXD_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/msg.h"		/* enum role */

struct sandbox_opts {
	bool		log_only;	/* seccomp logs, Landlock stays off */
	uint32_t	nofile;		/* RLIMIT_NOFILE; 0 leaves it */
};

/*
 * Enter the policy of role (ROLE_PARENT, _ENGINE, _DIALER, _ADDRBOOKD,
 * _CTL); for good.  Everything the process needs has to be open by now.
 * Writes the level reached ("seccomp+landlock7") to level, cut to size.
 * Returns 0, or -1 with errno when a mechanism the system has failed; one
 * that the system lacks only lowers the level.
 */
int	sandbox_enter(enum role role, const struct sandbox_opts *,
	    char *level, size_t size);

#endif
