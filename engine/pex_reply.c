/* SPDX-License-Identifier: ISC */
/*
 * Requests of peers: paced, answered with what addrbookd selects.  A seed
 * answers who came to it once, and parts.
 */

#include <sys/types.h>

#include "engine/pex.h"

#define SELECT_AGAIN_MS	5000	/* no selection came: it was shed */
#define SELECT_RETRY_MS	1000	/* it could not even be asked for */

/* Whoever fills addrbookd's pipe is not read from until it has drained. */
static void
mind_the_pipe(struct pex_peer *pp)
{
	struct pipe *p = child_pipe(pp->pex->eng->child, ROLE_ADDRBOOKD);

	if (p != NULL && pipe_is_high(p))
		conn_hold(pp->peer->conn, HOLD_PIPE);
}

static void
select_addrs(struct pex_peer *pp)
{
	struct engine *eng = pp->pex->eng;
	struct m_select m = {
		.requester = peer_addr_of(pp->peer),
		.seed_inbound = pex_is_seed_client(pp),
	};

	if (!pp->peer->up)
		return;
	pp->pex->stats.selects++;
	pp->selecting = child_synced(eng->child, ROLE_ADDRBOOKD) &&
	    child_send(eng->child, ROLE_ADDRBOOKD, MSG_SELECT,
	    pp->peer->conn->number, -1, &m) == 0;
	engine_timer(eng, &pp->again, pp->selecting ? SELECT_AGAIN_MS :
	    SELECT_RETRY_MS);
	mind_the_pipe(pp);
}

static void
on_again(void *arg)
{
	select_addrs(arg);
}

void
pex_reply_restart(struct pex_peer *pp)
{
	if (pp->owed > 0)
		select_addrs(pp);
}

/* It gets an answer now, unless its host has had its share. */
static void
grant(struct pex_peer *pp)
{
	struct engine *eng = pp->pex->eng;

	if (!limits_reply(eng->limits, engine_conf(eng),
	    pp->peer->conn->na.ip, child_mono_ms())) {
		peer_drop(pp->peer, DOWN_RATE, NULL);
		return;
	}
	if (pp->owed++ == 0)
		select_addrs(pp);
}

/* The time of the remembered request has come; or a seed's patience ends. */
static void
on_due(void *arg)
{
	struct pex_peer *pp = arg;

	if (pex_is_seed_client(pp) && !pp->served) {
		peer_drop(pp->peer, DOWN_IDLE, NULL);
		return;
	}
	if (!pp->pace.waiting)
		return;
	pace_resume(&pp->pace, child_mono_ms());
	grant(pp);
}

void
pex_reply_init(struct pex_peer *pp)
{
	struct engine *eng = pp->pex->eng;

	timer_init(&pp->due, on_due, pp);
	timer_init(&pp->again, on_again, pp);
	if (pex_is_seed_client(pp))
		engine_timer(eng, &pp->due,
		    engine_conf(eng)->times.seed_idle);
}

void
pex_reply_stop(struct pex_peer *pp)
{
	struct wheel *w = &pp->pex->eng->wheel;

	timer_unset(w, &pp->due);
	timer_unset(w, &pp->again);
}

static void
request_at_pace(struct pex_peer *pp)
{
	struct engine *eng = pp->pex->eng;
	uint32_t interval = engine_conf(eng)->times.answer_interval;

	switch (pace_request(&pp->pace, interval, child_mono_ms())) {
	case PACE_ANSWER:
		grant(pp);
		break;
	case PACE_WAIT:
		pp->pex->stats.remembered++;
		engine_timer_at(eng, &pp->due,
		    pace_due(&pp->pace, interval));
		break;
	case PACE_DROP:
		pp->pex->stats.dropped++;
		break;
	case PACE_FLOOD:
		peer_misbehaved(pp->peer, MISBEHAVED_FLOOD, NULL);
		break;
	}
}

void
pex_on_request(struct pex_peer *pp)
{
	pp->pex->stats.requests++;
	pp->peer->requests++;
	events_peer(pp->peer, EVENT_REQUEST, 0, "");
	if (!pex_is_seed_client(pp)) {
		request_at_pace(pp);
	} else if (!pp->served) {
		pp->served = true;
		timer_unset(&pp->pex->eng->wheel, &pp->due);
		grant(pp);
	}
}

static int
send_reply(struct pex_peer *pp, const struct m_selected *m)
{
	struct pex *pex = pp->pex;
	struct pex_writer w;
	unsigned i;

	pex_writer_init(&w, pex->reply, sizeof(pex->reply));
	for (i = 0; i < m->n; i++)
		if (pex_writer_add(&w, &m->list[i]) == -1)
			break;
	if (peer_send(pp->peer, PEX_CHANNEL, pex_writer_end(&w)) == -1)
		return -1;
	pex->stats.replies++;
	pex->stats.addrs_sent += w.n;
	pp->peer->replies++;
	events_peer(pp->peer, EVENT_REPLY, w.n, "");
	return 0;
}

void
pex_on_selected(void *self, struct pipe *p, struct msg *msg)
{
	struct pex *pex = self;
	struct peer *peer = switch_peer(pex->eng, msg->id);
	struct pex_peer *pp;

	if (peer == NULL)
		return;
	pp = switch_state(peer, &pex_reactor);
	if (!pp->selecting)
		return;		/* a second answer to one that was repeated */
	pp->selecting = false;
	timer_unset(&pex->eng->wheel, &pp->again);
	pp->owed--;
	if (send_reply(pp, msg->body) == -1)
		return;
	if (pex_is_seed_client(pp))
		peer_drop(peer, DOWN_ANSWERED, NULL);
	else if (pp->owed > 0)
		select_addrs(pp);
}
