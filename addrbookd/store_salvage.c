/* SPDX-License-Identifier: ISC */
/* What is sound in a damaged file: each row by its checksum. */

#include <stdio.h>
#include <string.h>

#include "addrbookd/store_impl.h"

static void
keep_key(struct store_merge *m, struct store_db *from)
{
	uint8_t key[BOOK_KEY_SIZE];
	size_t len = 0;

	if (m->has_key || store_db_get_meta(from, "hash_key", key,
	    sizeof(key), &len) != SQLITE_OK || len != sizeof(key))
		return;
	m->rc = store_db_put_meta(m->to, "hash_key", key, len);
	m->has_key = m->rc == SQLITE_OK;
	explicit_bzero(key, sizeof(key));
}

/* A copy may be older than a change of network. */
static enum store_whose
whose(struct store_db *to, struct store_db *from)
{
	char ours[CONF_NETWORK_SIZE] = "", theirs[CONF_NETWORK_SIZE] = "";
	size_t len;

	if (store_db_get_meta(to, "network", ours, sizeof(ours) - 1, &len) !=
	    SQLITE_OK || store_db_get_meta(from, "network", theirs,
	    sizeof(theirs) - 1, &len) != SQLITE_OK)
		return WHOSE_UNKNOWN;
	return strcmp(ours, theirs) == 0 ? WHOSE_OURS : WHOSE_OTHERS;
}

/*
 * Forward to the first error, then backward to the first from the other
 * end.
 */
static void
keep_tables(struct store_merge *m, struct store_db *from)
{
	unsigned unsound = 0;
	int t;

	for (t = 0; t <= STORE_NODE; t++)
		if (store_db_scan(from, t, false, store_merge_row, m,
		    &unsound) != SQLITE_OK)
			(void)store_db_scan(from, t, true, store_merge_row, m,
			    &unsound);
}

/* By the database's own means; whole: there was nothing else in it. */
static enum store_whose
salvage(struct store_merge *m, const char *path, bool with_log, bool *whole)
{
	enum store_whose is = WHOSE_UNKNOWN;
	struct store_db from;
	int app;

	*whole = false;
	m->version = STORE_VERSION;
	if (store_db_open_still(&from, path, with_log) == SQLITE_OK &&
	    (is = whose(m->to, &from)) != WHOSE_OTHERS) {
		(void)store_db_version(&from, &app, &m->version);
		keep_key(m, &from);
		keep_tables(m, &from);
		*whole = is == WHOSE_OURS && m->has_key &&
		    store_db_verify(&from) == SQLITE_OK;
	}
	/* Closing must not change what was set aside. */
	if (from.db != NULL)
		sqlite3_db_config(from.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
		    1, NULL);
	store_db_close(&from);
	return is;
}

bool
store_salvage(struct store_merge *m, const char *path)
{
	char log[STORE_PATH_SIZE];
	bool whole;

	if (salvage(m, path, true, &whole) == WHOSE_OTHERS || whole)
		return true;
	if (salvage(m, path, false, &whole) == WHOSE_OTHERS)
		return true;
	store_comb(m, path);
	if ((size_t)snprintf(log, sizeof(log), "%s-wal", path) < sizeof(log))
		store_comb(m, log);
	return false;
}

void
store_salvage_copy(struct store_merge *m, const char *path)
{
	bool whole;

	/* Of what network is it, if that cannot be read? */
	if (salvage(m, path, false, &whole) == WHOSE_OURS && !whole)
		store_comb(m, path);
}
