/* SPDX-License-Identifier: ISC */
/* What each neighbour may say: every handler is one call of the policy. */

#include "dialer/dialer.h"

/* --- engine ----------------------------------------------------------- */

static void
on_admit(void *arg, struct pipe *p, struct msg *msg)
{
	struct dialer *d = arg;
	const struct m_admit *m = msg->body;
	struct m_admitted out;

	out = policy_admit(d->policy, child_mono_ms(), m);
	(void)pipe_send(p, MSG_ADMITTED, msg->id, -1, &out);
	dialer_settle(d);
}

static void
on_dialed(void *arg, struct pipe *p, struct msg *msg)
{
	struct dialer *d = arg;
	const struct m_dialed *m = msg->body;

	if (m->outcome == 0 || m->outcome > OUTCOME_REJECTED) {
		pipe_violation(p, "DIALED with outcome %u", m->outcome);
		return;
	}
	d->why = m->why;
	policy_dialed(d->policy, child_mono_ms(), m);
	d->why = NULL;
	dialer_settle(d);
}

static void
on_peer_up(void *arg, struct pipe *p, struct msg *msg)
{
	struct dialer *d = arg;

	policy_peer_up(d->policy, child_mono_ms(), msg->body);
	dialer_settle(d);
}

static void
on_peer_down(void *arg, struct pipe *p, struct msg *msg)
{
	struct dialer *d = arg;
	const struct m_peer_down *m = msg->body;

	if (m->reason == 0 || m->reason >= DOWN_MAX) {
		pipe_violation(p, "PEER_DOWN with reason %u", m->reason);
		return;
	}
	policy_peer_down(d->policy, child_mono_ms(), m);
	dialer_settle(d);
}

static void
on_peer_live(void *arg, struct pipe *p, struct msg *msg)
{
	struct dialer *d = arg;
	const struct m_peer_live *m = msg->body;

	if (m->how != OUTCOME_LIVE && m->how != OUTCOME_ANSWERED) {
		pipe_violation(p, "PEER_LIVE by outcome %u", m->how);
		return;
	}
	policy_peer_live(d->policy, child_mono_ms(), m);
	dialer_settle(d);
}

const struct msg_handler dialer_from_engine[] = {
	{ MSG_ADMIT,		on_admit },
	{ MSG_DIALED,		on_dialed },
	{ MSG_PEER_UP,		on_peer_up },
	{ MSG_PEER_DOWN,	on_peer_down },
	{ MSG_PEER_LIVE,	on_peer_live },
	{ MSG_NONE,		NULL }
};

/* --- addrbookd ---------------------------------------------------------- */

static void
on_picked(void *arg, struct pipe *p, struct msg *msg)
{
	struct dialer *d = arg;

	policy_picked(d->policy, child_mono_ms(), msg->id, msg->body);
	dialer_settle(d);
}

static void
on_book_status(void *arg, struct pipe *p, struct msg *msg)
{
	struct dialer *d = arg;

	policy_book_status(d->policy, child_mono_ms(), msg->body);
	dialer_settle(d);
}

static void
on_list_taken(void *arg, struct pipe *p, struct msg *msg)
{
	struct dialer *d = arg;

	policy_list_taken(d->policy, child_mono_ms(), msg->body);
	dialer_settle(d);
}

static void
on_seniors(void *arg, struct pipe *p, struct msg *msg)
{
	struct dialer *d = arg;
	const struct m_seniors *m = msg->body;

	policy_seniors(d->policy, m->ids, m->n);
	dialer_settle(d);
}

static void
on_ban(void *arg, struct pipe *p, struct msg *msg)
{
	struct dialer *d = arg;

	policy_ban(d->policy, child_mono_ms(), msg->body);
	dialer_settle(d);
}

const struct msg_handler dialer_from_addrbookd[] = {
	{ MSG_PICKED,		on_picked },
	{ MSG_BOOK_STATUS,	on_book_status },
	{ MSG_LIST_TAKEN,	on_list_taken },
	{ MSG_SENIORS,		on_seniors },
	{ MSG_BAN,		on_ban },
	{ MSG_NONE,		NULL }
};

/* --- the parent ---------------------------------------------------------- */

static void
on_show(void *arg, struct pipe *p, struct msg *msg)
{
	show_answer(arg, msg->id, msg->body);
}

static void
on_ctl_dial(void *arg, struct pipe *p, struct msg *msg)
{
	struct dialer *d = arg;

	policy_ctl_dial(d->policy, child_mono_ms(), msg->id, msg->body);
	dialer_settle(d);
}

static void
on_ctl_drop(void *arg, struct pipe *p, struct msg *msg)
{
	struct dialer *d = arg;

	policy_ctl_drop(d->policy, child_mono_ms(), msg->id, msg->body);
	dialer_settle(d);
}

const struct msg_handler dialer_from_parent[] = {
	{ MSG_SHOW,		on_show },
	{ MSG_CTL_DIAL,		on_ctl_dial },
	{ MSG_CTL_DROP,		on_ctl_drop },
	{ MSG_NONE,		NULL }
};
