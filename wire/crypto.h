/* SPDX-License-Identifier: ISC */
/*
 * The few primitives the protocol needs, over OpenSSL's libcrypto.  All
 * lookups and contexts are made once and shared by every connection of the
 * process: a context per peer would cost more memory than the peer.
 *
 * Not safe to share between threads.
 */
#ifndef PEXD_WIRE_CRYPTO_H
#define PEXD_WIRE_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "common/netaddr.h"
#include "wire/error.h"

#define X25519_KEY_SIZE		32
#define ED25519_KEY_SIZE	32
#define ED25519_SIG_SIZE	64
#define AEAD_KEY_SIZE		32
#define AEAD_TAG_SIZE		16
#define SHA256_SIZE		32

struct wire_crypto;		/* opaque */
struct x25519_pair;		/* opaque: an ephemeral key pair */

/*
 * Look up the algorithms and use each once, so that nothing is opened or
 * loaded afterwards: call it before the sandbox closes.  NULL if libcrypto
 * lacks an algorithm or memory.
 */
struct wire_crypto	*wire_crypto_new(void);
void			 wire_crypto_free(struct wire_crypto *);

/*
 * An X25519 pair from 32 random bytes (RFC 7748 clamping is done inside);
 * pub gets the public key.  NULL on failure.  Freeing wipes it; NULL is fine.
 */
struct x25519_pair	*x25519_pair_new(const uint8_t seed[X25519_KEY_SIZE],
			    uint8_t pub[X25519_KEY_SIZE]);
void			 x25519_pair_free(struct x25519_pair *);
/* WIRE_HELLO_LOW_ORDER when the result would be all zero. */
enum wire_error		 x25519_agree(struct x25519_pair *,
			    const uint8_t remote[X25519_KEY_SIZE],
			    uint8_t shared[X25519_KEY_SIZE]);

/* HKDF-SHA256 (RFC 5869) with an empty salt.  0, or -1. */
int	 wire_hkdf(struct wire_crypto *, const uint8_t *ikm, size_t ikm_len,
	    const char *info, uint8_t *out, size_t out_len);

/*
 * Verify an Ed25519 signature (RFC 8032, cofactorless).  Refuses what a
 * plain verifier lets through: a key that is a small-order point, in any
 * encoding (WIRE_AUTH_KEY_WEAK).  Else WIRE_AUTH_SIGNATURE or WIRE_OK.
 */
enum wire_error	 ed25519_verify(struct wire_crypto *,
		    const uint8_t pub[ED25519_KEY_SIZE],
		    const uint8_t sig[ED25519_SIG_SIZE],
		    const uint8_t *msg, size_t len);

/*
 * ChaCha20-Poly1305 (RFC 8439) without associated data, in place: buf holds
 * len bytes, the tag stands behind them.  The nonce is four zero bytes and
 * the counter, little endian.  0, or -1 (seal: the library failed; open:
 * the tag is wrong).
 */
int	 aead_seal(struct wire_crypto *, const uint8_t key[AEAD_KEY_SIZE],
	    uint64_t counter, uint8_t *buf, size_t len);
int	 aead_open(struct wire_crypto *, const uint8_t key[AEAD_KEY_SIZE],
	    uint64_t counter, const uint8_t *sealed, size_t len, uint8_t *out);

/* Wipe the key of the last connection out of the shared contexts. */
void	 wire_crypto_forget(struct wire_crypto *);

/* The node ID of a public key: the first 20 bytes of its SHA-256. */
void	 node_id_of_key(struct wire_crypto *,
	    const uint8_t pub[ED25519_KEY_SIZE], struct node_id *);

#endif
