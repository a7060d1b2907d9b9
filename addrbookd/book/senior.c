/* SPDX-License-Identifier: ISC */
/*
 * Seniors: the good entries that have been good longest.  An attacker can
 * make any number of good addresses, but not old ones.
 *
 * Candidates are the good ones verified within a week.  The oldest of them
 * are kept in order, some more than are needed; when too many have gone,
 * they are looked for again.
 */
#include <string.h>

#include "addrbookd/book/impl.h"

static struct senior
senior_of(const struct book *b, uint32_t i)
{
	struct senior	 s = { entry_at(b, i)->first_success, i };

	return s;
}

static bool
before(struct senior x, struct senior y)
{
	return x.first != y.first ? x.first < y.first : x.index < y.index;
}

/* Where s stands, or would stand. */
static uint32_t
rank_of(const struct seniors *l, struct senior s)
{
	uint32_t	 lo = 0, hi = l->n, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (before(l->list[mid], s))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
insert(struct seniors *l, struct senior s)
{
	uint32_t	 at = rank_of(l, s);

	if (at == l->n && !l->complete)
		return;		/* as young as those left out before */
	if (l->n == SENIOR_SLACK) {
		l->complete = false;
		if (at == l->n)
			return;
		l->n--;
	}
	memmove(&l->list[at + 1], &l->list[at],
	    (l->n - at) * sizeof(l->list[0]));
	l->list[at] = s;
	l->n++;
}

static uint32_t
candidates(const struct book *b)
{
	return b->fresh[FRESH_DAY].count + b->fresh[FRESH_3DAYS].count +
	    b->fresh[FRESH_WEEK].count;
}

static uint32_t
wanted(const struct book *b)
{
	uint32_t	 quarter = candidates(b) / 4;

	return quarter < BOOK_SENIORS_MAX ? quarter : BOOK_SENIORS_MAX;
}

static void
look_again(struct book *b)
{
	struct seniors	*l = &b->seniors;
	uint32_t	 i;
	int		 f;

	l->n = 0;
	l->complete = true;
	for (f = FRESH_DAY; f <= FRESH_WEEK; f++)
		for (i = b->fresh[f].head; i != NIL;
		    i = entry_at(b, i)->link[CHAIN_FRESH].next)
			insert(l, senior_of(b, i));
}

void
bk_senior_add(struct book *b, uint32_t i)
{
	insert(&b->seniors, senior_of(b, i));
}

void
bk_senior_del(struct book *b, uint32_t i)
{
	struct seniors	*l = &b->seniors;
	uint32_t	 at = rank_of(l, senior_of(b, i));

	if (at == l->n || l->list[at].index != i)
		return;
	l->n--;
	memmove(&l->list[at], &l->list[at + 1],
	    (l->n - at) * sizeof(l->list[0]));
	if (!l->complete && l->n < BOOK_SENIORS_MAX)
		look_again(b);
}

uint32_t
bk_senior_count(const struct book *b)
{
	return wanted(b);
}

bool
bk_is_senior(const struct book *b, uint32_t i)
{
	const struct seniors	*l = &b->seniors;
	struct senior		 s = senior_of(b, i);
	uint32_t		 n = wanted(b), at;

	/* Most are younger than all of them. */
	if (n > l->n)
		n = l->n;
	if (n == 0 || before(l->list[n - 1], s))
		return false;
	at = rank_of(l, s);
	return at < n && l->list[at].index == i;
}

unsigned int
book_seniors(const struct book *b, struct node_id *ids, unsigned int max)
{
	unsigned int	 i, n = bk_senior_count(b);

	if (n > b->seniors.n)
		n = b->seniors.n;
	if (n > max)
		n = max;
	for (i = 0; i < n; i++)
		ids[i] = entry_at(b, b->seniors.list[i].index)->addr.id;
	return n;
}
