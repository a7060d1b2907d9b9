/* SPDX-License-Identifier: ISC */
/* Log lines: levels, errno, the limit per class, remote text. */

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <atf-c.h>

#include "common/log.h"

struct got {
	unsigned	 lines;
	enum log_level	 level;
	char		 last[2 * LOG_LINE_SIZE];
	char		 told[LOG_LINE_SIZE];	/* of suppressed ones */
};

static void
take(void *ctx, enum log_level level, const char *line)
{
	struct got *g = ctx;

	g->lines++;
	g->level = level;
	strlcpy(g->last, line, sizeof(g->last));
	if (strstr(line, "suppressed") != NULL)
		strlcpy(g->told, line, sizeof(g->told));
}

static void
begin(struct got *g)
{
	memset(g, 0, sizeof(*g));
	log_init("test");
	log_set_verbose(0);
	log_set_sink(take, g);
}

ATF_TC_WITHOUT_HEAD(levels);
ATF_TC_BODY(levels, tc)
{
	struct got g;

	begin(&g);
	log_info("one %d", 1);
	ATF_CHECK_EQ(g.level, LOG_LV_INFO);
	ATF_CHECK_STREQ(g.last, "test: one 1");
	log_warnx("two");
	ATF_CHECK_EQ(g.level, LOG_LV_WARN);
	log_debug("not this");
	ATF_CHECK_EQ(g.lines, 2);
	log_set_verbose(1);
	ATF_CHECK_EQ(log_get_verbose(), 1);
	log_debug("but this");
	ATF_CHECK_EQ(g.level, LOG_LV_DEBUG);
	ATF_CHECK_STREQ(g.last, "test: but this");
}

ATF_TC_WITHOUT_HEAD(error_text);
ATF_TC_BODY(error_text, tc)
{
	struct got g;

	begin(&g);
	errno = ENOENT;
	log_warn("cannot open %s", "x");
	ATF_CHECK_STREQ(g.last, "test: cannot open x: "
	    "No such file or directory");
	ATF_CHECK_EQ(errno, ENOENT);
	log_warnx("no errno");
	log_info("nor here");
	ATF_CHECK_EQ(errno, ENOENT);
}

static void
noise(int n)
{
	log_info("noise %d", n);
}

static time_t
second(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void
next_second(void)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	time_t now = second();

	while (second() == now)
		nanosleep(&nap, NULL);
}

ATF_TC_WITHOUT_HEAD(limit);
ATF_TC_BODY(limit, tc)
{
	uint64_t before = log_suppressed();
	struct got g;
	int i;

	begin(&g);
	next_second();
	for (i = 0; i < 1000; i++)
		noise(i);
	ATF_CHECK_EQ(g.lines, LOG_RATE);
	ATF_CHECK_STREQ(g.last, "test: noise 9");
	ATF_CHECK_EQ(log_suppressed() - before, 1000 - LOG_RATE);
	/* Another class is not concerned. */
	log_info("something else");
	ATF_CHECK_STREQ(g.last, "test: something else");

	next_second();
	noise(7);
	ATF_CHECK_STREQ(g.told, "test: 990 more lines like \"noise %d\" were "
	    "suppressed");
	ATF_CHECK_STREQ(g.last, "test: noise 7");
	ATF_CHECK_EQ(g.lines, LOG_RATE + 3);
}

/* It is not forgotten when no more of that kind come, and told once. */
ATF_TC_WITHOUT_HEAD(held_is_told);
ATF_TC_BODY(held_is_told, tc)
{
	struct got g;
	int i;

	begin(&g);
	next_second();
	for (i = 0; i < LOG_RATE + 5; i++)
		noise(i);
	next_second();
	log_info("of another kind");
	ATF_CHECK_STREQ(g.told, "test: 5 more lines like \"noise %d\" were "
	    "suppressed");
	ATF_CHECK_STREQ(g.last, "test: of another kind");
	ATF_CHECK_EQ(g.lines, LOG_RATE + 2);
	next_second();
	noise(1);
	ATF_CHECK_EQ(g.lines, LOG_RATE + 3);
}

/* Formats by the dozen: some share a class, and none evades its limit. */
ATF_TC_WITHOUT_HEAD(alternating);
ATF_TC_BODY(alternating, tc)
{
	static char fmts[200][16];
	struct got g;
	unsigned i, k;

	begin(&g);
	for (k = 0; k < 200; k++)
		snprintf(fmts[k], sizeof(fmts[k]), "format %u", k);
	next_second();
	for (i = 0; i < 100; i++)
		for (k = 0; k < 200; k++)
			log_info(fmts[k], 0);
	/* 64 classes, should a new second begin meanwhile twice as many. */
	ATF_CHECK_MSG(g.lines <= 2 * 64 * (LOG_RATE + 1), "%u lines",
	    g.lines);
}

/* Who asked for what is told of everything, whatever else fills the log. */
ATF_TC_WITHOUT_HEAD(audit);
ATF_TC_BODY(audit, tc)
{
	uint64_t before = log_suppressed();
	struct got g;
	int i;

	begin(&g);
	for (i = 0; i < 1000; i++)
		log_audit("user %d asks", i);
	ATF_CHECK_EQ(1000, g.lines);
	ATF_CHECK_EQ(0, log_suppressed() - before);
	ATF_CHECK_EQ(LOG_LV_INFO, g.level);
	ATF_CHECK_STREQ("test: user 999 asks", g.last);
	/* No word of the asker's makes a line of its own. */
	log_audit("user 1 asks: dial %s", "a\npexd: user 0 asks: \033[2K");
	ATF_CHECK(strchr(g.last, '\n') == NULL);
	ATF_CHECK(strchr(g.last, '\033') == NULL);
}

ATF_TC_WITHOUT_HEAD(long_lines);
ATF_TC_BODY(long_lines, tc)
{
	char text[3000];
	struct got g;

	begin(&g);
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	ATF_CHECK_EQ(strlen(g.last), LOG_LINE_SIZE - 1);
	errno = ENOENT;
	log_warn("%s!", text);
	ATF_CHECK_EQ(strlen(g.last), LOG_LINE_SIZE - 1);
}

static void
end_well(void *ctx, enum log_level level, const char *line)
{
	_exit(level == LOG_LV_ERROR &&
	    strcmp(line, "test: fatal: it: No such process") == 0 ? 0 : 9);
}

ATF_TC_WITHOUT_HEAD(last_words);
ATF_TC_BODY(last_words, tc)
{
	struct got g;
	int status;
	pid_t pid;

	begin(&g);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		log_set_sink(end_well, NULL);
		errno = ESRCH;
		fatal("it");
	}
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0)
		fatalx("that is all");
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

/* Nothing that a peer says can move a cursor or begin a line. */
ATF_TC_WITHOUT_HEAD(remote_text);
ATF_TC_BODY(remote_text, tc)
{
	char all[256], out[2000], small[8], c;
	size_t i, size;

	for (i = 0; i < sizeof(all); i++)
		all[i] = i;
	log_vis(out, sizeof(out), all, sizeof(all));
	for (i = 0; out[i] != '\0'; i++)
		ATF_CHECK_MSG(out[i] >= 0x20 && out[i] <= 0x7e,
		    "byte 0x%02x at %zu", (unsigned char)out[i], i);
	ATF_CHECK(i > sizeof(all));

	ATF_CHECK_STREQ(log_vis(out, sizeof(out), "plain text", 10),
	    "plain text");
	ATF_CHECK_STREQ(log_vis(out, sizeof(out), "", 0), "");
	ATF_CHECK(strchr(log_vis(out, sizeof(out), "a\nb", 3), '\n') == NULL);
	/* An escape is whole or not there. */
	for (size = 1; size <= sizeof(small); size++) {
		log_vis(small, size, "ab\x80\xff", 4);
		ATF_CHECK(strlen(small) < size);
		c = small[strlen(small) == 0 ? 0 : strlen(small) - 1];
		ATF_CHECK(c != '\\');
	}
	ATF_CHECK(log_vis(out, 0, "x", 1) == out);
}

static void
note_held(void *ctx)
{
	++*(unsigned *)ctx;
}

ATF_TC(told_without_a_line);
ATF_TC_HEAD(told_without_a_line, tc)
{
	atf_tc_set_md_var(tc, "descr", "what was held back is told although "
	    "no other line follows");
}
ATF_TC_BODY(told_without_a_line, tc)
{
	unsigned i, asked = 0;
	struct got g;

	begin(&g);
	log_on_held(note_held, &asked);
	for (i = 0; i < 3 * LOG_RATE; i++)
		log_info("many");
	ATF_CHECK(asked >= 1);	/* twice if a second began meanwhile */
	ATF_CHECK(asked <= 2);
	while (g.told[0] == '\0') {
		usleep(10000);
		log_tell_held();
	}
	ATF_CHECK(strstr(g.told, "more lines like \"many\"") != NULL);
	log_on_held(NULL, NULL);
}

ATF_TC(nobody_reads);
ATF_TC_HEAD(nobody_reads, tc)
{
	atf_tc_set_md_var(tc, "descr", "a full pipe as standard error stops "
	    "nobody");
	atf_tc_set_md_var(tc, "timeout", "20");
}
ATF_TC_BODY(nobody_reads, tc)
{
	int saved = dup(STDERR_FILENO), p[2];
	unsigned i, taken = 0;
	char buf[4096];

	ATF_REQUIRE_EQ(0, pipe(p));
	ATF_REQUIRE(dup2(p[1], STDERR_FILENO) != -1);
	for (i = 0; i < 20000; i++)
		taken += log_try_stderr(LOG_LV_INFO,
		    "a line that somebody has to read");
	ATF_REQUIRE(read(p[0], buf, sizeof(buf)) == sizeof(buf));
	ATF_REQUIRE(read(p[0], buf, sizeof(buf)) == sizeof(buf));
	i = log_try_stderr(LOG_LV_INFO, "one more");
	dup2(saved, STDERR_FILENO);
	ATF_CHECK(taken > 0 && taken < 20000);
	ATF_CHECK_EQ(i, 1);
}

/* A line that went to a pipe as standard error, read back. */
static void
through_pipe(const int p[2], enum log_level level, char *line, size_t size)
{
	int saved = dup(STDERR_FILENO);
	ssize_t n;

	ATF_REQUIRE(dup2(p[1], STDERR_FILENO) != -1);
	log_to_stderr(NULL, level, "a line");
	dup2(saved, STDERR_FILENO);
	close(saved);
	ATF_REQUIRE((n = read(p[0], line, size - 1)) > 0);
	line[n] = '\0';
}

ATF_TC_WITHOUT_HEAD(journal);
ATF_TC_BODY(journal, tc)
{
	char line[100], name[64];
	struct stat st;
	int p[2];

	ATF_REQUIRE_EQ(0, pipe(p));
	ATF_REQUIRE_EQ(0, fstat(p[1], &st));
	snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", name, 1);
	through_pipe(p, LOG_LV_INFO, line, sizeof(line));
	ATF_CHECK_STREQ("<6>a line\n", line);
	through_pipe(p, LOG_LV_WARN, line, sizeof(line));
	ATF_CHECK_STREQ("<4>a line\n", line);

	/* The journal of whoever started us, but not ours. */
	snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino + 1);
	setenv("JOURNAL_STREAM", name, 1);
	through_pipe(p, LOG_LV_INFO, line, sizeof(line));
	ATF_CHECK_MSG(line[0] == '2' && line[10] == 'T' &&
	    strcmp(line + 24, " a line\n") == 0, "%s", line);
	setenv("JOURNAL_STREAM", "nonsense", 1);
	through_pipe(p, LOG_LV_INFO, line, sizeof(line));
	ATF_CHECK_EQ('2', line[0]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, levels);
	ATF_TP_ADD_TC(tp, error_text);
	ATF_TP_ADD_TC(tp, limit);
	ATF_TP_ADD_TC(tp, held_is_told);
	ATF_TP_ADD_TC(tp, told_without_a_line);
	ATF_TP_ADD_TC(tp, nobody_reads);
	ATF_TP_ADD_TC(tp, journal);
	ATF_TP_ADD_TC(tp, alternating);
	ATF_TP_ADD_TC(tp, audit);
	ATF_TP_ADD_TC(tp, long_lines);
	ATF_TP_ADD_TC(tp, last_words);
	ATF_TP_ADD_TC(tp, remote_text);
	return atf_no_error();
}
