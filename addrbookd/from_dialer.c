/* SPDX-License-Identifier: ISC */
/* What dialer tells and asks: picks, and how dials went. */

#include <string.h>

#include "addrbookd/addrbookd.h"

struct picker {		/* the arguments of one MSG_PICK */
	struct addrbookd	*a;
	const struct m_pick	*m;
	struct book_exclude	 exclude;
	struct book_pick	 picks[MSG_LIST_MAX];
	unsigned int		 n;
};

static void
pick_ensure(struct picker *k)
{
	uint32_t now = clock_now(k->a);
	unsigned int seniors = k->m->seniors, i, j, n;

	if (seniors > k->m->want)
		seniors = k->m->want;
	k->n = book_pick_seniors(k->a->book, now, &k->exclude, k->picks,
	    seniors);
	n = book_pick(k->a->book, now, k->m->bias, &k->exclude,
	    k->picks + k->n, k->m->want - k->n);
	/* A senior may be drawn again as one of its table. */
	for (i = j = k->n; i < k->n + n; i++) {
		unsigned int s;

		for (s = 0; s < k->n; s++)
			if (peer_addr_equal(&k->picks[s].addr,
			    &k->picks[i].addr))
				break;
		if (s == k->n)
			k->picks[j++] = k->picks[i];
	}
	k->n = j;
}

static void
pick_probe(struct picker *k)
{
	while (k->n < k->m->want && book_pick_probe(k->a->book,
	    clock_now(k->a), &k->exclude, &k->picks[k->n]) == 1)
		k->n++;
}

static void
pick_crawl(struct picker *k)
{
	k->n = book_pick_crawl(k->a->book, clock_now(k->a), &k->exclude,
	    k->picks, k->m->want);
}

static void (*const pickers[])(struct picker *) = {
	[PICK_ENSURE]	= pick_ensure,
	[PICK_PROBE]	= pick_probe,
	[PICK_CRAWL]	= pick_crawl,
};

static void
on_pick(void *arg, struct pipe *p, struct msg *msg)
{
	const struct m_pick *m = msg->body;
	struct netgroup groups[MSG_GROUPS_MAX];
	struct picker k = { .a = arg, .m = m };
	struct m_picked out;
	unsigned int i;

	if (m->kind == 0 || m->kind > PICK_CRAWL || m->want > MSG_LIST_MAX ||
	    m->bias > 100) {
		pipe_violation(p, "pick %u of kind %u, bias %u", m->want,
		    m->kind, m->bias);
		return;
	}
	for (i = 0; i < m->ngroups; i++)
		groups[i].v = m->groups[i];
	k.exclude.groups = groups;
	k.exclude.ngroups = m->ngroups;
	pickers[m->kind](&k);

	out.kind = m->kind;
	out.n = k.n;
	for (i = 0; i < k.n; i++) {
		out.list[i].addr = k.picks[i].addr;
		out.list[i].level = k.picks[i].level;
	}
	k.a->stats.picks++;
	k.a->stats.picked += k.n;
	(void)pipe_send(p, MSG_PICKED, msg->id, -1, &out);
}

/*
 * What an outcome is to the book.  Rejected is treated as full: it is there
 * and does not serve us, which is neither a success nor a failure.
 */
static const struct {
	bool			known;
	enum book_outcome	outcome;
} outcomes[OUTCOME_MAX] = {
	[OUTCOME_CONNECTED]		= { true, BOOK_DIALLED },
	[OUTCOME_FULL]			= { true, BOOK_FULL },
	[OUTCOME_OURS]			= { true, BOOK_OURS },
	[OUTCOME_REFUSED]		= { true, BOOK_FAILED },
	[OUTCOME_UNREACHABLE]		= { true, BOOK_FAILED },
	[OUTCOME_TIMED_OUT]		= { true, BOOK_FAILED },
	[OUTCOME_WRONG_IDENTITY]	= { true, BOOK_WRONG_ID },
	[OUTCOME_WRONG_NETWORK]		= { true, BOOK_WRONG_NETWORK },
	[OUTCOME_WRONG_BLOCK_VERSION]	= { true, BOOK_WRONG_NETWORK },
	[OUTCOME_NO_PEX_CHANNEL]	= { true, BOOK_WRONG_NETWORK },
	[OUTCOME_SELF]			= { true, BOOK_SELF },
	[OUTCOME_DUPLICATE]		= { true, BOOK_DIALLED },
	[OUTCOME_REJECTED]		= { true, BOOK_FULL },
	[OUTCOME_LIVE]			= { true, BOOK_LIVE },
	[OUTCOME_ANSWERED]		= { true, BOOK_ANSWERED },
	[OUTCOME_MATURE]		= { true, BOOK_MATURE },
};

/* Does it say that the node was up, or that it was down? */
static int
uptime_of(enum outcome o)
{
	switch (o) {
	case OUTCOME_LIVE:
	case OUTCOME_ANSWERED:
		return 1;
	case OUTCOME_REFUSED:
	case OUTCOME_UNREACHABLE:
	case OUTCOME_TIMED_OUT:
		return 0;
	default:
		return -1;
	}
}

static void
on_outcome(void *arg, struct pipe *p, struct msg *msg)
{
	struct addrbookd *a = arg;
	const struct m_outcome *m = msg->body;
	int up;

	if (m->outcome >= OUTCOME_MAX || !outcomes[m->outcome].known) {
		pipe_violation(p, "outcome %u", m->outcome);
		return;
	}
	a->stats.outcomes++;
	book_outcome(a->book, clock_now(a), &m->addr,
	    outcomes[m->outcome].outcome);
	if ((up = uptime_of(m->outcome)) != -1)
		store_uptime(a->store, clock_now(a), &m->addr, up);
	tell_status(a, false);
}

const struct msg_handler addrbookd_from_dialer[] = {
	{ MSG_PICK,	on_pick },
	{ MSG_OUTCOME,	on_outcome },
	{ MSG_NONE,	NULL }
};
