/* SPDX-License-Identifier: ISC */
/*
 * One entry: made, unmade, judged, and kept in the sets where it belongs.
 */
#include <string.h>

#include "addrbookd/book/impl.h"

#define SHUT_NEVER	3	/* days full of one that never answered */
#define SHUT_LATELY	10	/* of one that did, and not since */
#define BAD_NEVER	3	/* failures of one that never answered */
#define BAD_LATELY	10	/* failures of one that was good once */
#define BAD_ANYHOW	16	/* failures of one that was good just now */

static uint32_t
unused_take(struct book *b)
{
	uint32_t	 i = b->free;

	if (i == NIL)
		return ++b->top;
	b->free = entry_at(b, i)->link[CHAIN_SCHED].next;
	bk_entry_fetch(b, b->free);	/* for the next */
	return i;
}

/* Make index i an entry that stands in no table yet. */
void
bk_entry_take(struct book *b, uint32_t i, const struct peer_addr *addr,
    uint32_t id_hash)
{
	struct entry	*e = entry_at(b, i);

	memset(e, 0, sizeof(*e));
	e->addr = *addr;
	e->id_hash = id_hash;
	e->flags = ENTRY_USED;
	e->pool = POOL_MAX;
	b->size++;
	b->nlevel[BOOK_HEARD]++;
	bk_index_add(b, i);
}

/*
 * There always is room: each entry holds a slot of a table, there are no
 * more entries than slots, and the caller has seen a free slot.
 */
uint32_t
bk_entry_new(struct book *b, const struct peer_addr *addr, uint32_t id_hash)
{
	uint32_t	 i = unused_take(b);
	struct entry	*e = entry_at(b, i);

	bk_entry_take(b, i, addr, id_hash);
	e->first_heard = e->last_heard = b->now;
	bk_sched_due(b, i);
	bk_entry_changed(b, i);
	return i;
}

static void
pool_move(struct book *b, uint32_t i, enum pool to)
{
	struct entry	*e = entry_at(b, i);
	uint32_t	 moved;

	if (e->pool == to)
		return;
	if (e->pool != POOL_MAX) {
		moved = bk_dense_del(&b->pools, e->pool, e->pool_pos);
		if (moved != NIL)
			entry_at(b, moved)->pool_pos = e->pool_pos;
	}
	e->pool = to;
	if (to != POOL_MAX)
		e->pool_pos = bk_dense_add(&b->pools, to, i);
}

/* Who did not answer lately is no good advice, whatever it was before. */
static enum pool
pool_of(const struct entry *e)
{
	bool		 old = entry_is_old(e);
	enum pool	 rest = entry_is_resting(e) ? POOL_RESTING : 0;

	if (e->level == BOOK_HEARD)
		return rest + POOL_HEARD;
	if (e->fresh == FRESH_DAY && e->failures == 0)
		return rest + (old ? POOL_DAY_OLD : POOL_DAY_NEW);
	if (e->fresh == FRESH_3DAYS && e->failures == 0)
		return rest + (old ? POOL_3DAYS_OLD : POOL_3DAYS_NEW);
	return rest + (old ? POOL_REACHED_OLD : POOL_REACHED_NEW);
}

void
bk_entry_settle(struct book *b, uint32_t i)
{
	pool_move(b, i, pool_of(entry_at(b, i)));
}

void
bk_entry_free(struct book *b, uint32_t i)
{
	struct entry	*e = entry_at(b, i);

	bk_contest_forget(b, i);
	if (entry_is_old(e))
		bk_old_leave(b, i);
	else
		bk_new_leave(b, i);
	bk_sched(b, i, SCHED_NONE);
	bk_fresh(b, i, FRESH_NONE);
	pool_move(b, i, POOL_MAX);
	bk_index_del(b, i);
	b->nlevel[e->level]--;
	b->size--;
	memset(e, 0, sizeof(*e));
	e->link[CHAIN_SCHED].next = b->free;
	b->free = i;
	bk_entry_changed(b, i);
}

void
bk_entry_changed(struct book *b, uint32_t i)
{
	bk_mark(b, BOOK_TABLE_ENTRY, i);
}

void
bk_set_level(struct book *b, uint32_t i, enum book_level level)
{
	struct entry	*e = entry_at(b, i);

	b->nlevel[e->level]--;
	e->level = level;
	b->nlevel[e->level]++;
}

/*
 * Not worth its place in new.  Never while a dial may be under way.
 * Source: Bitcoin Core addrman (IsTerrible), CometBFT known_address.go.
 */
bool
bk_is_bad(const struct book *b, const struct entry *e)
{
	uint32_t	 seen;

	if (e->last_try != 0 && since(b->now, e->last_try) < MINUTE)
		return false;
	if (e->failures >= (e->last_success == 0 ? BAD_NEVER : BAD_ANYHOW))
		return true;
	seen = e->last_heard > e->last_success ?
	    e->last_heard : e->last_success;
	if (since(b->now, seen) > WEEK)
		return true;
	return e->failures >= BAD_LATELY &&
	    since(b->now, e->last_success) > WEEK;
}

/*
 * Is its place for others?  What answers and never lets us in is not bad and
 * is told of, but it could be anything that takes a connection.
 */
bool
bk_gives_way(const struct book *b, const struct entry *e)
{
	return bk_is_bad(b, e) || (!entry_is_old(e) &&
	    e->tests >= (e->last_success == 0 ? SHUT_NEVER : SHUT_LATELY));
}

bool
bk_is_banned(const struct book *b, const struct entry *e)
{
	return bk_ban_now(b, &e->addr.id, e->addr.na.ip);
}
