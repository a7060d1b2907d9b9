/* SPDX-License-Identifier: ISC */
/* Answers to pexctl show: outcomes, counts, persistent peers, seeds. */

#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "dialer/dialer.h"

#define ROWS_AT_ONCE	32	/* then the parent asks again */

/* "wrong network" of "dials" becomes "dials_wrong_network_total". */
static void
count(struct dialer *d, uint32_t id, const char *prefix, const char *name,
    uint64_t value)
{
	char text[MSG_NAME_SIZE], *s;

	snprintf(text, sizeof(text), "%s_%s_total", prefix, name);
	for (s = text; *s != '\0'; s++)
		if (*s == ' ' || *s == '-')
			*s = '_';
		else if (*s >= 'A' && *s <= 'Z')
			*s += 'a' - 'A';
	child_counter(d->child, id, text, value);
}

static void
summary_now(struct dialer *d, uint32_t id)
{
	struct policy_counts c;

	policy_count(d->policy, &c);
	child_counter(d->child, id, "inbound", c.inbound);
	child_counter(d->child, id, "outbound", c.outbound);
	child_counter(d->child, id, "outbound_seniors", c.seniors);
	child_counter(d->child, id, "persistent", c.persistent);
	child_counter(d->child, id, "dialling", c.dialling);
	child_counter(d->child, id, "connecting",
	    connects_count(d->connects));
	child_counter(d->child, id, "bans_mirrored", c.bans);
	child_fact(d->child, id, "needs_seeds", c.need_seeds ? "yes" : "no");
	child_fact(d->child, id, "dialling_state", c.working ? "working" :
	    "waiting for engine and addrbookd");
}

static void
summary_totals(struct dialer *d, uint32_t id)
{
	const struct policy_stats *s = policy_stats(d->policy);
	const struct {
		const char	*name;
		uint64_t	 value;
	} rows[] = {
		{ "picks_total", s->picks },
		{ "candidates_total", s->candidates },
		{ "asks_total", s->asks },
		{ "answers_total", s->answers },
		{ "unanswered_total", s->unanswered },
		{ "evictions_total", s->evictions },
		{ "rotations_total", s->rotations },
		{ "resolves_total", s->resolves },
		{ "log_lines_suppressed_total", log_suppressed() },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		child_counter(d->child, id, rows[i].name, rows[i].value);
	for (i = 0; i < KIND_MAX; i++)
		count(d, id, "dials_for", policy_kind_name(i), s->dials[i]);
	for (i = 1; i < OUTCOME_LIVE; i++)
		count(d, id, "dials", outcome_name(i), s->outcomes[i]);
	for (i = SKIP_NONE + 1; i < SKIP_MAX; i++)
		count(d, id, "skipped", policy_skip_name(i), s->skips[i]);
	for (i = 1; i < VERDICT_MAX; i++)
		count(d, id, "admission", verdict_name(i), s->verdicts[i]);
}

static void
show_summary(struct dialer *d, uint32_t id, uint64_t cursor)
{
	summary_now(d, id);
	summary_totals(d, id);
	child_done(d->child, id, STATUS_OK, 0, "");
}

static void
show_dials(struct dialer *d, uint32_t id, uint64_t cursor)
{
	struct m_row_dial row;
	unsigned n;

	for (n = 0; n < ROWS_AT_ONCE; n++) {
		if (!policy_show_row(d->policy, child_mono_ms(), &cursor,
		    &row)) {
			child_done(d->child, id, STATUS_OK, 0, "");
			return;
		}
		child_row(d->child, id, MSG_ROW_DIAL, &row);
	}
	child_done(d->child, id, STATUS_MORE, cursor, "");
}

static void (*const shows[SHOW_MAX])(struct dialer *, uint32_t, uint64_t) = {
	[SHOW_SUMMARY]	= show_summary,
	[SHOW_DIALS]	= show_dials,
};

void
show_answer(struct dialer *d, uint32_t id, const struct m_show *m)
{
	if (m->what >= SHOW_MAX || shows[m->what] == NULL)
		child_done(d->child, id, STATUS_INVALID, 0,
		    "dialer does not know that");
	else
		shows[m->what](d, id, m->cursor);
}
