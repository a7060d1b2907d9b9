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
	unsigned	 seq;		/* when the first of its name came */
	unsigned	 nth;		/* value of that name from that role */
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
 * Add a copy.  A fact may have several values, such as the addresses listened
 * on; a second figure of one name from one process, or the same value once
 * more, is dropped.  Returns 0, or -1 without memory.
 */
int	 summary_add_fact(struct summary *, const struct m_fact *);
int	 summary_add_counter(struct summary *, const struct m_counter *);
int	 summary_add_proc(struct summary *, const struct m_row_proc *);
/* Order them by process, the parent first; facts first; then as they came. */
void	 summary_sort(struct summary *);
/* The same by name, then by process: for formats of families. */
void	 summary_sort_by_name(struct summary *);

/*
 * For facts that are sorted: of how many values, from items[i] on, the fact
 * consists.  At least 1.
 */
size_t	 summary_values(const struct summary *, size_t i);
/* May a fact of this name have several values?  JSON has an array then. */
bool	 summary_is_list(const char *name);
/*
 * The key of the fact items[i] where all facts are one flat list: its name;
 * if a process before its own tells one of that name, "process_name".
 */
#define SUMMARY_KEY_SIZE	(2 * MSG_NAME_SIZE)
char	*summary_key(const struct summary *, size_t i,
	    char buf[SUMMARY_KEY_SIZE]);

#endif
