/* SPDX-License-Identifier: ISC */
/* A conversation with pexd over its control socket. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "pexctl/client.h"

struct client {
	struct event_base	*base;
	struct event		*patience;
	struct pipe		*pipe;
	uint64_t		 received;	/* at the last look */
	uint32_t		 id;		/* of the request under way */
	bool			 waiting, watching, lost;
	struct m_done		 done;
	char			 why[160];
};

static void	on_done(void *, struct pipe *, struct msg *);
static void	on_end(void *, struct pipe *, enum pipe_end, const char *);

static const struct msg_handler handlers[] = {
	{ MSG_DONE, on_done },
	{ MSG_NONE, NULL }
};
static const struct pipe_ops ops = { .ended = on_end };

static void
stop(struct client *c)
{
	c->waiting = false;
	event_base_loopbreak(c->base);
}

static void
lose(struct client *c, const char *why)
{
	c->lost = true;
	(void)strlcpy(c->why, why, sizeof(c->why));
	stop(c);
}

static void
on_done(void *ctx, struct pipe *p, struct msg *m)
{
	struct client *c = ctx;
	const struct m_done *done = m->body;

	/* 0 answers no request but the connection itself: no right to it. */
	if (m->id != c->id && m->id != 0)
		return;
	/* That a watch has begun is not its end. */
	if (c->watching && done->status == STATUS_OK)
		return;
	c->done = *done;
	stop(c);
}

static void
on_end(void *ctx, struct pipe *p, enum pipe_end end, const char *why)
{
	struct client *c = ctx;

	lose(c, end == PIPE_EOF ? "it closed the connection" : why);
}

static void
on_patience(evutil_socket_t fd, short what, void *ctx)
{
	struct client *c = ctx;
	uint64_t received = pipe_stats(c->pipe)->received;

	if (c->watching || received != c->received) {
		c->received = received;
		return;
	}
	lose(c, "it does not answer");
}

static int
connect_to(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, error;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static int
start(struct client *c, int fd)
{
	const struct timeval tv = { CLIENT_PATIENCE, 0 };

	if ((c->base = event_base_new()) == NULL) {
		close(fd);
		return -1;
	}
	c->pipe = pipe_new(c->base, fd, ROLE_CTL, ROLE_PARENT, &ops, c);
	if (c->pipe == NULL)
		return -1;
	pipe_handle(c->pipe, handlers, c);
	c->patience = event_new(c->base, -1, EV_PERSIST, on_patience, c);
	return c->patience == NULL ? -1 : event_add(c->patience, &tv);
}

struct client *
client_open(const char *path)
{
	struct client *c;
	int fd, error;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	if ((fd = connect_to(path)) == -1 || start(c, fd) == -1) {
		error = errno;
		client_close(c);
		errno = error;
		return NULL;
	}
	return c;
}

void
client_close(struct client *c)
{
	if (c == NULL)
		return;
	pipe_free(c->pipe);
	if (c->patience != NULL)
		event_free(c->patience);
	if (c->base != NULL)
		event_base_free(c->base);
	free(c);
}

void
client_handle(struct client *c, const struct msg_handler *h, void *ctx)
{
	pipe_handle(c->pipe, h, ctx);
}

int
client_ask(struct client *c, uint32_t type, const void *body,
    struct m_done *done)
{
	c->id++;
	memset(&c->done, 0, sizeof(c->done));
	c->waiting = true;
	if (!c->lost && pipe_send(c->pipe, type, c->id, -1, body) == -1)
		lose(c, strerror(errno));
	while (c->waiting && !c->lost)
		if (event_base_dispatch(c->base) == -1)
			lose(c, "the event loop failed");
	*done = c->done;
	return c->lost ? -1 : 0;
}

int
client_watch(struct client *c, uint32_t type, const void *body,
    struct m_done *done)
{
	c->watching = true;
	return client_ask(c, type, body, done);
}

void
client_answered(struct client *c, const struct msg *m)
{
	if (m->id == c->id)
		stop(c);
}

const char *
client_why(const struct client *c)
{
	return c->why;
}
