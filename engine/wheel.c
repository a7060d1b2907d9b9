/* SPDX-License-Identifier: ISC */
/* A hashed timing wheel. */

#include <sys/types.h>

#include <string.h>

#include "engine/wheel.h"

#define SLOT(tick)	((tick) & (WHEEL_SLOTS - 1))

void
wheel_init(struct wheel *w, uint64_t now_ms)
{
	memset(w, 0, sizeof(*w));
	w->now = now_ms / WHEEL_TICK_MS;
}

static void
mark_used(struct wheel *w, uint64_t slot)
{
	w->used[slot / 64] |= UINT64_C(1) << slot % 64;
}

static void
mark_if_empty(struct wheel *w, uint64_t slot)
{
	if (LIST_EMPTY(&w->slots[slot]))
		w->used[slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

void
timer_init(struct timer *t, void (*fn)(void *), void *arg)
{
	memset(t, 0, sizeof(*t));
	t->fn = fn;
	t->arg = arg;
}

bool
timer_is_set(const struct timer *t)
{
	return t->tick != 0;
}

void
timer_unset(struct wheel *w, struct timer *t)
{
	if (t->tick == 0)
		return;
	/* It may stand in wheel_run()'s own list; that needs no head. */
	LIST_REMOVE(t, entry);
	mark_if_empty(w, SLOT(t->tick));
	t->tick = 0;
}

void
timer_set(struct wheel *w, struct timer *t, uint64_t due_ms)
{
	timer_unset(w, t);
	t->tick = due_ms / WHEEL_TICK_MS + (due_ms % WHEEL_TICK_MS != 0);
	/* Past ticks are not looked at again. */
	if (t->tick <= w->now)
		t->tick = w->now + 1;
	LIST_INSERT_HEAD(&w->slots[SLOT(t->tick)], t, entry);
	mark_used(w, SLOT(t->tick));
}

/* Move what is due by tick from a slot to due. */
static void
collect(struct wheel *w, uint64_t slot, uint64_t tick, struct timer_list *due)
{
	struct timer *t, *next;

	LIST_FOREACH_SAFE(t, &w->slots[slot], entry, next) {
		if (t->tick > tick)	/* of a later turn of the wheel */
			continue;
		LIST_REMOVE(t, entry);
		LIST_INSERT_HEAD(due, t, entry);
	}
	mark_if_empty(w, slot);
}

void
wheel_run(struct wheel *w, uint64_t now_ms)
{
	struct timer_list due = LIST_HEAD_INITIALIZER(due);
	uint64_t tick = now_ms / WHEEL_TICK_MS, i, n;
	struct timer *t;

	if (tick <= w->now)
		return;
	n = tick - w->now;
	if (n > WHEEL_SLOTS)
		n = WHEEL_SLOTS;
	for (i = 1; i <= n; i++)
		if (w->used[SLOT(w->now + i) / 64] != 0)
			collect(w, SLOT(w->now + i), tick, &due);
	w->now = tick;
	while ((t = LIST_FIRST(&due)) != NULL) {
		timer_unset(w, t);
		t->fn(t->arg);
	}
}

uint64_t
wheel_next(const struct wheel *w)
{
	uint64_t i, slot;

	for (i = 1; i <= WHEEL_SLOTS; i++) {
		slot = SLOT(w->now + i);
		if (w->used[slot / 64] == 0) {
			i += 63 - slot % 64;	/* on to the next word */
			continue;
		}
		if (w->used[slot / 64] >> slot % 64 & 1)
			return (w->now + i) * WHEEL_TICK_MS;
	}
	return UINT64_MAX;
}
