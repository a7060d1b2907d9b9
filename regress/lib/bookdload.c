/* SPDX-License-Identifier: ISC */
/* A real addrbookd under load. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "regress/lib/bookdload.h"
#include "regress/lib/storefix.h"

static struct peer_addr
peer(unsigned int i)
{
	struct peer_addr	 a = fix_peer(i % 39000);

	a.id = fix_id(i);
	a.na.port = 1000 + i / 39000;
	return a;
}

unsigned int
bload_fill(struct bookdfix *fix)
{
	struct storefix		*s = calloc(1, sizeof(*s));
	struct book_source	 src;
	struct peer_addr	 a;
	unsigned int		 i, size;

	ATF_REQUIRE(s != NULL);
	storefix_open(s, BFIX_STATE, fix->conf->network, BOOK_SIZE_DEFAULT,
	    time(NULL) - FIX_DAY);
	for (i = 0; i < 120000; i++) {
		a = peer(i);
		src = fix_source(i * 7 % 39000);
		book_hear(s->f.book, s->f.now, &a, &src);
		if (i % 5 == 0)
			book_outcome(s->f.book, s->f.now, &a, BOOK_ANSWERED);
	}
	size = fix_counts(&s->f).size;
	storefix_settle(s);
	storefix_close(s);
	free(s);
	return size;
}

static uint64_t
now_us(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void
bload_select(struct bookdfix *fix, unsigned int selects, unsigned int changes,
    struct hist *h)
{
	struct m_select		 sel;
	struct m_outcome	 out;
	static unsigned int	 next;
	unsigned int		 i, k;
	uint64_t		 begun;

	memset(&sel, 0, sizeof(sel));
	memset(&out, 0, sizeof(out));
	for (i = 0; i < selects; i++) {
		for (k = 0; k < changes; k++) {
			out.addr = peer(next++ * 5 % 120000);
			out.outcome = next % 3 == 0 ? OUTCOME_TIMED_OUT :
			    OUTCOME_ANSWERED;
			fix_say(fix, ROLE_DIALER, MSG_OUTCOME, 0, &out);
		}
		sel.requester = fix_peer(i % 39000);
		begun = now_us();
		fix_ask(fix, ROLE_ENGINE, MSG_SELECT, &sel, MSG_SELECTED);
		hist_add(h, now_us() - begun);
		fix_forget(fix);
	}
}
