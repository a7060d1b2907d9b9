/* SPDX-License-Identifier: ISC */
/*
 * The book as a whole: made, configured, counted.
 */
#include <stdlib.h>
#include <string.h>

#include "addrbookd/book/check.h"
#include "addrbookd/book/impl.h"

#define LINE	64	/* bytes; entries begin on one */

/* --- configuration ---------------------------------------------------- */

static int
id_cmp(const void *x, const void *y)
{
	return node_id_cmp(x, y);
}

static void
copy_ids(struct node_id *to, const struct node_id *from, size_t n)
{
	if (n == 0)
		return;
	memcpy(to, from, n * sizeof(*to));
	qsort(to, n, sizeof(*to), id_cmp);
}

static int
config_copy(struct config *to, const struct book_config *from)
{
	to->strict = from->strict;
	to->private_network = from->private_network;
	to->crawl_spacing = from->crawl_spacing != 0 ? from->crawl_spacing :
	    BOOK_CRAWL_SPACING;
	to->nown = from->nown_ids;
	to->nprivate = from->nprivate_ids;
	to->ids = calloc(to->nown + to->nprivate + 1, sizeof(*to->ids));
	if (to->ids == NULL)
		return -1;
	copy_ids(to->ids, from->own_ids, to->nown);
	copy_ids(to->ids + to->nown, from->private_ids, to->nprivate);
	return 0;
}

static bool
has_id(const struct node_id *list, size_t n, const struct node_id *id)
{
	return n > 0 && bsearch(id, list, n, sizeof(*id), id_cmp) != NULL;
}

static bool
is_private(const struct config *c, const struct node_id *id)
{
	return has_id(c->ids + c->nown, c->nprivate, id);
}

bool
book_is_private(const struct book *b, const struct node_id *id)
{
	return is_private(&b->conf, id);
}

/*
 * strict no lets in the private classes, and nothing that is no host's
 * address under any rule.
 */
static bool
may_route(const struct config *c, const struct netaddr *na)
{
	if (na->port == 0 || !ip_is_valid(na->ip))
		return false;
	if (c->strict || ip_is_routable_comet(na->ip))
		return ip_is_routable(na->ip);
	return !ip_is_v4(na->ip) || na->ip[12] != 0;
}

bool
bk_is_own_addr(const struct book *b, const struct netaddr *na)
{
	uint32_t	 n;

	for (n = 0; n < b->nown; n++)
		if (netaddr_equal(&b->own[n].na, na))
			return true;
	return false;
}

static enum book_result
forbidden(const struct book *b, const struct config *c,
    const struct peer_addr *a)
{
	if (!may_route(c, &a->na))
		return BOOK_UNROUTABLE;
	if (has_id(c->ids, c->nown, &a->id) || bk_is_own_addr(b, &a->na))
		return BOOK_OWN;
	if (is_private(c, &a->id))
		return BOOK_PRIVATE;
	return BOOK_ADDED;
}

enum book_result
bk_refuse(const struct book *b, const struct peer_addr *a)
{
	return forbidden(b, &b->conf, a);
}

/* Who may not stay goes while its group is still what it was. */
static void
remove_forbidden(struct book *b, const struct config *c)
{
	uint32_t	 i;

	for (i = 1; i <= b->top; i++)
		if ((entry_at(b, i)->flags & ENTRY_USED) &&
		    forbidden(b, c, &entry_at(b, i)->addr) != BOOK_ADDED)
			bk_entry_free(b, i);
}

int
book_configure(struct book *b, uint32_t now, const struct book_config *conf)
{
	struct config	 c;
	bool		 moved, respaced;

	if (config_copy(&c, conf) == -1)
		return -1;
	bk_tick(b, now);
	remove_forbidden(b, &c);
	moved = b->conf.private_network != c.private_network;
	respaced = b->conf.crawl_spacing != c.crawl_spacing;
	free(b->conf.ids);
	b->conf = c;
	if (moved)
		bk_old_replace(b);
	if (respaced)
		bk_sched_respace(b);
	return 0;
}

/* --- making ----------------------------------------------------------- */

static void
set_geometry(struct book *b, unsigned int size)
{
	unsigned int	 unit = BUCKETS_UNIT * SLOTS;

	if (size < BOOK_SIZE_MIN)
		size = BOOK_SIZE_MIN;
	if (size > BOOK_SIZE_MAX)
		size = BOOK_SIZE_MAX;
	b->old_buckets = (size + unit - 1) / unit;
	b->new_buckets = b->old_buckets * (BUCKETS_UNIT - 1);
	b->capacity = b->old_buckets * unit;
}

static int
init_entries(struct book *b)
{
	size_t		 n = ((size_t)b->capacity + 1) * sizeof(*b->entry);
	size_t		 behind = SOURCES * sizeof(*b->source) +
			    TURNS * sizeof(*b->turn) +
			    BOOK_HOLDS_MAX * sizeof(*b->hold);
	uintptr_t	 at;

	/* What may never be used lies behind, and then is not in memory. */
	if ((b->entry_memory = bk_array_new(1, n + LINE + behind)) == NULL)
		return -1;
	at = (uintptr_t)b->entry_memory;
	b->entry = (struct entry *)((char *)b->entry_memory +
	    (LINE - at % LINE) % LINE);
	b->source = (struct source *)(b->entry + b->capacity + 1);
	b->turn = (struct turn *)(b->source + SOURCES);
	b->hold = (struct book_hold *)(b->turn + TURNS);
	return bk_index_init(b);
}

static int
init_tables(struct book *b)
{
	uint32_t	 cells = 1, nold = b->old_buckets * SLOTS;

	while (cells < 2 * nold)
		cells *= 2;
	b->group_mask = cells - 1;
	b->group = bk_array_new(cells, sizeof(*b->group));
	b->oldtab = bk_array_new(nold, sizeof(*b->oldtab));
	b->newtab = bk_array_new((size_t)b->new_buckets * SLOTS,
	    sizeof(*b->newtab));
	if (b->group == NULL || b->oldtab == NULL || b->newtab == NULL)
		return -1;
	return bk_bans_init(&b->bans);
}

static int
init_marks(struct book *b)
{
	const uint32_t	 rows[BOOK_TABLE_MAX] = {
		[BOOK_TABLE_ENTRY] = b->capacity,
		[BOOK_TABLE_BAN] = BOOK_BANS_MAX,
		[BOOK_TABLE_HOLD] = BOOK_HOLDS_MAX,
		[BOOK_TABLE_OWN] = BOOK_OWN_MAX,
	};
	int		 t;

	for (t = 0; t < BOOK_TABLE_MAX; t++)
		if (bk_marks_init(&b->marks[t], rows[t]) == -1)
			return -1;
	return 0;
}

struct book *
book_new(unsigned int size, const uint8_t key[BOOK_KEY_SIZE], struct rng *rng,
    const struct book_config *conf)
{
	struct book	*b;

	if ((b = calloc(1, sizeof(*b))) == NULL)
		return NULL;
	siphash_key_set(&b->key, key);
	b->rng = rng;
	b->seniors.complete = true;
	set_geometry(b, size);
	if (config_copy(&b->conf, conf) == -1 || init_entries(b) == -1 ||
	    init_tables(b) == -1 || init_marks(b) == -1 ||
	    bk_dense_init(&b->pools, b->capacity, POOL_MAX) == -1) {
		book_free(b);
		return NULL;
	}
	return b;
}

void
book_free(struct book *b)
{
	int	 t;

	if (b == NULL)
		return;
	for (t = 0; t < BOOK_TABLE_MAX; t++)
		bk_marks_free(&b->marks[t]);
	bk_dense_free(&b->pools);
	bk_bans_free(&b->bans);
	free(b->newtab);
	free(b->oldtab);
	free(b->group);
	free(b->index);
	free(b->entry_memory);
	free(b->conf.ids);
	free(b);
}

/* Every so many operations, in a build for tests (PEXD_CHECK_BOOK). */
static void
check_now_and_then(struct book *b)
{
	if (PEXD_CHECK_BOOK == 0 || ++b->unchecked < PEXD_CHECK_BOOK)
		return;
	b->unchecked = 0;
	bk_must_hold(b);
}

/*
 * Each operation begins here.  Time never runs backwards, and passes once a
 * second.
 */
void
bk_tick(struct book *b, uint32_t now)
{
	if (now > b->now) {
		b->now = now;
		bk_sched_pass(b);
	}
	check_now_and_then(b);
}

struct netgroup
bk_group(const struct book *b, const uint8_t ip[16])
{
	return netgroup_of(ip, b->conf.strict);
}

/* --- own addresses ---------------------------------------------------- */

static void
remove_endpoint(struct book *b, const struct netaddr *na)
{
	uint32_t	 i;

	for (i = 1; i <= b->top; i++)
		if ((entry_at(b, i)->flags & ENTRY_USED) &&
		    netaddr_equal(&entry_at(b, i)->addr.na, na))
			bk_entry_free(b, i);
}

static uint32_t
own_unused(struct book *b)
{
	uint32_t	 n, oldest = 0;

	if (b->nown < BOOK_OWN_MAX)
		return b->nown++;
	for (n = 1; n < BOOK_OWN_MAX; n++)
		if (b->own[n].since < b->own[oldest].since)
			oldest = n;
	return oldest;
}

void
book_add_own(struct book *b, uint32_t now, const struct netaddr *na)
{
	uint32_t	 n;

	bk_tick(b, now);
	if (bk_is_own_addr(b, na))
		return;
	n = own_unused(b);
	b->own[n].na = *na;
	b->own[n].since = b->now;
	bk_mark(b, BOOK_TABLE_OWN, n + 1);
	remove_endpoint(b, na);
}

bool
book_get_own(struct book *b, uint32_t index, struct book_own *row)
{
	if (index == NIL || index > b->nown)
		return false;
	*row = b->own[index - 1];
	return true;
}

/* --- counting --------------------------------------------------------- */

void
book_count(struct book *b, uint32_t now, struct book_counts *c)
{
	bk_tick(b, now);
	memset(c, 0, sizeof(*c));
	c->capacity = b->capacity;
	c->size = b->size;
	c->in_old = b->nold;
	c->in_new = b->size - b->nold;
	c->heard = b->nlevel[BOOK_HEARD];
	c->reached = b->nlevel[BOOK_REACHED];
	c->good = b->nlevel[BOOK_GOOD];
	c->good_day = b->fresh[FRESH_DAY].count;
	c->seniors = bk_senior_count(b);
	c->resting = b->nresting;
	c->contests = b->ncontests;
	c->bans = bk_ban_count(b);
	c->holds = bk_hold_count(b);
}

unsigned int
book_size(const struct book *b)
{
	return b->size;
}

unsigned int
book_good(const struct book *b)
{
	return b->nlevel[BOOK_GOOD];
}

bool
book_wants(const struct book *b)
{
	return book_good(b) < BOOK_GOOD_WANTED;
}

bool
book_has_id(const struct book *b, const struct node_id *id)
{
	uint32_t	 eps[ENDPOINTS_MAX];

	return bk_endpoints(b, id, eps) > 0;
}
