/* SPDX-License-Identifier: ISC */
/*
 * Merlin transcripts over STROBE-128 (Keccak-f[1600], rate 166): what two
 * peers hash their key exchange with.  Only what a transcript needs: append
 * and challenge.
 *
 * Sources: merlin.cool, the STROBE v1.0.2 specification, FIPS 202.
 */
#ifndef PEXD_WIRE_MERLIN_H
#define PEXD_WIRE_MERLIN_H

#include <stddef.h>
#include <stdint.h>

#define KECCAK_LANES	25
#define STROBE_RATE	166

struct merlin {
	uint64_t	lane[KECCAK_LANES];	/* little-endian byte order */
	uint8_t		pos;			/* next byte of the rate */
	uint8_t		begin;			/* where this operation began */
};

/* Keccak-f[1600], 24 rounds. */
void	 keccak_f1600(uint64_t lane[KECCAK_LANES]);

void	 merlin_init(struct merlin *, const char *protocol);
/* len at most UINT32_MAX; data may be NULL if len is 0. */
void	 merlin_append(struct merlin *, const char *label, const void *data,
	    size_t len);
/* Squeeze len bytes.  The transcript lives on. */
void	 merlin_challenge(struct merlin *, const char *label, uint8_t *out,
	    size_t len);
/* The state as bytes, for self-checks: n of them into out. */
void	 merlin_peek(const struct merlin *, uint8_t *out, size_t n);
void	 merlin_wipe(struct merlin *);

#endif
