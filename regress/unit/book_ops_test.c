/* SPDX-License-Identifier: ISC */
/*
 * Random sequences of operations: every invariant after each, a model that
 * foretells what the book has to hold, and what is saved loads the same.
 */
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "common/rng.h"
#include "regress/lib/bookops.h"

#define LENGTH	1500
#define STEPS	5000
#define SEEDS	16
#define SEEDS_LONG	200

ATF_TC_WITHOUT_HEAD(random_operations);
ATF_TC_BODY(random_operations, tc)
{
	static uint8_t	 bytes[LENGTH];
	struct rng	 rng;
	const char	*wrong, *want = getenv("PEXD_LONG");
	unsigned int	 seed, i, seeds = SEEDS;

	if (want != NULL && strcmp(want, "yes") == 0)
		seeds = SEEDS_LONG;
	for (seed = 0; seed < seeds; seed++) {
		rng_seed_number(&rng, seed);
		for (i = 0; i < LENGTH; i++)
			bytes[i] = rng_u32(&rng);
		wrong = bookops_run(bytes, LENGTH, STEPS);
		ATF_REQUIRE_MSG(wrong == NULL, "seed %u: %s", seed, wrong);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, random_operations);
	return atf_no_error();
}
