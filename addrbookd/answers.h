/* SPDX-License-Identifier: ISC */
/*
 * What the book answers to the messages of dialer and engine, and what it
 * takes them for.  No process and no clock: the daemon and the simulation
 * share it, so that both follow the same rules.
 *
 * now is the book's (book.h).
 */
#ifndef PEXD_ADDRBOOKD_ANSWERS_H
#define PEXD_ADDRBOOKD_ANSWERS_H

#include <stdint.h>

#include "addrbookd/book/book.h"
#include "addrbookd/store.h"
#include "common/msg.h"

/* Candidates, seniors first as far as asked.  -1: the question is absurd. */
int	 answer_pick(struct book *, uint32_t now, const struct m_pick *,
	    struct m_picked *);
/* How a dial or a dialled connection did.  -1: no such outcome. */
int	 answer_outcome(struct book *, uint32_t now, const struct m_outcome *);
/* What it says of the node's uptime, after that.  False: nothing. */
bool	 answer_uptime(struct book *, uint32_t now, const struct m_outcome *,
	    enum store_uptime *);
/* A list that was asked for; counts gets the number of each result. */
void	 answer_addrs(struct book *, uint32_t now, const struct m_addrs *,
	    unsigned int counts[BOOK_RESULT_MAX], struct m_list_taken *);
/* What dialer is told whenever it has changed. */
void	 answer_status(const struct book *, struct m_book_status *);
void	 answer_seniors(const struct book *, struct m_seniors *);

#endif
