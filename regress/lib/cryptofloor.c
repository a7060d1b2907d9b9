/* SPDX-License-Identifier: ISC */
/*
 * What the curve operations of one handshake cost: done just as a
 * connection does them, with the same library.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/nodekey.h"
#include "regress/lib/cryptofloor.h"
#include "wire/secret.h"

#define ROUNDS_MIN	40
#define BURST		20	/* of each operation in a round */

#define nitems(a)	(sizeof(a) / sizeof((a)[0]))

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

static double
wall_s(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
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

static const struct op {
	int	(*run)(struct floor *);
	size_t	  result;
} ops[] = {
	{ do_keygen,	offsetof(struct crypto_floor, keygen) },
	{ do_derive,	offsetof(struct crypto_floor, derive) },
	{ do_sign,	offsetof(struct crypto_floor, sign) },
	{ do_verify,	offsetof(struct crypto_floor, verify) },
	{ do_seal,	offsetof(struct crypto_floor, seal) },
};

/* A burst of one operation: its CPU time is added up in out. */
static int
burst(struct floor *f, const struct op *op, struct crypto_floor *out)
{
	double	 begun = cpu_us();
	int	 k;

	for (k = 0; k < BURST; k++)
		if (op->run(f) == -1)
			return -1;
	*(double *)((char *)out + op->result) += cpu_us() - begun;
	return 0;
}

/*
 * The mean of the whole time, as what it is compared with is a mean: what
 * disturbs the machine for a moment weighs the same in both.
 */
static int
measure(struct floor *f, double seconds, struct crypto_floor *out)
{
	double	 end = wall_s() + seconds;
	size_t	 i, rounds = 0;

	memset(out, 0, sizeof(*out));
	do {
		for (i = 0; i < nitems(ops); i++)
			if (burst(f, &ops[i], out) == -1)
				return -1;
	} while (++rounds < ROUNDS_MIN || wall_s() < end);
	for (i = 0; i < nitems(ops); i++)
		*(double *)((char *)out + ops[i].result) /= BURST * rounds;
	return 0;
}

int
crypto_floor_measure(double seconds, struct crypto_floor *out)
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
	    measure(&f, seconds, out) == 0)
		rv = 0;
	x25519_pair_free(other);
	x25519_pair_free(f.pair);
	nodekey_free(f.key);
	wire_crypto_free(f.crypto);
	return rv;
}
