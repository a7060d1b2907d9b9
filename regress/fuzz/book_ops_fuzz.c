/* SPDX-License-Identifier: ISC */
/* Any sequence of operations leaves the book sound. */
#include <stdio.h>
#include <stdlib.h>

#include "regress/lib/bookops.h"

#define STEPS	1000	/* each looks at all of the book */

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char	*wrong;

	if (size > 1024)
		return 0;
	if ((wrong = bookops_run(data, size, STEPS)) != NULL) {
		fprintf(stderr, "%s\n", wrong);
		abort();
	}
	return 0;
}
