/* SPDX-License-Identifier: ISC */
/* What pexctl show wants to know of engine. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "engine/engine.h"

#define ROWS_MAX	64		/* in one answer */

static void
counter(struct engine *eng, uint32_t id, const char *prefix,
    const char *name, uint64_t value)
{
	char text[MSG_NAME_SIZE], *p;

	snprintf(text, sizeof(text), "%s%s_total", prefix, name);
	/* Names of reasons are words of a sentence elsewhere. */
	for (p = text; *p != '\0'; p++)
		if (*p == ' ' || *p == '-')
			*p = '_';
	child_counter(eng->child, id, text, value);
}

static void
show_state(struct engine *eng, uint32_t id)
{
	const struct engine_stats *s = &eng->stats;
	const struct { const char *name; uint64_t value; } rows[] = {
		{ "peers_inbound", eng->ninbound },
		{ "peers_outbound", eng->noutbound },
		{ "connections", eng->nconns },
		{ "connections_closing", eng->nclosing },
		{ "handshakes_pending", limits_pending(eng->limits) },
		{ "bans_mirrored", bans_count(eng->bans) },
		{ "unfinished_input_bytes", eng->held },
		{ "accepted_total", s->accepted },
		{ "handshakes_total", s->handshakes },
		{ "dialled_total", s->dials },
		{ "signatures_total", s->signatures },
		{ "established_inbound_total", s->peers_in },
		{ "established_outbound_total", s->peers_out },
		{ "accept_pauses_total", s->accept_pauses },
		{ "received_bytes_total", s->in_bytes },
		{ "sent_bytes_total", s->out_bytes },
		{ "log_lines_suppressed_total", log_suppressed() },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		child_counter(eng->child, id, rows[i].name, rows[i].value);
}

static void
show_reasons(struct engine *eng, uint32_t id)
{
	const struct engine_stats *s = &eng->stats;
	int i;

	for (i = 1; i < REFUSED_MAX; i++)
		counter(eng, id, "refused_", refusal_name(i), s->refused[i]);
	for (i = 1; i < DOWN_MAX; i++)
		counter(eng, id, "lost_", down_reason_name(i), s->down[i]);
	for (i = 1; i < MISBEHAVED_MAX; i++)
		counter(eng, id, "misbehaved_", misbehaviour_name(i),
		    s->misbehaved[i]);
}

static void
show_facts(struct engine *eng, uint32_t id)
{
	const struct conf *conf = engine_conf(eng);
	char text[NETADDR_TEXT_SIZE];
	unsigned i;

	for (i = 0; i < conf->nlisten; i++)
		child_fact(eng->child, id, "listen",
		    netaddr_text(&conf->listen[i], text));
	if (conf->has_external4)
		child_fact(eng->child, id, "external",
		    netaddr_text(&conf->external4, text));
	if (conf->has_external6)
		child_fact(eng->child, id, "external",
		    netaddr_text(&conf->external6, text));
	for (i = 0; reactors[i] != NULL; i++)
		child_fact(eng->child, id, "reactor", reactors[i]->name);
}

static void
show_summary(struct engine *eng, uint32_t id)
{
	show_state(eng, id);
	switch_show(eng, id);
	show_reasons(eng, id);
	show_facts(eng, id);
	child_done(eng->child, id, STATUS_OK, 0, NULL);
}

static void
peer_row(const struct peer *peer, struct m_row_peer *row)
{
	const struct conn *c = peer->conn;
	uint64_t now = child_mono_ms();

	memset(row, 0, sizeof(*row));
	row->conn = c->number;
	row->addr = peer_addr_of(peer);
	row->outbound = peer->outbound;
	row->persistent = peer->persistent;
	row->unconditional = peer->unconditional;
	row->purpose = c->purpose;
	row->has_claim = peer->has_claim;
	row->claim = peer->claim;
	row->age_s = (now - peer->up_ms) / 1000;
	row->idle_s = (now - c->counts.last_in_ms) / 1000;
	row->in_bytes = c->counts.in_bytes;
	row->out_bytes = c->counts.out_bytes;
	row->requests = peer->requests;
	row->replies = peer->replies;
	row->asked = peer->asked;
	row->answers = peer->answers;
	row->pings = peer->pings;
	row->pongs = peer->pongs;
	row->rtt_us = peer->rtt_us;
	strlcpy(row->moniker, peer->moniker, sizeof(row->moniker));
	strlcpy(row->version, peer->version, sizeof(row->version));
	strlcpy(row->network, peer->network, sizeof(row->network));
}

/* The peers whose connections are numbered above cursor. */
static void
show_peers(struct engine *eng, uint32_t id, uint64_t cursor)
{
	struct conn want, *c;
	struct m_row_peer row;
	uint32_t last = 0;
	unsigned n = 0;

	want.number = cursor < UINT32_MAX ? cursor + 1 : UINT32_MAX;
	for (c = RB_NFIND(conn_tree, &eng->conns, &want);
	    c != NULL && cursor < UINT32_MAX;
	    c = RB_NEXT(conn_tree, &eng->conns, c)) {
		if (c->state != CONN_PEER)
			continue;
		if (n++ == ROWS_MAX) {
			child_done(eng->child, id, STATUS_MORE, last, NULL);
			return;
		}
		peer_row(c->peer, &row);
		child_row(eng->child, id, MSG_ROW_PEER, &row);
		last = c->number;
	}
	child_done(eng->child, id, STATUS_OK, 0, NULL);
}

void
show_on_show(void *ctx, struct pipe *p, struct msg *msg)
{
	struct engine *eng = ctx;
	const struct m_show *m = msg->body;

	switch (m->what) {
	case SHOW_SUMMARY:
		show_summary(eng, msg->id);
		break;
	case SHOW_PEERS:
		show_peers(eng, msg->id, m->cursor);
		break;
	default:
		child_done(eng->child, msg->id, STATUS_INVALID, 0,
		    "engine does not know that");
		break;
	}
}
