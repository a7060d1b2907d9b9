/* SPDX-License-Identifier: ISC */
/* CRC-32C (Castagnoli), RFC 3720 appendix B.4: what a stored row carries. */
#ifndef PEXD_CRC32C_H
#define PEXD_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of len bytes, continuing crc (0 to begin). */
uint32_t	crc32c(uint32_t crc, const void *data, size_t len);

#endif
