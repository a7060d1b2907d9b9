/* SPDX-License-Identifier: ISC */
/*
 * Our requests: one unanswered at a time, sent when dialer says so, and
 * what comes back goes to addrbookd with its source.
 */

#include <sys/types.h>

#include <string.h>

#include "engine/pex.h"

static void
ask_now(struct pex_peer *pp)
{
	if (peer_send(pp->peer, PEX_CHANNEL,
	    wire_span_of(pex_request, sizeof(pex_request))) == -1)
		return;
	pp->asked = true;
	pp->asked_ms = child_mono_ms();
	pp->pex->stats.asked++;
	pp->peer->asked++;
}

static void
on_ask_due(void *arg)
{
	struct pex_peer *pp = arg;

	if (!pp->asked && !pp->silent)
		ask_now(pp);
}

void
pex_ask_init(struct pex_peer *pp)
{
	timer_init(&pp->ask, on_ask_due, pp);
}

void
pex_ask_stop(struct pex_peer *pp)
{
	timer_unset(&pp->pex->eng->wheel, &pp->ask);
}

/*
 * dialer's clock is not ours, and a dialer that was started again knows of
 * no earlier request: one that comes too soon for the peer waits until it is
 * due, since dialer would take silence for the peer's.
 */
void
pex_on_ask(void *self, struct pipe *p, struct msg *msg)
{
	struct pex *pex = self;
	const struct m_conn *m = msg->body;
	struct peer *peer = switch_peer(pex->eng, m->conn);
	struct pex_peer *pp;
	uint64_t due;

	if (peer == NULL)
		return;		/* it went meanwhile */
	pp = switch_state(peer, &pex_reactor);
	if (pp->asked || pp->silent)
		return;
	due = pp->asked_ms + engine_conf(pex->eng)->times.request_interval;
	if (pp->asked_ms != 0 && child_mono_ms() < due)
		engine_timer_at(pex->eng, &pp->ask, due);
	else
		ask_now(pp);
}

/*
 * Of a longer list than addrbookd looks at, a random part: which part must
 * not be the sender's choice.
 */
static unsigned
draw(struct rng *rng, struct peer_addr *dst, struct peer_addr *list, size_t n)
{
	size_t i, j, want = n < MSG_LIST_MAX ? n : MSG_LIST_MAX;

	for (i = 0; i < want; i++) {
		j = n > want ? i + rng_below(rng, n - i) : i;
		dst[i] = list[j];
		list[j] = list[i];
	}
	return want;
}

static void
hand_on(struct pex_peer *pp, const struct pex_list *list)
{
	struct engine *eng = pp->pex->eng;
	struct m_addrs m;
	struct pipe *p;

	m.source = peer_addr_of(pp->peer);
	m.outbound = pp->peer->outbound;
	m.n = draw(&eng->rng, m.list, list->addrs, list->n);
	if (child_send(eng->child, ROLE_ADDRBOOKD, MSG_ADDRS, 0, -1, &m) == -1)
		pp->pex->stats.lists_lost++;
	p = child_pipe(eng->child, ROLE_ADDRBOOKD);
	if (p != NULL && pipe_is_high(p))
		conn_hold(pp->peer->conn, HOLD_PIPE);
}

void
pex_on_addrs(struct pex_peer *pp, const struct pex_list *list)
{
	struct pex *pex = pp->pex;
	struct peer *peer = pp->peer;
	const struct conf *conf = engine_conf(pex->eng);

	if (!pp->asked) {
		peer_misbehaved(peer, MISBEHAVED_UNSOLICITED, NULL);
		return;
	}
	pp->asked = false;
	if (child_mono_ms() - pp->asked_ms > conf->times.request_timeout) {
		pp->silent = true;
		pex->stats.late_answers++;
	}
	pex->stats.answers++;
	pex->stats.addrs_received += list->total;
	peer->answers++;
	events_peer(peer, EVENT_ADDRS, list->total, "");
	if (list->n > 0)
		hand_on(pp, list);
	events_live(peer, OUTCOME_ANSWERED, list->total);
}
