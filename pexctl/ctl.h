/* SPDX-License-Identifier: ISC */
/* What the commands of pexctl share. */
#ifndef PEXCTL_CTL_H
#define PEXCTL_CTL_H

#include "pexctl/client.h"
#include "pexctl/command.h"
#include "pexctl/output.h"

/* Exit status: the daemon's answer. */
enum {
	CTL_OK = 0,
	CTL_REFUSED = 1,	/* the daemon, or a file, said no */
	CTL_USAGE = 2,
	CTL_NO_DAEMON = 3,
};

struct ctl {
	const char	*socket;
	struct args	 args;
	struct client	*client;	/* once connected */
	struct view	 view;
};

/* pexctl.c: these say on standard error what is wrong, and return CTL_*. */

int	 ctl_connect(struct ctl *);
/* Give up what is not needed once everything is open. */
int	 ctl_confine(void);
/* What the end of a request means; rv is what client_ask() returned. */
int	 ctl_end(struct ctl *, int rv, const struct m_done *);
/* Connect, confine, ask, say what came; for requests without rows. */
int	 ctl_request(struct ctl *, uint32_t type, const void *body);

/* The commands: CTL_*. */
int	 show_command(struct ctl *);		/* show.c */
int	 monitor_command(struct ctl *);		/* monitor.c */
int	 book_import_command(struct ctl *);	/* book_import.c */
int	 book_export_command(struct ctl *);	/* book_export.c */
int	 key_generate_command(struct ctl *);	/* key.c */
int	 key_show_command(struct ctl *);
int	 key_import_command(struct ctl *);
int	 key_export_command(struct ctl *);

#endif
