/* SPDX-License-Identifier: ISC */
/*
 * libcrypto behind crypto.h.  The public EVP interface only; what it costs
 * was measured, and contexts are reused where that is cheaper.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <stdlib.h>
#include <string.h>

#include "wire/crypto.h"

struct wire_crypto {
	EVP_CIPHER	*chacha;
	EVP_CIPHER_CTX	*seal, *open;
	EVP_MD		*sha256;
	EVP_MD_CTX	*digest, *verify;
	EVP_KDF		*hkdf;
	EVP_KDF_CTX	*kdf;
};

struct x25519_pair {
	EVP_PKEY	*key;
};

/*
 * The y coordinates of the points of order 4, 1, 8, 8 and 2 on edwards25519,
 * little endian, then p and p + 1, which mean 0 and 1 again.  Anybody can
 * make a "signature" that verifies under such a key.
 */
static const uint8_t small_order[][ED25519_KEY_SIZE] = {
	{ 0 },
	{ 1 },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
	  0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
	  0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
	  0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
	  0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
#define ALL_ONES(first)							\
	{ first, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, \
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, \
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f }
	ALL_ONES(0xec),
	ALL_ONES(0xed),
	ALL_ONES(0xee),
};

static int
fetch(struct wire_crypto *c)
{
	c->chacha = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	c->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	c->hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	c->seal = EVP_CIPHER_CTX_new();
	c->open = EVP_CIPHER_CTX_new();
	c->digest = EVP_MD_CTX_new();
	c->verify = EVP_MD_CTX_new();
	if (c->hkdf != NULL)
		c->kdf = EVP_KDF_CTX_new(c->hkdf);
	if (c->chacha == NULL || c->sha256 == NULL || c->kdf == NULL ||
	    c->seal == NULL || c->open == NULL || c->digest == NULL ||
	    c->verify == NULL)
		return -1;
	if (EVP_EncryptInit_ex2(c->seal, c->chacha, NULL, NULL, NULL) != 1 ||
	    EVP_DecryptInit_ex2(c->open, c->chacha, NULL, NULL, NULL) != 1)
		return -1;
	return 0;
}

/* One of everything, so that libcrypto has loaded what it will ever need. */
static int
warm_up(struct wire_crypto *c)
{
	static const uint8_t	 seed[X25519_KEY_SIZE] = { 1 };
	uint8_t			 pub[X25519_KEY_SIZE], out[64];
	struct x25519_pair	*pair;
	struct node_id		 id;
	int			 rv = -1;

	if ((pair = x25519_pair_new(seed, pub)) == NULL)
		return -1;
	memset(out, 0, sizeof(out));
	if (x25519_agree(pair, pub, out) == WIRE_OK &&
	    wire_hkdf(c, seed, sizeof(seed), "", out, sizeof(out)) == 0 &&
	    aead_seal(c, seed, 0, out, sizeof(out) - AEAD_TAG_SIZE) == 0 &&
	    aead_open(c, seed, 0, out, sizeof(out) - AEAD_TAG_SIZE, out) == 0 &&
	    ed25519_verify(c, pub, out, NULL, 0) != WIRE_OK)
		rv = 0;
	node_id_of_key(c, pub, &id);
	x25519_pair_free(pair);
	return rv;
}

struct wire_crypto *
wire_crypto_new(void)
{
	struct wire_crypto	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	if (fetch(c) == -1 || warm_up(c) == -1) {
		wire_crypto_free(c);
		return NULL;
	}
	return c;
}

void
wire_crypto_free(struct wire_crypto *c)
{
	if (c == NULL)
		return;
	EVP_CIPHER_CTX_free(c->seal);
	EVP_CIPHER_CTX_free(c->open);
	EVP_CIPHER_free(c->chacha);
	EVP_MD_CTX_free(c->digest);
	EVP_MD_CTX_free(c->verify);
	EVP_MD_free(c->sha256);
	EVP_KDF_CTX_free(c->kdf);
	EVP_KDF_free(c->hkdf);
	free(c);
}

struct x25519_pair *
x25519_pair_new(const uint8_t seed[X25519_KEY_SIZE],
    uint8_t pub[X25519_KEY_SIZE])
{
	struct x25519_pair	*pair;
	size_t			 len = X25519_KEY_SIZE;

	if ((pair = malloc(sizeof(*pair))) == NULL)
		return NULL;
	pair->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, seed,
	    X25519_KEY_SIZE);
	if (pair->key == NULL ||
	    EVP_PKEY_get_raw_public_key(pair->key, pub, &len) != 1) {
		ERR_clear_error();
		x25519_pair_free(pair);
		return NULL;
	}
	return pair;
}

void
x25519_pair_free(struct x25519_pair *pair)
{
	if (pair == NULL)
		return;
	EVP_PKEY_free(pair->key);	/* wipes a private key */
	free(pair);
}

static enum wire_error
derive(EVP_PKEY_CTX *ctx, EVP_PKEY *peer, uint8_t shared[X25519_KEY_SIZE])
{
	size_t	 len = X25519_KEY_SIZE;

	if (EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) != 1)
		return WIRE_CRYPTO;
	/* libcrypto fails on an all-zero result, and on nothing else here. */
	if (EVP_PKEY_derive(ctx, shared, &len) != 1)
		return WIRE_HELLO_LOW_ORDER;
	return len == X25519_KEY_SIZE ? WIRE_OK : WIRE_CRYPTO;
}

enum wire_error
x25519_agree(struct x25519_pair *pair, const uint8_t remote[X25519_KEY_SIZE],
    uint8_t shared[X25519_KEY_SIZE])
{
	enum wire_error	 rv = WIRE_CRYPTO;
	EVP_PKEY_CTX	*ctx;
	EVP_PKEY	*peer;

	peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, remote,
	    X25519_KEY_SIZE);
	ctx = EVP_PKEY_CTX_new(pair->key, NULL);
	if (peer != NULL && ctx != NULL)
		rv = derive(ctx, peer, shared);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	if (rv != WIRE_OK)
		ERR_clear_error();
	return rv;
}

int
wire_hkdf(struct wire_crypto *c, const uint8_t *ikm, size_t ikm_len,
    const char *info, uint8_t *out, size_t out_len)
{
	char		 sha256[] = "SHA256";
	OSSL_PARAM	 params[4];
	int		 rv;

	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
	    sha256, 0);
	/* libcrypto's parameters are not const, but these are only read. */
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
	    (void *)(uintptr_t)ikm, ikm_len);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
	    (void *)(uintptr_t)info, strlen(info));
	params[3] = OSSL_PARAM_construct_end();
	rv = EVP_KDF_derive(c->kdf, out, out_len, params) == 1 ? 0 : -1;
	EVP_KDF_CTX_reset(c->kdf);	/* wipes the key */
	return rv;
}

static int
is_small_order(const uint8_t pub[ED25519_KEY_SIZE])
{
	uint8_t	 y[ED25519_KEY_SIZE];
	size_t	 i;

	memcpy(y, pub, sizeof(y));
	y[31] &= 0x7f;		/* the top bit is the sign of x */
	for (i = 0; i < sizeof(small_order) / sizeof(small_order[0]); i++)
		if (memcmp(y, small_order[i], sizeof(y)) == 0)
			return 1;
	return 0;
}

enum wire_error
ed25519_verify(struct wire_crypto *c, const uint8_t pub[ED25519_KEY_SIZE],
    const uint8_t sig[ED25519_SIG_SIZE], const uint8_t *msg, size_t len)
{
	EVP_PKEY	*key;
	int		 ok;

	if (is_small_order(pub))
		return WIRE_AUTH_KEY_WEAK;
	key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pub,
	    ED25519_KEY_SIZE);
	ok = key != NULL &&
	    EVP_DigestVerifyInit(c->verify, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestVerify(c->verify, sig, ED25519_SIG_SIZE, msg, len) == 1;
	EVP_MD_CTX_reset(c->verify);
	EVP_PKEY_free(key);
	if (!ok)
		ERR_clear_error();
	return ok ? WIRE_OK : WIRE_AUTH_SIGNATURE;
}

static void
make_nonce(uint64_t counter, uint8_t nonce[12])
{
	int	 i;

	memset(nonce, 0, 4);
	for (i = 0; i < 8; i++)
		nonce[4 + i] = counter >> 8 * i;
}

int
aead_seal(struct wire_crypto *c, const uint8_t key[AEAD_KEY_SIZE],
    uint64_t counter, uint8_t *buf, size_t len)
{
	uint8_t	 nonce[12];
	int	 n, end;

	make_nonce(counter, nonce);
	if (EVP_EncryptInit_ex2(c->seal, NULL, key, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(c->seal, buf, &n, buf, len) != 1 ||
	    EVP_EncryptFinal_ex(c->seal, buf + n, &end) != 1 ||
	    EVP_CIPHER_CTX_ctrl(c->seal, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE,
	    buf + len) != 1)
		return -1;
	return 0;
}

int
aead_open(struct wire_crypto *c, const uint8_t key[AEAD_KEY_SIZE],
    uint64_t counter, const uint8_t *sealed, size_t len, uint8_t *out)
{
	uint8_t	 nonce[12], tag[AEAD_TAG_SIZE];
	int	 n, end;

	make_nonce(counter, nonce);
	memcpy(tag, sealed + len, sizeof(tag));
	if (EVP_DecryptInit_ex2(c->open, NULL, key, nonce, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(c->open, EVP_CTRL_AEAD_SET_TAG, sizeof(tag),
	    tag) != 1 ||
	    EVP_DecryptUpdate(c->open, out, &n, sealed, len) != 1 ||
	    EVP_DecryptFinal_ex(c->open, out + n, &end) != 1) {
		ERR_clear_error();
		return -1;
	}
	return 0;
}

void
wire_crypto_forget(struct wire_crypto *c)
{
	static const uint8_t	 zero[AEAD_KEY_SIZE];

	EVP_EncryptInit_ex2(c->seal, NULL, zero, zero, NULL);
	EVP_DecryptInit_ex2(c->open, NULL, zero, zero, NULL);
}

void
node_id_of_key(struct wire_crypto *c, const uint8_t pub[ED25519_KEY_SIZE],
    struct node_id *id)
{
	uint8_t	 hash[SHA256_SIZE];

	/* A fetched digest over fixed memory: nothing here can fail. */
	memset(hash, 0, sizeof(hash));
	EVP_DigestInit_ex2(c->digest, c->sha256, NULL);
	EVP_DigestUpdate(c->digest, pub, ED25519_KEY_SIZE);
	EVP_DigestFinal_ex(c->digest, hash, NULL);
	memcpy(id->b, hash, sizeof(id->b));
}
