/* SPDX-License-Identifier: ISC */
/*
 * CometBFT's node_key.json: an Ed25519 private key as base64 of seed and
 * public key.  Pure.  Source: CometBFT p2p/key.go, crypto/ed25519.
 */
#ifndef PEXCTL_NODEKEY_JSON_H
#define PEXCTL_NODEKEY_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "common/nodekey.h"

#define NODEKEY_JSON_MAX	(64 * 1024)	/* a larger file is none */
#define NODEKEY_JSON_SIZE	256	/* of what is written, NUL too */

/*
 * Read the seed.  0, or -1 and a phrase in *why.  That the public key is the
 * seed's is checked: a file where it is not was damaged or put together.
 */
int	 nodekey_json_parse(const char *text, size_t len,
	    uint8_t seed[NODEKEY_SEED_SIZE], const char **why);
/* Write the file's text, secret included.  Returns its length, or -1. */
int	 nodekey_json_write(const struct nodekey *,
	    char text[NODEKEY_JSON_SIZE]);

#endif
