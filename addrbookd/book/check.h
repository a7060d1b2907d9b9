/* SPDX-License-Identifier: ISC */
/* The rules that the book's structures keep, and who looks whether they do. */
#ifndef PEXD_BOOK_CHECK_H
#define PEXD_BOOK_CHECK_H

#include <stdint.h>

struct book;

/* What book_check() can find: a code and a sentence each. */
#define BROKEN_TABLE(X)							\
	X(SIZE,		"the number of entries is wrong")		\
	X(LEVELS,	"the number of entries of a level is wrong")	\
	X(LEVEL,	"a level does not fit the successes")		\
	X(TIMES,	"times are in the future or out of order")	\
	X(FORBIDDEN,	"an address is there that never may enter")	\
	X(BANNED,	"an ID is there that is banned")		\
	X(INDEX,	"an entry is not found under its ID")		\
	X(INDEX_CELLS,	"the index holds something else than entries")	\
	X(TRIPLE,	"a triple is there twice")			\
	X(CLAIMS,	"an ID has too many unverified endpoints")	\
	X(VERIFIED,	"an ID has two verified endpoints")		\
	X(REFS,		"an entry has no place, or too many")		\
	X(NEW_PLACE,	"a new place does not hold its entry")		\
	X(NEW_HASH,	"a new place is not where the hash puts it")	\
	X(NEW_TWICE,	"an entry is twice in one new bucket")		\
	X(NEW_COUNT,	"a new place holds nobody's entry")		\
	X(OLD_PLACE,	"an old place does not hold its entry")		\
	X(OLD_HASH,	"an old place is not where the hash puts it")	\
	X(OLD_LEVEL,	"an old entry is not good")			\
	X(OLD_COUNT,	"the number of old entries is wrong")		\
	X(OLD_HOST,	"too many old entries of a host")		\
	X(OLD_BLOCK,	"too many old entries of a /24 or /48")		\
	X(OLD_GROUP,	"too many old entries of a group")		\
	X(OLD_CHAIN,	"the old entries of a group are not linked")	\
	X(OLD_TALLY,	"a group's old entries are not counted right")	\
	X(POOL,		"an entry is in the wrong pool")		\
	X(POOL_POS,	"an entry is not where its pool has it")	\
	X(POOL_COUNT,	"a pool has members that are no entries")	\
	X(READY,	"an entry is among those resting, or is not, wrongly") \
	X(CHUNKS,	"chunks of the dense sets are lost")		\
	X(SCHED,	"an entry waits in the wrong list")		\
	X(SCHED_LINKS,	"a list of waiting entries is broken")		\
	X(SCHED_LATE,	"an entry has waited too long")			\
	X(RESTING,	"the number of resting entries is wrong")	\
	X(FRESH,	"an entry is in the wrong list of freshness")	\
	X(FRESH_LINKS,	"a list of freshness is broken")		\
	X(FRESH_ORDER,	"a list of freshness is out of order")		\
	X(SENIORS,	"the seniors are not the oldest good ones")	\
	X(CONTEST,	"a contest is not between a good and an old entry") \
	X(CONTEST_FLAGS, "an entry has a contest it does not know of")	\
	X(FREE,		"unused entries are lost or used")		\
	X(BANS,		"the list of bans is broken")			\
	X(BANS_INDEX,	"a ban is not found under its key")		\
	X(HOLDS,	"a hold is where it is not looked for")		\
	X(OWN,		"too many own addresses, or one twice")		\
	X(MARKS,	"the number of changed rows is wrong")

enum book_broken {
	BROKEN_NOTHING,
#define X(code, text)	BROKEN_##code,
	BROKEN_TABLE(X)
#undef X
	BROKEN_MAX
};

/* check.c: end here, with a word about it, if a rule is broken */
void		 bk_must_hold(const struct book *);

/* check_entry.c: 0, or what is broken about it */
int		 bk_check_entry(const struct book *, uint32_t);

#endif
