/* SPDX-License-Identifier: ISC */
/*
 * A peer connection: its life, and the way of its input through frames to
 * whoever is next in the phase it is in.
 */
#include <stdlib.h>

#include "wire/conn_local.h"

#define READ_HANDSHAKE	4096	/* per read, before anybody is admitted */
#define READ_RUNNING	65536
#define HELD_MAX	65536	/* input kept for later */

struct wire_conn *
wire_conn_new(const struct wire_conn_params *params)
{
	struct wire_conn	*conn;

	if ((conn = calloc(1, sizeof(*conn))) == NULL)
		return NULL;
	conn->config = params->config;
	conn->ops = params->ops;
	conn->arg = params->arg;
	conn->phase = WIRE_PHASE_HELLO;
	if (params->dialled != NULL) {
		conn->is_dialled = true;
		conn->dialled = *params->dialled;
	}
	if (handshake_begin(conn, params) != WIRE_OK) {
		wire_conn_free(conn);
		return NULL;
	}
	return conn;
}

static void
held_free(struct heldbuf *h)
{
	free(h->buf);
	h->buf = NULL;
	h->len = 0;
}

static enum wire_error
held_add(struct heldbuf *h, struct wire_span s)
{
	uint8_t	*grown;

	if (s.len == 0)
		return WIRE_OK;
	if (s.len > HELD_MAX - h->len)
		return WIRE_NOT_READY;
	if ((grown = realloc(h->buf, h->len + s.len)) == NULL)
		return WIRE_NOMEM;
	memcpy(grown + h->len, s.p, s.len);
	h->buf = grown;
	h->len += s.len;
	return WIRE_OK;
}

static void
release_input(struct wire_conn *conn)
{
	handshake_free(conn);
	mconn_reset(&conn->mconn);
	held_free(&conn->held_raw);
	held_free(&conn->held_chunk);
	free(conn->frame);
	conn->frame = NULL;
	conn->frame_len = 0;
}

static void
release_secrets(struct wire_conn *conn)
{
	release_input(conn);
	secret_wipe(&conn->secret);
	wire_crypto_forget(conn->config->crypto);
}

/*
 * Node infos cross: ours is queued when theirs is refused, and the peer can
 * learn what is wrong from nothing else.
 */
static bool
keeps_output(const struct wire_conn *conn)
{
	return conn->error >= WIRE_INFO_LENGTH &&
	    conn->error <= WIRE_NO_COMMON_CHANNEL;
}

/*
 * Free what the phase has no more use for.  Not while a callback may still
 * look at it: then when the outermost call is done.
 */
static void
settle(struct wire_conn *conn)
{
	if (conn->is_busy)
		return;
	if (conn->phase == WIRE_PHASE_FAILED) {
		release_secrets(conn);
		if (!keeps_output(conn))
			output_free(conn);
	} else if (conn->phase == WIRE_PHASE_CLOSING)
		release_input(conn);
}

void
wire_conn_free(struct wire_conn *conn)
{
	if (conn == NULL)
		return;
	if (conn->is_busy) {
		conn->is_freed = true;
		wire_conn_fail(conn, WIRE_CLOSED);
		return;
	}
	release_secrets(conn);
	output_free(conn);
	freezero(conn, sizeof(*conn));
}

void
wire_conn_fail(struct wire_conn *conn, enum wire_error error)
{
	if (conn->phase == WIRE_PHASE_FAILED)
		return;
	conn->phase = WIRE_PHASE_FAILED;
	conn->error = error;
	settle(conn);
}

void
wire_conn_finish(struct wire_conn *conn)
{
	if (conn->phase == WIRE_PHASE_FAILED)
		return;
	conn->phase = WIRE_PHASE_CLOSING;
	settle(conn);
}

/* Must the peer's next bytes wait for something of ours? */
static bool
is_paused(const struct wire_conn *conn)
{
	return conn->phase == WIRE_PHASE_ADMIT ||
	    (conn->phase == WIRE_PHASE_NODEINFO && !conn->hs->is_signed);
}

static bool
is_over(const struct wire_conn *conn)
{
	return conn->phase == WIRE_PHASE_CLOSING ||
	    conn->phase == WIRE_PHASE_FAILED;
}

size_t
wire_conn_want(const struct wire_conn *conn)
{
	if (is_paused(conn))
		return 0;
	return conn->phase < WIRE_PHASE_ADMIT ? READ_HANDSHAKE : READ_RUNNING;
}

static enum wire_error
dispatch(struct wire_conn *conn, const struct mconn_event *ev)
{
	const struct wire_conn_ops	*ops = conn->ops;
	enum wire_error			 rv;
	bool				 asked;

	switch (ev->type) {
	case MCONN_PING:
		if ((rv = output_pong(conn)) != WIRE_OK)
			return rv;
		if (ops->ping != NULL)
			ops->ping(conn, conn->arg);
		break;
	case MCONN_PONG:
		asked = conn->awaits_pong;
		conn->awaits_pong = false;
		if (ops->pong != NULL)
			ops->pong(conn, asked, conn->arg);
		break;
	case MCONN_MESSAGE:
		ops->message(conn, ev->channel, ev->data, conn->arg);
		break;
	case MCONN_NONE:
		break;
	}
	return WIRE_OK;
}

/*
 * Goes on until the reader says that there is nothing, so that it also lets
 * go of the memory of the last message.
 */
static enum wire_error
take_packets(struct wire_conn *conn, struct wire_span *in)
{
	struct mconn_event	 ev;
	enum wire_error		 rv;

	do {
		rv = mconn_next(&conn->mconn, &conn->config->mconn, in, &ev);
		if (rv == WIRE_OK)
			rv = dispatch(conn, &ev);
	} while (rv == WIRE_OK && ev.type != MCONN_NONE && !is_over(conn));
	return rv;
}

/* Who takes the decrypted stream, by phase. */
static enum wire_error (*const takers[])(struct wire_conn *,
    struct wire_span *) = {
	[WIRE_PHASE_AUTH] = handshake_take_auth,
	[WIRE_PHASE_NODEINFO] = handshake_take_nodeinfo,
	[WIRE_PHASE_RUNNING] = take_packets,
};

static enum wire_error
feed_chunk(struct wire_conn *conn, struct wire_span chunk)
{
	enum wire_error	 rv;

	while (chunk.len > 0 && !is_over(conn)) {
		if (is_paused(conn))
			return held_add(&conn->held_chunk, chunk);
		if ((rv = takers[conn->phase](conn, &chunk)) != WIRE_OK)
			return rv;
	}
	return WIRE_OK;
}

static enum wire_error
feed_frame(struct wire_conn *conn, const uint8_t frame[SECRET_FRAME_SIZE])
{
	uint8_t			 plain[SECRET_PLAIN_SIZE];
	struct wire_span	 chunk;
	enum wire_error		 rv;

	rv = secret_open(conn->config->crypto, &conn->secret.recv, frame,
	    plain, &chunk);
	if (rv != WIRE_OK)
		return rv;
	return feed_chunk(conn, chunk);
}

/* The input holds no whole frame, or the rest of one begun before. */
static enum wire_error
collect_frame(struct wire_conn *conn, struct wire_span *in)
{
	struct wire_span	 part;
	enum wire_error		 rv;
	uint8_t			*frame;
	size_t			 n = SECRET_FRAME_SIZE - conn->frame_len;

	if (conn->frame == NULL &&
	    (conn->frame = malloc(SECRET_FRAME_SIZE)) == NULL)
		return WIRE_NOMEM;
	part = wire_span_take(in, n < in->len ? n : in->len);
	memcpy(conn->frame + conn->frame_len, part.p, part.len);
	conn->frame_len += part.len;
	if (conn->frame_len < SECRET_FRAME_SIZE)
		return WIRE_OK;
	frame = conn->frame;
	conn->frame = NULL;
	conn->frame_len = 0;
	rv = feed_frame(conn, frame);
	free(frame);
	return rv;
}

static enum wire_error
feed_raw(struct wire_conn *conn, struct wire_span in)
{
	enum wire_error	 rv = WIRE_OK;

	while (in.len > 0 && rv == WIRE_OK && !is_over(conn)) {
		if (is_paused(conn))
			return held_add(&conn->held_raw, in);
		if (conn->phase == WIRE_PHASE_HELLO)
			rv = handshake_take_hello(conn, &in);
		else if (conn->frame == NULL && in.len >= SECRET_FRAME_SIZE)
			rv = feed_frame(conn,
			    wire_span_take(&in, SECRET_FRAME_SIZE).p);
		else
			rv = collect_frame(conn, &in);
	}
	return rv;
}

/* Look at what was kept, the decrypted part of it first. */
static enum wire_error
feed_held(struct wire_conn *conn)
{
	struct heldbuf	 chunk = conn->held_chunk, raw = conn->held_raw;
	enum wire_error	 rv;

	if (is_paused(conn))
		return WIRE_OK;
	memset(&conn->held_chunk, 0, sizeof(conn->held_chunk));
	memset(&conn->held_raw, 0, sizeof(conn->held_raw));
	rv = feed_chunk(conn, wire_span_of(chunk.buf, chunk.len));
	if (rv == WIRE_OK)
		rv = feed_raw(conn, wire_span_of(raw.buf, raw.len));
	held_free(&chunk);
	held_free(&raw);
	return rv;
}

/* The end of an outermost call: what happened, and what is left. */
static enum wire_error
leave(struct wire_conn *conn, enum wire_error rv)
{
	conn->is_busy = false;
	if (conn->is_freed) {
		wire_conn_free(conn);
		return WIRE_CLOSED;
	}
	if (rv != WIRE_OK)
		wire_conn_fail(conn, rv);
	settle(conn);
	return conn->error;
}

enum wire_error
wire_conn_input(struct wire_conn *conn, const uint8_t *p, size_t len)
{
	if (conn->phase == WIRE_PHASE_CLOSING || len == 0)
		return WIRE_OK;
	if (conn->phase == WIRE_PHASE_FAILED)
		return conn->error;
	conn->is_busy = true;
	return leave(conn, feed_raw(conn, wire_span_of(p, len)));
}

enum wire_error
wire_conn_sign(struct wire_conn *conn, const uint8_t pub[ED25519_KEY_SIZE],
    const uint8_t sig[ED25519_SIG_SIZE])
{
	enum wire_error	 rv;

	if (is_over(conn))
		return conn->error;
	if (conn->phase == WIRE_PHASE_HELLO || conn->hs == NULL ||
	    conn->hs->is_signed)
		return WIRE_NOT_READY;
	rv = handshake_sign(conn, pub, sig);
	if (conn->is_busy) {
		if (rv != WIRE_OK)
			wire_conn_fail(conn, rv);
		return rv;
	}
	conn->is_busy = true;
	if (rv == WIRE_OK)
		rv = feed_held(conn);
	return leave(conn, rv);
}

enum wire_error
wire_conn_start(struct wire_conn *conn)
{
	if (is_over(conn))
		return conn->error;
	if (conn->phase != WIRE_PHASE_ADMIT)
		return WIRE_NOT_READY;
	conn->phase = WIRE_PHASE_RUNNING;
	if (conn->is_busy)
		return WIRE_OK;
	conn->is_busy = true;
	return leave(conn, feed_held(conn));
}

enum wire_phase
wire_conn_phase(const struct wire_conn *conn)
{
	return conn->phase;
}

enum wire_error
wire_conn_error(const struct wire_conn *conn)
{
	return conn->error;
}

const struct node_id *
wire_conn_remote_id(const struct wire_conn *conn)
{
	return conn->is_authenticated ? &conn->remote : NULL;
}

bool
wire_conn_peer_has_channel(const struct wire_conn *conn, uint8_t channel)
{
	return conn->peer_channels[channel / 64] >> channel % 64 & 1;
}

bool
wire_conn_awaits_pong(const struct wire_conn *conn)
{
	return conn->awaits_pong;
}

size_t
wire_conn_held(const struct wire_conn *conn)
{
	size_t	 n = mconn_held(&conn->mconn);

	n += conn->held_raw.len + conn->held_chunk.len;
	if (conn->frame != NULL)
		n += SECRET_FRAME_SIZE;
	return n;
}

size_t
wire_conn_memory(const struct wire_conn *conn)
{
	size_t	 n = sizeof(*conn) + wire_conn_held(conn) + conn->out.size;

	if (conn->hs != NULL)
		n += sizeof(*conn->hs);
	return n;
}

const char *
wire_phase_text(enum wire_phase phase)
{
	static const char *const	texts[] = {
		[WIRE_PHASE_HELLO] = "key exchange",
		[WIRE_PHASE_AUTH] = "authentication",
		[WIRE_PHASE_NODEINFO] = "node info",
		[WIRE_PHASE_ADMIT] = "admission",
		[WIRE_PHASE_RUNNING] = "running",
		[WIRE_PHASE_CLOSING] = "closing",
		[WIRE_PHASE_FAILED] = "failed",
	};

	if ((size_t)phase >= sizeof(texts) / sizeof(texts[0]))
		return "unknown";
	return texts[phase];
}
