/* SPDX-License-Identifier: ISC */
/* The model of a book: what comes in, and what keeps it out. */
#include <stdlib.h>
#include <string.h>

#include "regress/lib/bookmodel_impl.h"

#define CLAIMS		3

struct model *
model_new(uint32_t capacity, const struct book_config *conf)
{
	struct model	*m;

	if ((m = calloc(1, sizeof(*m))) == NULL ||
	    (m->thing = calloc(capacity + 8, sizeof(*m->thing))) == NULL ||
	    (m->at = calloc(capacity + 1, sizeof(*m->at))) == NULL)
		abort();
	m->capacity = capacity;
	model_configure(m, conf);
	return m;
}

void
model_free(struct model *m)
{
	free(m->thing);
	free(m->at);
	free(m);
}

/* --- what is known ---------------------------------------------------- */

struct thing *
model_find(struct model *m, const struct peer_addr *a)
{
	uint32_t	 i;

	for (i = 0; i < m->n; i++)
		if (peer_addr_equal(&m->thing[i].r.addr, a))
			return &m->thing[i];
	return NULL;
}

bool
model_same_id(const struct thing *t, const struct peer_addr *a)
{
	return node_id_equal(&t->r.addr.id, &a->id);
}

bool
model_is_bad(const struct model *m, const struct thing *t)
{
	const struct book_row	*r = &t->r;
	uint32_t		 seen;

	if (r->last_try != 0 && ago(m, r->last_try) < M_MINUTE)
		return false;
	if (r->last_success == 0 && r->failures >= 3)
		return true;
	if (r->failures >= 16)
		return true;
	seen = r->last_heard;
	if (r->last_success > seen)
		seen = r->last_success;
	if (ago(m, seen) > M_WEEK)
		return true;
	return r->failures >= 10 && ago(m, r->last_success) > M_WEEK;
}

bool
model_gives_way(const struct model *m, const struct thing *t)
{
	if (model_is_bad(m, t))
		return true;
	if (t->r.old)
		return false;
	return t->r.tests >= 10 || (t->r.tests >= 3 && t->r.last_success == 0);
}

static bool
host_matches(const struct book_ban *b, const uint8_t *ip)
{
	return !b->by_id && nethost_equal(nethost_of(b->ip), nethost_of(ip));
}

struct book_ban *
model_find_ban(struct model *m, const struct node_id *id, const uint8_t *ip)
{
	unsigned int	 i;

	for (i = 0; i < m->nbans; i++)
		if (id != NULL ? m->ban[i].by_id &&
		    node_id_equal(&m->ban[i].id, id) :
		    host_matches(&m->ban[i], ip))
			return &m->ban[i];
	return NULL;
}

bool
model_is_banned(const struct model *m, const struct node_id *id,
    const uint8_t *ip)
{
	const struct book_ban	*b;
	unsigned int		 i;

	for (i = 0; i < m->nbans; i++) {
		b = &m->ban[i];
		if (b->until <= m->now)
			continue;
		if (b->by_id ? node_id_equal(&b->id, id) :
		    !m->private_network && host_matches(b, ip))
			return true;
	}
	return false;
}

bool
model_is_private(const struct model *m, const struct node_id *id)
{
	size_t	 i;

	for (i = 0; i < m->nprivate; i++)
		if (node_id_equal(&m->private[i], id))
			return true;
	return false;
}

bool
model_fresh(const struct model *m, const struct thing *t, uint32_t within)
{
	return t->r.level == BOOK_GOOD && ago(m, t->r.last_success) < within;
}

bool
model_late(const struct model *m, const struct thing *t, uint32_t within)
{
	return t->r.level == BOOK_GOOD && m->imported != 0 &&
	    ago(m, t->r.last_success) >= within &&
	    ago(m, t->r.last_success) < within + M_MINUTE;
}

bool
model_yields(const struct model *m, const struct thing *t)
{
	return t->r.tests >= 3 && ago(m, t->r.last_success) >= 3 * M_DAY;
}

bool
model_is_own(const struct model *m, const struct netaddr *na)
{
	unsigned int	 i;

	for (i = 0; i < m->nown; i++)
		if (netaddr_equal(&m->own[i].na, na))
			return true;
	return false;
}

static bool
is_held(const struct model *m, const struct peer_addr *a)
{
	unsigned int	 i;

	for (i = 0; i < m->nholds; i++)
		if (peer_addr_equal(&m->hold[i].addr, a))
			return m->hold[i].until > m->now;
	return false;
}

/* Without strict, what CometBFT calls unroutable, and not what we add. */
static bool
may_route(const struct model *m, const struct netaddr *na)
{
	if (na->port == 0 || !ip_is_valid(na->ip))
		return false;
	return ip_is_routable(na->ip) ||
	    (!m->strict && !ip_is_routable_comet(na->ip));
}

enum book_result
model_forbidden(const struct model *m, const struct peer_addr *a)
{
	if (!may_route(m, &a->na))
		return BOOK_UNROUTABLE;
	if (model_is_own(m, &a->na))
		return BOOK_OWN;
	if (model_is_private(m, &a->id))
		return BOOK_PRIVATE;
	return MODEL_OPEN;
}

/* --- time ------------------------------------------------------------- */

static void
forgive(uint64_t *ms, uint64_t passed_ms)
{
	*ms = *ms > passed_ms ? *ms - passed_ms : 0;
}

void
model_begin(struct model *m, uint32_t now)
{
	uint64_t	 passed_ms = (uint64_t)(now - m->now) * 1000;
	uint32_t	 i;

	m->now = now;
	memset(&m->step, 0, sizeof(m->step));
	forgive(&m->all_ms, passed_ms);
	for (i = 0; i < m->ntellers; i++) {
		forgive(&m->teller[i].heard_ms, passed_ms);
		forgive(&m->teller[i].self_ms, passed_ms);
	}
	for (i = 0; i < m->n; i++) {
		m->thing[i].weak = model_gives_way(m, &m->thing[i]);
		m->thing[i].stake = false;
	}
	if (ago(m, m->imported) > 2 * M_MINUTE)
		m->imported = 0;
}

/* --- how much a group may tell ---------------------------------------- */

static struct teller *
teller_of(struct model *m, const uint8_t *ip)
{
	struct netgroup	 g = netgroup_of(ip, m->strict);
	unsigned int	 i;

	for (i = 0; i < m->ntellers; i++)
		if (netgroup_equal(m->teller[i].group, g))
			return &m->teller[i];
	if (m->ntellers == M_LISTS)
		abort();
	m->teller[m->ntellers].group = g;
	return &m->teller[m->ntellers++];
}

/* One costs so much, and so much may be owed. */
static bool
can_owe(uint64_t ms, uint64_t one, uint64_t most)
{
	return ms + one <= one * most;
}

#define HEARD_ONE	86400U	/* ms: 1000 a day */
#define HEARD_MOST	1000
#define SELF_ONE	60000U
#define SELF_MOST	16
#define ALL_ONE		50U
#define ALL_MOST	20

static bool
may_tell_more(struct model *m, const uint8_t *source)
{
	return m->private_network ||
	    can_owe(teller_of(m, source)->heard_ms, HEARD_ONE, HEARD_MOST);
}

static bool
may_announce(struct model *m, const uint8_t *source)
{
	struct teller	*t = teller_of(m, source);
	bool		 narrow = can_owe(t->self_ms, SELF_ONE, SELF_MOST);

	if ((!m->private_network && !narrow) ||
	    !can_owe(m->all_ms, ALL_ONE, ALL_MOST))
		return false;
	m->all_ms += ALL_ONE;
	if (narrow)
		t->self_ms += SELF_ONE;
	return true;
}

/* --- coming in -------------------------------------------------------- */

/*
 * Who of an ID's claims would have to go for one more: stakes are set.
 * Returns whether one more may come at all.
 */
static bool
may_claim(struct model *m, const struct peer_addr *a, bool proved)
{
	struct thing	*t, *weakest = NULL;
	unsigned int	 claims = 0, weak = 0;

	for (t = m->thing; t < m->thing + m->n; t++) {
		if (!model_same_id(t, a))
			continue;
		if (t->r.level > BOOK_HEARD) {
			if (t->r.failures == 0 && !proved)
				return false;
			continue;
		}
		claims++;
		weak += t->weak;
		if (weakest == NULL || t->r.last_heard < weakest->r.last_heard)
			weakest = t;
	}
	if (claims < CLAIMS)
		return true;
	if (weak == 0 && !proved)
		return false;
	for (t = m->thing; t < m->thing + m->n; t++)
		if (model_same_id(t, a) && t->r.level == BOOK_HEARD)
			t->stake = weak > 0 ? t->weak :
			    t->r.last_heard == weakest->r.last_heard;
	return true;
}

struct thing *
model_enter(struct model *m, const struct peer_addr *a, const uint8_t *source)
{
	struct thing	*t;

	if (m->n == m->capacity + 7)
		abort();
	t = &m->thing[m->n++];
	memset(t, 0, sizeof(*t));
	t->r.addr = *a;
	t->r.source = netgroup_of(source, m->strict);
	t->r.first_heard = t->r.last_heard = m->now;
	t->r.nplaces = 1;
	m->step.placed++;
	m->step.newcomer = true;
	m->step.subject = t;
	return t;
}

static void
heard_again(struct model *m, struct thing *t)
{
	if (ago(m, t->r.last_heard) >= M_HOUR)
		t->r.last_heard = m->now;
	/* Perhaps one more place, from which somebody had to go. */
	m->step.placed++;
	m->step.subject = t;
}

/* What becomes of an address; MODEL_OPEN: the hash decides. */
enum book_result
model_foretell(struct model *m, const struct peer_addr *a,
    const uint8_t *source, bool proved, bool limited)
{
	enum book_result	 r;

	if (model_find(m, a) != NULL)
		return model_is_banned(m, &a->id, a->na.ip) ? BOOK_BANNED :
		    BOOK_KNOWN;
	if ((r = model_forbidden(m, a)) != MODEL_OPEN)
		return r;
	if (model_is_banned(m, &a->id, a->na.ip))
		return BOOK_BANNED;
	if (is_held(m, a))
		return BOOK_HELD;
	if (!may_claim(m, a, proved))
		return BOOK_CLAIMED;
	return limited && !may_tell_more(m, source) ? BOOK_LIMITED : MODEL_OPEN;
}

const struct spot *
model_spot(const struct model *m, const struct peer_addr *a,
    struct netgroup source)
{
	unsigned int	 i;

	for (i = 0; i < m->nspots; i++)
		if (netgroup_equal(m->spot[i].source, source) &&
		    peer_addr_equal(&m->spot[i].addr, a))
			return &m->spot[i];
	return NULL;
}

/* Will the place be had where it belongs, if that is known? */
static enum book_result
look_at_spot(const struct model *m, const struct peer_addr *a,
    const uint8_t *source)
{
	const struct spot	*s;
	const struct thing	*t;
	unsigned int		 k;

	s = model_spot(m, a, netgroup_of(source, m->strict));
	if (s == NULL)
		return MODEL_OPEN;
	for (t = m->thing; t < m->thing + m->n; t++)
		for (k = 0; !t->r.old && k < t->r.nplaces; k++)
			if (t->r.place[k] == s->place)
				return t->weak || t->r.nplaces > 1 ?
				    BOOK_ADDED : BOOK_NO_ROOM;
	return BOOK_ADDED;
}

void
model_drop_stakes(struct model *m)
{
	uint32_t	 i;

	for (i = 0; i < m->n; i++)
		m->thing[i].stake = false;
}

void
model_came_in(struct model *m, const struct peer_addr *a, const uint8_t *source,
    bool proved, bool limited, enum book_result result)
{
	enum book_result	 want, spot;

	want = model_foretell(m, a, source, proved, limited);
	MUST(m, result == want || (want == MODEL_OPEN &&
	    (result == BOOK_ADDED || result == BOOK_NO_ROOM)),
	    "an address was not judged by the rules");
	if (want == MODEL_OPEN &&
	    (spot = look_at_spot(m, a, source)) != MODEL_OPEN) {
		m->step.anywhere &= spot == BOOK_NO_ROOM;
		MUST(m, result == spot || m->step.anywhere,
		    "a place was given or kept wrongly");
	}
	m->step.pushes |= m->step.anywhere && result == BOOK_ADDED;
	MUST(m, result != BOOK_NO_ROOM || m->n > 0, "no room in an empty book");
	if (result != BOOK_ADDED)
		model_drop_stakes(m);
	if (result == BOOK_KNOWN)
		heard_again(m, model_find(m, a));
	if (result != BOOK_ADDED || want != MODEL_OPEN)
		return;
	model_enter(m, a, source);
	if (limited && !m->private_network)
		teller_of(m, source)->heard_ms += HEARD_ONE;
}

void
model_hear(struct model *m, const struct peer_addr *a,
    const struct book_source *src, enum book_result result)
{
	if (model_is_private(m, &src->id))
		MUST(m, result == BOOK_PRIVATE_SOURCE, "a private source");
	else
		model_came_in(m, a, src->ip, false, true, result);
}

void
model_announce(struct model *m, const struct peer_addr *peer,
    const struct netaddr *listens, enum book_result result)
{
	struct peer_addr	 a = *peer;
	enum book_result	 r;
	bool			 own_ip;

	own_ip = memcmp(listens->ip, peer->na.ip, 16) == 0 ||
	    ip_is_unspecified(listens->ip);
	a.na.port = listens->port;
	if (!own_ip)
		a.na = *listens;
	r = model_forbidden(m, &a);
	if (r == MODEL_OPEN && model_is_banned(m, &a.id, a.na.ip))
		r = BOOK_BANNED;
	if (r == MODEL_OPEN && model_find(m, &a) == NULL &&
	    !may_announce(m, peer->na.ip))
		r = BOOK_LIMITED;
	if (r != MODEL_OPEN)
		MUST(m, result == r, "an announcement was not refused");
	else
		model_came_in(m, &a, peer->na.ip, own_ip, true, result);
}

/*
 * In which order a list was looked at only the book knows, and so who of the
 * newcomers found room; what it adds up to is known.
 */
void
model_list(struct model *m, struct book *b, const struct peer_addr *list,
    unsigned int n, const struct book_source *src,
    const unsigned int counts[BOOK_RESULT_MAX])
{
	unsigned int	 want[BOOK_RESULT_MAX + 1] = { 0 }, i, added = 0;
	struct book_row	 row;

	if (model_is_private(m, &src->id)) {
		MUST(m, counts[BOOK_PRIVATE_SOURCE] == n, "a private source");
		return;
	}
	for (i = 0; i < n; i++)
		want[model_foretell(m, &list[i], src->ip, false, false)]++;
	for (i = 0; i < n; i++)
		if (book_find(b, m->now, &list[i], &row)) {
			model_enter(m, &list[i], src->ip);
			added++;
		}
	for (i = BOOK_UNROUTABLE; i < BOOK_LIMITED; i++)
		MUST(m, counts[i] == want[i], "a list was judged otherwise");
	MUST(m, added == counts[BOOK_ADDED] && added + counts[BOOK_NO_ROOM] +
	    counts[BOOK_LIMITED] == want[MODEL_OPEN], "newcomers were lost");
	if (m->private_network) {
		MUST(m, counts[BOOK_LIMITED] == 0, "limited in private");
		return;
	}
	teller_of(m, src->ip)->heard_ms += (uint64_t)HEARD_ONE * added;
	MUST(m, teller_of(m, src->ip)->heard_ms <=
	    (uint64_t)HEARD_ONE * HEARD_MOST, "a group told too much");
	MUST(m, counts[BOOK_LIMITED] == 0 || !may_tell_more(m, src->ip),
	    "a group was limited too early");
}
