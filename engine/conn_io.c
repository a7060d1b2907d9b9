/* SPDX-License-Identifier: ISC */
/*
 * Bytes between sockets and the protocol library.  One read a turn into a
 * buffer all share; output is written once, when the turn ends.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "compat/socket.h"
#include "engine/engine.h"

/* --- reading or not ---------------------------------------------------- */

void
conn_hold(struct conn *c, enum conn_hold why)
{
	if (c->hold == 0)
		event_del(&c->rev);
	c->hold |= why;
}

void
conn_release(struct conn *c, enum conn_hold why)
{
	if (c->hold == 0)
		return;
	c->hold &= ~why;
	if (c->hold == 0)
		event_add(&c->rev, NULL);
}

static void
make_dirty(struct conn *c)
{
	if (c->is_dirty)
		return;
	c->is_dirty = true;
	TAILQ_INSERT_TAIL(&c->eng->dirty, c, dirty);
	engine_turn_soon(c->eng);
}

/* A rate has room again. */
static void
on_resume(void *arg)
{
	struct conn *c = arg;

	conn_release(c, HOLD_RATE);
	make_dirty(c);
}

static void
on_stall(void *arg)
{
	struct conn *c = arg;

	if (c->state == CONN_PEER)
		peer_lost(c->peer, DOWN_SLOW, "it does not read");
	else
		handshake_fail(c, REFUSED_TIMEOUT, "it does not read");
}

/* --- what came of it --------------------------------------------------- */

static void
broke(struct conn *c, enum wire_error e)
{
	char why[ENGINE_WHY_SIZE];

	switch (c->state) {
	case CONN_PEER:
		peer_broke_protocol(c->peer, e);
		break;
	case CONN_CLOSING:
		make_dirty(c);
		break;
	case CONN_OVER:
		break;
	default:
		handshake_fail(c, refusal_of_error(e),
		    refusal_why(e, why, sizeof(why)));
		break;
	}
}

/* The socket is of no more use; error 0: the far end closed it. */
static void
lost(struct conn *c, int error)
{
	const char *why = error != 0 ? strerror(error) : NULL;
	enum refusal r = error != 0 ? REFUSED_IO : REFUSED_CLOSED;

	switch (c->state) {
	case CONN_PEER:
		peer_lost(c->peer, error != 0 ? DOWN_PEER_ERROR :
		    DOWN_PEER_CLOSED, why);
		break;
	case CONN_CLOSING:
		conn_close(c);
		break;
	case CONN_OVER:
		break;
	default:
		if (wire_conn_phase(c->wire) == WIRE_PHASE_HELLO)
			r = REFUSED_NO_KEY;
		handshake_fail(c, r, why);
		break;
	}
}

/*
 * A stranger's memory before a peer's, then the larger, then the younger: who
 * holds nothing pays for nobody.
 */
static bool
is_worse(const struct conn *c, const struct conn *worst)
{
	if (c->held == 0)
		return false;
	if (worst == NULL)
		return true;
	if ((c->state == CONN_PEER) != (worst->state == CONN_PEER))
		return worst->state == CONN_PEER;
	return c->held >= worst->held;
}

static bool
kill_worst(struct engine *eng)
{
	static const char why[] = "memory for unfinished messages is used up";
	struct conn *c, *worst = NULL;

	RB_FOREACH(c, conn_tree, &eng->conns)
		if (!conn_is_over(c) && is_worse(c, worst))
			worst = c;
	if (worst == NULL)
		return false;
	if (worst->state == CONN_PEER)
		peer_lost(worst->peer, DOWN_SLOW, why);
	else
		handshake_fail(worst, REFUSED_MEMORY, why);
	conn_close(worst);
	return true;
}

/* At the end of a turn: nobody who is being worked on goes under its caller. */
void
conns_bound_memory(struct engine *eng)
{
	while (eng->held > ENGINE_HELD_MAX && kill_worst(eng))
		;
}

/* One that is closing reads no more; what wire still has goes at once. */
static void
account(struct conn *c)
{
	struct engine *eng = c->eng;
	size_t held = c->state == CONN_CLOSING ? 0 : wire_conn_held(c->wire);

	eng->held += held - c->held;
	c->held = held;
	if (eng->held > ENGINE_HELD_MAX)
		engine_turn_soon(eng);
}

void
conn_wired(struct conn *c, enum wire_error e)
{
	if (conn_is_over(c))
		return;
	if (e != WIRE_OK) {
		broke(c, e);
		return;
	}
	if (wire_conn_output(c->wire).len > 0 || c->state == CONN_CLOSING)
		make_dirty(c);
	if (wire_conn_want(c->wire) > 0)
		conn_release(c, HOLD_WIRE);
	account(c);
}

/* --- reading ----------------------------------------------------------- */

/* How much may be read now; 0: nothing, and reading was put on hold. */
static size_t
read_room(struct conn *c, uint64_t now)
{
	uint32_t per_s = engine_conf(c->eng)->limits.recv_rate;
	size_t room, want = wire_conn_want(c->wire);

	if (c->state == CONN_CLOSING)
		want = ENGINE_READ_SIZE;
	if (want == 0) {
		conn_hold(c, HOLD_WIRE);
		return 0;
	}
	if ((room = rate_room(&c->in_rate, per_s, now)) == 0) {
		conn_hold(c, HOLD_RATE);
		engine_timer_at(c->eng, &c->resume,
		    rate_due(&c->in_rate, per_s, now));
		return 0;
	}
	if (room > want)
		room = want;
	return room < ENGINE_READ_SIZE ? room : ENGINE_READ_SIZE;
}

static void
on_read(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct engine *eng = c->eng;
	uint64_t now = child_mono_ms();
	size_t room;
	ssize_t n;

	if ((room = read_room(c, now)) == 0)
		return;
	n = recv(c->fd, eng->buf, room, MSG_DONTWAIT);
	if (n > 0) {
		c->counts.in_bytes += n;
		c->counts.last_in_ms = now;
		eng->stats.in_bytes += n;
		rate_use(&c->in_rate, engine_conf(eng)->limits.recv_rate, n,
		    now);
		if (c->state != CONN_CLOSING)
			conn_wired(c, wire_conn_input(c->wire, eng->buf, n));
	} else if (n == 0)
		lost(c, 0);
	else if (errno != EAGAIN && errno != EINTR)
		lost(c, errno);
}

/* --- writing ----------------------------------------------------------- */

static void
on_write(evutil_socket_t fd, short what, void *arg)
{
	conn_write(arg);
}

/* The output is gone. */
static void
drained(struct conn *c)
{
	if (c->state != CONN_CLOSING || c->is_shut)
		return;
	c->is_shut = true;
	if (shutdown(c->fd, SHUT_WR) == -1)
		conn_close(c);
}

/* The socket takes no more; it has a pong's time to take some. */
static void
await_room(struct conn *c)
{
	event_add(&c->wev, NULL);
	if (c->state != CONN_CLOSING && !timer_is_set(&c->stall))
		engine_timer(c->eng, &c->stall,
		    engine_conf(c->eng)->times.pong_timeout);
}

/* Bytes that went; 0: none now, and it was seen to that more will. */
static size_t
write_some(struct conn *c, struct wire_span out, uint64_t now)
{
	uint32_t per_s = engine_conf(c->eng)->limits.send_rate;
	size_t room = rate_room(&c->out_rate, per_s, now);
	ssize_t n;

	if (room == 0) {
		engine_timer_at(c->eng, &c->resume,
		    rate_due(&c->out_rate, per_s, now));
		return 0;
	}
	if (out.len > room)
		out.len = room;
	/* The FIN that follows goes with the last bytes. */
	n = send(c->fd, out.p, out.len, MSG_DONTWAIT | MSG_NOSIGNAL |
	    (c->state == CONN_CLOSING ? MSG_MORE : 0));
	if (n == -1) {
		if (errno == EAGAIN || errno == EINTR)
			await_room(c);
		else
			lost(c, errno);
		return 0;
	}
	timer_unset(&c->eng->wheel, &c->stall);
	wire_conn_sent(c->wire, n);
	c->counts.out_bytes += n;
	c->eng->stats.out_bytes += n;
	rate_use(&c->out_rate, per_s, n, now);
	return n;
}

void
conn_write(struct conn *c)
{
	uint64_t now = child_mono_ms();
	struct wire_span out;

	while (!conn_is_over(c)) {
		out = wire_conn_output(c->wire);
		if (out.len == 0) {
			drained(c);
			return;
		}
		if (write_some(c, out, now) == 0)
			return;
	}
}

void
conn_io_init(struct conn *c)
{
	timer_init(&c->stall, on_stall, c);
	timer_init(&c->resume, on_resume, c);
	event_assign(&c->rev, c->eng->base, c->fd, EV_READ | EV_PERSIST,
	    on_read, c);
	event_assign(&c->wev, c->eng->base, c->fd, EV_WRITE, on_write, c);
	event_add(&c->rev, NULL);
}
