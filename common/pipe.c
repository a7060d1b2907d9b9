/* SPDX-License-Identifier: ISC */
/* imsg pipes on libevent: dispatch by table, batch writes, bound the queue. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <imsg.h>

#include "common/pipe.h"
#include "common/pipe_sizes.h"

#define PIPE_SOCKBUF	(256 * 1024)

struct pipe {
	struct event_base		*base;
	struct imsgbuf			 ibuf;
	struct event			 rev, wev, flushev;
	const struct pipe_ops		*ops;
	void				*ctx;
	struct {
		void	(*fn)(void *, struct pipe *, struct msg *);
		void	 *ctx;
	}				 handlers[MSG_MAX];
	void				*body;	/* decoded message */
	struct pipe_stats		 stats;
	struct pipe_sizes		 sizes;
	enum role			 self, peer;
	int				 fd;
	bool				 over, in_dispatch, dead;
	bool				 deaf;	/* it reads no more */
	bool				 was_high, paused, flushing;
	char				 why[128];
};

static void	on_read(evutil_socket_t, short, void *);
static void	on_write(evutil_socket_t, short, void *);

/* --- queue accounting -------------------------------------------------- */

static void
account(struct pipe *p)
{
	uint32_t left = imsgbuf_queuelen(&p->ibuf);

	while (p->sizes.n > left)
		p->stats.queued -= pipe_sizes_pop(&p->sizes);
	if (p->stats.queued > PIPE_HIGH_WATER)
		p->was_high = true;
	else if (p->was_high && p->stats.queued < PIPE_LOW_WATER) {
		p->was_high = false;
		if (p->ops->drained != NULL)
			p->ops->drained(p->ctx, p);
	}
}

/* --- life -------------------------------------------------------------- */

static void
pipe_destroy(struct pipe *p)
{
	pipe_sizes_free(&p->sizes);
	free(p->body);
	free(p);
}

static void
pipe_shut(struct pipe *p)
{
	if (p->fd == -1)
		return;
	event_del(&p->rev);
	event_del(&p->wev);
	event_del(&p->flushev);
	imsgbuf_clear(&p->ibuf);
	close(p->fd);
	p->fd = -1;
	p->over = true;
}

void
pipe_free(struct pipe *p)
{
	if (p == NULL)
		return;
	pipe_shut(p);
	/* A handler may free the pipe that called it. */
	if (p->in_dispatch)
		p->dead = true;
	else
		pipe_destroy(p);
}

static void
pipe_end(struct pipe *p, enum pipe_end end, const char *why)
{
	bool outer = p->in_dispatch;

	if (p->over)
		return;
	pipe_shut(p);
	p->in_dispatch = true;
	p->ops->ended(p->ctx, p, end, why);
	p->in_dispatch = outer;
	if (p->dead && !outer)
		pipe_destroy(p);
}

static int
socket_setup(int fd)
{
	int fl, size = PIPE_SOCKBUF;

	if ((fl = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, fl | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		return -1;
	/* Bigger buffers mean fewer wake-ups; the default works as well. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return 0;
}

struct pipe *
pipe_new(struct event_base *base, int fd, enum role self, enum role peer,
    const struct pipe_ops *ops, void *ctx)
{
	struct pipe *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		goto fail;
	p->base = base;
	p->self = self;
	p->peer = peer;
	p->ops = ops;
	p->ctx = ctx;
	p->fd = fd;
	if ((p->body = malloc(msg_body_max())) == NULL ||
	    socket_setup(fd) == -1 || imsgbuf_init(&p->ibuf, fd) == -1)
		goto fail;
	if (peer != ROLE_CTL && self != ROLE_CTL)
		imsgbuf_allow_fdpass(&p->ibuf);
	event_assign(&p->rev, base, fd, EV_READ | EV_PERSIST, on_read, p);
	event_assign(&p->wev, base, fd, EV_WRITE, on_write, p);
	event_assign(&p->flushev, base, -1, 0, on_write, p);
	if (event_add(&p->rev, NULL) == -1) {
		imsgbuf_clear(&p->ibuf);
		goto fail;
	}
	return p;
fail:
	close(fd);
	if (p != NULL)
		pipe_destroy(p);
	return NULL;
}

void
pipe_handle(struct pipe *p, const struct msg_handler *h, void *ctx)
{
	for (; h != NULL && h->type != MSG_NONE; h++) {
		p->handlers[h->type].fn = h->fn;
		p->handlers[h->type].ctx = ctx;
	}
}

/* --- writing ----------------------------------------------------------- */

static bool
is_gone(int error)
{
	return error == EPIPE || error == ECONNRESET;
}

/*
 * A neighbour that went may have left messages, its reason above all: they
 * are read first, and where they end the pipe does.
 */
static void
write_failed(struct pipe *p, int error)
{
	if (is_gone(error) && !p->paused)
		p->deaf = true;
	else
		pipe_end(p, is_gone(error) ? PIPE_EOF : PIPE_ERROR,
		    strerror(error));
}

static void
write_some(struct pipe *p)
{
	if (p->over || p->deaf)
		return;
	if (imsgbuf_write(&p->ibuf) == -1) {
		write_failed(p, errno);
		return;
	}
	if (imsgbuf_queuelen(&p->ibuf) > 0)
		event_add(&p->wev, NULL);
	account(p);
}

static void
on_write(evutil_socket_t fd, short what, void *arg)
{
	struct pipe *p = arg;

	p->flushing = false;
	write_some(p);
}

/*
 * Write when the events now active have run: many messages then share one
 * system call, and none waits longer than this turn of the loop.
 */
static void
flush_soon(struct pipe *p)
{
	if (p->flushing || event_pending(&p->wev, EV_WRITE, NULL))
		return;
	event_del(&p->flushev);		/* it may have been for later */
	p->flushing = true;
	event_active(&p->flushev, EV_WRITE, 0);
}

/* To wake the neighbour for each would cost more than what it is told. */
static void
flush_later(struct pipe *p)
{
	static const struct timeval tv = { 0, PIPE_LAZY_MS * 1000 };

	if (p->flushing || event_pending(&p->wev, EV_WRITE, NULL) ||
	    event_pending(&p->flushev, EV_TIMEOUT, NULL))
		return;
	event_add(&p->flushev, &tv);
}

static int
refuse(int fd, int error)
{
	if (fd != -1)
		close(fd);
	errno = error;
	return -1;
}

static int
may_queue(struct pipe *p, const struct msg_info *info)
{
	if (info == NULL || !(info->senders & p->self) ||
	    !(info->receivers & p->peer))
		return EINVAL;
	if (p->over || p->deaf)
		return EPIPE;
	if (p->stats.queued > PIPE_HIGH_WATER && (info->flags & MSG_SHED)) {
		p->stats.shed++;
		return ENOBUFS;
	}
	return 0;
}

static int
compose(struct pipe *p, uint32_t type, uint32_t id, int fd, const void *body)
{
	struct ibuf *b;
	size_t len;

	if ((b = imsg_create(&p->ibuf, type, id, 0, 64)) == NULL)
		return refuse(fd, errno);
	if (body != NULL && msg_encode(type, body, b) == -1) {
		ibuf_free(b);
		return refuse(fd, errno);
	}
	len = ibuf_size(b);
	if (pipe_sizes_push(&p->sizes,
	    len > UINT16_MAX ? UINT16_MAX : len) == -1) {
		ibuf_free(b);
		return refuse(fd, ENOMEM);
	}
	if (fd != -1)
		ibuf_fd_set(b, fd);
	imsg_close(&p->ibuf, b);
	p->stats.queued += len;
	return 0;
}

int
pipe_send(struct pipe *p, uint32_t type, uint32_t id, int fd,
    const void *body)
{
	const struct msg_info *info = msg_info(type);
	int error;

	if ((error = may_queue(p, info)) != 0)
		return refuse(fd, error);
	if (p->stats.queued > PIPE_HARD_LIMIT) {
		(void)refuse(fd, EPIPE);
		pipe_end(p, PIPE_STUCK, "it does not read its pipe");
		errno = EPIPE;
		return -1;
	}
	if (compose(p, type, id, fd, body) == -1)
		return -1;
	p->stats.sent++;
	if (p->stats.queued > p->stats.queued_max)
		p->stats.queued_max = p->stats.queued;
	if (p->stats.queued > PIPE_HIGH_WATER)
		p->was_high = true;
	if (info->flags & MSG_LAZY)
		flush_later(p);
	else
		flush_soon(p);
	return 0;
}

int
pipe_signal(struct pipe *p, uint32_t type)
{
	return pipe_send(p, type, 0, -1, NULL);
}

void
pipe_flush(struct pipe *p)
{
	if (!p->over && !p->deaf)
		(void)imsgbuf_write(&p->ibuf);
}

/* --- reading ----------------------------------------------------------- */

static const char *
check_msg(struct pipe *p, const struct msg_info *info, const struct msg *m)
{
	if (info == NULL)
		return "unknown type";
	if (!(info->senders & p->peer) || !(info->receivers & p->self))
		return "not its to send";
	if (p->handlers[m->type].fn == NULL)
		return "not expected here";
	if (m->fd != -1 && !(info->flags & MSG_FD))
		return "carries a descriptor";
	return NULL;
}

static const char *
deliver(struct pipe *p, struct imsg *imsg, struct msg *m)
{
	const struct msg_info *info = msg_info(m->type);
	struct ibuf view;
	const char *why;

	if ((why = check_msg(p, info, m)) != NULL)
		return why;
	if (imsg_get_len(imsg) == 0)
		ibuf_from_buffer(&view, NULL, 0);
	else if (imsg_get_ibuf(imsg, &view) == -1)
		return "no payload";
	if (msg_decode(m->type, &view, p->body) == -1)
		return "malformed";
	m->body = p->body;
	p->stats.received++;
	p->handlers[m->type].fn(p->handlers[m->type].ctx, p, m);
	return NULL;
}

static void
dispatch_one(struct pipe *p, struct imsg *imsg)
{
	struct msg m;
	const char *why;
	char text[128];

	m.type = imsg_get_type(imsg);
	m.id = imsg_get_id(imsg);
	m.fd = imsg_get_fd(imsg);
	m.body = NULL;
	why = deliver(p, imsg, &m);
	if (m.fd != -1)
		close(m.fd);
	imsg_free(imsg);
	if (why != NULL) {
		snprintf(text, sizeof(text), "message %s (%u): %s",
		    msg_name(m.type), m.type, why);
		pipe_end(p, PIPE_VIOLATION, text);
	} else if (p->why[0] != '\0')
		pipe_end(p, PIPE_VIOLATION, p->why);
}

static void
dispatch_all(struct pipe *p)
{
	struct imsg imsg;
	int n;

	while (!p->over && !p->paused) {
		if ((n = imsgbuf_get(&p->ibuf, &imsg)) == -1) {
			pipe_end(p, PIPE_VIOLATION, "bad framing");
			return;
		}
		if (n == 0)
			return;
		dispatch_one(p, &imsg);
	}
}

static void
on_read(evutil_socket_t fd, short what, void *arg)
{
	struct pipe *p = arg;
	int n;

	p->in_dispatch = true;
	if (what & EV_READ) {
		if ((n = imsgbuf_read(&p->ibuf)) == -1)
			pipe_end(p, is_gone(errno) ? PIPE_EOF : PIPE_ERROR,
			    strerror(errno));
		else {
			/* What came before the end still counts. */
			dispatch_all(p);
			if (n == 0)
				pipe_end(p, PIPE_EOF, "it closed its pipe");
		}
	} else
		dispatch_all(p);
	p->in_dispatch = false;
	if (p->dead)
		pipe_destroy(p);
}

void
pipe_violation(struct pipe *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->why, sizeof(p->why), fmt, ap);
	va_end(ap);
}

void
pipe_pause(struct pipe *p)
{
	if (p->paused || p->over)
		return;
	p->paused = true;
	event_del(&p->rev);
}

void
pipe_resume(struct pipe *p)
{
	if (!p->paused || p->over)
		return;
	p->paused = false;
	event_add(&p->rev, NULL);
	/* Messages already in the buffer raise no read event. */
	event_active(&p->rev, EV_TIMEOUT, 0);
}

bool
pipe_is_high(const struct pipe *p)
{
	return p->stats.queued > PIPE_HIGH_WATER;
}

enum role
pipe_peer(const struct pipe *p)
{
	return p->peer;
}

int
pipe_fd(const struct pipe *p)
{
	return p->fd;
}

const struct pipe_stats *
pipe_stats(const struct pipe *p)
{
	return &p->stats;
}
