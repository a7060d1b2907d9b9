/* SPDX-License-Identifier: ISC */
/* A peer without manners. */
#include <err.h>
#include <string.h>

#include "regress/lib/rawpeer.h"

void
rawpeer_init(struct rawpeer *r, struct wire_crypto *crypto, uint64_t seed)
{
	struct nodekey_why	 why;
	struct testrng		 rng = { seed };
	uint8_t			 bytes[32];

	memset(r, 0, sizeof(*r));
	r->crypto = crypto;
	testrng_fill(&rng, bytes, sizeof(bytes));
	if ((r->key = nodekey_from_seed(bytes, &why)) == NULL)
		errx(1, "%s", why.text);
	r->id = *nodekey_id(r->key);
	testrng_fill(&rng, bytes, sizeof(bytes));
	if (secret_start(&r->exchange, bytes, r->hello) != WIRE_OK)
		errx(1, "no ephemeral key");
}

void
rawpeer_free(struct rawpeer *r)
{
	secret_exchange_wipe(&r->exchange);
	nodekey_free(r->key);
	bytes_reset(&r->out);
	bytes_reset(&r->in);
}

void
rawpeer_take_hello(struct rawpeer *r, struct wirepeer *p)
{
	struct wire_span	 out = wire_conn_output(p->conn);

	if (out.len < SECRET_HELLO_SIZE)
		errx(1, "no key message");
	if (secret_agree(r->crypto, &r->exchange, out.p + 3, &r->secret,
	    r->challenge) != WIRE_OK)
		errx(1, "no agreement");
	wire_conn_sent(p->conn, SECRET_HELLO_SIZE);
}

void
rawpeer_take_frames(struct rawpeer *r, struct wirepeer *p)
{
	struct wire_span	 chunk, out;
	uint8_t			 plain[SECRET_PLAIN_SIZE];

	for (;;) {
		out = wire_conn_output(p->conn);
		if (out.len < SECRET_FRAME_SIZE)
			return;
		if (secret_open(r->crypto, &r->secret.recv, out.p, plain,
		    &chunk) != WIRE_OK)
			errx(1, "the other's frame does not open");
		bytes_add(&r->in, chunk.p, chunk.len);
		wire_conn_sent(p->conn, SECRET_FRAME_SIZE);
	}
}

void
rawpeer_seal_plain(struct rawpeer *r, const uint8_t plain[SECRET_PLAIN_SIZE])
{
	uint8_t	 frame[SECRET_FRAME_SIZE];

	memcpy(frame, plain, SECRET_PLAIN_SIZE);
	if (aead_seal(r->crypto, r->secret.send.key, r->secret.send.counter++,
	    frame, SECRET_PLAIN_SIZE) == -1)
		errx(1, "no seal");
	bytes_add(&r->out, frame, sizeof(frame));
}

void
rawpeer_seal(struct rawpeer *r, const void *data, size_t len)
{
	uint8_t		 plain[SECRET_PLAIN_SIZE];
	const uint8_t	*p = data;
	size_t		 n;

	while (len > 0) {
		n = len < SECRET_CHUNK_MAX ? len : SECRET_CHUNK_MAX;
		memset(plain, 0xee, sizeof(plain));	/* stale padding */
		plain[0] = n;
		plain[1] = n >> 8;
		plain[2] = plain[3] = 0;
		memcpy(plain + SECRET_HEADER_SIZE, p, n);
		rawpeer_seal_plain(r, plain);
		p += n;
		len -= n;
	}
}

void
rawpeer_say(struct rawpeer *r, struct wire_span message)
{
	struct bytes	 b = { NULL, 0, 0 };

	bytes_add(&b, message.p, message.len);
	bytes_delimit(&b);
	rawpeer_seal(r, b.p, b.len);
	bytes_reset(&b);
}

enum wire_error
rawpeer_send(struct rawpeer *r, struct wirepeer *p)
{
	wirepeer_input(p, r->out.p, r->out.len);
	bytes_reset(&r->out);
	return p->error;
}

void
rawpeer_meet(struct rawpeer *r, struct wirepeer *p)
{
	rawpeer_take_hello(r, p);
	if (wirepeer_input(p, r->hello, sizeof(r->hello)) != WIRE_OK)
		errx(1, "our key message was refused");
}

void
rawpeer_auth_message(struct rawpeer *r, struct bytes *b)
{
	uint8_t	 sig[ED25519_SIG_SIZE], auth[SECRET_AUTH_SIZE];

	if (nodekey_sign(r->key, r->challenge, sizeof(r->challenge), sig) ==
	    -1 || secret_auth_encode(nodekey_pub(r->key), sig, auth) == -1)
		errx(1, "no signature");
	bytes_add(b, auth, sizeof(auth));
}

enum wire_error
rawpeer_authenticate(struct rawpeer *r, struct wirepeer *p)
{
	struct bytes	 b = { NULL, 0, 0 };

	rawpeer_meet(r, p);
	rawpeer_auth_message(r, &b);
	rawpeer_seal(r, b.p, b.len);
	bytes_reset(&b);
	return rawpeer_send(r, p);
}

void
rawpeer_node_info(struct rawpeer *r, struct bytes *b)
{
	struct nodeinfo	 ni = { .p2p_version = 8, .block_version = 11 };
	char		 id[NODE_ID_TEXT_SIZE];
	uint8_t		 buf[NODEINFO_MAX];

	ni.id = wire_span_text(node_id_text(&r->id, id));
	ni.listen_addr = wire_span_text("tcp://1.2.3.4:26656");
	ni.network = wire_span_text("test-net");
	ni.channels = wire_span_of("\0", 1);
	ni.moniker = wire_span_text("raw");
	bytes_add(b, buf, nodeinfo_encode(&ni, buf, sizeof(buf)));
}

enum wire_error
rawpeer_connect(struct rawpeer *r, struct wirepeer *p)
{
	struct bytes	 info = { NULL, 0, 0 };
	enum wire_error	 rv;

	if ((rv = rawpeer_authenticate(r, p)) != WIRE_OK)
		return rv;
	rawpeer_node_info(r, &info);
	rawpeer_say(r, bytes_span(&info));
	bytes_reset(&info);
	if ((rv = rawpeer_send(r, p)) != WIRE_OK)
		return rv;
	rawpeer_take_frames(r, p);
	bytes_reset(&r->in);
	return WIRE_OK;
}
