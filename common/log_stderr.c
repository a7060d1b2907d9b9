/* SPDX-License-Identifier: ISC */
/*
 * Lines on standard error: with the time for a terminal or a file, with the
 * priority for systemd's journal, which knows the time.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"

int
log_priority(enum log_level level)
{
	static const int priorities[] = {
		[LOG_LV_ERROR] = LOG_CRIT,
		[LOG_LV_WARN] = LOG_WARNING,
		[LOG_LV_INFO] = LOG_INFO,
		[LOG_LV_DEBUG] = LOG_DEBUG,
	};

	return priorities[level];
}

/* A stopped terminal, or a pipe that nobody reads, must stop nobody here. */
static bool
has_room(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	return poll(&pfd, 1, 0) != 0;
}

/*
 * The journal's name is in the environment of whoever a service started, and
 * of what that starts with its standard error elsewhere; sd-daemon(3).
 */
static bool
is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t dev, ino;
	struct stat st;

	return stream != NULL &&
	    sscanf(stream, "%ju:%ju", &dev, &ino) == 2 &&
	    fstat(fd, &st) == 0 &&
	    st.st_dev == (dev_t)dev && st.st_ino == (ino_t)ino;
}

/* What a line begins with: "2026-01-31T12:00:00+0000 ", or "<6>". */
static void
begin(char *dst, size_t size, enum log_level level)
{
	time_t now = time(NULL);
	struct tm tm;

	if (is_journal(STDERR_FILENO))
		snprintf(dst, size, "<%d>", log_priority(level));
	else if (localtime_r(&now, &tm) == NULL ||
	    strftime(dst, size, "%Y-%m-%dT%H:%M:%S%z ", &tm) == 0)
		dst[0] = '\0';
}

bool
log_try_stderr(enum log_level level, const char *line)
{
	char head[32], text[LOG_LINE_SIZE + sizeof(head) + 2];
	int n;

	begin(head, sizeof(head), level);
	n = snprintf(text, sizeof(text), "%s%s\n", head, line);
	if (n < 0 || !has_room(STDERR_FILENO))
		return false;
	if ((size_t)n >= sizeof(text)) {
		n = sizeof(text) - 1;
		text[n - 1] = '\n';
	}
	/* One write, so that lines of several processes do not mix. */
	return write(STDERR_FILENO, text, n) == n;
}

void
log_to_stderr(void *ctx, enum log_level level, const char *line)
{
	(void)log_try_stderr(level, line);
}
