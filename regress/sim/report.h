/* SPDX-License-Identifier: ISC */
/* What came of all runs: a table, JSON lines, a plot. */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include <stdio.h>

#include "regress/sim/tasks.h"

struct summary {
	const struct scenario *sc;
	unsigned	 runs;
	double		 mean, sd;		/* honest outbound peers */
	double		 low, high;		/* 5 and 95 in 100 */
	unsigned	 min;
	double		 none, five;		/* shares of runs */
	double		 attacker, before;	/* means */
	double		 seniors;		/* honest share of them */
	double		 reply, groups;		/* the attacker's, means */
	double		 cpu_s, cpu_max_s;	/* a run */
	double		 wanted;		/* mean, at least */
	bool		 passed;
};

/*
 * Of those tasks that are of sc and done; failed ones fail it.  few: they
 * are the short runs.
 */
void	 summarize(struct summary *, const struct scenario *,
	    const struct task *, unsigned n, bool few);
/* Judge it anew by another mean. */
void	 summary_want(struct summary *, double mean);
void	 report_head(FILE *);
void	 report_line(FILE *, const struct summary *);
/* A line for each run and each scenario. */
void	 report_json(FILE *, const struct task *, unsigned n,
	    const struct summary *, unsigned nsummaries);
/* An SVG image. */
void	 plot(FILE *, const struct summary *, unsigned n);

#endif
