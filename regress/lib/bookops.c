/* SPDX-License-Identifier: ISC */
/* Any bytes as operations on a book, with a simple model beside it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addrbookd/book/book.h"
#include "common/rng.h"
#include "regress/lib/bookmodel.h"
#include "regress/lib/bookops.h"
#include "regress/lib/bookstore.h"

#define START	1700000000U
#define NIDS	16		/* few, so that they meet */
#define NHOSTS	32
#define PICKS	16

static const uint8_t	key[BOOK_KEY_SIZE] = "operations";

struct ops {
	const uint8_t	*p;
	size_t		 left;
	struct book	*book;
	struct model	*model;
	struct bookstore *store;
	struct book_config conf;
	struct rng	 rng;
	uint32_t	 now;
	unsigned int	 lists, steps;
	bool		 unlucky;	/* few dials succeed */
	bool		 lonely;	/* nobody tells of many */
	bool		 crowded;	/* the book may fill up */
	struct node_id	 private[1];
	const char	*wrong;
};

static unsigned int
byte(struct ops *o)
{
	if (o->left == 0)
		return 0;
	o->left--;
	return *o->p++;
}

/* Around each operation on the book. */
static void
begin(struct ops *o)
{
	o->steps++;
	model_begin(o->model, o->now);
}

static void
look(struct ops *o)
{
	const char	*wrong = model_look(o->model, o->book);

	if (wrong != NULL && o->wrong == NULL)
		o->wrong = wrong;
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

/* One of not too many triples. */
static struct peer_addr
triple(struct ops *o)
{
	struct peer_addr	 a;

	memset(&a, 0, sizeof(a));
	a.id = id_n(byte(o) % NIDS);
	ip_n(byte(o) % NHOSTS, a.na.ip);
	a.na.port = 26656;
	return a;
}

static struct book_source
source(struct ops *o)
{
	struct book_source	 src;

	memset(&src, 0, sizeof(src));
	src.id = id_n(byte(o) % NIDS);
	ip_n(byte(o) % NHOSTS, src.ip);
	return src;
}

static bool
has(struct ops *o, const struct peer_addr *a)
{
	struct book_row	 row;

	return book_find(o->book, o->now, a, &row);
}

static void
hear(struct ops *o, const struct peer_addr *a, const struct book_source *src)
{
	model_hear(o->model, a, src, book_hear(o->book, o->now, a, src));
}

static void
op_hear(struct ops *o)
{
	struct peer_addr	 a = triple(o);
	struct book_source	 src = source(o);

	hear(o, &a, &src);
}

/* Many nodes of a made up kind, each a group of its own. */
static void
crowd(struct peer_addr *a, unsigned int i, unsigned int base)
{
	memset(a, 0, sizeof(*a));
	a->id.b[0] = i;
	a->id.b[1] = base;
	a->id.b[2] = base >> 8;
	a->na.ip[10] = a->na.ip[11] = 0xff;
	a->na.ip[12] = 30 + base % 64;
	a->na.ip[13] = i;
	a->na.ip[14] = base >> 8;
	a->na.ip[15] = 1;
	a->na.port = 1 + base;
}

/* Many at once, so that buckets fill; each at most once. */
static void
op_list(struct ops *o)
{
	struct peer_addr	 a[BOOK_LIST_MAX];
	unsigned int		 counts[BOOK_RESULT_MAX], i, n = byte(o);
	struct book_source	 src = source(o);

	n = o->lonely ? n % 4 : o->crowded ? n : n % 48;
	if (n > BOOK_LIST_MAX)
		n = BOOK_LIST_MAX;
	for (i = 0; i < n; i++)
		crowd(&a[i], i, 256 + o->lists);
	o->lists++;
	book_hear_list(o->book, o->now, a, n, &src, counts);
	model_list(o->model, o->book, a, n, &src, counts);
}

/* The same, again and again. */
static void
op_crowd(struct ops *o)
{
	struct peer_addr	 a;
	unsigned int		 i, n = byte(o) % 32, base = byte(o) % 8;
	struct book_source	 src = source(o);

	for (i = 0; i < n && o->wrong == NULL; i++) {
		crowd(&a, i, base);
		begin(o);
		hear(o, &a, &src);
		look(o);
	}
}

static void
op_announce(struct ops *o)
{
	struct peer_addr	 a = triple(o), peer = a;

	peer.na.port = 50000;
	switch (byte(o) % 4) {
	case 0:
		ip_n(byte(o) % NHOSTS, peer.na.ip);
		break;
	case 1:
		memset(a.na.ip, 0, sizeof(a.na.ip));
		break;
	}
	model_announce(o->model, &peer, &a.na,
	    book_announce(o->book, o->now, &peer, &a.na));
}

/* More at once than one group, or all together, may say of themselves. */
static void
op_announcements(struct ops *o)
{
	unsigned int	 i, n = byte(o) % 48, base = byte(o) % 8;
	unsigned int	 host = byte(o), groups = 1 + byte(o) % 3;
	struct peer_addr a, peer;

	for (i = 0; i < n && o->wrong == NULL; i++) {
		crowd(&a, i, base);
		peer = a;
		ip_n((host + i % groups * 16) % NHOSTS, peer.na.ip);
		begin(o);
		model_announce(o->model, &peer, &a.na,
		    book_announce(o->book, o->now, &peer, &a.na));
		look(o);
	}
}

/* A history without contradictions, perhaps from a clock that is ahead. */
static void
op_import(struct ops *o)
{
	struct book_row	 row;

	memset(&row, 0, sizeof(row));
	row.addr = triple(o);
	row.level = byte(o) % (BOOK_GOOD + 1);
	row.last_heard = o->now + byte(o) - 128;
	row.first_heard = row.last_heard - byte(o) * 1000;
	row.failures = byte(o) % 20;
	row.last_failure = o->now - byte(o) * 500;
	row.last_try = row.last_failure;
	row.tries = byte(o);
	row.rest_until = o->now - 3000 + byte(o) * byte(o) * 2;
	if (row.level > BOOK_HEARD) {
		row.last_success = o->now + 300 - byte(o) * 5000;
		row.first_success = row.last_success;
		if (byte(o) % 2)
			row.first_success -= byte(o) * 9000;
		row.successes = 1 + byte(o);
	}
	model_import(o->model, &row, book_import_row(o->book, o->now, &row));
}

static void
outcome(struct ops *o, const struct peer_addr *a, enum book_outcome how)
{
	book_outcome(o->book, o->now, a, how);
	model_outcome(o->model, a, how, has(o, a));
}

static void
op_outcome(struct ops *o)
{
	struct peer_addr	 a = triple(o);
	enum book_outcome	 how = byte(o) % BOOK_OUTCOME_MAX;

	outcome(o, &a, how);
}

/* One member of the crowd, whom nothing but this moves. */
static void
op_crowd_outcome(struct ops *o)
{
	struct peer_addr	 a;
	unsigned int		 i = byte(o) % 32;

	crowd(&a, i, byte(o) % 8);
	outcome(o, &a, byte(o) % BOOK_WRONG_ID);
}

/*
 * Some at once, in few groups, and several to a host and a block, so that
 * old fills and is contested.
 */
static void
in_a_row(struct ops *o, enum book_outcome how, unsigned int n,
    unsigned int base)
{
	struct peer_addr	 a;
	unsigned int		 i;

	for (i = 0; i < n && o->wrong == NULL; i++) {
		memset(&a, 0, sizeof(a));
		a.id.b[0] = i;
		a.id.b[2] = base;
		a.id.b[3] = 1;
		a.na.ip[10] = a.na.ip[11] = 0xff;
		a.na.ip[12] = 101 + base % 2;
		a.na.ip[13] = i / 16;
		a.na.ip[14] = i % 4;
		a.na.ip[15] = 1 + base / 2 + i / 4 % 4;
		a.na.port = 26656;
		begin(o);
		outcome(o, &a, how);
		look(o);
	}
}

static void
op_successes(struct ops *o)
{
	unsigned int	 n = byte(o) % 64, base = byte(o) % 8;

	in_a_row(o, byte(o) % 4 == 0 ? BOOK_LIVE : BOOK_ANSWERED,
	    o->unlucky ? n % 4 : n, base);
}

static void
op_failures(struct ops *o)
{
	unsigned int	 n = byte(o) % 64;

	in_a_row(o, BOOK_FAILED, n, byte(o) % 8);
}

/*
 * Those who stand in old fail for hours or days, while others, who want
 * their places, succeed.
 */
static void
op_siege(struct ops *o)
{
	unsigned int	 n = byte(o) % 24, base = byte(o) % 8;
	unsigned int	 rounds = byte(o) % 5, other = byte(o) % 8;
	unsigned int	 pause = byte(o);

	if (o->unlucky)
		return;
	in_a_row(o, BOOK_ANSWERED, n, base);
	for (; rounds > 0 && o->wrong == NULL; rounds--) {
		o->now += 3500 + pause * 400;
		in_a_row(o, BOOK_ANSWERED, 4, other);
		in_a_row(o, BOOK_FAILED, n, base);
	}
	in_a_row(o, BOOK_ANSWERED, n, other);
	in_a_row(o, BOOK_FAILED, n, base);
	begin(o);
}

static void
op_pick(struct ops *o)
{
	static unsigned int	(*const pick[MODEL_PICK_MAX])(struct book *,
	    uint32_t, const struct book_exclude *, struct book_pick *,
	    unsigned int) = {
		[MODEL_PICK_SENIORS] = book_pick_seniors,
		[MODEL_PICK_CRAWL] = book_pick_crawl,
	};
	struct book_pick	 p[PICKS];
	struct node_id		 id = id_n(byte(o) % NIDS);
	struct book_exclude	 ex = { &id, 1, NULL, 0 };
	unsigned int		 n, want = byte(o) % (PICKS + 1), bias = 0;
	enum model_pick		 kind = byte(o) % MODEL_PICK_MAX;

	switch (kind) {
	case MODEL_PICK_BIAS:
		/* Often all of it to one side. */
		bias = byte(o);
		bias = bias > 100 ? bias % 2 * 100 : bias;
		n = book_pick(o->book, o->now, bias, &ex, p, want);
		break;
	case MODEL_PICK_PROBE:
		want = 1;
		n = book_pick_probe(o->book, o->now, &ex, p);
		break;
	default:
		n = pick[kind](o->book, o->now, &ex, p, want);
		break;
	}
	model_picked(o->model, kind, bias, &id, p, n, want);
}

static void
op_select(struct ops *o)
{
	struct peer_addr	 out[BOOK_REPLY_MAX], to = triple(o);
	unsigned int		 n;

	n = book_select(o->book, o->now, &to, byte(o) % 2, out);
	model_told(o->model, &to, out, n);
}

/* Somebody, again and again, or some of the crowd. */
static void
op_ban(struct ops *o)
{
	unsigned int		 how = byte(o), n = byte(o) % 7, pause;
	enum book_fault		 fault = how / 4 % BOOK_FAULT_MAX;
	uint32_t		 s = how & 16 ? how * 10 : 0;
	struct peer_addr	 a = triple(o);
	const struct node_id	*id = how & 1 ? &a.id : NULL;
	const uint8_t		*ip = how & 2 ? a.na.ip : NULL;
	unsigned int		 member = byte(o), base = byte(o) % 8;

	pause = byte(o);
	do {
		if (how & 32)
			crowd(&a, member++ % 32, base);
		begin(o);
		model_ban(o->model, id, ip, fault, s,
		    book_ban(o->book, o->now, id, ip, fault, s));
		look(o);
		o->now += pause;
	} while (n-- > 0);
	begin(o);
}

static void
op_unban(struct ops *o)
{
	struct peer_addr	 a = triple(o);

	model_unban(o->model, &a.id, a.na.ip,
	    book_unban(o->book, o->now, &a.id, a.na.ip));
}

static void
op_wait(struct ops *o)
{
	static const uint32_t	 unit[] = { 1, 10, 120, 1800 };
	unsigned int		 u = byte(o) % 4;

	o->now += byte(o) * unit[u];
	begin(o);
}

static void
op_own(struct ops *o)
{
	struct peer_addr	 a = triple(o);

	book_add_own(o->book, o->now, &a.na);
	model_own(o->model, &a.na);
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
	if (book_configure(o->book, o->now, &o->conf) == -1)
		abort();
	model_configure(o->model, &o->conf);
}

/* Saved, and gone on with what is loaded. */
static void
op_restart(struct ops *o)
{
	struct book	*copy;
	const char	*wrong;
	bool		 absent = model_restart(o->model) > 0;
	int		 code;

	if ((copy = book_new(0, key, &o->rng, &o->conf)) == NULL)
		abort();
	wrong = bookstore_load(o->store, copy, o->now, absent);
	if (wrong == NULL && (code = book_check(copy)) != 0)
		wrong = book_check_text(code);
	if (wrong == NULL && !absent)
		wrong = bookstore_compare(o->book, copy, o->now);
	book_free(o->book);
	o->book = copy;
	if (wrong != NULL)
		o->wrong = wrong;
}

static void	(*const table[])(struct ops *) = {
	op_hear, op_hear, op_hear, op_outcome, op_outcome, op_outcome,
	op_outcome, op_wait, op_wait, op_pick, op_pick, op_select, op_list,
	op_announce, op_import, op_successes, op_ban, op_unban, op_own,
	op_configure, op_crowd, op_crowd, op_crowd_outcome, op_crowd_outcome,
	op_failures, op_siege, op_siege, op_announcements, op_restart,
};

static void
operate(struct ops *o, unsigned int op)
{
	int	 code;

	begin(o);
	table[op](o);
	look(o);
	if ((code = book_check(o->book)) != 0 && o->wrong == NULL)
		o->wrong = book_check_text(code);
	bookstore_save(o->store, o->book);
}

const char *
bookops_run(const uint8_t *p, size_t n, unsigned int steps)
{
	static struct ops	 o;
	static char		 text[512];
	struct book_counts	 c;
	unsigned int		 op = 0, count = 0, mood;

	memset(&o, 0, sizeof(o));
	o.p = p;
	o.left = n;
	o.now = START;
	o.conf.strict = true;
	rng_seed_number(&o.rng, byte(&o));
	mood = byte(&o);
	o.unlucky = mood & 1;
	o.lonely = mood & 2;
	o.crowded = mood & 4;
	if ((o.book = book_new(0, key, &o.rng, &o.conf)) == NULL)
		abort();
	book_count(o.book, o.now, &c);
	o.model = model_new(c.capacity, &o.conf);
	o.store = bookstore_new(c.capacity);
	for (; o.left > 0 && o.steps < steps && o.wrong == NULL; count++) {
		op = byte(&o) % (sizeof(table) / sizeof(table[0]));
		operate(&o, op);
	}
	if (o.wrong == NULL)
		op_restart(&o);
	book_free(o.book);
	model_free(o.model);
	bookstore_free(o.store);
	if (o.wrong == NULL)
		return NULL;
	snprintf(text, sizeof(text), "operation %u (kind %u): %s", count, op,
	    o.wrong);
	return text;
}
