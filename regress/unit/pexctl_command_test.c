/* SPDX-License-Identifier: ISC */
/* pexctl: the words of the command line, abbreviated and wrong ones. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "pexctl/command.h"
#include "pexctl/output.h"

#define ID	"6d38fe3e06bb971bf9ca492c42f80f54209011fb"
#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

static char *err_text;

/* Parse a line cut at spaces.  The words stay alive until the next call. */
static int
parse(const char *line, struct args *a)
{
	static char copy[512];
	char *argv[16], *p;
	size_t len;
	FILE *f;
	int argc = 0, rv;

	(void)strlcpy(copy, line, sizeof(copy));
	for (p = strtok(copy, " "); p != NULL; p = strtok(NULL, " "))
		argv[argc++] = p;
	free(err_text);
	ATF_REQUIRE((f = open_memstream(&err_text, &len)) != NULL);
	rv = command_parse(argc, argv, a, f);
	fclose(f);
	ATF_CHECK_MSG((rv == 0) == (len == 0), "%s: %d, \"%s\"", line, rv,
	    err_text);
	return rv;
}

ATF_TC_WITHOUT_HEAD(show);
ATF_TC_BODY(show, tc)
{
	static const struct {
		const char	*line;
		int		 what;
	} cases[] = {
		{ "show", SHOW_SUMMARY }, { "sh", SHOW_SUMMARY },
		{ "show summary", SHOW_SUMMARY }, { "s s", SHOW_SUMMARY },
		{ "show peers", SHOW_PEERS }, { "show pe", SHOW_PEERS },
		{ "show book", SHOW_BOOK }, { "s bo", SHOW_BOOK },
		{ "show bans", SHOW_BANS }, { "s ba", SHOW_BANS },
		{ "show nodes", SHOW_NODES }, { "show n", SHOW_NODES },
		{ "show processes", SHOW_PROCESSES },
		{ "show pr", SHOW_PROCESSES }, { "show dials", SHOW_DIALS },
		{ "show versions", SHOW_VERSIONS },
		{ "show metrics", SHOW_METRICS },
	};
	struct args a;
	size_t i;

	for (i = 0; i < NITEMS(cases); i++) {
		ATF_CHECK_EQ(0, parse(cases[i].line, &a));
		ATF_CHECK_EQ(ACT_SHOW, a.action);
		ATF_CHECK_EQ(cases[i].what, a.what);
	}
}

ATF_TC_WITHOUT_HEAD(actions);
ATF_TC_BODY(actions, tc)
{
	struct args a;
	char id[NODE_ID_TEXT_SIZE];

	ATF_CHECK_EQ(0, parse("dial " ID "@seed.example.org:26656", &a));
	ATF_CHECK(a.action == ACT_DIAL && !a.persistent);
	ATF_CHECK_STREQ("seed.example.org", a.addr.host);
	ATF_CHECK_EQ(26656, a.addr.port);
	ATF_CHECK_EQ(0, parse("di " ID "@[2001:db8::1]:1 per", &a));
	ATF_CHECK(a.action == ACT_DIAL && a.persistent && a.addr.is_literal);

	ATF_CHECK_EQ(0, parse("drop " ID, &a));
	ATF_CHECK(a.action == ACT_DROP && a.has_id);
	ATF_CHECK_STREQ(ID, node_id_text(&a.id, id));

	ATF_CHECK_EQ(0, parse("reload", &a));
	ATF_CHECK_EQ(ACT_RELOAD, a.action);
	ATF_CHECK_EQ(0, parse("m", &a));
	ATF_CHECK_EQ(ACT_MONITOR, a.action);
	ATF_CHECK_EQ(0, parse("log verbose", &a));
	ATF_CHECK(a.action == ACT_LOG && a.verbose);
	ATF_CHECK_EQ(0, parse("l b", &a));
	ATF_CHECK(a.action == ACT_LOG && !a.verbose);
}

ATF_TC_WITHOUT_HEAD(bans);
ATF_TC_BODY(bans, tc)
{
	struct args a;
	char ip[IP_TEXT_SIZE];

	ATF_CHECK_EQ(0, parse("ban " ID, &a));
	ATF_CHECK(a.action == ACT_BAN && a.has_id && !a.has_ip);
	ATF_CHECK_EQ(BAN_DEFAULT, a.seconds);
	ATF_CHECK_EQ(0, parse("ban 192.0.2.7 2h", &a));
	ATF_CHECK(a.has_ip && !a.has_id && a.seconds == 7200);
	ATF_CHECK_STREQ("192.0.2.7", ip_text(a.ip, ip));
	ATF_CHECK_EQ(0, parse("ban 2001:db8::7 90", &a));
	ATF_CHECK(a.has_ip && a.seconds == 90);
	ATF_CHECK_EQ(0, parse("unban " ID, &a));
	ATF_CHECK(a.action == ACT_BAN && a.has_id && a.seconds == 0);
}

ATF_TC_WITHOUT_HEAD(files);
ATF_TC_BODY(files, tc)
{
	struct args a;

	ATF_CHECK_EQ(0, parse("book import a.json", &a));
	ATF_CHECK(a.action == ACT_IMPORT && !a.check_only);
	ATF_CHECK_STREQ("a.json", a.file);
	ATF_CHECK_EQ(0, parse("bo i -n export", &a));
	ATF_CHECK(a.action == ACT_IMPORT && a.check_only);
	ATF_CHECK_STREQ("export", a.file);

	ATF_CHECK_EQ(0, parse("book export", &a));
	ATF_CHECK(a.action == ACT_EXPORT && a.file == NULL);
	ATF_CHECK_EQ(BOOK_JSON, a.format);
	ATF_CHECK_EQ(0, parse("book export -f comet", &a));
	ATF_CHECK(a.action == ACT_EXPORT && a.file == NULL);
	ATF_CHECK_EQ(BOOK_COMET, a.format);
	ATF_CHECK_EQ(0, parse("book export -f l out", &a));
	ATF_CHECK_EQ(BOOK_LIST, a.format);
	ATF_CHECK_STREQ("out", a.file);
	ATF_CHECK_EQ(0, parse("book export -", &a));
	ATF_CHECK_STREQ("-", a.file);

	ATF_CHECK_EQ(0, parse("key generate k", &a));
	ATF_CHECK_EQ(ACT_KEY_GENERATE, a.action);
	ATF_CHECK_EQ(0, parse("k s k", &a));
	ATF_CHECK_EQ(ACT_KEY_SHOW, a.action);
	ATF_CHECK_EQ(0, parse("key import from to", &a));
	ATF_CHECK_EQ(ACT_KEY_IMPORT, a.action);
	ATF_CHECK_STREQ("from", a.file);
	ATF_CHECK_STREQ("to", a.file2);
	ATF_CHECK_EQ(0, parse("key export from to", &a));
	ATF_CHECK_EQ(ACT_KEY_EXPORT, a.action);
	ATF_CHECK_STREQ("from", a.file);
	ATF_CHECK_STREQ("to", a.file2);
}

ATF_TC_WITHOUT_HEAD(wrong);
ATF_TC_BODY(wrong, tc)
{
	static const struct {
		const char	*line, *says, *offers;
	} cases[] = {
		{ "", "missing", "  monitor\n" },
		{ "frob", "unknown: frob", "  show\n" },
		{ "d", "ambiguous: d", "  drop\n" },
		{ "show p", "ambiguous: p", "  processes\n" },
		{ "show peersx", "unknown: peersx", "  peers\n" },
		{ "show peers all", "unknown: all", "  (nothing more)\n" },
		{ "dial", "missing", "  ID@HOST:PORT\n" },
		{ "dial 1.2.3.4:5", "not valid: 1.2.3.4:5", "  ID@HOST" },
		{ "dial " ID "@h:0", "not valid", "  ID@HOST" },
		{ "dial " ID "@h:1 forever", "unknown", "  persistent\n" },
		{ "drop 1.2.3.4", "not valid", "  ID\n" },
		{ "ban example.org", "not valid", "  ID|IP\n" },
		{ "ban 1.2.3.4 0", "not valid", "  DURATION (" },
		{ "ban 1.2.3.4 long", "not valid", "ms, s, m, h, d or w" },
		{ "ban 1.2.3.4 3651d", "not valid", "at most 3650d" },
		{ "unban 1.2.3.4 5", "unknown: 5", "nothing" },
		{ "log", "missing", "  verbose\n" },
		{ "book", "missing", "  import\n" },
		{ "book import", "missing", "  FILE\n" },
		{ "book export -f", "missing", "  comet\n" },
		{ "book export -f xml", "unknown: xml", "  comet\n" },
		{ "key import a", "missing", "  FILE\n" },
		{ "monitor \033[2J", "unknown: \\033[2J", "nothing" },
	};
	struct args a;
	size_t i;

	ATF_CHECK_EQ(-1, parse("show b", &a));
	ATF_CHECK_STREQ("pexctl: ambiguous: b; valid here:\n  bans\n"
	    "  book\n", err_text);
	for (i = 0; i < NITEMS(cases); i++) {
		ATF_CHECK_EQ(-1, parse(cases[i].line, &a));
		ATF_CHECK_MSG(strstr(err_text, cases[i].says) != NULL &&
		    strstr(err_text, cases[i].offers) != NULL, "%s: %s",
		    cases[i].line, err_text);
	}
}

/* An empty word is no abbreviation of anything, and no file. */
ATF_TC_WITHOUT_HEAD(empty_words);
ATF_TC_BODY(empty_words, tc)
{
	static char empty[] = "", book[] = "book", import[] = "import";
	char *const one[] = { empty };
	char *const three[] = { book, import, empty };
	struct args a;
	size_t len;
	FILE *f;

	ATF_REQUIRE((f = open_memstream(&err_text, &len)) != NULL);
	ATF_CHECK_EQ(-1, command_parse(1, one, &a, f));
	ATF_CHECK_EQ(-1, command_parse(3, three, &a, f));
	fclose(f);
	ATF_CHECK(strstr(err_text, "unknown") != NULL);
	ATF_CHECK(strstr(err_text, "not valid") != NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, show);
	ATF_TP_ADD_TC(tp, actions);
	ATF_TP_ADD_TC(tp, bans);
	ATF_TP_ADD_TC(tp, files);
	ATF_TP_ADD_TC(tp, wrong);
	ATF_TP_ADD_TC(tp, empty_words);
	return atf_no_error();
}
