/* SPDX-License-Identifier: ISC */
/*
 * Bans: by authenticated ID and by the host it came from, for what it did
 * itself.  A ban that has run out is remembered for as long as bans can be,
 * so that a second one is longer; in a full table the oldest goes.
 */
#include <stdlib.h>
#include <string.h>

#include "addrbookd/book/impl.h"

#define BAN_FIRST	DAY
#define BAN_MAX		(30 * DAY)
#define BAN_MEMORY	(30 * DAY)	/* after it ran out */
#define BAN_ONE_EVENT	MINUTE		/* what counts as one occasion */
#define INDEX_CELLS	(2 * BOOK_BANS_MAX)

/* What is banned: an ID, or a host as its first address. */
struct key {
	uint8_t	b[1 + NODE_ID_SIZE];
};

static struct key
key_of_id(const struct node_id *id)
{
	struct key	 k = { { 'i' } };

	memcpy(k.b + 1, id->b, sizeof(id->b));
	return k;
}

static struct key
key_of_host(const uint8_t ip[16])
{
	struct key	 k = { { 'h' } };

	memcpy(k.b + 1, ip, ip_is_v4(ip) ? 16 : 8);
	return k;
}

static struct key
key_of_row(const struct book_ban *r)
{
	return r->by_id ? key_of_id(&r->id) : key_of_host(r->ip);
}

/* Bytes 13..16 tell IPv4 hosts apart, 5..8 IPv6 ones, both IDs. */
static uint8_t *
filter_cell(const struct book *b, const struct key *k)
{
	uint32_t	 x, y;

	memcpy(&x, k->b + 5, sizeof(x));
	memcpy(&y, k->b + 13, sizeof(y));
	x ^= y ^ (uint32_t)b->key.k0;
	x *= 0x9e3779b1U;
	return &b->bans.filter[x >> 15];
}
_Static_assert(BAN_FILTER == 1 << (32 - 15), "the filter's hash fits it");

static uint32_t
home_of(const struct book *b, const struct key *k)
{
	return siphash24(&b->key, k->b, sizeof(k->b)) & (INDEX_CELLS - 1);
}

/* The cell with that key, or the empty one for it. */
static uint32_t
cell_find(const struct book *b, const struct key *k)
{
	uint32_t	 at = home_of(b, k);
	struct key	 other;

	for (; b->bans.index[at] != NIL; at = (at + 1) & (INDEX_CELLS - 1)) {
		other = key_of_row(&b->bans.ban[b->bans.index[at]].row);
		if (memcmp(&other, k, sizeof(other)) == 0)
			break;
	}
	return at;
}

static void
cell_close(struct book *b, uint32_t gap)
{
	uint32_t	 at, home, mask = INDEX_CELLS - 1;
	struct key	 k;

	for (at = (gap + 1) & mask; b->bans.index[at] != NIL;
	    at = (at + 1) & mask) {
		k = key_of_row(&b->bans.ban[b->bans.index[at]].row);
		home = home_of(b, &k);
		if (((at - home) & mask) < ((at - gap) & mask))
			continue;
		b->bans.index[gap] = b->bans.index[at];
		gap = at;
	}
	b->bans.index[gap] = NIL;
}

/* The ban of whom the row names, or NIL. */
uint32_t
bk_ban_index(const struct book *b, const struct book_ban *row)
{
	struct key	 k = key_of_row(row);

	return b->bans.index[cell_find(b, &k)];
}

/* In one piece, of which nothing is in memory before there are bans. */
int
bk_bans_init(struct bans *bs)
{
	size_t	 n = BOOK_BANS_MAX + 1;

	bs->ban = calloc(1, n * sizeof(*bs->ban) +
	    INDEX_CELLS * sizeof(*bs->index) + BAN_FILTER);
	if (bs->ban == NULL)
		return -1;
	bs->index = (uint32_t *)(bs->ban + n);
	bs->filter = (uint8_t *)(bs->index + INDEX_CELLS);
	return 0;
}

void
bk_bans_free(struct bans *bs)
{
	free(bs->ban);
}

/* --- the order of age ------------------------------------------------- */

static void
order_del(struct bans *bs, uint32_t i)
{
	struct ban	*ban = &bs->ban[i];

	bs->tallied.at = 0;
	if (ban->next != NIL)
		bs->ban[ban->next].prev = ban->prev;
	else
		bs->order.tail = ban->prev;
	if (ban->prev != NIL)
		bs->ban[ban->prev].next = ban->next;
	else
		bs->order.head = ban->next;
	bs->order.count--;
}

static void
order_add(struct bans *bs, uint32_t i)
{
	struct ban	*ban = &bs->ban[i];

	bs->tallied.at = 0;
	ban->prev = bs->order.tail;
	ban->next = NIL;
	if (ban->prev != NIL)
		bs->ban[ban->prev].next = i;
	else
		bs->order.head = i;
	bs->order.tail = i;
	bs->order.count++;
}

static void
filter_count(struct book *b, const struct key *k, int by)
{
	uint8_t	*cell = filter_cell(b, k);

	/* A cell that was ever full stays so: it only costs time. */
	if (*cell != UINT8_MAX)
		*cell += by;
}

static void
ban_forget(struct book *b, uint32_t i)
{
	struct bans	*bs = &b->bans;
	struct key	 k = key_of_row(&bs->ban[i].row);

	cell_close(b, cell_find(b, &k));
	filter_count(b, &k, -1);
	order_del(bs, i);
	memset(&bs->ban[i], 0, sizeof(bs->ban[i]));
	bs->ban[i].next = bs->free;
	bs->free = i;
	bk_mark(b, BOOK_TABLE_BAN, i);
}

static uint32_t
ban_unused(struct book *b)
{
	struct bans	*bs = &b->bans;
	uint32_t	 i;

	if (bs->free == NIL && bs->top == BOOK_BANS_MAX)
		ban_forget(b, bs->order.head);
	if ((i = bs->free) == NIL)
		return ++bs->top;
	bs->free = bs->ban[i].next;
	return i;
}

static void
ban_enter(struct book *b, uint32_t i, const struct book_ban *row)
{
	struct bans	*bs = &b->bans;
	struct key	 k = key_of_row(row);

	bs->ban[i].used = true;
	bs->ban[i].row = *row;
	bs->index[cell_find(b, &k)] = i;
	filter_count(b, &k, 1);
	order_add(bs, i);
}

/* --- banning ---------------------------------------------------------- */

static uint32_t
length_of(unsigned int times)
{
	uint32_t	 s = BAN_FIRST;

	while (times-- > 1 && s < BAN_MAX)
		s *= 2;
	return s < BAN_MAX ? s : BAN_MAX;
}

static unsigned int
times_next(const struct book *b, const struct book_ban *r)
{
	if (since(b->now, r->until) > BAN_MEMORY)
		return 1;
	if (r->until > b->now && since(b->now, r->since) < BAN_ONE_EVENT)
		return r->times;
	return r->times < UINT16_MAX ? r->times + 1 : UINT16_MAX;
}

/* row says whom and why.  Returns until when. */
static uint32_t
ban_one(struct book *b, struct book_ban row, uint32_t seconds)
{
	struct key	 k = key_of_row(&row);
	uint32_t	 i = b->bans.index[cell_find(b, &k)], until;

	row.times = 1;
	until = 0;
	if (i != NIL) {
		row.times = times_next(b, &b->bans.ban[i].row);
		until = b->bans.ban[i].row.until;
		ban_forget(b, i);
	}
	row.since = b->now;
	row.until = b->now + (seconds != 0 ? seconds : length_of(row.times));
	/* The operator may shorten a ban; another fault does not. */
	if (row.fault != BOOK_FAULT_OPERATOR && until > row.until)
		row.until = until;
	i = ban_unused(b);
	ban_enter(b, i, &row);
	bk_mark(b, BOOK_TABLE_BAN, i);
	return row.until;
}

static void
leave_book(struct book *b, const struct node_id *id)
{
	uint32_t	 eps[ENDPOINTS_MAX];
	unsigned int	 n;

	for (n = bk_endpoints(b, id, eps); n > 0; n--)
		bk_entry_free(b, eps[n - 1]);
}

uint32_t
book_ban(struct book *b, uint32_t now, const struct node_id *id,
    const uint8_t *ip, enum book_fault fault, uint32_t seconds)
{
	struct book_ban	 by_id = { .by_id = true, .fault = fault };
	struct book_ban	 by_host = { .fault = fault };
	uint32_t	 until = 0, host_until;

	bk_tick(b, now);
	if (id != NULL) {
		by_id.id = *id;
		until = ban_one(b, by_id, seconds);
		leave_book(b, id);
	}
	if (ip != NULL && !b->conf.private_network) {
		memcpy(by_host.ip, ip, ip_is_v4(ip) ? 16 : 8);
		host_until = ban_one(b, by_host, seconds);
		if (host_until > until)
			until = host_until;
	}
	return until;
}

static bool
unban_one(struct book *b, const struct key *k)
{
	uint32_t	 i = b->bans.index[cell_find(b, k)];
	bool		 banned;

	if (i == NIL)
		return false;
	banned = b->bans.ban[i].row.until > b->now;
	ban_forget(b, i);
	return banned;
}

bool
book_unban(struct book *b, uint32_t now, const struct node_id *id,
    const uint8_t *ip)
{
	struct key	 k;
	bool		 was = false;

	bk_tick(b, now);
	if (id != NULL) {
		k = key_of_id(id);
		was |= unban_one(b, &k);
	}
	if (ip != NULL) {
		k = key_of_host(ip);
		was |= unban_one(b, &k);
	}
	return was;
}

/* --- asking ----------------------------------------------------------- */

static bool
key_is_banned(const struct book *b, const struct key *k)
{
	uint32_t	 i;

	if (*filter_cell(b, k) == 0)
		return false;
	i = b->bans.index[cell_find(b, k)];
	return i != NIL && b->bans.ban[i].row.until > b->now;
}

bool
bk_ban_now(const struct book *b, const struct node_id *id, const uint8_t *ip)
{
	struct key	 k;

	if (b->bans.order.count == 0)
		return false;
	if (id != NULL) {
		k = key_of_id(id);
		if (key_is_banned(b, &k))
			return true;
	}
	if (ip == NULL || b->conf.private_network)
		return false;
	k = key_of_host(ip);
	return key_is_banned(b, &k);
}

bool
book_is_banned(struct book *b, uint32_t now, const struct node_id *id,
    const uint8_t *ip)
{
	bk_tick(b, now);
	return bk_ban_now(b, id, ip);
}

uint32_t
bk_ban_count(struct book *b)
{
	struct bans	*bs = &b->bans;
	uint32_t	 i;

	if (bs->tallied.at == b->now)
		return bs->tallied.n;
	bs->tallied.at = b->now;
	bs->tallied.n = 0;
	for (i = bs->order.head; i != NIL; i = bs->ban[i].next)
		bs->tallied.n += bs->ban[i].row.until > b->now;
	return bs->tallied.n;
}

bool
book_next_ban(struct book *b, uint32_t now, uint32_t *cursor,
    struct book_ban *row)
{
	const struct ban	*ban;

	bk_tick(b, now);
	while (*cursor < b->bans.top) {
		ban = &b->bans.ban[++*cursor];
		if (!ban->used || ban->row.until <= b->now)
			continue;
		*row = ban->row;
		return true;
	}
	return false;
}

bool
book_get_ban(struct book *b, uint32_t index, struct book_ban *row)
{
	if (index == NIL || index > b->bans.top || !b->bans.ban[index].used)
		return false;
	*row = b->bans.ban[index].row;
	return true;
}

/* One that is over for so long that it would count for nothing is let go. */
bool
bk_ban_load(struct book *b, uint32_t index, const struct book_ban *row)
{
	struct bans	*bs = &b->bans;
	struct book_ban	 r = *row;
	struct key	 k = key_of_row(&r);

	if (index == NIL || index > BOOK_BANS_MAX || bs->ban[index].used ||
	    since(b->now, r.until) > BAN_MEMORY ||
	    bs->index[cell_find(b, &k)] != NIL || r.times == 0 ||
	    (unsigned int)r.fault >= BOOK_FAULT_MAX)
		return false;
	if (r.since > b->now) {		/* the clock was set back */
		if (r.until > b->now + (r.until - r.since))
			r.until = b->now + (r.until - r.since);
		r.since = b->now;
	}
	if (index > bs->top)
		bs->top = index;
	ban_enter(b, index, &r);
	return true;
}

static int
by_age(const void *x, const void *y)
{
	const struct ban *const	*a = x, *const *b = y;

	if ((*a)->row.since != (*b)->row.since)
		return (*a)->row.since < (*b)->row.since ? -1 : 1;
	return *a < *b ? -1 : *a > *b;
}

/* Loaded rows come in any order, and leave numbers unused. */
int
bk_ban_load_end(struct book *b)
{
	struct bans	*bs = &b->bans;
	struct ban	**sorted;
	uint32_t	 i, n = 0;

	if (bs->order.count == 0)
		return 0;
	if ((sorted = calloc(bs->order.count, sizeof(*sorted))) == NULL)
		return -1;
	bs->free = NIL;
	for (i = bs->top; i > 0; i--) {
		if (bs->ban[i].used) {
			sorted[n++] = &bs->ban[i];
			continue;
		}
		bs->ban[i].next = bs->free;
		bs->free = i;
	}
	qsort(sorted, n, sizeof(*sorted), by_age);
	memset(&bs->order, 0, sizeof(bs->order));
	for (i = 0; i < n; i++)
		order_add(bs, sorted[i] - bs->ban);
	free(sorted);
	return 0;
}
