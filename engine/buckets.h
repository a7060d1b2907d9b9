/* SPDX-License-Identifier: ISC */
/*
 * Token buckets: one by itself, and a table of them by key in fixed memory.
 *
 * A bucket is kept as the time at which it would be full again, so that an
 * entry that is full need not be kept at all; the table gives up those that
 * are fullest first.  Pure: the time is an argument, in milliseconds.
 */
#ifndef PEXD_ENGINE_BUCKETS_H
#define PEXD_ENGINE_BUCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/siphash.h"

struct bucket {
	uint64_t	full_us;	/* when it is full; 0 is full */
};

/* Take a token.  False: there is none, and nothing was taken. */
bool		 bucket_take(struct bucket *, const struct conf_rate *,
		    uint64_t now_ms);

struct bucket_key {
	uint64_t	hi, lo;
};

struct buckets;

/* Room for about capacity keys.  NULL without memory. */
struct buckets	*buckets_new(uint32_t capacity, const struct siphash_key *);
void		 buckets_free(struct buckets *);
/* bucket_take() of that key's bucket; an unknown key's bucket is full. */
bool		 buckets_take(struct buckets *, struct bucket_key,
		    const struct conf_rate *, uint64_t now_ms);

#endif
