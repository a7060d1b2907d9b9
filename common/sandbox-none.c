/* SPDX-License-Identifier: ISC */
/*
 * A system without a sandbox we know: the limits are all there is.
 */
#include "common/sandbox_impl.h"

#if !defined(SANDBOX_LINUX) && !defined(SANDBOX_OPENBSD)

int
sandbox_system(enum role role, const struct sandbox_opts *opts,
    struct sandbox_level *level)
{
	(void)role;
	if (sandbox_lacking(opts, "any sandbox") == -1)
		return sandbox_failed(level, "any sandbox");
	return 0;
}

#endif
