/* SPDX-License-Identifier: ISC */
/*
 * A function inside a sandbox.
 */
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>

#include "regress/lib/confined.h"

#define NOBODY	65534

/* Of this process, once it is a child. */
static int	report_fd = -1;

struct report {
	char	level[64];
	char	text[256];
};

static struct report	said;

int
confined_say(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	(void)vsnprintf(said.text, sizeof(said.text), fmt, ap);
	va_end(ap);
	return 1;
}

/* As a daemon started by root does; root in a sandbox tests little. */
static int
drop(enum role role)
{
	if (role == ROLE_PARENT || geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) == -1 ||
	    setresgid(NOBODY, NOBODY, NOBODY) == -1 ||
	    setresuid(NOBODY, NOBODY, NOBODY) == -1)
		return -1;
	return 0;
}

static void
child(enum role role, const struct sandbox_opts *opts,
    void (*prepare)(void *), int (*fn)(void *), void *arg)
{
	int	 code = 255;

	if (prepare != NULL)
		prepare(arg);
	if (drop(role) == -1)
		confined_say("cannot become nobody: %s", strerror(errno));
	else if (sandbox_enter(role, opts, said.level,
	    sizeof(said.level)) == -1)
		confined_say("sandbox_enter: %s", strerror(errno));
	else
		code = fn(arg);
	(void)!write(report_fd, &said, sizeof(said));
	_exit(code);
}

void
confined_start(struct confined *c, enum role role,
    const struct sandbox_opts *opts, void (*prepare)(void *),
    int (*fn)(void *), void *arg)
{
	static const struct sandbox_opts	enforced;
	int					p[2];

	memset(c, 0, sizeof(*c));
	ATF_REQUIRE_EQ(0, pipe(p));
	c->report = p[0];
	ATF_REQUIRE((c->pid = fork()) != -1);
	if (c->pid == 0) {
		close(p[0]);
		report_fd = p[1];
		child(role, opts != NULL ? opts : &enforced, prepare, fn,
		    arg);
	}
	close(p[1]);
}

void
confined_wait(struct confined *c)
{
	struct report	 r;
	int		 status;

	memset(&r, 0, sizeof(r));
	/* Shorter, as when it was killed: nothing was said. */
	if (read(c->report, &r, sizeof(r)) == (ssize_t)sizeof(r)) {
		memcpy(c->level, r.level, sizeof(c->level));
		memcpy(c->text, r.text, sizeof(c->text));
	}
	close(c->report);
	ATF_REQUIRE_EQ(c->pid, waitpid(c->pid, &status, 0));
	if (WIFSIGNALED(status))
		c->signal = WTERMSIG(status);
	else
		c->code = WEXITSTATUS(status);
}

void
confined_must(enum role role, void (*prepare)(void *), int (*fn)(void *),
    void *arg)
{
	struct confined	 c;

	confined_start(&c, role, NULL, prepare, fn, arg);
	confined_wait(&c);
	ATF_REQUIRE_MSG(c.signal == 0, "killed by %s",
	    strsignal(c.signal));
	ATF_REQUIRE_MSG(c.code == 0, "failed: %s", c.text);
}
