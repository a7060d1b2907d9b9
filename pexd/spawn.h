/* SPDX-License-Identifier: ISC */
/* Start a program with one descriptor and nothing else of ours. */
#ifndef PEXD_SPAWN_H
#define PEXD_SPAWN_H

#include <sys/types.h>

#include <stdbool.h>

/*
 * fork(2) and exec the program at path (absolute) under that name with fd as
 * its descriptor CHILD_FD.  quiet: standard error is /dev/null, else ours.
 * fd stays the caller's.  Returns the process, or -1 with errno.  A program
 * that cannot be executed ends with status 127.
 */
pid_t	spawn(const char *path, const char *name, int fd, bool quiet);

#endif
