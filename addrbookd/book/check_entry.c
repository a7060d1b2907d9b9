/* SPDX-License-Identifier: ISC */
/*
 * The checker's look at one entry: is it sound, and is it where it belongs?
 */
#include "addrbookd/book/check.h"
#include "addrbookd/book/impl.h"

typedef int	entry_check(const struct book *, uint32_t);

/* --- one entry by itself ---------------------------------------------- */

static int
check_level(const struct book *b, uint32_t i)
{
	const struct entry	*e = entry_at(b, i);

	if (e->level > BOOK_GOOD ||
	    (e->level == BOOK_HEARD) != (e->last_success == 0) ||
	    (e->first_success == 0) != (e->last_success == 0))
		return BROKEN_LEVEL;
	return entry_is_old(e) && e->level != BOOK_GOOD ? BROKEN_OLD_LEVEL : 0;
}

static int
check_times(const struct book *b, uint32_t i)
{
	const struct entry	*e = entry_at(b, i);

	if (e->first_heard > e->last_heard ||
	    e->first_success > e->last_success || e->last_heard > b->now ||
	    e->last_success > b->now || e->last_try > b->now ||
	    e->last_failure > b->now ||
	    e->rest_until > b->now + BACKOFF_MAX)
		return BROKEN_TIMES;
	return 0;
}

static int
check_allowed(const struct book *b, uint32_t i)
{
	const struct entry	*e = entry_at(b, i);

	if (bk_refuse(b, &e->addr) != BOOK_ADDED)
		return BROKEN_FORBIDDEN;
	return bk_ban_now(b, &e->addr.id, NULL) ? BROKEN_BANNED : 0;
}

static int
check_endpoints(const struct book *b, uint32_t i)
{
	const struct entry	*e = entry_at(b, i), *o;
	uint32_t		 eps[ENDPOINTS_MAX];
	unsigned int		 k, n, claims = 0, verified = 0;

	if (e->id_hash != bk_hash_id(b, &e->addr.id) ||
	    bk_find(b, &e->addr) != i)
		return BROKEN_INDEX;
	n = bk_endpoints(b, &e->addr.id, eps);
	for (k = 0; k < n; k++) {
		o = entry_at(b, eps[k]);
		if (o->level == BOOK_HEARD)
			claims++;
		else
			verified++;
		if (eps[k] != i && peer_addr_equal(&o->addr, &e->addr))
			return BROKEN_TRIPLE;
	}
	if (claims > CLAIMS_MAX)
		return BROKEN_CLAIMS;
	return verified > 1 ? BROKEN_VERIFIED : 0;
}

/* --- its places ------------------------------------------------------- */

static int
check_new_places(const struct book *b, uint32_t i)
{
	const struct entry	*e = entry_at(b, i);
	uint32_t		 place;
	unsigned int		 n, k;

	if (e->nrefs < 1 || e->nrefs > BOOK_REFS_MAX)
		return BROKEN_REFS;
	for (n = 0; n < e->nrefs; n++) {
		place = e->at.ref[n];
		if (place >= b->new_buckets * SLOTS || b->newtab[place] != i)
			return BROKEN_NEW_PLACE;
		if (bk_new_slot(b, &e->addr, place / SLOTS) != place)
			return BROKEN_NEW_HASH;
		for (k = 0; k < n; k++)
			if (e->at.ref[k] / SLOTS == place / SLOTS)
				return BROKEN_NEW_TWICE;
	}
	return 0;
}

static int
check_caps(const struct book *b, uint32_t i)
{
	const struct entry	*e = entry_at(b, i), *o;
	struct nethost		 host = nethost_of(e->addr.na.ip);
	struct netblock		 block = netblock_of(e->addr.na.ip);
	unsigned int		 hosts = 0, blocks = 0, all = 0;
	uint32_t		 k;

	if (b->conf.private_network)
		return 0;
	for (k = bk_group_cell(b, bk_group(b, e->addr.na.ip))->head; k != NIL;
	    k = o->at.old.next) {
		o = entry_at(b, k);
		hosts += nethost_equal(nethost_of(o->addr.na.ip), host);
		blocks += netblock_equal(netblock_of(o->addr.na.ip), block);
		if (++all > GROUP_CAP)
			return BROKEN_OLD_GROUP;
	}
	if (hosts > HOST_CAP)
		return BROKEN_OLD_HOST;
	return blocks > BLOCK_CAP ? BROKEN_OLD_BLOCK : 0;
}

static int
check_chain(const struct book *b, uint32_t i)
{
	const struct entry	*e = entry_at(b, i);
	struct netgroup		 g = bk_group(b, e->addr.na.ip);
	uint32_t		 next = e->at.old.next, prev = e->at.old.prev;
	const struct group_cell	*c = bk_group_cell(b, g);
	struct group_cell	 is;

	if (prev == NIL && c->head != i)
		return BROKEN_OLD_CHAIN;
	if (prev != NIL && entry_at(b, prev)->at.old.next != i)
		return BROKEN_OLD_CHAIN;
	if (next != NIL && (entry_at(b, next)->at.old.prev != i ||
	    !entry_is_old(entry_at(b, next)) || !netgroup_equal(g,
	    bk_group(b, entry_at(b, next)->addr.na.ip))))
		return BROKEN_OLD_CHAIN;
	if (prev != NIL)
		return 0;
	is = bk_group_tally(b, i);
	return is.count != c->count || is.blocks != c->blocks ?
	    BROKEN_OLD_TALLY : 0;
}

static int
check_old_place(const struct book *b, uint32_t i)
{
	const struct entry	*e = entry_at(b, i);
	uint32_t		 place = e->at.old.place;
	int			 code;

	if (e->nrefs != 1)
		return BROKEN_REFS;
	if (place >= b->old_buckets * SLOTS || b->oldtab[place] != i)
		return BROKEN_OLD_PLACE;
	if (bk_old_place(b, &e->addr) != place)
		return BROKEN_OLD_HASH;
	if ((code = check_chain(b, i)) != 0)
		return code;
	return check_caps(b, i);
}

static int
check_places(const struct book *b, uint32_t i)
{
	return entry_is_old(entry_at(b, i)) ? check_old_place(b, i) :
	    check_new_places(b, i);
}

/* --- its sets and lists ----------------------------------------------- */

static enum pool
pool_expected(const struct entry *e)
{
	if (e->level == BOOK_HEARD)
		return POOL_HEARD;
	switch (e->failures == 0 ? e->fresh : FRESH_NONE) {
	case FRESH_DAY:
		return entry_is_old(e) ? POOL_DAY_OLD : POOL_DAY_NEW;
	case FRESH_3DAYS:
		return entry_is_old(e) ? POOL_3DAYS_OLD : POOL_3DAYS_NEW;
	default:
		return entry_is_old(e) ? POOL_REACHED_OLD : POOL_REACHED_NEW;
	}
}

static int
check_sets(const struct book *b, uint32_t i)
{
	const struct entry	*e = entry_at(b, i);

	if (e->pool >= POOL_MAX ||
	    e->pool % POOL_RESTING != pool_expected(e))
		return BROKEN_POOL;
	if ((e->pool >= POOL_RESTING) != entry_is_resting(e))
		return BROKEN_READY;
	if (e->pool_pos >= b->pools.count[e->pool] ||
	    bk_dense_at(&b->pools, e->pool, e->pool_pos) != i)
		return BROKEN_POOL_POS;
	return 0;
}

/*
 * Who stands before it in its list may hold it up: by a second of jitter
 * when backing off, by one whole spacing after a try.
 */
static int
check_sched(const struct book *b, uint32_t i)
{
	const struct entry	*e = entry_at(b, i);

	if (e->sched == SCHED_NONE || e->sched >= SCHED_MAX)
		return BROKEN_SCHED;
	if ((e->sched == SCHED_DUE_HEARD && e->level != BOOK_HEARD) ||
	    (e->sched == SCHED_DUE_VERIFIED && e->level == BOOK_HEARD))
		return BROKEN_SCHED;
	if (entry_is_resting(e) && e->rest_until + 1 < b->now &&
	    (e->sched != SCHED_REST_LOADED || !b->unsorted))
		return BROKEN_SCHED_LATE;
	if (e->sched == SCHED_COOL &&
	    since(b->now, e->last_try) >= 2 * b->conf.crawl_spacing)
		return BROKEN_SCHED_LATE;
	return 0;
}

static int
check_fresh(const struct book *b, uint32_t i)
{
	const struct entry	*e = entry_at(b, i);

	if ((e->fresh == FRESH_NONE) != (e->level < BOOK_GOOD))
		return BROKEN_FRESH;
	if (!b->unsorted && e->fresh != bk_fresh_of(b, e))
		return BROKEN_FRESH;
	return 0;
}

static int
check_flags(const struct book *b, uint32_t i)
{
	const struct entry	*e = entry_at(b, i);
	bool			 challenges = false, contested = false;
	uint32_t		 n;

	for (n = 0; n < b->ncontests; n++) {
		challenges |= b->contest[n].challenger == i;
		contested |= b->contest[n].incumbent == i;
	}
	if (challenges != !!(e->flags & ENTRY_CHALLENGES) ||
	    contested != !!(e->flags & ENTRY_CONTESTED))
		return BROKEN_CONTEST_FLAGS;
	return 0;
}

static entry_check *const checks[] = {
	check_level, check_times, check_allowed, check_endpoints,
	check_places, check_sets, check_sched, check_fresh, check_flags,
};

int
bk_check_entry(const struct book *b, uint32_t i)
{
	size_t	 k;
	int	 code;

	for (k = 0; k < sizeof(checks) / sizeof(checks[0]); k++)
		if ((code = checks[k](b, i)) != 0)
			return code;
	return 0;
}
