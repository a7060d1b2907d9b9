/* SPDX-License-Identifier: ISC */
/*
 * What the curve operations of one handshake cost: done just as a
 * connection does them, with the same library.
 */
#include <stdlib.h>
#include <time.h>

#include "common/nodekey.h"
#include "regress/lib/cryptofloor.h"
#include "wire/secret.h"

#define ROUNDS	11	/* odd: the middle one is taken */
#define TIMES	400	/* of each operation in a round */

struct floor {
	struct wire_crypto	*crypto;
	struct nodekey		*key;
	struct x25519_pair	*pair;
	uint8_t			 remote[X25519_KEY_SIZE];
	uint8_t			 challenge[SECRET_CHALLENGE_SIZE];
	uint8_t			 sig[ED25519_SIG_SIZE];
	uint8_t			 frame[SECRET_FRAME_SIZE];
	struct secret_half	 half;
};

static double
cpu_us(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

static int
do_keygen(struct floor *f)
{
	uint8_t	 pub[X25519_KEY_SIZE];

	x25519_pair_free(f->pair);
	return (f->pair = x25519_pair_new(f->challenge, pub)) == NULL ? -1 : 0;
}

static int
do_derive(struct floor *f)
{
	uint8_t	 shared[X25519_KEY_SIZE];

	return x25519_agree(f->pair, f->remote, shared) == WIRE_OK ? 0 : -1;
}

static int
do_sign(struct floor *f)
{
	return nodekey_sign(f->key, f->challenge, sizeof(f->challenge),
	    f->sig);
}

static int
do_verify(struct floor *f)
{
	return ed25519_verify(f->crypto, nodekey_pub(f->key), f->sig,
	    f->challenge, sizeof(f->challenge)) == WIRE_OK ? 0 : -1;
}

static int
do_seal(struct floor *f)
{
	return secret_seal(f->crypto, &f->half, f->frame, SECRET_CHUNK_MAX) ==
	    WIRE_OK ? 0 : -1;
}

static int
compare(const void *a, const void *b)
{
	double	 x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int
measure(struct floor *f, int (*op)(struct floor *), double *us)
{
	double	 round[ROUNDS], begun;
	int	 i, k;

	for (i = 0; i < ROUNDS; i++) {
		begun = cpu_us();
		for (k = 0; k < TIMES; k++)
			if (op(f) == -1)
				return -1;
		round[i] = (cpu_us() - begun) / TIMES;
	}
	qsort(round, ROUNDS, sizeof(round[0]), compare);
	*us = round[ROUNDS / 2];
	return 0;
}

int
crypto_floor_measure(struct crypto_floor *out)
{
	static struct floor	 f;
	struct nodekey_why	 why;
	struct x25519_pair	*other;
	int			 rv = -1;

	arc4random_buf(f.remote, sizeof(f.remote));
	arc4random_buf(f.challenge, sizeof(f.challenge));
	other = x25519_pair_new(f.remote, f.remote);
	f.crypto = wire_crypto_new();
	f.key = nodekey_generate(&why);
	if (other != NULL && f.crypto != NULL && f.key != NULL &&
	    measure(&f, do_keygen, &out->keygen) == 0 &&
	    measure(&f, do_derive, &out->derive) == 0 &&
	    measure(&f, do_sign, &out->sign) == 0 &&
	    measure(&f, do_verify, &out->verify) == 0 &&
	    measure(&f, do_seal, &out->seal) == 0)
		rv = 0;
	x25519_pair_free(other);
	x25519_pair_free(f.pair);
	nodekey_free(f.key);
	wire_crypto_free(f.crypto);
	return rv;
}
