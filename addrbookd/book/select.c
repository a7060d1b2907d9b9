/* SPDX-License-Identifier: ISC */
/*
 * Selection: a reply to a PexRequest.  A random sample of those verified
 * lately, at a cost that depends on the answer and not on the book.
 *
 * One of each group is told before two of any, two before three, and no
 * more than a few of any neighbourhood: whoever has many addresses in few
 * groups has about those groups' share of a reply.
 *
 * Size: CometBFT p2p/pex/addrbook.go (GetSelectionWithBias).
 */
#include <string.h>

#include "addrbookd/book/impl.h"
#include "common/uninit.h"

#define REPLY_MIN	32	/* if the book has as many */
#define REPLY_PERCENT	23
#define NEW_PERCENT	30	/* of a seed's reply */
#define GROUP_MAX	4	/* of one group in a reply */
#define GROUP_FULL	2	/* of one, once half of the size is told */
#define BLOCK_MAX	2	/* of one /24 or /48 */

unsigned int
book_reply_size(unsigned int size)
{
	unsigned int	 n = size < REPLY_MIN ? size : REPLY_MIN;
	unsigned int	 share = (uint64_t)size * REPLY_PERCENT / 100;

	if (share > n)
		n = share;
	return n < BOOK_REPLY_MAX ? n : BOOK_REPLY_MAX;
}

/* CometBFT's rule: 30 % rounded half up, or what the old ones leave. */
unsigned int
book_reply_new(unsigned int reply, unsigned int nold)
{
	unsigned int	 n = (reply * NEW_PERCENT + 50) / 100;

	if (reply > nold && reply - nold > n)
		n = reply - nold;
	return n;
}

/* --- counting what a reply holds -------------------------------------- */

#define CELLS		512	/* twice the keys of a reply */

/* Which cell of a table a key is looked for at first. */
static unsigned int
cell_of(uint64_t key)
{
	return (key * 0x9e3779b97f4a7c15ULL) >> 55;
}
_Static_assert(CELLS == 1 << (64 - 55), "the hash fits the cells");

struct tally {
	uint64_t	key[CELLS];
	uint8_t		count[CELLS];
};

/* How many of that kind there are; to be counted up there. */
static uint8_t *
tally_find(struct tally *t, uint64_t key)
{
	unsigned int	 at = cell_of(key);

	while (t->count[at] != 0 && t->key[at] != key)
		at = (at + 1) % CELLS;
	t->key[at] = key;
	return &t->count[at];
}

/* --- drawing ---------------------------------------------------------- */

#define SMALL		2048	/* a pool that is shuffled whole */
#define DRAWS_MAX	2048	/* from a pool that is not */
#define AHEAD		16	/* draws from the fetch of one to its use */

/*
 * A random order of some pools of the book.  From many it is drawn with
 * putting back: who is in the reply already is not taken again.
 */
struct deck {
	const struct book *b;
	enum pool	 set[4];
	uint32_t	 total, max, drawn;
	uint32_t	 fetched, used;
	const uint32_t	*item[AHEAD];	/* drawn: where the entry's number is */
	uint32_t	 entry[AHEAD];	/* fetched */
	uint16_t	 order[SMALL];
};

/* Those of two pools, resting or not. */
static void
deck_init(struct deck *d, const struct book *b, enum pool x, enum pool y)
{
	const uint32_t	*count = b->pools.count;
	unsigned int	 i;

	d->b = b;
	d->set[0] = x;
	d->set[1] = x + POOL_RESTING;
	d->set[2] = y;
	d->set[3] = y + POOL_RESTING;
	d->total = count[x] + count[x + POOL_RESTING];
	if (x != y)
		d->total += count[y] + count[y + POOL_RESTING];
	d->max = d->total > SMALL ? DRAWS_MAX : d->total;
	if (d->total <= SMALL)
		for (i = 0; i < d->total; i++)
			d->order[i] = i;
}

/* Draw from all of it again, in another order. */
static void
deck_shuffle(struct deck *d)
{
	d->drawn = d->fetched = d->used = 0;
}

static uint32_t
deck_number(struct deck *d)
{
	uint32_t	 at, n;

	if (d->total > SMALL)
		return rng_below(d->b->rng, d->total);
	at = d->drawn + rng_below(d->b->rng, d->total - d->drawn);
	n = d->order[at];
	d->order[at] = d->order[d->drawn];
	d->order[d->drawn] = n;
	return n;
}

static const uint32_t *
deck_item(const struct deck *d, uint32_t n)
{
	const struct dense	*pools = &d->b->pools;
	const enum pool		*set = d->set;

	while (n >= pools->count[*set])
		n -= pools->count[*set++];
	return bk_dense_item(pools, *set, n);
}

/*
 * Memory is slow and a big book is not in the cache: while one entry is
 * looked at, the next ones are on their way, and so is where to find those
 * after them.
 */
static void
deck_advance(struct deck *d, uint32_t draws, uint32_t fetches)
{
	uint32_t	 i;

	for (; d->fetched < fetches && d->fetched < d->drawn; d->fetched++) {
		i = *d->item[d->fetched % AHEAD];
		__builtin_prefetch(entry_at(d->b, i));
		d->entry[d->fetched % AHEAD] = i;
	}
	for (; d->drawn < draws && d->drawn < d->max; d->drawn++) {
		d->item[d->drawn % AHEAD] = deck_item(d, deck_number(d));
		__builtin_prefetch(d->item[d->drawn % AHEAD]);
	}
}

static uint32_t
deck_next(struct deck *d)
{
	if (d->drawn == 0)
		deck_advance(d, AHEAD, 0);
	deck_advance(d, d->fetched + AHEAD, d->used + AHEAD);
	if (d->used == d->fetched)
		return NIL;
	return d->entry[d->used++ % AHEAD];
}

/* --- writing the reply ------------------------------------------------ */

struct draft {
	const struct book	*b;
	const struct peer_addr	*requester;
	struct peer_addr	*out;
	unsigned int		 n;
	unsigned int		 cap;	/* of one group, for now */
	unsigned int		 enough; /* told: no more than GROUP_FULL */
	struct tally		 groups, blocks;
	uint16_t		 ids[CELLS];	/* index + 1, or 0 */
	uint32_t		 spare[BOOK_REPLY_MAX];	/* too much of a kind */
	unsigned int		 nspare;
};

/*
 * Where that ID is in the reply, or would be.  All of it is compared: one
 * that only begins like another must not keep it out.
 */
static uint16_t *
id_cell(struct draft *d, const struct node_id *id)
{
	uint64_t	 v;
	unsigned int	 at;

	memcpy(&v, id->b, sizeof(v));
	at = cell_of(v);
	while (d->ids[at] != 0 &&
	    !node_id_equal(&d->out[d->ids[at] - 1].id, id))
		at = (at + 1) % CELLS;
	return &d->ids[at];
}

/* Returns its cell of ids, or NULL if the requester is not told of it. */
static uint16_t *
may_tell(struct draft *d, const struct entry *e)
{
	uint16_t	*cell;

	if (node_id_equal(&e->addr.id, &d->requester->id) ||
	    netaddr_equal(&e->addr.na, &d->requester->na) ||
	    bk_is_banned(d->b, e) ||
	    (e->level == BOOK_HEARD && bk_is_bad(d->b, e)))
		return NULL;
	cell = id_cell(d, &e->addr.id);
	return *cell == 0 ? cell : NULL;
}

static void
draft_add(struct draft *d, const struct entry *e, uint16_t *cell)
{
	d->out[d->n++] = e->addr;
	*cell = d->n;
}

/* Too much of a kind: it is kept for a reply that would be too short. */
static bool
draft_spare(struct draft *d, uint32_t i)
{
	if (d->cap == GROUP_MAX && d->nspare < BOOK_REPLY_MAX)
		d->spare[d->nspare++] = i;
	return false;
}

/* Returns whether it went into the reply. */
static bool
draft_offer(struct draft *d, uint32_t i)
{
	const struct entry	*e = entry_at(d->b, i);
	bool			 any = d->b->conf.private_network;
	uint8_t			*group, *block;
	uint16_t		*cell;

	group = tally_find(&d->groups, bk_group(d->b, e->addr.na.ip).v);
	if (*group >= d->cap && !any)
		return draft_spare(d, i);
	block = tally_find(&d->blocks, netblock_of(e->addr.na.ip).v);
	if (*block >= BLOCK_MAX && !any)
		return draft_spare(d, i);
	if ((cell = may_tell(d, e)) == NULL)
		return false;
	++*group;
	++*block;
	draft_add(d, e, cell);
	return true;
}

/* Up to want from that deck.  Returns how many are still wanted. */
static unsigned int
draft_deal(struct draft *d, struct deck *deck, unsigned int want)
{
	uint32_t	 i;

	deck_shuffle(deck);
	while (want > 0 && (d->cap <= GROUP_FULL || d->n < d->enough) &&
	    (i = deck_next(deck)) != NIL)
		want -= draft_offer(d, i);
	return want;
}

/*
 * So many from each of n decks; want: then what is still wanted.  Where the
 * book is full of hearsay, which counts for the size, a reply would hold most
 * of a pool: it is rather shorter than made up from the same few groups.
 */
static void
draft_fill(struct draft *d, struct deck *decks, unsigned int *want,
    unsigned int n)
{
	unsigned int	 i;

	for (d->cap = 1; d->cap <= GROUP_MAX; d->cap++)
		for (i = 0; i < n; i++)
			want[i] = draft_deal(d, &decks[i], want[i]);
}

/* A short reply is worse than a lopsided one. */
static void
draft_relax(struct draft *d, unsigned int want)
{
	const struct entry	*e;
	uint16_t		*cell;
	unsigned int		 k;

	if (want > REPLY_MIN)
		want = REPLY_MIN;
	for (k = 0; k < d->nspare && d->n < want; k++) {
		e = entry_at(d->b, d->spare[k]);
		if ((cell = may_tell(d, e)) != NULL)
			draft_add(d, e, cell);
	}
}

/*
 * 70 % who stand in old, 30 % who stand in new, each side made up from the
 * other if it is short.
 */
static void
deal_by_table(struct draft *d, enum pool old, enum pool new,
    unsigned int want)
{
	UNINITIALIZED struct deck	decks[2];
	unsigned int	 wants[2], short_of;

	deck_init(&decks[0], d->b, old, old);
	deck_init(&decks[1], d->b, new, new);
	wants[1] = book_reply_new(want, decks[0].total);
	wants[0] = want - wants[1];
	draft_fill(d, decks, wants, 2);
	short_of = wants[0];
	wants[0] = wants[1];
	wants[1] = short_of;
	draft_fill(d, decks, wants, 2);
}

static void
deal_any(struct draft *d, enum pool x, enum pool y, unsigned int want)
{
	UNINITIALIZED struct deck	deck;

	deck_init(&deck, d->b, x, y);
	draft_fill(d, &deck, &want, 1);
}

/* The pools from best to least; the next only while few are in the last. */
static const struct tier {
	enum pool	old, new;
	bool		good;
} tiers[] = {
	{ POOL_DAY_OLD, POOL_DAY_NEW, true },
	{ POOL_3DAYS_OLD, POOL_3DAYS_NEW, true },
	{ POOL_REACHED_OLD, POOL_REACHED_NEW, false },
	{ POOL_HEARD, POOL_HEARD, false },
};
#define NTIERS	(sizeof(tiers) / sizeof(tiers[0]))

static uint32_t
tier_size(const struct book *b, const struct tier *t)
{
	const uint32_t	*count = b->pools.count;

	return count[t->old] + count[t->old + POOL_RESTING] +
	    count[t->new] + count[t->new + POOL_RESTING];
}

unsigned int
book_select(struct book *b, uint32_t now, const struct peer_addr *requester,
    bool by_table, struct peer_addr out[BOOK_REPLY_MAX])
{
	UNINITIALIZED struct draft	d;
	const struct tier	*t;
	unsigned int		 want;
	uint32_t		 pool = 0;

	bk_tick(b, now);
	d.b = b;
	d.requester = requester;
	d.out = out;
	d.n = d.nspare = 0;
	memset(d.groups.count, 0, sizeof(d.groups.count));
	memset(d.blocks.count, 0, sizeof(d.blocks.count));
	memset(d.ids, 0, sizeof(d.ids));
	want = book_reply_size(b->size);
	d.enough = want / 2 > REPLY_MIN ? want / 2 : REPLY_MIN;
	for (t = tiers; t < tiers + NTIERS && pool < REPLY_MIN; t++) {
		if (by_table && t->good)
			deal_by_table(&d, t->old, t->new, want - d.n);
		else
			deal_any(&d, t->old, t->new, want - d.n);
		pool += tier_size(b, t);
	}
	draft_relax(&d, want);
	return d.n;
}
