/* SPDX-License-Identifier: ISC */
/*
 * What is wrong: a line on standard error, as err(3) has it, and where the
 * output is JSON an object there, so that a program need not read both.
 */
#ifndef PEXCTL_COMPLAIN_H
#define PEXCTL_COMPLAIN_H

#include "pexctl/output.h"

/* Whose output it is; stays the caller's.  Before that: stderr alone. */
void	 complain_to(struct view *);
/* As warnx(3) and, with errno, warn(3). */
void	 complain(const char *fmt, ...)
	    __attribute__((__format__(__printf__, 1, 2)));
void	 complain_errno(const char *fmt, ...)
	    __attribute__((__format__(__printf__, 1, 2)));

#endif
