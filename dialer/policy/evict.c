/* SPDX-License-Identifier: ISC */
/*
 * Who has to go for a new inbound peer when all places are taken.  Never
 * persistent or unconditional ones.  The older half of all the others is
 * protected, and the oldest of each of 8 groups chosen by a secret hash; of
 * the rest the youngest of the group with most connections goes, unless it
 * is younger than 10 s.  An attacker can neither aim at the protected groups
 * nor outlast the old, however fast he comes: the young count for the half.
 *
 * A choice costs a sort, so the whole order is kept for a moment, and so is
 * the knowledge that nobody may go.
 *
 * Source: Bitcoin Core, node/eviction.cpp (the idea of protected sets; there
 * a group is as large as what of it is not protected).
 */

#include <stdlib.h>
#include <string.h>

#include "dialer/policy/local.h"

#define VALID_MS	SECOND

struct evict_candidate {
	struct netgroup	group;
	uint64_t	keyed;		/* secret order of groups */
	uint64_t	since;
	uint32_t	conn;
	unsigned	size;		/* of its group, where it is youngest */
	bool		is_old;		/* one of the older half */
};

void
evict_free(struct evict *e)
{
	free(e->scratch);
	free(e->victims);
}

static int
make_room(struct evict *e, unsigned n)
{
	struct evict_candidate *scratch;
	uint32_t *victims;

	if (n <= e->max)
		return 0;
	scratch = reallocarray(e->scratch, n, sizeof(*scratch));
	if (scratch == NULL)
		return -1;
	e->scratch = scratch;
	victims = reallocarray(e->victims, n, sizeof(*victims));
	if (victims == NULL)
		return -1;
	e->victims = victims;
	e->max = n;
	return 0;
}

static int
compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* By group in secret order, the oldest of each first. */
static int
by_group(const void *va, const void *vb)
{
	const struct evict_candidate *a = va, *b = vb;
	int c;

	if ((c = compare(a->keyed, b->keyed)) == 0 &&
	    (c = compare(a->group.v, b->group.v)) == 0 &&
	    (c = compare(a->since, b->since)) == 0)
		c = compare(a->conn, b->conn);
	return c;
}

static int
by_age(const void *va, const void *vb)		/* oldest first */
{
	const struct evict_candidate *a = va, *b = vb;
	int c = compare(a->since, b->since);

	return c != 0 ? c : compare(a->conn, b->conn);
}

static void
sort(struct evict_candidate *v, unsigned n,
    int (*order)(const void *, const void *))
{
	/* Not qsort(3): glibc's asks the system how much memory it has. */
	if (n > 1)
		(void)heapsort(v, n, sizeof(*v), order);
}

static unsigned
collect(struct policy *p)
{
	const struct peer_vec *in = &p->peers.in;
	struct evict_candidate *c = p->evict.scratch;
	const struct peer *pe;
	unsigned i;

	for (i = 0; i < in->n; i++) {
		pe = in->v[i];
		if (!peer_fills_slot(pe))
			continue;
		*c++ = (struct evict_candidate){ .group = pe->group,
		    .keyed = hash_group(p, pe->group), .since = pe->since,
		    .conn = pe->conn };
	}
	return c - p->evict.scratch;
}

/* Take the protected out.  The order is, and stays, that of by_group(). */
static unsigned
leave_unprotected(struct evict_candidate *v, unsigned n)
{
	unsigned i, left = 0, groups = 0;
	uint64_t group = 0;
	bool first;

	for (i = 0; i < n; i++) {
		first = i == 0 || v[i].group.v != group;
		group = v[i].group.v;
		if (first && groups < POLICY_EVICT_GROUPS)
			groups++;
		else if (!v[i].is_old)
			v[left++] = v[i];
	}
	return left;
}

/*
 * v is in the order of by_group().  For each candidate, how large its group
 * would be if all younger ones of it were gone.  The protected count: who
 * holds old places for a group does not get the young ones besides.
 */
static void
size_groups(struct evict_candidate *v, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		v[i].size = i > 0 && v[i].group.v == v[i - 1].group.v ?
		    v[i - 1].size + 1 : 1;
}

/* Largest group first; of equal ones the one with the youngest member. */
static int
by_size(const void *va, const void *vb)
{
	const struct evict_candidate *a = va, *b = vb;
	int c = compare(b->size, a->size);

	return c != 0 ? c : by_age(vb, va);
}

/* Who goes first ends up last, where next_victim() begins. */
static void
choose(struct policy *p, uint64_t now)
{
	struct evict *e = &p->evict;
	struct evict_candidate *v = e->scratch;
	unsigned i, n;

	n = collect(p);
	sort(v, n, by_age);
	for (i = 0; i < n / 2; i++)
		v[i].is_old = true;
	sort(v, n, by_group);
	size_groups(v, n);
	n = leave_unprotected(v, n);
	sort(v, n, by_size);
	e->nvictims = 0;
	while (n-- > 0)
		if (now >= v[n].since + POLICY_EVICT_AGE_MS)
			e->victims[e->nvictims++] = v[n].conn;
}

static struct peer *
next_victim(struct policy *p)
{
	struct evict *e = &p->evict;
	struct peer *pe;

	while (e->nvictims > 0) {
		pe = peers_by_conn(p, e->victims[--e->nvictims]);
		if (pe != NULL && !pe->outbound && peer_fills_slot(pe))
			return pe;
	}
	return NULL;
}

struct peer *
evict_choose(struct policy *p, uint64_t now)
{
	struct evict *e = &p->evict;
	struct peer *pe = NULL;
	bool fresh = now < e->expires;

	if (p->peers.nin == 0)
		return NULL;
	if (fresh && (pe = next_victim(p)) != NULL)
		return pe;
	if (fresh && e->nobody)
		return NULL;
	if (make_room(e, p->peers.in.n) == -1)
		return NULL;
	choose(p, now);
	e->expires = now + VALID_MS;
	pe = next_victim(p);
	e->nobody = pe == NULL;
	return pe;
}
