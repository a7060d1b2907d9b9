/* SPDX-License-Identifier: ISC */
/*
 * Rows: entries as they are shown, stored, loaded and imported.
 */
#include <string.h>

#include "addrbookd/book/impl.h"

/* --- out -------------------------------------------------------------- */

static void
row_fill(const struct book *b, uint32_t i, struct book_row *row)
{
	const struct entry	*e = entry_at(b, i);
	bool			 old = entry_is_old(e);

	memset(row, 0, sizeof(*row));
	row->addr = e->addr;
	row->source = e->source;
	row->level = e->level;
	row->old = old;
	row->nplaces = e->nrefs;
	if (old)
		row->place[0] = e->at.old.place;
	else
		memcpy(row->place, e->at.ref,
		    e->nrefs * sizeof(row->place[0]));
	row->first_heard = e->first_heard;
	row->last_heard = e->last_heard;
	row->first_success = e->first_success;
	row->last_success = e->last_success;
	row->last_try = e->last_try;
	row->last_failure = e->last_failure;
	row->rest_until = e->rest_until;
	row->last_test = old ? e->at.old.last_test : 0;
	row->failures = e->failures;
	row->tests = e->tests;
	row->successes = e->successes;
	row->tries = e->tries;
	row->senior = bk_is_senior(b, i);
	row->bad = bk_is_bad(b, e);
	row->banned = bk_is_banned(b, e);
}

bool
book_get_row(struct book *b, uint32_t i, struct book_row *row)
{
	if (i == NIL || i > b->top || !(entry_at(b, i)->flags & ENTRY_USED))
		return false;
	row_fill(b, i, row);
	return true;
}

bool
book_next_row(struct book *b, uint32_t now, uint32_t *cursor,
    struct book_row *row)
{
	bk_tick(b, now);
	while (*cursor < b->top)
		if (book_get_row(b, ++*cursor, row))
			return true;
	return false;
}

bool
book_find(struct book *b, uint32_t now, const struct peer_addr *addr,
    struct book_row *row)
{
	bk_tick(b, now);
	return book_get_row(b, bk_find(b, addr), row);
}

/* --- history ---------------------------------------------------------- */

static void
clamp(uint32_t *t, uint32_t max)
{
	if (*t > max)
		*t = max;
}

/* Make a row believable: no time in the future, no success without one. */
static void
row_tidy(struct book_row *r, uint32_t now)
{
	clamp(&r->last_heard, now);
	clamp(&r->last_success, now);
	clamp(&r->last_try, now);
	clamp(&r->last_failure, now);
	clamp(&r->last_test, now);
	clamp(&r->rest_until, now + BACKOFF_MAX);
	if (r->last_heard == 0)
		r->last_heard = now;
	if (r->first_heard == 0)
		r->first_heard = r->last_heard;
	clamp(&r->first_heard, r->last_heard);
	if (r->level > BOOK_GOOD)
		r->level = BOOK_GOOD;
	if (r->last_success == 0)
		r->level = BOOK_HEARD;
	if (r->level == BOOK_HEARD)
		r->first_success = r->last_success = r->successes = 0;
	else if (r->first_success == 0)
		r->first_success = r->last_success;
	clamp(&r->first_success, r->last_success);
	if (r->level < BOOK_GOOD)
		r->old = false;
	if (!r->old)
		r->last_test = 0;
}

/* The entry is in no list of verified ones while its times change. */
static void
history_set(struct book *b, uint32_t i, const struct book_row *r)
{
	struct entry	*e = entry_at(b, i);

	bk_fresh(b, i, FRESH_NONE);
	bk_set_level(b, i, r->level);
	e->first_heard = r->first_heard;
	e->last_heard = r->last_heard;
	e->first_success = r->first_success;
	e->last_success = r->last_success;
	e->last_try = r->last_try;
	e->last_failure = r->last_failure;
	e->failures = r->failures;
	e->successes = r->successes;
	e->tries = r->tries;
	e->rest_until = r->rest_until;
	if (e->last_success > b->last_success)
		b->last_success = e->last_success;
	if (e->rest_until > b->now)
		bk_sched(b, i, SCHED_REST_LOADED);
	else
		bk_sched_due(b, i);
	b->unsorted = true;
	bk_fresh(b, i, bk_fresh_of(b, e));
	bk_entry_changed(b, i);
}

/* --- import ----------------------------------------------------------- */

/* Is that ID known to be elsewhere, and later than the row says? */
static bool
known_better(const struct book *b, const struct book_row *r)
{
	uint32_t		 eps[ENDPOINTS_MAX];
	const struct entry	*e;
	unsigned int		 n;

	n = bk_endpoints(b, &r->addr.id, eps);
	while (n-- > 0) {
		e = entry_at(b, eps[n]);
		if (e->level > BOOK_HEARD &&
		    e->last_success >= r->last_success)
			return true;
	}
	return false;
}

static uint32_t
earlier(uint32_t x, uint32_t y)
{
	return y != 0 && (x == 0 || y < x) ? y : x;
}

static uint32_t
later(uint32_t x, uint32_t y)
{
	return x > y ? x : y;
}

/* What we know ourselves is not lost to a file. */
static void
row_merge(struct book_row *r, const struct entry *e)
{
	if (e->level > r->level)
		r->level = e->level;
	r->first_heard = earlier(r->first_heard, e->first_heard);
	r->last_heard = later(r->last_heard, e->last_heard);
	r->first_success = earlier(r->first_success, e->first_success);
	r->last_try = later(r->last_try, e->last_try);
	r->last_failure = later(r->last_failure, e->last_failure);
	r->successes = later(r->successes, e->successes);
	r->tries = later(r->tries, e->tries);
}

/*
 * Where its place is taken: whom the other book had verified is not refused
 * for hearsay, which a file may name first.
 */
static enum book_result
import_verified(struct book *b, const struct book_row *r)
{
	struct entry	 e = { .addr = r->addr, .level = r->level,
			    .last_success = r->last_success,
			    .source = bk_group(b, r->addr.na.ip) };
	uint32_t	 eps[ENDPOINTS_MAX], place, i;
	unsigned int	 n;

	if (!bk_new_find(b, &e, &place))
		return BOOK_NO_ROOM;
	for (n = bk_endpoints(b, &r->addr.id, eps); n > 0; n--)
		bk_entry_free(b, eps[n - 1]);
	bk_new_clear(b, place);
	i = bk_entry_new(b, &r->addr, bk_hash_id(b, &r->addr.id));
	entry_at(b, i)->source = e.source;
	bk_new_put(b, i, place);
	return BOOK_ADDED;
}

enum book_result
book_import_row(struct book *b, uint32_t now, const struct book_row *row)
{
	struct book_row		 r = *row;
	enum book_result	 result;
	uint32_t		 i;

	bk_tick(b, now);
	row_tidy(&r, b->now);
	result = book_import(b, now, &r.addr);
	if (result == BOOK_NO_ROOM && r.level > BOOK_HEARD &&
	    !known_better(b, &r))
		result = import_verified(b, &r);
	if (result != BOOK_ADDED && (result != BOOK_KNOWN ||
	    r.level == BOOK_HEARD))
		return result;
	if (r.level > BOOK_HEARD && known_better(b, &r))
		return result;
	i = bk_find(b, &r.addr);
	if (r.level > BOOK_HEARD)
		bk_drop_rivals(b, i);
	if (result == BOOK_KNOWN)
		row_merge(&r, entry_at(b, i));
	history_set(b, i, &r);
	if (r.level == BOOK_GOOD && !entry_is_old(entry_at(b, i)))
		bk_promote(b, i);
	bk_entry_settle(b, i);
	return result;
}

/* --- loading ---------------------------------------------------------- */

static bool
may_load(struct book *b, const struct book_row *r)
{
	uint32_t	 eps[ENDPOINTS_MAX];
	unsigned int	 k, n, claims = 0, verified = 0;

	if (bk_refuse(b, &r->addr) != BOOK_ADDED ||
	    bk_ban_now(b, &r->addr.id, NULL))
		return false;
	n = bk_endpoints(b, &r->addr.id, eps);
	for (k = 0; k < n; k++) {
		if (netaddr_equal(&entry_at(b, eps[k])->addr.na, &r->addr.na))
			return false;
		if (entry_at(b, eps[k])->level == BOOK_HEARD)
			claims++;
		else
			verified++;
	}
	return r->level == BOOK_HEARD ? claims < CLAIMS_MAX : verified == 0;
}

/* Keep the places that the hash agrees with and that are still free. */
static void
places_check(const struct book *b, struct book_row *r)
{
	uint32_t	 place, bucket, taken[BOOK_REFS_MAX];
	unsigned int	 n, k, count = 0;

	if (r->old && (r->nplaces != 1 ||
	    r->place[0] != bk_old_place(b, &r->addr) ||
	    !bk_old_has_room(b, &r->addr, r->place[0]))) {
		r->old = false;
		r->tests = 0;
	}
	if (r->old)
		return;
	for (n = 0; n < r->nplaces && n < BOOK_REFS_MAX; n++) {
		place = r->place[n];
		bucket = place / SLOTS;
		for (k = 0; k < count && taken[k] != bucket; k++)
			;
		if (k < count || bucket >= b->new_buckets ||
		    bk_new_slot(b, &r->addr, bucket) != place ||
		    b->newtab[place] != NIL)
			continue;
		r->place[count] = place;
		taken[count++] = bucket;
	}
	if (count == 0) {
		place = bk_new_place(b, &r->addr, r->source);
		if (b->newtab[place] == NIL)
			r->place[count++] = place;
	}
	r->nplaces = count;
}

static void
places_take(struct book *b, uint32_t i, const struct book_row *r)
{
	unsigned int	 n;

	if (r->old) {
		bk_old_put(b, i, r->place[0]);
		entry_at(b, i)->tests = r->tests;
		entry_at(b, i)->at.old.last_test = r->last_test;
		return;
	}
	entry_at(b, i)->tests = r->tests;
	for (n = 0; n < r->nplaces; n++)
		bk_new_put(b, i, r->place[n]);
	if (n == 0)
		bk_new_force(b, i);
}

static bool
is_unused(const struct book *b, uint32_t i)
{
	return i != NIL && i <= b->capacity &&
	    !(entry_at(b, i)->flags & ENTRY_USED);
}

/* One that cannot keep its number gets one from the end. */
static uint32_t
index_for(struct book *b, uint32_t index)
{
	if (!is_unused(b, index)) {
		if (b->spare_index == NIL)
			b->spare_index = b->capacity;
		while (!is_unused(b, b->spare_index))
			b->spare_index--;
		index = b->spare_index;
	}
	if (index > b->top)
		b->top = index;
	return index;
}

static bool
row_same(const struct book_row *x, const struct book_row *y)
{
	return x->source.v == y->source.v && x->level == y->level &&
	    x->old == y->old && x->nplaces == y->nplaces &&
	    memcmp(x->place, y->place, x->nplaces * sizeof(x->place[0])) == 0 &&
	    x->first_heard == y->first_heard &&
	    x->last_heard == y->last_heard &&
	    x->first_success == y->first_success &&
	    x->last_success == y->last_success &&
	    x->last_try == y->last_try &&
	    x->last_failure == y->last_failure &&
	    x->rest_until == y->rest_until && x->last_test == y->last_test &&
	    x->failures == y->failures && x->tests == y->tests &&
	    x->successes == y->successes && x->tries == y->tries;
}

bool
book_load_row(struct book *b, uint32_t now, uint32_t index,
    const struct book_row *row)
{
	struct book_row	 r = *row, is;
	uint32_t	 i;

	if (now > b->now)
		b->now = now;
	row_tidy(&r, b->now);
	if (r.nplaces > BOOK_REFS_MAX || !may_load(b, &r))
		return false;
	places_check(b, &r);
	if (r.nplaces == 0 && r.level == BOOK_HEARD)
		return false;
	i = index_for(b, index);
	bk_entry_take(b, i, &r.addr, bk_hash_id(b, &r.addr.id));
	entry_at(b, i)->source = r.source;
	history_set(b, i, &r);
	b->last_sign = later(b->last_sign, later(later(r.last_heard,
	    r.last_success), later(r.last_try, r.last_failure)));
	places_take(b, i, &r);
	if (is_unused(b, i))
		return false;
	bk_entry_settle(b, i);
	row_fill(b, i, &is);
	/* What stands in the store already need not be written to it. */
	if (i == index && row_same(&is, row))
		bk_unmark(b, BOOK_TABLE_ENTRY, i);
	return true;
}

bool
book_load_ban(struct book *b, uint32_t now, uint32_t index,
    const struct book_ban *row)
{
	if (now > b->now)
		b->now = now;
	return bk_ban_load(b, index, row);
}

bool
book_load_own(struct book *b, uint32_t now, uint32_t index,
    const struct book_own *row)
{
	if (now > b->now)
		b->now = now;
	if (index == NIL || index > BOOK_OWN_MAX || b->nown == BOOK_OWN_MAX ||
	    bk_is_own_addr(b, &row->na))
		return false;
	b->own[b->nown] = *row;
	clamp(&b->own[b->nown].since, b->now);
	b->nown++;
	if (index != b->nown) {		/* a row before it was lost */
		bk_mark(b, BOOK_TABLE_OWN, index);
		bk_mark(b, BOOK_TABLE_OWN, b->nown);
	}
	return true;
}

/*
 * While nobody was here nobody could be heard of: a long absence, or a clock
 * that jumped, makes nobody bad.  Who was silent before stays so.
 */
static void
forgive_absence(struct book *b)
{
	uint32_t	 i, gap = since(b->now, b->last_sign);

	if (b->last_sign == 0 || gap < ABSENCE)
		return;
	for (i = 1; i <= b->top; i++) {
		if (!(entry_at(b, i)->flags & ENTRY_USED))
			continue;
		entry_at(b, i)->last_heard += gap;
		bk_entry_changed(b, i);
	}
}

/* Numbers that no row had are free; lists get their order. */
int
book_load_end(struct book *b, uint32_t now)
{
	uint32_t	 i;

	if (now > b->now)
		b->now = now;
	b->free = NIL;
	for (i = b->top; i > 0; i--) {
		if (entry_at(b, i)->flags & ENTRY_USED)
			continue;
		entry_at(b, i)->link[CHAIN_SCHED].next = b->free;
		b->free = i;
	}
	forgive_absence(b);
	bk_sched_sort(b);
	bk_sched_pass(b);
	return bk_ban_load_end(b);
}
