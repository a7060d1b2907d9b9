/* SPDX-License-Identifier: ISC */
/* pexctl: reading lists and pexd's own JSON lines. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "regress/lib/importrun.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))
#define ID1	"1111111111111111111111111111111111111111"
#define ID2	"2222222222222222222222222222222222222222"

/* --- lists ------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(list);
ATF_TC_BODY(list, tc)
{
	char addr[PEER_ADDR_TEXT_SIZE];
	struct got g;

	import_run_text(&g, "# a comment, with \xc3\xa9: " ID1 "@9.9.9.9:9\n"
	    ID1 "@1.2.3.4:26656," ID2 "@[2001:470::1]:1\r\n"
	    "\ttcp://" ID2 "@1.1.1.1:65535 # end\n"
	    ID1 "@seed.example.org:26656\n"
	    "1.2.3.4:26656 " ID1 "@1.2.3.4 " ID1 "@1.2.3.4:0 "
	    ID1 "@1.2.3.4:65536 " ID1 "x@1.2.3.4:1 " ID1 "@[::1:1\n"
	    ID2 "@8.8.8.8:1");
	ATF_CHECK_MSG(g.rv == 0, "%s", g.why);
	ATF_CHECK_EQ(4, g.n);
	ATF_CHECK_STREQ(ID2 "@[2001:470::1]:1",
	    peer_addr_text(&g.list[1].addr, addr));
	ATF_CHECK_STREQ(ID2 "@1.1.1.1:65535",
	    peer_addr_text(&g.list[2].addr, addr));
	ATF_CHECK_STREQ(ID2 "@8.8.8.8:1",
	    peer_addr_text(&g.list[3].addr, addr));
	ATF_CHECK_EQ(7, g.tally.left_out);
	ATF_CHECK_EQ(1, g.tally.defects[DEFECT_HOST_NAME]);
	ATF_CHECK_EQ(4, g.tally.first_line[DEFECT_HOST_NAME]);
	ATF_CHECK_EQ(2, g.tally.defects[DEFECT_ID]);
	ATF_CHECK_EQ(5, g.tally.first_line[DEFECT_ID]);
	import_run_text(&g, "");
	ATF_CHECK(g.rv == 0 && g.n == 0);
}

/* --- pexd's own lines -------------------------------------------------- */

#define LINE(more)	"{\"id\":\"" ID1 "\",\"ip\":\"1.2.3.4\","	\
	"\"port\":26656" more "}"

ATF_TC_WITHOUT_HEAD(lines);
ATF_TC_BODY(lines, tc)
{
	const struct m_row_entry *e;
	struct got g;

	import_run_text(&g, LINE("") "\n\n  "
	    LINE(",\"level\":\"good\",\"old\":true,"
	    "\"verified\":true,\"attempts\":2,\"successes\":9,"
	    "\"first_heard\":1000,\"last_heard\":2000,\"last_try\":3000,"
	    "\"first_success\":4000,\"last_success\":5000,"
	    "\"next_try\":null,\"source_group\":{\"x\":[]},"
	    "\"buckets\":[999999],"
	    "\"note\":\"the operator's own\"")
	    LINE(",\"level\":\"senior\",\"successes\":1,\"last_success\":1"));
	ATF_CHECK_MSG(g.rv == 0, "%s", g.why);
	ATF_CHECK_EQ(3, g.n);
	ATF_CHECK_EQ(3, g.nhistory);
	ATF_CHECK_EQ(LEVEL_HEARD, g.list[0].level);
	e = &g.list[1];
	ATF_CHECK_EQ(LEVEL_GOOD, e->level);
	ATF_CHECK(e->is_old && e->verified);
	ATF_CHECK_EQ(2, e->attempts);
	ATF_CHECK_EQ(9, e->successes);
	ATF_CHECK_EQ(1000, e->first_heard);
	ATF_CHECK_EQ(2000, e->last_heard);
	ATF_CHECK_EQ(3000, e->last_try);
	ATF_CHECK_EQ(4000, e->first_success);
	ATF_CHECK_EQ(5000, e->last_success);
	ATF_CHECK_EQ(0, e->next_try);
	ATF_CHECK_EQ(0, e->nbuckets);
	ATF_CHECK_EQ(LEVEL_GOOD, g.list[2].level);
}

ATF_TC_WITHOUT_HEAD(lines_left_out);
ATF_TC_BODY(lines_left_out, tc)
{
	static const struct {
		const char		*text;
		enum import_defect	 defect;
	} cases[] = {
		{ "{}", DEFECT_ID },
		{ "{\"id\":\"" ID1 "\",\"ip\":\"a.b\",\"port\":1}",
		    DEFECT_HOST_NAME },
		{ LINE(",\"attempts\":-1"), DEFECT_COUNT },
		{ LINE(",\"attempts\":4294967296"), DEFECT_COUNT },
		{ LINE(",\"successes\":\"1\""), DEFECT_COUNT },
		{ LINE(",\"last_try\":-1"), DEFECT_TIME },
		{ LINE(",\"last_heard\":4294967296"), DEFECT_TIME },
		{ LINE(",\"last_heard\":1.5"), DEFECT_TIME },
		{ LINE(",\"level\":\"best\""), DEFECT_LEVEL },
		{ LINE(",\"level\":3"), DEFECT_LEVEL },
		/* A level has to be earned. */
		{ LINE(",\"level\":\"good\""), DEFECT_LEVEL },
		{ LINE(",\"level\":\"reached\",\"last_success\":5"),
		    DEFECT_LEVEL },
		{ LINE(",\"level\":\"reached\",\"successes\":5"),
		    DEFECT_LEVEL },
	};
	struct got g;
	size_t i;

	for (i = 0; i < NITEMS(cases); i++) {
		import_run_text(&g, cases[i].text);
		ATF_CHECK_MSG(g.rv == 0 && g.n == 0 &&
		    g.tally.defects[cases[i].defect] == 1, "%s: %s",
		    cases[i].text, g.why);
	}
}

ATF_TC_WITHOUT_HEAD(lines_refused);
ATF_TC_BODY(lines_refused, tc)
{
	static const struct {
		const char	*text, *why;
	} cases[] = {
		{ LINE("") "\n,", "line 2: a JSON object has to begin" },
		{ LINE("") "\n[]", "line 2: a JSON object has to begin" },
		{ LINE("") "\n" LINE(",\"x\":") "\n", "line 2: " },
		{ "{\"id\":\n\n", "line 3: the file ends in an entry that "
		    "began on line 1" },
		{ LINE(",\"port\":5"), "line 1: duplicate" },
		{ "{\n\"a\":1,\n\"b\":\xff}", "line 3: " },
	};
	struct got g;
	size_t i;

	for (i = 0; i < NITEMS(cases); i++) {
		import_run_text(&g, cases[i].text);
		ATF_CHECK_MSG(g.rv == -1 && strncmp(g.why, cases[i].why,
		    strlen(cases[i].why)) == 0, "%s: \"%s\"", cases[i].text,
		    g.why);
	}
}

ATF_TC_WITHOUT_HEAD(detect);
ATF_TC_BODY(detect, tc)
{
	static const struct {
		const char		*text;
		enum import_format	 format;
	} cases[] = {
		{ "", IMPORT_LIST }, { " \n\t", IMPORT_LIST },
		{ ID1 "@1.2.3.4:5", IMPORT_LIST }, { "#", IMPORT_LIST },
		{ "[", IMPORT_LIST }, { "{", IMPORT_LINES },
		{ "{\"id\":", IMPORT_LINES }, { "{\"ke", IMPORT_LINES },
		{ "{\"key\"", IMPORT_COMET }, { "{\"keys\":", IMPORT_LINES },
		{ "\n {\n\t\"addrs\": [", IMPORT_COMET },
	};
	size_t i;

	for (i = 0; i < NITEMS(cases); i++)
		ATF_CHECK_EQ(cases[i].format,
		    import_detect(cases[i].text, strlen(cases[i].text)));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, list);
	ATF_TP_ADD_TC(tp, lines);
	ATF_TP_ADD_TC(tp, lines_left_out);
	ATF_TP_ADD_TC(tp, lines_refused);
	ATF_TP_ADD_TC(tp, detect);
	return atf_no_error();
}
