/* SPDX-License-Identifier: ISC */
/* addrbookd: what its files share. */
#ifndef PEXD_ADDRBOOKD_H
#define PEXD_ADDRBOOKD_H

#include <stdbool.h>
#include <stdint.h>

#include "addrbookd/book/book.h"
#include "addrbookd/store.h"
#include "common/child.h"
#include "common/rng.h"

struct event;

struct addrbookd_stats {
	uint64_t	lists, heard, added;
	uint64_t	selects, selected;
	uint64_t	picks, picked;
	uint64_t	outcomes;
	uint64_t	faults[MISBEHAVED_MAX];
	uint64_t	results[BOOK_RESULT_MAX];	/* of what was heard */
};

struct addrbookd {
	struct child		*child;
	struct book		*book;
	struct store		*store;
	struct rng		 rng;
	struct event		*tick;		/* sync, bans, status */
	struct event		*answer;	/* of the store */
	int64_t			 wall_ms;	/* at start; monotonic added */
	uint64_t		 mono_ms;
	struct store_report	 report;
	bool			 failing;	/* to write the store */
	uint64_t		 next_reminder;	/* of that; monotonic ms */
	struct m_book_status	 told;		/* to dialer, last */
	struct m_seniors	 seniors;	/* likewise */
	uint64_t		 next_seniors;	/* monotonic ms */
	struct addrbookd_stats	 stats;
};

/* clock.c: the wall clock is read once; later it cannot jump. */
void		 clock_start(struct addrbookd *);
uint32_t	 clock_now(const struct addrbookd *);	/* s since 1970 */

/* config.c */
int		 addrbookd_configure(struct addrbookd *, const struct conf *);
/* Fill cfg from conf; *ids is to be freed when cfg is no longer needed. */
int		 config_of(const struct conf *, struct book_config *cfg,
		    struct node_id **ids);
unsigned int	 book_entries(const struct conf *);

/* engine.c, dialer.c, parent.c: what each of them may ask */
extern const struct msg_handler addrbookd_from_engine[];
extern const struct msg_handler addrbookd_from_dialer[];
extern const struct msg_handler addrbookd_from_parent[];

/* tell.c: what neighbours have to know without asking */
void		 tell_ban(struct addrbookd *, enum role to,
		    const struct book_ban *);
/* why is for pexctl monitor. */
void		 tell_ban_all(struct addrbookd *, const struct node_id *,
		    const uint8_t *ip, uint32_t left_s, const char *why);
void		 tell_everything(struct addrbookd *, enum role to);
void		 tell_status(struct addrbookd *, bool always);
void		 tell_seniors(struct addrbookd *, bool always);

/* show.c */
void		 show_answer(struct addrbookd *, uint32_t id,
		    const struct m_show *);
void		 show_nodes_answered(struct addrbookd *,
		    const struct store_nodes_answer *);

#endif
