/* SPDX-License-Identifier: ISC */
/* The table of options. */

#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>

#include "pexd/options.h"

#define SECOND	UINT64_C(1000)
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)

#define AT(m)	offsetof(struct conf, m), sizeof(((struct conf *)0)->m)

#define TEXT(w, fixed, m)	{ w, KIND_TEXT, fixed, AT(m), 0, 0 }
#define NAME(w, m)		{ w, KIND_NAME, true, AT(m), 0, 0 }
#define PATH(w, m)		{ w, KIND_PATH, true, AT(m), 0, 0 }
#define U32(w, m, lo, hi)	{ w, KIND_U32, false, AT(m), lo, hi }
#define U64(w, m, lo, hi)	{ w, KIND_U64, false, AT(m), lo, hi }
#define TIME(w, m, lo, hi)	{ w, KIND_TIME, false, AT(times.m), lo, hi }
#define YESNO(w, m)		{ w, KIND_YESNO, false, AT(m), 0, 0 }
#define RATE(w, m)		{ w, KIND_RATE, false, AT(rates.m),	\
				    1, 1000000 }
#define PEERS(w, k, peer)	{ w, k, false, 0, 0, peer, 0 }

/* In the order of the canonical form. */
const struct conf_option conf_options[OPT_COUNT] = {
	[OPT_NETWORK] = TEXT("network", true, network),
	[OPT_MONIKER] = TEXT("moniker", false, moniker),
	[OPT_MODE] = { "mode", KIND_MODE, false, AT(mode), 0, 0 },
	[OPT_VERSION] = TEXT("version", false, version),
	[OPT_LISTEN] = { "listen on", KIND_LISTEN, false, AT(listen),
	    1, UINT16_MAX },
	[OPT_EXTERNAL] = { "external address", KIND_EXTERNAL, false,
	    0, 0, 1, UINT16_MAX },
	[OPT_SEED] = PEERS("seed", KIND_PEERS, CONF_SEED),
	[OPT_PERSISTENT] = PEERS("persistent peer", KIND_PEERS,
	    CONF_PERSISTENT),
	[OPT_UNCONDITIONAL] = PEERS("unconditional peer", KIND_IDS,
	    CONF_UNCONDITIONAL),
	[OPT_PRIVATE] = PEERS("private peer", KIND_IDS, CONF_PRIVATE),
	[OPT_STRICT] = YESNO("strict routability", strict),
	[OPT_PRIVATE_NETWORK] = YESNO("private network", private_network),
	[OPT_DUPLICATE_IP] = YESNO("allow duplicate ip", allow_duplicate_ip),
	[OPT_P2P_VERSION] = U64("p2p version", p2p_version, 1, INT64_MAX),
	[OPT_BLOCK_VERSION] = U64("block version", block_version,
	    0, INT64_MAX),
	[OPT_NODE_KEY] = PATH("node key", node_key),
	[OPT_STATE_DIR] = PATH("state directory", state_dir),
	[OPT_CONTROL_SOCKET] = PATH("control socket", control_socket),
	[OPT_USER] = NAME("user", user),
	[OPT_CHROOT] = PATH("chroot", chroot_dir),

	[OPT_MAX_INBOUND] = U32("max inbound", limits.max_inbound, 1, 65000),
	[OPT_MAX_OUTBOUND] = U32("max outbound", limits.max_outbound,
	    0, 10000),
	[OPT_MAX_DIALS] = U32("max dials", limits.max_dials, 1, 10000),
	[OPT_PENDING] = U32("max pending", limits.pending, 1, 65000),
	[OPT_PENDING_HOST] = U32("max pending per host", limits.pending_host,
	    1, 65000),
	[OPT_PENDING_BLOCK] = U32("max pending per block",
	    limits.pending_block, 1, 65000),
	[OPT_PENDING_GROUP] = U32("max pending per group",
	    limits.pending_group, 1, 65000),
	/* addrbookd allocates its tables once. */
	[OPT_BOOK_SIZE] = { "book size", KIND_U32, true,
	    AT(limits.book_size), 1, 64 },
	[OPT_PACKET_PAYLOAD] = U32("max packet payload",
	    limits.packet_payload, 16, 65536),
	[OPT_SEND_RATE] = U32("send rate", limits.send_rate,
	    1000, UINT32_MAX),
	[OPT_RECV_RATE] = U32("receive rate", limits.recv_rate,
	    1000, UINT32_MAX),
	[OPT_RESTART_LIMIT] = U32("restart limit", limits.restart_limit,
	    1, 1000),

	[OPT_ENSURE_PERIOD] = TIME("ensure period", ensure_period, 50, HOUR),
	[OPT_PING_INTERVAL] = TIME("ping interval", ping_interval, 50, HOUR),
	[OPT_PONG_TIMEOUT] = TIME("pong timeout", pong_timeout, 50, HOUR),
	[OPT_HANDSHAKE_TIMEOUT] = TIME("handshake timeout", handshake_timeout,
	    50, 5 * MINUTE),
	[OPT_DIAL_TIMEOUT] = TIME("dial timeout", dial_timeout,
	    50, 5 * MINUTE),
	[OPT_REQUEST_INTERVAL] = TIME("request interval", request_interval,
	    50, DAY),
	[OPT_REQUEST_TIMEOUT] = TIME("request timeout", request_timeout,
	    50, DAY),
	[OPT_ANSWER_INTERVAL] = TIME("answer interval", answer_interval,
	    1, DAY),
	[OPT_MAX_DIAL_PERIOD] = TIME("max dial period", max_dial_period,
	    50, 7 * DAY),
	[OPT_SEED_INTERVAL] = TIME("seed interval", seed_interval,
	    50, 7 * DAY),
	[OPT_SEED_INTERVAL_MAX] = TIME("seed interval max", seed_interval_max,
	    50, 30 * DAY),
	[OPT_PROBE_INTERVAL] = TIME("probe interval", probe_interval,
	    50, DAY),
	[OPT_CRAWL_INTERVAL] = TIME("crawl interval", crawl_interval,
	    50, 30 * DAY),
	[OPT_CRAWL_HOLD] = TIME("crawl hold", crawl_hold, 50, HOUR),
	[OPT_SEED_IDLE] = TIME("seed idle", seed_idle, 50, DAY),
	[OPT_CLOSE_WAIT] = TIME("close wait", close_wait, 1, 5 * MINUTE),
	[OPT_ROTATE_INTERVAL] = TIME("rotate interval", rotate_interval,
	    50, 30 * DAY),

	[OPT_ACCEPT_HOST] = RATE("accept rate per host", accept_host),
	[OPT_ACCEPT_BLOCK] = RATE("accept rate per block", accept_block),
	[OPT_ACCEPT_GROUP] = RATE("accept rate per group", accept_group),
	[OPT_ACCEPT_ALL] = RATE("accept rate per all", accept_all),
	[OPT_REPLY_HOST] = RATE("reply rate per host", reply_host),
};

static const char *const tails[KIND_COUNT] = {
	[KIND_TEXT] = "TEXT",
	[KIND_NAME] = "NAME",
	[KIND_PATH] = "PATH",
	[KIND_U32] = "NUMBER",
	[KIND_U64] = "NUMBER",
	[KIND_TIME] = "TIME",
	[KIND_YESNO] = "yes|no",
	[KIND_RATE] = "NUMBER per TIME burst NUMBER",
	[KIND_MODE] = "peer|seed",
	[KIND_LISTEN] = "ADDRESS port NUMBER",
	[KIND_EXTERNAL] = "IP:PORT",
	[KIND_PEERS] = "ID@HOST:PORT",
	[KIND_IDS] = "ID",
};

const char *
option_tail(enum option_kind kind)
{
	return tails[kind];
}

char *
time_text(uint64_t ms, char buf[TIME_TEXT_SIZE])
{
	static const struct {
		uint64_t	 ms;
		const char	*unit;
	} units[] = { { HOUR, "h" }, { MINUTE, "m" }, { SECOND, "s" } };
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (ms >= units[i].ms && ms % units[i].ms == 0) {
			snprintf(buf, TIME_TEXT_SIZE, "%" PRIu64 "%s",
			    ms / units[i].ms, units[i].unit);
			return buf;
		}
	snprintf(buf, TIME_TEXT_SIZE, "%" PRIu64 "ms", ms);
	return buf;
}
