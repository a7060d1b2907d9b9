/* SPDX-License-Identifier: ISC */
/* A hash table of structs that carry their own links. */

#include <stdlib.h>

#include "dialer/policy/map.h"

#define MAP_BUCKETS	16	/* to begin with */

static struct map_node **
slot_of(const struct map *m, uint64_t hash)
{
	return &m->bucket[(hash ^ hash >> 32) & m->mask];
}

static void
link_node(struct map_node **head, struct map_node *node)
{
	node->next = *head;
	node->prev = head;
	if (node->next != NULL)
		node->next->prev = &node->next;
	*head = node;
}

int
map_init(struct map *m)
{
	m->bucket = calloc(MAP_BUCKETS, sizeof(struct map_node *));
	m->mask = MAP_BUCKETS - 1;
	m->n = 0;
	return m->bucket == NULL ? -1 : 0;
}

void
map_free(struct map *m)
{
	free(m->bucket);
	m->bucket = NULL;
}

static void
map_grow(struct map *m)
{
	struct map_node **old = m->bucket, *node;
	size_t i, nold = m->mask + 1;

	m->bucket = calloc(2 * nold, sizeof(struct map_node *));
	if (m->bucket == NULL) {
		m->bucket = old;
		return;
	}
	m->mask = 2 * nold - 1;
	for (i = 0; i < nold; i++)
		while ((node = old[i]) != NULL) {
			old[i] = node->next;
			link_node(slot_of(m, node->hash), node);
		}
	free(old);
}

void
map_put(struct map *m, struct map_node *node, uint64_t hash)
{
	if (m->n > m->mask)
		map_grow(m);
	node->hash = hash;
	link_node(slot_of(m, hash), node);
	m->n++;
}

void
map_del(struct map *m, struct map_node *node)
{
	*node->prev = node->next;
	if (node->next != NULL)
		node->next->prev = node->prev;
	node->next = NULL;
	node->prev = NULL;
	m->n--;
}

static struct map_node *
find_from(struct map_node *node, uint64_t hash)
{
	while (node != NULL && node->hash != hash)
		node = node->next;
	return node;
}

struct map_node *
map_first(const struct map *m, uint64_t hash)
{
	return find_from(*slot_of(m, hash), hash);
}

struct map_node *
map_next(const struct map_node *node)
{
	return find_from(node->next, node->hash);
}
