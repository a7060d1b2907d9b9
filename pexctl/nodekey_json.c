/* SPDX-License-Identifier: ISC */
/* CometBFT's node_key.json. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "pexctl/nodekey_json.h"

#define KEY_TYPE	"tendermint/PrivKeyEd25519"
#define PRIV_SIZE	(NODEKEY_SEED_SIZE + NODEKEY_PUB_SIZE)
#define BASE64_SIZE	((PRIV_SIZE + 2) / 3 * 4)

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789+/";

static int
base64_value(char c)
{
	const char *p = c == '\0' ? NULL : strchr(alphabet, c);

	return p == NULL ? -1 : (int)(p - alphabet);
}

/* Exactly PRIV_SIZE bytes, which leave 8 bits: two digits and "==". */
static int
base64_decode(const char *text, size_t len, uint8_t out[PRIV_SIZE])
{
	uint32_t bits = 0;
	size_t i, n = 0;
	int v, have = 0;

	if (len != BASE64_SIZE || strcmp(text + len - 2, "==") != 0)
		return -1;
	for (i = 0; i < len - 2; i++) {
		if ((v = base64_value(text[i])) == -1)
			return -1;
		bits = bits << 6 | (uint32_t)v;
		if ((have += 6) >= 8)
			out[n++] = (uint8_t)(bits >> (have -= 8));
	}
	/* What is left over has to be zero, or two texts were one key. */
	return n == PRIV_SIZE && (bits & ((1u << have) - 1)) == 0 ? 0 : -1;
}

static void
base64_encode(const uint8_t in[PRIV_SIZE], char out[BASE64_SIZE + 1])
{
	uint32_t bits = 0;
	int i, have = 0;

	for (i = 0; i < PRIV_SIZE; i++) {
		bits = bits << 8 | in[i];
		for (have += 8; have >= 6; have -= 6)
			*out++ = alphabet[bits >> (have - 6) & 63];
	}
	*out++ = alphabet[bits << (6 - have) & 63];
	(void)strlcpy(out, "==", 3);
}

static const char *
check_pair(const uint8_t priv[PRIV_SIZE])
{
	struct nodekey_why why;
	struct nodekey *k;
	int differ;

	if ((k = nodekey_from_seed(priv, &why)) == NULL)
		return "it holds no Ed25519 key";
	differ = memcmp(nodekey_pub(k), priv + NODEKEY_SEED_SIZE,
	    NODEKEY_PUB_SIZE);
	nodekey_free(k);
	return differ ? "its public key is not that of its private key" : NULL;
}

static const char *
parse_value(const json_t *root, uint8_t priv[PRIV_SIZE])
{
	const json_t *key = json_object_get(root, "priv_key");
	const json_t *type = json_object_get(key, "type");
	const json_t *value = json_object_get(key, "value");

	if (!json_is_object(key))
		return "it has no \"priv_key\"";
	if (!json_is_string(type) ||
	    strcmp(json_string_value(type), KEY_TYPE) != 0)
		return "its key is not of the type " KEY_TYPE;
	if (!json_is_string(value) || base64_decode(json_string_value(value),
	    json_string_length(value), priv) == -1)
		return "its key is not 64 bytes in base64";
	return check_pair(priv);
}

int
nodekey_json_parse(const char *text, size_t len,
    uint8_t seed[NODEKEY_SEED_SIZE], const char **why)
{
	uint8_t priv[PRIV_SIZE];
	json_t *root;

	if (len > NODEKEY_JSON_MAX) {
		*why = "it is too long for a node_key.json";
		return -1;
	}
	if ((root = json_loadb(text, len, JSON_REJECT_DUPLICATES,
	    NULL)) == NULL) {
		*why = "it is not JSON";
		return -1;
	}
	if ((*why = parse_value(root, priv)) == NULL)
		memcpy(seed, priv, NODEKEY_SEED_SIZE);
	explicit_bzero(priv, sizeof(priv));
	json_decref(root);
	return *why == NULL ? 0 : -1;
}

int
nodekey_json_write(const struct nodekey *k, char text[NODEKEY_JSON_SIZE])
{
	uint8_t priv[PRIV_SIZE];
	char value[BASE64_SIZE + 1];
	int n;

	if (nodekey_seed(k, priv) == -1)
		return -1;
	memcpy(priv + NODEKEY_SEED_SIZE, nodekey_pub(k), NODEKEY_PUB_SIZE);
	base64_encode(priv, value);
	n = snprintf(text, NODEKEY_JSON_SIZE, "{\"priv_key\":{\"type\":\"%s\","
	    "\"value\":\"%s\"}}\n", KEY_TYPE, value);
	explicit_bzero(priv, sizeof(priv));
	explicit_bzero(value, sizeof(value));
	return n;
}
