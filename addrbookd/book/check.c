/* SPDX-License-Identifier: ISC */
/*
 * The checker: every rule that the book's structures keep, looked at from
 * the outside.  Each broken rule has a code of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "addrbookd/book/check.h"
#include "addrbookd/book/impl.h"
#include "common/log.h"

typedef int	whole_check(const struct book *);

static bool
is_used(const struct book *b, uint32_t i)
{
	return i != NIL && i <= b->top && (entry_at(b, i)->flags & ENTRY_USED);
}

/* --- the whole -------------------------------------------------------- */

static int
check_counts(const struct book *b)
{
	uint32_t	 i, n = 0, nold = 0, resting = 0;
	uint32_t	 level[BOOK_SENIOR] = { 0 };

	for (i = 1; i <= b->top; i++) {
		if (!is_used(b, i))
			continue;
		n++;
		nold += entry_is_old(entry_at(b, i));
		resting += entry_is_resting(entry_at(b, i));
		level[entry_at(b, i)->level]++;
	}
	if (n != b->size)
		return BROKEN_SIZE;
	if (memcmp(level, b->nlevel, sizeof(level)) != 0)
		return BROKEN_LEVELS;
	if (nold != b->nold)
		return BROKEN_OLD_COUNT;
	return resting != b->nresting ? BROKEN_RESTING : 0;
}

static int
check_tables(const struct book *b)
{
	uint32_t	 i, refs = 0, held = 0, cells = 0, nold = 0;

	for (i = 1; i <= b->top; i++)
		if (is_used(b, i) && !entry_is_old(entry_at(b, i)))
			refs += entry_at(b, i)->nrefs;
	for (i = 0; i < b->new_buckets * SLOTS; i++)
		held += b->newtab[i] != NIL;
	for (i = 0; i < b->old_buckets * SLOTS; i++)
		nold += b->oldtab[i] != NIL;
	for (i = 0; i <= b->index_mask; i++)
		cells += b->index[i] != 0;
	if (refs != held)
		return BROKEN_NEW_COUNT;
	if (nold != b->nold)
		return BROKEN_OLD_COUNT;
	return cells != b->size ? BROKEN_INDEX_CELLS : 0;
}

static int
check_dense(const struct dense *d, unsigned int nsets, uint32_t expected)
{
	uint32_t	 members = 0, chunks = d->nspare;
	unsigned int	 s;

	for (s = 0; s < nsets; s++) {
		members += d->count[s];
		chunks += (d->count[s] + CHUNK - 1) / CHUNK;
	}
	if (chunks != d->nchunks)
		return BROKEN_CHUNKS;
	return members != expected ? BROKEN_POOL_COUNT : 0;
}

static int
check_sets_whole(const struct book *b)
{
	return check_dense(&b->pools, POOL_MAX, b->size);
}

static bool
list_is_whole(const struct book *b, enum chain c, const struct list *l)
{
	uint32_t	 i, prev = NIL, n = 0;

	for (i = l->head; i != NIL && n < l->count; n++) {
		if (!is_used(b, i) || entry_at(b, i)->link[c].prev != prev)
			return false;
		prev = i;
		i = entry_at(b, i)->link[c].next;
	}
	return i == NIL && n == l->count && l->tail == prev;
}

static int
check_sched_lists(const struct book *b)
{
	uint32_t	 i, n = 0;
	int		 s;

	for (s = SCHED_NONE + 1; s < SCHED_MAX; s++) {
		if (!list_is_whole(b, CHAIN_SCHED, &b->sched[s]))
			return BROKEN_SCHED_LINKS;
		for (i = b->sched[s].head; i != NIL;
		    i = entry_at(b, i)->link[CHAIN_SCHED].next)
			if (entry_at(b, i)->sched != s)
				return BROKEN_SCHED;
		n += b->sched[s].count;
	}
	return n != b->size ? BROKEN_SCHED : 0;
}

static int
check_fresh_list(const struct book *b, int f)
{
	const struct entry	*e;
	uint32_t		 i, last = 0;

	if (!list_is_whole(b, CHAIN_FRESH, &b->fresh[f]))
		return BROKEN_FRESH_LINKS;
	for (i = b->fresh[f].head; i != NIL; i = e->link[CHAIN_FRESH].next) {
		e = entry_at(b, i);
		if (e->fresh != f)
			return BROKEN_FRESH;
		if (!b->unsorted && e->last_success < last)
			return BROKEN_FRESH_ORDER;
		last = e->last_success;
	}
	return 0;
}

static int
check_fresh_lists(const struct book *b)
{
	uint32_t	 n = 0;
	int		 f, code;

	for (f = FRESH_DAY; f < FRESH_MAX; f++) {
		if ((code = check_fresh_list(b, f)) != 0)
			return code;
		n += b->fresh[f].count;
	}
	return n != b->nlevel[BOOK_GOOD] ? BROKEN_FRESH : 0;
}

static bool
not_after(const struct entry *e, uint32_t i, const struct senior *s)
{
	return e->first_success < s->first ||
	    (e->first_success == s->first && i <= s->index);
}

/* As many as there are seniors are not younger than the last of them. */
static int
check_seniors(const struct book *b)
{
	const struct seniors	*l = &b->seniors;
	uint32_t		 i, k, n = 0, count = bk_senior_count(b);

	if (count > l->n)
		return BROKEN_SENIORS;
	if (count == 0)
		return 0;
	for (k = 0; k < count; k++)
		if (!is_used(b, l->list[k].index) ||
		    !bk_is_senior(b, l->list[k].index))
			return BROKEN_SENIORS;
	for (i = 1; i <= b->top; i++)
		n += is_used(b, i) && entry_at(b, i)->fresh != FRESH_NONE &&
		    entry_at(b, i)->fresh != FRESH_STALE &&
		    not_after(entry_at(b, i), i, &l->list[count - 1]);
	return n != count ? BROKEN_SENIORS : 0;
}

static int
check_contests(const struct book *b)
{
	const struct entry	*c, *i;
	uint32_t		 n;

	if (b->ncontests > CONTESTS_MAX)
		return BROKEN_CONTEST;
	for (n = 0; n < b->ncontests; n++) {
		if (!is_used(b, b->contest[n].challenger) ||
		    !is_used(b, b->contest[n].incumbent))
			return BROKEN_CONTEST;
		c = entry_at(b, b->contest[n].challenger);
		i = entry_at(b, b->contest[n].incumbent);
		if (c->level != BOOK_GOOD || entry_is_old(c) ||
		    !entry_is_old(i))
			return BROKEN_CONTEST;
	}
	return 0;
}

static int
check_free(const struct book *b)
{
	uint32_t	 i, n = 0;

	if (b->top > b->capacity)
		return BROKEN_FREE;
	for (i = b->free; i != NIL; i = entry_at(b, i)->link[CHAIN_SCHED].next)
		if (i > b->top || is_used(b, i) || ++n > b->top)
			return BROKEN_FREE;
	return n + b->size != b->top ? BROKEN_FREE : 0;
}

static int
check_bans(const struct book *b)
{
	const struct bans	*bs = &b->bans;
	uint32_t		 i, prev = NIL, n = 0, cells = 0, last = 0;

	for (i = bs->order.head; i != NIL; prev = i, i = bs->ban[i].next) {
		if (i > bs->top || !bs->ban[i].used ||
		    bs->ban[i].prev != prev || ++n > bs->order.count ||
		    bs->ban[i].row.since < last)
			return BROKEN_BANS;
		last = bs->ban[i].row.since;
		if (bk_ban_index(b, &bs->ban[i].row) != i)
			return BROKEN_BANS_INDEX;
	}
	if (n != bs->order.count || bs->order.tail != prev)
		return BROKEN_BANS;
	if (n == 0)
		return 0;
	for (i = 0; i < 2 * BOOK_BANS_MAX; i++)
		cells += bs->index[i] != NIL;
	return cells != n ? BROKEN_BANS_INDEX : 0;
}

static int
check_holds(const struct book *b)
{
	uint32_t	 i, set;

	for (i = 0; i < BOOK_HOLDS_MAX; i++) {
		set = b->hold[i].triple % (BOOK_HOLDS_MAX / HOLD_WAYS);
		if (b->hold[i].until != 0 && i / HOLD_WAYS != set)
			return BROKEN_HOLDS;
	}
	return 0;
}

static int
check_own(const struct book *b)
{
	uint32_t	 n, k;

	if (b->nown > BOOK_OWN_MAX)
		return BROKEN_OWN;
	for (n = 0; n < b->nown; n++)
		for (k = 0; k < n; k++)
			if (netaddr_equal(&b->own[n].na, &b->own[k].na))
				return BROKEN_OWN;
	return 0;
}

static int
check_marks(const struct book *b)
{
	uint32_t	 w, n;
	int		 t;

	for (t = 0; t < BOOK_TABLE_MAX; t++) {
		n = 0;
		for (w = 0; w < b->marks[t].words; w++)
			n += __builtin_popcountll(b->marks[t].bits[w]);
		if (n != b->marks[t].count)
			return BROKEN_MARKS;
	}
	return 0;
}

static whole_check *const whole_checks[] = {
	check_counts, check_tables, check_sets_whole, check_sched_lists,
	check_fresh_lists, check_seniors, check_contests, check_free,
	check_bans, check_holds, check_own, check_marks,
};
#define NITEMS(a)	(sizeof(a) / sizeof(a[0]))

/* The whole last: it relies on entries being sound one by one. */
int
book_check(const struct book *b)
{
	uint32_t	 i;
	size_t		 k;
	int		 code;

	for (i = 1; i <= b->top && i <= b->capacity; i++)
		if (is_used(b, i) && (code = bk_check_entry(b, i)) != 0)
			return code;
	for (k = 0; k < NITEMS(whole_checks); k++)
		if ((code = whole_checks[k](b)) != 0)
			return code;
	return 0;
}

const char *
book_check_text(int code)
{
	static const char *const texts[] = {
		[BROKEN_NOTHING] = "nothing is broken",
#define X(name, text)	[BROKEN_##name] = text,
		BROKEN_TABLE(X)
#undef X
	};

	return code >= 0 && code < BROKEN_MAX ? texts[code] : "?";
}

void
bk_must_hold(const struct book *b)
{
	int	 code;

	if ((code = book_check(b)) == 0)
		return;
	log_warnx("the address book is broken: %s", book_check_text(code));
	abort();
}
