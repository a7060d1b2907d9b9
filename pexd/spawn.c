/* SPDX-License-Identifier: ISC */
/* fork and exec of a child. */

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/child.h"
#include "pexd/spawn.h"

#define EXEC_FAILED	127	/* as the shell has it */

static int
set_stdio(bool quiet)
{
	int fd;

	if ((fd = open("/dev/null", O_RDWR)) == -1 ||
	    dup2(fd, STDIN_FILENO) == -1 ||
	    dup2(quiet ? fd : STDERR_FILENO, STDOUT_FILENO) == -1 ||
	    (quiet && dup2(fd, STDERR_FILENO) == -1))
		return -1;
	return 0;
}

static int
set_pipe(int fd)
{
	/* dup2(2) onto itself would leave close-on-exec set. */
	if (fd == CHILD_FD)
		return fcntl(fd, F_SETFD, 0);
	return dup2(fd, CHILD_FD) == -1 ? -1 : 0;
}

static void
reset_signals(const sigset_t *mask)
{
	static const int caught[] = {
		SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGPIPE
	};
	size_t i;

	for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		signal(caught[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
}

static void
become(const char *path, const char *name, int fd, bool quiet,
    const sigset_t *mask)
{
	reset_signals(mask);
	if (set_stdio(quiet) == 0 && set_pipe(fd) == 0) {
		closefrom(CHILD_FD + 1);
		execl(path, name, (char *)NULL);
	}
	_exit(EXEC_FAILED);
}

pid_t
spawn(const char *path, const char *name, int fd, bool quiet)
{
	sigset_t all, mask;
	pid_t pid;
	int saved;

	/* Until its handlers are gone, its signals would reach ours. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	if ((pid = fork()) == 0)
		become(path, name, fd, quiet, &mask);
	saved = errno;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	errno = saved;
	return pid;
}
