/* SPDX-License-Identifier: ISC */
/* A daemon's control socket with nothing behind it. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>
#include <event2/event.h>

#include "common/pipe.h"
#include "regress/lib/fakepexd.h"

struct fake {
	struct event_base	*base;
	enum fake_mode		 mode;
	unsigned		 book;
	FILE			*requests, *imported;
};

/* --- rows -------------------------------------------------------------- */

/* Number n of anything: 1.0.n.n and an ID that begins with n. */
static struct peer_addr
addr_of(unsigned n)
{
	struct peer_addr pa;

	memset(&pa, 0, sizeof(pa));
	pa.id.b[0] = (uint8_t)(n >> 8);
	pa.id.b[1] = (uint8_t)n;
	pa.na.ip[10] = pa.na.ip[11] = 0xff;
	pa.na.ip[12] = 1;
	pa.na.ip[14] = (uint8_t)(n >> 8);
	pa.na.ip[15] = (uint8_t)n;
	pa.na.port = 26656;
	return pa;
}

static void
fact(struct pipe *p, uint32_t id, enum role role, const char *name,
    const char *value)
{
	struct m_fact m = { .role = (uint8_t)role };

	(void)strlcpy(m.name, name, sizeof(m.name));
	(void)strlcpy(m.value, value, sizeof(m.value));
	pipe_send(p, MSG_FACT, id, -1, &m);
}

static void
counter(struct pipe *p, uint32_t id, enum role role, const char *name,
    int64_t value)
{
	struct m_counter m = { .role = (uint8_t)role, .value = value };

	(void)strlcpy(m.name, name, sizeof(m.name));
	pipe_send(p, MSG_COUNTER, id, -1, &m);
}

/*
 * Mixed as four processes answer, with a name that two of them use, and a
 * fact of two values.
 */
static void
show_summary(struct fake *f, struct pipe *p, uint32_t id)
{
	counter(p, id, ROLE_ADDRBOOKD, "book_size", f->book);
	fact(p, id, ROLE_PARENT, "node_id",
	    "00000000000000000000000000000000000000aa");
	counter(p, id, ROLE_ENGINE, "accepted_total", 17);
	counter(p, id, ROLE_ENGINE, "refused_total", 0);
	fact(p, id, ROLE_PARENT, "network", "test-1");
	fact(p, id, ROLE_ENGINE, "listen", "1.0.0.1:26656");
	fact(p, id, ROLE_ENGINE, "sandbox", "seccomp");
	fact(p, id, ROLE_ENGINE, "listen", "[2001:db8::1]:26656");
	fact(p, id, ROLE_ENGINE, "reactor", "pex");
	counter(p, id, ROLE_ENGINE, "peers", -1);
	fact(p, id, ROLE_PARENT, "moniker", "say \"hi\"\\");
	fact(p, id, ROLE_DIALER, "sandbox", "none");
	counter(p, id, ROLE_DIALER, "peers", 3);
	fact(p, id, ROLE_PARENT, "mode", "seed");
}

static void
show_peers(struct fake *f, struct pipe *p, uint32_t id)
{
	struct m_row_peer m;
	unsigned n;

	for (n = 1; n <= 2; n++) {
		memset(&m, 0, sizeof(m));
		m.conn = n;
		m.addr = addr_of(n);
		m.outbound = m.persistent = n == 1;
		m.purpose = n == 1 ? PURPOSE_PERSISTENT : 0;
		m.has_claim = n == 2;
		m.claim = addr_of(99).na;
		m.age_s = 11520;
		m.rtt_us = 85000;
		m.in_bytes = 1ull << 40;
		(void)strlcpy(m.moniker, n == 1 ? "alice" : "\033[31mred\xff",
		    sizeof(m.moniker));
		(void)strlcpy(m.version, "0.38.17", sizeof(m.version));
		(void)strlcpy(m.network, "test-1", sizeof(m.network));
		pipe_send(p, MSG_ROW_PEER, id, -1, &m);
	}
}

static void
show_book(struct fake *f, struct pipe *p, uint32_t id)
{
	struct m_row_entry m;
	unsigned n;

	for (n = 0; n < f->book; n++) {
		memset(&m, 0, sizeof(m));
		m.addr = addr_of(n);
		m.level = (uint8_t)(n % 4);
		m.is_old = n % 4 == 3;
		m.attempts = n % 3;
		m.last_heard = 1700000000;
		if (m.level > LEVEL_HEARD) {
			m.successes = 2;
			m.first_success = 1600000000;
			m.last_success = 1700000000;
		}
		if (n % 2 == 0)
			m.source_group = netgroup_of(addr_of(n + 1).na.ip,
			    false).v;
		m.nbuckets = 1;
		m.buckets[0] = (uint16_t)n;
		pipe_send(p, MSG_ROW_ENTRY, id, -1, &m);
	}
}

static void
show_bans(struct fake *f, struct pipe *p, uint32_t id)
{
	struct m_row_ban m;

	memset(&m, 0, sizeof(m));
	m.has_id = true;
	m.id = addr_of(FAKEPEXD_BANNED).id;
	m.until = 4000000000;
	m.count = 2;
	(void)strlcpy(m.why, "unsolicited addresses", sizeof(m.why));
	pipe_send(p, MSG_ROW_BAN, id, -1, &m);
	memset(&m, 0, sizeof(m));
	m.has_host = true;
	memcpy(m.ip, addr_of(1000).na.ip, sizeof(m.ip));
	m.until = 4000000000;
	pipe_send(p, MSG_ROW_BAN, id, -1, &m);
}

static void
show_nodes(struct fake *f, struct pipe *p, uint32_t id)
{
	struct m_row_node m;
	unsigned n;

	for (n = 0; n < 10; n++) {
		memset(&m, 0, sizeof(m));
		m.addr = addr_of(n);
		(void)strlcpy(m.version, n < 7 ? "0.38.17" : "1.0.1",
		    sizeof(m.version));
		(void)strlcpy(m.network, "test-1", sizeof(m.network));
		(void)strlcpy(m.moniker, "node", sizeof(m.moniker));
		m.last_seen = 1700000000;
		m.has_claim = n == 3;
		m.claim = m.addr.na;
		m.uptime[2] = 994;
		m.uptime[4] = MSG_UPTIME_UNKNOWN;
		pipe_send(p, MSG_ROW_NODE, id, -1, &m);
	}
}

static void
show_processes(struct fake *f, struct pipe *p, uint32_t id)
{
	static const enum role roles[] = { ROLE_PARENT, ROLE_ENGINE };
	struct m_row_proc m;
	size_t i;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		memset(&m, 0, sizeof(m));
		m.role = (uint8_t)roles[i];
		m.pid = 4242;
		m.age_s = 90;
		m.deaths = (uint32_t)i;
		m.ready = true;
		m.cpu_ms = 1500;
		m.rss_bytes = 3 << 20;
		(void)strlcpy(m.sandbox, "seccomp+landlock3",
		    sizeof(m.sandbox));
		pipe_send(p, MSG_ROW_PROC, id, -1, &m);
	}
	memset(&m, 0, sizeof(m));
	m.role = ROLE_ADDRBOOKD;	/* down */
	m.deaths = 5;
	pipe_send(p, MSG_ROW_PROC, id, -1, &m);
}

static void
show_dials(struct fake *f, struct pipe *p, uint32_t id)
{
	struct m_row_dial m;

	memset(&m, 0, sizeof(m));
	m.purpose = PURPOSE_SEED;
	m.addr.id = addr_of(1).id;
	(void)strlcpy(m.addr.host, "seed.example.org", sizeof(m.addr.host));
	m.addr.port = 26656;
	m.next_s = 600;
	m.tries = 4;
	m.last = OUTCOME_TIMED_OUT;
	pipe_send(p, MSG_ROW_DIAL, id, -1, &m);
	m.purpose = PURPOSE_PERSISTENT;
	(void)strlcpy(m.addr.host, "2001:db8::1", sizeof(m.addr.host));
	m.connected = true;
	m.last = 0;
	pipe_send(p, MSG_ROW_DIAL, id, -1, &m);
}

/* --- requests ---------------------------------------------------------- */

static void
done(struct pipe *p, uint32_t id, enum status status, const char *text)
{
	struct m_done m = { .status = (uint8_t)status };

	(void)strlcpy(m.text, text, sizeof(m.text));
	pipe_send(p, MSG_DONE, id, -1, &m);
}

static void	(*const shows[SHOW_MAX])(struct fake *, struct pipe *,
		    uint32_t) = {
	[SHOW_SUMMARY]		= show_summary,
	[SHOW_PEERS]		= show_peers,
	[SHOW_BOOK]		= show_book,
	[SHOW_BANS]		= show_bans,
	[SHOW_NODES]		= show_nodes,
	[SHOW_PROCESSES]	= show_processes,
	[SHOW_DIALS]		= show_dials,
};

/* True if the mode is not to answer as asked, and has done so. */
static bool
misbehave(struct fake *f, struct pipe *p, struct msg *m)
{
	static const char garbage[64] = "HTTP/1.1 400 Bad Request\r\n\r\n";

	switch (f->mode) {
	case FAKE_NORMAL:
		return false;
	case FAKE_HANG_UP:
		pipe_free(p);
		return true;
	case FAKE_HALF:
		show_peers(f, p, m->id);
		pipe_flush(p);
		pipe_free(p);
		return true;
	case FAKE_GARBAGE:
		if (write(pipe_fd(p), garbage, sizeof(garbage)) == -1)
			pipe_free(p);
		return true;
	case FAKE_WRONG_ROWS:
		show_bans(f, p, m->id);
		return true;
	case FAKE_UNAVAILABLE:
		done(p, m->id, STATUS_UNAVAILABLE, "engine is down");
		return true;
	case FAKE_SILENT:
		return true;
	case FAKE_NOT_YOU:
	case FAKE_DENIED:
		done(p, m->id, STATUS_DENIED, "");
		return true;
	}
	return false;
}

static void
on_show(void *ctx, struct pipe *p, struct msg *m)
{
	const struct m_show *s = m->body;
	struct fake *f = ctx;

	if (misbehave(f, p, m))
		return;
	shows[s->what](f, p, m->id);
	done(p, m->id, STATUS_OK, "");
}

static void
on_dial(void *ctx, struct pipe *p, struct msg *m)
{
	const struct m_ctl_dial *d = m->body;
	struct fake *f = ctx;
	char id[NODE_ID_TEXT_SIZE];

	if (misbehave(f, p, m))
		return;
	fprintf(f->requests, "dial %s %s %u%s\n", node_id_text(&d->addr.id,
	    id), d->addr.host, d->addr.port,
	    d->persistent ? " persistent" : "");
	fflush(f->requests);
	done(p, m->id, STATUS_OK, "dialling");
}

static void
on_drop(void *ctx, struct pipe *p, struct msg *m)
{
	const struct m_ctl_drop *d = m->body;
	struct fake *f = ctx;
	char id[NODE_ID_TEXT_SIZE];

	if (misbehave(f, p, m))
		return;
	fprintf(f->requests, "drop %s\n", node_id_text(&d->id, id));
	fflush(f->requests);
	done(p, m->id, STATUS_NOT_FOUND, "no such peer");
}

static void
on_ban(void *ctx, struct pipe *p, struct msg *m)
{
	const struct m_ban *b = m->body;
	struct fake *f = ctx;
	char id[NODE_ID_TEXT_SIZE], ip[IP_TEXT_SIZE];

	if (misbehave(f, p, m))
		return;
	fprintf(f->requests, "ban %s %s %u\n",
	    b->has_id ? node_id_text(&b->id, id) : "-",
	    b->has_host ? ip_text(b->ip, ip) : "-", b->left_s);
	fflush(f->requests);
	done(p, m->id, STATUS_OK, "");
}

static void
on_reload(void *ctx, struct pipe *p, struct msg *m)
{
	if (!misbehave(ctx, p, m))
		done(p, m->id, STATUS_INVALID,
		    "/etc/pexd.conf:3: \033unknown word");
}

static void
on_log(void *ctx, struct pipe *p, struct msg *m)
{
	const struct m_log_level *l = m->body;
	struct fake *f = ctx;

	fprintf(f->requests, "log %u\n", l->verbose);
	fflush(f->requests);
	done(p, m->id, STATUS_OK, "");
}

/* Of each batch the first is known, the second refused. */
static void
on_import(void *ctx, struct pipe *p, struct msg *m)
{
	const struct m_import *im = m->body;
	struct m_imported answer = { .taken = 0 };
	char text[PEER_ADDR_TEXT_SIZE];
	struct fake *f = ctx;
	unsigned i;

	if (misbehave(f, p, m))
		return;
	for (i = 0; i < im->n; i++)
		fprintf(f->imported, "%s %s%s\n",
		    peer_addr_text(&im->list[i].addr, text),
		    level_name(im->list[i].level),
		    im->with_history ? " history" : "");
	fflush(f->imported);
	answer.known = im->n > 0;
	answer.refused = answer.why[IMPORT_CLAIMED] = im->n > 1;
	answer.taken = im->n - answer.known - answer.refused;
	pipe_send(p, MSG_IMPORTED, m->id, -1, &answer);
}

static void
on_monitor(void *ctx, struct pipe *p, struct msg *m)
{
	struct m_event e;

	if (misbehave(ctx, p, m))
		return;
	done(p, m->id, STATUS_OK, "");
	memset(&e, 0, sizeof(e));
	e.kind = EVENT_PEER_UP;
	e.time_ms = 1700000000123;
	e.has_id = e.has_na = e.outbound = true;
	e.id = addr_of(1).id;
	e.na = addr_of(1).na;
	pipe_send(p, MSG_EVENT, 0, -1, &e);
	memset(&e, 0, sizeof(e));
	e.kind = EVENT_REFUSED;
	e.time_ms = 1700000001000;
	e.count = 3;
	(void)strlcpy(e.text, "full\nof it", sizeof(e.text));
	pipe_send(p, MSG_EVENT, 0, -1, &e);
	memset(&e, 0, sizeof(e));
	e.kind = EVENT_BAN;
	e.time_ms = 1700000002000;
	e.has_na = true;
	e.na = addr_of(2).na;
	e.count = 86400;
	(void)strlcpy(e.text, "by the operator", sizeof(e.text));
	pipe_send(p, MSG_EVENT, 0, -1, &e);
	memset(&e, 0, sizeof(e));
	e.kind = EVENT_DIAL;
	e.time_ms = 1700000003000;
	e.has_na = e.outbound = true;
	e.na = addr_of(3).na;
	e.count = 5;
	(void)strlcpy(e.text, "connected", sizeof(e.text));
	pipe_send(p, MSG_EVENT, 0, -1, &e);
}

static const struct msg_handler handlers[] = {
	{ MSG_SHOW, on_show },
	{ MSG_CTL_DIAL, on_dial },
	{ MSG_CTL_DROP, on_drop },
	{ MSG_CTL_BAN, on_ban },
	{ MSG_CTL_RELOAD, on_reload },
	{ MSG_LOG_LEVEL, on_log },
	{ MSG_CTL_IMPORT, on_import },
	{ MSG_CTL_MONITOR, on_monitor },
	{ MSG_NONE, NULL }
};

/* --- the process ------------------------------------------------------- */

static void
on_end(void *ctx, struct pipe *p, enum pipe_end end, const char *why)
{
	pipe_free(p);
}

static const struct pipe_ops ops = { .ended = on_end };

static void
on_accept(evutil_socket_t fd, short what, void *ctx)
{
	struct fake *f = ctx;
	struct pipe *p;
	int s;

	if ((s = accept(fd, NULL, NULL)) == -1)
		return;
	p = pipe_new(f->base, s, ROLE_PARENT, ROLE_CTL, &ops, f);
	if (p == NULL)
		return;
	pipe_handle(p, handlers, f);
	if (f->mode == FAKE_NOT_YOU) {
		done(p, 0, STATUS_DENIED, "");
		pipe_flush(p);
		pipe_free(p);
	}
}

static void
serve(int fd, struct fake *f)
{
	struct event *ev;

	if ((f->base = event_base_new()) == NULL ||
	    (ev = event_new(f->base, fd, EV_READ | EV_PERSIST, on_accept,
	    f)) == NULL || event_add(ev, NULL) == -1)
		_exit(1);
	event_base_dispatch(f->base);
	_exit(1);
}

void
fakepexd_start(struct fakepexd *fp, enum fake_mode mode, unsigned book)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct fake f = { .mode = mode, .book = book };
	int fd;

	(void)strlcpy(sun.sun_path, FAKEPEXD_SOCKET, sizeof(sun.sun_path));
	(void)unlink(FAKEPEXD_SOCKET);
	ATF_REQUIRE((fd = socket(AF_UNIX, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)&sun, sizeof(sun)));
	ATF_REQUIRE_EQ(0, listen(fd, 5));
	ATF_REQUIRE((f.requests = fopen("requests", "w")) != NULL);
	ATF_REQUIRE((f.imported = fopen("imported", "w")) != NULL);
	ATF_REQUIRE((fp->pid = fork()) != -1);
	if (fp->pid == 0)
		serve(fd, &f);
	close(fd);
	fclose(f.requests);
	fclose(f.imported);
}

void
fakepexd_stop(struct fakepexd *fp)
{
	int status;

	ATF_REQUIRE_EQ(0, kill(fp->pid, SIGTERM));
	ATF_REQUIRE_EQ(fp->pid, waitpid(fp->pid, &status, 0));
	ATF_CHECK_MSG(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM,
	    "the fake daemon ended by itself: %#x", status);
}
