/* SPDX-License-Identifier: ISC */
/*
 * How many of something there are by key.  Memory only for keys whose count
 * is not zero, so it is bounded by whatever is counted.
 */
#ifndef PEXD_ENGINE_TALLY_H
#define PEXD_ENGINE_TALLY_H

#include <sys/tree.h>

#include <stdint.h>

struct tally_key {
	uint64_t	hi, lo;
};

struct tally_node;
RB_HEAD(tally, tally_node);

void		 tally_init(struct tally *);
void		 tally_clear(struct tally *);
uint32_t	 tally_get(struct tally *, struct tally_key);
/* Count one more.  0, or -1 without memory: then nothing was counted. */
int		 tally_add(struct tally *, struct tally_key);
/* One less; a key that is not there stays so. */
void		 tally_sub(struct tally *, struct tally_key);

#endif
