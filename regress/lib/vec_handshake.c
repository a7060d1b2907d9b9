/* SPDX-License-Identifier: ISC */
/* Vectors of whole runs of the secret connection, side by side. */
#include <stdlib.h>
#include <string.h>

#include "common/nodekey.h"
#include "regress/lib/vec.h"
#include "wire/conn.h"
#include "wire/pex.h"

#define SIDE_KEYS							\
	"after_handshake_sealed_frames after_handshake_writes_plain "	\
	"auth_sig_msg_delimited auth_sig_sealed_frame_nonce0 "		\
	"challenge_signature ed25519_priv64 ed25519_pub ed25519_seed "	\
	"eph_priv eph_pub eph_pub_msg_delimited is_least node_id "	\
	"recv_secret send_secret wire_all_bytes_written"

/* What a connection said while it was played the other side's bytes. */
struct witness {
	struct vec	*v;
	json_t		*own;		/* the side it plays */
	unsigned	 nmessages, npings;
	bool		 is_request, has_info;
	struct node_id	 remote;
};

/* All chunks or writes of an array, one after the other. */
static struct wire_span
concat(struct vec *v, json_t *array)
{
	struct wire_span	 part;
	uint8_t			*p;
	size_t			 i, total = 0;
	json_t			*text;

	json_array_foreach(array, i, text)
		total += vec_bytes_of(v, text).len;
	p = vec_alloc(v, total);
	total = 0;
	json_array_foreach(array, i, text) {
		part = vec_bytes_of(v, text);
		memcpy(p + total, part.p, part.len);
		total += part.len;
	}
	return wire_span_of(p, total);
}

static void
check_node_key(struct vec *v, json_t *c, json_t *side)
{
	const uint8_t	*seed = vec_exact(v, side, "ed25519_seed", 32);
	const uint8_t	*priv = vec_exact(v, side, "ed25519_priv64", 64);
	const uint8_t	*pub = vec_exact(v, side, "ed25519_pub", 32);
	const uint8_t	*want = vec_exact(v, side, "challenge_signature", 64);
	uint8_t		 sig[ED25519_SIG_SIZE], auth[SECRET_AUTH_SIZE];
	char		 id[NODE_ID_TEXT_SIZE];
	struct nodekey	*key;
	struct nodekey_why why;

	VEC_CHECK(v, memcmp(priv, seed, 32) == 0 &&
	    memcmp(priv + 32, pub, 32) == 0);
	if ((key = nodekey_from_seed(seed, &why)) == NULL) {
		vec_fail(v, "%s", why.text);
		return;
	}
	VEC_CHECK(v, memcmp(nodekey_pub(key), pub, 32) == 0);
	VEC_CHECK(v, strcmp(node_id_text(nodekey_id(key), id),
	    vec_text(v, side, "node_id")) == 0);
	VEC_CHECK(v, nodekey_sign(key, vec_exact(v, c, "challenge", 32), 32,
	    sig) == 0 && memcmp(sig, want, sizeof(sig)) == 0);
	VEC_CHECK(v, ed25519_verify(v->crypto, pub, want,
	    vec_exact(v, c, "challenge", 32), 32) == WIRE_OK);
	VEC_CHECK(v, secret_auth_encode(pub, want, auth) == 0);
	VEC_CHECK(v, memcmp(auth, vec_exact(v, side, "auth_sig_msg_delimited",
	    sizeof(auth)), sizeof(auth)) == 0);
	nodekey_free(key);
}

static void
check_secrets(struct vec *v, json_t *c, json_t *side, json_t *other)
{
	struct secret_exchange	 x = { NULL, { 0 } };
	struct secret		 s;
	uint8_t			 hello[SECRET_HELLO_SIZE], challenge[32];
	bool			 least = vec_bool(v, side, "is_least");

	VEC_CHECK(v, secret_start(&x, vec_exact(v, side, "eph_priv", 32),
	    hello) == WIRE_OK);
	VEC_CHECK(v, memcmp(x.pub, vec_exact(v, side, "eph_pub", 32), 32) ==
	    0);
	VEC_CHECK(v, memcmp(hello, vec_exact(v, side, "eph_pub_msg_delimited",
	    sizeof(hello)), sizeof(hello)) == 0);
	VEC_CHECK(v, memcmp(x.pub, vec_exact(v, c, least ? "low_eph_pub" :
	    "high_eph_pub", 32), 32) == 0);
	VEC_CHECK(v, secret_agree(v->crypto, &x, vec_exact(v, other,
	    "eph_pub", 32), &s, challenge) == WIRE_OK);
	VEC_CHECK(v, memcmp(challenge, vec_exact(v, c, "challenge", 32),
	    32) == 0);
	VEC_CHECK(v, memcmp(s.recv.key, vec_exact(v, side, "recv_secret",
	    32), 32) == 0);
	VEC_CHECK(v, memcmp(s.send.key, vec_exact(v, side, "send_secret",
	    32), 32) == 0);
	secret_exchange_wipe(&x);

	/* The same by the steps, from the shared secret alone. */
	VEC_CHECK(v, secret_derive(v->crypto, vec_exact(v, c, "dh_secret",
	    32), least, &s) == 0);
	VEC_CHECK(v, memcmp(s.send.key, vec_exact(v, side, "send_secret",
	    32), 32) == 0);
	secret_challenge(vec_exact(v, c, "low_eph_pub", 32), vec_exact(v, c,
	    "high_eph_pub", 32), vec_exact(v, c, "dh_secret", 32), challenge);
	VEC_CHECK(v, memcmp(challenge, vec_exact(v, c, "challenge", 32),
	    32) == 0);
}

/* The sealed frames hold the writes; the first is ours to the byte. */
static void
check_frames(struct vec *v, json_t *side)
{
	struct wire_span	 chunk, want, all;
	struct secret_half	 h = { .counter = 0 };
	uint8_t			 plain[SECRET_PLAIN_SIZE];
	uint8_t			 frame[SECRET_FRAME_SIZE];
	const uint8_t		*auth, *first;
	json_t			*frames, *text;
	size_t			 i;

	memcpy(h.key, vec_exact(v, side, "send_secret", 32), 32);
	auth = vec_exact(v, side, "auth_sig_msg_delimited", SECRET_AUTH_SIZE);
	first = vec_exact(v, side, "auth_sig_sealed_frame_nonce0",
	    SECRET_FRAME_SIZE);
	memcpy(frame + SECRET_HEADER_SIZE, auth, SECRET_AUTH_SIZE);
	VEC_CHECK(v, secret_seal(v->crypto, &h, frame, SECRET_AUTH_SIZE) ==
	    WIRE_OK);
	VEC_CHECK(v, memcmp(frame, first, sizeof(frame)) == 0);

	want = concat(v, vec_array(v, side, "after_handshake_writes_plain"));
	frames = vec_array(v, side, "after_handshake_sealed_frames");
	json_array_foreach(frames, i, text) {
		all = vec_bytes_of(v, text);
		if (all.len != SECRET_FRAME_SIZE || secret_open(v->crypto, &h,
		    all.p, plain, &chunk) != WIRE_OK ||
		    chunk.len > want.len || !vec_is(wire_span_take(&want,
		    chunk.len), chunk.p, chunk.len)) {
			vec_fail(v, "frame %zu differs", i);
			return;
		}
	}
	VEC_CHECK(v, want.len == 0);
}

static void
check_all_bytes(struct vec *v, json_t *side)
{
	struct wire_span	 all, frames;

	all = vec_bytes(v, side, "wire_all_bytes_written");
	frames = concat(v, vec_array(v, side,
	    "after_handshake_sealed_frames"));
	if (all.len != SECRET_HELLO_SIZE + SECRET_FRAME_SIZE + frames.len) {
		vec_fail(v, "%zu bytes in all", all.len);
		return;
	}
	VEC_CHECK(v, vec_is(wire_span_take(&all, SECRET_HELLO_SIZE),
	    vec_exact(v, side, "eph_pub_msg_delimited", SECRET_HELLO_SIZE),
	    SECRET_HELLO_SIZE));
	VEC_CHECK(v, vec_is(wire_span_take(&all, SECRET_FRAME_SIZE),
	    vec_exact(v, side, "auth_sig_sealed_frame_nonce0",
	    SECRET_FRAME_SIZE), SECRET_FRAME_SIZE));
	VEC_CHECK(v, wire_span_equal(all, frames));
}

/* --- a whole connection in the place of one side ---------------------- */

static void
on_need_signature(struct wire_conn *conn, const uint8_t *challenge, void *arg)
{
	struct witness	*w = arg;

	wire_conn_sign(conn, vec_exact(w->v, w->own, "ed25519_pub", 32),
	    vec_exact(w->v, w->own, "challenge_signature", 64));
}

static void
on_authenticated(struct wire_conn *conn, const struct node_id *id,
    const uint8_t *pub, void *arg)
{
	((struct witness *)arg)->remote = *id;
}

static void
on_node_info(struct wire_conn *conn, const struct nodeinfo *ni, void *arg)
{
	((struct witness *)arg)->has_info = true;
	wire_conn_start(conn);
}

static void
on_message(struct wire_conn *conn, uint8_t channel, struct wire_span msg,
    void *arg)
{
	struct witness	*w = arg;

	w->nmessages++;
	w->is_request = channel == PEX_CHANNEL &&
	    vec_is(msg, pex_request, sizeof(pex_request));
}

static void
on_ping(struct wire_conn *conn, void *arg)
{
	struct witness	*w = arg;

	w->npings++;
	/* What follows is no packet. */
	wire_conn_finish(conn);
}

static const struct wire_conn_ops	ops = {
	.need_signature = on_need_signature,
	.authenticated = on_authenticated,
	.node_info = on_node_info,
	.message = on_message,
	.ping = on_ping,
};

/* We are of the network that the other side announces. */
static bool
read_info(struct vec *v, json_t *side, struct nodeinfo *ni)
{
	struct wire_span	 write;
	json_t			*writes;
	uint64_t		 len;

	writes = vec_array(v, side, "after_handshake_writes_plain");
	write = vec_bytes_of(v, json_array_get(writes, 0));
	if (varint_get(&write, &len) == 0 && len == write.len &&
	    nodeinfo_decode(write, ni) == WIRE_OK)
		return true;
	vec_fail(v, "the first write is no node info");
	return false;
}

static void
check_output(struct vec *v, const struct wire_conn *conn, json_t *own)
{
	struct wire_span	 out = wire_conn_output(conn);
	struct wire_span	 all;

	all = vec_bytes(v, own, "wire_all_bytes_written");
	/* Key message and authentication; our node info is our own. */
	VEC_CHECK(v, out.len >= SECRET_HELLO_SIZE + SECRET_FRAME_SIZE &&
	    all.len >= SECRET_HELLO_SIZE + SECRET_FRAME_SIZE &&
	    memcmp(out.p, all.p, SECRET_HELLO_SIZE + SECRET_FRAME_SIZE) == 0);
}

static void
play(struct vec *v, json_t *own, json_t *other)
{
	static const struct mconn_channel channel = { PEX_CHANNEL,
	    PEX_CAPACITY };
	struct wire_config	 config = { .crypto = v->crypto };
	struct wire_conn_params	 params = { .config = &config, .ops = &ops };
	struct witness		 w = { .v = v, .own = own };
	struct wire_span	 in;
	struct wire_conn	*conn;
	char			 id[NODE_ID_TEXT_SIZE];

	if (!read_info(v, other, &config.info))
		return;
	config.mconn = (struct mconn_config){ &channel, 1, MCONN_PAYLOAD };
	config.output_max = 1 << 20;
	params.arg = &w;
	params.seed = vec_exact(v, own, "eph_priv", 32);
	if ((conn = wire_conn_new(&params)) == NULL) {
		vec_fail(v, "no connection");
		return;
	}
	in = vec_bytes(v, other, "wire_all_bytes_written");
	VEC_CHECK(v, wire_conn_input(conn, in.p, in.len) == WIRE_OK);
	VEC_CHECK(v, strcmp(node_id_text(&w.remote, id),
	    vec_text(v, other, "node_id")) == 0);
	VEC_CHECK(v, w.has_info && w.nmessages == 1 && w.is_request);
	VEC_CHECK(v, w.npings == 1);
	check_output(v, conn, own);
	wire_conn_free(conn);
}

void
vec_handshake(struct vec *v, json_t *c)
{
	json_t	*side[2] = { json_object_get(c, "a"),
	    json_object_get(c, "b") };
	int	 i;

	if (!vec_keys(v, side[0], SIDE_KEYS) ||
	    !vec_keys(v, side[1], SIDE_KEYS))
		return;
	VEC_CHECK(v, vec_bool(v, side[0], "is_least") !=
	    vec_bool(v, side[1], "is_least"));
	for (i = 0; i < 2; i++) {
		check_node_key(v, c, side[i]);
		check_secrets(v, c, side[i], side[!i]);
		check_frames(v, side[i]);
		check_all_bytes(v, side[i]);
		play(v, side[i], side[!i]);
	}
}
