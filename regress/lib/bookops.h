/* SPDX-License-Identifier: ISC */
/*
 * Any bytes are a sequence of operations on a book: for the fuzzer, which
 * makes them up cleverly, and a test, which makes them up at random.
 */
#ifndef PEXD_REGRESS_BOOKOPS_H
#define PEXD_REGRESS_BOOKOPS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Run them; after each, look at every invariant and at what a simple model
 * of the book says.  At the end save and load it and compare.  Returns NULL,
 * or what went wrong and where.
 */
const char	*bookops_run(const uint8_t *, size_t);

#endif
