/* SPDX-License-Identifier: ISC */
/* pexctl as a program: files in and out, books and keys. */

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>
#include <jansson.h>

#include "regress/lib/fakepexd.h"
#include "regress/lib/runctl.h"

#define ID1	"0001000000000000000000000000000000000000"
#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

/* --- book -------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(import_list);
ATF_TC_BODY(import_list, tc)
{
	struct fakepexd fp;
	FILE *f;
	int i;

	ATF_REQUIRE((f = fopen("list", "w")) != NULL);
	for (i = 0; i < 150; i++)
		fprintf(f, "%040x@1.2.3.4:%d\n", i, i + 1);
	fprintf(f, "%040x@example.org:1\n", 1);
	ATF_REQUIRE_EQ(0, fclose(f));

	ATF_CHECK_EQ(0, runctl("book import -n list"));
	ATF_CHECK_STREQ("list: list of addresses, 151 entries\n"
	    "good 150, left out 1\n"
	    "left out 1: a host name, not an IP address "
	    "(first on line 151)\n", text_of("out"));
	fakepexd_start(&fp, FAKE_NORMAL, 0);
	ATF_CHECK_EQ(0, runctl("-s sock book import list"));
	ATF_CHECK_STREQ("list: list of addresses, 151 entries\n"
	    "taken 144, known 3, refused 3, left out 1\n"
	    "refused 3: its ID is known elsewhere\n"
	    "left out 1: a host name, not an IP address "
	    "(first on line 151)\n", text_of("out"));
	ATF_CHECK_EQ(150, lines_of("imported"));
	ATF_CHECK(has("imported", "@1.2.3.4:150 heard\n"));
	ATF_CHECK(strstr(text_of("imported"), "history") == NULL);
	ATF_CHECK_EQ(0, runctl("-j -s sock book import list"));
	ATF_CHECK_STREQ("{\"file\":\"list\",\"format\":\"list of addresses\","
	    "\"entries\":151,\"taken\":144,\"known\":3,\"refused\":3,"
	    "\"refusals\":[{\"reason\":\"claimed\",\"count\":3}],"
	    "\"left_out\":1,\"reasons\":[{\"reason\":\"host_name\","
	    "\"count\":1,\"first_line\":151}]}\n", text_of("out"));
	fakepexd_stop(&fp);
}

/* A file that is refused has sent nothing, however late the fault. */
ATF_TC_WITHOUT_HEAD(import_refused);
ATF_TC_BODY(import_refused, tc)
{
	struct fakepexd fp;
	FILE *f;
	int i;

	ATF_REQUIRE((f = fopen("lines", "w")) != NULL);
	for (i = 0; i < 500; i++)
		fprintf(f, "{\"id\":\"%040x\",\"ip\":\"::1\",\"port\":1}\n",
		    i);
	fprintf(f, "{\"id\":");
	ATF_REQUIRE_EQ(0, fclose(f));
	fakepexd_start(&fp, FAKE_NORMAL, 0);
	ATF_CHECK_EQ(1, runctl("-s sock book import lines"));
	ATF_CHECK_STREQ("", text_of("out"));
	ATF_CHECK_STREQ("pexctl: lines: line 501, "
	    "column 7: the file ends in an entry "
	    "that began on line 501\n", text_of("err"));
	ATF_CHECK_STREQ("", text_of("imported"));

	ATF_CHECK_EQ(1, runctl("-s sock book import missing"));
	ATF_CHECK(has("err", "missing: No such file"));
	ATF_CHECK_EQ(1, runctl("-s sock book import ."));
	ATF_CHECK(has("err", ".: not a regular file"));
	ATF_REQUIRE_EQ(0, mkfifo("fifo", 0600));
	ATF_CHECK_EQ(1, runctl("-s sock book import fifo"));
	ATF_CHECK(has("err", "fifo: not a regular file"));
	/* What has no end has no second reading either. */
	ATF_CHECK_EQ(1, runctl("-s sock book import /dev/zero"));
	ATF_CHECK(has("err", "/dev/zero: not a regular file"));
	ATF_CHECK_EQ(1, runctl("-s sock book import /dev/stdin"));
	ATF_CHECK(has("err", "/dev/stdin: "));
	if (geteuid() != 0) {
		write_file("closed", ID1 "@1.2.3.4:5\n");
		ATF_REQUIRE_EQ(0, chmod("closed", 0));
		ATF_CHECK_EQ(1, runctl("-s sock book import closed"));
		ATF_CHECK(has("err", "closed: Permission denied"));
	}
#ifdef __linux__
	/* It opens, and then every read fails. */
	ATF_CHECK_EQ(1, runctl("-s sock book import /proc/self/mem"));
	ATF_CHECK(has("err", "/proc/self/mem: Input/output error"));
#endif

	/* Nothing in it is an address; an empty list is one. */
	write_file("prose", "to whom it may concern\n");
	ATF_CHECK_EQ(1, runctl("-s sock book import prose"));
	ATF_CHECK_STREQ("", text_of("out"));
	ATF_CHECK(has("err", "prose: none of its 5 entries can be used; "
	    "line 1: "));
	ATF_CHECK_EQ(1, runctl("book import -n prose"));
	ATF_CHECK(has("err", "prose: none of its 5 entries"));
	write_file("none", "# nobody yet\n");
	ATF_CHECK_EQ(0, runctl("book import -n none"));
	ATF_CHECK_STREQ("", text_of("imported"));
	fakepexd_stop(&fp);
}

ATF_TC_WITHOUT_HEAD(import_failing);
ATF_TC_BODY(import_failing, tc)
{
	struct fakepexd fp;

	write_file("list", ID1 "@1.2.3.4:5\n");
	fakepexd_start(&fp, FAKE_UNAVAILABLE, 0);
	ATF_CHECK_EQ(1, runctl("-s sock book import list"));
	ATF_CHECK_STREQ("", text_of("out"));
	fakepexd_stop(&fp);
	fakepexd_start(&fp, FAKE_HANG_UP, 0);
	ATF_CHECK_EQ(3, runctl("-s sock book import list"));
	fakepexd_stop(&fp);
}

static void
check_private(const char *file)
{
	struct stat st;

	ATF_REQUIRE_EQ(0, stat(file, &st));
	ATF_CHECK_EQ(0600, st.st_mode & 07777);
}

/* Files in the working directory, so that no temporary one is left. */
static size_t
count_files(void)
{
	DIR *d = opendir(".");
	size_t n = 0;

	ATF_REQUIRE(d != NULL);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

ATF_TC_WITHOUT_HEAD(export_files);
ATF_TC_BODY(export_files, tc)
{
	struct fakepexd fp;
	json_t *v;
	size_t n;

	fakepexd_start(&fp, FAKE_NORMAL, 40);
	ATF_CHECK_EQ(0, runctl("-s sock book export"));
	ATF_CHECK_EQ(39, lines_of("out"));
	ATF_CHECK_EQ(0, runctl("-s sock book export -f list -"));
	ATF_CHECK_EQ(39, lines_of("out"));
	ATF_CHECK(has("out", ID1 "@1.0.0.1:26656\n"));
	ATF_CHECK(strstr(text_of("out"), "0007000000") == NULL);
	ATF_CHECK_EQ(0, runctl("-s sock book export -f comet"));
	v = json_of("out");
	ATF_CHECK_EQ(39, json_array_size(json_object_get(v, "addrs")));
	json_decref(v);

	write_file("book.json", "the old one");
	n = count_files();
	ATF_CHECK_EQ(0, runctl("-s sock book export -f comet book.json"));
	ATF_CHECK_STREQ("book.json: addrbook.json, 39 entries\n"
	    "left out 1: banned\n", text_of("out"));
	ATF_CHECK_EQ(n, count_files());
	check_private("book.json");
	v = json_of("book.json");
	ATF_CHECK_EQ(39, json_array_size(json_object_get(v, "addrs")));
	json_decref(v);
	ATF_CHECK_EQ(0, runctl("-j -s sock book export lines"));
	ATF_CHECK_STREQ("{\"file\":\"lines\",\"format\":\"book of JSON "
	    "lines\",\"written\":39,\"banned\":1,\"other_endpoint\":0,"
	    "\"no_room\":0}\n", text_of("out"));

	/* And in again, with what the book knows of them. */
	ATF_CHECK_EQ(0, runctl("-s sock book import lines"));
	ATF_CHECK_EQ(39, lines_of("imported"));
	ATF_CHECK(has("imported", ID1 "@1.0.0.1:26656 reached history\n"));
	fakepexd_stop(&fp);
}

/* A failed export leaves the file that was there, and no other. */
ATF_TC_WITHOUT_HEAD(export_failing);
ATF_TC_BODY(export_failing, tc)
{
	static const struct {
		enum fake_mode	 mode;
		int		 status;
	} cases[] = {
		{ FAKE_HANG_UP, 3 }, { FAKE_UNAVAILABLE, 1 },
		{ FAKE_GARBAGE, 3 },
	};
	struct fakepexd fp;
	size_t i, n;

	write_file("book.json", "the old one");
	for (i = 0; i < NITEMS(cases); i++) {
		fakepexd_start(&fp, cases[i].mode, 9);
		(void)runctl("");
		n = count_files();
		ATF_CHECK_EQ(cases[i].status,
		    runctl("-s sock book export book.json"));
		ATF_CHECK_STREQ("the old one", text_of("book.json"));
		ATF_CHECK_EQ(n, count_files());
		fakepexd_stop(&fp);
	}
	fakepexd_start(&fp, FAKE_NORMAL, 9);
	ATF_CHECK_EQ(1, runctl("-s sock book export no/such/dir"));
	ATF_CHECK_STREQ("pexctl: no/such/dir: No such file or directory\n",
	    text_of("err"));
	fakepexd_stop(&fp);
}

static bool
has_grown(const void *n)
{
	return count_files() > *(const size_t *)n;
}

/* Interrupted, too: by the terminal or by kill(1). */
ATF_TC_WITHOUT_HEAD(export_interrupted);
ATF_TC_BODY(export_interrupted, tc)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct fakepexd fp;
	size_t i, n;
	pid_t pid;

	write_file("book.json", "the old one");
	(void)runctl("");
	fakepexd_start(&fp, FAKE_SILENT, 9);
	for (i = 0; i < NITEMS(signals); i++) {
		n = count_files();
		pid = runctl_start("-s sock book export book.json");
		ATF_CHECK(becomes(has_grown, &n));
		ATF_REQUIRE_EQ(0, kill(pid, signals[i]));
		ATF_CHECK_EQ(1, runctl_wait(pid));
		ATF_CHECK_STREQ("the old one", text_of("book.json"));
		ATF_CHECK_EQ(n, count_files());
	}
	fakepexd_stop(&fp);
}

/* --- keys -------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(keys);
ATF_TC_BODY(keys, tc)
{
	char line[1200];
	size_t n;

	snprintf(line, sizeof(line), "key import "
	    "%s/regress/vectors/node_key_0.json k.pem", getenv("PEXD_SRC"));
	ATF_CHECK_EQ(0, runctl(line));
	ATF_CHECK_STREQ("6d38fe3e06bb971bf9ca492c42f80f54209011fb\n",
	    text_of("out"));
	check_private("k.pem");
	ATF_CHECK_EQ(0, runctl("key show k.pem"));
	ATF_CHECK_STREQ("6d38fe3e06bb971bf9ca492c42f80f54209011fb\n",
	    text_of("out"));
	ATF_CHECK_EQ(0, runctl("-j key show k.pem"));
	ATF_CHECK_STREQ("{\"file\":\"k.pem\",\"id\":"
	    "\"6d38fe3e06bb971bf9ca492c42f80f54209011fb\",\"pubkey\":"
	    "\"f2bdc15a11ca447abef0a02aed2ded5b16a91851a0c620257604e8578800"
	    "ddae\"}\n", text_of("out"));
	n = count_files();
	ATF_CHECK_EQ(0, runctl("key export k.pem k.json"));
	check_private("k.json");
	ATF_CHECK_EQ(0, runctl("key import k.json k2.pem"));
	ATF_CHECK_STREQ(text_of("k.pem"), text_of("k2.pem"));
	ATF_CHECK_EQ(n + 2, count_files());
}

ATF_TC_WITHOUT_HEAD(keys_stay);
ATF_TC_BODY(keys_stay, tc)
{
	char before[512];
	size_t n;

	ATF_CHECK_EQ(0, runctl("key generate k.pem"));
	check_private("k.pem");
	(void)strlcpy(before, text_of("k.pem"), sizeof(before));
	ATF_CHECK_EQ(0, runctl("key export k.pem k.json"));
	n = count_files();
	/* Nothing ever replaces a key. */
	ATF_CHECK_EQ(1, runctl("key generate k.pem"));
	ATF_CHECK(has("err", "File exists"));
	ATF_CHECK_EQ(1, runctl("key import k.json k.pem"));
	ATF_CHECK_EQ(1, runctl("key export k.pem k.json"));
	ATF_CHECK_STREQ(before, text_of("k.pem"));
	ATF_CHECK_EQ(n, count_files());
	/* Nor is one used that others can read. */
	ATF_REQUIRE_EQ(0, chmod("k.pem", 0640));
	ATF_CHECK_EQ(1, runctl("key show k.pem"));
	ATF_CHECK_EQ(1, runctl("key export k.pem other.json"));
	ATF_CHECK(access("other.json", F_OK) == -1);
}

ATF_TC_WITHOUT_HEAD(keys_refused);
ATF_TC_BODY(keys_refused, tc)
{
	write_file("bad.json", "{\"priv_key\":{}}");
	ATF_CHECK_EQ(1, runctl("key import bad.json k.pem"));
	ATF_CHECK_STREQ("pexctl: bad.json: its key is not of the type "
	    "tendermint/PrivKeyEd25519\n", text_of("err"));
	ATF_CHECK(access("k.pem", F_OK) == -1);
	ATF_CHECK_EQ(1, runctl("key import none.json k.pem"));
	ATF_CHECK_EQ(1, runctl("key import /dev/zero k.pem"));
	ATF_CHECK(has("err", "too long"));
	ATF_CHECK_EQ(1, runctl("key import . k.pem"));
	ATF_CHECK_EQ(1, runctl("key show none.pem"));
	ATF_REQUIRE_EQ(0, chmod("bad.json", 0600));
	ATF_CHECK_EQ(1, runctl("key show bad.json"));
	ATF_CHECK_STREQ("pexctl: cannot use the node key bad.json; a "
	    "node_key.json is converted by pexctl key import\n",
	    text_of("err"));
	ATF_CHECK_EQ(1, runctl("key generate no/such/dir"));
	ATF_CHECK(access("k.pem", F_OK) == -1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, import_list);
	ATF_TP_ADD_TC(tp, import_refused);
	ATF_TP_ADD_TC(tp, import_failing);
	ATF_TP_ADD_TC(tp, export_files);
	ATF_TP_ADD_TC(tp, export_failing);
	ATF_TP_ADD_TC(tp, export_interrupted);
	ATF_TP_ADD_TC(tp, keys);
	ATF_TP_ADD_TC(tp, keys_stay);
	ATF_TP_ADD_TC(tp, keys_refused);
	return atf_no_error();
}
