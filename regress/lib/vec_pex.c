/* SPDX-License-Identifier: ISC */
/* Vectors of the PEX messages, whole, in packets, and oddly encoded. */
#include <stdlib.h>
#include <string.h>

#include "regress/lib/vec.h"
#include "wire/mconn.h"
#include "wire/pex.h"

static struct pex_list
new_list(struct vec *v)
{
	struct pex_list	 list = { .max = PEX_CAPACITY / 2 };

	list.addrs = vec_alloc(v, list.max * sizeof(*list.addrs));
	return list;
}

/* Write the addresses and compare; read the message and compare. */
static void
check_addrs(struct vec *v, json_t *texts, struct wire_span msg)
{
	struct pex_list		 list = new_list(v);
	struct peer_addr	 pa;
	struct pex_writer	 w;
	enum pex_kind		 kind;
	const char		*s;
	size_t			 i, n = json_array_size(texts);

	pex_writer_init(&w, vec_alloc(v, PEX_ADDRS_SIZE(n)),
	    PEX_ADDRS_SIZE(n));
	VEC_CHECK(v, pex_decode(msg, &kind, &list) == WIRE_OK &&
	    kind == PEX_ADDRS && list.n == n && list.total == n);
	for (i = 0; i < n; i++) {
		s = json_string_value(json_array_get(texts, i));
		if (s == NULL || peer_addr_parse(s, strlen(s), &pa) !=
		    ADDRPARSE_OK) {
			vec_fail(v, "address %zu is not understood", i);
			return;
		}
		VEC_CHECK(v, pex_writer_add(&w, &pa) == 0);
		VEC_CHECK(v, i < list.n &&
		    peer_addr_equal(&list.addrs[i], &pa));
	}
	VEC_CHECK(v, wire_span_equal(pex_writer_end(&w), msg));
}

void
vec_pex_messages(struct vec *v, json_t *c)
{
	struct wire_span	 msg = vec_bytes(v, c, "message_encoded");
	struct wire_span	 rest = vec_bytes(v, c, "message_delimited");
	json_t			*addrs = vec_array(v, c, "addrs");
	struct pex_list		 list = new_list(v);
	enum pex_kind		 kind;
	uint64_t		 len;

	VEC_CHECK(v, msg.len == vec_u64(v, c, "len"));
	VEC_CHECK(v, varint_get(&rest, &len) == 0 && len == rest.len &&
	    wire_span_equal(rest, msg));
	/* No addresses: a request, or an empty list. */
	if (json_array_size(addrs) == 0 &&
	    pex_decode(msg, &kind, &list) == WIRE_OK && kind == PEX_REQUEST)
		VEC_CHECK(v, vec_is(msg, pex_request, sizeof(pex_request)));
	else
		check_addrs(v, addrs, msg);
}

/* How many packets a stream has; each must decode. */
static uint64_t
count_packets(struct wire_span stream)
{
	struct delim		 d = { .buf = NULL };
	struct wire_span	 msg;
	uint64_t		 n = 0;

	while (stream.len > 0 && delim_next(&d, mconn_packet_limit(
	    MCONN_PAYLOAD), &stream, &msg) == WIRE_OK && msg.p != NULL)
		n++;
	delim_reset(&d);
	return n;
}

void
vec_pex_streams(struct vec *v, json_t *c)
{
	static const struct mconn_channel channel = { PEX_CHANNEL,
	    PEX_CAPACITY };
	struct mconn_config	 config = { &channel, 1, MCONN_PAYLOAD };
	struct wire_span	 stream = vec_bytes(v, c, "packet_stream");
	struct wire_span	 in = stream;
	struct pex_list		 list = new_list(v);
	struct mconn		 m = { .done = NULL };
	struct mconn_event	 ev;
	enum pex_kind		 kind;
	uint8_t			*out = vec_alloc(v, stream.len);
	size_t			 n;

	VEC_CHECK(v, stream.len == vec_u64(v, c, "stream_len"));
	VEC_CHECK(v, count_packets(stream) == vec_u64(v, c, "packets"));
	VEC_CHECK(v, mconn_next(&m, &config, &in, &ev) == WIRE_OK &&
	    ev.type == MCONN_MESSAGE && ev.channel == PEX_CHANNEL &&
	    in.len == 0);
	if (ev.type == MCONN_MESSAGE) {
		VEC_CHECK(v, ev.data.len == vec_u64(v, c, "message_len"));
		VEC_CHECK(v, pex_decode(ev.data, &kind, &list) == WIRE_OK);
		n = mconn_stream_size(PEX_CHANNEL, MCONN_PAYLOAD,
		    ev.data.len);
		VEC_CHECK(v, n == stream.len);
		if (n == stream.len) {
			mconn_stream(out, PEX_CHANNEL, MCONN_PAYLOAD,
			    ev.data.p, ev.data.len);
			VEC_CHECK(v, vec_is(stream, out, n));
		}
	}
	mconn_reset(&m);
}

void
vec_pex_decode(struct vec *v, json_t *c)
{
	const char		*result = vec_text(v, c, "result");
	struct wire_span	 msg = vec_bytes(v, c, "hex");
	struct pex_list		 list = new_list(v);
	enum pex_kind		 kind = 0;
	enum wire_error		 rv;

	rv = pex_decode(msg, &kind, &list);
	if (strcmp(result, "<nil>") == 0) {
		VEC_CHECK(v, vec_begins(vec_text(v, c, "unwrap"),
		    "unknown pex message"));
		VEC_CHECK(v, rv == WIRE_PEX_TYPE);
	} else if (vec_begins(result, "error:"))
		VEC_CHECK(v, rv == WIRE_PEX_MALFORMED);
	else if (strcmp(result, "*p2p.Message_PexRequest") == 0)
		VEC_CHECK(v, rv == WIRE_OK && kind == PEX_REQUEST);
	else if (strcmp(result, "*p2p.Message_PexAddrs") == 0) {
		VEC_CHECK(v, kind == PEX_ADDRS);
		VEC_CHECK(v, list.total == vec_u64(v, c, "n_addrs"));
		VEC_CHECK(v, rv == (strcmp(vec_text(v, c, "from_proto"),
		    "<nil>") == 0 ? WIRE_OK : WIRE_PEX_ADDRESS));
	} else
		vec_fail(v, "result \"%s\" is not understood", result);
}
