/* SPDX-License-Identifier: ISC */
/*
 * How often a peer may ask us for addresses: the first two requests are
 * answered at once, then one per interval; one early request is remembered,
 * more than PACE_DROPS_MAX beyond that in a minute is misbehaviour.
 *
 * Pure: the time is an argument, in milliseconds.
 */
#ifndef PEXD_ENGINE_PACE_H
#define PEXD_ENGINE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_FREE	2	/* requests answered at once */
#define PACE_DROPS_MAX	10	/* in PACE_WINDOW_MS */
#define PACE_WINDOW_MS	60000

struct pace {				/* all zero is a fresh peer */
	uint64_t	last_ms;	/* of the last one that was granted */
	uint64_t	window_ms;	/* when counting of drops began */
	uint8_t		granted;	/* up to PACE_FREE */
	uint8_t		drops;
	bool		waiting;	/* one is remembered */
};

enum pace_verdict {
	PACE_ANSWER,		/* now */
	PACE_WAIT,		/* at pace_due(), then pace_resume() */
	PACE_DROP,
	PACE_FLOOD,		/* misbehaviour */
};

enum pace_verdict	 pace_request(struct pace *, uint32_t interval_ms,
			    uint64_t now_ms);
uint64_t		 pace_due(const struct pace *, uint32_t interval_ms);
/* The remembered one is answered now. */
void			 pace_resume(struct pace *, uint64_t now_ms);

#endif
