/* SPDX-License-Identifier: ISC */
/* Answers to pexctl show: what the book and the store know. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "addrbookd/addrbookd.h"
#include "common/log.h"

#define ROWS_AT_ONCE	64	/* then the parent asks again */

static void
count(struct addrbookd *a, uint32_t id, const char *name, int64_t value)
{
	child_counter(a->child, id, name, value);
}

static void
summary_book(struct addrbookd *a, uint32_t id)
{
	struct book_counts c;

	book_count(a->book, clock_now(a), &c);
	count(a, id, "book_capacity", c.capacity);
	count(a, id, "book_size", c.size);
	count(a, id, "book_new", c.in_new);
	count(a, id, "book_old", c.in_old);
	count(a, id, "book_heard", c.heard);
	count(a, id, "book_reached", c.reached);
	count(a, id, "book_good", c.good);
	count(a, id, "book_good_24h", c.good_day);
	count(a, id, "book_seniors", c.seniors);
	count(a, id, "book_backing_off", c.resting);
	count(a, id, "book_contests", c.contests);
	count(a, id, "book_holds", c.holds);
	count(a, id, "bans", c.bans);
}

static const char *const heard[BOOK_RESULT_MAX] = {
	[BOOK_ADDED]		= "heard_added_total",
	[BOOK_KNOWN]		= "heard_known_total",
	[BOOK_NO_ROOM]		= "heard_no_room_total",
	[BOOK_UNROUTABLE]	= "heard_unroutable_total",
	[BOOK_OWN]		= "heard_own_total",
	[BOOK_PRIVATE]		= "heard_private_total",
	[BOOK_PRIVATE_SOURCE]	= "heard_from_private_total",
	[BOOK_BANNED]		= "heard_banned_total",
	[BOOK_HELD]		= "heard_held_total",
	[BOOK_CLAIMED]		= "heard_claimed_total",
	[BOOK_LIMITED]		= "heard_limited_total",
};

static const char *const misbehaved[MISBEHAVED_MAX] = {
	[MISBEHAVED_UNSOLICITED]	= "bans_unsolicited_total",
	[MISBEHAVED_BAD_ADDRS]		= "bans_bad_addresses_total",
	[MISBEHAVED_FLOOD]		= "bans_flood_total",
	[MISBEHAVED_PROTOCOL]		= "bans_malformed_total",
};

static void
summary_traffic(struct addrbookd *a, uint32_t id)
{
	const struct addrbookd_stats *s = &a->stats;
	int i;

	count(a, id, "lists_total", s->lists);
	count(a, id, "addresses_heard_total", s->heard);
	count(a, id, "addresses_added_total", s->added);
	for (i = 0; i < BOOK_RESULT_MAX; i++)
		count(a, id, heard[i], s->results[i]);
	count(a, id, "selections_total", s->selects);
	count(a, id, "addresses_selected_total", s->selected);
	count(a, id, "picks_total", s->picks);
	count(a, id, "addresses_picked_total", s->picked);
	count(a, id, "outcomes_total", s->outcomes);
	for (i = 1; i < MISBEHAVED_MAX; i++)
		count(a, id, misbehaved[i], s->faults[i]);
	count(a, id, "log_lines_suppressed_total", log_suppressed());
}

static const char *
state_of(const struct addrbookd *a, const struct store_stats *s, char *text,
    size_t size)
{
	if (!s->in_memory)
		return s->failing ? s->error : "ok";
	snprintf(text, size, "in memory only: %s", s->error[0] != '\0' ?
	    s->error : a->report.error);
	return text;
}

static void
summary_store(struct addrbookd *a, uint32_t id)
{
	struct store_stats s;
	char text[256];

	store_stats(a->store, &s);
	count(a, id, "store_commits_total", s.commits);
	count(a, id, "store_rows_total", s.rows);
	count(a, id, "store_errors_total", s.errors);
	count(a, id, "store_facts_lost_total", s.facts_lost);
	count(a, id, "store_queued", s.queued);
	count(a, id, "store_commit_max_ms", s.commit_max_ms);
	count(a, id, "store_in_memory", s.in_memory);
	count(a, id, "store_aside_removed", a->report.removed);
	child_fact(a->child, id, "store", state_of(a, &s, text,
	    sizeof(text)));
	if (a->report.set_aside[0] != '\0')
		child_fact(a->child, id, "store_set_aside",
		    a->report.set_aside);
}

static void
show_summary(struct addrbookd *a, uint32_t id, uint64_t cursor)
{
	summary_book(a, id);
	summary_traffic(a, id);
	summary_store(a, id);
	child_done(a->child, id, STATUS_OK, 0, "");
}

static void
fill_entry(const struct book_row *r, struct m_row_entry *m)
{
	unsigned int i;

	memset(m, 0, sizeof(*m));
	m->addr = r->addr;
	m->level = r->senior ? LEVEL_SENIOR : (enum level)r->level;
	m->is_old = r->old;
	m->verified = r->level >= BOOK_GOOD;
	m->attempts = r->failures;
	m->successes = r->successes;
	m->tries = r->tries;
	m->first_heard = r->first_heard;
	m->last_heard = r->last_heard;
	m->last_try = r->last_try;
	m->last_failure = r->last_failure;
	m->first_success = r->first_success;
	m->last_success = r->last_success;
	m->next_try = r->rest_until;
	m->source_group = r->source.v;
	for (i = 0; i < r->nplaces && i < MSG_BUCKETS_MAX; i++)
		m->buckets[m->nbuckets++] = r->place[i] / 64;
}

/* The next row from *at on; false when there is none. */
typedef bool (*next_row)(struct addrbookd *, uint32_t *at, void *row);

static void
show_rows(struct addrbookd *a, uint32_t id, uint64_t cursor, uint32_t type,
    next_row next, void *row)
{
	uint32_t at = cursor;
	unsigned int n;

	for (n = 0; n < ROWS_AT_ONCE; n++) {
		if (!next(a, &at, row)) {
			child_done(a->child, id, STATUS_OK, 0, "");
			return;
		}
		child_row(a->child, id, type, row);
	}
	child_done(a->child, id, STATUS_MORE, at, "");
}

static bool
next_entry(struct addrbookd *a, uint32_t *at, void *row)
{
	struct book_row r;

	if (!book_next_row(a->book, clock_now(a), at, &r))
		return false;
	fill_entry(&r, row);
	return true;
}

static void
show_book(struct addrbookd *a, uint32_t id, uint64_t cursor)
{
	struct m_row_entry m;

	show_rows(a, id, cursor, MSG_ROW_ENTRY, next_entry, &m);
}

static bool
next_ban(struct addrbookd *a, uint32_t *at, void *row)
{
	struct m_row_ban *m = row;
	struct book_ban ban;

	if (!book_next_ban(a->book, clock_now(a), at, &ban))
		return false;
	memset(m, 0, sizeof(*m));
	m->has_id = ban.by_id;
	m->has_host = !ban.by_id;
	m->id = ban.id;
	memcpy(m->ip, ban.ip, sizeof(m->ip));
	m->until = ban.until;
	m->count = ban.times;
	strlcpy(m->why, book_fault_name(ban.fault), sizeof(m->why));
	return true;
}

static void
show_bans(struct addrbookd *a, uint32_t id, uint64_t cursor)
{
	struct m_row_ban m;

	show_rows(a, id, cursor, MSG_ROW_BAN, next_ban, &m);
}

static void
show_nodes(struct addrbookd *a, uint32_t id, uint64_t cursor)
{
	/* The disk is the writer's; its answer goes out when it is there. */
	if (store_ask_nodes(a->store, id, cursor) == -1)
		child_done(a->child, id, STATUS_FAILED, 0,
		    "too many questions about nodes at once");
}

void
show_nodes_answered(struct addrbookd *a, const struct store_nodes_answer *n)
{
	unsigned int i;

	for (i = 0; i < n->n; i++)
		child_row(a->child, n->request, MSG_ROW_NODE, &n->rows[i]);
	child_done(a->child, n->request, n->more ? STATUS_MORE : STATUS_OK,
	    n->cursor, "");
}

static void (*const shows[SHOW_MAX])(struct addrbookd *, uint32_t,
    uint64_t) = {
	[SHOW_SUMMARY]	= show_summary,
	[SHOW_BOOK]	= show_book,
	[SHOW_BANS]	= show_bans,
	[SHOW_NODES]	= show_nodes,
};

void
show_answer(struct addrbookd *a, uint32_t id, const struct m_show *m)
{
	if (m->what >= SHOW_MAX || shows[m->what] == NULL)
		child_done(a->child, id, STATUS_INVALID, 0,
		    "addrbookd does not know that");
	else
		shows[m->what](a, id, m->cursor);
}
