/* SPDX-License-Identifier: ISC */
/*
 * Inside the book: one entry, the structures that find it, and what the
 * files of this folder offer one another.  Nobody else includes this but
 * the book's own tests.
 *
 * Entries stand in one array and are named by their index, 1 and up; NIL
 * (0) is none, so that memory fresh from calloc(3) is empty.  An entry is in
 *   - the index by ID, always;
 *   - the new table (1 to 4 places) or the old one (1), always;
 *   - one dense set of `pools', by what it is worth in a reply, its table
 *     and whether it is backing off, always;
 *   - one list of `sched', by when it may be tried again, always;
 *   - one list of `fresh', by when it was verified, if it is good.
 */
#ifndef PEXD_BOOK_IMPL_H
#define PEXD_BOOK_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "addrbookd/book/book.h"
#include "addrbookd/book/dense.h"
#include "common/netaddr.h"
#include "common/rng.h"
#include "common/siphash.h"

#define NIL		0U

#define SLOTS		64	/* in a bucket */
#define BUCKETS_UNIT	5	/* 4 new buckets to 1 old */
#define SOURCE_BUCKETS	16	/* new buckets one source group can reach */
#define GROUP_BUCKETS	4	/* old buckets one group can reach */
#define ENDPOINTS_MAX	4	/* of one ID: 3 claims and a verified one */
#define CLAIMS_MAX	3

#define HOST_CAP	1	/* of the old table */
#define BLOCK_CAP	4
#define GROUP_CAP	16

#define MINUTE		60U
#define HOUR		3600U
#define DAY		86400U
#define WEEK		(7 * DAY)

#define GOOD_SPACING	HOUR		/* between two successes */
#define PATIENCE	(3 * DAY)	/* with an incumbent that is silent */
#define TESTS_WANTED	3		/* failed, TEST_SPACING apart */
#define TEST_SPACING	HOUR
#define ASK_SPACING	HOUR		/* for a place in old */
#define TRY_SPACING	(10 * MINUTE)	/* probe and slot: of one triple */
#define VERIFY_AFTER	(3 * HOUR)	/* probe: of an old acquaintance */
#define BACKOFF_MAX	DAY
#define BACKOFF_STEPS	17		/* 2^17 s is over a day */
#define FULL_REST	(30 * MINUTE)
#define HOLD_TIME	DAY
#define HEARD_SPACING	HOUR		/* last_heard is no finer */
#define ABSENCE		DAY		/* longer than it is forgiven */

/* Dialer's limit is 10 s to the millisecond; the book counts whole ones. */
#define TURN_SPACING	11
#define CRAWL_LOOKS	4096	/* at entries, for one crawl pick */
#define CRAWL_OVERDUE	2	/* times the spacing */

#define CONTESTS_MAX	256
#define SENIOR_SLACK	512	/* candidates kept beyond those needed */

/*
 * What an entry is worth in a reply, and which table it is in.  Those that
 * are backing off have pools of their own, POOL_RESTING further on, so that
 * a reply draws from both and a pick from the first.
 */
enum pool {
	POOL_DAY_OLD,		/* good, verified in 24 h, in the old table */
	POOL_3DAYS_OLD,
	POOL_REACHED_OLD,	/* once, longer ago, or failing since */
	POOL_DAY_NEW,		/* the same, in the new one */
	POOL_3DAYS_NEW,
	POOL_REACHED_NEW,
	POOL_HEARD,		/* never reached; in the new one */
	POOL_RESTING,
	POOL_MAX = 2 * POOL_RESTING
};
#define POOL_OLD_FIRST	POOL_DAY_OLD
#define POOL_NEW_FIRST	POOL_DAY_NEW

/* How long ago a good entry was verified. */
enum fresh {
	FRESH_NONE,		/* not good */
	FRESH_DAY,
	FRESH_3DAYS,
	FRESH_WEEK,
	FRESH_STALE,
	FRESH_MAX
};

/* When an entry may be tried again. */
enum sched {
	SCHED_NONE,
	SCHED_REST,		/* + 1 .. BACKOFF_STEPS: backing off */
	SCHED_REST_FULL = SCHED_REST + BACKOFF_STEPS + 1,
	SCHED_REST_LOADED,	/* backing off since before the start */
	SCHED_COOL,		/* tried within the crawl's spacing */
	SCHED_DUE_HEARD,	/* never reached; longest due first */
	SCHED_DUE_VERIFIED,
	SCHED_MAX
};

/* The links of an entry: which chain of lists. */
enum chain { CHAIN_SCHED, CHAIN_FRESH, CHAIN_MAX };

struct link {
	uint32_t	next, prev;
};
struct list {
	uint32_t	head, tail, count;
};

#define ENTRY_USED	0x01
#define ENTRY_OLD	0x02	/* stands in the old table */
#define ENTRY_CHALLENGES 0x04	/* wants another's old place */
#define ENTRY_CONTESTED	0x08	/* its old place is wanted */

/* Two cache lines; picks and replies read only the first. */
struct entry {
	struct peer_addr addr;
	uint8_t		level;
	uint8_t		flags;
	uint32_t	last_success;
	uint32_t	last_try;
	uint32_t	rest_until;
	uint8_t		failures;	/* since the last success */
	uint8_t		pool;
	uint8_t		nrefs;		/* places in the tables */
	uint8_t		sched;
	uint32_t	pool_pos;
	uint32_t	first_success;

	uint32_t	first_heard;
	uint32_t	last_heard;
	uint32_t	last_failure;
	uint32_t	id_hash;	/* for the index */
	struct netgroup	source;
	union {
		uint32_t	ref[BOOK_REFS_MAX];	/* new places */
		struct {
			uint32_t	place;
			uint32_t	next, prev;	/* old, same group */
			uint32_t	last_test;
		} old;
	} at;
	struct link	link[CHAIN_MAX];
	uint16_t	successes;
	uint16_t	tries;
	uint8_t		tests;		/* old: failed; new: days full */
	uint8_t		fresh;
	uint8_t		spare[2];
};
_Static_assert(sizeof(struct entry) == 128, "an entry is two cache lines");

_Static_assert(POOL_MAX <= DENSE_SETS, "each pool is a dense set");

/* Which rows a store has not seen yet; cleared by book_next_change(). */
struct marks {
	uint64_t	*bits;
	uint32_t	 words;
	uint32_t	 cursor;	/* word to look at next */
	uint32_t	 count;
};

/* Those of a group in the old table. */
#define GROUP_BLOCK_BITS	26
#define GROUP_ANY_BLOCK		((1U << GROUP_BLOCK_BITS) - 1)
#define GROUP_COUNT_MAX		63	/* or more */
struct group_cell {
	uint32_t	head;		/* first of the chain */
	uint32_t	blocks : GROUP_BLOCK_BITS; /* a bit for each block */
	uint32_t	count : 32 - GROUP_BLOCK_BITS;
};
_Static_assert(GROUP_CAP < GROUP_COUNT_MAX, "a full group can be counted");

/* Where an address would stand in the old table. */
struct spot {
	uint32_t	place;
	uint32_t	group_hash;
	struct netgroup	group;
};

/* Two good entries want one place of the old table. */
struct contest {
	uint32_t	challenger, incumbent;
};

/*
 * The good ones verified within a week with the oldest first success, in
 * that order; more than are seniors, so that a loss seldom needs a search.
 */
struct senior {
	uint32_t	first;		/* first success */
	uint32_t	index;
};
struct seniors {
	struct senior	list[SENIOR_SLACK];
	uint32_t	n;
	bool		complete;	/* nobody was left out for room */
};

/*
 * A group's token buckets, as the times at which they are full again: tenths
 * of a second since the book's first list.
 */
#define SOURCES		8192
#define SOURCE_WAYS	8
struct source {
	struct netgroup	group;
	uint32_t	heard_full;
	uint32_t	self_full;
};

/* Who tells of addresses. */
struct teller {
	struct netgroup	 group;		/* of the socket's address */
	bool		 limited;	/* at the expense of its group */
	struct source	*limits;	/* NULL until somebody new comes */
};

/* When a /24 or /48 had its turn in the crawl. */
#define TURNS		8192
#define TURN_WAYS	8
struct turn {
	struct netblock	block;
	uint32_t	at;
};

struct ban {
	struct book_ban	row;
	uint32_t	next, prev;	/* by since; free ones: next */
	bool		used;
};

/* A cheap answer to "surely not banned": counters by a mixed hash. */
#define BAN_FILTER	(2 * BOOK_BANS_MAX)

/* How many are in force: looked through again when a second has passed. */
struct tallied {
	uint32_t	n;
	uint32_t	at;		/* time of it; 0: look again */
};

struct bans {
	struct ban	*ban;		/* 1 .. BOOK_BANS_MAX */
	struct tallied	 tallied;
	uint32_t	*index;		/* by key, open addressing */
	uint8_t		*filter;
	struct list	 order;		/* oldest first */
	uint32_t	 free, top;
};

#define HOLD_WAYS	8

struct config {
	bool		 strict;
	bool		 private_network;
	uint32_t	 crawl_spacing;	/* s */
	struct node_id	*ids;		/* own ones, then private ones */
	size_t		 nown;
	size_t		 nprivate;
};

struct book {
	struct siphash_key key;
	struct rng	*rng;
	struct config	 conf;
	uint32_t	 now;		/* the latest time seen */
	uint32_t	 last_success;	/* of any dial */
	int		 unchecked;	/* operations since book_check() */

	uint32_t	 capacity;
	uint32_t	 new_buckets, old_buckets;
	struct entry	*entry;		/* 1 .. capacity, on cache lines */
	void		*entry_memory;
	uint32_t	 free, top;	/* unused: list, and all above top */
	uint32_t	 size, nold, nresting;
	uint32_t	 nlevel[BOOK_SENIOR];

	uint32_t	*newtab, *oldtab;	/* by place */
	uint32_t	*index;			/* by ID: tag and index */
	uint32_t	 index_mask;
	unsigned int	 index_bits;		/* of an entry's index in it */
	struct group_cell *group;		/* of old ones */
	uint32_t	 group_mask;

	struct dense	 pools;
	struct list	 sched[SCHED_MAX];
	struct list	 fresh[FRESH_MAX];
	bool		 unsorted;	/* lists out of order by an import */
	uint32_t	 sorted_at;
	uint32_t	 spare_index;	/* loading: unused ones from the end */
	uint32_t	 last_sign;	/* loading: latest time in any row */
	struct seniors	 seniors;
	struct contest	 contest[CONTESTS_MAX];
	uint32_t	 ncontests;

	struct source	*source;
	uint32_t	 source_epoch;		/* when they began */
	int64_t		 announce_full_ms;
	struct turn	*turn;
	struct bans	 bans;
	struct book_hold *hold;
	struct tallied	 holds;
	struct book_own	 own[BOOK_OWN_MAX];
	uint32_t	 nown;
	struct marks	 marks[BOOK_TABLE_MAX];
};

static inline struct entry *
entry_at(const struct book *b, uint32_t i)
{
	return &b->entry[i];
}

/* Both lines of it will be looked at. */
static inline void
bk_entry_fetch(const struct book *b, uint32_t i)
{
	__builtin_prefetch(&b->entry[i]);
	__builtin_prefetch(&b->entry[i].first_heard);
}

static inline bool
entry_is_old(const struct entry *e)
{
	return e->flags & ENTRY_OLD;
}

static inline bool
entry_is_resting(const struct entry *e)
{
	return e->sched > SCHED_REST && e->sched < SCHED_COOL;
}

/* Seconds from then to now; 0 if then is later. */
static inline uint32_t
since(uint32_t now, uint32_t then)
{
	return now > then ? now - then : 0;
}

/* book.c */
void		 bk_tick(struct book *, uint32_t now);
bool		 bk_is_own_addr(const struct book *, const struct netaddr *);
struct netgroup	 bk_group(const struct book *, const uint8_t ip[16]);
/* May this address ever enter?  BOOK_ADDED: yes. */
enum book_result bk_refuse(const struct book *, const struct peer_addr *);

/* entry.c: making, unmaking and keeping an entry where it belongs */
/* hash: bk_hash_id() of its ID. */
uint32_t	 bk_entry_new(struct book *, const struct peer_addr *,
		    uint32_t hash);
void		 bk_entry_take(struct book *, uint32_t index,
		    const struct peer_addr *, uint32_t hash);
void		 bk_entry_free(struct book *, uint32_t);
void		 bk_entry_changed(struct book *, uint32_t);
void		 bk_set_level(struct book *, uint32_t, enum book_level);
/* Put it in the sets that fit its level, table and freshness. */
void		 bk_entry_settle(struct book *, uint32_t);
bool		 bk_is_bad(const struct book *, const struct entry *);
bool		 bk_gives_way(const struct book *, const struct entry *);
bool		 bk_is_banned(const struct book *, const struct entry *);

/* index.c: finding an ID */
int		 bk_index_init(struct book *);
void		 bk_index_add(struct book *, uint32_t);
void		 bk_index_del(struct book *, uint32_t);
uint32_t	 bk_find(const struct book *, const struct peer_addr *);
uint32_t	 bk_find_at(const struct book *, uint32_t hash,
		    const struct peer_addr *);
uint32_t	 bk_hash_id(const struct book *, const struct node_id *);
/* Have the memory fetched that looking for it will need: in two steps. */
void		 bk_index_fetch(const struct book *, uint32_t hash);
/* False: it is surely not there. */
bool		 bk_endpoints_fetch(const struct book *, uint32_t hash);
/* The same by a hash that is known. */
unsigned int	 bk_endpoints_at(const struct book *, uint32_t hash,
		    const struct node_id *, uint32_t out[ENDPOINTS_MAX]);
unsigned int	 bk_endpoints(const struct book *, const struct node_id *,
		    uint32_t out[ENDPOINTS_MAX]);

/* place.c: where the hash puts an entry */
uint32_t	 bk_new_place(const struct book *, const struct peer_addr *,
		    struct netgroup source);
/* In the n-th of the SOURCE_BUCKETS that this source can reach. */
uint32_t	 bk_new_place_nth(const struct book *,
		    const struct peer_addr *, struct netgroup source,
		    unsigned int n);
uint32_t	 bk_new_slot(const struct book *, const struct peer_addr *,
		    uint32_t bucket);
uint32_t	 bk_old_place(const struct book *, const struct peer_addr *);
uint64_t	 bk_hash_triple(const struct book *, const struct peer_addr *);
uint64_t	 bk_hash_group(const struct book *, struct netgroup);
uint64_t	 bk_hash_block(const struct book *, struct netblock);

/* newtab.c: the new table */
bool		 bk_new_yields(const struct book *, uint32_t place,
		    bool to_first);
void		 bk_new_put(struct book *, uint32_t, uint32_t place);
void		 bk_new_clear(struct book *, uint32_t place);
void		 bk_new_leave(struct book *, uint32_t);
/* Back in new: it stands in no table.  It may end here. */
void		 bk_new_force(struct book *, uint32_t);
/* A place for one that was verified, which costs hearsay at most. */
bool		 bk_new_find(const struct book *, const struct entry *,
		    uint32_t *place);

/* oldtab.c: the old table, its caps and contests */
bool		 bk_promote(struct book *, uint32_t);
bool		 bk_promote_to(struct book *, uint32_t, const struct spot *);
/* Where it would stand; what tells whether it may is fetched in two steps. */
struct spot	 bk_old_spot(const struct book *, const struct peer_addr *);
void		 bk_old_fetch(const struct book *, const struct spot *);
/* The caller settles it. */
void		 bk_old_put(struct book *, uint32_t, uint32_t place);
void		 bk_old_leave(struct book *, uint32_t);
bool		 bk_old_has_room(const struct book *, const struct peer_addr *,
		    uint32_t place);
bool		 bk_old_yields(const struct book *, const struct entry *);
void		 bk_old_replace(struct book *);

/* group.c: who is old in a group */
/* The cell of that group, or the empty one for it. */
struct group_cell *bk_group_cell(const struct book *, struct netgroup);
/* Have it fetched; returns the hash of the group. */
uint32_t	 bk_group_fetch(const struct book *, struct netgroup);
struct group_cell *bk_group_cell_at(const struct book *, struct netgroup,
		    uint32_t hash);
/* False: nobody of that block is there. */
bool		 bk_group_may_have(const struct group_cell *,
		    const uint8_t ip[16]);
struct group_cell bk_group_tally(const struct book *, uint32_t head);
void		 bk_group_add(struct book *, uint32_t, uint32_t hash);
void		 bk_group_del(struct book *, uint32_t);

/* contest.c: who waits for whose place */
void		 bk_contest_add(struct book *, uint32_t challenger,
		    uint32_t incumbent);
void		 bk_contest_forget(struct book *, uint32_t);
void		 bk_contest_settle(struct book *, uint32_t incumbent);

/* memory.c */
void		*bk_array_new(size_t n, size_t size);

/* sched.c: lists and the passing of time */
void		 bk_list_push(struct book *, enum chain, struct list *,
		    uint32_t);
void		 bk_list_del(struct book *, enum chain, struct list *,
		    uint32_t);
void		 bk_sched(struct book *, uint32_t, enum sched);
void		 bk_sched_due(struct book *, uint32_t);
void		 bk_sched_rest(struct book *, uint32_t, enum sched,
		    uint32_t seconds);
void		 bk_fresh(struct book *, uint32_t, enum fresh);
enum fresh	 bk_fresh_of(const struct book *, const struct entry *);
void		 bk_sched_pass(struct book *);
void		 bk_sched_sort(struct book *);
/* The crawl's spacing is another from now on. */
void		 bk_sched_respace(struct book *);

/* senior.c */
void		 bk_senior_add(struct book *, uint32_t);
void		 bk_senior_del(struct book *, uint32_t);
uint32_t	 bk_senior_count(const struct book *);
bool		 bk_is_senior(const struct book *, uint32_t);

/* turn.c: the crawler's turns; false: not yet */
bool		 bk_turn_take(struct book *, const uint8_t ip[16]);

/* limit.c: token buckets by source group */
/* A group's limits; they may be another's after the next call. */
struct source	*bk_limit_source(struct book *, struct netgroup);
bool		 bk_limit_heard(const struct book *, struct source *,
		    bool take);
bool		 bk_limit_announce(struct book *, struct netgroup);

/* hear.c */
/*
 * Enter an address.  proved: the ID itself was authenticated at that IP, so
 * that it may push aside what others claimed.  *index, if not NULL: the
 * entry, if there is one.
 */
enum book_result bk_enter(struct book *, const struct peer_addr *,
		    struct teller *, bool proved, uint32_t *index);

/* outcome.c */
void		 bk_drop_rivals(struct book *, uint32_t);

/* ban.c */
int		 bk_bans_init(struct bans *);
void		 bk_bans_free(struct bans *);
bool		 bk_ban_now(const struct book *, const struct node_id *,
		    const uint8_t *ip);
uint32_t	 bk_ban_count(struct book *);
bool		 bk_ban_load(struct book *, uint32_t index,
		    const struct book_ban *);
int		 bk_ban_load_end(struct book *);
uint32_t	 bk_ban_index(const struct book *, const struct book_ban *);

/* hold.c */
void		 bk_hold(struct book *, const struct peer_addr *);
/* By bk_hash_triple(). */
struct book_hold *bk_hold_set(const struct book *, uint64_t triple);
bool		 bk_is_held(const struct book *, uint64_t triple);
uint32_t	 bk_hold_count(struct book *);

/* marks.c */
int		 bk_marks_init(struct marks *, uint32_t nrows);
void		 bk_marks_free(struct marks *);
void		 bk_mark(struct book *, enum book_table, uint32_t index);
void		 bk_unmark(struct book *, enum book_table, uint32_t index);

#endif
