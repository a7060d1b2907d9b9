/* SPDX-License-Identifier: ISC */
/* pexctl monitor: events as they happen, until the operator has enough. */

#include <sys/types.h>

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "pexctl/ctl.h"

static void
on_event(void *ctx, struct pipe *p, struct msg *m)
{
	struct view *v = ctx;

	v->out->event(v, m->body);
	/* A reader at the other end of a pipe wants it now. */
	fflush(v->f);
}

static const struct msg_handler handlers[] = {
	{ MSG_EVENT, on_event },
	{ MSG_NONE, NULL }
};

/* Every line has been flushed: there is nothing to tidy up. */
static void
on_signal(int sig)
{
	_exit(CTL_OK);
}

int
monitor_command(struct ctl *ctl)
{
	struct m_done done;
	int rv;

	if ((rv = ctl_connect(ctl)) != CTL_OK)
		return rv;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if ((rv = ctl_confine()) != CTL_OK)
		return rv;
	client_handle(ctl->client, handlers, &ctl->view);
	rv = client_watch(ctl->client, MSG_CTL_MONITOR, NULL, &done);
	return ctl_end(ctl, rv, &done);
}
