/* SPDX-License-Identifier: ISC */
/*
 * Why the protocol library refused something: one code per reason, so that
 * a log line, a counter and a test can tell any two apart.
 */
#ifndef PEXD_WIRE_ERROR_H
#define PEXD_WIRE_ERROR_H

/* symbol, short name (counters, JSON), part of a sentence about the peer */
#define WIRE_ERRORS(X)							\
	X(OK, "ok", "no error")						\
	/* Ours: nobody misbehaved. */					\
	X(NOMEM, "no-memory", "out of memory")				\
	X(CRYPTO, "crypto", "the crypto library failed")		\
	X(NOT_READY, "not-ready", "not ready for that yet")		\
	X(QUEUE_FULL, "queue-full", "the send queue is full")		\
	X(NO_CHANNEL, "no-channel",					\
	    "the peer does not listen on that channel")			\
	X(MESSAGE_SIZE, "message-size", "our message is too long")	\
	X(CLOSED, "closed", "the connection is closed")			\
	/* A delimited message, where no layer is known. */		\
	X(LENGTH_BAD, "length-bad", "length prefix over 64 bits")	\
	X(LENGTH_OVER, "length-over", "message longer than its limit")	\
	/* Key exchange. */						\
	X(HELLO_LENGTH, "hello-length",					\
	    "key message with a bad length")				\
	X(HELLO_MALFORMED, "hello-malformed", "undecodable key message") \
	X(HELLO_KEY_SIZE, "hello-key-size", "ephemeral key is not 32 bytes") \
	X(HELLO_REFLECTED, "hello-reflected", "sent our own key back")	\
	X(HELLO_LOW_ORDER, "hello-low-order", "low-order ephemeral key") \
	/* Sealed frames. */						\
	X(FRAME_TAG, "frame-tag", "frame failed to decrypt")		\
	X(FRAME_CHUNK, "frame-chunk",					\
	    "frame with a chunk length over 1024")			\
	X(FRAME_COUNTER, "frame-counter", "frame counter used up")	\
	/* Authentication. */						\
	X(AUTH_LENGTH, "auth-length", "authentication with a bad length") \
	X(AUTH_MALFORMED, "auth-malformed", "undecodable authentication") \
	X(AUTH_KEY_TYPE, "auth-key-type", "node key is not Ed25519")	\
	X(AUTH_KEY_WEAK, "auth-key-weak", "node key is a small-order point") \
	X(AUTH_SIGNATURE, "auth-signature", "bad signature of the challenge") \
	X(WRONG_IDENTITY, "wrong-identity", "is not the node we dialled") \
	/* NodeInfo, in the order of the checks. */			\
	X(INFO_LENGTH, "info-length", "node info with a bad length")	\
	X(INFO_MALFORMED, "info-malformed", "undecodable node info")	\
	X(INFO_ADDRESS, "info-address",					\
	    "node info with a bad id or listen address")		\
	X(INFO_VERSION, "info-version", "node info with a bad version text") \
	X(INFO_RPC, "info-rpc", "node info with a bad rpc address text") \
	X(INFO_MONIKER, "info-moniker", "node info with a bad moniker")	\
	X(INFO_CHANNELS, "info-channels", "node info with over 16 channels") \
	X(INFO_CHANNEL_TWICE, "info-channel-twice",			\
	    "node info with a channel twice")				\
	X(INFO_TX_INDEX, "info-tx-index", "node info with a bad tx_index") \
	X(INFO_ID, "info-id", "node info with an id not its own")	\
	X(SELF, "self", "is ourselves")					\
	X(WRONG_BLOCK, "wrong-block-version", "speaks another block version") \
	X(WRONG_NETWORK, "wrong-network", "is on another network")	\
	X(NO_COMMON_CHANNEL, "no-common-channel", "has no channel in common") \
	/* Packets. */							\
	X(PACKET_LENGTH, "packet-length", "packet with a bad length")	\
	X(PACKET_MALFORMED, "packet-malformed", "undecodable packet")	\
	X(PACKET_TYPE, "packet-type", "packet of unknown type")		\
	X(PACKET_CHANNEL, "packet-channel", "packet on an unknown channel") \
	X(PACKET_CAPACITY, "packet-capacity",				\
	    "message over its channel's capacity")			\
	/* PEX messages. */						\
	X(PEX_MALFORMED, "pex-malformed", "undecodable PEX message")	\
	X(PEX_TYPE, "pex-type", "PEX message of unknown type")		\
	X(PEX_ADDRESS, "pex-address", "PEX address that does not parse")

enum wire_error {
#define WIRE_ERROR_SYMBOL(sym, name, text)	WIRE_##sym,
	WIRE_ERRORS(WIRE_ERROR_SYMBOL)
#undef WIRE_ERROR_SYMBOL
	WIRE_NERRORS
};

/* "wrong-network"; "unknown" for a number that is no code.  Never NULL. */
const char	*wire_error_name(enum wire_error);
/* "is on another network".  Never NULL. */
const char	*wire_error_text(enum wire_error);

#endif
