/* SPDX-License-Identifier: ISC */
/* What the policy wants done, done: sent to whom it concerns. */

#include <stdio.h>
#include <string.h>

#include "common/log.h"
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

/* Whom the operator named he reads of; of others what is out of the way. */
static const char *
named_purpose(unsigned purpose)
{
	switch (purpose) {
	case PURPOSE_PERSISTENT:
		return "persistent peer ";
	case PURPOSE_SEED:
		return "seed ";
	case PURPOSE_MANUAL:
		return "by hand ";
	default:
		return NULL;
	}
}

static bool
is_out_of_the_way(unsigned outcome)
{
	return outcome >= OUTCOME_WRONG_IDENTITY &&
	    outcome <= OUTCOME_REJECTED && outcome != OUTCOME_DUPLICATE;
}

/* The outcome in words: its name, and what engine says more of it. */
static const char *
words(const struct dialer *d, const struct m_outcome *m, char *buf,
    size_t size)
{
	const char *name = outcome_name(m->outcome), *why = d->why;
	char id[NODE_ID_TEXT_SIZE];

	if (m->outcome == OUTCOME_WRONG_IDENTITY)
		snprintf(buf, size, "%s, %s answered", name,
		    node_id_text(&m->id, id));
	else if (why == NULL || why[0] == '\0')
		snprintf(buf, size, "%s", name);
	else if (strncmp(why, name, strlen(name)) == 0)
		snprintf(buf, size, "%s", why);
	else
		snprintf(buf, size, "%s, %s", name, why);
	return buf;
}

static void
log_outcome(const struct dialer *d, const struct m_outcome *m)
{
	char addr[PEER_ADDR_TEXT_SIZE], text[256];
	const char *named = named_purpose(m->purpose);

	peer_addr_text(&m->addr, addr);
	words(d, m, text, sizeof(text));
	if (named != NULL || is_out_of_the_way(m->outcome))
		log_info("dialled %s%s: %s", named == NULL ? "" : named, addr,
		    text);
	else
		log_debug("dialled %s: %s", addr, text);
}

static void
act_report(void *arg, const struct m_outcome *m)
{
	struct dialer *d = arg;
	struct m_event ev = { .kind = EVENT_DIAL, .has_id = true,
	    .has_na = true, .outbound = true };

	(void)child_send(d->child, ROLE_ADDRBOOKD, MSG_OUTCOME, 0, -1, m);
	/* Later facts of a connection are not the outcome of its dial. */
	if (m->outcome >= OUTCOME_LIVE)
		return;
	log_outcome(d, m);
	if (!child_events_on(d->child))
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
