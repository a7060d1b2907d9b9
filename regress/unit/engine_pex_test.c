/* SPDX-License-Identifier: ISC */
/* The PEX reactor of a real engine: requests, lists, misbehaviour. */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "regress/lib/enginepeer.h"

static struct enginefix fix;
static struct enginepeer p;

static void
begin(void)
{
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	p.stay = true;
	enginepeer_up(&p);
}

static void
finish(void)
{
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

static uint32_t
conn_of_last(void)
{
	return ((const struct m_peer_up *)fix_last(&fix, MSG_PEER_UP))->conn;
}

/* Have dialer ask the last peer that came. */
static void
dialer_asks(void)
{
	struct m_conn m = { .conn = conn_of_last() };

	pipe_send(fix_pipe(&fix, ROLE_DIALER), MSG_ASK, 0, -1, &m);
}

static void
expect_down(enum down_reason reason)
{
	const struct m_peer_down *d;

	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 1);
	d = fix_last(&fix, MSG_PEER_DOWN);
	ATF_CHECK_EQ_MSG(d->reason, reason, "%s, not %s",
	    down_reason_name(d->reason), down_reason_name(reason));
	FIX_WAIT(&fix, p.eof);
}

static void
expect_misbehaved(enum misbehaviour what)
{
	const struct m_misbehaved *m;

	FIX_WAIT(&fix, fix_count(&fix, MSG_MISBEHAVED) == 1);
	m = fix_last(&fix, MSG_MISBEHAVED);
	ATF_CHECK_EQ_MSG(m->what, what, "%s, not %s",
	    misbehaviour_name(m->what), misbehaviour_name(what));
	ATF_CHECK(node_id_equal(&m->who.id, &p.wp.id));
	ATF_CHECK(netaddr_equal(&m->who.na, &p.na));
	expect_down(DOWN_MISBEHAVED);
}

/* --- their requests ---------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(pace);
ATF_TC_BODY(pace, tc)
{
	uint64_t began;

	enginefix_init(&fix);
	fix.conf->times.answer_interval = 500;
	begin();
	began = fix_ms();
	enginepeer_ask(&p);
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.nlists == 2);
	ATF_CHECK(fix_ms() - began < 450);
	ATF_CHECK(!((const struct m_select *)fix_last(&fix,
	    MSG_SELECT))->seed_inbound);
	/* The third is early: remembered; the fourth and fifth are not. */
	enginepeer_ask(&p);
	enginepeer_ask(&p);
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.nlists == 3);
	ATF_CHECK(fix_ms() - began >= 490);
	ATF_CHECK_EQ(fix_counter(&fix, "pex_requests_dropped_total"), 2);
	ATF_CHECK_EQ(fix_counter(&fix, "pex_requests_remembered_total"), 1);
	began = fix_ms();
	while (fix_ms() - began < 700)
		fix_turn(&fix);
	ATF_CHECK_EQ(p.nlists, 3);
	ATF_CHECK(!p.eof);
	finish();
}

ATF_TC_WITHOUT_HEAD(flood);
ATF_TC_BODY(flood, tc)
{
	int i;

	enginefix_init(&fix);
	begin();
	/* Two answers, one remembered, ten borne, and one more. */
	for (i = 0; i < 13; i++)
		enginepeer_ask(&p);
	FIX_WAIT(&fix, fix_counter(&fix, "pex_requests_total") == 13);
	ATF_CHECK_EQ(fix_count(&fix, MSG_MISBEHAVED), 0);
	enginepeer_ask(&p);
	expect_misbehaved(MISBEHAVED_FLOOD);
	finish();
}

ATF_TC_WITHOUT_HEAD(reply_rate);
ATF_TC_BODY(reply_rate, tc)
{
	struct enginepeer q[4];
	int i;

	enginefix_init(&fix);
	fix.conf->mode = MODE_SEED;
	fix.conf->private_network = false;
	fix.conf->allow_duplicate_ip = true;
	fix.conf->rates.accept_host.burst = 100;
	fix.conf->rates.accept_block.burst = 100;
	fix.conf->limits.pending_host = 100;
	fix.conf->limits.pending_block = 100;
	begin();
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.eof);
	ATF_CHECK_EQ(p.nlists, 1);
	/* A burst of four for all of one host. */
	for (i = 0; i < 4; i++) {
		enginepeer_init(&q[i], &fix, 10 + i);
		enginepeer_up(&q[i]);
		enginepeer_ask(&q[i]);
		FIX_WAIT(&fix, q[i].eof);
		ATF_CHECK_EQ(q[i].nlists, i < 3 ? 1 : 0);
		enginepeer_free(&q[i]);
	}
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 5);
	ATF_CHECK_EQ(((const struct m_peer_down *)fix_last(&fix,
	    MSG_PEER_DOWN))->reason, DOWN_RATE);
	finish();
}

/* No selection comes: it is asked for again, also over a death. */
ATF_TC_WITHOUT_HEAD(selection_lost);
ATF_TC_BODY(selection_lost, tc)
{
	enginefix_init(&fix);
	fix.no_select = true;
	begin();
	enginepeer_ask(&p);
	FIX_WAIT(&fix, fix_count(&fix, MSG_SELECT) == 1);
	fix_dies(&fix, ROLE_ADDRBOOKD);
	fix.no_select = false;
	fix_wire(&fix, ROLE_ADDRBOOKD);
	fix_synced(&fix, ROLE_ADDRBOOKD);
	FIX_WAIT(&fix, p.nlists == 1);
	ATF_CHECK(!p.eof);
	/* And one that is shed on the way back, after some seconds. */
	fix.no_select = true;
	enginepeer_ask(&p);
	FIX_WAIT(&fix, fix_count(&fix, MSG_SELECT) == 3);
	fix.no_select = false;
	FIX_WAIT(&fix, p.nlists == 2);
	ATF_CHECK_EQ(fix_count(&fix, MSG_SELECT), 4);
	finish();
}

/* Nobody asked for it, or asked long ago. */
ATF_TC_WITHOUT_HEAD(selection_stray);
ATF_TC_BODY(selection_stray, tc)
{
	struct m_selected s;
	uint32_t conn;

	enginefix_init(&fix);
	begin();
	conn = conn_of_last();
	memset(&s, 0, sizeof(s));
	s.n = 3;
	fix_addrs(s.list, s.n);
	fix_say(&fix, ROLE_ADDRBOOKD, MSG_SELECTED, conn, &s);
	fix_say(&fix, ROLE_ADDRBOOKD, MSG_SELECTED, conn + 77, &s);
	/* Two rounds over another pipe: it has read them by then. */
	pipe_flush(fix_pipe(&fix, ROLE_ADDRBOOKD));
	ATF_CHECK_EQ(fix_counter(&fix, "pex_replies_total"), 0);
	ATF_CHECK_EQ(fix_counter(&fix, "pex_replies_total"), 0);
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.nlists == 1);
	ATF_CHECK_EQ(p.list.n, fix.nselect);
	finish();
}

/* An empty book still answers: silence would end the asking for good. */
ATF_TC_WITHOUT_HEAD(empty_reply);
ATF_TC_BODY(empty_reply, tc)
{
	enginefix_init(&fix);
	fix.nselect = 0;
	begin();
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.nlists == 1);
	ATF_CHECK_EQ(p.list.total, 0);
	finish();
}

/* A seed ignores the second request of who came to it. */
ATF_TC_WITHOUT_HEAD(seed_once);
ATF_TC_BODY(seed_once, tc)
{
	enginefix_init(&fix);
	fix.conf->mode = MODE_SEED;
	begin();
	enginepeer_ask(&p);
	enginepeer_ask(&p);
	enginepeer_ask(&p);
	expect_down(DOWN_ANSWERED);
	ATF_CHECK_EQ(p.nlists, 1);
	ATF_CHECK_EQ(fix_count(&fix, MSG_SELECT), 1);
	finish();
}

/* A persistent peer is one also to a seed. */
ATF_TC_WITHOUT_HEAD(seed_persistent);
ATF_TC_BODY(seed_persistent, tc)
{
	uint64_t began;

	enginefix_init(&fix);
	fix.conf->mode = MODE_SEED;
	fix.conf->times.seed_idle = 200;
	fix.persistent = true;
	begin();
	began = fix_ms();
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.nlists == 1 && fix_ms() - began > 500);
	ATF_CHECK(!p.eof);
	finish();
}

/* --- ours -------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(asked);
ATF_TC_BODY(asked, tc)
{
	const struct m_addrs *a;
	const struct m_peer_live *l;

	enginefix_init(&fix);
	fix.conf->times.request_interval = 300;
	begin();
	dialer_asks();
	dialer_asks();			/* one at a time */
	FIX_WAIT(&fix, p.nrequests == 1);
	enginepeer_tell(&p, 25);
	FIX_WAIT(&fix, fix_count(&fix, MSG_ADDRS) == 1 &&
	    fix_count(&fix, MSG_PEER_LIVE) == 1);
	a = fix_last(&fix, MSG_ADDRS);
	ATF_CHECK_EQ(a->n, 25);
	ATF_CHECK(node_id_equal(&a->source.id, &p.wp.id));
	ATF_CHECK(netaddr_equal(&a->source.na, &p.na));
	ATF_CHECK(!a->outbound);
	l = fix_last(&fix, MSG_PEER_LIVE);
	ATF_CHECK_EQ(l->how, OUTCOME_ANSWERED);
	ATF_CHECK_EQ(l->count, 25);
	/* Too soon: it goes out when it is due. */
	dialer_asks();
	ATF_CHECK_EQ(fix_counter(&fix, "pex_asked_total"), 1);
	FIX_WAIT(&fix, p.nrequests == 2);
	finish();
}

/* More than fits one message to addrbookd: a random part of it. */
ATF_TC_WITHOUT_HEAD(long_list);
ATF_TC_BODY(long_list, tc)
{
	const struct m_addrs *a;
	unsigned i, j, last = 0;

	enginefix_init(&fix);
	begin();
	dialer_asks();
	FIX_WAIT(&fix, p.nrequests == 1);
	enginepeer_tell(&p, 700);
	FIX_WAIT(&fix, fix_count(&fix, MSG_ADDRS) == 1 &&
	    fix_count(&fix, MSG_PEER_LIVE) == 1);
	a = fix_last(&fix, MSG_ADDRS);
	ATF_CHECK_EQ(a->n, MSG_LIST_MAX);
	for (i = 0; i < a->n; i++) {
		unsigned number;

		memcpy(&number, a->list[i].id.b, sizeof(number));
		ATF_REQUIRE(number < 700);
		last += number >= 450;
		for (j = 0; j < i; j++)
			ATF_REQUIRE(!peer_addr_equal(&a->list[i],
			    &a->list[j]));
	}
	ATF_CHECK_MSG(last > 40 && last < 160, "%u of the last 250", last);
	ATF_CHECK_EQ(((const struct m_peer_live *)fix_last(&fix,
	    MSG_PEER_LIVE))->count, 700);
	finish();
}

/* A late answer is an answer, but that peer is not asked again. */
ATF_TC_WITHOUT_HEAD(late_answer);
ATF_TC_BODY(late_answer, tc)
{
	uint64_t began;

	enginefix_init(&fix);
	fix.conf->times.request_timeout = 200;
	fix.conf->times.request_interval = 100;
	begin();
	dialer_asks();
	FIX_WAIT(&fix, p.nrequests == 1);
	began = fix_ms();
	FIX_WAIT(&fix, fix_ms() - began > 300);
	enginepeer_tell(&p, 3);
	FIX_WAIT(&fix, fix_count(&fix, MSG_ADDRS) == 1);
	dialer_asks();
	ATF_CHECK_EQ(fix_counter(&fix, "pex_asked_total"), 1);
	ATF_CHECK_EQ(fix_counter(&fix, "pex_answers_late_total"), 1);
	/* And the next list is one nobody asked for. */
	enginepeer_tell(&p, 3);
	expect_misbehaved(MISBEHAVED_UNSOLICITED);
	finish();
}

ATF_TC_WITHOUT_HEAD(unsolicited);
ATF_TC_BODY(unsolicited, tc)
{
	enginefix_init(&fix);
	begin();
	enginepeer_tell(&p, 1);
	expect_misbehaved(MISBEHAVED_UNSOLICITED);
	ATF_CHECK_EQ(fix_count(&fix, MSG_ADDRS), 0);
	ATF_CHECK_EQ(fix_counter(&fix,
	    "misbehaved_unsolicited_addresses_total"), 1);
	finish();
}

ATF_TC_WITHOUT_HEAD(second_list);
ATF_TC_BODY(second_list, tc)
{
	enginefix_init(&fix);
	begin();
	dialer_asks();
	FIX_WAIT(&fix, p.nrequests == 1);
	enginepeer_tell(&p, 1);
	enginepeer_tell(&p, 1);
	expect_misbehaved(MISBEHAVED_UNSOLICITED);
	ATF_CHECK_EQ(fix_count(&fix, MSG_ADDRS), 1);
	finish();
}

ATF_TC_WITHOUT_HEAD(bad_address);
ATF_TC_BODY(bad_address, tc)
{
	/* One address: id "1", ip "127.0.0.1x", port 9090. */
	static const uint8_t msg[] = "\x12\x14\x0a\x12\x0a\x01" "1"
	    "\x12\x0a" "127.0.0.1x" "\x18\x82\x47";

	enginefix_init(&fix);
	begin();
	dialer_asks();
	FIX_WAIT(&fix, p.nrequests == 1);
	enginepeer_send(&p, PEX_CHANNEL, msg, sizeof(msg) - 1);
	expect_misbehaved(MISBEHAVED_BAD_ADDRS);
	finish();
}

/* --- bytes after the handshake ----------------------------------------- */

static const struct {
	const char	*what;
	size_t		 len;
	uint8_t		 bytes[32];
	enum down_reason reason;
} packets[] = {
	{ "not a packet", 6, { 5, 1, 2, 3, 4, 5 }, DOWN_PROTOCOL },
	{ "a packet of no type", 1, { 0 }, DOWN_MISBEHAVED },
	{ "a packet of another type", 3, { 2, 0x22, 0 }, DOWN_MISBEHAVED },
	{ "an unknown channel", 8,
	    { 7, 0x1a, 5, 0x08, 0x30, 0x10, 1, 0x22 }, DOWN_PROTOCOL },
	{ "channel 0x30", 7,
	    { 6, 0x1a, 4, 0x08, 0x30, 0x10, 1 }, DOWN_MISBEHAVED },
	{ "channel 256", 8,
	    { 7, 0x1a, 5, 0x08, 0x80, 0x02, 0x10, 1 }, DOWN_MISBEHAVED },
	{ "a length of 2^31", 5, { 0x80, 0x80, 0x80, 0x80, 8 },
	    DOWN_PROTOCOL },
	{ "a PEX message of no type", 5, { 4, 0x1a, 2, 0x10, 1 },
	    DOWN_MISBEHAVED },
	{ "a PEX message that does not decode", 9,
	    { 8, 0x1a, 6, 0x10, 1, 0x1a, 2, 0x12, 0x7f }, DOWN_PROTOCOL },
};

ATF_TC_WITHOUT_HEAD(bad_packets);
ATF_TC_BODY(bad_packets, tc)
{
	struct enginepeer good;
	size_t i;

	enginefix_init(&fix);
	enginefix_start(&fix);
	enginepeer_init(&good, &fix, 99);
	enginepeer_up(&good);
	for (i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		enginepeer_init(&p, &fix, i);
		enginepeer_up(&p);
		enginepeer_stream(&p, packets[i].bytes, packets[i].len);
		FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == i + 1);
		ATF_CHECK_EQ_MSG(((const struct m_peer_down *)fix_last(&fix,
		    MSG_PEER_DOWN))->reason, packets[i].reason, "%s: %s",
		    packets[i].what, down_reason_name(((
		    const struct m_peer_down *)fix_last(&fix,
		    MSG_PEER_DOWN))->reason));
		FIX_WAIT(&fix, p.eof);
		enginepeer_free(&p);
	}
	/* And nothing else changed. */
	ATF_CHECK_EQ(fix_counter(&fix, "peers_inbound"), 1);
	enginepeer_ask(&good);
	FIX_WAIT(&fix, good.nlists == 1);
	enginepeer_free(&good);
	enginefix_stop(&fix);
}

/* A message over the channel's capacity, in packets that are sound. */
ATF_TC_WITHOUT_HEAD(capacity);
ATF_TC_BODY(capacity, tc)
{
	static uint8_t msg[PEX_CAPACITY + 1], *stream;
	size_t n;

	enginefix_init(&fix);
	begin();
	n = mconn_stream_size(PEX_CHANNEL, MCONN_PAYLOAD, sizeof(msg));
	ATF_REQUIRE((stream = malloc(n)) != NULL);
	mconn_stream(stream, PEX_CHANNEL, MCONN_PAYLOAD, msg, sizeof(msg));
	enginepeer_stream(&p, stream, n);
	free(stream);
	expect_misbehaved(MISBEHAVED_PROTOCOL);
	finish();
}

/* A flipped bit: that connection is over, nobody is to blame. */
ATF_TC_WITHOUT_HEAD(flipped_frame);
ATF_TC_BODY(flipped_frame, tc)
{
	struct wire_span out;
	uint8_t frame[SECRET_FRAME_SIZE];

	enginefix_init(&fix);
	begin();
	ATF_REQUIRE_EQ(wire_conn_ping(p.wp.conn), WIRE_OK);
	out = wire_conn_output(p.wp.conn);
	ATF_REQUIRE_EQ(out.len, sizeof(frame));
	memcpy(frame, out.p, out.len);
	frame[100] ^= 4;
	enginepeer_raw(&p, frame, sizeof(frame));
	expect_down(DOWN_PROTOCOL);
	ATF_CHECK_EQ(fix_count(&fix, MSG_MISBEHAVED), 0);
	finish();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pace);
	ATF_TP_ADD_TC(tp, flood);
	ATF_TP_ADD_TC(tp, reply_rate);
	ATF_TP_ADD_TC(tp, selection_lost);
	ATF_TP_ADD_TC(tp, selection_stray);
	ATF_TP_ADD_TC(tp, empty_reply);
	ATF_TP_ADD_TC(tp, seed_once);
	ATF_TP_ADD_TC(tp, seed_persistent);
	ATF_TP_ADD_TC(tp, asked);
	ATF_TP_ADD_TC(tp, long_list);
	ATF_TP_ADD_TC(tp, late_answer);
	ATF_TP_ADD_TC(tp, unsolicited);
	ATF_TP_ADD_TC(tp, second_list);
	ATF_TP_ADD_TC(tp, bad_address);
	ATF_TP_ADD_TC(tp, bad_packets);
	ATF_TP_ADD_TC(tp, capacity);
	ATF_TP_ADD_TC(tp, flipped_frame);
	return atf_no_error();
}
