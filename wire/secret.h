/* SPDX-License-Identifier: ISC */
/*
 * The secret connection: a station-to-station key exchange, then sealed
 * frames of 1044 bytes.  These are its steps; conn.h walks through them.
 *
 * Source: CometBFT p2p/conn/secret_connection.go.
 */
#ifndef PEXD_WIRE_SECRET_H
#define PEXD_WIRE_SECRET_H

#include "wire/crypto.h"
#include "wire/span.h"

#define SECRET_HELLO_SIZE	35	/* our key message, delimited */
#define SECRET_HELLO_MAX	34	/* limit of theirs, without prefix */
#define SECRET_CHALLENGE_SIZE	32
#define SECRET_AUTH_SIZE	103	/* our authentication, delimited */
#define SECRET_AUTH_MAX		128	/* limit of theirs, without prefix */
#define SECRET_CHUNK_MAX	1024	/* bytes of stream in a frame */
#define SECRET_HEADER_SIZE	4	/* u32 little endian: chunk length */
#define SECRET_PLAIN_SIZE	(SECRET_HEADER_SIZE + SECRET_CHUNK_MAX)
#define SECRET_FRAME_SIZE	(SECRET_PLAIN_SIZE + AEAD_TAG_SIZE)

/* One direction of the sealed stream. */
struct secret_half {
	uint8_t		key[AEAD_KEY_SIZE];
	uint64_t	counter;	/* of the next frame */
};

struct secret {
	struct secret_half	send, recv;
};

/* Our half of the exchange, alive until the other's key is there. */
struct secret_exchange {
	struct x25519_pair	*pair;
	uint8_t			 pub[X25519_KEY_SIZE];
};

/*
 * Make an ephemeral pair from 32 random bytes (the caller wipes them) and
 * write our delimited key message.  WIRE_OK or WIRE_CRYPTO.
 */
enum wire_error	 secret_start(struct secret_exchange *,
		    const uint8_t seed[X25519_KEY_SIZE],
		    uint8_t hello[SECRET_HELLO_SIZE]);
void		 secret_exchange_wipe(struct secret_exchange *);

/* Their key out of their key message (without prefix): WIRE_HELLO_*. */
enum wire_error	 secret_hello_decode(struct wire_span msg,
		    uint8_t remote[X25519_KEY_SIZE]);
/*
 * Agree on keys with the owner of remote: fills *s (counters 0) and the
 * challenge both sides sign.  WIRE_HELLO_REFLECTED, WIRE_HELLO_LOW_ORDER.
 */
enum wire_error	 secret_agree(struct wire_crypto *, struct secret_exchange *,
		    const uint8_t remote[X25519_KEY_SIZE], struct secret *,
		    uint8_t challenge[SECRET_CHALLENGE_SIZE]);
/* The key schedule alone: least says that our public key is the lower. */
int		 secret_derive(struct wire_crypto *,
		    const uint8_t shared[X25519_KEY_SIZE], bool least,
		    struct secret *);
void		 secret_challenge(const uint8_t lo[X25519_KEY_SIZE],
		    const uint8_t hi[X25519_KEY_SIZE],
		    const uint8_t shared[X25519_KEY_SIZE],
		    uint8_t challenge[SECRET_CHALLENGE_SIZE]);

/* Our delimited AuthSigMessage.  0, or -1 which cannot happen. */
int		 secret_auth_encode(const uint8_t pub[ED25519_KEY_SIZE],
		    const uint8_t sig[ED25519_SIG_SIZE],
		    uint8_t out[SECRET_AUTH_SIZE]);
/* Theirs, without prefix: WIRE_AUTH_MALFORMED, WIRE_AUTH_KEY_TYPE. */
enum wire_error	 secret_auth_decode(struct wire_span msg,
		    uint8_t pub[ED25519_KEY_SIZE],
		    uint8_t sig[ED25519_SIG_SIZE]);

/*
 * Seal in place: frame[4..4+len) holds the chunk, len 1..1024; the unused
 * tail is zeroed.  WIRE_FRAME_COUNTER when the counter would wrap.
 */
enum wire_error	 secret_seal(struct wire_crypto *, struct secret_half *,
		    uint8_t frame[SECRET_FRAME_SIZE], size_t len);
/*
 * Open a sealed frame into plain; *chunk is the chunk inside plain, possibly
 * empty.  WIRE_FRAME_TAG, WIRE_FRAME_CHUNK, WIRE_FRAME_COUNTER: all fatal.
 */
enum wire_error	 secret_open(struct wire_crypto *, struct secret_half *,
		    const uint8_t frame[SECRET_FRAME_SIZE],
		    uint8_t plain[SECRET_PLAIN_SIZE], struct wire_span *chunk);
void		 secret_wipe(struct secret *);

#endif
