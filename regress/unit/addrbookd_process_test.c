/* SPDX-License-Identifier: ISC */
/* addrbookd among its neighbours: lists, picks, bans, pexctl, a sudden end. */

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "regress/lib/bookdfix.h"
#include "regress/lib/storefix.h"

static struct bookdfix	 fix;

static unsigned
size(void)
{
	return fix_counter(&fix, "book_size");
}

ATF_TC_WITHOUT_HEAD(starts_empty);
ATF_TC_BODY(starts_empty, tc)
{
	bfix_init(&fix);
	bfix_start(&fix);
	ATF_CHECK_EQ(0, size());
	ATF_CHECK(fix_counter(&fix, "book_capacity") == 20480);
	ATF_CHECK(fix_logged(&fix, "fresh address book"));
	ATF_CHECK_EQ(0, access(BFIX_STATE "/addrbook.db", R_OK));
	/* It has told its state: to dialer what the book is, too. */
	FIX_WAIT(&fix, fix_count_to(&fix, ROLE_DIALER, MSG_PIPE_SYNCED));
	FIX_WAIT(&fix, fix_count_to(&fix, ROLE_ENGINE, MSG_PIPE_SYNCED));
	ATF_CHECK(fix_count(&fix, MSG_BOOK_STATUS) > 0);
	ATF_CHECK(((const struct m_book_status *)fix_last_msg(&fix,
	    MSG_BOOK_STATUS)->body)->wanted);
	bfix_stop(&fix);
}

/* A list comes in, dialer hears of it, a selection goes out. */
ATF_TC_WITHOUT_HEAD(lists_and_selections);
ATF_TC_BODY(lists_and_selections, tc)
{
	struct m_select			 ask = { .requester = fix_peer(3) };
	const struct m_selected		*s;
	const struct m_list_taken	*t;
	unsigned			 i;

	bfix_init(&fix);
	bfix_start(&fix);
	bfix_tell(&fix, 0, 30, 1000);
	t = fix_last_msg(&fix, MSG_LIST_TAKEN)->body;
	ATF_CHECK_EQ(30, t->total);
	ATF_CHECK(t->fresh > 25 && t->fresh == size());
	FIX_WAIT(&fix, ((const struct m_book_status *)fix_last_msg(&fix,
	    MSG_BOOK_STATUS)->body)->size == t->fresh);
	s = fix_ask(&fix, ROLE_ENGINE, MSG_SELECT, &ask, MSG_SELECTED);
	/* All but the requester, who may have been lost to a clash. */
	ATF_CHECK(s->n == size() || s->n == size() - 1);
	for (i = 0; i < s->n; i++)
		ATF_CHECK(!node_id_equal(&s->list[i].id, &ask.requester.id));
	/* One that proved itself is told of alone?  No: still too few. */
	bfix_dialled(&fix, 5, OUTCOME_LIVE);
	bfix_dialled(&fix, 5, OUTCOME_ANSWERED);
	FIX_WAIT(&fix, fix_counter(&fix, "book_good") == 1);
	s = fix_ask(&fix, ROLE_ENGINE, MSG_SELECT, &ask, MSG_SELECTED);
	ATF_CHECK(s->n > 24);
	bfix_stop(&fix);
}

ATF_TC_WITHOUT_HEAD(picks_and_outcomes);
ATF_TC_BODY(picks_and_outcomes, tc)
{
	struct m_pick			 m = { .kind = PICK_CRAWL,
					    .want = 250 };
	const struct m_picked		*p;
	struct peer_addr		 a = fix_peer(0);
	unsigned			 n, i;

	bfix_init(&fix);
	bfix_start(&fix);
	bfix_tell(&fix, 0, 40, 1000);
	p = fix_ask(&fix, ROLE_DIALER, MSG_PICK, &m, MSG_PICKED);
	ATF_CHECK_EQ(size(), p->n);
	/* Not again for ten minutes. */
	p = fix_ask(&fix, ROLE_DIALER, MSG_PICK, &m, MSG_PICKED);
	ATF_CHECK_EQ(0, p->n);
	for (i = 0; i < 40; i++)
		bfix_dialled(&fix, i, OUTCOME_ANSWERED);
	FIX_WAIT(&fix, ((const struct m_book_status *)fix_last_msg(&fix,
	    MSG_BOOK_STATUS)->body)->good == 40);
	/* Seniors first; then by bias; nobody of a group that is taken. */
	memset(&m, 0, sizeof(m));
	m.kind = PICK_ENSURE;
	m.want = 30;
	m.seniors = 5;
	m.bias = 30;
	m.ngroups = 1;
	m.groups[0] = netgroup_of(a.na.ip, true).v;
	p = fix_ask(&fix, ROLE_DIALER, MSG_PICK, &m, MSG_PICKED);
	ATF_CHECK_MSG(p->n > 5, "%u", p->n);
	for (i = 0; i < p->n; i++) {
		ATF_CHECK(i >= 5 || p->list[i].level == LEVEL_SENIOR);
		ATF_CHECK(!peer_addr_equal(&p->list[i].addr, &a));
	}
	/* A wrong network: gone and not heard again. */
	n = size();
	bfix_dialled(&fix, 7, OUTCOME_WRONG_NETWORK);
	FIX_WAIT(&fix, size() == n - 1);
	bfix_tell(&fix, 7, 1, 1001);
	ATF_CHECK_EQ(n - 1, size());
	ATF_CHECK_EQ(1, fix_counter(&fix, "heard_held_total"));
	bfix_stop(&fix);
}

/* The crawl comes again as soon as the operator wants it; so does a reload. */
ATF_TC_WITHOUT_HEAD(crawl_interval);
ATF_TC_BODY(crawl_interval, tc)
{
	struct m_pick			 m = { .kind = PICK_CRAWL,
					    .want = 250 };
	const struct m_picked		*p;
	uint64_t			 begun;

	bfix_init(&fix);
	fix.conf->times.crawl_interval = 1500;
	fix.conf->private_network = true;	/* else a /24 waits longer */
	bfix_start(&fix);
	bfix_tell(&fix, 0, 10, 1000);
	p = fix_ask(&fix, ROLE_DIALER, MSG_PICK, &m, MSG_PICKED);
	ATF_REQUIRE_EQ(size(), p->n);
	begun = fix_ms();
	FIX_WAIT(&fix, (p = fix_ask(&fix, ROLE_DIALER, MSG_PICK, &m,
	    MSG_PICKED))->n > 0);
	ATF_CHECK_EQ(size(), p->n);
	ATF_CHECK(fix_ms() - begun > 900);
	fix.conf->times.crawl_interval = 60000;
	fix_reload(&fix);
	begun = fix_ms();
	while (fix_ms() < begun + 3000) {
		p = fix_ask(&fix, ROLE_DIALER, MSG_PICK, &m, MSG_PICKED);
		ATF_REQUIRE_EQ(0, p->n);
	}
	fix.conf->times.crawl_interval = 1000;
	fix_reload(&fix);
	p = fix_ask(&fix, ROLE_DIALER, MSG_PICK, &m, MSG_PICKED);
	ATF_CHECK_EQ(size(), p->n);
	bfix_stop(&fix);
}

/* Misbehaviour is a ban that both neighbours hear of, now and later. */
ATF_TC_WITHOUT_HEAD(bans);
ATF_TC_BODY(bans, tc)
{
	struct m_misbehaved	 m = { .who = fix_peer(2),
				    .what = MISBEHAVED_UNSOLICITED };
	const struct m_ban	*b;
	unsigned		 n;

	bfix_init(&fix);
	bfix_start(&fix);
	bfix_tell(&fix, 0, 10, 1000);
	n = size();
	fix_ask(&fix, ROLE_ENGINE, MSG_MISBEHAVED, &m, MSG_BAN);
	FIX_WAIT(&fix, fix_count_to(&fix, ROLE_ENGINE, MSG_BAN) == 1 &&
	    fix_count_to(&fix, ROLE_DIALER, MSG_BAN) == 1);
	b = fix_last_msg(&fix, MSG_BAN)->body;
	ATF_CHECK(b->has_id && node_id_equal(&b->id, &m.who.id));
	ATF_CHECK(b->has_host);
	ATF_CHECK(b->left_s > 86390 && b->left_s <= 86400);
	ATF_CHECK_EQ(n - 1, size());
	ATF_CHECK_EQ(2, fix_counter(&fix, "bans"));
	/* engine comes again: it is told before addrbookd is synced. */
	fix_forget(&fix);
	bfix_again(&fix, ROLE_ENGINE);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PIPE_SYNCED) == 1);
	ATF_CHECK_EQ(2, fix_count_to(&fix, ROLE_ENGINE, MSG_BAN));
	ATF_CHECK_EQ(2, bfix_rows(&fix, SHOW_BANS, MSG_ROW_BAN));
	bfix_stop(&fix);
}

/* Lines that are held back are counted, none twice. */
ATF_TC_WITHOUT_HEAD(held_lines);
ATF_TC_BODY(held_lines, tc)
{
	struct m_misbehaved	 m = { .what = MISBEHAVED_FLOOD };
	const unsigned		 many = 300;
	unsigned		 i, said = 0;
	const char		*s;

	bfix_init(&fix);
	bfix_start(&fix);
	ATF_CHECK_EQ(0, fix_counter(&fix, "log_lines_suppressed_total"));
	for (i = 0; i < many; i++) {
		m.who = fix_peer(i);
		fix_say(&fix, ROLE_ENGINE, MSG_MISBEHAVED, 0, &m);
	}
	FIX_WAIT(&fix, fix_counter(&fix, "bans_flood_total") == many);
	for (s = fix.child.log; (s = strstr(s, ": banned ")) != NULL; s++)
		said++;
	ATF_CHECK(said > 0);
	ATF_CHECK_EQ(many - said,
	    fix_counter(&fix, "log_lines_suppressed_total"));
	ATF_CHECK_MSG(said < many, "no line was held back");
	bfix_stop(&fix);
}

ATF_TC_WITHOUT_HEAD(bans_by_hand);
ATF_TC_BODY(bans_by_hand, tc)
{
	struct m_ban		 m = { .has_id = true, .id = fix_id(9),
				    .left_s = 100 };
	const struct m_done	*d;

	bfix_init(&fix);
	bfix_start(&fix);
	d = fix_ask(&fix, ROLE_PARENT, MSG_CTL_BAN, &m, MSG_DONE);
	ATF_CHECK_EQ(STATUS_OK, d->status);
	ATF_CHECK_EQ(1, fix_counter(&fix, "bans"));
	m.left_s = 0;
	d = fix_ask(&fix, ROLE_PARENT, MSG_CTL_BAN, &m, MSG_DONE);
	ATF_CHECK_EQ(STATUS_OK, d->status);
	ATF_CHECK_EQ(0, ((const struct m_ban *)fix_last_msg(&fix,
	    MSG_BAN)->body)->left_s);
	d = fix_ask(&fix, ROLE_PARENT, MSG_CTL_BAN, &m, MSG_DONE);
	ATF_CHECK_EQ(STATUS_NOT_FOUND, d->status);
	m.has_id = false;
	d = fix_ask(&fix, ROLE_PARENT, MSG_CTL_BAN, &m, MSG_DONE);
	ATF_CHECK_EQ(STATUS_INVALID, d->status);
	ATF_CHECK_EQ(0, fix_counter(&fix, "bans"));
	bfix_stop(&fix);
}

/* In with an import, out by cursors, the same rows. */
ATF_TC_WITHOUT_HEAD(import_and_show);
ATF_TC_BODY(import_and_show, tc)
{
	static struct m_import		 m;
	const struct m_imported		*im;
	const struct m_row_entry	*r;
	const struct childmsg		*d;
	unsigned			 i, batch, taken = 0, good = 0;
	int64_t				 now = time(NULL);

	bfix_init(&fix);
	bfix_start(&fix);
	m.n = MSG_IMPORT_MAX;
	m.with_history = true;
	for (batch = 0; batch < 5; batch++) {
		for (i = 0; i < m.n; i++) {
			r = &m.list[i];
			memset(&m.list[i], 0, sizeof(*r));
			m.list[i].addr = fix_peer(batch * 64 + i);
			m.list[i].level = LEVEL_GOOD;
			m.list[i].successes = 7;
			m.list[i].first_success = now - 100000;
			m.list[i].last_success = now - 1000;
		}
		im = fix_ask(&fix, ROLE_PARENT, MSG_CTL_IMPORT, &m,
		    MSG_IMPORTED);
		taken += im->taken;
		ATF_CHECK_EQ(64, im->taken + im->known + im->refused);
	}
	ATF_CHECK_EQ(taken, size());
	ATF_CHECK_EQ(taken, bfix_rows(&fix, SHOW_BOOK, MSG_ROW_ENTRY));
	TAILQ_FOREACH(d, &fix.child.msgs, entry) {
		r = d->body;
		if (d->type != MSG_ROW_ENTRY)
			continue;
		good += r->level >= LEVEL_GOOD;
		ATF_CHECK_EQ(now - 100000, r->first_success);
		ATF_CHECK_EQ(7, r->successes);
		ATF_CHECK_EQ(netgroup_of(r->addr.na.ip, true).v,
		    r->source_group);
	}
	ATF_CHECK_EQ(taken, good);
	/* The same again: known. */
	im = fix_ask(&fix, ROLE_PARENT, MSG_CTL_IMPORT, &m, MSG_IMPORTED);
	ATF_CHECK_EQ(0, im->taken);
	/* What is refused is counted by its reason. */
	m.n = 3;
	m.list[0].addr = fix_peer(9000);
	m.list[0].addr.na.port = 0;
	m.list[1].addr = fix_peer(9001);
	m.list[1].addr.id = fix.conf->id;
	m.list[2].addr = fix_peer(9002);
	im = fix_ask(&fix, ROLE_PARENT, MSG_CTL_IMPORT, &m, MSG_IMPORTED);
	ATF_CHECK_EQ(2, im->refused);
	ATF_CHECK_EQ(1, im->why[IMPORT_UNROUTABLE]);
	ATF_CHECK_EQ(1, im->why[IMPORT_OWN]);
	bfix_stop(&fix);
}

/*
 * An inbound peer is a candidate, and somebody we know facts of.  What one
 * that we dialled says of itself is not taken (TestPEXReactorAddRemovePeer).
 */
ATF_TC_WITHOUT_HEAD(peers);
ATF_TC_BODY(peers, tc)
{
	struct m_peer_up		 up = { .addr = fix_peer(5),
					    .has_claim = true };
	const struct m_row_node		*r;

	bfix_init(&fix);
	bfix_start(&fix);
	up.addr.na.port = 45678;
	up.claim.port = 26656;
	up.claim.ip[10] = up.claim.ip[11] = 0xff;	/* 0.0.0.0 */
	strlcpy(up.moniker, "visitor", sizeof(up.moniker));
	fix_say(&fix, ROLE_ENGINE, MSG_PEER_UP, 0, &up);
	FIX_WAIT(&fix, size() == 1);
	ATF_CHECK_EQ(1, bfix_rows(&fix, SHOW_BOOK, MSG_ROW_ENTRY));
	ATF_CHECK_EQ(26656, ((const struct m_row_entry *)fix_last_msg(&fix,
	    MSG_ROW_ENTRY)->body)->addr.na.port);
	FIX_WAIT(&fix, bfix_rows(&fix, SHOW_NODES, MSG_ROW_NODE) == 1);
	r = fix_last_msg(&fix, MSG_ROW_NODE)->body;
	ATF_CHECK_STREQ("visitor", r->moniker);
	ATF_CHECK_EQ(26656, r->addr.na.port);
	/* Nobody can dial these: no claim, a claim that is refused. */
	up.addr = fix_peer(7);
	up.has_claim = false;
	fix_say(&fix, ROLE_ENGINE, MSG_PEER_UP, 0, &up);
	up.addr = fix_peer(8);
	up.has_claim = true;
	up.claim.port = 0;
	fix_say(&fix, ROLE_ENGINE, MSG_PEER_UP, 0, &up);
	up.addr = fix_peer(6);
	up.outbound = true;
	fix_say(&fix, ROLE_ENGINE, MSG_PEER_UP, 0, &up);
	FIX_WAIT(&fix, bfix_rows(&fix, SHOW_NODES, MSG_ROW_NODE) == 2);
	ATF_CHECK_EQ(1, size());
	bfix_stop(&fix);
}

/* Killed a second after the last change: all is there again. */
ATF_TC_WITHOUT_HEAD(killed);
ATF_TC_BODY(killed, tc)
{
	struct m_ban	 m = { .has_id = true, .id = fix_id(9), .left_s = 999 };
	struct timespec	 ts = { .tv_sec = 1 };
	unsigned	 n, round;

	bfix_init(&fix);
	bfix_start(&fix);
	for (round = 0; round < 3; round++) {
		bfix_tell(&fix, round * 200, 200, 1000 + round);
		bfix_dialled(&fix, round * 200 + 1, OUTCOME_ANSWERED);
		/* An outcome is in no hurry to leave its sender. */
		FIX_WAIT(&fix, fix_counter(&fix, "book_good") == round + 1);
		fix_ask(&fix, ROLE_PARENT, MSG_CTL_BAN, &m, MSG_DONE);
		n = size();
		nanosleep(&ts, NULL);	/* the promise: within a second */
		fix_kill(&fix);
		bfix_start(&fix);
		ATF_CHECK_EQ(n, size());
		ATF_CHECK_EQ(round + 1, fix_counter(&fix, "book_good"));
		ATF_CHECK_EQ(1, fix_counter(&fix, "bans"));
	}
	bfix_stop(&fix);
}

/* A clean end saves the last moment too. */
ATF_TC_WITHOUT_HEAD(leaves);
ATF_TC_BODY(leaves, tc)
{
	unsigned	 n;

	bfix_init(&fix);
	bfix_start(&fix);
	bfix_tell(&fix, 0, 250, 1000);
	n = size();
	fix_leave(&fix);
	bfix_start(&fix);
	ATF_CHECK_EQ(n, size());
	bfix_stop(&fix);
}

ATF_TC_WITHOUT_HEAD(damaged_store);
ATF_TC_BODY(damaged_store, tc)
{
	bfix_init(&fix);
	storefix_write(BFIX_STATE "/addrbook.db", (const uint8_t *)"?", 1);
	bfix_start(&fix);
	ATF_CHECK_EQ(0, size());
	ATF_CHECK(fix_logged(&fix, "was set aside as"));
	bfix_tell(&fix, 0, 10, 1000);
	bfix_stop(&fix);
}

/* A reload: what has become private goes. */
ATF_TC_WITHOUT_HEAD(reload);
ATF_TC_BODY(reload, tc)
{
	struct host_addr	 h;
	unsigned		 n;

	bfix_init(&fix);
	bfix_start(&fix);
	bfix_tell(&fix, 0, 5, 1000);
	n = size();
	memset(&h, 0, sizeof(h));
	h.id = fix_peer(3).id;
	ATF_REQUIRE_EQ(0, conf_add_peer(fix.conf, CONF_PRIVATE, &h));
	fix_reload(&fix);
	ATF_CHECK_EQ(n - 1, size());
	bfix_stop(&fix);
}

/* A message that makes no sense ends the pipe, and the parent is told. */
ATF_TC_WITHOUT_HEAD(violations);
ATF_TC_BODY(violations, tc)
{
	struct m_pick		 pick = { .kind = 99, .want = 1 };
	struct m_outcome	 out = { .outcome = 200 };
	struct m_misbehaved	 mis = { .what = 77 };

	bfix_init(&fix);
	bfix_start(&fix);
	bfix_tell(&fix, 0, 5, 1000);
	fix_ask(&fix, ROLE_DIALER, MSG_PICK, &pick, MSG_PROC_VIOLATION);
	FIX_WAIT(&fix, fix_pipe(&fix, ROLE_DIALER) == NULL);
	bfix_again(&fix, ROLE_DIALER);
	fix_ask(&fix, ROLE_DIALER, MSG_OUTCOME, &out, MSG_PROC_VIOLATION);
	FIX_WAIT(&fix, fix_pipe(&fix, ROLE_DIALER) == NULL);
	fix_ask(&fix, ROLE_ENGINE, MSG_MISBEHAVED, &mis, MSG_PROC_VIOLATION);
	FIX_WAIT(&fix, fix_pipe(&fix, ROLE_ENGINE) == NULL);
	bfix_again(&fix, ROLE_ENGINE);
	bfix_again(&fix, ROLE_DIALER);
	bfix_tell(&fix, 10, 5, 1000);
	bfix_stop(&fix);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, starts_empty);
	ATF_TP_ADD_TC(tp, lists_and_selections);
	ATF_TP_ADD_TC(tp, picks_and_outcomes);
	ATF_TP_ADD_TC(tp, crawl_interval);
	ATF_TP_ADD_TC(tp, bans);
	ATF_TP_ADD_TC(tp, held_lines);
	ATF_TP_ADD_TC(tp, bans_by_hand);
	ATF_TP_ADD_TC(tp, import_and_show);
	ATF_TP_ADD_TC(tp, peers);
	ATF_TP_ADD_TC(tp, killed);
	ATF_TP_ADD_TC(tp, leaves);
	ATF_TP_ADD_TC(tp, damaged_store);
	ATF_TP_ADD_TC(tp, reload);
	ATF_TP_ADD_TC(tp, violations);
	return atf_no_error();
}
