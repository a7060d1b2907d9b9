/* SPDX-License-Identifier: ISC */
/* Who gets into a real engine, who does not, and what is said of it. */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/lib/enginepeer.h"

static struct enginefix fix;

static const struct m_peer_down *
last_down(void)
{
	return fix_last(&fix, MSG_PEER_DOWN);
}

ATF_TC_WITHOUT_HEAD(seed_cycle);
ATF_TC_BODY(seed_cycle, tc)
{
	struct enginepeer p;
	const struct m_peer_up *up;
	const struct m_select *sel;

	enginefix_init(&fix);
	fix.conf->mode = MODE_SEED;
	fix.nselect = MSG_LIST_MAX;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	p.stay = true;
	enginepeer_up(&p);
	up = fix_last(&fix, MSG_PEER_UP);
	ATF_CHECK(node_id_equal(&up->addr.id, &p.wp.id));
	ATF_CHECK(netaddr_equal(&up->addr.na, &p.na));
	ATF_CHECK(!up->outbound);
	ATF_CHECK(up->has_claim && up->claim.port == 26656);
	ATF_CHECK_STREQ(up->moniker, "peer");
	ATF_CHECK_STREQ(up->network, "test-net");
	ATF_CHECK_STREQ(p.wp.moniker, "engine");
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.eof);
	ATF_CHECK_EQ(p.nlists, 1);
	ATF_CHECK_EQ(p.list.n, MSG_LIST_MAX);
	sel = fix_last(&fix, MSG_SELECT);
	ATF_CHECK(sel->seed_inbound);
	ATF_CHECK(node_id_equal(&sel->requester.id, &p.wp.id));
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 1);
	ATF_CHECK_EQ(last_down()->reason, DOWN_ANSWERED);
	ATF_CHECK_EQ(last_down()->conn, up->conn);
	/* It waits for our end before it lets the socket go. */
	ATF_CHECK_EQ(fix_counter(&fix, "connections_closing"), 1);
	enginepeer_close(&p);
	FIX_WAIT(&fix, fix_counter(&fix, "connections") == 0);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* A peer that never closes is let go after close_wait. */
ATF_TC_WITHOUT_HEAD(close_wait);
ATF_TC_BODY(close_wait, tc)
{
	struct enginepeer p;
	uint64_t began;

	enginefix_init(&fix);
	fix.conf->mode = MODE_SEED;
	fix.conf->times.close_wait = 300;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	p.stay = true;
	enginepeer_up(&p);
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.eof);
	began = fix_ms();
	FIX_WAIT(&fix, fix_counter(&fix, "connections") == 0);
	ATF_CHECK_MSG(fix_ms() - began >= 250, "after %ju ms",
	    (uintmax_t)(fix_ms() - began));
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

ATF_TC_WITHOUT_HEAD(seed_idle);
ATF_TC_BODY(seed_idle, tc)
{
	struct enginepeer p;
	uint64_t began;

	enginefix_init(&fix);
	fix.conf->mode = MODE_SEED;
	fix.conf->times.seed_idle = 400;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	began = fix_ms();
	enginepeer_up(&p);
	FIX_WAIT(&fix, p.eof);
	ATF_CHECK(fix_ms() - began >= 400);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 1);
	ATF_CHECK_EQ(last_down()->reason, DOWN_IDLE);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* Nobody is accepted before both neighbours have told their state. */
ATF_TC_WITHOUT_HEAD(sync_first);
ATF_TC_BODY(sync_first, tc)
{
	struct enginepeer p;
	uint64_t until;

	enginefix_init(&fix);
	fix_spawn(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_open(&p);
	fix_synced(&fix, ROLE_DIALER);
	for (until = fix_ms() + 300; fix_ms() < until;)
		fix_turn(&fix);
	ATF_CHECK_EQ(p.in_bytes, 0);
	ATF_CHECK(!p.eof);
	fix_synced(&fix, ROLE_ADDRBOOKD);
	FIX_WAIT(&fix, enginepeer_is_up(&p));
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* --- refused by what they say of themselves ---------------------------- */

static void
other_network(struct enginepeer *p)
{
	p->wp.config.info.network = wire_span_text("other\x1b[31m");
}

static void
other_block(struct enginepeer *p)
{
	p->wp.config.info.block_version = 12;
}

static void
other_channel(struct enginepeer *p)
{
	p->wp.channels[0].id = 0x40;
}

static void
bad_moniker(struct enginepeer *p)
{
	p->wp.config.info.moniker = wire_span_text("");
}

static void
other_id(struct enginepeer *p)
{
	p->wp.config.id.b[0] ^= 1;
}

static void
our_key(struct enginepeer *p)
{
	static const uint8_t seed[NODEKEY_SEED_SIZE] = { 42 };
	struct nodekey_why why;

	nodekey_free(p->wp.key);
	p->wp.key = nodekey_from_seed(seed, &why);
	p->wp.id = p->wp.config.id = *nodekey_id(p->wp.key);
}

static const struct {
	void		(*change)(struct enginepeer *);
	const char	*counter, *words;
	enum wire_error	 theirs;	/* what the other side makes of ours */
} refused[] = {
	{ other_network, "refused_wrong_network_total",
	    "wrong network \"other\\033[31m\"", WIRE_WRONG_NETWORK },
	{ other_block, "refused_wrong_block_version_total",
	    "wrong block version 12", WIRE_WRONG_BLOCK },
	{ other_channel, "refused_no_pex_channel_total", "no PEX channel",
	    WIRE_NO_COMMON_CHANNEL },
	{ bad_moniker, "refused_node_info_total", "bad moniker", WIRE_OK },
	{ other_id, "refused_authentication_total",
	    "authentication failed: node info with an id not its own",
	    WIRE_OK },
	{ our_key, "refused_self_total", "it is ourselves", WIRE_SELF },
};

ATF_TC_WITHOUT_HEAD(refused_node_info);
ATF_TC_BODY(refused_node_info, tc)
{
	char addr[NETADDR_TEXT_SIZE], line[256];
	struct enginepeer p;
	size_t i;

	enginefix_init(&fix);
	enginefix_start(&fix);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		enginepeer_init(&p, &fix, i);
		refused[i].change(&p);
		enginepeer_open(&p);
		FIX_WAIT(&fix, p.eof);
		ATF_CHECK_EQ_MSG(fix_counter(&fix, refused[i].counter), 1,
		    "%s", refused[i].counter);
		snprintf(line, sizeof(line), "refused %s: %s",
		    netaddr_text(&p.na, addr), refused[i].words);
		ATF_CHECK_MSG(fix_logged(&fix, line) ||
		    i == 3, "not logged: %s", line);
		ATF_CHECK_MSG(fix_logged(&fix, refused[i].words),
		    "not logged: %s", refused[i].words);
		/* It got our node info and knows why. */
		ATF_CHECK_EQ_MSG(p.wp.error, refused[i].theirs,
		    "%s: %s", refused[i].words,
		    wire_error_text(p.wp.error));
		enginepeer_free(&p);
	}
	ATF_CHECK_EQ(fix_count(&fix, MSG_ADMIT), 0);
	FIX_WAIT(&fix, fix_counter(&fix, "connections") == 0);
	enginefix_stop(&fix);
}

/* --- refused by dialer ------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(verdicts);
ATF_TC_BODY(verdicts, tc)
{
	static const char *const counters[VERDICT_MAX] = {
		[VERDICT_SELF] = "refused_self_total",
		[VERDICT_DUPLICATE] = "refused_duplicate_total",
		[VERDICT_BANNED] = "refused_banned_total",
		[VERDICT_FULL] = "refused_full_total",
		[VERDICT_NOT_WANTED] = "refused_not_wanted_total",
	};
	struct enginepeer p;
	int v;

	enginefix_init(&fix);
	enginefix_start(&fix);
	for (v = VERDICT_SELF; v < VERDICT_MAX; v++) {
		fix.verdict = v;
		enginepeer_init(&p, &fix, v);
		enginepeer_open(&p);
		FIX_WAIT(&fix, p.eof);
		ATF_CHECK_EQ(fix_counter(&fix, counters[v]), 1);
		/* As a stock node does: after the node infos. */
		ATF_CHECK_EQ(p.wp.nnode_info, 1);
		enginepeer_free(&p);
	}
	ATF_CHECK_EQ(fix_count(&fix, MSG_ADMIT), VERDICT_MAX - VERDICT_SELF);
	ATF_CHECK_EQ(fix_count(&fix, MSG_PEER_UP), 0);
	ATF_CHECK_EQ(fix_count(&fix, MSG_PEER_DOWN), 0);
	enginefix_stop(&fix);
}

/* Admitted when it had gone already: dialer gets the place back. */
ATF_TC_WITHOUT_HEAD(place_given_back);
ATF_TC_BODY(place_given_back, tc)
{
	struct m_admitted a = { .verdict = VERDICT_OK };
	struct enginepeer p;

	enginefix_init(&fix);
	fix.no_admit = true;
	fix.conf->times.handshake_timeout = 300;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_open(&p);
	FIX_WAIT(&fix, fix_count(&fix, MSG_ADMIT) == 1);
	a.conn = ((const struct m_admit *)fix_last(&fix, MSG_ADMIT))->conn;
	FIX_WAIT(&fix, p.eof);
	ATF_CHECK_EQ(fix_counter(&fix, "refused_unavailable_total"), 1);
	pipe_send(fix_pipe(&fix, ROLE_DIALER), MSG_ADMITTED, 0, -1, &a);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_DOWN) == 1);
	ATF_CHECK_EQ(last_down()->conn, a.conn);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

ATF_TC_WITHOUT_HEAD(evicted);
ATF_TC_BODY(evicted, tc)
{
	struct enginepeer a, b;
	uint32_t conn;

	enginefix_init(&fix);
	enginefix_start(&fix);
	enginepeer_init(&a, &fix, 1);
	enginepeer_up(&a);
	conn = ((const struct m_peer_up *)fix_last(&fix, MSG_PEER_UP))->conn;
	fix.evict = conn;
	enginepeer_init(&b, &fix, 2);
	enginepeer_up(&b);
	FIX_WAIT(&fix, a.eof && fix_count(&fix, MSG_PEER_DOWN) == 1);
	ATF_CHECK_EQ(last_down()->conn, conn);
	ATF_CHECK_EQ(last_down()->reason, DOWN_DIALER);
	ATF_CHECK(!b.eof);
	enginepeer_free(&a);
	enginepeer_free(&b);
	enginefix_stop(&fix);
}

/*
 * The newcomer went while dialer thought: the one evicted for it goes all the
 * same, since to dialer it is gone.
 */
ATF_TC_WITHOUT_HEAD(evicted_for_nobody);
ATF_TC_BODY(evicted_for_nobody, tc)
{
	struct m_admitted ok = { .verdict = VERDICT_OK };
	struct enginepeer a, b;

	enginefix_init(&fix);
	fix.conf->times.handshake_timeout = 1000;
	enginefix_start(&fix);
	enginepeer_init(&a, &fix, 1);
	enginepeer_up(&a);
	ok.evict = ((const struct m_peer_up *)fix_last(&fix,
	    MSG_PEER_UP))->conn;
	fix.no_admit = true;
	enginepeer_init(&b, &fix, 2);
	enginepeer_open(&b);
	FIX_WAIT(&fix, fix_count(&fix, MSG_ADMIT) == 2);
	ok.conn = ((const struct m_admit *)fix_last(&fix, MSG_ADMIT))->conn;
	FIX_WAIT(&fix, b.eof);
	pipe_send(fix_pipe(&fix, ROLE_DIALER), MSG_ADMITTED, 0, -1, &ok);
	FIX_WAIT(&fix, a.eof && fix_count(&fix, MSG_PEER_DOWN) == 2);
	ATF_CHECK_EQ(fix_counter(&fix, "peers_inbound"), 0);
	enginepeer_free(&a);
	enginepeer_free(&b);
	enginefix_stop(&fix);
}

/* --- slow and silent --------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(silent);
ATF_TC_BODY(silent, tc)
{
	struct enginepeer p;
	uint64_t began, took;

	enginefix_init(&fix);
	fix.conf->times.handshake_timeout = 500;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	began = fix_ms();
	enginepeer_connect(&p);
	FIX_WAIT(&fix, p.eof);
	took = fix_ms() - began;
	ATF_CHECK_MSG(took >= 490, "%ju ms", (uintmax_t)took);
	ATF_CHECK_EQ(p.in_bytes, SECRET_HELLO_SIZE);
	ATF_CHECK_EQ(fix_counter(&fix, "refused_no_key_total"), 1);
	ATF_CHECK_EQ(fix_count(&fix, MSG_SIGN), 0);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* A byte now and then does not extend the deadline. */
ATF_TC_WITHOUT_HEAD(trickle);
ATF_TC_BODY(trickle, tc)
{
	static const uint8_t begin[] = { 0x22, 0x0a, 0x20, 1, 2, 3, 4, 5, 6,
	    7, 8, 9 };
	struct enginepeer p;
	uint64_t began;
	size_t n = 0;

	enginefix_init(&fix);
	fix.conf->times.handshake_timeout = 600;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	began = fix_ms();
	enginepeer_connect(&p);
	while (!p.eof && n < sizeof(begin)) {
		if (fix_ms() >= began + 50 * n)
			enginepeer_raw(&p, &begin[n++], 1);
		fix_turn(&fix);
	}
	FIX_WAIT(&fix, p.eof);
	ATF_CHECK_MSG(fix_ms() - began < 900, "%ju ms",
	    (uintmax_t)(fix_ms() - began));
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

/* The parent does not sign: the same deadline, and nothing else suffers. */
ATF_TC_WITHOUT_HEAD(unsigned_);
ATF_TC_BODY(unsigned_, tc)
{
	struct m_signed sig;
	struct enginepeer p, q;

	enginefix_init(&fix);
	fix.conf->times.handshake_timeout = 500;
	fix.no_sign = true;
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_open(&p);
	FIX_WAIT(&fix, fix_count(&fix, MSG_SIGN) == 1);
	fix.no_sign = false;
	enginepeer_init(&q, &fix, 2);
	enginepeer_up(&q);
	FIX_WAIT(&fix, p.eof);
	/* A signature that comes too late, and one nobody asked for. */
	memset(&sig, 7, sizeof(sig));
	pipe_send(fix_pipe(&fix, ROLE_PARENT), MSG_SIGNED,
	    fix_last_msg(&fix, MSG_SIGN)->id - 1, -1, &sig);
	fix_say(&fix, ROLE_PARENT, MSG_SIGNED, 4711, &sig);
	ATF_CHECK_EQ(fix_counter(&fix, "peers_inbound"), 1);
	ATF_CHECK(!q.eof);
	enginepeer_free(&p);
	enginepeer_free(&q);
	enginefix_stop(&fix);
}

/* --- bytes that are no handshake --------------------------------------- */

static const struct {
	const char	*what, *counter;
	size_t		 len;
	uint8_t		 bytes[48];
} garbage[] = {
	{ "a length of 2^63", "refused_key_exchange_total", 10,
	    { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1 } },
	{ "a key of zero bytes", "refused_key_exchange_total", 3,
	    { 2, 0x0a, 0 } },
	{ "HTTP", "refused_key_exchange_total", 18,
	    "GET / HTTP/1.1\r\n\r\n" },
	{ "a low-order key", "refused_key_exchange_total", 35,
	    { 0x22, 0x0a, 0x20, 0 } },
};

ATF_TC_WITHOUT_HEAD(garbage_);
ATF_TC_BODY(garbage_, tc)
{
	struct enginepeer p;
	size_t i;

	enginefix_init(&fix);
	enginefix_start(&fix);
	for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		enginepeer_init(&p, &fix, i);
		enginepeer_connect(&p);
		enginepeer_raw(&p, garbage[i].bytes, garbage[i].len);
		FIX_WAIT(&fix, p.eof);
		ATF_CHECK_EQ_MSG(fix_counter(&fix, garbage[i].counter),
		    (int64_t)i + 1,
		    "%s", garbage[i].what);
		enginepeer_free(&p);
	}
	ATF_CHECK_EQ(fix_count(&fix, MSG_SIGN), 0);
	FIX_WAIT(&fix, fix_counter(&fix, "connections") == 0);
	enginefix_stop(&fix);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, seed_cycle);
	ATF_TP_ADD_TC(tp, close_wait);
	ATF_TP_ADD_TC(tp, seed_idle);
	ATF_TP_ADD_TC(tp, sync_first);
	ATF_TP_ADD_TC(tp, refused_node_info);
	ATF_TP_ADD_TC(tp, verdicts);
	ATF_TP_ADD_TC(tp, place_given_back);
	ATF_TP_ADD_TC(tp, evicted);
	ATF_TP_ADD_TC(tp, evicted_for_nobody);
	ATF_TP_ADD_TC(tp, silent);
	ATF_TP_ADD_TC(tp, trickle);
	ATF_TP_ADD_TC(tp, unsigned_);
	ATF_TP_ADD_TC(tp, garbage_);
	return atf_no_error();
}
