/* SPDX-License-Identifier: ISC */
/* Vectors of the transcript, the key agreement and the sealed frames. */
#include <stdlib.h>
#include <string.h>

#include "regress/lib/vec.h"
#include "wire/merlin.h"
#include "wire/secret.h"

void
vec_merlin(struct vec *v, json_t *c)
{
	struct wire_span	 data, want = vec_bytes(v, c, "challenge");
	struct merlin		 m;
	json_t			*msg;
	uint8_t			*out = vec_alloc(v, want.len);
	uint8_t			 second[32];
	size_t			 i;

	VEC_CHECK(v, want.len == vec_u64(v, c, "challenge_len"));
	merlin_init(&m, vec_text(v, c, "protocol_label"));
	json_array_foreach(vec_array(v, c, "messages"), i, msg) {
		if (!vec_keys(v, msg, "Label Data"))
			return;
		data = vec_bytes(v, msg, "Data");
		merlin_append(&m, vec_text(v, msg, "Label"), data.p, data.len);
	}
	merlin_challenge(&m, vec_text(v, c, "challenge_label"), out, want.len);
	VEC_CHECK(v, vec_is(want, out, want.len));
	merlin_challenge(&m, "second", second, sizeof(second));
	VEC_CHECK(v, memcmp(second, vec_exact(v, c,
	    "then_challenge_label_second_32", 32), 32) == 0);
}

void
vec_x25519(struct vec *v, json_t *c)
{
	const uint8_t		*priv = vec_exact(v, c, "priv", 32);
	const uint8_t		*remote = vec_exact(v, c, "remote_pub", 32);
	const char		*result = vec_text(v, c, "result");
	uint8_t			 pub[32], shared[32];
	struct x25519_pair	*pair;
	enum wire_error		 rv;

	if ((pair = x25519_pair_new(priv, pub)) == NULL) {
		vec_fail(v, "no pair");
		return;
	}
	rv = x25519_agree(pair, remote, shared);
	if (strcmp(result, "ok") == 0) {
		VEC_CHECK(v, rv == WIRE_OK);
		VEC_CHECK(v, memcmp(shared, vec_exact(v, c, "shared", 32),
		    32) == 0);
	} else if (vec_begins(result, "rejected:")) {
		VEC_CHECK(v, rv == WIRE_HELLO_LOW_ORDER);
		VEC_CHECK(v, !vec_has(c, "shared"));
	} else
		vec_fail(v, "result \"%s\" is not understood", result);
	x25519_pair_free(pair);
}

/* The counter in a nonce, which must begin with four zero bytes. */
static uint64_t
counter_of(struct vec *v, const uint8_t nonce[12])
{
	uint64_t	 n = 0;
	int		 i;

	VEC_CHECK(v, memcmp(nonce, "\0\0\0\0", 4) == 0);
	for (i = 7; i >= 0; i--)
		n = n << 8 | nonce[4 + i];
	return n;
}

void
vec_sealed_frames(struct vec *v, json_t *c)
{
	const uint8_t		*sealed, *key = vec_exact(v, c, "key", 32);
	struct wire_span	 got, chunk = vec_bytes(v, c, "chunk");
	struct secret_half	 h = { .counter = vec_u64(v, c, "counter") };
	uint8_t			 frame[SECRET_FRAME_SIZE];
	uint8_t			 plain[SECRET_PLAIN_SIZE];
	uint64_t		 counter = h.counter;

	sealed = vec_exact(v, c, "sealed_frame_1044", SECRET_FRAME_SIZE);
	memcpy(h.key, key, sizeof(h.key));
	VEC_CHECK(v, counter_of(v, vec_exact(v, c, "nonce", 12)) == counter);
	if (chunk.len > SECRET_CHUNK_MAX) {
		vec_fail(v, "a chunk of %zu bytes", chunk.len);
		return;
	}
	memset(frame, 0xa5, sizeof(frame));
	memcpy(frame + SECRET_HEADER_SIZE, chunk.p, chunk.len);
	VEC_CHECK(v, secret_seal(v->crypto, &h, frame, chunk.len) == WIRE_OK);
	VEC_CHECK(v, memcmp(frame, sealed, sizeof(frame)) == 0);
	VEC_CHECK(v, counter_of(v, vec_exact(v, c, "nonce_after", 12)) ==
	    h.counter);
	h.counter = counter;
	VEC_CHECK(v, secret_open(v->crypto, &h, sealed, plain, &got) ==
	    WIRE_OK && wire_span_equal(got, chunk));
}

void
vec_sealed_stream(struct vec *v, json_t *c)
{
	struct wire_span	 frame, chunk, write;
	struct wire_span	 wire = vec_bytes(v, c, "wire");
	struct secret_half	 h = { .counter = 0 };
	uint8_t			 plain[SECRET_PLAIN_SIZE];
	json_t			*text;
	size_t			 i;

	memcpy(h.key, vec_exact(v, c, "key", 32), 32);
	/* Each write begins a frame, so chunks and writes stay in step. */
	json_array_foreach(vec_array(v, c, "writes_plain"), i, text) {
		write = vec_bytes_of(v, text);
		while (write.len > 0) {
			if (wire.len < SECRET_FRAME_SIZE) {
				vec_fail(v, "write %zu lacks a frame", i);
				return;
			}
			frame = wire_span_take(&wire, SECRET_FRAME_SIZE);
			if (secret_open(v->crypto, &h, frame.p, plain,
			    &chunk) != WIRE_OK || chunk.len == 0 ||
			    chunk.len > write.len || !vec_is(wire_span_take(
			    &write, chunk.len), chunk.p, chunk.len)) {
				vec_fail(v, "write %zu differs", i);
				return;
			}
		}
	}
	VEC_CHECK(v, wire.len == 0);
}

/* The frame's key and counter; entries without take those before them. */
static void
recv_key(struct vec *v, json_t *c, struct secret_half *h)
{
	json_t	*first = json_array_get(v->top, 0);

	memset(h, 0, sizeof(*h));
	if (!vec_has(c, "key"))
		c = first != NULL ? first : c;
	memcpy(h->key, vec_exact(v, c, "key", 32), 32);
	if (vec_has(c, "nonce") && *vec_text(v, c, "nonce") != '\0')
		h->counter = counter_of(v, vec_exact(v, c, "nonce", 12));
}

static void
check_recv(struct vec *v, json_t *c, struct wire_span sealed,
    const char *result)
{
	struct secret_half	 h;
	uint8_t			 plain[SECRET_PLAIN_SIZE];
	struct wire_span	 chunk = { NULL, 0 };
	enum wire_error		 rv;

	recv_key(v, c, &h);
	rv = secret_open(v->crypto, &h, sealed.p, plain, &chunk);
	if (vec_begins(result, "ok n=")) {
		VEC_CHECK(v, rv == WIRE_OK);
		VEC_CHECK(v, chunk.len == strtoul(result + 5, NULL, 10));
		if (vec_has(c, "chunk_len_field"))
			VEC_CHECK(v, chunk.len ==
			    vec_u64(v, c, "chunk_len_field"));
	} else if (vec_begins(result, "error: chunkLength is greater")) {
		VEC_CHECK(v, rv == WIRE_FRAME_CHUNK);
		VEC_CHECK(v, vec_u64(v, c, "chunk_len_field") >
		    SECRET_CHUNK_MAX);
	} else if (vec_begins(result, "error: failed to decrypt")) {
		VEC_CHECK(v, rv == WIRE_FRAME_TAG);
		if (vec_has(c, "tampered_byte"))
			VEC_CHECK(v, vec_u64(v, c, "tampered_byte") <
			    SECRET_FRAME_SIZE);
	} else
		vec_fail(v, "result \"%s\" is not understood", result);
}

void
vec_recv_frames(struct vec *v, json_t *c)
{
	struct wire_span	 sealed = vec_bytes(v, c, "sealed");
	const char		*result = vec_text(v, c, "result");

	if (vec_has(c, "truncated_to"))
		VEC_CHECK(v, vec_u64(v, c, "truncated_to") == sealed.len);
	/* Short of a frame a connection waits; the end of file is not ours. */
	if (vec_begins(result, "error: unexpected EOF") ||
	    vec_begins(result, "error: EOF"))
		VEC_CHECK(v, sealed.len < SECRET_FRAME_SIZE);
	else if (sealed.len != SECRET_FRAME_SIZE)
		vec_fail(v, "a frame of %zu bytes", sealed.len);
	else
		check_recv(v, c, sealed, result);
}
