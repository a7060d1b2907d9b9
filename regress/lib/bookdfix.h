/* SPDX-License-Identifier: ISC */
/*
 * A real addrbookd between a parent, an engine and a dialer that are played
 * here, with its store in the working directory's "state".
 */
#ifndef PEXD_REGRESS_BOOKDFIX_H
#define PEXD_REGRESS_BOOKDFIX_H

#include "regress/lib/bookfix.h"
#include "regress/lib/childfix.h"

#define BFIX_STATE	"state"

struct bookdfix {
	struct childfix		 child;
	struct conf		*conf;		/* change it before the start */
};

/* A strict node with an empty state directory; nothing runs yet. */
void		 bfix_init(struct bookdfix *);
/* Run it and wire it. */
void		 bfix_start(struct bookdfix *);
/* A neighbour dies and comes again; it has been told all it has to know. */
void		 bfix_again(struct bookdfix *, enum role);
/* It leaves; let go of everything. */
void		 bfix_stop(struct bookdfix *);

/* All rows of a show, by as many cursors as it takes.  Returns how many. */
unsigned	 bfix_rows(struct bookdfix *, enum show, uint32_t row_type);

/* As engine: a list of n addresses from number from on, told by source. */
void		 bfix_tell(struct bookdfix *, unsigned from, unsigned n,
		    unsigned source);
/* As dialer: a dial of number n ended so. */
void		 bfix_dialled(struct bookdfix *, unsigned n, enum outcome);

#endif
