/* SPDX-License-Identifier: ISC */
/* The control socket and its clients. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/child.h"
#include "pexd/control_impl.h"

#define CLIENTS_MAX	64
#define CLIENTS_ROOT	4	/* more, for root and pexd's own user alone */
#define CLIENTS_IDLE_MS	10000	/* then it may lose its place to another */
#define GROUPS_MAX	128
#define PAUSE_S		1	/* without accepting, when descriptors lack */
#define BACKLOG		16

/* --- the socket -------------------------------------------------------- */

static int
fail(char *why, size_t size, const char *path, const char *reason)
{
	snprintf(why, size, "cannot use the control socket %s: %s", path,
	    reason);
	return -1;
}

/* Is it left by a pexd that is no more?  Then remove it. */
static int
clear_stale(const struct sockaddr_un *sun, char *why, size_t size)
{
	struct stat st;
	int fd, rv, error;

	if (lstat(sun->sun_path, &st) == -1)
		return errno == ENOENT ? 0 :
		    fail(why, size, sun->sun_path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return fail(why, size, sun->sun_path,
		    "a file that is no socket is there");
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0)) == -1)
		return fail(why, size, sun->sun_path, strerror(errno));
	rv = connect(fd, (const struct sockaddr *)sun, sizeof(*sun));
	error = errno;
	close(fd);
	/* A full backlog (EAGAIN) is one that somebody listens on. */
	if (rv == 0 || error != ECONNREFUSED)
		return fail(why, size, sun->sun_path,
		    "another pexd is running there");
	if (unlink(sun->sun_path) == -1)
		return fail(why, size, sun->sun_path, strerror(errno));
	return 0;
}

static int
bind_socket(struct control *ctl)
{
	mode_t old;
	int rv;

	/* Nobody else may connect, not even before chmod(2). */
	old = umask(0177);
	rv = bind(ctl->fd, (struct sockaddr *)&ctl->sun, sizeof(ctl->sun));
	umask(old);
	return rv;
}

static int
open_socket(struct control *ctl, char *why, size_t size)
{
	struct stat st;

	if (clear_stale(&ctl->sun, why, size) == -1)
		return -1;
	ctl->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (ctl->fd == -1 || bind_socket(ctl) == -1 ||
	    chmod(ctl->sun.sun_path, 0660) == -1 ||
	    lstat(ctl->sun.sun_path, &st) == -1 ||
	    listen(ctl->fd, BACKLOG) == -1)
		return fail(why, size, ctl->sun.sun_path, strerror(errno));
	ctl->dev = st.st_dev;
	ctl->ino = st.st_ino;
	ctl->gid = st.st_gid;
	return 0;
}

struct control *
control_open(const char *path, char *why, size_t size)
{
	struct control *ctl;

	if ((ctl = calloc(1, sizeof(*ctl))) == NULL) {
		(void)fail(why, size, path, strerror(errno));
		return NULL;
	}
	TAILQ_INIT(&ctl->clients);
	TAILQ_INIT(&ctl->dead);
	TAILQ_INIT(&ctl->persists);
	ctl->fd = -1;
	ctl->sun.sun_family = AF_UNIX;
	if (strlcpy(ctl->sun.sun_path, path, sizeof(ctl->sun.sun_path)) >=
	    sizeof(ctl->sun.sun_path))
		(void)fail(why, size, path, "the path is too long");
	else if (open_socket(ctl, why, size) == 0)
		return ctl;
	if (ctl->fd != -1)
		close(ctl->fd);
	free(ctl);
	return NULL;
}

/* --- clients ----------------------------------------------------------- */

static void
on_bury(evutil_socket_t fd, short what, void *arg)
{
	struct control *ctl = arg;
	struct client *c;

	while ((c = TAILQ_FIRST(&ctl->dead)) != NULL) {
		TAILQ_REMOVE(&ctl->dead, c, entry);
		free(c);
	}
}

/*
 * A pipe may end inside of any pipe_send(): its client is freed only later,
 * so that whoever was just sending to it may look at it once more.
 */
void
client_end(struct client *c)
{
	struct control *ctl = c->ctl;

	if (c->pipe == NULL)
		return;
	request_drop(c);
	audit_end(c);
	monitor_remove(c);
	pipe_free(c->pipe);
	c->pipe = NULL;
	TAILQ_REMOVE(&ctl->clients, c, entry);
	TAILQ_INSERT_TAIL(&ctl->dead, c, entry);
	ctl->nclients--;
	event_active(&ctl->bury_ev, EV_TIMEOUT, 0);
}

int
client_send(struct client *c, uint32_t type, uint32_t id, const void *body)
{
	if (c->pipe == NULL)
		return -1;
	return pipe_send(c->pipe, type, id, -1, body);
}

static void
on_ended(void *arg, struct pipe *p, enum pipe_end end, const char *why)
{
	struct client *c = arg;

	if (end != PIPE_EOF)
		log_info("closing the control connection of user %u: %s",
		    (unsigned)c->uid, why);
	client_end(c);
}

static void
on_drained(void *arg, struct pipe *p)
{
	request_drained(arg);
}

static const struct pipe_ops client_ops = {
	.ended = on_ended,
	.drained = on_drained,
};

/* By the rights of the socket's file, wherever the system ignores them. */
static bool
may_use(const struct control *ctl, uid_t uid, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int i, n = GROUPS_MAX;
	struct passwd *pw;

	if (uid == 0 || uid == geteuid() || gid == ctl->gid)
		return true;
	if ((pw = getpwuid(uid)) == NULL ||
	    getgrouplist(pw->pw_name, gid, groups, &n) == -1)
		return false;
	for (i = 0; i < n; i++)
		if (groups[i] == ctl->gid)
			return true;
	return false;
}

static void
turn_away(struct client *c, enum status status, const char *why)
{
	struct m_done m = { .status = status };

	strlcpy(m.text, why, sizeof(m.text));
	(void)client_send(c, MSG_DONE, 0, &m);
	if (c->pipe != NULL)
		pipe_flush(c->pipe);
	client_end(c);
}

static bool
is_roots(const struct client *c)
{
	return c->uid == 0 || c->uid == geteuid();
}

/* Of those we wait for, the one we do longest; monitors wait for us. */
static struct client *
idlest(const struct control *ctl, const struct client *but)
{
	struct client *c, *found = NULL;

	TAILQ_FOREACH(c, &ctl->clients, entry)
		if (c != but && !c->monitor && request_waits_for(c) &&
		    (found == NULL || c->idle_ms < found->idle_ms))
			found = c;
	if (found != NULL &&
	    child_mono_ms() - found->idle_ms < CLIENTS_IDLE_MS)
		return NULL;
	return found;
}

/* There is one too many: somebody idle goes, or the new one. */
static void
make_room(struct control *ctl, struct client *c)
{
	struct client *old = idlest(ctl, c);

	if (old != NULL) {
		log_info("closing the control connection of user %u, which is "
		    "idle, for another", (unsigned)old->uid);
		client_end(old);
	} else if (!is_roots(c) ||
	    ctl->nclients > CLIENTS_MAX + CLIENTS_ROOT) {
		log_warnx("a control connection of user %u is refused: there "
		    "are %u", (unsigned)c->uid, ctl->nclients - 1);
		turn_away(c, STATUS_UNAVAILABLE,
		    "pexd is busy: too many control connections");
	}
}

static void
client_new(struct control *ctl, int fd)
{
	struct client *c;
	uid_t uid;
	gid_t gid;

	if (getpeereid(fd, &uid, &gid) == -1 ||
	    (c = calloc(1, sizeof(*c))) == NULL) {
		log_warn("cannot take a control connection");
		close(fd);
		return;
	}
	c->ctl = ctl;
	c->uid = uid;
	c->idle_ms = child_mono_ms();
	c->pipe = pipe_new(ctl->px->base, fd, ROLE_PARENT, ROLE_CTL,
	    &client_ops, c);
	if (c->pipe == NULL) {
		log_warn("cannot take a control connection");
		free(c);
		return;
	}
	pipe_handle(c->pipe, request_handlers, c);
	TAILQ_INSERT_TAIL(&ctl->clients, c, entry);
	ctl->nclients++;
	if (!may_use(ctl, uid, gid)) {
		log_warnx("user %u may not use the control socket",
		    (unsigned)uid);
		turn_away(c, STATUS_DENIED, "");
	} else if (ctl->nclients > CLIENTS_MAX)
		make_room(ctl, c);
}

/* --- accepting --------------------------------------------------------- */

static void
pause_accepting(struct control *ctl)
{
	struct timeval tv = { .tv_sec = PAUSE_S };

	log_warn("no control connections for %d s", PAUSE_S);
	event_del(&ctl->accept_ev);
	event_add(&ctl->pause_ev, &tv);
}

static void
on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	struct control *ctl = arg;

	event_add(&ctl->accept_ev, NULL);
}

static void
on_accept(evutil_socket_t lfd, short what, void *arg)
{
	struct control *ctl = arg;
	int fd;

	fd = accept4(lfd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS)
			pause_accepting(ctl);
		return;
	}
	client_new(ctl, fd);
}

int
control_start(struct control *ctl, struct pexd *px)
{
	ctl->px = px;
	event_assign(&ctl->accept_ev, px->base, ctl->fd, EV_READ | EV_PERSIST,
	    on_accept, ctl);
	evtimer_assign(&ctl->pause_ev, px->base, on_pause_over, ctl);
	evtimer_assign(&ctl->bury_ev, px->base, on_bury, ctl);
	ctl->started = true;
	return event_add(&ctl->accept_ev, NULL);
}

/* Not if another has taken its place meanwhile. */
static void
remove_socket(const struct control *ctl)
{
	struct stat st;

	if (lstat(ctl->sun.sun_path, &st) == 0 && st.st_dev == ctl->dev &&
	    st.st_ino == ctl->ino)
		(void)unlink(ctl->sun.sun_path);
}

void
control_free(struct control *ctl)
{
	struct client *c;

	if (ctl == NULL)
		return;
	remove_socket(ctl);
	if (ctl->started) {
		while ((c = TAILQ_FIRST(&ctl->clients)) != NULL)
			client_end(c);
		on_bury(-1, 0, ctl);
		event_del(&ctl->accept_ev);
		event_del(&ctl->pause_ev);
		event_del(&ctl->bury_ev);
	}
	persist_free(ctl);
	close(ctl->fd);
	free(ctl);
}

void
control_up(struct control *ctl, enum role role)
{
	monitor_up(ctl, role);
	if (role == ROLE_DIALER)
		persist_tell(ctl);
}

unsigned
control_clients(const struct control *ctl)
{
	return ctl->nclients;
}
