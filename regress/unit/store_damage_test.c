/* SPDX-License-Identifier: ISC */
/*
 * A store with other bytes in it than were written: set aside, what is sound
 * kept, every table in use again.  PEXD_LONG=yes tries every length and every
 * bit of a small one.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>
#include <sqlite3.h>

#include "regress/lib/storefix.h"

#define ENTRIES	12	/* of the small one */

static struct storefix	 s;

/* Nothing here is about power: a disk flush would be all of the time. */
int	fsync(int);
int	fdatasync(int);

int
fsync(int fd)
{
	return 0;
}

int
fdatasync(int fd)
{
	return 0;
}

static bool
is_long(void)
{
	const char	*v = getenv("PEXD_LONG");

	return v != NULL && strcmp(v, "yes") == 0;
}

/* --- many cases, on all cores ----------------------------------------- */

struct tally {
	size_t	 n, kept;
};

/* Does case number i, in a directory of its own; adds to the tally. */
typedef void (*case_fn)(size_t i, struct tally *);

static void
work(case_fn fn, size_t from, size_t step, size_t cases, int fd)
{
	struct tally	 t = { 0, 0 };
	char		 dir[32];

	snprintf(dir, sizeof(dir), "worker%zu", from);
	(void)mkdir(dir, 0700);		/* or of the round before */
	if (chdir(dir) == -1)
		_exit(2);
	for (; from < cases; from += step)
		fn(from, &t);
	_exit(write(fd, &t, sizeof(t)) == sizeof(t) ? 0 : 2);
}

static struct tally
try_all(size_t cases, case_fn fn)
{
	struct tally	 sum = { 0, 0 }, t;
	long		 i, workers = 1;
	int		 fds[2], status;

	if (is_long() && (workers = sysconf(_SC_NPROCESSORS_ONLN)) < 1)
		workers = 1;
	ATF_REQUIRE_EQ(0, pipe(fds));
	for (i = 0; i < workers; i++)
		if (fork() == 0)
			work(fn, i, workers, cases, fds[1]);
	close(fds[1]);
	for (i = 0; i < workers; i++) {
		ATF_REQUIRE(wait(&status) > 0);
		ATF_REQUIRE_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		    "a worker ended with 0x%x", status);
		ATF_REQUIRE_EQ(sizeof(t), read(fds[0], &t, sizeof(t)));
		sum.n += t.n;
		sum.kept += t.kept;
	}
	close(fds[0]);
	return sum;
}

/* --- lengths and bits ------------------------------------------------- */

static struct {
	uint8_t		*p;
	size_t		 len, step;
	int		 all;
} small;

/*
 * The smallest there is: pages of 512 bytes, with nothing free in them.  One
 * as the daemon makes it is eight times as large, and most of it empty.
 */
static void
make_small(void)
{
	sqlite3	*db;

	free(storefix_make(ENTRIES, &small.len, &small.all));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_open(STOREFIX_FILE, &db));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_exec(db, "PRAGMA locking_mode="
	    "EXCLUSIVE; PRAGMA journal_mode=DELETE; PRAGMA page_size=512;"
	    "VACUUM; PRAGMA journal_mode=WAL", NULL, NULL, NULL));
	sqlite3_close(db);
	small.p = storefix_read(STOREFIX_FILE, &small.len);
	ATF_REQUIRE_MSG(small.len < 25000, "%zu", small.len);
}

static void
truncated_at(size_t i, struct tally *t)
{
	storefix_place(small.p, i * small.step, NULL, 0);
	t->n++;
	t->kept += storefix_survive() > 0;
}

static void
truncate_all(size_t step)
{
	struct tally	 t;

	small.step = step;
	t = try_all((small.len - 1) / step + 1, truncated_at);
	printf("%zu of %zu truncated files gave entries\n", t.kept, t.n);
	ATF_CHECK(t.n >= small.len / step);
	ATF_CHECK(t.kept > 0);
	free(small.p);
}

ATF_TC(truncated);
ATF_TC_HEAD(truncated, tc)
{
	atf_tc_set_md_var(tc, "timeout", "3600");
}
ATF_TC_BODY(truncated, tc)
{
	make_small();
	truncate_all(is_long() ? 1 : small.len / 60);
	small.p = storefix_make(ENTRIES, &small.len, &small.all);
	truncate_all(is_long() ? 67 : small.len / 30);
}

static void
flipped_at(size_t i, struct tally *t)
{
	size_t	 bit = i * small.step;
	int	 kept;

	small.p[bit / 8] ^= 1 << bit % 8;
	storefix_place(small.p, small.len, NULL, 0);
	small.p[bit / 8] ^= 1 << bit % 8;
	kept = storefix_survive();
	t->n++;
	t->kept += kept >= small.all - 1;
}

static void
flip_all(size_t step)
{
	struct tally	 t;

	small.step = step;
	t = try_all((small.len * 8 - 1) / step + 1, flipped_at);
	/* A flip costs a row at most, but in the structures. */
	printf("%zu of %zu flips cost a row or none\n", t.kept, t.n);
	ATF_CHECK(t.n >= small.len * 8 / step);
	ATF_CHECK_MSG(t.kept > t.n / 2, "%zu of %zu", t.kept, t.n);
	free(small.p);
}

ATF_TC(flipped);
ATF_TC_HEAD(flipped, tc)
{
	atf_tc_set_md_var(tc, "timeout", "3600");
}
ATF_TC_BODY(flipped, tc)
{
	make_small();
	flip_all(is_long() ? 1 : small.len * 8 / 150 | 1);
	small.p = storefix_make(ENTRIES, &small.len, &small.all);
	flip_all(is_long() ? 67 : small.len * 8 / 75 | 1);
}

/* The header, which decides what the rest is. */
ATF_TC_WITHOUT_HEAD(flipped_header);
ATF_TC_BODY(flipped_header, tc)
{
	struct tally	 t;

	small.p = storefix_make(ENTRIES, &small.len, &small.all);
	small.step = 7;
	t = try_all(100 * 8 / small.step, flipped_at);
	ATF_CHECK(t.n > 100 && t.kept > 0);
	free(small.p);
}

/* With a copy beside it no damage loses more than what is not in there. */
ATF_TC_WITHOUT_HEAD(with_copy);
ATF_TC_BODY(with_copy, tc)
{
	size_t		 len, at;
	uint8_t		*p, *bad;
	int		 n, all, kept;

	p = storefix_make(200, &len, &all);
	bad = malloc(len);
	for (n = 0; n < 20; n++) {
		memcpy(bad, p, len);
		/* A page of rubbish; the first ones hold the schema. */
		at = n * 512 % (len - 4096);
		memset(bad + at, 0xa5 + n, 4096);
		storefix_place(bad, len, p, len);
		kept = storefix_survive();
		ATF_CHECK_MSG(kept > 0, "at %zu", at);
		if (at == 0)
			ATF_CHECK_EQ(all, kept);
	}
	free(bad);
	free(p);
}

static void
random_at(size_t round, struct tally *t)
{
	uint8_t		*bad = malloc(small.len);
	struct rng	 rng;
	size_t		 k;

	rng_seed_number(&rng, 4000 + round);
	memcpy(bad, small.p, small.len);
	for (k = 0; k < 1 + round % 500 * 4; k++)
		bad[100 + rng_below(&rng, small.len - 100)] = rng_u32(&rng);
	storefix_place(bad, small.len, NULL, 0);
	t->n++;
	t->kept += storefix_survive() > small.all / 5;
	free(bad);
}

/* Much random damage to a large one. */
ATF_TC(random_damage);
ATF_TC_HEAD(random_damage, tc)
{
	atf_tc_set_md_var(tc, "timeout", "3600");
}
ATF_TC_BODY(random_damage, tc)
{
	struct tally	 t;

	small.p = storefix_make(5000, &small.len, &small.all);
	ATF_CHECK(small.all > 2000);
	t = try_all(is_long() ? 5000 : 15, random_at);
	printf("%zu of %zu gave more than a fifth\n", t.kept, t.n);
	ATF_CHECK_MSG(t.kept > 10, "%zu of %zu", t.kept, t.n);
	free(small.p);
}

/* --- single places ---------------------------------------------------- */

/* Where these bytes stand; 0: nowhere. */
static size_t
find(const uint8_t *p, size_t len, const void *what, size_t n)
{
	const uint8_t	*at = memmem(p, len, what, n);

	return at != NULL ? (size_t)(at - p) : 0;
}

/* Each entry's place depends on the key: it is not replaced unnoticed. */
ATF_TC_WITHOUT_HEAD(hash_key);
ATF_TC_BODY(hash_key, tc)
{
	size_t		 len, at;
	uint8_t		*p;
	int		 all;

	p = storefix_make(ENTRIES, &len, &all);
	at = find(p, len, "a fresh hash key", 16);
	ATF_REQUIRE(at > 0);
	p[at] ^= 1;
	storefix_place(p, len, NULL, 0);
	storefix_begin(&s);
	ATF_CHECK(strstr(s.report.set_aside, "damaged") != NULL);
	ATF_CHECK(strstr(s.report.why, "hash key") != NULL);
	ATF_CHECK(s.report.salvaged);
	ATF_CHECK_MSG(s.loaded >= all - 2, "%d of %d", s.loaded, all);
	storefix_close(&s);
	free(p);
}

/* A node's ID in the index is not the one in its row. */
ATF_TC_WITHOUT_HEAD(node_id);
ATF_TC_BODY(node_id, tc)
{
	struct peer_addr a = fix_peer(3);
	size_t		 len, at, next, n = 0;
	uint8_t		*p;
	int		 all;

	p = storefix_make(ENTRIES, &len, &all);
	for (at = 0; (next = find(p + at, len - at, a.id.b, 20)) > 0; n++) {
		at += next;
		p[at] ^= 1;
		storefix_place(p, len, NULL, 0);
		ATF_CHECK(storefix_survive() >= all - 1);
		ATF_CHECK(storefix_count(STOREFIX_DIR,
		    "addrbook.db.damaged") > 0);
		p[at] ^= 1;
		at += 20;
	}
	/* Its column, its row, the index, the entry. */
	ATF_CHECK_EQ(4, n);
	free(p);
}

/* What the tables are is text, too: a column of another name. */
ATF_TC_WITHOUT_HEAD(schema_text);
ATF_TC_BODY(schema_text, tc)
{
	static const char *const words[] = {
		"INTEGER PRIMARY KEY, row", "UNIQUE, seen", "(idx INTEGER",
		"node_seen", "WITHOUT ROWID", "NOT NULL, crc",
	};
	size_t		 len, at, i, k;
	uint8_t		*p;
	int		 all;

	p = storefix_make(ENTRIES, &len, &all);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		at = find(p, len, words[i], strlen(words[i]));
		ATF_REQUIRE_MSG(at > 0, "%s", words[i]);
		for (k = 0; k < strlen(words[i]); k++) {
			p[at + k] ^= 1;
			storefix_place(p, len, NULL, 0);
			(void)storefix_survive();
			ATF_CHECK_MSG(storefix_count(STOREFIX_DIR,
			    "addrbook.db.damaged") > 0, "%s, %zu", words[i],
			    k);
			p[at + k] ^= 1;
		}
	}
	free(p);
}

/* --- the log ---------------------------------------------------------- */

/* A file and the log that a kill left beside it. */
static uint8_t *
make_log(unsigned int entries, uint32_t day, uint8_t **log, size_t *len,
    size_t *log_len)
{
	pid_t	 pid;
	int	 status, all;

	free(storefix_make(entries, len, &all));
	if ((pid = fork()) == 0) {
		storefix_begin(&s);
		s.f.now += day * FIX_DAY;
		storefix_fill(&s, entries * 2);
		storefix_settle(&s);
		raise(SIGKILL);
	}
	ATF_REQUIRE(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	*log = storefix_read(STOREFIX_FILE "-wal", log_len);
	return storefix_read(STOREFIX_FILE, len);
}

/* A damaged log: at worst what it held is lost. */
ATF_TC_WITHOUT_HEAD(damaged_log);
ATF_TC_BODY(damaged_log, tc)
{
	size_t		 len, log_len, cut;
	uint8_t		*p, *log;
	struct rng	 rng;
	unsigned int	 round;

	rng_seed_number(&rng, 6);
	p = make_log(300, 0, &log, &len, &log_len);
	ATF_REQUIRE(log_len > 10000);
	for (round = 0; round < (is_long() ? 2000 : 40); round++) {
		storefix_place(p, len, NULL, 0);
		if (round > 0)
			log[round % 2 == 0 ? rng_below(&rng, log_len) :
			    rng_below(&rng, 56)] ^= 1 << rng_below(&rng, 8);
		cut = round % 5 == 4 ? rng_below(&rng, log_len) : log_len;
		storefix_write(STOREFIX_FILE "-wal", log, cut);
		ATF_CHECK_MSG(storefix_survive() > 200, "%u", round);
	}
	free(p);
	free(log);
}

/* The log of another store: its pages are sound, and not of this one. */
ATF_TC_WITHOUT_HEAD(swapped_log);
ATF_TC_BODY(swapped_log, tc)
{
	size_t		 len, log_len, len2, log_len2;
	uint8_t		*p, *log, *p2, *log2;

	p = make_log(300, 0, &log, &len, &log_len);
	p2 = make_log(60, 3, &log2, &len2, &log_len2);
	storefix_place(p, len, NULL, 0);
	storefix_write(STOREFIX_FILE "-wal", log2, log_len2);
	ATF_CHECK(storefix_survive() > 20);
	storefix_place(p2, len2, NULL, 0);
	storefix_write(STOREFIX_FILE "-wal", log, log_len);
	ATF_CHECK(storefix_survive() > 20);
	/* A database where its log should be. */
	storefix_place(p, len, NULL, 0);
	storefix_write(STOREFIX_FILE "-wal", p, len);
	ATF_CHECK(storefix_survive() > 200);
	free(p);
	free(p2);
	free(log);
	free(log2);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, truncated);
	ATF_TP_ADD_TC(tp, flipped);
	ATF_TP_ADD_TC(tp, flipped_header);
	ATF_TP_ADD_TC(tp, with_copy);
	ATF_TP_ADD_TC(tp, random_damage);
	ATF_TP_ADD_TC(tp, hash_key);
	ATF_TP_ADD_TC(tp, node_id);
	ATF_TP_ADD_TC(tp, schema_text);
	ATF_TP_ADD_TC(tp, damaged_log);
	ATF_TP_ADD_TC(tp, swapped_log);
	return atf_no_error();
}
