/* SPDX-License-Identifier: ISC */
/*
 * The passing of time: who may be tried again, whose verification grows
 * old.  Every waiting time is one of few, so a list per waiting time, first
 * in first out, is always in order and costs the same at any size.
 */
#include "addrbookd/book/impl.h"

void
bk_list_push(struct book *b, enum chain c, struct list *l, uint32_t i)
{
	struct link	*link = &entry_at(b, i)->link[c];

	link->next = NIL;
	link->prev = l->tail;
	if (l->tail != NIL)
		entry_at(b, l->tail)->link[c].next = i;
	else
		l->head = i;
	l->tail = i;
	l->count++;
}

void
bk_list_del(struct book *b, enum chain c, struct list *l, uint32_t i)
{
	struct link	*link = &entry_at(b, i)->link[c];

	if (link->next != NIL)
		entry_at(b, link->next)->link[c].prev = link->prev;
	else
		l->tail = link->prev;
	if (link->prev != NIL)
		entry_at(b, link->prev)->link[c].next = link->next;
	else
		l->head = link->next;
	l->count--;
}

/* --- when it may be tried --------------------------------------------- */

void
bk_sched(struct book *b, uint32_t i, enum sched to)
{
	struct entry	*e = entry_at(b, i);

	if (e->sched != SCHED_NONE)
		bk_list_del(b, CHAIN_SCHED, &b->sched[e->sched], i);
	b->nresting -= entry_is_resting(e);
	e->sched = to;
	b->nresting += entry_is_resting(e);
	if (to != SCHED_NONE)
		bk_list_push(b, CHAIN_SCHED, &b->sched[to], i);
}

void
bk_sched_rest(struct book *b, uint32_t i, enum sched to, uint32_t seconds)
{
	entry_at(b, i)->rest_until = b->now + seconds;
	bk_sched(b, i, to);
	bk_entry_settle(b, i);
}

static bool
is_cool(const struct book *b, const struct entry *e)
{
	return e->last_try != 0 &&
	    since(b->now, e->last_try) < b->conf.crawl_spacing;
}

/* It may be picked; whether it is due for a crawl depends on its last try. */
void
bk_sched_due(struct book *b, uint32_t i)
{
	struct entry	*e = entry_at(b, i);

	if (is_cool(b, e))
		bk_sched(b, i, SCHED_COOL);
	else if (e->level == BOOK_HEARD)
		bk_sched(b, i, SCHED_DUE_HEARD);
	else
		bk_sched(b, i, SCHED_DUE_VERIFIED);
	bk_entry_settle(b, i);
}

static void
wake_resting(struct book *b, struct list *l)
{
	while (l->head != NIL && entry_at(b, l->head)->rest_until <= b->now)
		bk_sched_due(b, l->head);
}

static void
wake_cool(struct book *b)
{
	struct list	*l = &b->sched[SCHED_COOL];

	while (l->head != NIL && !is_cool(b, entry_at(b, l->head)))
		bk_sched_due(b, l->head);
}

/* --- how fresh it is -------------------------------------------------- */

enum fresh
bk_fresh_of(const struct book *b, const struct entry *e)
{
	uint32_t	 age = since(b->now, e->last_success);

	if (e->level < BOOK_GOOD)
		return FRESH_NONE;
	if (age < DAY)
		return FRESH_DAY;
	if (age < 3 * DAY)
		return FRESH_3DAYS;
	return age < WEEK ? FRESH_WEEK : FRESH_STALE;
}

static bool
may_be_senior(enum fresh f)
{
	return f == FRESH_DAY || f == FRESH_3DAYS || f == FRESH_WEEK;
}

/* Even to where it is, so that the list stays in order of verification. */
void
bk_fresh(struct book *b, uint32_t i, enum fresh to)
{
	struct entry	*e = entry_at(b, i);
	enum fresh	 from = e->fresh;

	if (from != FRESH_NONE)
		bk_list_del(b, CHAIN_FRESH, &b->fresh[from], i);
	e->fresh = to;
	if (to != FRESH_NONE)
		bk_list_push(b, CHAIN_FRESH, &b->fresh[to], i);
	if (may_be_senior(from) && !may_be_senior(to))
		bk_senior_del(b, i);
	if (!may_be_senior(from) && may_be_senior(to))
		bk_senior_add(b, i);
	bk_entry_settle(b, i);
}

static void
age_list(struct book *b, enum fresh f)
{
	struct list	*l = &b->fresh[f];
	enum fresh	 to;

	while (l->head != NIL &&
	    (to = bk_fresh_of(b, entry_at(b, l->head))) != f)
		bk_fresh(b, l->head, to);
}

/* --- order after loading ---------------------------------------------- */

struct order {
	enum chain	chain;
	uint32_t	(*key)(const struct entry *);
};

static uint32_t
by_success(const struct entry *e)
{
	return e->last_success;
}

static uint32_t
by_try(const struct entry *e)
{
	return e->last_try;
}

static uint32_t
by_rest(const struct entry *e)
{
	return e->rest_until;
}

static uint32_t
merge(struct book *b, const struct order *o, uint32_t x, uint32_t y)
{
	uint32_t	 head = NIL, *end = &head, *from;

	while (x != NIL && y != NIL) {
		from = o->key(entry_at(b, y)) < o->key(entry_at(b, x)) ?
		    &y : &x;
		*end = *from;
		end = &entry_at(b, *from)->link[o->chain].next;
		*from = *end;
	}
	*end = x != NIL ? x : y;
	return head;
}

/* A stable merge sort that needs no memory: bin n holds 2^n members. */
static void
list_sort(struct book *b, const struct order *o, struct list *l)
{
	uint32_t	 bin[32] = { NIL }, one, i, prev = NIL;
	unsigned int	 n;

	for (i = l->head; i != NIL;) {
		one = i;
		i = entry_at(b, i)->link[o->chain].next;
		entry_at(b, one)->link[o->chain].next = NIL;
		for (n = 0; bin[n] != NIL; n++) {
			one = merge(b, o, bin[n], one);
			bin[n] = NIL;
		}
		bin[n] = one;
	}
	for (i = NIL, n = 0; n < 32; n++)
		i = merge(b, o, bin[n], i);
	l->head = i;
	for (; i != NIL; prev = i, i = entry_at(b, i)->link[o->chain].next)
		entry_at(b, i)->link[o->chain].prev = prev;
	l->tail = prev;
}

/* The lists that what is loaded or imported is put in as it comes. */
static void
sort_loaded(struct book *b)
{
	static const struct order	 fresh = { CHAIN_FRESH, by_success };
	static const struct order	 rest = { CHAIN_SCHED, by_rest };
	int				 f;

	for (f = FRESH_DAY; f < FRESH_MAX; f++)
		list_sort(b, &fresh, &b->fresh[f]);
	list_sort(b, &rest, &b->sched[SCHED_REST_LOADED]);
	b->unsorted = false;
	b->sorted_at = b->now;
}

void
bk_sched_sort(struct book *b)
{
	static const struct order	 try = { CHAIN_SCHED, by_try };

	list_sort(b, &try, &b->sched[SCHED_COOL]);
	list_sort(b, &try, &b->sched[SCHED_DUE_HEARD]);
	list_sort(b, &try, &b->sched[SCHED_DUE_VERIFIED]);
	sort_loaded(b);
}

/* Who stays in its list keeps its turn among those tried when it was. */
void
bk_sched_respace(struct book *b)
{
	const struct entry	*e;
	uint32_t		 i;

	for (i = 1; i <= b->top; i++) {
		e = entry_at(b, i);
		if ((e->flags & ENTRY_USED) && !entry_is_resting(e) &&
		    (e->sched == SCHED_COOL) != is_cool(b, e))
			bk_sched_due(b, i);
	}
	bk_sched_sort(b);
}

/* --- time passes ------------------------------------------------------ */

void
bk_sched_pass(struct book *b)
{
	int	 n;

	/* An import brings what is past or to come; a minute late will do. */
	if (b->unsorted && since(b->now, b->sorted_at) >= MINUTE)
		sort_loaded(b);
	for (n = SCHED_REST + 1; n < SCHED_COOL; n++)
		wake_resting(b, &b->sched[n]);
	wake_cool(b);
	/* The oldest first: a long time may pass at once. */
	for (n = FRESH_STALE - 1; n >= FRESH_DAY; n--)
		age_list(b, n);
}
