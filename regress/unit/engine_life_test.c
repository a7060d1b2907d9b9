/* SPDX-License-Identifier: ISC */
/* A real engine over time: pings, deaths of neighbours, reload, load. */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/lib/enginepeer.h"

static struct enginefix fix;

static uint32_t
conn_of_last(void)
{
	return ((const struct m_peer_up *)fix_last(&fix, MSG_PEER_UP))->conn;
}

static enum down_reason
last_reason(void)
{
	return ((const struct m_peer_down *)fix_last(&fix,
	    MSG_PEER_DOWN))->reason;
}

/* --- pings ------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(pings);
ATF_TC_BODY(pings, tc)
{
	struct m_show show = { .what = SHOW_PEERS };
	const struct m_row_peer *row;
	struct enginepeer p;
	int i;

	enginefix_init(&fix);
	fix.conf->times.ping_interval = 100;
	fix.conf->times.pong_timeout = 5000;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	FIX_WAIT(&fix, p.wp.nping >= 4);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_LIVE) == 1);
	/* Ours are answered, also several at once, by one pong or more. */
	for (i = 0; i < 3; i++)
		enginepeer_ping(&p);
	FIX_WAIT(&fix, p.wp.npong >= 1);
	fix_say(&fix, ROLE_PARENT, MSG_SHOW, 5, &show);
	FIX_WAIT(&fix, fix_count(&fix, MSG_ROW_PEER) == 1);
	row = fix_last(&fix, MSG_ROW_PEER);
	ATF_CHECK(row->pings >= 4 && row->pongs >= 3);
	ATF_CHECK(row->rtt_us > 0);
	ATF_CHECK(row->in_bytes > 1000 && row->out_bytes > 1000);
	ATF_CHECK(node_id_equal(&row->addr.id, &p.wp.id));
	ATF_CHECK_EQ(fix_count(&fix, MSG_PEER_LIVE), 1);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

ATF_TC_WITHOUT_HEAD(no_pong);
ATF_TC_BODY(no_pong, tc)
{
	struct enginepeer p;
	uint64_t began;

	enginefix_init(&fix);
	fix.conf->times.ping_interval = 200;
	fix.conf->times.pong_timeout = 300;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	began = fix_ms();
	enginepeer_freeze(&p);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 1);
	ATF_CHECK_EQ(last_reason(), DOWN_PONG_TIMEOUT);
	ATF_CHECK(fix_ms() - began >= 480);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* One that is heard has three times as long, and no longer. */
ATF_TC_WITHOUT_HEAD(late_pong);
ATF_TC_BODY(late_pong, tc)
{
	struct enginepeer p;
	uint64_t began, took, end = fix_deadline();
	unsigned said = 0;

	enginefix_init(&fix);
	fix.conf->times.ping_interval = 500;
	fix.conf->times.pong_timeout = 700;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	began = fix_ms();
	enginepeer_freeze(&p);
	do {
		took = fix_ms() - began;
		ATF_REQUIRE_MSG(fix_ms() < end, "it never goes");
		if (took / 200 >= said) {
			enginepeer_ping(&p);
			said++;
		}
		fix_turn(&fix);
	} while (fix_count(&fix, MSG_PEER_DOWN) == 0);
	ATF_CHECK_EQ(last_reason(), DOWN_PONG_TIMEOUT);
	ATF_CHECK_MSG(took > 500 + 2 * 700, "after %llu ms",
	    (unsigned long long)took);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* Pongs that nobody asked for do no harm. */
ATF_TC_WITHOUT_HEAD(pongs_unasked);
ATF_TC_BODY(pongs_unasked, tc)
{
	struct enginepeer p;
	int i;

	enginefix_init(&fix);
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	for (i = 0; i < 3; i++)
		enginepeer_stream(&p, mconn_pong, sizeof(mconn_pong));
	enginepeer_ping(&p);
	FIX_WAIT(&fix, p.wp.npong == 1);
	ATF_CHECK_EQ(fix_count(&fix, MSG_PEER_LIVE), 0);
	ATF_CHECK(!p.eof);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

ATF_TC_WITHOUT_HEAD(ping_flood);
ATF_TC_BODY(ping_flood, tc)
{
	uint8_t pings[101 * MCONN_CONTROL_SIZE];
	struct enginepeer p;
	size_t i;

	enginefix_init(&fix);
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	for (i = 0; i < 101; i++)
		memcpy(pings + i * MCONN_CONTROL_SIZE, mconn_ping,
		    MCONN_CONTROL_SIZE);
	enginepeer_stream(&p, pings, 100 * MCONN_CONTROL_SIZE);
	FIX_WAIT(&fix, p.wp.npong >= 1);
	/* A hundred in one go share their pong. */
	ATF_CHECK_EQ(p.wp.npong, 1);
	ATF_CHECK(!p.eof);
	enginepeer_stream(&p, pings, MCONN_CONTROL_SIZE);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 1);
	ATF_CHECK_EQ(last_reason(), DOWN_PROTOCOL);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* --- neighbours come and go -------------------------------------------- */

ATF_TC_WITHOUT_HEAD(dialer_dies);
ATF_TC_BODY(dialer_dies, tc)
{
	struct enginepeer in, out, half, pending;
	const struct m_peer_up *up;
	const struct childmsg *m;
	unsigned n = 0;

	enginefix_init(&fix);
	enginefix_start(&fix);
	enginepeer_init(&in, &fix, 1);
	enginepeer_up(&in);
	enginepeer_init(&out, &fix, 2);
	enginepeer_dial(&out, 5, &out.wp.id, PURPOSE_PERSISTENT);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_UP) == 4);
	fix.no_admit = true;
	enginepeer_init(&half, &fix, 3);
	enginepeer_dial_silent(&half, 6, &half.wp.id, PURPOSE_PEER);
	enginepeer_init(&pending, &fix, 4);
	enginepeer_open(&pending);
	FIX_WAIT(&fix, fix_count(&fix, MSG_ADMIT) == 3);
	fix_forget(&fix);
	fix_dies(&fix, ROLE_DIALER);
	/* Who waited for the old one is sent away, no peer is. */
	FIX_WAIT(&fix, half.eof && pending.eof);
	ATF_CHECK_EQ(fix_counter(&fix, "refused_unavailable_total"), 1);
	fix_forget(&fix);
	fix.no_admit = false;
	fix_wire(&fix, ROLE_DIALER);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PIPE_SYNCED) == 1);
	/* All peers were replayed before it said so. */
	TAILQ_FOREACH(m, &fix.child.msgs, entry) {
		if (m->type == MSG_PIPE_SYNCED)
			break;
		ATF_CHECK_EQ(m->type, MSG_PEER_UP);
		ATF_CHECK_EQ(m->to, ROLE_DIALER);
		up = m->body;
		ATF_CHECK(node_id_equal(&up->addr.id, up->outbound ?
		    &out.wp.id : &in.wp.id));
		n += up->outbound && up->purpose == PURPOSE_PERSISTENT ? 10 :
		    1;
	}
	ATF_CHECK_EQ(n, 11);
	ATF_CHECK(!in.eof && !out.eof);
	enginepeer_free(&pending);
	enginepeer_init(&pending, &fix, 5);
	enginepeer_open(&pending);
	fix_synced(&fix, ROLE_DIALER);
	FIX_WAIT(&fix, enginepeer_is_up(&pending));
	ATF_CHECK_EQ(fix_count(&fix, MSG_DIALED), 0);
	enginepeer_free(&in);
	enginepeer_free(&out);
	enginepeer_free(&half);
	enginepeer_free(&pending);
	enginefix_stop(&fix);
}

ATF_TC_WITHOUT_HEAD(bans);
ATF_TC_BODY(bans, tc)
{
	struct m_ban ban = { .has_host = true, .left_s = 3600 };
	struct enginepeer p;

	enginefix_init(&fix);
	fix.conf->private_network = false;
	enginefix_start(&fix);
	memcpy(ban.ip, fix.listen.ip, sizeof(ban.ip));
	fix_say(&fix, ROLE_ADDRBOOKD, MSG_BAN, 0, &ban);
	FIX_WAIT(&fix, fix_counter(&fix, "bans_mirrored") == 1);
	enginepeer_init(&p, &fix, 1);
	enginepeer_open(&p);
	FIX_WAIT(&fix, p.eof);
	ATF_CHECK_EQ(p.in_bytes, 0);
	ATF_CHECK_EQ(fix_counter(&fix, "refused_banned_host_total"), 1);
	enginepeer_free(&p);
	/* A new addrbookd tells its bans anew; this one has none. */
	fix_dies(&fix, ROLE_ADDRBOOKD);
	fix_wire(&fix, ROLE_ADDRBOOKD);
	fix_synced(&fix, ROLE_ADDRBOOKD);
	FIX_WAIT(&fix, fix_counter(&fix, "bans_mirrored") == 0);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* An ID is told apart once it is proved; operators' own peers are not. */
ATF_TC_WITHOUT_HEAD(banned_id);
ATF_TC_BODY(banned_id, tc)
{
	struct m_ban ban = { .has_id = true, .left_s = 3600 };
	struct host_addr ha;
	struct enginepeer p;

	enginefix_init(&fix);
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	ban.id = p.wp.id;
	fix_say(&fix, ROLE_ADDRBOOKD, MSG_BAN, 0, &ban);
	FIX_WAIT(&fix, fix_counter(&fix, "bans_mirrored") == 1);
	enginepeer_open(&p);
	FIX_WAIT(&fix, p.eof);
	ATF_CHECK_EQ(fix_counter(&fix, "refused_banned_total"), 1);
	ATF_CHECK_EQ(fix_count(&fix, MSG_ADMIT), 0);
	memset(&ha, 0, sizeof(ha));
	ha.id = p.wp.id;
	ATF_REQUIRE_EQ(conf_add_peer(fix.conf, CONF_UNCONDITIONAL, &ha), 0);
	fix_reload(&fix);
	enginepeer_free(&p);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/*
 * addrbookd does not read: whoever loads its pipe is not read from, what is
 * in it is bounded, and it goes on when it is read again.
 */
ATF_TC_WITHOUT_HEAD(pipe_full);
ATF_TC_BODY(pipe_full, tc)
{
	struct m_conn ask;
	struct enginepeer p;
	unsigned i, told = 0;
	uint64_t until;

	enginefix_init(&fix);
	fix.conf->times.request_interval = 0;
	fix.conf->limits.send_rate = fix.conf->limits.recv_rate = 0;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	ask.conn = conn_of_last();
	pipe_pause(fix_pipe(&fix, ROLE_ADDRBOOKD));
	/* Until no more of its lists is taken. */
	for (i = 0; i < 1000; i++) {
		pipe_send(fix_pipe(&fix, ROLE_DIALER), MSG_ASK, 0, -1, &ask);
		until = fix_ms() + 1000;
		while (p.nrequests == told && fix_ms() < until)
			fix_turn(&fix);
		if (p.nrequests == told)
			break;
		enginepeer_tell(&p, MSG_LIST_MAX);
		told++;
		until = fix_ms() + 1000;
		while (fix_count(&fix, MSG_PEER_LIVE) < told &&
		    fix_ms() < until)
			fix_turn(&fix);
	}
	/* 1 MiB and the sockets' own buffers, of 9.5 KB each. */
	ATF_CHECK_MSG(told > 100 && told < 400, "%u lists", told);
	ATF_CHECK_EQ(fix_counter(&fix, "pex_lists_lost_total"), 0);
	ATF_CHECK(!p.eof);
	pipe_resume(fix_pipe(&fix, ROLE_ADDRBOOKD));
	FIX_WAIT(&fix, fix_count(&fix, MSG_ADDRS) == told);
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.nlists == 1);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* What may not be said ends the pipe; the engine goes on. */
ATF_TC_WITHOUT_HEAD(violation);
ATF_TC_BODY(violation, tc)
{
	struct m_admitted a = { .conn = 1, .verdict = 99 };
	struct enginepeer p;

	enginefix_init(&fix);
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	pipe_send(fix_pipe(&fix, ROLE_DIALER), MSG_ADMITTED, 0, -1, &a);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PROC_VIOLATION) == 1 &&
	    fix_pipe(&fix, ROLE_DIALER) == NULL);
	ATF_CHECK_EQ(((const struct m_proc_violation *)fix_last(&fix,
	    MSG_PROC_VIOLATION))->peer, ROLE_DIALER);
	fix_wire(&fix, ROLE_DIALER);
	fix_synced(&fix, ROLE_DIALER);
	FIX_WAIT(&fix, fix_counter(&fix, "peers_inbound") == 1);
	ATF_CHECK(!p.eof);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

ATF_TC_WITHOUT_HEAD(drop);
ATF_TC_BODY(drop, tc)
{
	struct m_drop d = { .reason = DOWN_OPERATOR };
	struct enginepeer p;

	enginefix_init(&fix);
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	d.conn = 999;				/* long gone: no harm */
	pipe_send(fix_pipe(&fix, ROLE_DIALER), MSG_DROP, 0, -1, &d);
	d.conn = conn_of_last();
	pipe_send(fix_pipe(&fix, ROLE_DIALER), MSG_DROP, 0, -1, &d);
	FIX_WAIT(&fix, p.eof && fix_count(&fix, MSG_PEER_DOWN) == 1);
	ATF_CHECK_EQ(last_reason(), DOWN_OPERATOR);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* --- reload ------------------------------------------------------------ */

ATF_TC_WITHOUT_HEAD(reload);
ATF_TC_BODY(reload, tc)
{
	struct enginepeer p, q;

	enginefix_init(&fix);
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	enginefix_add_listener(&fix);
	strlcpy(fix.conf->moniker, "renamed", sizeof(fix.conf->moniker));
	fix_reload(&fix);
	fix.listen = fix.conf->listen[1];
	enginepeer_init(&q, &fix, 2);
	enginepeer_up(&q);
	ATF_CHECK_STREQ(q.wp.moniker, "renamed");
	ATF_CHECK(!p.eof);
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.nlists == 1);
	/* And the first listener goes; the test holds it open, too. */
	fix.conf->listen[0] = fix.conf->listen[1];
	fix.conf->nlisten = 1;
	fix.nlisten = 1;
	{
		int fd = fix.listen_fds[0];

		fix.listen_fds[0] = fix.listen_fds[1];
		fix_reload(&fix);
		close(fd);
	}
	ATF_CHECK(fix_logged(&fix, "no longer listening on"));
	enginepeer_free(&q);
	enginepeer_init(&q, &fix, 3);
	enginepeer_up(&q);
	ATF_CHECK(!p.eof);
	enginepeer_free(&p);
	enginepeer_free(&q);
	enginefix_stop(&fix);
}

/* --- shown ------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(show_peers);
ATF_TC_BODY(show_peers, tc)
{
	struct m_show show = { .what = SHOW_PEERS };
	const struct childmsg *m;
	const struct m_done *done;
	struct enginepeer *p;
	uint32_t last = 0;
	unsigned rounds = 0, rows = 0;

	enginefix_init(&fix);
	enginefix_start(&fix);
	p = enginepeers_up(&fix, 150);
	do {
		fix_forget(&fix);
		fix_say(&fix, ROLE_PARENT, MSG_SHOW, 42, &show);
		FIX_WAIT(&fix, fix_count(&fix, MSG_DONE) == 1);
		TAILQ_FOREACH(m, &fix.child.msgs, entry)
			if (m->type == MSG_ROW_PEER) {
				const struct m_row_peer *row = m->body;

				ATF_CHECK_EQ(m->id, 42);
				ATF_CHECK(row->conn > last);
				last = row->conn;
				rows++;
			}
		done = fix_last(&fix, MSG_DONE);
		show.cursor = done->cursor;
		rounds++;
	} while (done->status == STATUS_MORE);
	ATF_CHECK_EQ(done->status, STATUS_OK);
	ATF_CHECK_EQ(rows, 150);
	ATF_CHECK_EQ(rounds, 3);
	show.what = SHOW_BANS;
	fix_say(&fix, ROLE_PARENT, MSG_SHOW, 43, &show);
	FIX_WAIT(&fix, fix_count(&fix, MSG_DONE) == 2);
	ATF_CHECK_EQ(((const struct m_done *)fix_last(&fix,
	    MSG_DONE))->status, STATUS_INVALID);
	enginepeers_free(p, 150);
	enginefix_stop(&fix);
}

/* pexctl monitor watches. */
ATF_TC_WITHOUT_HEAD(events);
ATF_TC_BODY(events, tc)
{
	static const uint8_t want[] = { EVENT_PEER_UP, EVENT_REQUEST,
	    EVENT_REPLY, EVENT_PEER_DOWN };
	struct m_events on = { .on = true };
	const struct childmsg *m;
	struct enginepeer p;
	size_t i = 0;

	enginefix_init(&fix);
	enginefix_start(&fix);
	fix_say(&fix, ROLE_PARENT, MSG_EVENTS, 0, &on);
	(void)fix_counter(&fix, "connections");
	fix_forget(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.nlists == 1);
	enginepeer_close(&p);
	FIX_WAIT(&fix, fix_count(&fix, MSG_EVENT) == 4);
	TAILQ_FOREACH(m, &fix.child.msgs, entry) {
		const struct m_event *ev = m->body;

		if (m->type != MSG_EVENT)
			continue;
		ATF_CHECK_EQ(ev->kind, want[i++]);
		ATF_CHECK(node_id_equal(&ev->id, &p.wp.id));
		ATF_CHECK(ev->time_ms > 1600000000000LL);
		if (ev->kind == EVENT_REPLY)
			ATF_CHECK_EQ(ev->count, fix.nselect);
	}
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pings);
	ATF_TP_ADD_TC(tp, no_pong);
	ATF_TP_ADD_TC(tp, late_pong);
	ATF_TP_ADD_TC(tp, pongs_unasked);
	ATF_TP_ADD_TC(tp, ping_flood);
	ATF_TP_ADD_TC(tp, dialer_dies);
	ATF_TP_ADD_TC(tp, bans);
	ATF_TP_ADD_TC(tp, banned_id);
	ATF_TP_ADD_TC(tp, pipe_full);
	ATF_TP_ADD_TC(tp, violation);
	ATF_TP_ADD_TC(tp, drop);
	ATF_TP_ADD_TC(tp, reload);
	ATF_TP_ADD_TC(tp, show_peers);
	ATF_TP_ADD_TC(tp, events);
	return atf_no_error();
}
