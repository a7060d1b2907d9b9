/* SPDX-License-Identifier: ISC */
/* Who is banned, to leave out of an export.  Pure. */
#ifndef PEXCTL_BANSET_H
#define PEXCTL_BANSET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/msg.h"

struct banset {
	struct node_id	*ids;
	struct nethost	*hosts;
	size_t		 nids, nhosts;
};

/* now in unix seconds: what has ended is left out.  0, or -1: no memory. */
int	 banset_add(struct banset *, const struct m_row_ban *, int64_t now);
void	 banset_sort(struct banset *);		/* after the last one */
bool	 banset_has(const struct banset *, const struct peer_addr *);
void	 banset_free(struct banset *);

#endif
