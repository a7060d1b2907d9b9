/* SPDX-License-Identifier: ISC */
/* What became of the node: whom it has, whom it knows, what it tells. */

#include <stdlib.h>
#include <string.h>

#include "regress/sim/node.h"

#define REPLIES	20
#define DAY_S	86400

#define KEPT_MS	(30 * SECOND_MS)	/* a seed there so long fills one */

/* Outbound peers that fill a slot: no probe, no seed that is only asked. */
static bool
fills_slot(const struct node *n, const struct link *l)
{
	return l->state == LINK_UP && (l->purpose == PURPOSE_PEER ||
	    (l->purpose == PURPOSE_SEED &&
	    n->sim->now >= l->since + KEPT_MS));
}

void
measure_peers(struct node *n, uint32_t *honest, uint32_t *attacker)
{
	const struct link *l;

	*honest = *attacker = 0;
	for (l = n->link; l < n->link + NODE_LINKS; l++) {
		if (!fills_slot(n, l))
			continue;
		if (world_is_his(&n->sim->world, l->who, l->index))
			++*attacker;
		else if (l->who == WHO_HONEST)
			++*honest;
	}
}

static void
measure_replies(struct node *n, struct result *r)
{
	struct world *w = &n->sim->world;
	static struct peer_addr out[BOOK_REPLY_MAX];
	unsigned i, k, count, index, told = 0, his = 0;

	for (i = 0; i < REPLIES; i++) {
		count = book_select(n->book, node_clock(n),
		    &w->honest[world_draw(w)].addr, false, out);
		told += count;
		for (k = 0; k < count; k++)
			his += world_who(w, &out[k], &index) == WHO_ATTACKER;
	}
	r->reply_share = told > 0 ? (double)his / told : 0;
}

struct groups {
	uint8_t		seen[65536 / 8];
	unsigned	n;
};

static void
groups_add(struct groups *g, const struct peer_addr *a)
{
	unsigned v = a->na.ip[12] << 8 | a->na.ip[13];

	g->n += (g->seen[v / 8] >> v % 8 & 1) == 0;
	g->seen[v / 8] |= 1 << v % 8;
}

static void
count_row(struct result *r, const struct book_row *row, enum who who)
{
	if (row->level >= BOOK_GOOD && who == WHO_HONEST)
		r->good_honest++;
	if (row->level >= BOOK_GOOD && who == WHO_ATTACKER)
		r->good_attacker++;
	if (row->senior) {
		r->seniors++;
		r->seniors_honest += who == WHO_HONEST || who == WHO_SEED;
	}
}

void
measure_book(struct node *n, struct result *r)
{
	uint32_t cursor = 0, now = node_clock(n);
	struct groups his, all;
	struct book_row row;
	unsigned index;
	enum who who;

	memset(&his, 0, sizeof(his));
	memset(&all, 0, sizeof(all));
	while (book_next_row(n->book, now, &cursor, &row)) {
		who = world_who(&n->sim->world, &row.addr, &index);
		r->size++;
		count_row(r, &row, who);
		if (row.level < BOOK_GOOD || row.last_success + DAY_S < now)
			continue;
		groups_add(&all, &row.addr);
		if (who == WHO_ATTACKER)
			groups_add(&his, &row.addr);
	}
	r->group_share = all.n > 0 ? (double)his.n / all.n : 0;
	measure_replies(n, r);
}
