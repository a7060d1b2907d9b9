/* SPDX-License-Identifier: ISC */
/* Clients that watch events.  One that reads slowly misses some. */

#include <sys/types.h>

#include "pexd/children.h"
#include "pexd/control_impl.h"

static void
tell_children(struct control *ctl, bool on)
{
	struct m_events m = { .on = on };

	children_tell(ctl->px->children, MSG_EVENTS, &m);
}

void
monitor_add(struct client *c, uint32_t id)
{
	c->monitor = true;
	c->monitor_id = id;
	if (c->ctl->nmonitors++ == 0)
		tell_children(c->ctl, true);
}

void
monitor_remove(struct client *c)
{
	if (!c->monitor)
		return;
	c->monitor = false;
	c->ctl->shed += pipe_stats(c->pipe)->shed;
	if (--c->ctl->nmonitors == 0)
		tell_children(c->ctl, false);
}

void
monitor_up(struct control *ctl, enum role role)
{
	struct m_events m = { .on = true };

	if (ctl->nmonitors > 0)
		(void)children_send(ctl->px->children, role, MSG_EVENTS, 0,
		    -1, &m);
}

void
control_on_event(void *arg, struct pipe *p, struct msg *m)
{
	struct pexd *px = arg;
	struct client *c, *next;

	TAILQ_FOREACH_SAFE(c, &px->control->clients, entry, next)
		if (c->monitor)
			(void)client_send(c, MSG_EVENT, c->monitor_id,
			    m->body);
}

uint64_t
control_events_shed(const struct control *ctl)
{
	const struct client *c;
	uint64_t n = ctl->shed;

	TAILQ_FOREACH(c, &ctl->clients, entry)
		if (c->monitor)
			n += pipe_stats(c->pipe)->shed;
	return n;
}
