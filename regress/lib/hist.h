/* SPDX-License-Identifier: ISC */
/*
 * A histogram of durations: 32 buckets for each doubling, so that a
 * percentile is off by 3 % at most.  Plain memory, so that processes can
 * share one and sums are sums.
 */
#ifndef PEXD_REGRESS_HIST_H
#define PEXD_REGRESS_HIST_H

#include <stdint.h>

#define HIST_STEPS	32
#define HIST_BUCKETS	(HIST_STEPS * 40)

struct hist {
	uint64_t	count;
	uint64_t	bucket[HIST_BUCKETS];
};

static inline unsigned int
hist_index(uint64_t us)
{
	unsigned int	 shift = 0, i;

	while (us >> shift >= 2 * HIST_STEPS)
		shift++;
	i = shift * HIST_STEPS + (us >> shift);
	return i < HIST_BUCKETS ? i : HIST_BUCKETS - 1;
}

static inline void
hist_add(struct hist *h, uint64_t us)
{
	h->count++;
	h->bucket[hist_index(us)]++;
}

static inline void
hist_merge(struct hist *to, const struct hist *from)
{
	int	 i;

	to->count += from->count;
	for (i = 0; i < HIST_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
}

/* The duration, µs, that permille of the samples do not exceed; 0: none. */
static inline uint64_t
hist_quantile(const struct hist *h, unsigned int permille)
{
	uint64_t	 seen = 0, want = (h->count * permille + 999) / 1000;
	unsigned int	 i, shift;

	if (h->count == 0)
		return 0;
	for (i = 0; i < HIST_BUCKETS; i++)
		if ((seen += h->bucket[i]) >= want)
			break;
	if (i < 2 * HIST_STEPS)
		return i;
	shift = i / HIST_STEPS - 1;
	return (uint64_t)(i - shift * HIST_STEPS) << shift;
}

#endif
