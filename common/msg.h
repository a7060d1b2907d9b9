/* SPDX-License-Identifier: ISC */
/*
 * Every message that crosses a pipe: its type, who may send it to whom,
 * whether it may be shed under load, and its fields.
 *
 * A message travels field by field in network order (msg.c has one field
 * table per struct); a struct is never dumped.  A receiver gets the struct
 * already decoded and bounds-checked, or the pipe is closed.
 */
#ifndef PEXD_MSG_H
#define PEXD_MSG_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/netaddr.h"

struct ibuf;
struct imsg;

/* Roles are bits, so that a set of senders is a mask. */
enum role {
	ROLE_NONE	= 0x00,
	ROLE_PARENT	= 0x01,
	ROLE_ENGINE	= 0x02,
	ROLE_DIALER	= 0x04,
	ROLE_ADDRBOOKD	= 0x08,
	ROLE_CTL	= 0x10,		/* a pexctl on the control socket */
};
#define ROLE_CHILDREN	(ROLE_ENGINE | ROLE_DIALER | ROLE_ADDRBOOKD)
#define ROLE_ANY	(ROLE_PARENT | ROLE_CHILDREN | ROLE_CTL)

const char	*role_name(enum role);		/* "engine"; one bit only */
/* The role of that name, or ROLE_NONE. */
enum role	 role_by_name(const char *);

/* Sizes of fields. */
#define MSG_LIST_MAX	250	/* addresses in one message */
#define MSG_TEXT_SIZE	1024	/* longest text, NUL included */
#define MSG_NAME_SIZE	64
#define MSG_GROUPS_MAX	128
#define MSG_BUCKETS_MAX	4
#define MSG_IMPORT_MAX	64	/* entries in one import message */
#define MSG_SENIORS_MAX	256	/* node IDs of seniors */

enum outcome {			/* of one dial; dialer counts and shows each */
	OUTCOME_CONNECTED = 1,	/* authenticated, compatible, admitted */
	OUTCOME_FULL,		/* TCP, but no key, or closed by NodeInfo */
	OUTCOME_OURS,		/* our own lack: ENETUNREACH, EMFILE, ... */
	OUTCOME_REFUSED,	/* RST */
	OUTCOME_UNREACHABLE,	/* ICMP */
	OUTCOME_TIMED_OUT,	/* no SYN-ACK */
	OUTCOME_WRONG_IDENTITY,
	OUTCOME_WRONG_NETWORK,
	OUTCOME_WRONG_BLOCK_VERSION,
	OUTCOME_NO_PEX_CHANNEL,
	OUTCOME_SELF,
	OUTCOME_DUPLICATE,
	OUTCOME_REJECTED,	/* protocol error, bad NodeInfo, banned */
	/* Not the end of a dial but facts of a dialled connection: */
	OUTCOME_LIVE,		/* a pong came: with CONNECTED a success */
	OUTCOME_ANSWERED,	/* a valid PexAddrs came */
	OUTCOME_MATURE,		/* 10 minutes connected */
	OUTCOME_MAX
};
const char	*outcome_name(enum outcome);	/* "wrong network" */

enum verdict {			/* dialer's, on one that asks for a place */
	VERDICT_OK = 1,
	VERDICT_SELF,
	VERDICT_DUPLICATE,
	VERDICT_BANNED,
	VERDICT_FULL,
	VERDICT_NOT_WANTED,	/* a dial the policy has given up meanwhile */
	VERDICT_MAX
};
const char	*verdict_name(enum verdict);

enum purpose {			/* why a connection was dialled; bits */
	PURPOSE_PEER		= 0x01,	/* an outbound slot */
	PURPOSE_PERSISTENT	= 0x02,
	PURPOSE_SEED		= 0x04,	/* asked once, then closed */
	PURPOSE_PROBE		= 0x08,	/* feeler or crawl */
	PURPOSE_MANUAL		= 0x10,	/* pexctl dial */
};

enum down_reason {		/* why a connection ended */
	DOWN_PEER_CLOSED = 1,
	DOWN_PEER_ERROR,	/* read or write failed */
	DOWN_PROTOCOL,		/* undecodable bytes */
	DOWN_MISBEHAVED,	/* unsolicited list, too many requests, ... */
	DOWN_PONG_TIMEOUT,
	DOWN_ANSWERED,		/* a seed's polite close */
	DOWN_IDLE,		/* asked a seed nothing */
	DOWN_DIALER,		/* policy: rotated, probe done, evicted */
	DOWN_OPERATOR,		/* pexctl drop */
	DOWN_BANNED,
	DOWN_SLOW,		/* does not read what it asked for */
	DOWN_RATE,		/* replies to its host used up */
	DOWN_SHUTDOWN,
	DOWN_MAX
};
const char	*down_reason_name(enum down_reason);

enum misbehaviour {
	MISBEHAVED_UNSOLICITED = 1,	/* PexAddrs nobody asked for */
	MISBEHAVED_BAD_ADDRS,		/* PexAddrs with a bad address */
	MISBEHAVED_FLOOD,		/* too many PexRequests */
	MISBEHAVED_PROTOCOL,		/* malformed after authentication */
	MISBEHAVED_MAX
};
const char	*misbehaviour_name(enum misbehaviour);

enum pick_kind {
	PICK_ENSURE = 1,	/* by bias, seniors first if asked for */
	PICK_PROBE,		/* what a regular node's feeler tries */
	PICK_CRAWL,		/* what a seed's crawler tries next */
};

enum level {			/* of a book entry; docs/behaviour.md */
	LEVEL_HEARD = 0,
	LEVEL_REACHED,
	LEVEL_GOOD,
	LEVEL_SENIOR,
};
const char	*level_name(enum level);

enum show {			/* what pexctl may ask to see */
	SHOW_SUMMARY = 1,	/* all: counters and texts */
	SHOW_PEERS,		/* engine */
	SHOW_BOOK,		/* addrbookd: entries, also for export */
	SHOW_BANS,		/* addrbookd */
	SHOW_NODES,		/* addrbookd: facts of nodes */
	SHOW_PROCESSES,		/* parent */
	SHOW_DIALS,		/* dialer: outcomes, persistent peers, seeds */
	SHOW_MAX
};

enum status {			/* how a control request ended */
	STATUS_OK = 0,
	STATUS_MORE,		/* ask again from the cursor */
	STATUS_NOT_FOUND,
	STATUS_INVALID,		/* the text says what */
	STATUS_DENIED,		/* the caller's credentials do not suffice */
	STATUS_UNAVAILABLE,	/* the process that knows is down */
	STATUS_FAILED,
	STATUS_MAX
};
const char	*status_name(enum status);

enum event_kind {		/* what pexctl monitor sees */
	EVENT_PEER_UP = 1,
	EVENT_PEER_DOWN,
	EVENT_REQUEST,		/* a PexRequest came */
	EVENT_REPLY,		/* a PexAddrs went out; count */
	EVENT_ADDRS,		/* a PexAddrs came; count */
	EVENT_BAN,
	EVENT_UNBAN,
	EVENT_DIAL,		/* outcome of a dial in text */
	EVENT_REFUSED,		/* an inbound connection was refused; text */
	EVENT_MAX
};
const char	*event_name(enum event_kind);

/* --- bodies; each is one row of MSG_TABLE ----------------------------- */

struct m_empty {
	uint8_t		none;		/* not sent */
};

struct m_proc_init {			/* who and how a child is to be */
	uint8_t		role;
	uint32_t	uid, gid;	/* become these if drop */
	bool		drop;		/* chroot and change user */
	char		chroot_dir[CONF_PATH_SIZE];
	char		state_dir[CONF_PATH_SIZE];	/* addrbookd's own */
	uint8_t		verbose;
	bool		sandbox_log;	/* log only, do not enforce */
	uint32_t	nofile;
};

/*
 * + fd: the pipe to that neighbour.  The header id numbers the pipe, for
 * what may be told of it later.
 */
struct m_proc_pipe {
	uint8_t		peer;
};

struct m_proc_pipe_lost {		/* it came without its descriptor */
	uint8_t		peer;
};

struct m_proc_ready {
	char		sandbox[MSG_NAME_SIZE];	/* the level reached */
};

/* A neighbour broke the protocol; header id: the number of the pipe. */
struct m_proc_violation {
	uint8_t		peer;
	char		why[256];
};

struct m_log {
	uint8_t		level;		/* enum log_level */
	char		text[MSG_TEXT_SIZE];
};

struct m_log_level {
	uint8_t		verbose;
};

struct m_conf_listen {			/* + fd: bound, listening */
	struct netaddr	na;
};

struct m_conf_nameserver {
	struct netaddr	na;
};

struct m_conf_result {			/* the answer to CONF_END */
	bool		ok;
	char		why[256];
};

struct m_sign {				/* header id: engine's handshake */
	uint8_t		challenge[32];
};
struct m_signed {
	uint8_t		sig[64];
};

/*
 * A connection that finished NodeInfo asks for a place.  conn is the
 * engine's number of the connection, never reused while the engine lives;
 * dial is the dialer's number or 0 for an inbound one.
 */
struct m_admit {
	uint32_t	conn;
	uint32_t	dial;
	struct node_id	id;		/* authenticated */
	struct netaddr	na;		/* socket's far end */
};
struct m_admitted {
	uint32_t	conn;
	uint8_t		verdict;
	bool		persistent;	/* flags for the engine's peer */
	bool		unconditional;
	uint32_t	evict;		/* connection to close for it, or 0 */
};

struct m_dial {				/* + fd: connected, unread */
	uint32_t	dial;
	struct peer_addr addr;		/* the ID it must prove */
	uint8_t		purpose;
	uint32_t	latency_ms;	/* SYN to SYN-ACK, 1 at least */
};
struct m_dialed {			/* how the handshake on it ended */
	uint32_t	dial;
	uint32_t	conn;		/* if connected */
	uint8_t		outcome;
	struct node_id	id;		/* proved, if wrong identity */
	char		why[128];	/* detail for the log, printable */
};

struct m_peer_up {
	uint32_t	conn;
	struct peer_addr addr;		/* authenticated ID, socket's far end */
	bool		outbound;
	uint8_t		purpose;	/* outbound: enum purpose */
	bool		has_claim;	/* listen_addr was a literal: */
	struct netaddr	claim;
	char		moniker[65];	/* printable; cut */
	char		version[33];
	char		network[CONF_NETWORK_SIZE];
	uint32_t	latency_ms;	/* of the whole handshake */
};
struct m_peer_down {
	uint32_t	conn;
	struct node_id	id;
	bool		outbound;
	uint8_t		reason;		/* enum down_reason */
	char		why[128];
};
struct m_peer_live {			/* engine -> dialer */
	uint32_t	conn;
	uint8_t		how;		/* OUTCOME_LIVE or OUTCOME_ANSWERED */
	uint16_t	count;		/* addresses in the answer */
};
struct m_conn {				/* ask: send it a PexRequest */
	uint32_t	conn;
};
struct m_drop {
	uint32_t	conn;
	uint8_t		reason;		/* enum down_reason */
};

struct m_addrs {			/* a PexAddrs that was asked for */
	struct peer_addr source;	/* the teller: ID, socket address */
	bool		outbound;	/* the teller was dialled */
	uint16_t	n;
	struct peer_addr list[MSG_LIST_MAX];
};
struct m_select {			/* header id: the engine's request */
	struct peer_addr requester;
	bool		seed_inbound;	/* seed mode, inbound: 70 % old */
};
struct m_selected {
	uint16_t	n;
	struct peer_addr list[MSG_LIST_MAX];
};
struct m_misbehaved {
	struct peer_addr who;		/* ID and socket address */
	uint8_t		what;
	char		why[128];
};

#define MSG_BAN_MAX_S	(3650u * 86400)	/* by hand: ten years */

struct m_ban {				/* mirrors, and pexctl ban */
	bool		has_id, has_host;
	struct node_id	id;
	uint8_t		ip[16];		/* the host of this address */
	uint32_t	left_s;		/* from now; 0 lifts it */
};

struct m_pick {				/* header id: dialer's request */
	uint8_t		kind;		/* enum pick_kind */
	uint16_t	want;		/* <= MSG_LIST_MAX */
	uint8_t		bias;		/* to new, percent 0..100 */
	uint8_t		seniors;	/* so many of them seniors, first */
	uint16_t	ngroups;	/* groups that are taken already */
	uint64_t	groups[MSG_GROUPS_MAX];
};
struct picked {
	struct peer_addr addr;
	uint8_t		level;		/* enum level */
	uint64_t	source;		/* group that told of it; 0 proved */
};
struct m_picked {
	uint8_t		kind;
	uint16_t	n;
	struct picked	list[MSG_LIST_MAX];
};
struct m_outcome {			/* dialer -> addrbookd */
	struct peer_addr addr;		/* what was dialled */
	uint8_t		outcome;
	uint8_t		purpose;
	struct node_id	id;		/* who answered, if wrong identity */
	uint32_t	latency_ms;
};
struct m_list_taken {			/* addrbookd -> dialer */
	struct node_id	source;
	uint16_t	total;
	uint16_t	fresh;		/* entered the book */
};
struct m_book_status {
	uint32_t	size;
	uint32_t	good;
	bool		wanted;		/* fewer good ones than are wanted */
};

struct m_seniors {			/* these and no others */
	uint16_t	n;
	struct node_id	ids[MSG_SENIORS_MAX];
};

/* Control requests; header id is the client's, then the server's own. */
struct m_show {
	uint8_t		what;		/* enum show */
	uint64_t	cursor;		/* 0: from the start */
};
struct m_done {				/* ends every answer */
	uint8_t		status;
	uint64_t	cursor;		/* with STATUS_MORE */
	char		text[256];
};
struct m_counter {			/* one figure of a summary */
	char		name[MSG_NAME_SIZE];	/* lower_snake, unit suffix */
	uint8_t		role;		/* the process that counts it */
	int64_t		value;
};
struct m_fact {				/* one text of a summary */
	char		name[MSG_NAME_SIZE];
	uint8_t		role;
	char		value[256];
};
struct m_row_peer {
	uint32_t	conn;
	struct peer_addr addr;
	bool		outbound, persistent, unconditional;
	uint8_t		purpose;
	bool		has_claim;
	struct netaddr	claim;
	uint32_t	age_s;
	uint32_t	idle_s;		/* since its last byte */
	uint64_t	in_bytes, out_bytes;
	uint32_t	requests;	/* PexRequests from it */
	uint32_t	replies;
	uint32_t	asked;		/* PexRequests to it */
	uint32_t	answers;
	uint32_t	pings, pongs;	/* sent, received */
	uint32_t	rtt_us;		/* of the last ping; 0 unknown */
	char		moniker[65];
	char		version[33];
	char		network[CONF_NETWORK_SIZE];
};
struct m_row_entry {			/* a book entry with its history */
	struct peer_addr addr;
	uint8_t		level;
	bool		is_old;		/* stands in the old table */
	bool		verified;
	uint32_t	attempts;	/* since the last success */
	uint32_t	successes, tries;	/* ever */
	int64_t		first_heard, last_heard;	/* unix s; 0 never */
	int64_t		last_try, first_success, last_success;
	int64_t		last_failure;
	int64_t		next_try;	/* backing off until; 0 not */
	uint64_t	source_group;	/* netgroup of who told; 0 none */
	uint8_t		nbuckets;
	uint16_t	buckets[MSG_BUCKETS_MAX];
};
struct m_row_ban {
	bool		has_id, has_host;
	struct node_id	id;
	uint8_t		ip[16];
	int64_t		until;		/* unix s */
	uint32_t	count;		/* how often so far */
	char		why[128];
};
struct m_row_node {			/* facts learnt of a node */
	struct peer_addr addr;		/* where it was met */
	bool		has_claim;	/* where it says that it listens: */
	struct netaddr	claim;
	char		moniker[65];
	char		version[33];
	char		network[CONF_NETWORK_SIZE];
	uint32_t	latency_ms;
	int64_t		first_seen, last_seen;
	uint16_t	uptime[5];	/* per mille: 2h 8h 1d 1w 1mo */
#define MSG_UPTIME_UNKNOWN 0xffff	/* never dialled since it is known */
};
struct m_row_proc {
	uint8_t		role;
	uint32_t	pid;
	uint32_t	age_s;
	uint32_t	deaths;
	bool		ready;
	char		sandbox[MSG_NAME_SIZE];
	uint64_t	rss_bytes;
	uint64_t	cpu_ms;
	uint64_t	shed;		/* messages to it shed under load */
};
struct m_row_dial {			/* persistent peers and seeds */
	uint8_t		purpose;
	struct host_addr addr;
	bool		connected;
	uint32_t	tries;
	uint32_t	next_s;		/* next try in; 0 now or connected, */
#define DIAL_NEVER	UINT32_MAX	/* or never: it is ourselves */
	uint8_t		last;		/* enum outcome; 0 none */
};
struct m_ctl_dial {
	struct host_addr addr;
	bool		persistent;	/* until restart */
};
struct m_ctl_drop {
	struct node_id	id;
};
struct m_import {			/* a batch of entries */
	uint16_t	n;
	struct m_row_entry list[MSG_IMPORT_MAX];
	bool		with_history;	/* pexd's own lines; else as heard */
};
enum import_refusal {			/* why the book has no place for it */
	IMPORT_NO_ROOM = 0,		/* its slot is held by a better one */
	IMPORT_UNROUTABLE,
	IMPORT_OWN,			/* our own ID or address */
	IMPORT_PRIVATE,			/* a private ID */
	IMPORT_BANNED,
	IMPORT_HELD,			/* proved wrong a short time ago */
	IMPORT_CLAIMED,			/* its ID has its endpoint, or 3 */
	IMPORT_OTHER,
	IMPORT_REFUSAL_MAX
};
struct m_imported {			/* answer to each batch */
	uint32_t	taken, known;
	uint32_t	refused;	/* the sum of why */
	uint32_t	why[IMPORT_REFUSAL_MAX];
};
struct m_events {			/* parent -> child: send them or not */
	bool		on;
};
struct m_event {
	uint8_t		kind;
	int64_t		time_ms;	/* unix ms */
	bool		has_id, has_na;
	struct node_id	id;
	struct netaddr	na;
	bool		outbound;
	uint32_t	count;
	char		text[256];	/* printable */
};

/* --- the table -------------------------------------------------------- */

/* Under load: keep, or shed because it can be asked again. */
enum { MSG_KEEP = 0, MSG_SHED = 1 };
#define MSG_FD	2	/* carries a descriptor, must have it */
#define MSG_LAZY 4	/* may wait PIPE_LAZY_MS, to travel with others */

#define R_P	ROLE_PARENT
#define R_E	ROLE_ENGINE
#define R_D	ROLE_DIALER
#define R_A	ROLE_ADDRBOOKD
#define R_C	ROLE_CTL
#define R_CH	ROLE_CHILDREN

/*	type		senders	receivers	flags		body */
#define MSG_TABLE(X)							\
	/* wiring */							\
	X(PROC_INIT,	R_P,	R_CH,		MSG_KEEP,	m_proc_init) \
	X(PROC_PIPE,	R_P,	R_CH,		MSG_FD,		m_proc_pipe) \
	X(PROC_PIPE_LOST, R_CH,	R_P,		MSG_KEEP, m_proc_pipe_lost) \
	X(PROC_START,	R_P,	R_CH,		MSG_KEEP,	m_empty) \
	X(PROC_READY,	R_CH,	R_P,		MSG_KEEP,	m_proc_ready) \
	X(PROC_VIOLATION, R_CH,	R_P,		MSG_KEEP, m_proc_violation) \
	X(PIPE_SYNCED,	R_CH,	R_CH,		MSG_KEEP,	m_empty) \
	X(LOG,		R_CH,	R_P,		MSG_SHED,	m_log) \
	X(LOG_LEVEL,	R_P | R_C, R_CH | R_P,	MSG_KEEP,	m_log_level) \
	/* config, two phases */					\
	X(CONF_BEGIN,	R_P,	R_CH,		MSG_KEEP,	m_empty) \
	X(CONF_MAIN,	R_P,	R_CH,		MSG_KEEP,	conf) \
	X(CONF_LISTEN,	R_P,	R_E,		MSG_FD,		m_conf_listen) \
	X(CONF_PEER,	R_P,	R_CH,		MSG_KEEP,	conf_peer) \
	X(CONF_NAMESERVER, R_P,	R_D,		MSG_KEEP, m_conf_nameserver) \
	X(CONF_HOST,	R_P,	R_D,		MSG_KEEP,	conf_host) \
	X(CONF_END,	R_P,	R_CH,		MSG_KEEP,	m_empty) \
	X(CONF_RESULT,	R_CH,	R_P,		MSG_KEEP,	m_conf_result) \
	X(CONF_COMMIT,	R_P,	R_CH,		MSG_KEEP,	m_empty) \
	X(CONF_ABORT,	R_P,	R_CH,		MSG_KEEP,	m_empty) \
	/* the node key */						\
	X(SIGN,		R_E,	R_P,		MSG_KEEP,	m_sign)	\
	X(SIGNED,	R_P,	R_E,		MSG_KEEP,	m_signed) \
	/* connections */						\
	X(ADMIT,	R_E,	R_D,		MSG_KEEP,	m_admit) \
	X(ADMITTED,	R_D,	R_E,		MSG_KEEP,	m_admitted) \
	X(DIAL,		R_D,	R_E,		MSG_FD,		m_dial)	\
	X(DIALED,	R_E,	R_D,		MSG_KEEP,	m_dialed) \
	X(PEER_UP,	R_E,	R_D | R_A,	MSG_LAZY,	m_peer_up) \
	X(PEER_DOWN,	R_E,	R_D,		MSG_LAZY,	m_peer_down) \
	X(PEER_LIVE,	R_E,	R_D,		MSG_KEEP,	m_peer_live) \
	X(ASK,		R_D,	R_E,		MSG_KEEP,	m_conn)	\
	X(DROP,		R_D,	R_E,		MSG_KEEP,	m_drop)	\
	/* the book */							\
	X(ADDRS,	R_E,	R_A,		MSG_SHED,	m_addrs) \
	X(SELECT,	R_E,	R_A,		MSG_SHED,	m_select) \
	X(SELECTED,	R_A,	R_E,		MSG_SHED,	m_selected) \
	X(MISBEHAVED,	R_E,	R_A,		MSG_KEEP,	m_misbehaved) \
	X(BAN,		R_A,	R_E | R_D,	MSG_KEEP,	m_ban)	\
	X(PICK,		R_D,	R_A,		MSG_SHED,	m_pick)	\
	X(PICKED,	R_A,	R_D,		MSG_SHED,	m_picked) \
	X(OUTCOME,	R_D,	R_A,		MSG_LAZY,	m_outcome) \
	X(LIST_TAKEN,	R_A,	R_D,		MSG_KEEP,	m_list_taken) \
	X(BOOK_STATUS,	R_A,	R_D,		MSG_SHED,	m_book_status) \
	X(SENIORS,	R_A,	R_D,		MSG_KEEP,	m_seniors) \
	/* control: requests */						\
	X(SHOW,		R_C | R_P, R_P | R_CH,	MSG_KEEP,	m_show)	\
	X(CTL_DIAL,	R_C | R_P, R_P | R_D,	MSG_KEEP,	m_ctl_dial) \
	X(CTL_DROP,	R_C | R_P, R_P | R_D,	MSG_KEEP,	m_ctl_drop) \
	X(CTL_BAN,	R_C | R_P, R_P | R_A,	MSG_KEEP,	m_ban)	\
	X(CTL_RELOAD,	R_C,	R_P,		MSG_KEEP,	m_empty) \
	X(CTL_MONITOR,	R_C,	R_P,		MSG_KEEP,	m_empty) \
	X(CTL_IMPORT,	R_C | R_P, R_P | R_A,	MSG_KEEP,	m_import) \
	X(EVENTS,	R_P,	R_CH,		MSG_KEEP,	m_events) \
	/* control: answers */						\
	X(EVENT,	R_CH | R_P, R_P | R_C,	MSG_SHED,	m_event) \
	X(COUNTER,	R_CH | R_P, R_P | R_C,	MSG_KEEP,	m_counter) \
	X(FACT,		R_CH | R_P, R_P | R_C,	MSG_KEEP,	m_fact)	\
	X(ROW_PEER,	R_E | R_P, R_P | R_C,	MSG_KEEP,	m_row_peer) \
	X(ROW_ENTRY,	R_A | R_P, R_P | R_C,	MSG_KEEP,	m_row_entry) \
	X(ROW_BAN,	R_A | R_P, R_P | R_C,	MSG_KEEP,	m_row_ban) \
	X(ROW_NODE,	R_A | R_P, R_P | R_C,	MSG_KEEP,	m_row_node) \
	X(ROW_PROC,	R_P,	R_C,		MSG_KEEP,	m_row_proc) \
	X(ROW_DIAL,	R_D | R_P, R_P | R_C,	MSG_KEEP,	m_row_dial) \
	X(IMPORTED,	R_A | R_P, R_P | R_C,	MSG_KEEP,	m_imported) \
	X(DONE,		R_CH | R_P, R_P | R_C,	MSG_KEEP,	m_done)

enum msg_type {
	MSG_NONE = 0,
#define X(type, from, to, flags, body)	MSG_##type,
	MSG_TABLE(X)
#undef X
	MSG_MAX
};

/* One row of the table as data. */
struct msg_info {
	const char	*name;
	uint8_t		 senders;	/* masks of enum role */
	uint8_t		 receivers;
	uint8_t		 flags;		/* MSG_SHED, MSG_FD */
	size_t		 body_size;	/* of the decoded struct */
};

/* The row of a type, or NULL for an unknown type. */
const struct msg_info	*msg_info(uint32_t type);
const char		*msg_name(uint32_t type);	/* "?" if unknown */
size_t			 msg_body_max(void);	/* the largest decoded body */

/*
 * Append the fields of body to buf.  Returns 0, or -1: ENOMEM, or EINVAL
 * when a count or an unterminated text in body breaks its own bound.
 */
int	msg_encode(uint32_t type, const void *body, struct ibuf *buf);
/*
 * Read the fields of type from buf into body (info->body_size bytes, zeroed
 * first).  All bytes must be used; texts have no NUL; booleans are 0 or 1;
 * counts keep their bounds.  Returns 0, or -1 with errno EBADMSG.
 */
int	msg_decode(uint32_t type, struct ibuf *buf, void *body);

#endif
