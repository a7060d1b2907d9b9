/* SPDX-License-Identifier: ISC */
/* Life and death of the children. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/child.h"
#include "pexd/children_impl.h"
#include "pexd/spawn.h"

#define DEADLINE_S	10	/* to leave */
#define LEAVE_S		2	/* between the ends of pipe and process */
#define PROVEN_MS	10000	/* ready for so long: a death is a new one */
#define DELAY_MAX_S	64

static void	proc_start(struct proc *);

struct proc *
proc_find(struct children *cs, enum role role)
{
	size_t i;

	for (i = 0; i < NCHILDREN; i++)
		if (cs->procs[i].role == role)
			return &cs->procs[i];
	return NULL;
}

static const struct proc *
proc_look(const struct children *cs, enum role role)
{
	size_t i;

	for (i = 0; i < NCHILDREN; i++)
		if (cs->procs[i].role == role)
			return &cs->procs[i];
	return NULL;
}

void
proc_set_timer(struct proc *p, unsigned seconds)
{
	struct timeval tv = { .tv_sec = seconds };

	event_add(&p->timer, &tv);
}

/* --- death ------------------------------------------------------------- */

static void
describe_end(int status, char *buf, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(buf, size, "was ended by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WIFEXITED(status))
		snprintf(buf, size, "ended with status %d",
		    WEXITSTATUS(status));
	else
		snprintf(buf, size, "ended");
}

/* Seconds to wait before a child is started that failed so often. */
static unsigned
delay(unsigned failures)
{
	unsigned s;

	if (failures <= 1)
		return 0;
	for (s = 1; failures > 2 && s < DELAY_MAX_S; failures--)
		s *= 2;
	return s;
}

static void
tell_death(const struct proc *p)
{
	char end[96], next[64];
	unsigned s = delay(p->failures);

	describe_end(p->status, end, sizeof(end));
	if (p->failures >= p->all->conf->limits.restart_limit)
		next[0] = '\0';
	else if (s == 0)
		snprintf(next, sizeof(next), "; starting it again at once");
	else
		snprintf(next, sizeof(next), "; starting it again in %u s", s);
	log_warnx("%s %s%s%s%s%s", role_name(p->role), end,
	    p->why[0] != '\0' ? " (" : "", p->why,
	    p->why[0] != '\0' ? ")" : "", next);
}

static void
check_stopped(struct children *cs)
{
	size_t i;

	for (i = 0; i < NCHILDREN; i++)
		if (cs->procs[i].pid != 0)
			return;
	if (cs->stopped)
		return;
	cs->stopped = true;
	event_del(&cs->kill_timer);
	cs->ops->stopped(cs->ctx, !cs->unclean);
}

static void
proc_left(struct proc *p)
{
	char end[96];

	if (p->status != 0) {
		describe_end(p->status, end, sizeof(end));
		log_warnx("%s %s while stopping", role_name(p->role), end);
		p->all->unclean = true;
	}
	check_stopped(p->all);
}

/* Both its process and its pipe have ended. */
static void
proc_gone(struct proc *p)
{
	struct children *cs = p->all;
	uint64_t now = child_mono_ms();

	event_del(&p->timer);
	p->deaths++;
	if (p->state == CHILD_READY && now - p->ready_ms >= PROVEN_MS)
		p->failures = 0;
	else
		p->failures++;
	tell_death(p);
	p->state = CHILD_DOWN;
	p->working = false;
	wire_forget(p);
	cs->ops->down(cs->ctx, p->role);
	if (p->failures >= cs->conf->limits.restart_limit) {
		log_warnx("%s died %u times in a row before it was ready for "
		    "%d s: giving up", role_name(p->role), p->failures,
		    PROVEN_MS / 1000);
		cs->ops->give_up(cs->ctx);
	} else if (!cs->stopping)
		proc_set_timer(p, delay(p->failures));
}

static void
check_gone(struct proc *p)
{
	/* What it said before its end is still to be read from its pipe. */
	if (p->pid == 0 && p->pipe == NULL)
		proc_gone(p);
}

void
proc_kill(struct proc *p, const char *fmt, ...)
{
	va_list ap;

	if (p->pid == 0 || p->why[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(p->why, sizeof(p->why), fmt, ap);
	va_end(ap);
	kill(p->pid, SIGKILL);
}

void
children_reap(struct children *cs)
{
	struct proc *p;
	pid_t pid;
	int status;
	size_t i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < NCHILDREN; i++) {
			p = &cs->procs[i];
			if (p->pid != pid)
				continue;
			p->pid = 0;
			p->status = status;
			if (cs->stopping)
				proc_left(p);
			else
				check_gone(p);
			break;
		}
}

/* --- pipes ------------------------------------------------------------- */

static struct proc *
proc_of_pipe(struct children *cs, const struct pipe *pipe)
{
	return proc_find(cs, pipe_peer(pipe));
}

static void
proc_pipe_ended(void *arg, struct pipe *pipe, enum pipe_end end,
    const char *why)
{
	struct proc *p = proc_of_pipe(arg, pipe);

	if (end == PIPE_EOF)
		proc_set_timer(p, LEAVE_S);
	else
		proc_kill(p, "killed: %s", why);
	if (p->pipe == pipe)
		p->pipe = NULL;
	pipe_free(pipe);
	check_gone(p);
}

static const struct pipe_ops proc_pipe_ops = { .ended = proc_pipe_ended };

/* --- birth ------------------------------------------------------------- */

static int
proc_fork(struct proc *p, int fds[2])
{
	const struct children_params *par = &p->all->params;
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", par->libexec,
	    role_name(p->role)) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    fds) == -1)
		return -1;
	p->pid = spawn(path, role_name(p->role), fds[1], par->quiet);
	close(fds[1]);
	if (p->pid == -1) {
		p->pid = 0;
		close(fds[0]);
		return -1;
	}
	return 0;
}

static void
proc_start(struct proc *p)
{
	struct children *cs = p->all;
	int fds[2];

	p->why[0] = p->sandbox[0] = '\0';
	p->started_ms = child_mono_ms();
	if (proc_fork(p, fds) == -1) {
		log_warn("cannot start %s; trying again", role_name(p->role));
		proc_set_timer(p, 1);
		return;
	}
	p->state = CHILD_OFFERED;
	proc_set_timer(p, wire_patience(p));
	p->pipe = pipe_new(cs->base, fds[0], ROLE_PARENT, p->role,
	    &proc_pipe_ops, cs);
	if (p->pipe == NULL || wire_begin(p) == -1)
		proc_kill(p, "cannot configure it: %s", strerror(errno));
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct proc *p = arg;

	if (p->all->stopping)
		return;
	if (p->state == CHILD_DOWN)
		proc_start(p);
	else if (p->pipe == NULL)
		proc_kill(p, "killed: it closed its pipe");
	else
		wire_deadline(p);
}

/* --- all of them ------------------------------------------------------- */

static void
on_kill_timer(evutil_socket_t fd, short what, void *arg)
{
	struct children *cs = arg;
	size_t i;

	for (i = 0; i < NCHILDREN; i++)
		if (cs->procs[i].pid != 0) {
			log_warnx("%s did not leave in %d s: killing it",
			    role_name(cs->procs[i].role), DEADLINE_S);
			kill(cs->procs[i].pid, SIGKILL);
		}
}

struct children *
children_new(struct event_base *base, const struct children_params *params,
    const struct conf *conf, const struct children_ops *ops, void *ctx)
{
	static const enum role roles[NCHILDREN] = {
		ROLE_ENGINE, ROLE_DIALER, ROLE_ADDRBOOKD
	};
	struct children *cs;
	size_t i;

	if ((cs = calloc(1, sizeof(*cs))) == NULL)
		return NULL;
	cs->base = base;
	cs->params = *params;
	cs->conf = conf;
	cs->ops = ops;
	cs->ctx = ctx;
	evtimer_assign(&cs->kill_timer, base, on_kill_timer, cs);
	for (i = 0; i < NCHILDREN; i++) {
		cs->procs[i].all = cs;
		cs->procs[i].role = roles[i];
		evtimer_assign(&cs->procs[i].timer, base, on_timer,
		    &cs->procs[i]);
	}
	wire_init(cs);
	return cs;
}

void
children_start(struct children *cs)
{
	size_t i;

	for (i = 0; i < NCHILDREN; i++)
		proc_start(&cs->procs[i]);
}

void
children_stop(struct children *cs)
{
	struct timeval tv = { .tv_sec = DEADLINE_S };
	size_t i;

	if (cs->stopping)
		return;
	cs->stopping = true;
	for (i = 0; i < NCHILDREN; i++) {
		/* The end of its pipe tells a child to leave. */
		pipe_free(cs->procs[i].pipe);
		cs->procs[i].pipe = NULL;
		event_del(&cs->procs[i].timer);
	}
	event_add(&cs->kill_timer, &tv);
	check_stopped(cs);
}

void
children_free(struct children *cs)
{
	size_t i;

	if (cs == NULL)
		return;
	for (i = 0; i < NCHILDREN; i++) {
		pipe_free(cs->procs[i].pipe);
		event_del(&cs->procs[i].timer);
	}
	for (i = 0; i < NPAIRS; i++)
		event_del(&cs->pairs[i].timer);
	event_del(&cs->kill_timer);
	free(cs);
}

bool
child_is_ready(const struct children *cs, enum role role)
{
	const struct proc *p = proc_look(cs, role);

	return p != NULL && p->state == CHILD_READY && p->pipe != NULL;
}

bool
children_all_ready(const struct children *cs)
{
	size_t i;

	for (i = 0; i < NCHILDREN; i++)
		if (!child_is_ready(cs, cs->procs[i].role))
			return false;
	return true;
}

void
child_info(const struct children *cs, enum role role, struct child_info *out)
{
	const struct proc *p = proc_look(cs, role);

	memset(out, 0, sizeof(*out));
	out->pid = p->pid;
	out->deaths = p->deaths;
	out->ready = child_is_ready(cs, role);
	if (p->pid != 0)
		out->age_ms = child_mono_ms() - p->started_ms;
	if (p->pipe != NULL)
		out->shed = pipe_stats(p->pipe)->shed;
	strlcpy(out->sandbox, p->sandbox, sizeof(out->sandbox));
}

int
children_send(struct children *cs, enum role role, uint32_t type,
    uint32_t id, int fd, const void *body)
{
	if (child_is_ready(cs, role))
		return pipe_send(proc_find(cs, role)->pipe, type, id, fd,
		    body);
	if (fd != -1)
		close(fd);
	errno = EPIPE;
	return -1;
}

void
children_tell(struct children *cs, uint32_t type, const void *body)
{
	size_t i;

	for (i = 0; i < NCHILDREN; i++)
		(void)children_send(cs, cs->procs[i].role, type, 0, -1, body);
}
