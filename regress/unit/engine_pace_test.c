/* SPDX-License-Identifier: ISC */
/* The pace of requests, the rate of bytes, the mirror of bans. */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "engine/ban.h"
#include "engine/pace.h"
#include "engine/rate.h"

#define EVERY	10000

ATF_TC_WITHOUT_HEAD(pace);
ATF_TC_BODY(pace, tc)
{
	struct pace p;
	uint64_t now = 1000;

	memset(&p, 0, sizeof(p));
	ATF_CHECK_EQ(pace_request(&p, EVERY, now), PACE_ANSWER);
	ATF_CHECK_EQ(pace_request(&p, EVERY, now), PACE_ANSWER);
	ATF_CHECK_EQ(pace_request(&p, EVERY, now + 1), PACE_WAIT);
	ATF_CHECK_EQ(pace_due(&p, EVERY), now + EVERY);
	ATF_CHECK_EQ(pace_request(&p, EVERY, now + 2), PACE_DROP);
	now += EVERY;
	pace_resume(&p, now);
	/* It counts from the answer, not from the request. */
	ATF_CHECK_EQ(pace_request(&p, EVERY, now + EVERY - 1), PACE_WAIT);
	pace_resume(&p, now + EVERY);
	ATF_CHECK_EQ(pace_request(&p, EVERY, now + 2 * EVERY), PACE_ANSWER);
	ATF_CHECK_EQ(pace_request(&p, EVERY, now + 5 * EVERY), PACE_ANSWER);
}

/* A v0.39 node: every 10 s by its own clock, sometimes a little early. */
ATF_TC_WITHOUT_HEAD(pace_early);
ATF_TC_BODY(pace_early, tc)
{
	struct pace p;
	uint64_t now = 0;
	unsigned i, answers = 0;

	memset(&p, 0, sizeof(p));
	for (i = 0; i < 1000; i++) {
		now += EVERY - 50 + i % 100;
		if (p.waiting && now >= pace_due(&p, EVERY)) {
			pace_resume(&p, pace_due(&p, EVERY));
			answers++;
		}
		switch (pace_request(&p, EVERY, now)) {
		case PACE_ANSWER:
			answers++;
			break;
		case PACE_FLOOD:
			atf_tc_fail("request %u is called a flood", i);
		default:
			break;
		}
	}
	ATF_CHECK_MSG(answers > 980, "%u answers", answers);
}

ATF_TC_WITHOUT_HEAD(pace_flood);
ATF_TC_BODY(pace_flood, tc)
{
	struct pace p;
	unsigned i, round;
	uint64_t now = 500;

	memset(&p, 0, sizeof(p));
	ATF_CHECK_EQ(pace_request(&p, EVERY, now), PACE_ANSWER);
	ATF_CHECK_EQ(pace_request(&p, EVERY, now), PACE_ANSWER);
	ATF_CHECK_EQ(pace_request(&p, EVERY, now), PACE_WAIT);
	/* Ten in a minute are borne, minute after minute. */
	for (round = 0; round < 5; round++) {
		for (i = 0; i < PACE_DROPS_MAX; i++)
			ATF_CHECK_EQ(pace_request(&p, EVERY, now), PACE_DROP);
		now += PACE_WINDOW_MS;
	}
	for (i = 0; i < PACE_DROPS_MAX; i++)
		ATF_CHECK_EQ(pace_request(&p, EVERY, now), PACE_DROP);
	ATF_CHECK_EQ(pace_request(&p, EVERY, now + PACE_WINDOW_MS - 1),
	    PACE_FLOOD);
}

ATF_TC_WITHOUT_HEAD(rate);
ATF_TC_BODY(rate, tc)
{
	struct rate r = { 0 };
	uint64_t now = 1000, total = 0;
	size_t room;
	int i;

	ATF_CHECK_EQ(rate_room(&r, 0, now), SIZE_MAX);
	ATF_CHECK_EQ(rate_room(&r, 10000, now), 10000);
	rate_use(&r, 10000, 10000, now);
	ATF_CHECK_EQ(rate_room(&r, 10000, now), 0);
	ATF_CHECK_EQ(rate_room(&r, 10000, now + 500), 5000);
	ATF_CHECK_EQ(rate_room(&r, 10000, now + 100000), 10000);
	ATF_CHECK(rate_due(&r, 10000, now) > now);
	ATF_CHECK(rate_room(&r, 10000, rate_due(&r, 10000, now)) >=
	    RATE_BURST_MIN / 2);
	/* In small pieces, a minute at the rate is a minute's worth. */
	now += 100000;
	for (i = 0; i < 60000; i++, now++) {
		room = rate_room(&r, 5120000, now);
		room = room < 6000 ? room : 6000;
		rate_use(&r, 5120000, room, now);
		total += room;
	}
	ATF_CHECK_MSG(total > 60ull * 5120000 && total < 61ull * 5130000,
	    "%ju bytes", (uintmax_t)total);
}

/* A rate lower than a frame a second still moves frames. */
ATF_TC_WITHOUT_HEAD(rate_low);
ATF_TC_BODY(rate_low, tc)
{
	struct rate r = { 0 };
	uint64_t now = 1000, end = now + 600000, total = 0, due;
	size_t room;

	while (now < end) {
		if ((room = rate_room(&r, 500, now)) < 1044) {
			due = rate_due(&r, 500, now);
			ATF_REQUIRE(due > now);
			now = due;
			continue;
		}
		rate_use(&r, 500, 1044, now);
		total += 1044;
	}
	ATF_CHECK_MSG(total > 299000 && total < 306000, "%ju bytes",
	    (uintmax_t)total);
}

static struct m_ban
ban_of(const char *ip, int id, uint32_t left_s)
{
	struct m_ban m;

	memset(&m, 0, sizeof(m));
	m.left_s = left_s;
	if (ip != NULL) {
		m.has_host = true;
		ATF_REQUIRE_EQ(ip_parse(ip, strlen(ip), m.ip), 0);
	}
	if (id >= 0) {
		m.has_id = true;
		memcpy(m.id.b, &id, sizeof(id));
	}
	return m;
}

static bool
host_banned(struct bans *b, const char *text, uint64_t now)
{
	uint8_t ip[16];

	ATF_REQUIRE_EQ(ip_parse(text, strlen(text), ip), 0);
	return bans_has_host(b, ip, now);
}

ATF_TC_WITHOUT_HEAD(bans);
ATF_TC_BODY(bans, tc)
{
	struct bans *b = bans_new();
	struct m_ban m = ban_of("1.2.3.4", 7, 60);
	uint64_t now = 100000;

	ATF_REQUIRE(b != NULL);
	ATF_CHECK_EQ(bans_set(b, &m, now), 0);
	ATF_CHECK_EQ(bans_count(b), 2);
	ATF_CHECK(host_banned(b, "1.2.3.4", now));
	ATF_CHECK(!host_banned(b, "1.2.3.5", now));
	ATF_CHECK(bans_has_id(b, &m.id, now + 59999));
	ATF_CHECK(!bans_has_id(b, &m.id, now + 60000));
	ATF_CHECK_EQ(bans_count(b), 1);
	m = ban_of("2a00:1::1", -1, 10);
	ATF_CHECK_EQ(bans_set(b, &m, now), 0);
	ATF_CHECK(host_banned(b, "2a00:1::ffff", now));
	ATF_CHECK(!host_banned(b, "2a00:1:0:1::1", now));
	m.left_s = 0;
	ATF_CHECK_EQ(bans_set(b, &m, now), 0);
	ATF_CHECK(!host_banned(b, "2a00:1::1", now));
	/* Renewed, it lasts as long as the last word said. */
	m = ban_of("1.2.3.4", -1, 1);
	ATF_CHECK_EQ(bans_set(b, &m, now), 0);
	ATF_CHECK(!host_banned(b, "1.2.3.4", now + 1000));
	ATF_CHECK_EQ(bans_count(b), 0);
	bans_free(b);
}

ATF_TC_WITHOUT_HEAD(bans_bounded);
ATF_TC_BODY(bans_bounded, tc)
{
	struct bans *b = bans_new();
	struct m_ban m;
	int i;

	ATF_REQUIRE(b != NULL);
	for (i = 0; i < BANS_MAX + 1000; i++) {
		m = ban_of(NULL, i, 3600);
		ATF_REQUIRE_EQ(bans_set(b, &m, 1), 0);
	}
	ATF_CHECK_EQ(bans_count(b), BANS_MAX);
	m = ban_of(NULL, 999, 0);
	ATF_CHECK(!bans_has_id(b, &m.id, 2));
	m = ban_of(NULL, 1000, 0);
	ATF_CHECK(bans_has_id(b, &m.id, 2));
	bans_clear(b);
	ATF_CHECK_EQ(bans_count(b), 0);
	bans_free(b);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pace);
	ATF_TP_ADD_TC(tp, pace_early);
	ATF_TP_ADD_TC(tp, pace_flood);
	ATF_TP_ADD_TC(tp, rate);
	ATF_TP_ADD_TC(tp, rate_low);
	ATF_TP_ADD_TC(tp, bans);
	ATF_TP_ADD_TC(tp, bans_bounded);
	return atf_no_error();
}
