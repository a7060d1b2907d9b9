/* SPDX-License-Identifier: ISC */
/*
 * The wiring of children: who they are, their config, the pipes between
 * them, and when they may begin.
 *
 * A new child gets PROC_INIT and a config; once it accepts that, CONF_COMMIT
 * and a pipe to each neighbour that is as far as it; once it has all of
 * them it says PROC_READY; once all three have, PROC_START.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/child.h"
#include "common/sandbox.h"
#include "pexd/children_impl.h"
#include "pexd/confsend.h"

#define DEADLINE_S	10
#define BOOK_DEADLINE_S	60	/* addrbookd's, and for each book size: */
#define BOOK_SIZE_S	2
#define REPAIR_S	1	/* before a lost pipe is made again */

#define BOOK_NOFILE	64	/* pipes, SQLite's files, event loop */

static const struct {
	enum role	 a, b;
} topology[NPAIRS] = {
	{ ROLE_ENGINE,	ROLE_DIALER },
	{ ROLE_ENGINE,	ROLE_ADDRBOOKD },
	{ ROLE_DIALER,	ROLE_ADDRBOOKD },
};

static const struct msg_handler wiring[];

/* --- pairs ------------------------------------------------------------- */

static bool
is_configured(const struct proc *p)
{
	return p->state >= CHILD_CONFIGURED && p->pipe != NULL;
}

/*
 * A large book takes its time to load, and one that is damaged, with facts
 * about 200000 nodes in it, many times that.  Who is killed while it salvages
 * has to begin again.
 */
int
wire_patience(const struct proc *p)
{
	if (p->role != ROLE_ADDRBOOKD)
		return DEADLINE_S;
	return BOOK_DEADLINE_S +
	    BOOK_SIZE_S * (p->all->conf->limits.book_size - 1);
}

static void
hand_out(struct proc *to, const struct proc *other, int fd, uint32_t number)
{
	struct m_proc_pipe m = { .peer = other->role };

	if (pipe_send(to->pipe, MSG_PROC_PIPE, number, fd, &m) == -1)
		proc_kill(to, "cannot hand it a pipe: %s", strerror(errno));
	else if (to->state != CHILD_READY)
		proc_set_timer(to, wire_patience(to));
}

static void
pair_again(struct pair *pair)
{
	struct timeval tv = { .tv_sec = REPAIR_S };

	event_add(&pair->timer, &tv);
}

static void
pair_make(struct pair *pair)
{
	struct children *cs = pair->all;
	int fds[2];

	if (!is_configured(pair->a) || !is_configured(pair->b))
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    fds) == -1) {
		log_warn("cannot make a pipe between %s and %s; trying again",
		    role_name(pair->a->role), role_name(pair->b->role));
		pair_again(pair);
		return;
	}
	event_del(&pair->timer);
	pair->number = ++cs->last_number;
	hand_out(pair->a, pair->b, fds[0], pair->number);
	hand_out(pair->b, pair->a, fds[1], pair->number);
}

static void
on_pair_timer(evutil_socket_t fd, short what, void *arg)
{
	struct pair *pair = arg;

	if (!pair->all->stopping)
		pair_make(pair);
}

static struct pair *
pair_find(struct children *cs, enum role a, enum role b)
{
	size_t i;

	for (i = 0; i < NPAIRS; i++)
		if ((cs->pairs[i].a->role | cs->pairs[i].b->role) == (a | b))
			return &cs->pairs[i];
	return NULL;
}

void
wire_init(struct children *cs)
{
	struct pair *pair;
	size_t i;

	for (i = 0; i < NPAIRS; i++) {
		pair = &cs->pairs[i];
		pair->all = cs;
		pair->a = proc_find(cs, topology[i].a);
		pair->b = proc_find(cs, topology[i].b);
		evtimer_assign(&pair->timer, cs->base, on_pair_timer, pair);
	}
}

void
wire_forget(struct proc *p)
{
	struct children *cs = p->all;
	size_t i;

	for (i = 0; i < NPAIRS; i++)
		if (cs->pairs[i].a == p || cs->pairs[i].b == p)
			event_del(&cs->pairs[i].timer);
}

/* --- start ------------------------------------------------------------- */

static uint32_t
nofile_of(const struct proc *p)
{
	/* Every dial of dialer's becomes a connection of engine's. */
	return p->role == ROLE_ADDRBOOKD ? BOOK_NOFILE : p->all->params.nofile;
}

static int
send_init(struct proc *p)
{
	const struct children *cs = p->all;
	struct m_proc_init m = {
		.role = p->role,
		.drop = cs->params.drop,
		.uid = cs->params.uid,
		.gid = cs->params.gid,
		.verbose = log_get_verbose() > 0,
		.sandbox_log = sandbox_log_default(),
		.nofile = nofile_of(p),
	};

	if (p->role == ROLE_ADDRBOOKD)
		strlcpy(m.state_dir, cs->conf->state_dir, sizeof(m.state_dir));
	else
		strlcpy(m.chroot_dir, cs->conf->chroot_dir,
		    sizeof(m.chroot_dir));
	return pipe_send(p->pipe, MSG_PROC_INIT, 0, -1, &m);
}

static const struct msg_handler *
handlers_of(const struct children_ops *ops, enum role role)
{
	return role == ROLE_ENGINE ? ops->from_engine :
	    role == ROLE_DIALER ? ops->from_dialer : ops->from_addrbookd;
}

int
wire_begin(struct proc *p)
{
	struct children *cs = p->all;

	pipe_handle(p->pipe, handlers_of(cs->ops, p->role), cs->ctx);
	pipe_handle(p->pipe, wiring, cs);
	if (send_init(p) == -1)
		return -1;
	p->owed = 1;
	return conf_send(p->pipe, cs->conf, cs->params.listeners, true);
}

static bool
has_all_pipes(const struct proc *p)
{
	const struct children *cs = p->all;
	size_t i;

	for (i = 0; i < NPAIRS; i++)
		if ((cs->pairs[i].a == p && !is_configured(cs->pairs[i].b)) ||
		    (cs->pairs[i].b == p && !is_configured(cs->pairs[i].a)))
			return false;
	return true;
}

void
wire_deadline(struct proc *p)
{
	if (p->state == CHILD_READY)
		return;
	/* It is not its fault if a neighbour is not there. */
	if (p->state == CHILD_CONFIGURED && !has_all_pipes(p))
		proc_set_timer(p, wire_patience(p));
	else
		proc_kill(p, "killed: it was not ready in %d s",
		    wire_patience(p));
}

/* --- messages ---------------------------------------------------------- */

static struct proc *
sender(struct children *cs, const struct pipe *pipe)
{
	return proc_find(cs, pipe_peer(pipe));
}

static void
configure(struct proc *p)
{
	struct children *cs = p->all;
	size_t i;

	if (pipe_signal(p->pipe, MSG_CONF_COMMIT) == -1) {
		proc_kill(p, "cannot configure it: %s", strerror(errno));
		return;
	}
	p->state = CHILD_CONFIGURED;
	for (i = 0; i < NPAIRS; i++)
		if (cs->pairs[i].a == p || cs->pairs[i].b == p)
			pair_make(&cs->pairs[i]);
}

static void
on_conf_result(void *arg, struct pipe *pipe, struct msg *m)
{
	struct children *cs = arg;
	struct proc *p = sender(cs, pipe);
	const struct m_conf_result *b = m->body;

	if (p->owed == 0) {
		pipe_violation(pipe, "CONF_RESULT of no configuration");
		return;
	}
	/* Of one that was withdrawn before the answer came. */
	if (--p->owed > 0)
		return;
	if (p->state != CHILD_OFFERED) {
		cs->ops->conf_result(cs->ctx, p->role, b);
		return;
	}
	if (b->ok) {
		configure(p);
		return;
	}
	log_warnx("%s refuses the configuration: %s", role_name(p->role),
	    b->why);
	/* No other start will go better. */
	if (!p->once_ready)
		cs->ops->give_up(cs->ctx);
	else
		proc_kill(p, "it refused the configuration");
}

static void
start_all(struct children *cs)
{
	struct proc *p;
	size_t i;

	for (i = 0; i < NCHILDREN; i++) {
		p = &cs->procs[i];
		if (!p->working)
			(void)pipe_signal(p->pipe, MSG_PROC_START);
		p->working = true;
	}
	cs->ops->all_ready(cs->ctx);
}

static void
on_ready(void *arg, struct pipe *pipe, struct msg *m)
{
	struct children *cs = arg;
	struct proc *p = sender(cs, pipe);
	const struct m_proc_ready *b = m->body;

	if (p->state != CHILD_CONFIGURED) {
		pipe_violation(pipe, "PROC_READY out of turn");
		return;
	}
	event_del(&p->timer);
	p->state = CHILD_READY;
	p->ready_ms = child_mono_ms();
	p->once_ready = true;
	log_vis(p->sandbox, sizeof(p->sandbox), b->sandbox,
	    strlen(b->sandbox));
	log_debug("%s is ready: process %d, sandbox %s", role_name(p->role),
	    (int)p->pid, p->sandbox);
	cs->ops->up(cs->ctx, p->role);
	if (children_all_ready(cs))
		start_all(cs);
}

static void
on_violation(void *arg, struct pipe *pipe, struct msg *m)
{
	struct children *cs = arg;
	struct proc *p = sender(cs, pipe), *other;
	const struct m_proc_violation *b = m->body;
	struct pair *pair = pair_find(cs, p->role, b->peer);
	char why[sizeof(b->why)];

	if (pair == NULL || (other = proc_find(cs, b->peer)) == NULL) {
		pipe_violation(pipe, "PROC_VIOLATION of no neighbour");
		return;
	}
	/* Not held against a successor of the one that it is about. */
	if (m->id != pair->number)
		return;
	proc_kill(other, "killed; %s says: %s", role_name(p->role),
	    log_vis(why, sizeof(why), b->why, strlen(b->why)));
}

static void
on_pipe_lost(void *arg, struct pipe *pipe, struct msg *m)
{
	struct children *cs = arg;
	const struct m_proc_pipe_lost *b = m->body;
	struct pair *pair = pair_find(cs, pipe_peer(pipe), b->peer);

	if (pair == NULL)
		pipe_violation(pipe, "PROC_PIPE_LOST of no neighbour");
	else
		pair_again(pair);
}

static const struct msg_handler wiring[] = {
	{ MSG_CONF_RESULT,	on_conf_result },
	{ MSG_PROC_READY,	on_ready },
	{ MSG_PROC_VIOLATION,	on_violation },
	{ MSG_PROC_PIPE_LOST,	on_pipe_lost },
	{ MSG_NONE,		NULL }
};

/* --- reload ------------------------------------------------------------ */

int
children_offer(struct children *cs, const struct conf *conf)
{
	size_t i;

	for (i = 0; i < NCHILDREN; i++) {
		if (!child_is_ready(cs, cs->procs[i].role)) {
			errno = EPIPE;
			return -1;
		}
		cs->procs[i].owed++;
		if (conf_send(cs->procs[i].pipe, conf, cs->params.listeners,
		    false) == -1)
			return -1;
	}
	return 0;
}

void
children_apply(struct children *cs, const struct conf *conf)
{
	cs->conf = conf;
	children_tell(cs, MSG_CONF_COMMIT, NULL);
}

void
children_withdraw(struct children *cs)
{
	children_tell(cs, MSG_CONF_ABORT, NULL);
}
