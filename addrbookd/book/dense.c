/* SPDX-License-Identifier: ISC */
/*
 * Dense sets: members without holes, so that one random number draws one.
 */
#include <stdlib.h>

#include "addrbookd/book/impl.h"

/* Every set may end in a chunk that is partly used. */
int
bk_dense_init(struct dense *d, uint32_t capacity, unsigned int nsets)
{
	uint32_t	 i;

	d->nchunks = capacity / CHUNK + 1 + nsets;
	d->item = bk_array_new((size_t)d->nchunks * CHUNK, sizeof(*d->item));
	d->map = calloc((size_t)d->nchunks * nsets, sizeof(*d->map));
	d->spare = calloc(d->nchunks, sizeof(*d->spare));
	if (d->item == NULL || d->map == NULL || d->spare == NULL)
		return -1;
	for (i = 0; i < d->nchunks; i++)
		d->spare[i] = d->nchunks - 1 - i;
	d->nspare = d->nchunks;
	return 0;
}

void
bk_dense_free(struct dense *d)
{
	free(d->item);
	free(d->map);
	free(d->spare);
}

uint32_t
bk_dense_add(struct dense *d, unsigned int set, uint32_t item)
{
	uint32_t	 pos = d->count[set]++;

	if (pos % CHUNK == 0)
		d->map[set * d->nchunks + pos / CHUNK] = d->spare[--d->nspare];
	*bk_dense_item(d, set, pos) = item;
	return pos;
}

/* The last member fills the hole. */
uint32_t
bk_dense_del(struct dense *d, unsigned int set, uint32_t pos)
{
	uint32_t	 last = --d->count[set], moved;

	moved = bk_dense_at(d, set, last);
	*bk_dense_item(d, set, pos) = moved;
	if (last % CHUNK == 0)
		d->spare[d->nspare++] = d->map[set * d->nchunks + last / CHUNK];
	return pos == last ? NIL : moved;
}
