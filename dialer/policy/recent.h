/* SPDX-License-Identifier: ISC */
/*
 * What was used within some span of time, by 64-bit key: a memory that never
 * forgets sooner.  When it is full of what is still recent it takes nobody
 * new, and its owner has to do without.
 *
 * Keys are hashes under a secret of the owner's.  Memory grows with what is
 * recent, RECENT_BYTES a key at most, and is used again but not given back.
 */
#ifndef POLICY_RECENT_H
#define POLICY_RECENT_H

#include <stdbool.h>
#include <stdint.h>

#define RECENT_TIMES	5	/* uses remembered before the last one */

struct recent_item {
	uint64_t	key;
	uint64_t	last;			/* use, ms */
	uint32_t	times[RECENT_TIMES];	/* those before, latest first:
						   s + 1, or 0 */
	uint32_t	newer, older;		/* by last use; 0 is none */
	uint32_t	chain;
};
#define RECENT_BYTES	(sizeof(struct recent_item) + sizeof(uint32_t))

struct recent {
	struct recent_item	*item;		/* from 1 */
	uint32_t		*head;		/* of chains, size of them */
	uint32_t		 n, size, max;
	uint32_t		 newest, oldest;
	uint64_t		 span;		/* ms */
};

/*
 * At most max keys (a power of two) at a time, each for span ms after its
 * last use.  0, or -1 without memory.
 */
int		 recent_init(struct recent *, uint32_t max, uint64_t span);
void		 recent_free(struct recent *);
/* NULL if it was never used, or so long ago that it was forgotten. */
const struct recent_item *recent_find(const struct recent *, uint64_t key);
/* Is there a place for one that is not there yet? */
bool		 recent_has_room(const struct recent *, uint64_t now);
/* Used now.  0, or -1: not taken, for want of room or of memory. */
int		 recent_use(struct recent *, uint64_t now, uint64_t key);
/* 0, or -1 if a list, a chain or the order is broken.  For tests. */
int		 recent_check(const struct recent *);

#endif
