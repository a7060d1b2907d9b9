/* SPDX-License-Identifier: ISC */
/* Bytes a second. */

#include <sys/types.h>

#include "engine/rate.h"

#define SECOND_US	1000000

static uint64_t
burst_of(uint32_t per_s)
{
	return per_s < RATE_BURST_MIN ? RATE_BURST_MIN : per_s;
}

/* Bytes not paid for yet. */
static uint64_t
owed(const struct rate *r, uint32_t per_s, uint64_t now_ms)
{
	uint64_t now = now_ms * 1000;

	if (r->free_us <= now)
		return 0;
	return (r->free_us - now) * per_s / SECOND_US;
}

size_t
rate_room(const struct rate *r, uint32_t per_s, uint64_t now_ms)
{
	uint64_t used;

	if (per_s == 0)
		return SIZE_MAX;
	used = owed(r, per_s, now_ms);
	return used >= burst_of(per_s) ? 0 : burst_of(per_s) - used;
}

void
rate_use(struct rate *r, uint32_t per_s, size_t n, uint64_t now_ms)
{
	uint64_t now = now_ms * 1000;

	if (per_s == 0)
		return;
	if (r->free_us < now)
		r->free_us = now;
	r->free_us += (uint64_t)n * SECOND_US / per_s;
}

uint64_t
rate_due(const struct rate *r, uint32_t per_s, uint64_t now_ms)
{
	uint64_t used, keep;

	if (per_s == 0)
		return now_ms;
	used = owed(r, per_s, now_ms);
	keep = burst_of(per_s) - RATE_BURST_MIN / 2;
	if (used <= keep)
		return now_ms;
	return now_ms + (used - keep) * 1000 / per_s + 1;
}
