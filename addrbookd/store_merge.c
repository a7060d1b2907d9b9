/* SPDX-License-Identifier: ISC */
/*
 * Rows out of several files into one: each triple, ban, own address and node
 * once, as it was last.
 */

#include <string.h>

#include "addrbookd/store_impl.h"

#define KEY_MAX		38	/* ID, IP, port */

/* What makes two rows the same, and which of them is the later one. */
struct identity {
	uint8_t		 key[KEY_MAX];
	size_t		 len;
	uint32_t	 age;
};

/* --- by table --------------------------------------------------------- */

static uint32_t
later(uint32_t x, uint32_t y)
{
	return x > y ? x : y;
}

static void
set_key(struct identity *k, const uint8_t *p, size_t len)
{
	memcpy(k->key, p, len);
	k->len = len;
}

static int
entry_identity(const uint8_t *p, size_t len, struct identity *k)
{
	struct book_row r;

	if (store_decode_entry(p, len, &r) == -1)
		return -1;
	set_key(k, p, NODE_ID_SIZE + 18);
	k->age = later(later(r.last_heard, r.last_success),
	    later(later(r.last_try, r.last_failure), r.last_test));
	return 0;
}

static int
ban_identity(const uint8_t *p, size_t len, struct identity *k)
{
	struct book_ban r;

	if (store_decode_ban(p, len, &r) == -1)
		return -1;
	if (r.by_id)
		set_key(k, r.id.b, sizeof(r.id.b));
	else
		set_key(k, r.ip, sizeof(r.ip));
	k->age = r.since;
	return 0;
}

static int
hold_identity(const uint8_t *p, size_t len, struct identity *k)
{
	struct book_hold r;

	if (store_decode_hold(p, len, &r) == -1)
		return -1;
	set_key(k, p, 8);
	k->age = r.until;
	return 0;
}

static int
own_identity(const uint8_t *p, size_t len, struct identity *k)
{
	struct book_own r;

	if (store_decode_own(p, len, &r) == -1)
		return -1;
	set_key(k, p, 18);
	k->age = r.since;
	return 0;
}

static int (*const identities[STORE_ROW_TABLES])(const uint8_t *, size_t,
    struct identity *) = {
	[STORE_ENTRY]	= entry_identity,
	[STORE_BAN]	= ban_identity,
	[STORE_HOLD]	= hold_identity,
	[STORE_OWN]	= own_identity,
};

/* The book takes no number beyond; but for an entry it finds another. */
static const int64_t index_max[STORE_ROW_TABLES] = {
	[STORE_ENTRY]	= UINT32_MAX,
	[STORE_BAN]	= BOOK_BANS_MAX,
	[STORE_HOLD]	= 0,		/* its place says what it is */
	[STORE_OWN]	= BOOK_OWN_MAX,
};

/* --- rows ------------------------------------------------------------- */

static int64_t
ask(sqlite3_stmt *st)
{
	int64_t v = sqlite3_step(st) == SQLITE_ROW ?
	    sqlite3_column_int64(st, 0) : -1;

	sqlite3_reset(st);
	return v;
}

/* The number it had, or a new one; -1: none. */
static int64_t
index_for(struct store_merge *m, enum store_table t, uint32_t index)
{
	int64_t next;

	sqlite3_bind_int64(m->used[t], 1, index);
	if (index > 0 && ask(m->used[t]) == -1)
		return index;
	next = ask(m->next[t]);
	return next > index_max[t] ? -1 : next;
}

static int
run(sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	sqlite3_reset(st);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
note(struct store_merge *m, enum store_table t, const struct identity *k,
    int64_t index)
{
	sqlite3_bind_int(m->note, 1, t);
	sqlite3_bind_blob(m->note, 2, k->key, k->len, SQLITE_STATIC);
	sqlite3_bind_int64(m->note, 3, index);
	sqlite3_bind_int64(m->note, 4, k->age);
	return run(m->note);
}

static void
merge_node(struct store_merge *m, const uint8_t *row, size_t len)
{
	uint8_t of_1[STORE_BLOB_MAX];
	struct store_node n, had;
	uint32_t seen;

	if (m->version == 1) {
		len = store_node_of_1(row, len, of_1, &seen);
		row = of_1;
	}
	if (store_decode_node(row, len, &n) == -1)
		return;
	if (store_db_get_node(m->to, &n.addr.id, &had) != SQLITE_OK ||
	    later(had.last_seen, had.last_try) <
	    later(n.last_seen, n.last_try))
		m->rc = store_db_put_node(m->to, &n);
}

void
store_merge_row(void *arg, enum store_table t, uint32_t index,
    const uint8_t *row, size_t len)
{
	struct store_merge *m = arg;
	struct identity k;
	int64_t at = -1, age = 0;

	if (m->rc != SQLITE_OK)
		return;
	if (t == STORE_NODE) {
		merge_node(m, row, len);
		return;
	}
	if (identities[t](row, len, &k) == -1)
		return;
	sqlite3_bind_int(m->had, 1, t);
	sqlite3_bind_blob(m->had, 2, k.key, k.len, SQLITE_STATIC);
	if (sqlite3_step(m->had) == SQLITE_ROW) {
		at = sqlite3_column_int64(m->had, 0);
		age = sqlite3_column_int64(m->had, 1);
	}
	sqlite3_reset(m->had);
	if (at != -1 && k.age <= age)
		return;
	if (at == -1) {
		if ((at = index_for(m, t, index)) == -1)
			return;
		m->entries += t == STORE_ENTRY;
	}
	m->rc = store_db_put(m->to, t, at, row, len);
	if (m->rc == SQLITE_OK)
		m->rc = note(m, t, &k, at);
}

/* --- begin and end ---------------------------------------------------- */

static int
prepare(struct store_merge *m, sqlite3_stmt **st, const char *fmt, int t)
{
	char sql[160];

	sqlite3_snprintf(sizeof(sql), sql, fmt, store_table_name[t]);
	return sqlite3_prepare_v2(m->to->db, sql, -1, st, NULL);
}

int
store_merge_begin(struct store_merge *m, struct store_db *to)
{
	int rc, t;

	memset(m, 0, sizeof(*m));
	m->to = to;
	rc = store_db_exec(to, "CREATE TEMP TABLE had(t INTEGER, key BLOB,"
	    " idx INTEGER, age INTEGER, PRIMARY KEY(t, key)) WITHOUT ROWID");
	if (rc == SQLITE_OK)
		rc = prepare(m, &m->had, "SELECT idx, age FROM temp.had"
		    " WHERE t=? AND key=?", 0);
	if (rc == SQLITE_OK)
		rc = prepare(m, &m->note, "INSERT OR REPLACE INTO temp.had"
		    " VALUES(?,?,?,?)", 0);
	for (t = 0; t < STORE_ROW_TABLES && rc == SQLITE_OK; t++)
		if ((rc = prepare(m, &m->used[t],
		    "SELECT 1 FROM %s WHERE idx=?", t)) == SQLITE_OK)
			rc = prepare(m, &m->next[t],
			    "SELECT ifnull(max(idx), 0) + 1 FROM %s", t);
	return rc;
}

void
store_merge_end(struct store_merge *m)
{
	int t;

	sqlite3_finalize(m->had);
	sqlite3_finalize(m->note);
	for (t = 0; t < STORE_ROW_TABLES; t++) {
		sqlite3_finalize(m->used[t]);
		sqlite3_finalize(m->next[t]);
	}
	(void)store_db_exec(m->to, "DROP TABLE IF EXISTS temp.had");
}
