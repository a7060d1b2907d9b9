/* SPDX-License-Identifier: ISC */
/* Counting by key: connections per host, outbound peers per group. */

#include <stdlib.h>

#include "dialer/policy/map.h"

struct tally_entry {
	struct map_node	node;		/* its hash is the key */
	unsigned	count;
};

static struct tally_entry *
find(const struct tally *t, uint64_t key)
{
	return MAP_OWNER(map_first(&t->map, key), struct tally_entry, node);
}

int
pl_tally_init(struct tally *t)
{
	return map_init(&t->map);
}

void
pl_tally_free(struct tally *t)
{
	struct map_node *node;
	size_t i;

	if (t->map.bucket == NULL)
		return;
	for (i = 0; i <= t->map.mask; i++)
		while ((node = t->map.bucket[i]) != NULL) {
			map_del(&t->map, node);
			free(MAP_OWNER(node, struct tally_entry, node));
		}
	map_free(&t->map);
}

int
pl_tally_add(struct tally *t, uint64_t key)
{
	struct tally_entry *e;

	if ((e = find(t, key)) == NULL) {
		if ((e = calloc(1, sizeof(*e))) == NULL)
			return -1;
		map_put(&t->map, &e->node, key);
	}
	e->count++;
	return 0;
}

void
pl_tally_sub(struct tally *t, uint64_t key)
{
	struct tally_entry *e;

	if ((e = find(t, key)) == NULL || --e->count > 0)
		return;
	map_del(&t->map, &e->node);
	free(e);
}

unsigned
pl_tally_get(const struct tally *t, uint64_t key)
{
	const struct tally_entry *e = find(t, key);

	return e == NULL ? 0 : e->count;
}

size_t
pl_tally_keys(const struct tally *t, uint64_t *out, size_t max)
{
	const struct map_node *node;
	size_t i, n = 0;

	for (i = 0; i <= t->map.mask; i++)
		for (node = t->map.bucket[i]; node != NULL && n < max;
		    node = node->next)
			out[n++] = node->hash;
	return n;
}
