/* SPDX-License-Identifier: ISC */
/*
 * UNINITIALIZED, on a large automatic variable in a hot path: the compiler
 * clears all others at entry as a precaution, which there costs more than the
 * work.  Only for what is written before it is read.
 */
#ifndef PEXD_UNINIT_H
#define PEXD_UNINIT_H

#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define UNINITIALIZED	__attribute__((uninitialized))
#endif
#endif
#ifndef UNINITIALIZED
#define UNINITIALIZED
#endif

#endif
