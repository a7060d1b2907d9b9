/* SPDX-License-Identifier: ISC */
/*
 * Whose turn it is among the /24 networks: a crawler may dial each but once
 * in ten seconds, and many nodes are neighbours.  Who has to wait keeps its
 * place in the book, where it costs nothing and is not taken for tried.
 *
 * A cache of small sets; a full one forgets the turn taken longest ago.  What
 * is forgotten too soon, dialer's own limit still holds up.
 */
#include "addrbookd/book/impl.h"

static struct turn *
turn_of(const struct book *b, struct netblock block)
{
	struct turn	*set, *t, *oldest;

	set = &b->turn[bk_hash_block(b, block) % (TURNS / TURN_WAYS) *
	    TURN_WAYS];
	oldest = set;
	for (t = set; t < set + TURN_WAYS; t++) {
		if (netblock_equal(t->block, block))
			return t;
		if (t->at < oldest->at)
			oldest = t;
	}
	oldest->block = block;
	oldest->at = 0;
	return oldest;
}

bool
bk_turn_take(struct book *b, const uint8_t ip[16])
{
	struct turn	*t;

	if (b->conf.private_network)
		return true;
	t = turn_of(b, netblock_of(ip));
	if (t->at != 0 && since(b->now, t->at) < TURN_SPACING)
		return false;
	t->at = b->now;
	return true;
}
