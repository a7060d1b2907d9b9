/* SPDX-License-Identifier: ISC */
/*
 * The system's log without waiting for it.  syslog(3) of Linux's libraries
 * blocks for as long as the log daemon reads nothing; OpenBSD's does not.
 */
#ifndef PEXD_COMPAT_LOGSOCK_H
#define PEXD_COMPAT_LOGSOCK_H

struct logsock;

/*
 * Lines will be ident's.  The socket is path, or the system's if that is
 * NULL; neither is copied.  NULL: ENOMEM.
 */
struct logsock	*logsock_open(const char *ident, const char *path);
void		 logsock_close(struct logsock *);	/* NULL is fine */
/*
 * A line for syslogd with a priority of syslog(3), facility daemon.  -1, and
 * the line is lost: it is not there, or takes no more now.
 */
int		 logsock_send(struct logsock *, int priority,
		    const char *line);

#endif
