/* SPDX-License-Identifier: ISC */
/*
 * Dense sets: several arrays without holes that share one store of chunks,
 * so that an entry drawn by a random number is always a member, and all
 * together take the memory of one array.
 */
#ifndef PEXD_BOOK_DENSE_H
#define PEXD_BOOK_DENSE_H

#include <stdint.h>

#define CHUNK		256
#define DENSE_SETS	14		/* at most */

struct dense {
	uint32_t	*item;		/* nchunks x CHUNK */
	uint32_t	*map;		/* per set: its chunks in order */
	uint32_t	*spare;		/* stack of unused chunks */
	uint32_t	 nspare;
	uint32_t	 nchunks;
	uint32_t	 count[DENSE_SETS];
};

int		 bk_dense_init(struct dense *, uint32_t capacity,
		    unsigned int nsets);
void		 bk_dense_free(struct dense *);
uint32_t	 bk_dense_add(struct dense *, unsigned int set, uint32_t item);
/* Returns the item that now stands at pos, or NIL. */
uint32_t	 bk_dense_del(struct dense *, unsigned int set, uint32_t pos);

static inline uint32_t *
bk_dense_item(const struct dense *d, unsigned int set, uint32_t i)
{
	return &d->item[d->map[set * d->nchunks + i / CHUNK] * CHUNK +
	    i % CHUNK];
}

static inline uint32_t
bk_dense_at(const struct dense *d, unsigned int set, uint32_t i)
{
	return *bk_dense_item(d, set, i);
}

/* The i-th of some sets that stand one after another. */
static inline uint32_t
bk_dense_in(const struct dense *d, unsigned int set, uint32_t i)
{
	while (i >= d->count[set])
		i -= d->count[set++];
	return bk_dense_at(d, set, i);
}

static inline uint32_t
bk_dense_count(const struct dense *d, unsigned int first, unsigned int end)
{
	uint32_t	 n = 0;

	while (first < end)
		n += d->count[first++];
	return n;
}

#endif
