/* SPDX-License-Identifier: ISC */
/* Files that are only read: damaged ones, and what nobody may write. */

#include <sys/types.h>
#include <sys/stat.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "addrbookd/store_impl.h"

/* A path as a URI; without its log a database is what it once was. */
static void
uri_of(const char *path, bool with_log, char *uri, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = strlcpy(uri, "file:", size);

	/* What stands between two slashes and the next would be a host. */
	while (path[0] == '/' && path[1] == '/')
		path++;
	for (; *path != '\0' && n + 16 < size; path++) {
		if (isalnum((unsigned char)*path) || *path == '/') {
			uri[n++] = *path;
			continue;
		}
		uri[n++] = '%';
		uri[n++] = hex[(unsigned char)*path >> 4];
		uri[n++] = hex[*path & 15];
	}
	strlcpy(uri + n, with_log ? "" : "?immutable=1", size - n);
}

int
store_db_open_still(struct store_db *d, const char *path, bool with_log)
{
	char uri[STORE_PATH_SIZE * 3 + 32];
	struct stat st;
	int rc;

	memset(d, 0, sizeof(*d));
	/* A FIFO could be opened as well. */
	if (lstat(path, &st) == -1 || !S_ISREG(st.st_mode))
		return SQLITE_CANTOPEN;
	uri_of(path, with_log, uri, sizeof(uri));
	rc = sqlite3_open_v2(uri, &d->db, (with_log ? SQLITE_OPEN_READWRITE :
	    SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_URI,
	    NULL);
	if (rc == SQLITE_OK) {
		store_db_harden(d->db);
		(void)store_db_exec(d, "PRAGMA locking_mode=EXCLUSIVE;"
		    "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON");
	}
	return rc;
}
