/* SPDX-License-Identifier: ISC */
/* Files by name: set aside, copied, their directory synced. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "addrbookd/store_impl.h"
#include "common/log.h"

#define ASIDE_TRIES	100	/* names tried: NAME.word-DATE[.N] */

const char *
store_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

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
		log_warn("cannot rename %s", store_name(from));
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

static int
write_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= n)
		if ((n = write(fd, p, len)) == -1)
			return -1;
	return 0;
}

static int
copy_fd(int in, int out)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write_all(out, buf, n) == -1)
			return -1;
	return n == -1 ? -1 : fsync(out);
}

int
store_copy_file(const char *from, const char *to)
{
	char tmp[STORE_PATH_SIZE];
	int in, out, error, rv = -1;

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
	}
	if (rv == -1) {
		error = errno;
		if (out != -1)
			(void)unlink(tmp);
		errno = error;
	}
	close(in);
	return rv;
}

void
store_sync_dir(const char *path)
{
	char dir[STORE_PATH_SIZE];
	char *slash;
	int fd;

	strlcpy(dir, path, sizeof(dir));
	if ((slash = strrchr(dir, '/')) == NULL)
		return;
	slash[slash == dir] = '\0';
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1 ||
	    fsync(fd) == -1)
		log_warn("cannot sync the state directory");
	if (fd != -1)
		close(fd);
}
