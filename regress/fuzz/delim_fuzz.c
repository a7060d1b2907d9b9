/* SPDX-License-Identifier: ISC */
/*
 * Delimited messages: however the stream is cut, the same messages and the
 * same verdict come out, and no more memory is held than the limit.
 */
#include <stdlib.h>
#include <string.h>

#include "regress/lib/bytes.h"
#include "wire/delim.h"
#include "wire/pbread.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Read all in pieces of step bytes (0: whole) and write down what came. */
static enum wire_error
read_all(struct wire_span in, size_t limit, size_t step, struct bytes *log)
{
	struct delim		 d = { .buf = NULL };
	struct wire_span	 piece, msg;
	enum wire_error		 rv = WIRE_OK;

	while (in.len > 0 && rv == WIRE_OK) {
		piece = wire_span_take(&in, step == 0 || step > in.len ?
		    in.len : step);
		do {
			rv = delim_next(&d, limit, &piece, &msg);
			if (rv != WIRE_OK || msg.p == NULL)
				break;
			if (msg.len > limit)
				abort();
			bytes_add_varint(log, msg.len);
			bytes_add(log, msg.p, msg.len);
			pbread_skip(msg);
		} while (1);
		if (rv == WIRE_OK && piece.len != 0)
			abort();
	}
	delim_reset(&d);
	return rv;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes		 whole = { NULL, 0, 0 }, cut = { NULL, 0, 0 };
	struct wire_span	 in;
	size_t			 limit, step;

	if (len < 3)
		return 0;
	limit = data[0] * 41;
	step = 1 + data[1];
	in = wire_span_of(data + 2, len - 2);
	if (read_all(in, limit, 0, &whole) != read_all(in, limit, step, &cut))
		abort();
	if (!wire_span_equal(bytes_span(&whole), bytes_span(&cut)))
		abort();
	bytes_reset(&whole);
	bytes_reset(&cut);
	return 0;
}
