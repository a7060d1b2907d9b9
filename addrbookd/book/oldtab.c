/* SPDX-License-Identifier: ISC */
/*
 * The old table: good entries only, one place each, few of a kind.  Who
 * stands there stays until tests have shown that it is gone.
 *
 * Hosts and blocks are counted inside a group: an address that carries an
 * IPv4 address (6to4, Teredo, NAT64) belongs to that one's group.
 */
#include "addrbookd/book/impl.h"

struct blockers {
	uint32_t	list[4];	/* the slot's, host, block, group */
	unsigned int	n;
};

/* --- standing there --------------------------------------------------- */

static struct spot
spot_at(const struct book *b, const struct peer_addr *a, uint32_t place)
{
	struct spot	 s = { .place = place, .group = bk_group(b, a->na.ip) };

	s.group_hash = bk_group_fetch(b, s.group);
	return s;
}

struct spot
bk_old_spot(const struct book *b, const struct peer_addr *a)
{
	struct spot	 s = spot_at(b, a, 0);

	s.place = bk_old_place(b, a);
	__builtin_prefetch(&b->oldtab[s.place]);
	return s;
}

void
bk_old_fetch(const struct book *b, const struct spot *s)
{
	__builtin_prefetch(entry_at(b,
	    b->group[s->group_hash & b->group_mask].head));
}

static void
old_put(struct book *b, uint32_t i, const struct spot *s)
{
	struct entry	*e = entry_at(b, i);

	b->oldtab[s->place] = i;
	e->flags |= ENTRY_OLD;
	e->nrefs = 1;
	e->tests = 0;
	e->at.old.place = s->place;
	e->at.old.last_test = 0;
	bk_group_add(b, i, s->group_hash);
	b->nold++;
	bk_entry_changed(b, i);
}

void
bk_old_put(struct book *b, uint32_t i, uint32_t place)
{
	struct spot	 s = spot_at(b, &entry_at(b, i)->addr, place);

	old_put(b, i, &s);
}

void
bk_old_leave(struct book *b, uint32_t i)
{
	struct entry	*e = entry_at(b, i);

	bk_group_del(b, i);
	b->oldtab[e->at.old.place] = NIL;
	e->flags &= ~ENTRY_OLD;
	e->nrefs = 0;
	e->tests = 0;
	b->nold--;
	bk_entry_changed(b, i);
}

/* --- whose place it would be ------------------------------------------ */

bool
bk_old_yields(const struct book *b, const struct entry *e)
{
	return e->tests >= TESTS_WANTED &&
	    since(b->now, e->last_success) >= PATIENCE;
}

static bool
same_host(const struct entry *e, const struct peer_addr *a)
{
	return nethost_equal(nethost_of(e->addr.na.ip), nethost_of(a->na.ip));
}

static bool
same_block(const struct entry *e, const struct peer_addr *a)
{
	return netblock_equal(netblock_of(e->addr.na.ip),
	    netblock_of(a->na.ip));
}

static bool
same_group(const struct entry *e, const struct peer_addr *a)
{
	(void)e;
	(void)a;
	return true;		/* all on the chain are */
}

/* The caps, narrow ones first: who goes for a host counts for its group. */
static const struct cap {
	unsigned int	 max;
	bool		(*same)(const struct entry *, const struct peer_addr *);
} caps[] = {
	{ HOST_CAP, same_host },
	{ BLOCK_CAP, same_block },
	{ GROUP_CAP, same_group },
};
#define NCAPS	(sizeof(caps) / sizeof(caps[0]))

static bool
is_blocker(const struct blockers *bl, uint32_t i)
{
	unsigned int	 n;

	for (n = 0; n < bl->n; n++)
		if (bl->list[n] == i)
			return true;
	return false;
}

/*
 * If the cap is reached without those who go anyway, the one of the kind
 * that was verified longest ago; else NIL.
 */
static uint32_t
cap_blocker(const struct book *b, const struct cap *c, uint32_t chain,
    const struct peer_addr *a, const struct blockers *bl)
{
	const struct entry	*e;
	uint32_t		 i, weakest = NIL;
	unsigned int		 n = 0;

	for (i = chain; i != NIL; i = e->at.old.next) {
		e = entry_at(b, i);
		if (is_blocker(bl, i) || !c->same(e, a))
			continue;
		n++;
		if (weakest == NIL ||
		    e->last_success < entry_at(b, weakest)->last_success)
			weakest = i;
	}
	return n >= c->max ? weakest : NIL;
}

static void
find_blockers(const struct book *b, const struct peer_addr *a,
    const struct spot *s, struct blockers *bl)
{
	const struct group_cell	*c;
	uint32_t		 i;
	size_t			 n;

	bl->n = 0;
	if (b->oldtab[s->place] != NIL)
		bl->list[bl->n++] = b->oldtab[s->place];
	if (b->conf.private_network)
		return;
	/* One host is in one block: without one of it there is none. */
	c = bk_group_cell_at(b, s->group, s->group_hash);
	if (c->count < GROUP_CAP && !bk_group_may_have(c, a->na.ip))
		return;
	for (n = 0; n < NCAPS; n++)
		if ((i = cap_blocker(b, &caps[n], c->head, a, bl)) != NIL)
			bl->list[bl->n++] = i;
}

bool
bk_old_has_room(const struct book *b, const struct peer_addr *a,
    uint32_t place)
{
	struct spot	 s = spot_at(b, a, place);
	struct blockers	 bl;

	find_blockers(b, a, &s, &bl);
	return bl.n == 0;
}

/* --- getting there ---------------------------------------------------- */

static void
demote(struct book *b, uint32_t i)
{
	bk_contest_forget(b, i);
	bk_old_leave(b, i);
	bk_new_force(b, i);
}

/*
 * Move a good entry from new to old, if nobody who may stay is in its way.
 * Else it stays where it is, and whoever is in the way will be tested.  The
 * caller settles it.
 */
bool
bk_promote_to(struct book *b, uint32_t i, const struct spot *s)
{
	struct blockers	 bl;
	unsigned int	 n;

	find_blockers(b, &entry_at(b, i)->addr, s, &bl);
	for (n = 0; n < bl.n; n++)
		if (!bk_old_yields(b, entry_at(b, bl.list[n]))) {
			bk_contest_add(b, i, bl.list[n]);
			return false;
		}
	bk_contest_forget(b, i);
	bk_new_leave(b, i);
	for (n = 0; n < bl.n; n++)
		demote(b, bl.list[n]);
	old_put(b, i, s);
	return true;
}

bool
bk_promote(struct book *b, uint32_t i)
{
	struct spot	 s = bk_old_spot(b, &entry_at(b, i)->addr);

	return bk_promote_to(b, i, &s);
}

/*
 * Places and caps are others from now on: everyone steps out, and in again
 * if it may.
 */
void
bk_old_replace(struct book *b)
{
	uint32_t	 at, place, i;

	for (at = 0; at < b->old_buckets * SLOTS; at++) {
		if ((i = b->oldtab[at]) == NIL)
			continue;
		place = bk_old_place(b, &entry_at(b, i)->addr);
		bk_old_leave(b, i);
		if (bk_old_has_room(b, &entry_at(b, i)->addr, place)) {
			bk_old_put(b, i, place);
			bk_entry_settle(b, i);
			continue;
		}
		bk_contest_forget(b, i);
		bk_new_force(b, i);
	}
}
