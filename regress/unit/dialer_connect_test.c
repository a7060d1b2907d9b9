/* SPDX-License-Identifier: ISC */
/* dialer connects: hundreds at once, and tells what came of each. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "dialer/outcome.h"
#include "regress/lib/dialerfix.h"

ATF_TC_WITHOUT_HEAD(what_errors_mean);
ATF_TC_BODY(what_errors_mean, tc)
{
	static const struct {
		int error;
		enum outcome outcome;
	} rows[] = {
		{ ECONNREFUSED, OUTCOME_REFUSED },
		{ ECONNRESET, OUTCOME_REFUSED },
		{ EHOSTUNREACH, OUTCOME_UNREACHABLE },
		{ EHOSTDOWN, OUTCOME_UNREACHABLE },
		{ ETIMEDOUT, OUTCOME_TIMED_OUT },
		{ ENETUNREACH, OUTCOME_OURS },
		{ ENETDOWN, OUTCOME_OURS },
		{ EADDRNOTAVAIL, OUTCOME_OURS },
		{ EPERM, OUTCOME_OURS },
		{ EACCES, OUTCOME_OURS },
		{ EMFILE, OUTCOME_OURS },
		{ ENFILE, OUTCOME_OURS },
		{ ENOBUFS, OUTCOME_OURS },
		{ EAFNOSUPPORT, OUTCOME_OURS },
		{ EINVAL, OUTCOME_OURS },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ATF_CHECK_EQ_MSG(rows[i].outcome,
		    outcome_of_errno(rows[i].error), "%s",
		    strerror(rows[i].error));
}

/* The socket comes to engine connected, unread, with the ID to prove. */
ATF_TC_WITHOUT_HEAD(hands_the_socket_on);
ATF_TC_BODY(hands_the_socket_on, tc)
{
	struct dialerfix fix;
	struct peer_addr a;
	const struct childmsg *d;
	const struct m_dial *m;
	uint16_t port;
	char buf[8];
	int l, fd, family;

	for (family = 0; family < 2; family++) {
		dfix_init(&fix);
		l = dfix_listen(family ? AF_INET6 : AF_INET, &port);
		a = dfix_addr(1, port);
		if (family)
			ATF_REQUIRE_EQ(0, ip_parse("::1", 3, a.na.ip));
		dfix_start(&fix);
		FIX_WAIT(&fix, fix_count(&fix, MSG_PICK) > 0);
		dfix_pick(&fix, &a, 1);
		FIX_WAIT(&fix, fix_count(&fix, MSG_DIAL) == 1);
		d = fix_last_msg(&fix, MSG_DIAL);
		m = d->body;
		ATF_CHECK(peer_addr_equal(&a, &m->addr));
		ATF_CHECK(m->dial != 0);
		ATF_CHECK_EQ(PURPOSE_PEER, m->purpose);
		ATF_CHECK(m->latency_ms >= 1 && m->latency_ms < 1000);
		ATF_REQUIRE(d->fd != -1);
		ATF_CHECK(fcntl(d->fd, F_GETFL) & O_NONBLOCK);
		FIX_WAIT(&fix, (fd = accept(l, NULL, NULL)) != -1);
		/* What the far end says first is there for engine to read. */
		ATF_REQUIRE_EQ(3, send(fd, "hi!", 3, 0));
		FIX_WAIT(&fix, recv(d->fd, buf, sizeof(buf), 0) == 3);
		ATF_CHECK_EQ(0, memcmp(buf, "hi!", 3));
		close(fd);
		close(l);
		dfix_stop(&fix);
	}
}

ATF_TC_WITHOUT_HEAD(refused_and_timed_out);
ATF_TC_BODY(refused_and_timed_out, tc)
{
	struct dialerfix fix;
	struct peer_addr a[2];
	uint16_t hole;
	int fds[3], l;
	uint64_t began;
	unsigned i;

	dfix_init(&fix);
	fix.conf->times.dial_timeout = 400;
	l = dfix_blackhole(AF_INET, &hole, fds, 3);
	a[0] = dfix_addr(1, dfix_closed_port());
	a[1] = dfix_addr(2, hole);
	dfix_start(&fix);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PICK) > 0);
	began = fix_ms();
	dfix_pick(&fix, a, 2);
	FIX_WAIT(&fix, dfix_outcome(&fix, 1) == OUTCOME_REFUSED);
	FIX_WAIT(&fix, dfix_outcome(&fix, 2) == OUTCOME_TIMED_OUT);
	/* libevent counts from the beginning of its turn. */
	ATF_CHECK(fix_ms() - began >= 350);
	ATF_CHECK_EQ(1, fix_counter(&fix, "dials_refused_total"));
	ATF_CHECK_EQ(1, fix_counter(&fix, "dials_timed_out_total"));
	ATF_CHECK_EQ(0, fix_count(&fix, MSG_DIAL));
	for (i = 0; i < 3; i++)
		close(fds[i]);
	close(l);
	dfix_stop(&fix);
}

/* Without a descriptor it is our own lack, and dialling goes on after it. */
ATF_TC_WITHOUT_HEAD(out_of_descriptors);
ATF_TC_BODY(out_of_descriptors, tc)
{
	struct dialerfix fix;
	struct peer_addr a[80];
	unsigned i, ours = 0;
	uint16_t hole, port;
	int fds[3], l, l2;

	dfix_init(&fix);
	fix.child.init.nofile = 40;
	fix.conf->limits.max_outbound = 80;
	fix.conf->times.dial_timeout = 1000;
	l = dfix_blackhole(AF_INET, &hole, fds, 3);
	for (i = 0; i < 80; i++)
		a[i] = dfix_addr(i, hole);
	dfix_start(&fix);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PICK) > 0);
	dfix_pick(&fix, a, 80);
	FIX_WAIT(&fix, fix_count(&fix, MSG_OUTCOME) == 80);
	for (i = 0; i < 80; i++)
		ours += dfix_outcome(&fix, i) == OUTCOME_OURS;
	ATF_CHECK_MSG(ours >= 40 && ours < 80, "%u of 80 are ours", ours);
	l2 = dfix_listen(AF_INET, &port);
	a[0] = dfix_addr(200, port);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PICK) > 1);
	dfix_pick(&fix, a, 1);
	FIX_WAIT(&fix, fix_count(&fix, MSG_DIAL) == 1);
	for (i = 0; i < 3; i++)
		close(fds[i]);
	close(l);
	close(l2);
	dfix_stop(&fix);
}

/* A seed's crawler: 256 in flight, each with its own end. */
ATF_TC_WITHOUT_HEAD(hundreds_in_flight);
ATF_TC_BODY(hundreds_in_flight, tc)
{
	struct dialerfix fix;
	struct peer_addr a[MSG_LIST_MAX];
	unsigned i, refused = 0, lost = 0;
	uint16_t hole, closed;
	int fds[3], l;
	uint64_t began;

	dfix_init(&fix);
	fix.conf->mode = MODE_SEED;
	fix.conf->times.dial_timeout = 1000;
	l = dfix_blackhole(AF_INET, &hole, fds, 3);
	closed = dfix_closed_port();
	for (i = 0; i < MSG_LIST_MAX; i++)
		a[i] = dfix_addr(i, i % 10 == 0 ? closed : hole);
	dfix_start(&fix);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PICK) > 0);
	began = fix_ms();
	dfix_pick(&fix, a, MSG_LIST_MAX);
	FIX_WAIT(&fix, fix_counter(&fix, "connecting") > 200);
	FIX_WAIT(&fix, fix_count(&fix, MSG_OUTCOME) == MSG_LIST_MAX);
	for (i = 0; i < MSG_LIST_MAX; i++) {
		refused += dfix_outcome(&fix, i) == OUTCOME_REFUSED;
		lost += dfix_outcome(&fix, i) == OUTCOME_TIMED_OUT;
	}
	ATF_CHECK_EQ(25, refused);
	ATF_CHECK_EQ(225, lost);
	ATF_CHECK_MSG(fix_ms() - began < 10000, "they run in parallel");
	for (i = 0; i < 3; i++)
		close(fds[i]);
	close(l);
	dfix_stop(&fix);
}

enum { V4_HOLE, V6_HOLE, V4_OPEN, V6_OPEN, NKINDS };

/* Four kinds of places in turn, from number first on. */
static void
pick_places(struct dialerfix *fix, unsigned first, const uint16_t port[])
{
	static const int family[NKINDS] = { AF_INET, AF_INET6, AF_INET,
	    AF_INET6 };
	struct peer_addr a[MSG_LIST_MAX];
	unsigned i, n;

	for (i = 0; i < MSG_LIST_MAX; i++) {
		n = first + i;
		a[i] = dfix_addr_of(family[n % NKINDS], n, port[n % NKINDS]);
	}
	dfix_pick(fix, a, MSG_LIST_MAX);
}

/*
 * 500 at once, of both families: half are connected and go on to engine
 * while the others hang, and each has its own end.
 */
ATF_TC_WITHOUT_HEAD(both_families_in_flight);
ATF_TC_BODY(both_families_in_flight, tc)
{
	enum { N = 2 * MSG_LIST_MAX };
	struct dialerfix fix;
	uint16_t port[NKINDS];
	int fds[6], l[NKINDS];
	unsigned i, lost = 0;

	dfix_init(&fix);
	fix.child.init.nofile = 1000;
	fix.conf->mode = MODE_SEED;
	fix.conf->limits.max_dials = N;
	fix.conf->times.dial_timeout = 8000;
	l[V4_HOLE] = dfix_blackhole(AF_INET, &port[V4_HOLE], fds, 3);
	l[V6_HOLE] = dfix_blackhole(AF_INET6, &port[V6_HOLE], fds + 3, 3);
	l[V4_OPEN] = dfix_listen(AF_INET, &port[V4_OPEN]);
	l[V6_OPEN] = dfix_listen(AF_INET6, &port[V6_OPEN]);
	dfix_start(&fix);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PICK) > 0);
	pick_places(&fix, 0, port);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PICK) > 1);
	pick_places(&fix, MSG_LIST_MAX, port);
	FIX_WAIT(&fix, fix_count(&fix, MSG_DIAL) == N / 2);
	/* Those in engine's hands are dials under way, too. */
	ATF_CHECK_EQ(N, fix_counter(&fix, "dialling"));
	ATF_CHECK_EQ(N / 2, fix_counter(&fix, "connecting"));
	ATF_CHECK_EQ(0, fix_count(&fix, MSG_OUTCOME));
	FIX_WAIT(&fix, fix_count(&fix, MSG_OUTCOME) == N / 2);
	for (i = 0; i < N; i++)
		lost += dfix_outcome(&fix, i) == OUTCOME_TIMED_OUT;
	ATF_CHECK_EQ(N / 2, lost);
	ATF_CHECK_EQ(N / 2, fix_counter(&fix, "dialling"));
	for (i = 0; i < 6; i++)
		close(fds[i]);
	for (i = 0; i < NKINDS; i++)
		close(l[i]);
	dfix_stop(&fix);
}

/* What engine says of a handshake ends the dial; the book is told. */
ATF_TC_WITHOUT_HEAD(engine_has_the_last_word);
ATF_TC_BODY(engine_has_the_last_word, tc)
{
	struct dialerfix fix;
	struct peer_addr a[2];
	const struct m_dial *m;
	struct m_dialed done = { .outcome = OUTCOME_WRONG_IDENTITY };
	const struct m_outcome *o;
	uint16_t port;
	int l;

	dfix_init(&fix);
	l = dfix_listen(AF_INET, &port);
	a[0] = dfix_addr(1, port);
	dfix_start(&fix);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PICK) > 0);
	dfix_pick(&fix, a, 1);
	FIX_WAIT(&fix, fix_count(&fix, MSG_DIAL) == 1);
	m = fix_last_msg(&fix, MSG_DIAL)->body;
	done.dial = m->dial;
	done.id = dfix_addr(9, 1).id;
	fix_say(&fix, ROLE_ENGINE, MSG_DIALED, 0, &done);
	FIX_WAIT(&fix, dfix_outcome(&fix, 1) == OUTCOME_WRONG_IDENTITY);
	o = fix_last_msg(&fix, MSG_OUTCOME)->body;
	ATF_CHECK(node_id_equal(&done.id, &o->id));
	FIX_WAIT(&fix, fix_logged(&fix, "wrong identity"));
	close(l);
	dfix_stop(&fix);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_errors_mean);
	ATF_TP_ADD_TC(tp, hands_the_socket_on);
	ATF_TP_ADD_TC(tp, refused_and_timed_out);
	ATF_TP_ADD_TC(tp, out_of_descriptors);
	ATF_TP_ADD_TC(tp, hundreds_in_flight);
	ATF_TP_ADD_TC(tp, both_families_in_flight);
	ATF_TP_ADD_TC(tp, engine_has_the_last_word);
	return atf_no_error();
}
