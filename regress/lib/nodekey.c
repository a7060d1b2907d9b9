/* SPDX-License-Identifier: ISC */
/* A node key for tests and the load generator. */
#include <openssl/evp.h>

#include "regress/lib/nodekey.h"

int
nodekey_init(struct nodekey *key, struct wire_crypto *crypto,
    const uint8_t seed[ED25519_KEY_SIZE])
{
	size_t	 len = sizeof(key->pub);

	key->handle = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    seed, ED25519_KEY_SIZE);
	if (key->handle == NULL ||
	    EVP_PKEY_get_raw_public_key(key->handle, key->pub, &len) != 1)
		return -1;
	node_id_of_key(crypto, key->pub, &key->id);
	return 0;
}

void
nodekey_free(struct nodekey *key)
{
	EVP_PKEY_free(key->handle);
	key->handle = NULL;
}

int
nodekey_sign(const struct nodekey *key, const uint8_t *msg, size_t len,
    uint8_t sig[ED25519_SIG_SIZE])
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	size_t		 siglen = ED25519_SIG_SIZE;
	int		 ok;

	ok = ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->handle) == 1 &&
	    EVP_DigestSign(ctx, sig, &siglen, msg, len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -1;
}
