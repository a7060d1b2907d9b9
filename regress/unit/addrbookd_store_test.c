/* SPDX-License-Identifier: ISC */
/*
 * The real addrbookd and its store: saved in a second, nobody waits for it,
 * a full disk, kill -9, and what the operator is told.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/mount.h>
#include <sched.h>
#endif

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "regress/lib/bookdfix.h"
#include "regress/lib/bookdload.h"
#include "regress/lib/storefix.h"

#define DB	BFIX_STATE "/addrbook.db"

static struct bookdfix	 fix, twin;

static bool
is_long(void)
{
	const char	*v = getenv("PEXD_LONG");

	return v != NULL && strcmp(v, "yes") == 0;
}

/* Machines that are slow, as told. */
static double
slower(void)
{
	const char	*v = getenv("PEXD_TIME_FACTOR");
	double		 f = v != NULL ? atof(v) : 1;

	return f > 1 ? f : 1;
}

/* --- within a second -------------------------------------------------- */

static void
copy(const char *from, const char *to)
{
	uint8_t	*p;
	size_t	 len;

	p = storefix_read(from, &len);
	storefix_write(to, p, len);
	free(p);
}

/* How many entries the files hold: what a start would find after a kill. */
static int
on_disk(void)
{
	sqlite3_stmt	*st;
	sqlite3		*db;
	int		 n = -1;

	storefix_clean("seen");
	/* A checkpoint in between is seen as damage, and looked at again. */
	copy(DB, "seen/addrbook.db");
	copy(DB "-wal", "seen/addrbook.db-wal");
	if (sqlite3_open("seen/addrbook.db", &db) != SQLITE_OK)
		atf_tc_fail("cannot open the copy");
	sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL);
	if (sqlite3_prepare_v2(db, "SELECT count(*) FROM entry", -1, &st,
	    NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

/* ms from the change to the files that hold it. */
static uint64_t
saved_after(unsigned int round)
{
	uint64_t	 begun = fix_ms();
	int		 n;

	bfix_tell(&fix, round * 10, 1, 1000 + round);
	n = fix_counter(&fix, "book_size");
	FIX_WAIT(&fix, on_disk() >= n);
	ATF_CHECK_EQ(n, on_disk());
	return fix_ms() - begun;
}

/* The promise is a second; a machine that does other things gets 3 tries. */
ATF_TC_WITHOUT_HEAD(within_a_second);
ATF_TC_BODY(within_a_second, tc)
{
	unsigned int	 round, late = 0;
	uint64_t	 ms, most = 0;

	bfix_init(&fix);
	bfix_start(&fix);
	for (round = 0; round < 6; round++) {
		ms = saved_after(round);
		most = ms > most ? ms : most;
		late += ms > 1000 * slower();
	}
	printf("saved after %ju ms at most\n", (uintmax_t)most);
	ATF_CHECK_MSG(late <= 2, "%u of 6 late, %ju ms", late,
	    (uintmax_t)most);
	bfix_stop(&fix);
}

/* --- nobody waits ----------------------------------------------------- */

#define SELECTS	5000

/* Sanitizers cost more time than what is measured. */
static void
use_release(void)
{
	const char	*src = getenv("PEXD_SRC");
	char		 build[500], program[600];

	ATF_REQUIRE(src != NULL);
	snprintf(build, sizeof(build), "%s/build/release", src);
	snprintf(program, sizeof(program), "%s/libexec/addrbookd", build);
	if (access(program, X_OK) == 0)
		setenv("PEXD_BUILD", build, 1);
}

/* By turns, so that both meet the same machine. */
static bool
fast_enough(void)
{
	struct hist	 h, quiet;
	uint64_t	 us, twin_us;
	unsigned int	 i;

	memset(&h, 0, sizeof(h));
	memset(&quiet, 0, sizeof(quiet));
	for (i = 0; i < SELECTS; i += 10) {
		bload_select(&fix, 10, 10, &h);
		bload_select(&twin, 10, 0, &quiet);
	}
	us = hist_quantile(&h, 999);
	twin_us = hist_quantile(&quiet, 999);
	printf("p99.9 %ju us, quiet %ju us\n", (uintmax_t)us,
	    (uintmax_t)twin_us);
	return us < 5000 || us < 3 * twin_us;
}

/*
 * With a full book that changes all the time the p99.9 of a selection stays
 * under 5 ms.  Where it does not the machine is asked: a twin without any
 * changes has to be slow at the same time.
 */
ATF_TC(selects_while_committing);
ATF_TC_HEAD(selects_while_committing, tc)
{
	atf_tc_set_md_var(tc, "timeout", "600");
}
ATF_TC_BODY(selects_while_committing, tc)
{
	unsigned int	 try;
	int64_t		 rows;
	bool		 ok = false;

	use_release();
	bfix_init(&fix);
	ATF_CHECK(bload_fill(&fix) > 14000);
	bfix_start(&fix);
	ATF_REQUIRE_EQ(0, mkdir("twin", 0700));
	ATF_REQUIRE_EQ(0, chdir("twin"));
	bfix_init(&twin);
	bload_fill(&twin);
	bfix_start(&twin);
	rows = fix_counter(&fix, "store_rows_total");
	for (try = 0; try < 5 && !ok; try++)
		ok = fast_enough();
	ATF_CHECK(ok);
	/* There was something to commit, again and again. */
	ATF_CHECK(fix_counter(&fix, "store_rows_total") > rows + 5000);
	bfix_stop(&twin);
	bfix_stop(&fix);
}

/* --- kill -9 ---------------------------------------------------------- */

#define AT_ONCE		8	/* lives side by side */
#define CHANGES		400	/* at most in one of them */

struct life {
	unsigned int	 next;			/* peer */
	unsigned int	 n;
	uint64_t	 at[CHANGES];		/* ms; addrbookd has made it */
	bool		 held[CHANGES];		/* .. and it has a place */
};

/* One change, of which it is known that addrbookd has made it. */
static void
change(struct life *l)
{
	bfix_dialled(&fix, l->next + l->n, OUTCOME_ANSWERED);
	(void)fix_counter(&fix, "book_size");
	l->at[l->n++] = fix_ms();
}

static bool
has(unsigned int n)
{
	struct peer_addr	 a = fix_peer(n);
	const struct childmsg	*d;
	const struct m_row_entry *r;

	TAILQ_FOREACH(d, &fix.child.msgs, entry) {
		r = d->body;
		if (d->type == MSG_ROW_ENTRY &&
		    peer_addr_equal(&r->addr, &a))
			return true;
	}
	return false;
}

/* ms; the disk of a machine that does much else may need longer. */
static uint64_t
within(void)
{
	uint64_t	 commit = fix_counter(&fix, "store_commit_max_ms");

	return commit <= 300 ? 1000 * slower() : 500 + 2 * commit;
}

/* Live for a random time, be killed, be born again with all of that. */
static void
live(struct life *l, struct rng *rng)
{
	uint64_t	 begun = fix_ms(), killed, promise;
	uint64_t	 span = 1000 + rng_below(rng, 500);
	unsigned int	 i, old = 0;

	l->n = 0;
	while (fix_ms() < begun + span)
		if (l->n < CHANGES)
			change(l);
		else
			fix_turn(&fix);
	(void)bfix_rows(&fix, SHOW_BOOK, MSG_ROW_ENTRY);
	for (i = 0; i < l->n; i++)
		l->held[i] = has(l->next + i);
	promise = within();
	killed = fix_ms();
	fix_kill(&fix);
	bfix_start(&fix);
	ATF_REQUIRE(!fix_logged(&fix, "set aside"));
	(void)bfix_rows(&fix, SHOW_BOOK, MSG_ROW_ENTRY);
	for (i = 0; i < l->n; i++)
		if (l->held[i] && l->at[i] + promise <= killed) {
			old++;
			ATF_REQUIRE_MSG(has(l->next + i), "lost what was made "
			    "%ju ms before", (uintmax_t)(killed - l->at[i]));
		}
	ATF_REQUIRE(old > 0 || promise > 1000 || span < 1100);
	l->next += l->n;
	fix_forget(&fix);
}

static void
lives(unsigned int worker, unsigned int rounds)
{
	struct life	 l = { .next = 1 };
	struct rng	 rng;
	char		 dir[32];

	snprintf(dir, sizeof(dir), "life%u", worker);
	if (mkdir(dir, 0700) == -1 || chdir(dir) == -1)
		_exit(2);
	rng_seed_number(&rng, time(NULL) + worker);
	bfix_init(&fix);
	bfix_start(&fix);
	for (; rounds > 0; rounds--)
		live(&l, &rng);
	bfix_stop(&fix);
	_exit(0);
}

/* At most the last second is lost.  50 times; the long form 500 times. */
ATF_TC(killed);
ATF_TC_HEAD(killed, tc)
{
	atf_tc_set_md_var(tc, "timeout", "1200");
}
ATF_TC_BODY(killed, tc)
{
	unsigned int	 i, rounds = (is_long() ? 500 : 50) / AT_ONCE + 1;
	int		 status;

	use_release();
	for (i = 0; i < AT_ONCE; i++)
		if (fork() == 0)
			lives(i, rounds);
	for (i = 0; i < AT_ONCE; i++) {
		ATF_REQUIRE(wait(&status) > 0);
		ATF_CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		    "0x%x", status);
	}
}

/* --- a full disk ------------------------------------------------------ */

static void
put_text(const char *path, const char *text)
{
	int	 fd = open(path, O_WRONLY);

	if (fd == -1 || write(fd, text, strlen(text)) == -1)
		atf_tc_skip("no user namespace with maps of its own");
	close(fd);
}

#ifdef __linux__
/* Root needs no user namespace, which in a chroot cannot be had. */
static void
become_mounter(void)
{
	char	 map[64];
	uid_t	 uid = getuid();
	gid_t	 gid = getgid();

	if (uid == 0 && unshare(CLONE_NEWNS) == 0 &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1)
		atf_tc_skip("no user namespace");
	put_text("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "%u %u 1", (unsigned int)uid,
	    (unsigned int)uid);
	put_text("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "%u %u 1", (unsigned int)gid,
	    (unsigned int)gid);
	put_text("/proc/self/gid_map", map);
}
#endif

/* A disk of its own for the state directory, seen by this test only. */
static void
mount_small(void)
{
#ifdef __linux__
	become_mounter();
	if (mount("tmpfs", BFIX_STATE, "tmpfs", 0, "size=32m,mode=700") == -1)
		atf_tc_skip("no file system may be mounted");
#else
	atf_tc_skip("no mount namespaces");
#endif
}

static void
fill_disk(void)
{
	static const char	 block[4096];
	int			 fd;

	fd = open(BFIX_STATE "/ballast", O_WRONLY | O_CREAT, 0600);
	ATF_REQUIRE(fd != -1);
	while (write(fd, block, sizeof(block)) > 0)
		;
	close(fd);
}

/* Full as a disk is full: told once, served all the time, saved at last. */
ATF_TC(no_space);
ATF_TC_HEAD(no_space, tc)
{
	atf_tc_set_md_var(tc, "timeout", "300");
}
ATF_TC_BODY(no_space, tc)
{
	struct m_select	 sel;
	unsigned int	 i, n;

	memset(&sel, 0, sizeof(sel));
	bfix_init(&fix);
	mount_small();
	bfix_start(&fix);
	bfix_tell(&fix, 0, 10, 30000);
	FIX_WAIT(&fix, on_disk() == fix_counter(&fix, "book_size"));
	fill_disk();
	for (i = 1; !fix_logged(&fix, "cannot write addrbook.db"); i++) {
		ATF_REQUIRE(i < 2000);
		bfix_tell(&fix, i * 20, 20, 30000 + i);
		bfix_dialled(&fix, i * 20, OUTCOME_ANSWERED);
		sel.requester = fix_peer(i);
		fix_ask(&fix, ROLE_ENGINE, MSG_SELECT, &sel, MSG_SELECTED);
	}
	ATF_CHECK(fix_counter(&fix, "store_errors_total") > 0);
	n = fix_counter(&fix, "book_size");
	ATF_CHECK(on_disk() < (int)n);
	ATF_REQUIRE_EQ(0, unlink(BFIX_STATE "/ballast"));
	FIX_WAIT(&fix, fix_logged(&fix, "is written again"));
	n = fix_counter(&fix, "book_size");
	FIX_WAIT(&fix, on_disk() == (int)n);
	fix_kill(&fix);
	bfix_start(&fix);
	ATF_CHECK(!fix_logged(&fix, "set aside"));
	ATF_CHECK_EQ(n, fix_counter(&fix, "book_size"));
	bfix_stop(&fix);
}

/* The file of a run before, damaged or of an older schema. */
static void
make_bad(bool older)
{
	sqlite3	*db;
	uint8_t	*p;
	size_t	 len;
	int	 all;

	p = storefix_make(300, &len, &all);
	if (!older)
		*(uint8_t *)memmem(p, len, "one of many", 11) ^= 0x20;
	storefix_write(DB, p, len);
	free(p);
	if (!older)
		return;
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_open(DB, &db));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_exec(db, "PRAGMA locking_mode="
	    "EXCLUSIVE; PRAGMA journal_mode=DELETE; "
	    "DROP INDEX node_seen; ALTER TABLE node DROP COLUMN seen; "
	    "DELETE FROM node; PRAGMA user_version=1", NULL, NULL, NULL));
	sqlite3_close(db);
}

/* What is there goes on in memory, and no start is refused. */
static void
start_full(int64_t *n)
{
	bfix_start(&fix);
	ATF_CHECK(fix_logged(&fix, "cannot write the address book"));
	ATF_CHECK(fix_logged(&fix, "trying again until it can be saved"));
	ATF_CHECK(strstr(fix_fact(&fix, "store"), "in memory only") != NULL);
	ATF_CHECK_EQ(1, fix_counter(&fix, "store_in_memory"));
	*n = fix_counter(&fix, "book_size");
	ATF_CHECK_MSG(*n > 200, "%jd entries", (intmax_t)*n);
}

static void
full_with(bool older)
{
	int64_t	 n, more;

	ATF_REQUIRE_EQ(0, system("rm -f " BFIX_STATE "/*"));
	make_bad(older);
	fill_disk();
	/* Killed and born again: it is no worse the second time. */
	start_full(&n);
	fix_kill(&fix);
	start_full(&more);
	ATF_CHECK_EQ(n, more);
	bfix_tell(&fix, 5000, 100, 30000);
	bfix_dialled(&fix, 6000, OUTCOME_ANSWERED);
	FIX_WAIT(&fix, fix_counter(&fix, "outcomes_total") == 1);
	more = fix_counter(&fix, "book_size");
	ATF_CHECK(more > n);
	/* It tries, in vain. */
	FIX_WAIT(&fix, fix_counter(&fix, "store_errors_total") > 0);
	ATF_CHECK_EQ(0, access(DB, F_OK));
	ATF_CHECK_EQ(0, storefix_count(BFIX_STATE, older ?
	    "addrbook.db.version-1-" : "addrbook.db.damaged"));
	ATF_REQUIRE_EQ(0, unlink(BFIX_STATE "/ballast"));
	FIX_WAIT(&fix, fix_logged(&fix, "is on disk; starting again"));
	fix_ended(&fix, 1);
	fix_forget_log(&fix);
	bfix_start(&fix);
	ATF_CHECK(!fix_logged(&fix, "going on in memory"));
	n = fix_counter(&fix, "book_size");
	ATF_CHECK_EQ_MSG(more, n, "%jd, not %jd", (intmax_t)n,
	    (intmax_t)more);
	ATF_CHECK_STREQ("ok", fix_fact(&fix, "store"));
	ATF_CHECK(storefix_count(BFIX_STATE, older ?
	    "addrbook.db.version-1-" : "addrbook.db.damaged") > 0);
	fix_leave(&fix);
	fix_forget_log(&fix);
}

/* A file that wants another in its place, and no room for that. */
ATF_TC(bad_file_and_no_space);
ATF_TC_HEAD(bad_file_and_no_space, tc)
{
	atf_tc_set_md_var(tc, "timeout", "300");
}
ATF_TC_BODY(bad_file_and_no_space, tc)
{
	bfix_init(&fix);
	mount_small();
	full_with(false);
	full_with(true);
	bfix_start(&fix);
	bfix_stop(&fix);
}

/* Nobody may write there, and what is in it is used. */
ATF_TC(read_only);
ATF_TC_HEAD(read_only, tc)
{
	atf_tc_set_md_var(tc, "timeout", "300");
}
ATF_TC_BODY(read_only, tc)
{
#ifdef __linux__
	int64_t	 n;

	bfix_init(&fix);
	mount_small();
	bfix_start(&fix);
	bfix_tell(&fix, 0, 100, 30000);
	n = fix_counter(&fix, "book_size");
	fix_leave(&fix);
	ATF_REQUIRE_EQ(0, mount(NULL, BFIX_STATE, NULL, MS_REMOUNT |
	    MS_RDONLY, NULL));
	bfix_start(&fix);
	ATF_CHECK(fix_logged(&fix, "cannot write the address book"));
	ATF_CHECK(fix_logged(&fix, "pexctl book export"));
	ATF_CHECK(strstr(fix_fact(&fix, "store"), "in memory only") != NULL);
	ATF_CHECK_EQ(n, fix_counter(&fix, "book_size"));
	fix_leave(&fix);
	ATF_REQUIRE_EQ(0, mount(NULL, BFIX_STATE, NULL, MS_REMOUNT, NULL));
	bfix_start(&fix);
	ATF_CHECK_EQ(n, fix_counter(&fix, "book_size"));
	ATF_CHECK_STREQ("ok", fix_fact(&fix, "store"));
	bfix_stop(&fix);
#else
	atf_tc_skip("no mount namespaces");
#endif
}

/* --- the operator is told --------------------------------------------- */

static void
make_text(void)
{
	uint8_t	 text[600];

	memset(text, '?', sizeof(text));
	storefix_write(DB, text, sizeof(text));
}

static void
make_directory(void)
{
	ATF_REQUIRE_EQ(0, mkdir(DB, 0700));
}

static void
make_newer(void)
{
	sqlite3	*db;

	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_open(DB, &db));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_exec(db, "PRAGMA "
	    "application_id=1885698148; PRAGMA user_version=99", NULL, NULL,
	    NULL));
	sqlite3_close(db);
}

/* What it was, where it is, and with what the book begins. */
ATF_TC_WITHOUT_HEAD(told);
ATF_TC_BODY(told, tc)
{
	static const struct {
		void		 (*make)(void);
		const char	*why;
	} cases[] = {
		{ make_text,		"file is not a database" },
		{ make_directory,	"it is not a regular file" },
		{ make_newer,		"its version is 99, newer than" },
	};
	const struct m_fact	*f;
	size_t			 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bfix_init(&fix);
		cases[i].make();
		bfix_start(&fix);
		ATF_CHECK(fix_logged(&fix, "was set aside as"));
		ATF_CHECK_MSG(fix_logged(&fix, cases[i].why), "%s",
		    cases[i].why);
		ATF_CHECK(fix_logged(&fix, "beginning a fresh"));
		(void)fix_counter(&fix, "book_size");
		f = fix_last_msg(&fix, MSG_FACT)->body;
		ATF_CHECK_STREQ("store_set_aside", f->name);
		bfix_stop(&fix);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, within_a_second);
	ATF_TP_ADD_TC(tp, selects_while_committing);
	ATF_TP_ADD_TC(tp, killed);
	ATF_TP_ADD_TC(tp, no_space);
	ATF_TP_ADD_TC(tp, bad_file_and_no_space);
	ATF_TP_ADD_TC(tp, read_only);
	ATF_TP_ADD_TC(tp, told);
	return atf_no_error();
}
