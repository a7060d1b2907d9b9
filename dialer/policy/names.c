/* SPDX-License-Identifier: ISC */
/* The IDs that the config names, looked up at every admission. */

#include <stdlib.h>

#include "dialer/policy/local.h"

struct name {
	struct map_node	node;
	struct node_id	id;
	unsigned	flags;
};

static struct name *
find(const struct policy *p, const struct names *ns, const struct node_id *id)
{
	struct map_node *n = map_first(&ns->map, hash_id(p, id));
	struct name *name;

	for (; n != NULL; n = map_next(n)) {
		name = MAP_OWNER(n, struct name, node);
		if (node_id_equal(&name->id, id))
			return name;
	}
	return NULL;
}

int
names_init(struct names *ns)
{
	return map_init(&ns->map);
}

void
names_free(struct names *ns)
{
	struct map_node *n;
	size_t i;

	if (ns->map.bucket == NULL)
		return;
	for (i = 0; i <= ns->map.mask; i++)
		while ((n = ns->map.bucket[i]) != NULL) {
			map_del(&ns->map, n);
			free(MAP_OWNER(n, struct name, node));
		}
	map_free(&ns->map);
}

int
names_add(struct policy *p, struct names *ns, const struct node_id *id,
    unsigned flag)
{
	struct name *name;

	if ((name = find(p, ns, id)) == NULL) {
		if ((name = calloc(1, sizeof(*name))) == NULL)
			return -1;
		name->id = *id;
		map_put(&ns->map, &name->node, hash_id(p, id));
	}
	name->flags |= flag;
	return 0;
}

int
names_load(struct policy *p, struct names *ns, const struct conf *conf)
{
	static const unsigned flags[] = {
		[CONF_SEED] = NAME_SEED,
		[CONF_PERSISTENT] = NAME_PERSISTENT,
		[CONF_UNCONDITIONAL] = NAME_UNCONDITIONAL,
		[CONF_PRIVATE] = 0,
	};
	const struct conf_peer *cp;

	TAILQ_FOREACH(cp, &conf->peers, entry)
		if (flags[cp->kind] != 0 &&
		    names_add(p, ns, &cp->addr.id, flags[cp->kind]) == -1)
			return -1;
	return 0;
}

unsigned
names_flags(const struct policy *p, const struct node_id *id)
{
	const struct name *name = find(p, &p->names, id);

	return name == NULL ? 0 : name->flags;
}
