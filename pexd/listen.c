/* SPDX-License-Identifier: ISC */
/* Bind the addresses to listen on. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "pexd/listen.h"
#include "pexd/places.h"

struct listener {
	TAILQ_ENTRY(listener)	 entry;
	struct netaddr		 na;
	int			 fd;
	bool			 fresh;		/* of a config not in force */
};

struct listeners {
	TAILQ_HEAD(, listener)	 list;
};

struct listeners *
listening_new(void)
{
	struct listeners *ls;

	if ((ls = calloc(1, sizeof(*ls))) != NULL)
		TAILQ_INIT(&ls->list);
	return ls;
}

static void
listener_free(struct listeners *ls, struct listener *l)
{
	TAILQ_REMOVE(&ls->list, l, entry);
	close(l->fd);
	free(l);
}

void
listening_free(struct listeners *ls)
{
	struct listener *l;

	if (ls == NULL)
		return;
	while ((l = TAILQ_FIRST(&ls->list)) != NULL)
		listener_free(ls, l);
	free(ls);
}

static int
set_options(int fd, int family)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1)
		return -1;
	/* IPv4 has listeners of its own. */
	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
	    &on, sizeof(on)) == -1)
		return -1;
	return 0;
}

/* A listening socket or -1. */
static int
bind_to(const struct netaddr *na)
{
	struct sockaddr_storage ss;
	socklen_t len = netaddr_to_sockaddr(na, &ss);
	int fd, saved;

	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (fd == -1)
		return -1;
	if (set_options(fd, ss.ss_family) == -1 ||
	    bind(fd, (struct sockaddr *)&ss, len) == -1 ||
	    listen(fd, SOMAXCONN) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static bool
is_bound(const struct listeners *ls, const struct netaddr *na)
{
	const struct listener *l;

	TAILQ_FOREACH(l, &ls->list, entry)
		if (netaddr_equal(&l->na, na))
			return true;
	return false;
}

static int
open_one(struct listeners *ls, const struct netaddr *na)
{
	struct listener *l;
	int saved;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return -1;
	if ((l->fd = bind_to(na)) == -1) {
		saved = errno;
		free(l);
		errno = saved;
		return -1;
	}
	l->na = *na;
	l->fresh = true;
	TAILQ_INSERT_TAIL(&ls->list, l, entry);
	return 0;
}

/*
 * "listen on *" on a system without IPv6 means IPv4 alone: is this such an
 * address, and is there another to listen on?
 */
static bool
may_lack(const struct conf *c, const struct netaddr *na, int error)
{
	return c->nlisten > 1 && ip_is_unspecified(na->ip) &&
	    (error == EAFNOSUPPORT || error == EADDRNOTAVAIL);
}

int
listening_open(struct listeners *ls, const struct conf *c, char *why,
    size_t size)
{
	char text[NETADDR_TEXT_SIZE], at[160];
	unsigned i;

	for (i = 0; i < c->nlisten; i++) {
		if (is_bound(ls, &c->listen[i]) ||
		    open_one(ls, &c->listen[i]) == 0)
			continue;
		netaddr_text(&c->listen[i], text);
		if (may_lack(c, &c->listen[i], errno)) {
			log_warn("not listening on %s", text);
			continue;
		}
		snprintf(why, size, "%scannot listen on %s: %s",
		    place_text(place_of_listen(c, i), at, sizeof(at)), text,
		    strerror(errno));
		listening_abort(ls);
		return -1;
	}
	if (!TAILQ_EMPTY(&ls->list))
		return 0;
	snprintf(why, size, "there is no address to listen on");
	return -1;
}

static bool
is_configured(const struct conf *c, const struct netaddr *na)
{
	unsigned i;

	for (i = 0; i < c->nlisten; i++)
		if (netaddr_equal(&c->listen[i], na))
			return true;
	return false;
}

void
listening_commit(struct listeners *ls, const struct conf *c)
{
	struct listener *l, *next;

	TAILQ_FOREACH_SAFE(l, &ls->list, entry, next) {
		l->fresh = false;
		if (!is_configured(c, &l->na))
			listener_free(ls, l);
	}
}

void
listening_abort(struct listeners *ls)
{
	struct listener *l, *next;

	TAILQ_FOREACH_SAFE(l, &ls->list, entry, next)
		if (l->fresh)
			listener_free(ls, l);
}

int
listening_get(const struct listeners *ls, unsigned i, struct netaddr *na,
    bool *fresh)
{
	const struct listener *l;

	TAILQ_FOREACH(l, &ls->list, entry)
		if (i-- == 0) {
			*na = l->na;
			*fresh = l->fresh;
			return l->fd;
		}
	return -1;
}
