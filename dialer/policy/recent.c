/* SPDX-License-Identifier: ISC */
/* A memory of what was used lately that never forgets too soon. */

#include <stdlib.h>
#include <string.h>

#include "dialer/policy/recent.h"

#define RECENT_FIRST	64	/* items to begin with */

int
recent_init(struct recent *r, uint32_t max, uint64_t span)
{
	memset(r, 0, sizeof(*r));
	r->max = max;
	r->span = span;
	r->size = max < RECENT_FIRST ? max : RECENT_FIRST;
	r->item = calloc((size_t)r->size + 1, sizeof(*r->item));
	r->head = calloc(r->size, sizeof(*r->head));
	return r->item == NULL || r->head == NULL ? -1 : 0;
}

void
recent_free(struct recent *r)
{
	free(r->item);
	free(r->head);
}

/* --- by key ------------------------------------------------------------- */

static uint32_t *
head_of(const struct recent *r, uint64_t key)
{
	return &r->head[(key ^ key >> 32) & (r->size - 1)];
}

static uint32_t
find(const struct recent *r, uint64_t key)
{
	uint32_t i = *head_of(r, key);

	while (i != 0 && r->item[i].key != key)
		i = r->item[i].chain;
	return i;
}

static void
chain_add(struct recent *r, uint32_t i)
{
	uint32_t *head = head_of(r, r->item[i].key);

	r->item[i].chain = *head;
	*head = i;
}

static void
chain_del(struct recent *r, uint32_t i)
{
	uint32_t *at = head_of(r, r->item[i].key);

	while (*at != i)
		at = &r->item[*at].chain;
	*at = r->item[i].chain;
}

const struct recent_item *
recent_find(const struct recent *r, uint64_t key)
{
	uint32_t i = find(r, key);

	return i == 0 ? NULL : &r->item[i];
}

/* --- by time ------------------------------------------------------------ */

static void
order_del(struct recent *r, uint32_t i)
{
	struct recent_item *e = &r->item[i];

	*(e->newer != 0 ? &r->item[e->newer].older : &r->newest) = e->older;
	*(e->older != 0 ? &r->item[e->older].newer : &r->oldest) = e->newer;
}

static void
order_add(struct recent *r, uint32_t i)
{
	struct recent_item *e = &r->item[i];

	e->newer = 0;
	e->older = r->newest;
	*(r->newest != 0 ? &r->item[r->newest].newer : &r->oldest) = i;
	r->newest = i;
}

static bool
oldest_is_over(const struct recent *r, uint64_t now)
{
	return r->oldest != 0 && now - r->item[r->oldest].last > r->span;
}

bool
recent_has_room(const struct recent *r, uint64_t now)
{
	return r->n < r->max || oldest_is_over(r, now);
}

/* --- use ---------------------------------------------------------------- */

static int
grow(struct recent *r)
{
	uint32_t size = 2 * r->size, *head, i;
	struct recent_item *item;

	item = reallocarray(r->item, (size_t)size + 1, sizeof(*item));
	if (item == NULL)
		return -1;
	r->item = item;
	if ((head = calloc(size, sizeof(*head))) == NULL)
		return -1;
	free(r->head);
	r->head = head;
	r->size = size;
	for (i = 1; i <= r->n; i++)
		chain_add(r, i);
	return 0;
}

/* An item nobody needs, 0 if there is none. */
static uint32_t
unused(struct recent *r, uint64_t now)
{
	uint32_t i = r->oldest;

	if (oldest_is_over(r, now)) {
		order_del(r, i);
		chain_del(r, i);
		return i;
	}
	if (r->n == r->max || (r->n == r->size && grow(r) == -1))
		return 0;
	return ++r->n;
}

int
recent_use(struct recent *r, uint64_t now, uint64_t key)
{
	uint32_t i = find(r, key);
	struct recent_item *e;

	if (i != 0) {
		e = &r->item[i];
		order_del(r, i);
		memmove(&e->times[1], &e->times[0],
		    sizeof(e->times) - sizeof(e->times[0]));
		e->times[0] = e->last / 1000 + 1;
	} else {
		if ((i = unused(r, now)) == 0)
			return -1;
		e = &r->item[i];
		memset(e, 0, sizeof(*e));
		e->key = key;
		chain_add(r, i);
	}
	e->last = now;
	order_add(r, i);
	return 0;
}

int
recent_check(const struct recent *r)
{
	uint32_t i, n = 0, older = 0;

	for (i = r->oldest; i != 0 && n <= r->n; i = r->item[i].newer) {
		const struct recent_item *e = &r->item[i];

		if (e->older != older || find(r, e->key) != i ||
		    (older != 0 && e->last < r->item[older].last))
			return -1;
		older = i;
		n++;
	}
	return n == r->n && r->newest == older && n <= r->max ? 0 : -1;
}
