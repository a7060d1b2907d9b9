/* SPDX-License-Identifier: ISC */
/*
 * A real engine with a third reactor, which is a file of its own and a line
 * of the table (regress/engine).
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "regress/engine/echo.h"
#include "regress/lib/enginepeer.h"

static struct enginefix fix;

static void
begin(void)
{
	enginefix_init(&fix);
	fix.child.program = "regress/engine/engine";
	enginefix_start(&fix);
}

/* A peer that listens on the channels of PEX and of echo. */
static void
peer_init(struct enginepeer *p, unsigned seed)
{
	enginepeer_init(p, &fix, seed);
	p->wp.on_message = NULL;
	p->wp.channels[1].id = ECHO_CHANNEL;
	p->wp.channels[1].capacity = ECHO_CAPACITY;
	p->wp.config.mconn.nchannels = 2;
}

/* Say "?hello": what comes back begins with the number of the answer. */
static void
check_echo(struct enginepeer *p, unsigned number)
{
	unsigned n = p->wp.nmessage;

	enginepeer_send(p, ECHO_CHANNEL, "?hello", 6);
	FIX_WAIT(&fix, p->wp.nmessage == n + 1);
	ATF_CHECK_EQ(ECHO_CHANNEL, p->wp.channel);
	ATF_REQUIRE_EQ(6, p->wp.message_len);
	ATF_CHECK_EQ(number, p->wp.message[0]);
	ATF_CHECK_EQ(0, memcmp(p->wp.message + 1, "hello", 5));
}

ATF_TC_WITHOUT_HEAD(messages);
ATF_TC_BODY(messages, tc)
{
	struct enginepeer p, q;

	begin();
	peer_init(&p, 1);
	peer_init(&q, 2);
	enginepeer_up(&p);
	/* Dialled or not makes no difference. */
	enginepeer_dial(&q, 1, &q.wp.id, PURPOSE_PEER);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_UP) == 4);
	ATF_CHECK_EQ(2, fix_counter(&fix, "echo_peers"));
	ATF_CHECK_EQ(2, fix_counter(&fix, "echo_added_total"));
	/* Each has a state of its own. */
	check_echo(&p, 1);
	check_echo(&p, 2);
	check_echo(&q, 1);
	check_echo(&p, 3);
	ATF_CHECK_EQ(4, fix_counter(&fix, "echo_messages_total"));
	enginepeer_close(&p);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 1);
	ATF_CHECK_EQ(1, fix_counter(&fix, "echo_peers"));
	ATF_CHECK_EQ(1, fix_counter(&fix, "echo_removed_total"));
	check_echo(&q, 2);
	enginepeer_free(&p);
	enginepeer_free(&q);
	enginefix_stop(&fix);
}

/* PEX has its channel as before, and nobody gets the other's messages. */
ATF_TC_WITHOUT_HEAD(beside_pex);
ATF_TC_BODY(beside_pex, tc)
{
	struct enginepeer p;

	begin();
	peer_init(&p, 1);
	enginepeer_up(&p);
	check_echo(&p, 1);
	ATF_CHECK_EQ(0, fix_count(&fix, MSG_SELECT));
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.wp.nmessage == 2);
	ATF_CHECK_EQ(PEX_CHANNEL, p.wp.channel);
	ATF_CHECK_EQ(1, fix_count(&fix, MSG_SELECT));
	ATF_CHECK_EQ(1, fix_counter(&fix, "echo_messages_total"));
	ATF_CHECK_EQ(1, fix_counter(&fix, "pex_replies_total"));
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* The switch knows its limits: a message over them ends the sender. */
ATF_TC_WITHOUT_HEAD(capacity);
ATF_TC_BODY(capacity, tc)
{
	static const uint8_t most[ECHO_CAPACITY];
	uint8_t stream[2 * ECHO_CAPACITY + 64], more[ECHO_CAPACITY + 1] = "";
	struct enginepeer p;
	size_t n;

	begin();
	peer_init(&p, 1);
	enginepeer_up(&p);
	enginepeer_send(&p, ECHO_CHANNEL, most, sizeof(most));
	FIX_WAIT(&fix, p.wp.nmessage == 1);
	ATF_CHECK_EQ(sizeof(most), p.wp.message_len);
	n = mconn_stream_size(ECHO_CHANNEL, MCONN_PAYLOAD, sizeof(more));
	ATF_REQUIRE(n <= sizeof(stream));
	mconn_stream(stream, ECHO_CHANNEL, MCONN_PAYLOAD, more, sizeof(more));
	enginepeer_stream(&p, stream, n);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 1);
	ATF_CHECK_EQ(1, fix_counter(&fix, "echo_messages_total"));
	ATF_CHECK_EQ(0, fix_counter(&fix, "echo_peers"));
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* Who lacks its channel is a peer all the same, and is sent nothing there. */
ATF_TC_WITHOUT_HEAD(peer_without_it);
ATF_TC_BODY(peer_without_it, tc)
{
	struct enginepeer p;

	begin();
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	ATF_CHECK_EQ(1, fix_counter(&fix, "echo_peers"));
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.nlists == 1);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* Who has its channel alone has one in common with us. */
ATF_TC_WITHOUT_HEAD(only_that_channel);
ATF_TC_BODY(only_that_channel, tc)
{
	struct enginepeer p;

	begin();
	enginepeer_init(&p, &fix, 1);
	p.wp.on_message = NULL;
	p.wp.channels[0].id = ECHO_CHANNEL;
	p.wp.channels[0].capacity = ECHO_CAPACITY;
	enginepeer_up(&p);
	check_echo(&p, 1);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* It hears of neighbours that come back, and keeps its peers then. */
ATF_TC_WITHOUT_HEAD(neighbours);
ATF_TC_BODY(neighbours, tc)
{
	struct enginepeer p;
	int64_t n;

	begin();
	peer_init(&p, 1);
	enginepeer_up(&p);
	check_echo(&p, 1);
	n = fix_counter(&fix, "echo_synced_total");
	ATF_CHECK(n >= 2);
	fix_dies(&fix, ROLE_ADDRBOOKD);
	fix_wire(&fix, ROLE_ADDRBOOKD);
	fix_synced(&fix, ROLE_ADDRBOOKD);
	FIX_WAIT(&fix, fix_counter(&fix, "echo_synced_total") == n + 1);
	check_echo(&p, 2);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, messages);
	ATF_TP_ADD_TC(tp, beside_pex);
	ATF_TP_ADD_TC(tp, capacity);
	ATF_TP_ADD_TC(tp, peer_without_it);
	ATF_TP_ADD_TC(tp, only_that_channel);
	ATF_TP_ADD_TC(tp, neighbours);
	return atf_no_error();
}
