/* SPDX-License-Identifier: ISC */
/*
 * A book for a test: made up addresses, a clock and a seed that the test
 * owns, and a look at every invariant after each step.
 */
#ifndef PEXD_REGRESS_BOOKFIX_H
#define PEXD_REGRESS_BOOKFIX_H

#include <stdint.h>

#include "addrbookd/book/book.h"
#include "common/rng.h"

#define FIX_START	1700000000U	/* when every test begins */
#define FIX_MINUTE	60U
#define FIX_HOUR	3600U
#define FIX_DAY		86400U

struct bookfix {
	struct book		*book;
	struct book_config	 conf;
	struct rng		 rng;
	uint32_t		 now;
};

/* A strict book of that size, its rules and randomness from seed. */
void		 fix_init(struct bookfix *, unsigned int size, uint64_t seed);
void		 fix_free(struct bookfix *);
/* Time passes; the invariants are looked at. */
void		 fix_wait(struct bookfix *, uint32_t seconds);
/* Fail the test, naming the rule, if the book breaks one. */
void		 fix_check(const struct bookfix *, const char *file, int line);
#define FIX_CHECK(f)	fix_check(f, __FILE__, __LINE__)

/* The n-th ID; never the same for two n. */
struct node_id	 fix_id(uint32_t n);
/* id@text:port with the n-th ID. */
struct peer_addr fix_addr(uint32_t n, const char *ip, uint16_t port);
/* The n-th address of all: public, a group of its own for n < 40000. */
struct peer_addr fix_peer(uint32_t n);
/* A source at that address, n-th group as fix_peer(). */
struct book_source fix_source(uint32_t n);

/* Hear of it from source n. */
enum book_result fix_hear(struct bookfix *, const struct peer_addr *,
		    uint32_t source);
/* Hear of it and succeed until it is good. */
void		 fix_good(struct bookfix *, const struct peer_addr *);
void		 fix_outcome(struct bookfix *, const struct peer_addr *,
		    enum book_outcome);
/* What the book says of it; the test fails if it is not there. */
struct book_row	 fix_row(struct bookfix *, const struct peer_addr *);
bool		 fix_has(struct bookfix *, const struct peer_addr *);
struct book_counts fix_counts(struct bookfix *);

#endif
