/* SPDX-License-Identifier: ISC */
/*
 * Keccak-f[1600], the permutation of FIPS 202.  Written out lane by lane:
 * a handshake runs it eight times, and loops would double its cost.
 */
#include "wire/merlin.h"

#define ROUNDS	24

static const uint64_t round_constant[ROUNDS] = {
	0x0000000000000001ULL, 0x0000000000008082ULL,
	0x800000000000808aULL, 0x8000000080008000ULL,
	0x000000000000808bULL, 0x0000000080000001ULL,
	0x8000000080008081ULL, 0x8000000000008009ULL,
	0x000000000000008aULL, 0x0000000000000088ULL,
	0x0000000080008009ULL, 0x000000008000000aULL,
	0x000000008000808bULL, 0x800000000000008bULL,
	0x8000000000008089ULL, 0x8000000000008003ULL,
	0x8000000000008002ULL, 0x8000000000000080ULL,
	0x000000000000800aULL, 0x800000008000000aULL,
	0x8000000080008081ULL, 0x8000000000008080ULL,
	0x0000000080000001ULL, 0x8000000080008008ULL,
};

static inline uint64_t
rotate(uint64_t v, unsigned int n)
{
	return v << (n & 63) | v >> (-n & 63);
}

static inline void
theta(uint64_t a[KECCAK_LANES])
{
	uint64_t	 c[5], d;

#define PARITY(x)							\
	c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20]
#define SPREAD(x)							\
	d = c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);			\
	a[x] ^= d;							\
	a[x + 5] ^= d;							\
	a[x + 10] ^= d;							\
	a[x + 15] ^= d;							\
	a[x + 20] ^= d

	PARITY(0); PARITY(1); PARITY(2); PARITY(3); PARITY(4);
	SPREAD(0); SPREAD(1); SPREAD(2); SPREAD(3); SPREAD(4);
}

/* Lane x + 5y turns (rho) and moves to y + 5((2x + 3y) mod 5) (pi). */
static inline void
rho_pi(const uint64_t a[KECCAK_LANES], uint64_t b[KECCAK_LANES])
{
#define MOVE(from, to, turn)	b[to] = rotate(a[from], turn)

	MOVE(0, 0, 0);    MOVE(1, 10, 1);   MOVE(2, 20, 62);
	MOVE(3, 5, 28);   MOVE(4, 15, 27);
	MOVE(5, 16, 36);  MOVE(6, 1, 44);   MOVE(7, 11, 6);
	MOVE(8, 21, 55);  MOVE(9, 6, 20);
	MOVE(10, 7, 3);   MOVE(11, 17, 10); MOVE(12, 2, 43);
	MOVE(13, 12, 25); MOVE(14, 22, 39);
	MOVE(15, 23, 41); MOVE(16, 8, 45);  MOVE(17, 18, 15);
	MOVE(18, 3, 21);  MOVE(19, 13, 8);
	MOVE(20, 14, 18); MOVE(21, 24, 2);  MOVE(22, 9, 61);
	MOVE(23, 19, 56); MOVE(24, 4, 14);
}

static inline void
chi(uint64_t a[KECCAK_LANES], const uint64_t b[KECCAK_LANES])
{
#define LANE(y, x)							\
	a[y + x] = b[y + x] ^ (~b[y + (x + 1) % 5] & b[y + (x + 2) % 5])
#define ROW(y)								\
	LANE(y, 0); LANE(y, 1); LANE(y, 2); LANE(y, 3); LANE(y, 4)

	ROW(0); ROW(5); ROW(10); ROW(15); ROW(20);
}

void
keccak_f1600(uint64_t lane[KECCAK_LANES])
{
	uint64_t	 moved[KECCAK_LANES];
	int		 round;

	for (round = 0; round < ROUNDS; round++) {
		theta(lane);
		rho_pi(lane, moved);
		chi(lane, moved);
		lane[0] ^= round_constant[round];
	}
}
