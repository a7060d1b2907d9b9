/* SPDX-License-Identifier: ISC */
/*
 * Reads an operator's file of addresses, in any of three formats, as a
 * stream of bytes in fixed memory.
 *
 * An entry with a defect is left out and counted by reason; a file that is
 * not what it began as (cut short, no JSON, nested too deep, too large) is
 * refused with the line and the reason.  Pure: entries go to a callback.
 *
 * Sources: CometBFT p2p/pex/file.go and known_address.go (addrbook.json).
 */
#ifndef PEXCTL_IMPORT_H
#define PEXCTL_IMPORT_H

#include <stddef.h>
#include <stdint.h>

#include "common/msg.h"

#define IMPORT_PEEK	4096	/* bytes import_detect() wants to see */

enum import_format {
	IMPORT_LIST = 0,	/* id@ip:port, by white space or commas */
	IMPORT_LINES,		/* pexd's own: one JSON object per entry */
	IMPORT_COMET,		/* CometBFT's addrbook.json */
	IMPORT_FORMAT_MAX
};
const char	*import_format_name(enum import_format);

enum import_defect {		/* why an entry is left out */
	DEFECT_NOT_OBJECT = 0,	/* no JSON object, or its address is none */
	DEFECT_ID,
	DEFECT_HOST_NAME,
	DEFECT_IP,
	DEFECT_PORT,
	DEFECT_BUCKET_TYPE,
	DEFECT_NO_BUCKET,
	DEFECT_BUCKET,		/* index outside the table */
	DEFECT_COUNT,		/* attempts, successes: negative or no number */
	DEFECT_TIME,
	DEFECT_LEVEL,		/* unknown, or without a success */
	DEFECT_MAX,
	DEFECT_NONE = DEFECT_MAX
};
/* A word for programs ("no_bucket"), a phrase for people. */
const char	*import_defect_key(enum import_defect);
const char	*import_defect_text(enum import_defect);

struct import_tally {
	uint64_t	entries;		/* good ones handed on */
	uint64_t	left_out;
	uint64_t	defects[DEFECT_MAX];
	uint64_t	first_line[DEFECT_MAX];	/* where each came first */
};

/*
 * Takes an entry; with_history tells whether anything but its address is
 * set.  Not 0 ends the import: import_feed() or import_end() returns -1 and
 * import_error() NULL.
 */
typedef int (*import_fn)(void *ctx, const struct m_row_entry *,
    bool with_history);

struct import;

/* Which format a file has that begins so. */
enum import_format	 import_detect(const char *, size_t);
/* NULL without memory. */
struct import		*import_new(enum import_format, import_fn, void *ctx);
void			 import_free(struct import *);	/* NULL is fine */
/* The next bytes, cut anywhere.  0, or -1: the file is refused. */
int			 import_feed(struct import *, const char *, size_t);
/* There is no more.  0, or -1: something is missing. */
int			 import_end(struct import *);
/* Why it was refused ("line 17, column 4: ..."), or NULL. */
const char		*import_error(const struct import *);
const struct import_tally *import_tally(const struct import *);

#endif
