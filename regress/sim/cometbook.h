/* SPDX-License-Identifier: ISC */
/*
 * A model of CometBFT's address book as a node without consensus has it:
 * nothing is ever marked good, so there are only the new buckets.  Our own
 * words for rules read in p2p/pex/addrbook.go and known_address.go (0.38):
 *  - keyed by ID; where it is and who told is what peers say of themselves;
 *  - 256 buckets, 32 of them within reach of one source group;
 *  - a bucket that has 65 loses a bad one, else the one inserted or tried
 *    longest ago, whatever it was worth;
 *  - a pick draws a bucket first, so that thin buckets weigh more.
 */
#ifndef SIM_COMETBOOK_H
#define SIM_COMETBOOK_H

#include "regress/sim/world.h"

#define COMET_BUCKETS	256
#define COMET_HELD	65	/* in a bucket: the test for 64 is off by one */
#define COMET_REFS	4

struct comet_entry {
	struct peer_addr addr;
	uint64_t	last_try;	/* s; when it is made, that time */
	uint64_t	banned_until;
	uint16_t	bucket[COMET_REFS];
	uint8_t		nrefs;		/* 0: not in the book */
	uint8_t		tries;
};

struct comet_book {
	struct rng	*rng;
	uint64_t	 key;
	struct comet_entry *entry;
	unsigned	 nknown;	/* those first are known by number */
	unsigned	 max, top, free, size;
	uint32_t	 bucket[COMET_BUCKETS][COMET_HELD];
	unsigned	 n[COMET_BUCKETS];
};

void	 comet_init(struct comet_book *, struct rng *, unsigned nknown);
void	 comet_free(struct comet_book *);
/* Heard from src.  number: which of the known ones it is, or -1. */
void	 comet_add(struct comet_book *, uint64_t now, const struct peer_addr *,
	    const struct peer_addr *src, long number);
/* Any entry, or NULL from an empty book. */
struct comet_entry *comet_pick(struct comet_book *);
void	 comet_remove(struct comet_book *, struct comet_entry *);

#endif
