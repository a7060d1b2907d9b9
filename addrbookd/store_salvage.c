/* SPDX-License-Identifier: ISC */
/* What is sound in a damaged file: each row by its checksum. */

#include <stdio.h>
#include <string.h>

#include "addrbookd/store_impl.h"

struct salvage {
	struct store_db	*to;
	int		 version;	/* of the damaged one */
	unsigned	 kept;
	int		 rc;		/* of writing */
};

static void
keep_node(struct salvage *s, const uint8_t *row, size_t len)
{
	uint8_t of_1[STORE_BLOB_MAX];
	struct store_node node;
	uint32_t seen;

	if (s->version == 1) {
		len = store_node_of_1(row, len, of_1, &seen);
		row = of_1;
	}
	if (store_decode_node(row, len, &node) == 0)
		s->rc = store_db_put_node(s->to, &node);
}

static void
keep_row(void *arg, enum store_table t, uint32_t index, const uint8_t *row,
    size_t len)
{
	struct salvage *s = arg;

	if (s->rc != SQLITE_OK)
		return;
	if (t == STORE_NODE) {
		keep_node(s, row, len);
		return;
	}
	s->rc = store_db_put(s->to, t, index, row, len);
	if (s->rc == SQLITE_OK && t == STORE_ENTRY)
		s->kept++;
}

static void
keep_meta(struct salvage *s, struct store_db *from, const char *name)
{
	uint8_t value[256];
	size_t len;

	if (store_db_get_meta(from, name, value, sizeof(value), &len) ==
	    SQLITE_OK)
		s->rc = store_db_put_meta(s->to, name, value, len);
}

/* A copy may be older than a change of network. */
static bool
of_other_network(struct store_db *to, struct store_db *from)
{
	char ours[CONF_NETWORK_SIZE] = "", theirs[CONF_NETWORK_SIZE] = "";
	size_t len;

	if (store_db_get_meta(to, "network", ours, sizeof(ours) - 1, &len) !=
	    SQLITE_OK || store_db_get_meta(from, "network", theirs,
	    sizeof(theirs) - 1, &len) != SQLITE_OK)
		return false;
	return strcmp(ours, theirs) != 0;
}

/*
 * Forward to the first error, then backward to the first from the other
 * end: what lies between is lost, all else is read.
 */
static void
keep_tables(struct salvage *s, struct store_db *from)
{
	unsigned unsound = 0;
	int t;

	for (t = 0; t <= STORE_NODE; t++)
		if (store_db_scan(from, t, false, keep_row, s, &unsound) !=
		    SQLITE_OK)
			(void)store_db_scan(from, t, true, keep_row, s,
			    &unsound);
}

int
store_salvage(struct store_db *to, const char *damaged, bool with_log,
    unsigned *kept)
{
	struct salvage s = { .to = to, .rc = SQLITE_OK };
	struct store_db from;
	int app;

	*kept = 0;
	if (store_db_open_still(&from, damaged, with_log) == SQLITE_OK &&
	    !of_other_network(to, &from)) {
		(void)store_db_version(&from, &app, &s.version);
		keep_meta(&s, &from, "hash_key");
		keep_tables(&s, &from);
		*kept = s.kept;
	}
	/* Closing must not change what was set aside. */
	if (from.db != NULL)
		sqlite3_db_config(from.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
		    1, NULL);
	store_db_close(&from);
	return s.rc;
}
