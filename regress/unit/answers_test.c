/* SPDX-License-Identifier: ISC */
/* The book's answers to messages, as the daemon and the simulation give. */

#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "addrbookd/answers.h"
#include "regress/lib/bookfix.h"

static struct m_picked	picked;

static int
pick(struct bookfix *f, enum pick_kind kind, unsigned want, unsigned seniors)
{
	struct m_pick m = { .kind = kind, .want = want, .bias = 50,
	    .seniors = seniors };

	memset(&picked, 0xff, sizeof(picked));
	return answer_pick(f->book, f->now, &m, &picked);
}

/* Whose word it is matters for what was only heard of. */
ATF_TC_WITHOUT_HEAD(hearsay_names_its_source);
ATF_TC_BODY(hearsay_names_its_source, tc)
{
	struct peer_addr a = fix_peer(1), b = fix_peer(2);
	struct bookfix f;
	unsigned i;

	fix_init(&f, BOOK_SIZE_MIN, 1);
	fix_hear(&f, &a, 500);
	fix_good(&f, &b);
	ATF_REQUIRE_EQ(0, pick(&f, PICK_ENSURE, 8, 0));
	ATF_REQUIRE_EQ(2, picked.n);
	for (i = 0; i < 2; i++) {
		bool heard = peer_addr_equal(&picked.list[i].addr, &a);

		ATF_CHECK_EQ(heard ? LEVEL_HEARD : LEVEL_GOOD,
		    picked.list[i].level);
		ATF_CHECK_EQ(heard ? netgroup_of(fix_source(500).ip, true).v :
		    0, picked.list[i].source);
	}
	fix_free(&f);
}

/* A senior that is drawn again as one of its table comes once. */
ATF_TC_WITHOUT_HEAD(seniors_come_first_and_once);
ATF_TC_BODY(seniors_come_first_and_once, tc)
{
	struct bookfix f;
	struct peer_addr a;
	unsigned i, k;

	fix_init(&f, BOOK_SIZE_MIN, 2);
	for (i = 0; i < 8; i++) {
		a = fix_peer(i);
		fix_good(&f, &a);
		fix_wait(&f, 1);
	}
	ATF_REQUIRE_EQ(0, pick(&f, PICK_ENSURE, 30, 30));
	ATF_REQUIRE(picked.n > 2 && picked.n <= 8);
	ATF_CHECK_EQ(LEVEL_SENIOR, picked.list[0].level);
	ATF_CHECK_EQ(LEVEL_SENIOR, picked.list[1].level);
	for (i = 0; i < picked.n; i++)
		for (k = 0; k < i; k++)
			ATF_CHECK(!peer_addr_equal(&picked.list[i].addr,
			    &picked.list[k].addr));
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(absurd_questions);
ATF_TC_BODY(absurd_questions, tc)
{
	struct m_outcome o = { .addr = fix_peer(1) };
	struct bookfix f;
	unsigned n;

	fix_init(&f, BOOK_SIZE_MIN, 3);
	ATF_CHECK_EQ(-1, pick(&f, 0, 1, 0));
	ATF_CHECK_EQ(-1, pick(&f, PICK_CRAWL + 1, 1, 0));
	ATF_CHECK_EQ(-1, pick(&f, PICK_ENSURE, MSG_LIST_MAX + 1, 0));
	ATF_CHECK_EQ(0, pick(&f, PICK_CRAWL, MSG_LIST_MAX, 0));
	for (n = 0; n < 256; n++) {
		o.outcome = n;
		ATF_CHECK_EQ(n > 0 && n < OUTCOME_MAX ? 0 : -1,
		    answer_outcome(f.book, f.now, &o));
	}
	fix_free(&f);
}

/* Each outcome is to the book what the rules say. */
ATF_TC_WITHOUT_HEAD(outcomes);
ATF_TC_BODY(outcomes, tc)
{
	static const struct {
		enum outcome	outcome;
		enum book_level	level;	/* of one that was heard of */
		bool		gone, rests;
	} cases[] = {
		{ OUTCOME_CONNECTED,		BOOK_HEARD,	false, false },
		{ OUTCOME_LIVE,			BOOK_REACHED,	false, false },
		{ OUTCOME_ANSWERED,		BOOK_GOOD,	false, false },
		{ OUTCOME_MATURE,		BOOK_GOOD,	false, false },
		{ OUTCOME_FULL,			BOOK_HEARD,	false, true },
		{ OUTCOME_REJECTED,		BOOK_HEARD,	false, true },
		{ OUTCOME_REFUSED,		BOOK_HEARD,	false, true },
		{ OUTCOME_UNREACHABLE,		BOOK_HEARD,	false, true },
		{ OUTCOME_TIMED_OUT,		BOOK_HEARD,	false, true },
		{ OUTCOME_OURS,			BOOK_HEARD,	false, false },
		{ OUTCOME_DUPLICATE,		BOOK_HEARD,	false, false },
		{ OUTCOME_WRONG_IDENTITY,	BOOK_HEARD,	true, false },
		{ OUTCOME_WRONG_NETWORK,	BOOK_HEARD,	true, false },
		{ OUTCOME_WRONG_BLOCK_VERSION,	BOOK_HEARD,	true, false },
		{ OUTCOME_NO_PEX_CHANNEL,	BOOK_HEARD,	true, false },
		{ OUTCOME_SELF,			BOOK_HEARD,	true, false },
	};
	struct peer_addr a = fix_peer(1);
	struct book_row row;
	struct bookfix f;
	size_t i;

	ATF_CHECK_EQ(OUTCOME_MAX - 1, sizeof(cases) / sizeof(cases[0]));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct m_outcome o = { .addr = a,
		    .outcome = cases[i].outcome };

		fix_init(&f, BOOK_SIZE_MIN, 4);
		fix_hear(&f, &a, 500);
		ATF_REQUIRE_EQ(0, answer_outcome(f.book, f.now, &o));
		ATF_CHECK_EQ_MSG(!cases[i].gone, fix_has(&f, &a), "%s",
		    outcome_name(cases[i].outcome));
		if (!cases[i].gone) {
			row = fix_row(&f, &a);
			ATF_CHECK_EQ_MSG(cases[i].level, row.level, "%s",
			    outcome_name(cases[i].outcome));
			ATF_CHECK_EQ_MSG(cases[i].rests,
			    row.rest_until > f.now, "%s",
			    outcome_name(cases[i].outcome));
		}
		fix_free(&f);
	}
}

/* What a dial that ended so says of its node's uptime; -1 is nothing. */
static int
uptime(struct bookfix *f, const struct peer_addr *a, enum outcome outcome)
{
	struct m_outcome o = { .addr = *a, .outcome = outcome };
	enum store_uptime u;

	ATF_REQUIRE_EQ(0, answer_outcome(f->book, f->now, &o));
	return answer_uptime(f->book, f->now, &o, &u) ? (int)u : -1;
}

/* Our own line down for an hour is nobody's absence but for one dial each. */
ATF_TC_WITHOUT_HEAD(uptime_is_not_our_line);
ATF_TC_BODY(uptime_is_not_our_line, tc)
{
	struct peer_addr a = fix_peer(1), b = fix_peer(2);
	struct bookfix f;
	int i;

	fix_init(&f, BOOK_SIZE_MIN, 5);
	ATF_CHECK_EQ(STORE_UP, uptime(&f, &a, OUTCOME_LIVE));
	fix_wait(&f, 600);
	ATF_CHECK_EQ(STORE_DOWN, uptime(&f, &a, OUTCOME_TIMED_OUT));
	for (i = 0; i < 6; i++) {
		fix_wait(&f, 600);
		ATF_CHECK_EQ(STORE_UNKNOWN, uptime(&f, &a, i % 2 == 0 ?
		    OUTCOME_TIMED_OUT : OUTCOME_UNREACHABLE));
		ATF_CHECK_EQ(STORE_UNKNOWN, uptime(&f, &a, OUTCOME_OURS));
	}
	/* Others answer: now it is its own. */
	for (i = 0; i < 6; i++) {
		fix_wait(&f, 300);
		ATF_CHECK_EQ(STORE_UP, uptime(&f, &b, OUTCOME_ANSWERED));
		fix_wait(&f, 300);
		ATF_CHECK_EQ(STORE_DOWN, uptime(&f, &a, OUTCOME_REFUSED));
		ATF_CHECK_EQ(STORE_UNKNOWN, uptime(&f, &a, OUTCOME_OURS));
	}
	ATF_CHECK_EQ(-1, uptime(&f, &a, OUTCOME_FULL));
	ATF_CHECK_EQ(-1, uptime(&f, &a, OUTCOME_CONNECTED));
	ATF_CHECK_EQ(STORE_UP, uptime(&f, &a, OUTCOME_MATURE));
	fix_free(&f);
}

/* An ID is not down where others say that it is. */
ATF_TC_WITHOUT_HEAD(uptime_is_not_hearsay);
ATF_TC_BODY(uptime_is_not_hearsay, tc)
{
	struct peer_addr a = fix_peer(1), other = fix_peer(2), lie = a;
	struct bookfix f;

	lie.na = fix_peer(3).na;
	fix_init(&f, BOOK_SIZE_MIN, 6);
	ATF_CHECK_EQ(STORE_UP, uptime(&f, &a, OUTCOME_LIVE));
	ATF_CHECK_EQ(-1, uptime(&f, &lie, OUTCOME_REFUSED));
	/* A claim is taken once the ID has failed where it was. */
	fix_wait(&f, 600);
	ATF_CHECK_EQ(STORE_DOWN, uptime(&f, &a, OUTCOME_REFUSED));
	ATF_REQUIRE_EQ(BOOK_ADDED, fix_hear(&f, &lie, 500));
	fix_wait(&f, 600);
	ATF_CHECK_EQ(STORE_UP, uptime(&f, &other, OUTCOME_LIVE));
	ATF_CHECK_EQ(-1, uptime(&f, &lie, OUTCOME_REFUSED));
	ATF_CHECK_EQ_MSG(1, fix_row(&f, &lie).failures, "to the book it is");
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(lists_and_status);
ATF_TC_BODY(lists_and_status, tc)
{
	struct m_addrs *m = calloc(1, sizeof(*m));
	unsigned counts[BOOK_RESULT_MAX];
	struct m_list_taken taken;
	struct m_book_status st;
	struct bookfix f;
	unsigned i;

	ATF_REQUIRE(m != NULL);
	fix_init(&f, BOOK_SIZE_DEFAULT, 5);
	m->source = fix_peer(9);
	for (i = 0; i < 3; i++)
		m->list[m->n++] = fix_peer(20 + i);
	answer_addrs(f.book, f.now, m, counts, &taken);
	ATF_CHECK_EQ(3, taken.fresh);
	ATF_CHECK_EQ(3, taken.total);
	ATF_CHECK_EQ(3, counts[BOOK_ADDED]);
	ATF_CHECK(node_id_equal(&taken.source, &m->source.id));
	ATF_CHECK_EQ(netgroup_of(m->source.na.ip, true).v,
	    fix_row(&f, &m->list[0]).source.v);
	answer_addrs(f.book, f.now, m, counts, &taken);
	ATF_CHECK_EQ(0, taken.fresh);
	ATF_CHECK_EQ(3, counts[BOOK_KNOWN]);

	fix_good(&f, &m->list[0]);
	answer_status(f.book, &st);
	ATF_CHECK_EQ(3, st.size);
	ATF_CHECK_EQ(1, st.good);
	ATF_CHECK(st.wanted);
	fix_free(&f);
	free(m);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, hearsay_names_its_source);
	ATF_TP_ADD_TC(tp, seniors_come_first_and_once);
	ATF_TP_ADD_TC(tp, absurd_questions);
	ATF_TP_ADD_TC(tp, outcomes);
	ATF_TP_ADD_TC(tp, uptime_is_not_our_line);
	ATF_TP_ADD_TC(tp, uptime_is_not_hearsay);
	ATF_TP_ADD_TC(tp, lists_and_status);
	return atf_no_error();
}
