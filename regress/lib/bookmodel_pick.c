/* SPDX-License-Identifier: ISC */
/* The model of a book: may this be picked, and may that be told? */
#include <string.h>

#include "regress/lib/bookmodel_impl.h"

#define FEW	15	/* excluded ones that no queue fails for */

struct pick {
	enum model_pick		 kind;
	unsigned int		 bias, want;
	const struct node_id	*excluded;
};

static bool
may_dial(const struct model *m, const struct thing *t, const struct pick *p)
{
	return t->r.rest_until <= m->now && !node_id_equal(p->excluded,
	    &t->r.addr.id) && !model_is_banned(m, &t->r.addr.id,
	    t->r.addr.na.ip);
}

static bool
not_for(const struct model *m, const struct thing *t, uint32_t seconds)
{
	return t->r.last_try == 0 || ago(m, t->r.last_try) >= seconds;
}

/* --- whose turn ------------------------------------------------------- */

#define TURN	11	/* s between two of a block */

static bool
has_turn(const struct model *m, const uint8_t *ip)
{
	unsigned int	 i;

	for (i = 0; i < m->nturns && !m->private_network; i++)
		if (netblock_equal(m->turn[i].block, netblock_of(ip)) &&
		    ago(m, m->turn[i].at) < TURN)
			return false;
	return true;
}

static void
take_turn(struct model *m, const uint8_t *ip)
{
	unsigned int	 i, k = 0;

	MUST(m, has_turn(m, ip), "a crawl of two neighbours at once");
	for (i = 0; i < m->nturns; i++)
		if (ago(m, m->turn[i].at) < TURN)
			m->turn[k++] = m->turn[i];
	m->nturns = k;
	if (k == M_LISTS || m->private_network)
		return;
	m->turn[k].block = netblock_of(ip);
	m->turn[k].at = m->now;
	m->nturns++;
}

/* --- which may be ----------------------------------------------------- */

static bool
any_old_awake(const struct model *m)
{
	const struct thing	*t;

	for (t = m->thing; t < m->thing + m->n; t++)
		if (t->r.old && t->r.rest_until + 1 < m->now)
			return true;
	return false;
}

static bool
fits_bias(const struct model *m, const struct thing *t, const struct pick *p,
    enum book_why why)
{
	if (p->bias == 100 && t->r.old)
		return false;
	if (p->bias == 0 && !t->r.old && m->imported == 0 &&
	    any_old_awake(m))
		return false;
	return why == BOOK_WHY_BIAS;
}

static bool
fits_seniors(const struct model *m, const struct thing *t,
    const struct pick *p, enum book_why why)
{
	(void)m;
	(void)p;
	return t->r.senior && why == BOOK_WHY_SENIOR;
}

static bool
fits_crawl(const struct model *m, const struct thing *t,
    const struct pick *p, enum book_why why)
{
	(void)p;
	return not_for(m, t, m->spacing) &&
	    (t->r.level == BOOK_HEARD) == (why == BOOK_WHY_NEW);
}

static bool
fits_probe(const struct model *m, const struct thing *t,
    const struct pick *p, enum book_why why)
{
	(void)p;
	switch (why) {
	case BOOK_WHY_NEW:
		return t->r.level == BOOK_HEARD && not_for(m, t, 600);
	case BOOK_WHY_VERIFY:
		return t->r.level > BOOK_HEARD && not_for(m, t, M_HOUR) &&
		    ago(m, t->r.last_success) >= 3 * M_HOUR;
	case BOOK_WHY_TEST:
		return t->r.old && not_for(m, t, M_HOUR);
	default:
		return false;
	}
}

static bool	(*const fits[MODEL_PICK_MAX])(const struct model *,
    const struct thing *, const struct pick *, enum book_why) = {
	[MODEL_PICK_BIAS] = fits_bias,
	[MODEL_PICK_SENIORS] = fits_seniors,
	[MODEL_PICK_PROBE] = fits_probe,
	[MODEL_PICK_CRAWL] = fits_crawl,
};

/* --- how many there are ----------------------------------------------- */

/* Fewer were picked than wanted: is there nobody else? */
static void
was_short(struct model *m, const struct pick *p, unsigned int n)
{
	const struct thing	*t;
	unsigned int		 able = 0, never = 0, barred = 0, seniors = 0;

	for (t = m->thing; t < m->thing + m->n; t++) {
		seniors += t->r.senior && may_dial(m, t, p);
		if (!may_dial(m, t, p) || (p->kind == MODEL_PICK_CRAWL &&
		    !has_turn(m, t->r.addr.na.ip))) {
			barred++;
			continue;
		}
		never += t->r.last_try == 0 && t->r.level == BOOK_HEARD;
		/* A second more: who rests may wake late. */
		able += not_for(m, t, m->spacing + 1) &&
		    t->r.rest_until + 1 < m->now;
	}
	if (p->kind == MODEL_PICK_SENIORS)
		MUST(m, n == seniors || m->imported != 0,
		    "a senior not picked");
	if (barred > FEW || m->imported != 0)
		return;
	if (p->kind == MODEL_PICK_CRAWL)
		MUST(m, able == 0, "a crawl left one out");
	if (p->kind == MODEL_PICK_PROBE && m->spacing == BOOK_CRAWL_SPACING)
		MUST(m, never == 0, "a probe left out a new one");
}

/* A book with one entry to dial is never at a loss. */
static void
was_none(struct model *m, const struct pick *p)
{
	const struct thing	*t;

	if (p->bias == 0 || p->bias == 100 || m->imported != 0)
		return;
	for (t = m->thing; t < m->thing + m->n; t++)
		if (t->r.rest_until + 1 >= m->now || !may_dial(m, t, p))
			return;
	MUST(m, m->n == 0, "all may be dialled and none was picked");
}

/* --- picks ------------------------------------------------------------ */

/* Whether it had waited long enough to come before new ones. */
static bool
picked_one(struct model *m, const struct pick *p, const struct book_pick *one)
{
	struct thing	*t = model_find(m, &one->addr);
	bool		 overdue;

	MUST(m, t != NULL, "picked a stranger");
	if (t == NULL)
		return false;
	overdue = not_for(m, t, 2 * m->spacing);
	MUST(m, may_dial(m, t, p), "picked one that may not be dialled");
	MUST(m, fits[p->kind](m, t, p, one->why), "picked out of turn");
	MUST(m, one->level == (t->r.senior ? BOOK_SENIOR : t->r.level),
	    "picked at another level");
	if (p->kind == MODEL_PICK_CRAWL)
		take_turn(m, t->r.addr.na.ip);
	else if (p->kind != MODEL_PICK_PROBE)
		return overdue;
	t->r.tries += t->r.tries < UINT16_MAX;
	t->r.last_try = m->now;
	return overdue;
}

void
model_picked(struct model *m, enum model_pick kind, unsigned int bias,
    const struct node_id *excluded, const struct book_pick *list,
    unsigned int n, unsigned int want)
{
	struct pick	 p = { kind, bias, want, excluded };
	unsigned int	 i, k, early = 0;
	bool		 overdue = false;

	MUST(m, n <= want, "picked too many");
	if (n == 0 && want > 0 && kind == MODEL_PICK_BIAS)
		was_none(m, &p);
	for (i = 0; i < n; i++) {
		MUST(m, i == 0 || kind != MODEL_PICK_CRAWL || overdue ||
		    list[i - 1].why == BOOK_WHY_NEW ||
		    list[i].why == BOOK_WHY_VERIFY, "new ones come first");
		early += i > 0 && list[i - 1].why == BOOK_WHY_VERIFY &&
		    list[i].why == BOOK_WHY_NEW;
		overdue = picked_one(m, &p, &list[i]);
		for (k = 0; k < i; k++)
			MUST(m, !peer_addr_equal(&list[i].addr,
			    &list[k].addr), "picked twice");
	}
	MUST(m, kind != MODEL_PICK_CRAWL || early <= 1,
	    "the overdue come in one go");
	if (n < want)
		was_short(m, &p, n);
}

/* --- replies ---------------------------------------------------------- */

#define TIERS	4
#define ENOUGH	32

/* 0: verified in a day; 1: in three; 2: ever, or it failed since; 3: never. */
static unsigned int
tier_of(const struct model *m, const struct thing *t, uint32_t slack)
{
	if (t->r.level == BOOK_HEARD)
		return 3;
	if (t->r.failures > 0)
		return 2;
	if (model_fresh(m, t, M_DAY + slack))
		return 0;
	return model_fresh(m, t, 3 * M_DAY + slack) ? 1 : 2;
}

static bool
may_tell(const struct model *m, const struct thing *t,
    const struct peer_addr *to)
{
	return !node_id_equal(&t->r.addr.id, &to->id) &&
	    !netaddr_equal(&t->r.addr.na, &to->na) &&
	    !model_is_banned(m, &t->r.addr.id, t->r.addr.na.ip) &&
	    (t->r.level > BOOK_HEARD || !model_is_bad(m, t));
}

static void
check_kinds(struct model *m, const struct peer_addr *list, unsigned int n)
{
	unsigned int	 i, k, group, block;

	for (i = 0; i < n; i++) {
		group = block = 0;
		for (k = 0; k < n; k++) {
			MUST(m, k == i || !node_id_equal(&list[i].id,
			    &list[k].id), "told of an ID twice");
			group += netgroup_equal(
			    netgroup_of(list[i].na.ip, m->strict),
			    netgroup_of(list[k].na.ip, m->strict));
			block += netblock_equal(netblock_of(list[i].na.ip),
			    netblock_of(list[k].na.ip));
		}
		MUST(m, m->private_network || n <= ENOUGH ||
		    (group <= 4 && block <= 2), "told too many of a kind");
	}
}

static bool
first_of_id(const struct model *m, const struct thing *t)
{
	const struct thing	*x;

	for (x = m->thing; x < t; x++)
		if (node_id_equal(&x->r.addr.id, &t->r.addr.id))
			return false;
	return true;
}

void
model_told(struct model *m, const struct peer_addr *to,
    const struct peer_addr *list, unsigned int n)
{
	uint32_t	 slack = m->imported != 0 ? M_MINUTE : 0;
	unsigned int	 pool[TIERS] = { 0 }, last, sum = 0, able = 0, i;
	unsigned int	 size = m->n * 23 / 100;
	struct thing	*t;

	if (size < ENOUGH)
		size = m->n < ENOUGH ? m->n : ENOUGH;
	if (size > 250)
		size = 250;
	MUST(m, n <= size, "told too many");
	for (t = m->thing; t < m->thing + m->n; t++)
		pool[tier_of(m, t, 0)]++;
	/* The first tier that is enough with those before it is the last. */
	for (last = 0; last < TIERS - 1; last++)
		if ((sum += pool[last]) >= ENOUGH)
			break;
	for (i = 0; i < n; i++) {
		t = model_find(m, &list[i]);
		MUST(m, t != NULL && may_tell(m, t, to) &&
		    tier_of(m, t, slack) <= last, "told of a wrong one");
	}
	check_kinds(m, list, n);
	for (t = m->thing; t < m->thing + m->n; t++)
		able += may_tell(m, t, to) && tier_of(m, t, 0) <= last &&
		    first_of_id(m, t);
	if (slack != 0)
		return;
	MUST(m, n >= (size < ENOUGH ? size : ENOUGH) || n >= able,
	    "told too few");
}
