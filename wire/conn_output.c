/* SPDX-License-Identifier: ISC */
/*
 * What a connection has to say: messages cut into packets, packets cut into
 * frames, frames sealed where they lie in the output buffer.
 */
#include <stdlib.h>

#include "wire/conn_local.h"

/* Fills frames in the output buffer, which has room for them. */
struct framer {
	struct wire_conn	*conn;
	size_t			 fill;	/* bytes in the open frame's chunk */
	enum wire_error		 error;
};

/* Room for n more bytes at the end of the buffer. */
static enum wire_error
make_room(struct outbuf *o, size_t n)
{
	uint8_t	*grown;

	if (o->size - o->len >= n)
		return WIRE_OK;
	if (o->off > 0) {
		memmove(o->buf, o->buf + o->off, o->len - o->off);
		o->len -= o->off;
		o->off = 0;
		if (o->size - o->len >= n)
			return WIRE_OK;
	}
	if (n > SIZE_MAX - o->len)
		return WIRE_NOMEM;
	if ((grown = realloc(o->buf, o->len + n)) == NULL)
		return WIRE_NOMEM;
	o->buf = grown;
	o->size = o->len + n;
	return WIRE_OK;
}

static size_t
frames_size(size_t len)
{
	return (len + SECRET_CHUNK_MAX - 1) / SECRET_CHUNK_MAX *
	    SECRET_FRAME_SIZE;
}

static void
framer_seal(struct framer *f)
{
	struct wire_conn	*conn = f->conn;

	if (f->error == WIRE_OK && f->fill > 0)
		f->error = secret_seal(conn->config->crypto,
		    &conn->secret.send, conn->out.buf + conn->out.len,
		    f->fill);
	if (f->error == WIRE_OK && f->fill > 0)
		conn->out.len += SECRET_FRAME_SIZE;
	f->fill = 0;
}

static void
framer_put(struct framer *f, const uint8_t *p, size_t len)
{
	struct outbuf	*o = &f->conn->out;
	size_t		 n;

	while (len > 0 && f->error == WIRE_OK) {
		n = SECRET_CHUNK_MAX - f->fill;
		if (n > len)
			n = len;
		memcpy(o->buf + o->len + SECRET_HEADER_SIZE + f->fill, p, n);
		f->fill += n;
		p += n;
		len -= n;
		if (f->fill == SECRET_CHUNK_MAX)
			framer_seal(f);
	}
}

enum wire_error
output_raw(struct wire_conn *conn, const uint8_t *p, size_t len)
{
	struct outbuf	*o = &conn->out;

	if (make_room(o, len) != WIRE_OK)
		return WIRE_NOMEM;
	memcpy(o->buf + o->len, p, len);
	o->len += len;
	return WIRE_OK;
}

enum wire_error
output_sealed(struct wire_conn *conn, const uint8_t *p, size_t len)
{
	struct framer	 f = { .conn = conn };

	if (make_room(&conn->out, frames_size(len)) != WIRE_OK)
		return WIRE_NOMEM;
	framer_put(&f, p, len);
	framer_seal(&f);
	return f.error;
}

static enum wire_error
output_message(struct wire_conn *conn, uint8_t channel, const uint8_t *p,
    size_t len)
{
	uint32_t	 payload = conn->config->mconn.max_payload;
	struct framer	 f = { .conn = conn };
	uint8_t		 header[MCONN_HEADER_MAX];
	size_t		 off = 0, take, n;

	n = frames_size(mconn_stream_size(channel, payload, len));
	if (make_room(&conn->out, n) != WIRE_OK)
		return WIRE_NOMEM;
	do {
		n = mconn_header(header, channel, payload, len, off, &take);
		framer_put(&f, header, n);
		framer_put(&f, p + off, take);
		off += take;
	} while (off < len);
	framer_seal(&f);
	return f.error;
}

/* A pong that still waits in the output serves this ping, too. */
enum wire_error
output_pong(struct wire_conn *conn)
{
	struct outbuf	*o = &conn->out;
	enum wire_error	 rv;

	if (o->pong_end > o->taken)
		return WIRE_OK;
	rv = output_sealed(conn, mconn_pong, sizeof(mconn_pong));
	if (rv == WIRE_OK)
		o->pong_end = o->taken + o->len - o->off;
	return rv;
}

void
output_free(struct wire_conn *conn)
{
	free(conn->out.buf);
	conn->out.buf = NULL;
	conn->out.off = conn->out.len = conn->out.size = 0;
}

/* May len bytes of packets on this channel be queued now? */
static enum wire_error
may_send(const struct wire_conn *conn, uint8_t channel, size_t len)
{
	size_t	 queued = conn->out.len - conn->out.off;

	if (conn->phase == WIRE_PHASE_FAILED ||
	    conn->phase == WIRE_PHASE_CLOSING)
		return WIRE_CLOSED;
	if (conn->phase != WIRE_PHASE_RUNNING)
		return WIRE_NOT_READY;
	if (!wire_conn_peer_has_channel(conn, channel))
		return WIRE_NO_CHANNEL;
	if (queued > conn->config->output_max ||
	    frames_size(len) > conn->config->output_max - queued)
		return WIRE_QUEUE_FULL;
	return WIRE_OK;
}

/* A frame could not be sealed: the stream is broken and the peer lost. */
static enum wire_error
sent_or_failed(struct wire_conn *conn, enum wire_error rv)
{
	if (rv != WIRE_OK && rv != WIRE_NOMEM)
		wire_conn_fail(conn, rv);
	return rv;
}

static uint32_t
capacity_of(const struct wire_conn *conn, uint8_t channel)
{
	const struct mconn_config	*m = &conn->config->mconn;
	unsigned int			 i;

	for (i = 0; i < m->nchannels; i++)
		if (m->channels[i].id == channel)
			return m->channels[i].capacity;
	return 0;
}

enum wire_error
wire_conn_send(struct wire_conn *conn, uint8_t channel, const uint8_t *p,
    size_t len)
{
	enum wire_error	 rv;

	if (len > capacity_of(conn, channel))
		return WIRE_MESSAGE_SIZE;
	rv = may_send(conn, channel, mconn_stream_size(channel,
	    conn->config->mconn.max_payload, len));
	if (rv != WIRE_OK)
		return rv;
	return sent_or_failed(conn, output_message(conn, channel, p, len));
}

enum wire_error
wire_conn_send_stream(struct wire_conn *conn, uint8_t channel,
    const uint8_t *packets, size_t len)
{
	enum wire_error	 rv;

	if ((rv = may_send(conn, channel, len)) != WIRE_OK)
		return rv;
	return sent_or_failed(conn, output_sealed(conn, packets, len));
}

enum wire_error
wire_conn_ping(struct wire_conn *conn)
{
	enum wire_error	 rv;

	if (conn->phase == WIRE_PHASE_FAILED ||
	    conn->phase == WIRE_PHASE_CLOSING)
		return WIRE_CLOSED;
	if (conn->phase != WIRE_PHASE_RUNNING)
		return WIRE_NOT_READY;
	rv = output_sealed(conn, mconn_ping, sizeof(mconn_ping));
	if (rv == WIRE_OK)
		conn->awaits_pong = true;
	return sent_or_failed(conn, rv);
}

struct wire_span
wire_conn_output(const struct wire_conn *conn)
{
	const struct outbuf	*o = &conn->out;

	if (o->buf == NULL)
		return wire_span_of(NULL, 0);
	return wire_span_of(o->buf + o->off, o->len - o->off);
}

void
wire_conn_sent(struct wire_conn *conn, size_t n)
{
	struct outbuf	*o = &conn->out;

	if (n > o->len - o->off)
		n = o->len - o->off;
	o->off += n;
	o->taken += n;
	if (o->off == o->len)
		output_free(conn);
}
