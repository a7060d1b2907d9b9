/* SPDX-License-Identifier: ISC */
/*
 * The book's clock: wall time of the start plus monotonic time since, so
 * that a clock set forward or back ten years moves no entry.
 */

#include "addrbookd/addrbookd.h"

void
clock_start(struct addrbookd *a)
{
	a->wall_ms = child_wall_ms();
	a->mono_ms = child_mono_ms();
}

uint32_t
clock_now(const struct addrbookd *a)
{
	return (a->wall_ms + (int64_t)(child_mono_ms() - a->mono_ms)) / 1000;
}
