/* SPDX-License-Identifier: ISC */
/*
 * Sockets that dialer connected.  Each ends in one DIALED: connected once
 * the far end has stayed after our node info, or why not: dialer logs it.
 */

#include <string.h>

#include "engine/engine.h"

static void
report(struct engine *eng, struct m_dialed *m, const char *why)
{
	if (why != NULL)
		strlcpy(m->why, why, sizeof(m->why));
	(void)child_send(eng->child, ROLE_DIALER, MSG_DIALED, 0, -1, m);
}

void
dialed_connected(struct conn *c)
{
	struct m_dialed m;

	memset(&m, 0, sizeof(m));
	m.dial = c->dial;
	m.conn = c->number;
	m.outcome = OUTCOME_CONNECTED;
	m.id = c->peer->id;
	report(c->eng, &m, NULL);
}

void
dialed_failed(struct conn *c, enum refusal r, const char *why)
{
	const struct node_id *id = wire_conn_remote_id(c->wire);
	struct m_dialed m;

	memset(&m, 0, sizeof(m));
	m.dial = c->dial;
	m.outcome = refusal_outcome(r);
	if (id != NULL)
		m.id = *id;
	report(c->eng, &m, why);
}

/* It did not come to a connection: our own lack. */
static void
failed_early(struct engine *eng, const struct m_dial *d, const char *why)
{
	struct m_dialed m;

	memset(&m, 0, sizeof(m));
	m.dial = d->dial;
	m.outcome = OUTCOME_OURS;
	report(eng, &m, why);
}

void
dialed_on_dial(void *ctx, struct pipe *p, struct msg *msg)
{
	struct engine *eng = ctx;
	const struct m_dial *d = msg->body;
	int fd = msg->fd;
	struct conn *c;

	if (d->dial == 0) {
		pipe_violation(p, "DIAL without a number");
		return;
	}
	eng->stats.dials++;
	if (fd == -1) {
		failed_early(eng, d, "its descriptor was lost on the pipe");
		return;
	}
	msg->fd = -1;
	tune_socket(fd);
	c = conn_new(eng, fd, &d->addr.na, NULL, &d->addr.id);
	if (c == NULL) {
		failed_early(eng, d, "out of memory");
		return;
	}
	c->dial = d->dial;
	c->purpose = d->purpose;
}
