/* SPDX-License-Identifier: ISC */
/* Any bytes as operations on a book, with a simple model beside it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addrbookd/book/book.h"
#include "common/rng.h"
#include "regress/lib/bookops.h"

#define START	1700000000U
#define NIDS	16		/* few, so that they meet */
#define NHOSTS	32
#define PICKS	16

/* What the model knows of one triple: what must be so, not what may be. */
struct fact {
	struct peer_addr addr;
	bool		 present;
	uint32_t	 held_until;
};

struct ops {
	const uint8_t	*p;
	size_t		 left;
	struct book	*book;
	struct book_config conf;
	struct rng	 rng;
	uint32_t	 now;
	struct fact	 fact[NIDS * NHOSTS];
	struct node_id	 private[2];
	uint32_t	 ban_until[NIDS];
	const char	*wrong;
	char		 text[256];
};

#define REQUIRE(o, cond, what) do {					\
	if (!(cond) && (o)->wrong == NULL)				\
		(o)->wrong = what;					\
} while (0)

static unsigned int
byte(struct ops *o)
{
	if (o->left == 0)
		return 0;
	o->left--;
	return *o->p++;
}

static struct node_id
id_n(unsigned int n)
{
	struct node_id	 id = { { n + 1, 0xee } };

	return id;
}

/* A few groups, blocks and hosts, of both families. */
static void
ip_n(unsigned int n, uint8_t ip[16])
{
	memset(ip, 0, 16);
	if (n % 8 == 7) {
		ip[0] = 0x2a;
		ip[1] = n / 32;
		ip[7] = n / 8;
		ip[15] = 1;
		return;
	}
	ip[10] = ip[11] = 0xff;
	ip[12] = n < 4 ? 10 : 20;	/* 10/8 is not routable */
	ip[13] = n / 16;
	ip[14] = n / 8 % 2;
	ip[15] = n % 8 + 1;
}

static struct fact *
fact(struct ops *o)
{
	unsigned int	 id = byte(o) % NIDS, host = byte(o) % NHOSTS;
	struct fact	*f = &o->fact[id * NHOSTS + host];

	f->addr.id = id_n(id);
	ip_n(host, f->addr.na.ip);
	f->addr.na.port = 26656;
	return f;
}

static bool
has(struct ops *o, const struct fact *f)
{
	struct book_row	 row;

	return book_find(o->book, o->now, &f->addr, &row);
}

static void
judge(struct ops *o, struct fact *f, enum book_result r)
{
	bool	 present = has(o, f);

	REQUIRE(o, (r == BOOK_ADDED) <= !f->present, "added twice");
	if (r == BOOK_ADDED || r == BOOK_KNOWN)
		REQUIRE(o, present, "taken and not there");
	if (r == BOOK_NO_ROOM || r == BOOK_CLAIMED || r == BOOK_LIMITED ||
	    r == BOOK_HELD)
		REQUIRE(o, !present, "not taken and there");
	if (f->held_until > o->now)
		REQUIRE(o, !present, "heard of though held");
	f->present = present;
}

static void
op_hear(struct ops *o)
{
	struct fact		*f = fact(o);
	struct book_source	 src;

	src.id = id_n(byte(o) % NIDS);
	ip_n(byte(o) % NHOSTS, src.ip);
	f->present = has(o, f);
	judge(o, f, book_hear(o->book, o->now, &f->addr, &src));
}

/* Many at once, so that buckets fill. */
static void
op_flood(struct ops *o)
{
	struct peer_addr	 a[250];
	struct book_source	 src;
	unsigned int		 i, n = byte(o), base = byte(o);

	src.id = id_n(200);
	ip_n(byte(o) % NHOSTS, src.ip);
	for (i = 0; i < n && i < 250; i++) {
		memset(&a[i], 0, sizeof(a[i]));
		a[i].id.b[0] = i;
		a[i].id.b[1] = base;
		a[i].na.ip[10] = a[i].na.ip[11] = 0xff;
		a[i].na.ip[12] = 30 + base % 64;
		a[i].na.ip[13] = i;
		a[i].na.ip[15] = 1;
		a[i].na.port = 1 + base;
	}
	book_hear_list(o->book, o->now, a, i, &src, NULL);
}

static void
op_announce(struct ops *o)
{
	struct fact		*f = fact(o);
	struct peer_addr	 peer = f->addr;

	peer.na.port = 50000;
	if (byte(o) % 2)
		ip_n(byte(o) % NHOSTS, peer.na.ip);
	f->present = has(o, f);
	judge(o, f, book_announce(o->book, o->now, &peer, &f->addr.na));
}

static void
op_import(struct ops *o)
{
	struct fact	*f = fact(o);
	struct book_row	 row;

	memset(&row, 0, sizeof(row));
	row.addr = f->addr;
	row.level = byte(o) % 4;
	row.last_success = o->now - byte(o) * 3000;
	row.first_success = row.last_success - byte(o) * 9000;
	row.last_heard = o->now + byte(o) - 128;
	row.failures = byte(o);
	f->present = has(o, f);
	judge(o, f, book_import_row(o->book, o->now, &row));
}

static void
op_outcome(struct ops *o)
{
	struct fact		*f = fact(o);
	enum book_outcome	 how = byte(o) % BOOK_OUTCOME_MAX;
	struct book_row		 row;

	book_outcome(o->book, o->now, &f->addr, how);
	f->present = has(o, f);
	if (how >= BOOK_WRONG_ID)
		REQUIRE(o, !f->present, "there though it proved wrong");
	if (how == BOOK_WRONG_ID || how == BOOK_WRONG_NETWORK)
		f->held_until = o->now + 86400;
	if (f->present && (how == BOOK_LIVE || how == BOOK_ANSWERED)) {
		book_find(o->book, o->now, &f->addr, &row);
		REQUIRE(o, row.level >= BOOK_REACHED &&
		    row.last_success == o->now && row.failures == 0,
		    "a success left no trace");
		REQUIRE(o, how != BOOK_ANSWERED || row.level == BOOK_GOOD,
		    "an answer did not make it good");
	}
}

/* Successes in a row, so that old fills and is contested. */
static void
op_successes(struct ops *o)
{
	struct peer_addr	 a;
	unsigned int		 i, n = byte(o), base = byte(o);

	for (i = 0; i < n; i++) {
		memset(&a, 0, sizeof(a));
		a.id.b[0] = i;
		a.id.b[2] = base;
		a.na.ip[10] = a.na.ip[11] = 0xff;
		a.na.ip[12] = 100 + base % 16;
		a.na.ip[13] = i / 8;
		a.na.ip[14] = i % 8;
		a.na.ip[15] = 1 + base;
		a.na.port = 26656;
		if (a.na.ip[12] == 100)
			a.na.ip[12] = 99;	/* 100.64/10 is special */
		book_outcome(o->book, o->now, &a, BOOK_ANSWERED);
	}
}

static void
check_picks(struct ops *o, const struct book_pick *p, unsigned int n,
    const struct book_exclude *ex)
{
	struct book_row	 row;
	unsigned int	 i;

	for (i = 0; i < n; i++) {
		REQUIRE(o, book_find(o->book, o->now, &p[i].addr, &row),
		    "picked a stranger");
		REQUIRE(o, row.rest_until <= o->now + 1,
		    "picked one that backs off");
		REQUIRE(o, !row.banned, "picked a banned one");
		REQUIRE(o, !node_id_equal(&p[i].addr.id, &ex->ids[0]),
		    "picked an excluded one");
	}
}

static void
op_pick(struct ops *o)
{
	struct book_pick	 p[PICKS];
	struct node_id		 id = id_n(byte(o) % NIDS);
	struct book_exclude	 ex = { &id, 1, NULL, 0 };
	unsigned int		 n = 0, want = byte(o) % (PICKS + 1);

	switch (byte(o) % 4) {
	case 0:
		n = book_pick(o->book, o->now, byte(o) % 101, &ex, p, want);
		break;
	case 1:
		n = book_pick_seniors(o->book, o->now, &ex, p, want);
		break;
	case 2:
		n = book_pick_crawl(o->book, o->now, &ex, p, want);
		break;
	case 3:
		want = 1;
		n = book_pick_probe(o->book, o->now, &ex, p);
		break;
	}
	REQUIRE(o, n <= want, "picked too many");
	check_picks(o, p, n, &ex);
}

static void
op_select(struct ops *o)
{
	struct peer_addr	 out[BOOK_REPLY_MAX];
	struct fact		*f = fact(o);
	struct book_counts	 c;
	unsigned int		 i, n;

	book_count(o->book, o->now, &c);
	n = book_select(o->book, o->now, &f->addr, byte(o) % 2, out);
	REQUIRE(o, n <= book_reply_size(c.size), "told too many");
	for (i = 0; i < n; i++) {
		REQUIRE(o, !node_id_equal(&out[i].id, &f->addr.id),
		    "told the requester of itself");
		REQUIRE(o, !book_is_private(o->book, &out[i].id),
		    "told of a private one");
		REQUIRE(o, !book_is_banned(o->book, o->now, &out[i].id,
		    out[i].na.ip), "told of a banned one");
	}
}

static void
op_ban(struct ops *o)
{
	struct fact	*f = fact(o);
	unsigned int	 how = byte(o);

	book_ban(o->book, o->now, how & 1 ? &f->addr.id : NULL,
	    how & 2 ? f->addr.na.ip : NULL, how / 4 % BOOK_FAULT_MAX,
	    how & 16 ? how : 0);
	if (how & 1) {
		REQUIRE(o, !book_has_id(o->book, &f->addr.id),
		    "banned and in the book");
		REQUIRE(o, book_is_banned(o->book, o->now, &f->addr.id, NULL),
		    "banned and not banned");
	}
}

static void
op_unban(struct ops *o)
{
	struct fact	*f = fact(o);

	book_unban(o->book, o->now, &f->addr.id, f->addr.na.ip);
	REQUIRE(o, !book_is_banned(o->book, o->now, &f->addr.id,
	    f->addr.na.ip), "still banned");
}

static void
op_wait(struct ops *o)
{
	static const uint32_t	 unit[] = { 1, 10, 120, 1800 };
	unsigned int		 u = byte(o) % 4;

	o->now += byte(o) * unit[u];
}

static void
op_own(struct ops *o)
{
	struct fact	*f = fact(o);

	book_add_own(o->book, o->now, &f->addr.na);
	REQUIRE(o, !has(o, f), "our own address is in the book");
}

static void
op_configure(struct ops *o)
{
	unsigned int	 how = byte(o);

	o->conf.strict = how & 1;
	o->conf.private_network = how & 2;
	o->conf.crawl_spacing = how & 8 ? 5 : 0;
	o->private[0] = id_n(byte(o) % NIDS);
	o->conf.private_ids = how & 4 ? o->private : NULL;
	o->conf.nprivate_ids = how & 4 ? 1 : 0;
	REQUIRE(o, book_configure(o->book, o->now, &o->conf) == 0,
	    "no memory");
	if (how & 4)
		REQUIRE(o, !book_has_id(o->book, &o->private[0]),
		    "private and in the book");
}

static void	(*const table[])(struct ops *) = {
	op_hear, op_hear, op_hear, op_outcome, op_outcome, op_outcome,
	op_outcome, op_wait, op_wait, op_pick, op_select, op_flood,
	op_announce, op_import, op_successes, op_ban, op_unban, op_own,
	op_configure,
};

/* --- save and load ---------------------------------------------------- */

static bool
same(struct book *x, struct book *y, uint32_t index)
{
	struct book_row	 a, b;

	if (!book_get_row(x, index, &a))
		return !book_get_row(y, index, &b);
	return book_get_row(y, index, &b) &&
	    peer_addr_equal(&a.addr, &b.addr) && a.level == b.level &&
	    a.old == b.old && a.nplaces == b.nplaces &&
	    memcmp(a.place, b.place, sizeof(a.place)) == 0 &&
	    a.last_success == b.last_success && a.senior == b.senior &&
	    a.failures == b.failures && a.rest_until == b.rest_until;
}

static void
load_rows(struct ops *o, struct book *to, uint32_t capacity)
{
	struct book_row		 row;
	struct book_ban		 ban;
	struct book_hold	 hold;
	struct book_own		 own;
	uint32_t		 i;

	for (i = 1; book_get_own(o->book, i, &own); i++)
		REQUIRE(o, book_load_own(to, o->now, i, &own), "own lost");
	for (i = 1; i <= BOOK_BANS_MAX && book_get_ban(o->book, i, &ban); i++)
		book_load_ban(to, o->now, i, &ban);
	for (i = 1; i <= BOOK_HOLDS_MAX; i++)
		if (book_get_hold(o->book, i, &hold))
			REQUIRE(o, book_load_hold(to, o->now, i, &hold),
			    "a hold was lost");
	for (i = 1; i <= capacity; i++)
		if (book_get_row(o->book, i, &row))
			REQUIRE(o, book_load_row(to, o->now, i, &row),
			    "a row was lost");
	REQUIRE(o, book_load_end(to, o->now) == 0, "no memory");
}

static void
save_load(struct ops *o, const uint8_t *key)
{
	struct book		*copy;
	struct book_counts	 c;
	uint32_t		 i;
	int			 code;

	copy = book_new(0, key, &o->rng, &o->conf);
	if (copy == NULL)
		abort();
	book_count(o->book, o->now, &c);
	load_rows(o, copy, c.capacity);
	if ((code = book_check(copy)) != 0 && o->wrong == NULL)
		o->wrong = book_check_text(code);
	for (i = 1; i <= c.capacity; i++)
		REQUIRE(o, same(o->book, copy, i), "loaded other than saved");
	book_free(copy);
}

const char *
bookops_run(const uint8_t *p, size_t n)
{
	static const uint8_t	 key[BOOK_KEY_SIZE] = "operations";
	static struct ops	 o;
	static char		 text[512];
	unsigned int		 op = 0, count = 0;
	int			 code;

	memset(&o, 0, sizeof(o));
	o.p = p;
	o.left = n;
	o.now = START;
	o.conf.strict = true;
	rng_seed_number(&o.rng, byte(&o));
	if ((o.book = book_new(0, key, &o.rng, &o.conf)) == NULL)
		abort();
	for (; o.left > 0 && o.wrong == NULL; count++) {
		op = byte(&o) % (sizeof(table) / sizeof(table[0]));
		table[op](&o);
		if ((code = book_check(o.book)) != 0)
			o.wrong = book_check_text(code);
	}
	if (o.wrong == NULL)
		save_load(&o, key);
	book_free(o.book);
	if (o.wrong == NULL)
		return NULL;
	snprintf(text, sizeof(text), "operation %u (kind %u): %s", count, op,
	    o.wrong);
	return text;
}
