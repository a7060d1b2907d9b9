/* SPDX-License-Identifier: ISC */
/* Run pexctl's importer over a text and keep what it said and handed on. */
#ifndef REGRESS_IMPORTRUN_H
#define REGRESS_IMPORTRUN_H

#include "pexctl/import.h"

#define GOT_MAX	32

struct got {
	int			 rv;
	char			 why[256];	/* without the column */
	size_t			 column;
	struct import_tally	 tally;
	struct m_row_entry	 list[GOT_MAX];	/* the first ones */
	size_t			 n;
	size_t			 nhistory;
	size_t			 stop_at;	/* refuse this one; 0: none */
};

/* The callback of all of them; ctx is the struct got. */
int	 got_entry(void *ctx, const struct m_row_entry *, bool with_history);
/* Fed in pieces of step bytes.  Only stop_at is read from got. */
void	 import_run(struct got *, enum import_format, const char *, size_t len,
	    size_t step);
/* The same with the format it is seen to have. */
void	 import_run_text(struct got *, const char *text);

#endif
