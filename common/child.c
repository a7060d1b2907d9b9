/* SPDX-License-Identifier: ISC */
/* The life of a child process: start, accessors, answers, leaving. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/child_impl.h"
#include "common/log.h"

struct neighbour *
child_neighbour(struct child *c, enum role role)
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
	n = child_neighbour(c, role);
	return n == NULL ? NULL : n->pipe;
}

bool
child_synced(struct child *c, enum role role)
{
	struct neighbour *n = child_neighbour(c, role);

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

static void
on_held(evutil_socket_t fd, short what, void *arg)
{
	log_tell_held();
}

static void
tell_held_soon(void *ctx)
{
	static const struct timeval second = { .tv_sec = 1 };
	struct child *c = ctx;

	evtimer_add(&c->held, &second);
}

/* --- main -------------------------------------------------------------- */

static void
parent_ended(void *arg, struct pipe *p, enum pipe_end end, const char *why)
{
	struct child *c = arg;

	c->parent = NULL;
	pipe_free(p);
	/* Where a sanitizer runs stderr is left; the pipe is gone. */
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
	/*
	 * ^C at a terminal, and a service manager's signal, reach all; only
	 * the parent decides to stop.
	 */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
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
	pipe_handle(c->parent, child_wiring_from_parent, c);
	log_set_sink(log_to_parent, c);
	evtimer_assign(&c->held, c->base, on_held, c);
	log_on_held(tell_held_soon, c);
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
	log_on_held(NULL, NULL);
	event_del(&c->held);
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
	setproctitle("-pexd: %s", role_name(ops->role));
	child_setup(&c);
	if (event_base_dispatch(c.base) == -1)
		log_warnx("the event loop failed");
	child_teardown(&c);
	return 0;
}
