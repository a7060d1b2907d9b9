/* SPDX-License-Identifier: ISC */
/* So many lines a second. */

#include "common/lograte.h"

unsigned
lograte_turn(struct lograte *r, uint64_t second)
{
	unsigned held = r->held;

	if (second == r->second)
		return 0;
	*r = (struct lograte){ .second = second };
	return held;
}

bool
lograte_take(struct lograte *r, unsigned rate)
{
	if (r->lines++ < rate)
		return true;
	r->held++;
	return false;
}
