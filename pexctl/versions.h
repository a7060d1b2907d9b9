/* SPDX-License-Identifier: ISC */
/*
 * How many nodes run which version on which network: counted from rows, for
 * peers may announce anything in bounded memory.
 */
#ifndef PEXCTL_VERSIONS_H
#define PEXCTL_VERSIONS_H

#include "pexctl/output.h"

#define VERSIONS_MAX	4096	/* different ones; the rest is "(others)" */

struct versions;

struct versions	*versions_new(void);			/* NULL: memory */
void		 versions_free(struct versions *);	/* NULL is fine */
int		 versions_count(struct versions *, const struct m_row_node *);
/* Hand each one on, the most frequent first. */
void		 versions_each(struct versions *, struct view *,
		    void (*fn)(struct view *, const struct version_count *));

#endif
