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
	uint8_t			 key[BOOK_KEY_SIZE];	/* the book's */
	int			 loaded;	/* rows taken */
};

/* Open the store in dir (a book of that size), load it; must succeed. */
void		 storefix_open(struct storefix *, const char *dir,
		    const char *network, unsigned int size, uint32_t now);
/* Save what has changed, close. */
void		 storefix_close(struct storefix *);
/* The same, with another pace of its writer; struct store_pace. */
void		 storefix_open_at(struct storefix *, const char *dir,
		    const char *network, unsigned int size, uint32_t now,
		    unsigned commit_gap_ms, unsigned retry_max_ms);
/* Some of everything: entries of all levels, bans, holds, own addresses. */
void		 storefix_fill(struct storefix *, unsigned int entries);
/* Node n, as fix_peer() has them, was met. */
void		 storefix_meet(struct storefix *, unsigned int n,
		    const char *moniker);
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

/* --- one in STOREFIX_DIR ---------------------------------------------- */

#define STOREFIX_DIR	"store"
#define STOREFIX_FILE	STOREFIX_DIR "/addrbook.db"
#define STOREFIX_COPY	STOREFIX_FILE ".copy"
#define STOREFIX_SIZE	4096	/* of its book */

/* storefix_open() of that; changes are committed at once. */
void		 storefix_begin(struct storefix *);
/*
 * A sound store of so many entries and a node to each, as one file that the
 * caller frees; all is how many entries it holds.
 */
uint8_t		*storefix_make(unsigned int entries, size_t *len, int *all);
/* Only that file, and a copy of the last start if one is given. */
void		 storefix_place(const uint8_t *, size_t, const uint8_t *copy,
		    size_t copy_len);
/*
 * Fail the test unless it opens, every table takes a change, and it opens
 * again with that.  Returns how many entries were there at first.
 */
int		 storefix_survive(void);

#endif
