/* SPDX-License-Identifier: ISC */
/*
 * One simulated run: a scenario, a seed, a clock, the world, the rules that
 * are tried, and what came of it.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "regress/sim/queue.h"
#include "regress/sim/world.h"

enum rules {
	RULES_PEXD,		/* our own code */
	RULES_COMET,		/* the control: CometBFT's, without consensus */
};

struct scenario {
	const char	*name;
	enum rules	 rules;
	unsigned	 groups, hosts;		/* of the attacker */
	unsigned	 quiet_h, attack_h;	/* before the restart */
	unsigned	 refill_min;		/* after it, then we count */
	bool		 lying_seed;
	unsigned	 runs, short_runs;
	double		 mean_min;	/* honest outbound peers; 0: any */
	double		 short_min;	/* the same of the short runs */
	double		 none_max;	/* share of runs without any; 1: any */
	double		 none_min;	/* the control has to fail so often */
	double		 five_min;	/* share of runs with 5 or more */
	double		 told_over;	/* his share of replies may be larger
					   than that of groups; 1: any */
};

/* Plain data: it crosses a pipe as it is. */
struct result {
	uint32_t	task;
	uint32_t	honest, attacker;	/* outbound peers, at the end */
	uint32_t	honest_before;		/* just before the restart */
	uint32_t	attacker_before;
	uint32_t	size;			/* of the book, before it */
	uint32_t	good_honest, good_attacker;
	uint32_t	seniors, seniors_honest;
	double		reply_share;	/* the attacker's, of addresses told */
	double		group_share;	/* his, of the groups verified */
	double		cpu_s;
	uint64_t	hash;		/* of all that happened */
};

struct sim {
	const struct scenario *sc;
	uint64_t	 now;		/* ms since the run began */
	uint64_t	 hash;
	struct queue	 queue;
	struct world	 world;
	struct rng	 rng;		/* of what has no stream of its own */
	uint64_t	 attack_begins;	/* the last time */
};

/* One thing that happened, into the hash. */
void	 sim_log(struct sim *, unsigned what, uint64_t a, uint64_t b);
/* A whole run, deterministic by scenario and seed. */
void	 sim_run(const struct scenario *, uint64_t seed, struct result *);

/* pexd.c, control.c: the two kinds of run */
void	 pexd_run(struct sim *, uint64_t seed, struct result *);
void	 control_run(struct sim *, uint64_t seed, struct result *);

#endif
