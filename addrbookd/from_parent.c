/* SPDX-License-Identifier: ISC */
/* What the operator asks through the parent: show, ban, import. */

#include <string.h>

#include "addrbookd/addrbookd.h"
#include "common/log.h"

static void
on_show(void *arg, struct pipe *p, struct msg *msg)
{
	show_answer(arg, msg->id, msg->body);
}

/* Why nobody is banned by that; NULL: they may be. */
static const char *
ban_objection(const struct addrbookd *a, const struct m_ban *m)
{
	if (!m->has_id && !m->has_host)
		return "neither an ID nor a host to ban";
	if (m->left_s == 0)
		return NULL;
	if (m->left_s > MSG_BAN_MAX_S)
		return "a ban lasts 3650d at most";
	if (m->has_id && node_id_equal(&m->id, &child_conf(a->child)->id))
		return "that is the ID of this node itself";
	if (m->has_host && !ip_is_host(m->ip))
		return "that is no host's address";
	return NULL;
}

static void
ban_by_hand(struct addrbookd *a, uint32_t req, const struct m_ban *m,
    const struct node_id *id, const uint8_t *ip)
{
	uint32_t now = clock_now(a), until;

	until = book_ban(a->book, now, id, ip, BOOK_FAULT_OPERATOR,
	    m->left_s);
	if (until <= now) {
		child_done(a->child, req, STATUS_INVALID, 0,
		    "hosts are not banned in a private network");
		return;
	}
	tell_ban_all(a, id, ip, until - now,
	    book_fault_name(BOOK_FAULT_OPERATOR));
	child_done(a->child, req, STATUS_OK, 0, "");
}

static void
unban_by_hand(struct addrbookd *a, uint32_t req, const struct node_id *id,
    const uint8_t *ip)
{
	if (!book_unban(a->book, clock_now(a), id, ip)) {
		child_done(a->child, req, STATUS_NOT_FOUND, 0,
		    "it is not banned");
		return;
	}
	tell_ban_all(a, id, ip, 0, book_fault_name(BOOK_FAULT_OPERATOR));
	child_done(a->child, req, STATUS_OK, 0, "");
}

static void
on_ctl_ban(void *arg, struct pipe *p, struct msg *msg)
{
	struct addrbookd *a = arg;
	const struct m_ban *m = msg->body;
	const struct node_id *id = m->has_id ? &m->id : NULL;
	const uint8_t *ip = m->has_host ? m->ip : NULL;
	const char *objection = ban_objection(a, m);

	if (objection != NULL)
		child_done(a->child, msg->id, STATUS_INVALID, 0, objection);
	else if (m->left_s == 0)
		unban_by_hand(a, msg->id, id, ip);
	else
		ban_by_hand(a, msg->id, m, id, ip);
}

/* A row of pexd's own export, as the book takes it. */
static void
row_of(const struct m_row_entry *m, struct book_row *row)
{
	memset(row, 0, sizeof(*row));
	row->addr = m->addr;
	row->level = m->level > LEVEL_GOOD ? BOOK_GOOD : m->level;
	row->first_heard = m->first_heard;
	row->last_heard = m->last_heard;
	row->first_success = m->first_success;
	row->last_success = m->last_success;
	row->last_try = m->last_try;
	row->last_failure = m->last_failure;
	row->rest_until = m->next_try;
	row->tries = m->tries > UINT16_MAX ? UINT16_MAX : m->tries;
	row->failures = m->attempts > UINT8_MAX ? UINT8_MAX : m->attempts;
	row->successes = m->successes > UINT16_MAX ? UINT16_MAX :
	    m->successes;
}

static enum book_result
import_one(struct addrbookd *a, const struct m_row_entry *m, bool history)
{
	struct book_row row;

	if (!history)
		return book_import(a->book, clock_now(a), &m->addr);
	row_of(m, &row);
	return book_import_row(a->book, clock_now(a), &row);
}

static enum import_refusal
refusal_of(enum book_result result)
{
	switch (result) {
	case BOOK_NO_ROOM:
		return IMPORT_NO_ROOM;
	case BOOK_UNROUTABLE:
		return IMPORT_UNROUTABLE;
	case BOOK_OWN:
		return IMPORT_OWN;
	case BOOK_PRIVATE:
		return IMPORT_PRIVATE;
	case BOOK_BANNED:
		return IMPORT_BANNED;
	case BOOK_HELD:
		return IMPORT_HELD;
	case BOOK_CLAIMED:
		return IMPORT_CLAIMED;
	default:
		return IMPORT_OTHER;
	}
}

static void
on_ctl_import(void *arg, struct pipe *p, struct msg *msg)
{
	struct addrbookd *a = arg;
	const struct m_import *m = msg->body;
	struct m_imported done = { 0 };
	enum book_result result;
	unsigned int i;

	for (i = 0; i < m->n; i++) {
		result = import_one(a, &m->list[i], m->with_history);
		done.taken += result == BOOK_ADDED;
		done.known += result == BOOK_KNOWN;
		if (result == BOOK_ADDED || result == BOOK_KNOWN)
			continue;
		done.refused++;
		done.why[refusal_of(result)]++;
	}
	child_row(a->child, msg->id, MSG_IMPORTED, &done);
	child_done(a->child, msg->id, STATUS_OK, 0, "");
	tell_status(a, false);
}

const struct msg_handler addrbookd_from_parent[] = {
	{ MSG_SHOW,		on_show },
	{ MSG_CTL_BAN,		on_ctl_ban },
	{ MSG_CTL_IMPORT,	on_ctl_import },
	{ MSG_NONE,		NULL }
};
