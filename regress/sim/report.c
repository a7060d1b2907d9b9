/* SPDX-License-Identifier: ISC */
/* Runs summed up, judged, and written down. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "regress/sim/report.h"

/* --- summing up -------------------------------------------------------- */

static int
ascending(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

static void
add(struct summary *s, const struct result *r)
{
	s->runs++;
	s->mean += r->honest;
	s->sd += r->honest * r->honest;
	s->none += r->honest == 0;
	s->five += r->honest >= 5;
	s->attacker += r->attacker;
	s->before += r->honest_before;
	s->seniors += r->seniors > 0 ?
	    (double)r->seniors_honest / r->seniors : 0;
	s->reply += r->reply_share;
	s->groups += r->group_share;
	s->cpu_s += r->cpu_s;
	s->cpu_max_s = fmax(s->cpu_max_s, r->cpu_s);
}

static void
divide(struct summary *s)
{
	double *const sums[] = { &s->mean, &s->sd, &s->none, &s->five,
	    &s->attacker, &s->before, &s->seniors, &s->reply, &s->groups,
	    &s->cpu_s };
	size_t i;

	for (i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		*sums[i] /= s->runs;
	s->sd = sqrt(fmax(0, s->sd - s->mean * s->mean));
}

static bool
judge(const struct summary *s)
{
	const struct scenario *sc = s->sc;

	return s->mean >= s->wanted && s->none <= sc->none_max &&
	    s->none >= sc->none_min && s->five >= sc->five_min &&
	    s->reply <= s->groups + sc->told_over;
}

void
summarize(struct summary *s, const struct scenario *sc,
    const struct task *tasks, unsigned n, bool few)
{
	unsigned *honest, i, lost = 0;

	memset(s, 0, sizeof(*s));
	s->sc = sc;
	s->wanted = few ? sc->short_min : sc->mean_min;
	if ((honest = calloc(n, sizeof(*honest))) == NULL)
		return;
	for (i = 0; i < n; i++) {
		if (tasks[i].sc != sc)
			continue;
		lost += !tasks[i].done;
		if (!tasks[i].done)
			continue;
		honest[s->runs] = tasks[i].result.honest;
		add(s, &tasks[i].result);
	}
	if (s->runs > 0) {
		qsort(honest, s->runs, sizeof(*honest), ascending);
		s->min = honest[0];
		s->low = honest[s->runs / 20];
		s->high = honest[s->runs - 1 - s->runs / 20];
		divide(s);
		s->passed = lost == 0 && judge(s);
	}
	free(honest);
}

void
summary_want(struct summary *s, double mean)
{
	s->wanted = mean;
	s->passed = s->passed && s->mean >= mean;
}

/* --- the table --------------------------------------------------------- */

void
report_head(FILE *f)
{
	fprintf(f, "outbound peers of 10, at the end; shares in percent\n"
	    "%-14s %5s  %-18s %4s %6s %6s %6s %5s %5s %5s %5s  %s\n",
	    "scenario", "runs", "honest (5..95)", "min", "none", "five+",
	    "before", "snr", "rply", "grps", "cpu", "wanted");
}

static void
wanted_text(const struct summary *s, char *buf, size_t size)
{
	const struct scenario *sc = s->sc;
	char part[40];

	buf[0] = '\0';
	if (s->wanted > 0) {
		snprintf(part, sizeof(part), " honest>=%.1f", s->wanted);
		strlcat(buf, part, size);
	}
	if (sc->none_max < 1) {
		snprintf(part, sizeof(part), " none<=%g%%",
		    100 * sc->none_max);
		strlcat(buf, part, size);
	}
	if (sc->none_min > 0) {
		snprintf(part, sizeof(part), " none>=%.0f%%",
		    100 * sc->none_min);
		strlcat(buf, part, size);
	}
	if (sc->told_over < 1) {
		snprintf(part, sizeof(part), " rply<=grps+%.0f",
		    100 * sc->told_over);
		strlcat(buf, part, size);
	}
	if (sc->five_min > 0) {
		snprintf(part, sizeof(part), " five+>=%.0f%%",
		    100 * sc->five_min);
		strlcat(buf, part, size);
	}
}

void
report_line(FILE *f, const struct summary *s)
{
	char wanted[128];

	wanted_text(s, wanted, sizeof(wanted));
	fprintf(f, "%-14s %5u  %5.2f (%4.1f..%4.1f) %4u %6.1f %6.1f %6.2f "
	    "%5.0f %5.1f %5.1f %5.2f %s%s\n", s->sc->name, s->runs, s->mean,
	    s->low, s->high, s->min, 100 * s->none, 100 * s->five, s->before,
	    100 * s->seniors, 100 * s->reply, 100 * s->groups, s->cpu_s,
	    wanted, s->passed ? "" : "  FAILED");
}

/* --- JSON lines -------------------------------------------------------- */

static void
json_run(FILE *f, const struct task *t)
{
	const struct result *r = &t->result;

	fprintf(f, "{\"record\":\"run\",\"scenario\":\"%s\",\"seed\":%llu,"
	    "\"honest\":%u,\"attacker\":%u,\"honest_before\":%u,"
	    "\"attacker_before\":%u,\"size\":%u,\"good_honest\":%u,"
	    "\"good_attacker\":%u,\"seniors\":%u,\"seniors_honest\":%u,"
	    "\"reply_share\":%.4f,\"group_share\":%.4f,\"cpu_s\":%.3f,"
	    "\"hash\":\"%016llx\"}\n", t->sc->name,
	    (unsigned long long)t->seed, r->honest, r->attacker,
	    r->honest_before, r->attacker_before, r->size, r->good_honest,
	    r->good_attacker, r->seniors, r->seniors_honest, r->reply_share,
	    r->group_share, r->cpu_s, (unsigned long long)r->hash);
}

static void
json_summary(FILE *f, const struct summary *s)
{
	fprintf(f, "{\"record\":\"scenario\",\"scenario\":\"%s\","
	    "\"groups\":%u,\"hosts\":%u,\"attack_h\":%u,\"runs\":%u,"
	    "\"honest_mean\":%.3f,\"honest_sd\":%.3f,\"honest_min\":%u,"
	    "\"none\":%.4f,\"five\":%.4f,\"attacker_mean\":%.3f,"
	    "\"honest_before_mean\":%.3f,\"seniors_honest\":%.4f,"
	    "\"reply_share\":%.4f,\"group_share\":%.4f,\"cpu_s\":%.3f,"
	    "\"honest_wanted\":%.1f,\"reply_over_max\":%.2f,"
	    "\"passed\":%s}\n", s->sc->name,
	    s->sc->groups, s->sc->hosts, s->sc->attack_h, s->runs, s->mean,
	    s->sd, s->min, s->none, s->five, s->attacker, s->before,
	    s->seniors, s->reply, s->groups, s->cpu_s, s->wanted,
	    s->sc->told_over, s->passed ? "true" : "false");
}

void
report_json(FILE *f, const struct task *tasks, unsigned n,
    const struct summary *s, unsigned nsummaries)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (tasks[i].done)
			json_run(f, &tasks[i]);
	for (i = 0; i < nsummaries; i++)
		json_summary(f, &s[i]);
}
