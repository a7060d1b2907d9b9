/* SPDX-License-Identifier: ISC */
/* The wiring of a child: privileges, neighbours, config in two phases. */

#include <sys/types.h>
#include <sys/queue.h>

#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/child_impl.h"
#include "common/log.h"
#include "common/sandbox.h"

/* --- privileges -------------------------------------------------------- */

static void
drop_privileges(const struct m_proc_init *m)
{
	gid_t gid = m->gid;
	const char *dir = m->role == ROLE_ADDRBOOKD ? m->state_dir :
	    m->chroot_dir;

	if (!m->drop)
		return;
	if (chroot(dir) == -1)
		fatal("chroot to %s", dir);
	if (chdir("/") == -1)
		fatal("chdir to / after chroot");
	if (setgroups(1, &gid) == -1 ||
	    setresgid(gid, gid, gid) == -1 ||
	    setresuid(m->uid, m->uid, m->uid) == -1)
		fatal("cannot become user %u, group %u", m->uid, m->gid);
}

static void
tell_lacking(const char *mechanism)
{
	log_warnx("the sandbox is without %s: this system or container does "
	    "not offer it", mechanism);
}

/*
 * The operator's terminal, or his log: the parent alone writes there, and a
 * terminal can be read, a file be cut.  Standard input is /dev/null already.
 * Only a sanitizer has more to say.
 */
static void
leave_stdio(const struct child *c)
{
	if (c->init.sandbox_log)
		return;
	if (dup2(STDIN_FILENO, STDOUT_FILENO) == -1 ||
	    dup2(STDIN_FILENO, STDERR_FILENO) == -1)
		fatal("cannot leave standard output");
}

static void
enter_sandbox(struct child *c)
{
	struct sandbox_opts opts = {
		.log_only = c->init.sandbox_log,
		.nofile = c->init.nofile,
		.lacking = tell_lacking,
	};

	leave_stdio(c);
	if (sandbox_enter(c->ops->role, &opts, c->sandbox,
	    sizeof(c->sandbox)) == -1)
		fatal("cannot enter the sandbox (%s)", c->sandbox);
}

/* --- readiness --------------------------------------------------------- */

static void
check_ready(struct child *c)
{
	struct m_proc_ready m;
	size_t i;

	if (c->ready || !c->inited)
		return;
	for (i = 0; i < NEIGHBOURS; i++)
		if ((c->ops->neighbours & c->nb[i].role) &&
		    c->nb[i].pipe == NULL)
			return;
	c->ready = true;
	memset(&m, 0, sizeof(m));
	strlcpy(m.sandbox, c->sandbox, sizeof(m.sandbox));
	(void)pipe_send(c->parent, MSG_PROC_READY, 0, -1, &m);
}

static void
first_conf(struct child *c)
{
	if (c->ops->init(c->ctx, c, &c->init) == -1)
		fatalx("cannot start; see the lines before");
	enter_sandbox(c);
	c->inited = true;
	log_debug("sandbox: %s", c->sandbox);
	check_ready(c);
}

/* --- messages of the wiring -------------------------------------------- */

static void
on_proc_init(void *arg, struct pipe *p, struct msg *m)
{
	struct child *c = arg;

	if (c->have_init) {
		pipe_violation(p, "PROC_INIT twice");
		return;
	}
	c->init = *(const struct m_proc_init *)m->body;
	if (c->init.role != c->ops->role)
		fatalx("started as %s but this is %s",
		    role_name(c->init.role), role_name(c->ops->role));
	c->have_init = true;
	log_set_verbose(c->init.verbose);
	drop_privileges(&c->init);
}

static void
neighbour_ended(void *arg, struct pipe *p, enum pipe_end end, const char *why)
{
	struct child *c = arg;
	struct neighbour *n = child_neighbour(c, pipe_peer(p));
	struct m_proc_violation m = { .peer = pipe_peer(p) };

	if (end != PIPE_EOF) {
		log_warnx("closing the pipe to %s: %s",
		    role_name(pipe_peer(p)), why);
		strlcpy(m.why, why, sizeof(m.why));
		(void)child_send(c, ROLE_PARENT, MSG_PROC_VIOLATION,
		    n->number, -1, &m);
	} else
		log_debug("lost %s", role_name(pipe_peer(p)));
	if (n->pipe == p) {
		n->pipe = NULL;
		n->synced = false;
		if (c->ops->pipe_down != NULL)
			c->ops->pipe_down(c->ctx, n->role);
	}
	pipe_free(p);
}

static void
neighbour_drained(void *arg, struct pipe *p)
{
	struct child *c = arg;

	if (c->ops->drained != NULL)
		c->ops->drained(c->ctx, pipe_peer(p));
}

static const struct pipe_ops neighbour_ops = {
	.ended = neighbour_ended,
	.drained = neighbour_drained,
};

static void
on_synced(void *arg, struct pipe *p, struct msg *m)
{
	struct child *c = arg;
	struct neighbour *n = child_neighbour(c, pipe_peer(p));

	n->synced = true;
	log_debug("%s has told its state", role_name(n->role));
	if (c->ops->pipe_synced != NULL)
		c->ops->pipe_synced(c->ctx, n->role);
}

static const struct msg_handler wiring_from_neighbour[] = {
	{ MSG_PIPE_SYNCED,	on_synced },
	{ MSG_NONE,		NULL }
};

static const struct msg_handler *
handlers_from(const struct child_ops *ops, enum role role)
{
	switch (role) {
	case ROLE_ENGINE:
		return ops->from_engine;
	case ROLE_DIALER:
		return ops->from_dialer;
	case ROLE_ADDRBOOKD:
		return ops->from_addrbookd;
	default:
		return ops->from_parent;
	}
}

/* The parent makes another one. */
static void
lost_pipe(struct child *c, enum role role)
{
	struct m_proc_pipe_lost m = { .peer = role };

	log_warn("cannot use the pipe to %s", role_name(role));
	(void)child_send(c, ROLE_PARENT, MSG_PROC_PIPE_LOST, 0, -1, &m);
}

static void
attach(struct child *c, struct neighbour *n, int fd, uint32_t number)
{
	if (n->pipe != NULL) {		/* the old one died unnoticed */
		pipe_free(n->pipe);
		n->pipe = NULL;
		if (c->ops->pipe_down != NULL)
			c->ops->pipe_down(c->ctx, n->role);
	}
	n->synced = false;
	n->number = number;
	n->pipe = pipe_new(c->base, fd, c->ops->role, n->role,
	    &neighbour_ops, c);
	if (n->pipe == NULL) {
		lost_pipe(c, n->role);
		return;
	}
	pipe_handle(n->pipe, handlers_from(c->ops, n->role), c->ctx);
	pipe_handle(n->pipe, wiring_from_neighbour, c);
	if (c->ops->pipe_up != NULL)
		c->ops->pipe_up(c->ctx, n->role, n->pipe);
	(void)pipe_signal(n->pipe, MSG_PIPE_SYNCED);
}

static void
on_proc_pipe(void *arg, struct pipe *p, struct msg *m)
{
	struct child *c = arg;
	const struct m_proc_pipe *b = m->body;
	struct neighbour *n = child_neighbour(c, b->peer);
	int fd = m->fd;

	if (n == NULL || !(c->ops->neighbours & b->peer) || !c->inited) {
		pipe_violation(p, "PROC_PIPE for %s", role_name(b->peer));
		return;
	}
	if (fd == -1) {
		errno = EMFILE;
		lost_pipe(c, n->role);
		return;
	}
	m->fd = -1;
	attach(c, n, fd, m->id);
	check_ready(c);
}

static void
on_proc_start(void *arg, struct pipe *p, struct msg *m)
{
	struct child *c = arg;

	if (c->started)
		return;
	c->started = true;
	if (c->ops->start != NULL)
		c->ops->start(c->ctx);
}

static void
on_log_level(void *arg, struct pipe *p, struct msg *m)
{
	const struct m_log_level *b = m->body;

	log_set_verbose(b->verbose);
}

static void
on_events(void *arg, struct pipe *p, struct msg *m)
{
	struct child *c = arg;
	const struct m_events *b = m->body;

	c->events = b->on;
}

/* --- config, in two phases --------------------------------------------- */

static void
on_conf_begin(void *arg, struct pipe *p, struct msg *m)
{
	struct child *c = arg;

	conf_free(c->next);
	if ((c->next = conf_new()) == NULL)
		log_warn("no memory for the new configuration");
}

static void
on_conf_main(void *arg, struct pipe *p, struct msg *m)
{
	struct child *c = arg;

	if (c->next != NULL)
		conf_copy_main(c->next, m->body);
}

static void
on_conf_peer(void *arg, struct pipe *p, struct msg *m)
{
	struct child *c = arg;
	const struct conf_peer *b = m->body;

	if (c->next != NULL && conf_add_peer(c->next, b->kind, &b->addr) == -1)
		log_warn("a peer of the configuration is lost");
}

static void
on_conf_nameserver(void *arg, struct pipe *p, struct msg *m)
{
	struct child *c = arg;
	const struct m_conf_nameserver *b = m->body;

	if (c->next != NULL &&
	    c->next->nnameservers < CONF_NAMESERVERS_MAX)
		c->next->nameservers[c->next->nnameservers++] = b->na;
}

static void
on_conf_host(void *arg, struct pipe *p, struct msg *m)
{
	struct child *c = arg;
	const struct conf_host *b = m->body;

	if (c->next != NULL && conf_add_host(c->next, b->ip, b->name) == -1)
		log_warn("an entry of hosts(5) is lost");
}

static void
on_conf_end(void *arg, struct pipe *p, struct msg *m)
{
	struct child *c = arg;
	struct m_conf_result r = { .ok = true };
	const char *why = NULL;

	if (c->next == NULL)
		why = "out of memory";
	else if (c->inited && c->ops->conf_check != NULL)
		why = c->ops->conf_check(c->ctx, c->next);
	if (why != NULL) {
		r.ok = false;
		strlcpy(r.why, why, sizeof(r.why));
	}
	(void)pipe_send(p, MSG_CONF_RESULT, 0, -1, &r);
}

static void
on_conf_commit(void *arg, struct pipe *p, struct msg *m)
{
	struct child *c = arg;
	struct conf *old = c->conf;

	if (!c->have_init || c->next == NULL) {
		pipe_violation(p, "CONF_COMMIT of nothing");
		return;
	}
	c->conf = c->next;
	c->next = NULL;
	if (!c->inited) {
		/* For ps(1), where several pexd run. */
		setproctitle("-pexd: %s (%s)", role_name(c->ops->role),
		    c->conf->network);
		first_conf(c);
	} else if (c->ops->conf_changed != NULL)
		c->ops->conf_changed(c->ctx, old);
	conf_free(old);
}

static void
on_conf_abort(void *arg, struct pipe *p, struct msg *m)
{
	struct child *c = arg;

	conf_free(c->next);
	c->next = NULL;
}

const struct msg_handler child_wiring_from_parent[] = {
	{ MSG_PROC_INIT,	on_proc_init },
	{ MSG_PROC_PIPE,	on_proc_pipe },
	{ MSG_PROC_START,	on_proc_start },
	{ MSG_LOG_LEVEL,	on_log_level },
	{ MSG_EVENTS,		on_events },
	{ MSG_CONF_BEGIN,	on_conf_begin },
	{ MSG_CONF_MAIN,	on_conf_main },
	{ MSG_CONF_PEER,	on_conf_peer },
	{ MSG_CONF_NAMESERVER,	on_conf_nameserver },
	{ MSG_CONF_HOST,	on_conf_host },
	{ MSG_CONF_END,		on_conf_end },
	{ MSG_CONF_COMMIT,	on_conf_commit },
	{ MSG_CONF_ABORT,	on_conf_abort },
	{ MSG_NONE,		NULL }
};
