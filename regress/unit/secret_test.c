/* SPDX-License-Identifier: ISC */
/*
 * The secret connection against peers that do it wrong: odd keys, bad
 * signatures, damaged, repeated and missing frames.  All are refused, each
 * for its own reason, and all the same way.
 */
#include <string.h>

#include <atf-c.h>

#include "regress/lib/hex.h"
#include "regress/lib/rawpeer.h"

static struct wire_crypto	*crypto;

/* Our side, opened, of a connection that somebody else began. */
static void
open_inbound(struct wirepeer *p)
{
	if (crypto == NULL)
		ATF_REQUIRE((crypto = wire_crypto_new()) != NULL);
	wirepeer_init(p, crypto, 1);
	wirepeer_open(p, NULL, 2);
}

/* Whatever went wrong, this is what it looks like. */
static void
check_refused(struct wirepeer *p, enum wire_error want)
{
	ATF_CHECK_EQ_MSG(want, p->error, "%s, not %s",
	    wire_error_name(p->error), wire_error_name(want));
	ATF_CHECK_EQ(WIRE_PHASE_FAILED, wire_conn_phase(p->conn));
	ATF_CHECK_EQ(want, wire_conn_error(p->conn));
	ATF_CHECK_EQ(0, wire_conn_output(p->conn).len);
	ATF_CHECK_EQ(0, p->nnode_info + p->nmessage);
	/* And it stays so. */
	ATF_CHECK_EQ(want, wire_conn_input(p->conn, (const uint8_t *)"x", 1));
}

/* --- key messages ----------------------------------------------------- */

static void
try_hello(const struct bytes *b, enum wire_error want)
{
	struct wirepeer	 p;

	open_inbound(&p);
	wirepeer_input(&p, b->p, b->len);
	check_refused(&p, want);
	ATF_CHECK_EQ(0, p.nsignature);
	wirepeer_free(&p);
}

static void
try_hello_hex(const char *hex, enum wire_error want)
{
	struct bytes	 b = { NULL, 0, 0 };

	bytes_add_hex(&b, hex);
	try_hello(&b, want);
	bytes_reset(&b);
}

/* All encodings of points whose order divides 8, on the curve or its twist. */
static const char *const low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	/* over p: the same numbers again */
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

ATF_TC_WITHOUT_HEAD(hello_low_order);
ATF_TC_BODY(hello_low_order, tc)
{
	uint8_t		 key[32];
	struct bytes	 b;
	size_t		 i;
	int		 top;

	for (i = 0; i < sizeof(low_order) / sizeof(low_order[0]); i++)
		for (top = 0; top < 2; top++) {
			ATF_REQUIRE(hex_exact(low_order[i], key, 32) == 0);
			key[31] |= top << 7;	/* a bit that is ignored */
			memset(&b, 0, sizeof(b));
			bytes_add_field(&b, 1, key, sizeof(key));
			bytes_delimit(&b);
			try_hello(&b, WIRE_HELLO_LOW_ORDER);
			bytes_reset(&b);
		}
}

ATF_TC_WITHOUT_HEAD(hello_reflected);
ATF_TC_BODY(hello_reflected, tc)
{
	struct wirepeer		 p;
	struct wire_span	 out;
	uint8_t			 hello[SECRET_HELLO_SIZE];

	open_inbound(&p);
	out = wire_conn_output(p.conn);
	ATF_REQUIRE_EQ(sizeof(hello), out.len);
	memcpy(hello, out.p, sizeof(hello));
	wirepeer_input(&p, hello, sizeof(hello));
	check_refused(&p, WIRE_HELLO_REFLECTED);
	wirepeer_free(&p);
}

ATF_TC_WITHOUT_HEAD(hello_key_size);
ATF_TC_BODY(hello_key_size, tc)
{
	static const struct {
		size_t		 n;
		enum wire_error	 want;
	} cases[] = {
		{ 0, WIRE_HELLO_KEY_SIZE }, { 1, WIRE_HELLO_KEY_SIZE },
		{ 11, WIRE_HELLO_KEY_SIZE }, { 31, WIRE_HELLO_KEY_SIZE },
		{ 33, WIRE_HELLO_LENGTH }, { 64, WIRE_HELLO_LENGTH },
	};
	struct bytes	 b;
	uint8_t		 key[64];
	size_t		 i;

	memset(key, 9, sizeof(key));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&b, 0, sizeof(b));
		bytes_add_field(&b, 1, key, cases[i].n);
		bytes_delimit(&b);
		try_hello(&b, cases[i].want);
		bytes_reset(&b);
	}
}

ATF_TC_WITHOUT_HEAD(hello_malformed);
ATF_TC_BODY(hello_malformed, tc)
{
	try_hello_hex("00", WIRE_HELLO_KEY_SIZE);	/* empty: no key */
	try_hello_hex("020801", WIRE_HELLO_MALFORMED);	/* a varint */
	try_hello_hex("020a20", WIRE_HELLO_MALFORMED);	/* cut short */
	try_hello_hex("020200", WIRE_HELLO_MALFORMED);	/* field 0 */
	try_hello_hex("8080808008", WIRE_HELLO_LENGTH);	/* 2^31 */
	try_hello_hex("80808080808080808001", WIRE_HELLO_LENGTH);
	try_hello_hex("ffffffffffffffffff01", WIRE_HELLO_LENGTH);
	try_hello_hex("ffffffffffffffffffff", WIRE_HELLO_LENGTH);
	try_hello_hex("23", WIRE_HELLO_LENGTH);		/* 35 > 34 */
	try_hello_hex("808040", WIRE_HELLO_LENGTH);	/* 1 MiB, as Go takes */
}

/* An overlong length is as good as a short one. */
ATF_TC_WITHOUT_HEAD(hello_overlong);
ATF_TC_BODY(hello_overlong, tc)
{
	struct wirepeer	 p;
	struct rawpeer	 r;
	struct bytes	 b = { NULL, 0, 0 };
	size_t		 i;

	open_inbound(&p);
	rawpeer_init(&r, crypto, 3);
	rawpeer_take_hello(&r, &p);
	bytes_add_hex(&b, "a2808080808080808000");
	bytes_add(&b, r.hello + 1, sizeof(r.hello) - 1);
	for (i = 0; i < b.len; i++)
		ATF_CHECK_EQ(WIRE_OK, wirepeer_input(&p, b.p + i, 1));
	ATF_CHECK_EQ(1, p.nsignature);
	ATF_CHECK_EQ(WIRE_PHASE_AUTH, wire_conn_phase(p.conn));
	bytes_reset(&b);
	rawpeer_free(&r);
	wirepeer_free(&p);
}

/* --- authentication --------------------------------------------------- */

/* Send an AuthSigMessage, without prefix, made of what the test chose. */
static void
try_auth_message(const struct bytes *b, enum wire_error want)
{
	struct wirepeer	 p;
	struct rawpeer	 r;

	open_inbound(&p);
	rawpeer_init(&r, crypto, 3);
	rawpeer_meet(&r, &p);
	rawpeer_say(&r, bytes_span(b));
	rawpeer_send(&r, &p);
	check_refused(&p, want);
	ATF_CHECK_EQ(0, p.nauthenticated);
	ATF_CHECK(wire_conn_remote_id(p.conn) == NULL);
	rawpeer_free(&r);
	wirepeer_free(&p);
}

/* pub_key of the given kind (its tag) and sig. */
static void
add_auth(struct bytes *b, uint32_t kind, const void *key, size_t keylen,
    const void *sig, size_t siglen)
{
	struct bytes	 sub = { NULL, 0, 0 };

	if (kind != 0)
		bytes_add_field(&sub, kind, key, keylen);
	bytes_add_field(b, 1, sub.p, sub.len);
	bytes_add_field(b, 2, sig, siglen);
	bytes_reset(&sub);
}

ATF_TC_WITHOUT_HEAD(auth_shape);
ATF_TC_BODY(auth_shape, tc)
{
	static const uint8_t	 key[64] = { 9 }, sig[128] = { 1 };
	static const struct {
		uint32_t	 kind;
		size_t		 keylen, siglen;
		enum wire_error	 want;
	} cases[] = {
		{ 2, 33, 64, WIRE_AUTH_KEY_TYPE },	/* secp256k1 */
		{ 3, 32, 64, WIRE_AUTH_KEY_TYPE },	/* sr25519 */
		{ 0, 0, 64, WIRE_AUTH_KEY_TYPE },	/* none */
		{ 1, 0, 64, WIRE_AUTH_MALFORMED },
		{ 1, 31, 64, WIRE_AUTH_MALFORMED },
		{ 1, 33, 64, WIRE_AUTH_MALFORMED },
		{ 1, 32, 0, WIRE_AUTH_SIGNATURE },
		{ 1, 32, 63, WIRE_AUTH_SIGNATURE },
		{ 1, 32, 65, WIRE_AUTH_SIGNATURE },
		{ 1, 64, 64, WIRE_AUTH_LENGTH },
		{ 1, 32, 128, WIRE_AUTH_LENGTH },
	};
	struct bytes	 b;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&b, 0, sizeof(b));
		add_auth(&b, cases[i].kind, key, cases[i].keylen, sig,
		    cases[i].siglen);
		try_auth_message(&b, cases[i].want);
		bytes_reset(&b);
	}
}

ATF_TC_WITHOUT_HEAD(auth_malformed);
ATF_TC_BODY(auth_malformed, tc)
{
	static const char *const	cases[] = {
		"0801", "1001", "0a020801", "0a0208", "0a01", "12ff01", "00",
		"0a020000", "0a0b", "0e",
	};
	struct bytes	 b;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&b, 0, sizeof(b));
		bytes_add_hex(&b, cases[i]);
		try_auth_message(&b, WIRE_AUTH_MALFORMED);
		bytes_reset(&b);
	}
	memset(&b, 0, sizeof(b));
	try_auth_message(&b, WIRE_AUTH_KEY_TYPE);	/* empty */
}

/* The order of the base point, little endian. */
static const char	order_L[] =
    "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

static void
add_order(uint8_t s[32])
{
	uint8_t		 l[32];
	unsigned	 carry = 0;
	int		 i;

	ATF_REQUIRE(hex_exact(order_L, l, sizeof(l)) == 0);
	for (i = 0; i < 32; i++) {
		carry += s[i] + l[i];
		s[i] = carry;
		carry >>= 8;
	}
	ATF_REQUIRE_EQ(0, carry);
}

enum sig_fault {
	SIG_FINE,
	SIG_OTHER_KEY,
	SIG_OTHER_CHALLENGE,
	SIG_ZERO,
	SIG_S_OVER_L,
	SIG_FLIPPED_R,
	SIG_FLIPPED_S,
	SIG_NFAULTS
};

static void
spoil_signature(enum sig_fault fault, struct rawpeer *r,
    uint8_t sig[ED25519_SIG_SIZE])
{
	struct rawpeer	 other;
	uint8_t		 challenge[32];

	memcpy(challenge, r->challenge, sizeof(challenge));
	if (fault == SIG_OTHER_CHALLENGE)
		challenge[31] ^= 1;
	rawpeer_init(&other, crypto, 99);
	ATF_REQUIRE(nodekey_sign(fault == SIG_OTHER_KEY ? other.key : r->key,
	    challenge, sizeof(challenge), sig) == 0);
	if (fault == SIG_ZERO)
		memset(sig, 0, ED25519_SIG_SIZE);
	if (fault == SIG_S_OVER_L)
		add_order(sig + 32);
	if (fault == SIG_FLIPPED_R)
		sig[0] ^= 1;
	if (fault == SIG_FLIPPED_S)
		sig[32] ^= 1;
	rawpeer_free(&other);
}

ATF_TC_WITHOUT_HEAD(auth_signature);
ATF_TC_BODY(auth_signature, tc)
{
	struct wirepeer	 p;
	struct rawpeer	 r;
	struct bytes	 b;
	uint8_t		 sig[ED25519_SIG_SIZE];
	int		 fault;

	for (fault = SIG_FINE; fault < SIG_NFAULTS; fault++) {
		memset(&b, 0, sizeof(b));
		open_inbound(&p);
		rawpeer_init(&r, crypto, 3);
		rawpeer_meet(&r, &p);
		spoil_signature(fault, &r, sig);
		add_auth(&b, 1, nodekey_pub(r.key), 32, sig, sizeof(sig));
		rawpeer_say(&r, bytes_span(&b));
		rawpeer_send(&r, &p);
		if (fault == SIG_FINE) {
			ATF_CHECK_EQ(WIRE_OK, p.error);
			ATF_CHECK(node_id_equal(&p.remote, &r.id));
		} else
			check_refused(&p, WIRE_AUTH_SIGNATURE);
		bytes_reset(&b);
		rawpeer_free(&r);
		wirepeer_free(&p);
	}
}

/*
 * Keys of small order: with R = A's inverse multiples and S = 0 a plain
 * verifier takes one signature in eight or more.
 */
ATF_TC_WITHOUT_HEAD(auth_small_order);
ATF_TC_BODY(auth_small_order, tc)
{
	static const char *const	keys[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t		 key[32], sig[64];
	struct bytes	 b;
	size_t		 i;
	int		 sign;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		for (sign = 0; sign < 2; sign++) {
			ATF_REQUIRE(hex_exact(keys[i], key, 32) == 0);
			key[31] |= sign << 7;
			memset(sig, 0, sizeof(sig));
			sig[0] = 1;		/* R: the neutral element */
			memset(&b, 0, sizeof(b));
			add_auth(&b, 1, key, 32, sig, sizeof(sig));
			try_auth_message(&b, WIRE_AUTH_KEY_WEAK);
			bytes_reset(&b);
		}
}

/* The last of a repeated oneof counts. */
ATF_TC_WITHOUT_HEAD(auth_repeated);
ATF_TC_BODY(auth_repeated, tc)
{
	uint8_t		 sig[64], zero[33] = { 0 };
	struct wirepeer	 p;
	struct rawpeer	 r;
	struct bytes	 sub = { NULL, 0, 0 }, b = { NULL, 0, 0 };

	open_inbound(&p);
	rawpeer_init(&r, crypto, 3);
	rawpeer_meet(&r, &p);
	spoil_signature(SIG_FINE, &r, sig);
	bytes_add_field(&sub, 2, zero, 8);
	bytes_add_field(&sub, 1, nodekey_pub(r.key), 32);
	bytes_add_field(&b, 1, sub.p, sub.len);
	bytes_add_field(&b, 2, sig, sizeof(sig));
	rawpeer_say(&r, bytes_span(&b));
	ATF_CHECK_EQ(WIRE_OK, rawpeer_send(&r, &p));
	ATF_CHECK_EQ(1, p.nauthenticated);
	bytes_reset(&sub);
	bytes_reset(&b);
	rawpeer_free(&r);
	wirepeer_free(&p);
}

/* What was sealed for one session is worth nothing in the next. */
ATF_TC_WITHOUT_HEAD(auth_of_an_older_session);
ATF_TC_BODY(auth_of_an_older_session, tc)
{
	struct wirepeer	 p;
	struct rawpeer	 r;
	struct bytes	 auth = { NULL, 0, 0 }, frame = { NULL, 0, 0 };

	/* The frame. */
	open_inbound(&p);
	rawpeer_init(&r, crypto, 3);
	rawpeer_meet(&r, &p);
	rawpeer_auth_message(&r, &auth);
	rawpeer_seal(&r, auth.p, auth.len);
	bytes_add(&frame, r.out.p, r.out.len);
	rawpeer_free(&r);
	wirepeer_free(&p);

	wirepeer_init(&p, crypto, 1);
	wirepeer_open(&p, NULL, 22);	/* another ephemeral key of ours */
	rawpeer_init(&r, crypto, 3);
	rawpeer_meet(&r, &p);
	wirepeer_input(&p, frame.p, frame.len);
	check_refused(&p, WIRE_FRAME_TAG);
	rawpeer_free(&r);
	wirepeer_free(&p);

	/* The message, sealed anew. */
	wirepeer_init(&p, crypto, 1);
	wirepeer_open(&p, NULL, 22);
	rawpeer_init(&r, crypto, 3);
	rawpeer_meet(&r, &p);
	rawpeer_seal(&r, auth.p, auth.len);
	rawpeer_send(&r, &p);
	check_refused(&p, WIRE_AUTH_SIGNATURE);
	rawpeer_free(&r);
	wirepeer_free(&p);
	bytes_reset(&auth);
	bytes_reset(&frame);
}

/* --- frames ----------------------------------------------------------- */

/* One frame with a ping, of a running connection. */
static void
open_running(struct wirepeer *p, struct rawpeer *r)
{
	open_inbound(p);
	rawpeer_init(r, crypto, 3);
	ATF_REQUIRE_EQ(WIRE_OK, rawpeer_connect(r, p));
	ATF_REQUIRE_EQ(WIRE_PHASE_RUNNING, wire_conn_phase(p->conn));
}

static void
close_both(struct wirepeer *p, struct rawpeer *r)
{
	rawpeer_free(r);
	wirepeer_free(p);
}

static void
check_broken(struct wirepeer *p, enum wire_error want)
{
	ATF_CHECK_EQ_MSG(want, p->error, "%s", wire_error_name(p->error));
	ATF_CHECK_EQ(WIRE_PHASE_FAILED, wire_conn_phase(p->conn));
	ATF_CHECK_EQ(0, wire_conn_output(p->conn).len);
	/* Nothing but the connection itself is left. */
	ATF_CHECK(wire_conn_memory(p->conn) <= 1024);
}

ATF_TC(bit_flips);
ATF_TC_HEAD(bit_flips, tc)
{
	atf_tc_set_md_var(tc, "descr",
	    "a bit flipped at each of the 1044 positions of a frame");
}
ATF_TC_BODY(bit_flips, tc)
{
	struct secret_half	 seal = { .key = { 7 } }, half;
	uint8_t			 frame[SECRET_FRAME_SIZE];
	uint8_t			 plain[SECRET_PLAIN_SIZE];
	struct wire_span	 chunk;
	size_t			 i;
	int			 bit;

	ATF_REQUIRE((crypto = wire_crypto_new()) != NULL);
	memset(frame, 'x', sizeof(frame));
	ATF_REQUIRE_EQ(WIRE_OK, secret_seal(crypto, &seal, frame, 1000));
	for (i = 0; i < sizeof(frame); i++)
		for (bit = 0; bit < 8; bit++) {
			half = (struct secret_half){ .key = { 7 } };
			frame[i] ^= 1 << bit;
			ATF_CHECK_EQ(WIRE_FRAME_TAG, secret_open(crypto,
			    &half, frame, plain, &chunk));
			ATF_CHECK_EQ(0, half.counter);
			frame[i] ^= 1 << bit;
		}
	half = (struct secret_half){ .key = { 7 } };
	ATF_CHECK_EQ(WIRE_OK, secret_open(crypto, &half, frame, plain,
	    &chunk));
	ATF_CHECK_EQ(1000, chunk.len);
}

/* The same through a connection, a byte at each position. */
ATF_TC_WITHOUT_HEAD(flipped_frame_closes);
ATF_TC_BODY(flipped_frame_closes, tc)
{
	struct wirepeer	 p;
	struct rawpeer	 r;
	size_t		 i;

	for (i = 0; i < SECRET_FRAME_SIZE; i += 29) {
		open_running(&p, &r);
		rawpeer_seal(&r, mconn_ping, sizeof(mconn_ping));
		r.out.p[i] ^= 0x10;
		rawpeer_send(&r, &p);
		check_broken(&p, WIRE_FRAME_TAG);
		ATF_CHECK_EQ(0, p.nping);
		close_both(&p, &r);
	}
}

static void
send_frame(struct wirepeer *p, const struct bytes *out, size_t i)
{
	wirepeer_input(p, out->p + i * SECRET_FRAME_SIZE, SECRET_FRAME_SIZE);
}

ATF_TC_WITHOUT_HEAD(replayed_dropped_swapped);
ATF_TC_BODY(replayed_dropped_swapped, tc)
{
	static const int	 orders[][3] = {
		{ 0, 0 },	/* replayed */
		{ 0, 1, 0 },
		{ 0, 1, 1 },
		{ 0, 2 },	/* one dropped */
		{ 2 },
		{ 1, 0 },	/* swapped */
	};
	struct wirepeer	 p;
	struct rawpeer	 r;
	size_t		 i, k;

	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		open_running(&p, &r);
		for (k = 0; k < 3; k++)
			rawpeer_seal(&r, mconn_ping, sizeof(mconn_ping));
		/* The first that is out of turn ends it. */
		for (k = 0; k < 3 && orders[i][k] == (int)k; k++) {
			send_frame(&p, &r.out, k);
			ATF_CHECK_EQ(WIRE_OK, p.error);
		}
		send_frame(&p, &r.out, orders[i][k]);
		check_broken(&p, WIRE_FRAME_TAG);
		close_both(&p, &r);
	}
}

ATF_TC_WITHOUT_HEAD(chunk_length);
ATF_TC_BODY(chunk_length, tc)
{
	static const uint32_t	 lengths[] = { 1025, 1028, 65536, 1U << 31,
	    UINT32_MAX };
	uint8_t			 plain[SECRET_PLAIN_SIZE] = { 0 };
	struct wirepeer		 p;
	struct rawpeer		 r;
	size_t			 i, k;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		open_running(&p, &r);
		for (k = 0; k < 4; k++)
			plain[k] = lengths[i] >> 8 * k;
		rawpeer_seal_plain(&r, plain);
		rawpeer_send(&r, &p);
		check_broken(&p, WIRE_FRAME_CHUNK);
		close_both(&p, &r);
	}
}

/* A frame may be empty, and means nothing then. */
ATF_TC_WITHOUT_HEAD(empty_frames);
ATF_TC_BODY(empty_frames, tc)
{
	uint8_t		 plain[SECRET_PLAIN_SIZE] = { 0 };
	struct wirepeer	 p;
	struct rawpeer	 r;
	int		 i;

	open_running(&p, &r);
	rawpeer_seal(&r, mconn_ping, 1);
	for (i = 0; i < 10; i++)
		rawpeer_seal_plain(&r, plain);
	rawpeer_seal(&r, mconn_ping + 1, 2);
	ATF_CHECK_EQ(WIRE_OK, rawpeer_send(&r, &p));
	ATF_CHECK_EQ(1, p.nping);
	close_both(&p, &r);
}

ATF_TC_WITHOUT_HEAD(counter_wrap);
ATF_TC_BODY(counter_wrap, tc)
{
	struct secret_half	 send = { .key = { 7 } }, recv;
	uint8_t			 frame[SECRET_FRAME_SIZE] = { 0 }, copy[16];
	uint8_t			 plain[SECRET_PLAIN_SIZE];
	struct wire_span	 chunk;

	ATF_REQUIRE((crypto = wire_crypto_new()) != NULL);
	send.counter = UINT64_MAX - 1;
	recv = send;
	ATF_CHECK_EQ(WIRE_OK, secret_seal(crypto, &send, frame, 5));
	ATF_CHECK_EQ(WIRE_OK, secret_open(crypto, &recv, frame, plain,
	    &chunk));
	ATF_CHECK_EQ(UINT64_MAX, send.counter);
	ATF_CHECK_EQ(UINT64_MAX, recv.counter);

	memcpy(copy, frame, sizeof(copy));
	ATF_CHECK_EQ(WIRE_FRAME_COUNTER, secret_seal(crypto, &send, frame,
	    5));
	ATF_CHECK(memcmp(copy, frame, sizeof(copy)) == 0);
	ATF_CHECK_EQ(WIRE_FRAME_COUNTER, secret_open(crypto, &recv, frame,
	    plain, &chunk));
	ATF_CHECK_EQ(UINT64_MAX, send.counter);
}

/* Our own frames have zeros after the chunk, whatever was there. */
ATF_TC_WITHOUT_HEAD(padding_is_zero);
ATF_TC_BODY(padding_is_zero, tc)
{
	struct secret_half	 send = { .key = { 7 } }, recv = send;
	uint8_t			 frame[SECRET_FRAME_SIZE];
	uint8_t			 plain[SECRET_PLAIN_SIZE];
	struct wire_span	 chunk;
	size_t			 i, n;

	ATF_REQUIRE((crypto = wire_crypto_new()) != NULL);
	for (n = 1; n <= SECRET_CHUNK_MAX; n += 93) {
		memset(frame, 0xaa, sizeof(frame));
		ATF_REQUIRE_EQ(WIRE_OK, secret_seal(crypto, &send, frame, n));
		ATF_REQUIRE_EQ(WIRE_OK, secret_open(crypto, &recv, frame,
		    plain, &chunk));
		ATF_CHECK_EQ(n, chunk.len);
		for (i = 0; i < SECRET_CHUNK_MAX; i++)
			ATF_CHECK_EQ(i < n ? 0xaa : 0,
			    plain[SECRET_HEADER_SIZE + i]);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, hello_low_order);
	ATF_TP_ADD_TC(tp, hello_reflected);
	ATF_TP_ADD_TC(tp, hello_key_size);
	ATF_TP_ADD_TC(tp, hello_malformed);
	ATF_TP_ADD_TC(tp, hello_overlong);
	ATF_TP_ADD_TC(tp, auth_shape);
	ATF_TP_ADD_TC(tp, auth_malformed);
	ATF_TP_ADD_TC(tp, auth_signature);
	ATF_TP_ADD_TC(tp, auth_small_order);
	ATF_TP_ADD_TC(tp, auth_repeated);
	ATF_TP_ADD_TC(tp, auth_of_an_older_session);
	ATF_TP_ADD_TC(tp, bit_flips);
	ATF_TP_ADD_TC(tp, flipped_frame_closes);
	ATF_TP_ADD_TC(tp, replayed_dropped_swapped);
	ATF_TP_ADD_TC(tp, chunk_length);
	ATF_TP_ADD_TC(tp, empty_frames);
	ATF_TP_ADD_TC(tp, counter_wrap);
	ATF_TP_ADD_TC(tp, padding_is_zero);
	return atf_no_error();
}
