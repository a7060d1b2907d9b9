/* SPDX-License-Identifier: ISC */
/* Hex text to bytes, for tests. */
#ifndef PEXD_REGRESS_HEX_H
#define PEXD_REGRESS_HEX_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decode NUL-terminated hex into malloc'd bytes (never NULL for an empty
 * text).  NULL when it is no hex; *len gets the number of bytes.
 */
uint8_t	*hex_alloc(const char *text, size_t *len);
/* Decode exactly n bytes into out.  0, or -1. */
int	 hex_exact(const char *text, uint8_t *out, size_t n);
/* Does text say just these bytes? */
int	 hex_equal(const char *text, const uint8_t *bytes, size_t n);

#endif
