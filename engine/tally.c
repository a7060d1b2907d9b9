/* SPDX-License-Identifier: ISC */
/* Counts by key, in a tree: no input makes its order bad. */

#include <sys/types.h>
#include <sys/tree.h>

#include <stdlib.h>

#include "engine/tally.h"

struct tally_node {
	RB_ENTRY(tally_node)	entry;
	struct tally_key	key;
	uint32_t		n;
};

static int
node_cmp(const struct tally_node *a, const struct tally_node *b)
{
	if (a->key.hi != b->key.hi)
		return a->key.hi < b->key.hi ? -1 : 1;
	if (a->key.lo != b->key.lo)
		return a->key.lo < b->key.lo ? -1 : 1;
	return 0;
}

RB_PROTOTYPE(tally, tally_node, entry, node_cmp)
RB_GENERATE(tally, tally_node, entry, node_cmp)

static struct tally_node *
find(struct tally *t, struct tally_key k)
{
	struct tally_node want = { .key = k };

	return RB_FIND(tally, t, &want);
}

void
tally_init(struct tally *t)
{
	RB_INIT(t);
}

void
tally_clear(struct tally *t)
{
	struct tally_node *n;

	while ((n = RB_ROOT(t)) != NULL) {
		RB_REMOVE(tally, t, n);
		free(n);
	}
}

uint32_t
tally_get(struct tally *t, struct tally_key k)
{
	struct tally_node *n = find(t, k);

	return n == NULL ? 0 : n->n;
}

int
tally_add(struct tally *t, struct tally_key k)
{
	struct tally_node *n = find(t, k);

	if (n == NULL) {
		if ((n = calloc(1, sizeof(*n))) == NULL)
			return -1;
		n->key = k;
		RB_INSERT(tally, t, n);
	}
	n->n++;
	return 0;
}

void
tally_sub(struct tally *t, struct tally_key k)
{
	struct tally_node *n = find(t, k);

	if (n == NULL || --n->n > 0)
		return;
	RB_REMOVE(tally, t, n);
	free(n);
}
