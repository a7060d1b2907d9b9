/* SPDX-License-Identifier: ISC */
/*
 * Linux: no new privileges, not traceable, Landlock, seccomp; in that order,
 * since each needs what the next forbids.
 */
#include "common/sandbox_impl.h"

#ifdef SANDBOX_LINUX

#include <sys/prctl.h>

#include <stddef.h>

int
sandbox_system(enum role role, const struct sandbox_opts *opts,
    struct sandbox_level *level)
{
	const char	*filter = NULL;
	int		 abi = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return sandbox_failed(level, "no_new_privs");
	/* Nobody of our user may trace us or read our memory. */
	if (!opts->log_only && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return sandbox_failed(level, "not dumpable");
	if (sandbox_landlock(role, opts, &abi) == -1)
		return sandbox_failed(level, "Landlock");
	if (sandbox_seccomp(role, opts, &filter) == -1)
		return sandbox_failed(level, "seccomp");

	if (filter != NULL)
		sandbox_level_add(level, "%s", filter);
	if (abi > 0)
		sandbox_level_add(level, "landlock%d", abi);
	sandbox_level_add(level, "nnp");
	return 0;
}

#endif /* SANDBOX_LINUX */
