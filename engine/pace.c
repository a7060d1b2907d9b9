/* SPDX-License-Identifier: ISC */
/* The pace of a peer's requests. */

#include <sys/types.h>

#include "engine/pace.h"

static void
grant(struct pace *p, uint64_t now_ms)
{
	if (p->granted < PACE_FREE)
		p->granted++;
	p->last_ms = now_ms;
}

static enum pace_verdict
count_drop(struct pace *p, uint64_t now_ms)
{
	if (p->drops == 0 || now_ms - p->window_ms >= PACE_WINDOW_MS) {
		p->window_ms = now_ms;
		p->drops = 0;
	}
	return ++p->drops > PACE_DROPS_MAX ? PACE_FLOOD : PACE_DROP;
}

enum pace_verdict
pace_request(struct pace *p, uint32_t interval_ms, uint64_t now_ms)
{
	if (p->waiting)
		return count_drop(p, now_ms);
	if (p->granted < PACE_FREE || now_ms >= pace_due(p, interval_ms)) {
		grant(p, now_ms);
		return PACE_ANSWER;
	}
	p->waiting = true;
	return PACE_WAIT;
}

uint64_t
pace_due(const struct pace *p, uint32_t interval_ms)
{
	return p->last_ms + interval_ms;
}

void
pace_resume(struct pace *p, uint64_t now_ms)
{
	p->waiting = false;
	grant(p, now_ms);
}
