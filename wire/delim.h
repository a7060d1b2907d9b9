/* SPDX-License-Identifier: ISC */
/*
 * Delimited messages in a byte stream: an unsigned varint length, then that
 * many bytes.  A message that lies whole in the input is not copied; memory
 * is held only while one is incomplete.
 *
 * Source: CometBFT libs/protoio (the varint has at most 10 bytes, the tenth
 * at most 1; overlong forms are accepted).
 */
#ifndef PEXD_WIRE_DELIM_H
#define PEXD_WIRE_DELIM_H

#include <stdbool.h>

#include "wire/error.h"
#include "wire/span.h"

#define VARINT_SIZE	10	/* longest encoding of 64 bits */

struct delim {
	uint8_t		*buf;		/* an incomplete message, or NULL */
	uint64_t	 length;	/* from the prefix read so far */
	uint32_t	 have;		/* bytes of the message in buf */
	uint8_t		 nprefix;	/* bytes of the prefix read */
	bool		 in_body;	/* the prefix is complete */
};

/* All zero is a fresh reader; this frees what an old one held. */
void		 delim_reset(struct delim *);
/*
 * Take bytes off *in until a message is complete.  Then msg->p is not NULL
 * and *msg is valid until the next call on this reader or until the input
 * goes away; else msg->p is NULL and *in is used up.  A length over limit
 * is refused (WIRE_LENGTH_OVER) before any memory is had for it; a prefix
 * over 64 bits is WIRE_LENGTH_BAD.  After an error the reader is useless.
 */
enum wire_error	 delim_next(struct delim *, size_t limit,
		    struct wire_span *in, struct wire_span *msg);
/* Does the stream stand in the middle of a message? */
bool		 delim_partial(const struct delim *);

/* Bytes that v takes as a varint, 1 to 10. */
size_t		 varint_size(uint64_t v);
/* Write v at p, which has room for varint_size(v).  Returns p's end. */
uint8_t		*varint_put(uint8_t *p, uint64_t v);
/* Take a varint off *in: 0, or -1 when it is cut short or over 64 bits. */
int		 varint_get(struct wire_span *in, uint64_t *v);

#endif
