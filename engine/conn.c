/* SPDX-License-Identifier: ISC */
/* A connection: socket, number, deadline, and its two ways to end. */

#include <sys/types.h>
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"

static int
conn_cmp(const struct conn *a, const struct conn *b)
{
	return a->number < b->number ? -1 : a->number > b->number;
}

RB_GENERATE(conn_tree, conn, by_number, conn_cmp)

static void
on_deadline(void *arg)
{
	struct conn *c = arg;

	switch (c->state) {
	case CONN_HANDSHAKE:
		handshake_fail(c, wire_conn_phase(c->wire) ==
		    WIRE_PHASE_HELLO ? REFUSED_NO_KEY : REFUSED_TIMEOUT, NULL);
		break;
	case CONN_ADMIT:
		handshake_fail(c, REFUSED_UNAVAILABLE,
		    "dialer gave no verdict in time");
		break;
	case CONN_PROVING:
		handshake_proved(c);
		break;
	case CONN_CLOSING:
		conn_close(c);
		break;
	default:
		break;
	}
}

void
conn_set_deadline(struct conn *c, uint64_t ms)
{
	engine_timer(c->eng, &c->deadline, ms);
}

/* --- life -------------------------------------------------------------- */

static uint32_t
next_number(struct engine *eng)
{
	struct conn want;

	do {
		want.number = ++eng->last_number;
	} while (want.number == 0 ||
	    RB_FIND(conn_tree, &eng->conns, &want) != NULL);
	return want.number;
}

static int
make_wire(struct conn *c, const struct listener *l)
{
	struct wire_conn_params params;
	uint8_t seed[X25519_KEY_SIZE];

	arc4random_buf(seed, sizeof(seed));
	memset(&params, 0, sizeof(params));
	params.config = announce_wire(c->announce);
	params.ops = &handshake_ops;
	params.arg = c;
	params.dialled = l == NULL ? &c->expect : NULL;
	params.listen_addr = announce_address(c->eng, c->fd, l, &c->na);
	params.seed = seed;
	c->wire = wire_conn_new(&params);
	explicit_bzero(seed, sizeof(seed));
	return c->wire == NULL ? -1 : 0;
}

/* Into the pending table: inbound ones only. */
static int
make_pending(struct conn *c)
{
	if (limits_pending_add(c->eng->limits, c->na.ip) == -1)
		return -1;
	c->is_pending = true;
	TAILQ_INSERT_TAIL(&c->eng->pending, c, queue);
	return 0;
}

void
conn_not_pending(struct conn *c)
{
	if (!c->is_pending)
		return;
	c->is_pending = false;
	limits_pending_sub(c->eng->limits, c->na.ip);
	TAILQ_REMOVE(&c->eng->pending, c, queue);
}

static void
begin(struct conn *c)
{
	struct engine *eng = c->eng;

	c->number = next_number(eng);
	RB_INSERT(conn_tree, &eng->conns, c);
	eng->nconns++;
	timer_init(&c->deadline, on_deadline, c);
	conn_set_deadline(c, engine_conf(eng)->times.handshake_timeout);
	conn_io_init(c);
	conn_wired(c, WIRE_OK);		/* our key is in the output */
}

struct conn *
conn_new(struct engine *eng, int fd, const struct netaddr *far,
    const struct listener *l, const struct node_id *dialled)
{
	struct conn *c;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		close(fd);
		return NULL;
	}
	c->eng = eng;
	c->fd = fd;
	c->na = *far;
	if (dialled != NULL)
		c->expect = *dialled;
	c->since_ms = child_mono_ms();
	c->announce = announce_ref(eng->announce);
	if (make_wire(c, l) == -1 || (l != NULL && make_pending(c) == -1)) {
		close(fd);
		wire_conn_free(c->wire);
		announce_unref(c->announce);
		free(c);
		return NULL;
	}
	begin(c);
	return c;
}

struct conn *
conn_find(struct engine *eng, uint32_t number)
{
	struct conn want, *c;

	want.number = number;
	c = RB_FIND(conn_tree, &eng->conns, &want);
	return c == NULL || conn_is_over(c) ? NULL : c;
}

bool
conn_is_over(const struct conn *c)
{
	return c->state == CONN_OVER;
}

char *
conn_name(const struct conn *c, char buf[ENGINE_NAME_SIZE])
{
	const struct node_id *id = wire_conn_remote_id(c->wire);
	struct peer_addr pa;

	if (id == NULL)
		return netaddr_text(&c->na, buf);
	pa.id = *id;
	pa.na = c->na;
	return peer_addr_text(&pa, buf);
}

/* --- ends -------------------------------------------------------------- */

void
conn_claim_ip(struct conn *c)
{
	if (!c->counted)
		c->counted = limits_peer_add(c->eng->limits, c->na.ip) == 0;
}

void
conn_yield_ip(struct conn *c)
{
	if (c->counted)
		limits_peer_sub(c->eng->limits, c->na.ip);
	c->counted = false;
}

/* What both ends have in common: it is nothing but a socket now. */
static void
let_go(struct conn *c)
{
	struct engine *eng = c->eng;

	conn_not_pending(c);
	conn_yield_ip(c);
	if (c->state == CONN_CLOSING) {
		TAILQ_REMOVE(&eng->closing, c, queue);
		eng->nclosing--;
	}
	if (c->peer != NULL)
		ping_stop(c->peer);
	timer_unset(&eng->wheel, &c->deadline);
	timer_unset(&eng->wheel, &c->stall);
}

void
conn_close(struct conn *c)
{
	struct engine *eng = c->eng;

	if (conn_is_over(c))
		return;
	let_go(c);
	timer_unset(&eng->wheel, &c->resume);
	event_del(&c->rev);
	event_del(&c->wev);
	close(c->fd);
	wire_conn_finish(c->wire);	/* what it has read already, too */
	if (c->is_dirty)
		TAILQ_REMOVE(&eng->dirty, c, dirty);
	c->is_dirty = false;
	eng->held -= c->held;
	c->held = 0;
	eng->nconns--;
	c->state = CONN_OVER;
	TAILQ_INSERT_TAIL(&eng->over, c, queue);
	engine_turn_soon(eng);
}

void
conn_finish(struct conn *c)
{
	struct engine *eng = c->eng;
	const struct conf *conf = engine_conf(eng);

	if (c->state == CONN_CLOSING || conn_is_over(c))
		return;
	let_go(c);
	c->state = CONN_CLOSING;
	TAILQ_INSERT_TAIL(&eng->closing, c, queue);
	/* Politeness is bounded, too: those who waited longest go. */
	if (++eng->nclosing > conf->limits.pending)
		conn_close(TAILQ_FIRST(&eng->closing));
	if (conn_is_over(c))
		return;
	wire_conn_finish(c->wire);
	conn_set_deadline(c, conf->times.close_wait);
	conn_release(c, HOLD_WIRE | HOLD_PIPE);	/* to see its end */
	conn_wired(c, WIRE_OK);
}

void
conns_free(struct engine *eng)
{
	struct conn *c;

	RB_FOREACH(c, conn_tree, &eng->conns)
		conn_close(c);
}
