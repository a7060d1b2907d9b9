/* SPDX-License-Identifier: ISC */
/* pexctl as a program, against a daemon with canned answers. */

#include <sys/types.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>
#include <jansson.h>

#include "common/version.h"
#include "regress/lib/fakepexd.h"
#include "regress/lib/runctl.h"

#define ID1	"0001000000000000000000000000000000000000"
#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

/* --- show -------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(show_text);
ATF_TC_BODY(show_text, tc)
{
	static const struct {
		const char	*words;
		size_t		 lines;
		const char	*says[3];
	} cases[] = {
		{ "show", 16, { "pexd\n  node_id ", "engine\n"
		    "  listen                                  "
		    "1.0.0.1:26656 [2001:db8::1]:26656\n",
		    "  accepted_total                          17\n" } },
		{ "show peers", 3, { ">p 3h12m  85ms   1.0.0.1:26656 "
		    "        " ID1 " alice\n", "\\033[31mred\\377\n" } },
		{ "show book", 10, { "heard   n never    ",
		    "senior  o ", " 0003000000000000000000000000000000000000"
		    "@1.0.0.3:26656\n" } },
		{ "show bans", 3, { "    2 00070000", "1.0.3.232" } },
		{ "show nodes", 11, {
		    "  0%   0%  99%   0%    - 0.38.17      1.0.0.3:26656" } },
		{ "show processes", 4, { "engine      4242 1m30s       1 "
		    "1.5s   3.0M   0      seccomp+landlock3\n",
		    "addrbookd      - -           5 -      -      0      "
		    "- (down)\n" } },
		{ "show dials", 3, { "seed       in 10m0s      4 timed out  "
		    "    " ID1 "@seed.example.org:26656\n",
		    "@[2001:db8::1]:26656" } },
		{ "show versions", 3, { "     7  70.0% 0.38.17",
		    "     3  30.0% 1.0.1" } },
	};
	struct fakepexd fp;
	char line[64];
	size_t i, k;

	fakepexd_start(&fp, FAKE_NORMAL, 9);
	for (i = 0; i < NITEMS(cases); i++) {
		snprintf(line, sizeof(line), "-s sock %s", cases[i].words);
		ATF_CHECK_EQ(0, runctl(line));
		ATF_CHECK_STREQ("", text_of("err"));
		ATF_CHECK_MSG(lines_of("out") == cases[i].lines, "%s: %s",
		    cases[i].words, text_of("out"));
		for (k = 0; k < 3 && cases[i].says[k] != NULL; k++)
			ATF_CHECK(has("out", cases[i].says[k]));
		/* What a peer says never reaches the terminal raw. */
		ATF_CHECK(strchr(text_of("out"), '\033') == NULL);
	}
	fakepexd_stop(&fp);
}

ATF_TC_WITHOUT_HEAD(show_json);
ATF_TC_BODY(show_json, tc)
{
	static const struct {
		const char	*words, *key;
		size_t		 n;
	} cases[] = {
		{ "show peers", "peers", 2 }, { "show book", "book", 9 },
		{ "show bans", "bans", 2 }, { "show nodes", "nodes", 10 },
		{ "show processes", "processes", 3 },
		{ "show dials", "dials", 2 },
		{ "show versions", "versions", 2 },
	};
	struct fakepexd fp;
	char line[64];
	json_t *v;
	size_t i;

	fakepexd_start(&fp, FAKE_NORMAL, 9);
	for (i = 0; i < NITEMS(cases); i++) {
		snprintf(line, sizeof(line), "-j -s sock %s", cases[i].words);
		ATF_CHECK_EQ(0, runctl(line));
		v = json_of("out");
		ATF_CHECK_EQ(1, json_object_size(v));
		ATF_CHECK_EQ(cases[i].n,
		    json_array_size(json_object_get(v, cases[i].key)));
		json_decref(v);
	}
	fakepexd_stop(&fp);
}

/* The keys that scripts rely on. */
ATF_TC_WITHOUT_HEAD(json_keys);
ATF_TC_BODY(json_keys, tc)
{
	struct fakepexd fp;
	const char *id, *ip, *level, *moniker;
	int outbound, port, old;
	json_t *v;

	fakepexd_start(&fp, FAKE_NORMAL, 9);
	ATF_REQUIRE_EQ(0, runctl("-s sock -j show peers"));
	v = json_of("out");
	ATF_CHECK_EQ(0, json_unpack(json_array_get(json_object_get(v,
	    "peers"), 1), "{s:s, s:s, s:i, s:b, s:s, s:{s:s}, s:I, s:I}",
	    "id", &id, "ip", &ip, "port", &port, "outbound", &outbound,
	    "moniker", &moniker, "claim", "addr", &level, "pings",
	    &(json_int_t){0}, "pongs", &(json_int_t){0}));
	ATF_CHECK(!outbound && port == 26656);
	ATF_CHECK_STREQ("1.0.0.2", ip);
	ATF_CHECK_STREQ("\033[31mred\357\277\275", moniker);
	json_decref(v);

	ATF_REQUIRE_EQ(0, runctl("-s sock -j show book"));
	v = json_of("out");
	ATF_CHECK_EQ(0, json_unpack(json_array_get(json_object_get(v,
	    "book"), 3), "{s:s, s:s, s:i, s:s, s:b, s:n}", "id", &id, "ip",
	    &ip, "port", &port, "level", &level, "old", &old, "last_try"));
	ATF_CHECK(old);
	ATF_CHECK_STREQ("senior", level);
	json_decref(v);

	ATF_REQUIRE_EQ(0, runctl("-s sock -j show"));
	v = json_of("out");
	ATF_CHECK_EQ(0, json_unpack(v,
	    "{s:{s:s, s:s, s:s, s:s}, s:{s:{s:i}, s:{s:i}}}", "facts",
	    "node_id", &id, "moniker", &moniker, "sandbox", &ip,
	    "dialer_sandbox", &level, "counters", "engine", "peers",
	    &outbound, "dialer", "peers", &port));
	ATF_CHECK_STREQ("say \"hi\"\\", moniker);
	ATF_CHECK_STREQ("seccomp", ip);
	ATF_CHECK_STREQ("none", level);
	ATF_CHECK(outbound == -1 && port == 3);
	json_decref(v);
	fakepexd_stop(&fp);
}

/* All values of a fact, and always as an array where there may be many. */
ATF_TC_WITHOUT_HEAD(json_lists);
ATF_TC_BODY(json_lists, tc)
{
	struct fakepexd fp;
	const char *a, *b, *c;
	json_t *v, *facts;

	fakepexd_start(&fp, FAKE_NORMAL, 9);
	ATF_REQUIRE_EQ(0, runctl("-s sock -j show"));
	v = json_of("out");
	facts = json_object_get(v, "facts");
	ATF_REQUIRE_EQ(0, json_unpack(facts, "{s:[s,s!], s:[s!]}", "listen",
	    &a, &b, "reactor", &c));
	ATF_CHECK_STREQ("1.0.0.1:26656", a);
	ATF_CHECK_STREQ("[2001:db8::1]:26656", b);
	ATF_CHECK_STREQ("pex", c);
	json_decref(v);
	fakepexd_stop(&fp);
}

static void
check_null(const char *words, const char *list, size_t n, const char *key,
    bool want)
{
	json_t *v, *row;

	ATF_REQUIRE_EQ(0, runctl(words));
	v = json_of("out");
	row = json_array_get(json_object_get(v, list), n);
	ATF_CHECK_MSG(json_is_null(json_object_get(row, key)) == want,
	    "%s, row %zu: %s", words, n, key);
	ATF_CHECK(json_object_get(row, key) != NULL);
	json_decref(v);
}

/* What is not known is null: pid 0 would be the whole group to kill(2). */
ATF_TC_WITHOUT_HEAD(json_unknown);
ATF_TC_BODY(json_unknown, tc)
{
	static const char *const down[] = {
		"pid", "age_s", "sandbox", "rss_bytes", "cpu_ms"
	};
	struct fakepexd fp;
	size_t i;

	fakepexd_start(&fp, FAKE_NORMAL, 9);
	for (i = 0; i < NITEMS(down); i++) {
		check_null("-s sock -j show processes", "processes", 2,
		    down[i], true);
		check_null("-s sock -j show processes", "processes", 1,
		    down[i], false);
	}
	check_null("-s sock -j show nodes", "nodes", 0, "latency_ms", true);
	check_null("-s sock -j show peers", "peers", 0, "rtt_us", false);
	check_null("-s sock -j show dials", "dials", 0, "next_s", false);
	check_null("-s sock -j show dials", "dials", 1, "next_s", true);
	fakepexd_stop(&fp);
}

ATF_TC_WITHOUT_HEAD(metrics);
ATF_TC_BODY(metrics, tc)
{
	struct fakepexd fp;

	fakepexd_start(&fp, FAKE_NORMAL, 9);
	ATF_CHECK_EQ(0, runctl("-s sock show metrics"));
	ATF_CHECK_STREQ("# TYPE pexd info\n"
	    "pexd_info{node_id=\"00000000000000000000000000000000000000aa\","
	    "network=\"test-1\",moniker=\"say \\\"hi\\\"\\\\\","
	    "mode=\"seed\",listen=\"1.0.0.1:26656 [2001:db8::1]:26656\","
	    "sandbox=\"seccomp\",reactor=\"pex\","
	    "dialer_sandbox=\"none\"} 1\n"
	    "# TYPE pexd_accepted counter\n"
	    "pexd_accepted_total{process=\"engine\"} 17\n"
	    "# TYPE pexd_book_size gauge\n"
	    "pexd_book_size{process=\"addrbookd\"} 9\n"
	    "# TYPE pexd_peers gauge\n"
	    "pexd_peers{process=\"engine\"} -1\n"
	    "pexd_peers{process=\"dialer\"} 3\n"
	    "# TYPE pexd_refused counter\n"
	    "pexd_refused_total{process=\"engine\"} 0\n"
	    "# TYPE pexd_process_ready gauge\n"
	    "pexd_process_ready{process=\"pexd\"} 1\n"
	    "pexd_process_ready{process=\"engine\"} 1\n"
	    "pexd_process_ready{process=\"addrbookd\"} 0\n"
	    "# TYPE pexd_process_age_seconds gauge\n"
	    "pexd_process_age_seconds{process=\"pexd\"} 90\n"
	    "pexd_process_age_seconds{process=\"engine\"} 90\n"
	    "# TYPE pexd_process_deaths counter\n"
	    "pexd_process_deaths_total{process=\"pexd\"} 0\n"
	    "pexd_process_deaths_total{process=\"engine\"} 1\n"
	    "pexd_process_deaths_total{process=\"addrbookd\"} 5\n"
	    "# TYPE pexd_process_cpu_seconds counter\n"
	    "pexd_process_cpu_seconds_total{process=\"pexd\"} 1.5\n"
	    "pexd_process_cpu_seconds_total{process=\"engine\"} 1.5\n"
	    "# TYPE pexd_process_resident_memory_bytes gauge\n"
	    "pexd_process_resident_memory_bytes{process=\"pexd\"} 3145728\n"
	    "pexd_process_resident_memory_bytes{process=\"engine\"} 3145728\n"
	    "# TYPE pexd_process_shed_messages counter\n"
	    "pexd_process_shed_messages_total{process=\"pexd\"} 0\n"
	    "pexd_process_shed_messages_total{process=\"engine\"} 0\n"
	    "pexd_process_shed_messages_total{process=\"addrbookd\"} 0\n"
	    "# EOF\n", text_of("out"));
	fakepexd_stop(&fp);
}

ATF_TC_WITHOUT_HEAD(large_book);
ATF_TC_BODY(large_book, tc)
{
	struct fakepexd fp;
	json_t *v;

	fakepexd_start(&fp, FAKE_NORMAL, 60000);
	ATF_CHECK_EQ(0, runctl("-s sock -j show book"));
	v = json_of("out");
	ATF_CHECK_EQ(60000, json_array_size(json_object_get(v, "book")));
	json_decref(v);
	fakepexd_stop(&fp);
}

/* --- requests ---------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(requests);
ATF_TC_BODY(requests, tc)
{
	struct fakepexd fp;

	fakepexd_start(&fp, FAKE_NORMAL, 0);
	ATF_CHECK_EQ(0, runctl("-s sock dial " ID1 "@a.example:1 persistent"));
	ATF_CHECK_STREQ("dialling\n", text_of("out"));
	ATF_CHECK_EQ(0, runctl("-j -s sock dial " ID1 "@[::1]:2"));
	ATF_CHECK_STREQ("{\"status\":\"ok\",\"text\":\"dialling\"}\n",
	    text_of("out"));
	ATF_CHECK_EQ(1, runctl("-s sock drop " ID1));
	ATF_CHECK_STREQ("", text_of("out"));
	ATF_CHECK_STREQ("pexctl: not found: no such peer\n", text_of("err"));
	ATF_CHECK_EQ(1, runctl("-j -s sock drop " ID1));
	ATF_CHECK_STREQ("{\"status\":\"not found\","
	    "\"text\":\"no such peer\","
	    "\"error\":\"not found: no such peer\"}\n", text_of("out"));
	ATF_CHECK_EQ(0, runctl("-s sock ban " ID1 " 1h"));
	ATF_CHECK_STREQ("", text_of("out"));
	ATF_CHECK_EQ(0, runctl("-s sock ban 1.2.3.4"));
	ATF_CHECK_EQ(0, runctl("-s sock unban 2001:db8::1"));
	ATF_CHECK_EQ(0, runctl("-s sock log verbose"));
	ATF_CHECK_STREQ("dial " ID1 " a.example 1 persistent\n"
	    "dial " ID1 " ::1 2\n"
	    "drop " ID1 "\ndrop " ID1 "\n"
	    "ban " ID1 " - 3600\n"
	    "ban - 1.2.3.4 86400\n"
	    "ban - 2001:db8::1 0\n"
	    "log 1\n", text_of("requests"));
	ATF_CHECK_EQ(1, runctl("-s sock reload"));
	ATF_CHECK_STREQ("pexctl: invalid: /etc/pexd.conf:3: \\033unknown "
	    "word\n", text_of("err"));
	fakepexd_stop(&fp);
}

ATF_TC_WITHOUT_HEAD(usage);
ATF_TC_BODY(usage, tc)
{
	ATF_CHECK_EQ(2, runctl(""));
	ATF_CHECK(has("err", "usage: pexctl"));
	ATF_CHECK_EQ(2, runctl("-x"));
	ATF_CHECK_EQ(2, runctl("show nothing"));
	ATF_CHECK(has("err", "  versions\n"));
	ATF_CHECK_EQ(2, runctl("-s"));
	ATF_CHECK_EQ(0, runctl("-V"));
	ATF_CHECK_STREQ("pexctl " PEXD_VERSION "\n", text_of("out"));
}

/* "-s ''", which runctl() has no way to say. */
ATF_TC_WITHOUT_HEAD(empty_socket);
ATF_TC_BODY(empty_socket, tc)
{
	char cmd[1200];
	int status;

	snprintf(cmd, sizeof(cmd), "%s/pexctl/pexctl -s '' show 2> err",
	    getenv("PEXD_BUILD"));
	status = system(cmd);
	ATF_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 2);
	ATF_CHECK_STREQ("pexctl: -s: the path of the socket is empty\n",
	    text_of("err"));
}

static void
check_error(const char *line, int status, const char *want)
{
	const char *error = NULL;
	json_t *v;

	ATF_CHECK_EQ_MSG(status, runctl(line), "%s", line);
	ATF_CHECK_EQ_MSG(1, lines_of("out"), "%s: %s", line, text_of("out"));
	v = json_of("out");
	ATF_CHECK_EQ(0, json_unpack(v, "{s:s}", "error", &error));
	ATF_CHECK_MSG(error != NULL && strstr(error, want) != NULL,
	    "%s: %s", line, error);
	ATF_CHECK_MSG(lines_of("err") > 0, "%s says nothing", line);
	json_decref(v);
}

/* A program that reads JSON is told in JSON what went wrong. */
ATF_TC_WITHOUT_HEAD(json_errors);
ATF_TC_BODY(json_errors, tc)
{
	struct fakepexd fp;

	check_error("-j -s sock show", 3, "cannot reach pexd at sock: No ");
	check_error("-j -s sock monitor", 3, "cannot reach pexd at sock");
	check_error("-j -s sock book export f", 3, "cannot reach pexd");
	check_error("-j frob", 2, "unknown: frob; valid here: ban, book, ");
	check_error("-j", 2, "something is missing; valid here: ban, ");
	check_error("-j -x", 2, "usage: pexctl [-jV]");
	check_error("-j book import none", 1, "none: No such file");
	check_error("-j key show none", 1, "none");
	check_error("-j key import none to", 1, "none: No such file");
	write_file("junk", "what is this?\n");
	check_error("-j book import -n junk", 1, "junk: ");
	check_error("-j key generate junk", 1, "junk: File exists");
	fakepexd_start(&fp, FAKE_NORMAL, 0);
	check_error("-j -s sock drop " ID1, 1, "not found: no such peer");
	check_error("-j -s sock book import junk", 1, "junk: ");
	fakepexd_stop(&fp);
	fakepexd_start(&fp, FAKE_UNAVAILABLE, 0);
	check_error("-j -s sock show peers", 1, "unavailable: engine is down");
	check_error("-j -s sock monitor", 1, "unavailable: engine is down");
	fakepexd_stop(&fp);
	fakepexd_start(&fp, FAKE_HANG_UP, 0);
	check_error("-j -s sock show peers", 3, "it closed the connection");
	fakepexd_stop(&fp);
}

/* That goes to a file, by a pipe at most: the book or nothing. */
ATF_TC_WITHOUT_HEAD(no_error_for_a_book);
ATF_TC_BODY(no_error_for_a_book, tc)
{
	ATF_CHECK_EQ(3, runctl("-j -s sock book export"));
	ATF_CHECK_STREQ("", text_of("out"));
	ATF_CHECK_EQ(3, runctl("-j -s sock show metrics"));
	ATF_CHECK_STREQ("", text_of("out"));
}

/* --- a daemon that is not as it should --------------------------------- */

ATF_TC_WITHOUT_HEAD(nobody_there);
ATF_TC_BODY(nobody_there, tc)
{
	char line[300];

	ATF_CHECK_EQ(3, runctl("-s sock show"));
	ATF_CHECK_STREQ("", text_of("out"));
	ATF_CHECK(has("err", "cannot reach pexd at sock"));
	ATF_CHECK_EQ(3, runctl("-j -s sock book export out.json"));
	ATF_CHECK(access("out.json", F_OK) == -1);
	memset(line, 0, sizeof(line));
	memset(line, 'x', 250);
	memcpy(line, "-s ", 3);
	(void)strlcat(line, " show", sizeof(line));
	ATF_CHECK_EQ(3, runctl(line));
	ATF_CHECK(has("err", "File name too long"));
}

ATF_TC_WITHOUT_HEAD(lost_daemon);
ATF_TC_BODY(lost_daemon, tc)
{
	static const struct {
		enum fake_mode	 mode;
		const char	*why;
	} cases[] = {
		{ FAKE_HANG_UP, "lost pexd at sock: it closed the" },
		{ FAKE_GARBAGE, "lost pexd at sock: " },
		{ FAKE_WRONG_ROWS, "lost pexd at sock: message ROW_BAN" },
	};
	struct fakepexd fp;
	size_t i;

	for (i = 0; i < NITEMS(cases); i++) {
		fakepexd_start(&fp, cases[i].mode, 0);
		ATF_CHECK_EQ(3, runctl("-s sock show peers"));
		ATF_CHECK_STREQ("", text_of("out"));
		ATF_CHECK(has("err", cases[i].why));
		fakepexd_stop(&fp);
	}
}

/* What is not complete is no JSON, so that nobody takes it for all. */
ATF_TC_WITHOUT_HEAD(half_an_answer);
ATF_TC_BODY(half_an_answer, tc)
{
	struct fakepexd fp;

	fakepexd_start(&fp, FAKE_HALF, 0);
	ATF_CHECK_EQ(3, runctl("-j -s sock show peers"));
	ATF_CHECK(has("out", ID1));
	ATF_CHECK(json_load_file("out", 0, NULL) == NULL);
	fakepexd_stop(&fp);
}

ATF_TC_WITHOUT_HEAD(refusing_daemon);
ATF_TC_BODY(refusing_daemon, tc)
{
	struct fakepexd fp;

	fakepexd_start(&fp, FAKE_UNAVAILABLE, 0);
	ATF_CHECK_EQ(1, runctl("-s sock show peers"));
	ATF_CHECK_STREQ("", text_of("out"));
	ATF_CHECK_STREQ("pexctl: unavailable: engine is down\n",
	    text_of("err"));
	ATF_CHECK_EQ(1, runctl("-s sock monitor"));
	fakepexd_stop(&fp);
	fakepexd_start(&fp, FAKE_DENIED, 0);
	ATF_CHECK_EQ(1, runctl("-s sock reload"));
	ATF_CHECK_STREQ("pexctl: permission denied\n", text_of("err"));
	fakepexd_stop(&fp);
	fakepexd_start(&fp, FAKE_NOT_YOU, 0);
	ATF_CHECK_EQ(1, runctl("-s sock show"));
	ATF_CHECK_STREQ("pexctl: permission denied\n", text_of("err"));
	ATF_CHECK_EQ(1, runctl("-s sock monitor"));
	fakepexd_stop(&fp);
}

ATF_TC_WITHOUT_HEAD(full_disk);
ATF_TC_BODY(full_disk, tc)
{
	struct fakepexd fp;
	char cmd[1200];
	int status;

	fakepexd_start(&fp, FAKE_NORMAL, 9);
	snprintf(cmd, sizeof(cmd), "%s/pexctl/pexctl -s sock show book "
	    "> /dev/full 2> err", getenv("PEXD_BUILD"));
	status = system(cmd);
	ATF_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	ATF_CHECK(has("err", "cannot write the answer"));
	fakepexd_stop(&fp);
}

/* --- monitor ----------------------------------------------------------- */

static bool
has_four_lines(const void *file)
{
	return access(file, F_OK) == 0 && lines_of(file) == 4;
}

static void
monitor(const char *line, const char *want)
{
	pid_t pid;

	(void)unlink("out");
	pid = runctl_start(line);
	ATF_CHECK(becomes(has_four_lines, "out"));
	ATF_CHECK_STREQ(want, text_of("out"));
	ATF_REQUIRE_EQ(0, kill(pid, SIGINT));
	ATF_CHECK_EQ(0, runctl_wait(pid));
	ATF_CHECK_STREQ("", text_of("err"));
}

ATF_TC_WITHOUT_HEAD(events);
ATF_TC_BODY(events, tc)
{
	struct fakepexd fp;

	fakepexd_start(&fp, FAKE_NORMAL, 0);
	monitor("-s sock monitor",
	    "2023-11-14T22:13:20.123Z peer_up   > " ID1 " 1.0.0.1:26656\n"
	    "2023-11-14T22:13:21.000Z refused   < 3 full\\012of it\n"
	    "2023-11-14T22:13:22.000Z ban       - 1.0.0.2 for 24h "
	    "by the operator\n"
	    "2023-11-14T22:13:23.000Z dial      > 1.0.0.3:26656 5ms "
	    "connected\n");
	monitor("-j -s sock monitor",
	    "{\"time_ms\":1700000000123,\"event\":\"peer_up\",\"id\":\"" ID1
	    "\",\"ip\":\"1.0.0.1\",\"port\":26656,"
	    "\"addr\":\"1.0.0.1:26656\",\"outbound\":true,\"count\":0,"
	    "\"text\":\"\"}\n"
	    "{\"time_ms\":1700000001000,\"event\":\"refused\",\"id\":null,"
	    "\"outbound\":false,\"count\":3,\"text\":\"full\\u000aof it\"}"
	    "\n"
	    "{\"time_ms\":1700000002000,\"event\":\"ban\",\"id\":null,"
	    "\"ip\":\"1.0.0.2\",\"outbound\":false,\"seconds\":86400,"
	    "\"until\":1700086402,\"text\":\"by the operator\"}\n"
	    "{\"time_ms\":1700000003000,\"event\":\"dial\",\"id\":null,"
	    "\"ip\":\"1.0.0.3\",\"port\":26656,"
	    "\"addr\":\"1.0.0.3:26656\",\"outbound\":true,"
	    "\"connect_ms\":5,\"text\":\"connected\"}\n");
	fakepexd_stop(&fp);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, show_text);
	ATF_TP_ADD_TC(tp, show_json);
	ATF_TP_ADD_TC(tp, json_keys);
	ATF_TP_ADD_TC(tp, json_lists);
	ATF_TP_ADD_TC(tp, json_unknown);
	ATF_TP_ADD_TC(tp, metrics);
	ATF_TP_ADD_TC(tp, large_book);
	ATF_TP_ADD_TC(tp, requests);
	ATF_TP_ADD_TC(tp, usage);
	ATF_TP_ADD_TC(tp, empty_socket);
	ATF_TP_ADD_TC(tp, json_errors);
	ATF_TP_ADD_TC(tp, no_error_for_a_book);
	ATF_TP_ADD_TC(tp, nobody_there);
	ATF_TP_ADD_TC(tp, lost_daemon);
	ATF_TP_ADD_TC(tp, half_an_answer);
	ATF_TP_ADD_TC(tp, refusing_daemon);
	ATF_TP_ADD_TC(tp, full_disk);
	ATF_TP_ADD_TC(tp, events);
	return atf_no_error();
}
