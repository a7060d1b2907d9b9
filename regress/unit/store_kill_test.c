/* SPDX-License-Identifier: ISC */
/*
 * kill -9 while the store is written: what is left always opens as it is,
 * and holds all that was committed.  50 times, with PEXD_LONG=yes 5,000.
 * crash_everywhere ends a start at each of its system calls instead.
 */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <atf-c.h>

#include "addrbookd/store_impl.h"
#include "regress/lib/storefix.h"

#define PEERS	50	/* touched in each generation */
#define ROUNDS	50	/* before the store is begun anew */

static struct storefix	 s;

static bool
is_long(void)
{
	const char	*v = getenv("PEXD_LONG");

	return v != NULL && strcmp(v, "yes") == 0;
}

/* --- killed while it works -------------------------------------------- */

/* What the victim has said by the time it is gone. */
struct said {
	_Atomic uint32_t handed;	/* generation given to the store */
	_Atomic uint32_t committed;	/* .. and on disk */
};

/* Later than the times in it: those are cut down to now. */
static void
begin(uint32_t now)
{
	storefix_open_at(&s, STOREFIX_DIR, STOREFIX_NETWORK, STOREFIX_SIZE,
	    FIX_START + now, 0, 10);
}

static bool
all_committed(void)
{
	struct store_stats	 st;
	struct book_change	 c;

	if (book_next_change(s.f.book, &c)) {
		book_mark_change(s.f.book, &c);
		return false;
	}
	store_stats(s.store, &st);
	return st.rows == st.pushed;
}

/*
 * A generation is the time of the last success of each of the peers, beside
 * new ones that make the file grow.
 */
static void
victim(struct said *said, uint32_t from)
{
	struct peer_addr	 a;
	uint32_t		 g;
	unsigned int		 i;

	begin(from);
	for (g = from;; g++) {
		s.f.now = FIX_START + g;
		for (i = 0; i < PEERS; i++) {
			a = fix_peer(i);
			book_outcome(s.f.book, s.f.now, &a, BOOK_ANSWERED);
		}
		a = fix_peer(PEERS + g % 30000);
		fix_hear(&s.f, &a, g % 1000);
		storefix_meet(&s, g % 2000, "one of many");
		said->handed = g;
		do
			store_sync(s.store, s.f.book);
		while (g % 3 == 0 && !all_committed());
		if (g % 3 == 0)
			said->committed = g;
	}
}

static uint32_t
generation(unsigned int peer)
{
	struct peer_addr	 a = fix_peer(peer);

	return fix_row(&s.f, &a).last_success - FIX_START;
}

/* Kill it after a while, open what it left, look for what it said. */
static void
kill_one(struct rng *rng, struct said *said)
{
	struct timespec		 ts = { .tv_nsec =
				    rng_below(rng, 25000) * 1000L };
	uint32_t		 g, from = said->handed + 1;
	unsigned int		 i;
	pid_t			 pid;
	int			 status;

	if ((pid = fork()) == 0)
		victim(said, from);
	nanosleep(&ts, NULL);
	ATF_REQUIRE_EQ(0, kill(pid, SIGKILL));
	ATF_REQUIRE(waitpid(pid, &status, 0) == pid);
	ATF_REQUIRE_MSG(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
	    "0x%x", status);
	begin(said->handed);
	ATF_REQUIRE_STREQ("", s.report.set_aside);
	ATF_REQUIRE(said->committed == 0 || !s.report.fresh);
	for (i = 0; i < PEERS && said->committed > 0; i++) {
		g = generation(i);
		ATF_REQUIRE_MSG(g >= said->committed && g <= said->handed,
		    "generation %u; %u was committed, %u handed over", g,
		    said->committed, said->handed);
	}
	storefix_close(&s);
}

ATF_TC(killed);
ATF_TC_HEAD(killed, tc)
{
	atf_tc_set_md_var(tc, "timeout", "3600");
}
ATF_TC_BODY(killed, tc)
{
	struct said	*said;
	struct rng	 rng;
	uint64_t	 generations = 0;
	int		 round, rounds = is_long() ? 5000 : 50;

	said = mmap(NULL, sizeof(*said), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ATF_REQUIRE(said != MAP_FAILED);
	rng_seed_number(&rng, time(NULL));
	for (round = 0; round < rounds; round++) {
		if (round % ROUNDS == 0) {
			generations += said->committed;
			storefix_clean(STOREFIX_DIR);
			said->handed = said->committed = 0;
		}
		kill_one(&rng, said);
	}
	generations += said->committed;
	printf("%d killed; of %ju generations none was lost\n", rounds,
	    (uintmax_t)generations);
	/* It came to writing, and the kills did not all come later. */
	ATF_CHECK(generations > (uint64_t)rounds / 2);
}

/* --- crashed at each step of a start ---------------------------------- */

#ifdef SYS_pwrite64
/*
 * The calls that change files, of SQLite and of ours: this program's
 * definitions are the ones that are taken.  The one with that number, and
 * all after it, do not happen any more.
 */
static unsigned int	 calls, crash_at;

static void
count_call(void)
{
	if (++calls == crash_at)
		raise(SIGKILL);
}

ssize_t	pwrite64(int, const void *, size_t, off64_t);
ssize_t	pwrite(int, const void *, size_t, off_t);
int	ftruncate64(int, off64_t);
int	ftruncate(int, off_t);
int	fsync(int);
int	fdatasync(int);
int	unlink(const char *);
int	rename(const char *, const char *);

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	count_call();
	return syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite64(fd, p, n, at);
}

int
ftruncate64(int fd, off64_t len)
{
	count_call();
	return syscall(SYS_ftruncate, fd, len);
}

int
ftruncate(int fd, off_t len)
{
	return ftruncate64(fd, len);
}

/* The power stays on in these tests. */
int
fsync(int fd)
{
	count_call();
	return 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

int
unlink(const char *path)
{
	count_call();
	return syscall(SYS_unlink, path);
}

int
rename(const char *from, const char *to)
{
	count_call();
	return syscall(SYS_rename, from, to);
}

static void
start_once(void)
{
	storefix_begin(&s);
	storefix_close(&s);
	_exit(0);
}

/*
 * A start that crashes at its n-th call, for each n until it comes through;
 * then another one.  However far it came, the rows are there.
 */
static void
crash_everywhere(const uint8_t *p, size_t len, const uint8_t *copy,
    size_t copy_len, int least)
{
	unsigned int	 n;
	pid_t		 pid;
	int		 status = 1;

	for (n = 1; status != 0; n++) {
		ATF_REQUIRE(n < 1000);
		storefix_place(p, len, copy, copy_len);
		if ((pid = fork()) == 0) {
			calls = 0;
			crash_at = n;
			start_once();
		}
		ATF_REQUIRE(waitpid(pid, &status, 0) == pid);
		ATF_REQUIRE_MSG(status == 0 || (WIFSIGNALED(status) &&
		    WTERMSIG(status) == SIGKILL), "0x%x", status);
		storefix_begin(&s);
		ATF_CHECK_MSG(s.loaded >= least, "at call %u: %d of %d", n,
		    s.loaded, least);
		storefix_close(&s);
		ATF_CHECK_EQ(0, storefix_count(STOREFIX_DIR,
		    "addrbook.db.new"));
	}
	printf("%u calls\n", n - 1);
	ATF_CHECK_MSG(n > 5, "%u", n);
}

ATF_TC_WITHOUT_HEAD(crash_sound);
ATF_TC_BODY(crash_sound, tc)
{
	size_t	 len;
	uint8_t	*p;
	int	 all;

	p = storefix_make(100, &len, &all);
	crash_everywhere(p, len, NULL, 0, all);
	crash_everywhere(p, len, p, len, all);
	free(p);
}

/* Salvage. */
ATF_TC_WITHOUT_HEAD(crash_damaged);
ATF_TC_BODY(crash_damaged, tc)
{
	size_t	 len;
	uint8_t	*p;
	int	 all;

	p = storefix_make(100, &len, &all);
	*(uint8_t *)memmem(p, len, "one of many", 11) ^= 0x20;
	crash_everywhere(p, len, NULL, 0, all);
	free(p);
}

/* The copy, in place of something that is no database. */
ATF_TC_WITHOUT_HEAD(crash_foreign);
ATF_TC_BODY(crash_foreign, tc)
{
	size_t	 len;
	uint8_t	*p;
	int	 all;

	p = storefix_make(100, &len, &all);
	crash_everywhere((const uint8_t *)"rubbish", 7, p, len, all);
	free(p);
}

/* Migration: not in between, and never set aside. */
ATF_TC_WITHOUT_HEAD(crash_migration);
ATF_TC_BODY(crash_migration, tc)
{
	sqlite3	*db;
	size_t	 len;
	uint8_t	*p;
	int	 all;

	free(storefix_make(100, &len, &all));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_open(STOREFIX_FILE, &db));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_exec(db, "PRAGMA locking_mode="
	    "EXCLUSIVE; PRAGMA journal_mode=WAL; BEGIN; "
	    "DROP INDEX node_seen; ALTER TABLE node DROP COLUMN seen; "
	    "DELETE FROM node; "
	    "PRAGMA user_version=1; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)",
	    NULL, NULL, NULL));
	sqlite3_close(db);
	p = storefix_read(STOREFIX_FILE, &len);
	crash_everywhere(p, len, NULL, 0, all);
	ATF_CHECK_EQ(0, storefix_count(STOREFIX_DIR, "addrbook.db.damaged"));
	ATF_CHECK_EQ(1, storefix_count(STOREFIX_DIR,
	    "addrbook.db.version-1"));
	free(p);
}
#endif

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, killed);
#ifdef SYS_pwrite64
	ATF_TP_ADD_TC(tp, crash_sound);
	ATF_TP_ADD_TC(tp, crash_damaged);
	ATF_TP_ADD_TC(tp, crash_foreign);
	ATF_TP_ADD_TC(tp, crash_migration);
#endif
	return atf_no_error();
}
