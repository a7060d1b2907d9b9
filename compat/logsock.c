/* SPDX-License-Identifier: ISC */
/* Datagrams to /dev/log, as RFC 3164 has them; elsewhere syslog(3). */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "compat/logsock.h"

struct logsock {
	const char	*ident;
	const char	*path;
	int		 fd;
};

#ifdef __linux__
static int
connect_log(struct logsock *ls)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (ls->fd != -1)
		return 0;
	strlcpy(sun.sun_path, ls->path, sizeof(sun.sun_path));
	ls->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ls->fd == -1)
		return -1;
	if (connect(ls->fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return 0;
	close(ls->fd);
	ls->fd = -1;
	return -1;
}

static int
send_once(struct logsock *ls, const char *text, size_t len)
{
	if (connect_log(ls) == -1)
		return -1;
	if (send(ls->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
		return 0;
	if (errno != EAGAIN && errno != ENOBUFS) {
		close(ls->fd);
		ls->fd = -1;
	}
	return -1;
}

int
logsock_send(struct logsock *ls, int priority, const char *line)
{
	char stamp[32] = "", text[2048];
	time_t now = time(NULL);
	struct tm tm;
	int n;

	if (localtime_r(&now, &tm) != NULL)
		strftime(stamp, sizeof(stamp), "%b %e %T", &tm);
	n = snprintf(text, sizeof(text), "<%d>%s %s[%ld]: %s",
	    LOG_DAEMON | priority, stamp, ls->ident, (long)getpid(), line);
	if (n < 0)
		return -1;
	if ((size_t)n >= sizeof(text))
		n = sizeof(text) - 1;
	/* Twice, for the daemon may have been started anew in between. */
	if (send_once(ls, text, n) == 0)
		return 0;
	return ls->fd == -1 ? send_once(ls, text, n) : -1;
}
#else
int
logsock_send(struct logsock *ls, int priority, const char *line)
{
	syslog(priority, "%s", line);
	return 0;
}
#endif

struct logsock *
logsock_open(const char *ident, const char *path)
{
	struct logsock *ls;

	if ((ls = calloc(1, sizeof(*ls))) == NULL)
		return NULL;
	ls->ident = ident;
	ls->path = path != NULL ? path : "/dev/log";
	ls->fd = -1;
#ifndef __linux__
	openlog(ident, LOG_PID | LOG_NDELAY, LOG_DAEMON);
#endif
	return ls;
}

void
logsock_close(struct logsock *ls)
{
	if (ls == NULL)
		return;
	if (ls->fd != -1)
		close(ls->fd);
	free(ls);
}
