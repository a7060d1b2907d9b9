/* SPDX-License-Identifier: ISC */
/*
 * CRC-32C against the examples of RFC 3720.
 */
#include <string.h>

#include <atf-c.h>

#include "common/crc32c.h"

ATF_TC_WITHOUT_HEAD(examples);
ATF_TC_BODY(examples, tc)
{
	uint8_t	 b[32];
	int	 i;

	ATF_CHECK_EQ(0, crc32c(0, "", 0));
	ATF_CHECK_EQ(0xe3069283, crc32c(0, "123456789", 9));
	memset(b, 0, sizeof(b));
	ATF_CHECK_EQ(0x8a9136aa, crc32c(0, b, sizeof(b)));
	memset(b, 0xff, sizeof(b));
	ATF_CHECK_EQ(0x62a8ab43, crc32c(0, b, sizeof(b)));
	for (i = 0; i < 32; i++)
		b[i] = i;
	ATF_CHECK_EQ(0x46dd794e, crc32c(0, b, sizeof(b)));
	for (i = 0; i <= 32; i++)
		ATF_CHECK_EQ(0x46dd794e,
		    crc32c(crc32c(0, b, i), b + i, 32 - i));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, examples);
	return atf_no_error();
}
