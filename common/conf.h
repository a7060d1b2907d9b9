/* SPDX-License-Identifier: ISC */
/*
 * The configuration: what pexd.conf says, parsed by the parent, streamed
 * to the children and held by each as one immutable object that a reload
 * replaces whole.
 */
#ifndef PEXD_CONF_H
#define PEXD_CONF_H

#include <sys/queue.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/netaddr.h"

/* Where the control socket is if nobody says otherwise. */
#define CONF_CONTROL_SOCKET	PEXD_RUNDIR "/pexd.sock"

/* Limits of configured text and lists, each reported by name when hit. */
#define CONF_NETWORK_SIZE	51	/* chain ID: 50 bytes (CometBFT), NUL */
#define CONF_MONIKER_SIZE	65	/* NUL included */
#define CONF_VERSION_SIZE	33
#define CONF_USER_SIZE		33
#define CONF_PATH_SIZE		1024
#define CONF_LISTEN_MAX		16
#define CONF_PEERS_MAX		1024	/* entries of each kind of peer list */
#define CONF_NAMESERVERS_MAX	8
#define CONF_HOSTS_MAX		256	/* lines of hosts(5) handed to dialer */

enum conf_mode {
	MODE_PEER = 1,		/* regular PEX node */
	MODE_SEED,		/* crawl, answer, close */
};

/* The kinds of peer a config names. */
enum conf_peer_kind {
	CONF_SEED = 1,		/* id@host:port */
	CONF_PERSISTENT,	/* id@host:port */
	CONF_UNCONDITIONAL,	/* id only */
	CONF_PRIVATE,		/* id only */
};

struct conf_peer {
	TAILQ_ENTRY(conf_peer)	entry;
	enum conf_peer_kind	kind;
	struct host_addr	addr;	/* for ids: only addr.id */
};
TAILQ_HEAD(conf_peers, conf_peer);

struct conf_host {			/* one name of hosts(5) */
	TAILQ_ENTRY(conf_host)	entry;
	uint8_t			ip[16];
	char			name[HOST_NAME_SIZE];
};
TAILQ_HEAD(conf_hosts, conf_host);

/* A token bucket: capacity, and the time for one token. */
struct conf_rate {
	uint32_t	burst;		/* tokens, >= 1 */
	uint32_t	per_ms;		/* ms for interval_tokens */
	uint32_t	tokens;		/* tokens refilled every per_ms */
};

struct conf_rates {
	struct conf_rate	accept_host;	/* behaviour: 1 per 10 s, 4 */
	struct conf_rate	accept_block;	/* 2 per s, 16 (/24, /48) */
	struct conf_rate	accept_group;	/* 16 per s, 64 */
	struct conf_rate	accept_all;	/* 1000 per s, 2000 */
	struct conf_rate	reply_host;	/* 1 per 10 s, 4 */
};

struct conf_limits {
	uint32_t	max_inbound;		/* 40; a seed 1000 */
	uint32_t	max_outbound;		/* 10 */
	uint32_t	max_dials;		/* dials in flight, 256 */
	uint32_t	pending;		/* handshakes in all, 1024 */
	uint32_t	pending_host;		/* 4 */
	uint32_t	pending_block;		/* 8 */
	uint32_t	pending_group;		/* 32 */
	uint32_t	book_size;		/* factor of both tables, 1 */
	uint32_t	packet_payload;		/* bytes, 1024 */
	uint32_t	send_rate;		/* B/s per peer, 5120000 */
	uint32_t	recv_rate;
	uint32_t	restart_limit;		/* deaths before ready, 5 */
};

struct conf_times {				/* all milliseconds */
	uint32_t	ensure_period;		/* 30 s */
	uint32_t	ping_interval;		/* 60 s */
	uint32_t	pong_timeout;		/* 45 s */
	uint32_t	handshake_timeout;	/* 6 s, absolute */
	uint32_t	dial_timeout;		/* 3 s: SYN to SYN-ACK */
	uint32_t	request_interval;	/* 30 s between our requests */
	uint32_t	request_timeout;	/* 60 s: not asked again */
	uint32_t	answer_interval;	/* 10 s per peer's request */
	uint32_t	max_dial_period;	/* 1 h, persistent peers */
	uint32_t	seed_interval;		/* 10 min, doubling */
	uint32_t	seed_interval_max;	/* 6 h */
	uint32_t	probe_interval;		/* 30 s, regular mode */
	uint32_t	crawl_interval;		/* 10 min, same endpoint */
	uint32_t	crawl_hold;		/* 15 s */
	uint32_t	seed_idle;		/* 20 s: inbound asks nothing */
	uint32_t	close_wait;		/* 3 s after our FIN */
	uint32_t	rotate_interval;	/* 6 h */
};

struct conf {
	/* What needs a restart: refused by name on a reload. */
	char		network[CONF_NETWORK_SIZE];
	char		user[CONF_USER_SIZE];
	char		chroot_dir[CONF_PATH_SIZE];	/* engine, dialer */
	char		state_dir[CONF_PATH_SIZE];	/* addrbookd's */
	char		control_socket[CONF_PATH_SIZE];
	char		node_key[CONF_PATH_SIZE];	/* PEM, parent's */

	char		moniker[CONF_MONIKER_SIZE];
	char		version[CONF_VERSION_SIZE];	/* announced */
	enum conf_mode	mode;
	uint64_t	p2p_version;		/* announced, 8 */
	uint64_t	block_version;		/* 11 */
	bool		strict;			/* strict routability */
	bool		private_network;
	bool		allow_duplicate_ip;
	bool		has_external4, has_external6;
	struct netaddr	external4, external6;
	struct netaddr	listen[CONF_LISTEN_MAX];
	uint16_t	nlisten;
	struct node_id	id;			/* ours, from the key */
	uint8_t		pubkey[32];		/* Ed25519 */

	struct conf_limits	limits;
	struct conf_times	times;
	struct conf_rates	rates;

	/* The parent's alone: where the file says so; NULL: not known. */
	struct places		*places;	/* pexd/places.h; one block */

	struct conf_peers	peers;		/* all kinds, in order */
	unsigned		npeers;

	/* For dialer alone: read by the parent at start and at reload. */
	struct netaddr		nameservers[CONF_NAMESERVERS_MAX];
	unsigned		nnameservers;
	struct conf_hosts	hosts;
	unsigned		nhosts;
};

/* A config of defaults with empty lists, or NULL without memory. */
struct conf	*conf_new(void);
/*
 * Fill in the limits that depend on the mode and were left at 0
 * (max_inbound).  Called once parsing is done.
 */
void		 conf_set_mode_defaults(struct conf *);
void		 conf_free(struct conf *);	/* NULL is fine */
/* Copy everything but the lists (peers, hosts, nameservers) and places. */
void		 conf_copy_main(struct conf *dst, const struct conf *src);

/* Add a copy of a peer.  -1: ENOMEM, or E2BIG past CONF_PEERS_MAX. */
int		 conf_add_peer(struct conf *, enum conf_peer_kind,
		    const struct host_addr *);
int		 conf_add_host(struct conf *, const uint8_t ip[16],
		    const char *name);
/* Is id in the list of that kind? */
bool		 conf_has_peer(const struct conf *, enum conf_peer_kind,
		    const struct node_id *);
unsigned	 conf_count_peers(const struct conf *, enum conf_peer_kind);

#endif
