/* SPDX-License-Identifier: ISC */
/*
 * Inside their sandboxes addrbookd, pexctl and the parent can do their work.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <atf-c.h>
#include <sqlite3.h>

#include "regress/lib/confined.h"

/* --- addrbookd: SQLite with a writer thread ------------------------------ */

#define ROWS	2000
#define COMMITS	20

struct book_case {
	sqlite3		*db;
	pthread_t	 writer;
	pthread_mutex_t	 lock;
	pthread_cond_t	 cond;
	int		 go;
	const char	*error;
};

static int
sql(sqlite3 *db, const char *text)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL);
}

static void *
book_writer(void *arg)
{
	struct book_case	*k = arg;
	int			 i, j;

	pthread_mutex_lock(&k->lock);
	while (!k->go)
		pthread_cond_wait(&k->cond, &k->lock);
	pthread_mutex_unlock(&k->lock);
	for (i = 0; i < COMMITS; i++) {
		if (sql(k->db, "BEGIN IMMEDIATE") != SQLITE_OK)
			k->error = "begin";
		for (j = 0; j < ROWS / COMMITS; j++)
			if (sql(k->db, "INSERT INTO t(b) VALUES"
			    "(randomblob(500))") != SQLITE_OK)
				k->error = "insert";
		if (sql(k->db, "COMMIT") != SQLITE_OK)
			k->error = "commit";
	}
	return NULL;
}

static void
book_prepare(void *arg)
{
	struct book_case	*k = arg;

	if (sqlite3_open("book.db", &k->db) != SQLITE_OK ||
	    sql(k->db, "PRAGMA locking_mode=EXCLUSIVE") != SQLITE_OK ||
	    sql(k->db, "PRAGMA journal_mode=WAL") != SQLITE_OK ||
	    sql(k->db, "PRAGMA synchronous=FULL") != SQLITE_OK ||
	    sql(k->db, "PRAGMA temp_store=MEMORY") != SQLITE_OK ||
	    sql(k->db, "CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)") !=
	    SQLITE_OK)
		abort();
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->cond, NULL);
	if (pthread_create(&k->writer, NULL, book_writer, k) != 0)
		abort();
}

static int
book_store(void *arg)
{
	struct book_case	*k = arg;

	pthread_mutex_lock(&k->lock);
	k->go = 1;
	pthread_cond_signal(&k->cond);
	pthread_mutex_unlock(&k->lock);
	pthread_join(k->writer, NULL);
	if (k->error != NULL)
		return confined_say("%s: %s", k->error,
		    sqlite3_errmsg(k->db));
	if (sql(k->db, "UPDATE t SET b = randomblob(600) WHERE a % 3 = 0") !=
	    SQLITE_OK || sql(k->db, "PRAGMA wal_checkpoint(TRUNCATE)") !=
	    SQLITE_OK || sql(k->db, "DELETE FROM t WHERE a % 10 = 0") !=
	    SQLITE_OK)
		return confined_say("%s", sqlite3_errmsg(k->db));
	/* It cannot remove its log; that has to do no harm. */
	if (sqlite3_close(k->db) != SQLITE_OK)
		return confined_say("close");
	return 0;
}

static int
count_rows(void *arg, int n, char **values, char **names)
{
	(void)n;
	(void)names;
	*(int *)arg = atoi(values[0]);
	return 0;
}

ATF_TC_WITHOUT_HEAD(addrbookd_keeps_a_store);
ATF_TC_BODY(addrbookd_keeps_a_store, tc)
{
	static struct book_case	 k;
	sqlite3			*db;
	int			 n = 0;

	unlink("book.db");
	unlink("book.db-wal");
	confined_must(ROLE_ADDRBOOKD, book_prepare, book_store, &k);
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_open("book.db", &db));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_exec(db, "SELECT count(*) FROM t",
	    count_rows, &n, NULL));
	ATF_CHECK_EQ(ROWS - ROWS / 10, n);
	ATF_CHECK_EQ(SQLITE_OK, sql(db, "PRAGMA integrity_check"));
	ATF_CHECK_EQ(SQLITE_OK, sqlite3_close(db));
}

static void *
idle_thread(void *arg)
{
	return arg;
}

/* A thread started afterwards would be outside of Landlock: none is. */
static int
late_thread(void *arg)
{
	pthread_t	 t;

	(void)arg;
	(void)pthread_create(&t, NULL, idle_thread, NULL);
	return 0;
}

static void
prepare_nothing(void *arg)
{
	(void)arg;
}

ATF_TC_WITHOUT_HEAD(no_late_threads);
ATF_TC_BODY(no_late_threads, tc)
{
	struct confined	 c;

	confined_start(&c, ROLE_ADDRBOOKD, NULL, prepare_nothing, late_thread,
	    NULL);
	confined_wait(&c);
#ifdef SANDBOX_LINUX
	ATF_CHECK_EQ(SIGSYS, c.signal);
#endif
}

/* --- pexctl, parent, the end --------------------------------------------- */

static int
ctl_work(void *arg)
{
	struct tm	 tm;
	time_t		 now = time(NULL);
	char		 line[256];
	FILE		*f;

	(void)arg;
	if (localtime_r(&now, &tm) == NULL ||
	    strftime(line, sizeof(line), "%c", &tm) == 0)
		return confined_say("time");
	if ((f = fopen("/etc/passwd", "r")) == NULL ||
	    fgets(line, sizeof(line), f) == NULL || fclose(f) != 0)
		return confined_say("reading: %s", strerror(errno));
	if (fopen("written", "w") != NULL)
		return confined_say("writing");
	return 0;
}

/* The stdio of a program whose output is no terminal. */
static int
ctl_print(void *arg)
{
	(void)arg;
	printf("%d\n", 42);
	return fflush(stdout) == 0 && fclose(stdin) == 0 ? 0 :
	    confined_say("stdio: %s", strerror(errno));
}

ATF_TC_WITHOUT_HEAD(pexctl_reads_and_prints);
ATF_TC_BODY(pexctl_reads_and_prints, tc)
{
	struct confined	 c;

	confined_start(&c, ROLE_CTL, NULL, NULL, ctl_work, NULL);
	confined_wait(&c);
	/* To open for writing is no mistake of form: it kills. */
#ifdef SANDBOX_LINUX
	ATF_CHECK_EQ(SIGSYS, c.signal);
#endif
	ATF_CHECK_STREQ("", c.text);
	confined_must(ROLE_CTL, NULL, ctl_print, NULL);
}

static int
parent_start_child(void)
{
	char	*argv[] = { (char[]){ "true" }, NULL };
	pid_t	 pid;
	int	 status;

	if ((pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		execv("/bin/true", argv);
		_exit(1);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int
parent_work(void *arg)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	pthread_t		 t;
	int			 s;

	(void)arg;
	if (parent_start_child() == -1)
		return confined_say("starting a child: %s", strerror(errno));
	strlcpy(sun.sun_path, "control", sizeof(sun.sun_path));
	unlink("control");
	if ((s = socket(AF_UNIX, SOCK_STREAM, 0)) == -1 ||
	    bind(s, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    chmod("control", 0660) == -1 || listen(s, 4) == -1 ||
	    unlink("control") == -1)
		return confined_say("control socket: %s", strerror(errno));
	if ((s = open("log", O_WRONLY | O_CREAT, 0600)) == -1 ||
	    write(s, "x", 1) != 1)
		return confined_say("writing: %s", strerror(errno));
	if (pthread_create(&t, NULL, idle_thread, NULL) != 0 ||
	    pthread_join(t, NULL) != 0)
		return confined_say("a library's thread");
	/* What a child started as root does before its own sandbox. */
	if (geteuid() == 0 && (chroot(".") == -1 || chdir("/") == -1 ||
	    setresgid(65534, 65534, 65534) == -1 ||
	    setresuid(65534, 65534, 65534) == -1))
		return confined_say("dropping privileges: %s",
		    strerror(errno));
	return 0;
}

ATF_TC_WITHOUT_HEAD(parent_has_authority);
ATF_TC_BODY(parent_has_authority, tc)
{
	confined_must(ROLE_PARENT, NULL, parent_work, NULL);
}

static int
give_up(void *arg)
{
	(void)arg;
	abort();
}

/* A failed assertion is told from a forbidden call. */
ATF_TC_WITHOUT_HEAD(abort_is_abort);
ATF_TC_BODY(abort_is_abort, tc)
{
	static const enum role	roles[] = { ROLE_PARENT, ROLE_ENGINE,
	    ROLE_DIALER, ROLE_ADDRBOOKD, ROLE_CTL };
	struct confined		c;
	size_t			i;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		confined_start(&c, roles[i], NULL, NULL, give_up, NULL);
		confined_wait(&c);
		ATF_CHECK_EQ_MSG(SIGABRT, c.signal, "role %#x: %d", roles[i],
		    c.signal);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, addrbookd_keeps_a_store);
	ATF_TP_ADD_TC(tp, no_late_threads);
	ATF_TP_ADD_TC(tp, pexctl_reads_and_prints);
	ATF_TP_ADD_TC(tp, parent_has_authority);
	ATF_TP_ADD_TC(tp, abort_is_abort);
	return atf_no_error();
}
