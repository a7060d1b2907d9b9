/* SPDX-License-Identifier: ISC */
/* Between the files of the model. */
#ifndef PEXD_REGRESS_BOOKMODEL_IMPL_H
#define PEXD_REGRESS_BOOKMODEL_IMPL_H

#include "regress/lib/bookmodel.h"

#define M_MINUTE	60U
#define M_HOUR		3600U
#define M_DAY		86400U
#define M_WEEK		(7 * M_DAY)

#define M_LISTS		512	/* bans, holds, groups: ample for a test */

/* An entry: its row as it has to be. */
struct thing {
	struct book_row	 r;
	uint32_t	 index;		/* in the book; 0: not seen there yet */
	uint32_t	 rest_max;	/* rest_until is not later */
	bool		 gone;		/* has to be */
	bool		 stake;		/* one of these has to be */
	bool		 weak;		/* bad or full for days, as it began */
	bool		 seen;
	bool		 fell;		/* from old, by this operation */
};

/* What a group may still tell, as what it has told. */
struct teller {
	struct netgroup	 group;
	uint64_t	 heard_ms, self_ms;	/* what is not yet forgiven */
};

/* A block that a crawler was sent to. */
struct turn {
	struct netblock	 block;
	uint32_t	 at;
};

struct hold {
	struct peer_addr addr;
	uint32_t	 until;
};

/* Where the hash puts an address that such a group told: once seen, known. */
struct spot {
	struct peer_addr addr;
	struct netgroup	 source;
	uint32_t	 place;
};
#define M_SPOTS		4096

/* What the operation may have moved besides what is foretold. */
struct step {
	const struct thing *subject;
	unsigned int	 placed;	/* newcomers, and further places */
	bool		 newcomer;
	bool		 pushes;	/* aside one that is only heard of */
	bool		 anywhere;	/* .. in any bucket of its group */
	bool		 asks;		/* for a place in old */
	bool		 settles;	/* the subject may lose that place */
	bool		 all;		/* places are others from now on */
};

struct model {
	uint32_t	 now, capacity;
	bool		 strict, private_network;
	uint32_t	 spacing;
	struct node_id	 private[8];
	size_t		 nprivate;

	struct thing	*thing;
	uint32_t	 n;
	struct thing	**at;		/* by index in the book */
	uint32_t	 any_success;	/* of any dial, the latest */
	uint32_t	 imported;	/* lists may be late since then */

	struct teller	 teller[M_LISTS];
	unsigned int	 ntellers;
	uint64_t	 all_ms;	/* announcements of everybody */
	struct turn	 turn[M_LISTS];
	unsigned int	 nturns;
	struct book_ban	 ban[M_LISTS];
	unsigned int	 nbans;
	struct hold	 hold[M_LISTS];
	unsigned int	 nholds;
	struct book_own	 own[BOOK_OWN_MAX];
	unsigned int	 nown;

	struct spot	 spot[M_SPOTS];
	unsigned int	 nspots;
	struct step	 step;
	const char	*wrong;
};

#define MUST(m, cond, what) do {					\
	if (!(cond) && (m)->wrong == NULL)				\
		(m)->wrong = (what);					\
} while (0)

/* Seconds since then; 0 if that is yet to come. */
static inline uint32_t
ago(const struct model *m, uint32_t then)
{
	return m->now > then ? m->now - then : 0;
}

/* bookmodel.c */
#define MODEL_OPEN	BOOK_RESULT_MAX	/* added or no room: the hash knows */
/* May this address ever enter?  MODEL_OPEN: yes. */
enum book_result model_forbidden(const struct model *,
		    const struct peer_addr *);
/*
 * What becomes of an address.  Sets the stakes of the claims of which one
 * has to go if it is added.
 */
enum book_result model_foretell(struct model *, const struct peer_addr *,
		    const uint8_t *source, bool proved, bool limited);
void		 model_drop_stakes(struct model *);
/* It is there from now on. */
struct thing	*model_enter(struct model *, const struct peer_addr *,
		    const uint8_t *source);
/* Judge the book's answer, and follow it. */
void		 model_came_in(struct model *, const struct peer_addr *,
		    const uint8_t *source, bool proved, bool limited,
		    enum book_result);
bool		 model_same_id(const struct thing *, const struct peer_addr *);
bool		 model_is_own(const struct model *, const struct netaddr *);
/* NULL: not seen yet. */
const struct spot *model_spot(const struct model *, const struct peer_addr *,
		    struct netgroup source);
/* By ID, or if that is NULL by host; over or not. */
struct book_ban	*model_find_ban(struct model *, const struct node_id *,
		    const uint8_t *ip);
struct thing	*model_find(struct model *, const struct peer_addr *);
bool		 model_is_bad(const struct model *, const struct thing *);
bool		 model_gives_way(const struct model *, const struct thing *);
bool		 model_is_banned(const struct model *, const struct node_id *,
		    const uint8_t *ip);
bool		 model_is_private(const struct model *,
		    const struct node_id *);
/* Good, and verified within so many seconds. */
bool		 model_fresh(const struct model *, const struct thing *,
		    uint32_t within);
/* May its freshness be known to the book a minute late? */
bool		 model_late(const struct model *, const struct thing *,
		    uint32_t within);
bool		 model_yields(const struct model *, const struct thing *);

#endif
