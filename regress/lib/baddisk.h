/* SPDX-License-Identifier: ISC */
/*
 * A disk that fails, or takes long, for SQLite in this process: the system
 * calls by which it writes are replaced, as it allows tests to do.
 */
#ifndef PEXD_REGRESS_BADDISK_H
#define PEXD_REGRESS_BADDISK_H

#include <stdbool.h>

/* Until then, and with error 0, all goes well. */
void		 baddisk_init(void);
/* After that many more writes each one fails so: an errno. */
void		 baddisk_fail(int error, unsigned int after);
/* How many writes were tried since baddisk_init(). */
unsigned int	 baddisk_writes(void);
/* Writes do not return while it is stuck. */
void		 baddisk_stick(bool stuck);
/* Is one of them waiting? */
bool		 baddisk_is_stuck(void);

#endif
