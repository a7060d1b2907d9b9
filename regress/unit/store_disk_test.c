/* SPDX-License-Identifier: ISC */
/*
 * The store and its disk: full, failing, or so slow that a commit does not
 * come to an end.  The book goes on, and is saved when that is possible.
 */
#include <sys/resource.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <atf-c.h>

#include "addrbookd/store_impl.h"
#include "regress/lib/baddisk_calls.h"
#include "regress/lib/storefix.h"

static struct storefix	 s, t;

static void
breathe(void)
{
	struct timespec	 ts = { .tv_nsec = 1000000 };

	nanosleep(&ts, NULL);
}

static void
wait_for_errors(uint64_t n, struct store_stats *st)
{
	int	 i;

	for (i = 0; i < 30000; i++) {
		store_sync(s.store, s.f.book);
		store_stats(s.store, st);
		if (st->errors >= n)
			return;
		breathe();
	}
	atf_tc_fail("%ju errors, not %ju", (uintmax_t)st->errors,
	    (uintmax_t)n);
}

/* --- full ------------------------------------------------------------- */

/* The system's own word for it: no file may grow. */
ATF_TC_WITHOUT_HEAD(full);
ATF_TC_BODY(full, tc)
{
	struct store_stats	 st;
	struct rlimit		 rl;

	storefix_clean(STOREFIX_DIR);
	signal(SIGXFSZ, SIG_IGN);
	storefix_begin(&s);
	ATF_REQUIRE_EQ(0, getrlimit(RLIMIT_FSIZE, &rl));
	rl.rlim_cur = 150000;
	ATF_REQUIRE_EQ(0, setrlimit(RLIMIT_FSIZE, &rl));
	storefix_fill(&s, 3000);
	wait_for_errors(1, &st);
	ATF_CHECK(st.failing && !st.damaged && !st.broken);
	ATF_CHECK(st.error[0] != '\0');
	rl.rlim_cur = rl.rlim_max;
	ATF_REQUIRE_EQ(0, setrlimit(RLIMIT_FSIZE, &rl));
	storefix_settle(&s);
	store_stats(s.store, &st);
	ATF_CHECK(!st.failing);
	store_close(s.store, s.f.book);
	storefix_begin(&t);
	ATF_CHECK_STREQ("", t.report.set_aside);
	storefix_same(s.f.book, t.f.book, STOREFIX_SIZE);
	storefix_close(&t);
	book_free(s.f.book);
}

#define FASTER	500	/* an hour is 7 s */

static uint64_t
now_ms(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A minute of a full disk: the book is used, the writer tries. */
static void
full_minute(unsigned int minute)
{
	struct peer_addr	 list[BOOK_REPLY_MAX], a;
	uint64_t		 end = now_ms() + 60000 / FASTER;
	unsigned int		 i;

	for (i = 0; i < 40; i++) {
		a = fix_peer(minute * 40 + i);
		fix_outcome(&s.f, &a, BOOK_LIVE);
		storefix_meet(&s, minute * 40 + i, "one of many");
	}
	ATF_REQUIRE(book_select(s.f.book, s.f.now, &a, false, list) > 0);
	fix_wait(&s.f, FIX_MINUTE);
	do {
		store_sync(s.store, s.f.book);
		breathe();
	} while (now_ms() < end);
}

/* An hour of it, with all times of the writer that much shorter. */
ATF_TC(full_for_an_hour);
ATF_TC_HEAD(full_for_an_hour, tc)
{
	atf_tc_set_md_var(tc, "timeout", "300");
}
ATF_TC_BODY(full_for_an_hour, tc)
{
	struct store_stats	 st;
	unsigned int		 minute;
	uint64_t		 errors;

	storefix_clean(STOREFIX_DIR);
	baddisk_init();
	storefix_open_at(&s, STOREFIX_DIR, STOREFIX_NETWORK, STOREFIX_SIZE,
	    FIX_START, 500 / FASTER, 60000 / FASTER);
	baddisk_fail(ENOSPC, 0);
	for (minute = 0; minute < 60; minute++)
		full_minute(minute);
	store_stats(s.store, &st);
	ATF_CHECK(st.failing && !st.broken && !st.damaged);
	ATF_CHECK(st.queued <= STORE_QUEUE);
	ATF_CHECK_EQ(0, st.rows);
	/* At once six times, then each minute. */
	ATF_CHECK_MSG(st.errors >= 10 && st.errors <= 80, "%ju tries",
	    (uintmax_t)st.errors);
	errors = st.errors;
	baddisk_fail(0, 0);
	storefix_settle(&s);
	store_stats(s.store, &st);
	ATF_CHECK(!st.failing);
	ATF_CHECK(st.errors <= errors + 1);
	store_close(s.store, s.f.book);
	storefix_open(&t, STOREFIX_DIR, STOREFIX_NETWORK, STOREFIX_SIZE,
	    s.f.now);
	ATF_CHECK_STREQ("", t.report.set_aside);
	ATF_CHECK(t.loaded > 1000);
	storefix_same(s.f.book, t.f.book, STOREFIX_SIZE);
	storefix_close(&t);
	book_free(s.f.book);
}

/* No room, of the disk or of a quota, is waited for without end. */
ATF_TC_WITHOUT_HEAD(no_end);
ATF_TC_BODY(no_end, tc)
{
	static const int	 kinds[] = { ENOSPC, EDQUOT, EFBIG };
	struct store_stats	 st;
	int			 i;

	baddisk_init();
	for (i = 0; i < 3; i++) {
		storefix_clean(STOREFIX_DIR);
		storefix_begin(&s);
		baddisk_fail(kinds[i], 0);
		storefix_fill(&s, 100);
		wait_for_errors(10, &st);
		ATF_CHECK_MSG(st.failing && !st.broken && !st.damaged, "%s",
		    strerror(kinds[i]));
		baddisk_fail(0, 0);
		storefix_close(&s);
	}
}

/* Facts have no mark in the book: those that find no room are counted. */
ATF_TC_WITHOUT_HEAD(facts_lost);
ATF_TC_BODY(facts_lost, tc)
{
	struct store_stats	 st;
	struct peer_addr	 a = fix_peer(1);
	unsigned int		 i;

	storefix_clean(STOREFIX_DIR);
	baddisk_init();
	storefix_begin(&s);
	storefix_meet(&s, 0, "saved");
	storefix_settle(&s);
	store_stats(s.store, &st);
	ATF_CHECK_EQ(0, st.facts_lost);
	ATF_REQUIRE_EQ(1, st.pushed);
	baddisk_fail(ENOSPC, 0);
	for (i = 0; i < 6000; i++) {
		storefix_meet(&s, i, "one of many");
		store_uptime(s.store, FIX_START, &a, STORE_UP);
	}
	store_stats(s.store, &st);
	ATF_CHECK(st.facts_lost > 0);
	ATF_CHECK_EQ(12001, st.pushed + st.facts_lost);
	baddisk_fail(0, 0);
	storefix_close(&s);
}

/* --- failing ---------------------------------------------------------- */

/* Errors of the disk: three in a row, and only opening anew may help. */
ATF_TC_WITHOUT_HEAD(broken);
ATF_TC_BODY(broken, tc)
{
	struct store_stats	 st;

	storefix_clean(STOREFIX_DIR);
	baddisk_init();
	storefix_open_at(&s, STOREFIX_DIR, STOREFIX_NETWORK, STOREFIX_SIZE,
	    FIX_START, 0, 3000);
	baddisk_fail(EIO, 0);
	storefix_fill(&s, 100);
	wait_for_errors(2, &st);
	ATF_CHECK(st.failing && !st.damaged && !st.broken);
	/* One that goes well begins the count anew. */
	baddisk_fail(0, 0);
	storefix_settle(&s);
	store_stats(s.store, &st);
	baddisk_fail(EIO, 0);
	storefix_fill(&s, 200);
	wait_for_errors(st.errors + 2, &st);
	ATF_CHECK(st.failing && !st.broken);
	wait_for_errors(st.errors + 1, &st);
	ATF_CHECK(st.broken && !st.damaged);
	baddisk_fail(0, 0);
	storefix_settle(&s);
	store_stats(s.store, &st);
	ATF_CHECK(!st.broken && !st.failing);
	storefix_close(&s);
}

/* --- at the start ----------------------------------------------------- */

/* But for the header's counters of changes. */
static bool
same_bytes(const uint8_t *p, size_t len, const uint8_t *q, size_t n)
{
	return len == n && memcmp(p, q, 24) == 0 &&
	    memcmp(p + 28, q + 28, 64) == 0 &&
	    memcmp(p + 100, q + 100, len - 100) == 0;
}

/* The file whose name begins so is the one that was there. */
static void
is_aside(const char *prefix, const uint8_t *p, size_t len)
{
	struct dirent	*e;
	char		 path[300];
	uint8_t		*q;
	size_t		 n;
	DIR		*d = opendir(STOREFIX_DIR);
	bool		 is = false;

	ATF_REQUIRE(d != NULL);
	while ((e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, prefix, strlen(prefix)) != 0)
			continue;
		snprintf(path, sizeof(path), STOREFIX_DIR "/%s", e->d_name);
		q = storefix_read(path, &n);
		is = is || same_bytes(p, len, q, n);
		free(q);
	}
	closedir(d);
	ATF_CHECK_MSG(is, "no %s with the bytes that were there", prefix);
}

/* It goes on in memory: what is learnt is there, and the file as it was. */
static void
goes_on(const uint8_t *p, size_t len, unsigned int new, bool sound)
{
	struct store_stats	 st;
	struct peer_addr	 a = fix_peer(new);
	uint8_t			*q;
	size_t			 n;

	ATF_CHECK(s.report.error[0] != '\0');
	fix_outcome(&s.f, &a, BOOK_ANSWERED);
	storefix_meet(&s, new, "met in memory");
	storefix_settle(&s);
	store_stats(s.store, &st);
	ATF_CHECK(st.in_memory && st.failing && !st.broken && !st.ready);
	q = storefix_read(STOREFIX_FILE, &n);
	/* A sound one may have taken a write before the disk failed. */
	ATF_CHECK(sound || s.report.set_aside[0] != '\0' ||
	    same_bytes(p, len, q, n));
	free(q);
}

/* There is room: it says so, all of it becomes a file, a start takes it. */
static void
is_saved(unsigned int new)
{
	struct store_stats	 st;
	struct peer_addr	 a = fix_peer(new + 1);
	int			 i;

	for (i = 0; i < 30000; i++) {
		store_stats(s.store, &st);
		if (st.ready)
			break;
		breathe();
	}
	ATF_REQUIRE_MSG(st.ready && !st.failing, "%s", st.error);
	/* Not yet handed over. */
	fix_outcome(&s.f, &a, BOOK_ANSWERED);
	ATF_REQUIRE_EQ(0, store_finish(s.store, s.f.book));
}

/*
 * With a disk that takes n writes and no more, for each n until all comes
 * through: the store opens with every row, goes on, and when there is room
 * no row is lost, of the file or learnt since.
 */
static void
start_with(const uint8_t *p, size_t len, int error, int all, const char *word)
{
	unsigned int	 n, memory = 0, done = 0;
	struct peer_addr a = fix_peer(39000);

	for (n = 0; done < 3; n++) {
		ATF_REQUIRE(n < 2000);
		storefix_place(p, len, NULL, 0);
		baddisk_fail(error, n);
		storefix_begin(&s);
		ATF_CHECK_EQ_MSG(all, s.loaded, "%u: %d of %d", n, s.loaded,
		    all);
		done = s.report.in_memory ? 0 : done + 1;
		memory += s.report.in_memory;
		if (s.report.in_memory)
			goes_on(p, len, 39000, word == NULL);
		baddisk_fail(0, 0);
		if (s.report.in_memory)
			is_saved(39000);
		else
			fix_outcome(&s.f, &a, BOOK_ANSWERED);
		store_close(s.store, s.f.book);
		storefix_begin(&t);
		storefix_same(s.f.book, t.f.book, STOREFIX_SIZE);
		ATF_CHECK(!t.report.in_memory);
		ATF_CHECK_EQ(0, storefix_count(STOREFIX_DIR,
		    "addrbook.db.new"));
		if (word != NULL)
			is_aside(word, p, len);
		storefix_close(&t);
		book_free(s.f.book);
	}
	printf("%s: %u starts in memory\n", strerror(error), memory);
	/* A sound file waits for room by itself. */
	ATF_CHECK_MSG(memory > 5 || (word == NULL && error == ENOSPC), "%u",
	    memory);
}

ATF_TC(full_at_the_start);
ATF_TC_HEAD(full_at_the_start, tc)
{
	atf_tc_set_md_var(tc, "timeout", "600");
}
ATF_TC_BODY(full_at_the_start, tc)
{
	uint8_t	*p;
	size_t	 len;
	int	 all;

	baddisk_init();
	p = storefix_make(200, &len, &all);
	start_with(p, len, ENOSPC, all, NULL);
	start_with(p, len, EIO, all, NULL);
	*(uint8_t *)memmem(p, len, "one of many", 11) ^= 0x20;
	start_with(p, len, ENOSPC, all, "addrbook.db.damaged");
	start_with(p, len, EIO, all, "addrbook.db.damaged");
	free(p);
}

/* The disk is full again just when there was room. */
ATF_TC_WITHOUT_HEAD(room_for_a_moment);
ATF_TC_BODY(room_for_a_moment, tc)
{
	struct store_stats	 st;
	struct peer_addr	 a = fix_peer(39002);
	unsigned int		 n;
	uint8_t			*p;
	size_t			 len;
	int			 all;

	baddisk_init();
	p = storefix_make(200, &len, &all);
	*(uint8_t *)memmem(p, len, "one of many", 11) ^= 0x20;
	for (n = 0; n < 5; n++) {
		storefix_place(p, len, NULL, 0);
		baddisk_fail(ENOSPC, 0);
		storefix_begin(&s);
		ATF_REQUIRE(s.report.in_memory);
		goes_on(p, len, 39000, false);
		baddisk_fail(0, 0);
		is_saved(39000);	/* and then written again */
		baddisk_fail(EIO, n);
		fix_outcome(&s.f, &a, BOOK_ANSWERED);
		if (store_finish(s.store, s.f.book) == -1) {
			store_stats(s.store, &st);
			ATF_CHECK(st.in_memory && !st.ready);
		}
		/* Killed there: what is no whole file is not taken. */
		store_close(s.store, NULL);
		baddisk_fail(0, 0);
		storefix_begin(&t);
		ATF_CHECK_MSG(t.loaded >= all, "%u: %d", n, t.loaded);
		storefix_close(&t);
		book_free(s.f.book);
	}
	free(p);
}

/*
 * No file can be made: a read-only file system, a directory of somebody
 * else's, no inode left.  What can be read is used, and nothing is changed.
 */
ATF_TC_WITHOUT_HEAD(no_file_can_be_made);
ATF_TC_BODY(no_file_can_be_made, tc)
{
	static const int	 errors[] = { EROFS, EACCES, ENOSPC, EIO };
	struct store_stats	 st;
	struct peer_addr	 a = fix_peer(39000);
	uint8_t			*p, *q;
	size_t			 len, n, i;
	int			 all, damaged;

	baddisk_init();
	p = storefix_make(200, &len, &all);
	for (damaged = 0; damaged < 2; damaged++) {
		for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
			storefix_place(p, len, NULL, 0);
			baddisk_deny(errors[i]);
			storefix_begin(&s);
			ATF_CHECK_MSG(s.report.in_memory && s.report.nowhere,
			    "%s", strerror(errors[i]));
			ATF_CHECK_EQ_MSG(all, s.loaded, "%s: %d",
			    strerror(errors[i]), s.loaded);
			fix_outcome(&s.f, &a, BOOK_ANSWERED);
			storefix_settle(&s);
			store_stats(s.store, &st);
			ATF_CHECK(st.in_memory && st.failing && !st.ready);
			ATF_CHECK_EQ(-1, store_finish(s.store, s.f.book));
			storefix_close(&s);
			baddisk_deny(0);
			q = storefix_read(STOREFIX_FILE, &n);
			ATF_CHECK_MSG(same_bytes(p, len, q, n), "%s",
			    strerror(errors[i]));
			free(q);
			ATF_CHECK_EQ(all, storefix_survive());
		}
		*(uint8_t *)memmem(p, len, "one of many", 11) ^= 0x20;
	}
	free(p);
}

/* It fails while it works, and again at each start: no start is in vain. */
ATF_TC_WITHOUT_HEAD(broken_for_long);
ATF_TC_BODY(broken_for_long, tc)
{
	struct store_stats	 st;
	int			 i;

	storefix_clean(STOREFIX_DIR);
	baddisk_init();
	storefix_begin(&s);
	storefix_fill(&s, 300);
	storefix_settle(&s);
	baddisk_fail(EIO, 0);
	fix_wait(&s.f, FIX_MINUTE);
	storefix_fill(&s, 310);
	wait_for_errors(3, &st);
	ATF_CHECK(st.broken);
	store_close(s.store, NULL);
	for (i = 0; i < 3; i++) {
		storefix_open(&t, STOREFIX_DIR, STOREFIX_NETWORK,
		    STOREFIX_SIZE, s.f.now);
		ATF_CHECK(t.report.in_memory && !t.report.nowhere);
		ATF_CHECK_MSG(t.loaded > 200, "%d", t.loaded);
		storefix_close(&t);
	}
	baddisk_fail(0, 0);
	storefix_open(&t, STOREFIX_DIR, STOREFIX_NETWORK, STOREFIX_SIZE,
	    s.f.now);
	ATF_CHECK(!t.report.in_memory);
	ATF_CHECK_STREQ("", t.report.set_aside);
	storefix_close(&t);
	book_free(s.f.book);
}

/* --- slow ------------------------------------------------------------- */

/* While a commit does not end nobody waits for it. */
ATF_TC_WITHOUT_HEAD(stuck);
ATF_TC_BODY(stuck, tc)
{
	struct peer_addr	 list[BOOK_REPLY_MAX], a;
	struct store_stats	 st;
	unsigned int		 i, n = 0;

	storefix_clean(STOREFIX_DIR);
	baddisk_init();
	storefix_begin(&s);
	storefix_fill(&s, 2000);
	storefix_settle(&s);
	baddisk_stick(true);
	storefix_fill(&s, 2000);
	for (i = 0; i < 30000 && !baddisk_is_stuck(); i++) {
		store_sync(s.store, s.f.book);
		breathe();
	}
	ATF_REQUIRE(baddisk_is_stuck());
	/* All that addrbookd does, more than the queue takes. */
	for (i = 0; i < 20000; i++) {
		a = fix_peer(i % 3000);
		book_outcome(s.f.book, s.f.now, &a, BOOK_LIVE);
		storefix_meet(&s, i % 3000, "one of many");
		store_sync(s.store, s.f.book);
		n += i % 50 == 0 && book_select(s.f.book, s.f.now, &a,
		    false, list) > 0;
	}
	ATF_CHECK_EQ(400, n);
	ATF_CHECK(baddisk_is_stuck());
	store_stats(s.store, &st);
	ATF_CHECK(st.queued > STORE_QUEUE / 2 && st.facts_lost > 0);
	baddisk_stick(false);
	storefix_settle(&s);
	store_close(s.store, s.f.book);
	storefix_begin(&t);
	storefix_same(s.f.book, t.f.book, STOREFIX_SIZE);
	storefix_close(&t);
	book_free(s.f.book);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, full);
	ATF_TP_ADD_TC(tp, full_for_an_hour);
	ATF_TP_ADD_TC(tp, no_end);
	ATF_TP_ADD_TC(tp, facts_lost);
	ATF_TP_ADD_TC(tp, broken);
	ATF_TP_ADD_TC(tp, full_at_the_start);
	ATF_TP_ADD_TC(tp, room_for_a_moment);
	ATF_TP_ADD_TC(tp, no_file_can_be_made);
	ATF_TP_ADD_TC(tp, broken_for_long);
	ATF_TP_ADD_TC(tp, stuck);
	return atf_no_error();
}
