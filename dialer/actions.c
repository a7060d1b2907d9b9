/* SPDX-License-Identifier: ISC */
/* What the policy wants done, done: sent to whom it concerns. */

#include <stdio.h>
#include <string.h>

#include "dialer/dialer.h"

static void
act_pick(void *arg, uint32_t id, const struct m_pick *m)
{
	struct dialer *d = arg;

	(void)child_send(d->child, ROLE_ADDRBOOKD, MSG_PICK, id, -1, m);
}

static void
act_connect(void *arg, const struct policy_dial *dial)
{
	struct dialer *d = arg;

	connects_begin(d->connects, dial);
}

static void
act_resolve(void *arg, uint32_t token, const char *name)
{
	struct dialer *d = arg;

	resolver_ask(d->resolver, token, name);
}

static void
act_ask(void *arg, uint32_t conn)
{
	struct dialer *d = arg;
	struct m_conn m = { .conn = conn };

	(void)child_send(d->child, ROLE_ENGINE, MSG_ASK, 0, -1, &m);
}

static void
act_drop(void *arg, uint32_t conn, enum down_reason reason)
{
	struct dialer *d = arg;
	struct m_drop m = { .conn = conn, .reason = reason };

	(void)child_send(d->child, ROLE_ENGINE, MSG_DROP, 0, -1, &m);
}

static void
act_report(void *arg, const struct m_outcome *m)
{
	struct dialer *d = arg;
	struct m_event ev = { .kind = EVENT_DIAL, .has_id = true,
	    .has_na = true, .outbound = true };

	(void)child_send(d->child, ROLE_ADDRBOOKD, MSG_OUTCOME, 0, -1, m);
	/* Later facts of a connection are not the outcome of its dial. */
	if (m->outcome >= OUTCOME_LIVE || !child_events_on(d->child))
		return;
	ev.id = m->addr.id;
	ev.na = m->addr.na;
	ev.count = m->latency_ms;
	strlcpy(ev.text, outcome_name(m->outcome), sizeof(ev.text));
	child_event(d->child, &ev);
}

static void
act_answer(void *arg, uint32_t request, enum status status, const char *text)
{
	struct dialer *d = arg;

	child_done(d->child, request, status, 0, text);
}

const struct policy_ops dialer_actions = {
	.pick = act_pick,
	.connect = act_connect,
	.resolve = act_resolve,
	.ask = act_ask,
	.drop = act_drop,
	.report = act_report,
	.answer = act_answer,
};
