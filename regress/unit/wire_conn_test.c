/* SPDX-License-Identifier: ISC */
/*
 * Whole connections: two of ours talking through pipes that cut anywhere,
 * and one of ours against a peer that says what the test wants.
 */
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "regress/lib/rawpeer.h"

static void
check_running(const struct wirepeer *p)
{
	ATF_CHECK_EQ_MSG(WIRE_OK, p->error, "%s", wire_error_name(p->error));
	ATF_CHECK_EQ(WIRE_PHASE_RUNNING, wire_conn_phase(p->conn));
}

/* --- the handshake between two of ours -------------------------------- */

ATF_TC_WITHOUT_HEAD(handshake);
ATF_TC_BODY(handshake, tc)
{
	struct wirepeer	 a, b;

	wirepeer_pair(&a, &b);
	a.config.info.moniker = wire_span_text("alice");
	b.config.info.moniker = wire_span_text("bob");
	wirepair_connect(&a, &b, NULL);
	check_running(&a);
	check_running(&b);
	ATF_CHECK(node_id_equal(&a.remote, &b.id));
	ATF_CHECK(node_id_equal(&b.remote, &a.id));
	ATF_CHECK(node_id_equal(wire_conn_remote_id(a.conn), &b.id));
	ATF_CHECK_STREQ("bob", a.moniker);
	ATF_CHECK_STREQ("alice", b.moniker);
	ATF_CHECK_STREQ("tcp://127.0.0.1:26656", a.listen_text);
	ATF_CHECK(a.nsignature == 1 && a.nauthenticated == 1 &&
	    a.nnode_info == 1);
	ATF_CHECK(wire_conn_peer_has_channel(a.conn, PEX_CHANNEL));
	ATF_CHECK(!wire_conn_peer_has_channel(a.conn, 1));
	wirepeer_free_pair(&a, &b);
}

/* An idle connection is nothing but its struct, and that is small. */
ATF_TC_WITHOUT_HEAD(idle_memory);
ATF_TC_BODY(idle_memory, tc)
{
	static uint8_t	 data[PEX_CAPACITY];
	struct wirepeer	 a, b;
	struct testrng	 rng = { 1 };
	size_t		 idle;

	wirepeer_pair(&a, &b);
	wirepair_connect(&a, &b, &rng);
	idle = wire_conn_memory(a.conn);
	ATF_CHECK_MSG(idle <= 1024, "%zu bytes", idle);
	ATF_CHECK_EQ(idle, wire_conn_memory(b.conn));
	/* Talk leaves nothing behind. */
	ATF_CHECK_EQ(WIRE_OK, wire_conn_send(a.conn, 0, data, sizeof(data)));
	ATF_CHECK_EQ(WIRE_OK, wire_conn_ping(b.conn));
	ATF_CHECK(wire_conn_memory(a.conn) > sizeof(data));
	wirepair_pump(&a, &b, &rng);
	ATF_CHECK_EQ(sizeof(data), b.message_len);
	ATF_CHECK_EQ(idle, wire_conn_memory(a.conn));
	ATF_CHECK_EQ(idle, wire_conn_memory(b.conn));
	wirepeer_free_pair(&a, &b);
}

/* A hundred messages each way, of up to 5 KiB, cut at random. */
static void
talk(uint64_t seed)
{
	static uint8_t	 data[5 * 1024];
	struct wirepeer	 a, b;
	struct testrng	 rng = { seed };
	size_t		 n;
	int		 i;

	wirepeer_pair(&a, &b);
	wirepair_connect(&a, &b, &rng);
	check_running(&a);
	check_running(&b);
	for (i = 1; i <= 100; i++) {
		n = testrng_below(&rng, sizeof(data) + 1);
		testrng_fill(&rng, data, n);
		ATF_REQUIRE_EQ(WIRE_OK, wire_conn_send(a.conn, 0, data, n));
		ATF_REQUIRE_EQ(WIRE_OK, wire_conn_send(b.conn, 0, data, n));
		wirepair_pump(&a, &b, &rng);
		ATF_REQUIRE(a.nmessage == (unsigned)i && a.message_len == n &&
		    memcmp(a.message, data, n) == 0);
		ATF_REQUIRE(b.nmessage == (unsigned)i && b.message_len == n &&
		    memcmp(b.message, data, n) == 0);
	}
	wirepeer_free_pair(&a, &b);
}

ATF_TC_WITHOUT_HEAD(read_write);
ATF_TC_BODY(read_write, tc)
{
	uint64_t	 seed;

	for (seed = 1; seed <= 10; seed++)
		talk(seed);
}

/* The handshake a byte at a time, both ways. */
ATF_TC_WITHOUT_HEAD(single_bytes);
ATF_TC_BODY(single_bytes, tc)
{
	struct wirepeer		 a, b;
	struct wire_span	 out;
	struct wirepeer		*from, *to;
	uint8_t			 byte;
	int			 side, idle = 0;

	wirepeer_pair(&a, &b);
	wirepeer_open(&a, &b.id, 3);
	wirepeer_open(&b, NULL, 4);
	for (side = 0; idle < 2; side = !side) {
		from = side ? &b : &a;
		to = side ? &a : &b;
		out = wire_conn_output(from->conn);
		idle = out.len == 0 ? idle + 1 : 0;
		if (out.len == 0)
			continue;
		byte = *out.p;
		wire_conn_sent(from->conn, 1);
		ATF_REQUIRE_EQ(WIRE_OK, wirepeer_input(to, &byte, 1));
	}
	check_running(&a);
	check_running(&b);
	wirepeer_free_pair(&a, &b);
}

/* Both may dial each other at once. */
ATF_TC_WITHOUT_HEAD(both_dial);
ATF_TC_BODY(both_dial, tc)
{
	struct wirepeer	 a, b;

	wirepeer_pair(&a, &b);
	wirepeer_open(&a, &b.id, 3);
	wirepeer_open(&b, &a.id, 4);
	wirepair_pump(&a, &b, NULL);
	check_running(&a);
	check_running(&b);
	wirepeer_free_pair(&a, &b);
}

/* --- waiting: for the signature, for admission ------------------------ */

/* All that the peer says before our signature is there is kept. */
ATF_TC_WITHOUT_HEAD(late_signature);
ATF_TC_BODY(late_signature, tc)
{
	struct wirepeer	 a;
	struct rawpeer	 r;
	struct bytes	 b = { NULL, 0, 0 };

	wirepeer_init(&a, wirepeer_crypto(), 1);
	a.no_sign = true;
	wirepeer_open(&a, NULL, 2);
	rawpeer_init(&r, wirepeer_crypto(), 3);
	rawpeer_meet(&r, &a);
	ATF_CHECK_EQ(1, a.nsignature);
	ATF_CHECK_EQ(0, wire_conn_output(a.conn).len);
	ATF_CHECK(wire_conn_want(a.conn) > 0);

	/* Authentication, node info and a ping, in one go. */
	rawpeer_auth_message(&r, &b);
	rawpeer_seal(&r, b.p, b.len);
	bytes_reset(&b);
	rawpeer_node_info(&r, &b);
	bytes_delimit(&b);
	bytes_add(&b, mconn_ping, sizeof(mconn_ping));
	rawpeer_seal(&r, b.p, b.len);
	rawpeer_seal(&r, mconn_ping, sizeof(mconn_ping));
	ATF_CHECK_EQ(WIRE_OK, rawpeer_send(&r, &a));
	ATF_CHECK_EQ(1, a.nauthenticated);
	ATF_CHECK(a.nnode_info == 0 && a.nping == 0);
	ATF_CHECK_EQ(0, wire_conn_want(a.conn));

	a.no_start = true;
	ATF_CHECK_EQ(WIRE_OK, wirepeer_sign(&a));
	ATF_CHECK(a.nnode_info == 1 && a.nping == 0);
	ATF_CHECK_EQ(WIRE_PHASE_ADMIT, wire_conn_phase(a.conn));
	ATF_CHECK_EQ(0, wire_conn_want(a.conn));
	ATF_CHECK_EQ(WIRE_NOT_READY, wirepeer_sign(&a));	/* once */

	ATF_CHECK_EQ(WIRE_OK, wire_conn_start(a.conn));
	ATF_CHECK_EQ(2, a.nping);
	ATF_CHECK(wire_conn_want(a.conn) > 0);
	/* One pong serves both, as it still waits. */
	rawpeer_take_frames(&r, &a);
	ATF_CHECK(r.in.len > sizeof(mconn_pong) && memcmp(r.in.p + r.in.len -
	    sizeof(mconn_pong), mconn_pong, sizeof(mconn_pong)) == 0);
	ATF_CHECK_EQ(WIRE_NOT_READY, wire_conn_start(a.conn));
	bytes_reset(&b);
	rawpeer_free(&r);
	wirepeer_free(&a);
}

/* A signature nobody asked for yet. */
ATF_TC_WITHOUT_HEAD(early_signature);
ATF_TC_BODY(early_signature, tc)
{
	struct wirepeer	 a, b;

	wirepeer_pair(&a, &b);
	wirepeer_open(&a, NULL, 2);
	ATF_CHECK_EQ(WIRE_NOT_READY, wirepeer_sign(&a));
	ATF_CHECK_EQ(WIRE_NOT_READY, wire_conn_start(a.conn));
	ATF_CHECK_EQ(WIRE_PHASE_HELLO, wire_conn_phase(a.conn));
	wirepeer_free_pair(&a, &b);
}

/* Admission decided later, with the peer's messages waiting. */
ATF_TC_WITHOUT_HEAD(late_admission);
ATF_TC_BODY(late_admission, tc)
{
	struct wirepeer	 a, b;
	struct testrng	 rng = { 8 };

	wirepeer_pair(&a, &b);
	b.no_start = true;
	wirepair_connect(&a, &b, &rng);
	check_running(&a);
	ATF_CHECK_EQ(WIRE_PHASE_ADMIT, wire_conn_phase(b.conn));
	ATF_CHECK_EQ(WIRE_NOT_READY, wire_conn_send(b.conn, 0, NULL, 0));
	ATF_CHECK_EQ(WIRE_NOT_READY, wire_conn_ping(b.conn));
	ATF_CHECK_EQ(WIRE_OK, wire_conn_send(a.conn, 0, pex_request,
	    sizeof(pex_request)));
	wirepair_pump(&a, &b, &rng);
	ATF_CHECK_EQ(0, b.nmessage);
	ATF_CHECK_EQ(WIRE_OK, wire_conn_start(b.conn));
	wirepair_pump(&a, &b, &rng);
	ATF_CHECK_EQ(1, b.nmessage);
	wirepeer_free_pair(&a, &b);
}

/* Who pushes more than was wanted does not make us keep it without end. */
ATF_TC_WITHOUT_HEAD(held_bound);
ATF_TC_BODY(held_bound, tc)
{
	static const uint8_t	 junk[32768];
	struct wirepeer		 a, b;

	wirepeer_pair(&a, &b);
	b.no_start = true;
	wirepair_connect(&a, &b, NULL);
	ATF_CHECK_EQ(WIRE_OK, wirepeer_input(&b, junk, sizeof(junk)));
	ATF_CHECK_EQ(WIRE_OK, wirepeer_input(&b, junk, sizeof(junk)));
	ATF_CHECK(wire_conn_memory(b.conn) < 70000);
	ATF_CHECK_EQ(WIRE_NOT_READY, wirepeer_input(&b, junk, 1));
	ATF_CHECK_EQ(WIRE_PHASE_FAILED, wire_conn_phase(b.conn));
	wirepeer_free_pair(&a, &b);
}

/* --- who it is -------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(wrong_identity);
ATF_TC_BODY(wrong_identity, tc)
{
	struct wirepeer	 a, b;
	struct node_id	 other = { { 1 } };

	wirepeer_pair(&a, &b);
	wirepeer_open(&a, &other, 3);
	wirepeer_open(&b, NULL, 4);
	wirepair_pump(&a, &b, NULL);
	ATF_CHECK_EQ(WIRE_WRONG_IDENTITY, a.error);
	ATF_CHECK_EQ(0, a.nauthenticated + a.nnode_info);
	/* It is known who it was instead. */
	ATF_CHECK(wire_conn_remote_id(a.conn) != NULL &&
	    node_id_equal(wire_conn_remote_id(a.conn), &b.id));
	wirepeer_free_pair(&a, &b);
}

/* Before node info: not even its network matters. */
ATF_TC_WITHOUT_HEAD(identity_before_info);
ATF_TC_BODY(identity_before_info, tc)
{
	struct wirepeer	 a, b;
	struct node_id	 other = { { 1 } };

	wirepeer_pair(&a, &b);
	b.config.info.network = wire_span_text("other-net");
	wirepeer_open(&a, &other, 3);
	wirepeer_open(&b, NULL, 4);
	wirepair_pump(&a, &b, NULL);
	ATF_CHECK_EQ(WIRE_WRONG_IDENTITY, a.error);
	/* We did not tell it who we are. */
	ATF_CHECK_EQ(0, b.nnode_info);
	wirepeer_free_pair(&a, &b);
}

/* Both ends are us, whoever was dialled. */
static void
meet_self(const struct node_id *dialled, enum wire_error theirs)
{
	struct wirepeer	 a, b;

	wirepeer_init(&a, wirepeer_crypto(), 1);
	wirepeer_init(&b, wirepeer_crypto(), 1);
	wirepeer_open(&a, dialled != NULL ? dialled : &b.id, 3);
	wirepeer_open(&b, NULL, 4);
	wirepair_pump(&a, &b, NULL);
	ATF_CHECK_EQ_MSG(WIRE_SELF, a.error, "%s", wire_error_name(a.error));
	ATF_CHECK_EQ_MSG(theirs, b.error, "%s", wire_error_name(b.error));
	ATF_CHECK(node_id_equal(wire_conn_remote_id(a.conn), &a.id));
	wirepeer_free_pair(&a, &b);
}

ATF_TC_WITHOUT_HEAD(self);
ATF_TC_BODY(self, tc)
{
	struct node_id	 other = { { 1 } };

	meet_self(NULL, WIRE_SELF);
	/* Found before node info, which the other half goes without. */
	meet_self(&other, WIRE_OK);
}

/* Self comes before network, version and channels. */
ATF_TC_WITHOUT_HEAD(self_before_compatible);
ATF_TC_BODY(self_before_compatible, tc)
{
	struct wirepeer	 a, b;

	wirepeer_init(&a, wirepeer_crypto(), 1);
	wirepeer_init(&b, wirepeer_crypto(), 1);
	b.config.info.network = wire_span_text("other-net");
	b.config.info.block_version = 10;
	b.channels[0].id = 7;
	wirepeer_open(&a, &b.id, 3);
	wirepeer_open(&b, NULL, 4);
	wirepair_pump(&a, &b, NULL);
	ATF_CHECK_EQ(WIRE_SELF, a.error);
	wirepeer_free_pair(&a, &b);
}

/* --- what it says ----------------------------------------------------- */

static void
spoil_network(struct wirepeer *b)
{
	b->config.info.network = wire_span_text("other-net");
}

static void
spoil_block(struct wirepeer *b)
{
	b->config.info.block_version = 12;
}

static void
spoil_channels(struct wirepeer *b)
{
	b->channels[0].id = 0x20;
}

static void
spoil_moniker(struct wirepeer *b)
{
	b->config.info.moniker = wire_span_text("");
}

static void
spoil_version(struct wirepeer *b)
{
	b->config.info.version = wire_span_text("\t");
}

ATF_TC_WITHOUT_HEAD(incompatible);
ATF_TC_BODY(incompatible, tc)
{
	static const struct {
		void		(*spoil)(struct wirepeer *);
		enum wire_error	 want;
		bool		 mutual;
	} cases[] = {
		{ spoil_network, WIRE_WRONG_NETWORK, true },
		{ spoil_block, WIRE_WRONG_BLOCK, true },
		{ spoil_channels, WIRE_NO_COMMON_CHANNEL, true },
		{ spoil_moniker, WIRE_INFO_MONIKER, false },
		{ spoil_version, WIRE_INFO_VERSION, false },
	};
	struct wirepeer	 a, b;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wirepeer_pair(&a, &b);
		cases[i].spoil(&b);
		wirepair_connect(&a, &b, NULL);
		ATF_CHECK_EQ_MSG(cases[i].want, a.error, "%s",
		    wire_error_name(a.error));
		ATF_CHECK_EQ(1, a.nauthenticated);
		ATF_CHECK_EQ(0, a.nnode_info);
		ATF_CHECK_EQ(1, a.nrefused);
		ATF_CHECK_EQ(cases[i].want == WIRE_WRONG_NETWORK,
		    strcmp("other-net", a.network) == 0);
		/* The other learns of it as well, from our node info. */
		if (cases[i].mutual)
			ATF_CHECK_EQ(cases[i].want, b.error);
		else
			ATF_CHECK_EQ(1, b.nnode_info);
		wirepeer_free_pair(&a, &b);
	}
}

/* Another common channel is enough. */
ATF_TC_WITHOUT_HEAD(another_channel);
ATF_TC_BODY(another_channel, tc)
{
	struct wirepeer	 a, b;

	wirepeer_pair(&a, &b);
	a.channels[1] = (struct mconn_channel){ 0x41, 100 };
	a.config.mconn.nchannels = 2;
	b.channels[0] = (struct mconn_channel){ 0x41, 100 };
	wirepair_connect(&a, &b, NULL);
	check_running(&a);
	check_running(&b);
	ATF_CHECK(!wire_conn_peer_has_channel(a.conn, PEX_CHANNEL));
	ATF_CHECK_EQ(WIRE_NO_CHANNEL, wire_conn_send(a.conn, PEX_CHANNEL,
	    NULL, 0));
	ATF_CHECK_EQ(WIRE_OK, wire_conn_send(a.conn, 0x41,
	    (const uint8_t *)"hi", 2));
	wirepair_pump(&a, &b, NULL);
	ATF_CHECK(b.nmessage == 1 && b.channel == 0x41);
	wirepeer_free_pair(&a, &b);
}

/* A node info of the test's making, after a proper authentication. */
static enum wire_error
try_info(const void *info, size_t len, struct wirepeer *p)
{
	struct rawpeer	 r;

	wirepeer_init(p, wirepeer_crypto(), 1);
	wirepeer_open(p, NULL, 2);
	rawpeer_init(&r, wirepeer_crypto(), 3);
	ATF_REQUIRE_EQ(WIRE_OK, rawpeer_authenticate(&r, p));
	rawpeer_seal(&r, info, len);
	rawpeer_send(&r, p);
	rawpeer_free(&r);
	return p->error;
}

/* A refusal keeps our node info in the output, and nothing else. */
ATF_TC_WITHOUT_HEAD(refusal_tells_why);
ATF_TC_BODY(refusal_tells_why, tc)
{
	struct wirepeer	 a, b;

	wirepeer_pair(&a, &b);
	b.config.info.network = wire_span_text("other-net");
	a.no_sign = true;
	wirepeer_open(&a, NULL, 3);
	wirepeer_open(&b, NULL, 4);
	wirepair_pump(&a, &b, NULL);
	ATF_CHECK_EQ(0, wire_conn_output(a.conn).len);
	wirepeer_sign(&a);
	ATF_CHECK_EQ(2 * SECRET_FRAME_SIZE, wire_conn_output(a.conn).len);
	wirepair_pump(&a, &b, NULL);
	ATF_CHECK_EQ(WIRE_WRONG_NETWORK, a.error);
	ATF_CHECK_EQ(WIRE_WRONG_NETWORK, b.error);
	ATF_CHECK_EQ(0, wire_conn_held(a.conn));
	wirepeer_free_pair(&a, &b);
}

ATF_TC_WITHOUT_HEAD(info_lengths);
ATF_TC_BODY(info_lengths, tc)
{
	static const struct {
		const char	*prefix;
		enum wire_error	 want;
	} cases[] = {
		{ "00", WIRE_INFO_ADDRESS },		/* empty: no id */
		{ "8150", WIRE_INFO_LENGTH },		/* 10241 */
		{ "80808002", WIRE_INFO_LENGTH },
		{ "80808080808080808001", WIRE_INFO_LENGTH },
		{ "ffffffffffffffffff02", WIRE_INFO_LENGTH },
		{ "020a00" "ff", WIRE_INFO_ADDRESS },
		{ "020801", WIRE_INFO_MALFORMED },
	};
	struct wirepeer	 p;
	struct bytes	 b = { NULL, 0, 0 };
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bytes_reset(&b);
		bytes_add_hex(&b, cases[i].prefix);
		ATF_CHECK_EQ_MSG(cases[i].want, try_info(b.p, b.len, &p),
		    "%s: %s", cases[i].prefix, wire_error_name(p.error));
		wirepeer_free(&p);
	}
	bytes_reset(&b);
}

/* 10240 bytes are the most that is taken; they come in many frames. */
ATF_TC_WITHOUT_HEAD(longest_info);
ATF_TC_BODY(longest_info, tc)
{
	struct wirepeer	 p;
	struct rawpeer	 r;
	struct bytes	 b = { NULL, 0, 0 };
	uint8_t		 filler[NODEINFO_MAX] = { 0 };

	rawpeer_init(&r, wirepeer_crypto(), 3);
	rawpeer_node_info(&r, &b);
	bytes_add_field(&b, 15, filler, NODEINFO_MAX - b.len - 3);
	ATF_REQUIRE_EQ(NODEINFO_MAX, b.len);
	bytes_delimit(&b);
	ATF_CHECK_EQ(WIRE_OK, try_info(b.p, b.len, &p));
	check_running(&p);
	ATF_CHECK(wire_conn_memory(p.conn) < 1024 +
	    wire_conn_output(p.conn).len);
	wirepeer_free(&p);
	bytes_reset(&b);
	rawpeer_free(&r);
}

/* A node info with somebody else's id. */
ATF_TC_WITHOUT_HEAD(info_of_another);
ATF_TC_BODY(info_of_another, tc)
{
	struct wirepeer	 p;
	struct rawpeer	 other;
	struct bytes	 b = { NULL, 0, 0 };

	rawpeer_init(&other, wirepeer_crypto(), 77);
	rawpeer_node_info(&other, &b);
	bytes_delimit(&b);
	ATF_CHECK_EQ(WIRE_INFO_ID, try_info(b.p, b.len, &p));
	wirepeer_free(&p);
	bytes_reset(&b);
	rawpeer_free(&other);
}

ATF_TC_WITHOUT_HEAD(phase_names);
ATF_TC_BODY(phase_names, tc)
{
	int	 i, j;

	for (i = WIRE_PHASE_HELLO; i <= WIRE_PHASE_FAILED; i++)
		for (j = 0; j < i; j++)
			ATF_CHECK(strcmp(wire_phase_text(i),
			    wire_phase_text(j)) != 0);
	ATF_CHECK_STREQ("unknown", wire_phase_text(99));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, handshake);
	ATF_TP_ADD_TC(tp, idle_memory);
	ATF_TP_ADD_TC(tp, read_write);
	ATF_TP_ADD_TC(tp, single_bytes);
	ATF_TP_ADD_TC(tp, both_dial);
	ATF_TP_ADD_TC(tp, late_signature);
	ATF_TP_ADD_TC(tp, early_signature);
	ATF_TP_ADD_TC(tp, late_admission);
	ATF_TP_ADD_TC(tp, held_bound);
	ATF_TP_ADD_TC(tp, wrong_identity);
	ATF_TP_ADD_TC(tp, identity_before_info);
	ATF_TP_ADD_TC(tp, self);
	ATF_TP_ADD_TC(tp, self_before_compatible);
	ATF_TP_ADD_TC(tp, incompatible);
	ATF_TP_ADD_TC(tp, another_channel);
	ATF_TP_ADD_TC(tp, refusal_tells_why);
	ATF_TP_ADD_TC(tp, info_lengths);
	ATF_TP_ADD_TC(tp, longest_info);
	ATF_TP_ADD_TC(tp, info_of_another);
	ATF_TP_ADD_TC(tp, phase_names);
	return atf_no_error();
}
