/* SPDX-License-Identifier: ISC */
/* The timing wheel: on time, never early, and safe against its callbacks. */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "common/rng.h"
#include "engine/wheel.h"

struct alarm {
	struct timer	 t;
	struct wheel	*w;
	uint64_t	 due, fired;	/* when; 0 not yet */
	unsigned	 n;
	struct timer	*victim;	/* unset by the callback */
	uint64_t	 again;		/* set anew so much later */
	bool		 frees;
};

static uint64_t now;			/* of the test case that runs */

static void
ring(void *arg)
{
	struct alarm *a = arg;

	a->fired = now;
	a->n++;
	if (a->victim != NULL)
		timer_unset(a->w, a->victim);
	if (a->again != 0)
		timer_set(a->w, &a->t, now + a->again);
	if (a->frees)
		free(a);
}

static void
arm(struct wheel *w, struct alarm *a, uint64_t due)
{
	timer_unset(w, &a->t);
	timer_init(&a->t, ring, a);
	a->w = w;
	a->due = due;
	a->fired = 0;
	timer_set(w, &a->t, due);
}

static struct wheel *
wheel_new(uint64_t start)
{
	struct wheel *w = malloc(sizeof(*w));

	ATF_REQUIRE(w != NULL);
	now = start;
	wheel_init(w, start);
	return w;
}

ATF_TC_WITHOUT_HEAD(on_time);
ATF_TC_BODY(on_time, tc)
{
	static const uint64_t delays[] = {
		0, 1, 15, 16, 17, 100, 1000, 32767, 32768, 32769, 60000,
		65536, 86400000
	};
	enum { N = sizeof(delays) / sizeof(delays[0]) };
	struct alarm a[N];
	struct wheel *w = wheel_new(123456789);
	uint64_t start = now;
	size_t i;

	memset(a, 0, sizeof(a));
	for (i = 0; i < N; i++)
		arm(w, &a[i], now + delays[i]);
	for (; now <= start + 86400000 + 2 * WHEEL_TICK_MS; now += 7)
		wheel_run(w, now);
	for (i = 0; i < N; i++) {
		ATF_CHECK_EQ_MSG(a[i].n, 1, "delay %ju: %u times",
		    (uintmax_t)delays[i], a[i].n);
		ATF_CHECK_MSG(a[i].fired >= a[i].due, "delay %ju: early",
		    (uintmax_t)delays[i]);
		ATF_CHECK_MSG(a[i].fired < a[i].due + 2 * WHEEL_TICK_MS + 7,
		    "delay %ju: late by %ju", (uintmax_t)delays[i],
		    (uintmax_t)(a[i].fired - a[i].due));
	}
	ATF_CHECK_EQ(wheel_next(w), UINT64_MAX);
	free(w);
}

ATF_TC_WITHOUT_HEAD(next);
ATF_TC_BODY(next, tc)
{
	struct wheel *w = wheel_new(1000);
	struct alarm a, b;
	unsigned turns = 0;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	ATF_CHECK_EQ(wheel_next(w), UINT64_MAX);
	arm(w, &a, 1500);
	ATF_CHECK(wheel_next(w) >= 1500);
	ATF_CHECK(wheel_next(w) < 1500 + WHEEL_TICK_MS);
	arm(w, &b, 1200);
	ATF_CHECK(wheel_next(w) < 1200 + WHEEL_TICK_MS);
	timer_unset(w, &b.t);
	ATF_CHECK(wheel_next(w) >= 1500);
	/* A loop that sleeps as told, for a timer of many turns. */
	timer_unset(w, &a.t);
	arm(w, &a, now + 3600000);
	while (a.n == 0) {
		ATF_REQUIRE(wheel_next(w) > now);
		ATF_REQUIRE(wheel_next(w) < a.due + WHEEL_TICK_MS);
		now = wheel_next(w);
		wheel_run(w, now);
		turns++;
	}
	ATF_CHECK(now >= a.due && now < a.due + WHEEL_TICK_MS);
	/* Once a turn of the wheel, not once a tick. */
	ATF_CHECK(turns < 3600000 / (WHEEL_TICK_MS * WHEEL_SLOTS) + 3);
	free(w);
}

ATF_TC_WITHOUT_HEAD(callbacks);
ATF_TC_BODY(callbacks, tc)
{
	struct wheel *w = wheel_new(5000);
	struct alarm a, b, c, *d;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	memset(&c, 0, sizeof(c));
	ATF_REQUIRE((d = calloc(1, sizeof(*d))) != NULL);
	arm(w, &a, 5050);
	arm(w, &b, 5050);
	arm(w, &c, 5050);
	arm(w, d, 5050);
	/* Two of one tick that each unset the other: one of them fires. */
	a.victim = &b.t;
	b.victim = &a.t;
	c.again = 100;
	d->frees = true;
	now = 5100;
	wheel_run(w, now);
	ATF_CHECK_EQ(a.n + b.n, 1);
	ATF_CHECK_EQ(c.n, 1);
	ATF_CHECK(!timer_is_set(&a.t) && !timer_is_set(&b.t));
	ATF_CHECK(timer_is_set(&c.t));
	now = 5300;
	wheel_run(w, now);
	ATF_CHECK_EQ(c.n, 2);
	timer_unset(w, &c.t);
	timer_unset(w, &c.t);
	ATF_CHECK_EQ(wheel_next(w), UINT64_MAX);
	free(w);
}

/* The clock may stand still, and may leap over many turns. */
ATF_TC_WITHOUT_HEAD(leaps);
ATF_TC_BODY(leaps, tc)
{
	struct wheel *w = wheel_new(0);
	struct alarm a[3];
	size_t i;

	memset(a, 0, sizeof(a));
	arm(w, &a[0], 10);
	arm(w, &a[1], 40000);
	arm(w, &a[2], 2000000);
	wheel_run(w, now);
	ATF_CHECK_EQ(a[0].n, 0);
	now = 10000000;
	wheel_run(w, now);
	for (i = 0; i < 3; i++)
		ATF_CHECK_EQ(a[i].n, 1);
	/* What is due already fires in the next run. */
	arm(w, &a[0], 5);
	now += WHEEL_TICK_MS;
	wheel_run(w, now);
	ATF_CHECK_EQ(a[0].n, 2);
	free(w);
}

/* Against a plain list, with random operations. */
ATF_TC_WITHOUT_HEAD(random_ops);
ATF_TC_BODY(random_ops, tc)
{
	enum { N = 500 };
	struct wheel *w = wheel_new(777);
	struct alarm *a = calloc(N, sizeof(*a));
	struct rng rng;
	unsigned step, i;

	ATF_REQUIRE(a != NULL);
	rng_seed_number(&rng, 1);
	for (step = 0; step < 20000; step++) {
		i = rng_below(&rng, N);
		if (rng_below(&rng, 4) == 0) {
			timer_unset(w, &a[i].t);
			a[i].due = 0;
		} else
			arm(w, &a[i], now + rng_below(&rng, 100000));
		now += rng_below(&rng, 40);
		wheel_run(w, now);
		for (i = 0; i < N; i++) {
			if (a[i].due == 0)
				continue;
			if (timer_is_set(&a[i].t)) {
				ATF_REQUIRE(now < a[i].due +
				    2 * WHEEL_TICK_MS);
				continue;
			}
			ATF_REQUIRE(a[i].fired >= a[i].due);
			a[i].due = 0;
		}
	}
	free(a);
	free(w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, on_time);
	ATF_TP_ADD_TC(tp, next);
	ATF_TP_ADD_TC(tp, callbacks);
	ATF_TP_ADD_TC(tp, leaps);
	ATF_TP_ADD_TC(tp, random_ops);
	return atf_no_error();
}
