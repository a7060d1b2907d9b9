/* SPDX-License-Identifier: ISC */
/* A big book for measurements. */
#include <stdlib.h>
#include <string.h>

#include "addrbookd/book/impl.h"
#include "regress/lib/bigbook.h"

#define START		1700000000U
#define OPS_PER_SECOND	64	/* of the book's time, while it is filled */

int
bigbook_init(struct bigbook *w, unsigned int slots, unsigned int entries,
    const uint8_t key[BOOK_KEY_SIZE])
{
	memset(w, 0, sizeof(*w));
	rng_seed_number(&w->rng, 1);
	rng_seed_number(&w->world, 2);
	w->now = START;
	w->conf.strict = true;
	w->entries = entries;
	w->known = calloc(entries, sizeof(*w->known));
	w->book = book_new(slots, key, &w->rng, &w->conf);
	return w->known == NULL || w->book == NULL ? -1 : 0;
}

void
bigbook_free(struct bigbook *w)
{
	book_free(w->book);
	free(w->known);
}

/* --- the world -------------------------------------------------------- */

static void
random_bytes(struct bigbook *w, uint8_t *p, size_t n)
{
	while (n-- > 0)
		*p++ = rng_u32(&w->world);
}

/* One in eight has IPv6, in a /32 of 2a00::/12. */
static void
random_ip(struct bigbook *w, uint8_t ip[16])
{
	random_bytes(w, ip, 16);
	if (ip[0] % 8 == 0) {
		ip[0] = 0x2a;
		ip[1] &= 0x0f;
		return;
	}
	memset(ip, 0, 10);
	ip[10] = ip[11] = 0xff;
}

struct peer_addr
bigbook_stranger(struct bigbook *w)
{
	struct peer_addr	 a;

	memset(&a, 0, sizeof(a));
	random_bytes(w, a.id.b, sizeof(a.id.b));
	a.na.port = 26656;
	do
		random_ip(w, a.na.ip);
	while (!ip_is_routable(a.na.ip));
	return a;
}

struct book_source
bigbook_source(struct bigbook *w)
{
	struct peer_addr	 a = bigbook_stranger(w);
	struct book_source	 s = { .id = a.id };

	memcpy(s.ip, a.na.ip, sizeof(s.ip));
	return s;
}

struct peer_addr *
bigbook_known(struct bigbook *w)
{
	return &w->known[rng_below(&w->world, w->entries)];
}

/* --- filling ---------------------------------------------------------- */

static uint32_t
size_of(const struct bigbook *w)
{
	return w->book->size;
}

static void
time_passes(struct bigbook *w)
{
	w->now += rng_below(&w->world, OPS_PER_SECOND) == 0;
}

static void
fill_old(struct bigbook *w)
{
	struct book		*b = w->book;
	struct peer_addr	 a;
	struct book_source	 s;
	uint32_t		 want = b->old_buckets * SLOTS;

	if (want > w->entries / 5)
		want = w->entries / 5;
	while (b->nold < want) {
		a = bigbook_stranger(w);
		if (!bk_old_has_room(b, &a, bk_old_place(b, &a)))
			continue;
		s = bigbook_source(w);
		time_passes(w);
		if (book_hear(b, w->now, &a, &s) == BOOK_ADDED)
			book_outcome(b, w->now, &a, BOOK_ANSWERED);
	}
}

static void
fill_new(struct bigbook *w)
{
	struct peer_addr	 a;
	struct book_source	 s;

	while (size_of(w) < w->entries) {
		a = bigbook_stranger(w);
		s = bigbook_source(w);
		time_passes(w);
		if (book_hear(w->book, w->now, &a, &s) != BOOK_ADDED)
			continue;
		switch (rng_below(&w->world, 8)) {
		case 0:
			book_outcome(w->book, w->now, &a, BOOK_LIVE);
			break;
		case 1:
			book_outcome(w->book, w->now, &a, BOOK_FAILED);
			break;
		default:
			break;
		}
	}
}

void
bigbook_look(struct bigbook *w)
{
	struct book_row	 row;
	uint32_t	 cursor = 0, n = 0;

	while (n < w->entries && book_next_row(w->book, w->now, &cursor, &row))
		w->known[n++] = row.addr;
}

void
bigbook_fill(struct bigbook *w)
{
	fill_old(w);
	fill_new(w);
	bigbook_look(w);
}

/* --- what is new ------------------------------------------------------ */

static void
drop_heard(struct bigbook *w, unsigned int n)
{
	struct book	*b = w->book;
	uint32_t	 i;

	while (n > 0) {
		i = 1 + rng_below(&w->world, b->top);
		if (!(entry_at(b, i)->flags & ENTRY_USED) ||
		    entry_at(b, i)->level != BOOK_HEARD)
			continue;
		bk_entry_free(b, i);
		n--;
	}
}

static uint32_t
place_of(const struct bigbook *w, const struct bigbook_news *n)
{
	return bk_new_place(w->book, &n->addr, bk_group(w->book,
	    n->source.ip));
}

/* taken: one bit a place that somebody was found for. */
void
bigbook_news(struct bigbook *w, struct bigbook_news *news, unsigned int n)
{
	struct book	*b = w->book;
	uint8_t		*taken;
	uint32_t	 place;

	if ((taken = calloc(b->new_buckets, SLOTS / 8)) == NULL)
		abort();
	drop_heard(w, n);
	while (n > 0) {
		news->addr = bigbook_stranger(w);
		news->source = bigbook_source(w);
		place = place_of(w, news);
		if (b->newtab[place] != NIL ||
		    (taken[place / 8] & 1 << place % 8))
			continue;
		taken[place / 8] |= 1 << place % 8;
		news++;
		n--;
	}
	free(taken);
}
