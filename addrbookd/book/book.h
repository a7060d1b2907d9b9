/* SPDX-License-Identifier: ISC */
/*
 * The address book: what is known of every address, which of them to dial
 * next, and which to tell others.
 *
 * Pure: no I/O, no clock, no randomness of its own, no globals.  `now' is
 * the wall clock in seconds since 1970 (0 in a stored time means never); a
 * caller reads it once and adds monotonic time, and the book takes a time
 * that runs backwards for the latest one it has seen.  Randomness comes
 * from the struct rng given to book_new().  All memory is allocated by
 * book_new() and book_configure(); nothing else can fail for want of it.
 *
 * Rules: docs, "Behaviour", sections 1 to 4.  Sources: CometBFT
 * p2p/pex/addrbook.go (frame: new and old buckets, biased picks), Bitcoin
 * Core addrman (hashed slots, tests before eviction), Heilman et al., USENIX
 * Security 2015.
 */
#ifndef PEXD_BOOK_H
#define PEXD_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/netaddr.h"

struct book;
struct rng;

/* Slots in both tables, four fifths of them new; rounded up to a multiple. */
#define BOOK_SIZE_MIN		1280
#define BOOK_SIZE_DEFAULT	20480		/* 256 x 64 new, 64 x 64 old */
#define BOOK_SIZE_MAX		4000000

#define BOOK_KEY_SIZE		16	/* bytes of the SipHash key */
#define BOOK_REPLY_MAX		250	/* addresses in one reply */
#define BOOK_LIST_MAX		250	/* addresses looked at in one list */
#define BOOK_GOOD_WANTED	1000	/* good ones; more are wanted below */
#define BOOK_REFS_MAX		4	/* new buckets one entry may stand in */
#define BOOK_BANS_MAX		65536
#define BOOK_HOLDS_MAX		8192	/* triples not to be retried */
#define BOOK_OWN_MAX		64	/* own addresses remembered */
#define BOOK_SENIORS_MAX	256
#define BOOK_CRAWL_SPACING	600	/* s between two crawls of a triple */

/* What a reload may change.  Lists are copied; NULL when empty. */
struct book_config {
	bool			 strict;	/* strict routability */
	bool			 private_network;
	/* Seconds between two crawls of a triple; 0: BOOK_CRAWL_SPACING. */
	uint32_t		 crawl_spacing;
	const struct node_id	*own_ids;	/* never in the book */
	size_t			 nown_ids;
	const struct node_id	*private_ids;	/* likewise, and not heeded */
	size_t			 nprivate_ids;
};

/*
 * A book for at most size entries (clamped to MIN..MAX) under a secret hash
 * key that has to stay the same for the life of the stored book.  rng must
 * outlive the book.  NULL without memory.
 */
struct book	*book_new(unsigned int size, const uint8_t key[BOOK_KEY_SIZE],
		    struct rng *, const struct book_config *);
void		 book_free(struct book *);		/* NULL is fine */
/*
 * Take a new configuration: entries that it forbids are removed, old places
 * over its caps are given up.  Returns 0, or -1 without memory, and then
 * nothing has changed.
 */
int		 book_configure(struct book *, uint32_t now,
		    const struct book_config *);

/* --- levels and rows -------------------------------------------------- */

enum book_level {
	BOOK_HEARD = 0,		/* somebody said so */
	BOOK_REACHED,		/* one success of our own */
	BOOK_GOOD,		/* proved twice, or for long, or answered */
	BOOK_SENIOR,		/* one of the longest known good */
};

/*
 * One entry as it is stored, shown and exported.  Times are seconds since
 * 1970, 0 never.  level is never BOOK_SENIOR here: see senior.
 */
struct book_row {
	struct peer_addr addr;
	struct netgroup	source;		/* of whoever told us first */
	enum book_level	level;
	bool		old;		/* stands in the old table */
	uint8_t		nplaces;	/* 1 .. BOOK_REFS_MAX; old: 1 */
	uint32_t	place[BOOK_REFS_MAX];	/* bucket x 64 + slot */
	uint32_t	first_heard, last_heard;
	uint32_t	first_success, last_success;
	uint32_t	last_try;
	uint32_t	last_failure;	/* that counted */
	uint32_t	rest_until;	/* backing off */
	uint32_t	last_test;	/* old: last failure spaced 1 h */
	uint8_t		failures;	/* since the last success */
	uint8_t		tests;		/* old: those spaced 1 h;
					   new: days on which it was full */
	uint16_t	successes;	/* ever; saturates */
	uint16_t	tries;		/* ever; saturates */
	/* Computed; ignored on loading. */
	bool		senior;
	bool		bad;
	bool		banned;		/* by ID or host, now */
};

/* --- hearing ---------------------------------------------------------- */

enum book_result {
	BOOK_ADDED = 0,		/* a new entry */
	BOOK_KNOWN,		/* it was there; perhaps one more bucket */
	BOOK_NO_ROOM,		/* its slot is held by a better one */
	BOOK_UNROUTABLE,	/* not valid, or not routable, or port 0 */
	BOOK_OWN,		/* our own ID or address */
	BOOK_PRIVATE,		/* a private ID */
	BOOK_PRIVATE_SOURCE,	/* told by a private ID */
	BOOK_BANNED,		/* its ID or host */
	BOOK_HELD,		/* proved wrong within the last 24 h */
	BOOK_CLAIMED,		/* its ID has its endpoint, or 3 claims */
	BOOK_LIMITED,		/* the source's group told too much */
	BOOK_RESULT_MAX
};

/* Who told: authenticated ID and far end of the socket (dialled address). */
struct book_source {
	struct node_id	id;
	uint8_t		ip[16];
};

/* One address heard from src, against the limits of its group. */
enum book_result book_hear(struct book *, uint32_t now,
		    const struct peer_addr *, const struct book_source *src);
/*
 * A whole list: in random order, at most BOOK_LIST_MAX of it.  counts, if
 * not NULL, gets the number of each result.  Returns the number added.
 */
unsigned int	 book_hear_list(struct book *, uint32_t now,
		    const struct peer_addr *, size_t n,
		    const struct book_source *src,
		    unsigned int counts[BOOK_RESULT_MAX]);
/*
 * An inbound peer announced where it listens.  If that is the socket's own
 * IP, or unspecified, it is a candidate with itself as the source; else
 * hearsay of the socket's group.  peer.na is the socket's far end.
 */
enum book_result book_announce(struct book *, uint32_t now,
		    const struct peer_addr *peer,
		    const struct netaddr *listens);
/*
 * From a file of the operator's, with its own group as the source, outside
 * the limits: as heard, or with its level, counts and times (places and the
 * source are worked out anew; times later than now become now, and nobody
 * rests for longer than a day).  Of one that is known a row that is only
 * heard changes nothing, any other counts if its last success is later.
 * One that was verified takes a place from hearsay.
 */
enum book_result book_import(struct book *, uint32_t now,
		    const struct peer_addr *);
enum book_result book_import_row(struct book *, uint32_t now,
		    const struct book_row *);

/* --- dialling --------------------------------------------------------- */

enum book_outcome {
	BOOK_DIALLED,		/* a dial begins, or went where it may not */
	BOOK_LIVE,		/* ID proved, NodeInfo compatible, pong */
	BOOK_ANSWERED,		/* the same, and a valid PexAddrs */
	BOOK_MATURE,		/* 10 minutes connected, and every hour */
	BOOK_FAILED,		/* refused, unreachable, no SYN-ACK */
	BOOK_FULL,		/* connected; no key, or closed by it early */
	BOOK_OURS,		/* our own lack; nobody's failure */
	BOOK_WRONG_ID,		/* another key answered there */
	BOOK_WRONG_NETWORK,	/* or block version, or no PEX */
	BOOK_SELF,		/* we answered: remembered as our own */
	BOOK_OUTCOME_MAX
};

/*
 * How our own dial to that triple went.  A success of one that is not in
 * the book enters it (source: itself); anything else about an unknown one
 * is ignored but BOOK_WRONG_*, which is held against it, and BOOK_SELF.
 * Never for inbound connections.
 */
void		 book_outcome(struct book *, uint32_t now,
		    const struct peer_addr *, enum book_outcome);
/* Remember an address as our own (at most BOOK_OWN_MAX, oldest out). */
void		 book_add_own(struct book *, uint32_t now,
		    const struct netaddr *);

/* Not to be picked: a handful of each; NULL is nobody. */
struct book_exclude {
	const struct node_id	*ids;
	size_t			 nids;
	const struct netgroup	*groups;
	size_t			 ngroups;
};

enum book_why {			/* of a pick */
	BOOK_WHY_BIAS,		/* drawn from new or old */
	BOOK_WHY_SENIOR,
	BOOK_WHY_TEST,		/* holds a place that another wants */
	BOOK_WHY_VERIFY,	/* not verified for long */
	BOOK_WHY_NEW,		/* never reached yet */
};

struct book_pick {
	struct peer_addr	addr;
	enum book_level		level;		/* BOOK_SENIOR included */
	struct netgroup		source;		/* who told first */
	enum book_why		why;
};

/*
 * Up to n different entries to connect to, with bias percent (0..100)
 * towards new ones.  Never one that is backing off, banned or excluded.
 * Expected cost O(n).  Returns how many.
 */
unsigned int	 book_pick(struct book *, uint32_t now, unsigned int bias,
		    const struct book_exclude *, struct book_pick *,
		    unsigned int n);
/* The same among the seniors, uniformly. */
unsigned int	 book_pick_seniors(struct book *, uint32_t now,
		    const struct book_exclude *, struct book_pick *,
		    unsigned int n);
/*
 * What a feeler should try next: half tests of contested places, a quarter
 * old ones verified 3 to 24 hours ago, longest ago first (then whoever else
 * was verified longer ago), the rest new ones that have waited longest; none
 * within 10 minutes.  Counts as a try.  Returns 1, or 0 when nothing is due.
 */
unsigned int	 book_pick_probe(struct book *, uint32_t now,
		    const struct book_exclude *, struct book_pick *);
/*
 * What a crawler should try next: new ones first, then whoever was verified
 * longest ago; but half for those of the latter not tried for twice the
 * crawl_spacing, if there are any.  The same triple not within crawl_spacing,
 * and of a /24 or /48 one in 11 s, except in a private network.  Counts as a
 * try.
 */
unsigned int	 book_pick_crawl(struct book *, uint32_t now,
		    const struct book_exclude *, struct book_pick *,
		    unsigned int n);

/* --- telling ---------------------------------------------------------- */

/* Size of a reply from a book of size entries (at most BOOK_REPLY_MAX). */
unsigned int	 book_reply_size(unsigned int size);
/* Of a seed's reply of that size, how many from new if nold are old. */
unsigned int	 book_reply_new(unsigned int reply, unsigned int nold);
/*
 * A reply for requester: vetted, diverse, each ID once.  by_table: 70 %
 * from the old table, 30 % from the new (a seed's reply to an inbound peer).
 * Cost O(answer).  Returns how many.
 */
unsigned int	 book_select(struct book *, uint32_t now,
		    const struct peer_addr *requester, bool by_table,
		    struct peer_addr out[BOOK_REPLY_MAX]);

/* --- bans ------------------------------------------------------------- */

enum book_fault {		/* why somebody is banned */
	BOOK_FAULT_OPERATOR = 0,
	BOOK_FAULT_UNSOLICITED,	/* a list nobody asked for */
	BOOK_FAULT_MALFORMED,
	BOOK_FAULT_FLOOD,	/* too many requests */
	BOOK_FAULT_MAX
};
const char	*book_fault_name(enum book_fault);

struct book_ban {
	bool		by_id;		/* else by host */
	struct node_id	id;
	uint8_t		ip[16];		/* first address of the host */
	uint32_t	since;		/* of the last time */
	uint32_t	until;		/* lifted when now reaches it */
	uint16_t	times;		/* in a row; decides how long */
	enum book_fault	fault;
};

/*
 * Ban an ID, or the host of ip, or both; either may be NULL.  seconds 0:
 * 24 h, twice as long each further time, at most 30 d.  A banned ID leaves
 * the book; entries of a banned host stay but are not used.  By host does
 * nothing in a private network.  Returns the time the longer one ends.
 */
uint32_t	 book_ban(struct book *, uint32_t now, const struct node_id *,
		    const uint8_t *ip, enum book_fault, uint32_t seconds);
/* Lift it and forget it.  Returns whether there was one. */
bool		 book_unban(struct book *, uint32_t now, const struct node_id *,
		    const uint8_t *ip);
/* Is the ID or the host banned?  Either may be NULL. */
bool		 book_is_banned(struct book *, uint32_t now,
		    const struct node_id *, const uint8_t *ip);

/* --- looking ---------------------------------------------------------- */

struct book_counts {
	unsigned int	capacity;	/* slots of both tables */
	unsigned int	size;		/* entries */
	unsigned int	in_new, in_old;
	unsigned int	heard, reached, good;
	unsigned int	good_day;	/* good, verified in the last 24 h */
	unsigned int	seniors;
	unsigned int	resting;	/* backing off */
	unsigned int	contests;	/* places waiting for a test */
	unsigned int	bans, holds;
};
void		 book_count(struct book *, uint32_t now, struct book_counts *);
/* Entries, and good ones among them; cost nothing. */
unsigned int	 book_size(const struct book *);
unsigned int	 book_good(const struct book *);
/* Fewer than BOOK_GOOD_WANTED good ones are known. */
bool		 book_wants(const struct book *);
/* Fill row with what is known of the triple; false if nothing is. */
bool		 book_find(struct book *, uint32_t now,
		    const struct peer_addr *, struct book_row *);
/* The IDs of the seniors, oldest first, at most max.  Returns how many. */
unsigned int	 book_seniors(const struct book *, struct node_id *,
		    unsigned int max);
/* Any endpoint of that ID? */
bool		 book_has_id(const struct book *, const struct node_id *);
bool		 book_is_private(const struct book *, const struct node_id *);

/*
 * Rows by index.  An entry keeps its index for life, so an index is a
 * cursor that stays valid whatever happens between two calls.  book_next_*
 * fill in the first row at *cursor or later, move *cursor past it, and
 * return false at the end.  Start with 0.
 */
bool		 book_next_row(struct book *, uint32_t now, uint32_t *cursor,
		    struct book_row *);
bool		 book_next_ban(struct book *, uint32_t now, uint32_t *cursor,
		    struct book_ban *);

/* --- storing ---------------------------------------------------------- */

/*
 * What a store has to write.  Each changed row is reported once however
 * often it changed; what is read when it is reported is its latest state.
 */
enum book_table {
	BOOK_TABLE_ENTRY = 0,
	BOOK_TABLE_BAN,
	BOOK_TABLE_HOLD,
	BOOK_TABLE_OWN,
	BOOK_TABLE_MAX
};
struct book_change {
	enum book_table	table;
	uint32_t	index;		/* row number in that table */
};

/* A triple that proved wrong, as a keyed hash of it. */
struct book_hold {
	uint64_t	triple;
	uint32_t	until;
};
struct book_own {
	struct netaddr	na;
	uint32_t	since;
};

/* The next changed row, its mark cleared; false when there is none. */
bool		 book_next_change(struct book *, struct book_change *);
/* Mark a row again that could not be handed on. */
void		 book_mark_change(struct book *, const struct book_change *);
/* The row at an index; false: there is none, delete it. */
bool		 book_get_row(struct book *, uint32_t index, struct book_row *);
bool		 book_get_ban(struct book *, uint32_t index, struct book_ban *);
bool		 book_get_hold(struct book *, uint32_t index,
		    struct book_hold *);
bool		 book_get_own(struct book *, uint32_t index, struct book_own *);

/*
 * Loading fills an empty book row by row and ends with book_load_end();
 * nothing else may be called in between.  A row that breaks a rule (or
 * stands where another stands, or belongs to a book of another size) is
 * placed anew or refused, never believed.  Returns true if it was taken.
 */
bool		 book_load_row(struct book *, uint32_t now, uint32_t index,
		    const struct book_row *);
bool		 book_load_ban(struct book *, uint32_t now, uint32_t index,
		    const struct book_ban *);
bool		 book_load_hold(struct book *, uint32_t now, uint32_t index,
		    const struct book_hold *);
bool		 book_load_own(struct book *, uint32_t now, uint32_t index,
		    const struct book_own *);
/* Returns 0, or -1 without memory; the book is then unusable. */
int		 book_load_end(struct book *, uint32_t now);

/* --- checking --------------------------------------------------------- */

/*
 * Does every rule hold?  Returns 0, or the code of the first that is
 * broken, a different one for each.  Cost O(size).  In a build for tests
 * (PEXD_CHECK_BOOK) the book looks itself every 1000 operations and aborts.
 */
int		 book_check(const struct book *);
const char	*book_check_text(int code);

#endif
