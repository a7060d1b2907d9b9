/* SPDX-License-Identifier: ISC */
/* What is tried, how often, and what has to come of it. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "regress/sim/sim.h"

extern const struct scenario scenarios[];
extern const unsigned nscenarios;

const struct scenario	*scenario_find(const char *name);

#endif
