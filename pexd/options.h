/* SPDX-License-Identifier: ISC */
/*
 * The options of pexd.conf(5) as data: their words, where their value is
 * kept, what it may be.  The grammar, the canonical form, the hints of
 * syntax errors and the check of a reload all read this one table.
 */
#ifndef PEXD_OPTIONS_H
#define PEXD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"

enum option_kind {
	KIND_TEXT,		/* char[], printable */
	KIND_NAME,		/* char[], of a user */
	KIND_PATH,		/* char[], absolute */
	KIND_U32,
	KIND_U64,
	KIND_TIME,		/* uint32_t, milliseconds */
	KIND_YESNO,		/* bool */
	KIND_RATE,		/* struct conf_rate */
	KIND_MODE,
	KIND_LISTEN,
	KIND_EXTERNAL,
	KIND_PEERS,		/* id@host:port, of the conf_peer_kind in min */
	KIND_IDS,		/* node IDs likewise */
	KIND_COUNT
};

enum option_id {
	OPT_NETWORK,
	OPT_MONIKER,
	OPT_MODE,
	OPT_VERSION,
	OPT_LISTEN,
	OPT_EXTERNAL,
	OPT_SEED,
	OPT_PERSISTENT,
	OPT_UNCONDITIONAL,
	OPT_PRIVATE,
	OPT_STRICT,
	OPT_PRIVATE_NETWORK,
	OPT_DUPLICATE_IP,
	OPT_P2P_VERSION,
	OPT_BLOCK_VERSION,
	OPT_NODE_KEY,
	OPT_STATE_DIR,
	OPT_CONTROL_SOCKET,
	OPT_USER,
	OPT_CHROOT,
	OPT_MAX_INBOUND,
	OPT_MAX_OUTBOUND,
	OPT_MAX_DIALS,
	OPT_PENDING,
	OPT_PENDING_HOST,
	OPT_PENDING_BLOCK,
	OPT_PENDING_GROUP,
	OPT_BOOK_SIZE,
	OPT_PACKET_PAYLOAD,
	OPT_SEND_RATE,
	OPT_RECV_RATE,
	OPT_RESTART_LIMIT,
	OPT_ENSURE_PERIOD,
	OPT_PING_INTERVAL,
	OPT_PONG_TIMEOUT,
	OPT_HANDSHAKE_TIMEOUT,
	OPT_DIAL_TIMEOUT,
	OPT_REQUEST_INTERVAL,
	OPT_REQUEST_TIMEOUT,
	OPT_ANSWER_INTERVAL,
	OPT_MAX_DIAL_PERIOD,
	OPT_SEED_INTERVAL,
	OPT_SEED_INTERVAL_MAX,
	OPT_PROBE_INTERVAL,
	OPT_CRAWL_INTERVAL,
	OPT_CRAWL_HOLD,
	OPT_SEED_IDLE,
	OPT_CLOSE_WAIT,
	OPT_ROTATE_INTERVAL,
	OPT_ACCEPT_HOST,
	OPT_ACCEPT_BLOCK,
	OPT_ACCEPT_GROUP,
	OPT_ACCEPT_ALL,
	OPT_REPLY_HOST,
	OPT_COUNT
};

struct conf_option {
	const char		*words;		/* "max pending per host" */
	enum option_kind	 kind;
	bool			 fixed;		/* a change needs a restart */
	size_t			 off;		/* in struct conf */
	size_t			 size;		/* bytes there */
	uint64_t		 min, max;	/* of numbers and times */
};

extern const struct conf_option conf_options[OPT_COUNT];

/* What follows the words, by kind: "NUMBER per TIME burst NUMBER". */
const char	*option_tail(enum option_kind);

/* "30s", "10m", "1500ms": the largest unit that loses nothing.  Returns buf. */
#define TIME_TEXT_SIZE	24
char		*time_text(uint64_t ms, char buf[TIME_TEXT_SIZE]);

#endif
