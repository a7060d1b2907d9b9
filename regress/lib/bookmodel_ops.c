/* SPDX-License-Identifier: ISC */
/* The model of a book: outcomes, imports, bans, configurations. */
#include <stdlib.h>
#include <string.h>

#include "regress/lib/bookmodel_impl.h"

/* --- outcomes --------------------------------------------------------- */

static void
drop_rivals(struct model *m, const struct thing *t)
{
	uint32_t	 i;

	for (i = 0; i < m->n; i++)
		if (&m->thing[i] != t &&
		    model_same_id(&m->thing[i], &t->r.addr))
			m->thing[i].gone = true;
}

static void
count_try(struct model *m, struct thing *t)
{
	if (t->r.last_try == 0 || ago(m, t->r.last_try) >= M_MINUTE)
		t->r.tries += t->r.tries < UINT16_MAX;
	t->r.last_try = m->now;
}

static bool
asks_for_old(const struct model *m, const struct thing *t)
{
	return !t->r.old && (t->r.level < BOOK_GOOD ||
	    t->r.last_success / M_HOUR != m->now / M_HOUR);
}

static void
succeed(struct model *m, struct thing *t, enum book_outcome how)
{
	struct book_row	*r = &t->r;

	m->step.subject = t;
	m->step.asks = asks_for_old(m, t);
	drop_rivals(m, t);
	count_try(m, t);
	if (r->first_success == 0)
		r->first_success = m->now;
	if (r->last_success == 0 || ago(m, r->last_success) >= M_MINUTE)
		r->successes += r->successes < UINT16_MAX;
	if (r->level < BOOK_REACHED)
		r->level = BOOK_REACHED;
	if (how != BOOK_LIVE || ago(m, r->first_success) >= M_HOUR)
		r->level = BOOK_GOOD;
	r->last_success = m->any_success = m->now;
	r->failures = r->tests = 0;
	r->last_test = r->rest_until = t->rest_max = 0;
	m->step.asks &= r->level == BOOK_GOOD;
}

static void
count_failure(struct model *m, struct thing *t)
{
	struct book_row	*r = &t->r;

	r->failures += r->failures < UINT8_MAX;
	r->last_failure = m->now;
	if (r->old && ago(m, r->last_test) >= M_HOUR) {
		r->tests += r->tests < UINT8_MAX;
		r->last_test = m->now;
	}
}

static void
fail(struct model *m, struct thing *t)
{
	uint32_t	 n, s;

	count_try(m, t);
	if (m->any_success != 0 && m->any_success >= t->r.last_failure)
		count_failure(m, t);
	n = t->r.failures > 0 ? t->r.failures : 1;
	s = n < 17 ? 1U << n : M_DAY;
	t->r.rest_until = m->now + (s < M_DAY ? s : M_DAY);
	t->rest_max = m->now + (s + 1 < M_DAY ? s + 1 : M_DAY);
	m->step.subject = t;
	m->step.settles = true;
}

static void
be_full(struct model *m, struct thing *t)
{
	count_try(m, t);
	if (ago(m, t->r.last_failure) >= M_DAY &&
	    ago(m, t->r.last_success) >= M_DAY &&
	    ago(m, t->r.first_heard) >= M_DAY) {
		t->r.tests += t->r.tests < UINT8_MAX;
		t->r.last_failure = m->now;
		t->r.last_test = t->r.old ? m->now : 0;
		m->step.subject = t;
		m->step.settles = true;
	}
	if (ago(m, t->r.last_heard) >= M_HOUR)
		t->r.last_heard = m->now;
	t->r.rest_until = t->rest_max = m->now + 30 * M_MINUTE;
}

/* Is there one at all that a success may not push aside? */
static bool
somebody_verified_in_new(const struct model *m)
{
	uint32_t	 i;

	for (i = 0; i < m->n; i++)
		if (!m->thing[i].r.old && m->thing[i].r.level > BOOK_HEARD)
			return true;
	return false;
}

/* A dial to one that the book did not name. */
static struct thing *
enter_dialled(struct model *m, const struct peer_addr *a, bool there)
{
	enum book_result	 r;

	r = model_foretell(m, a, a->na.ip, true, false);
	model_drop_stakes(m);
	if (r != MODEL_OPEN) {
		MUST(m, !there, "a success let in what may not come");
		return NULL;
	}
	MUST(m, there || somebody_verified_in_new(m),
	    "a success found no place");
	if (!there)
		return NULL;
	m->step.pushes = true;
	return model_enter(m, a, a->na.ip);
}

static void
hold(struct model *m, const struct peer_addr *a)
{
	unsigned int	 i;

	for (i = 0; i < m->nholds; i++)
		if (peer_addr_equal(&m->hold[i].addr, a))
			break;
	if (i == M_LISTS)
		abort();
	m->nholds += i == m->nholds;
	m->hold[i].addr = *a;
	m->hold[i].until = m->now + M_DAY;
}

void
model_outcome(struct model *m, const struct peer_addr *a,
    enum book_outcome how, bool there)
{
	struct thing	*t = model_find(m, a);

	switch (how) {
	case BOOK_LIVE:
	case BOOK_ANSWERED:
	case BOOK_MATURE:
		if (t != NULL || (t = enter_dialled(m, a, there)) != NULL)
			succeed(m, t, how);
		return;
	case BOOK_WRONG_ID:
	case BOOK_WRONG_NETWORK:
		hold(m, a);
		break;
	case BOOK_SELF:
		model_own(m, &a->na);
		break;
	default:
		break;
	}
	if (t == NULL)
		return;
	if (how == BOOK_FAILED)
		fail(m, t);
	else if (how == BOOK_FULL)
		be_full(m, t);
	else if (how == BOOK_DIALLED || how == BOOK_OURS)
		count_try(m, t);
	else
		t->gone = true;
}

void
model_own(struct model *m, const struct netaddr *na)
{
	unsigned int	 i;

	for (i = 0; i < m->n; i++)
		if (netaddr_equal(&m->thing[i].r.addr.na, na))
			m->thing[i].gone = true;
	if (model_is_own(m, na))
		return;
	if (m->nown == BOOK_OWN_MAX)
		abort();	/* more than a test makes */
	m->own[m->nown].na = *na;
	m->own[m->nown++].since = m->now;
}

/* --- import ----------------------------------------------------------- */

static uint32_t
least(uint32_t x, uint32_t y)
{
	return x < y ? x : y;
}

static uint32_t
most(uint32_t x, uint32_t y)
{
	return x > y ? x : y;
}

/* Is the ID known, there or elsewhere, by something later? */
static bool
known_better(const struct model *m, const struct book_row *r)
{
	const struct thing	*t;

	for (t = m->thing; t < m->thing + m->n; t++)
		if (model_same_id(t, &r->addr) && t->r.level > BOOK_HEARD &&
		    t->r.last_success >= least(r->last_success, m->now))
			return true;
	return false;
}

/* What both know: the longer history. */
static void
merge(struct model *m, struct thing *t, const struct book_row *from)
{
	struct book_row	*r = &t->r;
	uint32_t	 first;

	r->level = most(r->level, from->level);
	r->last_heard = most(r->last_heard, least(from->last_heard, m->now));
	/* Entered for this, it was not heard of before. */
	if (m->step.newcomer)
		r->last_heard = least(from->last_heard, m->now);
	r->first_heard = least(r->first_heard,
	    least(from->first_heard, m->now));
	first = least(from->first_success, m->now);
	if (r->first_success == 0 || first < r->first_success)
		r->first_success = first;
	r->last_success = least(from->last_success, m->now);
	r->last_try = most(r->last_try, least(from->last_try, m->now));
	r->last_failure = most(r->last_failure,
	    least(from->last_failure, m->now));
	r->failures = from->failures;
	r->successes = most(r->successes, from->successes);
	r->tries = most(r->tries, from->tries);
	r->rest_until = t->rest_max = least(from->rest_until, m->now + M_DAY);
}

void
model_import(struct model *m, const struct book_row *row,
    enum book_result result)
{
	struct thing	*t;

	m->step.anywhere = row->level > BOOK_HEARD && !known_better(m, row);
	model_came_in(m, &row->addr, row->addr.na.ip, false, false, result);
	if ((result != BOOK_ADDED && result != BOOK_KNOWN) ||
	    (t = model_find(m, &row->addr)) == NULL)
		return;
	if (row->level == BOOK_HEARD) {
		/* Hearsay teaches nothing of one that is known. */
		if (result == BOOK_ADDED)
			merge(m, t, row);
		m->imported = m->now;
		return;
	}
	if (known_better(m, row))
		return;
	model_drop_stakes(m);
	drop_rivals(m, t);
	merge(m, t, row);
	m->any_success = most(m->any_success, t->r.last_success);
	m->imported = m->now;
	m->step.asks = t->r.level == BOOK_GOOD && !t->r.old;
}

/* --- bans ------------------------------------------------------------- */

static uint32_t
length_of(unsigned int times)
{
	uint32_t	 days = 1;

	while (--times > 0 && days < 30)
		days *= 2;
	return least(days, 30) * M_DAY;
}

static uint32_t
ban_one(struct model *m, const struct node_id *id, const uint8_t *ip,
    enum book_fault fault, uint32_t seconds)
{
	struct book_ban	*b = model_find_ban(m, id, ip), was;

	if (b == NULL) {
		if (m->nbans == M_LISTS)
			abort();
		b = &m->ban[m->nbans++];
		memset(b, 0, sizeof(*b));
	}
	was = *b;
	b->by_id = id != NULL;
	if (id != NULL)
		b->id = *id;
	else
		memcpy(b->ip, ip, ip_is_v4(ip) ? 16 : 8);
	b->fault = fault;
	b->since = m->now;
	if (was.times == 0 || ago(m, was.until) > 30 * M_DAY)
		b->times = 1;
	else if (was.until <= m->now || ago(m, was.since) >= M_MINUTE)
		b->times = was.times + 1;
	b->until = m->now + (seconds > 0 ? seconds : length_of(b->times));
	if (fault != BOOK_FAULT_OPERATOR)
		b->until = most(b->until, was.until);
	return b->until;
}

void
model_ban(struct model *m, const struct node_id *id, const uint8_t *ip,
    enum book_fault fault, uint32_t seconds, uint32_t until)
{
	uint32_t	 i, want = 0;

	if (id != NULL) {
		want = ban_one(m, id, NULL, fault, seconds);
		for (i = 0; i < m->n; i++)
			if (node_id_equal(&m->thing[i].r.addr.id, id))
				m->thing[i].gone = true;
	}
	if (ip != NULL && !m->private_network)
		want = most(want, ban_one(m, NULL, ip, fault, seconds));
	MUST(m, until == want, "a ban ends at another time");
}

void
model_unban(struct model *m, const struct node_id *id, const uint8_t *ip,
    bool was)
{
	struct book_ban	*b;
	bool		 banned = false;
	int		 k;

	for (k = 0; k < 2; k++) {
		if ((b = model_find_ban(m, k == 0 ? id : NULL, ip)) == NULL)
			continue;
		banned |= b->until > m->now;
		*b = m->ban[--m->nbans];
	}
	MUST(m, banned == was, "lifted what was not there, or the reverse");
}

/* --- configuration ---------------------------------------------------- */

void
model_configure(struct model *m, const struct book_config *conf)
{
	uint32_t	 i;

	if (m->strict != conf->strict ||
	    m->private_network != conf->private_network)
		m->nspots = 0;
	m->step.all = m->private_network != conf->private_network;
	m->strict = conf->strict;
	m->private_network = conf->private_network;
	m->spacing = conf->crawl_spacing != 0 ? conf->crawl_spacing :
	    BOOK_CRAWL_SPACING;
	for (i = 0; i < conf->nprivate_ids && i < 8; i++)
		m->private[i] = conf->private_ids[i];
	m->nprivate = i;
	for (i = 0; i < m->n; i++)
		if (model_forbidden(m, &m->thing[i].r.addr) != MODEL_OPEN)
			m->thing[i].gone = true;
}

/* How long ago anything was known of anybody. */
static uint32_t
silence(const struct model *m)
{
	const struct book_row	*r;
	uint32_t		 i, last = 0;

	for (i = 0; i < m->n; i++) {
		r = &m->thing[i].r;
		last = most(last, r->last_heard);
		last = most(last, r->last_success);
		last = most(last, r->last_failure);
		last = most(last, r->last_try);
	}
	return ago(m, last);
}

/*
 * What is not saved: who told how much, whose turn it was, when a dial last
 * succeeded.
 */
uint32_t
model_restart(struct model *m)
{
	uint32_t	 i, absent;

	m->ntellers = m->nturns = 0;
	memset(m->teller, 0, sizeof(m->teller));
	m->all_ms = 0;
	m->imported = 0;
	m->any_success = 0;
	for (i = 0; i < m->n; i++)
		m->any_success = most(m->any_success,
		    m->thing[i].r.last_success);
	absent = m->n > 0 ? silence(m) : 0;
	if (absent < M_DAY)
		return 0;
	for (i = 0; i < m->n; i++)
		m->thing[i].r.last_heard += absent;
	return absent;
}
