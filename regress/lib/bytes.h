/* SPDX-License-Identifier: ISC */
/* A buffer that grows, for tests that put bytes together. */
#ifndef PEXD_REGRESS_BYTES_H
#define PEXD_REGRESS_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "wire/span.h"

struct bytes {
	uint8_t	*p;
	size_t	 len, size;
};

/* All zero is an empty one.  Running out of memory ends the program. */
void	 bytes_add(struct bytes *, const void *, size_t);
void	 bytes_add_hex(struct bytes *, const char *);
void	 bytes_add_varint(struct bytes *, uint64_t);
/* A protobuf field: a varint, or bytes. */
void	 bytes_add_num(struct bytes *, uint32_t tag, uint64_t);
void	 bytes_add_field(struct bytes *, uint32_t tag, const void *, size_t);
void	 bytes_add_text(struct bytes *, uint32_t tag, const char *);
/* Put a varint with the length in front. */
void	 bytes_delimit(struct bytes *);
void	 bytes_reset(struct bytes *);
struct wire_span bytes_span(const struct bytes *);

#endif
