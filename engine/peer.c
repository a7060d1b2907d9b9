/* SPDX-License-Identifier: ISC */
/* A peer: who it is, and its end, for whatever reason. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

/* --- who it is --------------------------------------------------------- */

static void
copy_text(char *dst, size_t size, struct wire_span s)
{
	(void)log_vis(dst, size, s.p, s.len);
}

struct peer *
peer_new(struct conn *c, const struct nodeinfo *info)
{
	struct host_addr claim;
	struct peer *peer;

	if ((peer = calloc(1, c->eng->peer_size)) == NULL)
		return NULL;
	peer->eng = c->eng;
	peer->conn = c;
	peer->id = *wire_conn_remote_id(c->wire);
	peer->outbound = c->dial != 0;
	peer->handshake_ms = child_mono_ms() - c->since_ms;
	copy_text(peer->moniker, sizeof(peer->moniker), info->moniker);
	copy_text(peer->version, sizeof(peer->version), info->version);
	copy_text(peer->network, sizeof(peer->network), info->network);
	/* A host name in there is nothing to us. */
	if (nodeinfo_listen_addr(info, &claim) == ADDRPARSE_OK &&
	    claim.is_literal) {
		peer->has_claim = true;
		memcpy(peer->claim.ip, claim.ip, sizeof(peer->claim.ip));
		peer->claim.port = claim.port;
	}
	return peer;
}

void
peer_free(struct peer *peer)
{
	free(peer);
}

struct peer_addr
peer_addr_of(const struct peer *peer)
{
	return (struct peer_addr){ .id = peer->id, .na = peer->conn->na };
}

char *
peer_name(const struct peer *peer, char buf[ENGINE_NAME_SIZE])
{
	struct peer_addr pa = peer_addr_of(peer);

	return peer_addr_text(&pa, buf);
}

static void
configure(struct peer *peer, void *arg)
{
	const struct conf *conf = engine_conf(peer->eng);

	/* What dialer said at admission stays as long as it is connected. */
	peer->persistent |= conf_has_peer(conf, CONF_PERSISTENT, &peer->id);
	peer->unconditional |= conf_has_peer(conf, CONF_UNCONDITIONAL,
	    &peer->id);
}

void
peers_configure(struct engine *eng)
{
	switch_each(eng, configure, NULL);
}

/* --- life -------------------------------------------------------------- */

/* Who comes to a seed gets an answer and goes: a line each says nothing. */
static bool
is_noteworthy(const struct peer *peer)
{
	return peer->persistent || engine_conf(peer->eng)->mode != MODE_SEED;
}

static void
log_up(const struct peer *peer)
{
	char name[ENGINE_NAME_SIZE];

	if (is_noteworthy(peer))
		log_info("%s %s, \"%s\"", peer->outbound ?
		    "connected to" : "connected by", peer_name(peer, name),
		    peer->moniker);
	else if (log_get_verbose() > 0)
		log_debug("%s %s, \"%s\"", peer->outbound ? "reached" :
		    "visited by", peer_name(peer, name), peer->moniker);
}

static void
log_down(const struct peer *peer, enum down_reason reason, const char *why)
{
	char name[ENGINE_NAME_SIZE];

	if (is_noteworthy(peer) || reason == DOWN_MISBEHAVED ||
	    reason == DOWN_PROTOCOL)
		log_info("lost peer %s: %s%s%s", peer_name(peer, name),
		    down_reason_name(reason), why != NULL ? ", " : "",
		    why != NULL ? why : "");
	else if (log_get_verbose() > 0)
		log_debug("done with %s: %s%s%s", peer_name(peer, name),
		    down_reason_name(reason), why != NULL ? ", " : "",
		    why != NULL ? why : "");
}

void
peer_up(struct peer *peer)
{
	struct conn *c = peer->conn;
	struct engine *eng = peer->eng;

	timer_unset(&eng->wheel, &c->deadline);
	c->state = CONN_PEER;
	peer->up = true;
	peer->up_ms = child_mono_ms();
	conn_claim_ip(c);
	if (peer->outbound) {
		eng->noutbound++;
		eng->stats.peers_out++;
	} else {
		eng->ninbound++;
		eng->stats.peers_in++;
		ping_start(peer);
	}
	log_up(peer);
	switch_add_peer(peer);
}

/* False if it had ended before. */
static bool
end(struct peer *peer, enum down_reason reason, const char *why)
{
	struct engine *eng = peer->eng;

	if (!peer->up)
		return false;
	peer->up = false;
	ping_stop(peer);
	conn_yield_ip(peer->conn);
	if (peer->outbound)
		eng->noutbound--;
	else
		eng->ninbound--;
	eng->stats.down[reason]++;
	log_down(peer, reason, why);
	switch_remove_peer(peer, reason, why != NULL ? why : "");
	return true;
}

void
peer_lost(struct peer *peer, enum down_reason reason, const char *why)
{
	if (end(peer, reason, why))
		conn_close(peer->conn);
}

void
peer_drop(struct peer *peer, enum down_reason reason, const char *why)
{
	if (end(peer, reason, why))
		conn_finish(peer->conn);
}

void
peer_misbehaved(struct peer *peer, enum misbehaviour what, const char *why)
{
	struct engine *eng = peer->eng;
	char text[ENGINE_WHY_SIZE];
	struct m_misbehaved m;

	if (!peer->up)
		return;
	memset(&m, 0, sizeof(m));
	m.who = peer_addr_of(peer);
	m.what = what;
	if (why != NULL)
		strlcpy(m.why, why, sizeof(m.why));
	eng->stats.misbehaved[what]++;
	(void)child_send(eng->child, ROLE_ADDRBOOKD, MSG_MISBEHAVED, 0, -1,
	    &m);
	snprintf(text, sizeof(text), "%s%s%s", misbehaviour_name(what),
	    why != NULL ? ": " : "", why != NULL ? why : "");
	peer_lost(peer, DOWN_MISBEHAVED, text);
}

/*
 * What a sound protocol stack cannot have sent is misbehaviour.  What
 * merely does not decode may be a damaged stream or a chain with other
 * packet sizes, and only ends the connection.
 */
static bool
is_misbehaviour(enum wire_error e)
{
	switch (e) {
	case WIRE_PACKET_TYPE:
	case WIRE_PACKET_CHANNEL:
	case WIRE_PACKET_CAPACITY:
	case WIRE_PEX_TYPE:
		return true;
	default:
		return false;
	}
}

void
peer_broke_protocol(struct peer *peer, enum wire_error e)
{
	if (!peer->up)
		return;
	if (is_misbehaviour(e))
		peer_misbehaved(peer, MISBEHAVED_PROTOCOL, wire_error_text(e));
	else
		peer_lost(peer, DOWN_PROTOCOL, wire_error_text(e));
}

int
peer_send(struct peer *peer, uint8_t channel, struct wire_span msg)
{
	struct conn *c = peer->conn;
	enum wire_error e;

	if (!peer->up)
		return -1;
	e = wire_conn_send(c->wire, channel, msg.p, msg.len);
	switch (e) {
	case WIRE_OK:
		conn_wired(c, WIRE_OK);
		return peer->up ? 0 : -1;
	case WIRE_NO_CHANNEL:
		return -1;
	case WIRE_QUEUE_FULL:
		peer_lost(peer, DOWN_SLOW, wire_error_text(e));
		return -1;
	default:
		peer_lost(peer, DOWN_PEER_ERROR, wire_error_text(e));
		return -1;
	}
}

void
peer_on_drop(void *ctx, struct pipe *p, struct msg *msg)
{
	struct engine *eng = ctx;
	const struct m_drop *m = msg->body;
	struct conn *c = conn_find(eng, m->conn);

	if (m->reason == 0 || m->reason >= DOWN_MAX)
		pipe_violation(p, "DROP with reason %u", m->reason);
	else if (c == NULL)
		return;		/* it went before */
	else if (c->state == CONN_PEER)
		peer_drop(c->peer, m->reason, NULL);
	else
		handshake_fail(c, REFUSED_NOT_WANTED, NULL);
}
