/* SPDX-License-Identifier: ISC */
/*
 * A stream of packets: the same events however it is cut, no message over
 * its channel's capacity, no more memory than the channels may hold.
 */
#include <stdlib.h>

#include "regress/lib/bytes.h"
#include "wire/mconn.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct mconn_channel	channels[] = {
	{ 0x00, 64000 }, { 0x01, 100 }, { 0xff, 3000 },
};
#define HELD_MAX	(64000 + 100 + 3000 + 4 * 64 + 1034)

static enum wire_error
read_all(struct wire_span in, size_t step, struct bytes *log)
{
	static const struct mconn_config config = { channels, 3,
	    MCONN_PAYLOAD };
	struct mconn		 m = { .done = NULL };
	struct mconn_event	 ev;
	struct wire_span	 piece;
	enum wire_error		 rv = WIRE_OK;
	uint8_t			 head[2];

	while (in.len > 0 && rv == WIRE_OK) {
		piece = wire_span_take(&in, step == 0 || step > in.len ?
		    in.len : step);
		while ((rv = mconn_next(&m, &config, &piece, &ev)) ==
		    WIRE_OK && ev.type != MCONN_NONE) {
			head[0] = ev.type;
			head[1] = ev.type == MCONN_MESSAGE ? ev.channel : 0;
			bytes_add(log, head, sizeof(head));
			if (ev.type != MCONN_MESSAGE)
				continue;
			if (ev.data.len > (ev.channel == 0 ? 64000 :
			    ev.channel == 1 ? 100 : 3000))
				abort();
			bytes_add_varint(log, ev.data.len);
			bytes_add(log, ev.data.p, ev.data.len);
		}
		if (mconn_held(&m) > HELD_MAX)
			abort();
	}
	mconn_reset(&m);
	return rv;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes		 whole = { NULL, 0, 0 }, cut = { NULL, 0, 0 };
	struct wire_span	 in;

	if (len < 2)
		return 0;
	in = wire_span_of(data + 1, len - 1);
	if (read_all(in, 0, &whole) != read_all(in, 1 + data[0], &cut) ||
	    !wire_span_equal(bytes_span(&whole), bytes_span(&cut)))
		abort();
	bytes_reset(&whole);
	bytes_reset(&cut);
	return 0;
}
