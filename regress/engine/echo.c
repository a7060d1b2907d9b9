/* SPDX-License-Identifier: ISC */
/*
 * A third reactor: says on its channel what it is told there, numbered for
 * each peer.  It is in a file of its own and in the table, and nowhere else.
 */

#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "regress/engine/echo.h"

extern const struct reactor echo_reactor;

struct echo {
	struct engine	*eng;
	uint64_t	 peers, added, removed, messages, synced;
	uint8_t		 buf[ECHO_CAPACITY];
};

struct echo_peer {			/* zeroed by the switch */
	uint8_t		said;
	bool		known;
};

static void *
create(struct engine *eng)
{
	struct echo *e = calloc(1, sizeof(*e));

	if (e != NULL)
		e->eng = eng;
	return e;
}

static void
destroy(void *self)
{
	free(self);
}

static void
add_peer(void *self, struct peer *peer)
{
	struct echo_peer *ep = switch_state(peer, &echo_reactor);
	struct echo *e = self;

	e->added += !ep->known;
	e->peers++;
	ep->known = true;
}

static void
remove_peer(void *self, struct peer *peer, enum down_reason reason,
    const char *why)
{
	struct echo_peer *ep = switch_state(peer, &echo_reactor);
	struct echo *e = self;

	e->removed += ep->known;
	e->peers--;
}

static void
receive(void *self, struct peer *peer, uint8_t channel, struct wire_span msg)
{
	struct echo_peer *ep = switch_state(peer, &echo_reactor);
	struct echo *e = self;

	e->messages++;
	if (msg.len == 0 || msg.len > sizeof(e->buf))
		return;
	memcpy(e->buf, msg.p, msg.len);
	e->buf[0] = ++ep->said;
	(void)peer_send(peer, channel, wire_span_of(e->buf, msg.len));
}

static void
synced(void *self, enum role role)
{
	struct echo *e = self;

	e->synced++;
}

static void
show(void *self, uint32_t id)
{
	struct echo *e = self;

	child_counter(e->eng->child, id, "echo_peers", e->peers);
	child_counter(e->eng->child, id, "echo_added_total", e->added);
	child_counter(e->eng->child, id, "echo_removed_total", e->removed);
	child_counter(e->eng->child, id, "echo_messages_total", e->messages);
	child_counter(e->eng->child, id, "echo_synced_total", e->synced);
}

const struct reactor echo_reactor = {
	.name = "echo",
	.channels = { { .id = ECHO_CHANNEL, .capacity = ECHO_CAPACITY } },
	.nchannels = 1,
	.peer_size = sizeof(struct echo_peer),
	.create = create,
	.destroy = destroy,
	.add_peer = add_peer,
	.remove_peer = remove_peer,
	.receive = receive,
	.synced = synced,
	.show = show,
};
