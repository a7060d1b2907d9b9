/* SPDX-License-Identifier: ISC */
/*
 * A hash table of structs that carry their own links.  Keys are the caller's:
 * it hands in 64-bit hashes (keyed, where a peer chooses the key) and
 * compares what it finds.
 */
#ifndef POLICY_MAP_H
#define POLICY_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_node {
	struct map_node	 *next;
	struct map_node	**prev;		/* what points here */
	uint64_t	  hash;
};

struct map {
	struct map_node	**bucket;
	size_t		  mask;		/* buckets - 1 */
	size_t		  n;
};

/* The struct around a node, NULL for NULL. */
#define MAP_OWNER(node, type, member)					\
	((node) == NULL ? NULL :					\
	    (type *)(void *)((char *)(node) - offsetof(type, member)))

int		 map_init(struct map *);	/* 0, or -1 without memory */
void		 map_free(struct map *);	/* not what is in it */
/* Cannot fail: without memory to grow, chains get longer. */
void		 map_put(struct map *, struct map_node *, uint64_t hash);
void		 map_del(struct map *, struct map_node *);
/* Every node of that hash, one after another; NULL at the end. */
struct map_node	*map_first(const struct map *, uint64_t hash);
struct map_node	*map_next(const struct map_node *);

/* How often each 64-bit key was added and not yet taken off. */
struct tally {
	struct map	map;
};

int		 pl_tally_init(struct tally *);
void		 pl_tally_free(struct tally *);
int		 pl_tally_add(struct tally *, uint64_t key);	/* -1: ENOMEM */
void		 pl_tally_sub(struct tally *, uint64_t key);
unsigned	 pl_tally_get(const struct tally *, uint64_t key);
/* At most max different keys into out.  Returns how many. */
size_t		 pl_tally_keys(const struct tally *, uint64_t *out, size_t max);

#endif
