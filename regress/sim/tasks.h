/* SPDX-License-Identifier: ISC */
/* Many runs, each in a process of its own, some at a time. */
#ifndef SIM_TASKS_H
#define SIM_TASKS_H

#include "regress/sim/sim.h"

struct task {
	const struct scenario *sc;
	uint64_t	 seed;
	struct result	 result;
	bool		 done;
};

/*
 * Run all of them, jobs at a time.  Returns how many did not come to an end;
 * those are not done.
 */
unsigned	 tasks_run(struct task *, unsigned n, unsigned jobs);

#endif
