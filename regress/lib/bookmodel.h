/* SPDX-License-Identifier: ISC */
/*
 * What a book has to be like after a sequence of operations, worked out
 * from the rules as docs/behaviour.md has them: one array, looked through
 * from end to end, no hashes, no lists, no levels of cache.
 *
 * It knows no hash key, so where two entries want one place it cannot say
 * who gets it; it says who may.  All else it foretells: who is there, at
 * which level, with which times and counts, who is banned and until when,
 * what is told and picked.
 *
 * model_begin() before each operation on the book, one of the others after
 * it with what the book answered, then model_look().
 */
#ifndef PEXD_REGRESS_BOOKMODEL_H
#define PEXD_REGRESS_BOOKMODEL_H

#include "addrbookd/book/book.h"

struct model;

/* For a book with so many slots.  Aborts without memory. */
struct model	*model_new(uint32_t capacity, const struct book_config *);
void		 model_free(struct model *);
/* An operation follows, at that time. */
void		 model_begin(struct model *, uint32_t now);
/*
 * Compare everything with the book.  NULL, or the first thing that was ever
 * wrong: what the book answered, or what it holds.
 */
const char	*model_look(struct model *, struct book *);

/* --- operations ------------------------------------------------------- */

void	 model_hear(struct model *, const struct peer_addr *,
	    const struct book_source *, enum book_result);
/* A list of different IDs. */
void	 model_list(struct model *, struct book *, const struct peer_addr *,
	    unsigned int n, const struct book_source *,
	    const unsigned int counts[BOOK_RESULT_MAX]);
void	 model_announce(struct model *, const struct peer_addr *peer,
	    const struct netaddr *listens, enum book_result);
/* A row without contradictions; times may be in the future. */
void	 model_import(struct model *, const struct book_row *,
	    enum book_result);
/* there: the book has that triple now. */
void	 model_outcome(struct model *, const struct peer_addr *,
	    enum book_outcome, bool there);
void	 model_own(struct model *, const struct netaddr *);
void	 model_ban(struct model *, const struct node_id *, const uint8_t *ip,
	    enum book_fault, uint32_t seconds, uint32_t until);
void	 model_unban(struct model *, const struct node_id *,
	    const uint8_t *ip, bool was);
void	 model_configure(struct model *, const struct book_config *);
/*
 * The book was saved and loaded.  Returns for how long nothing was heard,
 * if that is so long that it is forgiven; else 0.
 */
uint32_t model_restart(struct model *);

/* --- answers ---------------------------------------------------------- */

enum model_pick {
	MODEL_PICK_BIAS,
	MODEL_PICK_SENIORS,
	MODEL_PICK_PROBE,
	MODEL_PICK_CRAWL,
	MODEL_PICK_MAX
};

void	 model_picked(struct model *, enum model_pick, unsigned int bias,
	    const struct node_id *excluded, const struct book_pick *,
	    unsigned int n, unsigned int want);
void	 model_told(struct model *, const struct peer_addr *requester,
	    const struct peer_addr *, unsigned int n);

#endif
