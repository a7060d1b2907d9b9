/* SPDX-License-Identifier: ISC */
/*
 * OpenBSD: pledge(2) and unveil(2).
 */
#include "common/sandbox_impl.h"

#ifdef SANDBOX_OPENBSD

#include <errno.h>
#include <unistd.h>

struct policy {
	enum role	 role;
	bool		 files;		/* may open any */
	bool		 early;
	const char	*promises;
};

static const struct policy policies[] = {
	/*
	 * inet, unix, fattr, chown: bind listeners and the control socket,
	 * at reload too; rpath: the config; cpath: remove the socket; proc,
	 * exec: children, which shed their rights themselves after exec;
	 * sendfd: their sockets.
	 */
	{ ROLE_PARENT, true, false,
	    "stdio rpath wpath cpath fattr chown inet unix getpw sendfd "
	    "proc exec ps" },	/* ps: show processes */
	/* inet: accept; recvfd: listeners, pipes, sockets from dialer. */
	{ ROLE_ENGINE, false, false, "stdio inet recvfd" },
	/* inet: connect, ask name servers; sendfd: sockets to engine. */
	{ ROLE_DIALER, false, false, "stdio inet sendfd recvfd" },
	/* flock: SQLite's locks on the store, which is open. */
	{ ROLE_ADDRBOOKD, false, false, "stdio flock recvfd" },
	/*
	 * unix: the control socket; wpath, cpath: files made and named;
	 * proc: the process that writes them.
	 */
	{ ROLE_CTL, true, true, "stdio rpath wpath cpath unix proc" },
	/* rpath: time zones; the control socket is connected. */
	{ ROLE_CTL, true, false, "stdio rpath" },
};

int
sandbox_system(enum role role, const struct sandbox_opts *opts,
    struct sandbox_level *level)
{
	const struct policy	*p;
	size_t			 i;

	if (opts->log_only)
		return 0;
	for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		p = &policies[i];
		if (p->role != role || p->early != opts->early)
			continue;
		if (!p->files && (unveil("/", "") == -1 ||
		    unveil(NULL, NULL) == -1))
			return sandbox_failed(level, "unveil");
		if (pledge(p->promises, NULL) == -1)
			return sandbox_failed(level, "pledge");
		sandbox_level_add(level, p->files ? "pledge" :
		    "pledge+unveil");
		return 0;
	}
	errno = EINVAL;
	return sandbox_failed(level, "policy");
}

#endif /* SANDBOX_OPENBSD */
