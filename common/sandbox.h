/* SPDX-License-Identifier: ISC */
/*
 * What a process can still do once it begins to work: one policy per role,
 * one implementation per system (sandbox-linux.c with its rules and
 * Landlock, sandbox-openbsd.c, sandbox-none.c).
 *
 * A filter survives exec, so the parent's only forbids what no process of
 * pexd ever does, and each child enters its own when it has opened what it
 * needs.
 */
#ifndef PEXD_SANDBOX_H
#define PEXD_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/msg.h"		/* enum role */

struct sandbox_opts {
	bool		log_only;	/* the filter logs, nothing is denied */
	bool		require;	/* a missing mechanism is an error */
	bool		early;		/* ROLE_CTL: not yet all of it, below */
	uint32_t	nofile;		/* RLIMIT_NOFILE; 0 leaves it */
	/* Told of each mechanism that the system lacks; may be NULL. */
	void		(*lacking)(const char *mechanism);
};

/*
 * Enter the policy of role (ROLE_PARENT, _ENGINE, _DIALER, _ADDRBOOKD,
 * _CTL); for good.  Everything the process needs has to be open by now, and
 * its threads have to run: a child can start neither threads nor processes
 * afterwards.  Opening a file fails with EACCES then; what no code of ours
 * does kills the process with SIGSYS.
 *
 * opts.early: what pexctl enters when it begins.  It may still connect to
 * the daemon, make, name and remove files, and fork itself; it may not start
 * programs or use a network.  The whole of ROLE_CTL can be entered later.
 *
 * Writes the level reached ("seccomp+landlock7+nnp") to level, cut to size.
 * Returns 0, or -1 with errno when a mechanism the system has failed, and
 * level names it; one that the system lacks, or that a container keeps from
 * us, lowers the level, or with opts.require is ENOSYS.  After -1 the process
 * may be half confined and should end.
 */
int	sandbox_enter(enum role role, const struct sandbox_opts *,
	    char *level, size_t size);

/*
 * Whether this build should only log unless told otherwise: a sanitizer's
 * runtime makes calls that no policy has.
 */
bool	sandbox_log_default(void);

#endif
