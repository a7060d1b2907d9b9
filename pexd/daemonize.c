/* SPDX-License-Identifier: ISC */
/*
 * Into the background, but not before it is known to work: the process that
 * was started waits for the daemon to be ready and exits with what became of
 * it, so that errors reach the terminal and rc.d sees the truth.
 */

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "pexd/pexd.h"

struct daemonize {
	int	fd;		/* to the process that waits */
};

static void
wait_for_it(int fd)
{
	ssize_t n;
	char c;

	do
		n = read(fd, &c, 1);
	while (n == -1 && errno == EINTR);
	_exit(n == 1 ? 0 : 1);
}

struct daemonize *
daemonize_begin(void)
{
	struct daemonize *d;
	int fds[2];
	pid_t pid;

	if ((d = calloc(1, sizeof(*d))) == NULL ||
	    pipe2(fds, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		log_warn("cannot go to the background");
		free(d);
		return NULL;
	}
	if (pid != 0) {
		close(fds[1]);
		wait_for_it(fds[0]);
	}
	close(fds[0]);
	(void)setsid();
	d->fd = fds[1];
	return d;
}

void
daemonize_done(struct daemonize *d)
{
	int null;

	if (d == NULL)
		return;
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) != -1) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	if (write(d->fd, "", 1) == -1)
		log_warn("cannot tell the terminal that all is well");
	close(d->fd);
	free(d);
}
