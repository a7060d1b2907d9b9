/* SPDX-License-Identifier: ISC */
/*
 * A disk that fails, or takes long, for this process.  Its program includes
 * baddisk_calls.h, through which go SQLite's calls and those of the store
 * that change files.
 */
#ifndef PEXD_REGRESS_BADDISK_H
#define PEXD_REGRESS_BADDISK_H

#include <stdbool.h>

/* What baddisk_calls.h asks: the errno of this write, of this name; or 0. */
int		 baddisk_fate(void);
int		 baddisk_denied(void);
/* Until then, and with error 0, all goes well. */
void		 baddisk_init(void);
/* After that many more writes each one fails so: an errno. */
void		 baddisk_fail(int error, unsigned int after);
/* No file is made, renamed or removed any more; EROFS: nor written. */
void		 baddisk_deny(int error);
/* How many writes were tried since baddisk_init(). */
unsigned int	 baddisk_writes(void);
/* Writes do not return while it is stuck. */
void		 baddisk_stick(bool stuck);
/* Is one of them waiting? */
bool		 baddisk_is_stuck(void);

#endif
