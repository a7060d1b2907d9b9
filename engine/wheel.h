/* SPDX-License-Identifier: ISC */
/*
 * A hashed timing wheel: thousands of timers of a peer's kind (pings,
 * deadlines) for the price of one timer of the event loop.  Setting and
 * unsetting are O(1); a timer is late by at most one tick, never early.
 *
 * Pure: the time is an argument, milliseconds of a clock that never goes
 * back.  Source: Varghese and Lauck, 1987.
 */
#ifndef PEXD_ENGINE_WHEEL_H
#define PEXD_ENGINE_WHEEL_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#define WHEEL_TICK_MS	16
#define WHEEL_SLOTS	2048		/* a power of two; one turn is 33 s */

/* Lives in whatever it times; all zero is a timer that is not set. */
struct timer {
	LIST_ENTRY(timer)	 entry;
	uint64_t		 tick;	/* due at the end of it; 0: not set */
	void			(*fn)(void *arg);
	void			*arg;
};
LIST_HEAD(timer_list, timer);

struct wheel {
	struct timer_list	slots[WHEEL_SLOTS];
	uint64_t		used[WHEEL_SLOTS / 64];	/* slots not empty */
	uint64_t		now;	/* the last tick that was run */
};

void	 wheel_init(struct wheel *, uint64_t now_ms);
/*
 * Call fn(arg) of every timer that is due.  A callback may set and unset
 * any timer, also its own, and may free what holds it.
 */
void	 wheel_run(struct wheel *, uint64_t now_ms);
/*
 * When to run the wheel next, as a time: never later than the first timer
 * (rounded up to its tick), sometimes earlier.  UINT64_MAX: no timer is set.
 */
uint64_t wheel_next(const struct wheel *);

void	 timer_init(struct timer *, void (*fn)(void *), void *arg);
/* Due at that time, at once (in the next run) if it is past. */
void	 timer_set(struct wheel *, struct timer *, uint64_t due_ms);
void	 timer_unset(struct wheel *, struct timer *);	/* unset one is fine */
bool	 timer_is_set(const struct timer *);

#endif
