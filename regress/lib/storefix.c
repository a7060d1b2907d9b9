/* SPDX-License-Identifier: ISC */
/* A store for a test. */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <atf-c.h>

#include "addrbookd/store_impl.h"
#include "regress/lib/bookrow.h"
#include "regress/lib/storefix.h"

static void
open_at(struct storefix *s, const char *dir, const char *network,
    unsigned int size, uint32_t now, const struct store_pace *pace)
{
	static const uint8_t	 fresh[BOOK_KEY_SIZE] = "a fresh hash key";

	memset(s, 0, sizeof(*s));
	rng_seed_number(&s->f.rng, 5);
	s->f.now = now;
	s->f.conf.strict = true;
	s->store = store_open(dir, network, fresh, s->key, &s->report);
	ATF_REQUIRE(s->store != NULL);
	s->store->pace = *pace;
	s->f.book = book_new(size, s->key, &s->f.rng, &s->f.conf);
	ATF_REQUIRE(s->f.book != NULL);
	s->loaded = store_load(s->store, s->f.book, now);
	ATF_REQUIRE(s->loaded >= 0);
	FIX_CHECK(&s->f);
}

void
storefix_open(struct storefix *s, const char *dir, const char *network,
    unsigned int size, uint32_t now)
{
	open_at(s, dir, network, size, now, &store_pace);
}

void
storefix_open_at(struct storefix *s, const char *dir, const char *network,
    unsigned int size, uint32_t now, unsigned commit_gap_ms,
    unsigned retry_max_ms)
{
	const struct store_pace	 pace = {
		.commit_gap_ms = commit_gap_ms,
		.retry_min_ms = retry_max_ms / 60 + 1,
		.retry_max_ms = retry_max_ms,
	};

	open_at(s, dir, network, size, now, &pace);
}

void
storefix_close(struct storefix *s)
{
	store_close(s->store, s->f.book);
	book_free(s->f.book);
}

void
storefix_fill(struct storefix *s, unsigned int entries)
{
	struct bookfix		*f = &s->f;
	struct peer_addr	 a;
	struct book_source	 src;
	unsigned int		 i;

	for (i = 0; i < entries; i++) {
		a = fix_peer(i);
		src = fix_source(i);
		book_hear(f->book, f->now, &a, &src);
		if (i % 2 == 0)
			book_outcome(f->book, f->now, &a, i % 4 == 0 ?
			    BOOK_ANSWERED : BOOK_LIVE);
		if (i % 7 == 3)
			book_outcome(f->book, f->now, &a, BOOK_FAILED);
		if (i % 60 == 5)
			book_outcome(f->book, f->now, &a, BOOK_WRONG_ID);
	}
	for (i = 0; i < 3; i++) {
		a = fix_peer(30000 + i);
		book_ban(f->book, f->now, &a.id, a.na.ip, BOOK_FAULT_FLOOD, 0);
		book_add_own(f->book, f->now, &a.na);
	}
	FIX_CHECK(f);
}

void
storefix_meet(struct storefix *s, unsigned int n, const char *moniker)
{
	struct m_peer_up	 up;

	memset(&up, 0, sizeof(up));
	up.addr = fix_peer(n);
	up.outbound = true;
	up.latency_ms = n;
	up.has_claim = true;
	up.claim = fix_peer(n + 1).na;
	strlcpy(up.moniker, moniker, sizeof(up.moniker));
	strlcpy(up.version, "0.38.21", sizeof(up.version));
	strlcpy(up.network, STOREFIX_NETWORK, sizeof(up.network));
	store_fact(s->store, s->f.now, &up);
}

void
storefix_settle(struct storefix *s)
{
	struct timespec		 ts = { .tv_nsec = 200000 };
	struct store_stats	 st;
	struct book_change	 c;
	uint64_t		 rows = ~0ULL;
	int			 i;

	for (i = 0; i < 50000; i++) {
		store_sync(s->store, s->f.book);
		store_stats(s->store, &st);
		if (book_next_change(s->f.book, &c)) {
			book_mark_change(s->f.book, &c);
		} else if (st.queued == 0 && st.rows == st.pushed) {
			return;
		}
		rows = st.rows;
		nanosleep(&ts, NULL);
	}
	atf_tc_fail("not committed in 10 s: %ju rows", (uintmax_t)rows);
}

static bool
same(const struct book_row *x, const struct book_row *y)
{
	return bookrow_same(x, y) &&
	    memcmp(x->place, y->place, sizeof(x->place)) == 0;
}

void
storefix_same(struct book *x, struct book *y, unsigned int size)
{
	struct book_row	 a, b;
	struct book_ban	 c, d;
	struct book_own	 o, p;
	struct book_hold h, g;
	uint32_t	 i;
	bool		 has;

	for (i = 1; i <= size; i++) {
		has = book_get_row(x, i, &a);
		ATF_REQUIRE_EQ(has, book_get_row(y, i, &b));
		ATF_REQUIRE(!has || same(&a, &b));
	}
	for (i = 1; i < 100; i++) {
		has = book_get_ban(x, i, &c);
		ATF_REQUIRE_EQ(has, book_get_ban(y, i, &d));
		ATF_REQUIRE(!has || (c.by_id == d.by_id &&
		    memcmp(&c.id, &d.id, sizeof(c.id)) == 0 &&
		    memcmp(c.ip, d.ip, sizeof(c.ip)) == 0 &&
		    c.until == d.until && c.times == d.times &&
		    c.since == d.since && c.fault == d.fault));
		has = book_get_own(x, i, &o);
		ATF_REQUIRE_EQ(has, book_get_own(y, i, &p));
		ATF_REQUIRE(!has || (netaddr_equal(&o.na, &p.na) &&
		    o.since == p.since));
		has = book_get_hold(x, i, &h);
		ATF_REQUIRE_EQ(has, book_get_hold(y, i, &g));
		ATF_REQUIRE(!has || (h.triple == g.triple &&
		    h.until == g.until));
	}
}

/* --- one in STOREFIX_DIR ---------------------------------------------- */

void
storefix_begin(struct storefix *s)
{
	storefix_open_at(s, STOREFIX_DIR, STOREFIX_NETWORK, STOREFIX_SIZE,
	    FIX_START, 0, 10);
}

uint8_t *
storefix_make(unsigned int entries, size_t *len, int *all)
{
	static struct storefix	 s;
	struct peer_addr	 a;
	unsigned int		 i;

	storefix_clean(STOREFIX_DIR);
	storefix_begin(&s);
	storefix_fill(&s, entries);
	for (i = 0; i < entries; i++) {
		a = fix_peer(i);
		storefix_meet(&s, i, "one of many");
		store_uptime(s.store, s.f.now, &a, STORE_UP);
	}
	storefix_settle(&s);
	storefix_close(&s);
	/* Opening it again moves the log into the file. */
	storefix_begin(&s);
	*all = s.loaded;
	storefix_close(&s);
	return storefix_read(STOREFIX_COPY, len);
}

void
storefix_place(const uint8_t *p, size_t len, const uint8_t *copy,
    size_t copy_len)
{
	storefix_clean(STOREFIX_DIR);
	storefix_write(STOREFIX_FILE, p, len);
	if (copy != NULL)
		storefix_write(STOREFIX_COPY, copy, copy_len);
}

/* Each table has something to write, and indexes to look things up in. */
static void
change_all(struct storefix *s, const struct peer_addr *a)
{
	struct peer_addr	 known = fix_peer(0);

	struct node_id		 banned = fix_id(38999);

	fix_outcome(&s->f, a, BOOK_ANSWERED);
	book_outcome(s->f.book, s->f.now, &known, BOOK_WRONG_ID);
	book_ban(s->f.book, s->f.now, &banned, NULL, BOOK_FAULT_FLOOD, 0);
	book_add_own(s->f.book, s->f.now, &known.na);
	s->f.now += FIX_DAY;
	storefix_meet(s, 0, "met again");
	storefix_meet(s, 39000, "new");
	store_uptime(s->store, s->f.now, &known, STORE_UP);
}

int
storefix_survive(void)
{
	static struct storefix	 s;
	struct peer_addr	 a = fix_peer(39000);
	struct store_stats	 st;
	int			 loaded;

	storefix_begin(&s);
	loaded = s.loaded;
	change_all(&s, &a);
	storefix_settle(&s);
	store_stats(s.store, &st);
	ATF_REQUIRE_EQ_MSG(0, st.errors, "%s", st.error);
	storefix_close(&s);
	storefix_begin(&s);
	ATF_REQUIRE_STREQ("", s.report.set_aside);
	ATF_REQUIRE(book_has_id(s.f.book, &a.id));
	storefix_close(&s);
	return loaded;
}

/* --- files ------------------------------------------------------------ */

uint8_t *
storefix_read(const char *path, size_t *len)
{
	struct stat	 sb;
	uint8_t		*p;
	int		 fd = open(path, O_RDONLY);

	ATF_REQUIRE_MSG(fd != -1, "%s: %s", path, strerror(errno));
	ATF_REQUIRE(fstat(fd, &sb) == 0);
	ATF_REQUIRE((p = malloc(sb.st_size + 1)) != NULL);
	ATF_REQUIRE_EQ(sb.st_size, read(fd, p, sb.st_size));
	close(fd);
	*len = sb.st_size;
	return p;
}

void
storefix_write(const char *path, const uint8_t *p, size_t len)
{
	int	 fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ATF_REQUIRE_MSG(fd != -1, "%s: %s", path, strerror(errno));
	ATF_REQUIRE_EQ((ssize_t)len, write(fd, p, len));
	close(fd);
}

unsigned int
storefix_count(const char *dir, const char *prefix)
{
	struct dirent	*e;
	unsigned int	 n = 0;
	DIR		*d = opendir(dir);

	ATF_REQUIRE(d != NULL);
	while ((e = readdir(d)) != NULL)
		n += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
	closedir(d);
	return n;
}

void
storefix_clean(const char *dir)
{
	struct dirent	*e;
	char		 path[512];
	DIR		*d;

	if (mkdir(dir, 0700) == 0)
		return;
	ATF_REQUIRE((d = opendir(dir)) != NULL);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (unlink(path) == -1)
			(void)rmdir(path);
	}
	closedir(d);
}
