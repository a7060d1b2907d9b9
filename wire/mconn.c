/* SPDX-License-Identifier: ISC */
/* Packets: taken apart and put together again, and made. */
#include <stdlib.h>

#include "wire/mconn.h"
#include "wire/pbread.h"
#include "wire/proto/p2p.pb.h"

#define PARTIAL_MIN	2048	/* first piece of memory for a message */

const uint8_t	mconn_ping[MCONN_CONTROL_SIZE] = { 2, 0x0a, 0 };
const uint8_t	mconn_pong[MCONN_CONTROL_SIZE] = { 2, 0x12, 0 };

struct packet {
	uint32_t		which;		/* tag of the member, 0 none */
	int32_t			channel;
	bool			eof;
	struct wire_span	data;
};

static enum wire_error
decode_packet_msg(struct wire_span in, struct packet *p)
{
	struct pbfield	 f;
	int		 rv;

	p->channel = 0;
	p->eof = false;
	p->data = wire_span_of(NULL, 0);
	while ((rv = pbread_next(&in, &f)) == 1) {
		switch (f.tag) {
		case p2p_PacketMsg_channel_id_tag:
			if (f.type != PBTYPE_VARINT)
				return WIRE_PACKET_MALFORMED;
			p->channel = (int32_t)f.num;
			break;
		case p2p_PacketMsg_eof_tag:
			if (f.type != PBTYPE_VARINT)
				return WIRE_PACKET_MALFORMED;
			p->eof = f.num != 0;
			break;
		case p2p_PacketMsg_data_tag:
			if (f.type != PBTYPE_BYTES)
				return WIRE_PACKET_MALFORMED;
			p->data = f.data;
			break;
		}
	}
	return rv == -1 ? WIRE_PACKET_MALFORMED : WIRE_OK;
}

static enum wire_error
decode_member(const struct pbfield *f, struct packet *p)
{
	if (f->type != PBTYPE_BYTES)
		return WIRE_PACKET_MALFORMED;
	p->which = f->tag;
	if (f->tag == p2p_Packet_packet_msg_tag)
		return decode_packet_msg(f->data, p);
	return pbread_skip(f->data) == -1 ? WIRE_PACKET_MALFORMED : WIRE_OK;
}

/* The last member counts, but the earlier ones have to decode as well. */
static enum wire_error
decode_packet(struct wire_span in, struct packet *p)
{
	struct pbfield	 f;
	enum wire_error	 error;
	int		 rv;

	memset(p, 0, sizeof(*p));
	while ((rv = pbread_next(&in, &f)) == 1) {
		if (f.tag > p2p_Packet_packet_msg_tag)
			continue;
		if ((error = decode_member(&f, p)) != WIRE_OK)
			return error;
	}
	return rv == -1 ? WIRE_PACKET_MALFORMED : WIRE_OK;
}

static const struct mconn_channel *
find_channel(const struct mconn_config *config, int32_t id)
{
	unsigned int	 i;

	for (i = 0; i < config->nchannels; i++)
		if (config->channels[i].id == id)
			return &config->channels[i];
	return NULL;
}

static struct mconn_partial *
find_partial(struct mconn *m, uint8_t channel)
{
	struct mconn_partial	*p;

	SLIST_FOREACH(p, &m->partials, entry)
		if (p->channel == channel)
			return p;
	return NULL;
}

static void
partial_free(struct mconn_partial *p)
{
	if (p != NULL)
		free(p->data);
	free(p);
}

static struct mconn_partial *
partial_new(struct mconn *m, uint8_t channel)
{
	struct mconn_partial	*p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->channel = channel;
	SLIST_INSERT_HEAD(&m->partials, p, entry);
	return p;
}

/* Grows with what has come, never ahead of it by more than a factor of 2. */
static enum wire_error
partial_add(struct mconn_partial *p, uint32_t capacity, struct wire_span data)
{
	uint8_t		*grown;
	uint64_t	 size;

	if (p->data == NULL || p->len + data.len > p->size) {
		size = 2 * (uint64_t)p->size;
		if (size < PARTIAL_MIN)
			size = PARTIAL_MIN;
		if (size < p->len + data.len)
			size = p->len + data.len;
		if (size > capacity)
			size = capacity;
		if ((grown = realloc(p->data, size)) == NULL)
			return WIRE_NOMEM;
		p->data = grown;
		p->size = size;
	}
	if (data.len > 0)
		memcpy(p->data + p->len, data.p, data.len);
	p->len += data.len;
	return WIRE_OK;
}

static void
deliver(struct mconn_event *ev, uint8_t channel, struct wire_span data)
{
	ev->type = MCONN_MESSAGE;
	ev->channel = channel;
	ev->data = data;
}

/* One packet of a message.  An event if it is the last. */
static enum wire_error
take_message(struct mconn *m, const struct mconn_config *config,
    const struct packet *packet, struct mconn_event *ev)
{
	const struct mconn_channel	*ch;
	struct mconn_partial		*p;
	enum wire_error			 rv;

	if ((ch = find_channel(config, packet->channel)) == NULL)
		return WIRE_PACKET_CHANNEL;
	p = find_partial(m, ch->id);
	if (packet->data.len > ch->capacity - (p == NULL ? 0 : p->len))
		return WIRE_PACKET_CAPACITY;
	if (p == NULL && packet->eof) {
		deliver(ev, ch->id, packet->data);
		return WIRE_OK;
	}
	if (packet->data.len > 0) {
		if (p == NULL && (p = partial_new(m, ch->id)) == NULL)
			return WIRE_NOMEM;
		rv = partial_add(p, ch->capacity, packet->data);
		if (rv != WIRE_OK)
			return rv;
	}
	if (packet->eof) {
		SLIST_REMOVE(&m->partials, p, mconn_partial, entry);
		m->done = p;
		deliver(ev, ch->id, wire_span_of(p->data, p->len));
	}
	return WIRE_OK;
}

static enum wire_error
take_packet(struct mconn *m, const struct mconn_config *config,
    struct wire_span msg, struct mconn_event *ev)
{
	struct packet	 packet;
	enum wire_error	 rv;

	if ((rv = decode_packet(msg, &packet)) != WIRE_OK)
		return rv;
	switch (packet.which) {
	case p2p_Packet_packet_ping_tag:
		ev->type = MCONN_PING;
		return WIRE_OK;
	case p2p_Packet_packet_pong_tag:
		ev->type = MCONN_PONG;
		return WIRE_OK;
	case p2p_Packet_packet_msg_tag:
		return take_message(m, config, &packet, ev);
	default:
		return WIRE_PACKET_TYPE;
	}
}

enum wire_error
mconn_next(struct mconn *m, const struct mconn_config *config,
    struct wire_span *in, struct mconn_event *ev)
{
	struct wire_span	 msg;
	enum wire_error		 rv;
	size_t			 limit;

	limit = mconn_packet_limit(config->max_payload);
	partial_free(m->done);
	m->done = NULL;
	ev->type = MCONN_NONE;
	do {
		rv = delim_next(&m->delim, limit, in, &msg);
		if (rv == WIRE_LENGTH_BAD || rv == WIRE_LENGTH_OVER)
			return WIRE_PACKET_LENGTH;
		if (rv != WIRE_OK || msg.p == NULL)
			return rv;
		if ((rv = take_packet(m, config, msg, ev)) != WIRE_OK)
			return rv;
	} while (ev->type == MCONN_NONE);
	return WIRE_OK;
}

void
mconn_reset(struct mconn *m)
{
	struct mconn_partial	*p;

	while ((p = SLIST_FIRST(&m->partials)) != NULL) {
		SLIST_REMOVE_HEAD(&m->partials, entry);
		partial_free(p);
	}
	partial_free(m->done);
	m->done = NULL;
	delim_reset(&m->delim);
}

size_t
mconn_held(const struct mconn *m)
{
	const struct mconn_partial	*p;
	size_t				 n = 0;

	SLIST_FOREACH(p, &m->partials, entry)
		n += sizeof(*p) + p->size;
	if (m->done != NULL)
		n += sizeof(*m->done) + m->done->size;
	if (m->delim.buf != NULL)
		n += m->delim.length;
	return n;
}

/* Size of a length-delimited field with a tag below 16. */
static size_t
field_size(size_t len)
{
	return 1 + varint_size(len) + len;
}

/*
 * CometBFT computes it for channel 1, so that a full last packet of a
 * channel from 128 on, one byte longer, is over the limit there and here.
 */
size_t
mconn_packet_limit(uint32_t max_payload)
{
	return field_size(2 + 2 + field_size(max_payload));
}

size_t
mconn_header(uint8_t *out, uint8_t channel, uint32_t max_payload, size_t len,
    size_t off, size_t *take)
{
	size_t	 inner = 0;
	bool	 eof;
	uint8_t	*p = out;

	*take = len - off < max_payload ? len - off : max_payload;
	eof = off + *take == len;
	if (channel != 0)
		inner += 1 + varint_size(channel);
	if (eof)
		inner += 2;
	if (*take > 0)
		inner += field_size(*take);
	p = varint_put(p, field_size(inner));
	*p++ = p2p_Packet_packet_msg_tag << 3 | PBTYPE_BYTES;
	p = varint_put(p, inner);
	if (channel != 0) {
		*p++ = p2p_PacketMsg_channel_id_tag << 3 | PBTYPE_VARINT;
		p = varint_put(p, channel);
	}
	if (eof) {
		*p++ = p2p_PacketMsg_eof_tag << 3 | PBTYPE_VARINT;
		*p++ = 1;
	}
	if (*take > 0) {
		*p++ = p2p_PacketMsg_data_tag << 3 | PBTYPE_BYTES;
		p = varint_put(p, *take);
	}
	return p - out;
}

size_t
mconn_stream_size(uint8_t channel, uint32_t max_payload, size_t len)
{
	uint8_t	 header[MCONN_HEADER_MAX];
	size_t	 n = 0, off = 0, take;

	do {
		n += mconn_header(header, channel, max_payload, len, off,
		    &take);
		n += take;
		off += take;
	} while (off < len);
	return n;
}

size_t
mconn_stream(uint8_t *out, uint8_t channel, uint32_t max_payload,
    const uint8_t *data, size_t len)
{
	uint8_t	*p = out;
	size_t	 off = 0, take;

	do {
		p += mconn_header(p, channel, max_payload, len, off, &take);
		if (take > 0)
			memcpy(p, data + off, take);
		p += take;
		off += take;
	} while (off < len);
	return p - out;
}
