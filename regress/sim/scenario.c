/* SPDX-License-Identifier: ISC */
/*
 * The scenarios.  An attacker of groups x hosts; the node is left in quiet
 * for two days, attacked for a week (the control for a day), restarted, and
 * looked at an hour later.
 */

#include <string.h>

#include "regress/sim/scenario.h"

#define QUIET_H		48
#define WEEK_H		168
#define DAY_H		24
#define REFILL_MIN	60

#define FEW		0.001	/* of runs may end without an honest peer */
#define POINTS		0.10	/* of replies, over the share of groups */

/*
 * The short runs have the same seeds always, and a bound of their own: the
 * mean of many runs less three standard errors of so few.
 */
#define ATTACK(name, groups, hosts, mean, few, none)			\
	{ name, RULES_PEXD, groups, hosts, QUIET_H, WEEK_H, REFILL_MIN,	\
	    false, 200, 4, mean, few, none, 0, 0, POINTS }

const struct scenario scenarios[] = {
	ATTACK("1x10",	 1,	10,	9.5, 9.5,	0),
	ATTACK("1x256",	 1,	256,	9.5, 9.2,	0),
	ATTACK("16x16",	 16,	16,	9.0, 9.1,	0),
	ATTACK("32x256", 32,	256,	7.5, 9.2,	0),
	ATTACK("400x1",	 400,	1,	7.5, 9.0,	0),
	ATTACK("1000x4", 1000,	4,	5.0, 9.2,	FEW),
	ATTACK("4600x1", 4600,	1,	5.0, 9.2,	FEW),
	{ "lying-seed", RULES_PEXD, 400, 1, 0, 0, REFILL_MIN,
	    true, 1000, 60, 0, 6.5, 0, 0, 0.99, 1 },
	{ "control", RULES_COMET, 16, 16, QUIET_H, DAY_H, REFILL_MIN,
	    false, 200, 60, 0, 0, 1, 0.9, 0, 1 },
	{ "control-quiet", RULES_COMET, 16, 16, QUIET_H, 0, REFILL_MIN,
	    false, 50, 10, 9.5, 9.5, 0, 0, 0, 1 },
};
const unsigned nscenarios = sizeof(scenarios) / sizeof(scenarios[0]);

const struct scenario *
scenario_find(const char *name)
{
	unsigned i;

	for (i = 0; i < nscenarios; i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	return NULL;
}
