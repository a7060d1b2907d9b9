/* SPDX-License-Identifier: ISC */
/* Who is banned. */

#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "pexctl/banset.h"

static int
id_cmp(const void *a, const void *b)
{
	return node_id_cmp(a, b);
}

static int
host_cmp(const void *va, const void *vb)
{
	const struct nethost *a = va, *b = vb;

	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	return a->lo < b->lo ? -1 : a->lo > b->lo;
}

/* Room for one more in an array that doubles. */
static void *
grow(void *list, size_t n, size_t size)
{
	if (list != NULL && (n & (n - 1)) != 0)
		return list;
	return reallocarray(list, n == 0 ? 1 : n * 2, size);
}

int
banset_add(struct banset *s, const struct m_row_ban *b, int64_t now)
{
	void *p;

	if (b->until <= now)
		return 0;
	if (b->has_id) {
		if ((p = grow(s->ids, s->nids, sizeof(*s->ids))) == NULL)
			return -1;
		s->ids = p;
		s->ids[s->nids++] = b->id;
	}
	if (b->has_host) {
		if ((p = grow(s->hosts, s->nhosts,
		    sizeof(*s->hosts))) == NULL)
			return -1;
		s->hosts = p;
		s->hosts[s->nhosts++] = nethost_of(b->ip);
	}
	return 0;
}

void
banset_sort(struct banset *s)
{
	if (s->nids > 0)
		qsort(s->ids, s->nids, sizeof(*s->ids), id_cmp);
	if (s->nhosts > 0)
		qsort(s->hosts, s->nhosts, sizeof(*s->hosts), host_cmp);
}

bool
banset_has(const struct banset *s, const struct peer_addr *pa)
{
	struct nethost host = nethost_of(pa->na.ip);

	return (s->nids > 0 && bsearch(&pa->id, s->ids, s->nids,
	    sizeof(*s->ids), id_cmp) != NULL) ||
	    (s->nhosts > 0 && bsearch(&host, s->hosts, s->nhosts,
	    sizeof(*s->hosts), host_cmp) != NULL);
}

void
banset_free(struct banset *s)
{
	free(s->ids);
	free(s->hosts);
	memset(s, 0, sizeof(*s));
}
