/* SPDX-License-Identifier: ISC */
/*
 * What stands in the store's directory is not what it should be: something
 * else than a file, another program's, another network's, a newer version's.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>
#include <sqlite3.h>

#include "regress/lib/storefix.h"

static struct storefix	 s;

/* --- things that are no files of ours --------------------------------- */

static void
make_directory(const char *path)
{
	char	 inside[300];

	ATF_REQUIRE_EQ(0, mkdir(path, 0700));
	snprintf(inside, sizeof(inside), "%s/x", path);
	storefix_write(inside, (const uint8_t *)"x", 1);
}

static void
make_fifo(const char *path)
{
	ATF_REQUIRE_EQ(0, mkfifo(path, 0600));
}

static void
make_socket(const char *path)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	int			 fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)&sun, sizeof(sun)));
	close(fd);
}

/* Not followed: what it points to may be anybody's. */
static void
make_link(const char *path)
{
	storefix_write("elsewhere", (const uint8_t *)"precious", 8);
	ATF_REQUIRE_EQ(0, symlink("../elsewhere", path));
}

static void
make_link_to_nothing(const char *path)
{
	ATF_REQUIRE_EQ(0, symlink("../nowhere", path));
}

static void
make_loop(const char *path)
{
	const char	*name = strrchr(path, '/') + 1;

	ATF_REQUIRE_EQ(0, symlink(name, path));
}

static void
make_unreadable(const char *path)
{
	storefix_write(path, (const uint8_t *)"secret", 6);
	ATF_REQUIRE_EQ(0, chmod(path, 0));
}

static void
make_text(const char *path)
{
	storefix_write(path, (const uint8_t *)
	    "{\"key\":\"\",\"addrs\":[]}", 21);
}

static void
make_empty(const char *path)
{
	storefix_write(path, NULL, 0);
}

static void
make_sparse(const char *path)
{
	make_empty(path);
	ATF_REQUIRE_EQ(0, truncate(path, 1LL << 40));
}

static const struct {
	const char	*name;
	void		 (*make)(const char *path);
} odd[] = {
	{ "directory",		make_directory },
	{ "FIFO",		make_fifo },
	{ "socket",		make_socket },
	{ "link",		make_link },
	{ "link to nothing",	make_link_to_nothing },
	{ "link to itself",	make_loop },
	{ "unreadable file",	make_unreadable },
	{ "text",		make_text },
	{ "empty file",		make_empty },
	{ "1 TB of nothing",	make_sparse },
};
#define ODD	(sizeof(odd) / sizeof(odd[0]))

/* Directories with something in them that names give way to. */
static void
clean(void)
{
	ATF_REQUIRE_EQ(0, system("rm -rf " STOREFIX_DIR));
	ATF_REQUIRE_EQ(0, mkdir(STOREFIX_DIR, 0700));
}

/* Set aside under a new name, and the copy of the last time taken. */
ATF_TC_WITHOUT_HEAD(odd_things);
ATF_TC_BODY(odd_things, tc)
{
	size_t		 len, n, i;
	uint8_t		*p, *q;
	int		 all;

	p = storefix_make(100, &len, &all);
	for (i = 0; i < ODD; i++) {
		clean();
		storefix_write(STOREFIX_COPY, p, len);
		odd[i].make(STOREFIX_FILE);
		storefix_begin(&s);
		ATF_CHECK_MSG(s.report.set_aside[0] != '\0', "%s",
		    odd[i].name);
		ATF_CHECK_MSG(s.report.why[0] != '\0', "%s", odd[i].name);
		ATF_CHECK_MSG(s.report.from_copy, "%s", odd[i].name);
		ATF_CHECK_EQ_MSG(all, s.loaded, "%s: %d", odd[i].name,
		    s.loaded);
		storefix_close(&s);
		ATF_CHECK_EQ_MSG(all, storefix_survive(), "%s", odd[i].name);
	}
	q = storefix_read("elsewhere", &n);
	ATF_CHECK_EQ(8, n);
	ATF_CHECK_EQ(0, memcmp(q, "precious", 8));
	free(q);
	free(p);
}

#define NOBODY	65534

/* As addrbookd, which is not root, finds it. */
static void
find_unreadable(int all)
{
	if (geteuid() == 0 && (setgid(NOBODY) == -1 || setuid(NOBODY) == -1))
		_exit(2);
	storefix_begin(&s);
	fprintf(stderr, "%s: %s\n", s.report.set_aside, s.report.why);
	_exit(strstr(s.report.set_aside, "foreign") != NULL &&
	    strcmp(s.report.why, strerror(EACCES)) == 0 &&
	    s.report.from_copy && !s.report.in_memory && s.loaded == all ?
	    0 : 1);
}

/* Root reads it all the same, so somebody else has to look. */
ATF_TC_WITHOUT_HEAD(unreadable);
ATF_TC_BODY(unreadable, tc)
{
	size_t	 len;
	uint8_t	*p;
	pid_t	 pid;
	int	 all, status;

	p = storefix_make(100, &len, &all);
	clean();
	storefix_write(STOREFIX_COPY, p, len);
	storefix_write(STOREFIX_FILE, p, len);
	ATF_REQUIRE_EQ(0, chmod(STOREFIX_FILE, 0));
	if (geteuid() == 0)
		ATF_REQUIRE(chown(".", NOBODY, -1) == 0 &&
		    chown(STOREFIX_DIR, NOBODY, -1) == 0 &&
		    chown(STOREFIX_FILE, NOBODY, -1) == 0 &&
		    chown(STOREFIX_COPY, NOBODY, -1) == 0);
	if ((pid = fork()) == 0)
		find_unreadable(all);
	ATF_REQUIRE(waitpid(pid, &status, 0) == pid);
	ATF_CHECK_EQ_MSG(0, status, "0x%x", status);
	free(p);
}

/* In a place beside the sound file: the file is read all the same. */
ATF_TC_WITHOUT_HEAD(odd_neighbours);
ATF_TC_BODY(odd_neighbours, tc)
{
	static const char *const places[] = {
		"-wal", "-journal", "-shm", ".copy", ".copy.tmp", ".copy-wal",
		".new", ".new-wal", ".new-journal",
	};
	char		 path[300];
	size_t		 len, i, k;
	uint8_t		*p;
	int		 all;

	p = storefix_make(100, &len, &all);
	for (k = 0; k < sizeof(places) / sizeof(places[0]); k++)
		for (i = 0; i < ODD; i++) {
			clean();
			storefix_write(STOREFIX_FILE, p, len);
			snprintf(path, sizeof(path), STOREFIX_FILE "%s",
			    places[k]);
			odd[i].make(path);
			storefix_begin(&s);
			ATF_CHECK_STREQ_MSG("", s.report.set_aside, "%s as %s",
			    odd[i].name, places[k]);
			ATF_CHECK_EQ_MSG(all, s.loaded, "%s as %s: %d",
			    odd[i].name, places[k], s.loaded);
			storefix_close(&s);
			ATF_CHECK_EQ(all, storefix_survive());
		}
	free(p);
}

/* The same when there is no sound file: rows from the damaged one. */
ATF_TC_WITHOUT_HEAD(odd_neighbours_of_damage);
ATF_TC_BODY(odd_neighbours_of_damage, tc)
{
	static const char *const places[] = {
		"-wal", "-journal", ".copy", ".new", ".new-wal",
	};
	char		 path[300];
	size_t		 len, i, k;
	uint8_t		*p;
	int		 all;

	p = storefix_make(100, &len, &all);
	memset(p + len - 64, 0x55, 64);	/* the last page's last row */
	for (k = 0; k < sizeof(places) / sizeof(places[0]); k++)
		for (i = 0; i < ODD; i++) {
			clean();
			storefix_write(STOREFIX_FILE, p, len);
			snprintf(path, sizeof(path), STOREFIX_FILE "%s",
			    places[k]);
			odd[i].make(path);
			ATF_CHECK_MSG(storefix_survive() >= all / 2,
			    "%s as %s", odd[i].name, places[k]);
		}
	free(p);
}

/* A log that is left over from nothing. */
ATF_TC_WITHOUT_HEAD(stray_log);
ATF_TC_BODY(stray_log, tc)
{
	size_t	 i;

	storefix_clean(STOREFIX_DIR);
	storefix_write(STOREFIX_FILE "-wal", (const uint8_t *)"rubbish", 7);
	ATF_CHECK_EQ(0, storefix_survive());
	for (i = 0; i < ODD; i++) {
		clean();
		odd[i].make(STOREFIX_FILE "-wal");
		ATF_CHECK_EQ_MSG(0, storefix_survive(), "%s", odd[i].name);
	}
}

/* --- what somebody else may have made of a file ----------------------- */

/*
 * Statements in the schema: none is run, the rows are taken out by their
 * checksums, and what goes on has the schema it should have.
 */
ATF_TC_WITHOUT_HEAD(hostile_schema);
ATF_TC_BODY(hostile_schema, tc)
{
	static const char *const sql[] = {
		"CREATE TRIGGER x AFTER INSERT ON entry BEGIN"
		" DELETE FROM ban; END",
		"CREATE TRIGGER x BEFORE DELETE ON node BEGIN"
		" SELECT RAISE(ABORT, 'no'); END",
		"CREATE VIEW x AS SELECT load_extension('x')",
		"CREATE VIEW x AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL"
		" SELECT n + 1 FROM r) SELECT n FROM r",
		"ALTER TABLE own RENAME TO own_of_others;"
		"CREATE VIEW own AS WITH RECURSIVE r(rowid, row, crc) AS"
		" (SELECT 1, x'00', 0 UNION ALL SELECT rowid + 1, row, crc"
		" FROM r) SELECT rowid, row, crc FROM r",
		"CREATE INDEX x ON entry(abs(idx))",
		"CREATE TABLE x(y, z GENERATED ALWAYS AS (abs(y)))",
		"CREATE VIRTUAL TABLE x USING fts5(y)",
		"CREATE VIRTUAL TABLE x USING dbstat",
	};
	sqlite3	*db;
	size_t	 len, i;
	uint8_t	*p;
	int	 all;

	p = storefix_make(100, &len, &all);
	for (i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
		storefix_place(p, len, NULL, 0);
		ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_open(STOREFIX_FILE, &db));
		ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_exec(db, "PRAGMA "
		    "locking_mode=EXCLUSIVE", NULL, NULL, NULL));
		/* What this SQLite does not have it cannot be asked to run. */
		if (sqlite3_exec(db, sql[i], NULL, NULL, NULL) != SQLITE_OK)
			ATF_REQUIRE(strstr(sql[i], "VIRTUAL") != NULL);
		else {
			sqlite3_close(db);
			db = NULL;
			storefix_begin(&s);
			ATF_CHECK_MSG(strstr(s.report.set_aside, "damaged") !=
			    NULL, "%s", sql[i]);
			ATF_CHECK_EQ_MSG(all, s.loaded, "%s: %d", sql[i],
			    s.loaded);
			storefix_close(&s);
			ATF_CHECK_EQ(all, storefix_survive());
		}
		sqlite3_close(db);
	}
	free(p);
}

/* The other name keeps what it had: it may be somebody's backup. */
ATF_TC_WITHOUT_HEAD(hard_link);
ATF_TC_BODY(hard_link, tc)
{
	size_t	 len, n;
	uint8_t	*p, *q;
	int	 all;

	p = storefix_make(100, &len, &all);
	storefix_place(p, len, NULL, 0);
	(void)unlink("backup");
	ATF_REQUIRE_EQ(0, link(STOREFIX_FILE, "backup"));
	ATF_CHECK_EQ(all, storefix_survive());
	q = storefix_read("backup", &n);
	ATF_CHECK_EQ(len, n);
	ATF_CHECK_EQ(0, memcmp(p, q, len));
	free(p);
	free(q);
}

ATF_TC_WITHOUT_HEAD(other_owner);
ATF_TC_BODY(other_owner, tc)
{
	struct stat	 sb;
	size_t		 len;
	uint8_t		*p;
	int		 all;

	if (geteuid() != 0)
		atf_tc_skip("only root gives files away");
	p = storefix_make(100, &len, &all);
	storefix_place(p, len, NULL, 0);
	ATF_REQUIRE_EQ(0, chown(STOREFIX_FILE, 1234, 1234));
	ATF_CHECK_EQ(all, storefix_survive());
	ATF_REQUIRE_EQ(0, stat(STOREFIX_FILE, &sb));
	ATF_CHECK_EQ(0, sb.st_uid);
	ATF_CHECK_EQ(0600, sb.st_mode & 07777);
	free(p);
}

/* --- how many are kept ------------------------------------------------ */

/* Without the logs that went along. */
static unsigned int
count_damaged(void)
{
	struct dirent	*e;
	unsigned int	 n = 0;
	DIR		*d = opendir(STOREFIX_DIR);

	ATF_REQUIRE(d != NULL);
	while ((e = readdir(d)) != NULL)
		n += strncmp(e->d_name, "addrbook.db.damaged-", 20) == 0 &&
		    strchr(e->d_name + 20, '-') == NULL;
	closedir(d);
	return n;
}

static unsigned int
damage_again(const uint8_t *p, size_t len, unsigned int times, char *first)
{
	unsigned int	 i, removed = 0;

	for (i = 0; i < times; i++) {
		storefix_write(STOREFIX_FILE, p, len);
		storefix_begin(&s);
		ATF_REQUIRE(s.report.set_aside[0] != '\0');
		if (i == 0)
			strlcpy(first, s.report.set_aside, 256);
		ATF_CHECK_EQ(0, access(s.report.set_aside, F_OK));
		removed += s.report.removed;
		storefix_close(&s);
		(void)unlink(STOREFIX_FILE "-wal");
	}
	return removed;
}

/* The newest damaged files; all of them while there is nothing else. */
ATF_TC_WITHOUT_HEAD(asides_bounded);
ATF_TC_BODY(asides_bounded, tc)
{
	char	 first[256];
	size_t	 len;
	uint8_t	*p;
	int	 all;

	p = storefix_make(50, &len, &all);
	*(uint8_t *)memmem(p, len, "one of many", 11) ^= 0x20;
	storefix_clean(STOREFIX_DIR);
	storefix_write(STOREFIX_FILE ".other-20200101T000000Z", p, 10);
	storefix_write(STOREFIX_FILE ".newer-20200101T000000Z", p, 10);
	ATF_CHECK_EQ(0, damage_again((const uint8_t *)"rubbish", 7, 6,
	    first));
	ATF_CHECK_EQ(6, count_damaged());
	ATF_CHECK_EQ(0, access(first, F_OK));
	/* With entries in the new one they are not all that is left. */
	ATF_CHECK_EQ(12 + 6 - 4, damage_again(p, len, 12, first));
	ATF_CHECK_EQ(4, count_damaged());
	ATF_CHECK_EQ(1, storefix_count(STOREFIX_DIR, "addrbook.db.other"));
	ATF_CHECK_EQ(1, storefix_count(STOREFIX_DIR, "addrbook.db.newer"));
	free(p);
}

/* --- versions and networks -------------------------------------------- */

/* A newer program's: set aside as it is, byte for byte. */
ATF_TC_WITHOUT_HEAD(newer);
ATF_TC_BODY(newer, tc)
{
	size_t		 len, n;
	uint8_t		*p, *q;
	int		 all;

	p = storefix_make(30, &len, &all);
	p[63] = 99;	/* user_version, low byte */
	storefix_place(p, len, NULL, 0);
	storefix_begin(&s);
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

	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_open(STOREFIX_FILE, &db));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_exec(db, sql, NULL, NULL, NULL));
	sqlite3_close(db);
	p = storefix_read(STOREFIX_FILE, &len);
	storefix_begin(&s);
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
	int			 all;

	for (i = 0; i < 2; i++) {
		free(storefix_make(30, &len, &all));
		snprintf(sql, sizeof(sql), "PRAGMA journal_mode=%s;"
		    "PRAGMA user_version=99", modes[i]);
		untouched(sql, "newer");
		storefix_clean(STOREFIX_DIR);
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
	uint8_t		*p;
	int		 all;
	char		 name[512];

	p = storefix_make(30, &len, &all);
	p[18] = p[19] = 1;	/* rollback mode */
	p[63] = 99;
	storefix_place(p, len, NULL, 0);
	storefix_write(STOREFIX_FILE "-journal", (const uint8_t *)"half", 4);
	storefix_begin(&s);
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
	uint8_t		*p;
	int		 all;

	p = storefix_make(30, &len, &all);
	storefix_open(&s, STOREFIX_DIR, "../odd chain", BOOK_SIZE_DEFAULT,
	    FIX_START);
	ATF_CHECK(s.report.fresh);
	ATF_CHECK_EQ(0, s.loaded);
	ATF_CHECK(strstr(s.report.set_aside, STOREFIX_NETWORK) != NULL);
	ATF_CHECK(storefix_count(STOREFIX_DIR,
	    "addrbook.db." STOREFIX_NETWORK) > 0);
	storefix_fill(&s, 10);
	storefix_close(&s);
	/* Even damaged it does not get the copy of the other network. */
	storefix_write(STOREFIX_FILE, (const uint8_t *)"x", 1);
	storefix_open(&s, STOREFIX_DIR, "../odd chain", BOOK_SIZE_DEFAULT,
	    FIX_START);
	ATF_CHECK(!s.report.from_copy);
	ATF_CHECK_EQ(0, s.loaded);
	storefix_close(&s);
	storefix_begin(&s);
	ATF_CHECK(strstr(s.report.set_aside, "odd_chain") != NULL);
	ATF_CHECK(strstr(s.report.set_aside, "/../") == NULL);
	storefix_close(&s);
	free(p);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, odd_things);
	ATF_TP_ADD_TC(tp, unreadable);
	ATF_TP_ADD_TC(tp, odd_neighbours);
	ATF_TP_ADD_TC(tp, odd_neighbours_of_damage);
	ATF_TP_ADD_TC(tp, stray_log);
	ATF_TP_ADD_TC(tp, hostile_schema);
	ATF_TP_ADD_TC(tp, hard_link);
	ATF_TP_ADD_TC(tp, other_owner);
	ATF_TP_ADD_TC(tp, asides_bounded);
	ATF_TP_ADD_TC(tp, newer);
	ATF_TP_ADD_TC(tp, looked_at_only);
	ATF_TP_ADD_TC(tp, journal_goes_along);
	ATF_TP_ADD_TC(tp, other_network);
	return atf_no_error();
}
