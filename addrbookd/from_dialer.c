/* SPDX-License-Identifier: ISC */
/* What dialer tells and asks: picks, and how dials went. */

#include "addrbookd/addrbookd.h"
#include "addrbookd/answers.h"
#include "common/uninit.h"

static void
on_pick(void *arg, struct pipe *p, struct msg *msg)
{
	struct addrbookd *a = arg;
	const struct m_pick *m = msg->body;
	UNINITIALIZED struct m_picked out;

	if (answer_pick(a->book, clock_now(a), m, &out) == -1) {
		pipe_violation(p, "pick %u of kind %u, bias %u", m->want,
		    m->kind, m->bias);
		return;
	}
	a->stats.picks++;
	a->stats.picked += out.n;
	(void)pipe_send(p, MSG_PICKED, msg->id, -1, &out);
}

static void
on_outcome(void *arg, struct pipe *p, struct msg *msg)
{
	struct addrbookd *a = arg;
	const struct m_outcome *m = msg->body;
	uint32_t now = clock_now(a);
	enum store_uptime uptime;

	if (answer_outcome(a->book, now, m) == -1) {
		pipe_violation(p, "outcome %u", m->outcome);
		return;
	}
	a->stats.outcomes++;
	if (answer_uptime(a->book, now, m, &uptime))
		store_uptime(a->store, now, &m->addr, uptime);
	tell_status(a, false);
}

const struct msg_handler addrbookd_from_dialer[] = {
	{ MSG_PICK,	on_pick },
	{ MSG_OUTCOME,	on_outcome },
	{ MSG_NONE,	NULL }
};
