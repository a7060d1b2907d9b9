/* SPDX-License-Identifier: ISC */
/* How many nodes run which version on which network. */

#include <sys/types.h>
#include <sys/tree.h>

#include <stdlib.h>
#include <string.h>

#include "pexctl/versions.h"

struct vnode {
	RB_ENTRY(vnode)		 entry;
	struct version_count	 c;
};
RB_HEAD(vtree, vnode);

struct versions {
	struct vtree	tree;
	uint64_t	total;
	size_t		n;
};

static int
vnode_cmp(const struct vnode *a, const struct vnode *b)
{
	int cmp = strcmp(a->c.version, b->c.version);

	return cmp != 0 ? cmp : strcmp(a->c.network, b->c.network);
}

RB_PROTOTYPE(vtree, vnode, entry, vnode_cmp)
RB_GENERATE(vtree, vnode, entry, vnode_cmp)

struct versions *
versions_new(void)
{
	struct versions *v;

	if ((v = calloc(1, sizeof(*v))) != NULL)
		RB_INIT(&v->tree);
	return v;
}

void
versions_free(struct versions *v)
{
	struct vnode *n, *next;

	if (v == NULL)
		return;
	RB_FOREACH_SAFE(n, vtree, &v->tree, next) {
		RB_REMOVE(vtree, &v->tree, n);
		free(n);
	}
	free(v);
}

static struct vnode *
find(struct versions *v, const char *version, const char *network)
{
	struct vnode key, *n;

	(void)strlcpy(key.c.version, version, sizeof(key.c.version));
	(void)strlcpy(key.c.network, network, sizeof(key.c.network));
	if ((n = RB_FIND(vtree, &v->tree, &key)) != NULL)
		return n;
	if (v->n >= VERSIONS_MAX && strcmp(version, "(others)") != 0)
		return find(v, "(others)", "");
	if ((n = calloc(1, sizeof(*n))) == NULL)
		return NULL;
	n->c = key.c;
	n->c.nodes = 0;
	RB_INSERT(vtree, &v->tree, n);
	v->n++;
	return n;
}

int
versions_count(struct versions *v, const struct m_row_node *row)
{
	struct vnode *n;

	if ((n = find(v, row->version, row->network)) == NULL)
		return -1;
	n->c.nodes++;
	v->total++;
	return 0;
}

static int
most_first(const void *va, const void *vb)
{
	const struct vnode *const *a = va, *const *b = vb;

	if ((*a)->c.nodes != (*b)->c.nodes)
		return (*a)->c.nodes > (*b)->c.nodes ? -1 : 1;
	return vnode_cmp(*a, *b);
}

void
versions_each(struct versions *v, struct view *view,
    void (*fn)(struct view *, const struct version_count *))
{
	struct vnode *n, **list;
	size_t i = 0;

	if (v->n == 0 || (list = calloc(v->n, sizeof(*list))) == NULL)
		return;
	RB_FOREACH(n, vtree, &v->tree) {
		n->c.share = n->c.nodes * 1000 / v->total;
		list[i++] = n;
	}
	qsort(list, v->n, sizeof(*list), most_first);
	for (i = 0; i < v->n; i++)
		fn(view, &list[i]->c);
	free(list);
}
