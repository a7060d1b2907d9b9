/* SPDX-License-Identifier: ISC */
/*
 * Run the pexctl of $PEXD_BUILD and look at what it leaves: its output in
 * the files "out" and "err" of the working directory.
 */
#ifndef REGRESS_RUNCTL_H
#define REGRESS_RUNCTL_H

#include <sys/types.h>

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Start it with the words of the line, cut at spaces. */
pid_t		 runctl_start(const char *line);
/* Its exit status; ATF fails if a signal ended it. */
int		 runctl_wait(pid_t);
int		 runctl(const char *line);	/* both */

/* A file's text; valid until the next call but one. */
const char	*text_of(const char *file);
/* Does the file say so?  If not, it is printed. */
bool		 has(const char *file, const char *what);
size_t		 lines_of(const char *file);
json_t		*json_of(const char *file);
void		 write_file(const char *file, const char *text);
/* Does is(arg) come true within ten seconds? */
bool		 becomes(bool (*is)(const void *), const void *arg);

#endif
