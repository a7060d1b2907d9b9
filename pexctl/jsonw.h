/* SPDX-License-Identifier: ISC */
/*
 * A JSON writer: values leave as they come, nothing is kept, so that a whole
 * book can be shown in the memory of one entry.
 *
 * A key is NULL inside an array and at the top.  Nesting deeper than
 * JSONW_DEPTH is a mistake of the program's.
 */
#ifndef PEXCTL_JSONW_H
#define PEXCTL_JSONW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSONW_DEPTH	8

struct jsonw {
	FILE	*f;
	int	 depth;
	bool	 comma[JSONW_DEPTH + 1];	/* something came before */
	char	 close[JSONW_DEPTH + 1];
	bool	 rows[JSONW_DEPTH + 1];		/* one element a line */
};

/* The file stays the caller's. */
void	 jsonw_init(struct jsonw *, FILE *);
void	 jsonw_object(struct jsonw *, const char *key);
void	 jsonw_array(struct jsonw *, const char *key);
/* An array whose elements each begin a line: for grep and for eyes. */
void	 jsonw_rows(struct jsonw *, const char *key);
void	 jsonw_end(struct jsonw *);	/* of the innermost one */
/* End all that is open, and the line. */
void	 jsonw_finish(struct jsonw *);

/* Bytes that are no UTF-8 come out as U+FFFD. */
void	 jsonw_str(struct jsonw *, const char *key, const char *);
void	 jsonw_int(struct jsonw *, const char *key, int64_t);
void	 jsonw_uint(struct jsonw *, const char *key, uint64_t);
void	 jsonw_bool(struct jsonw *, const char *key, bool);
void	 jsonw_null(struct jsonw *, const char *key);

#endif
