/* SPDX-License-Identifier: ISC */
/*
 * The generator: ChaCha8's own output, bounds, evenness.
 */
#include <string.h>

#include <atf-c.h>

#include "common/rng.h"

/*
 * Key and counter zero.  Source: the test vectors of
 * draft-strombergson-chacha-test-vectors-01, TC1, 256-bit key, 8 rounds.
 */
ATF_TC_WITHOUT_HEAD(keystream);
ATF_TC_BODY(keystream, tc)
{
	static const uint8_t	 want[16] = {
		0x3e, 0x00, 0xef, 0x2f, 0x89, 0x5f, 0x40, 0xd6,
		0x7f, 0x5b, 0xb8, 0xe8, 0x1f, 0x09, 0xa5, 0xa1,
	};
	uint8_t			 seed[RNG_SEED_SIZE] = { 0 };
	struct rng		 r;
	uint32_t		 word;
	int			 i;

	rng_seed(&r, seed);
	for (i = 0; i < 16; i += 4) {
		word = rng_u32(&r);
		ATF_CHECK_EQ(want[i], word & 0xff);
		ATF_CHECK_EQ(want[i + 1], word >> 8 & 0xff);
		ATF_CHECK_EQ(want[i + 2], word >> 16 & 0xff);
		ATF_CHECK_EQ(want[i + 3], word >> 24);
	}
}

ATF_TC_WITHOUT_HEAD(same_seed_same_numbers);
ATF_TC_BODY(same_seed_same_numbers, tc)
{
	struct rng	 a, b, c;
	int		 i, differ = 0;

	rng_seed_number(&a, 7);
	rng_seed_number(&b, 7);
	rng_seed_number(&c, 8);
	for (i = 0; i < 100; i++) {
		ATF_CHECK_EQ(rng_u64(&a), rng_u64(&b));
		differ += rng_u32(&a) != rng_u32(&c);
		rng_u32(&b);
	}
	ATF_CHECK(differ > 90);
}

ATF_TC_WITHOUT_HEAD(below);
ATF_TC_BODY(below, tc)
{
	struct rng	 r;
	unsigned int	 count[7] = { 0 }, i;
	uint32_t	 max = 0;

	rng_seed_number(&r, 1);
	ATF_CHECK_EQ(0, rng_below(&r, 0));
	for (i = 0; i < 100; i++)
		ATF_CHECK_EQ(0, rng_below(&r, 1));
	for (i = 0; i < 70000; i++)
		count[rng_below(&r, 7)]++;
	for (i = 0; i < 7; i++)
		ATF_CHECK_MSG(count[i] > 9600 && count[i] < 10400, "%u of %u",
		    count[i], i);
	for (i = 0; i < 1000; i++) {
		uint32_t	 v = rng_below(&r, 0xc0000000);

		ATF_CHECK(v < 0xc0000000);
		max = v > max ? v : max;
	}
	ATF_CHECK(max > 0xbe000000);
}

ATF_TC_WITHOUT_HEAD(unit);
ATF_TC_BODY(unit, tc)
{
	struct rng	 r;
	double		 v, sum = 0;
	int		 i;

	rng_seed_number(&r, 2);
	for (i = 0; i < 10000; i++) {
		v = rng_unit(&r);
		ATF_CHECK(v >= 0 && v < 1);
		sum += v;
	}
	ATF_CHECK_MSG(sum > 4850 && sum < 5150, "%f", sum);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, keystream);
	ATF_TP_ADD_TC(tp, same_seed_same_numbers);
	ATF_TP_ADD_TC(tp, below);
	ATF_TP_ADD_TC(tp, unit);
	return atf_no_error();
}
