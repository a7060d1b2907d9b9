/* SPDX-License-Identifier: ISC */
/* What stands at the store's path: a store of ours, or what instead? */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "addrbookd/store_impl.h"
#include "common/log.h"

/*
 * Would another file in its place be read?  A lack of memory or of room, or
 * another process that has it open, would be met again.
 */
bool
store_is_damage(int rc)
{
	switch (rc) {
	case SQLITE_NOMEM:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_FULL:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_INTERRUPT:
	case SQLITE_MISUSE:
		return false;
	default:
		return true;
	}
}

static enum store_found
failed(int rc, char *why, size_t size)
{
	strlcpy(why, sqlite3_errstr(rc), size);
	if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
		return FOUND_BUSY;
	return store_is_damage(rc) ? FOUND_DAMAGED : FOUND_UNKNOWN;
}

/* By whom, and when: FOUND_SOUND or FOUND_OLDER if it may be ours. */
static enum store_found
judge(int app, int version, char *why, size_t size)
{
	if (app == 0 && version == 0) {
		strlcpy(why, "it is empty", size);
		return FOUND_DAMAGED;
	}
	if (app != STORE_APPLICATION) {
		strlcpy(why, "it is not an address book of pexd", size);
		return FOUND_FOREIGN;
	}
	if (version > STORE_VERSION) {
		snprintf(why, size, "its version is %d, newer than %d",
		    version, STORE_VERSION);
		return FOUND_NEWER;
	}
	if (version < STORE_VERSION_MIN) {
		snprintf(why, size, "its version is %d, which never was",
		    version);
		return FOUND_DAMAGED;
	}
	return version < STORE_VERSION ? FOUND_OLDER : FOUND_SOUND;
}

static enum store_found
same_network(struct store_db *d, const char *network, char *why, size_t size)
{
	char other[CONF_NETWORK_SIZE] = "";
	size_t len = 0;
	int rc;

	rc = store_db_get_meta(d, "network", other, sizeof(other) - 1, &len);
	if (rc != SQLITE_OK) {
		strlcpy(why, "its network cannot be read", size);
		return rc == SQLITE_NOTFOUND || store_is_damage(rc) ?
		    FOUND_DAMAGED : FOUND_UNKNOWN;
	}
	if (strcmp(other, network) == 0)
		return FOUND_SOUND;
	snprintf(why, size, STORE_OF_NETWORK "%s", other);
	return FOUND_OTHER_NETWORK;
}

/* Without its key an entry's place says nothing. */
static enum store_found
has_key(struct store_db *d, char *why, size_t size)
{
	uint8_t key[BOOK_KEY_SIZE];
	size_t len = 0;
	int rc;

	rc = store_db_get_meta(d, "hash_key", key, sizeof(key), &len);
	explicit_bzero(key, sizeof(key));
	if (rc == SQLITE_OK && len == sizeof(key))
		return FOUND_SOUND;
	strlcpy(why, "its hash key cannot be read", size);
	return store_is_damage(rc) ? FOUND_DAMAGED : FOUND_UNKNOWN;
}

/* writes: it is to be written to, and shows that it takes that. */
static enum store_found
look_inside(struct store_db *d, const char *network, bool writes, char *why,
    size_t size)
{
	int app = 0, version = 0, rc;
	enum store_found age, found;

	if ((rc = store_db_version(d, &app, &version)) != SQLITE_OK)
		return failed(rc, why, size);
	age = judge(app, version, why, size);
	if (age != FOUND_SOUND && age != FOUND_OLDER)
		return age;
	/* A step of migration brings the schema up, and looks at it then. */
	if ((rc = store_db_verify(d)) != SQLITE_OK || (age == FOUND_SOUND &&
	    (rc = store_db_same_schema(d)) != SQLITE_OK) ||
	    (writes && (rc = store_db_touch(d, version)) == SQLITE_READONLY))
		return failed(rc, why, size);
	if ((found = same_network(d, network, why, size)) != FOUND_SOUND ||
	    (found = has_key(d, why, size)) != FOUND_SOUND)
		return found;
	return age;
}

bool
store_look_still(const char *path, const char *network)
{
	struct store_db d;
	char why[256];
	bool sound;

	sound = store_db_open_still(&d, path, false) == SQLITE_OK &&
	    look_inside(&d, network, false, why, sizeof(why)) == FOUND_SOUND;
	store_db_close(&d);
	return sound;
}

/* Is there a file that may be opened? */
static enum store_found
look_at(const char *path, char *why, size_t size)
{
	struct stat st;

	if (lstat(path, &st) == -1) {
		strlcpy(why, strerror(errno), size);
		return errno == ENOENT ? FOUND_NOTHING : FOUND_FOREIGN;
	}
	if (!S_ISREG(st.st_mode)) {
		strlcpy(why, "it is not a regular file", size);
		return FOUND_FOREIGN;
	}
	if (access(path, R_OK) == -1) {
		strlcpy(why, strerror(errno), size);
		return FOUND_FOREIGN;
	}
	return FOUND_SOUND;
}

/* What is in it can be had all the same. */
static enum store_found
look_writable(const char *path, char *why, size_t size)
{
	struct stat st;

	if (access(path, W_OK) == -1) {
		strlcpy(why, strerror(errno), size);
		return errno == EROFS ? FOUND_UNKNOWN : FOUND_DAMAGED;
	}
	if (lstat(path, &st) == 0 && st.st_uid == geteuid() &&
	    st.st_nlink == 1)
		return FOUND_SOUND;
	/* A backup by hard links would be written to as well. */
	strlcpy(why, st.st_nlink > 1 ? "it has another name, too" :
	    "it belongs to somebody else", size);
	return FOUND_DAMAGED;
}

/*
 * What cannot be a log in the place of one keeps the sound file beside it
 * from being opened: out of the way with it, and only it.
 */
static void
look_at_log(const char *path, const char *suffix)
{
	char log[STORE_PATH_SIZE], aside[STORE_PATH_SIZE], why[64];
	enum store_found found;

	if ((size_t)snprintf(log, sizeof(log), "%s%s", path, suffix) >=
	    sizeof(log))
		return;
	found = look_at(log, why, sizeof(why));
	if (found == FOUND_SOUND)
		found = look_writable(log, why, sizeof(why));
	if (found != FOUND_FOREIGN && found != FOUND_DAMAGED)
		return;
	if (store_set_aside(log, "foreign", aside, sizeof(aside)) == -1)
		log_warn("cannot set %s aside", store_name(log));
	else
		log_warnx("%s was set aside as %s: %s", store_name(log),
		    store_name(aside), why);
}

enum store_found
store_look(struct store_db *d, const char *path, const char *network,
    char *why, size_t size)
{
	enum store_found found;
	int rc, app, version;

	look_at_log(path, "-wal");
	look_at_log(path, "-journal");
	if ((found = look_at(path, why, size)) != FOUND_SOUND)
		return found;
	/* To open it would give it a log, whosever it is. */
	if (store_db_peek(path, &app, &version) &&
	    (found = judge(app, version, why, size)) != FOUND_SOUND &&
	    found != FOUND_OLDER)
		return found;
	if ((found = look_writable(path, why, size)) != FOUND_SOUND)
		return found;
	if ((rc = store_db_open(d, path, STORE_OPEN_OLD)) != SQLITE_OK)
		return failed(rc, why, size);
	found = look_inside(d, network, true, why, size);
	if (found == FOUND_SOUND || found == FOUND_OLDER)
		return found;
	/* Leave every byte as it is. */
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	store_db_close(d);
	return found;
}
