/* SPDX-License-Identifier: ISC */
/*
 * What CometBFT's tests of its transport and switch (p2p/transport_test.go,
 * p2p/switch_test.go) ask, asked of a real engine.  docs/conformance.md says
 * which other cases answer the rest of them.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "regress/lib/enginepeer.h"
#include "regress/lib/rawpeer.h"

static struct enginefix fix;

/* TestPEXReactorBasic: the reactor's channel is in our node info. */
ATF_TC_WITHOUT_HEAD(pex_reactor_basic);
ATF_TC_BODY(pex_reactor_basic, tc)
{
	struct enginepeer p;
	int i;

	enginefix_init(&fix);
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	ATF_CHECK(wire_conn_peer_has_channel(p.wp.conn, 0x00));
	for (i = 1; i < 256; i++)
		ATF_CHECK(!wire_conn_peer_has_channel(p.wp.conn, i));
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* What is shown of the one peer there is. */
static const struct m_row_peer *
shown(void)
{
	struct m_show show = { .what = SHOW_PEERS };

	fix_forget(&fix);
	fix_say(&fix, ROLE_PARENT, MSG_SHOW, 7, &show);
	FIX_WAIT(&fix, fix_count(&fix, MSG_DONE) == 1);
	ATF_REQUIRE_EQ(1, fix_count(&fix, MSG_ROW_PEER));
	return fix_last(&fix, MSG_ROW_PEER);
}

static void
check_shown(const struct enginepeer *p, bool outbound, bool persistent)
{
	const struct m_row_peer *row = shown();

	ATF_CHECK(node_id_equal(&row->addr.id, &p->wp.id));
	ATF_CHECK(netaddr_equal(&row->addr.na, &p->na));
	ATF_CHECK_EQ(outbound, row->outbound);
	ATF_CHECK_EQ(persistent, row->persistent);
	ATF_CHECK(!row->unconditional);
	ATF_CHECK_STREQ("peer", row->moniker);
	ATF_CHECK_STREQ("test-net", row->network);
}

/* TestPeerBasic: who it is, where, and of what kind. */
ATF_TC_WITHOUT_HEAD(peer_basic);
ATF_TC_BODY(peer_basic, tc)
{
	struct enginepeer p;

	enginefix_init(&fix);
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_dial(&p, 1, &p.wp.id, PURPOSE_PEER);
	/* Both dialer and addrbookd have heard: no late word of it. */
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_UP) == 2);
	check_shown(&p, true, false);
	enginepeer_close(&p);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) >= 1 &&
	    fix_counter(&fix, "connections") == 0);
	enginepeer_free(&p);

	fix.persistent = true;
	enginepeer_init(&p, &fix, 2);
	enginepeer_up(&p);
	check_shown(&p, false, true);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* TestTransportMultiplexAcceptMultiple: all at once, all let in. */
ATF_TC_WITHOUT_HEAD(accept_multiple);
ATF_TC_BODY(accept_multiple, tc)
{
	enum { N = 127 };
	struct enginepeer *p;
	int i, nup = 0;

	ATF_REQUIRE((p = calloc(N, sizeof(*p))) != NULL);
	enginefix_init(&fix);
	enginefix_start(&fix);
	for (i = 0; i < N; i++) {
		enginepeer_init(&p[i], &fix, i);
		enginepeer_connect(&p[i]);
	}
	for (i = 0; i < N; i++)
		enginepeer_begin(&p[i]);
	FIX_WAIT(&fix, fix_counter(&fix, "peers_inbound") == N);
	for (i = 0; i < N; i++)
		nup += enginepeer_is_up(&p[i]);
	ATF_CHECK_EQ(N, nup);
	enginepeers_free(p, N);
	enginefix_stop(&fix);
}

/* TestTransportMultiplexAcceptNonBlocking: who stalls holds up nobody. */
ATF_TC_WITHOUT_HEAD(accept_non_blocking);
ATF_TC_BODY(accept_non_blocking, tc)
{
	struct enginepeer slow, fast;

	enginefix_init(&fix);
	enginefix_start(&fix);
	enginepeer_init(&slow, &fix, 1);
	enginepeer_init(&fast, &fix, 2);
	enginepeer_connect(&slow);
	FIX_WAIT(&fix, slow.in_bytes == SECRET_HELLO_SIZE);
	enginepeer_up(&fast);
	ATF_CHECK_EQ(1, fix_counter(&fix, "handshakes_pending"));
	/* And the slow one gets in when it goes on. */
	enginepeer_begin(&slow);
	FIX_WAIT(&fix, enginepeer_is_up(&slow));
	enginepeer_free(&slow);
	enginepeer_free(&fast);
	enginefix_stop(&fix);
}

/* TestMakeSecretConnection, its evil peers: each is told apart. */
enum evil { NO_KEY, BAD_KEY, NO_AUTH, BAD_AUTH };

static void
be_evil(struct enginepeer *p, enum evil how)
{
	static const uint8_t bad_key[] = { 0x22, 0x0a, 0x20, 1, 2, 3, 4, 5,
	    6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
	    23, 24, 25, 26, 27, 28, 29, 30, 31, 32 };
	static const uint8_t wrong_type[] = { 0x22, 0x08, 0x20 };
	static const uint8_t junk[SECRET_FRAME_SIZE];

	enginepeer_connect(p);
	FIX_WAIT(&fix, p->in_bytes == SECRET_HELLO_SIZE);
	if (how == BAD_KEY) {
		enginepeer_raw(p, wrong_type, sizeof(wrong_type));
		enginepeer_raw(p, junk, 32);
	} else if (how != NO_KEY)
		enginepeer_raw(p, bad_key, sizeof(bad_key));
	if (how == BAD_AUTH)
		enginepeer_raw(p, junk, sizeof(junk));
	if (how == NO_AUTH)
		FIX_WAIT(&fix, p->in_bytes > SECRET_HELLO_SIZE);
	if (how == NO_KEY || how == NO_AUTH)
		enginepeer_close(p);
}

ATF_TC_WITHOUT_HEAD(evil_secret_connections);
ATF_TC_BODY(evil_secret_connections, tc)
{
	static const struct {
		enum evil	 how;
		const char	*counter;
	} rows[] = {
		{ NO_KEY, "refused_no_key_total" },
		{ BAD_KEY, "refused_key_exchange_total" },
		{ NO_AUTH, "refused_closed_total" },
		{ BAD_AUTH, "refused_frame_total" },
	};
	struct enginepeer p;
	int64_t before;
	size_t i;

	enginefix_init(&fix);
	enginefix_start(&fix);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		before = fix_counter(&fix, rows[i].counter);
		enginepeer_init(&p, &fix, i);
		be_evil(&p, rows[i].how);
		FIX_WAIT(&fix, fix_counter(&fix, rows[i].counter) ==
		    before + 1);
		FIX_WAIT(&fix, fix_counter(&fix, "connections") == 0);
		enginepeer_free(&p);
	}
	ATF_CHECK_EQ(0, fix_count(&fix, MSG_ADMIT));
	enginefix_stop(&fix);
}

/* TestSwitchStopPeerForError: the number of peers goes from 1 to 0. */
ATF_TC_WITHOUT_HEAD(stop_peer_for_error);
ATF_TC_BODY(stop_peer_for_error, tc)
{
	struct enginepeer p;

	enginefix_init(&fix);
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	ATF_CHECK_EQ(1, fix_counter(&fix, "peers_inbound"));
	/* Ping, pong or message: a packet is none of them. */
	enginepeer_stream(&p, "\x02\x22\x00", 3);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 1);
	ATF_CHECK_EQ(0, fix_counter(&fix, "peers_inbound"));
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/*
 * TestSwitchInitPeerIsNotCalledBeforeRemovePeer: one that comes again at
 * once.  To dialer the old one is gone before it is asked about the new one.
 */
ATF_TC_WITHOUT_HEAD(removed_before_it_comes_again);
ATF_TC_BODY(removed_before_it_comes_again, tc)
{
	static const uint32_t order[] = { MSG_ADMIT, MSG_PEER_UP,
	    MSG_PEER_DOWN };
	const struct childmsg *m;
	struct enginepeer p;
	unsigned i, n = 0;

	enginefix_init(&fix);
	enginefix_start(&fix);
	for (i = 0; i < 30; i++) {
		enginepeer_init(&p, &fix, 1);
		enginepeer_open(&p);
		FIX_WAIT(&fix, enginepeer_is_up(&p) &&
		    fix_count(&fix, MSG_ADMIT) == i + 1);
		enginepeer_free(&p);
	}
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 30);
	TAILQ_FOREACH(m, &fix.child.msgs, entry)
		if (m->to == ROLE_DIALER && (m->type == MSG_ADMIT ||
		    m->type == MSG_PEER_UP || m->type == MSG_PEER_DOWN))
			ATF_CHECK_EQ_MSG(order[n++ % 3], m->type,
			    "message %u is %s", n, msg_name(m->type));
	ATF_CHECK_EQ(90, n);
	enginefix_stop(&fix);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pex_reactor_basic);
	ATF_TP_ADD_TC(tp, peer_basic);
	ATF_TP_ADD_TC(tp, accept_multiple);
	ATF_TP_ADD_TC(tp, accept_non_blocking);
	ATF_TP_ADD_TC(tp, evil_secret_connections);
	ATF_TP_ADD_TC(tp, stop_peer_for_error);
	ATF_TP_ADD_TC(tp, removed_before_it_comes_again);
	return atf_no_error();
}
