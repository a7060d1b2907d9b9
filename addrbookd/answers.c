/* SPDX-License-Identifier: ISC */
/* Messages of dialer and engine as the book understands them. */

#include <string.h>

#include "addrbookd/answers.h"

/* --- picks ------------------------------------------------------------- */

struct picker {		/* the arguments of one MSG_PICK */
	struct book		*book;
	uint32_t		 now;
	const struct m_pick	*m;
	struct book_exclude	 exclude;
	struct book_pick	 picks[MSG_LIST_MAX];
	unsigned int		 n;
};

static void
pick_ensure(struct picker *k)
{
	unsigned int seniors = k->m->seniors, i, j, n;

	if (seniors > k->m->want)
		seniors = k->m->want;
	k->n = book_pick_seniors(k->book, k->now, &k->exclude, k->picks,
	    seniors);
	n = book_pick(k->book, k->now, k->m->bias, &k->exclude,
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
	while (k->n < k->m->want && book_pick_probe(k->book, k->now,
	    &k->exclude, &k->picks[k->n]) == 1)
		k->n++;
}

static void
pick_crawl(struct picker *k)
{
	k->n = book_pick_crawl(k->book, k->now, &k->exclude, k->picks,
	    k->m->want);
}

static void (*const pickers[])(struct picker *) = {
	[PICK_ENSURE]	= pick_ensure,
	[PICK_PROBE]	= pick_probe,
	[PICK_CRAWL]	= pick_crawl,
};

int
answer_pick(struct book *book, uint32_t now, const struct m_pick *m,
    struct m_picked *out)
{
	struct netgroup groups[MSG_GROUPS_MAX];
	struct picker k;
	unsigned int i;

	if (m->kind == 0 || m->kind > PICK_CRAWL || m->want > MSG_LIST_MAX ||
	    m->bias > 100)
		return -1;
	for (i = 0; i < m->ngroups; i++)
		groups[i].v = m->groups[i];
	k.book = book;
	k.now = now;
	k.m = m;
	k.exclude = (struct book_exclude){ .groups = groups,
	    .ngroups = m->ngroups };
	k.n = 0;
	pickers[m->kind](&k);

	out->kind = m->kind;
	out->n = k.n;
	for (i = 0; i < k.n; i++) {
		out->list[i].addr = k.picks[i].addr;
		out->list[i].level = k.picks[i].level;
		out->list[i].source = k.picks[i].level == BOOK_HEARD ?
		    k.picks[i].source.v : 0;
	}
	return 0;
}

/* --- outcomes ---------------------------------------------------------- */

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

int
answer_outcome(struct book *book, uint32_t now, const struct m_outcome *m)
{
	if (m->outcome >= OUTCOME_MAX || !outcomes[m->outcome].known)
		return -1;
	book_outcome(book, now, &m->addr, outcomes[m->outcome].outcome);
	return 0;
}

/*
 * The ID is where it was proved to be: what else is claimed for it says
 * nothing of it.  A failure that the book did not count may be our own.
 */
bool
answer_uptime(struct book *book, uint32_t now, const struct m_outcome *m,
    enum store_uptime *uptime)
{
	struct book_row row;

	switch (m->outcome) {
	case OUTCOME_LIVE:
	case OUTCOME_ANSWERED:
	case OUTCOME_MATURE:		/* connected all the while */
		*uptime = STORE_UP;
		return true;
	case OUTCOME_OURS:
	case OUTCOME_REFUSED:
	case OUTCOME_UNREACHABLE:
	case OUTCOME_TIMED_OUT:
		if (!book_find(book, now, &m->addr, &row) ||
		    row.level == BOOK_HEARD)
			return false;
		*uptime = m->outcome != OUTCOME_OURS &&
		    row.last_failure >= now ? STORE_DOWN : STORE_UNKNOWN;
		return true;
	default:
		return false;
	}
}

/* --- lists ------------------------------------------------------------- */

void
answer_addrs(struct book *book, uint32_t now, const struct m_addrs *m,
    unsigned int counts[BOOK_RESULT_MAX], struct m_list_taken *taken)
{
	struct book_source src = { .id = m->source.id };

	memcpy(src.ip, m->source.na.ip, sizeof(src.ip));
	taken->source = m->source.id;
	taken->total = m->n;
	taken->fresh = book_hear_list(book, now, m->list, m->n, &src, counts);
}

/* --- what is told unasked ---------------------------------------------- */

void
answer_status(const struct book *book, struct m_book_status *m)
{
	memset(m, 0, sizeof(*m));
	m->size = book_size(book);
	m->good = book_good(book);
	m->wanted = book_wants(book);
}

void
answer_seniors(const struct book *book, struct m_seniors *m)
{
	memset(m, 0, sizeof(*m));
	m->n = book_seniors(book, m->ids, MSG_SENIORS_MAX);
}
