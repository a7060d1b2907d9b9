/* SPDX-License-Identifier: ISC */
/*
 * Load the filter that the rules of a role make.
 */
#include "common/sandbox_impl.h"

#ifdef SANDBOX_LINUX

#include <sys/prctl.h>

#include <errno.h>
#include <unistd.h>

#include "common/log.h"

/* libseccomp returns errors negated. */
static int
failed(int rv)
{
	if (rv == 0)
		return 0;
	errno = -rv;
	return -1;
}

static int
add_rule(scmp_filter_ctx ctx, const struct sandbox_rule *r, bool log_only)
{
	struct scmp_arg_cmp	 args[SANDBOX_ARGS_MAX];
	uint32_t		 action = r->action;
	unsigned int		 n;
	int			 nr, rv;

	/* A libseccomp older than the call: nobody here makes it, then. */
	nr = seccomp_syscall_resolve_name(r->name);
	if (nr == __NR_SCMP_ERROR)
		return 0;
	for (n = 0; n < SANDBOX_ARGS_MAX && r->args[n].op != 0; n++) {
		args[n] = r->args[n];
		if (args[n].datum_a == SANDBOX_SELF)
			args[n].datum_a = getpid();
	}
	if (log_only && action != SCMP_ACT_ALLOW)
		action = SCMP_ACT_LOG;
	rv = seccomp_rule_add_array(ctx, action, nr, n, args);
	/* In log-only mode an entry may say what the default says. */
	if (rv == 0 || (log_only && rv == -EACCES))
		return 0;
	log_warnx("cannot make a filter rule for %s (%s)", r->name, r->why);
	return failed(rv);
}

static int
add_future(scmp_filter_ctx ctx)
{
	int	 nr, rv;

	for (nr = SANDBOX_CALL_KNOWN + 1; nr < SANDBOX_CALL_FUTURE; nr++) {
		rv = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), nr, 0);
		if (rv != 0)
			return failed(rv);
	}
	return 0;
}

static int
set_attributes(scmp_filter_ctx ctx, bool log_only)
{
	uint32_t	 foreign = log_only ? SCMP_ACT_LOG :
			    SCMP_ACT_KILL_PROCESS;
	int		 rv;

	/* Calls by another architecture's numbers would pass under others. */
	rv = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, foreign);
	if (rv != 0)
		return failed(rv);
	/* addrbookd has a writer thread already. */
	rv = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rv != 0)
		return failed(rv);
	/* Only speed: unknown to libseccomp before 2.5. */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return 0;
}

static int
fill(scmp_filter_ctx ctx, unsigned int role, bool log_only)
{
	const struct sandbox_rule	*r;

	if (set_attributes(ctx, log_only) == -1)
		return -1;
	r = role == ROLE_PARENT ? sandbox_parent_rules : sandbox_child_rules;
	for (; r->name != NULL; r++)
		if ((r->roles & role) && add_rule(ctx, r, log_only) == -1)
			return -1;
	if (role != ROLE_PARENT && !log_only && add_future(ctx) == -1)
		return -1;
	return 0;
}

int
sandbox_seccomp(enum role role, const struct sandbox_opts *opts,
    const char **reached)
{
	scmp_filter_ctx	 ctx;
	uint32_t	 otherwise = SCMP_ACT_KILL_PROCESS;
	const char	*word = "seccomp";
	int		 rv;

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == -1 && errno == EINVAL)
		return sandbox_lacking(opts, "seccomp");
	if (role == ROLE_PARENT) {
		otherwise = SCMP_ACT_ALLOW;
		word = "seccomp-deny";
	} else if (opts->log_only)
		otherwise = SCMP_ACT_LOG;
	if (opts->log_only)
		word = "seccomp-log";

	if ((ctx = seccomp_init(otherwise)) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	rv = fill(ctx, opts->early ? SANDBOX_EARLY : role, opts->log_only);
	if (rv == 0)
		rv = failed(seccomp_load(ctx));
	seccomp_release(ctx);
	if (rv == 0)
		*reached = word;
	return rv;
}

#endif /* SANDBOX_LINUX */
