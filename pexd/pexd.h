/* SPDX-License-Identifier: ISC */
/*
 * The parent: authority.  What its parts share.  Each of them is a struct of
 * its own, tied together by struct pexd, which main.c makes.
 */
#ifndef PEXD_PEXD_H
#define PEXD_PEXD_H

#include <sys/types.h>
#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/log.h"
#include "common/msg.h"
#include "common/nodekey.h"
#include "common/pipe.h"
#include "pexd/lex.h"

struct event_base;

/* Where things are unless an option or the configuration says otherwise. */
#define PATH_CONF	"/etc/pexd.conf"
/* Only for a pexd that was started as root. */
#define PATH_NODE_KEY	"/etc/pexd/node_key.pem"
#define PATH_STATE_DIR	PEXD_DBDIR "/pexd"
#define PATH_CHROOT	"/var/empty"
#define USER_DEFAULT	"_pexd"

#define NCHILDREN	3	/* engine, dialer, addrbookd */

/* What the command line says. */
struct options_given {
	const char	*conf_path;	/* absolute */
	const char	*libexec;	/* folder of the children */
	struct macros	 defines;	/* -D */
	int		 verbose;
	bool		 foreground;
	bool		 check_only;
};

/* Whom the children become. */
struct identity {
	bool		 drop;		/* started as root */
	uid_t		 uid;
	gid_t		 gid;
};

struct children;
struct control;
struct daemonize;
struct listeners;
struct logsink;
struct reload;

struct pexd {
	struct options_given	 given;
	struct identity		 identity;
	struct event_base	*base;
	struct conf		*conf;		/* in force */
	struct nodekey		*key;
	struct listeners	*listeners;
	struct children		*children;
	struct control		*control;
	struct reload		*reload;
	struct logsink		*logsink;
	struct daemonize	*daemonize;	/* NULL: in the foreground */
	char			 sandbox[MSG_NAME_SIZE];
	uint32_t		 engine_nofile;
	uint64_t		 started_ms;	/* monotonic */
	bool			 up;		/* all were ready once */
	int			 status;	/* to exit with */
};

/* daemonize.c */
/*
 * Go to the background: the caller's process waits for daemonize_done() in
 * the child it becomes, and exits with 0, or with 1 if that child ends
 * before.  NULL after logging why.
 */
struct daemonize *daemonize_begin(void);
/* Started: let go of the terminal and of the process that waits. */
void		 daemonize_done(struct daemonize *);	/* NULL is fine */

/* key.c */
/*
 * Load the configured node key; one that does not exist is made.  NULL, and
 * why says what is wrong.
 */
struct nodekey	*key_load(const char *path, struct nodekey_why *);
/* A handler: engine's challenge. */
void		 key_on_sign(void *pexd, struct pipe *, struct msg *);

/* loadconf.c */
/*
 * Read the configuration as this start needs it: the file, defaults of
 * paths, name servers and hosts.  Errors go to the report.  NULL then.
 */
struct conf	*load_conf(const struct options_given *,
		    const struct lex_report *);
/* Descriptors that engine needs for these limits. */
uint32_t	 load_engine_nofile(const struct conf *);

/* start.c: what has to hold before children are started; fatal if not */
void		 start_identity(struct pexd *);
void		 start_check_programs(const char *libexec);
void		 start_folders(const struct pexd *);
void		 start_descriptors(struct pexd *);

/* notify.c */
/* Tell the service manager, if there is one ("READY=1"). */
void		 notify_manager(const char *state);

#endif
