/* SPDX-License-Identifier: ISC */
/*
 * A big book for measurements: any number of made-up public addresses from
 * many groups and sources, some good, some that fail.  Reads the inside of
 * the book, so as to fill it in a few seconds.
 */
#ifndef PEXD_REGRESS_BIGBOOK_H
#define PEXD_REGRESS_BIGBOOK_H

#include <stdint.h>

#include "addrbookd/book/book.h"
#include "common/rng.h"

struct bigbook {
	struct book		*book;
	struct book_config	 conf;
	struct rng		 rng;		/* the book's */
	struct rng		 world;		/* of those outside */
	uint32_t		 now;
	struct peer_addr	*known;		/* who is in the book */
	unsigned int		 entries;
};

/* Somebody to hear of, and who tells. */
struct bigbook_news {
	struct peer_addr	addr;
	struct book_source	source;
};

/*
 * An empty book of so many slots under that key, for at most that many
 * entries.  Returns 0, or -1 without memory.
 */
int		 bigbook_init(struct bigbook *, unsigned int slots,
		    unsigned int entries, const uint8_t key[BOOK_KEY_SIZE]);
/*
 * Fill it: a fifth of the entries are good and in the old table, the others
 * were heard of, of whom some were reached and some failed.  Hours pass
 * meanwhile.
 */
void		 bigbook_fill(struct bigbook *);
void		 bigbook_free(struct bigbook *);

/* A public address that was never seen before. */
struct peer_addr bigbook_stranger(struct bigbook *);
struct book_source bigbook_source(struct bigbook *);
/* One of those in the book, at random. */
struct peer_addr *bigbook_known(struct bigbook *);
/*
 * Take n who were only heard of out of the book, and find n strangers who
 * will be let in, each to a place of its own.
 */
void		 bigbook_news(struct bigbook *, struct bigbook_news *,
		    unsigned int n);
/* Look again who is in the book. */
void		 bigbook_look(struct bigbook *);

#endif
