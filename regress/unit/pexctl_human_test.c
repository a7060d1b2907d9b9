/* SPDX-License-Identifier: ISC */
/* pexctl: figures, spans and foreign text for people. */

#include <sys/types.h>

#include <stdint.h>
#include <string.h>

#include <atf-c.h>

#include "pexctl/human.h"

#define DAY	86400ull

ATF_TC_WITHOUT_HEAD(span);
ATF_TC_BODY(span, tc)
{
	static const struct {
		uint64_t	 s;
		const char	*text;
	} cases[] = {
		{ 0, "0s" }, { 59, "59s" }, { 60, "1m0s" },
		{ 3599, "59m59s" }, { 3600, "1h0m" }, { 11520, "3h12m" },
		{ DAY - 1, "23h59m" }, { DAY, "1d0h" },
		{ 100 * DAY - 1, "99d23h" }, { 100 * DAY, "100d" },
		{ 99999 * DAY, "99999d" }, { UINT64_MAX, "ever" },
	};
	char buf[HUMAN_SIZE];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ATF_CHECK_STREQ(cases[i].text, human_span(cases[i].s, buf));
		ATF_CHECK(strlen(buf) <= 6);
	}
	ATF_CHECK_STREQ("never", human_ago(1000, 0, buf));
	ATF_CHECK_STREQ("never", human_ago(1000, -5, buf));
	ATF_CHECK_STREQ("10s", human_ago(1000, 990, buf));
	ATF_CHECK_STREQ("0s", human_ago(1000, 1001, buf));
}

ATF_TC_WITHOUT_HEAD(bytes);
ATF_TC_BODY(bytes, tc)
{
	static const struct {
		uint64_t	 n;
		const char	*text;
	} cases[] = {
		{ 0, "0" }, { 999, "999" }, { 1000, "1.0K" },
		{ 1024, "1.0K" }, { 1434, "1.4K" }, { 10188, "9.9K" },
		{ 10189, "10K" }, { 1023 * 1024, "1.0M" },
		{ 1024 * 1024, "1.0M" }, { 999ull << 20, "999M" },
		{ 5ull << 30, "5.0G" }, { UINT64_MAX, "16E" },
	};
	char buf[HUMAN_SIZE];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ATF_CHECK_STREQ(cases[i].text, human_bytes(cases[i].n, buf));
}

ATF_TC_WITHOUT_HEAD(latency);
ATF_TC_BODY(latency, tc)
{
	char buf[HUMAN_SIZE];

	ATF_CHECK_STREQ("-", human_latency(0, buf));
	ATF_CHECK_STREQ("999us", human_latency(999, buf));
	ATF_CHECK_STREQ("85ms", human_latency(85123, buf));
	ATF_CHECK_STREQ("3.2s", human_latency(3200000, buf));
	ATF_CHECK_STREQ("2m5s", human_latency(125000000, buf));
}

ATF_TC_WITHOUT_HEAD(safe_text);
ATF_TC_BODY(safe_text, tc)
{
	char buf[16];

	ATF_CHECK_STREQ("a b", human_safe("a b", buf, sizeof(buf)));
	ATF_CHECK_STREQ("\\033[31m", human_safe("\033[31m", buf,
	    sizeof(buf)));
	ATF_CHECK_STREQ("\\303\\251", human_safe("\303\251", buf,
	    sizeof(buf)));
	/* What a daemon has vis'ed already stays as it is. */
	ATF_CHECK_STREQ("\\303\\251", human_safe("\\303\\251", buf,
	    sizeof(buf)));
	ATF_CHECK_STREQ("\\012\\011", human_safe("\n\t", buf, sizeof(buf)));
	/* Cut between characters, never inside an escape. */
	ATF_CHECK_STREQ("\\001\\001\\001", human_safe("\1\1\1\1\1", buf,
	    sizeof(buf)));
	ATF_CHECK_STREQ("", human_safe("abc", buf, 1));
}

ATF_TC_WITHOUT_HEAD(parse_span);
ATF_TC_BODY(parse_span, tc)
{
	static const struct {
		const char	*text;
		uint32_t	 s;	/* 0: refused */
	} cases[] = {
		{ "1", 1 }, { "3600", 3600 }, { "90s", 90 }, { "15m", 900 },
		{ "7d", 7 * 86400 }, { "1d12h", 129600 }, { "1ms", 1 },
		{ "1500ms", 2 }, { "20d", 20 * 86400 }, { "1728001", 0 },
		{ "20d1ms", 0 }, { "", 0 }, { "0", 0 }, { "0h0m", 0 },
		{ "1y", 0 },
	};
	uint32_t s;
	size_t i;
	int rv;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = 0;
		rv = human_parse_span(cases[i].text, 20 * 86400, &s);
		ATF_CHECK_MSG(rv == (cases[i].s == 0 ? -1 : 0) &&
		    s == cases[i].s, "\"%s\": %d, %u", cases[i].text, rv, s);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, span);
	ATF_TP_ADD_TC(tp, bytes);
	ATF_TP_ADD_TC(tp, latency);
	ATF_TP_ADD_TC(tp, safe_text);
	ATF_TP_ADD_TC(tp, parse_span);
	return atf_no_error();
}
