/* SPDX-License-Identifier: ISC */
/* One database file: open, schema, statements, rows. */

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "addrbookd/store_impl.h"
#include "common/crc32c.h"

const char *const store_table_name[STORE_ROW_TABLES + 1] = {
	[STORE_ENTRY]	= "entry",
	[STORE_BAN]	= "ban",
	[STORE_HOLD]	= "hold",
	[STORE_OWN]	= "own",
	[STORE_NODE]	= "node",
};

/* A row's checksum covers its place too: a row moved is a row damaged. */
uint32_t
store_db_crc(uint32_t index, const void *row, size_t len)
{
	uint8_t at[4] = { index >> 24, index >> 16, index >> 8, index };

	return crc32c(crc32c(0, at, sizeof(at)), row, len);
}

int
store_db_exec(struct store_db *d, const char *sql)
{
	return sqlite3_exec(d->db, sql, NULL, NULL, NULL);
}

static int
be32(const uint8_t *p)
{
	return (int)((uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]);
}

/* Source: sqlite.org, "Database File Format", 1.3. */
bool
store_db_peek(const char *path, int *application, int *version)
{
	static const char magic[16] = "SQLite format 3";
	uint8_t head[100];
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return false;
	n = read(fd, head, sizeof(head));
	close(fd);
	/* With a log its first page may be in there. */
	if (n != sizeof(head) || memcmp(head, magic, sizeof(magic)) != 0 ||
	    head[18] == 2)
		return false;
	*version = be32(head + 60);
	*application = be32(head + 68);
	return true;
}

/* A schema that somebody else wrote may hold statements: none is run. */
void
store_db_harden(sqlite3 *db)
{
	static const struct {
		int	what, on;
	} set[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE,		1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA,	0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER,	0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW,		0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(set) / sizeof(set[0]); i++)
		sqlite3_db_config(db, set[i].what, set[i].on, NULL);
}

/*
 * Exclusive locking before WAL, so that there is no shared memory file; a
 * WAL that stays when the database is closed, since unlink(2) is denied by
 * then.
 */
static int
set_up(struct store_db *d)
{
	int rc, one = 1;

	if ((rc = store_db_exec(d,
	    "PRAGMA locking_mode=EXCLUSIVE;"
	    "PRAGMA journal_mode=WAL;"
	    "PRAGMA synchronous=FULL;"
	    "PRAGMA temp_store=MEMORY;"
	    "PRAGMA journal_size_limit=1048576;"
	    "PRAGMA trusted_schema=OFF;"
	    "PRAGMA cell_size_check=ON")) != SQLITE_OK)
		return rc;
	sqlite3_file_control(d->db, "main", SQLITE_FCNTL_PERSIST_WAL, &one);
	return SQLITE_OK;
}

/* Nobody reads a new file before it is finished: it needs no log. */
static int
set_up_new(struct store_db *d)
{
	return store_db_exec(d,
	    "PRAGMA locking_mode=EXCLUSIVE;"
	    "PRAGMA journal_mode=MEMORY;"
	    "PRAGMA synchronous=FULL;"
	    "PRAGMA temp_store=MEMORY;"
	    "BEGIN IMMEDIATE");
}

int
store_db_open(struct store_db *d, const char *path, enum store_open how)
{
	int rc, flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW |
	    SQLITE_OPEN_FULLMUTEX;

	memset(d, 0, sizeof(*d));
	if (how == STORE_OPEN_NEW)
		flags |= SQLITE_OPEN_CREATE;
	if ((rc = sqlite3_open_v2(path, &d->db, flags, NULL)) == SQLITE_OK) {
		store_db_harden(d->db);
		rc = how == STORE_OPEN_NEW ? set_up_new(d) : set_up(d);
	}
	if (rc != SQLITE_OK)
		store_db_close(d);
	return rc;
}

void
store_db_close(struct store_db *d)
{
	int t;

	for (t = 0; t < STORE_ROW_TABLES; t++) {
		sqlite3_finalize(d->put[t]);
		sqlite3_finalize(d->del[t]);
	}
	sqlite3_finalize(d->node_get);
	sqlite3_finalize(d->node_put);
	sqlite3_finalize(d->node_scan);
	sqlite3_close(d->db);
	if (d->in_memory && d->target != -1)
		close(d->target);
	memset(d, 0, sizeof(*d));
}

/*
 * Room may come again, on the same handle as well.  The log's own word for
 * it: errno has seen other calls since.
 */
bool
store_db_no_room(struct store_db *d)
{
	sqlite3_file *log = NULL;
	int error = 0;

	(void)sqlite3_file_control(d->db, "main", SQLITE_FCNTL_JOURNAL_POINTER,
	    &log);
	if (log == NULL || log->pMethods == NULL)
		return false;
	(void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO,
	    &error);
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

static int
get_int(struct store_db *d, const char *sql, int *value)
{
	sqlite3_stmt *st;
	int rc;

	if ((rc = sqlite3_prepare_v2(d->db, sql, -1, &st, NULL)) != SQLITE_OK)
		return rc;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		*value = sqlite3_column_int(st, 0);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(st);
	return rc;
}

int
store_db_version(struct store_db *d, int *application, int *version)
{
	int rc;

	if ((rc = get_int(d, "PRAGMA application_id", application)) !=
	    SQLITE_OK)
		return rc;
	return get_int(d, "PRAGMA user_version", version);
}

int
store_db_touch(struct store_db *d, int version)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", version);
	return store_db_exec(d, sql);
}

int
store_db_create(struct store_db *d)
{
	char sql[160];
	int rc, t;

	if ((rc = store_db_exec(d,
	    "CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL,"
	    " crc INTEGER NOT NULL) WITHOUT ROWID;" STORE_DDL_NODE)) !=
	    SQLITE_OK)
		return rc;
	for (t = 0; t < STORE_ROW_TABLES; t++) {
		snprintf(sql, sizeof(sql), "CREATE TABLE %s(idx INTEGER "
		    "PRIMARY KEY, row BLOB NOT NULL, crc INTEGER NOT NULL)",
		    store_table_name[t]);
		if ((rc = store_db_exec(d, sql)) != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

/* Only what is all on disk is called a store. */
int
store_db_finish(struct store_db *d)
{
	char sql[120];
	int rc;

	if ((rc = store_db_exec(d, "COMMIT")) != SQLITE_OK)
		return rc;
	snprintf(sql, sizeof(sql), "BEGIN IMMEDIATE;"
	    "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
	    STORE_APPLICATION, STORE_VERSION);
	return store_db_exec(d, sql);
}

static int
prepare(struct store_db *d, sqlite3_stmt **st, const char *fmt,
    const char *table)
{
	char sql[200];

	snprintf(sql, sizeof(sql), fmt, table);
	return sqlite3_prepare_v3(d->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
	    st, NULL);
}

int
store_db_prepare(struct store_db *d)
{
	int rc, t;

	for (t = 0; t < STORE_ROW_TABLES; t++) {
		if ((rc = prepare(d, &d->put[t],
		    "INSERT OR REPLACE INTO %s VALUES(?,?,?)",
		    store_table_name[t])) != SQLITE_OK ||
		    (rc = prepare(d, &d->del[t],
		    "DELETE FROM %s WHERE idx=?", store_table_name[t])) !=
		    SQLITE_OK)
			return rc;
	}
	if ((rc = prepare(d, &d->node_get,
	    "SELECT row, crc FROM %s WHERE id=?", "node")) != SQLITE_OK ||
	    (rc = prepare(d, &d->node_put, STORE_SQL_PUT_NODE, NULL)) !=
	    SQLITE_OK)
		return rc;
	return prepare(d, &d->node_scan, "SELECT seq, row, crc FROM %s "
	    "WHERE seq > ? ORDER BY seq LIMIT ?", "node");
}

/* --- rows ----------------------------------------------------------------- */

static int
run(sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	sqlite3_reset(st);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
store_db_put(struct store_db *d, enum store_table t, uint32_t index,
    const uint8_t *row, size_t len)
{
	sqlite3_stmt *st = d->put[t];

	sqlite3_bind_int64(st, 1, index);
	sqlite3_bind_blob(st, 2, row, len, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, store_db_crc(index, row, len));
	return run(st);
}

int
store_db_delete(struct store_db *d, enum store_table t, uint32_t index)
{
	sqlite3_bind_int64(d->del[t], 1, index);
	return run(d->del[t]);
}

int
store_db_get_node(struct store_db *d, const struct node_id *id,
    struct store_node *n)
{
	sqlite3_stmt *st = d->node_get;
	int rc;

	sqlite3_bind_blob(st, 1, id->b, sizeof(id->b), SQLITE_STATIC);
	if ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const void *row = sqlite3_column_blob(st, 0);
		size_t len = sqlite3_column_bytes(st, 0);

		rc = row != NULL && store_db_crc(0, row, len) ==
		    (uint32_t)sqlite3_column_int64(st, 1) &&
		    store_decode_node(row, len, n) == 0 ? SQLITE_OK :
		    SQLITE_NOTFOUND;
	} else if (rc == SQLITE_DONE)
		rc = SQLITE_NOTFOUND;
	sqlite3_reset(st);
	return rc;
}

int
store_db_bind_node(sqlite3_stmt *st, const uint8_t *id, uint32_t seen,
    const uint8_t *row, size_t len)
{
	sqlite3_bind_blob(st, 1, id, NODE_ID_SIZE, SQLITE_STATIC);
	/* No finer, so that its index is changed once an hour at most. */
	sqlite3_bind_int64(st, 2, seen - seen % STORE_SEEN_SPACING);
	sqlite3_bind_blob(st, 3, row, len, SQLITE_STATIC);
	sqlite3_bind_int64(st, 4, store_db_crc(0, row, len));
	return run(st);
}

int
store_db_put_node(struct store_db *d, const struct store_node *n)
{
	uint8_t row[STORE_BLOB_MAX];
	size_t len = store_encode_node(n, row);

	return store_db_bind_node(d->node_put, n->addr.id.b, n->last_seen,
	    row, len);
}

int
store_db_count_nodes(struct store_db *d, int *count)
{
	return get_int(d, "SELECT count(*) FROM node", count);
}

int
store_db_forget_nodes(struct store_db *d, int n)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "DELETE FROM node WHERE seq IN "
	    "(SELECT seq FROM node ORDER BY seen, seq LIMIT %d)", n);
	return store_db_exec(d, sql);
}

int
store_db_get_meta(struct store_db *d, const char *name, void *value,
    size_t size, size_t *len)
{
	sqlite3_stmt *st;
	const void *p;
	int rc;

	if ((rc = sqlite3_prepare_v2(d->db, "SELECT value, crc FROM meta "
	    "WHERE name=?", -1, &st, NULL)) != SQLITE_OK)
		return rc;
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	if ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		p = sqlite3_column_blob(st, 0);
		*len = sqlite3_column_bytes(st, 0);
		if (p != NULL && *len <= size && store_db_crc(0, p, *len) ==
		    (uint32_t)sqlite3_column_int64(st, 1)) {
			memcpy(value, p, *len);
			rc = SQLITE_OK;
		} else
			rc = SQLITE_CORRUPT;
	} else if (rc == SQLITE_DONE)
		rc = SQLITE_NOTFOUND;
	sqlite3_finalize(st);
	return rc;
}

int
store_db_put_meta(struct store_db *d, const char *name, const void *value,
    size_t len)
{
	sqlite3_stmt *st;
	int rc;

	if ((rc = sqlite3_prepare_v2(d->db, "INSERT OR REPLACE INTO meta "
	    "VALUES(?,?,?)", -1, &st, NULL)) != SQLITE_OK)
		return rc;
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_blob(st, 2, value, len, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, store_db_crc(0, value, len));
	rc = run(st);
	sqlite3_finalize(st);
	return rc;
}

/* --- whole tables --------------------------------------------------------- */

int
store_db_scan_of(struct store_db *d, const char *name, enum store_table t,
    bool backward, store_row_fn fn, void *arg, unsigned *unsound)
{
	sqlite3_stmt *st;
	char sql[160];
	const uint8_t *row;
	int64_t index;
	size_t len;
	int rc;

	/* A node's place is its ID: both have to say the same. */
	snprintf(sql, sizeof(sql), "SELECT %s, row, crc FROM %s "
	    "ORDER BY rowid%s", t == STORE_NODE ?
	    "iif(id = substr(row, 1, 20), 0, -1)" : "rowid", name,
	    backward ? " DESC" : "");
	if ((rc = sqlite3_prepare_v2(d->db, sql, -1, &st, NULL)) != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		index = sqlite3_column_int64(st, 0);
		row = sqlite3_column_blob(st, 1);
		len = sqlite3_column_bytes(st, 1);
		if (row != NULL && index >= 0 && index <= UINT32_MAX &&
		    store_db_crc(index, row, len) ==
		    (uint32_t)sqlite3_column_int64(st, 2)) {
			if (fn != NULL)
				fn(arg, t, index, row, len);
		} else
			(*unsound)++;
	}
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
store_db_scan(struct store_db *d, enum store_table t, bool backward,
    store_row_fn fn, void *arg, unsigned *unsound)
{
	return store_db_scan_of(d, store_table_name[t], t, backward, fn, arg,
	    unsound);
}
