/* SPDX-License-Identifier: ISC */
/*
 * The command line: a tree of words, each of which may be abbreviated as
 * long as it stays the only one that fits.  Pure.
 */
#ifndef PEXCTL_COMMAND_H
#define PEXCTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/msg.h"

enum action {
	ACT_NONE = 0,
	ACT_SHOW,		/* args.what */
	ACT_DIAL,
	ACT_DROP,
	ACT_BAN,		/* seconds 0: lift it */
	ACT_RELOAD,
	ACT_LOG,		/* args.verbose */
	ACT_MONITOR,
	ACT_IMPORT,
	ACT_EXPORT,
	ACT_KEY_GENERATE,
	ACT_KEY_SHOW,
	ACT_KEY_IMPORT,		/* from file to file2 */
	ACT_KEY_EXPORT,
};

enum book_format {
	BOOK_JSON = 0,		/* pexd's own lines, the default */
	BOOK_LIST,
	BOOK_COMET,
};

struct args {
	enum action		 action;
	int			 what;		/* enum show, SHOW_VERSIONS.. */
	enum book_format	 format;
	bool			 persistent;
	bool			 check_only;	/* book import -n */
	bool			 verbose;
	bool			 has_id, has_ip;
	struct node_id		 id;
	uint8_t			 ip[16];
	struct host_addr	 addr;
	uint32_t		 seconds;
	const char		*file, *file2;	/* into argv, or NULL */
};

#define BAN_DEFAULT	(24 * 60 * 60)	/* seconds, as for a first offence */

/*
 * Parse the words.  Returns 0; or -1, and has written what is wrong and
 * which words may stand there to err.
 */
int	 command_parse(int argc, char *const argv[], struct args *, FILE *err);

#endif
