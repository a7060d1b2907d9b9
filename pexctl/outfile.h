/* SPDX-License-Identifier: ISC */
/*
 * Files that appear whole or not at all: written under a temporary name in
 * the same directory by a confined process, named by another that reads and
 * parses nothing.
 */
#ifndef PEXCTL_OUTFILE_H
#define PEXCTL_OUTFILE_H

#include <stdbool.h>

/*
 * Have path (mode 0600) written by fill(), which runs in a process of its
 * own with the file's descriptor and ctx, and returns an exit status.  On 0
 * the file is synced and takes its name; replace: also from an existing one.
 * Else nothing remains.  Returns fill's status, or CTL_REFUSED after saying
 * why on standard error.
 */
int	outfile_write(const char *path, bool replace,
	    int (*fill)(void *ctx, int fd), void *ctx);

#endif
