/* SPDX-License-Identifier: ISC */
/*
 * Connects under way.  The socket is handed to engine unread; what went
 * wrong is told to the policy in its own words.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "common/log.h"
#include "dialer/dialer.h"

struct dialing {
	TAILQ_ENTRY(dialing)	 entry;
	struct connects		*all;
	struct policy_dial	 what;
	struct event		 ev;
	uint64_t		 began;		/* ms */
	int			 fd;
	int			 error;		/* failed at once */
};

struct connects {
	struct dialer		*d;
	TAILQ_HEAD(, dialing)	 list;
	unsigned		 n;
};

struct connects *
connects_new(struct dialer *d)
{
	struct connects *all;

	if ((all = calloc(1, sizeof(*all))) == NULL)
		return NULL;
	all->d = d;
	TAILQ_INIT(&all->list);
	return all;
}

static void
dialing_free(struct dialing *g)
{
	event_del(&g->ev);
	if (g->fd != -1)
		close(g->fd);
	TAILQ_REMOVE(&g->all->list, g, entry);
	g->all->n--;
	free(g);
}

void
connects_free(struct connects *all)
{
	struct dialing *g;

	if (all == NULL)
		return;
	while ((g = TAILQ_FIRST(&all->list)) != NULL)
		dialing_free(g);
	free(all);
}

unsigned
connects_count(const struct connects *all)
{
	return all->n;
}

static void
dial_failed(struct dialing *g, enum outcome outcome, const char *why)
{
	struct dialer *d = g->all->d;
	struct m_dialed m = { .dial = g->what.dial, .outcome = outcome };

	strlcpy(m.why, why, sizeof(m.why));
	dialing_free(g);
	/* The other classes say themselves what connect(2) said. */
	d->why = outcome == OUTCOME_OURS ? m.why : NULL;
	policy_dialed(d->policy, child_mono_ms(), &m);
	d->why = NULL;
	dialer_settle(d);
}

/*
 * A port of our own that nobody listens on may be the very one that the
 * system gave this socket: it is then connected to itself.
 */
static bool
is_self_connected(int fd)
{
	struct sockaddr_storage ss;
	struct netaddr near, far;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1 ||
	    netaddr_from_sockaddr((struct sockaddr *)&ss, len, &near) == -1)
		return false;
	len = sizeof(ss);
	if (getpeername(fd, (struct sockaddr *)&ss, &len) == -1 ||
	    netaddr_from_sockaddr((struct sockaddr *)&ss, len, &far) == -1)
		return false;
	return netaddr_equal(&near, &far);
}

static void
dial_reached(struct dialing *g)
{
	struct dialer *d = g->all->d;
	uint64_t now = child_mono_ms();
	struct m_dial m = {
		.dial = g->what.dial,
		.addr = g->what.addr,
		.purpose = g->what.purpose,
		/* 0 would be unknown. */
		.latency_ms = now > g->began ? now - g->began : 1,
	};
	int fd = g->fd;

	g->fd = -1;
	if (child_send(d->child, ROLE_ENGINE, MSG_DIAL, 0, fd, &m) == -1) {
		dial_failed(g, OUTCOME_OURS, "engine is not there");
		return;
	}
	dialing_free(g);
	policy_reached(d->policy, now, m.dial, m.latency_ms);
	dialer_settle(d);
}

static void
on_connect(evutil_socket_t fd, short what, void *arg)
{
	struct dialing *g = arg;
	socklen_t len = sizeof(g->error);

	if (g->error == 0 && (what & EV_TIMEOUT) && !(what & EV_WRITE))
		g->error = ETIMEDOUT;
	else if (g->error == 0 && getsockopt(g->fd, SOL_SOCKET, SO_ERROR,
	    &g->error, &len) == -1)
		g->error = errno;
	if (g->error == 0 && is_self_connected(g->fd))
		g->error = ECONNREFUSED;
	if (g->error != 0)
		dial_failed(g, outcome_of_errno(g->error), strerror(g->error));
	else
		dial_reached(g);
}

static int
begin_connect(struct dialing *g)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int one = 1;

	len = netaddr_to_sockaddr(&g->what.addr.na, &ss);
	g->fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	if (g->fd == -1)
		return errno;
	(void)setsockopt(g->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(g->fd, (struct sockaddr *)&ss, len) == -1 &&
	    errno != EINPROGRESS)
		return errno;
	return 0;
}

void
connects_begin(struct connects *all, const struct policy_dial *what)
{
	struct event_base *base = child_base(all->d->child);
	uint32_t ms = child_conf(all->d->child)->times.dial_timeout;
	struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };
	struct dialing *g;

	if ((g = calloc(1, sizeof(*g))) == NULL) {
		/* Its place comes free when the policy's deadline passes. */
		log_warn("no memory to dial");
		return;
	}
	g->all = all;
	g->what = *what;
	g->began = child_mono_ms();
	g->fd = -1;
	TAILQ_INSERT_TAIL(&all->list, g, entry);
	all->n++;
	if ((g->error = begin_connect(g)) != 0) {
		/* Told later: the policy is still in its call to us. */
		event_assign(&g->ev, base, -1, 0, on_connect, g);
		event_active(&g->ev, EV_TIMEOUT, 0);
		return;
	}
	event_assign(&g->ev, base, g->fd, EV_WRITE, on_connect, g);
	event_add(&g->ev, &tv);
}
