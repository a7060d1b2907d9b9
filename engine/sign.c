/* SPDX-License-Identifier: ISC */
/*
 * The node key is the parent's.  A challenge goes there under the number of
 * its connection; the signature comes back any time later, or too late.
 */

#include <sys/types.h>

#include <string.h>

#include "engine/engine.h"

void
sign_ask(struct conn *c, const uint8_t challenge[SECRET_CHALLENGE_SIZE])
{
	struct m_sign m;

	memcpy(m.challenge, challenge, sizeof(m.challenge));
	c->eng->stats.signatures++;
	if (child_send(c->eng->child, ROLE_PARENT, MSG_SIGN, c->number, -1,
	    &m) == -1)
		handshake_fail(c, REFUSED_UNAVAILABLE,
		    "the parent does not sign");
}

void
sign_on_signed(void *ctx, struct pipe *p, struct msg *msg)
{
	struct engine *eng = ctx;
	const struct m_signed *m = msg->body;
	struct conn *c = conn_find(eng, msg->id);

	if (c == NULL || c->state != CONN_HANDSHAKE)
		return;
	conn_wired(c, wire_conn_sign(c->wire, engine_conf(eng)->pubkey,
	    m->sig));
}
