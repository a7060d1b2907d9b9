/* SPDX-License-Identifier: ISC */
/*
 * The sandbox inside a container, whose own filter keeps parts of it from us.
 */
#include <sys/types.h>
#include <sys/prctl.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>

#include "common/sandbox_impl.h"
#include "regress/lib/confined.h"

#ifdef SANDBOX_LINUX

static char	lacked[64];	/* in the child */

static void
note(const char *mechanism)
{
	snprintf(lacked, sizeof(lacked), "%s", mechanism);
}

/* This call fails with that error from now on; arg: see struct denial. */
struct denial {
	const char	*call;
	int		 error;
};

static void
deny(void *arg)
{
	const struct denial	*d = arg;
	scmp_filter_ctx		 ctx = seccomp_init(SCMP_ACT_ALLOW);

	if (ctx == NULL || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    seccomp_rule_add(ctx, SCMP_ACT_ERRNO(d->error),
	    seccomp_syscall_resolve_name(d->call), 0) != 0 ||
	    seccomp_load(ctx) != 0)
		abort();
	seccomp_release(ctx);
}

static int
still_confined(void *arg)
{
	(void)arg;
	if (open("/etc/passwd", O_RDONLY) != -1 || errno != EACCES)
		return confined_say("a file was opened");
	if (strcmp(lacked, "Landlock") != 0)
		return confined_say("lacking: \"%s\"", lacked);
	return 0;
}

static const struct denial	no_landlock[] = {
	{ "landlock_create_ruleset", EPERM },	/* systemd-nspawn(1) */
	{ "landlock_create_ruleset", ENOSYS },	/* an old kernel */
	{ "landlock_create_ruleset", EOPNOTSUPP },	/* not enabled */
};

ATF_TC_WITHOUT_HEAD(without_landlock);
ATF_TC_BODY(without_landlock, tc)
{
	static const struct sandbox_opts	opts = { .lacking = note };
	struct confined	 c;
	struct denial	 d;
	size_t		 i;

	for (i = 0; i < sizeof(no_landlock) / sizeof(no_landlock[0]); i++) {
		d = no_landlock[i];
		confined_start(&c, ROLE_ENGINE, &opts, deny, still_confined,
		    &d);
		confined_wait(&c);
		ATF_CHECK_EQ_MSG(0, c.code, "errno %d: %s", d.error, c.text);
		ATF_CHECK_STREQ("seccomp+nnp", c.level);
	}
}

static int
entered(void *arg)
{
	(void)arg;
	return confined_say("it was entered");
}

/* What is there and fails ends the process, and the reason has a name. */
ATF_TC_WITHOUT_HEAD(failure_is_named);
ATF_TC_BODY(failure_is_named, tc)
{
	static const struct sandbox_opts	require = { .require = true };
	struct denial	 d = { "landlock_create_ruleset", EPERM };
	struct confined	 c;

	confined_start(&c, ROLE_ENGINE, &require, deny, entered, &d);
	confined_wait(&c);
	ATF_CHECK_EQ(255, c.code);
	ATF_CHECK_STREQ("Landlock", c.level);

	d.call = "seccomp";
	confined_start(&c, ROLE_ENGINE, NULL, deny, entered, &d);
	confined_wait(&c);
	ATF_CHECK_EQ(255, c.code);
	ATF_CHECK_STREQ("seccomp", c.level);
}

#endif /* SANDBOX_LINUX */

ATF_TP_ADD_TCS(tp)
{
#ifdef SANDBOX_LINUX
	ATF_TP_ADD_TC(tp, without_landlock);
	ATF_TP_ADD_TC(tp, failure_is_named);
#else
	(void)tp;
#endif
	return atf_no_error();
}
