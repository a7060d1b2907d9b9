/* SPDX-License-Identifier: ISC */
/*
 * The PEX reactor: peers come and go, messages come in.  Answering is in
 * pex_reply.c, asking in pex_ask.c.
 */

#include <sys/types.h>

#include <stdlib.h>

#include "engine/pex.h"

static struct pex_peer *
state(const struct peer *peer)
{
	return switch_state(peer, &pex_reactor);
}

bool
pex_is_seed_client(const struct pex_peer *pp)
{
	return engine_conf(pp->pex->eng)->mode == MODE_SEED &&
	    !pp->peer->outbound && !pp->peer->persistent;
}

static void *
create(struct engine *eng)
{
	struct pex *pex = calloc(1, sizeof(*pex));

	if (pex != NULL)
		pex->eng = eng;
	return pex;
}

static void
destroy(void *self)
{
	free(self);
}

static void
add_peer(void *self, struct peer *peer)
{
	struct pex_peer *pp = state(peer);

	pp->pex = self;
	pp->peer = peer;
	pex_reply_init(pp);
	pex_ask_init(pp);
}

static void
remove_peer(void *self, struct peer *peer, enum down_reason reason,
    const char *why)
{
	pex_reply_stop(state(peer));
	pex_ask_stop(state(peer));
}

static void
receive(void *self, struct peer *peer, uint8_t channel, struct wire_span msg)
{
	struct pex *pex = self;
	struct pex_list list = { .addrs = pex->addrs, .max = PEX_ADDRS_FIT };
	enum pex_kind kind;
	enum wire_error e;

	if ((e = pex_decode(msg, &kind, &list)) == WIRE_PEX_ADDRESS)
		peer_misbehaved(peer, MISBEHAVED_BAD_ADDRS,
		    wire_error_text(e));
	else if (e != WIRE_OK)
		peer_broke_protocol(peer, e);
	else if (kind == PEX_REQUEST)
		pex_on_request(state(peer));
	else
		pex_on_addrs(state(peer), &list);
}

static void
go_on(struct peer *peer, void *arg)
{
	conn_release(peer->conn, HOLD_PIPE);
}

static void
restart(struct peer *peer, void *arg)
{
	conn_release(peer->conn, HOLD_PIPE);
	pex_reply_restart(state(peer));
}

static void
synced(void *self, enum role role)
{
	struct pex *pex = self;

	if (role == ROLE_ADDRBOOKD)
		switch_each(pex->eng, restart, NULL);
}

static void
drained(void *self, enum role role)
{
	struct pex *pex = self;

	if (role == ROLE_ADDRBOOKD)
		switch_each(pex->eng, go_on, NULL);
}

static void
show(void *self, uint32_t id)
{
	const struct pex *pex = self;
	const struct pex_stats *s = &pex->stats;
	const struct { const char *name; uint64_t value; } rows[] = {
		{ "pex_requests_total", s->requests },
		{ "pex_requests_remembered_total", s->remembered },
		{ "pex_requests_dropped_total", s->dropped },
		{ "pex_replies_total", s->replies },
		{ "pex_addresses_sent_total", s->addrs_sent },
		{ "pex_selections_total", s->selects },
		{ "pex_asked_total", s->asked },
		{ "pex_answers_total", s->answers },
		{ "pex_answers_late_total", s->late_answers },
		{ "pex_addresses_received_total", s->addrs_received },
		{ "pex_lists_lost_total", s->lists_lost },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		child_counter(pex->eng->child, id, rows[i].name,
		    rows[i].value);
}

static const struct msg_handler from_dialer[] = {
	{ MSG_ASK,	pex_on_ask },
	{ MSG_NONE,	NULL }
};

static const struct msg_handler from_addrbookd[] = {
	{ MSG_SELECTED,	pex_on_selected },
	{ MSG_NONE,	NULL }
};

const struct reactor pex_reactor = {
	.name = "PEX",
	.channels = { { .id = PEX_CHANNEL, .capacity = PEX_CAPACITY } },
	.nchannels = 1,
	.peer_size = sizeof(struct pex_peer),
	.from_dialer = from_dialer,
	.from_addrbookd = from_addrbookd,
	.create = create,
	.destroy = destroy,
	.add_peer = add_peer,
	.remove_peer = remove_peer,
	.receive = receive,
	.synced = synced,
	.drained = drained,
	.show = show,
};
