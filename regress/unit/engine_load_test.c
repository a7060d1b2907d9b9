/* SPDX-License-Identifier: ISC */
/* A real engine under load: limits, memory, descriptors, slow peers. */
#include <sys/types.h>
#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/lib/enginepeer.h"

static struct enginefix fix;

static enum down_reason
last_reason(void)
{
	return ((const struct m_peer_down *)fix_last(&fix,
	    MSG_PEER_DOWN))->reason;
}

/* --- limits ------------------------------------------------------------ */

ATF_TC_WITHOUT_HEAD(accept_rate);
ATF_TC_BODY(accept_rate, tc)
{
	struct enginepeer p;
	int i;

	enginefix_init(&fix);
	fix.conf->private_network = false;
	fix.conf->allow_duplicate_ip = true;
	enginefix_start(&fix);
	for (i = 0; i < 5; i++) {
		enginepeer_init(&p, &fix, i);
		enginepeer_connect(&p);
		if (i < 4)
			FIX_WAIT(&fix, p.in_bytes == SECRET_HELLO_SIZE);
		else {
			FIX_WAIT(&fix, p.eof);
			/* Closed without a byte. */
			ATF_CHECK_EQ(p.in_bytes, 0);
		}
		enginepeer_free(&p);
	}
	ATF_CHECK_EQ(fix_counter(&fix, "refused_rate_host_total"), 1);
	enginefix_stop(&fix);
}

ATF_TC_WITHOUT_HEAD(one_per_ip);
ATF_TC_BODY(one_per_ip, tc)
{
	struct enginepeer p, q, third;

	enginefix_init(&fix);
	fix.conf->private_network = false;
	fix.no_admit = true;
	enginefix_start(&fix);
	/* Two shake hands at once, which is allowed; one of them gets in. */
	enginepeer_init(&p, &fix, 1);
	enginepeer_init(&q, &fix, 2);
	enginepeer_open(&p);
	enginepeer_open(&q);
	/* dialer, who might have somebody evicted, is asked for one alone. */
	FIX_WAIT(&fix, fix_counter(&fix, "refused_same_ip_total") == 1);
	FIX_WAIT(&fix, p.eof != q.eof);
	FIX_WAIT(&fix, fix_count(&fix, MSG_ADMIT) == 1);
	{
		struct m_admitted a = { .verdict = VERDICT_OK };

		a.conn = ((const struct m_admit *)fix_last(&fix,
		    MSG_ADMIT))->conn;
		pipe_send(fix_pipe(&fix, ROLE_DIALER), MSG_ADMITTED, 0, -1, &a);
	}
	FIX_WAIT(&fix, fix_counter(&fix, "peers_inbound") == 1);
	/* A third one is told apart from them before any crypto. */
	enginepeer_init(&third, &fix, 3);
	enginepeer_open(&third);
	FIX_WAIT(&fix, third.eof);
	ATF_CHECK_EQ(third.in_bytes, 0);
	enginepeer_free(&third);
	enginepeer_free(&p);
	enginepeer_free(&q);
	enginefix_stop(&fix);
}

/* More silent ones than the table holds: the oldest give way. */
ATF_TC_WITHOUT_HEAD(crowded);
ATF_TC_BODY(crowded, tc)
{
	struct enginepeer *silent, p;
	enum { N = 40 };
	int i;

	ATF_REQUIRE((silent = calloc(N, sizeof(*silent))) != NULL);
	enginefix_init(&fix);
	fix.conf->limits.pending = 20;
	fix.conf->times.handshake_timeout = 600000;
	enginefix_start(&fix);
	for (i = 0; i < N; i++) {
		enginepeer_init(&silent[i], &fix, i);
		enginepeer_connect(&silent[i]);
		FIX_WAIT(&fix, silent[i].in_bytes == SECRET_HELLO_SIZE);
	}
	ATF_CHECK(fix_counter(&fix, "handshakes_pending") <= 20);
	ATF_CHECK(silent[0].eof);
	ATF_CHECK(!silent[N - 1].eof);
	/* And an honest one gets through. */
	enginepeer_init(&p, &fix, 100);
	enginepeer_up(&p);
	enginepeer_free(&p);
	for (i = 0; i < N; i++)
		enginepeer_free(&silent[i]);
	free(silent);
	enginefix_stop(&fix);
}

/* Out of descriptors: accepting pauses, peers stay, and it recovers. */
ATF_TC_WITHOUT_HEAD(descriptors);
ATF_TC_BODY(descriptors, tc)
{
	struct enginepeer *p, dialled;
	enum { N = 60 };
	int i, nup = 0;

	ATF_REQUIRE((p = calloc(N, sizeof(*p))) != NULL);
	enginefix_init(&fix);
	fix.child.init.nofile = 80;	/* 40 of them for connections */
	enginefix_start(&fix);
	for (i = 0; i < N; i++) {
		enginepeer_init(&p[i], &fix, i);
		enginepeer_open(&p[i]);
	}
	FIX_WAIT(&fix, fix_counter(&fix, "accept_pauses_total") >= 1);
	FIX_WAIT(&fix, fix_counter(&fix, "peers_inbound") == 40);
	for (i = 0; i < N; i++)
		nup += enginepeer_is_up(&p[i]);
	ATF_CHECK_EQ(nup, 40);
	/* The reserve is for dials. */
	enginepeer_init(&dialled, &fix, N);
	enginepeer_dial(&dialled, 1, &dialled.wp.id, PURPOSE_PEER);
	FIX_WAIT(&fix, fix_counter(&fix, "peers_outbound") == 1);
	enginepeer_free(&dialled);
	/* Those who were not accepted waited in the backlog. */
	for (i = 0; i < N; i++)
		if (enginepeer_is_up(&p[i]))
			enginepeer_close(&p[i]);
	FIX_WAIT(&fix, fix_counter(&fix, "peers_inbound") == 20);
	for (i = 0; i < N; i++)
		enginepeer_free(&p[i]);
	free(p);
	enginefix_stop(&fix);
}

/* --- load -------------------------------------------------------------- */

/* What an idle peer costs; sanitizers multiply it. */
ATF_TC_WITHOUT_HEAD(idle_memory);
ATF_TC_BODY(idle_memory, tc)
{
	enum { WARM = 50, N = 400 };
#ifdef PEXD_SANDBOX_LOG
	const size_t max = 64 * 1024;
#else
	const size_t max = 8 * 1024;
#endif
	struct enginepeer *warm, *p;
	size_t before, each;

	enginefix_init(&fix);
	fix.conf->limits.max_inbound = 1000;
	enginefix_start(&fix);
	warm = enginepeers_up(&fix, WARM);
	before = fix_rss(&fix);
	fix_forget(&fix);
	p = enginepeers_up(&fix, N);
	each = (fix_rss(&fix) - before) / N;
	printf("%zu bytes per idle peer\n", each);
	ATF_CHECK_MSG(each <= max, "%zu bytes per idle peer", each);
	enginepeers_free(p, N);
	enginepeers_free(warm, WARM);
	FIX_WAIT(&fix, fix_counter(&fix, "connections") == 0);
	enginefix_stop(&fix);
}

/* All leave a message unfinished: 16 MiB is the most they get. */
ATF_TC_WITHOUT_HEAD(unfinished);
ATF_TC_BODY(unfinished, tc)
{
	static uint8_t msg[63000], *stream;
	struct enginepeer *p;
	enum { N = 300 };
	size_t n;
	unsigned i;

	enginefix_init(&fix);
	enginefix_start(&fix);
	p = enginepeers_up(&fix, N);
	n = mconn_stream_size(PEX_CHANNEL, MCONN_PAYLOAD, sizeof(msg));
	ATF_REQUIRE((stream = malloc(n)) != NULL);
	mconn_stream(stream, PEX_CHANNEL, MCONN_PAYLOAD, msg, sizeof(msg));
	for (i = 0; i < N; i++) {
		/* All but the last packet, which alone has an eof. */
		enginepeer_stream(&p[i], stream, n - sizeof(msg) % 1024 - 10);
		fix_turn(&fix);
	}
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) >= N - 262);
	ATF_CHECK_EQ(last_reason(), DOWN_SLOW);
	ATF_CHECK(fix_counter(&fix, "unfinished_input_bytes") <=
	    16 * 1024 * 1024);
	ATF_CHECK(fix_counter(&fix, "peers_inbound") >= 240);
	free(stream);
	enginepeers_free(p, N);
	enginefix_stop(&fix);
}

/* One that asks and does not read: its queue is bounded, then it goes. */
ATF_TC_WITHOUT_HEAD(slow_reader);
ATF_TC_BODY(slow_reader, tc)
{
	struct enginepeer p, q;
	int size = 4096;

	enginefix_init(&fix);
	fix.nselect = MSG_LIST_MAX;
	fix.conf->times.answer_interval = 1;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	enginepeer_freeze(&p);
	(void)setsockopt(p.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	enginepeer_init(&q, &fix, 2);
	enginepeer_up(&q);
	while (fix_count(&fix, MSG_PEER_DOWN) == 0) {
		unsigned n = fix_count(&fix, MSG_SELECT);

		enginepeer_ask(&p);
		FIX_WAIT(&fix, fix_count(&fix, MSG_SELECT) > n ||
		    fix_count(&fix, MSG_PEER_DOWN) == 1);
	}
	ATF_CHECK_EQ(last_reason(), DOWN_SLOW);
	enginepeer_ask(&q);
	FIX_WAIT(&fix, q.nlists == 1);
	enginepeer_free(&p);
	enginepeer_free(&q);
	enginefix_stop(&fix);
}

/* A few answers in the queue and no progress: the time a pong has. */
ATF_TC_WITHOUT_HEAD(stalled);
ATF_TC_BODY(stalled, tc)
{
	struct enginepeer p;
	int size = 4096;
	int64_t sent, replies = 0;
	uint64_t began;

	enginefix_init(&fix);
	fix.nselect = MSG_LIST_MAX;
	fix.conf->times.answer_interval = 1;
	fix.conf->times.pong_timeout = 3000;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	enginepeer_freeze(&p);
	(void)setsockopt(p.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	do {
		sent = fix_counter(&fix, "sent_bytes_total");
		enginepeer_ask(&p);
		replies++;
		FIX_WAIT(&fix, fix_counter(&fix, "pex_replies_total") ==
		    replies);
		/* One more round, for what its turn had to write. */
		(void)fix_counter(&fix, "connections");
		fix_forget(&fix);
	} while (fix_counter(&fix, "sent_bytes_total") > sent + 10000);
	began = fix_ms();
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 1);
	ATF_CHECK_EQ(last_reason(), DOWN_SLOW);
	ATF_CHECK(fix_logged(&fix, "it does not read"));
	ATF_CHECK(fix_ms() - began > 2000);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* Throttled, not dropped. */
ATF_TC_WITHOUT_HEAD(rates);
ATF_TC_BODY(rates, tc)
{
	struct enginepeer p;
	uint64_t began, took;
	int i;

	enginefix_init(&fix);
	fix.conf->limits.send_rate = 20000;
	fix.conf->limits.recv_rate = 20000;
	fix.nselect = MSG_LIST_MAX;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	began = fix_ms();
	enginepeer_ask(&p);
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.nlists == 2);
	took = fix_ms() - began;
	ATF_CHECK_MSG(took > 500, "%ju bytes in %ju ms",
	    (uintmax_t)p.in_bytes, (uintmax_t)took);
	ATF_CHECK(p.in_bytes / took < 60);
	began = fix_ms();
	for (i = 0; i < 60; i++)
		enginepeer_ping(&p);
	FIX_WAIT(&fix, fix_counter(&fix, "received_bytes_total") >
	    60 * SECRET_FRAME_SIZE);
	ATF_CHECK(fix_ms() - began > 1500);
	ATF_CHECK(!p.eof);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, accept_rate);
	ATF_TP_ADD_TC(tp, one_per_ip);
	ATF_TP_ADD_TC(tp, crowded);
	ATF_TP_ADD_TC(tp, descriptors);
	ATF_TP_ADD_TC(tp, idle_memory);
	ATF_TP_ADD_TC(tp, unfinished);
	ATF_TP_ADD_TC(tp, slow_reader);
	ATF_TP_ADD_TC(tp, stalled);
	ATF_TP_ADD_TC(tp, rates);
	return atf_no_error();
}
