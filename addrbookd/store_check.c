/* SPDX-License-Identifier: ISC */
/* Is a database what was written: its pages, its rows, its schema? */

#include <string.h>

#include "addrbookd/store_impl.h"

#define SCHEMA_MAX	2048	/* bytes of all its statements */

/* quick_check does not see an index that misses a row; writing would. */
static int
check_pages(struct store_db *d)
{
	sqlite3_stmt *st;
	int rc;

	if ((rc = sqlite3_prepare_v2(d->db, "PRAGMA integrity_check(1)", -1,
	    &st, NULL)) != SQLITE_OK)
		return rc;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW)
		rc = strcmp((const char *)sqlite3_column_text(st, 0), "ok") ==
		    0 ? SQLITE_OK : SQLITE_CORRUPT;
	sqlite3_finalize(st);
	return rc;
}

int
store_db_verify(struct store_db *d)
{
	unsigned unsound = 0;
	int rc, t;

	if ((rc = check_pages(d)) != SQLITE_OK)
		return rc;
	for (t = 0; t <= STORE_NODE; t++)
		if ((rc = store_db_scan(d, t, false, NULL, NULL, &unsound)) !=
		    SQLITE_OK)
			return rc;
	return unsound == 0 ? SQLITE_OK : SQLITE_CORRUPT;
}

/* What the tables and indexes are called and made of, as one text. */
static int
schema_of(struct store_db *d, char *text, size_t size)
{
	sqlite3_stmt *st;
	const unsigned char *sql;
	int rc;

	*text = '\0';
	if ((rc = sqlite3_prepare_v2(d->db, "SELECT type || ' ' || name || "
	    "' ' || tbl_name || ' ' || ifnull(sql, '') FROM sqlite_master "
	    "ORDER BY name", -1, &st, NULL)) != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		if ((sql = sqlite3_column_text(st, 0)) == NULL)
			continue;
		if (strlcat(text, (const char *)sql, size) >= size ||
		    strlcat(text, "\n", size) >= size)
			break;
	}
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? SQLITE_OK : rc == SQLITE_ROW ?
	    SQLITE_CORRUPT : rc;
}

int
store_db_same_schema(struct store_db *d)
{
	struct store_db ours;
	char is[SCHEMA_MAX], should[SCHEMA_MAX];
	int rc;

	memset(&ours, 0, sizeof(ours));
	if ((rc = sqlite3_open(":memory:", &ours.db)) == SQLITE_OK &&
	    (rc = store_db_create(&ours)) == SQLITE_OK)
		rc = schema_of(&ours, should, sizeof(should));
	store_db_close(&ours);
	if (rc == SQLITE_OK)
		rc = schema_of(d, is, sizeof(is));
	return rc == SQLITE_OK && strcmp(is, should) != 0 ? SQLITE_CORRUPT :
	    rc;
}
