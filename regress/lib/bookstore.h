/* SPDX-License-Identifier: ISC */
/*
 * The rows of a book as a store would have them: kept up to date by what the
 * book says has changed, and by nothing else.
 */
#ifndef PEXD_REGRESS_BOOKSTORE_H
#define PEXD_REGRESS_BOOKSTORE_H

#include "addrbookd/book/book.h"

struct bookstore;

/* For a book with so many slots.  Aborts without memory. */
struct bookstore	*bookstore_new(uint32_t capacity);
void			 bookstore_free(struct bookstore *);
/* Take over what has changed. */
void			 bookstore_save(struct bookstore *, struct book *);
/*
 * Fill an empty book.  NULL, or what was not taken, though now is when it
 * was saved.  absent: it has entries to save again then, and no others.
 */
const char		*bookstore_load(const struct bookstore *,
			    struct book *, uint32_t now, bool absent);
/*
 * Do two books hold the same, every table, field by field?  NULL, or what
 * they differ in.
 */
const char		*bookstore_compare(struct book *, struct book *,
			    uint32_t now);

#endif
