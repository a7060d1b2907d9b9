/* SPDX-License-Identifier: ISC */
/* Run pexctl's importer over a text. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include <atf-c.h>

#include "regress/lib/importrun.h"

int
got_entry(void *ctx, const struct m_row_entry *e, bool with_history)
{
	struct got *g = ctx;

	if (g->n < GOT_MAX)
		g->list[g->n] = *e;
	g->nhistory += with_history;
	return ++g->n == g->stop_at ? -1 : 0;
}

/* "line L, column C: why" */
static void
take_apart(struct got *g, const char *error)
{
	unsigned long line;
	int n = 0;

	ATF_REQUIRE_MSG(sscanf(error, "line %lu, column %zu: %n", &line,
	    &g->column, &n) == 2 && n > 0, "%s", error);
	snprintf(g->why, sizeof(g->why), "line %lu: %s", line, error + n);
}

void
import_run(struct got *g, enum import_format format, const char *text,
    size_t len, size_t step)
{
	size_t off, n, stop_at = g->stop_at;
	struct import *im;

	memset(g, 0, sizeof(*g));
	g->stop_at = stop_at;
	ATF_REQUIRE((im = import_new(format, got_entry, g)) != NULL);
	for (off = 0; g->rv == 0 && off < len; off += n) {
		n = len - off < step ? len - off : step;
		g->rv = import_feed(im, text + off, n);
	}
	if (g->rv == 0)
		g->rv = import_end(im);
	if (import_error(im) != NULL)
		take_apart(g, import_error(im));
	g->tally = *import_tally(im);
	import_free(im);
}

void
import_run_text(struct got *g, const char *text)
{
	size_t len = strlen(text);

	memset(g, 0, sizeof(*g));
	import_run(g, import_detect(text, len), text, len, 1 + len / 3);
}
