/* SPDX-License-Identifier: ISC */
/*
 * The node key: an Ed25519 private key in a PEM file (PKCS #8, RFC 8410).
 * pexd signs with it and shows it to nobody; pexctl makes it and converts
 * it from and to node_key.json.
 *
 * All that can fail and return NULL or -1 leave a sentence in why.
 */
#ifndef PEXD_NODEKEY_H
#define PEXD_NODEKEY_H

#include <stddef.h>
#include <stdint.h>

#include "common/netaddr.h"

#define NODEKEY_SEED_SIZE	32	/* RFC 8032's secret key */
#define NODEKEY_PUB_SIZE	32
#define NODEKEY_SIG_SIZE	64

struct nodekey;

struct nodekey_why {
	char	text[256];
};

/* A new random key. */
struct nodekey	*nodekey_generate(struct nodekey_why *);
struct nodekey	*nodekey_from_seed(const uint8_t seed[NODEKEY_SEED_SIZE],
		    struct nodekey_why *);
/*
 * Read a key from path: a regular file, no link, owned by root or the
 * caller, and closed to group and others.  errno is ENOENT if there is none.
 */
struct nodekey	*nodekey_load(const char *path, struct nodekey_why *);
/*
 * Write it to path, mode 0600, complete or not at all.  A file that is there
 * already stays as it is and is an error (errno EEXIST).
 */
int		 nodekey_save(const struct nodekey *, const char *path,
		    struct nodekey_why *);
/* Write it to an open file.  0, or -1 with errno. */
int		 nodekey_write(const struct nodekey *, int fd);
void		 nodekey_free(struct nodekey *);	/* NULL is fine */

const struct node_id *nodekey_id(const struct nodekey *);
const uint8_t	*nodekey_pub(const struct nodekey *);	/* 32 bytes */
/* The secret itself; wipe it after use.  0 or -1. */
int		 nodekey_seed(const struct nodekey *,
		    uint8_t seed[NODEKEY_SEED_SIZE]);
/* Sign len bytes.  0 or -1. */
int		 nodekey_sign(const struct nodekey *, const void *msg,
		    size_t len, uint8_t sig[NODEKEY_SIG_SIZE]);

/* The ID of a public key: the first 20 bytes of its SHA-256.  0 or -1. */
int		 nodekey_pub_to_id(const uint8_t pub[NODEKEY_PUB_SIZE],
		    struct node_id *);

#endif
