/* SPDX-License-Identifier: ISC */
/*
 * How long a selection takes, asked of a real addrbookd as the engine asks,
 * while its full book changes and the store commits.  One JSON line per
 * result; works in the current directory, with $PEXD_BUILD's addrbookd.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "regress/lib/bookdload.h"

#define SELECTS		20000
#define CHANGES		10	/* outcomes of dials between two of them */

int
main(int argc, char **argv)
{
	static struct bookdfix	 fix;
	struct hist		 h;
	unsigned int		 entries;
	int64_t			 commits;

	memset(&h, 0, sizeof(h));
	bfix_init(&fix);
	entries = bload_fill(&fix);
	bfix_start(&fix);
	bload_select(&fix, SELECTS / 20, CHANGES, &h);
	memset(&h, 0, sizeof(h));
	commits = fix_counter(&fix, "store_commits_total");
	bload_select(&fix, SELECTS, CHANGES, &h);
	commits = fix_counter(&fix, "store_commits_total") - commits;
	printf("{\"name\":\"book_select_p999_commit\",\"book\":%u,"
	    "\"value\":%ju,\"unit\":\"us\"}\n", entries,
	    (uintmax_t)hist_quantile(&h, 999));
	printf("{\"name\":\"book_select_p50_commit\",\"book\":%u,"
	    "\"value\":%ju,\"unit\":\"us\"}\n", entries,
	    (uintmax_t)hist_quantile(&h, 500));
	fprintf(stderr, "%u selections, %jd commits\n", SELECTS,
	    (intmax_t)commits);
	bfix_stop(&fix);
	return commits > 1 ? 0 : 1;
}
