/* SPDX-License-Identifier: ISC */
/*
 * A peer connection without its socket: bytes in, events and bytes out.
 * Walks through key exchange, authentication, node info and packets, for
 * either side.  No clock, no randomness, no I/O.
 *
 * An idle one costs sizeof(struct wire_conn): buffers exist only while
 * something is in them.
 *
 *	wire_conn_new()          our key message is in the output
 *	  need_signature         have the challenge signed, any time later:
 *	wire_conn_sign()         our authentication goes out
 *	  authenticated          the peer proved its key (and is who we dialled)
 *	  node_info              it is valid and compatible; decide, then
 *	wire_conn_start()        packets flow
 *	  message, ping, pong
 *	wire_conn_finish()       no more input; drain the output, then close
 */
#ifndef PEXD_WIRE_CONN_H
#define PEXD_WIRE_CONN_H

#include "wire/mconn.h"
#include "wire/nodeinfo.h"
#include "wire/secret.h"

enum wire_phase {
	WIRE_PHASE_HELLO,	/* their ephemeral key is awaited */
	WIRE_PHASE_AUTH,	/* their signature is awaited */
	WIRE_PHASE_NODEINFO,	/* their node info is awaited */
	WIRE_PHASE_ADMIT,	/* wire_conn_start() is awaited */
	WIRE_PHASE_RUNNING,
	WIRE_PHASE_CLOSING,	/* input is ignored, output drains */
	WIRE_PHASE_FAILED,	/* keys and input are gone */
};

struct wire_conn;

/*
 * Called from inside wire_conn_input(), wire_conn_sign() and
 * wire_conn_start().  A callback may call anything on its connection, also
 * wire_conn_finish() and wire_conn_free() (which then happens when the outer
 * call returns).  Pointers are valid during the call only.
 */
struct wire_conn_ops {
	/* Have this signed by our node key and call wire_conn_sign(). */
	void	(*need_signature)(struct wire_conn *,
		    const uint8_t challenge[SECRET_CHALLENGE_SIZE], void *);
	/* The peer holds the key of this ID.  May be NULL. */
	void	(*authenticated)(struct wire_conn *, const struct node_id *,
		    const uint8_t pub[ED25519_KEY_SIZE], void *);
	/*
	 * All checks passed.  Nothing of what the peer sends is looked at
	 * until wire_conn_start().
	 */
	void	(*node_info)(struct wire_conn *, const struct nodeinfo *,
		    void *);
	/*
	 * It decoded but is refused; the connection fails with that error on
	 * return.  May be NULL.
	 */
	void	(*refused)(struct wire_conn *, const struct nodeinfo *,
		    enum wire_error, void *);
	/* A whole message on one of our channels. */
	void	(*message)(struct wire_conn *, uint8_t channel,
		    struct wire_span, void *);
	/* A ping came; the pong is in the output already.  May be NULL. */
	void	(*ping)(struct wire_conn *, void *);
	/* A pong came; asked: it answers our ping.  May be NULL. */
	void	(*pong)(struct wire_conn *, bool asked, void *);
};

/*
 * What all connections of a process share.  Must outlive them; may change
 * between calls, except mconn.
 */
struct wire_config {
	struct wire_crypto	*crypto;
	struct node_id		 id;		/* ours */
	/*
	 * What we announce.  id, listen_addr and channels are filled in by
	 * each connection.
	 */
	struct nodeinfo		 info;
	struct mconn_config	 mconn;
	size_t			 output_max;	/* bytes queued per peer */
};

struct wire_conn_params {
	const struct wire_config	*config;
	const struct wire_conn_ops	*ops;
	void				*arg;		/* of the callbacks */
	const struct node_id		*dialled;	/* NULL: inbound */
	struct netaddr			 listen_addr;	/* announced to it */
	const uint8_t			*seed;		/* 32 random bytes */
};

/* NULL: out of memory, or libcrypto failed.  The caller wipes the seed. */
struct wire_conn	*wire_conn_new(const struct wire_conn_params *);
/* Wipes the keys.  NULL is fine. */
void			 wire_conn_free(struct wire_conn *);

/*
 * How many bytes to read from the peer at most before the next
 * wire_conn_input(); 0: do not read now (a signature, or wire_conn_start(),
 * is awaited).
 */
size_t		 wire_conn_want(const struct wire_conn *);
/*
 * What the peer sent.  All of it is taken (bytes that may not be looked at
 * yet are kept).  Anything but WIRE_OK is final: the reason is kept, keys
 * and buffers are wiped, close the socket.  If it was their node info that
 * failed, what is queued stays: ours tells them why.
 *
 * WIRE_CLOSED: a callback called wire_conn_free(); conn is gone.
 */
enum wire_error	 wire_conn_input(struct wire_conn *, const uint8_t *, size_t);
/*
 * The signature of the challenge by our node key.  Errors as for
 * wire_conn_input(), as kept bytes may now be looked at.
 */
enum wire_error	 wire_conn_sign(struct wire_conn *,
		    const uint8_t pub[ED25519_KEY_SIZE],
		    const uint8_t sig[ED25519_SIG_SIZE]);
/* The peer is admitted: packets from here on.  Errors as for input. */
enum wire_error	 wire_conn_start(struct wire_conn *);
/* Ignore all further input, drop what was kept; the output stays. */
void		 wire_conn_finish(struct wire_conn *);

/*
 * Queue a message.  WIRE_NOT_READY before wire_conn_start(),
 * WIRE_NO_CHANNEL if the peer did not list it, WIRE_QUEUE_FULL over
 * output_max, WIRE_NOMEM, WIRE_CLOSED after failure or finish: then nothing
 * was queued and the connection goes on.  WIRE_FRAME_COUNTER, WIRE_CRYPTO:
 * it failed.
 */
enum wire_error	 wire_conn_send(struct wire_conn *, uint8_t channel,
		    const uint8_t *, size_t);
/*
 * The same for a run of packets made by mconn_stream() with the channel and
 * the max_payload of this connection: made once, sealed for many.
 */
enum wire_error	 wire_conn_send_stream(struct wire_conn *, uint8_t channel,
		    const uint8_t *packets, size_t);
/* Queue a ping.  wire_conn_awaits_pong() until the pong is there. */
enum wire_error	 wire_conn_ping(struct wire_conn *);
bool		 wire_conn_awaits_pong(const struct wire_conn *);

/* The bytes to write next, sealed; empty when there are none. */
struct wire_span wire_conn_output(const struct wire_conn *);
/* n bytes of that were written. */
void		 wire_conn_sent(struct wire_conn *, size_t n);

enum wire_phase	 wire_conn_phase(const struct wire_conn *);
/* Why it failed; WIRE_OK if it did not. */
enum wire_error	 wire_conn_error(const struct wire_conn *);
/* Who it is, once authenticated (also after a failure); else NULL. */
const struct node_id *wire_conn_remote_id(const struct wire_conn *);
bool		 wire_conn_peer_has_channel(const struct wire_conn *, uint8_t);
/* Bytes of memory that this connection holds now, itself included. */
size_t		 wire_conn_memory(const struct wire_conn *);
/* The part of that which is input: incomplete, or not to be looked at yet. */
size_t		 wire_conn_held(const struct wire_conn *);
/* "key exchange", "authentication", …  Never NULL. */
const char	*wire_phase_text(enum wire_phase);

#endif
