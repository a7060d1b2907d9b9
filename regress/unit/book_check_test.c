/* SPDX-License-Identifier: ISC */
/*
 * The checker itself: break each rule by hand, inside the book, and it has
 * to say just that one.
 */
#include <sys/wait.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>

#include "addrbookd/book/check.h"
#include "addrbookd/book/impl.h"
#include "regress/lib/bookfix.h"

/* Numbers of entries of each kind in the book that is to be broken. */
static uint32_t	 heard, reached, old, crowded, rests, second;

static struct bookfix	 f;

static uint32_t
index_of(const struct peer_addr *a)
{
	uint32_t	 i = bk_find(f.book, a);

	ATF_REQUIRE(i != NIL);
	return i;
}

/* Some of everything, one contest, bans, and a few free numbers. */
static void
build(void)
{
	struct peer_addr	 a, b;
	unsigned int		 i;

	fix_init(&f, BOOK_SIZE_MIN, 1);
	for (i = 0; i < 12; i++) {
		a = fix_peer(i);
		fix_good(&f, &a);
		fix_wait(&f, 1);
	}
	old = index_of(&a);
	a = fix_peer(10);
	second = index_of(&a);
	fix_wait(&f, 2 * HOUR);
	b = fix_peer(11);
	b.id = fix_id(500);
	b.na.port++;
	fix_good(&f, &b);
	crowded = index_of(&b);
	a = fix_peer(100);
	fix_hear(&f, &a, 100);
	heard = index_of(&a);
	a = fix_peer(101);
	fix_hear(&f, &a, 101);
	fix_outcome(&f, &a, BOOK_LIVE);
	reached = index_of(&a);
	a = fix_peer(102);
	fix_hear(&f, &a, 102);
	fix_outcome(&f, &a, BOOK_FAILED);
	rests = index_of(&a);
	a = fix_peer(103);
	fix_hear(&f, &a, 103);
	fix_outcome(&f, &a, BOOK_WRONG_ID);
	for (i = 200; i < 203; i++) {
		a = fix_peer(i);
		book_ban(f.book, f.now, &a.id, a.na.ip, BOOK_FAULT_FLOOD, 0);
		book_add_own(f.book, f.now, &a.na);
	}
	FIX_CHECK(&f);
	ATF_REQUIRE_EQ(1, f.book->ncontests);
	ATF_REQUIRE(entry_at(f.book, old)->flags & ENTRY_OLD);
}

static struct entry *
e(uint32_t i)
{
	return entry_at(f.book, i);
}

static void
index_add(uint32_t i)
{
	e(i)->id_hash = bk_hash_id(f.book, &e(i)->addr.id);
	bk_index_add(f.book, i);
}

/* Give another entry's triple, or a part of it, without the index. */
static void
rename_to(uint32_t i, uint32_t other)
{
	bk_index_del(f.book, i);
	e(i)->addr.id = e(other)->addr.id;
	index_add(i);
}

static void b_size(void) { f.book->size++; }
static void b_levels(void) { f.book->nlevel[BOOK_REACHED]++; }
static void b_level(void) { e(heard)->level = BOOK_REACHED; }
static void b_times(void) { e(heard)->last_heard = f.now + 5; }
static void b_forbidden(void) { f.book->own[0].na = e(heard)->addr.na; }

static void
b_banned(void)
{
	struct bans	*bs = &f.book->bans;
	uint32_t	 i = bs->order.head;

	/* As if the ban had come without sending it away. */
	book_unban(f.book, f.now, &bs->ban[i].row.id, NULL);
	i = bs->order.head;
	while (!bs->ban[i].row.by_id)
		i = bs->ban[i].next;
	bk_index_del(f.book, heard);
	e(heard)->addr.id = bs->ban[i].row.id;
	index_add(heard);
}

static void b_index(void) { bk_index_del(f.book, heard); }
static void b_id_hash(void) { e(heard)->id_hash++; }

static void
b_index_cells(void)
{
	uint32_t	 at = 0;

	while (f.book->index[at] != 0 || f.book->index[at + 1] != 0)
		at++;
	f.book->index[at] = ~0U;
}

static void
b_triple(void)
{
	bk_index_del(f.book, rests);
	e(rests)->addr = e(heard)->addr;
	index_add(rests);
}

static void
b_claims(void)
{
	struct peer_addr	 a;
	struct book_source	 src;
	unsigned int		 n;

	for (n = 0; n < 3; n++) {
		a = fix_peer(300 + n);
		src = fix_source(300 + n);
		book_hear(f.book, f.now, &a, &src);
		rename_to(index_of(&a), heard);
	}
}

static void b_verified(void) { rename_to(reached, old); }
static void b_refs(void) { e(heard)->nrefs = 5; }
static void b_refs_old(void) { e(old)->nrefs = 2; }
static void b_new_place(void) { f.book->newtab[e(heard)->at.ref[0]] = NIL; }

static void
b_new_hash(void)
{
	uint32_t	 from = e(heard)->at.ref[0], to = from ^ 1;

	bk_new_clear(f.book, to);
	f.book->newtab[from] = NIL;
	f.book->newtab[to] = heard;
	e(heard)->at.ref[0] = to;
}

static void
b_new_twice(void)
{
	e(heard)->at.ref[1] = e(heard)->at.ref[0];
	e(heard)->nrefs = 2;
}

static void
b_new_count(void)
{
	uint32_t	 place = 0;

	while (f.book->newtab[place] != NIL)
		place++;
	f.book->newtab[place] = heard;
}

static void b_old_place(void) { f.book->oldtab[e(old)->at.old.place] = NIL; }

static void
b_old_hash(void)
{
	uint32_t	 from = e(old)->at.old.place, to = from ^ 1;

	f.book->oldtab[from] = NIL;
	f.book->oldtab[to] = old;
	e(old)->at.old.place = to;
}

static void
b_old_level(void)
{
	bk_set_level(f.book, old, BOOK_REACHED);
}

static void
b_old_count(void)
{
	uint32_t	 place = 0;

	while (f.book->oldtab[place] != NIL)
		place++;
	f.book->oldtab[place] = old;
}

/* Stand there in spite of the cap. */
static void
force_old(const struct peer_addr *a)
{
	uint32_t	 i;

	book_import(f.book, f.now, a);
	book_outcome(f.book, f.now, a, BOOK_ANSWERED);
	i = bk_find(f.book, a);
	if (i == NIL || entry_is_old(e(i)) ||
	    f.book->oldtab[bk_old_place(f.book, a)] != NIL)
		return;
	bk_contest_forget(f.book, i);
	bk_new_leave(f.book, i);
	bk_old_put(f.book, i, bk_old_place(f.book, a));
}

static void
b_old_host(void)
{
	struct peer_addr	 a = e(old)->addr;
	int			 n;

	for (n = 0; n < 3; n++) {
		a.id = fix_id(600 + n);
		a.na.port = 600 + n;
		force_old(&a);
	}
}

static void
b_old_block(void)
{
	struct peer_addr	 a = e(old)->addr;
	int			 n;

	for (n = 0; n < 8; n++) {
		a.id = fix_id(600 + n);
		a.na.ip[15] = 100 + n;
		a.na.port = 600 + n;
		force_old(&a);
	}
}

static void
b_old_group(void)
{
	struct peer_addr	 a = e(old)->addr;
	int			 n;

	for (n = 0; n < 30; n++) {
		a.id = fix_id(600 + n);
		a.na.ip[14] = 100 + n;
		a.na.port = 600 + n;
		force_old(&a);
	}
}

static struct group_cell *cell_of_old(void) { return bk_group_cell(f.book,
    bk_group(f.book, e(old)->addr.na.ip)); }
static void b_old_chain(void) { cell_of_old()->head = second; }
static void b_old_tally(void) { cell_of_old()->count++; }
static void b_old_blocks(void) { cell_of_old()->blocks = 0; }
static void b_pool(void) { e(heard)->pool = POOL_REACHED_NEW; }
static void b_pool_pos(void) { e(heard)->pool_pos++; }
static void b_ready(void) { e(heard)->pool += POOL_RESTING; }
static void b_not_ready(void) { e(rests)->pool -= POOL_RESTING; }
static void b_pool_count(void) { bk_dense_add(&f.book->pools, POOL_HEARD, 1); }
static void b_chunks(void) { f.book->pools.nspare--; }
static void b_sched(void) { e(heard)->sched = SCHED_DUE_VERIFIED; }
static void b_sched_links(void) { e(heard)->link[CHAIN_SCHED].prev = old; }
static void b_sched_late(void) { e(rests)->rest_until = f.now - 100; }
static void b_resting(void) { f.book->nresting++; }

static void
b_fresh(void)
{
	e(old)->last_success -= 2 * DAY;
	e(old)->first_success -= 2 * DAY;
}

static void b_fresh_links(void) { e(old)->link[CHAIN_FRESH].prev = NIL; }

static void b_fresh_order(void) { e(second)->last_success = f.now; }
static void b_seniors(void) { f.book->seniors.list[0].index = old; }
static void b_contest(void) { f.book->contest[0].challenger = 0; }
static void b_contest_level(void) { bk_set_level(f.book, crowded,
    BOOK_REACHED); }
static void b_contest_flags(void) { e(old)->flags &= ~ENTRY_CONTESTED; }
static void b_free(void) { f.book->free = NIL; }
static void b_bans(void) { f.book->bans.order.tail = NIL; }
static void b_bans_index(void) { memset(f.book->bans.index, 0,
    2 * BOOK_BANS_MAX * sizeof(uint32_t)); }

static void
b_holds(void)
{
	uint32_t	 i = 0;

	while (f.book->hold[i].until == 0)
		i++;
	f.book->hold[i].triple++;
}

static void b_own(void) { f.book->own[1] = f.book->own[0]; }
static void b_marks(void) { f.book->marks[BOOK_TABLE_ENTRY].count++; }

static const struct {
	void			(*act)(void);
	enum book_broken	 code, or;
} breaks[] = {
	{ b_size, BROKEN_SIZE, 0 },
	{ b_levels, BROKEN_LEVELS, 0 },
	{ b_level, BROKEN_LEVEL, 0 },
	{ b_times, BROKEN_TIMES, 0 },
	{ b_forbidden, BROKEN_FORBIDDEN, 0 },
	{ b_banned, BROKEN_BANNED, 0 },
	{ b_index, BROKEN_INDEX, 0 },
	{ b_id_hash, BROKEN_INDEX, 0 },
	{ b_index_cells, BROKEN_INDEX_CELLS, 0 },
	{ b_triple, BROKEN_TRIPLE, BROKEN_INDEX },
	{ b_claims, BROKEN_CLAIMS, 0 },
	{ b_verified, BROKEN_VERIFIED, 0 },
	{ b_refs, BROKEN_REFS, 0 },
	{ b_refs_old, BROKEN_REFS, 0 },
	{ b_new_place, BROKEN_NEW_PLACE, 0 },
	{ b_new_hash, BROKEN_NEW_HASH, 0 },
	{ b_new_twice, BROKEN_NEW_TWICE, 0 },
	{ b_new_count, BROKEN_NEW_COUNT, 0 },
	{ b_old_place, BROKEN_OLD_PLACE, 0 },
	{ b_old_hash, BROKEN_OLD_HASH, 0 },
	{ b_old_level, BROKEN_OLD_LEVEL, 0 },
	{ b_old_count, BROKEN_OLD_COUNT, 0 },
	{ b_old_host, BROKEN_OLD_HOST, 0 },
	{ b_old_block, BROKEN_OLD_BLOCK, 0 },
	{ b_old_group, BROKEN_OLD_GROUP, 0 },
	{ b_old_chain, BROKEN_OLD_CHAIN, 0 },
	{ b_old_tally, BROKEN_OLD_TALLY, 0 },
	{ b_old_blocks, BROKEN_OLD_TALLY, 0 },
	{ b_pool, BROKEN_POOL, 0 },
	{ b_pool_pos, BROKEN_POOL_POS, 0 },
	{ b_pool_count, BROKEN_POOL_COUNT, 0 },
	{ b_ready, BROKEN_READY, 0 },
	{ b_not_ready, BROKEN_READY, 0 },
	{ b_chunks, BROKEN_CHUNKS, 0 },
	{ b_sched, BROKEN_SCHED, 0 },
	{ b_sched_links, BROKEN_SCHED_LINKS, 0 },
	{ b_sched_late, BROKEN_SCHED_LATE, 0 },
	{ b_resting, BROKEN_RESTING, 0 },
	{ b_fresh, BROKEN_FRESH, 0 },
	{ b_fresh_links, BROKEN_FRESH_LINKS, 0 },
	{ b_fresh_order, BROKEN_FRESH_ORDER, 0 },
	{ b_seniors, BROKEN_SENIORS, 0 },
	{ b_contest, BROKEN_CONTEST, BROKEN_CONTEST_FLAGS },
	{ b_contest_level, BROKEN_CONTEST, BROKEN_FRESH },
	{ b_contest_flags, BROKEN_CONTEST_FLAGS, 0 },
	{ b_free, BROKEN_FREE, 0 },
	{ b_bans, BROKEN_BANS, 0 },
	{ b_bans_index, BROKEN_BANS_INDEX, 0 },
	{ b_holds, BROKEN_HOLDS, 0 },
	{ b_own, BROKEN_OWN, 0 },
	{ b_marks, BROKEN_MARKS, 0 },
};
#define NBREAKS	(sizeof(breaks) / sizeof(breaks[0]))

ATF_TC_WITHOUT_HEAD(each_code);
ATF_TC_BODY(each_code, tc)
{
	size_t	 k;
	int	 code;

	for (k = 0; k < NBREAKS; k++) {
		build();
		breaks[k].act();
		code = book_check(f.book);
		ATF_CHECK_MSG(code == (int)breaks[k].code ||
		    (breaks[k].or != 0 && code == (int)breaks[k].or),
		    "wanted %s; got %s", book_check_text(breaks[k].code),
		    book_check_text(code));
		book_free(f.book);
	}
}

/* No code without a case that brings it about. */
ATF_TC_WITHOUT_HEAD(all_codes);
ATF_TC_BODY(all_codes, tc)
{
	bool	 seen[BROKEN_MAX] = { false };
	size_t	 k;
	int	 code;

	for (k = 0; k < NBREAKS; k++)
		seen[breaks[k].code] = true;
	for (code = 1; code < BROKEN_MAX; code++)
		ATF_CHECK_MSG(seen[code], "%s", book_check_text(code));
	ATF_CHECK_STREQ("?", book_check_text(BROKEN_MAX));
	ATF_CHECK_STREQ("?", book_check_text(-1));
}

/* A build for tests sees it by itself, within a thousand operations. */
ATF_TC_WITHOUT_HEAD(now_and_then);
ATF_TC_BODY(now_and_then, tc)
{
	int	 status, i;
	pid_t	 pid;

	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		build();
		b_marks();
		for (i = 0; i < 1000; i++)
			(void)fix_counts(&f);
		_exit(0);
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	if (PEXD_CHECK_BOOK > 0)
		ATF_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	else
		ATF_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, each_code);
	ATF_TP_ADD_TC(tp, all_codes);
	ATF_TP_ADD_TC(tp, now_and_then);
	return atf_no_error();
}
