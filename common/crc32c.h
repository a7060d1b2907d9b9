/* SPDX-License-Identifier: ISC */
/*
 * CRC-32C (Castagnoli; RFC 3720, appendix B.4): a checksum of stored rows.
 */
#ifndef PEXD_CRC32C_H
#define PEXD_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Go on from crc (0 to begin) over len bytes.  Returns the new sum. */
uint32_t	 crc32c(uint32_t crc, const void *, size_t len);

#endif
