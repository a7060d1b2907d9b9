/* SPDX-License-Identifier: ISC */
/*
 * ChaCha8 in counter mode (Bernstein, "ChaCha, a variant of Salsa20", 2008;
 * 64-bit counter, no nonce).
 */
#include <endian.h>
#include <string.h>

#include "common/rng.h"

#define ROUNDS	8
#define WORDS	16

static inline uint32_t
rotl(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

static inline void
quarter(uint32_t x[WORDS], int a, int b, int c, int d)
{
	x[a] += x[b];
	x[d] = rotl(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotl(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotl(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotl(x[b] ^ x[c], 7);
}

static void
refill(struct rng *r)
{
	uint32_t	 in[WORDS], x[WORDS];
	int		 i;

	in[0] = 0x61707865;
	in[1] = 0x3320646e;
	in[2] = 0x79622d32;
	in[3] = 0x6b206574;
	memcpy(in + 4, r->key, sizeof(r->key));
	in[12] = (uint32_t)r->block;
	in[13] = r->block >> 32;
	in[14] = in[15] = 0;
	memcpy(x, in, sizeof(x));
	for (i = 0; i < ROUNDS; i += 2) {
		quarter(x, 0, 4, 8, 12);
		quarter(x, 1, 5, 9, 13);
		quarter(x, 2, 6, 10, 14);
		quarter(x, 3, 7, 11, 15);
		quarter(x, 0, 5, 10, 15);
		quarter(x, 1, 6, 11, 12);
		quarter(x, 2, 7, 8, 13);
		quarter(x, 3, 4, 9, 14);
	}
	for (i = 0; i < WORDS; i++)
		r->out[i] = x[i] + in[i];
	r->block++;
	r->used = 0;
}

void
rng_seed(struct rng *r, const uint8_t seed[RNG_SEED_SIZE])
{
	int	 i;

	memcpy(r->key, seed, sizeof(r->key));
	for (i = 0; i < 8; i++)
		r->key[i] = le32toh(r->key[i]);
	r->block = 0;
	r->used = WORDS;
}

void
rng_seed_number(struct rng *r, uint64_t n)
{
	uint8_t	 seed[RNG_SEED_SIZE] = { 0 };

	n = htole64(n);
	memcpy(seed, &n, sizeof(n));
	rng_seed(r, seed);
}

uint32_t
rng_u32(struct rng *r)
{
	if (r->used == WORDS)
		refill(r);
	return r->out[r->used++];
}

uint64_t
rng_u64(struct rng *r)
{
	uint64_t	 v = rng_u32(r);

	return v << 32 | rng_u32(r);
}

/* Multiply and shift; draw again in the part that would be too frequent. */
uint32_t
rng_below(struct rng *r, uint32_t n)
{
	uint64_t	 m = (uint64_t)rng_u32(r) * n;
	uint32_t	 floor;

	if ((uint32_t)m < n) {
		floor = -n % n;
		while ((uint32_t)m < floor)
			m = (uint64_t)rng_u32(r) * n;
	}
	return m >> 32;
}

double
rng_unit(struct rng *r)
{
	return (double)(rng_u64(r) >> 11) * 0x1.0p-53;
}
