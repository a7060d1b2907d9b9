/* SPDX-License-Identifier: ISC */
/*
 * A store for a test: opened, loaded, filled, damaged, compared.
 */
#ifndef PEXD_REGRESS_STOREFIX_H
#define PEXD_REGRESS_STOREFIX_H

#include <sys/types.h>

#include "addrbookd/store.h"
#include "regress/lib/bookfix.h"

#define STOREFIX_NETWORK	"test-1"

struct storefix {
	struct bookfix		 f;		/* f.book is the store's */
	struct store		*store;
	struct store_report	 report;
	int			 loaded;	/* rows taken */
};

/* Open the store in dir (a book of that size), load it; must succeed. */
void		 storefix_open(struct storefix *, const char *dir,
		    const char *network, unsigned int size, uint32_t now);
/* Save what has changed, close. */
void		 storefix_close(struct storefix *);
/* Some of everything: entries of all levels, bans, holds, own addresses. */
void		 storefix_fill(struct storefix *, unsigned int entries);
/* Wait until all that the book reported is committed; 10 s at most. */
void		 storefix_settle(struct storefix *);
/* Fail the test unless both hold the same rows under the same numbers. */
void		 storefix_same(struct book *, struct book *, unsigned int size);

/* A file as bytes; the caller frees.  Fails the test on error. */
uint8_t		*storefix_read(const char *path, size_t *len);
void		 storefix_write(const char *path, const uint8_t *, size_t);
/* How many names in dir begin so? */
unsigned int	 storefix_count(const char *dir, const char *prefix);
/* Empty the directory, or make it. */
void		 storefix_clean(const char *dir);

#endif
