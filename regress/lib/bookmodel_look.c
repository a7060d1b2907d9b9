/* SPDX-License-Identifier: ISC */
/* The model of a book: is the book like it? */
#include <stdlib.h>
#include <string.h>

#include "regress/lib/bookmodel_impl.h"

/* What this look has found so far. */
struct look {
	struct model	*m;
	struct book	*b;
	unsigned int	 promoted, demoted;
};

/* --- one entry -------------------------------------------------------- */

static void
learn_spot(struct model *m, const struct thing *t, const struct book_row *r)
{
	const struct spot	*s;

	if (r->old || r->nplaces != 1)
		return;
	if ((s = model_spot(m, &r->addr, t->r.source)) != NULL) {
		MUST(m, s->place == r->place[0], "the hash moved a place");
		return;
	}
	if (m->nspots == M_SPOTS)
		return;
	m->spot[m->nspots].addr = r->addr;
	m->spot[m->nspots].source = t->r.source;
	m->spot[m->nspots++].place = r->place[0];
}

static struct thing *
thing_at(struct look *l, uint32_t index, const struct book_row *r)
{
	const struct peer_addr	*a = &r->addr;
	struct model	*m = l->m;
	struct thing	*t = m->at[index];

	if (t != NULL && peer_addr_equal(&t->r.addr, a))
		return t;
	/* Whoever was there is not; this one has to be new. */
	t = model_find(m, a);
	MUST(m, t != NULL, "one is there that did not come in");
	MUST(m, t == NULL || t->index == 0, "an entry changed its index");
	if (t == NULL)
		return NULL;
	t->index = index;
	if (!m->step.anywhere)
		learn_spot(m, t, r);
	return t;
}

static void
same_history(struct model *m, const struct thing *t, const struct book_row *r)
{
	const struct book_row	*w = &t->r;

	MUST(m, r->level == w->level, "a level is wrong");
	MUST(m, r->source.v == w->source.v, "a source is wrong");
	MUST(m, r->first_heard == w->first_heard, "first_heard");
	MUST(m, r->last_heard == w->last_heard, "last_heard");
	MUST(m, r->first_success == w->first_success, "first_success");
	MUST(m, r->last_success == w->last_success, "last_success");
	MUST(m, r->last_try == w->last_try, "last_try");
	MUST(m, r->last_failure == w->last_failure, "last_failure");
	MUST(m, r->failures == w->failures, "failures");
	MUST(m, r->successes == w->successes, "successes");
	MUST(m, r->tries == w->tries, "tries");
	MUST(m, r->rest_until >= w->rest_until &&
	    r->rest_until <= t->rest_max, "rest_until");
	MUST(m, r->bad == model_is_bad(m, t), "bad or not");
	MUST(m, r->banned == model_is_banned(m, &w->addr.id, w->addr.na.ip),
	    "banned or not");
}

/* Who may have come into old by this operation? */
static void
may_rise(struct look *l, const struct thing *t)
{
	const struct step	*s = &l->m->step;

	l->promoted++;
	MUST(l->m, t->r.level == BOOK_GOOD, "in old and not good");
	MUST(l->m, s->all || (t == s->subject && s->asks) || (s->settles &&
	    t->r.last_success > s->subject->r.last_success),
	    "one came into old by itself");
}

/* Who may have lost its place there? */
static void
may_fall(struct look *l, struct thing *t)
{
	t->fell = true;
	l->demoted++;
	MUST(l->m, l->m->step.all || model_yields(l->m, t),
	    "one lost its place in old that may stay");
}

static void
look_at_place(struct look *l, struct thing *t, const struct book_row *r)
{
	const struct step	*s = &l->m->step;

	if (r->old && !t->r.old)
		may_rise(l, t);
	if (!r->old && t->r.old)
		may_fall(l, t);
	/* Who moved, or was put again where it was, has no tests behind it. */
	if (r->old != t->r.old || (s->all && r->old && r->tests == 0))
		t->r.tests = t->r.last_test = 0;
	MUST(l->m, r->tests == t->r.tests && r->last_test == t->r.last_test,
	    "tests");
	MUST(l->m, r->nplaces >= 1 && r->nplaces <= (r->old ? 1 :
	    BOOK_REFS_MAX), "a number of places is wrong");
	MUST(l->m, r->nplaces <= t->r.nplaces || (t == s->subject &&
	    r->nplaces == t->r.nplaces + 1), "places came from nowhere");
	MUST(l->m, r->nplaces >= t->r.nplaces || r->old || s->placed > 0 ||
	    s->all || s->asks || s->settles, "places went by themselves");
	/* For one more place of somebody known only the weak make room. */
	MUST(l->m, r->nplaces >= t->r.nplaces || r->old || t->weak ||
	    s->newcomer || s->all || s->asks || s->settles,
	    "a place went to one who has others");
	t->r.old = r->old;
	t->r.nplaces = r->nplaces;
	memcpy(t->r.place, r->place, sizeof(r->place));
}

/* In an old table that is empty nobody is in the way. */
static void
look_at_the_subject(struct look *l)
{
	const struct step	*s = &l->m->step;
	const struct thing	*t;

	if (!s->asks || s->subject->r.old)
		return;
	for (t = l->m->thing; t < l->m->thing + l->m->n; t++)
		if (t->r.old)
			return;
	MUST(l->m, false, "a good one did not come into an empty table");
}

static void
look_at_rows(struct look *l)
{
	struct model	*m = l->m;
	struct book_row	 row;
	struct thing	*t;
	uint32_t	 cursor = 0;

	while (book_next_row(l->b, m->now, &cursor, &row)) {
		if ((t = thing_at(l, cursor, &row)) == NULL)
			return;
		MUST(m, !t->gone, "one is there that had to go");
		same_history(m, t, &row);
		look_at_place(l, t, &row);
		t->r.rest_until = t->rest_max = row.rest_until;
		t->r.senior = row.senior;
		t->seen = true;
	}
	look_at_the_subject(l);
	/* Nobody may have to go, if others went since the contest began. */
	MUST(m, m->step.all || l->demoted == 0 || l->promoted == 1,
	    "a place in old was lost to nobody");
}

/* --- who is not there any more ---------------------------------------- */

static bool
somebody_better_in_new(const struct model *m, const struct thing *t)
{
	const struct thing	*o;

	for (o = m->thing; o < m->thing + m->n; o++)
		if (o->seen && !o->r.old && o->r.level >= t->r.level &&
		    o->r.last_success > t->r.last_success)
			return true;
	return false;
}

/*
 * Who falls from old takes a place from one of a lower level, or from one
 * that was not verified later; it ends itself where all are better.
 */
static bool
gave_way(const struct model *m, const struct thing *t)
{
	const struct thing	*o;

	for (o = m->thing; o < m->thing + m->n; o++)
		if (o != t && o->fell && (t->r.level < o->r.level ||
		    t->r.last_success <= o->r.last_success))
			return true;
	return t->fell && somebody_better_in_new(m, t);
}

/*
 * Room is made by whoever is bad, and for one that proved itself also by one
 * that is only heard of.
 */
static bool
may_vanish(const struct look *l, const struct thing *t)
{
	const struct step	*s = &l->m->step;

	return gave_way(l->m, t) || (s->placed > 0 && t->weak) ||
	    (s->pushes && t->r.level == BOOK_HEARD);
}

static void
look_for_the_rest(struct look *l)
{
	struct model	*m = l->m;
	unsigned int	 vanished = 0, stakes = 0, paid = 0;
	struct thing	*t;

	/* Of two that fell the second may have taken the first one's place. */
	for (t = m->thing; t < m->thing + m->n; t++)
		if (!t->seen && !t->gone && t->r.old)
			may_fall(l, t);
	for (t = m->thing; t < m->thing + m->n; t++) {
		stakes += t->stake;
		if (t->seen || t->gone)
			continue;
		paid += t->stake;
		vanished += !t->stake;
		MUST(m, t->stake || may_vanish(l, t), "one was lost");
	}
	MUST(m, stakes == 0 || paid > 0, "an ID has one claim too many");
	/* One of those at stake may have stood in the way as well. */
	MUST(m, vanished + paid <= m->step.placed + l->demoted + (stakes > 0),
	    "more went than came");
}

static void
forget_the_gone(struct model *m)
{
	uint32_t	 i, k = 0;

	memset(m->at, 0, (m->capacity + 1) * sizeof(*m->at));
	for (i = 0; i < m->n; i++)
		if (m->thing[i].seen)
			m->thing[k++] = m->thing[i];
	m->n = k;
	for (i = 0; i < m->n; i++) {
		m->thing[i].seen = m->thing[i].stake = false;
		m->thing[i].fell = false;
		m->at[m->thing[i].index] = &m->thing[i];
	}
	memset(&m->step, 0, sizeof(m->step));
}

/* --- all of them together --------------------------------------------- */

static void
look_at_caps(struct model *m)
{
	const struct thing	*x, *y;
	unsigned int		 host, block, group;
	const uint8_t		*ip, *ip2;

	for (x = m->thing; x < m->thing + m->n; x++) {
		host = block = group = 0;
		ip = x->r.addr.na.ip;
		for (y = m->thing; x->r.old && y < m->thing + m->n; y++) {
			ip2 = y->r.addr.na.ip;
			if (!y->r.old || !netgroup_equal(netgroup_of(ip,
			    m->strict), netgroup_of(ip2, m->strict)))
				continue;
			group++;
			host += nethost_equal(nethost_of(ip), nethost_of(ip2));
			block += netblock_equal(netblock_of(ip),
			    netblock_of(ip2));
		}
		MUST(m, host <= 1 && block <= 4 && group <= 16,
		    "too many of a kind are old");
	}
}

static int
by_age(const void *x, const void *y)
{
	const struct thing *const	*a = x, *const *b = y;

	if ((*a)->r.first_success != (*b)->r.first_success)
		return (*a)->r.first_success < (*b)->r.first_success ? -1 : 1;
	return (*a)->index < (*b)->index ? -1 : (*a)->index > (*b)->index;
}

/* The oldest quarter of the good that were verified within a week. */
static void
look_at_seniors(struct look *l, const struct book_counts *c)
{
	static struct node_id	 ids[BOOK_SENIORS_MAX];
	struct model		*m = l->m;
	const struct thing	**good;
	uint32_t		 n = 0, want, i;

	if ((good = calloc(m->n + 1, sizeof(*good))) == NULL)
		abort();
	for (i = 0; i < m->n; i++) {
		if (model_fresh(m, &m->thing[i], M_WEEK))
			good[n++] = &m->thing[i];
		if (model_late(m, &m->thing[i], M_WEEK)) {
			free(good);
			return;
		}
	}
	qsort(good, n, sizeof(*good), by_age);
	want = n / 4 < BOOK_SENIORS_MAX ? n / 4 : BOOK_SENIORS_MAX;
	MUST(m, c->seniors == want && book_seniors(l->b, ids,
	    BOOK_SENIORS_MAX) == want, "the number of seniors is wrong");
	for (i = 0; i < want && m->wrong == NULL; i++)
		MUST(m, node_id_equal(&ids[i], &good[i]->r.addr.id) &&
		    good[i]->r.senior, "the seniors are others");
	for (; i < n && m->wrong == NULL; i++)
		MUST(m, !good[i]->r.senior, "a senior too many");
	free(good);
}

static void
look_at_counts(struct look *l, const struct book_counts *c)
{
	struct model		*m = l->m;
	const struct thing	*t;
	unsigned int		 level[BOOK_SENIOR] = { 0 }, old = 0;
	unsigned int		 day = 0, late = 0, rest = 0, rest_end = 0;

	for (t = m->thing; t < m->thing + m->n; t++) {
		level[t->r.level]++;
		old += t->r.old;
		day += model_fresh(m, t, M_DAY);
		late += model_late(m, t, M_DAY);
		rest += t->r.rest_until > m->now;
		/* What was imported is in order a minute later. */
		rest_end += t->r.rest_until <= m->now &&
		    ago(m, t->r.rest_until) <= (m->imported != 0 ?
		    M_MINUTE : 0);
	}
	MUST(m, c->size == m->n, "the size is wrong");
	MUST(m, c->heard == level[BOOK_HEARD] &&
	    c->reached == level[BOOK_REACHED] &&
	    c->good == level[BOOK_GOOD], "the number of a level is wrong");
	MUST(m, c->in_old == old && c->in_new == m->n - old,
	    "the size of a table is wrong");
	MUST(m, c->good_day >= day && c->good_day <= day + late,
	    "the number verified in a day is wrong");
	/* A rest of so many seconds may end one late. */
	MUST(m, c->resting >= rest && c->resting <= rest + rest_end,
	    "the number of those at rest is wrong");
	MUST(m, book_wants(l->b) == (c->good < 1000), "wants or not");
}

static void
look_at_bans(struct look *l, const struct book_counts *c)
{
	struct model		*m = l->m;
	const struct book_ban	*want;
	struct book_ban		 b;
	uint32_t		 cursor = 0, n = 0, held = 0, i;

	while (book_next_ban(l->b, m->now, &cursor, &b)) {
		n++;
		want = model_find_ban(m, b.by_id ? &b.id : NULL, b.ip);
		MUST(m, want != NULL && want->since == b.since &&
		    want->until == b.until && want->times == b.times &&
		    want->fault == b.fault, "a ban is another");
	}
	for (i = 0; i < m->nbans; i++)
		n -= m->ban[i].until > m->now;
	for (i = 0; i < m->nholds; i++)
		held += m->hold[i].until > m->now;
	MUST(m, n == 0, "a ban was lost or is not over");
	MUST(m, c->holds == held, "the number of holds is wrong");
	for (i = n = 0; i < m->nbans; i++)
		n += m->ban[i].until > m->now;
	MUST(m, c->bans == n, "the number of bans is wrong");
}

static void
look_at_own(struct look *l)
{
	struct book_own	 own;
	uint32_t	 i;

	for (i = 1; book_get_own(l->b, i, &own); i++)
		MUST(l->m, model_is_own(l->m, &own.na), "an own address");
	MUST(l->m, i == l->m->nown + 1, "the number of own addresses");
}

const char *
model_look(struct model *m, struct book *b)
{
	struct look		 l = { .m = m, .b = b };
	struct book_counts	 c;

	if (m->wrong != NULL)
		return m->wrong;
	look_at_rows(&l);
	look_for_the_rest(&l);
	if (m->wrong != NULL)
		return m->wrong;
	forget_the_gone(m);
	if (!m->private_network && l.promoted > 0)
		look_at_caps(m);
	book_count(b, m->now, &c);
	look_at_counts(&l, &c);
	look_at_seniors(&l, &c);
	look_at_bans(&l, &c);
	look_at_own(&l);
	return m->wrong;
}
