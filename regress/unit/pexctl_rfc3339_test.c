/* SPDX-License-Identifier: ISC */
/* pexctl: RFC 3339 times against the system's calendar. */

#include <sys/types.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <atf-c.h>

#include "pexctl/rfc3339.h"

#define YEAR_9999_END	253402300799ll

static int64_t
parse(const char *text)
{
	int64_t t;

	ATF_REQUIRE_MSG(rfc3339_parse(text, strlen(text), &t) == 0,
	    "refused: %s", text);
	return t;
}

ATF_TC_WITHOUT_HEAD(accepted);
ATF_TC_BODY(accepted, tc)
{
	ATF_CHECK_EQ(0, parse("1970-01-01T00:00:00Z"));
	ATF_CHECK_EQ(-62135596800ll, parse(RFC3339_ZERO));
	ATF_CHECK_EQ(-62167219200ll, parse("0000-01-01T00:00:00Z"));
	ATF_CHECK_EQ(YEAR_9999_END, parse("9999-12-31T23:59:59Z"));
	ATF_CHECK_EQ(1795390326, parse("2026-11-22T23:32:06.728254079Z"));
	ATF_CHECK_EQ(1795390326, parse("2026-11-23T01:02:06.7+01:30"));
	ATF_CHECK_EQ(1795390326, parse("2026-11-22T15:32:06-08:00"));
	ATF_CHECK_EQ(951782400, parse("2000-02-29T00:00:00Z"));
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static const char *const bad[] = {
		"", "2026", "2026-11-22", "2026-11-22T23:32:06",
		"2026-11-22 23:32:06Z", "2026-11-22t23:32:06Z",
		"2026-11-22T23:32:06z", "26-11-22T23:32:06Z",
		"2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
		"2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
		"2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
		"2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
		"2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z",
		"2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00,5Z",
		"2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+00:60",
		"2026-01-01T00:00:00+0000", "2026-01-01T00:00:00+00",
		"2026-01-01T00:00:00ZZ", " 2026-01-01T00:00:00Z",
		"+026-01-01T00:00:00Z", "2026-1-01T00:00:00Z",
	};
	int64_t t;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_MSG(rfc3339_parse(bad[i], strlen(bad[i]), &t) == -1,
		    "accepted: %s", bad[i]);
	/* A NUL inside is no end. */
	ATF_CHECK_EQ(-1, rfc3339_parse("2026-01-01T00:00:00Z\0", 21, &t));
}

/* Every day and its last second, from 1970 to 9999, by timegm(3). */
ATF_TC_WITHOUT_HEAD(calendar);
ATF_TC_BODY(calendar, tc)
{
	char buf[RFC3339_SIZE], want[RFC3339_SIZE];
	struct tm tm;
	time_t t;

	for (t = 86399; t <= YEAR_9999_END; t += 86400) {
		gmtime_r(&t, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm);
		if (strcmp(want, rfc3339_text(t, buf)) != 0)
			atf_tc_fail("%s, not %s", buf, want);
		if (parse(buf) != t)
			atf_tc_fail("%s is not %lld", buf, (long long)t);
	}
}

ATF_TC_WITHOUT_HEAD(text);
ATF_TC_BODY(text, tc)
{
	char buf[RFC3339_SIZE];

	ATF_CHECK_STREQ(RFC3339_ZERO, rfc3339_text(0, buf));
	ATF_CHECK_STREQ(RFC3339_ZERO, rfc3339_text(INT64_MIN, buf));
	ATF_CHECK_STREQ("1970-01-01T00:00:01Z", rfc3339_text(1, buf));
	ATF_CHECK_STREQ("9999-12-31T23:59:59Z", rfc3339_text(INT64_MAX, buf));
	ATF_CHECK_STREQ("1970-01-01T00:00:00.000Z", rfc3339_text_ms(0, buf));
	ATF_CHECK_STREQ("1970-01-01T00:00:00.999Z",
	    rfc3339_text_ms(999, buf));
	ATF_CHECK_STREQ("1970-01-01T00:00:00.000Z",
	    rfc3339_text_ms(-1, buf));
	ATF_CHECK_STREQ("2026-11-22T23:32:06.007Z",
	    rfc3339_text_ms(1795390326007ll, buf));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, accepted);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, calendar);
	ATF_TP_ADD_TC(tp, text);
	return atf_no_error();
}
