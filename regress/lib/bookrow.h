/* SPDX-License-Identifier: ISC */
/* Are two rows of a book the same? */
#ifndef PEXD_REGRESS_BOOKROW_H
#define PEXD_REGRESS_BOOKROW_H

#include <stdbool.h>

#include "addrbookd/book/book.h"

/*
 * In all that is stored.  Not in what the book derives: senior, bad, banned.
 * Written apart from the book, which compares rows, too, when it loads them.
 */
bool	 bookrow_same(const struct book_row *, const struct book_row *);

#endif
