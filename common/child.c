/* SPDX-License-Identifier: ISC */
/* The life of a child process: wiring, privileges, config, leaving. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/child.h"
#include "common/log.h"
#include "common/sandbox.h"

#define NEIGHBOURS	3	/* engine, dialer, addrbookd */

struct neighbour {
	enum role	 role;
	struct pipe	*pipe;
	bool		 synced;
};

struct child {
	const struct child_ops	*ops;
	void			*ctx;
	struct event_base	*base;
	struct pipe		*parent;
	struct neighbour	 nb[NEIGHBOURS];
	struct conf		*conf;		/* in force */
	struct conf		*next;		/* being received */
	struct m_proc_init	 init;
	char			 sandbox[MSG_NAME_SIZE];
	bool			 have_init, inited, ready, started, events;
};

static struct neighbour *
neighbour(struct child *c, enum role role)
{
	size_t i;

	for (i = 0; i < NEIGHBOURS; i++)
		if (c->nb[i].role == role)
			return &c->nb[i];
	return NULL;
}

/* --- accessors --------------------------------------------------------- */

struct event_base *
child_base(struct child *c)
{
	return c->base;
}

const struct conf *
child_conf(struct child *c)
{
	return c->conf;
}

struct pipe *
child_pipe(struct child *c, enum role role)
{
	struct neighbour *n;

	if (role == ROLE_PARENT)
		return c->parent;
	n = neighbour(c, role);
	return n == NULL ? NULL : n->pipe;
}

bool
child_synced(struct child *c, enum role role)
{
	struct neighbour *n = neighbour(c, role);

	return n != NULL && n->pipe != NULL && n->synced;
}

int
child_send(struct child *c, enum role role, uint32_t type, uint32_t id,
    int fd, const void *body)
{
	struct pipe *p = child_pipe(c, role);

	if (p == NULL) {
		if (fd != -1)
			close(fd);
		errno = EPIPE;
		return -1;
	}
	return pipe_send(p, type, id, fd, body);
}

bool
child_events_on(struct child *c)
{
	return c->events;
}

void
child_event(struct child *c, struct m_event *ev)
{
	if (!c->events)
		return;
	ev->time_ms = child_wall_ms();
	(void)child_send(c, ROLE_PARENT, MSG_EVENT, 0, -1, ev);
}

void
child_row(struct child *c, uint32_t id, uint32_t type, const void *row)
{
	(void)child_send(c, ROLE_PARENT, type, id, -1, row);
}

void
child_counter(struct child *c, uint32_t id, const char *name, int64_t value)
{
	struct m_counter m = { .role = c->ops->role, .value = value };

	strlcpy(m.name, name, sizeof(m.name));
	child_row(c, id, MSG_COUNTER, &m);
}

void
child_fact(struct child *c, uint32_t id, const char *name, const char *value)
{
	struct m_fact m = { .role = c->ops->role };

	strlcpy(m.name, name, sizeof(m.name));
	strlcpy(m.value, value, sizeof(m.value));
	child_row(c, id, MSG_FACT, &m);
}

void
child_done(struct child *c, uint32_t id, enum status status, uint64_t cursor,
    const char *text)
{
	struct m_done m = { .status = status, .cursor = cursor };

	if (text != NULL)
		strlcpy(m.text, text, sizeof(m.text));
	child_row(c, id, MSG_DONE, &m);
}

static uint64_t
clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

uint64_t
child_mono_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t
child_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

/* --- log --------------------------------------------------------------- */

static void
log_to_parent(void *ctx, enum log_level level, const char *line)
{
	struct child *c = ctx;
	struct m_log m = { .level = level };

	strlcpy(m.text, line, sizeof(m.text));
	if (c->parent == NULL ||
	    pipe_send(c->parent, MSG_LOG, 0, -1, &m) == -1)
		return;
	/* A fatal error leaves no later turn of the loop. */
	if (level == LOG_LV_ERROR)
		pipe_flush(c->parent);
}

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
enter_sandbox(struct child *c)
{
	struct sandbox_opts opts = {
		.log_only = c->init.sandbox_log,
		.nofile = c->init.nofile,
	};

	if (sandbox_enter(c->ops->role, &opts, c->sandbox,
	    sizeof(c->sandbox)) == -1)
		fatal("cannot enter the sandbox");
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
	struct neighbour *n = neighbour(c, pipe_peer(p));
	struct m_proc_violation m = { .peer = pipe_peer(p) };

	if (end != PIPE_EOF) {
		log_warnx("closing the pipe to %s: %s",
		    role_name(pipe_peer(p)), why);
		strlcpy(m.why, why, sizeof(m.why));
		(void)child_send(c, ROLE_PARENT, MSG_PROC_VIOLATION, 0, -1,
		    &m);
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
	struct neighbour *n = neighbour(c, pipe_peer(p));

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

static void
attach(struct child *c, struct neighbour *n, int fd)
{
	if (n->pipe != NULL) {		/* the old one died unnoticed */
		pipe_free(n->pipe);
		n->pipe = NULL;
		if (c->ops->pipe_down != NULL)
			c->ops->pipe_down(c->ctx, n->role);
	}
	n->synced = false;
	n->pipe = pipe_new(c->base, fd, c->ops->role, n->role,
	    &neighbour_ops, c);
	if (n->pipe == NULL) {
		log_warn("cannot use the pipe to %s", role_name(n->role));
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
	struct neighbour *n = neighbour(c, b->peer);
	int fd = m->fd;

	if (n == NULL || !(c->ops->neighbours & b->peer) || !c->inited) {
		pipe_violation(p, "PROC_PIPE for %s", role_name(b->peer));
		return;
	}
	if (fd == -1) {
		log_warnx("the pipe to %s was lost: no descriptor free",
		    role_name(b->peer));
		return;
	}
	m->fd = -1;
	attach(c, n, fd);
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
	else if (c->ops->conf_check != NULL)
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
	if (!c->inited)
		first_conf(c);
	else if (c->ops->conf_changed != NULL)
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

static const struct msg_handler wiring_from_parent[] = {
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

/* --- main -------------------------------------------------------------- */

static void
parent_ended(void *arg, struct pipe *p, enum pipe_end end, const char *why)
{
	struct child *c = arg;

	c->parent = NULL;
	pipe_free(p);
	/* The parent reads this from stderr, if at all: its pipe is gone. */
	log_set_sink(NULL, NULL);
	if (end != PIPE_EOF)
		log_warnx("closing the pipe to pexd: %s", why);
	event_base_loopbreak(c->base);
}

static const struct pipe_ops parent_ops = { .ended = parent_ended };

static struct event_base *
new_base(void)
{
	struct event_config *cfg;
	struct event_base *base;

	if ((cfg = event_config_new()) == NULL)
		return NULL;
	/* The process has one thread on this base. */
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
	base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	return base;
}

static void
child_setup(struct child *c)
{
	static const enum role roles[NEIGHBOURS] = {
		ROLE_ENGINE, ROLE_DIALER, ROLE_ADDRBOOKD
	};
	struct stat st;
	size_t i;

	if (fstat(CHILD_FD, &st) == -1 || !S_ISSOCK(st.st_mode))
		fatalx("this program is started by pexd(8), not by hand");
	closefrom(CHILD_FD + 1);
	signal(SIGPIPE, SIG_IGN);
	/* ^C at a terminal reaches all; only the parent decides to stop. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	tzset();
	for (i = 0; i < NEIGHBOURS; i++)
		c->nb[i].role = roles[i];
	if ((c->base = new_base()) == NULL)
		fatalx("cannot make an event base");
	c->parent = pipe_new(c->base, CHILD_FD, c->ops->role, ROLE_PARENT,
	    &parent_ops, c);
	if (c->parent == NULL)
		fatal("cannot use descriptor %d", CHILD_FD);
	pipe_handle(c->parent, c->ops->from_parent, c->ctx);
	pipe_handle(c->parent, wiring_from_parent, c);
	log_set_sink(log_to_parent, c);
}

static void
child_teardown(struct child *c)
{
	size_t i;

	if (c->inited && c->ops->stop != NULL)
		c->ops->stop(c->ctx);
	for (i = 0; i < NEIGHBOURS; i++)
		pipe_free(c->nb[i].pipe);
	pipe_free(c->parent);
	conf_free(c->conf);
	conf_free(c->next);
	event_base_free(c->base);
}

int
child_main(const struct child_ops *ops, void *ctx, int argc, char **argv)
{
	struct child c;

	memset(&c, 0, sizeof(c));
	c.ops = ops;
	c.ctx = ctx;
	log_init(role_name(ops->role));
	setproctitle("%s", role_name(ops->role));
	child_setup(&c);
	if (event_base_dispatch(c.base) == -1)
		log_warnx("the event loop failed");
	child_teardown(&c);
	return 0;
}
