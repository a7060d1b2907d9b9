/* SPDX-License-Identifier: ISC */
/*
 * Beginning anew where there is no sound store.  The new file is made whole
 * under a name of its own; only then goes the old one aside and the new one
 * in its place.  A crash or a full disk on the way costs no row: before the
 * first rename all is as it was, between the two the next start goes on.
 *
 * Where that cannot be done the same is made in memory, and addrbook.db.new
 * out of it when there is room.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "addrbookd/store_impl.h"
#include "common/log.h"

/* The word in the name of what is set aside. */
static void
word_for(enum store_found found, int version, const char *why, char *word,
    size_t size)
{
	size_t i;

	switch (found) {
	case FOUND_NEWER:
		strlcpy(word, "newer", size);
		return;
	case FOUND_OTHER_NETWORK:
		strlcpy(word, why + strlen(STORE_OF_NETWORK), size);
		for (i = 0; word[i] != '\0'; i++)
			if (!isalnum((unsigned char)word[i]) &&
			    word[i] != '-')
				word[i] = '_';
		return;
	case FOUND_FOREIGN:
		strlcpy(word, "foreign", size);
		return;
	case FOUND_OLDER:
		snprintf(word, size, "version-%d", version);
		return;
	case FOUND_SOUND:
	case FOUND_UNKNOWN:
		/* It was read, and another made, since it took no write. */
		strlcpy(word, "replaced", size);
		return;
	default:
		strlcpy(word, "damaged", size);
		return;
	}
}

/* Nothing may stand there; what is no file goes aside. */
static int
clear(const char *path, const char *suffix)
{
	char name[STORE_PATH_SIZE], aside[STORE_PATH_SIZE];

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	if (unlink(name) == 0 || errno == ENOENT)
		return 0;
	if (store_set_aside(name, "foreign", aside, sizeof(aside)) == 0)
		return 0;
	log_warn("cannot remove %s", store_name(name));
	return -1;
}

static int
clear_all(const char *path)
{
	return clear(path, "-wal") == -1 || clear(path, "-journal") == -1 ||
	    clear(path, "") == -1 ? -1 : 0;
}

/* Another program's is not opened: that might change it. */
static bool
has_rows(enum store_found found)
{
	return found == FOUND_DAMAGED || found == FOUND_OLDER ||
	    found == FOUND_SOUND || found == FOUND_UNKNOWN;
}

/*
 * Rows out of the file that is there; what was not to be had whole is made up
 * for by the last copy.
 */
static int
recover(struct store *s, struct store_db *fresh, enum store_found found)
{
	struct store_merge m;
	unsigned kept;
	bool whole = false;

	if ((m.rc = store_merge_begin(&m, fresh)) == SQLITE_OK) {
		/* Made whole, and never put in its place. */
		if (s->stuck)
			store_salvage_copy(&m, s->fresh);
		if (has_rows(found))
			whole = store_salvage(&m, s->path);
		kept = m.entries;
		if (!whole)
			store_salvage_copy(&m, s->copy);
		if (found == FOUND_DAMAGED)
			s->report->salvaged = kept;
		s->report->from_copy = m.entries - kept;
		s->report->fresh = m.entries == 0;
	}
	store_merge_end(&m);
	return m.rc;
}

/* All that a store has into one that is in a transaction. */
static int
build(struct store *s, struct store_db *d, enum store_found found,
    const char *network, const uint8_t key[16])
{
	int rc;

	s->report->fresh = true;
	if ((rc = store_db_create(d)) != SQLITE_OK ||
	    (rc = store_db_prepare(d)) != SQLITE_OK ||
	    (rc = store_db_put_meta(d, "network", network,
	    strlen(network))) != SQLITE_OK ||
	    (rc = store_db_put_meta(d, "hash_key", key, BOOK_KEY_SIZE)) !=
	    SQLITE_OK)
		return rc;
	/* What was no database of ours leaves the copy. */
	if ((s->stuck || has_rows(found) || found == FOUND_FOREIGN) &&
	    (rc = recover(s, d, found)) != SQLITE_OK)
		return rc;
	return store_db_finish(d);
}

/* Put the finished file where the store is looked for. */
static int
take_place(struct store *s)
{
	if (clear(s->path, "-wal") == -1 || clear(s->path, "-journal") == -1)
		return -1;
	if (rename(s->fresh, s->path) == -1) {
		log_warn("cannot rename %s", store_name(s->fresh));
		return -1;
	}
	store_sync_dir(s->path);
	return 0;
}

static int
step_aside(struct store *s, enum store_found found, int version)
{
	char word[64], aside[STORE_PATH_SIZE];

	if (found == FOUND_NOTHING)
		return 0;
	word_for(found, version, s->report->why, word, sizeof(word));
	if (store_set_aside(s->path, word, aside, sizeof(aside)) == -1) {
		log_warn("cannot set %s aside", store_name(s->path));
		return -1;
	}
	strlcpy(s->report->set_aside, aside, sizeof(s->report->set_aside));
	return 0;
}

int
store_begin(struct store *s, enum store_found found, const char *network,
    const uint8_t key[16])
{
	struct store_db d;
	int rc;

	memset(&d, 0, sizeof(d));
	if (clear_all(s->fresh) == -1)
		return -1;
	if ((rc = store_db_open(&d, s->fresh, STORE_OPEN_NEW)) == SQLITE_OK)
		rc = build(s, &d, found, network, key);
	store_db_close(&d);
	if (rc != SQLITE_OK) {
		strlcpy(s->report->error, sqlite3_errstr(rc),
		    sizeof(s->report->error));
		log_warnx("cannot make %s: %s; %s is left as it was",
		    store_name(s->fresh), sqlite3_errstr(rc),
		    store_name(s->path));
		(void)clear_all(s->fresh);
		return -1;
	}
	if (step_aside(s, found, 0) == -1 || take_place(s) == -1)
		return -1;
	return 0;
}

/* Where it is written to when that can be done: opened now or never. */
static void
make_target(struct store *s)
{
	if (!s->stuck && clear_all(s->fresh) == 0 &&
	    store_memory_target(&s->db, s->fresh) == 0)
		return;
	log_warn("cannot make %s", store_name(s->fresh));
	s->report->nowhere = true;
}

int
store_begin_in_memory(struct store *s, enum store_found found,
    const char *network, const uint8_t key[16])
{
	int rc;

	s->report->in_memory = true;
	s->stuck = store_look_still(s->fresh, network);
	if ((rc = store_memory_open(&s->db)) == SQLITE_OK)
		rc = build(s, &s->db, found, network, key);
	if (rc != SQLITE_OK) {
		log_warnx("cannot keep the address book in memory: %s",
		    sqlite3_errstr(rc));
		return -1;
	}
	make_target(s);
	return 0;
}

int
store_begun(struct store *s, const char *network)
{
	enum store_found found;
	struct store_db d;
	int app = 0, version = 0;

	if (!store_look_still(s->fresh, network))
		return 0;
	found = store_look(&d, s->path, network, s->report->why,
	    sizeof(s->report->why));
	if (found == FOUND_BUSY)
		return 0;
	if (found == FOUND_SOUND || found == FOUND_OLDER) {
		(void)store_db_version(&d, &app, &version);
		store_db_close(&d);
		strlcpy(s->report->why, "a newer one was made in memory",
		    sizeof(s->report->why));
	}
	if (step_aside(s, found, version) == -1 || take_place(s) == -1)
		return -1;
	log_warnx("%s was made whole before; going on with that",
	    store_name(s->fresh));
	return 0;
}
