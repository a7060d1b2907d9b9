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

#include "regress/lib/nosync.h"
#include "regress/lib/storefix.h"

#define ENTRIES	12	/* of the small one */

static struct storefix	 s;

static bool
is_long(void)
{
	const char	*v = getenv("PEXD_LONG");

	return v != NULL && strcmp(v, "yes") == 0;
}

/* --- many cases, on all cores ----------------------------------------- */

struct tally {
	size_t	 n, must, kept;
};

/* Does case number i, in a directory of its own; adds to the tally. */
typedef void (*case_fn)(size_t i, struct tally *);

static void
work(case_fn fn, size_t from, size_t step, size_t cases, int fd)
{
	struct tally	 t = { 0, 0, 0 };
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
	struct tally	 sum = { 0, 0, 0 }, t;
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
		sum.must += t.must;
		sum.kept += t.kept;
	}
	close(fds[0]);
	return sum;
}

/* --- what has to be kept ---------------------------------------------- */

/*
 * An entry's row in the file with what stands before and after it there:
 * sizes, number, header, checksum.  Where it stands twice either will do.
 */
#define BEFORE		10
#define AFTER		6
#define ROW_MAX		200

static struct {
	uint8_t		*p, *bad;
	size_t		 len, step;
	int		 all;
	unsigned int	 rows;
	struct {
		uint8_t	 row[ROW_MAX];
		size_t	 len;
	} row[6000];
} small;

static void
learn_rows(const char *path)
{
	sqlite3_stmt	*st;
	sqlite3		*db;
	unsigned int	 n = 0;

	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_open(path, &db));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_exec(db, "PRAGMA locking_mode="
	    "EXCLUSIVE", NULL, NULL, NULL));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_prepare_v2(db, "SELECT row FROM "
	    "entry", -1, &st, NULL));
	for (; sqlite3_step(st) == SQLITE_ROW; n++) {
		ATF_REQUIRE(n < sizeof(small.row) / sizeof(small.row[0]));
		small.row[n].len = sqlite3_column_bytes(st, 0);
		ATF_REQUIRE(small.row[n].len < ROW_MAX);
		memcpy(small.row[n].row, sqlite3_column_blob(st, 0),
		    small.row[n].len);
	}
	small.rows = n;
	sqlite3_finalize(st);
	sqlite3_close(db);
}

/* Does row n stand in good, and is nothing of it different in bad? */
static bool
is_whole(unsigned int n, const uint8_t *good, size_t good_len,
    const uint8_t *bad, size_t bad_len)
{
	size_t		 len = small.row[n].len, at, end;
	const uint8_t	*p = good;

	while ((p = memmem(p, good + good_len - p, small.row[n].row, len)) !=
	    NULL) {
		at = p - good < BEFORE ? 0 : p - good - BEFORE;
		end = p - good + len + AFTER;
		if (end > good_len)
			end = good_len;
		if (end <= bad_len && memcmp(good + at, bad + at,
		    end - at) == 0)
			return true;
		p++;
	}
	return false;
}

/* How many entries stand in the damaged file as they were written. */
static int
must_keep(const uint8_t *bad, size_t len)
{
	unsigned int	 i;
	int		 n = 0;

	for (i = 0; i < small.rows; i++)
		n += is_whole(i, small.p, small.len, bad, len);
	return n;
}

static void
keeps(const uint8_t *bad, size_t len, const char *what, size_t at,
    struct tally *t)
{
	int	 must = must_keep(bad, len), kept;

	storefix_place(bad, len, NULL, 0);
	kept = storefix_survive();
	/* A worker's reason would go with it. */
	if (kept < must)
		fprintf(stderr, "%s %zu: %d kept of %d that are whole\n",
		    what, at, kept, must);
	ATF_REQUIRE(kept >= must);
	t->n++;
	t->must += must;
	t->kept += kept;
}

static void
say(const char *what, const struct tally *t)
{
	printf("%s: %zu files, %zu entries whole in them, %zu kept\n", what,
	    t->n, t->must, t->kept);
}

static void
make(unsigned int entries)
{
	small.p = storefix_make(entries, &small.len, &small.all);
	storefix_place(small.p, small.len, NULL, 0);
	learn_rows(STOREFIX_FILE);
	ATF_REQUIRE_EQ(small.all, (int)small.rows);
	ATF_REQUIRE_EQ(small.all, must_keep(small.p, small.len));
}

/* --- lengths and bits ------------------------------------------------- */

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
	learn_rows(STOREFIX_FILE);
	ATF_REQUIRE_EQ(small.all, must_keep(small.p, small.len));
}

static void
truncated_at(size_t i, struct tally *t)
{
	keeps(small.p, i * small.step, "length", i * small.step, t);
}

static void
truncate_all(size_t step)
{
	struct tally	 t;

	small.step = step;
	t = try_all((small.len - 1) / step + 1, truncated_at);
	say("truncated", &t);
	ATF_CHECK(t.n >= small.len / step);
	ATF_CHECK(t.must > 0);
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
	make(ENTRIES);
	truncate_all(is_long() ? 67 : small.len / 30);
}

/* Where it says whose it is, and of which version. */
static bool
is_of_others(size_t bit)
{
	return (bit / 8 >= 60 && bit / 8 < 64) ||
	    (bit / 8 >= 68 && bit / 8 < 72);
}

/* A newer program's, or another's: it goes aside with every byte. */
static void
goes_untouched(void)
{
	ATF_REQUIRE(storefix_count(STOREFIX_DIR, "addrbook.db.newer") +
	    storefix_count(STOREFIX_DIR, "addrbook.db.foreign") +
	    storefix_count(STOREFIX_DIR, "addrbook.db.damaged") > 0);
}

static void
flipped_at(size_t i, struct tally *t)
{
	size_t	 bit = i * small.step, was = t->kept;

	small.p[bit / 8] ^= 1 << bit % 8;
	memcpy(small.bad, small.p, small.len);
	small.p[bit / 8] ^= 1 << bit % 8;
	if (is_of_others(bit)) {
		storefix_place(small.bad, small.len, NULL, 0);
		(void)storefix_survive();
		goes_untouched();
		t->n++;
		return;
	}
	keeps(small.bad, small.len, "bit", bit, t);
	/* A flip costs a row at most, wherever it is. */
	if (t->kept - was < (size_t)small.all - 1)
		fprintf(stderr, "bit %zu: %zu of %d\n", bit, t->kept - was,
		    small.all);
	ATF_REQUIRE(t->kept - was >= (size_t)small.all - 1);
}

static void
flip_all(size_t step)
{
	struct tally	 t;

	small.step = step;
	small.bad = malloc(small.len);
	t = try_all((small.len * 8 - 1) / step + 1, flipped_at);
	say("flipped", &t);
	ATF_CHECK(t.n >= small.len * 8 / step);
	free(small.bad);
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
	make(ENTRIES);
	flip_all(is_long() ? 67 : small.len * 8 / 75 | 1);
}

/* The header, which decides what the rest is. */
ATF_TC_WITHOUT_HEAD(flipped_header);
ATF_TC_BODY(flipped_header, tc)
{
	struct tally	 t;
	size_t		 i, others = 0;

	make(ENTRIES);
	small.step = 7;
	small.bad = malloc(small.len);
	t = try_all(100 * 8 / small.step, flipped_at);
	for (i = 0; i < t.n; i++)
		others += is_of_others(i * small.step);
	ATF_CHECK(t.n > 100);
	/* No entry is in there: but for what is another's all are kept. */
	ATF_CHECK_EQ((t.n - others) * small.all, t.must);
	ATF_CHECK_EQ(t.must, t.kept);
	free(small.bad);
	free(small.p);
}

/* With a copy beside it no damage loses more than what is not in there. */
ATF_TC_WITHOUT_HEAD(with_copy);
ATF_TC_BODY(with_copy, tc)
{
	uint8_t		*bad;
	size_t		 at;
	int		 n;

	make(200);
	bad = malloc(small.len);
	for (n = 0; n < 20; n++) {
		memcpy(bad, small.p, small.len);
		/* A page of rubbish; the first ones hold the schema. */
		at = n * (small.len - 4096) / 19;
		memset(bad + at, 0xa5 + n, 4096);
		storefix_place(bad, small.len, small.p, small.len);
		ATF_CHECK_EQ_MSG(small.all, storefix_survive(), "at %zu", at);
	}
	free(bad);
	free(small.p);
}

/* A byte of each of these values is another one, wherever they stand. */
static void
spoil(uint8_t *p, size_t len, const char *sql)
{
	sqlite3_stmt	*st;
	sqlite3		*db;
	uint8_t		*at;
	unsigned int	 n;

	storefix_place(p, len, NULL, 0);
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_open(STOREFIX_FILE, &db));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_exec(db, "PRAGMA locking_mode="
	    "EXCLUSIVE", NULL, NULL, NULL));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_prepare_v2(db, sql, -1, &st, NULL));
	for (n = 0; sqlite3_step(st) == SQLITE_ROW; n++)
		while ((at = memmem(p, len, sqlite3_column_blob(st, 0),
		    sqlite3_column_bytes(st, 0))) != NULL)
			at[3] ^= 0x11;
	ATF_REQUIRE_MSG(n > 0, "%s", sql);
	sqlite3_finalize(st);
	sqlite3_close(db);
}

static void
check_merged(const uint8_t *key, int all)
{
	struct peer_addr	 a = fix_peer(30000), b = fix_peer(0);
	struct peer_addr	 lost = fix_peer(2);

	storefix_begin(&s);
	ATF_CHECK(s.report.salvaged > 0 && s.report.from_copy > 0);
	ATF_CHECK_EQ_MSG(all, s.loaded, "%d of %d", s.loaded, all);
	ATF_CHECK_EQ(0, memcmp(key, s.key, BOOK_KEY_SIZE));
	ATF_CHECK_EQ(BOOK_BANNED, book_import(s.f.book, s.f.now,
	    &(struct peer_addr){ a.id, fix_peer(3000).na }));
	ATF_CHECK_EQ(BOOK_OWN, book_import(s.f.book, s.f.now,
	    &(struct peer_addr){ fix_id(1234), a.na }));
	/* The later history of the file, the earlier one of the copy. */
	ATF_CHECK_EQ(FIX_START, fix_row(&s.f, &b).last_success);
	ATF_CHECK_EQ(FIX_START - FIX_HOUR, fix_row(&s.f, &lost).last_success);
	storefix_close(&s);
}

/* Each row that the file lost comes from the copy: all tables, and the key. */
ATF_TC_WITHOUT_HEAD(copy_fills_up);
ATF_TC_BODY(copy_fills_up, tc)
{
	static const uint8_t	 key[BOOK_KEY_SIZE] = "the key it has..";
	struct store_report	 report;
	struct peer_addr	 a;
	uint8_t			 got[BOOK_KEY_SIZE], *p, *copy;
	size_t			 len, copy_len;
	int			 i, all;

	storefix_clean(STOREFIX_DIR);
	store_close(store_open(STOREFIX_DIR, STOREFIX_NETWORK, key, got,
	    &report), NULL);
	storefix_open(&s, STOREFIX_DIR, STOREFIX_NETWORK, STOREFIX_SIZE,
	    FIX_START - FIX_HOUR);
	storefix_fill(&s, 300);
	storefix_close(&s);
	/* Its copy is made as the next one begins; then it goes on. */
	storefix_begin(&s);
	all = s.loaded;
	copy = storefix_read(STOREFIX_COPY, &copy_len);
	for (i = 0; i < 100; i += 4) {
		a = fix_peer(i);
		book_outcome(s.f.book, s.f.now, &a, BOOK_ANSWERED);
	}
	storefix_close(&s);
	storefix_begin(&s);
	p = storefix_read(STOREFIX_COPY, &len);
	storefix_close(&s);
	spoil(p, len, "SELECT row FROM entry WHERE idx % 3 = 0");
	spoil(p, len, "SELECT row FROM ban");
	spoil(p, len, "SELECT row FROM own");
	spoil(p, len, "SELECT value FROM meta WHERE name = 'hash_key'");
	storefix_place(p, len, copy, copy_len);
	check_merged(key, all);
	free(p);
	free(copy);
}

/* After chroot(2) the directory is "/", and the file's path has two of it. */
ATF_TC_WITHOUT_HEAD(in_root);
ATF_TC_BODY(in_root, tc)
{
	char		 cwd[512], dir[600];

	make(100);
	*(uint8_t *)memmem(small.p, small.len, "one of many", 11) ^= 0x20;
	storefix_place(small.p, small.len, NULL, 0);
	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)) != NULL);
	snprintf(dir, sizeof(dir), "/%s/" STOREFIX_DIR, cwd);
	storefix_open(&s, dir, STOREFIX_NETWORK, STOREFIX_SIZE, FIX_START);
	ATF_CHECK_EQ(small.all, (int)s.report.salvaged);
	ATF_CHECK_EQ(small.all, s.loaded);
	storefix_close(&s);
	/* What was made whole is found there, too. */
	ATF_REQUIRE_EQ(0, rename(STOREFIX_FILE, STOREFIX_FILE ".new"));
	(void)unlink(STOREFIX_FILE "-wal");
	storefix_open(&s, dir, STOREFIX_NETWORK, STOREFIX_SIZE, FIX_START);
	ATF_CHECK_EQ(small.all, s.loaded);
	storefix_close(&s);
	free(small.p);
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
	keeps(bad, small.len, "round", round, t);
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

	make(5000);
	ATF_CHECK(small.all > 2000);
	t = try_all(is_long() ? 5000 : 15, random_at);
	say("random damage", &t);
	/* Most of a book outlives two thousand bytes of damage. */
	ATF_CHECK(t.must > t.n * small.all / 2);
	free(small.p);
}

/* Every second page is gone: those between are read all the same. */
ATF_TC_WITHOUT_HEAD(pages);
ATF_TC_BODY(pages, tc)
{
	struct tally	 t = { 0, 0, 0 };
	size_t		 at;
	uint8_t		*bad;
	int		 odd;

	make(1000);
	bad = malloc(small.len);
	for (odd = 0; odd < 2; odd++) {
		memcpy(bad, small.p, small.len);
		for (at = odd * 4096; at + 4096 <= small.len; at += 8192)
			memset(bad + at, 0x5a, 4096);
		keeps(bad, small.len, "odd", odd, &t);
	}
	say("every second page", &t);
	ATF_CHECK(t.must > (size_t)small.all / 2);
	free(bad);
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
	ATF_CHECK_EQ_MSG(all, s.loaded, "%d of %d", s.loaded, all);
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

/* What is whole in the file or in its damaged log. */
static int
must_keep_of_both(const uint8_t *log, size_t log_len, const uint8_t *bad,
    size_t bad_len)
{
	unsigned int	 i;
	int		 n = 0;

	for (i = 0; i < small.rows; i++)
		n += is_whole(i, small.p, small.len, small.p, small.len) ||
		    is_whole(i, log, log_len, bad, bad_len);
	return n;
}

/*
 * A damaged log: at worst what it held after the damage is lost, as if it had
 * not been written; and if the file is found damaged by it not even that.
 */
ATF_TC(damaged_log);
ATF_TC_HEAD(damaged_log, tc)
{
	atf_tc_set_md_var(tc, "timeout", "3600");
}
ATF_TC_BODY(damaged_log, tc)
{
	size_t		 log_len, cut;
	uint8_t		*log, *bad;
	struct rng	 rng;
	unsigned int	 round;
	int		 must, kept, in_file, all;

	rng_seed_number(&rng, 6);
	small.p = make_log(300, 0, &log, &small.len, &log_len);
	ATF_REQUIRE(log_len > 10000);
	storefix_place(small.p, small.len, NULL, 0);
	learn_rows(STOREFIX_FILE);
	in_file = must_keep(small.p, small.len);
	ATF_REQUIRE(in_file > 200);
	storefix_place(small.p, small.len, NULL, 0);
	storefix_write(STOREFIX_FILE "-wal", log, log_len);
	learn_rows(STOREFIX_FILE);
	all = small.rows;
	ATF_REQUIRE(all > in_file);
	bad = malloc(log_len);
	memcpy(bad, log, log_len);
	for (round = 0; round < (is_long() ? 2000 : 40); round++) {
		storefix_place(small.p, small.len, NULL, 0);
		if (round > 0)
			bad[round % 2 == 0 ? rng_below(&rng, log_len) :
			    rng_below(&rng, 56)] ^= 1 << rng_below(&rng, 8);
		cut = round % 5 == 4 ? rng_below(&rng, log_len) : log_len;
		storefix_write(STOREFIX_FILE "-wal", bad, cut);
		must = must_keep_of_both(log, log_len, bad, cut);
		kept = storefix_survive();
		if (storefix_count(STOREFIX_DIR, "addrbook.db.damaged") == 0)
			must = round == 0 ? all : in_file;
		ATF_CHECK_MSG(kept >= must, "%u: %d, not %d", round, kept,
		    must);
	}
	free(small.p);
	free(log);
	free(bad);
}

/* The log of another store: its pages are sound, and not of this one. */
ATF_TC_WITHOUT_HEAD(swapped_log);
ATF_TC_BODY(swapped_log, tc)
{
	size_t		 len, log_len, len2, log_len2;
	uint8_t		*p, *log, *p2, *log2;
	int		 in_1, in_2;

	p = make_log(300, 0, &log, &len, &log_len);
	storefix_place(p, len, NULL, 0);
	in_1 = storefix_survive();
	p2 = make_log(60, 3, &log2, &len2, &log_len2);
	storefix_place(p2, len2, NULL, 0);
	in_2 = storefix_survive();
	ATF_REQUIRE(in_1 > 200 && in_2 > 40);
	/* Where pages of the one stand for the other's all rows are found. */
	storefix_place(p, len, NULL, 0);
	storefix_write(STOREFIX_FILE "-wal", log2, log_len2);
	ATF_CHECK(storefix_survive() >= in_1);
	storefix_place(p2, len2, NULL, 0);
	storefix_write(STOREFIX_FILE "-wal", log, log_len);
	ATF_CHECK(storefix_survive() >= in_2);
	/* A database where its log should be. */
	storefix_place(p, len, NULL, 0);
	storefix_write(STOREFIX_FILE "-wal", p, len);
	ATF_CHECK(storefix_survive() >= in_1);
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
	ATF_TP_ADD_TC(tp, copy_fills_up);
	ATF_TP_ADD_TC(tp, in_root);
	ATF_TP_ADD_TC(tp, random_damage);
	ATF_TP_ADD_TC(tp, pages);
	ATF_TP_ADD_TC(tp, hash_key);
	ATF_TP_ADD_TC(tp, node_id);
	ATF_TP_ADD_TC(tp, schema_text);
	ATF_TP_ADD_TC(tp, damaged_log);
	ATF_TP_ADD_TC(tp, swapped_log);
	return atf_no_error();
}
