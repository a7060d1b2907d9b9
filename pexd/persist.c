/* SPDX-License-Identifier: ISC */
/*
 * Persistent peers that were named by pexctl dial.  dialer has them, and each
 * dialer that comes after it is told of them again.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <stdlib.h>

#include "pexd/children.h"
#include "pexd/control_impl.h"

struct persist {
	TAILQ_ENTRY(persist)	entry;
	struct host_addr	addr;
};

static void
forget(struct control *ctl, struct persist *ps)
{
	TAILQ_REMOVE(&ctl->persists, ps, entry);
	ctl->npersists--;
	free(ps);
}

static bool
is_kept(const struct control *ctl, const struct node_id *id)
{
	const struct persist *ps;

	TAILQ_FOREACH(ps, &ctl->persists, entry)
		if (node_id_equal(&ps->addr.id, id))
			return true;
	return false;
}

void
persist_add(struct control *ctl, const struct host_addr *addr)
{
	struct persist *ps;

	if (conf_has_peer(ctl->px->conf, CONF_PERSISTENT, &addr->id) ||
	    is_kept(ctl, &addr->id) || ctl->npersists >= CONF_PEERS_MAX)
		return;
	if ((ps = calloc(1, sizeof(*ps))) == NULL) {
		log_warnx("no memory: a persistent peer lasts no longer than "
		    "dialer");
		return;
	}
	ps->addr = *addr;
	TAILQ_INSERT_TAIL(&ctl->persists, ps, entry);
	ctl->npersists++;
}

/* Nobody waits for the answers: 0 is no request's id. */
void
persist_tell(struct control *ctl)
{
	struct m_ctl_dial m = { .persistent = true };
	const struct persist *ps;

	TAILQ_FOREACH(ps, &ctl->persists, entry) {
		m.addr = ps->addr;
		(void)children_send(ctl->px->children, ROLE_DIALER,
		    MSG_CTL_DIAL, 0, -1, &m);
	}
}

void
persist_reloaded(struct control *ctl)
{
	struct persist *ps, *next;

	TAILQ_FOREACH_SAFE(ps, &ctl->persists, entry, next)
		if (conf_has_peer(ctl->px->conf, CONF_PERSISTENT,
		    &ps->addr.id))
			forget(ctl, ps);
}

void
persist_free(struct control *ctl)
{
	struct persist *ps;

	while ((ps = TAILQ_FIRST(&ctl->persists)) != NULL)
		forget(ctl, ps);
}
