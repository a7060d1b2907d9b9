/* SPDX-License-Identifier: ISC */
/* What a real engine says in the log: a line for what matters, and one. */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "regress/lib/enginepeer.h"

static struct enginefix fix;

/* Lines with that text in them. */
static unsigned
lines(const char *text)
{
	unsigned n = 0;
	const char *s;

	for (s = fix.child.log; s != NULL && (s = strstr(s, text)) != NULL; n++)
		s = strchr(s, '\n');
	return n;
}

/* Who misbehaves is named once, with what it did; on a seed as well. */
static void
misbehave(enum conf_mode mode)
{
	char id[NODE_ID_TEXT_SIZE], line[256], addr[NETADDR_TEXT_SIZE];
	struct enginepeer p;
	unsigned before;

	enginefix_init(&fix);
	fix.conf->mode = mode;
	fix.child.init.verbose = 0;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	(void)fix_counter(&fix, "connections");
	node_id_text(&p.wp.id, id);
	before = lines(id);
	ATF_CHECK_EQ(mode == MODE_SEED ? 0 : 1, before);
	enginepeer_tell(&p, 1);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 1);
	(void)fix_counter(&fix, "connections");
	snprintf(line, sizeof(line), "lost peer %s@%s: misbehaved, "
	    "unsolicited addresses\n", id, netaddr_text(&p.na, addr));
	ATF_CHECK_EQ_MSG(1, lines(line), "not once: %s", line);
	ATF_CHECK_EQ_MSG(before + 1, lines(id), "in more lines than one");
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

ATF_TC_WITHOUT_HEAD(misbehaviour);
ATF_TC_BODY(misbehaviour, tc)
{
	misbehave(MODE_PEER);
	misbehave(MODE_SEED);
}

/* Bytes that do not decode: the same. */
ATF_TC_WITHOUT_HEAD(broken_protocol);
ATF_TC_BODY(broken_protocol, tc)
{
	char id[NODE_ID_TEXT_SIZE];
	struct enginepeer p;

	enginefix_init(&fix);
	fix.child.init.verbose = 0;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	enginepeer_stream(&p, "\x05\x01\x02\x03\x04\x05", 6);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 1);
	(void)fix_counter(&fix, "connections");
	node_id_text(&p.wp.id, id);
	ATF_CHECK_EQ(1, lines(": protocol error, undecodable packet\n"));
	ATF_CHECK_EQ(2, lines(id));
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* Scanners of ports are counted; a node of another network is news. */
ATF_TC_WITHOUT_HEAD(strangers);
ATF_TC_BODY(strangers, tc)
{
	struct enginepeer p;
	size_t begun;

	enginefix_init(&fix);
	fix.child.init.verbose = 0;
	enginefix_start(&fix);
	begun = fix.child.log_len;
	enginepeer_init(&p, &fix, 1);
	enginepeer_connect(&p);
	enginepeer_raw(&p, "GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n",
	    36);
	FIX_WAIT(&fix, p.eof);
	enginepeer_free(&p);
	enginepeer_init(&p, &fix, 1);
	enginepeer_connect(&p);
	enginepeer_free(&p);
	FIX_WAIT(&fix, fix_counter(&fix, "refused_key_exchange_total") +
	    fix_counter(&fix, "refused_no_key_total") == 2);
	ATF_CHECK_EQ_MSG(begun, fix.child.log_len, "%s", fix.child.log + begun);

	enginepeer_init(&p, &fix, 2);
	p.wp.config.info.network = wire_span_text("other");
	enginepeer_open(&p);
	FIX_WAIT(&fix, p.eof);
	(void)fix_counter(&fix, "connections");
	ATF_CHECK_EQ(1, lines(": wrong network \"other\" (its ID is "));
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, misbehaviour);
	ATF_TP_ADD_TC(tp, broken_protocol);
	ATF_TP_ADD_TC(tp, strangers);
	return atf_no_error();
}
