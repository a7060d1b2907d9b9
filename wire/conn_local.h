/* SPDX-License-Identifier: ISC */
/* What the files of the connection share; nobody else includes it. */
#ifndef PEXD_WIRE_CONN_LOCAL_H
#define PEXD_WIRE_CONN_LOCAL_H

#include "wire/conn.h"

/* Only while the handshake lasts. */
struct handshake {
	struct delim		 delim;		/* of their key message */
	struct secret_exchange	 exchange;
	uint8_t			 challenge[SECRET_CHALLENGE_SIZE];
	struct netaddr		 listen_addr;	/* announced */
	bool			 is_signed;	/* our authentication is out */
};

/* Bytes waiting to be written: buf[off..len). */
struct outbuf {
	uint8_t		*buf;
	size_t		 off, len, size;
	uint64_t	 taken;		/* ever written */
	uint64_t	 pong_end;	/* the last pong ends there */
};

/* Input that may not be looked at yet. */
struct heldbuf {
	uint8_t		*buf;
	size_t		 len;
};

struct wire_conn {
	const struct wire_config	*config;
	const struct wire_conn_ops	*ops;
	void				*arg;
	enum wire_phase			 phase;
	enum wire_error			 error;
	bool				 is_dialled;
	bool				 is_authenticated;
	bool				 awaits_pong;
	bool				 is_busy;	/* inside a callback */
	bool				 is_freed;	/* by a callback */
	struct node_id			 dialled;
	struct node_id			 remote;
	struct secret			 secret;
	struct handshake		*hs;
	struct mconn			 mconn;
	uint8_t				*frame;		/* an incomplete one */
	size_t				 frame_len;
	struct heldbuf			 held_raw, held_chunk;
	struct outbuf			 out;
	uint64_t			 peer_channels[4];	/* bit set */
};

/* conn.c */
/* For good: what the peer did, or what broke.  The first reason is kept. */
void		 wire_conn_fail(struct wire_conn *, enum wire_error);

/* conn_output.c */
/* Append bytes as they are.  WIRE_NOMEM and nothing added. */
enum wire_error	 output_raw(struct wire_conn *, const uint8_t *, size_t);
/* Append a piece of the sealed byte stream, cut into frames. */
enum wire_error	 output_sealed(struct wire_conn *, const uint8_t *, size_t);
enum wire_error	 output_pong(struct wire_conn *);
void		 output_free(struct wire_conn *);

/* handshake.c */
enum wire_error	 handshake_begin(struct wire_conn *,
		    const struct wire_conn_params *);
/* Each takes what is its own off the span. */
enum wire_error	 handshake_take_hello(struct wire_conn *, struct wire_span *);
enum wire_error	 handshake_take_auth(struct wire_conn *, struct wire_span *);
enum wire_error	 handshake_take_nodeinfo(struct wire_conn *,
		    struct wire_span *);
enum wire_error	 handshake_sign(struct wire_conn *,
		    const uint8_t pub[ED25519_KEY_SIZE],
		    const uint8_t sig[ED25519_SIG_SIZE]);
void		 handshake_free(struct wire_conn *);

#endif
