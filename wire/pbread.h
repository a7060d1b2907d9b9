/* SPDX-License-Identifier: ISC */
/*
 * Reading protobuf field by field, in place, so that each message can follow
 * the rules of the other side to the letter: unknown fields and groups are
 * skipped, the last of a repeated field counts.  Nothing is copied, nothing
 * is allocated, nothing recurses.
 *
 * Source: protobuf.dev's encoding page; gogoproto's generated readers.
 */
#ifndef PEXD_WIRE_PBREAD_H
#define PEXD_WIRE_PBREAD_H

#include "wire/span.h"

enum pbtype {
	PBTYPE_VARINT = 0,
	PBTYPE_FIXED64 = 1,
	PBTYPE_BYTES = 2,	/* bytes, text and messages */
	PBTYPE_GROUP = 3,	/* skipped whole, data is empty */
	PBTYPE_GROUP_END = 4,	/* never given out */
	PBTYPE_FIXED32 = 5,
};

struct pbfield {
	uint32_t		tag;	/* 1 and up */
	enum pbtype		type;
	uint64_t		num;	/* of a varint */
	struct wire_span	data;	/* of bytes */
};

/*
 * Take the next field off *in.  1: there is one; 0: the end; -1: malformed
 * (field number 0 or over 29 bits, cut short, varint over 64 bits, unknown
 * wire type, end of a group that did not begin).
 */
int	 pbread_next(struct wire_span *in, struct pbfield *);
/* Is a message whose fields do not matter well-formed?  0 or -1. */
int	 pbread_skip(struct wire_span in);

#endif
