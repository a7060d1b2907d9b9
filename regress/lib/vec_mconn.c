/* SPDX-License-Identifier: ISC */
/* Vectors of delimited messages, packets and MConnection's constants. */
#include <stdlib.h>
#include <string.h>

#include "common/conf.h"
#include "regress/lib/vec.h"
#include "wire/mconn.h"
#include "wire/pbread.h"

#define LIMIT_DEFAULT	100	/* when the file's name does not say */

/* The limit stands in the name: delimited_reader_max100.json. */
static size_t
limit_of(const char *file)
{
	const char	*p = strstr(file, "max");

	return p == NULL ? LIMIT_DEFAULT : strtoul(p + 3, NULL, 10);
}

/* What an error of CometBFT's reader is in ours. */
static bool
delim_agrees(const char *err, enum wire_error rv, struct wire_span msg)
{
	if (strcmp(err, "<nil>") == 0)
		return rv == WIRE_OK && msg.p != NULL &&
		    pbread_skip(msg) == 0;
	if (vec_begins(err, "proto:"))
		return rv == WIRE_OK && msg.p != NULL &&
		    pbread_skip(msg) == -1;
	/* The stream ends too early, or a field of the message does. */
	if (strcmp(err, "unexpected EOF") == 0)
		return rv == WIRE_OK &&
		    (msg.p == NULL || pbread_skip(msg) == -1);
	if (strcmp(err, "EOF") == 0)
		return rv == WIRE_OK && msg.p == NULL;
	if (vec_begins(err, "binary: varint overflows"))
		return rv == WIRE_LENGTH_BAD;
	if (vec_begins(err, "invalid out-of-range message length") ||
	    vec_begins(err, "message exceeds max size"))
		return rv == WIRE_LENGTH_OVER;
	return false;
}

void
vec_delimited(struct vec *v, json_t *c)
{
	const char		*err = vec_text(v, c, "err");
	struct wire_span	 msg, in = vec_bytes(v, c, "hex");
	struct wire_span	 rest = in, byte;
	struct delim		 d = { .buf = NULL };
	enum wire_error		 rv;
	size_t			 limit = limit_of(v->file);

	rv = delim_next(&d, limit, &rest, &msg);
	if (!delim_agrees(err, rv, msg))
		vec_fail(v, "%s, but we say: %s", err, wire_error_text(rv));
	VEC_CHECK(v, vec_u64(v, c, "n") == in.len - rest.len);
	delim_reset(&d);

	/* The same byte by byte. */
	rv = WIRE_OK;
	msg.p = NULL;
	for (rest = in; rest.len > 0 && rv == WIRE_OK && msg.p == NULL;) {
		byte = wire_span_take(&rest, 1);
		rv = delim_next(&d, limit, &byte, &msg);
	}
	if (!delim_agrees(err, rv, msg))
		vec_fail(v, "%s, but byte by byte: %s", err,
		    wire_error_text(rv));
	VEC_CHECK(v, vec_u64(v, c, "n") == in.len - rest.len);
	delim_reset(&d);
}

/* --- packets ---------------------------------------------------------- */

/* One packet, as a reader that has all channels sees it. */
static enum wire_error
read_packet(struct wire_span in, uint32_t payload, struct mconn *m,
    struct mconn_event *ev)
{
	static struct mconn_channel	 all[256];
	struct mconn_config		 config = { all, 256, payload };
	unsigned int			 i;

	for (i = 0; i < 256; i++)
		all[i] = (struct mconn_channel){ i, 1 << 20 };
	return mconn_next(m, &config, &in, ev);
}

static void
check_msg_written(struct vec *v, uint8_t channel, bool eof,
    struct wire_span data, struct wire_span want)
{
	uint32_t	 payload = MCONN_PAYLOAD;
	uint8_t		*out = vec_alloc(v, MCONN_HEADER_MAX + data.len);
	size_t		 n, take, len = data.len;

	/* A packet that is not the last is full, and more follows. */
	if (!eof) {
		payload = data.len;
		len++;
	} else if (data.len > payload)
		payload = data.len;
	n = mconn_header(out, channel, payload, len, 0, &take);
	VEC_CHECK(v, take == data.len);
	memcpy(out + n, data.p, data.len);
	VEC_CHECK(v, vec_is(want, out, n + data.len));
}

/* A reader of the default payload takes it or refuses its length. */
static void
check_bound(struct vec *v, struct wire_span wire)
{
	struct mconn		 m = { .done = NULL };
	struct mconn_event	 ev;
	struct wire_span	 body = wire;
	enum wire_error		 rv;
	uint64_t		 len = 0;

	varint_get(&body, &len);
	rv = read_packet(wire, MCONN_PAYLOAD, &m, &ev);
	VEC_CHECK(v, (rv == WIRE_PACKET_LENGTH) ==
	    (len > mconn_packet_limit(MCONN_PAYLOAD)));
	mconn_reset(&m);
}

static void
check_msg(struct vec *v, json_t *in, struct wire_span wire)
{
	struct wire_span	 data = vec_bytes(v, in, "data");
	json_t			*id = json_object_get(in, "channel_id");
	json_int_t		 channel = json_integer_value(id);
	bool			 eof = vec_bool(v, in, "eof");
	struct mconn		 m = { .done = NULL };
	struct mconn_event	 ev;
	enum wire_error		 rv;

	VEC_CHECK(v, json_is_integer(id));
	check_bound(v, wire);
	/* Wide enough for any channel's number beside the data. */
	rv = read_packet(wire, MCONN_PAYLOAD + data.len, &m, &ev);
	if (channel < 0 || channel > 255) {
		VEC_CHECK(v, rv == WIRE_PACKET_CHANNEL);
		mconn_reset(&m);
		return;
	}
	VEC_CHECK(v, rv == WIRE_OK);
	if (eof)
		VEC_CHECK(v, ev.type == MCONN_MESSAGE && ev.channel ==
		    channel && wire_span_equal(ev.data, data));
	else
		VEC_CHECK(v, ev.type == MCONN_NONE && (data.len == 0 ||
		    (mconn_held(&m) > data.len && vec_is(data,
		    SLIST_FIRST(&m.partials)->data,
		    SLIST_FIRST(&m.partials)->len))));
	mconn_reset(&m);
	check_msg_written(v, channel, eof, data, wire);
}

static void
check_control(struct vec *v, struct wire_span wire)
{
	struct mconn		 m = { .done = NULL };
	struct mconn_event	 ev;
	enum wire_error		 rv;

	rv = read_packet(wire, MCONN_PAYLOAD, &m, &ev);
	if (vec_is(wire, mconn_ping, sizeof(mconn_ping)))
		VEC_CHECK(v, rv == WIRE_OK && ev.type == MCONN_PING);
	else if (vec_is(wire, mconn_pong, sizeof(mconn_pong)))
		VEC_CHECK(v, rv == WIRE_OK && ev.type == MCONN_PONG);
	else if (wire.len == 1)
		VEC_CHECK(v, rv == WIRE_PACKET_TYPE);
	else
		vec_fail(v, "a packet without a message is not understood");
	mconn_reset(&m);
}

void
vec_packets(struct vec *v, json_t *c)
{
	struct wire_span	 encoded = vec_bytes(v, c, "encoded");
	struct wire_span	 wire = vec_bytes(v, c, "delimited");
	struct wire_span	 rest = wire;
	json_t			*in = json_object_get(c, "in");
	uint64_t		 len;

	VEC_CHECK(v, varint_get(&rest, &len) == 0 && len == rest.len &&
	    wire_span_equal(rest, encoded));
	if (json_is_null(in))
		check_control(v, wire);
	else if (vec_keys(v, in, "channel_id data eof"))
		check_msg(v, in, wire);
}

/* --- constants -------------------------------------------------------- */

#define MS_PER_NS	1000000

/*
 * What pexd shares is compared with what it has; the rest describes how a
 * CometBFT node is built inside and has to be a number.
 */
static void
check_config(struct vec *v, json_t *c, const struct conf *conf)
{
	if (!vec_keys(v, c, "FlushThrottle MaxPacketMsgPayloadSize "
	    "PingInterval PongTimeout RecvRate SendRate TestFuzz "
	    "TestFuzzConfig"))
		return;
	VEC_CHECK(v, vec_u64(v, c, "MaxPacketMsgPayloadSize") ==
	    MCONN_PAYLOAD);
	VEC_CHECK(v, vec_u64(v, c, "PingInterval") ==
	    conf->times.ping_interval * (uint64_t)MS_PER_NS);
	VEC_CHECK(v, vec_u64(v, c, "PongTimeout") ==
	    conf->times.pong_timeout * (uint64_t)MS_PER_NS);
	vec_u64(v, c, "FlushThrottle");
	vec_u64(v, c, "RecvRate");
	vec_u64(v, c, "SendRate");
}

void
vec_mconn_constants(struct vec *v, json_t *c)
{
	static const char *const	inner[] = {
		"defaultRecvMessageCapacity", "defaultSendQueueCapacity",
		"minReadBufferSize", "minWriteBufferSize",
		"numBatchPacketMsgs", "sendTimeout_ns", "updateStats_ns",
	};
	struct conf	*conf = conf_new();
	const char	*payload;
	json_t		*sizes, *value;
	size_t		 i;

	if (conf == NULL)
		abort();
	VEC_CHECK(v, vec_bool(v, c, "durations_are_ns"));
	VEC_CHECK(v, vec_u64(v, c, "default_payload") == MCONN_PAYLOAD &&
	    conf->limits.packet_payload == MCONN_PAYLOAD);
	check_config(v, json_object_get(c, "default_config"), conf);
	sizes = json_object_get(c, "max_packet_msg_size_by_payload");
	VEC_CHECK(v, json_object_size(sizes) > 0);
	json_object_foreach(sizes, payload, value)
		VEC_CHECK(v, vec_u64(v, sizes, payload) ==
		    mconn_packet_limit(strtoul(payload, NULL, 10)));
	for (i = 0; i < sizeof(inner) / sizeof(inner[0]); i++)
		vec_u64(v, c, inner[i]);
	conf_free(conf);
}
