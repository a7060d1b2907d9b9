/* SPDX-License-Identifier: ISC */
/*
 * What users ask for that changes something, as the log tells it.  Nobody
 * can ask so fast that it is held back: what bounds it is that a client's
 * next request is read when its last is answered.
 */

#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/span.h"
#include "pexd/control_impl.h"

static void
audit_dial(struct client *c, const void *body)
{
	const struct m_ctl_dial *m = body;
	const char *colon = strchr(m->addr.host, ':');
	char id[NODE_ID_TEXT_SIZE];

	log_audit("user %u asks: dial %s@%s%s%s:%u%s", (unsigned)c->uid,
	    node_id_text(&m->addr.id, id), colon != NULL ? "[" : "",
	    m->addr.host, colon != NULL ? "]" : "", (unsigned)m->addr.port,
	    m->persistent ? " persistent" : "");
}

static void
audit_drop(struct client *c, const void *body)
{
	const struct m_ctl_drop *m = body;
	char id[NODE_ID_TEXT_SIZE];

	log_audit("user %u asks: drop %s", (unsigned)c->uid,
	    node_id_text(&m->id, id));
}

static void
audit_ban(struct client *c, const void *body)
{
	const struct m_ban *m = body;
	char id[NODE_ID_TEXT_SIZE] = "", ip[IP_TEXT_SIZE] = "";
	char span[SPAN_TEXT_SIZE] = "";

	if (m->has_id)
		node_id_text(&m->id, id);
	if (m->has_host)
		ip_text(m->ip, ip);
	if (m->left_s > 0)
		span_text(m->left_s, span);
	log_audit("user %u asks: %s %s%s%s%s%s", (unsigned)c->uid,
	    m->left_s > 0 ? "ban" : "unban", id,
	    m->has_id && m->has_host ? " " : "", ip,
	    m->left_s > 0 ? " for " : "", span);
}

/* One comes in many batches: it is told when it ends. */
static void
audit_import(struct client *c, const void *body)
{
	const struct m_import *m = body;

	c->imported += m->n;
}

void
audit_ask(struct client *c, const struct msg *m)
{
	static const struct {
		uint32_t	 type;
		void		(*fn)(struct client *, const void *);
	} kinds[] = {
		{ MSG_CTL_DIAL,		audit_dial },
		{ MSG_CTL_DROP,		audit_drop },
		{ MSG_CTL_BAN,		audit_ban },
		{ MSG_CTL_IMPORT,	audit_import },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == m->type)
			kinds[i].fn(c, m->body);
}

void
audit_end(struct client *c)
{
	if (c->imported > 0)
		log_audit("user %u asked: import of %" PRIu64 " entries",
		    (unsigned)c->uid, c->imported);
	c->imported = 0;
}
