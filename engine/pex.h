/* SPDX-License-Identifier: ISC */
/* What the files of the PEX reactor share; nobody else includes it. */
#ifndef PEXD_ENGINE_PEX_H
#define PEXD_ENGINE_PEX_H

#include "engine/engine.h"
#include "engine/pace.h"

struct pex_stats {
	uint64_t	requests, remembered, dropped;	/* from peers */
	uint64_t	replies, addrs_sent, selects;
	uint64_t	asked, answers, late_answers;	/* ours */
	uint64_t	addrs_received, lists_lost;
};

struct pex {
	struct engine		*eng;
	struct pex_stats	 stats;
	struct peer_addr	 addrs[PEX_ADDRS_FIT];	/* being decoded */
	uint8_t			 reply[PEX_ADDRS_SIZE(PEX_ADDRS_MAX)];
};

/* The reactor's part of a peer. */
struct pex_peer {
	struct pex	*pex;
	struct peer	*peer;
	/* its requests */
	struct pace	 pace;
	struct timer	 due;		/* one remembered; a seed's patience */
	struct timer	 again;		/* the selection did not come */
	uint8_t		 owed;		/* answers granted and not sent */
	bool		 selecting;	/* addrbookd is asked */
	bool		 served;	/* by a seed: it gets one answer */
	/* ours */
	bool		 asked;		/* one is unanswered */
	bool		 silent;	/* was too late once: not asked again */
	uint64_t	 asked_ms;	/* the last one */
	struct timer	 ask;		/* the next, wanted before it is due */
};

extern const struct reactor pex_reactor;

/* Somebody who connected to a seed, and is to leave after his answer. */
bool	 pex_is_seed_client(const struct pex_peer *);

/* --- pex_reply.c: their requests -------------------------------------- */

void	 pex_reply_init(struct pex_peer *);
void	 pex_reply_stop(struct pex_peer *);
void	 pex_on_request(struct pex_peer *);
void	 pex_on_selected(void *, struct pipe *, struct msg *);
/* addrbookd is there again and knows of no selection. */
void	 pex_reply_restart(struct pex_peer *);

/* --- pex_ask.c: our requests ------------------------------------------ */

void	 pex_ask_init(struct pex_peer *);
void	 pex_ask_stop(struct pex_peer *);
void	 pex_on_ask(void *, struct pipe *, struct msg *);
void	 pex_on_addrs(struct pex_peer *, const struct pex_list *);

#endif
