/* SPDX-License-Identifier: ISC */
/* The store at work: the book's changes and facts go to the writer. */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "addrbookd/store_impl.h"

static size_t
encode(struct book *book, const struct book_change *c, uint8_t *out)
{
	union {
		struct book_row	 row;
		struct book_ban	 ban;
		struct book_hold hold;
		struct book_own	 own;
	} u;

	switch (c->table) {
	case BOOK_TABLE_ENTRY:
		return book_get_row(book, c->index, &u.row) ?
		    store_encode_entry(&u.row, out) : 0;
	case BOOK_TABLE_BAN:
		return book_get_ban(book, c->index, &u.ban) ?
		    store_encode_ban(&u.ban, out) : 0;
	case BOOK_TABLE_HOLD:
		return book_get_hold(book, c->index, &u.hold) ?
		    store_encode_hold(&u.hold, out) : 0;
	default:
		return book_get_own(book, c->index, &u.own) ?
		    store_encode_own(&u.own, out) : 0;
	}
}

void
store_sync(struct store *s, struct book *book)
{
	unsigned room = store_writer_room(s->writer);
	struct book_change c;
	struct store_job j;

	memset(&j, 0, sizeof(j));
	/* Some room stays for facts and questions. */
	for (; room > STORE_QUEUE / 8 && book_next_change(book, &c); room--) {
		j.table = (enum store_table)c.table;
		j.index = c.index;
		j.len = encode(book, &c, j.blob);
		j.kind = j.len > 0 ? JOB_PUT : JOB_DELETE;
		if (store_writer_push(s->writer, &j) == -1) {
			book_mark_change(book, &c);
			break;
		}
	}
	if (room <= STORE_QUEUE / 8)
		store_writer_want_room(s->writer);
}

/* Not worth waiting for, unlike what the book holds. */
static void
push_fact(struct store *s, const struct store_job *j)
{
	if (store_writer_push(s->writer, j) == -1)
		s->facts_lost++;
}

void
store_fact(struct store *s, uint32_t now, const struct m_peer_up *m)
{
	struct store_job j = { .kind = JOB_FACT, .now = now };
	struct store_node n;

	memset(&n, 0, sizeof(n));
	n.addr = m->addr;
	n.has_claim = m->has_claim;
	n.claim = m->claim;
	if (!m->outbound && m->has_claim)
		n.addr.na.port = m->claim.port;	/* not its ephemeral one */
	strlcpy(n.moniker, m->moniker, sizeof(n.moniker));
	strlcpy(n.version, m->version, sizeof(n.version));
	strlcpy(n.network, m->network, sizeof(n.network));
	n.latency_ms = m->latency_ms;
	j.id = m->addr.id;
	j.len = store_encode_node(&n, j.blob);
	push_fact(s, &j);
}

void
store_uptime(struct store *s, uint32_t now, const struct peer_addr *addr,
    enum store_uptime uptime)
{
	struct store_job j = { .kind = JOB_UPTIME, .now = now,
	    .id = addr->id, .uptime = uptime };
	struct store_node n;

	memset(&n, 0, sizeof(n));
	n.addr = *addr;
	j.len = store_encode_node(&n, j.blob);
	push_fact(s, &j);
}

int
store_ask_nodes(struct store *s, uint32_t request, uint64_t cursor)
{
	struct store_job j = { .kind = JOB_READ_NODES, .index = request,
	    .cursor = cursor };

	return store_writer_push(s->writer, &j);
}

int
store_fd(struct store *s)
{
	return store_writer_fd(s->writer);
}

bool
store_answer(struct store *s, struct store_nodes_answer *a)
{
	return store_writer_answer(s->writer, a);
}

void
store_stats(struct store *s, struct store_stats *stats)
{
	store_writer_stats(s->writer, stats);
	stats->facts_lost = s->facts_lost;
}

/*
 * Rounds of handing on until the book has nothing left, or there is no disk:
 * what is kept in memory takes it all the same.
 */
static void
drain(struct store *s, struct book *book)
{
	struct timespec ts = { .tv_nsec = 20000000 };
	struct store_stats st;
	int i;

	for (i = 0; i < 250; i++) {
		store_sync(s, book);
		store_writer_stats(s->writer, &st);
		if ((st.failing && !st.in_memory) ||
		    store_writer_room(s->writer) > STORE_QUEUE / 8)
			return;
		nanosleep(&ts, NULL);
	}
}

int
store_finish(struct store *s, struct book *book)
{
	drain(s, book);
	return store_writer_finish(s->writer);
}

void
store_close(struct store *s, struct book *book)
{
	if (s == NULL)
		return;
	if (s->writer != NULL) {
		if (book != NULL)
			drain(s, book);
		store_writer_stop(s->writer);
	} else
		store_db_close(&s->db);
	free(s);
}
