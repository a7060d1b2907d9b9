/* SPDX-License-Identifier: ISC */
/*
 * A process per run: it takes all its memory with it when it ends, and one
 * that dies is one run that failed.
 */

#include <sys/types.h>
#include <sys/wait.h>

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/sim/tasks.h"

static pid_t
begin(const struct task *t, unsigned number, const int pipes[2])
{
	struct result r;
	pid_t pid;

	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid != 0)
		return pid;
	close(pipes[0]);
	memset(&r, 0, sizeof(r));
	sim_run(t->sc, t->seed, &r);
	r.task = number;
	/* Less than PIPE_BUF: no two results mix. */
	_exit(write(pipes[1], &r, sizeof(r)) == (ssize_t)sizeof(r) ? 0 : 1);
}

static void
take_result(struct task *tasks, unsigned n, int fd)
{
	struct result r;

	if (read(fd, &r, sizeof(r)) != (ssize_t)sizeof(r) || r.task >= n)
		errx(1, "a result is not whole");
	tasks[r.task].result = r;
	tasks[r.task].done = true;
}

/* One that ended well has written its result by then. */
static bool
wait_one(struct task *tasks, unsigned n, int fd)
{
	int status;

	if (wait(&status) == -1)
		err(1, "wait");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return false;
	take_result(tasks, n, fd);
	return true;
}

unsigned
tasks_run(struct task *tasks, unsigned n, unsigned jobs)
{
	unsigned begun = 0, running = 0, failed = 0;
	int pipes[2];

	if (pipe(pipes) == -1)
		err(1, "pipe");
	while (begun < n || running > 0) {
		if (begun < n && running < jobs) {
			(void)begin(&tasks[begun], begun, pipes);
			begun++;
			running++;
			continue;
		}
		failed += !wait_one(tasks, n, pipes[0]);
		running--;
	}
	close(pipes[0]);
	close(pipes[1]);
	return failed;
}
