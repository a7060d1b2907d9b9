/* SPDX-License-Identifier: ISC */
/* A seeded source of numbers (splitmix64): same seed, same test. */
#ifndef PEXD_REGRESS_TESTRNG_H
#define PEXD_REGRESS_TESTRNG_H

#include <stddef.h>
#include <stdint.h>

struct testrng {
	uint64_t	state;
};

static inline uint64_t
testrng_next(struct testrng *r)
{
	uint64_t	 z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* A number below n, which is not 0. */
static inline uint64_t
testrng_below(struct testrng *r, uint64_t n)
{
	return testrng_next(r) % n;
}

static inline void
testrng_fill(struct testrng *r, uint8_t *p, size_t n)
{
	while (n-- > 0)
		*p++ = testrng_next(r);
}

#endif
