/* SPDX-License-Identifier: ISC */
/* dialer among its neighbours: start, admission, losses, pexctl, names. */

#include <sys/types.h>
#include <sys/socket.h>

#include <string.h>
#include <unistd.h>

#include "regress/lib/dialerfix.h"

static void
ctl_dial(struct dialerfix *fix, uint32_t id, const struct host_addr *h)
{
	struct m_ctl_dial m = { .addr = *h };

	fix_say(fix, ROLE_PARENT, MSG_CTL_DIAL, id, &m);
}

/* Nothing begins before both neighbours have told their state. */
ATF_TC_WITHOUT_HEAD(waits_for_both);
ATF_TC_BODY(waits_for_both, tc)
{
	struct dialerfix fix;

	dfix_init(&fix);
	fix_spawn(&fix);
	fix_synced(&fix, ROLE_ENGINE);
	ATF_CHECK(!dfix_is_working(&fix));
	ATF_CHECK_EQ(0, fix_count(&fix, MSG_PICK));
	fix_synced(&fix, ROLE_ADDRBOOKD);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PICK) > 0);
	ATF_CHECK(dfix_is_working(&fix));
	dfix_stop(&fix);
}

ATF_TC_WITHOUT_HEAD(admits);
ATF_TC_BODY(admits, tc)
{
	struct dialerfix fix;
	struct m_admit m = { .conn = 5 };
	struct m_ban ban = { .has_id = true, .left_s = 60 };
	const struct m_admitted *r;
	struct peer_addr a = dfix_addr(1, 9);

	dfix_init(&fix);
	dfix_start(&fix);
	m.id = a.id;
	m.na = a.na;
	fix_say(&fix, ROLE_ENGINE, MSG_ADMIT, 77, &m);
	FIX_WAIT(&fix, fix_count(&fix, MSG_ADMITTED) == 1);
	r = fix_last_msg(&fix, MSG_ADMITTED)->body;
	ATF_CHECK_EQ(77, fix_last_msg(&fix, MSG_ADMITTED)->id);
	ATF_CHECK_EQ(5, r->conn);
	ATF_CHECK_EQ(VERDICT_OK, r->verdict);
	m.conn = 6;
	fix_say(&fix, ROLE_ENGINE, MSG_ADMIT, 0, &m);
	FIX_WAIT(&fix, fix_count(&fix, MSG_ADMITTED) == 2);
	r = fix_last_msg(&fix, MSG_ADMITTED)->body;
	ATF_CHECK_EQ(VERDICT_DUPLICATE, r->verdict);
	/* addrbookd bans it: it has to go. */
	ban.id = a.id;
	fix_say(&fix, ROLE_ADDRBOOKD, MSG_BAN, 0, &ban);
	FIX_WAIT(&fix, fix_count(&fix, MSG_DROP) == 1);
	ATF_CHECK_EQ(5, ((const struct m_drop *)fix_last_msg(&fix,
	    MSG_DROP)->body)->conn);
	ATF_CHECK_EQ(1, fix_counter(&fix, "bans_mirrored"));
	ATF_CHECK_EQ(1, fix_counter(&fix, "admission_duplicate_total"));
	dfix_stop(&fix);
}

/* engine dies: its dials and peers are gone, and all begins anew. */
ATF_TC_WITHOUT_HEAD(engine_dies);
ATF_TC_BODY(engine_dies, tc)
{
	struct dialerfix fix;
	struct host_addr h;
	struct m_peer_up up = { .conn = 9, .addr = dfix_addr(3, 4) };
	unsigned n;
	uint16_t port;
	int l;

	dfix_init(&fix);
	l = dfix_listen(AF_INET, &port);
	h = dfix_host(1, "127.0.0.1", port);
	ATF_REQUIRE_EQ(0, conf_add_peer(fix.conf, CONF_PERSISTENT, &h));
	dfix_start(&fix);
	fix_say(&fix, ROLE_ENGINE, MSG_PEER_UP, 0, &up);
	FIX_WAIT(&fix, fix_count(&fix, MSG_DIAL) == 1);
	FIX_WAIT(&fix, fix_counter(&fix, "inbound") == 1);
	fix_dies(&fix, ROLE_ENGINE);
	FIX_WAIT(&fix, dfix_outcome(&fix, 1) == OUTCOME_OURS);
	ATF_CHECK_EQ(0, fix_counter(&fix, "inbound"));
	n = fix_count(&fix, MSG_PICK);
	fix_wire(&fix, ROLE_ENGINE);
	fix_synced(&fix, ROLE_ENGINE);
	FIX_WAIT(&fix, fix_count(&fix, MSG_DIAL) == 2);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PICK) > n);
	close(l);
	dfix_stop(&fix);
}

/* addrbookd dies: dialling pauses for want of candidates, nothing else. */
ATF_TC_WITHOUT_HEAD(addrbookd_dies);
ATF_TC_BODY(addrbookd_dies, tc)
{
	struct dialerfix fix;
	struct m_peer_up up = { .conn = 9, .addr = dfix_addr(3, 4) };
	unsigned n;

	dfix_init(&fix);
	dfix_start(&fix);
	fix_say(&fix, ROLE_ENGINE, MSG_PEER_UP, 0, &up);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PICK) > 0);
	FIX_WAIT(&fix, fix_counter(&fix, "inbound") == 1);
	fix_dies(&fix, ROLE_ADDRBOOKD);
	FIX_WAIT(&fix, fix_logged(&fix, "lost addrbookd"));
	ATF_CHECK_EQ(1, fix_counter(&fix, "inbound"));
	n = fix_count(&fix, MSG_PICK);
	fix_wire(&fix, ROLE_ADDRBOOKD);
	fix_synced(&fix, ROLE_ADDRBOOKD);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PICK) > n);
	ATF_CHECK_EQ(0, fix_count(&fix, MSG_DROP));
	dfix_stop(&fix);
}

/* --- names ---------------------------------------------------------------- */

/* How a dial by hand of that name ends. */
static const struct m_done *
dial_name(struct dialerfix *fix, const char *name, uint16_t port)
{
	struct host_addr h = dfix_host(1, name, port);
	unsigned n = fix_count(fix, MSG_DONE);

	ctl_dial(fix, 4711, &h);
	FIX_WAIT(fix, fix_count(fix, MSG_DONE) == n + 1);
	return fix_last_msg(fix, MSG_DONE)->body;
}

/* The macros of ATF look at what they are given twice. */
static void
check_dial(struct dialerfix *fix, const char *name, uint16_t port,
    const char *want)
{
	const struct m_done *done = dial_name(fix, name, port);

	ATF_CHECK_STREQ(want, done->text);
}

static void
start_with_dns(struct dialerfix *fix)
{
	dfix_init(fix);
	fix->conf->limits.max_outbound = 0;
	dfix_dns(fix);
}

/* All addresses of a name, IPv4 and IPv6, one after another. */
ATF_TC_WITHOUT_HEAD(name_with_two_families);
ATF_TC_BODY(name_with_two_families, tc)
{
	struct dialerfix fix;
	const struct m_done *done;
	const struct childmsg *d;
	bool v4 = false, v6 = false;

	start_with_dns(&fix);
	dfix_start(&fix);
	done = dial_name(&fix, "both.test", dfix_closed_port());
	ATF_CHECK_EQ(STATUS_FAILED, done->status);
	ATF_CHECK_STREQ("refused", done->text);
	FIX_WAIT(&fix, fix_count(&fix, MSG_OUTCOME) == 2);
	TAILQ_FOREACH(d, &fix.child.msgs, entry)
		if (d->type == MSG_OUTCOME) {
			const struct m_outcome *o = d->body;

			ATF_CHECK_EQ(OUTCOME_REFUSED, o->outcome);
			v4 |= ip_is_v4(o->addr.na.ip);
			v6 |= !ip_is_v4(o->addr.na.ip);
		}
	ATF_CHECK(v4 && v6);
	dfix_stop(&fix);
}

/* No more than 16 addresses of a name are used. */
ATF_TC_WITHOUT_HEAD(name_with_many_addresses);
ATF_TC_BODY(name_with_many_addresses, tc)
{
	struct dialerfix fix;

	start_with_dns(&fix);
	dfix_start(&fix);
	check_dial(&fix, "many.test", dfix_closed_port(), "refused");
	FIX_WAIT(&fix, fix_count(&fix, MSG_OUTCOME) == 16);
	dfix_stop(&fix);
}

/* Absent, empty, broken, silent: no address, and dialer lives. */
ATF_TC_WITHOUT_HEAD(names_that_fail);
ATF_TC_BODY(names_that_fail, tc)
{
	/* No question can carry a label of more than 63 bytes. */
	static const char *const names[] = { "none.test", "empty.test",
	    "broken.test", "dead.test",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	struct dialerfix fix;
	size_t i;

	start_with_dns(&fix);
	dfix_start(&fix);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_dial(&fix, names[i], 1, "its name has no address");
	ATF_CHECK(fix_logged(&fix, "dead.test"));
	ATF_CHECK_EQ(0, fix_count(&fix, MSG_OUTCOME));
	/* A good one after them. */
	check_dial(&fix, "four.test", dfix_closed_port(), "refused");
	dfix_stop(&fix);
}

/* It leaves at once, whatever is under way. */
ATF_TC_WITHOUT_HEAD(leaves_in_the_middle);
ATF_TC_BODY(leaves_in_the_middle, tc)
{
	struct dialerfix fix;
	struct host_addr h;
	uint16_t hole;
	int fds[3], l;
	unsigned i;

	start_with_dns(&fix);
	l = dfix_blackhole(AF_INET, &hole, fds, 3);
	h = dfix_host(1, "dead.test", 1);
	ATF_REQUIRE_EQ(0, conf_add_peer(fix.conf, CONF_PERSISTENT, &h));
	h = dfix_host(2, "127.0.0.1", hole);
	ATF_REQUIRE_EQ(0, conf_add_peer(fix.conf, CONF_PERSISTENT, &h));
	dfix_start(&fix);
	FIX_WAIT(&fix, fix.dns_questions > 0);
	FIX_WAIT(&fix, fix_counter(&fix, "connecting") == 1);
	dfix_stop(&fix);
	for (i = 0; i < 3; i++)
		close(fds[i]);
	close(l);
}

/* hosts(5) comes first; without name servers there is nothing but it. */
ATF_TC_WITHOUT_HEAD(names_of_hosts);
ATF_TC_BODY(names_of_hosts, tc)
{
	struct dialerfix fix;
	struct peer_addr a = dfix_addr(1, 1);
	uint16_t port = dfix_closed_port();

	start_with_dns(&fix);
	ATF_REQUIRE_EQ(0, conf_add_host(fix.conf, a.na.ip, "none.test"));
	dfix_start(&fix);
	check_dial(&fix, "None.Test", port, "refused");
	ATF_CHECK_EQ(0, fix.dns_questions);
	/* A reload without name servers. */
	fix.conf->nnameservers = 0;
	fix_reload(&fix);
	check_dial(&fix, "four.test", port, "its name has no address");
	ATF_CHECK_EQ(0, fix.dns_questions);
	dfix_stop(&fix);
}

/* --- show ----------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(shows_its_dials);
ATF_TC_BODY(shows_its_dials, tc)
{
	struct dialerfix fix;
	struct m_show m = { .what = SHOW_DIALS };
	const struct m_done *done;
	struct host_addr h;
	unsigned i, n, before;

	dfix_init(&fix);
	for (i = 0; i < 40; i++) {
		h = dfix_host(i, "127.0.0.1", dfix_closed_port());
		ATF_REQUIRE_EQ(0, conf_add_peer(fix.conf, i < 38 ?
		    CONF_PERSISTENT : CONF_SEED, &h));
	}
	dfix_start(&fix);
	FIX_WAIT(&fix, fix_count(&fix, MSG_OUTCOME) >= 38);
	before = fix_count(&fix, MSG_DONE);
	fix_say(&fix, ROLE_PARENT, MSG_SHOW, 3, &m);
	FIX_WAIT(&fix, fix_count(&fix, MSG_DONE) == before + 1);
	done = fix_last_msg(&fix, MSG_DONE)->body;
	ATF_CHECK_EQ(STATUS_MORE, done->status);
	n = fix_count(&fix, MSG_ROW_DIAL);
	ATF_CHECK(n < 40);
	m.cursor = done->cursor;
	fix_say(&fix, ROLE_PARENT, MSG_SHOW, 4, &m);
	FIX_WAIT(&fix, fix_count(&fix, MSG_DONE) == before + 2);
	done = fix_last_msg(&fix, MSG_DONE)->body;
	ATF_CHECK_EQ(STATUS_OK, done->status);
	ATF_CHECK_EQ(40, fix_count(&fix, MSG_ROW_DIAL));
	m.what = SHOW_BOOK;
	fix_say(&fix, ROLE_PARENT, MSG_SHOW, 5, &m);
	FIX_WAIT(&fix, fix_count(&fix, MSG_DONE) == before + 3);
	done = fix_last_msg(&fix, MSG_DONE)->body;
	ATF_CHECK_EQ(STATUS_INVALID, done->status);
	dfix_stop(&fix);
}

ATF_TC_WITHOUT_HEAD(events_when_watched);
ATF_TC_BODY(events_when_watched, tc)
{
	struct dialerfix fix;
	struct m_events on = { .on = true };
	const struct m_event *ev;

	dfix_init(&fix);
	fix.conf->limits.max_outbound = 0;
	dfix_start(&fix);
	check_dial(&fix, "127.0.0.1", dfix_closed_port(), "refused");
	ATF_CHECK_EQ(0, fix_count(&fix, MSG_EVENT));
	fix_say(&fix, ROLE_PARENT, MSG_EVENTS, 0, &on);
	check_dial(&fix, "127.0.0.1", dfix_closed_port(), "refused");
	ATF_REQUIRE_EQ(1, fix_count(&fix, MSG_EVENT));
	ev = fix_last_msg(&fix, MSG_EVENT)->body;
	ATF_CHECK_EQ(EVENT_DIAL, ev->kind);
	ATF_CHECK_STREQ("refused", ev->text);
	dfix_stop(&fix);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, waits_for_both);
	ATF_TP_ADD_TC(tp, admits);
	ATF_TP_ADD_TC(tp, engine_dies);
	ATF_TP_ADD_TC(tp, addrbookd_dies);
	ATF_TP_ADD_TC(tp, name_with_two_families);
	ATF_TP_ADD_TC(tp, name_with_many_addresses);
	ATF_TP_ADD_TC(tp, names_that_fail);
	ATF_TP_ADD_TC(tp, leaves_in_the_middle);
	ATF_TP_ADD_TC(tp, names_of_hosts);
	ATF_TP_ADD_TC(tp, shows_its_dials);
	ATF_TP_ADD_TC(tp, events_when_watched);
	return atf_no_error();
}
