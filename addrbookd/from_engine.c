/* SPDX-License-Identifier: ISC */
/* What engine tells and asks: lists, selections, faults, new peers. */

#include <stdio.h>

#include "addrbookd/addrbookd.h"
#include "addrbookd/answers.h"
#include "common/log.h"
#include "common/uninit.h"

static const enum book_fault faults[MISBEHAVED_MAX] = {
	[MISBEHAVED_UNSOLICITED]	= BOOK_FAULT_UNSOLICITED,
	[MISBEHAVED_BAD_ADDRS]		= BOOK_FAULT_MALFORMED,
	[MISBEHAVED_FLOOD]		= BOOK_FAULT_FLOOD,
	[MISBEHAVED_PROTOCOL]		= BOOK_FAULT_MALFORMED,
};

static void
on_addrs(void *arg, struct pipe *p, struct msg *msg)
{
	struct addrbookd *a = arg;
	const struct m_addrs *m = msg->body;
	unsigned int counts[BOOK_RESULT_MAX];
	struct m_list_taken taken;
	int r;

	answer_addrs(a->book, clock_now(a), m, counts, &taken);
	a->stats.lists++;
	a->stats.heard += m->n;
	a->stats.added += taken.fresh;
	for (r = 0; r < BOOK_RESULT_MAX; r++)
		a->stats.results[r] += counts[r];
	(void)child_send(a->child, ROLE_DIALER, MSG_LIST_TAKEN, 0, -1,
	    &taken);
	tell_status(a, false);
}

static void
on_select(void *arg, struct pipe *p, struct msg *msg)
{
	struct addrbookd *a = arg;
	const struct m_select *m = msg->body;
	UNINITIALIZED struct m_selected out;

	out.n = book_select(a->book, clock_now(a), &m->requester,
	    m->seed_inbound, out.list);
	a->stats.selects++;
	a->stats.selected += out.n;
	(void)pipe_send(p, MSG_SELECTED, msg->id, -1, &out);
}

static void
on_misbehaved(void *arg, struct pipe *p, struct msg *msg)
{
	struct addrbookd *a = arg;
	const struct m_misbehaved *m = msg->body;
	char text[PEER_ADDR_TEXT_SIZE], why[256];
	uint32_t until, now = clock_now(a);

	if (m->what == 0 || m->what >= MISBEHAVED_MAX) {
		pipe_violation(p, "misbehaviour %u", m->what);
		return;
	}
	a->stats.faults[m->what]++;
	until = book_ban(a->book, now, &m->who.id, m->who.na.ip,
	    faults[m->what], 0);
	snprintf(why, sizeof(why), "%s%s%s", misbehaviour_name(m->what),
	    m->why[0] != '\0' ? ": " : "", m->why);
	log_info("banned %s for %u h: %s", peer_addr_text(&m->who, text),
	    (until - now + 1800) / 3600, why);
	/* In a private network hosts are not banned, only the ID. */
	tell_ban_all(a, &m->who.id, book_is_banned(a->book, now, NULL,
	    m->who.na.ip) ? m->who.na.ip : NULL, until - now, why);
}

/* Is who came to us, by what it announces, in the book? */
static bool
take_announcement(struct addrbookd *a, const struct m_peer_up *m)
{
	enum book_result result;

	if (!m->has_claim)
		return false;
	result = book_announce(a->book, clock_now(a), &m->addr, &m->claim);
	a->stats.results[result]++;
	return result == BOOK_ADDED || result == BOOK_KNOWN;
}

/*
 * Facts are for nodes that can be dialled: a stranger with ever new IDs is to
 * push nobody's history out of the store, nor to cost a row each time.
 */
static void
on_peer_up(void *arg, struct pipe *p, struct msg *msg)
{
	struct addrbookd *a = arg;
	const struct m_peer_up *m = msg->body;

	if (!m->outbound && !take_announcement(a, m))
		return;
	if (!book_is_private(a->book, &m->addr.id))
		store_fact(a->store, clock_now(a), m);
}

const struct msg_handler addrbookd_from_engine[] = {
	{ MSG_ADDRS,		on_addrs },
	{ MSG_SELECT,		on_select },
	{ MSG_MISBEHAVED,	on_misbehaved },
	{ MSG_PEER_UP,		on_peer_up },
	{ MSG_NONE,		NULL }
};
