/* SPDX-License-Identifier: ISC */
/* dialer: what its files share. */
#ifndef PEXD_DIALER_H
#define PEXD_DIALER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/child.h"
#include "common/rng.h"
#include "dialer/outcome.h"
#include "dialer/policy/policy.h"

struct event;
struct connects;
struct resolver;

struct dialer {
	struct child		*child;
	struct policy		*policy;
	struct connects		*connects;		/* connects under way */
	struct resolver		*resolver;
	struct event		*timer;		/* of the policy's next tick */
	uint64_t		 due;		/* when it goes off */
	struct rng		 rng;
	bool			 started;	/* the policy works */
	const char		*why;		/* of the dial that just ends */
};

/*
 * After every input to the policy: set the timer for what is due next.
 */
void	 dialer_settle(struct dialer *);
/* Both neighbours are there and have told their state: begin. */
void	 dialer_may_start(struct dialer *);

/* actions.c: what the policy wants done */
extern const struct policy_ops dialer_actions;

/* connect.c: non-blocking connect(2), many in flight */
struct connects	*connects_new(struct dialer *);
void		 connects_free(struct connects *);
/*
 * Begin to connect.  Its end comes later, never from within this call: the
 * socket goes to engine and policy_reached() is called, or policy_dialed().
 */
void		 connects_begin(struct connects *, const struct policy_dial *);
unsigned	 connects_count(const struct connects *);

/* resolve.c: configured names to addresses, without blocking */
struct resolver	*resolver_new(struct dialer *);
void		 resolver_free(struct resolver *);
/* Take the name servers and hosts of the config in force. */
void		 resolver_configure(struct resolver *);
/* All addresses of name go to policy_resolved(), never from within. */
void		 resolver_ask(struct resolver *, uint32_t token,
		    const char *name);

/* handlers.c: what each neighbour may say */
extern const struct msg_handler dialer_from_parent[];
extern const struct msg_handler dialer_from_engine[];
extern const struct msg_handler dialer_from_addrbookd[];

/* show.c */
void		 show_answer(struct dialer *, uint32_t id,
		    const struct m_show *);

#endif
