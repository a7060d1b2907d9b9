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
 * Run them, until there are so many steps (an operation may be several);
 * after each, look at every invariant and compare with what a simple model
 * (bookmodel.h) foretells.  Now and then and at the end save and load the
 * book, compare, and go on with what was loaded.  Returns NULL, or what went
 * wrong and where.
 */
const char	*bookops_run(const uint8_t *, size_t, unsigned int steps);

#endif
