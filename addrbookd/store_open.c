/* SPDX-License-Identifier: ISC */
/* Opening: whatever is found, there is a store afterwards, or a reason. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addrbookd/store_impl.h"
#include "common/log.h"

/* The log's rows into the file, and the file under another name. */
static int
copy_to(struct store *s, const char *copy)
{
	int rc;

	rc = store_db_exec(&s->db, "PRAGMA wal_checkpoint(TRUNCATE)");
	if (rc != SQLITE_OK) {
		log_warnx("cannot copy %s to %s: %s", store_name(s->path),
		    store_name(copy), sqlite3_errstr(rc));
		return -1;
	}
	if (store_copy_file(s->path, copy) == -1) {
		log_warn("cannot copy %s to %s", store_name(s->path),
		    store_name(copy));
		return -1;
	}
	return 0;
}

/*
 * An older version: a copy, then all steps at once or none.  What does not
 * go for want of room goes another time: the file is as it was.
 */
static enum store_found
bring_up(struct store *s)
{
	char copy[STORE_PATH_SIZE];
	int app, version, rc;

	if ((rc = store_db_version(&s->db, &app, &version)) != SQLITE_OK)
		goto fail;
	if ((size_t)snprintf(copy, sizeof(copy), "%s.version-%d", s->path,
	    version) >= sizeof(copy) || copy_to(s, copy) == -1) {
		strlcpy(s->report->why, "it cannot be copied before it is "
		    "changed", sizeof(s->report->why));
		store_db_close(&s->db);
		return FOUND_UNKNOWN;
	}
	if ((rc = store_migrate(&s->db, version)) != SQLITE_OK)
		goto fail;
	s->report->migrated = version;
	strlcpy(s->report->old_copy, copy, sizeof(s->report->old_copy));
	return FOUND_SOUND;
fail:
	snprintf(s->report->why, sizeof(s->report->why),
	    "it cannot be migrated: %s", sqlite3_errstr(rc));
	store_db_close(&s->db);
	return store_is_damage(rc) && rc != SQLITE_IOERR ? FOUND_DAMAGED :
	    FOUND_UNKNOWN;
}

static enum store_found
find(struct store *s, const char *network)
{
	enum store_found found;

	if (store_begun(s, network) == -1) {
		strlcpy(s->report->why, "what was made for it cannot be put "
		    "in its place", sizeof(s->report->why));
		return FOUND_UNKNOWN;
	}
	found = store_look(&s->db, s->path, network, s->report->why,
	    sizeof(s->report->why));
	return found == FOUND_OLDER ? bring_up(s) : found;
}

/* The first write also opens the log, before the sandbox. */
static int
put_key(struct store *s, const uint8_t new_key[16], uint8_t hash_key[16])
{
	size_t len = 0;
	int rc;

	rc = store_db_get_meta(&s->db, "hash_key", hash_key, BOOK_KEY_SIZE,
	    &len);
	if (rc != SQLITE_OK || len != BOOK_KEY_SIZE)
		memcpy(hash_key, new_key, BOOK_KEY_SIZE);
	return store_db_put_meta(&s->db, "hash_key", hash_key, BOOK_KEY_SIZE);
}

/* A file to write to; with a full disk the writer will get it there. */
static int
make_ready(struct store *s, const uint8_t new_key[16], uint8_t hash_key[16])
{
	int rc;

	if ((rc = store_db_prepare(&s->db)) != SQLITE_OK)
		return rc;
	rc = put_key(s, new_key, hash_key);
	return rc == SQLITE_FULL || (rc == SQLITE_IOERR &&
	    store_db_no_room(&s->db)) ? SQLITE_OK : rc;
}

/* 0, or -1 with the reason in report->error. */
static int
open_file(struct store *s, enum store_found found, const char *network,
    const uint8_t new_key[16], uint8_t hash_key[16])
{
	int rc;

	if (found == FOUND_UNKNOWN) {
		strlcpy(s->report->error, s->report->why,
		    sizeof(s->report->error));
		return -1;
	}
	if (found == FOUND_SOUND) {
		/* A sound file found at the start is worth a copy. */
		(void)copy_to(s, s->copy);
	} else {
		if (found == FOUND_NOTHING)
			s->report->why[0] = '\0';
		if (store_begin(s, found, network, new_key) == -1)
			return -1;
		rc = store_db_open(&s->db, s->path, STORE_OPEN_OLD);
		if (rc != SQLITE_OK)
			goto fail;
	}
	if ((rc = make_ready(s, new_key, hash_key)) == SQLITE_OK)
		return 0;
fail:
	strlcpy(s->report->error, sqlite3_errstr(rc),
	    sizeof(s->report->error));
	if (s->db.db != NULL)
		sqlite3_db_config(s->db.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
		    1, NULL);
	store_db_close(&s->db);
	return -1;
}

static int
open_db(struct store *s, const char *network, const uint8_t new_key[16],
    uint8_t hash_key[16])
{
	enum store_found found = find(s, network);

	if (found == FOUND_BUSY) {
		log_warnx("cannot open %s: another process has it",
		    store_name(s->path));
		return -1;
	}
	if (open_file(s, found, network, new_key, hash_key) == 0) {
		/* Nothing in it: what went aside may be all there is. */
		if (s->report->set_aside[0] != '\0' && !s->report->fresh)
			s->report->removed = store_prune_aside(s->path,
			    s->report->set_aside);
		return 0;
	}
	if (s->report->error[0] == '\0')
		strlcpy(s->report->error, "files cannot be made or renamed",
		    sizeof(s->report->error));
	if (store_begin_in_memory(s, found, network, new_key) == -1)
		return -1;
	(void)put_key(s, new_key, hash_key);
	return 0;
}

static int
check_dir(const char *dir)
{
	struct stat st;

	if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	log_warnx("the state directory is not there");
	return -1;
}

struct store *
store_open(const char *dir, const char *network, const uint8_t new_key[16],
    uint8_t hash_key[16], struct store_report *report)
{
	struct store *s;
	mode_t mask;
	int rv;

	memset(report, 0, sizeof(*report));
	if (check_dir(dir) == -1)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		log_warn("no memory for the store");
		return NULL;
	}
	s->report = report;
	s->pace = store_pace;
	snprintf(s->path, sizeof(s->path), "%s/%s", dir, STORE_FILE);
	snprintf(s->copy, sizeof(s->copy), "%s/%s", dir, STORE_COPY);
	snprintf(s->fresh, sizeof(s->fresh), "%s/%s", dir, STORE_FRESH);
	mask = umask(077);
	rv = open_db(s, network, new_key, hash_key);
	umask(mask);
	if (rv == -1) {
		store_db_close(&s->db);
		free(s);
		return NULL;
	}
	s->report = NULL;
	return s;
}
