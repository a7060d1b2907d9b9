/* SPDX-License-Identifier: ISC */
/*
 * Sealed frames with keys that the fuzzer has: it writes the plaintext, we
 * seal it, so that it gets past authentication to what lies behind.  The
 * first byte says from which phase on; then frames, each two bytes of chunk
 * length and up to that many bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "regress/lib/rawpeer.h"
#include "wire/conn_local.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define FRAMES_MAX	100

static struct wire_crypto	*crypto;
static struct wirepeer		 peer;

/*
 * As if the handshake had come this far; its curve operations would make
 * the fuzzer a hundred times slower.
 */
static void
skip_to(struct wire_conn *conn, enum wire_phase phase,
    struct secret_half *seal)
{
	wire_conn_sent(conn, SECRET_HELLO_SIZE);
	conn->phase = phase;
	conn->is_authenticated = true;
	conn->remote.b[0] = 1;
	conn->hs->is_signed = true;
	conn->peer_channels[0] = 1;
	if (phase == WIRE_PHASE_RUNNING)
		handshake_free(conn);
	*seal = conn->secret.recv;
}

static void
send_frames(struct secret_half *seal, const uint8_t *p, size_t len)
{
	uint8_t	 frame[SECRET_FRAME_SIZE];
	size_t	 n;
	int	 i;

	for (i = 0; i < FRAMES_MAX && len >= 2; i++) {
		memset(frame, 0, sizeof(frame));
		frame[0] = p[0];
		frame[1] = p[1];
		n = p[0] | p[1] << 8;
		p += 2;
		len -= 2;
		if (n > len)
			n = len;
		if (n > SECRET_CHUNK_MAX)
			n = SECRET_CHUNK_MAX;
		memcpy(frame + SECRET_HEADER_SIZE, p, n);
		p += n;
		len -= n;
		aead_seal(crypto, seal->key, seal->counter++, frame,
		    SECRET_PLAIN_SIZE);
		if (wirepeer_input(&peer, frame, sizeof(frame)) != WIRE_OK)
			return;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const enum wire_phase	 phases[] = { WIRE_PHASE_NODEINFO,
	    WIRE_PHASE_RUNNING, WIRE_PHASE_AUTH };
	struct secret_half		 seal;

	if (crypto == NULL) {
		crypto = wire_crypto_new();
		wirepeer_init(&peer, crypto, 1);
	}
	if (len < 3)
		return 0;
	wirepeer_open(&peer, NULL, 2);
	skip_to(peer.conn, phases[data[0] % 3], &seal);
	send_frames(&seal, data + 1, len - 1);
	if (wire_conn_held(peer.conn) > 64000 + 16384 + 70000)
		abort();
	if (wire_conn_phase(peer.conn) == WIRE_PHASE_FAILED &&
	    wire_conn_held(peer.conn) != 0)
		abort();
	wire_conn_free(peer.conn);
	return 0;
}
