/* SPDX-License-Identifier: ISC */
/*
 * From older schemas to this one, a step for each version, all in one
 * transaction.  The file was verified and copied before.
 *
 * A step is never changed once it was released.  It knows the rows of its
 * own time: when an encoding changes, the old decoder moves here.
 */

#include <stdio.h>
#include <string.h>

#include "addrbookd/store_impl.h"

struct moving {
	sqlite3_stmt	*put;
	int		 rc;
};

/* --- from 1 to 2 ------------------------------------------------------ */

#define ADDR_1		38	/* ID, IP, port; then three texts */
#define TIMES_1		16	/* latency, first and last seen, last try */
#define WINDOWS_1	10	/* numbers of 2 bytes, now of 4 */
#define CLAIM_2		19	/* has it one, IP, port */

size_t
store_node_of_1(const uint8_t *row, size_t len, uint8_t out[STORE_BLOB_MAX],
    uint32_t *last_seen)
{
	size_t texts = ADDR_1, i, n = ADDR_1;

	for (i = 0; i < 3 && texts < len; i++)
		texts += 1 + row[texts];
	if (texts + TIMES_1 + WINDOWS_1 * 2 != len ||
	    len + CLAIM_2 + WINDOWS_1 * 2 > STORE_BLOB_MAX)
		return 0;
	memcpy(out, row, ADDR_1);
	memset(out + n, 0, CLAIM_2);
	n += CLAIM_2;
	memcpy(out + n, row + ADDR_1, texts - ADDR_1 + TIMES_1);
	n += texts - ADDR_1 + TIMES_1;
	row += texts;
	*last_seen = (uint32_t)row[8] << 24 | row[9] << 16 | row[10] << 8 |
	    row[11];
	for (row += TIMES_1, i = 0; i < WINDOWS_1; i++, row += 2) {
		/* All of two bytes is all of four. */
		out[n++] = row[0];
		out[n++] = row[1];
		out[n++] = row[0];
		out[n++] = row[1];
	}
	return n;
}

static void
move_node(void *arg, enum store_table t, uint32_t index, const uint8_t *row,
    size_t len)
{
	struct moving *m = arg;
	uint8_t out[STORE_BLOB_MAX];
	uint32_t seen;

	if (m->rc == SQLITE_OK &&
	    (len = store_node_of_1(row, len, out, &seen)) > 0)
		m->rc = store_db_bind_node(m->put, out, seen, out, len);
}

/*
 * Who was seen when is a column.  In version 1 it was the order of the rows,
 * so that each meeting moved one and a listing showed it twice.  Rows hold
 * the address that a node claims, and finer shares of uptime.
 */
static int
nodes_get_seen(struct store_db *d)
{
	struct moving m = { .rc = SQLITE_OK };
	unsigned unsound = 0;
	int rc;

	if ((rc = store_db_exec(d,
	    "ALTER TABLE node RENAME TO node_of_1;" STORE_DDL_NODE)) !=
	    SQLITE_OK)
		return rc;
	if ((rc = sqlite3_prepare_v2(d->db, STORE_SQL_PUT_NODE, -1, &m.put,
	    NULL)) != SQLITE_OK)
		return rc;
	rc = store_db_scan_of(d, "node_of_1", STORE_NODE, false, move_node,
	    &m, &unsound);
	sqlite3_finalize(m.put);
	if (rc == SQLITE_OK)
		rc = m.rc;
	return rc == SQLITE_OK ? store_db_exec(d, "DROP TABLE node_of_1") :
	    rc;
}

/* --- all steps -------------------------------------------------------- */

/* By the version they start from. */
static int (*const steps[STORE_VERSION])(struct store_db *) = {
	[1]	= nodes_get_seen,	/* .. and claims */
};

int
store_migrate(struct store_db *d, int version)
{
	int rc;

	if ((rc = store_db_exec(d, "BEGIN IMMEDIATE")) != SQLITE_OK)
		return rc;
	for (; version < STORE_VERSION && rc == SQLITE_OK; version++)
		rc = steps[version](d);
	if (rc == SQLITE_OK)
		rc = store_db_same_schema(d);
	if (rc == SQLITE_OK)
		rc = store_db_touch(d, STORE_VERSION);
	if (rc == SQLITE_OK)
		rc = store_db_exec(d, "COMMIT");
	if (rc != SQLITE_OK && !sqlite3_get_autocommit(d->db))
		(void)store_db_exec(d, "ROLLBACK");
	return rc;
}
