/* SPDX-License-Identifier: ISC */
/* Two rows compared, field by field: there is padding between them. */

#include <string.h>

#include "regress/lib/bookrow.h"

bool
bookrow_same(const struct book_row *x, const struct book_row *y)
{
	return peer_addr_equal(&x->addr, &y->addr) &&
	    x->source.v == y->source.v && x->level == y->level &&
	    x->old == y->old && x->nplaces == y->nplaces &&
	    memcmp(x->place, y->place, x->nplaces * sizeof(x->place[0])) == 0 &&
	    x->first_heard == y->first_heard &&
	    x->last_heard == y->last_heard &&
	    x->first_success == y->first_success &&
	    x->last_success == y->last_success &&
	    x->last_try == y->last_try &&
	    x->last_failure == y->last_failure &&
	    x->rest_until == y->rest_until && x->last_test == y->last_test &&
	    x->failures == y->failures && x->tests == y->tests &&
	    x->successes == y->successes && x->tries == y->tries;
}
