/* SPDX-License-Identifier: ISC */
/*
 * So many lines a second, and how many more there were.  Zeroed is new; the
 * clock is the caller's, in whole seconds that only grow.
 */
#ifndef PEXD_LOGRATE_H
#define PEXD_LOGRATE_H

#include <stdbool.h>
#include <stdint.h>

struct lograte {
	uint64_t	second;
	unsigned	lines;		/* in that second */
	unsigned	held;		/* of them were held back */
};

/*
 * It is that second now.  If it is a new one it begins, and how many lines
 * were held back in the last one is returned, to be told.
 */
unsigned	 lograte_turn(struct lograte *, uint64_t second);
/* One more line: may it pass, of so many a second? */
bool		 lograte_take(struct lograte *, unsigned rate);

#endif
