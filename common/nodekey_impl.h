/* SPDX-License-Identifier: ISC */
/* What nodekey.c and nodekey_file.c share and nobody else sees. */
#ifndef PEXD_NODEKEY_IMPL_H
#define PEXD_NODEKEY_IMPL_H

#include <openssl/evp.h>

#include "common/nodekey.h"

struct nodekey {
	EVP_PKEY	*pkey;
	uint8_t		 pub[NODEKEY_PUB_SIZE];
	struct node_id	 id;
};

/* nodekey.c */
struct nodekey	*nodekey_wrap(EVP_PKEY *, struct nodekey_why *);

#endif
