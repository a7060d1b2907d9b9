/* SPDX-License-Identifier: ISC */
/* A peer of an engine under test. */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/lib/enginepeer.h"

static void
on_pex(struct wirepeer *wp)
{
	struct enginepeer *p = (struct enginepeer *)(void *)((char *)wp -
	    offsetof(struct enginepeer, wp));
	struct wire_span msg = { wp->message, wp->message_len };
	enum pex_kind kind;

	p->list.addrs = p->addrs;
	p->list.max = PEX_ADDRS_FIT;
	ATF_REQUIRE_EQ(pex_decode(msg, &kind, &p->list), WIRE_OK);
	if (kind == PEX_REQUEST)
		p->nrequests++;
	else
		p->nlists++;
}

void
enginepeer_init(struct enginepeer *p, struct enginefix *fix, unsigned seed)
{
	memset(p, 0, sizeof(*p));
	p->fix = fix;
	p->fd = -1;
	wirepeer_init(&p->wp, fix->crypto, 1000 + seed);
	p->wp.on_message = on_pex;
}

static void
flush(struct enginepeer *p)
{
	struct wire_span out;
	ssize_t n;

	while (p->open && p->wp.conn != NULL &&
	    (out = wire_conn_output(p->wp.conn)).len > 0) {
		n = send(p->fd, out.p, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1) {
			if (errno == EAGAIN)
				event_add(&p->wev, NULL);
			return;
		}
		wire_conn_sent(p->wp.conn, n);
	}
}

void
enginepeer_close(struct enginepeer *p)
{
	if (!p->open)
		return;
	event_del(&p->rev);
	event_del(&p->wev);
	close(p->fd);
	p->open = false;
}

static void
on_read(evutil_socket_t fd, short what, void *arg)
{
	struct enginepeer *p = arg;
	uint8_t buf[65536];
	ssize_t n;

	n = recv(p->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0) {
		p->eof = true;
		event_del(&p->rev);
		if (!p->stay)
			enginepeer_close(p);
		return;
	}
	p->in_bytes += n;
	if (p->wp.conn == NULL) {
		if (p->early_len + n <= sizeof(p->early)) {
			memcpy(p->early + p->early_len, buf, n);
			p->early_len += n;
		}
		return;
	}
	wirepeer_input(&p->wp, buf, n);
	flush(p);
}

static void
on_write(evutil_socket_t fd, short what, void *arg)
{
	flush(arg);
}

static void
adopt(struct enginepeer *p, int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int on = 1;

	p->fd = fd;
	p->open = true;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	ATF_REQUIRE_EQ(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	ATF_REQUIRE_EQ(netaddr_from_sockaddr((struct sockaddr *)&ss, len,
	    &p->na), 0);
	event_assign(&p->rev, p->fix->child.base, fd, EV_READ | EV_PERSIST,
	    on_read, p);
	event_assign(&p->wev, p->fix->child.base, fd, EV_WRITE, on_write, p);
	event_add(&p->rev, NULL);
}

static int
connect_to(const struct netaddr *na)
{
	struct sockaddr_storage ss;
	socklen_t len = netaddr_to_sockaddr(na, &ss);
	int fd;

	ATF_REQUIRE((fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC,
	    0)) != -1);
	/* Loopback: it is done at once, or the backlog is full. */
	ATF_REQUIRE_EQ(connect(fd, (struct sockaddr *)&ss, len), 0);
	return fd;
}

void
enginepeer_connect(struct enginepeer *p)
{
	adopt(p, connect_to(&p->fix->listen));
}

void
enginepeer_open(struct enginepeer *p)
{
	enginepeer_connect(p);
	enginepeer_begin(p);
}

void
enginepeer_begin(struct enginepeer *p)
{
	wirepeer_open(&p->wp, &p->fix->conf->id, 1);
	if (p->early_len > 0)
		wirepeer_input(&p->wp, p->early, p->early_len);
	p->early_len = 0;
	flush(p);
}

void
enginepeer_dial_silent(struct enginepeer *p, uint32_t dial,
    const struct node_id *expect, enum purpose purpose)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	struct m_dial m;
	int lfd, fd;

	memset(&m, 0, sizeof(m));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((lfd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC,
	    0)) != -1);
	ATF_REQUIRE_EQ(bind(lfd, (struct sockaddr *)&sin, len), 0);
	ATF_REQUIRE_EQ(listen(lfd, 1), 0);
	ATF_REQUIRE_EQ(getsockname(lfd, (struct sockaddr *)&sin, &len), 0);
	netaddr_from_sockaddr((struct sockaddr *)&sin, len, &m.addr.na);
	fd = connect_to(&m.addr.na);
	adopt(p, accept(lfd, NULL, NULL));
	close(lfd);
	m.dial = dial;
	m.addr.id = *expect;
	m.purpose = purpose;
	ATF_REQUIRE_EQ(pipe_send(fix_pipe(p->fix, ROLE_DIALER), MSG_DIAL, 0,
	    fd, &m), 0);
}

void
enginepeer_dial(struct enginepeer *p, uint32_t dial,
    const struct node_id *expect, enum purpose purpose)
{
	enginepeer_dial_silent(p, dial, expect, purpose);
	wirepeer_open(&p->wp, NULL, 1);
	flush(p);
}

bool
enginepeer_is_up(const struct enginepeer *p)
{
	return p->wp.conn != NULL &&
	    wire_conn_phase(p->wp.conn) == WIRE_PHASE_RUNNING;
}

void
enginepeer_up(struct enginepeer *p)
{
	unsigned n = fix_count(p->fix, MSG_PEER_UP);

	enginepeer_open(p);
	FIX_WAIT(p->fix, enginepeer_is_up(p) &&
	    fix_count(p->fix, MSG_PEER_UP) == n + 2);
}

void
enginepeer_free(struct enginepeer *p)
{
	enginepeer_close(p);
	wirepeer_free(&p->wp);
}

struct enginepeer *
enginepeers_up(struct enginefix *fix, unsigned n)
{
	struct enginepeer *p = calloc(n, sizeof(*p));
	unsigned i, before = fix_count(fix, MSG_PEER_UP);

	ATF_REQUIRE(p != NULL);
	for (i = 0; i < n; i++) {
		enginepeer_init(&p[i], fix, before + i);
		enginepeer_open(&p[i]);
		fix_turn(fix);
	}
	FIX_WAIT(fix, fix_count(fix, MSG_PEER_UP) == before + 2 * n);
	return p;
}

void
enginepeers_free(struct enginepeer *p, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		enginepeer_free(&p[i]);
	free(p);
}

/* --- what it says ------------------------------------------------------ */

void
enginepeer_send(struct enginepeer *p, uint8_t channel, const void *msg,
    size_t len)
{
	ATF_REQUIRE_EQ(wire_conn_send(p->wp.conn, channel, msg, len),
	    WIRE_OK);
	flush(p);
}

void
enginepeer_ask(struct enginepeer *p)
{
	enginepeer_send(p, PEX_CHANNEL, pex_request, sizeof(pex_request));
}

void
enginepeer_tell(struct enginepeer *p, unsigned n)
{
	static uint8_t buf[PEX_ADDRS_SIZE(PEX_ADDRS_FIT)];
	static struct peer_addr list[PEX_ADDRS_FIT];
	struct pex_writer w;
	struct wire_span msg;
	unsigned i;

	fix_addrs(list, n);
	pex_writer_init(&w, buf, sizeof(buf));
	for (i = 0; i < n; i++)
		ATF_REQUIRE_EQ(pex_writer_add(&w, &list[i]), 0);
	msg = pex_writer_end(&w);
	enginepeer_send(p, PEX_CHANNEL, msg.p, msg.len);
}

void
enginepeer_stream(struct enginepeer *p, const void *bytes, size_t len)
{
	ATF_REQUIRE_EQ(wire_conn_send_stream(p->wp.conn, PEX_CHANNEL, bytes,
	    len), WIRE_OK);
	flush(p);
}

void
enginepeer_raw(struct enginepeer *p, const void *bytes, size_t len)
{
	ATF_REQUIRE_EQ(send(p->fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

void
enginepeer_ping(struct enginepeer *p)
{
	ATF_REQUIRE_EQ(wire_conn_ping(p->wp.conn), WIRE_OK);
	flush(p);
}

void
enginepeer_freeze(struct enginepeer *p)
{
	event_del(&p->rev);
}

void
enginepeer_thaw(struct enginepeer *p)
{
	event_add(&p->rev, NULL);
}
