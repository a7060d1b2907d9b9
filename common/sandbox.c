/* SPDX-License-Identifier: ISC */
/*
 * The part of the sandbox that every system has: limits.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/sandbox_impl.h"

void
sandbox_level_add(struct sandbox_level *level, const char *fmt, ...)
{
	va_list	 ap;
	size_t	 len = strlen(level->text);

	if (len > 0 && len + 1 < level->size) {
		level->text[len++] = '+';
		level->text[len] = '\0';
	}
	va_start(ap, fmt);
	(void)vsnprintf(level->text + len, level->size - len, fmt, ap);
	va_end(ap);
}

int
sandbox_failed(struct sandbox_level *level, const char *mechanism)
{
	int	 error = errno;

	(void)snprintf(level->text, level->size, "%s", mechanism);
	errno = error;
	return -1;
}

int
sandbox_lacking(const struct sandbox_opts *opts, const char *mechanism)
{
	if (opts->lacking != NULL)
		opts->lacking(mechanism);
	if (!opts->require)
		return 0;
	errno = ENOSYS;
	return -1;
}

/* The hard limit is never raised. */
static int
limit(int resource, rlim_t max)
{
	struct rlimit	 rl;

	if (getrlimit(resource, &rl) == -1)
		return -1;
	if (rl.rlim_max > max)
		rl.rlim_max = max;
	rl.rlim_cur = rl.rlim_max;
	return setrlimit(resource, &rl);
}

static int
limit_role(enum role role, bool early)
{
	/* No core: keys, and the addresses of whom we know. */
	if (limit(RLIMIT_CORE, 0) == -1)
		return -1;
	if (role & (ROLE_CHILDREN | ROLE_CTL) && !early &&
	    limit(RLIMIT_NPROC, 0) == -1)
		return -1;
	/*
	 * engine and dialer have no file to write.  Last words to a stderr
	 * that is a file should fail, not kill.
	 */
	if (role & (ROLE_ENGINE | ROLE_DIALER)) {
		signal(SIGXFSZ, SIG_IGN);
		if (limit(RLIMIT_FSIZE, 0) == -1)
			return -1;
	}
	return 0;
}

int
sandbox_enter(enum role role, const struct sandbox_opts *opts, char *text,
    size_t size)
{
	struct sandbox_level	 level = { text, size };

	if (size == 0 || (opts->early && role != ROLE_CTL)) {
		errno = EINVAL;
		return -1;
	}
	text[0] = '\0';
	if (opts->nofile != 0 && limit(RLIMIT_NOFILE, opts->nofile) == -1)
		return sandbox_failed(&level, "limit of open files");
	/* A sanitizer writes its report, with helpers, when all is over. */
	if (!opts->log_only && limit_role(role, opts->early) == -1)
		return sandbox_failed(&level, "limits");
	if (sandbox_system(role, opts, &level) == -1)
		return -1;
	if (text[0] == '\0')
		sandbox_level_add(&level, "none");
	return 0;
}

bool
sandbox_log_default(void)
{
#ifdef PEXD_SANDBOX_LOG
	return true;
#else
	return false;
#endif
}
