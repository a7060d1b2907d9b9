/* SPDX-License-Identifier: ISC */
/* Files that appear whole or not at all. */

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pexctl/complain.h"
#include "pexctl/ctl.h"
#include "pexctl/outfile.h"

/* The process that writes, for the signal handler; 0: none. */
static volatile sig_atomic_t worker;

/* Whoever is to tidy up must not go before the one who makes the mess. */
static void
on_signal(int sig)
{
	if (worker > 0)
		kill((pid_t)worker, SIGTERM);
}

static void
set_signals(void (*what)(int))
{
	signal(SIGINT, what);
	signal(SIGTERM, what);
	signal(SIGHUP, what);
}

/* What comes while they are blocked is handled once there is a worker. */
static void
block_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(how, &set, NULL);
}

static int
wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR) {
			complain_errno("waitpid");
			return CTL_REFUSED;
		}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (WTERMSIG(status) != SIGINT && WTERMSIG(status) != SIGTERM)
		complain("the writing process died of signal %d",
		    WTERMSIG(status));
	return CTL_REFUSED;
}

static int
run_fill(int (*fill)(void *, int), void *ctx, int fd)
{
	pid_t pid;
	int rv;

	/* What is buffered would come out of both. */
	fflush(stdout);
	switch (pid = fork()) {
	case -1:
		complain_errno("fork");
		return CTL_REFUSED;
	case 0:
		set_signals(SIG_DFL);
		block_signals(SIG_UNBLOCK);
		rv = fill(ctx, fd);
		if (fflush(stdout) == EOF && rv == CTL_OK)
			rv = CTL_REFUSED;
		_exit(rv);
	}
	worker = pid;
	block_signals(SIG_UNBLOCK);
	rv = wait_for(pid);
	worker = 0;
	return rv;
}

/* A name that is there after a power failure, if the system can. */
static void
sync_dir(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);
	int fd;

	if (slash == NULL)
		(void)strlcpy(dir, ".", sizeof(dir));
	else
		snprintf(dir, sizeof(dir), "%.*s", len == 0 ? 1 : (int)len,
		    path);
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return;
	(void)fsync(fd);
	close(fd);
}

static int
name_it(int fd, const char *tmp, const char *path, bool replace)
{
	/* link(2) does not replace, whoever else makes that name meanwhile. */
	if (fsync(fd) == -1 ||
	    (replace ? rename(tmp, path) : link(tmp, path)) == -1) {
		complain_errno("%s", path);
		return CTL_REFUSED;
	}
	sync_dir(path);
	return CTL_OK;
}

int
outfile_write(const char *path, bool replace, int (*fill)(void *, int),
    void *ctx)
{
	char tmp[PATH_MAX];
	int fd, rv;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.XXXXXXXXXX", path) >=
	    sizeof(tmp)) {
		complain("%s: %s", path, strerror(ENAMETOOLONG));
		return CTL_REFUSED;
	}
	/* Only for the message: link(2) is what decides. */
	if (!replace && access(path, F_OK) == 0) {
		complain("%s: %s", path, strerror(EEXIST));
		return CTL_REFUSED;
	}
	block_signals(SIG_BLOCK);
	set_signals(on_signal);
	if ((fd = mkostemp(tmp, O_CLOEXEC)) == -1) {
		complain_errno("%s", path);
		return CTL_REFUSED;
	}
	if ((rv = run_fill(fill, ctx, fd)) == CTL_OK)
		rv = name_it(fd, tmp, path, replace);
	(void)unlink(tmp);
	close(fd);
	return rv;
}
