/* SPDX-License-Identifier: ISC */
/*
 * Connections that run: bad packets, pings, queues that fill, and how it all
 * ends.
 */
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "regress/lib/rawpeer.h"
#include "wire/conn_local.h"

/* --- packets ---------------------------------------------------------- */

static void
open_running(struct wirepeer *p, struct rawpeer *r)
{
	wirepeer_init(p, wirepeer_crypto(), 1);
	wirepeer_open(p, NULL, 2);
	rawpeer_init(r, wirepeer_crypto(), 3);
	ATF_REQUIRE_EQ(WIRE_OK, rawpeer_connect(r, p));
}

ATF_TC_WITHOUT_HEAD(bad_packets);
ATF_TC_BODY(bad_packets, tc)
{
	static const struct {
		const char	*hex;
		enum wire_error	 want;
	} cases[] = {
		{ "0102030405", WIRE_PACKET_MALFORMED },
		{ "00", WIRE_PACKET_TYPE },
		{ "022200", WIRE_PACKET_TYPE },
		{ "061a0408011001", WIRE_PACKET_CHANNEL },
		{ "071a0508810810 01", WIRE_PACKET_CHANNEL },
		{ "8b08", WIRE_PACKET_LENGTH },
		{ "ffffffffffffffffff01", WIRE_PACKET_LENGTH },
	};
	struct wirepeer	 p;
	struct rawpeer	 r;
	struct bytes	 b = { NULL, 0, 0 };
	char		 hex[64];
	size_t		 i, k, n;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (k = n = 0; cases[i].hex[k] != '\0'; k++)
			if (cases[i].hex[k] != ' ')
				hex[n++] = cases[i].hex[k];
		hex[n] = '\0';
		bytes_reset(&b);
		bytes_add_hex(&b, hex);
		open_running(&p, &r);
		rawpeer_seal(&r, b.p, b.len);
		rawpeer_send(&r, &p);
		ATF_CHECK_EQ_MSG(cases[i].want, p.error, "%s: %s", hex,
		    wire_error_name(p.error));
		ATF_CHECK_EQ(WIRE_PHASE_FAILED, wire_conn_phase(p.conn));
		ATF_CHECK_EQ(0, p.nmessage);
		rawpeer_free(&r);
		wirepeer_free(&p);
	}
	bytes_reset(&b);
}

/* A message of 64,000 bytes is taken; one more byte is not. */
ATF_TC_WITHOUT_HEAD(capacity);
ATF_TC_BODY(capacity, tc)
{
	static uint8_t	 data[PEX_CAPACITY + 1], out[70000];
	struct wirepeer	 p;
	struct rawpeer	 r;
	size_t		 n;

	open_running(&p, &r);
	ATF_CHECK_EQ(WIRE_MESSAGE_SIZE, wire_conn_send(p.conn, 0, data,
	    sizeof(data)));
	ATF_CHECK_EQ(WIRE_MESSAGE_SIZE, wire_conn_send(p.conn, 9, data, 1));
	n = mconn_stream(out, 0, MCONN_PAYLOAD, data, PEX_CAPACITY);
	rawpeer_seal(&r, out, n);
	ATF_CHECK_EQ(WIRE_OK, rawpeer_send(&r, &p));
	ATF_CHECK_EQ(PEX_CAPACITY, p.message_len);
	n = mconn_stream(out, 0, MCONN_PAYLOAD, data, PEX_CAPACITY + 1);
	rawpeer_seal(&r, out, n);
	ATF_CHECK_EQ(WIRE_PACKET_CAPACITY, rawpeer_send(&r, &p));
	ATF_CHECK_EQ(1, p.nmessage);
	rawpeer_free(&r);
	wirepeer_free(&p);
}

ATF_TC_WITHOUT_HEAD(ping_pong);
ATF_TC_BODY(ping_pong, tc)
{
	struct wirepeer	 a, b;
	int		 i;

	wirepeer_pair(&a, &b);
	wirepair_connect(&a, &b, NULL);
	for (i = 1; i <= 3; i++) {
		ATF_CHECK(!wire_conn_awaits_pong(a.conn));
		ATF_CHECK_EQ(WIRE_OK, wire_conn_ping(a.conn));
		ATF_CHECK(wire_conn_awaits_pong(a.conn));
		wirepair_pump(&a, &b, NULL);
		ATF_CHECK(!wire_conn_awaits_pong(a.conn));
		ATF_CHECK(a.npong == (unsigned)i && a.nasked == (unsigned)i);
		ATF_CHECK_EQ((unsigned)i, b.nping);
	}
	ATF_CHECK(a.nmessage == 0 && b.nmessage == 0);
	wirepeer_free_pair(&a, &b);
}

/* Pongs that nobody asked for do no harm, before a ping or after. */
ATF_TC_WITHOUT_HEAD(unasked_pongs);
ATF_TC_BODY(unasked_pongs, tc)
{
	struct wirepeer	 p;
	struct rawpeer	 r;
	int		 i;

	open_running(&p, &r);
	for (i = 0; i < 3; i++)
		rawpeer_seal(&r, mconn_pong, sizeof(mconn_pong));
	ATF_CHECK_EQ(WIRE_OK, rawpeer_send(&r, &p));
	ATF_CHECK(p.npong == 3 && p.nasked == 0);
	ATF_CHECK_EQ(WIRE_OK, wire_conn_ping(p.conn));
	rawpeer_take_frames(&r, &p);
	rawpeer_seal(&r, mconn_pong, sizeof(mconn_pong));
	rawpeer_seal(&r, mconn_pong, sizeof(mconn_pong));
	ATF_CHECK_EQ(WIRE_OK, rawpeer_send(&r, &p));
	ATF_CHECK(p.npong == 5 && p.nasked == 1);
	rawpeer_free(&r);
	wirepeer_free(&p);
}

/* A flood of pings draws one pong at a time. */
ATF_TC_WITHOUT_HEAD(shared_pong);
ATF_TC_BODY(shared_pong, tc)
{
	struct wirepeer	 p;
	struct rawpeer	 r;
	int		 i;

	open_running(&p, &r);
	for (i = 0; i < 1000; i++)
		rawpeer_seal(&r, mconn_ping, sizeof(mconn_ping));
	ATF_CHECK_EQ(WIRE_OK, rawpeer_send(&r, &p));
	ATF_CHECK_EQ(1000, p.nping);
	ATF_CHECK_EQ(SECRET_FRAME_SIZE, wire_conn_output(p.conn).len);

	/* Part of it written: it still waits. */
	wire_conn_sent(p.conn, 0);
	rawpeer_seal(&r, mconn_ping, sizeof(mconn_ping));
	ATF_CHECK_EQ(WIRE_OK, rawpeer_send(&r, &p));
	ATF_CHECK_EQ(SECRET_FRAME_SIZE, wire_conn_output(p.conn).len);
	rawpeer_take_frames(&r, &p);
	ATF_CHECK_EQ(sizeof(mconn_pong), r.in.len);

	/* All of it written: the next ping gets its own. */
	rawpeer_seal(&r, mconn_ping, sizeof(mconn_ping));
	ATF_CHECK_EQ(WIRE_OK, rawpeer_send(&r, &p));
	ATF_CHECK_EQ(SECRET_FRAME_SIZE, wire_conn_output(p.conn).len);
	rawpeer_free(&r);
	wirepeer_free(&p);
}

/* --- sending ---------------------------------------------------------- */

/* The queue is bounded, a full one refuses, and goes on once it drained. */
ATF_TC_WITHOUT_HEAD(queue_bound);
ATF_TC_BODY(queue_bound, tc)
{
	static uint8_t	 data[10000];
	struct wirepeer	 a, b;
	size_t		 queued;
	unsigned	 n = 0;

	wirepeer_pair(&a, &b);
	a.config.output_max = 64 * 1024;
	wirepair_connect(&a, &b, NULL);
	while (wire_conn_send(a.conn, 0, data, sizeof(data)) == WIRE_OK)
		n++;
	ATF_CHECK(n >= 5);
	queued = wire_conn_output(a.conn).len;
	ATF_CHECK(queued <= 64 * 1024);
	ATF_CHECK_EQ(WIRE_QUEUE_FULL, wire_conn_send(a.conn, 0, data,
	    sizeof(data)));
	ATF_CHECK_EQ(queued, wire_conn_output(a.conn).len);
	wirepair_pump(&a, &b, NULL);
	ATF_CHECK_EQ(n, b.nmessage);
	ATF_CHECK_EQ(WIRE_OK, wire_conn_send(a.conn, 0, data, sizeof(data)));
	wirepeer_free_pair(&a, &b);
}

/* Written in pieces with more queued in between, nothing is lost. */
ATF_TC_WITHOUT_HEAD(partial_writes);
ATF_TC_BODY(partial_writes, tc)
{
	static uint8_t	 data[3000];
	struct wirepeer	 a, b;
	struct testrng	 rng = { 4 };
	struct wire_span out;
	uint8_t		 copy[700];
	size_t		 n;
	unsigned	 i;

	wirepeer_pair(&a, &b);
	wirepair_connect(&a, &b, NULL);
	for (i = 0; i < 300; i++) {
		testrng_fill(&rng, data, sizeof(data));
		ATF_REQUIRE_EQ(WIRE_OK, wire_conn_send(a.conn, 0, data,
		    testrng_below(&rng, sizeof(data))));
		do {
			out = wire_conn_output(a.conn);
			n = testrng_below(&rng, sizeof(copy));
			if (n > out.len)
				n = out.len;
			if (n > 0)
				memcpy(copy, out.p, n);
			wire_conn_sent(a.conn, n);
			ATF_REQUIRE_EQ(WIRE_OK, wirepeer_input(&b, copy, n));
		} while (n > 0 && testrng_below(&rng, 16) != 0);
	}
	wirepair_pump(&a, &b, NULL);
	ATF_CHECK_EQ(300, b.nmessage);
	wirepeer_free_pair(&a, &b);
}

/* A run of packets made once and sealed for whoever wants it. */
ATF_TC_WITHOUT_HEAD(streams);
ATF_TC_BODY(streams, tc)
{
	static uint8_t	 data[20000], out[21000];
	struct wirepeer	 a, b;
	struct testrng	 rng = { 6 };
	size_t		 n;

	wirepeer_pair(&a, &b);
	wirepair_connect(&a, &b, NULL);
	testrng_fill(&rng, data, sizeof(data));
	n = mconn_stream(out, 0, MCONN_PAYLOAD, data, sizeof(data));
	ATF_CHECK_EQ(WIRE_OK, wire_conn_send_stream(a.conn, 0, out, n));
	ATF_CHECK_EQ(WIRE_OK, wire_conn_send_stream(b.conn, 0, out, n));
	ATF_CHECK_EQ(WIRE_NO_CHANNEL, wire_conn_send_stream(b.conn, 1, out,
	    n));
	wirepair_pump(&a, &b, &rng);
	ATF_CHECK(b.nmessage == 1 && b.message_len == sizeof(data) &&
	    memcmp(b.message, data, sizeof(data)) == 0);
	ATF_CHECK(a.nmessage == 1 && a.message_len == sizeof(data));
	wirepeer_free_pair(&a, &b);
}

/* --- ends ------------------------------------------------------------- */

/* A polite end: what is queued still goes out, what comes is ignored. */
ATF_TC_WITHOUT_HEAD(finish);
ATF_TC_BODY(finish, tc)
{
	static uint8_t	 data[5000];
	struct wirepeer	 a, b;

	wirepeer_pair(&a, &b);
	wirepair_connect(&a, &b, NULL);
	ATF_CHECK_EQ(WIRE_OK, wire_conn_send(a.conn, 0, data, sizeof(data)));
	ATF_CHECK_EQ(WIRE_OK, wire_conn_send(b.conn, 0, data, 10));
	wire_conn_finish(a.conn);
	ATF_CHECK_EQ(WIRE_CLOSED, wire_conn_send(a.conn, 0, data, 1));
	ATF_CHECK_EQ(WIRE_CLOSED, wire_conn_ping(a.conn));
	wirepair_pump(&a, &b, NULL);
	ATF_CHECK_EQ(1, b.nmessage);
	ATF_CHECK_EQ(0, a.nmessage);
	ATF_CHECK_EQ(WIRE_OK, wirepeer_input(&a, data, sizeof(data)));
	ATF_CHECK_EQ(WIRE_PHASE_CLOSING, wire_conn_phase(a.conn));
	ATF_CHECK_EQ(WIRE_OK, wire_conn_error(a.conn));
	wirepeer_free_pair(&a, &b);
}

static void
finish_on_message(struct wirepeer *p)
{
	wire_conn_send(p->conn, 0, p->message, p->message_len);
	wire_conn_finish(p->conn);
}

/* A seed's way: answer the first request, and hear no second one. */
ATF_TC_WITHOUT_HEAD(finish_in_callback);
ATF_TC_BODY(finish_in_callback, tc)
{
	struct wirepeer	 a, b;
	int		 i;

	wirepeer_pair(&a, &b);
	wirepair_connect(&a, &b, NULL);
	b.on_message = finish_on_message;
	for (i = 0; i < 5; i++)
		ATF_CHECK_EQ(WIRE_OK, wire_conn_send(a.conn, 0, pex_request,
		    sizeof(pex_request)));
	wirepair_pump(&a, &b, NULL);
	ATF_CHECK_EQ(1, b.nmessage);
	ATF_CHECK_EQ(1, a.nmessage);
	ATF_CHECK_EQ(WIRE_OK, b.error);
	ATF_CHECK_EQ(WIRE_PHASE_CLOSING, wire_conn_phase(b.conn));
	wirepeer_free_pair(&a, &b);
}

static void
free_on_message(struct wirepeer *p)
{
	wire_conn_free(p->conn);
}

ATF_TC_WITHOUT_HEAD(free_in_callback);
ATF_TC_BODY(free_in_callback, tc)
{
	static uint8_t	 data[2000], copy[16 * SECRET_FRAME_SIZE];
	struct wirepeer	 a, b;
	struct wire_span out;

	wirepeer_pair(&a, &b);
	wirepair_connect(&a, &b, NULL);
	b.on_message = free_on_message;
	wire_conn_send(a.conn, 0, data, sizeof(data));
	wire_conn_send(a.conn, 0, data, sizeof(data));
	out = wire_conn_output(a.conn);
	ATF_REQUIRE(out.len <= sizeof(copy));
	memcpy(copy, out.p, out.len);
	ATF_CHECK_EQ(WIRE_CLOSED, wirepeer_input(&b, copy, out.len));
	ATF_CHECK_EQ(1, b.nmessage);
	b.conn = NULL;
	wirepeer_free_pair(&a, &b);
}

/* Keys and buffers go with a failure; the reason and the ID stay. */
ATF_TC_WITHOUT_HEAD(failure_wipes);
ATF_TC_BODY(failure_wipes, tc)
{
	static uint8_t	 data[5000];
	struct wirepeer	 p;
	struct rawpeer	 r;

	open_running(&p, &r);
	ATF_CHECK_EQ(WIRE_OK, wire_conn_send(p.conn, 0, data, sizeof(data)));
	ATF_CHECK(wire_conn_memory(p.conn) > sizeof(data));
	rawpeer_seal(&r, "", 1);
	ATF_CHECK_EQ(WIRE_PACKET_TYPE, rawpeer_send(&r, &p));
	ATF_CHECK(wire_conn_memory(p.conn) <= 1024);
	ATF_CHECK_EQ(0, wire_conn_output(p.conn).len);
	ATF_CHECK(node_id_equal(wire_conn_remote_id(p.conn), &r.id));
	ATF_CHECK_EQ(WIRE_CLOSED, wire_conn_send(p.conn, 0, data, 1));
	ATF_CHECK_EQ(WIRE_CLOSED, wire_conn_ping(p.conn));
	wire_conn_finish(p.conn);
	ATF_CHECK_EQ(WIRE_PHASE_FAILED, wire_conn_phase(p.conn));
	rawpeer_free(&r);
	wirepeer_free(&p);
}

/* The last counter is never used: the connection ends instead. */
ATF_TC_WITHOUT_HEAD(counters_used_up);
ATF_TC_BODY(counters_used_up, tc)
{
	struct wirepeer	 p;
	struct rawpeer	 r;

	open_running(&p, &r);
	p.conn->secret.send.counter = UINT64_MAX - 1;
	ATF_CHECK_EQ(WIRE_OK, wire_conn_ping(p.conn));
	ATF_CHECK_EQ(WIRE_FRAME_COUNTER, wire_conn_ping(p.conn));
	ATF_CHECK_EQ(WIRE_PHASE_FAILED, wire_conn_phase(p.conn));
	ATF_CHECK_EQ(WIRE_FRAME_COUNTER, wire_conn_error(p.conn));
	rawpeer_free(&r);
	wirepeer_free(&p);

	/* Also in the middle of a message, and from inside a callback. */
	open_running(&p, &r);
	p.on_message = finish_on_message;
	p.conn->secret.send.counter = UINT64_MAX;
	rawpeer_seal(&r, "\x04\x1a\x02\x10\x01", 5);
	ATF_CHECK_EQ(WIRE_FRAME_COUNTER, rawpeer_send(&r, &p));
	ATF_CHECK_EQ(1, p.nmessage);
	rawpeer_free(&r);
	wirepeer_free(&p);

	open_running(&p, &r);
	p.conn->secret.recv.counter = UINT64_MAX;
	rawpeer_seal(&r, mconn_ping, sizeof(mconn_ping));
	ATF_CHECK_EQ(WIRE_FRAME_COUNTER, rawpeer_send(&r, &p));
	rawpeer_free(&r);
	wirepeer_free(&p);
}

/* What stays in memory of half a frame, half a packet, half a message. */
ATF_TC_WITHOUT_HEAD(partial_memory);
ATF_TC_BODY(partial_memory, tc)
{
	static uint8_t	 data[2000], out[4000];
	struct wirepeer	 p;
	struct rawpeer	 r;
	size_t		 n, idle;

	open_running(&p, &r);
	idle = wire_conn_memory(p.conn);
	/* The first packet and half of the second, less half a frame. */
	n = mconn_stream(out, 0, MCONN_PAYLOAD, data, sizeof(data));
	rawpeer_seal(&r, out, n);
	wirepeer_input(&p, r.out.p, 500);
	ATF_CHECK_EQ(idle + SECRET_FRAME_SIZE, wire_conn_memory(p.conn));
	wirepeer_input(&p, r.out.p + 500, SECRET_FRAME_SIZE - 500);
	ATF_CHECK(wire_conn_memory(p.conn) <= idle +
	    mconn_packet_limit(MCONN_PAYLOAD));
	wirepeer_input(&p, r.out.p + SECRET_FRAME_SIZE, SECRET_FRAME_SIZE);
	ATF_CHECK_EQ(1, p.nmessage);
	ATF_CHECK_EQ(idle, wire_conn_memory(p.conn));
	rawpeer_free(&r);
	wirepeer_free(&p);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, bad_packets);
	ATF_TP_ADD_TC(tp, capacity);
	ATF_TP_ADD_TC(tp, ping_pong);
	ATF_TP_ADD_TC(tp, unasked_pongs);
	ATF_TP_ADD_TC(tp, shared_pong);
	ATF_TP_ADD_TC(tp, queue_bound);
	ATF_TP_ADD_TC(tp, partial_writes);
	ATF_TP_ADD_TC(tp, streams);
	ATF_TP_ADD_TC(tp, finish);
	ATF_TP_ADD_TC(tp, finish_in_callback);
	ATF_TP_ADD_TC(tp, free_in_callback);
	ATF_TP_ADD_TC(tp, failure_wipes);
	ATF_TP_ADD_TC(tp, counters_used_up);
	ATF_TP_ADD_TC(tp, partial_memory);
	return atf_no_error();
}
