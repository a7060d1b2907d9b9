/* SPDX-License-Identifier: ISC */
/*
 * Why a connection was not let in: one code per reason, with the name of
 * its counter, its words in a sentence, and what it means for a dial.
 */
#ifndef PEXD_ENGINE_REFUSAL_H
#define PEXD_ENGINE_REFUSAL_H

#include <stddef.h>

#include "common/msg.h"
#include "wire/error.h"

/* symbol, counter, words, outcome of a dial that ends so */
#define REFUSALS(X)							\
	/* before any crypto */						\
	X(RATE_HOST, "rate_host", "too many connections from its host",	\
	    OUTCOME_REJECTED)						\
	X(RATE_BLOCK, "rate_block", "too many connections from its block", \
	    OUTCOME_REJECTED)						\
	X(RATE_GROUP, "rate_group", "too many connections from its group", \
	    OUTCOME_REJECTED)						\
	X(RATE_ALL, "rate_all", "too many connections", OUTCOME_REJECTED) \
	X(PENDING_HOST, "pending_host", "too many handshakes with its host", \
	    OUTCOME_REJECTED)						\
	X(PENDING_BLOCK, "pending_block",				\
	    "too many handshakes with its block", OUTCOME_REJECTED)	\
	X(PENDING_GROUP, "pending_group",				\
	    "too many handshakes with its group", OUTCOME_REJECTED)	\
	X(PENDING_ALL, "pending_all", "too many handshakes",		\
	    OUTCOME_REJECTED)						\
	X(CROWDED_OUT, "crowded_out", "gave way to a newer handshake",	\
	    OUTCOME_FULL)						\
	X(SAME_IP, "same_ip", "its host is connected already",		\
	    OUTCOME_REJECTED)						\
	X(BANNED_HOST, "banned_host", "its host is banned",		\
	    OUTCOME_REJECTED)						\
	X(MEMORY, "memory", "out of memory", OUTCOME_OURS)		\
	X(CRYPTO, "crypto", "the crypto library failed", OUTCOME_OURS)	\
	/* the handshake */						\
	X(NO_KEY, "no_key", "no key came", OUTCOME_FULL)		\
	X(TIMEOUT, "timeout", "the handshake took too long", OUTCOME_FULL) \
	X(CLOSED, "closed", "closed during the handshake", OUTCOME_FULL) \
	X(IO, "io", "connection failed during the handshake",		\
	    OUTCOME_FULL)						\
	X(KEY_EXCHANGE, "key_exchange", "bad key exchange",		\
	    OUTCOME_REJECTED)						\
	X(FRAME, "frame", "bad frame", OUTCOME_REJECTED)		\
	X(AUTHENTICATION, "authentication", "authentication failed",	\
	    OUTCOME_REJECTED)						\
	X(WRONG_IDENTITY, "wrong_identity", "wrong identity",		\
	    OUTCOME_WRONG_IDENTITY)					\
	X(NODE_INFO, "node_info", "invalid node info", OUTCOME_REJECTED) \
	X(SELF, "self", "it is ourselves", OUTCOME_SELF)		\
	X(WRONG_NETWORK, "wrong_network", "wrong network",		\
	    OUTCOME_WRONG_NETWORK)					\
	X(WRONG_BLOCK_VERSION, "wrong_block_version",			\
	    "wrong block version", OUTCOME_WRONG_BLOCK_VERSION)		\
	X(NO_PEX_CHANNEL, "no_pex_channel", "no PEX channel",		\
	    OUTCOME_NO_PEX_CHANNEL)					\
	X(PROTOCOL, "protocol", "protocol error", OUTCOME_REJECTED)	\
	/* dialer's verdict */						\
	X(DUPLICATE, "duplicate", "duplicate", OUTCOME_DUPLICATE)	\
	X(BANNED, "banned", "banned", OUTCOME_REJECTED)			\
	X(FULL, "full", "no room", OUTCOME_REJECTED)			\
	X(NOT_WANTED, "not_wanted", "no longer wanted", OUTCOME_REJECTED) \
	X(UNAVAILABLE, "unavailable", "dialer or addrbookd is not there", \
	    OUTCOME_OURS)						\
	X(SHUTDOWN, "shutdown", "shutting down", OUTCOME_OURS)

enum refusal {
	REFUSED_NOT = 0,
#define REFUSAL_SYMBOL(sym, name, text, outcome)	REFUSED_##sym,
	REFUSALS(REFUSAL_SYMBOL)
#undef REFUSAL_SYMBOL
	REFUSED_MAX
};

const char	*refusal_name(enum refusal);	/* "wrong_network" */
const char	*refusal_text(enum refusal);	/* "wrong network" */
enum outcome	 refusal_outcome(enum refusal);
/* What a failure of the protocol library means for a handshake. */
enum refusal	 refusal_of_error(enum wire_error);
enum refusal	 refusal_of_verdict(enum verdict);	/* not VERDICT_OK */
/* Why, for the log: the class, and what the error adds to it.  buf. */
char		*refusal_why(enum wire_error, char *buf, size_t size);

#endif
