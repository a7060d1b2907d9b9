/* SPDX-License-Identifier: ISC */
/*
 * The far ends of dials: one port for each way a dial may end, and for ways
 * to lose a peer.  Prints
 * "CLASS ID@ADDRESS:PORT" for each and serves them until it is killed.
 * Usage: farends PORT
 *   PORT: where on 127.0.0.1 the pexd listens that dials them, on the network
 *   "test-net"
 */

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "regress/lib/wirepeer.h"

#define LIFE_S	300		/* whatever becomes of the test */

struct link {
	const struct end	*end;
	struct wirepeer		 wp;
	struct event		 ev;
	int			 fd;
	bool			 pinged, acted;
	struct link		*other;		/* waits for this one; far */
};

struct end {
	const char	*class;
	void		(*change)(struct wirepeer *);
	void		(*accepted)(struct link *);
	void		(*heard)(struct link *);	/* after each input */
	bool		 lies;			/* of its ID */
};

static struct event_base	*base;
static struct wire_crypto	*crypto;
static struct sockaddr_in	 pexd;

/* --- links -------------------------------------------------------------- */

static void
link_free(struct link *l)
{
	event_del(&l->ev);
	close(l->fd);
	wirepeer_free(&l->wp);
	free(l);
}

/* The messages are short: the socket takes them at once. */
static void
flush(struct link *l)
{
	struct wire_span out;
	ssize_t n;

	while (l->wp.conn != NULL &&
	    (out = wire_conn_output(l->wp.conn)).len > 0) {
		if ((n = send(l->fd, out.p, out.len, MSG_NOSIGNAL)) <= 0)
			return;
		wire_conn_sent(l->wp.conn, n);
	}
}

static void	hang_up_late(struct link *);

static void
on_read(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	uint8_t buf[65536];
	ssize_t n;

	if ((n = recv(fd, buf, sizeof(buf), 0)) <= 0) {
		link_free(l);
		return;
	}
	if (l->wp.conn == NULL)
		return;
	wirepeer_input(&l->wp, buf, n);
	/* A pong would make a success of the dial, just before the end. */
	if (l->end->heard != hang_up_late || l->wp.nping == 0)
		flush(l);
	if (l->end->heard != NULL)
		l->end->heard(l);
}

static struct link *
link_new(const struct end *end, unsigned seed, int fd)
{
	struct link *l = calloc(1, sizeof(*l));

	if (l == NULL)
		err(1, NULL);
	l->end = end;
	l->fd = fd;
	wirepeer_init(&l->wp, crypto, seed);
	if (end->change != NULL)
		end->change(&l->wp);
	event_assign(&l->ev, base, fd, EV_READ | EV_PERSIST, on_read, l);
	event_add(&l->ev, NULL);
	return l;
}

static void
shake_hands(struct link *l)
{
	wirepeer_open(&l->wp, NULL, 1);
	flush(l);
}

/* --- what they do ------------------------------------------------------- */

static void
other_network(struct wirepeer *wp)
{
	wp->config.info.network = wire_span_text("other-net");
}

static void
other_block(struct wirepeer *wp)
{
	wp->config.info.block_version = 10;
}

static void
no_pex(struct wirepeer *wp)
{
	wp->channels[0].id = 0x20;
}

static void
false_id(struct wirepeer *wp)
{
	wp->config.id.b[0] ^= 1;
}

static void
hang_up(struct link *l)
{
	link_free(l);
}

static void
hang_up_late(struct link *l)
{
	if (l->wp.nnode_info > 0)
		link_free(l);
}

static void
talk_ssh(struct link *l)
{
	static const char hello[] = "SSH-2.0-OpenSSH_9.2\r\n";

	(void)send(l->fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL);
}

static unsigned	seed_of(const struct end *);

static int
to_pexd(void)
{
	int fd;

	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    connect(fd, (struct sockaddr *)&pexd, sizeof(pexd)) == -1)
		err(1, "cannot come to pexd");
	return fd;
}

/* While it is being dialled it comes to us, and is a peer first. */
static void
come_first(struct link *accepted)
{
	struct link *l;

	event_del(&accepted->ev);
	l = link_new(accepted->end, seed_of(accepted->end), to_pexd());
	l->other = accepted;
	shake_hands(l);
}

/* Its pong says that we are in. */
static void
go_on(struct link *l)
{
	if (l->other == NULL)
		return;
	if (!l->pinged && wire_conn_phase(l->wp.conn) == WIRE_PHASE_RUNNING) {
		l->pinged = true;
		wire_conn_ping(l->wp.conn);
		flush(l);
	}
	if (l->wp.npong > 0) {
		event_add(&l->other->ev, NULL);
		shake_hands(l->other);
		l->other = NULL;
	}
}

/*
 * Not before it is a peer, and known to live: its own ping was answered, and
 * ours after that.
 */
static bool
may_act(struct link *l)
{
	if (l->wp.nping > 0 && !l->pinged) {
		l->pinged = true;
		wire_conn_ping(l->wp.conn);
		flush(l);
	}
	return l->wp.npong > 0 && !l->acted;
}

static void
close_later(struct link *l)
{
	if (may_act(l))
		link_free(l);
}

static void
reset_later(struct link *l)
{
	static const struct linger now = { .l_onoff = 1 };

	if (!may_act(l))
		return;
	(void)setsockopt(l->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	link_free(l);
}

/* A frame that no key opens. */
static void
babble_later(struct link *l)
{
	static const uint8_t frame[SECRET_FRAME_SIZE];

	if (!may_act(l))
		return;
	l->acted = true;
	(void)send(l->fd, frame, sizeof(frame), MSG_NOSIGNAL);
}

static void
fall_silent(struct link *l)
{
	if (may_act(l))
		event_del(&l->ev);
}

/* It may have been asked for one list, and not for two. */
static void
tell_twice(struct link *l)
{
	struct wire_span msg;
	struct pex_writer w;
	uint8_t buf[64];

	if (!may_act(l))
		return;
	l->acted = true;
	pex_writer_init(&w, buf, sizeof(buf));
	msg = pex_writer_end(&w);
	(void)wire_conn_send(l->wp.conn, PEX_CHANNEL, msg.p, msg.len);
	(void)wire_conn_send(l->wp.conn, PEX_CHANNEL, msg.p, msg.len);
	flush(l);
}

/* One of the two went: so does the other. */
static void
hang_up_both(struct link *l)
{
	link_free(l->other);
	link_free(l);
}

static void
on_relay(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	uint8_t buf[65536];
	ssize_t n;

	if ((n = recv(fd, buf, sizeof(buf), 0)) <= 0 ||
	    send(l->other->fd, buf, n, MSG_NOSIGNAL) != n)
		hang_up_both(l);
}

/* A way to pexd itself, as a router in front of it may make one. */
static void
relay(struct link *near)
{
	struct link *far = link_new(near->end, 0, to_pexd());

	near->other = far;
	far->other = near;
	event_del(&near->ev);
	event_del(&far->ev);
	event_assign(&near->ev, base, near->fd, EV_READ | EV_PERSIST,
	    on_relay, near);
	event_assign(&far->ev, base, far->fd, EV_READ | EV_PERSIST, on_relay,
	    far);
	event_add(&near->ev, NULL);
	event_add(&far->ev, NULL);
}

static const struct end ends[] = {
	{ "connected",		NULL,		shake_hands,	NULL, false },
	{ "full",		NULL,		hang_up,	NULL, false },
	{ "full_late",		NULL,		shake_hands,	hang_up_late,
								      false },
	{ "wrong_identity",	NULL,		shake_hands,	NULL, true },
	{ "wrong_network",	other_network,	shake_hands,	NULL, false },
	{ "wrong_block_version", other_block,	shake_hands,	NULL, false },
	{ "no_pex_channel",	no_pex,		shake_hands,	NULL, false },
	{ "duplicate",		NULL,		come_first,	go_on, false },
	{ "rejected",		NULL,		talk_ssh,	NULL, false },
	{ "self",		NULL,		relay,		NULL, false },
	{ "rejected_id",	false_id,	shake_hands,	NULL, false },
	{ "closes",		NULL,		shake_hands,	close_later,
								      false },
	{ "resets",		NULL,		shake_hands,	reset_later,
								      false },
	{ "babbles",		NULL,		shake_hands,	babble_later,
								      false },
	{ "silent",		NULL,		shake_hands,	fall_silent,
								      false },
	{ "tells_twice",	NULL,		shake_hands,	tell_twice,
								      false },
};
#define NENDS	(sizeof(ends) / sizeof(ends[0]))

static unsigned
seed_of(const struct end *end)
{
	return 100 + (end - ends);
}

/* --- ports -------------------------------------------------------------- */

static int
bound(struct sockaddr_in *sin)
{
	socklen_t len = sizeof(*sin);
	int fd;

	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    bind(fd, (struct sockaddr *)sin, len) == -1 ||
	    getsockname(fd, (struct sockaddr *)sin, &len) == -1)
		err(1, "cannot have a port");
	return fd;
}

static void
tell(const char *class, unsigned seed, bool lie, const struct sockaddr_in *sin)
{
	char text[NODE_ID_TEXT_SIZE];
	struct wirepeer wp;
	struct node_id id;

	wirepeer_init(&wp, crypto, seed);
	id = wp.id;
	id.b[0] ^= lie;
	printf("%s %s@127.0.0.1:%u\n", class, node_id_text(&id, text),
	    ntohs(sin->sin_port));
	wirepeer_free(&wp);
}

static void
on_accept(evutil_socket_t lfd, short what, void *arg)
{
	const struct end *end = arg;
	struct link *l;
	int fd;

	if ((fd = accept(lfd, NULL, NULL)) == -1)
		return;
	l = link_new(end, seed_of(end), fd);
	end->accepted(l);
}

static void
serve(const struct end *end)
{
	struct sockaddr_in sin;
	int fd = bound(&sin);

	if (listen(fd, 16) == -1)
		err(1, "listen");
	event_add(event_new(base, fd, EV_READ | EV_PERSIST, on_accept,
	    (void *)(uintptr_t)end), NULL);
	tell(end->class, seed_of(end), end->lies, &sin);
}

/* Nobody listens there; and where somebody does, no SYN gets through. */
static void
closed_ports(void)
{
	struct sockaddr_in sin;
	int i, fd;

	(void)bound(&sin);
	tell("refused", 1, false, &sin);
	fd = bound(&sin);
	if (listen(fd, 0) == -1)
		err(1, "listen");
	for (i = 0; i < 3; i++) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fd, (struct sockaddr *)&sin, sizeof(sin));
	}
	tell("timed_out", 2, false, &sin);
}

int
main(int argc, char **argv)
{
	size_t i;

	if (argc != 2)
		errx(2, "usage: farends PORT");
	signal(SIGPIPE, SIG_IGN);
	alarm(LIFE_S);
	pexd.sin_family = AF_INET;
	pexd.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	pexd.sin_port = htons(atoi(argv[1]));
	if ((crypto = wire_crypto_new()) == NULL ||
	    (base = event_base_new()) == NULL)
		errx(1, "no memory");
	for (i = 0; i < NENDS; i++)
		serve(&ends[i]);
	closed_ports();
	printf("ready\n");
	fflush(stdout);
	event_base_dispatch(base);
	return 0;
}
