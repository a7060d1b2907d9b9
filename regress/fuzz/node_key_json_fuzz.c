/* SPDX-License-Identifier: ISC */
/* node_key.json: a key that is read, written again, is the same key. */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "pexctl/nodekey_json.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t seed[NODEKEY_SEED_SIZE], back[NODEKEY_SEED_SIZE];
	char text[NODEKEY_JSON_SIZE];
	struct nodekey_why nw;
	struct nodekey *k;
	const char *why = NULL;
	int n;

	if (nodekey_json_parse((const char *)data, len, seed, &why) == -1) {
		if (why == NULL)
			abort();
		return 0;
	}
	if ((k = nodekey_from_seed(seed, &nw)) == NULL ||
	    (n = nodekey_json_write(k, text)) == -1 ||
	    nodekey_json_parse(text, (size_t)n, back, &why) == -1 ||
	    memcmp(seed, back, sizeof(seed)) != 0)
		abort();
	nodekey_free(k);
	return 0;
}
