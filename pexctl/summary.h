/* SPDX-License-Identifier: ISC */
/*
 * The figures and texts of a summary, gathered and put in order: they come
 * from four processes at once, and every format wants them grouped.
 */
#ifndef PEXCTL_SUMMARY_H
#define PEXCTL_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/msg.h"

#define SUMMARY_MAX	4096	/* items, and processes; more is dropped */

/* A counter, or a fact if it is text. */
struct item {
	enum role	 role;		/* who tells it */
	unsigned	 seq;		/* the order they came in */
	bool		 is_text;
	bool		 is_total;	/* counts up from 0: "..._total" */
	int64_t		 number;
	char		 name[MSG_NAME_SIZE];	/* of a-z, 0-9 and _ */
	char		 text[256];
};

struct summary {
	struct item		*items;
	size_t			 n;
	struct m_row_proc	*procs;
	size_t			 nprocs;
};

void	 summary_init(struct summary *);
void	 summary_free(struct summary *);
/*
 * Add a copy; a second value of one name from one process is dropped.
 * Returns 0, or -1 without memory.
 */
int	 summary_add_fact(struct summary *, const struct m_fact *);
int	 summary_add_counter(struct summary *, const struct m_counter *);
int	 summary_add_proc(struct summary *, const struct m_row_proc *);
/* Order them by process, the parent first; facts first; then as they came. */
void	 summary_sort(struct summary *);
/* The same by name, then by process: for formats of families. */
void	 summary_sort_by_name(struct summary *);
/*
 * Is the fact items[i] the first of its name?  Where facts are one flat
 * list the others go under "process_name".
 */
bool	 summary_is_first(const struct summary *, size_t i);

#endif
