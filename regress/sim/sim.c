/* SPDX-License-Identifier: ISC */
/* A run from its seed to its result. */

#include <string.h>
#include <time.h>

#include "regress/sim/sim.h"

#define FNV_PRIME	UINT64_C(0x100000001b3)

void
sim_log(struct sim *s, unsigned what, uint64_t a, uint64_t b)
{
	s->hash = (s->hash ^ what) * FNV_PRIME;
	s->hash = (s->hash ^ s->now) * FNV_PRIME;
	s->hash = (s->hash ^ a) * FNV_PRIME;
	s->hash = (s->hash ^ b) * FNV_PRIME;
	s->hash ^= s->hash >> 29;
}

static double
cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void (*const kinds[])(struct sim *, uint64_t, struct result *) = {
	[RULES_PEXD]	= pexd_run,
	[RULES_COMET]	= control_run,
};

void
sim_run(const struct scenario *sc, uint64_t seed, struct result *r)
{
	double began = cpu_seconds();
	static struct sim s;

	memset(&s, 0, sizeof(s));
	s.sc = sc;
	s.hash = seed;
	attacker_init(&s.world.attacker, sc->groups, sc->hosts);
	s.world.attacker.lies = sc->lying_seed;
	world_init(&s.world, 2 * seed);
	rng_seed_number(&s.rng, 2 * seed + 1);
	kinds[sc->rules](&s, seed, r);
	r->hash = s.hash;
	r->cpu_s = cpu_seconds() - began;
	queue_free(&s.queue);
}
