/* SPDX-License-Identifier: ISC */
/*
 * Listeners: sockets the parent bound.  Those of a new config are staged
 * until it is committed.  Nobody is accepted while dialer or addrbookd is
 * not there, nor for a second after descriptors ran out.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/util.h>

#include "engine/engine.h"

#define ACCEPT_BATCH	64	/* in one turn of the loop */
#define ACCEPT_PAUSE_MS	1000
#define PAUSE_LOG_MS	60000	/* a line about pauses once in so long */

struct listener {
	TAILQ_ENTRY(listener)	 entry;
	struct engine		*eng;
	struct event		 ev;
	int			 fd;
	struct netaddr		 na;
};

const struct netaddr *
listener_addr(const struct listener *l)
{
	return &l->na;
}

const struct listener *
listener_for(struct engine *eng, bool v4)
{
	struct listener *l;

	TAILQ_FOREACH(l, &eng->listeners, entry)
		if (ip_is_v4(l->na.ip) == v4)
			return l;
	return TAILQ_FIRST(&eng->listeners);
}

static void
listener_free(struct listener *l)
{
	if (event_initialized(&l->ev))
		event_del(&l->ev);
	close(l->fd);
	free(l);
}

/* --- accept ------------------------------------------------------------ */

static void
on_pause_over(void *arg)
{
	listeners_update(arg);
}

void
listeners_init(struct engine *eng)
{
	timer_init(&eng->accept_pause, on_pause_over, eng);
}

static void
pause_accepting(struct engine *eng, const char *why)
{
	uint64_t now = child_mono_ms();

	if (eng->pause_logged_ms == 0 ||
	    now - eng->pause_logged_ms >= PAUSE_LOG_MS) {
		log_warnx("%s: accepting nobody for a second", why);
		eng->pause_logged_ms = now;
	}
	eng->stats.accept_pauses++;
	engine_timer(eng, &eng->accept_pause, ACCEPT_PAUSE_MS);
	listeners_update(eng);
}

/* An old handshake gives way.  False: all are of exempt hosts. */
static bool
crowd_out(struct engine *eng)
{
	struct conn *c;

	TAILQ_FOREACH(c, &eng->pending, queue)
		if (!limits_is_exempt(eng->limits, c->na.ip)) {
			handshake_fail(c, REFUSED_CROWDED_OUT, NULL);
			return true;
		}
	return false;
}

static enum refusal
may_accept(struct engine *eng, const struct netaddr *far)
{
	const struct conf *conf = engine_conf(eng);
	uint64_t now = child_mono_ms();
	enum refusal why;

	if (!conf->private_network &&
	    !limits_is_exempt(eng->limits, far->ip) &&
	    bans_has_host(eng->bans, far->ip, now))
		return REFUSED_BANNED_HOST;
	why = limits_accept(eng->limits, conf, far->ip, now);
	if (why != REFUSED_NOT)
		return why;
	if (limits_crowded(eng->limits, conf, rng_u32(&eng->rng)) &&
	    !crowd_out(eng))
		return REFUSED_PENDING_ALL;
	return REFUSED_NOT;
}

static void
take(struct listener *l, int fd, const struct sockaddr *sa, socklen_t len)
{
	struct engine *eng = l->eng;
	struct netaddr far;
	enum refusal why;

	if (netaddr_from_sockaddr(sa, len, &far) == -1) {
		close(fd);
		return;
	}
	eng->stats.accepted++;
	if ((why = may_accept(eng, &far)) != REFUSED_NOT)
		handshake_refuse(eng, fd, &far, why);
	else if (conn_new(eng, fd, &far, l, NULL) == NULL)
		handshake_refuse(eng, -1, &far, REFUSED_MEMORY);
}

/*
 * Errors of the one connection, which was lost before we came: Linux hands
 * on what the network said of it, too.  The next one may be sound.
 */
static bool
is_of_connection(int error)
{
	static const int errors[] = {
		EINTR, ECONNABORTED, ECONNRESET, ETIMEDOUT, EPROTO, EPERM,
		ENOPROTOOPT, EOPNOTSUPP, ENETDOWN, ENETUNREACH, EHOSTDOWN,
		EHOSTUNREACH,
#ifdef ENONET
		ENONET,
#endif
	};
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (error == errors[i])
			return true;
	return false;
}

/* False: no more of them now. */
static bool
accept_one(struct listener *l)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd;

	if (l->eng->nconns >= l->eng->conns_max) {
		pause_accepting(l->eng, "descriptors are used up to the "
		    "reserve");
		return false;
	}
	fd = accept4(l->fd, (struct sockaddr *)&ss, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd != -1) {
		take(l, fd, (struct sockaddr *)&ss, len);
		return true;
	}
	if (is_of_connection(errno))
		return true;
	/* Descriptors, memory, or what nobody foresaw: no reason to spin. */
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		pause_accepting(l->eng, strerror(errno));
	return false;
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;
	int i;

	for (i = 0; i < ACCEPT_BATCH; i++)
		if (!accept_one(l))
			return;
}

void
listeners_update(struct engine *eng)
{
	bool open = engine_may_admit(eng) && !timer_is_set(&eng->accept_pause);
	struct listener *l;

	TAILQ_FOREACH(l, &eng->listeners, entry)
		if (open)
			event_add(&l->ev, NULL);
		else
			event_del(&l->ev);
}

/* --- from the parent --------------------------------------------------- */

static void
drop_staged(struct engine *eng)
{
	struct listener *l;

	while ((l = TAILQ_FIRST(&eng->staged)) != NULL) {
		TAILQ_REMOVE(&eng->staged, l, entry);
		listener_free(l);
	}
	eng->staged_whole = false;
}

/*
 * A listener is shared with the engines before; one that was taken over may
 * have left it such that accept waits, or the close of what it accepted.
 */
static void
undo_waits(int fd)
{
	const struct linger off = { 0 };

	if (evutil_make_socket_nonblocking(fd) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &off, sizeof(off)) == -1)
		log_warn("a listener may make us wait");
}

void
listener_on_conf_listen(void *ctx, struct pipe *p, struct msg *m)
{
	struct engine *eng = ctx;
	const struct m_conf_listen *b = m->body;
	struct listener *l;
	char text[NETADDR_TEXT_SIZE];

	/* Those before were of a config that was given up. */
	if (eng->staged_whole)
		drop_staged(eng);
	if (m->fd != -1)
		undo_waits(m->fd);
	if (m->fd == -1 || (l = calloc(1, sizeof(*l))) == NULL) {
		log_warnx("the listener on %s is lost: no %s",
		    netaddr_text(&b->na, text),
		    m->fd == -1 ? "descriptor free" : "memory");
		return;
	}
	l->eng = eng;
	l->na = b->na;
	l->fd = m->fd;
	m->fd = -1;
	TAILQ_INSERT_TAIL(&eng->staged, l, entry);
}

void
listeners_conf_end(struct engine *eng)
{
	if (eng->staged_whole)		/* none came for this config */
		drop_staged(eng);
	eng->staged_whole = true;
}

static struct listener *
find(struct engine *eng, const struct netaddr *na, bool staged)
{
	struct listener *l;

	if (staged) {
		TAILQ_FOREACH(l, &eng->staged, entry)
			if (netaddr_equal(&l->na, na))
				return l;
	} else {
		TAILQ_FOREACH(l, &eng->listeners, entry)
			if (netaddr_equal(&l->na, na))
				return l;
	}
	return NULL;
}

static bool
is_configured(const struct conf *conf, const struct netaddr *na)
{
	unsigned i;

	for (i = 0; i < conf->nlisten; i++)
		if (netaddr_equal(&conf->listen[i], na))
			return true;
	return false;
}

/* A socket like it is open already: keep that one. */
static void
open_staged(struct engine *eng, struct listener *l)
{
	char text[NETADDR_TEXT_SIZE];

	TAILQ_REMOVE(&eng->staged, l, entry);
	if (find(eng, &l->na, false) != NULL) {
		listener_free(l);
		return;
	}
	/* Accepted sockets inherit it. */
	tune_socket(l->fd);
	event_assign(&l->ev, eng->base, l->fd, EV_READ | EV_PERSIST,
	    on_accept, l);
	TAILQ_INSERT_TAIL(&eng->listeners, l, entry);
	log_info("listening on %s", netaddr_text(&l->na, text));
}

void
listeners_commit(struct engine *eng)
{
	const struct conf *conf = engine_conf(eng);
	struct listener *l, *next;
	char text[NETADDR_TEXT_SIZE];

	TAILQ_FOREACH_SAFE(l, &eng->listeners, entry, next) {
		if (is_configured(conf, &l->na))
			continue;
		log_info("no longer listening on %s",
		    netaddr_text(&l->na, text));
		TAILQ_REMOVE(&eng->listeners, l, entry);
		listener_free(l);
	}
	while ((l = TAILQ_FIRST(&eng->staged)) != NULL)
		open_staged(eng, l);
	eng->staged_whole = false;
	listeners_update(eng);
}

void
listeners_free(struct engine *eng)
{
	struct listener *l;

	drop_staged(eng);
	while ((l = TAILQ_FIRST(&eng->listeners)) != NULL) {
		TAILQ_REMOVE(&eng->listeners, l, entry);
		listener_free(l);
	}
}
