/* SPDX-License-Identifier: ISC */
/*
 * Random numbers whose seed is an argument: the same seed, the same
 * numbers, so that a test or a simulation can own them.  ChaCha with 8
 * rounds in counter mode; a process seeds it from getrandom(2).
 */
#ifndef PEXD_RNG_H
#define PEXD_RNG_H

#include <stdbool.h>
#include <stdint.h>

#define RNG_SEED_SIZE	32

struct rng {
	uint32_t	key[8];
	uint64_t	block;		/* number of the next block */
	uint32_t	out[16];
	unsigned int	used;		/* words of out given away */
};

/* Start over from 32 bytes. */
void		 rng_seed(struct rng *, const uint8_t seed[RNG_SEED_SIZE]);
/* The same from one number, for tests and simulations. */
void		 rng_seed_number(struct rng *, uint64_t);
uint32_t	 rng_u32(struct rng *);
uint64_t	 rng_u64(struct rng *);
/* Uniform in 0 .. n-1 without bias; 0 for n = 0. */
uint32_t	 rng_below(struct rng *, uint32_t n);
/* Uniform in [0, 1), 53 bits. */
double		 rng_unit(struct rng *);

#endif
