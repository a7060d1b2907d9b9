/* SPDX-License-Identifier: ISC */
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed 64-bit hash of short
 * input, for tables whose order no peer may predict.
 */
#ifndef PEXD_SIPHASH_H
#define PEXD_SIPHASH_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_SIZE	16

struct siphash_key {
	uint64_t	k0;
	uint64_t	k1;
};

/* Takes 16 key bytes in the order of the paper (little-endian words). */
void		 siphash_key_set(struct siphash_key *,
		    const uint8_t [SIPHASH_KEY_SIZE]);
/* The hash of len bytes.  Any input, no errors. */
uint64_t	 siphash24(const struct siphash_key *, const void *,
		    size_t len);

#endif
