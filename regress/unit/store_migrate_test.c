/* SPDX-License-Identifier: ISC */
/*
 * Stores of older versions: brought up with all they hold, after a copy; or
 * left as they were.
 */
#include <sys/resource.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>
#include <sqlite3.h>

#include "addrbookd/store_impl.h"
#include "common/crc32c.h"
#include "regress/lib/baddisk_calls.h"
#include "regress/lib/storefix.h"

#define ENTRIES	200
#define NODES	150
#define OLD_COPY	STOREFIX_FILE ".version-1"

static struct storefix	 s, t;

/* --- a file as version 1 made it -------------------------------------- */

static void
sql(sqlite3 *db, const char *text)
{
	char	*error = NULL;

	ATF_REQUIRE_MSG(sqlite3_exec(db, text, NULL, NULL, &error) ==
	    SQLITE_OK, "%s: %s", text, error);
}

static sqlite3 *
open_raw(void)
{
	sqlite3	*db;

	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_open(STOREFIX_FILE, &db));
	sql(db, "PRAGMA locking_mode=EXCLUSIVE");
	return db;
}

struct node_1 {
	uint8_t	 id[20];
	uint8_t	 row[300];
	size_t	 len;
};

/* Its bytes as version 1 had them. */
static void
node_1(struct node_1 *n, unsigned int i)
{
	struct peer_addr	 a = fix_peer(i);
	uint32_t		 seen = FIX_START + (NODES - i) * FIX_HOUR;
	uint8_t			*p = n->row;

	memcpy(n->id, a.id.b, 20);
	memcpy(p, a.id.b, 20);
	memcpy(p + 20, a.na.ip, 16);
	p[36] = a.na.port >> 8;
	p[37] = a.na.port;
	p += 38;
	/* Moniker, version, network, each after its length. */
	p += sprintf((char *)p, "\013one of many\0070.38.21\006test-1");
	memcpy(p, "\0\0\0\7", 4);		/* latency */
	p += 4;
	p[0] = p[4] = p[8] = seen >> 24;	/* first, last, last try */
	p[1] = p[5] = p[9] = seen >> 16;
	p[2] = p[6] = p[10] = seen >> 8;
	p[3] = p[7] = p[11] = seen;
	p += 12;
	/* Share and weight, of 65535, in each of five windows. */
	memcpy(p, "\x40\0\x80\0" "\x40\0\x80\0" "\x40\0\x80\0"
	    "\x40\0\x80\0" "\xff\xff\xff\xff", 20);
	n->len = p + 20 - n->row;
}

/*
 * What version 1 wrote: the tables of the book are those of today, node had
 * its order in the row's number.
 */
static void
make_version_1(void)
{
	static const uint8_t	 place[4];
	sqlite3			*db = open_raw();
	sqlite3_stmt		*st;
	struct node_1		 n;
	unsigned int		 i;

	sql(db, "BEGIN; DROP TABLE node;"
	    "CREATE TABLE node(seq INTEGER PRIMARY KEY, id BLOB NOT NULL"
	    " UNIQUE, row BLOB NOT NULL, crc INTEGER NOT NULL)");
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_prepare_v2(db, "INSERT INTO "
	    "node(id, row, crc) VALUES(?,?,?)", -1, &st, NULL));
	for (i = NODES; i-- > 0;) {
		node_1(&n, i);
		sqlite3_bind_blob(st, 1, n.id, 20, SQLITE_STATIC);
		sqlite3_bind_blob(st, 2, n.row, n.len, SQLITE_STATIC);
		sqlite3_bind_int64(st, 3, crc32c(crc32c(0, place, 4), n.row,
		    n.len));
		ATF_REQUIRE_EQ(SQLITE_DONE, sqlite3_step(st));
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	sql(db, "PRAGMA user_version=1; COMMIT;"
	    "PRAGMA wal_checkpoint(TRUNCATE)");
	sqlite3_close(db);
}

static void
make_store(void)
{
	storefix_clean(STOREFIX_DIR);
	storefix_begin(&s);
	storefix_fill(&s, ENTRIES);
	storefix_meet(&s, 0, "one of many");
	storefix_settle(&s);
}

/* s stays open in memory, to compare with. */
static void
make_old(void)
{
	make_store();
	store_close(s.store, s.f.book);
	make_version_1();
}

static int64_t
query(const char *text)
{
	sqlite3		*db = open_raw();
	sqlite3_stmt	*st;
	int64_t		 v;

	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_prepare_v2(db, text, -1, &st, NULL));
	ATF_REQUIRE_EQ(SQLITE_ROW, sqlite3_step(st));
	v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return v;
}

/* But for the header's counters of changes. */
static bool
same_bytes(const uint8_t *p, size_t len, const uint8_t *q, size_t n)
{
	return len == n && memcmp(p, q, 24) == 0 &&
	    memcmp(p + 28, q + 28, 64) == 0 &&
	    memcmp(p + 100, q + 100, len - 100) == 0;
}

/* The last node, which was met first, as it is listed. */
static void
check_node(void)
{
	static struct store_nodes_answer a;
	struct pollfd		 pfd = { .events = POLLIN };
	struct peer_addr	 addr = fix_peer(NODES - 1);
	struct m_row_node	*r = &a.rows[0];

	storefix_begin(&t);
	pfd.fd = store_fd(t.store);
	ATF_REQUIRE_EQ(0, store_ask_nodes(t.store, 1, 0));
	ATF_REQUIRE_EQ(1, poll(&pfd, 1, 10000));
	ATF_REQUIRE(store_answer(t.store, &a));
	ATF_CHECK_EQ(STORE_NODES_AT_ONCE, a.n);
	ATF_CHECK(peer_addr_equal(&r->addr, &addr));
	ATF_CHECK(!r->has_claim);
	ATF_CHECK_STREQ("one of many", r->moniker);
	ATF_CHECK_STREQ("0.38.21", r->version);
	ATF_CHECK_STREQ("test-1", r->network);
	ATF_CHECK_EQ(7, r->latency_ms);
	ATF_CHECK_EQ(FIX_START + FIX_HOUR, r->first_seen);
	ATF_CHECK_EQ(FIX_START + FIX_HOUR, r->last_seen);
	ATF_CHECK_EQ(500, r->uptime[0]);
	ATF_CHECK_EQ(500, r->uptime[3]);
	ATF_CHECK_EQ(1000, r->uptime[4]);
	storefix_close(&t);
}

/* --- cases ------------------------------------------------------------ */

ATF_TC_WITHOUT_HEAD(keeps_all);
ATF_TC_BODY(keeps_all, tc)
{
	size_t	 len, n;
	uint8_t	*p, *q;

	make_old();
	p = storefix_read(STOREFIX_FILE, &len);
	storefix_begin(&t);
	ATF_CHECK_EQ(1, t.report.migrated);
	ATF_CHECK_STREQ("", t.report.set_aside);
	ATF_CHECK(!t.report.fresh && !t.report.salvaged);
	ATF_CHECK_EQ(0, memcmp(s.key, t.key, sizeof(s.key)));
	storefix_same(s.f.book, t.f.book, STOREFIX_SIZE);
	/* The copy is the old file. */
	ATF_CHECK_STREQ(OLD_COPY, t.report.old_copy);
	q = storefix_read(OLD_COPY, &n);
	ATF_CHECK(same_bytes(p, len, q, n));
	storefix_close(&t);
	/* Every node, under its ID, in the order of who was seen when. */
	ATF_CHECK_EQ(STORE_VERSION, query("PRAGMA user_version"));
	ATF_CHECK_EQ(NODES, query("SELECT count(*) FROM node"));
	ATF_CHECK_EQ(0, query("SELECT count(*) FROM node WHERE "
	    "id != substr(row, 1, 20) OR seen < 1699999200 OR "
	    "seen % 3600 != 0"));
	ATF_CHECK_EQ(NODES, query("SELECT count(DISTINCT seen) FROM node"));
	ATF_CHECK_EQ(0, query("SELECT count(*) FROM sqlite_master "
	    "WHERE name LIKE 'node_of%'"));
	check_node();
	/* Once is enough. */
	storefix_begin(&t);
	ATF_CHECK_EQ(0, t.report.migrated);
	storefix_close(&t);
	ATF_CHECK(storefix_survive() > 0);
	book_free(s.f.book);
	free(p);
	free(q);
}

static void
schema(char *text, size_t size)
{
	sqlite3		*db = open_raw();
	sqlite3_stmt	*st;

	*text = '\0';
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_prepare_v2(db, "SELECT sql FROM "
	    "sqlite_master WHERE sql IS NOT NULL ORDER BY name", -1, &st,
	    NULL));
	while (sqlite3_step(st) == SQLITE_ROW) {
		strlcat(text, (const char *)sqlite3_column_text(st, 0), size);
		ATF_REQUIRE(strlcat(text, "\n", size) < size);
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
}

/* A migrated file and one made today have the same schema. */
ATF_TC_WITHOUT_HEAD(same_schema);
ATF_TC_BODY(same_schema, tc)
{
	char	 today[2000], old[2000], migrated[2000];

	make_store();
	storefix_close(&s);
	schema(today, sizeof(today));
	make_old();
	schema(old, sizeof(old));
	ATF_CHECK(strcmp(today, old) != 0);
	storefix_begin(&t);
	storefix_close(&t);
	schema(migrated, sizeof(migrated));
	ATF_CHECK_STREQ(today, migrated);
	book_free(s.f.book);
}

/* A damaged one of version 1 is salvaged, not migrated. */
ATF_TC_WITHOUT_HEAD(damaged);
ATF_TC_BODY(damaged, tc)
{
	size_t	 len;
	uint8_t	*p;

	make_old();
	p = storefix_read(STOREFIX_FILE, &len);
	*(char *)memmem(p, len, "one of many", 11) = '0';
	storefix_write(STOREFIX_FILE, p, len);
	storefix_begin(&t);
	ATF_CHECK(strstr(t.report.set_aside, "damaged") != NULL);
	ATF_CHECK_EQ(0, t.report.migrated);
	ATF_CHECK(t.loaded > ENTRIES / 2);
	storefix_close(&t);
	ATF_CHECK_EQ(NODES - 1, query("SELECT count(*) FROM node"));
	book_free(s.f.book);
	free(p);
}

/* A version that never was is not believed. */
ATF_TC_WITHOUT_HEAD(too_old);
ATF_TC_BODY(too_old, tc)
{
	sqlite3	*db;

	make_store();
	storefix_close(&s);
	db = open_raw();
	sql(db, "PRAGMA user_version=0");
	sqlite3_close(db);
	storefix_begin(&t);
	ATF_CHECK(strstr(t.report.set_aside, "damaged") != NULL);
	ATF_CHECK(t.loaded > ENTRIES / 2);
	storefix_close(&t);
}

static void
limit(size_t bytes)
{
	struct rlimit	 rl;

	signal(SIGXFSZ, SIG_IGN);
	ATF_REQUIRE_EQ(0, getrlimit(RLIMIT_FSIZE, &rl));
	rl.rlim_cur = bytes;
	ATF_REQUIRE_EQ(0, setrlimit(RLIMIT_FSIZE, &rl));
}

static void
no_limit(void)
{
	struct rlimit	 rl;

	ATF_REQUIRE_EQ(0, getrlimit(RLIMIT_FSIZE, &rl));
	limit(rl.rlim_max);
}

/* In memory, with all that the old file has, which stays as it was. */
static void
opens_in_memory(const uint8_t *p, size_t len)
{
	uint8_t	*q;
	size_t	 n;

	storefix_same(s.f.book, t.f.book, STOREFIX_SIZE);
	q = storefix_read(STOREFIX_FILE, &n);
	/* Or the disk failed when all that was done. */
	ATF_CHECK(t.report.migrated != 0 || same_bytes(p, len, q, n));
	free(q);
}

/* With room again it becomes a file, whether told to or at the end. */
static void
is_saved(bool told)
{
	const char	*word = t.report.migrated != 0 ? "replaced" :
			    "version-1";

	if (told)
		ATF_CHECK_EQ(0, store_finish(t.store, t.f.book));
	storefix_close(&t);
	storefix_begin(&t);
	ATF_CHECK(!t.report.in_memory);
	ATF_CHECK(strstr(t.report.set_aside, word) != NULL);
	storefix_same(s.f.book, t.f.book, STOREFIX_SIZE);
	storefix_close(&t);
	ATF_CHECK_EQ(STORE_VERSION, query("PRAGMA user_version"));
	ATF_CHECK_EQ(NODES, query("SELECT count(*) FROM node"));
}

/*
 * A disk that fails after n writes, for each n until all comes through: the
 * old file, whole, and all of it in memory, or the new one.
 */
ATF_TC_WITHOUT_HEAD(failing_step);
ATF_TC_BODY(failing_step, tc)
{
	static const int	 errors[] = { ENOSPC, EIO };
	uint8_t			*p;
	size_t			 len;
	unsigned int		 i, n, left = 0;
	bool			 in_memory;

	baddisk_init();
	make_old();
	p = storefix_read(STOREFIX_FILE, &len);
	for (i = 0; i < 2; i++)
		for (n = 0, in_memory = true; in_memory; n++) {
			storefix_place(p, len, NULL, 0);
			baddisk_fail(errors[i], n);
			storefix_begin(&t);
			baddisk_fail(0, 0);
			in_memory = t.report.in_memory;
			if (in_memory) {
				left++;
				opens_in_memory(p, len);
				is_saved(n % 2 == 0);
				continue;
			}
			storefix_close(&t);
			storefix_begin(&t);
			ATF_CHECK_STREQ_MSG("", t.report.set_aside,
			    "after %u writes", n);
			storefix_same(s.f.book, t.f.book, STOREFIX_SIZE);
			storefix_close(&t);
			ATF_CHECK_EQ(NODES, query("SELECT count(*) FROM node"));
		}
	printf("left as it was %u times\n", left);
	ATF_CHECK(left > 10);
	book_free(s.f.book);
	free(p);
}

/* No room for the copy that comes first. */
ATF_TC_WITHOUT_HEAD(no_room);
ATF_TC_BODY(no_room, tc)
{
	static const size_t	 room[] = { 4096, 20000, 80000 };
	struct store_stats	 st;
	uint8_t			*p;
	size_t			 len, i;

	for (i = 0; i < sizeof(room) / sizeof(room[0]); i++) {
		make_old();
		p = storefix_read(STOREFIX_FILE, &len);
		ATF_REQUIRE_MSG(len > 80000, "%zu", len);
		limit(room[i]);
		storefix_begin(&t);
		ATF_CHECK(t.report.in_memory && !t.report.nowhere);
		store_stats(t.store, &st);
		ATF_CHECK(st.in_memory && st.failing);
		opens_in_memory(p, len);
		no_limit();
		is_saved(true);
		/* It is done, once and for all. */
		storefix_begin(&t);
		ATF_CHECK_EQ(0, t.report.migrated);
		ATF_CHECK_STREQ("", t.report.set_aside);
		storefix_close(&t);
		book_free(s.f.book);
		free(p);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, keeps_all);
	ATF_TP_ADD_TC(tp, same_schema);
	ATF_TP_ADD_TC(tp, damaged);
	ATF_TP_ADD_TC(tp, too_old);
	ATF_TP_ADD_TC(tp, failing_step);
	ATF_TP_ADD_TC(tp, no_room);
	return atf_no_error();
}
