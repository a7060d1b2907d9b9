/* SPDX-License-Identifier: ISC */
/*
 * The reporting reactor: dialer and addrbookd learn of every connection
 * that comes and goes, and pexctl monitor, if somebody watches.
 */

#include <sys/types.h>

#include <string.h>

#include "engine/engine.h"

extern const struct reactor events_reactor;

static void
fill_up(const struct peer *peer, struct m_peer_up *m)
{
	memset(m, 0, sizeof(*m));
	m->conn = peer->conn->number;
	m->addr = peer_addr_of(peer);
	m->outbound = peer->outbound;
	m->purpose = peer->conn->purpose;
	m->has_claim = peer->has_claim;
	m->claim = peer->claim;
	strlcpy(m->moniker, peer->moniker, sizeof(m->moniker));
	strlcpy(m->version, peer->version, sizeof(m->version));
	strlcpy(m->network, peer->network, sizeof(m->network));
	m->latency_ms = peer->handshake_ms;
}

void
events_peer(struct peer *peer, enum event_kind kind, unsigned count,
    const char *text)
{
	struct m_event ev;

	if (!child_events_on(peer->eng->child))
		return;
	memset(&ev, 0, sizeof(ev));
	ev.kind = kind;
	ev.has_id = ev.has_na = true;
	ev.id = peer->id;
	ev.na = peer->conn->na;
	ev.outbound = peer->outbound;
	ev.count = count;
	strlcpy(ev.text, text, sizeof(ev.text));
	child_event(peer->eng->child, &ev);
}

void
events_refused(struct engine *eng, const struct netaddr *na, const char *text)
{
	struct m_event ev;

	if (!child_events_on(eng->child))
		return;
	memset(&ev, 0, sizeof(ev));
	ev.kind = EVENT_REFUSED;
	ev.has_na = true;
	ev.na = *na;
	strlcpy(ev.text, text, sizeof(ev.text));
	child_event(eng->child, &ev);
}

void
events_live(struct peer *peer, enum outcome how, unsigned count)
{
	struct m_peer_live m;

	memset(&m, 0, sizeof(m));
	m.conn = peer->conn->number;
	m.how = how;
	m.count = count > UINT16_MAX ? UINT16_MAX : count;
	(void)child_send(peer->eng->child, ROLE_DIALER, MSG_PEER_LIVE, 0, -1,
	    &m);
}

static void
add_peer(void *self, struct peer *peer)
{
	struct engine *eng = self;
	struct m_peer_up m;

	fill_up(peer, &m);
	(void)child_send(eng->child, ROLE_DIALER, MSG_PEER_UP, 0, -1, &m);
	(void)child_send(eng->child, ROLE_ADDRBOOKD, MSG_PEER_UP, 0, -1, &m);
	events_peer(peer, EVENT_PEER_UP, 0, peer->moniker);
}

static void
remove_peer(void *self, struct peer *peer, enum down_reason reason,
    const char *why)
{
	struct engine *eng = self;
	struct m_peer_down m;

	memset(&m, 0, sizeof(m));
	m.conn = peer->conn->number;
	m.id = peer->id;
	m.outbound = peer->outbound;
	m.reason = reason;
	strlcpy(m.why, why, sizeof(m.why));
	(void)child_send(eng->child, ROLE_DIALER, MSG_PEER_DOWN, 0, -1, &m);
	events_peer(peer, EVENT_PEER_DOWN, 0, down_reason_name(reason));
}

static void
replay(struct peer *peer, void *arg)
{
	struct pipe *p = arg;
	struct m_peer_up m;

	fill_up(peer, &m);
	(void)pipe_send(p, MSG_PEER_UP, 0, -1, &m);
}

void
events_replay(struct engine *eng, struct pipe *p)
{
	switch_each(eng, replay, p);
}

static void *
create(struct engine *eng)
{
	return eng;
}

const struct reactor events_reactor = {
	.name = "events",
	.create = create,
	.add_peer = add_peer,
	.remove_peer = remove_peer,
};
