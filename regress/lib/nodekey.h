/* SPDX-License-Identifier: ISC */
/* A node key for tests and the load generator: it can sign. */
#ifndef PEXD_REGRESS_NODEKEY_H
#define PEXD_REGRESS_NODEKEY_H

#include "wire/crypto.h"

struct nodekey {
	void		*handle;	/* libcrypto's */
	uint8_t		 pub[ED25519_KEY_SIZE];
	struct node_id	 id;
};

/* 0, or -1 when libcrypto fails. */
int	 nodekey_init(struct nodekey *, struct wire_crypto *,
	    const uint8_t seed[ED25519_KEY_SIZE]);
void	 nodekey_free(struct nodekey *);
int	 nodekey_sign(const struct nodekey *, const uint8_t *msg, size_t len,
	    uint8_t sig[ED25519_SIG_SIZE]);

#endif
