/* SPDX-License-Identifier: ISC */
/* The hash table and the tally under everything else. */

#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "common/rng.h"
#include "dialer/policy/map.h"

struct item {
	struct map_node	node;
	unsigned	key;
	bool		in;
};

/* Against a plain array, with few hashes, so that chains share buckets. */
ATF_TC_WITHOUT_HEAD(map_is_a_set);
ATF_TC_BODY(map_is_a_set, tc)
{
	static struct item items[1000];
	struct map m;
	struct rng rng;
	struct map_node *n;
	unsigned i, k, in, found, step;

	rng_seed_number(&rng, 3);
	ATF_REQUIRE_EQ(0, map_init(&m));
	for (i = 0; i < 1000; i++)
		items[i].key = rng_below(&rng, 300);
	for (step = 0; step < 20000; step++) {
		struct item *it = &items[rng_below(&rng, 1000)];

		if (it->in)
			map_del(&m, &it->node);
		else
			map_put(&m, &it->node, it->key * UINT64_C(1000003));
		it->in = !it->in;
		if (step % 100 != 0)
			continue;
		for (in = 0, k = 0; k < 300; k++) {
			for (i = 0, found = 0; i < 1000; i++)
				found += items[i].in && items[i].key == k;
			in += found;
			for (n = map_first(&m, k * UINT64_C(1000003));
			    n != NULL; n = map_next(n)) {
				ATF_REQUIRE_EQ(k, MAP_OWNER(n, struct item,
				    node)->key);
				found--;
			}
			ATF_REQUIRE_EQ(0, found);
		}
		ATF_REQUIRE_EQ(in, m.n);
	}
	map_free(&m);
}

ATF_TC_WITHOUT_HEAD(tally_counts);
ATF_TC_BODY(tally_counts, tc)
{
	struct tally t;
	uint64_t keys[3];
	unsigned i;

	ATF_REQUIRE_EQ(0, pl_tally_init(&t));
	ATF_CHECK_EQ(0, pl_tally_get(&t, 7));
	pl_tally_sub(&t, 7);
	for (i = 0; i < 3; i++)
		ATF_REQUIRE_EQ(0, pl_tally_add(&t, 7));
	ATF_REQUIRE_EQ(0, pl_tally_add(&t, 8));
	ATF_CHECK_EQ(3, pl_tally_get(&t, 7));
	ATF_CHECK_EQ(2, pl_tally_keys(&t, keys, 3));
	ATF_CHECK_EQ(1, pl_tally_keys(&t, keys, 1));
	for (i = 0; i < 3; i++)
		pl_tally_sub(&t, 7);
	ATF_CHECK_EQ(0, pl_tally_get(&t, 7));
	ATF_CHECK_EQ(1, pl_tally_keys(&t, keys, 3));
	ATF_CHECK_EQ(8, keys[0]);
	pl_tally_free(&t);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, map_is_a_set);
	ATF_TP_ADD_TC(tp, tally_counts);
	return atf_no_error();
}
