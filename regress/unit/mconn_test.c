/* SPDX-License-Identifier: ISC */
/* Packets: what is taken, what is refused, and what it costs. */
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "regress/lib/bytes.h"
#include "regress/lib/hex.h"
#include "regress/lib/testrng.h"
#include "wire/mconn.h"

static const struct mconn_channel	channels[] = {
	{ 0x00, 64000 }, { 0x01, 5000 }, { 0x90, 2048 },
};
static const struct mconn_config	config = { channels, 3,
    MCONN_PAYLOAD };

/* A delimited Packet with a PacketMsg in it, fields as given. */
static void
add_msg(struct bytes *out, uint64_t channel, bool eof, const void *data,
    size_t len)
{
	struct bytes	 msg = { NULL, 0, 0 }, packet = { NULL, 0, 0 };

	if (channel != 0)
		bytes_add_num(&msg, 1, channel);
	if (eof)
		bytes_add_num(&msg, 2, 1);
	if (len > 0)
		bytes_add_field(&msg, 3, data, len);
	bytes_add_field(&packet, 3, msg.p, msg.len);
	bytes_delimit(&packet);
	bytes_add(out, packet.p, packet.len);
	bytes_reset(&msg);
	bytes_reset(&packet);
}

/*
 * Read all of b: how many events of each type came, and the verdict.  The
 * last message is copied to out if there is one.
 */
struct result {
	enum wire_error	 rv;
	unsigned	 n[4];
	uint8_t		 channel;
	size_t		 len, held;
};

static struct result
read_all(const struct bytes *b)
{
	struct wire_span	 in = bytes_span(b);
	struct mconn		 m = { .done = NULL };
	struct mconn_event	 ev;
	struct result		 r = { .rv = WIRE_OK };

	do {
		r.rv = mconn_next(&m, &config, &in, &ev);
		if (r.rv != WIRE_OK)
			break;
		r.n[ev.type]++;
		if (ev.type == MCONN_MESSAGE) {
			r.channel = ev.channel;
			r.len = ev.data.len;
		}
	} while (ev.type != MCONN_NONE);
	r.held = mconn_held(&m);
	mconn_reset(&m);
	ATF_CHECK_EQ(0, mconn_held(&m));
	return r;
}

static struct result
read_hex(const char *hex)
{
	struct bytes	 b = { NULL, 0, 0 };
	struct result	 r;

	bytes_add_hex(&b, hex);
	r = read_all(&b);
	bytes_reset(&b);
	return r;
}

/* Values that CometBFT's own tests pin down. */
ATF_TC_WITHOUT_HEAD(golden);
ATF_TC_BODY(golden, tc)
{
	static const uint8_t	 data[30];
	uint8_t			 out[64];
	size_t			 n, take;

	ATF_CHECK(hex_equal("020a00", mconn_ping, sizeof(mconn_ping)));
	ATF_CHECK(hex_equal("021200", mconn_pong, sizeof(mconn_pong)));
	n = mconn_header(out, 1, 30, sizeof(data) + 1, 0, &take);
	ATF_CHECK_EQ(30, take);
	ATF_CHECK(hex_equal("241a2208011a1e", out, n));
	n = mconn_stream(out, 1, MCONN_PAYLOAD, (const uint8_t *)"abc", 3);
	ATF_CHECK_EQ(12, n);
	ATF_CHECK(hex_equal("0b1a09080110011a03616263", out, n));
}

ATF_TC_WITHOUT_HEAD(control);
ATF_TC_BODY(control, tc)
{
	struct result	 r = read_hex("020a00" "021200" "021200" "020a00"
	    "020a00");

	ATF_CHECK_EQ(WIRE_OK, r.rv);
	ATF_CHECK_EQ(3, r.n[MCONN_PING]);
	ATF_CHECK_EQ(2, r.n[MCONN_PONG]);
	ATF_CHECK_EQ(0, r.held);
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static const struct {
		const char	*hex;
		enum wire_error	 want;
	} cases[] = {
		{ "0102030405", WIRE_PACKET_MALFORMED },
		{ "00", WIRE_PACKET_TYPE },
		{ "022200", WIRE_PACKET_TYPE },		/* member 4 */
		{ "022a00", WIRE_PACKET_TYPE },
		{ "020801", WIRE_PACKET_MALFORMED },	/* ping as a number */
		{ "030a0108", WIRE_PACKET_MALFORMED },	/* ping, bad inside */
		{ "030a0500", WIRE_PACKET_MALFORMED },
		{ "021a01", WIRE_PACKET_MALFORMED },
		/* id and eof as bytes, data as a number */
		{ "041a020a00", WIRE_PACKET_MALFORMED },
		{ "041a021200", WIRE_PACKET_MALFORMED },
		{ "041a021801", WIRE_PACKET_MALFORMED },
		{ "041a020802", WIRE_PACKET_CHANNEL },
		{ "051a0308ff01", WIRE_PACKET_CHANNEL },
		{ "8b08", WIRE_PACKET_LENGTH },		/* 1035 */
		{ "80808080808080808001", WIRE_PACKET_LENGTH },
		{ "80808080808080808002", WIRE_PACKET_LENGTH },
	};
	struct result	 r;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = read_hex(cases[i].hex);
		ATF_CHECK_EQ_MSG(cases[i].want, r.rv, "%s: %s", cases[i].hex,
		    wire_error_name(r.rv));
	}
}

/* No channel id is cut to one that exists. */
ATF_TC_WITHOUT_HEAD(channel_ids);
ATF_TC_BODY(channel_ids, tc)
{
	static const struct {
		uint64_t	 id;
		enum wire_error	 want;
	} cases[] = {
		{ 0, WIRE_OK }, { 1, WIRE_OK }, { 0x90, WIRE_OK },
		{ 2, WIRE_PACKET_CHANNEL }, { 256, WIRE_PACKET_CHANNEL },
		{ 257, WIRE_PACKET_CHANNEL }, { 1025, WIRE_PACKET_CHANNEL },
		{ UINT64_MAX, WIRE_PACKET_CHANNEL },		/* -1 */
		{ 0x80000001ULL, WIRE_PACKET_CHANNEL },
		{ 0xffffff01ULL, WIRE_PACKET_CHANNEL },
		/* int32: the low 32 bits, as the other side reads it. */
		{ 0x100000001ULL, WIRE_OK },
	};
	struct bytes	 b;
	struct result	 r;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&b, 0, sizeof(b));
		add_msg(&b, cases[i].id, true, "x", 1);
		r = read_all(&b);
		ATF_CHECK_EQ_MSG(cases[i].want, r.rv, "channel %llx: %s",
		    (unsigned long long)cases[i].id, wire_error_name(r.rv));
		if (r.rv == WIRE_OK)
			ATF_CHECK_EQ((uint8_t)cases[i].id, r.channel);
		bytes_reset(&b);
	}
}

ATF_TC_WITHOUT_HEAD(packet_size);
ATF_TC_BODY(packet_size, tc)
{
	static const uint8_t	 data[2000];
	struct bytes		 b;
	struct result		 r;
	size_t			 n;

	ATF_CHECK_EQ(1034, mconn_packet_limit(1024));
	ATF_CHECK_EQ(1410, mconn_packet_limit(1400));
	for (n = 1023; n <= 1125; n++) {
		memset(&b, 0, sizeof(b));
		add_msg(&b, 1, true, data, n);
		r = read_all(&b);
		/* Up to 1024 as it should be; beyond, the bound is in all. */
		ATF_CHECK_EQ_MSG(n <= 1024 ? WIRE_OK : WIRE_PACKET_LENGTH,
		    r.rv, "%zu bytes", n);
		bytes_reset(&b);
	}
	/* A full last packet is one byte longer on channels from 128 on. */
	memset(&b, 0, sizeof(b));
	add_msg(&b, 0x90, true, data, 1023);
	ATF_CHECK_EQ(WIRE_OK, read_all(&b).rv);
	bytes_reset(&b);
	add_msg(&b, 0x90, true, data, 1024);
	ATF_CHECK_EQ(WIRE_PACKET_LENGTH, read_all(&b).rv);
	bytes_reset(&b);
}

ATF_TC_WITHOUT_HEAD(capacity);
ATF_TC_BODY(capacity, tc)
{
	static const uint8_t	 data[1024];
	struct bytes		 b = { NULL, 0, 0 };
	struct result		 r;
	int			 i;

	/* 5000 bytes fit, in five packets and none of them last. */
	for (i = 0; i < 4; i++)
		add_msg(&b, 1, false, data, 1024);
	add_msg(&b, 1, false, data, 904);
	r = read_all(&b);
	ATF_CHECK_EQ(WIRE_OK, r.rv);
	ATF_CHECK(r.n[MCONN_MESSAGE] == 0 && r.held >= 5000);
	ATF_CHECK_MSG(r.held <= 5000 + sizeof(struct mconn_partial),
	    "%zu bytes held", r.held);
	add_msg(&b, 1, true, NULL, 0);
	r = read_all(&b);
	ATF_CHECK(r.rv == WIRE_OK && r.len == 5000 && r.held == 0);
	bytes_reset(&b);

	/* One more byte does not, and is told before the end comes. */
	for (i = 0; i < 4; i++)
		add_msg(&b, 1, false, data, 1024);
	add_msg(&b, 1, false, data, 905);
	ATF_CHECK_EQ(WIRE_PACKET_CAPACITY, read_all(&b).rv);
	bytes_reset(&b);

	/* Also in a single packet. */
	add_msg(&b, 0x90, false, data, 1024);
	add_msg(&b, 0x90, false, data, 1000);
	add_msg(&b, 0x90, true, data, 25);
	ATF_CHECK_EQ(WIRE_PACKET_CAPACITY, read_all(&b).rv);
	bytes_reset(&b);
}

/* 63,999 bytes of a PEX message and then silence: never over the capacity. */
ATF_TC_WITHOUT_HEAD(unfinished);
ATF_TC_BODY(unfinished, tc)
{
	static const uint8_t	 data[1024];
	struct bytes		 b = { NULL, 0, 0 };
	struct result		 r;
	size_t			 n = 0, len;

	while (n < 63999) {
		len = 63999 - n < 1024 ? 63999 - n : 1024;
		add_msg(&b, 0, false, data, len);
		n += len;
	}
	r = read_all(&b);
	ATF_CHECK_EQ(WIRE_OK, r.rv);
	ATF_CHECK(r.held <= 64000 + sizeof(struct mconn_partial));
	bytes_reset(&b);
}

/* Packets of nothing cost nothing. */
ATF_TC_WITHOUT_HEAD(empty_packets);
ATF_TC_BODY(empty_packets, tc)
{
	struct bytes	 b = { NULL, 0, 0 };
	struct result	 r;
	int		 i;

	for (i = 0; i < 1000; i++)
		add_msg(&b, 1, false, NULL, 0);
	r = read_all(&b);
	ATF_CHECK(r.rv == WIRE_OK && r.held == 0);
	add_msg(&b, 1, true, NULL, 0);
	r = read_all(&b);
	ATF_CHECK(r.rv == WIRE_OK && r.n[MCONN_MESSAGE] == 1 && r.len == 0);
	bytes_reset(&b);
}

/* Channels do not disturb each other, nor do pings between packets. */
ATF_TC_WITHOUT_HEAD(interleaved);
ATF_TC_BODY(interleaved, tc)
{
	struct bytes		 b = { NULL, 0, 0 };
	struct wire_span	 in;
	struct mconn		 m = { .done = NULL };
	struct mconn_event	 ev;

	add_msg(&b, 0, false, "AB", 2);
	add_msg(&b, 1, false, "12", 2);
	bytes_add(&b, mconn_ping, sizeof(mconn_ping));
	add_msg(&b, 0x90, false, "xy", 2);
	add_msg(&b, 1, true, "3", 1);
	add_msg(&b, 0, true, "C", 1);
	add_msg(&b, 0x90, true, "z", 1);
	in = bytes_span(&b);
	ATF_CHECK(mconn_next(&m, &config, &in, &ev) == WIRE_OK &&
	    ev.type == MCONN_PING);
	ATF_CHECK(mconn_next(&m, &config, &in, &ev) == WIRE_OK &&
	    ev.channel == 1 && ev.data.len == 3 &&
	    memcmp(ev.data.p, "123", 3) == 0);
	ATF_CHECK(mconn_next(&m, &config, &in, &ev) == WIRE_OK &&
	    ev.channel == 0 && ev.data.len == 3 &&
	    memcmp(ev.data.p, "ABC", 3) == 0);
	ATF_CHECK(mconn_next(&m, &config, &in, &ev) == WIRE_OK &&
	    ev.channel == 0x90 && ev.data.len == 3 &&
	    memcmp(ev.data.p, "xyz", 3) == 0);
	ATF_CHECK(mconn_next(&m, &config, &in, &ev) == WIRE_OK &&
	    ev.type == MCONN_NONE);
	ATF_CHECK_EQ(0, mconn_held(&m));
	mconn_reset(&m);
	bytes_reset(&b);
}

/* The last member counts, without a trace of the earlier ones. */
ATF_TC_WITHOUT_HEAD(repeated_member);
ATF_TC_BODY(repeated_member, tc)
{
	struct result	 r;

	r = read_hex("06" "1a0210010a00");		/* msg, then ping */
	ATF_CHECK(r.rv == WIRE_OK && r.n[MCONN_PING] == 1 &&
	    r.n[MCONN_MESSAGE] == 0);
	r = read_hex("06" "0a001a021001");		/* ping, then msg */
	ATF_CHECK(r.rv == WIRE_OK && r.n[MCONN_PING] == 0 &&
	    r.n[MCONN_MESSAGE] == 1 && r.len == 0);
	/* msg on channel 1 with data, then an empty last one: channel 0. */
	r = read_hex("0f" "1a09080110011a03616263" "1a021001");
	ATF_CHECK(r.rv == WIRE_OK && r.n[MCONN_MESSAGE] == 1 &&
	    r.channel == 0 && r.len == 0);
	/* The replaced one has to decode all the same. */
	r = read_hex("06" "1a020a000a00");
	ATF_CHECK_EQ(WIRE_PACKET_MALFORMED, r.rv);
	/* Its channel need not exist. */
	r = read_hex("06" "1a0208020a00");
	ATF_CHECK(r.rv == WIRE_OK && r.n[MCONN_PING] == 1);
	/* Unknown fields beside and inside are skipped. */
	r = read_hex("0a" "2801" "0a042a020801" "3000");
	ATF_CHECK(r.rv == WIRE_OK && r.n[MCONN_PING] == 1);
}

/* What mconn_stream() makes, mconn_next() understands, cut anywhere. */
ATF_TC_WITHOUT_HEAD(round_trip);
ATF_TC_BODY(round_trip, tc)
{
	static const size_t	 sizes[] = { 0, 1, 127, 128, 1023, 1024, 1025,
	    2047, 2048, 2049, 5000, 63999, 64000 };
	static uint8_t		 data[64000], out[70000];
	struct testrng		 rng = { 3 };
	struct wire_span	 rest, piece;
	struct mconn		 m = { .done = NULL };
	struct mconn_event	 ev;
	size_t			 i, n, len;
	unsigned		 got;

	testrng_fill(&rng, data, sizeof(data));
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		len = mconn_stream(out, 0, MCONN_PAYLOAD, data, sizes[i]);
		ATF_CHECK_EQ(len, mconn_stream_size(0, MCONN_PAYLOAD,
		    sizes[i]));
		got = 0;
		for (rest = wire_span_of(out, len); rest.len > 0;) {
			n = 1 + testrng_below(&rng, 1500);
			piece = wire_span_take(&rest, n < rest.len ? n :
			    rest.len);
			do {
				ATF_REQUIRE_EQ(WIRE_OK, mconn_next(&m,
				    &config, &piece, &ev));
				if (ev.type != MCONN_MESSAGE)
					continue;
				got++;
				ATF_CHECK(ev.data.len == sizes[i] &&
				    (sizes[i] == 0 || memcmp(ev.data.p, data,
				    sizes[i]) == 0));
			} while (ev.type != MCONN_NONE);
		}
		ATF_CHECK_EQ_MSG(1, got, "%zu bytes", sizes[i]);
		ATF_CHECK_EQ(0, mconn_held(&m));
	}
	mconn_reset(&m);
}

/* Other payload sizes on both sides. */
ATF_TC_WITHOUT_HEAD(payloads);
ATF_TC_BODY(payloads, tc)
{
	static const uint32_t	 payloads[] = { 1, 64, 127, 128, 1400, 4096,
	    10240, MCONN_PAYLOAD_MAX };
	static uint8_t		 data[64000], out[700000];
	struct mconn_config	 c = config;
	struct wire_span	 in;
	struct mconn		 m = { .done = NULL };
	struct mconn_event	 ev;
	uint64_t		 len;
	size_t			 i;

	for (i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		c.max_payload = payloads[i];
		in = wire_span_of(out, mconn_stream(out, 1, payloads[i],
		    data, 5000));
		ATF_CHECK(mconn_next(&m, &c, &in, &ev) == WIRE_OK &&
		    ev.type == MCONN_MESSAGE && ev.data.len == 5000);
		mconn_reset(&m);
		in = wire_span_of(out, VARINT_SIZE);
		ATF_CHECK(varint_get(&in, &len) == 0 &&
		    len <= mconn_packet_limit(payloads[i]));
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, golden);
	ATF_TP_ADD_TC(tp, control);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, channel_ids);
	ATF_TP_ADD_TC(tp, packet_size);
	ATF_TP_ADD_TC(tp, capacity);
	ATF_TP_ADD_TC(tp, unfinished);
	ATF_TP_ADD_TC(tp, empty_packets);
	ATF_TP_ADD_TC(tp, interleaved);
	ATF_TP_ADD_TC(tp, repeated_member);
	ATF_TP_ADD_TC(tp, round_trip);
	ATF_TP_ADD_TC(tp, payloads);
	return atf_no_error();
}
