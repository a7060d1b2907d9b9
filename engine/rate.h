/* SPDX-License-Identifier: ISC */
/*
 * Bytes a second in one direction of a connection: what may go now, and
 * when to go on.  Throttles, never fatal.  Pure: the time is an argument.
 */
#ifndef PEXD_ENGINE_RATE_H
#define PEXD_ENGINE_RATE_H

#include <sys/types.h>

#include <stdint.h>

/* A lower rate still lets two frames through in one go. */
#define RATE_BURST_MIN	4096

struct rate {				/* all zero is a fresh one */
	uint64_t	free_us;	/* when all that went is paid for */
};

/*
 * Bytes that may go at now, a second's worth at most.  per_s 0: no limit
 * (SIZE_MAX).
 */
size_t		 rate_room(const struct rate *, uint32_t per_s,
		    uint64_t now_ms);
/* n bytes went. */
void		 rate_use(struct rate *, uint32_t per_s, size_t n,
		    uint64_t now_ms);
/* When a good part of a burst is there again; now_ms if it is. */
uint64_t	 rate_due(const struct rate *, uint32_t per_s,
		    uint64_t now_ms);

#endif
