/* SPDX-License-Identifier: ISC */
/* The steps of the secret connection. */
#include <pb_encode.h>

#include <string.h>

#include "wire/delim.h"
#include "wire/merlin.h"
#include "wire/pbread.h"
#include "wire/secret.h"
#include "wire/proto/p2p.pb.h"

static const char	kdf_info[] =
    "TENDERMINT_SECRET_CONNECTION_KEY_AND_CHALLENGE_GEN";
static const char	transcript[] =
    "TENDERMINT_SECRET_CONNECTION_TRANSCRIPT_HASH";

enum wire_error
secret_start(struct secret_exchange *x, const uint8_t seed[X25519_KEY_SIZE],
    uint8_t hello[SECRET_HELLO_SIZE])
{
	p2p_BytesValue	 msg = p2p_BytesValue_init_zero;
	pb_ostream_t	 out;

	if ((x->pair = x25519_pair_new(seed, x->pub)) == NULL)
		return WIRE_CRYPTO;
	msg.value.size = sizeof(x->pub);
	memcpy(msg.value.bytes, x->pub, sizeof(x->pub));
	out = pb_ostream_from_buffer(hello, SECRET_HELLO_SIZE);
	if (!pb_encode_delimited(&out, p2p_BytesValue_fields, &msg) ||
	    out.bytes_written != SECRET_HELLO_SIZE)
		return WIRE_CRYPTO;
	return WIRE_OK;
}

void
secret_exchange_wipe(struct secret_exchange *x)
{
	x25519_pair_free(x->pair);
	x->pair = NULL;
}

enum wire_error
secret_hello_decode(struct wire_span msg, uint8_t remote[X25519_KEY_SIZE])
{
	struct wire_span	 key = { NULL, 0 };
	struct pbfield		 f;
	int			 rv;

	while ((rv = pbread_next(&msg, &f)) == 1) {
		if (f.tag != p2p_BytesValue_value_tag)
			continue;
		if (f.type != PBTYPE_BYTES)
			return WIRE_HELLO_MALFORMED;
		key = f.data;
	}
	if (rv == -1)
		return WIRE_HELLO_MALFORMED;
	/*
	 * CometBFT pads a short key with zeros and cuts a long one; nobody
	 * honest sends either, and a mostly zero key is no key.
	 */
	if (key.len != X25519_KEY_SIZE)
		return WIRE_HELLO_KEY_SIZE;
	memcpy(remote, key.p, X25519_KEY_SIZE);
	return WIRE_OK;
}

int
secret_derive(struct wire_crypto *c, const uint8_t shared[X25519_KEY_SIZE],
    bool least, struct secret *s)
{
	/* What the lower one receives with, then what it sends with. */
	uint8_t	 keys[2 * AEAD_KEY_SIZE];

	if (wire_hkdf(c, shared, X25519_KEY_SIZE, kdf_info, keys,
	    sizeof(keys)) == -1)
		return -1;
	memset(s, 0, sizeof(*s));
	memcpy(s->recv.key, least ? keys : keys + AEAD_KEY_SIZE,
	    AEAD_KEY_SIZE);
	memcpy(s->send.key, least ? keys + AEAD_KEY_SIZE : keys,
	    AEAD_KEY_SIZE);
	explicit_bzero(keys, sizeof(keys));
	return 0;
}

void
secret_challenge(const uint8_t lo[X25519_KEY_SIZE],
    const uint8_t hi[X25519_KEY_SIZE], const uint8_t shared[X25519_KEY_SIZE],
    uint8_t challenge[SECRET_CHALLENGE_SIZE])
{
	struct merlin	 m;

	merlin_init(&m, transcript);
	merlin_append(&m, "EPHEMERAL_LOWER_PUBLIC_KEY", lo, X25519_KEY_SIZE);
	merlin_append(&m, "EPHEMERAL_UPPER_PUBLIC_KEY", hi, X25519_KEY_SIZE);
	merlin_append(&m, "DH_SECRET", shared, X25519_KEY_SIZE);
	merlin_challenge(&m, "SECRET_CONNECTION_MAC", challenge,
	    SECRET_CHALLENGE_SIZE);
	merlin_wipe(&m);
}

enum wire_error
secret_agree(struct wire_crypto *c, struct secret_exchange *x,
    const uint8_t remote[X25519_KEY_SIZE], struct secret *s,
    uint8_t challenge[SECRET_CHALLENGE_SIZE])
{
	uint8_t		 shared[X25519_KEY_SIZE];
	enum wire_error	 rv;
	int		 order;

	if ((order = memcmp(x->pub, remote, X25519_KEY_SIZE)) == 0)
		return WIRE_HELLO_REFLECTED;
	if ((rv = x25519_agree(x->pair, remote, shared)) != WIRE_OK)
		return rv;
	if (secret_derive(c, shared, order < 0, s) == -1)
		rv = WIRE_CRYPTO;
	else
		secret_challenge(order < 0 ? x->pub : remote,
		    order < 0 ? remote : x->pub, shared, challenge);
	explicit_bzero(shared, sizeof(shared));
	return rv;
}

int
secret_auth_encode(const uint8_t pub[ED25519_KEY_SIZE],
    const uint8_t sig[ED25519_SIG_SIZE], uint8_t out[SECRET_AUTH_SIZE])
{
	p2p_AuthSigMessage	 msg = p2p_AuthSigMessage_init_zero;
	pb_ostream_t		 stream;

	msg.has_pub_key = true;
	msg.pub_key.which_sum = p2p_PublicKey_ed25519_tag;
	msg.pub_key.sum.ed25519.size = ED25519_KEY_SIZE;
	memcpy(msg.pub_key.sum.ed25519.bytes, pub, ED25519_KEY_SIZE);
	msg.sig.size = ED25519_SIG_SIZE;
	memcpy(msg.sig.bytes, sig, ED25519_SIG_SIZE);
	stream = pb_ostream_from_buffer(out, SECRET_AUTH_SIZE);
	if (!pb_encode_delimited(&stream, p2p_AuthSigMessage_fields, &msg) ||
	    stream.bytes_written != SECRET_AUTH_SIZE)
		return -1;
	return 0;
}

/* The last kind of key counts. */
static int
read_public_key(struct wire_span in, uint32_t *kind, struct wire_span *key)
{
	struct pbfield	 f;
	int		 rv;

	while ((rv = pbread_next(&in, &f)) == 1) {
		if (f.tag > p2p_PublicKey_secp256k1_tag)
			continue;
		if (f.type != PBTYPE_BYTES)
			return -1;
		*kind = f.tag;
		*key = f.data;
	}
	return rv;
}

enum wire_error
secret_auth_decode(struct wire_span msg, uint8_t pub[ED25519_KEY_SIZE],
    uint8_t sig[ED25519_SIG_SIZE])
{
	struct wire_span	 key = { NULL, 0 }, signature = { NULL, 0 };
	struct pbfield		 f;
	uint32_t		 kind = 0;
	int			 rv;

	while ((rv = pbread_next(&msg, &f)) == 1) {
		if (f.tag > p2p_AuthSigMessage_sig_tag)
			continue;
		if (f.type != PBTYPE_BYTES)
			return WIRE_AUTH_MALFORMED;
		if (f.tag == p2p_AuthSigMessage_sig_tag)
			signature = f.data;
		else if (read_public_key(f.data, &kind, &key) == -1)
			return WIRE_AUTH_MALFORMED;
	}
	if (rv == -1)
		return WIRE_AUTH_MALFORMED;
	if (kind != p2p_PublicKey_ed25519_tag)
		return WIRE_AUTH_KEY_TYPE;
	if (key.len != ED25519_KEY_SIZE)
		return WIRE_AUTH_MALFORMED;
	if (signature.len != ED25519_SIG_SIZE)
		return WIRE_AUTH_SIGNATURE;
	memcpy(pub, key.p, ED25519_KEY_SIZE);
	memcpy(sig, signature.p, ED25519_SIG_SIZE);
	return WIRE_OK;
}

enum wire_error
secret_seal(struct wire_crypto *c, struct secret_half *h,
    uint8_t frame[SECRET_FRAME_SIZE], size_t len)
{
	if (h->counter == UINT64_MAX)
		return WIRE_FRAME_COUNTER;
	frame[0] = len;
	frame[1] = len >> 8;
	frame[2] = frame[3] = 0;
	memset(frame + SECRET_HEADER_SIZE + len, 0, SECRET_CHUNK_MAX - len);
	if (aead_seal(c, h->key, h->counter, frame, SECRET_PLAIN_SIZE) == -1)
		return WIRE_CRYPTO;
	h->counter++;
	return WIRE_OK;
}

enum wire_error
secret_open(struct wire_crypto *c, struct secret_half *h,
    const uint8_t frame[SECRET_FRAME_SIZE], uint8_t plain[SECRET_PLAIN_SIZE],
    struct wire_span *chunk)
{
	uint32_t	 len;

	if (h->counter == UINT64_MAX)
		return WIRE_FRAME_COUNTER;
	if (aead_open(c, h->key, h->counter, frame, SECRET_PLAIN_SIZE,
	    plain) == -1)
		return WIRE_FRAME_TAG;
	h->counter++;
	len = plain[0] | plain[1] << 8 | plain[2] << 16 |
	    (uint32_t)plain[3] << 24;
	if (len > SECRET_CHUNK_MAX)
		return WIRE_FRAME_CHUNK;
	*chunk = wire_span_of(plain + SECRET_HEADER_SIZE, len);
	return WIRE_OK;
}

void
secret_wipe(struct secret *s)
{
	explicit_bzero(s, sizeof(*s));
}
