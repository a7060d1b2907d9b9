/* SPDX-License-Identifier: ISC */
/* A real child in a made-up daemon: started, wired, ended. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/child.h"
#include "regress/lib/childfix.h"

#define TURN_MS		5
#define WAIT(c, what)	CHILDFIX_WAIT(c, what, #what)

/* --- time and turns --------------------------------------------------- */

uint64_t
fix_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

uint64_t
fix_deadline(void)
{
	const char *factor = getenv("PEXD_TIME_FACTOR");

	return fix_ms() + CHILDFIX_SECONDS * 1000 *
	    (factor == NULL ? 1 : strtoull(factor, NULL, 10));
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	/* Its only use is that a turn comes to an end. */
}

void
childfix_turn(struct childfix *c)
{
	event_base_loop(c->base, EVLOOP_ONCE);
}

/* --- pipes ------------------------------------------------------------ */

static void
on_ended(void *arg, struct pipe *p, enum pipe_end end, const char *why)
{
	struct childfix *c = arg;
	enum role role = childfix_played(c, p);

	if (end != PIPE_EOF)
		atf_tc_fail("the pipe of %s: %s", role_name(role), why);
	c->pipes[role] = NULL;
	pipe_free(p);
}

static const struct pipe_ops ops = { .ended = on_ended };

/* Write down whatever comes. */
static void
note_all(struct childfix *c, struct pipe *p)
{
	struct msg_handler h[] = { { 0, childfix_note }, { MSG_NONE, NULL } };

	for (h[0].type = MSG_NONE + 1; h[0].type < MSG_MAX; h[0].type++)
		pipe_handle(p, h, c);
}

/* We play role at fd. */
static void
play(struct childfix *c, enum role role, int fd)
{
	static const struct msg_handler log[] = {
		{ MSG_LOG, childfix_note_log }, { MSG_NONE, NULL }
	};
	struct pipe *p;

	p = pipe_new(c->base, fd, role, c->kind->role, &ops, c);
	ATF_REQUIRE(p != NULL);
	note_all(c, p);
	pipe_handle(p, log, c);
	pipe_handle(p, c->kind->as[role], c);
	c->pipes[role] = p;
}

static void
pair(int sv[2])
{
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    sv));
}

void
childfix_wire(struct childfix *c, enum role role)
{
	struct m_proc_pipe m = { .peer = role };
	int sv[2];

	pair(sv);
	play(c, role, sv[0]);
	ATF_REQUIRE_EQ(0, pipe_send(c->pipes[ROLE_PARENT], MSG_PROC_PIPE, 0,
	    sv[1], &m));
}

void
childfix_synced(struct childfix *c, enum role role)
{
	pipe_signal(c->pipes[role], MSG_PIPE_SYNCED);
}

void
childfix_dies(struct childfix *c, enum role role)
{
	pipe_free(c->pipes[role]);
	c->pipes[role] = NULL;
}

static void
wire_all(struct childfix *c)
{
	unsigned role;

	for (role = ROLE_ENGINE; role <= ROLE_ADDRBOOKD; role <<= 1)
		if (role != c->kind->role)
			childfix_wire(c, role);
}

static void
free_pipes(struct childfix *c)
{
	unsigned role;

	for (role = ROLE_PARENT; role <= ROLE_ADDRBOOKD; role <<= 1)
		childfix_dies(c, role);
}

/* --- life ------------------------------------------------------------- */

void
childfix_init(struct childfix *c, const struct childkind *kind)
{
	struct timeval turn = { 0, TURN_MS * 1000 };

	signal(SIGPIPE, SIG_IGN);
	memset(c, 0, sizeof(*c));
	c->kind = kind;
	TAILQ_INIT(&c->msgs);
	c->init.role = kind->role;
	c->init.verbose = 1;
#ifdef PEXD_SANDBOX_LOG
	c->init.sandbox_log = true;
#endif
	ATF_REQUIRE((c->base = event_base_new()) != NULL);
	ATF_REQUIRE((c->tick = event_new(c->base, -1, EV_PERSIST, on_tick,
	    NULL)) != NULL);
	event_add(c->tick, &turn);
}

static void
run(struct childfix *c)
{
	const char *build = getenv("PEXD_BUILD");
	char path[1024];
	int sv[2];

	ATF_REQUIRE_MSG(build != NULL, "PEXD_BUILD is not set");
	snprintf(path, sizeof(path), "%s/%s", build,
	    c->program != NULL ? c->program : c->kind->program);
	pair(sv);
	ATF_REQUIRE((c->pid = fork()) != -1);
	if (c->pid == 0) {
		if (sv[1] == CHILD_FD)
			fcntl(CHILD_FD, F_SETFD, 0);
		else
			dup2(sv[1], CHILD_FD);
		execl(path, role_name(c->kind->role), (char *)NULL);
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		_exit(127);
	}
	close(sv[1]);
	play(c, ROLE_PARENT, sv[0]);
}

static void
send_conf(struct childfix *c, const struct conf *conf)
{
	unsigned n = childfix_count(c, ROLE_ANY, MSG_CONF_RESULT);
	struct pipe *p = c->pipes[ROLE_PARENT];
	const struct m_conf_result *r;
	struct conf_peer *cp;

	pipe_signal(p, MSG_CONF_BEGIN);
	childfix_say(c, ROLE_PARENT, MSG_CONF_MAIN, 0, conf);
	if (c->kind->conf != NULL)
		c->kind->conf(c, conf);
	TAILQ_FOREACH(cp, &conf->peers, entry)
		childfix_say(c, ROLE_PARENT, MSG_CONF_PEER, 0, cp);
	pipe_signal(p, MSG_CONF_END);
	WAIT(c, childfix_count(c, ROLE_ANY, MSG_CONF_RESULT) == n + 1);
	r = childfix_last(c, MSG_CONF_RESULT)->body;
	ATF_REQUIRE_MSG(r->ok, "%s", r->why);
	pipe_signal(p, MSG_CONF_COMMIT);
}

void
childfix_start(struct childfix *c, const struct conf *conf)
{
	run(c);
	childfix_say(c, ROLE_PARENT, MSG_PROC_INIT, 0, &c->init);
	send_conf(c, conf);
	wire_all(c);
	WAIT(c, childfix_count(c, ROLE_ANY, MSG_PROC_READY) == 1);
	pipe_signal(c->pipes[ROLE_PARENT], MSG_PROC_START);
}

void
childfix_reload(struct childfix *c, const struct conf *conf)
{
	struct m_show m = { .what = SHOW_SUMMARY };

	send_conf(c, conf);
	/* It has read the commit when it answers what came after it. */
	(void)childfix_ask(c, ROLE_PARENT, MSG_SHOW, &m, MSG_DONE);
}

void
childfix_kill(struct childfix *c)
{
	ATF_REQUIRE_EQ(0, kill(c->pid, SIGKILL));
	ATF_REQUIRE(waitpid(c->pid, NULL, 0) == c->pid);
	free_pipes(c);
	childfix_forget(c);
}

void
childfix_ended(struct childfix *c, int wanted)
{
	const char *name = role_name(c->kind->role);
	uint64_t end = fix_deadline();
	pid_t pid;
	int status;

	while ((pid = waitpid(c->pid, &status, WNOHANG)) == 0 &&
	    fix_ms() < end)
		childfix_turn(c);
	if (pid == 0)
		kill(c->pid, SIGKILL);
	ATF_REQUIRE_MSG(pid == c->pid, "%s does not leave", name);
	ATF_CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == wanted,
	    "%s ended with status 0x%x", name, status);
	free_pipes(c);
	childfix_forget(c);
}

void
childfix_leave(struct childfix *c)
{
	childfix_dies(c, ROLE_PARENT);
	childfix_ended(c, 0);
}

void
childfix_forget_log(struct childfix *c)
{
	free(c->log);
	c->log = NULL;
	c->log_len = 0;
}

void
childfix_free(struct childfix *c)
{
	free(c->log);
	event_free(c->tick);
	event_base_free(c->base);
}
