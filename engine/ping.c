/* SPDX-License-Identifier: ISC */
/*
 * Pings: is the peer still there, and how far away?  A dialled peer is
 * pinged at once, since its pong makes the dial a success.
 */

#include <sys/types.h>

#include "engine/engine.h"

#define WAITS_MAX	3	/* pong timeouts, while it is heard */
#define FLOOD_PINGS	100		/* of a peer, in FLOOD_MS */
#define FLOOD_MS	10000

static void
await_pong(struct peer *peer)
{
	peer->waits++;
	engine_timer(peer->eng, &peer->ping,
	    engine_conf(peer->eng)->times.pong_timeout);
}

static void
send_ping(struct peer *peer)
{
	struct conn *c = peer->conn;
	enum wire_error e = wire_conn_ping(c->wire);

	if (e == WIRE_NOMEM) {		/* another time */
		engine_timer(peer->eng, &peer->ping,
		    engine_conf(peer->eng)->times.ping_interval);
		return;
	}
	peer->pings++;
	peer->pinged_us = engine_now_us();
	peer->waits = 0;
	await_pong(peer);
	conn_wired(c, e);
}

/*
 * Something came while its pong was waited for: it lives, and the way to it
 * or from it is bad.  It may also never answer, so patience ends.
 */
static bool
is_heard(const struct peer *peer)
{
	return peer->waits < WAITS_MAX && child_mono_ms() <
	    peer->conn->counts.last_in_ms +
	    engine_conf(peer->eng)->times.pong_timeout;
}

static void
on_due(void *arg)
{
	struct peer *peer = arg;
	struct conn *c = peer->conn;

	if (!wire_conn_awaits_pong(c->wire))
		send_ping(peer);
	else if (peer->up && is_heard(peer))
		await_pong(peer);
	else if (peer->up)
		peer_lost(peer, DOWN_PONG_TIMEOUT, NULL);
	else
		handshake_fail(c, REFUSED_TIMEOUT, NULL);
}

void
ping_start(struct peer *peer)
{
	timer_init(&peer->ping, on_due, peer);
	if (peer->outbound)
		send_ping(peer);
	else
		engine_timer(peer->eng, &peer->ping,
		    engine_conf(peer->eng)->times.ping_interval);
}

void
ping_stop(struct peer *peer)
{
	timer_unset(&peer->eng->wheel, &peer->ping);
}

void
ping_on_ping(struct peer *peer)
{
	uint64_t now = child_mono_ms();

	if (now - peer->window_ms >= FLOOD_MS) {
		peer->window_ms = now;
		peer->window_pings = 0;
	}
	if (++peer->window_pings > FLOOD_PINGS)
		peer_lost(peer, DOWN_PROTOCOL, "it floods pings");
}

void
ping_on_pong(struct peer *peer, bool asked)
{
	uint64_t waited;
	uint32_t interval = engine_conf(peer->eng)->times.ping_interval;

	if (!asked)
		return;
	waited = engine_now_us() - peer->pinged_us;
	peer->pongs++;
	peer->rtt_us = waited > UINT32_MAX ? UINT32_MAX : waited;
	waited /= 1000;
	engine_timer(peer->eng, &peer->ping,
	    waited < interval ? interval - waited : 0);
	if (!peer->live) {
		peer->live = true;
		events_live(peer, OUTCOME_LIVE, 0);
	}
}
