/* SPDX-License-Identifier: ISC */
/*
 * The store when something is wrong with it: set aside, what is sound kept,
 * the daemon up.  PEXD_LONG=yes tries every length and every bit.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <atf-c.h>
#include <sqlite3.h>

#include "regress/lib/storefix.h"

#define DIR_NAME	"store"
#define FILE_NAME	DIR_NAME "/addrbook.db"
#define COPY_NAME	DIR_NAME "/addrbook.db.copy"

static struct storefix	 s;

static bool
is_long(void)
{
	const char	*v = getenv("PEXD_LONG");

	return v != NULL && strcmp(v, "yes") == 0;
}

/* A sound store of so many entries, as one file. */
static uint8_t *
make(unsigned int entries, size_t *len)
{
	storefix_clean(DIR_NAME);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	storefix_fill(&s, entries);
	storefix_close(&s);
	/* Opening it again moves the log into the file. */
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	storefix_close(&s);
	return storefix_read(COPY_NAME, len);
}

/* Only that file, and a copy if one is given. */
static void
place(const uint8_t *p, size_t len, const uint8_t *copy, size_t copy_len)
{
	storefix_clean(DIR_NAME);
	storefix_write(FILE_NAME, p, len);
	if (copy != NULL)
		storefix_write(COPY_NAME, copy, copy_len);
}

/* Opened at all, sound, writable, and sound again.  Returns rows loaded. */
static int
survive(void)
{
	struct peer_addr	 a = fix_peer(39000);
	int			 loaded;

	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	loaded = s.loaded;
	fix_outcome(&s.f, &a, BOOK_ANSWERED);
	storefix_close(&s);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	ATF_CHECK_STREQ("", s.report.set_aside);
	ATF_CHECK(fix_has(&s.f, &a));
	storefix_close(&s);
	return loaded;
}

/* --- lengths and bits ------------------------------------------------- */

ATF_TC(truncated);
ATF_TC_HEAD(truncated, tc)
{
	atf_tc_set_md_var(tc, "timeout", "3600");
}
ATF_TC_BODY(truncated, tc)
{
	size_t		 len, cut, step;
	uint8_t		*p = make(30, &len);
	unsigned int	 kept = 0, n = 0;

	step = is_long() ? 1 : len / 60 + 1;
	for (cut = 0; cut < len; cut += step, n++) {
		place(p, cut, NULL, 0);
		kept += survive() > 0;
	}
	printf("%u of %u truncated files gave entries\n", kept, n);
	free(p);
}

ATF_TC(flipped);
ATF_TC_HEAD(flipped, tc)
{
	atf_tc_set_md_var(tc, "timeout", "7200");
}
ATF_TC_BODY(flipped, tc)
{
	size_t		 len, bit, step, all;
	uint8_t		*p = make(30, &len);
	struct rng	 rng;
	unsigned int	 whole = 0, n = 0;

	rng_seed_number(&rng, 3);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	all = s.loaded;
	storefix_close(&s);
	step = is_long() ? 1 : len * 8 / 120;
	for (bit = 0; bit < len * 8; bit += bit < 800 && step > 1 ? 11 : step,
	    n++) {
		p[bit / 8] ^= 1 << bit % 8;
		place(p, len, NULL, 0);
		whole += survive() >= (int)all - 1;
		p[bit / 8] ^= 1 << bit % 8;
	}
	/* A flip costs a row at most, but in the structures. */
	printf("%u of %u flips cost a row or none\n", whole, n);
	ATF_CHECK_MSG(whole > n / 2, "%u of %u", whole, n);
	free(p);
}

/* With a copy beside it no damage loses more than what is not in there. */
ATF_TC(with_copy);
ATF_TC_HEAD(with_copy, tc)
{
	atf_tc_set_md_var(tc, "timeout", "3600");
}
ATF_TC_BODY(with_copy, tc)
{
	size_t		 len, at;
	uint8_t		*p = make(200, &len), *bad;
	int		 n, all, kept;

	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	all = s.loaded;
	storefix_close(&s);
	bad = malloc(len);
	for (n = 0; n < 20; n++) {
		memcpy(bad, p, len);
		/* A page of rubbish; the first ones hold the schema. */
		at = n * 512 % (len - 4096);
		memset(bad + at, 0xa5 + n, 4096);
		place(bad, len, p, len);
		kept = survive();
		ATF_CHECK_MSG(kept > 0, "at %zu", at);
		if (at == 0)
			ATF_CHECK_EQ(all, kept);
	}
	free(bad);
	free(p);
}

/* Much random damage to a large one. */
ATF_TC(random_damage);
ATF_TC_HEAD(random_damage, tc)
{
	atf_tc_set_md_var(tc, "timeout", "3600");
}
ATF_TC_BODY(random_damage, tc)
{
	size_t		 len;
	uint8_t		*p = make(5000, &len), *bad = malloc(len);
	struct rng	 rng;
	unsigned int	 round, k, rounds = is_long() ? 500 : 15;
	int		 kept, some = 0;

	rng_seed_number(&rng, 4);
	for (round = 0; round < rounds; round++) {
		memcpy(bad, p, len);
		for (k = 0; k < 1 + round * 4; k++)
			bad[100 + rng_below(&rng, len - 100)] = rng_u32(&rng);
		place(bad, len, NULL, 0);
		kept = survive();
		some += kept > 1000;
	}
	ATF_CHECK_MSG(some > (int)rounds / 2, "%d of %u", some, rounds);
	free(bad);
	free(p);
}

/* A damaged log: at worst what it held is lost. */
ATF_TC_WITHOUT_HEAD(damaged_log);
ATF_TC_BODY(damaged_log, tc)
{
	size_t		 len, log_len;
	uint8_t		*p, *log;
	struct rng	 rng;
	unsigned int	 round;
	pid_t		 pid;

	free(make(300, &len));
	rng_seed_number(&rng, 6);
	/* One that ends without closing leaves a log. */
	if ((pid = fork()) == 0) {
		storefix_open(&s, DIR_NAME, STOREFIX_NETWORK,
		    BOOK_SIZE_DEFAULT, FIX_START);
		storefix_fill(&s, 600);
		storefix_settle(&s);
		raise(SIGKILL);
	}
	ATF_REQUIRE(waitpid(pid, NULL, 0) == pid);
	p = storefix_read(FILE_NAME, &len);
	log = storefix_read(FILE_NAME "-wal", &log_len);
	ATF_REQUIRE(log_len > 10000);
	for (round = 0; round < 20; round++) {
		storefix_clean(DIR_NAME);
		storefix_write(FILE_NAME, p, len);
		if (round > 0)
			log[rng_below(&rng, log_len)] ^= 0x40;
		storefix_write(FILE_NAME "-wal", log, round % 5 == 4 ?
		    rng_below(&rng, log_len) : log_len);
		ATF_CHECK(survive() > 200);
	}
	free(p);
	free(log);
}

/* --- what stands there is something else ------------------------------ */

static void
make_directory(void)
{
	ATF_REQUIRE_EQ(0, mkdir(FILE_NAME, 0700));
}

static void
make_fifo(void)
{
	ATF_REQUIRE_EQ(0, mkfifo(FILE_NAME, 0600));
}

static void
make_link(void)
{
	storefix_write("elsewhere", (const uint8_t *)"precious", 8);
	ATF_REQUIRE_EQ(0, symlink("../elsewhere", FILE_NAME));
}

static void
make_unreadable(void)
{
	storefix_write(FILE_NAME, (const uint8_t *)"secret", 6);
	ATF_REQUIRE_EQ(0, chmod(FILE_NAME, 0));
}

static void
make_text(void)
{
	storefix_write(FILE_NAME, (const uint8_t *)
	    "{\"key\":\"\",\"addrs\":[]}", 21);
}

static void
make_empty(void)
{
	storefix_write(FILE_NAME, NULL, 0);
}

static void
make_sparse(void)
{
	make_empty();
	ATF_REQUIRE_EQ(0, truncate(FILE_NAME, 10LL * 1024 * 1024 * 1024));
}

/* Set aside under a new name, and the copy of the last time taken. */
ATF_TC_WITHOUT_HEAD(odd_things);
ATF_TC_BODY(odd_things, tc)
{
	static void	(*const makers[])(void) = {
		make_directory, make_fifo, make_link, make_unreadable,
		make_text, make_empty, make_sparse,
	};
	size_t		 len, n;
	uint8_t		*p = make(100, &len), *q;
	unsigned int	 i;
	int		 all;

	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	all = s.loaded;
	storefix_close(&s);
	for (i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		storefix_clean(DIR_NAME);
		storefix_write(COPY_NAME, p, len);
		makers[i]();
		storefix_open(&s, DIR_NAME, STOREFIX_NETWORK,
		    BOOK_SIZE_DEFAULT, FIX_START);
		ATF_CHECK_MSG(s.report.set_aside[0] != '\0', "%u", i);
		ATF_CHECK_MSG(s.report.from_copy, "%u", i);
		ATF_CHECK_EQ_MSG(all, s.loaded, "%u: %d", i, s.loaded);
		storefix_close(&s);
	}
	q = storefix_read("elsewhere", &n);
	ATF_CHECK_EQ(8, n);
	ATF_CHECK_EQ(0, memcmp(q, "precious", 8));
	free(q);
	free(p);
}

/* A log that is no file, or is left over from nothing. */
ATF_TC_WITHOUT_HEAD(stray_log);
ATF_TC_BODY(stray_log, tc)
{
	storefix_clean(DIR_NAME);
	storefix_write(FILE_NAME "-wal", (const uint8_t *)"rubbish", 7);
	ATF_CHECK_EQ(0, survive());
}

/* --- versions and networks -------------------------------------------- */

/* A newer program's: set aside as it is, byte for byte. */
ATF_TC_WITHOUT_HEAD(newer);
ATF_TC_BODY(newer, tc)
{
	size_t		 len, n;
	uint8_t		*p = make(30, &len), *q;

	p[63] = 99;	/* user_version, low byte */
	place(p, len, NULL, 0);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	ATF_CHECK(s.report.fresh);
	ATF_CHECK(strstr(s.report.set_aside, "newer") != NULL);
	ATF_CHECK_EQ(0, s.loaded);
	q = storefix_read(s.report.set_aside, &n);
	ATF_CHECK_EQ(len, n);
	ATF_CHECK_EQ(0, memcmp(p, q, len));
	storefix_close(&s);
	free(p);
	free(q);
}

/* Neither newer nor foreign ones are changed by looking at them. */
static void
untouched(const char *sql, const char *word)
{
	sqlite3		*db;
	size_t		 len, n;
	uint8_t		*p, *q;

	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_open(FILE_NAME, &db));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_exec(db, sql, NULL, NULL, NULL));
	sqlite3_close(db);
	p = storefix_read(FILE_NAME, &len);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	ATF_CHECK_MSG(strstr(s.report.set_aside, word) != NULL, "%s: %s", sql,
	    s.report.set_aside);
	q = storefix_read(s.report.set_aside, &n);
	ATF_CHECK_EQ_MSG(len, n, "%s", sql);
	ATF_CHECK_MSG(len == n && memcmp(p, q, len) == 0, "%s", sql);
	storefix_close(&s);
	free(p);
	free(q);
}

ATF_TC_WITHOUT_HEAD(looked_at_only);
ATF_TC_BODY(looked_at_only, tc)
{
	static const char *const modes[] = { "DELETE", "WAL" };
	char			 sql[200];
	size_t			 len, i;

	for (i = 0; i < 2; i++) {
		free(make(30, &len));
		snprintf(sql, sizeof(sql), "PRAGMA journal_mode=%s;"
		    "PRAGMA user_version=99", modes[i]);
		untouched(sql, "newer");
		storefix_clean(DIR_NAME);
		snprintf(sql, sizeof(sql), "PRAGMA journal_mode=%s;"
		    "PRAGMA application_id=7; CREATE TABLE x(y);"
		    "INSERT INTO x VALUES(1)", modes[i]);
		untouched(sql, "foreign");
	}
}

/* What a program left half done goes aside with its journal. */
ATF_TC_WITHOUT_HEAD(journal_goes_along);
ATF_TC_BODY(journal_goes_along, tc)
{
	size_t		 len;
	uint8_t		*p = make(30, &len);
	char		 name[512];

	p[18] = p[19] = 1;	/* rollback mode */
	p[63] = 99;
	place(p, len, NULL, 0);
	storefix_write(FILE_NAME "-journal", (const uint8_t *)"half", 4);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	ATF_CHECK(strstr(s.report.set_aside, "newer") != NULL);
	snprintf(name, sizeof(name), "%s-journal", s.report.set_aside);
	ATF_CHECK_EQ(0, access(name, R_OK));
	storefix_close(&s);
	free(p);
}

/* Another network's is kept under that name; back again it begins anew. */
ATF_TC_WITHOUT_HEAD(other_network);
ATF_TC_BODY(other_network, tc)
{
	size_t		 len;
	uint8_t		*p = make(30, &len);

	storefix_open(&s, DIR_NAME, "../odd chain", BOOK_SIZE_DEFAULT,
	    FIX_START);
	ATF_CHECK(s.report.fresh);
	ATF_CHECK_EQ(0, s.loaded);
	ATF_CHECK(strstr(s.report.set_aside, STOREFIX_NETWORK) != NULL);
	ATF_CHECK(storefix_count(DIR_NAME,
	    "addrbook.db." STOREFIX_NETWORK) > 0);
	storefix_fill(&s, 10);
	storefix_close(&s);
	/* Even damaged it does not get the copy of the other network. */
	storefix_write(FILE_NAME, (const uint8_t *)"x", 1);
	storefix_open(&s, DIR_NAME, "../odd chain", BOOK_SIZE_DEFAULT,
	    FIX_START);
	ATF_CHECK(!s.report.from_copy);
	ATF_CHECK_EQ(0, s.loaded);
	storefix_close(&s);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	ATF_CHECK(strstr(s.report.set_aside, "odd_chain") != NULL);
	ATF_CHECK(strstr(s.report.set_aside, "/../") == NULL);
	storefix_close(&s);
	free(p);
}

/* --- killed ----------------------------------------------------------- */

#define AT_ONCE	50	/* changes between two waits for the disk */

/* Writes as fast as it can; says the number of each that is on disk. */
static void
victim(int fd, uint32_t from)
{
	struct peer_addr	 a;
	uint32_t		 n, said[AT_ONCE];
	unsigned int		 count = 0;

	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 100000, FIX_START);
	for (n = from;; n++) {
		a = fix_peer(n % 40000);
		a.id = fix_id(n);
		book_outcome(s.f.book, s.f.now, &a, BOOK_ANSWERED);
		/* A slot may be taken even in so large a book. */
		if (!book_has_id(s.f.book, &a.id))
			continue;
		said[count++] = n;
		if (count < AT_ONCE)
			continue;
		storefix_settle(&s);
		if (write(fd, said, sizeof(said)) != sizeof(said))
			_exit(1);
		count = 0;
	}
}

/* Kill it after a while, open what it left, look for what it said. */
static void
kill_one(struct rng *rng, uint32_t *last, unsigned int *total)
{
	struct timespec		 ts = { .tv_nsec = 20000000 +
				    rng_below(rng, 400) * 1000000L };
	struct peer_addr	 a;
	uint32_t		 n;
	pid_t			 pid;
	int			 fds[2], status;

	ATF_REQUIRE_EQ(0, pipe(fds));
	if ((pid = fork()) == 0) {
		close(fds[0]);
		victim(fds[1], *last + 1);
	}
	close(fds[1]);
	nanosleep(&ts, NULL);
	ATF_REQUIRE_EQ(0, kill(pid, SIGKILL));
	ATF_REQUIRE(waitpid(pid, &status, 0) == pid);
	ATF_REQUIRE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 100000, FIX_START);
	ATF_REQUIRE_STREQ("", s.report.set_aside);
	while (read(fds[0], &n, sizeof(n)) == sizeof(n)) {
		a = fix_peer(n % 40000);
		a.id = fix_id(n);
		ATF_REQUIRE_MSG(book_has_id(s.f.book, &a.id), "%u is lost", n);
		*last = n;
		++*total;
	}
	storefix_close(&s);
	close(fds[0]);
}

ATF_TC(killed);
ATF_TC_HEAD(killed, tc)
{
	atf_tc_set_md_var(tc, "timeout", "7200");
}
ATF_TC_BODY(killed, tc)
{
	struct rng	 rng;
	uint32_t	 last = 0;
	unsigned int	 total = 0;
	int		 round, rounds = is_long() ? 5000 : 50;

	storefix_clean(DIR_NAME);
	rng_seed_number(&rng, time(NULL));
	for (round = 0; round < rounds; round++)
		kill_one(&rng, &last, &total);
	printf("%u committed, none lost\n", total);
	ATF_CHECK(total > 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, truncated);
	ATF_TP_ADD_TC(tp, flipped);
	ATF_TP_ADD_TC(tp, with_copy);
	ATF_TP_ADD_TC(tp, random_damage);
	ATF_TP_ADD_TC(tp, damaged_log);
	ATF_TP_ADD_TC(tp, odd_things);
	ATF_TP_ADD_TC(tp, stray_log);
	ATF_TP_ADD_TC(tp, newer);
	ATF_TP_ADD_TC(tp, looked_at_only);
	ATF_TP_ADD_TC(tp, journal_goes_along);
	ATF_TP_ADD_TC(tp, other_network);
	ATF_TP_ADD_TC(tp, killed);
	return atf_no_error();
}
