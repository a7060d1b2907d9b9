/* SPDX-License-Identifier: ISC */
/* The node key, in memory. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/nodekey_impl.h"

/* Takes pkey over, on failure too. */
struct nodekey *
nodekey_wrap(EVP_PKEY *pkey, struct nodekey_why *why)
{
	struct nodekey *k;
	size_t len = NODEKEY_PUB_SIZE;

	if ((k = calloc(1, sizeof(*k))) == NULL) {
		strlcpy(why->text, "out of memory", sizeof(why->text));
		EVP_PKEY_free(pkey);
		return NULL;
	}
	k->pkey = pkey;
	if (EVP_PKEY_get_raw_public_key(pkey, k->pub, &len) != 1 ||
	    len != NODEKEY_PUB_SIZE ||
	    nodekey_pub_to_id(k->pub, &k->id) == -1) {
		strlcpy(why->text, "the key cannot be used",
		    sizeof(why->text));
		nodekey_free(k);
		return NULL;
	}
	return k;
}

struct nodekey *
nodekey_generate(struct nodekey_why *why)
{
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *pkey = NULL;

	if ((ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, NULL)) == NULL ||
	    EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_keygen(ctx, &pkey) != 1) {
		EVP_PKEY_CTX_free(ctx);
		strlcpy(why->text, "cannot generate a key",
		    sizeof(why->text));
		return NULL;
	}
	EVP_PKEY_CTX_free(ctx);
	return nodekey_wrap(pkey, why);
}

struct nodekey *
nodekey_from_seed(const uint8_t seed[NODEKEY_SEED_SIZE],
    struct nodekey_why *why)
{
	EVP_PKEY *pkey;

	pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
	    NODEKEY_SEED_SIZE);
	if (pkey == NULL) {
		strlcpy(why->text, "not an Ed25519 key", sizeof(why->text));
		return NULL;
	}
	return nodekey_wrap(pkey, why);
}

void
nodekey_free(struct nodekey *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

const struct node_id *
nodekey_id(const struct nodekey *k)
{
	return &k->id;
}

const uint8_t *
nodekey_pub(const struct nodekey *k)
{
	return k->pub;
}

int
nodekey_seed(const struct nodekey *k, uint8_t seed[NODEKEY_SEED_SIZE])
{
	size_t len = NODEKEY_SEED_SIZE;

	if (EVP_PKEY_get_raw_private_key(k->pkey, seed, &len) != 1 ||
	    len != NODEKEY_SEED_SIZE)
		return -1;
	return 0;
}

int
nodekey_sign(const struct nodekey *k, const void *msg, size_t len,
    uint8_t sig[NODEKEY_SIG_SIZE])
{
	size_t siglen = NODEKEY_SIG_SIZE;
	EVP_MD_CTX *ctx;
	int ok;

	if ((ctx = EVP_MD_CTX_new()) == NULL)
		return -1;
	ok = EVP_DigestSignInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
	    EVP_DigestSign(ctx, sig, &siglen, msg, len) == 1 &&
	    siglen == NODEKEY_SIG_SIZE;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -1;
}

int
nodekey_pub_to_id(const uint8_t pub[NODEKEY_PUB_SIZE], struct node_id *id)
{
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned len;

	if (EVP_Digest(pub, NODEKEY_PUB_SIZE, md, &len, EVP_sha256(),
	    NULL) != 1)
		return -1;
	memcpy(id->b, md, sizeof(id->b));
	return 0;
}
