/* SPDX-License-Identifier: ISC */
/* What the files of the policy share; grouped under the file it comes from. */
#ifndef POLICY_LOCAL_H
#define POLICY_LOCAL_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/rng.h"
#include "common/siphash.h"
#include "dialer/policy/map.h"
#include "dialer/policy/policy.h"
#include "dialer/policy/recent.h"
#include "dialer/policy/target.h"

#define SECOND		1000u
#define MINUTE		(60 * SECOND)
#define HOUR		(60 * MINUTE)

/* --- names.c: the IDs that the config names ---------------------------- */

enum name_flag {
	NAME_PERSISTENT		= 0x01,
	NAME_UNCONDITIONAL	= 0x02,
	NAME_SEED		= 0x04,
};

struct names {
	struct map	map;
};

int		 names_init(struct names *);
void		 names_free(struct names *);
/* 0, or -1 without memory. */
int		 names_load(struct policy *, struct names *,
		    const struct conf *);
int		 names_add(struct policy *, struct names *,
		    const struct node_id *, unsigned flag);
unsigned	 names_flags(const struct policy *, const struct node_id *);

/* --- bans.c ------------------------------------------------------------- */

TAILQ_HEAD(ban_queue, ban);

struct bans {
	struct map		map;
	struct ban_queue	queue;		/* oldest first */
};

int		 pl_bans_init(struct bans *);
void		 pl_bans_clear(struct bans *);
void		 pl_bans_free(struct bans *);
void		 pl_bans_take(struct policy *, uint64_t now,
		    const struct m_ban *);
/* By ID, or by host unless the peer is spared that. */
bool		 pl_bans_match(struct policy *, uint64_t now,
		    const struct node_id *, const uint8_t ip[16]);

/* --- backoff.c: endpoints outside the book ------------------------------ */

TAILQ_HEAD(backoff_queue, backoff_entry);

struct backoff {
	struct map		map;
	struct backoff_queue	queue;		/* longest ago failed first */
};

int		 backoff_init(struct backoff *);
void		 backoff_free(struct backoff *);
void		 backoff_fail(struct policy *, uint64_t now,
		    const struct peer_addr *);
void		 backoff_clear(struct policy *, const struct peer_addr *);
/* When it may be dialled; 0 is now. */
uint64_t	 backoff_until(const struct policy *, const struct peer_addr *);

/* --- limits.c: dials per host and per /24 ------------------------------- */

struct limits {
	struct recent	hosts, blocks;
};

int		 pl_limits_init(struct limits *);
void		 pl_limits_free(struct limits *);
enum policy_skip pl_limits_check(const struct policy *, uint64_t now,
		    const struct netaddr *);
/* 0, or -1: it cannot be remembered and must not be dialled. */
int		 pl_limits_take(struct policy *, uint64_t now,
		    const struct netaddr *);

/* --- peers.c ------------------------------------------------------------ */

struct peer {
	struct map_node		by_conn, by_id;
	TAILQ_ENTRY(peer)	held;		/* probe, crawl, seed */
	TAILQ_ENTRY(peer)	asked;		/* an answer is awaited */
	uint32_t		conn;
	uint32_t		dial;		/* outbound */
	struct node_id		id;
	struct netaddr		na;
	struct netgroup		group;
	struct netgroup		source;		/* on whose word; 0 proved */
	uint64_t		host;		/* keyed hash */
	enum policy_kind	kind;		/* outbound: dialled for */
	uint64_t		since;
	uint64_t		asked_at;
	uint64_t		mature_at;
	uint32_t		latency_ms;
	unsigned		index;		/* in its vector */
	bool	outbound, up, live, dropping, senior;
	bool	persistent, unconditional;
	bool	was_asked, awaited, muted;
	bool	is_held, grouped, host_counted;
	bool	counted;	/* the outcome of its dial */
	enum outcome		outcome;	/* once it is */
};
TAILQ_HEAD(peer_queue, peer);

struct peer_vec {
	struct peer	**v;
	unsigned	  n, max;
};

struct peers {
	struct map		by_conn, by_id;
	struct peer_vec		in, out;
	struct tally		hosts;
	struct tally		groups;		/* outbound, ensure's dials */
	struct peer_queue	held, asked;
	unsigned		nin, nout;	/* that fill slots */
	unsigned		nlasting;	/* outbound, no visits */
	unsigned		nheld;
	uint64_t		sweep;		/* next */
	unsigned		nseniors;
	struct node_id		seniors[POLICY_SENIORS_MAX];	/* sorted */
};

int		 peers_init(struct peers *);
void		 peers_free(struct policy *);
struct peer	*peers_by_conn(const struct policy *, uint32_t conn);
struct peer	*peers_by_id(const struct policy *, const struct node_id *);
bool		 peers_has_host(const struct policy *, const uint8_t ip[16]);
bool		 peers_has_group(const struct policy *, struct netgroup);
/* A new one, counted; NULL without memory. */
struct peer	*peers_add(struct policy *, uint64_t now,
		    const struct m_admit *, bool outbound,
		    enum policy_kind, uint32_t latency_ms);
void		 peers_remove(struct policy *, struct peer *);
/* Have it closed; it no longer fills a slot. */
void		 peers_drop(struct policy *, struct peer *, enum down_reason);
/* The same without telling: engine was told otherwise. */
void		 peers_leave(struct policy *, struct peer *);
/* A held seed becomes an ordinary outbound peer. */
void		 peers_keep(struct policy *, struct peer *);
void		 peers_reconsider(struct policy *);
void		 peers_set_seniors(struct policy *, const struct node_id *,
		    size_t);
unsigned	 peers_seniors(const struct policy *);
void		 peers_tick(struct policy *, uint64_t now);
uint64_t	 peers_due(const struct policy *);
bool		 peer_fills_slot(const struct peer *);
bool		 peer_is_lasting(const struct peer *);

/* --- dials.c ------------------------------------------------------------ */

struct dial {
	struct map_node		by_num, by_id;
	TAILQ_ENTRY(dial)	entry;
	uint32_t		num;
	enum policy_kind	kind;
	struct peer_addr	addr;
	struct target		*target;
	uint64_t		since;
	uint32_t		latency_ms;
	bool			reached;	/* TCP stands */
	struct netgroup		group;
	struct netgroup		source;		/* on whose word; 0 proved */
	bool			grouped;	/* counted in peers.groups */
};
TAILQ_HEAD(dial_queue, dial);

struct dials {
	struct map		by_num, by_id;
	struct dial_queue	queue;		/* oldest first */
	unsigned		n, nkind[KIND_MAX];
	uint32_t		last;		/* number given */
};

int		 dials_init(struct dials *);
void		 dials_free(struct policy *);
struct dial	*dials_by_num(const struct policy *, uint32_t);
/* May this candidate be dialled now?  Counts why not. */
enum policy_skip dials_check(struct policy *, uint64_t now, enum policy_kind,
		    const struct peer_addr *);
/* Begin one that dials_check() let pass; NULL without memory. */
struct dial	*dials_start(struct policy *, uint64_t now, enum policy_kind,
		    const struct peer_addr *, struct target *);
/* Free it and do what its rule does on that outcome. */
void		 dials_end(struct policy *, uint64_t now, struct dial *,
		    enum outcome, const struct node_id *answered);
/* It became a peer: free it, nothing else. */
void		 dials_done(struct policy *, struct dial *);
void		 dials_forget(struct policy *, const struct target *);
void		 dials_tick(struct policy *, uint64_t now);
uint64_t	 dials_due(const struct policy *);
enum purpose	 kind_purpose(enum policy_kind);
enum policy_kind kind_of_purpose(unsigned purpose);
/* Peers of those kinds are to stay; the others are visits. */
bool		 kind_is_lasting(enum policy_kind);
/* Tell the book, and count it if it ends a dial. */
void		 report(struct policy *, const struct peer_addr *,
		    enum policy_kind, enum outcome, uint32_t latency_ms,
		    const struct node_id *answered);

/* --- wants.c: questions to the book ------------------------------------- */

enum want {
	WANT_ENSURE = 0,
	WANT_ROTATE,
	WANT_PROBE,
	WANT_CRAWL,
	WANT_MAX
};

struct wants {
	uint32_t	seq;
	uint32_t	id[WANT_MAX];		/* 0: none outstanding */
	uint64_t	sent[WANT_MAX];
};

bool		 wants_is_open(const struct policy *, enum want);
/* n is cut to what a message holds; the groups in use are filled in. */
void		 wants_send(struct policy *, uint64_t now, enum want,
		    enum pick_kind, unsigned n, unsigned seniors);
void		 wants_forget(struct policy *);	/* no answer will come */
void		 wants_tick(struct policy *, uint64_t now);
uint64_t	 wants_due(const struct policy *);

/* Candidates not dialled yet. */
struct spares {
	struct picked	list[MSG_LIST_MAX];
	bool		used[MSG_LIST_MAX];
	unsigned	n, nused;
};
void		 spares_set(struct spares *, const struct m_picked *);
/* Dial the first that may be; false when none is left. */
bool		 spares_dial(struct policy *, uint64_t now, struct spares *,
		    enum policy_kind);

/* --- vouch.c ------------------------------------------------------------ */

/* Has that source its share of the slots? */
bool		 vouch_is_spent(const struct policy *, struct netgroup source);

/* --- ensure.c ----------------------------------------------------------- */

struct ensure {
	uint64_t	due;
	struct spares	spares;
};

void		 ensure_start(struct policy *, uint64_t now);
void		 ensure_round(struct policy *, uint64_t now);
void		 ensure_picked(struct policy *, uint64_t now,
		    const struct m_picked *);
void		 ensure_ended(struct policy *, uint64_t now, struct target *,
		    enum outcome);
int		 ensure_want(const struct policy *);
unsigned	 ensure_bias(const struct policy *);
void		 ensure_tick(struct policy *, uint64_t now);
uint64_t	 ensure_due(const struct policy *);

/* --- rotate.c ----------------------------------------------------------- */

struct rotate {
	uint64_t	due;
	struct spares	spares;
};

void		 rotate_start(struct policy *, uint64_t now);
void		 rotate_picked(struct policy *, uint64_t now,
		    const struct m_picked *);
void		 rotate_ended(struct policy *, uint64_t now, struct target *,
		    enum outcome);
/* The newcomer is up: an old one goes. */
void		 rotate_up(struct policy *, struct peer *);
void		 rotate_tick(struct policy *, uint64_t now);
uint64_t	 rotate_due(const struct policy *);

/* --- persistent.c ------------------------------------------------------- */

void		 persistent_start(struct policy *, uint64_t now);
void		 persistent_up(struct policy *, uint64_t now,
		    const struct node_id *);
void		 persistent_down(struct policy *, uint64_t now,
		    const struct node_id *);
void		 persistent_failed(struct policy *, uint64_t now,
		    struct target *, enum outcome);
void		 persistent_tick(struct policy *, uint64_t now);
uint64_t	 persistent_due(const struct policy *);

/* --- seeds.c ------------------------------------------------------------ */

struct seeds {
	struct targets	 list;
	struct target	*walking;	/* the one being tried */
	uint64_t	 due;		/* next look at the need */
	uint64_t	 poor_since;	/* POLICY_NEVER: not poor */
	bool		 nothing;	/* nothing to dial */
	uint64_t	 first_until;	/* a new book waits for seeds */
	unsigned	 nanswered;	/* since the start */
	bool		 first;		/* a round was put off for them */
};

void		 seeds_start(struct policy *, uint64_t now);
void		 seeds_nothing(struct policy *, uint64_t now, bool);
bool		 seeds_needed(const struct policy *, uint64_t now);
/*
 * A book without a good entry knows what one seed says and no better: is
 * there another to be heard before slots are filled?
 */
bool		 seeds_first(struct policy *, uint64_t now);
void		 seeds_failed(struct policy *, uint64_t now, struct target *,
		    enum outcome);
void		 seeds_resume(struct policy *, uint64_t now);
void		 seeds_up(struct policy *, uint64_t now, struct target *);
/* any: its list holds somebody. */
void		 seeds_answered(struct policy *, uint64_t now,
		    const struct node_id *, bool any);
void		 seeds_down(struct policy *, uint64_t now,
		    const struct node_id *);
/* Was it a seed's?  Then its next turn depends on what was new. */
bool		 seeds_list_taken(struct policy *, uint64_t now,
		    const struct m_list_taken *);
void		 seeds_tick(struct policy *, uint64_t now);
uint64_t	 seeds_due(const struct policy *);

/* --- probe.c, crawl.c --------------------------------------------------- */

struct probe {
	uint64_t	due;
};

void		 probe_start(struct policy *, uint64_t now);
void		 probe_picked(struct policy *, uint64_t now,
		    const struct m_picked *);
void		 probe_tick(struct policy *, uint64_t now);
uint64_t	 probe_due(const struct policy *);

/* A candidate whose /24 was dialled a moment ago, or that is here now. */
struct crawl_wait {
	struct peer_addr addr;
	uint64_t	due, expires;
};

#define CRAWL_WAITS	1024

struct crawl {
	uint64_t	idle_until;
	unsigned	asked;		/* candidates in the open question */
	unsigned	first, nwaits;	/* ring, by time due */
	struct crawl_wait waits[CRAWL_WAITS];
};

void		 crawl_picked(struct policy *, uint64_t now,
		    const struct m_picked *);
void		 crawl_tick(struct policy *, uint64_t now);
uint64_t	 crawl_due(const struct policy *);

/* --- ask.c -------------------------------------------------------------- */

struct ask {
	uint64_t	due;		/* next round */
	uint64_t	enough_due;	/* next question once enough is known */
};

void		 ask_start(struct policy *, uint64_t now);
/* Ask if its pace allows; false if not. */
bool		 ask_peer(struct policy *, uint64_t now, struct peer *);
void		 ask_up(struct policy *, uint64_t now, struct peer *);
void		 ask_answered(struct policy *, struct peer *);
void		 ask_forget(struct policy *, struct peer *);
void		 ask_tick(struct policy *, uint64_t now);
uint64_t	 ask_due(const struct policy *);

/* --- evict.c ------------------------------------------------------------ */

struct evict_candidate;

struct evict {
	struct evict_candidate	*scratch;
	unsigned		 max;		/* candidates it holds */
	uint32_t		*victims;	/* connections, next one last */
	unsigned		 nvictims;
	uint64_t		 expires;	/* victims, or their lack */
	bool			 nobody;	/* could go when last seen */
};

void		 evict_free(struct evict *);
/* Who has to go for another inbound peer; NULL if nobody may. */
struct peer	*evict_choose(struct policy *, uint64_t now);

/* --- admit.c ------------------------------------------------------------ */

/* It is no more: what depended on it learns so, and it is removed. */
void		 peer_gone(struct policy *, uint64_t now, struct peer *,
		    enum down_reason);

/* --- manual.c ----------------------------------------------------------- */

void		 manual_failed(struct policy *, uint64_t now, struct target *,
		    enum outcome);
void		 manual_up(struct policy *, const struct node_id *);
/* If nobody was told that it lives: it never did. */
void		 manual_down(struct policy *, uint64_t now,
		    const struct node_id *, enum outcome);

/* --- policy.c ----------------------------------------------------------- */

struct policy {
	const struct conf		*conf;
	const struct policy_ops		*ops;
	void				*arg;
	struct rng			*rng;
	struct siphash_key		 key;
	bool				 started;
	uint32_t			 token;		/* last resolution */
	struct names			 names;
	struct bans			 bans;
	struct backoff			 backoff;
	struct limits			 limits;
	struct peers			 peers;
	struct dials			 dials;
	struct wants			 wants;
	struct targets			 persistent;
	struct targets			 manual;
	struct targets			 resolving;
	unsigned			 nmanual;
	struct seeds			 seeds;
	struct ensure			 ensure;
	struct rotate			 rotate;
	struct probe			 probe;
	struct crawl			 crawl;
	struct ask			 ask;
	struct evict			 evict;
	bool				 have_status;
	struct m_book_status		 status;	/* of the book */
	struct policy_stats		 stats;
};

bool		 policy_is_seed(const struct policy *);
/* Are addresses wanted?  Yes, as long as the book has not said no. */
bool		 policy_wants(const struct policy *);
/* Keyed hashes, so that nobody outside can aim at one bucket. */
uint64_t	 hash_id(const struct policy *, const struct node_id *);
uint64_t	 hash_host(const struct policy *, const uint8_t ip[16]);
uint64_t	 hash_block(const struct policy *, const uint8_t ip[16]);
uint64_t	 hash_endpoint(const struct policy *, const struct peer_addr *);
uint64_t	 hash_group(const struct policy *, struct netgroup);
static inline uint64_t
min_time(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
