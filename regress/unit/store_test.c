/* SPDX-License-Identifier: ISC */
/*
 * The store: what is saved is there again; facts about nodes; time limits.
 */
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <atf-c.h>

#include "addrbookd/store_impl.h"
#include "regress/lib/storefix.h"

#define DIR_NAME	"store"
#define FILE_NAME	DIR_NAME "/addrbook.db"

static struct storefix	 s, t;

static double
seconds(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

ATF_TC_WITHOUT_HEAD(fresh);
ATF_TC_BODY(fresh, tc)
{
	struct stat	 sb;

	umask(0);
	storefix_clean(DIR_NAME);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 0, FIX_START);
	ATF_CHECK(s.report.fresh);
	ATF_CHECK_STREQ("", s.report.set_aside);
	ATF_CHECK_EQ(0, s.loaded);
	ATF_REQUIRE_EQ(0, stat(FILE_NAME, &sb));
	ATF_CHECK_EQ(0600, sb.st_mode & 07777);
	ATF_REQUIRE_EQ(0, stat(FILE_NAME "-wal", &sb));
	ATF_CHECK_EQ(0600, sb.st_mode & 07777);
	ATF_CHECK_EQ(-1, stat(FILE_NAME "-shm", &sb));
	storefix_close(&s);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 0, FIX_START);
	ATF_CHECK(!s.report.fresh);
	ATF_REQUIRE_EQ(0, stat(FILE_NAME ".copy", &sb));
	ATF_CHECK_EQ(0600, sb.st_mode & 07777);
	storefix_close(&s);
}

ATF_TC_WITHOUT_HEAD(save_load);
ATF_TC_BODY(save_load, tc)
{
	struct book_change	 c;
	int			 round;

	storefix_clean(DIR_NAME);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	storefix_fill(&s, 3000);
	for (round = 0; round < 3; round++) {
		store_close(s.store, s.f.book);
		storefix_open(&t, DIR_NAME, STOREFIX_NETWORK,
		    BOOK_SIZE_DEFAULT, s.f.now);
		ATF_CHECK(!t.report.fresh);
		ATF_CHECK_STREQ("", t.report.set_aside);
		ATF_CHECK_EQ((int)fix_counts(&s.f).size, t.loaded);
		storefix_same(s.f.book, t.f.book, BOOK_SIZE_DEFAULT);
		ATF_CHECK_EQ(fix_counts(&s.f).holds, fix_counts(&t.f).holds);
		/* All of it stands there already. */
		ATF_CHECK(!book_next_change(t.f.book, &c));
		book_free(s.f.book);
		s = t;
		s.f.now += FIX_DAY;
		storefix_fill(&s, 1000 * (round + 1));
		fix_wait(&s.f, FIX_HOUR);
	}
	storefix_close(&s);
}

/* On disk within a second of the call that handed it on. */
ATF_TC_WITHOUT_HEAD(soon);
ATF_TC_BODY(soon, tc)
{
	struct peer_addr	 a;
	double			 begun, took, most = 0;
	unsigned int		 i;

	storefix_clean(DIR_NAME);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 0, FIX_START);
	for (i = 0; i < 5; i++) {
		a = fix_peer(i);
		fix_hear(&s.f, &a, i);
		begun = seconds();
		storefix_settle(&s);
		took = seconds() - begun;
		most = took > most ? took : most;
	}
	ATF_CHECK_MSG(most < 0.75, "%.3f s", most);
	storefix_close(&s);
}

/* A full book is there in a moment. */
ATF_TC_WITHOUT_HEAD(full_book);
ATF_TC_BODY(full_book, tc)
{
	struct book_source	 src;
	struct peer_addr	 a;
	unsigned int		 i, size;
	double			 begun;

	storefix_clean(DIR_NAME);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	for (i = 0; i < 120000; i++) {
		a = fix_peer(i % 39000);
		a.id = fix_id(i);
		a.na.port = 1000 + i / 39000;
		src = fix_source(i * 7 % 39000);
		book_hear(s.f.book, s.f.now, &a, &src);
	}
	size = fix_counts(&s.f).size;
	ATF_CHECK_MSG(size > 14000, "%u", size);
	storefix_settle(&s);
	storefix_close(&s);
	begun = seconds();
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	/* Generous: sanitizers, and a machine that does other things. */
	ATF_CHECK_MSG(seconds() - begun < 3, "%.3f s", seconds() - begun);
	ATF_CHECK_EQ((int)size, s.loaded);
	storefix_close(&s);
}

/* A book of another size takes the rows, and they are not there twice. */
ATF_TC_WITHOUT_HEAD(other_size);
ATF_TC_BODY(other_size, tc)
{
	static const unsigned int sizes[] = { 40960, BOOK_SIZE_MIN * 4, 40960 };
	unsigned int		 i, size, good;

	storefix_clean(DIR_NAME);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, BOOK_SIZE_DEFAULT,
	    FIX_START);
	storefix_fill(&s, 1500);
	size = fix_counts(&s.f).size;
	good = fix_counts(&s.f).good;
	storefix_close(&s);
	for (i = 0; i < 3; i++) {
		storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, sizes[i],
		    FIX_START);
		ATF_CHECK_MSG(s.loaded > (int)(size * 7 / 10), "%d of %u",
		    s.loaded, size);
		ATF_CHECK_MSG(fix_counts(&s.f).good > good * 9 / 10, "%u",
		    fix_counts(&s.f).good);
		size = fix_counts(&s.f).size;
		storefix_close(&s);
		storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, sizes[i],
		    FIX_START);
		ATF_CHECK_EQ((int)size, s.loaded);
		storefix_close(&s);
	}
}

/* What may not be in the book any more leaves the store too. */
ATF_TC_WITHOUT_HEAD(refused_rows_go);
ATF_TC_BODY(refused_rows_go, tc)
{
	static const uint8_t	 fresh_key[BOOK_KEY_SIZE];
	struct book_config	 conf = { .strict = true };
	uint8_t			 key[BOOK_KEY_SIZE];
	struct peer_addr	 a = fix_peer(0);
	struct store_report	 report;
	struct store		*store;
	struct book		*book;
	struct rng		 rng;

	storefix_clean(DIR_NAME);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 0, FIX_START);
	storefix_fill(&s, 50);
	ATF_REQUIRE(fix_has(&s.f, &a));
	storefix_close(&s);
	conf.private_ids = &a.id;
	conf.nprivate_ids = 1;
	rng_seed_number(&rng, 1);
	store = store_open(DIR_NAME, STOREFIX_NETWORK, fresh_key, key,
	    &report);
	ATF_REQUIRE(store != NULL);
	book = book_new(0, key, &rng, &conf);
	ATF_REQUIRE(store_load(store, book, FIX_START) > 30);
	ATF_CHECK(!book_has_id(book, &a.id));
	store_close(store, book);
	book_free(book);
	/* It is private no longer, and does not come back. */
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 0, FIX_START);
	ATF_CHECK(!fix_has(&s.f, &a));
	storefix_close(&s);
}

/* Times later than now become now. */
ATF_TC_WITHOUT_HEAD(clock_went_back);
ATF_TC_BODY(clock_went_back, tc)
{
	struct peer_addr	 a = fix_peer(0);

	storefix_clean(DIR_NAME);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 0, FIX_START);
	storefix_fill(&s, 200);
	storefix_close(&s);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 0,
	    FIX_START - 3000 * FIX_DAY);
	ATF_CHECK(s.loaded > 150);
	ATF_CHECK_EQ(FIX_START - 3000 * FIX_DAY,
	    fix_row(&s.f, &a).last_success);
	storefix_close(&s);
}

/* Another process has it: no second one may. */
ATF_TC_WITHOUT_HEAD(one_at_a_time);
ATF_TC_BODY(one_at_a_time, tc)
{
	static const uint8_t	 key[BOOK_KEY_SIZE];
	struct store_report	 report;
	uint8_t			 got[BOOK_KEY_SIZE];

	storefix_clean(DIR_NAME);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 0, FIX_START);
	ATF_CHECK(store_open(DIR_NAME, STOREFIX_NETWORK, key, got,
	    &report) == NULL);
	ATF_CHECK_EQ(1, storefix_count(DIR_NAME, "addrbook.db-wal"));
	ATF_CHECK_EQ(2, storefix_count(DIR_NAME, "addrbook.db"));
	storefix_close(&s);
}

ATF_TC_WITHOUT_HEAD(no_directory);
ATF_TC_BODY(no_directory, tc)
{
	static const uint8_t	 key[BOOK_KEY_SIZE];
	struct store_report	 report;
	uint8_t			 got[BOOK_KEY_SIZE];

	ATF_CHECK(store_open("not/there", STOREFIX_NETWORK, key, got,
	    &report) == NULL);
}

/* --- facts ------------------------------------------------------------ */

static unsigned int
ask_nodes(struct store_nodes_answer *a, uint32_t request, uint64_t cursor)
{
	struct pollfd	 pfd = { .fd = store_fd(s.store), .events = POLLIN };

	ATF_REQUIRE_EQ(0, store_ask_nodes(s.store, request, cursor));
	ATF_REQUIRE_EQ(1, poll(&pfd, 1, 10000));
	ATF_REQUIRE(store_answer(s.store, a));
	ATF_CHECK_EQ(request, a->request);
	return a->n;
}

ATF_TC_WITHOUT_HEAD(nodes);
ATF_TC_BODY(nodes, tc)
{
	static struct store_nodes_answer a;
	struct peer_addr		 first = fix_peer(0);
	struct peer_addr		 claim = fix_peer(1);
	struct m_row_node		*r = &a.rows[0];
	int				 i;

	storefix_clean(DIR_NAME);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 0, FIX_START);
	ATF_CHECK_EQ(0, ask_nodes(&a, 7, 0));
	ATF_CHECK(!a.more);
	storefix_meet(&s, 0, "first");
	storefix_meet(&s, 0, "the same, renamed");
	first = fix_peer(0);
	for (i = 1; i <= 100; i++)
		store_uptime(s.store, FIX_START + i * 600, &first,
		    i % 4 != 0 ? STORE_UP : STORE_DOWN);
	/* Nobody was ever met there. */
	first = fix_peer(1);
	store_uptime(s.store, FIX_START, &first, STORE_DOWN);
	storefix_settle(&s);
	storefix_close(&s);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 0, FIX_START);
	ATF_REQUIRE_EQ(1, ask_nodes(&a, 8, 0));
	first = fix_peer(0);
	ATF_CHECK(peer_addr_equal(&r->addr, &first));
	ATF_CHECK_STREQ("the same, renamed", r->moniker);
	ATF_CHECK(r->has_claim && netaddr_equal(&r->claim, &claim.na));
	ATF_CHECK_STREQ("0.38.21", r->version);
	ATF_CHECK_EQ(FIX_START, r->first_seen);
	ATF_CHECK_EQ(FIX_START + 99 * 600, r->last_seen);
	/* Three of four tries; the shortest window ends with a miss. */
	ATF_CHECK_MSG(r->uptime[3] > 700 && r->uptime[3] < 800, "%u",
	    r->uptime[3]);
	ATF_CHECK_MSG(r->uptime[0] < r->uptime[3], "%u", r->uptime[0]);
	storefix_close(&s);
}

/* Reached first, then known by name: neither is lost. */
ATF_TC_WITHOUT_HEAD(node_reached_first);
ATF_TC_BODY(node_reached_first, tc)
{
	static struct store_nodes_answer a;
	struct peer_addr		 first = fix_peer(0);
	struct m_row_node		*r = &a.rows[0];

	storefix_clean(DIR_NAME);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 0, FIX_START);
	store_uptime(s.store, FIX_START, &first, STORE_UP);
	storefix_settle(&s);
	ATF_REQUIRE_EQ(1, ask_nodes(&a, 1, 0));
	ATF_CHECK(peer_addr_equal(&r->addr, &first));
	ATF_CHECK_EQ(FIX_START, r->first_seen);
	ATF_CHECK_EQ(1000, r->uptime[0]);
	storefix_meet(&s, 0, "late");
	/* One that came to us and was never dialled. */
	storefix_meet(&s, 1, "visitor");
	storefix_settle(&s);
	ATF_REQUIRE_EQ(2, ask_nodes(&a, 2, 0));
	ATF_CHECK_STREQ("late", r->moniker);
	ATF_CHECK_EQ(1000, r->uptime[4]);
	ATF_CHECK_EQ(MSG_UPTIME_UNKNOWN, a.rows[1].uptime[0]);
	ATF_CHECK_EQ(MSG_UPTIME_UNKNOWN, a.rows[1].uptime[4]);
	storefix_close(&s);
}

/* The same for years, each ten minutes or many times a second. */
ATF_TC_WITHOUT_HEAD(uptime_windows);
ATF_TC_BODY(uptime_windows, tc)
{
	static const uint32_t	 window[] = { 7200, 28800, 86400, 604800,
	    2592000 };
	struct store_node	 n;
	struct m_row_node	 row;
	uint32_t		 now = FIX_START;
	int			 i, w;

	memset(&n, 0, sizeof(n));
	for (i = 0; i < 100000; i++)
		store_node_uptime(&n, now += 600, STORE_UP);
	for (i = 0; i < 1000; i++)
		store_node_uptime(&n, now, STORE_DOWN);
	store_node_row(&n, &row);
	for (w = 0; w < STORE_WINDOWS; w++)
		ATF_CHECK_EQ_MSG(1000, row.uptime[w], "%d: %u", w,
		    row.uptime[w]);
	/* What is unknown counts for nothing, however long it lasts. */
	store_node_uptime(&n, now += 30 * 86400, STORE_UNKNOWN);
	store_node_uptime(&n, now, STORE_DOWN);
	store_node_row(&n, &row);
	ATF_CHECK_EQ(1000, row.uptime[0]);
	/* One window later little of it counts, five later nothing. */
	for (w = 0; w < STORE_WINDOWS; w++) {
		struct store_node	 m = n;
		uint32_t		 at;

		for (at = now + 600; at <= now + window[w]; at += 600)
			store_node_uptime(&m, at, STORE_DOWN);
		store_node_row(&m, &row);
		ATF_CHECK_MSG(row.uptime[w] > 350 && row.uptime[w] < 380,
		    "%d: %u", w, row.uptime[w]);
		for (; at <= now + 7 * window[w]; at += 600)
			store_node_uptime(&m, at, STORE_DOWN);
		store_node_row(&m, &row);
		ATF_CHECK_MSG(row.uptime[w] < 2, "%d: %u", w, row.uptime[w]);
	}
}

/* By batches, at once, and not one each half second. */
ATF_TC_WITHOUT_HEAD(many_nodes);
ATF_TC_BODY(many_nodes, tc)
{
	static struct store_nodes_answer a;
	unsigned int			 i, n = 0, asked = 0;
	uint64_t			 cursor = 0;
	double				 begun;

	storefix_clean(DIR_NAME);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 0, FIX_START);
	for (i = 0; i < 1000; i++)
		storefix_meet(&s, i, "one of many");
	storefix_settle(&s);
	begun = seconds();
	do {
		n += ask_nodes(&a, ++asked, cursor);
		cursor = a.cursor;
	} while (a.more);
	ATF_CHECK_EQ(1000, n);
	ATF_CHECK_MSG(seconds() - begun < 2, "%.3f s", seconds() - begun);
	storefix_close(&s);
}

/* --- no more nodes than that ------------------------------------------ */

static int64_t
query(const char *sql)
{
	sqlite3_stmt	*st;
	sqlite3		*db;
	int64_t		 v;

	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_open(FILE_NAME, &db));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_prepare_v2(db, sql, -1, &st, NULL));
	ATF_REQUIRE_EQ(SQLITE_ROW, sqlite3_step(st));
	v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return v;
}

static bool
is_met(unsigned int n)
{
	struct peer_addr	 a = fix_peer(n);
	char			 sql[120];
	char			 id[NODE_ID_TEXT_SIZE];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM node WHERE "
	    "id = x'%s'", node_id_text(&a.id, id));
	return query(sql) == 1;
}

/* Fill the table as the writer would have, long ago. */
static void
fill_nodes(unsigned int from, unsigned int to)
{
	struct store_db		 d;
	struct store_node	 n;

	ATF_REQUIRE_EQ(SQLITE_OK, store_db_open(&d, FILE_NAME,
	    STORE_OPEN_OLD));
	ATF_REQUIRE_EQ(SQLITE_OK, store_db_prepare(&d));
	ATF_REQUIRE_EQ(SQLITE_OK, store_db_exec(&d, "BEGIN"));
	memset(&n, 0, sizeof(n));
	n.first_seen = n.last_seen = FIX_START - FIX_DAY;
	for (; from < to; from++) {
		n.addr = fix_peer(from);
		ATF_REQUIRE_EQ(SQLITE_OK, store_db_put_node(&d, &n));
	}
	ATF_REQUIRE_EQ(SQLITE_OK, store_db_exec(&d, "COMMIT"));
	store_db_close(&d);
}

ATF_TC(nodes_bounded);
ATF_TC_HEAD(nodes_bounded, tc)
{
	atf_tc_set_md_var(tc, "timeout", "600");
}
ATF_TC_BODY(nodes_bounded, tc)
{
	struct peer_addr	 a = fix_peer(1);
	unsigned int		 i;

	storefix_clean(DIR_NAME);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 0, FIX_START);
	storefix_close(&s);
	fill_nodes(0, STORE_NODES_MAX);
	storefix_open(&s, DIR_NAME, STOREFIX_NETWORK, 0, FIX_START);
	/* Met again, and reached: they are not the oldest any more. */
	storefix_meet(&s, 0, "met again");
	store_uptime(s.store, FIX_START, &a, STORE_UP);
	a = fix_peer(2);
	store_uptime(s.store, FIX_START, &a, STORE_DOWN);
	for (i = 0; i < 10; i++)
		storefix_meet(&s, STORE_NODES_MAX + i, "new");
	storefix_settle(&s);
	storefix_close(&s);
	ATF_CHECK_EQ(STORE_NODES_MAX, query("SELECT count(*) FROM node"));
	ATF_CHECK(is_met(0) && is_met(1));
	for (i = 2; i < 12; i++)
		ATF_CHECK_MSG(!is_met(i), "%u", i);
	ATF_CHECK(is_met(12));
	for (i = 0; i < 10; i++)
		ATF_CHECK(is_met(STORE_NODES_MAX + i));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, fresh);
	ATF_TP_ADD_TC(tp, save_load);
	ATF_TP_ADD_TC(tp, soon);
	ATF_TP_ADD_TC(tp, full_book);
	ATF_TP_ADD_TC(tp, other_size);
	ATF_TP_ADD_TC(tp, refused_rows_go);
	ATF_TP_ADD_TC(tp, clock_went_back);
	ATF_TP_ADD_TC(tp, one_at_a_time);
	ATF_TP_ADD_TC(tp, no_directory);
	ATF_TP_ADD_TC(tp, nodes);
	ATF_TP_ADD_TC(tp, node_reached_first);
	ATF_TP_ADD_TC(tp, uptime_windows);
	ATF_TP_ADD_TC(tp, many_nodes);
	ATF_TP_ADD_TC(tp, nodes_bounded);
	return atf_no_error();
}
