/* SPDX-License-Identifier: ISC */
/* What becomes of a damaged file: set aside, and its sound rows kept. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "addrbookd/store_impl.h"
#include "common/log.h"

#define ASIDE_TRIES	100	/* names tried: NAME.word-DATE[.N] */

static int
rename_new(const char *from, const char *to)
{
	struct stat st;

	if (lstat(to, &st) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

/* A log or journal goes with its database: part of the rows is there. */
static void
rename_log(const char *path, const char *to, const char *suffix)
{
	char from[STORE_PATH_SIZE], name[STORE_PATH_SIZE];

	snprintf(from, sizeof(from), "%s%s", path, suffix);
	snprintf(name, sizeof(name), "%s%s", to, suffix);
	if (rename(from, name) == -1 && errno != ENOENT)
		log_warn("cannot rename %s", from);
}

int
store_set_aside(const char *path, const char *word, char *name, size_t size)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	int i, n;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	for (i = 0; i < ASIDE_TRIES; i++) {
		n = i == 0 ? snprintf(name, size, "%s.%s-%s", path, word,
		    stamp) : snprintf(name, size, "%s.%s-%s.%d", path, word,
		    stamp, i);
		if (n < 0 || (size_t)n >= size) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (rename_new(path, name) == 0) {
			rename_log(path, name, "-wal");
			rename_log(path, name, "-journal");
			return 0;
		}
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

struct salvage {
	struct store_db	*to;
	unsigned	 kept;
};

static void
keep_row(void *arg, enum store_table t, uint32_t index, const uint8_t *row,
    size_t len)
{
	struct salvage *s = arg;
	struct store_node node;

	if (t == STORE_NODE) {
		if (store_decode_node(row, len, &node) == 0)
			(void)store_db_put_node(s->to, &node, true);
		return;
	}
	if (store_db_put(s->to, t, index, row, len) == SQLITE_OK &&
	    t == STORE_ENTRY)
		s->kept++;
}

static void
keep_meta(struct store_db *to, struct store_db *from, const char *name)
{
	uint8_t value[256];
	size_t len;

	if (store_db_get_meta(from, name, value, sizeof(value), &len) ==
	    SQLITE_OK)
		(void)store_db_put_meta(to, name, value, len);
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

unsigned
store_salvage(struct store_db *to, const char *damaged)
{
	struct salvage s = { .to = to };
	struct store_db from;

	memset(&from, 0, sizeof(from));
	if (sqlite3_open_v2(damaged, &from.db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOFOLLOW, NULL) != SQLITE_OK) {
		store_db_close(&from);
		return 0;
	}
	(void)store_db_exec(&from, "PRAGMA locking_mode=EXCLUSIVE;"
	    "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON");
	if (!of_other_network(to, &from) &&
	    store_db_exec(to, "BEGIN IMMEDIATE") == SQLITE_OK) {
		keep_meta(to, &from, "hash_key");
		keep_tables(&s, &from);
		if (store_db_exec(to, "COMMIT") != SQLITE_OK) {
			(void)store_db_exec(to, "ROLLBACK");
			s.kept = 0;
		}
	}
	/* Closing must not change what was set aside. */
	sqlite3_db_config(from.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	store_db_close(&from);
	return s.kept;
}

static int
copy_fd(int in, int out)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			return -1;
	if (n == -1 || fsync(out) == -1)
		return -1;
	return 0;
}

int
store_copy_file(const char *from, const char *to)
{
	char tmp[STORE_PATH_SIZE];
	int in, out, rv = -1;

	snprintf(tmp, sizeof(tmp), "%s.tmp", to);
	if ((in = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return -1;
	(void)unlink(tmp);
	out = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (out != -1) {
		rv = copy_fd(in, out);
		if (close(out) == -1)
			rv = -1;
		if (rv == 0)
			rv = rename(tmp, to);
		if (rv == -1)
			(void)unlink(tmp);
	}
	close(in);
	return rv;
}
