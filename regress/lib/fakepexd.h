/* SPDX-License-Identifier: ISC */
/*
 * A daemon's control socket with nothing behind it: canned answers, so that
 * pexctl can be tried in every situation, those included that a real daemon
 * does not get into.
 *
 * What is asked is written to the file "requests", one line each; what is
 * imported to the file "imported".
 */
#ifndef REGRESS_FAKEPEXD_H
#define REGRESS_FAKEPEXD_H

#include <sys/types.h>

#define FAKEPEXD_SOCKET	"sock"
#define FAKEPEXD_BANNED	7	/* number of the banned entry of the book */

enum fake_mode {
	FAKE_NORMAL = 0,
	FAKE_HANG_UP,		/* close on the first request */
	FAKE_HALF,		/* some rows, then close */
	FAKE_GARBAGE,		/* bytes that are no message */
	FAKE_WRONG_ROWS,	/* rows of another answer */
	FAKE_UNAVAILABLE,	/* every process is down */
	FAKE_DENIED,		/* every request is refused */
	FAKE_SILENT,		/* no answer at all */
	FAKE_NOT_YOU,		/* the caller is, before it has asked */
};

struct fakepexd {
	pid_t	pid;
};

/*
 * Start it on FAKEPEXD_SOCKET in the working directory, with a book of that
 * many entries; it listens when this returns.
 */
void	fakepexd_start(struct fakepexd *, enum fake_mode, unsigned book);
/* End it; it must still be there. */
void	fakepexd_stop(struct fakepexd *);

#endif
