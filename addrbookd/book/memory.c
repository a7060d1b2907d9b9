/* SPDX-License-Identifier: ISC */
/*
 * Memory of the book's arrays.  All operations jump about in them, so that
 * a large one costs a miss of the TLB each time unless its pages are large.
 */
#include <sys/types.h>
#include <sys/mman.h>

#include <stdlib.h>

#include "addrbookd/book/impl.h"

#define LARGE_PAGE	((uintptr_t)2 << 20)
#define LARGE_FROM	(2 * LARGE_PAGE)	/* so that little is wasted */

/* Zeroed, and in memory only once it is used.  For free(3). */
void *
bk_array_new(size_t n, size_t size)
{
	void		*p = calloc(n, size);
#ifdef MADV_HUGEPAGE
	uintptr_t	 at, end;

	if (p == NULL || n * size < LARGE_FROM)
		return p;
	at = ((uintptr_t)p + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
	end = ((uintptr_t)p + n * size) & ~(LARGE_PAGE - 1);
	/* A wish: where it is not heard, it only costs time. */
	(void)madvise((void *)at, end - at, MADV_HUGEPAGE);
#endif
	return p;
}
