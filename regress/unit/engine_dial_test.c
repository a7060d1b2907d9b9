/* SPDX-License-Identifier: ISC */
/* Sockets that dialer hands to a real engine: one outcome for each. */
#include <sys/types.h>
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/lib/enginepeer.h"

static struct enginefix fix;
static struct enginepeer p;

static void
begin(void)
{
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	p.stay = true;
}

static void
finish(void)
{
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* The one outcome, after which nothing more is said of that dial. */
static void
expect_outcome(uint32_t dial, enum outcome outcome)
{
	const struct m_dialed *d;

	FIX_WAIT(&fix, fix_count(&fix, MSG_DIALED) == 1);
	d = fix_last(&fix, MSG_DIALED);
	ATF_CHECK_EQ(d->dial, dial);
	ATF_CHECK_EQ_MSG(d->outcome, outcome, "%s, not %s (%s)",
	    outcome_name(d->outcome), outcome_name(outcome), d->why);
	if (outcome == OUTCOME_CONNECTED)
		return;
	ATF_CHECK(d->why[0] != '\0');
	FIX_WAIT(&fix, fix_counter(&fix, "connections") == 0);
	ATF_CHECK_EQ(fix_count(&fix, MSG_DIALED), 1);
	ATF_CHECK_EQ(fix_count(&fix, MSG_PEER_UP), 0);
}

ATF_TC_WITHOUT_HEAD(connected);
ATF_TC_BODY(connected, tc)
{
	const struct m_peer_up *up;
	const struct m_admit *admit;
	const struct m_dialed *d;

	enginefix_init(&fix);
	begin();
	enginepeer_dial(&p, 7, &p.wp.id, PURPOSE_PROBE);
	expect_outcome(7, OUTCOME_CONNECTED);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_UP) == 2 &&
	    fix_count(&fix, MSG_PEER_LIVE) == 1);
	admit = fix_last(&fix, MSG_ADMIT);
	up = fix_last(&fix, MSG_PEER_UP);
	d = fix_last(&fix, MSG_DIALED);
	ATF_CHECK_EQ(admit->dial, 7);
	ATF_CHECK(up->outbound);
	ATF_CHECK_EQ(up->purpose, PURPOSE_PROBE);
	ATF_CHECK_EQ(up->conn, d->conn);
	ATF_CHECK_EQ(((const struct m_peer_live *)fix_last(&fix,
	    MSG_PEER_LIVE))->how, OUTCOME_LIVE);
	/* Pinged at once, so that the success is known early. */
	ATF_CHECK_EQ(p.wp.nping, 1);
	enginepeer_close(&p);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 1);
	ATF_CHECK_EQ(((const struct m_peer_down *)fix_last(&fix,
	    MSG_PEER_DOWN))->reason, DOWN_PEER_CLOSED);
	finish();
}

ATF_TC_WITHOUT_HEAD(wrong_identity);
ATF_TC_BODY(wrong_identity, tc)
{
	struct node_id other = { { 1, 2, 3 } };
	const struct m_dialed *d;

	enginefix_init(&fix);
	begin();
	enginepeer_dial(&p, 1, &other, PURPOSE_PEER);
	expect_outcome(1, OUTCOME_WRONG_IDENTITY);
	d = fix_last(&fix, MSG_DIALED);
	ATF_CHECK(node_id_equal(&d->id, &p.wp.id));
	finish();
}

ATF_TC_WITHOUT_HEAD(wrong_network);
ATF_TC_BODY(wrong_network, tc)
{
	enginefix_init(&fix);
	begin();
	p.wp.config.info.network = wire_span_text("other");
	p.stay = false;
	enginepeer_dial(&p, 2, &p.wp.id, PURPOSE_PEER);
	expect_outcome(2, OUTCOME_WRONG_NETWORK);
	ATF_CHECK_STREQ(((const struct m_dialed *)fix_last(&fix,
	    MSG_DIALED))->why, "wrong network \"other\"");
	finish();
}

ATF_TC_WITHOUT_HEAD(wrong_block);
ATF_TC_BODY(wrong_block, tc)
{
	enginefix_init(&fix);
	begin();
	p.wp.config.info.block_version = 10;
	p.stay = false;
	enginepeer_dial(&p, 3, &p.wp.id, PURPOSE_PEER);
	expect_outcome(3, OUTCOME_WRONG_BLOCK_VERSION);
	finish();
}

ATF_TC_WITHOUT_HEAD(no_pex);
ATF_TC_BODY(no_pex, tc)
{
	enginefix_init(&fix);
	begin();
	p.wp.channels[0].id = 0x20;
	p.stay = false;
	enginepeer_dial(&p, 4, &p.wp.id, PURPOSE_PEER);
	expect_outcome(4, OUTCOME_NO_PEX_CHANNEL);
	finish();
}

static void
dial_ourselves(const struct node_id *dialled)
{
	static const uint8_t seed[NODEKEY_SEED_SIZE] = { 42 };
	struct nodekey_why why;

	enginefix_init(&fix);
	begin();
	nodekey_free(p.wp.key);
	p.wp.key = nodekey_from_seed(seed, &why);
	p.wp.id = p.wp.config.id = fix.conf->id;
	p.stay = false;
	enginepeer_dial(&p, 5, dialled != NULL ? dialled : &p.wp.id,
	    PURPOSE_PEER);
	expect_outcome(5, OUTCOME_SELF);
	finish();
}

ATF_TC_WITHOUT_HEAD(self);
ATF_TC_BODY(self, tc)
{
	dial_ourselves(NULL);
}

/* Our own address that goes by another's name. */
ATF_TC_WITHOUT_HEAD(self_by_another_name);
ATF_TC_BODY(self_by_another_name, tc)
{
	struct node_id other = { { 1, 2, 3 } };

	dial_ourselves(&other);
}

ATF_TC_WITHOUT_HEAD(duplicate);
ATF_TC_BODY(duplicate, tc)
{
	enginefix_init(&fix);
	fix.verdict = VERDICT_DUPLICATE;
	begin();
	p.stay = false;
	enginepeer_dial(&p, 6, &p.wp.id, PURPOSE_PEER);
	expect_outcome(6, OUTCOME_DUPLICATE);
	finish();
}

ATF_TC_WITHOUT_HEAD(not_wanted);
ATF_TC_BODY(not_wanted, tc)
{
	enginefix_init(&fix);
	fix.verdict = VERDICT_NOT_WANTED;
	begin();
	p.stay = false;
	enginepeer_dial(&p, 6, &p.wp.id, PURPOSE_PEER);
	expect_outcome(6, OUTCOME_REJECTED);
	finish();
}

/* A stock node that is full: closes without a byte, ... */
ATF_TC_WITHOUT_HEAD(full_before_key);
ATF_TC_BODY(full_before_key, tc)
{
	enginefix_init(&fix);
	begin();
	enginepeer_dial_silent(&p, 8, &p.wp.id, PURPOSE_PEER);
	enginepeer_close(&p);
	expect_outcome(8, OUTCOME_FULL);
	finish();
}

/* ... says nothing ... */
ATF_TC_WITHOUT_HEAD(full_silent);
ATF_TC_BODY(full_silent, tc)
{
	enginefix_init(&fix);
	fix.conf->times.handshake_timeout = 300;
	begin();
	p.stay = false;
	enginepeer_dial_silent(&p, 9, &p.wp.id, PURPOSE_PEER);
	expect_outcome(9, OUTCOME_FULL);
	finish();
}

/* ... or takes our node info, shows its own, and hangs up. */
ATF_TC_WITHOUT_HEAD(full_after_node_info);
ATF_TC_BODY(full_after_node_info, tc)
{
	enginefix_init(&fix);
	fix.no_admit = true;
	begin();
	enginepeer_dial(&p, 10, &p.wp.id, PURPOSE_PEER);
	FIX_WAIT(&fix, fix_count(&fix, MSG_ADMIT) == 1 &&
	    p.wp.nnode_info == 1);
	enginepeer_close(&p);
	{
		struct m_admitted a = { .verdict = VERDICT_OK };

		a.conn = ((const struct m_admit *)fix_last(&fix,
		    MSG_ADMIT))->conn;
		pipe_send(fix_pipe(&fix, ROLE_DIALER), MSG_ADMITTED, 0, -1, &a);
	}
	/* dialer gets its place back, too. */
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 1);
	expect_outcome(10, OUTCOME_FULL);
	finish();
}

/* A quiet one that stays is connected, if after a moment. */
ATF_TC_WITHOUT_HEAD(quiet);
ATF_TC_BODY(quiet, tc)
{
	enginefix_init(&fix);
	fix.no_admit = true;
	begin();
	enginepeer_dial(&p, 11, &p.wp.id, PURPOSE_PEER);
	FIX_WAIT(&fix, fix_count(&fix, MSG_ADMIT) == 1 &&
	    p.wp.nnode_info == 1);
	enginepeer_freeze(&p);
	{
		struct m_admitted a = { .verdict = VERDICT_OK };

		a.conn = ((const struct m_admit *)fix_last(&fix,
		    MSG_ADMIT))->conn;
		pipe_send(fix_pipe(&fix, ROLE_DIALER), MSG_ADMITTED, 0, -1, &a);
	}
	expect_outcome(11, OUTCOME_CONNECTED);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_UP) == 2);
	ATF_CHECK_EQ(fix_count(&fix, MSG_PEER_LIVE), 0);
	enginepeer_thaw(&p);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_LIVE) == 1);
	finish();
}

/* Rubbish instead of a key. */
ATF_TC_WITHOUT_HEAD(rejected);
ATF_TC_BODY(rejected, tc)
{
	enginefix_init(&fix);
	begin();
	p.stay = false;
	enginepeer_dial_silent(&p, 12, &p.wp.id, PURPOSE_PEER);
	enginepeer_raw(&p, "SSH-2.0-OpenSSH_9.2\r\n", 21);
	expect_outcome(12, OUTCOME_REJECTED);
	finish();
}

/* The descriptor was lost on the way: our own lack. */
ATF_TC_WITHOUT_HEAD(no_descriptor);
ATF_TC_BODY(no_descriptor, tc)
{
	struct m_dial m;

	enginefix_init(&fix);
	begin();
	memset(&m, 0, sizeof(m));
	m.dial = 13;
	m.addr.id = p.wp.id;
	m.purpose = PURPOSE_PEER;
	pipe_send(fix_pipe(&fix, ROLE_DIALER), MSG_DIAL, 0, -1, &m);
	expect_outcome(13, OUTCOME_OURS);
	finish();
}

/* dialer drops it while it still shakes hands. */
ATF_TC_WITHOUT_HEAD(dropped_early);
ATF_TC_BODY(dropped_early, tc)
{
	struct m_drop d = { .reason = DOWN_DIALER };

	enginefix_init(&fix);
	fix.no_admit = true;
	begin();
	p.stay = false;
	enginepeer_dial(&p, 14, &p.wp.id, PURPOSE_PEER);
	FIX_WAIT(&fix, fix_count(&fix, MSG_ADMIT) == 1);
	d.conn = ((const struct m_admit *)fix_last(&fix, MSG_ADMIT))->conn;
	pipe_send(fix_pipe(&fix, ROLE_DIALER), MSG_DROP, 0, -1, &d);
	expect_outcome(14, OUTCOME_REJECTED);
	finish();
}

/* The listen address announced is a literal of this connection's. */
ATF_TC_WITHOUT_HEAD(announced);
ATF_TC_BODY(announced, tc)
{
	char want[6 + NETADDR_TEXT_SIZE] = "tcp://";
	static const char external[] = "8.9.10.11:1234";

	enginefix_init(&fix);
	begin();
	enginepeer_dial(&p, 15, &p.wp.id, PURPOSE_PEER);
	FIX_WAIT(&fix, p.wp.nnode_info == 1);
	netaddr_text(&fix.listen, want + 6);
	ATF_CHECK_STREQ(p.wp.listen_text, want);
	enginepeer_free(&p);
	fix.conf->has_external4 = true;
	netaddr_parse(external, strlen(external), &fix.conf->external4);
	fix_reload(&fix);
	enginepeer_init(&p, &fix, 2);
	enginepeer_open(&p);
	FIX_WAIT(&fix, p.wp.nnode_info == 1);
	ATF_CHECK_STREQ(p.wp.listen_text, "tcp://8.9.10.11:1234");
	finish();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, connected);
	ATF_TP_ADD_TC(tp, wrong_identity);
	ATF_TP_ADD_TC(tp, wrong_network);
	ATF_TP_ADD_TC(tp, wrong_block);
	ATF_TP_ADD_TC(tp, no_pex);
	ATF_TP_ADD_TC(tp, self);
	ATF_TP_ADD_TC(tp, self_by_another_name);
	ATF_TP_ADD_TC(tp, duplicate);
	ATF_TP_ADD_TC(tp, not_wanted);
	ATF_TP_ADD_TC(tp, full_before_key);
	ATF_TP_ADD_TC(tp, full_silent);
	ATF_TP_ADD_TC(tp, full_after_node_info);
	ATF_TP_ADD_TC(tp, quiet);
	ATF_TP_ADD_TC(tp, rejected);
	ATF_TP_ADD_TC(tp, no_descriptor);
	ATF_TP_ADD_TC(tp, dropped_early);
	ATF_TP_ADD_TC(tp, announced);
	return atf_no_error();
}
