/* SPDX-License-Identifier: ISC */
/*
 * Selection: a reply to a PexRequest.  A random sample of those verified
 * lately, no more than a few of any neighbourhood, at a cost that depends
 * on the answer and not on the book.
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

#define TALLY_CELLS	1024	/* more than twice the keys of a reply */

struct tally {
	uint64_t	key[TALLY_CELLS];
	uint8_t		count[TALLY_CELLS];
};

static unsigned int
tally_cell(const struct tally *t, uint64_t key)
{
	unsigned int	 at;

	at = (key * 0x9e3779b97f4a7c15ULL) >> 54;
	while (t->count[at] != 0 && t->key[at] != key)
		at = (at + 1) % TALLY_CELLS;
	return at;
}

static void
tally_add(struct tally *t, uint64_t key)
{
	unsigned int	 at = tally_cell(t, key);

	t->key[at] = key;
	if (t->count[at] < UINT8_MAX)
		t->count[at]++;
}

static unsigned int
tally_count(const struct tally *t, uint64_t key)
{
	return t->count[tally_cell(t, key)];
}

/* --- drawing without putting back ------------------------------------- */

#define SMALL		1024		/* a pool that is shuffled whole */
#define SEEN_CELLS	4096
#define DRAWS_MAX	1280		/* from a pool that is not */
#define AHEAD		16		/* entries fetched before use */

/* A random order of one or two sets of the book. */
struct deck {
	const struct book *b;
	enum pool	 set[2];
	uint32_t	 total, drawn;
	union {
		uint16_t order[SMALL];
		uint32_t seen[SEEN_CELLS];	/* number + 1, or 0 */
	} u;
	uint32_t	 ahead[AHEAD];
	unsigned int	 nahead, used;
};

static void
deck_init(struct deck *d, const struct book *b, enum pool x, enum pool y)
{
	uint32_t	 i;

	d->b = b;
	d->set[0] = x;
	d->set[1] = y;
	d->total = b->pools.count[x] + (x == y ? 0 : b->pools.count[y]);
	d->drawn = 0;
	d->nahead = d->used = 0;
	if (d->total > SMALL)
		memset(d->u.seen, 0, sizeof(d->u.seen));
	else
		for (i = 0; i < d->total; i++)
			d->u.order[i] = i;
}

/* One that was not drawn before. */
static uint32_t
number_small(struct deck *d)
{
	uint32_t	 at, n;

	at = d->drawn + rng_below(d->b->rng, d->total - d->drawn);
	n = d->u.order[at];
	d->u.order[at] = d->u.order[d->drawn];
	return n;
}

static uint32_t
number_large(struct deck *d)
{
	uint32_t	 n, at;

	for (;;) {
		n = rng_below(d->b->rng, d->total);
		at = (n * 0x9e3779b1U) % SEEN_CELLS;
		while (d->u.seen[at] != 0 && d->u.seen[at] != n + 1)
			at = (at + 1) % SEEN_CELLS;
		if (d->u.seen[at] == 0) {
			d->u.seen[at] = n + 1;
			return n;
		}
	}
}

static uint32_t
deck_entry(const struct deck *d, uint32_t n)
{
	uint32_t	 first = d->b->pools.count[d->set[0]];

	if (n < first)
		return bk_dense_at(&d->b->pools, d->set[0], n);
	return bk_dense_at(&d->b->pools, d->set[1], n - first);
}

/* Memory is slow and a big book is not in the cache: ask for some at once. */
static void
deck_refill(struct deck *d)
{
	uint32_t	 max, i;

	max = d->total > DRAWS_MAX ? DRAWS_MAX : d->total;
	d->nahead = d->used = 0;
	while (d->nahead < AHEAD && d->drawn < max) {
		i = deck_entry(d, d->total > SMALL ? number_large(d) :
		    number_small(d));
		d->drawn++;
		__builtin_prefetch(entry_at(d->b, i));
		d->ahead[d->nahead++] = i;
	}
}

static uint32_t
deck_next(struct deck *d)
{
	if (d->used == d->nahead)
		deck_refill(d);
	return d->nahead == 0 ? NIL : d->ahead[d->used++];
}

/* --- writing the reply ------------------------------------------------ */

struct draft {
	const struct book	*b;
	const struct peer_addr	*requester;
	struct peer_addr	*out;
	unsigned int		 n;
	struct tally		 groups, blocks;
	uint16_t		 ids[TALLY_CELLS];	/* index + 1, or 0 */
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
	at = (v * 0x9e3779b97f4a7c15ULL) >> 54;
	while (d->ids[at] != 0 &&
	    !node_id_equal(&d->out[d->ids[at] - 1].id, id))
		at = (at + 1) % TALLY_CELLS;
	return &d->ids[at];
}

static bool
may_tell(struct draft *d, const struct entry *e)
{
	if (node_id_equal(&e->addr.id, &d->requester->id) ||
	    netaddr_equal(&e->addr.na, &d->requester->na))
		return false;
	return !bk_is_banned(d->b, e) &&
	    (e->level != BOOK_HEARD || !bk_is_bad(d->b, e)) &&
	    *id_cell(d, &e->addr.id) == 0;
}

static void
draft_add(struct draft *d, const struct entry *e)
{
	uint16_t	*cell = id_cell(d, &e->addr.id);

	d->out[d->n++] = e->addr;
	*cell = d->n;
}

/* Returns whether it went into the reply. */
static bool
draft_offer(struct draft *d, uint32_t i)
{
	const struct entry	*e = entry_at(d->b, i);
	uint64_t		 group, block;

	if (!may_tell(d, e))
		return false;
	if (d->b->conf.private_network) {
		draft_add(d, e);
		return true;
	}
	group = bk_group(d->b, e->addr.na.ip).v;
	block = netblock_of(e->addr.na.ip).v;
	if (tally_count(&d->groups, group) >= GROUP_MAX ||
	    tally_count(&d->blocks, block) >= BLOCK_MAX) {
		if (d->nspare < BOOK_REPLY_MAX)
			d->spare[d->nspare++] = i;
		return false;
	}
	tally_add(&d->groups, group);
	tally_add(&d->blocks, block);
	draft_add(d, e);
	return true;
}

/* Up to want from that deck.  Returns how many are still wanted. */
static unsigned int
draft_deal(struct draft *d, struct deck *deck, unsigned int want)
{
	uint32_t	 i;

	while (want > 0 && (i = deck_next(deck)) != NIL)
		want -= draft_offer(d, i);
	return want;
}

/* A short reply is worse than a lopsided one. */
static void
draft_relax(struct draft *d, unsigned int want)
{
	unsigned int	 k;

	if (want > REPLY_MIN)
		want = REPLY_MIN;
	for (k = 0; k < d->nspare && d->n < want; k++)
		if (may_tell(d, entry_at(d->b, d->spare[k])))
			draft_add(d, entry_at(d->b, d->spare[k]));
}

/*
 * 70 % who stand in old, 30 % who stand in new, each side made up from the
 * other if it is short.
 */
static void
deal_by_table(struct draft *d, enum pool old, enum pool new,
    unsigned int want)
{
	UNINITIALIZED struct deck	olds, news;
	unsigned int	 from_new, missing;

	deck_init(&olds, d->b, old, old);
	deck_init(&news, d->b, new, new);
	from_new = book_reply_new(want, olds.total);
	missing = draft_deal(d, &olds, want - from_new);
	missing = draft_deal(d, &news, from_new + missing);
	draft_deal(d, &olds, missing);
}

static void
deal_any(struct draft *d, enum pool x, enum pool y, unsigned int want)
{
	UNINITIALIZED struct deck	deck;

	deck_init(&deck, d->b, x, y);
	draft_deal(d, &deck, want);
}

/* The pools from best to least; the next only while few are in the last. */
static const struct tier {
	enum pool	old, new;
} tiers[] = {
	{ POOL_DAY_OLD, POOL_DAY_NEW },
	{ POOL_3DAYS_OLD, POOL_3DAYS_NEW },
	{ POOL_REACHED, POOL_REACHED },
	{ POOL_HEARD, POOL_HEARD },
};
#define NTIERS	(sizeof(tiers) / sizeof(tiers[0]))

static uint32_t
tier_size(const struct book *b, const struct tier *t)
{
	return b->pools.count[t->old] +
	    (t->old == t->new ? 0 : b->pools.count[t->new]);
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
	for (t = tiers; t < tiers + NTIERS && pool < REPLY_MIN; t++) {
		if (by_table && t->old != t->new)
			deal_by_table(&d, t->old, t->new, want - d.n);
		else
			deal_any(&d, t->old, t->new, want - d.n);
		pool += tier_size(b, t);
	}
	draft_relax(&d, want);
	return d.n;
}
