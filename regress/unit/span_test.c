/* SPDX-License-Identifier: ISC */
/* Spans of time: units, sums, bounds, and as people read them. */

#include <sys/types.h>

#include <inttypes.h>

#include <atf-c.h>

#include "common/span.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))
#define NONE		UINT64_MAX
#define DAY		86400000ull

ATF_TC_WITHOUT_HEAD(parse);
ATF_TC_BODY(parse, tc)
{
	static const struct {
		const char	*text;
		uint64_t	 ms;	/* or NONE */
	} cases[] = {
		{ "0", 0 }, { "1", 1000 }, { "90s", 90000 },
		{ "1500ms", 1500 }, { "15m", 900000 }, { "24h", DAY },
		{ "7d", 7 * DAY }, { "2w", 14 * DAY },
		{ "1d12h", DAY * 3 / 2 }, { "1h30", 3630000 },
		{ "1m1ms", 60001 }, { "3650d", 3650 * DAY },
		{ "3650d1ms", NONE }, { "522w", NONE },
		{ "99999999999999999999", NONE },
		{ "18446744073709551615", NONE },
		{ "18446744073709551616ms", NONE },
		{ "30500568904944w", NONE },	/* 2^64 ms and a bit */
		{ "", NONE }, { "-1", NONE }, { "+1", NONE }, { " 1", NONE },
		{ "1 ", NONE }, { "h", NONE }, { "1y", NONE },
		{ "1hh", NONE }, { "1sm", NONE }, { "1mss", NONE },
		{ "1.5h", NONE }, { "0x10", NONE }, { "1H", NONE },
	};
	uint64_t ms;
	size_t i;
	int rv;

	for (i = 0; i < NITEMS(cases); i++) {
		ms = NONE;
		rv = span_parse(cases[i].text, 3650 * DAY, &ms);
		ATF_CHECK_MSG(rv == (cases[i].ms == NONE ? -1 : 0) &&
		    ms == cases[i].ms, "\"%s\": %d, %" PRIu64, cases[i].text,
		    rv, ms);
	}
	ATF_CHECK_EQ(0, span_parse("18446744073709551615ms", UINT64_MAX,
	    &ms));
	ATF_CHECK_EQ(UINT64_MAX, ms);
	ATF_CHECK_EQ(-1, span_parse("18446744073709551615ms1ms", UINT64_MAX,
	    &ms));
}

ATF_TC_WITHOUT_HEAD(units);
ATF_TC_BODY(units, tc)
{
	static const char *const none[] = { "", "y", "M", "ss", "msx" };
	size_t i;

	ATF_CHECK_EQ(1, span_unit("ms"));
	ATF_CHECK_EQ(1000, span_unit("s"));
	ATF_CHECK_EQ(60000, span_unit("m"));
	ATF_CHECK_EQ(3600000, span_unit("h"));
	ATF_CHECK_EQ(DAY, span_unit("d"));
	ATF_CHECK_EQ(7 * DAY, span_unit("w"));
	for (i = 0; i < NITEMS(none); i++)
		ATF_CHECK_EQ(0, span_unit(none[i]));
}

ATF_TC_WITHOUT_HEAD(text);
ATF_TC_BODY(text, tc)
{
	static const struct {
		uint64_t	 s;
		const char	*text;
	} cases[] = {
		{ 0, "0s" }, { 45, "45s" }, { 60, "1m" }, { 90, "1m30s" },
		{ 3600, "1h" }, { 3601, "1h1s" }, { 86400, "24h" },
		{ 129600, "36h" }, { 172799, "47h59m59s" }, { 172800, "2d" },
		{ 604800, "7d" }, { 216000, "2d12h" },
		{ 604800000, "7000d" },
		{ UINT64_MAX, "213503982334601d7h15s" },
	};
	char buf[SPAN_TEXT_SIZE];
	size_t i;

	for (i = 0; i < NITEMS(cases); i++)
		ATF_CHECK_STREQ(cases[i].text, span_text(cases[i].s, buf));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, parse);
	ATF_TP_ADD_TC(tp, units);
	ATF_TP_ADD_TC(tp, text);
	return atf_no_error();
}
