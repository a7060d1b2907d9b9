/* SPDX-License-Identifier: ISC */
/* A real engine whose accept(2) fails: it pauses or goes on, never ends. */
#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/engine/echo.h"
#include "regress/lib/enginepeer.h"

static struct enginefix fix;

/* The first call lets a peer in, the next two fail. */
static void
begin(int error)
{
	char faults[64];

	snprintf(faults, sizeof(faults), "0 %d %d", error, error);
	ATF_REQUIRE_EQ(0, setenv(ACCEPT_FAULTS, faults, 1));
	enginefix_init(&fix);
	fix.child.program = "regress/engine/engine";
	enginefix_start(&fix);
}

/* Of one connection: the next is accepted in the same breath. */
ATF_TC_WITHOUT_HEAD(of_one_connection);
ATF_TC_BODY(of_one_connection, tc)
{
	static const int errors[] = { EINTR, ECONNABORTED, ECONNRESET,
	    ETIMEDOUT, EPROTO, EPERM, ENOPROTOOPT, EOPNOTSUPP, ENETDOWN,
	    ENETUNREACH, EHOSTDOWN, EHOSTUNREACH };
	struct enginepeer p, q;
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		begin(errors[i]);
		enginepeer_init(&p, &fix, 1);
		enginepeer_init(&q, &fix, 2);
		enginepeer_up(&p);
		enginepeer_up(&q);
		ATF_CHECK_EQ_MSG(0, fix_counter(&fix, "accept_pauses_total"),
		    "%s", strerror(errors[i]));
		enginepeer_free(&p);
		enginepeer_free(&q);
		enginefix_stop(&fix);
	}
}

/* While nobody is accepted all else goes on; then they are. */
static void
check_pause(int error)
{
	struct enginepeer p, q, dialled;

	begin(error);
	enginepeer_init(&p, &fix, 1);
	enginepeer_init(&q, &fix, 2);
	enginepeer_init(&dialled, &fix, 3);
	enginepeer_up(&p);
	FIX_WAIT(&fix, fix_counter(&fix, "accept_pauses_total") == 1);
	enginepeer_open(&q);
	enginepeer_ask(&p);
	FIX_WAIT(&fix, p.nlists == 1);
	enginepeer_dial(&dialled, 1, &dialled.wp.id, PURPOSE_PEER);
	FIX_WAIT(&fix, fix_count(&fix, MSG_PEER_UP) == 4);
	ATF_CHECK_MSG(!enginepeer_is_up(&q), "%s: no pause", strerror(error));
	FIX_WAIT(&fix, enginepeer_is_up(&q));
	ATF_CHECK_EQ_MSG(2, fix_counter(&fix, "accept_pauses_total"), "%s",
	    strerror(error));
	ATF_CHECK(fix_logged(&fix, strerror(error)));
	ATF_CHECK(enginepeer_is_up(&p) && enginepeer_is_up(&dialled));
	enginepeer_free(&p);
	enginepeer_free(&q);
	enginepeer_free(&dialled);
	enginefix_stop(&fix);
}

ATF_TC_WITHOUT_HEAD(our_lack);
ATF_TC_BODY(our_lack, tc)
{
	check_pause(EMFILE);
	check_pause(ENFILE);
	check_pause(ENOBUFS);
	check_pause(ENOMEM);
}

/* None that accept(2) is known for: it neither ends nor spins. */
ATF_TC_WITHOUT_HEAD(unforeseen);
ATF_TC_BODY(unforeseen, tc)
{
	check_pause(EINVAL);
	check_pause(EIO);
}

/* One line, not one a second. */
ATF_TC_WITHOUT_HEAD(logged_once);
ATF_TC_BODY(logged_once, tc)
{
	static const char line[] = "accepting nobody for a second";
	struct enginepeer p, q;
	const char *s;
	unsigned n = 0;

	begin(EMFILE);
	enginepeer_init(&p, &fix, 1);
	enginepeer_init(&q, &fix, 2);
	enginepeer_up(&p);
	enginepeer_up(&q);
	FIX_WAIT(&fix, fix_counter(&fix, "accept_pauses_total") == 2);
	for (s = fix.child.log; (s = strstr(s, line)) != NULL; s++)
		n++;
	ATF_CHECK_EQ(1, n);
	enginepeer_free(&p);
	enginepeer_free(&q);
	enginefix_stop(&fix);
}

/* Nothing to accept after all is no error. */
ATF_TC_WITHOUT_HEAD(nobody_there);
ATF_TC_BODY(nobody_there, tc)
{
	struct enginepeer p, q;

	begin(EAGAIN);
	enginepeer_init(&p, &fix, 1);
	enginepeer_init(&q, &fix, 2);
	enginepeer_up(&p);
	enginepeer_up(&q);
	ATF_CHECK_EQ(0, fix_counter(&fix, "accept_pauses_total"));
	enginepeer_free(&p);
	enginepeer_free(&q);
	enginefix_stop(&fix);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, of_one_connection);
	ATF_TP_ADD_TC(tp, our_lack);
	ATF_TP_ADD_TC(tp, unforeseen);
	ATF_TP_ADD_TC(tp, logged_once);
	ATF_TP_ADD_TC(tp, nobody_there);
	return atf_no_error();
}
