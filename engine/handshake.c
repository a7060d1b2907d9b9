/* SPDX-License-Identifier: ISC */
/*
 * From a socket to a peer: what the protocol library reports on the way,
 * dialer's verdict, and all the ways not to get there.
 */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"

/*
 * A stock node that is full takes our node info and hangs up.  A dialled
 * node that stays silent so long after it did not.
 */
#define PROVING_MS	1000

/* --- refusals ---------------------------------------------------------- */

static void
count_refusal(struct engine *eng, const struct netaddr *na, enum refusal r,
    const char *why)
{
	eng->stats.refused[r]++;
	events_refused(eng, na, why);
}

void
handshake_refuse(struct engine *eng, int fd, const struct netaddr *na,
    enum refusal r)
{
	char text[NETADDR_TEXT_SIZE];

	if (fd != -1)
		close(fd);
	count_refusal(eng, na, r, refusal_text(r));
	log_debug("refused %s: %s", netaddr_text(na, text), refusal_text(r));
}

/* dialer holds a place for a connection that did not make it. */
static void
give_place_back(struct engine *eng, uint32_t conn, const struct node_id *id,
    bool outbound, const char *why)
{
	struct m_peer_down m;

	memset(&m, 0, sizeof(m));
	m.conn = conn;
	if (id != NULL)
		m.id = *id;
	m.outbound = outbound;
	m.reason = DOWN_PEER_CLOSED;
	strlcpy(m.why, why, sizeof(m.why));
	(void)child_send(eng->child, ROLE_DIALER, MSG_PEER_DOWN, 0, -1, &m);
}

/* Strangers who never said who they are are no news: ports are scanned. */
static void
log_refusal(struct conn *c, const char *why)
{
	const struct node_id *id = wire_conn_remote_id(c->wire);
	char addr[NETADDR_TEXT_SIZE], text[NODE_ID_TEXT_SIZE];

	netaddr_text(&c->na, addr);
	if (id == NULL)
		log_debug("refused %s: %s", addr, why);
	else
		log_info("refused %s: %s (its ID is %s)", addr, why,
		    node_id_text(id, text));
}

/* Does it still listen, so that it can learn of us what it lacks? */
static bool
may_be_told(const struct conn *c, enum refusal r)
{
	return wire_conn_remote_id(c->wire) != NULL &&
	    r != REFUSED_CLOSED && r != REFUSED_IO && r != REFUSED_TIMEOUT;
}

void
handshake_fail(struct conn *c, enum refusal r, const char *why)
{
	if (c->state == CONN_CLOSING || conn_is_over(c))
		return;
	if (why == NULL)
		why = refusal_text(r);
	/* How the dial ended first: with its place dialer forgets it. */
	if (c->dial != 0)
		dialed_failed(c, r, why);
	else {
		count_refusal(c->eng, &c->na, r, why);
		log_refusal(c, why);
	}
	if (c->admitted)
		give_place_back(c->eng, c->number,
		    wire_conn_remote_id(c->wire), c->dial != 0, why);
	c->admitted = false;
	if (may_be_told(c, r))
		conn_finish(c);
	else
		conn_close(c);
}

/* --- what the protocol library reports --------------------------------- */

static void
on_need_signature(struct wire_conn *w,
    const uint8_t challenge[SECRET_CHALLENGE_SIZE], void *arg)
{
	sign_ask(arg, challenge);
}

/* The operator named it: outside the limits. */
static bool
is_named(struct conn *c)
{
	const struct conf *conf = engine_conf(c->eng);
	const struct node_id *id = wire_conn_remote_id(c->wire);

	return conf_has_peer(conf, CONF_PERSISTENT, id) ||
	    conf_has_peer(conf, CONF_UNCONDITIONAL, id);
}

/* Known to be banned: dialer need not be asked. */
static bool
is_banned(struct conn *c)
{
	const struct node_id *id = wire_conn_remote_id(c->wire);

	return c->dial == 0 &&
	    bans_has_id(c->eng->bans, id, child_mono_ms()) && !is_named(c);
}

/*
 * Is another of its IP a peer, or about to be?  Before dialer is asked: it
 * may have somebody evicted for this one.
 */
static bool
same_ip(struct conn *c)
{
	struct engine *eng = c->eng;

	return c->dial == 0 &&
	    limits_same_ip(eng->limits, engine_conf(eng), c->na.ip) &&
	    !limits_is_exempt(eng->limits, c->na.ip) && !is_named(c);
}

static void
on_node_info(struct wire_conn *w, const struct nodeinfo *info, void *arg)
{
	struct conn *c = arg;
	struct m_admit m;

	if (is_banned(c)) {
		handshake_fail(c, REFUSED_BANNED, NULL);
		return;
	}
	/* dialer dials when it knows the bans; it may be ahead of us there. */
	if (c->dial == 0 && !engine_may_admit(c->eng)) {
		handshake_fail(c, REFUSED_UNAVAILABLE, NULL);
		return;
	}
	if (same_ip(c)) {
		handshake_fail(c, REFUSED_SAME_IP, NULL);
		return;
	}
	conn_claim_ip(c);
	if ((c->peer = peer_new(c, info)) == NULL) {
		handshake_fail(c, REFUSED_MEMORY, NULL);
		return;
	}
	memset(&m, 0, sizeof(m));
	m.conn = c->number;
	m.dial = c->dial;
	m.id = c->peer->id;
	m.na = c->na;
	c->state = CONN_ADMIT;
	if (child_send(c->eng->child, ROLE_DIALER, MSG_ADMIT, 0, -1, &m) == -1)
		handshake_fail(c, REFUSED_UNAVAILABLE, NULL);
}

/* Say what of its node info it was. */
static void
on_refused(struct wire_conn *w, const struct nodeinfo *info,
    enum wire_error e, void *arg)
{
	char why[ENGINE_WHY_SIZE], text[CONF_NETWORK_SIZE * 2];
	enum refusal r = refusal_of_error(e);

	switch (r) {
	case REFUSED_WRONG_NETWORK:
		snprintf(why, sizeof(why), "wrong network \"%s\"",
		    log_vis(text, sizeof(text), info->network.p,
		    info->network.len));
		break;
	case REFUSED_WRONG_BLOCK_VERSION:
		snprintf(why, sizeof(why), "wrong block version %llu",
		    (unsigned long long)info->block_version);
		break;
	default:
		refusal_why(e, why, sizeof(why));
		break;
	}
	handshake_fail(arg, r, why);
}

static void
on_message(struct wire_conn *w, uint8_t channel, struct wire_span msg,
    void *arg)
{
	struct conn *c = arg;

	handshake_proved(c);
	if (c->state == CONN_PEER)
		switch_receive(c->peer, channel, msg);
}

static void
on_ping(struct wire_conn *w, void *arg)
{
	struct conn *c = arg;

	handshake_proved(c);
	if (c->state == CONN_PEER)
		ping_on_ping(c->peer);
}

static void
on_pong(struct wire_conn *w, bool asked, void *arg)
{
	struct conn *c = arg;

	handshake_proved(c);
	if (c->state == CONN_PEER)
		ping_on_pong(c->peer, asked);
}

const struct wire_conn_ops handshake_ops = {
	.need_signature = on_need_signature,
	.node_info = on_node_info,
	.refused = on_refused,
	.message = on_message,
	.ping = on_ping,
	.pong = on_pong,
};

/* --- admission --------------------------------------------------------- */

void
handshake_proved(struct conn *c)
{
	if (c->state != CONN_PROVING)
		return;
	dialed_connected(c);
	peer_up(c->peer);
}

static void
admit(struct conn *c, const struct m_admitted *m)
{
	c->admitted = true;
	c->peer->persistent = m->persistent;
	c->peer->unconditional = m->unconditional;
	if (c->purpose & PURPOSE_PERSISTENT)	/* it proved who it is */
		limits_learn_exempt(c->eng->limits,
		    engine_conf(c->eng), &c->peer->id, c->na.ip);
	conn_not_pending(c);
	c->eng->stats.handshakes++;
	if (c->dial == 0)
		peer_up(c->peer);
	else {
		c->state = CONN_PROVING;
		conn_set_deadline(c, PROVING_MS);
	}
	conn_wired(c, wire_conn_start(c->wire));
	/* Its pong is the proof; who spoke at once is established already. */
	if (c->dial != 0 &&
	    (c->state == CONN_PROVING || c->state == CONN_PEER))
		ping_start(c->peer);
}

void
handshake_on_admitted(void *ctx, struct pipe *p, struct msg *msg)
{
	struct engine *eng = ctx;
	const struct m_admitted *m = msg->body;
	struct conn *c = conn_find(eng, m->conn);
	struct peer *old;

	if (m->verdict == 0 || m->verdict >= VERDICT_MAX) {
		pipe_violation(p, "ADMITTED with verdict %u", m->verdict);
		return;
	}
	/* Whoever comes of it: to dialer the evicted one is gone. */
	if (m->evict != 0 && (old = switch_peer(eng, m->evict)) != NULL)
		peer_drop(old, DOWN_DIALER, "another takes its place");
	if (c == NULL || c->state != CONN_ADMIT) {
		/* It went while dialer thought. */
		if (m->verdict == VERDICT_OK)
			give_place_back(eng, m->conn, NULL, false,
			    "it is gone");
		return;
	}
	if (m->verdict == VERDICT_OK)
		admit(c, m);
	else
		handshake_fail(c, refusal_of_verdict(m->verdict), NULL);
}

void
handshake_dialer_lost(struct engine *eng)
{
	struct conn *c;

	/* A new dialer knows nothing of the old one's dials and places. */
	RB_FOREACH(c, conn_tree, &eng->conns) {
		if (c->state > CONN_PROVING)
			continue;
		c->admitted = false;
		if (c->dial != 0)
			conn_finish(c);
		else if (c->state == CONN_ADMIT)
			handshake_fail(c, REFUSED_UNAVAILABLE, NULL);
	}
}
