/* SPDX-License-Identifier: ISC */
/*
 * A store in memory, for where no file can be written: on a full disk, a
 * failing or a read-only one.  What could be read is in it, what is learnt
 * goes there, and all of it is written as addrbook.db.new when that can be
 * done, for the next start to put in its place.  That file was opened before
 * the sandbox.  Its header is written last, so that less than all of it is no
 * database.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "addrbookd/store_impl.h"
#include "common/log.h"

#define HEADER	100	/* bytes; sqlite.org, "Database File Format", 1.3 */

int
store_memory_open(struct store_db *d)
{
	int rc;

	memset(d, 0, sizeof(*d));
	/* A name without a slash is this connection's alone. */
	rc = sqlite3_open_v2("file:addrbook?vfs=memdb", &d->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI |
	    SQLITE_OPEN_FULLMUTEX, NULL);
	d->in_memory = true;
	d->target = -1;
	if (rc == SQLITE_OK)
		rc = store_db_exec(d, "PRAGMA locking_mode=EXCLUSIVE;"
		    "PRAGMA journal_mode=MEMORY; PRAGMA temp_store=MEMORY;"
		    "PRAGMA trusted_schema=OFF; BEGIN IMMEDIATE");
	if (rc != SQLITE_OK)
		store_db_close(d);
	return rc;
}

int
store_memory_target(struct store_db *d, const char *path)
{
	d->target = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (d->target == -1)
		return -1;
	store_sync_dir(path);
	return 0;
}

static int
write_at(int fd, const uint8_t *p, size_t len, off_t at)
{
	ssize_t n;

	for (; len > 0; p += n, len -= n, at += n) {
		if ((n = pwrite(fd, p, len, at)) == -1)
			return -1;
		if (n == 0) {
			errno = ENOSPC;
			return -1;
		}
	}
	return 0;
}

/* From now on it is no database, whatever becomes of the rest. */
static int
take_header(struct store_db *d)
{
	static const uint8_t zero[HEADER];

	if (!d->has_header)
		return 0;
	if (write_at(d->target, zero, sizeof(zero), 0) == -1 ||
	    fsync(d->target) == -1)
		return -1;
	d->has_header = false;
	return 0;
}

static int
give_header(struct store_db *d, const uint8_t *p)
{
	/* Even if it fails it may be there. */
	d->has_header = true;
	return write_at(d->target, p, HEADER, 0) == -1 ||
	    fsync(d->target) == -1 ? -1 : 0;
}

int
store_memory_save(struct store_db *d, bool finish)
{
	sqlite3_int64 len;
	const uint8_t *p;

	if (d->target == -1) {
		errno = EROFS;
		return -1;
	}
	p = sqlite3_serialize(d->db, "main", &len, SQLITE_SERIALIZE_NOCOPY);
	if (p == NULL || len < HEADER) {
		errno = ENOMEM;
		return -1;
	}
	if (take_header(d) == -1 || ftruncate(d->target, len) == -1 ||
	    write_at(d->target, p + HEADER, len - HEADER, HEADER) == -1 ||
	    fsync(d->target) == -1)
		return -1;
	return finish ? give_header(d, p) : 0;
}
