/* SPDX-License-Identifier: ISC */
/*
 * The engine's own header: what its files share.
 *
 * A connection (struct conn) is a socket and a wire_conn.  One that was
 * admitted also is a peer (struct peer), which reactors see.  The engine has
 * one thread; a turn of the loop ends in engine_turn(), which writes what the
 * turn made ready and frees what it closed.  So nothing that a function was
 * given goes away under it, but it may be closed: conn_is_over(), or a peer
 * that conn->peer no longer points to.
 */
#ifndef PEXD_ENGINE_H
#define PEXD_ENGINE_H

#include <sys/queue.h>
#include <sys/tree.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/child.h"
#include "common/log.h"
#include "common/rng.h"
#include "engine/ban.h"
#include "engine/limits.h"
#include "engine/rate.h"
#include "engine/reactor.h"
#include "engine/refusal.h"
#include "engine/wheel.h"
#include "wire/conn.h"
#include "wire/pex.h"

#define ENGINE_READ_SIZE	65536		/* the one read buffer */
#define ENGINE_OUTPUT_MAX	(128 * 1024)	/* bytes queued per peer */
#define ENGINE_HELD_MAX		(16 * 1024 * 1024) /* unfinished input */
#define ENGINE_WHY_SIZE		128
#define ENGINE_NAME_SIZE	(PEER_ADDR_TEXT_SIZE + 1)

struct listener;
struct announce;
struct reactor_slot;

enum conn_state {
	CONN_HANDSHAKE,		/* until its node info is accepted */
	CONN_ADMIT,		/* dialer is asked */
	CONN_PROVING,		/* dialled, admitted; will it close at once? */
	CONN_PEER,		/* established */
	CONN_CLOSING,		/* output drains, our side shut, its awaited */
	CONN_OVER,		/* socket closed; freed when the turn ends */
};

enum conn_hold {		/* why nothing is read from it; bits */
	HOLD_WIRE	= 0x01,	/* a signature or the verdict is awaited */
	HOLD_RATE	= 0x02,	/* it sent faster than it may */
	HOLD_PIPE	= 0x04,	/* the pipe that it loads is full */
};

struct conn_counts {
	uint64_t	in_bytes, out_bytes;
	uint64_t	last_in_ms;
};

struct conn {
	RB_ENTRY(conn)		 by_number;
	TAILQ_ENTRY(conn)	 queue;		/* pending, closing or over */
	TAILQ_ENTRY(conn)	 dirty;		/* output to write */
	struct engine		*eng;
	struct wire_conn	*wire;
	struct announce		*announce;	/* holds wire's config */
	struct peer		*peer;		/* from its node info on */
	uint32_t		 number;
	uint32_t		 dial;		/* dialer's; 0: inbound */
	int			 fd;
	enum conn_state		 state;
	uint8_t			 hold;
	uint8_t			 purpose;
	bool			 is_dirty, is_shut, is_pending, counted;
	bool			 admitted;	/* dialer keeps it a place */
	struct netaddr		 na;		/* the far end */
	struct node_id		 expect;	/* dialled: who it must be */
	struct event		 rev, wev;
	struct timer		 deadline;	/* of the state it is in */
	struct timer		 stall, resume;
	struct rate		 in_rate, out_rate;
	uint64_t		 since_ms;
	uint32_t		 held;		/* its part of eng->held */
	struct conn_counts	 counts;
};
RB_HEAD(conn_tree, conn);
TAILQ_HEAD(conn_queue, conn);

struct peer {
	struct engine	*eng;
	struct conn	*conn;
	struct node_id	 id;			/* authenticated */
	bool		 outbound, persistent, unconditional;
	bool		 up;			/* established */
	unsigned	 told;			/* reactors that know of it */
	bool		 live;			/* a pong came */
	bool		 has_claim;		/* says it listens there */
	struct netaddr	 claim;
	char		 moniker[65];		/* printable */
	char		 version[33];
	char		 network[CONF_NETWORK_SIZE];
	uint32_t	 handshake_ms;
	uint64_t	 up_ms;
	struct timer	 ping;			/* next ping, or pong due */
	uint64_t	 pinged_us;		/* when; for the round trip */
	uint64_t	 window_ms;		/* counting pings of it */
	uint32_t	 window_pings;
	uint32_t	 pings, pongs, rtt_us;
	unsigned	 waits;			/* for the pong that is due */
	uint32_t	 requests, replies, asked, answers;
	max_align_t	 state[];		/* of the reactors */
};

struct engine_stats {
	uint64_t	accepted, refused[REFUSED_MAX];
	uint64_t	handshakes, dials;
	uint64_t	peers_in, peers_out;	/* established so far */
	uint64_t	down[DOWN_MAX], misbehaved[MISBEHAVED_MAX];
	uint64_t	accept_pauses, signatures;
	uint64_t	in_bytes, out_bytes;
};

struct engine {
	struct child		*child;
	struct event_base	*base;
	struct wire_crypto	*crypto;
	struct announce		*announce;	/* for new connections */
	struct limits		*limits;
	struct bans		*bans;
	struct rng		 rng;		/* not for keys */
	struct wheel		 wheel;
	struct event		 tick;		/* runs the wheel */
	uint64_t		 armed_ms;	/* when; UINT64_MAX: not */
	struct event		 turn;
	bool			 turning;
	bool			 started;
	TAILQ_HEAD(, listener)	 listeners, staged;
	bool			 staged_whole;
	struct timer		 accept_pause;
	uint64_t		 pause_logged_ms;	/* 0: not yet */
	uint32_t		 nofile;	/* descriptors we may hold */
	uint32_t		 conns_max;	/* accepting stops there */
	struct conn_tree	 conns;
	struct conn_queue	 pending;	/* inbound, old first */
	struct conn_queue	 closing;	/* old first */
	struct conn_queue	 dirty, over;
	unsigned		 nconns, nclosing;
	unsigned		 ninbound, noutbound;	/* established */
	uint32_t		 last_number;
	size_t			 held;		/* unfinished input of all */
	struct reactor_slot	*slots;
	unsigned		 nslots;
	size_t			 peer_size;	/* with the reactors' parts */
	uint8_t			*buf;		/* ENGINE_READ_SIZE */
	struct engine_stats	 stats;
};

/* --- main.c: the process and its clock -------------------------------- */

const struct conf *engine_conf(struct engine *);
/* Have engine_turn() run when the events now active are done. */
void		 engine_turn_soon(struct engine *);
/* Set a timer of the wheel so many milliseconds from now. */
void		 engine_timer(struct engine *, struct timer *, uint64_t ms);
void		 engine_timer_at(struct engine *, struct timer *,
		    uint64_t due_ms);
/* Are all here whom admitting needs? */
bool		 engine_may_admit(struct engine *);
uint64_t	 engine_now_us(void);	/* monotonic */

/* --- announce.c: what we say of ourselves ----------------------------- */

/* From the config in force, for new connections.  0, or -1: ENOMEM. */
int		 announce_renew(struct engine *);
struct announce	*announce_ref(struct announce *);
void		 announce_unref(struct announce *);	/* NULL is fine */
const struct wire_config *announce_wire(const struct announce *);
/*
 * The address to announce on a connection to far, accepted by l or (NULL)
 * dialled.  Always a literal; port 0 if nobody listens.
 */
struct netaddr	 announce_address(struct engine *, int fd,
		    const struct listener *l, const struct netaddr *far);

/* --- listener.c ------------------------------------------------------- */

void		 listeners_init(struct engine *);
const struct netaddr *listener_addr(const struct listener *);
void		 listener_on_conf_listen(void *, struct pipe *, struct msg *);
void		 listeners_conf_end(struct engine *);	/* all were sent */
/* Open and close listeners as the config in force says. */
void		 listeners_commit(struct engine *);
/* Begin or stop accepting as the state of the engine demands. */
void		 listeners_update(struct engine *);
void		 listeners_free(struct engine *);
/* The first listener of that family, else the first, else NULL. */
const struct listener *listener_for(struct engine *, bool v4);

/* --- tune.c ------------------------------------------------------------ */

/* The options of TCP, for a connection or a listener whose are inherited. */
void		 tune_socket(int fd);

/* --- conn.c: a socket, its deadlines, its end ------------------------- */

RB_PROTOTYPE(conn_tree, conn, by_number, conn_cmp)

/*
 * Begin a handshake on fd, which is taken over.  l: accepted there;
 * dialled: the ID it must prove.  NULL without memory; fd is closed then.
 */
struct conn	*conn_new(struct engine *, int fd, const struct netaddr *far,
		    const struct listener *l, const struct node_id *dialled);
/* The open connection of that number, or NULL. */
struct conn	*conn_find(struct engine *, uint32_t number);
bool		 conn_is_over(const struct conn *);
/* Close now.  Tells nobody. */
void		 conn_close(struct conn *);
/* Send what is queued, shut our side, wait for theirs a little, close. */
void		 conn_finish(struct conn *);
/* Close or free all: the end of the process. */
void		 conns_free(struct engine *);
/* Count it for its IP, from the question to dialer on; and no longer. */
void		 conn_claim_ip(struct conn *);
void		 conn_yield_ip(struct conn *);
/* It is no pending handshake any longer. */
void		 conn_not_pending(struct conn *);
void		 conn_set_deadline(struct conn *, uint64_t ms);
/* "1.2.3.4:5", with the ID in front once that is proved. */
char		*conn_name(const struct conn *, char buf[ENGINE_NAME_SIZE]);

/* --- conn_io.c: bytes in and out -------------------------------------- */

void		 conn_io_init(struct conn *);
void		 conn_hold(struct conn *, enum conn_hold);
void		 conn_release(struct conn *, enum conn_hold);
/* After any call of wire_conn: its result, its output, its memory. */
void		 conn_wired(struct conn *, enum wire_error);
/* Too much unfinished input in all: who holds most of it goes. */
void		 conns_bound_memory(struct engine *);
/* Write what is queued as far as the socket takes it. */
void		 conn_write(struct conn *);

/* --- handshake.c: from accept to admitted ----------------------------- */

extern const struct wire_conn_ops handshake_ops;

/* It ends before it was established: tell whom it concerns, close. */
void		 handshake_fail(struct conn *, enum refusal,
		    const char *why);
/* An accepted address that gets no handshake; fd is closed. */
void		 handshake_refuse(struct engine *, int fd,
		    const struct netaddr *, enum refusal);
/* Established now, if it was only proving itself. */
void		 handshake_proved(struct conn *);
void		 handshake_on_admitted(void *, struct pipe *, struct msg *);
/* dialer went: its dials and all who wait for its verdict go, too. */
void		 handshake_dialer_lost(struct engine *);

/* --- sign.c: the node key is the parent's ----------------------------- */

void		 sign_ask(struct conn *,
		    const uint8_t challenge[SECRET_CHALLENGE_SIZE]);
void		 sign_on_signed(void *, struct pipe *, struct msg *);

/* --- dialed.c: sockets that dialer connected -------------------------- */

void		 dialed_on_dial(void *, struct pipe *, struct msg *);
/* How it ended; once for each. */
void		 dialed_connected(struct conn *);
void		 dialed_failed(struct conn *, enum refusal, const char *why);

/* --- peer.c ----------------------------------------------------------- */

/* Of a valid node info; reactors do not know it yet.  NULL: no memory. */
struct peer	*peer_new(struct conn *, const struct nodeinfo *);
void		 peer_free(struct peer *);		/* NULL is fine */
void		 peer_up(struct peer *);
/* It is lost: reactors are told, the socket is closed at once. */
void		 peer_lost(struct peer *, enum down_reason, const char *why);
/* We part from it: as peer_lost(), but politely. */
void		 peer_drop(struct peer *, enum down_reason, const char *why);
/* It did what nobody may do: report, then as peer_lost(). */
void		 peer_misbehaved(struct peer *, enum misbehaviour,
		    const char *why);
/* The protocol library gave it up. */
void		 peer_broke_protocol(struct peer *, enum wire_error);
/*
 * Queue a message.  0, or -1: it cannot get one (peer_lost() if it is slow
 * or memory is out).
 */
int		 peer_send(struct peer *, uint8_t channel, struct wire_span);
struct peer_addr peer_addr_of(const struct peer *);
char		*peer_name(const struct peer *, char buf[ENGINE_NAME_SIZE]);
void		 peer_on_drop(void *, struct pipe *, struct msg *);
/* Flags of the peers as a new config has them. */
void		 peers_configure(struct engine *);

/* --- switch.c: peers and reactors ------------------------------------- */

int		 switch_init(struct engine *);		/* 0 or -1 */
void		 switch_free(struct engine *);
/* All reactors' channels, as a table for the wire; returns how many. */
unsigned	 switch_channels(struct engine *, struct mconn_channel *,
		    unsigned max);
void		 switch_add_peer(struct peer *);
void		 switch_remove_peer(struct peer *, enum down_reason,
		    const char *why);
void		 switch_receive(struct peer *, uint8_t channel,
		    struct wire_span);
/* A reactor's own memory in that peer. */
void		*switch_state(const struct peer *, const struct reactor *);
/* The established peer of that connection, or NULL. */
struct peer	*switch_peer(struct engine *, uint32_t conn);
/* Call fn for every established peer, which fn may drop. */
void		 switch_each(struct engine *,
		    void (*fn)(struct peer *, void *), void *arg);
/* A neighbour's pipe: give the reactors' handlers to it. */
void		 switch_pipe_up(struct engine *, enum role, struct pipe *);
void		 switch_synced(struct engine *, enum role);
void		 switch_drained(struct engine *, enum role);
void		 switch_show(struct engine *, uint32_t id);

/* --- ping.c ----------------------------------------------------------- */

void		 ping_start(struct peer *);
void		 ping_stop(struct peer *);
void		 ping_on_ping(struct peer *);
void		 ping_on_pong(struct peer *, bool asked);

/* --- events.c --------------------------------------------------------- */

void		 events_replay(struct engine *, struct pipe *);
/* dialer is to know: it answered a ping, or a request with count. */
void		 events_live(struct peer *, enum outcome how, unsigned count);
void		 events_peer(struct peer *, enum event_kind, unsigned count,
		    const char *text);
void		 events_refused(struct engine *, const struct netaddr *,
		    const char *text);

/* --- show.c ----------------------------------------------------------- */

void		 show_on_show(void *, struct pipe *, struct msg *);

#endif
