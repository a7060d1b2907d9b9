/* SPDX-License-Identifier: ISC */
/*
 * A real addrbookd with a full book that changes as fast as it takes it,
 * while the engine asks for selections and the writer commits.
 */
#ifndef PEXD_REGRESS_BOOKDLOAD_H
#define PEXD_REGRESS_BOOKDLOAD_H

#include "regress/lib/bookdfix.h"
#include "regress/lib/hist.h"

/* Fill the book of fix, which does not run yet; returns how many entries. */
unsigned int	 bload_fill(struct bookdfix *);
/*
 * Ask for that many selections one by one, with changes outcomes of dials
 * told before each.  The times, us, go to the histogram.
 */
void		 bload_select(struct bookdfix *, unsigned int selects,
		    unsigned int changes, struct hist *);

#endif
