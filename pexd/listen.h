/* SPDX-License-Identifier: ISC */
/*
 * The listening sockets: bound by the parent, used by engine.  The parent
 * keeps them to give them to the next engine when one dies.
 */
#ifndef PEXD_LISTEN_H
#define PEXD_LISTEN_H

#include <stdbool.h>

#include "common/conf.h"

struct listeners;

/* NULL: ENOMEM. */
struct listeners *listening_new(void);
void		 listening_free(struct listeners *);	/* NULL is fine */

/*
 * Bind what the config lists and is not bound yet.  Returns 0, or -1 and
 * what was bound for this config is closed again; why (of size bytes) says
 * which address and what was wrong.
 */
int		 listening_open(struct listeners *, const struct conf *,
		    char *why, size_t size);
/* The config is in force: close what it does not list. */
void		 listening_commit(struct listeners *, const struct conf *);
/* It is not: close what listening_open() bound. */
void		 listening_abort(struct listeners *);
/*
 * The i-th socket, for engine's dup(2), and its address; -1 past the last.
 * fresh is set for one that the engine of the config before has not.
 */
int		 listening_get(const struct listeners *, unsigned i,
		    struct netaddr *, bool *fresh);

#endif
