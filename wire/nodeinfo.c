/* SPDX-License-Identifier: ISC */
/* DefaultNodeInfo, read and written. */
#include <pb_encode.h>

#include "wire/nodeinfo.h"
#include "wire/pbread.h"
#include "wire/proto/p2p.pb.h"

/* Where a field of the record goes; exactly one of the two is set. */
struct slot {
	struct wire_span	*text;
	uint64_t		*num;
};

/*
 * Read a message whose fields 1..n are text, bytes or numbers.  A field that
 * comes again replaces the earlier one; slots of sub-messages are empty.
 */
static int
read_slot(const struct pbfield *f, const struct slot *slots, size_t n)
{
	const struct slot	*s;

	if (f->tag > n)
		return 0;
	s = &slots[f->tag - 1];
	if (f->type != (s->num != NULL ? PBTYPE_VARINT : PBTYPE_BYTES))
		return -1;
	if (s->num != NULL)
		*s->num = f->num;
	else
		*s->text = f->data;
	return 0;
}

static int
read_slots(struct wire_span in, const struct slot *slots, size_t n)
{
	struct pbfield	 f;
	int		 rv;

	while ((rv = pbread_next(&in, &f)) == 1)
		if (read_slot(&f, slots, n) == -1)
			return -1;
	return rv;
}

static int
read_protocol_version(struct wire_span in, struct nodeinfo *ni)
{
	const struct slot	 slots[] = {
		{ NULL, &ni->p2p_version },
		{ NULL, &ni->block_version },
		{ NULL, &ni->app_version },
	};

	return read_slots(in, slots, 3);
}

static int
read_other(struct wire_span in, struct nodeinfo *ni)
{
	const struct slot	 slots[] = {
		{ &ni->tx_index, NULL },
		{ &ni->rpc_address, NULL },
	};

	return read_slots(in, slots, 2);
}

enum wire_error
nodeinfo_decode(struct wire_span in, struct nodeinfo *ni)
{
	struct wire_span	 sub = { NULL, 0 };
	const struct slot	 slots[] = {
		{ &sub, NULL },
		{ &ni->id, NULL },
		{ &ni->listen_addr, NULL },
		{ &ni->network, NULL },
		{ &ni->version, NULL },
		{ &ni->channels, NULL },
		{ &ni->moniker, NULL },
		{ &sub, NULL },
	};
	struct pbfield		 f;
	int			 rv;

	memset(ni, 0, sizeof(*ni));
	while ((rv = pbread_next(&in, &f)) == 1) {
		if (read_slot(&f, slots, 8) == -1)
			return WIRE_INFO_MALFORMED;
		if (f.tag == p2p_DefaultNodeInfo_protocol_version_tag)
			rv = read_protocol_version(sub, ni);
		else if (f.tag == p2p_DefaultNodeInfo_other_tag)
			rv = read_other(sub, ni);
		if (rv == -1)
			return WIRE_INFO_MALFORMED;
	}
	return rv == -1 ? WIRE_INFO_MALFORMED : WIRE_OK;
}

/* Field of text or bytes; an empty one is not written (proto3). */
static bool
write_span(pb_ostream_t *stream, const pb_field_t *field, void *const *arg)
{
	const struct wire_span	*s = *arg;

	if (s->len == 0)
		return true;
	return pb_encode_tag_for_field(stream, field) &&
	    pb_encode_string(stream, s->p, s->len);
}

static pb_callback_t
span_callback(const struct wire_span *s)
{
	pb_callback_t	 cb = { .funcs.encode = write_span };

	cb.arg = (void *)(uintptr_t)s;	/* write_span() only reads it */
	return cb;
}

static p2p_DefaultNodeInfo
to_message(const struct nodeinfo *ni)
{
	p2p_DefaultNodeInfo	 msg = p2p_DefaultNodeInfo_init_zero;

	msg.has_protocol_version = true;
	msg.protocol_version.p2p = ni->p2p_version;
	msg.protocol_version.block = ni->block_version;
	msg.protocol_version.app = ni->app_version;
	msg.default_node_id = span_callback(&ni->id);
	msg.listen_addr = span_callback(&ni->listen_addr);
	msg.network = span_callback(&ni->network);
	msg.version = span_callback(&ni->version);
	msg.channels = span_callback(&ni->channels);
	msg.moniker = span_callback(&ni->moniker);
	msg.has_other = true;
	msg.other.tx_index = span_callback(&ni->tx_index);
	msg.other.rpc_address = span_callback(&ni->rpc_address);
	return msg;
}

size_t
nodeinfo_size(const struct nodeinfo *ni)
{
	p2p_DefaultNodeInfo	 msg = to_message(ni);
	size_t			 size;

	if (!pb_get_encoded_size(&size, p2p_DefaultNodeInfo_fields, &msg) ||
	    size > NODEINFO_MAX)
		return 0;
	return size;
}

size_t
nodeinfo_encode(const struct nodeinfo *ni, uint8_t *out, size_t room)
{
	p2p_DefaultNodeInfo	 msg = to_message(ni);
	pb_ostream_t		 stream;

	if (room > NODEINFO_MAX)
		room = NODEINFO_MAX;
	stream = pb_ostream_from_buffer(out, room);
	if (!pb_encode(&stream, p2p_DefaultNodeInfo_fields, &msg))
		return 0;
	return stream.bytes_written;
}
