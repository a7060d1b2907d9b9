/* SPDX-License-Identifier: ISC */
/* One act inside a sandbox, and how it ended. */

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <atf-c.h>

#include "regress/lib/confined_act.h"

int
act_errno(long rv)
{
	return rv == -1 ? errno : 0;
}

static const char *
end_name(int end)
{
	return end == KILLED ? "SIGSYS" : strerror(end);
}

void
act_check(enum role role, const struct sandbox_opts *opts,
    void (*prepare)(void *), const char *name, int (*act)(void *), int want)
{
	static char buf[1024];
	struct confined c;
	int got;

	memset(buf, 0, sizeof(buf));
	confined_start(&c, role, opts, prepare, act, buf);
	confined_wait(&c);
	got = c.signal == SIGSYS ? KILLED : c.code;
	ATF_CHECK_MSG(c.signal == 0 || c.signal == SIGSYS, "%s: %s", name,
	    strsignal(c.signal));
	ATF_CHECK_MSG(got == want, "%s: wanted %s, got %s (%s)", name,
	    end_name(want), end_name(got), c.text);
}
