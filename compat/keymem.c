/* SPDX-License-Identifier: ISC */
/* Locked memory for keys. */

#include <openssl/crypto.h>

#include "compat/keymem.h"

#define HEAP_SIZE	16384	/* a power of two; a key takes 32 bytes */
#define HEAP_ITEM	16

#ifdef LIBRESSL_VERSION_NUMBER

/* It has no such heap; OpenBSD, whose it is, encrypts what it swaps. */
int
keymem_lock(void)
{
	return 0;
}

#else

int
keymem_lock(void)
{
	return CRYPTO_secure_malloc_init(HEAP_SIZE, HEAP_ITEM) == 1 ? 0 : -1;
}

#endif
