/* SPDX-License-Identifier: ISC */
/* The transcript where no vector reaches. */
#include <string.h>

#include <atf-c.h>

#include "regress/lib/hex.h"
#include "wire/merlin.h"

static void
check_peek(const struct merlin *m, const char *want)
{
	uint8_t	 got[8];

	merlin_peek(m, got, sizeof(got));
	ATF_CHECK_MSG(hex_equal(want, got, sizeof(got)), "not %s", want);
}

ATF_TC_WITHOUT_HEAD(permutation);
ATF_TC_BODY(permutation, tc)
{
	struct merlin	 m = { .pos = 0 };

	keccak_f1600(m.lane);
	check_peek(&m, "e7dde140798f25f1");
}

ATF_TC_WITHOUT_HEAD(new_state);
ATF_TC_BODY(new_state, tc)
{
	struct merlin	 m;

	merlin_init(&m, "TENDERMINT_SECRET_CONNECTION_TRANSCRIPT_HASH");
	ATF_CHECK_EQ(72, m.pos);
	ATF_CHECK_EQ(27, m.begin);
	check_peek(&m, "9c7f5bea8a913cb4");
}

static void
check_zeros(size_t n, const char *want)
{
	static const uint8_t	 zeros[256];
	struct merlin		 m;
	uint8_t			 out[32];

	merlin_init(&m, "p");
	merlin_append(&m, "l", zeros, n);
	merlin_challenge(&m, "c", out, sizeof(out));
	ATF_CHECK_MSG(hex_equal(want, out, sizeof(out)), "%zu zeros", n);
}

/* The header of an operation falls on the end of the block. */
ATF_TC_WITHOUT_HEAD(header_at_the_rate);
ATF_TC_BODY(header_at_the_rate, tc)
{
	check_zeros(119, "bd3ee215b9cdc3f5fcda5ed378261bfe"
	    "8f2a75066268167e1fe01c10f389ff4f");
	check_zeros(120, "ece0966a42374a2e9f99ece7691d5e85"
	    "c05e1014c8f3442f876d041c94b7efb9");
}

/* One byte more or less, and empty data, all give different challenges. */
ATF_TC_WITHOUT_HEAD(lengths_differ);
ATF_TC_BODY(lengths_differ, tc)
{
	static const uint8_t	 zeros[2 * STROBE_RATE];
	uint8_t			 out[2 * STROBE_RATE + 1][32];
	struct merlin		 m;
	size_t			 i, j;

	for (i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
		merlin_init(&m, "p");
		merlin_append(&m, "l", zeros, i);
		merlin_challenge(&m, "c", out[i], sizeof(out[i]));
		for (j = 0; j < i; j++)
			ATF_CHECK(memcmp(out[i], out[j], 32) != 0);
	}
}

ATF_TC_WITHOUT_HEAD(wiped);
ATF_TC_BODY(wiped, tc)
{
	static const struct merlin	 zero;
	struct merlin			 m;

	merlin_init(&m, "p");
	merlin_wipe(&m);
	ATF_CHECK(memcmp(&m, &zero, sizeof(m)) == 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, permutation);
	ATF_TP_ADD_TC(tp, new_state);
	ATF_TP_ADD_TC(tp, header_at_the_rate);
	ATF_TP_ADD_TC(tp, lengths_differ);
	ATF_TP_ADD_TC(tp, wiped);
	return atf_no_error();
}
