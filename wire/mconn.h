/* SPDX-License-Identifier: ISC */
/*
 * MConnection: pings, pongs and the messages of several channels, cut into
 * packets on one byte stream.  A pull parser: the caller takes one event
 * after the other and may stop at any.
 *
 * Source: CometBFT p2p/conn/connection.go.
 */
#ifndef PEXD_WIRE_MCONN_H
#define PEXD_WIRE_MCONN_H

#include <sys/queue.h>

#include "wire/delim.h"

#define MCONN_PAYLOAD		1024	/* default bytes of data in a packet */
#define MCONN_PAYLOAD_MAX	65536	/* most that can be configured */
#define MCONN_CONTROL_SIZE	3	/* a ping or a pong, delimited */

/* What we listen on.  Comes from the engine's reactor table. */
struct mconn_channel {
	uint8_t		id;
	uint32_t	capacity;	/* longest message we take, bytes */
};

struct mconn_config {
	const struct mconn_channel	*channels;
	unsigned			 nchannels;	/* at most 16 */
	uint32_t			 max_payload;	/* both directions */
};

/* A message some of whose packets are here. */
struct mconn_partial {
	SLIST_ENTRY(mconn_partial)	 entry;
	uint8_t				 channel;
	uint32_t			 len, size;
	uint8_t				*data;
};
SLIST_HEAD(mconn_partials, mconn_partial);

/* The reading side.  All zero is a fresh one. */
struct mconn {
	struct delim		delim;
	struct mconn_partials	partials;
	struct mconn_partial	*done;	/* delivered, freed at the next call */
};

enum mconn_event_type {
	MCONN_NONE,		/* the input is used up */
	MCONN_PING,
	MCONN_PONG,
	MCONN_MESSAGE,
};

struct mconn_event {
	enum mconn_event_type	type;
	uint8_t			channel;
	struct wire_span	data;	/* valid until the next mconn_next() */
};

/*
 * Take bytes off *in up to the next event.  Packets without a visible effect
 * (a part of a message) yield none.  WIRE_PACKET_* and WIRE_NOMEM are fatal.
 */
enum wire_error	 mconn_next(struct mconn *, const struct mconn_config *,
		    struct wire_span *in, struct mconn_event *);
/* Frees what is held; the reader is fresh again. */
void		 mconn_reset(struct mconn *);
/* Bytes of memory held for incomplete packets and messages. */
size_t		 mconn_held(const struct mconn *);

/* Longest Packet, without prefix, that a reader of max_payload takes. */
size_t		 mconn_packet_limit(uint32_t max_payload);

/*
 * The writing side.  A message of len bytes on a channel is a run of packets,
 * each a header and up to max_payload bytes; an empty one is one packet.
 */
#define MCONN_HEADER_MAX	(3 * VARINT_SIZE + 1 + 3 + 2 + 1)
/*
 * Write the header of the packet that starts at offset off of a message of
 * len bytes: delimiter, Packet, PacketMsg up to the data.  Returns its size;
 * *take is the number of data bytes that follow it.
 */
size_t		 mconn_header(uint8_t *out, uint8_t channel,
		    uint32_t max_payload, size_t len, size_t off, size_t *take);
/* Size of the whole run of packets. */
size_t		 mconn_stream_size(uint8_t channel, uint32_t max_payload,
		    size_t len);
/* Write the run to out, which has that much room.  Returns the size. */
size_t		 mconn_stream(uint8_t *out, uint8_t channel,
		    uint32_t max_payload, const uint8_t *data, size_t len);

extern const uint8_t	mconn_ping[MCONN_CONTROL_SIZE];
extern const uint8_t	mconn_pong[MCONN_CONTROL_SIZE];

#endif
