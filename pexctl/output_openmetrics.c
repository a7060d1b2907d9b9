/* SPDX-License-Identifier: ISC */
/*
 * OpenMetrics 1.0 text for show metrics: what the summary counts, with the
 * process as a label, the facts as one info metric, and the processes.
 *
 * A name that ends in _total is a counter, any other a gauge; the daemon
 * names its figures so.  The samples of a family have to stand together.
 */

#include <sys/types.h>

#include <inttypes.h>
#include <string.h>

#include "pexctl/output.h"

#define PREFIX	"pexd_"
#define TOTAL	"_total"

static void
put_label(FILE *f, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			fputs("\\n", f);
		else if (*value == '"' || *value == '\\')
			fprintf(f, "\\%c", *value);
		/* The text is UTF-8, and pure ASCII is that for sure. */
		else if (*value >= 0x20 && *value < 0x7f)
			fputc(*value, f);
		else
			fputc('?', f);
	}
}

static bool
has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n > m && strcmp(name + n - m, suffix) == 0;
}

/* What would clash: the suffixes of other types, and our own families. */
static bool
is_reserved(const struct summary *s, const char *name)
{
	static const char *const suffixes[] = { "_info", "_created",
	    "_bucket", "_count", "_sum", "_gcount", "_gsum" };
	size_t i, len = strlen(name);

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (has_suffix(name, suffixes[i]))
			return true;
	/* A gauge x next to a counter x_total is one family twice. */
	for (i = 0; i < s->n; i++)
		if (!s->items[i].is_text &&
		    strncmp(s->items[i].name, name, len) == 0 &&
		    strcmp(s->items[i].name + len, TOTAL) == 0)
			return true;
	return strncmp(name, "process_", 8) == 0;
}

static void
put_type(FILE *f, const char *name)
{
	int len = (int)strlen(name);

	if (has_suffix(name, TOTAL))
		fprintf(f, "# TYPE " PREFIX "%.*s counter\n",
		    len - (int)strlen(TOTAL), name);
	else
		fprintf(f, "# TYPE " PREFIX "%s gauge\n", name);
}

static void
put_info(FILE *f, const struct summary *s)
{
	char key[SUMMARY_KEY_SIZE];
	const char *comma = "";
	size_t i, n, k;

	fputs("# TYPE pexd info\npexd_info{", f);
	for (i = 0; i < s->n; i += n) {
		n = summary_values(s, i);
		if (!s->items[i].is_text)
			continue;
		fprintf(f, "%s%s=\"", comma, summary_key(s, i, key));
		/* A label has one value. */
		for (k = 0; k < n; k++) {
			if (k > 0)
				fputc(' ', f);
			put_label(f, s->items[i + k].text);
		}
		fputc('"', f);
		comma = ",";
	}
	fputs("} 1\n", f);
}

static void
put_counters(FILE *f, const struct summary *s)
{
	const struct item *it;
	const char *family = "";
	size_t i;

	for (i = 0; i < s->n; i++) {
		it = &s->items[i];
		if (it->is_text || is_reserved(s, it->name))
			continue;
		if (strcmp(family, it->name) != 0)
			put_type(f, family = it->name);
		fprintf(f, PREFIX "%s{process=\"%s\"} %" PRId64 "\n",
		    it->name, role_name(it->role), it->number);
	}
}

static double
proc_ready(const struct m_row_proc *p)
{
	return p->ready ? 1 : 0;
}

static double
proc_age(const struct m_row_proc *p)
{
	return p->age_s;
}

static double
proc_deaths(const struct m_row_proc *p)
{
	return p->deaths;
}

static double
proc_cpu(const struct m_row_proc *p)
{
	return p->cpu_ms / 1000.0;
}

static double
proc_rss(const struct m_row_proc *p)
{
	return (double)p->rss_bytes;
}

static double
proc_shed(const struct m_row_proc *p)
{
	return (double)p->shed;
}

/* What it takes for a figure to be known. */
static bool
proc_runs(const struct m_row_proc *p)
{
	return p->pid != 0;
}

static bool
proc_is_measured(const struct m_row_proc *p)
{
	return p->rss_bytes != 0;
}

static const struct {
	const char	*name;
	double		(*value)(const struct m_row_proc *);
	bool		(*known)(const struct m_row_proc *);
} proc_metrics[] = {
	{ "process_ready",		proc_ready,	NULL },
	{ "process_age_seconds",	proc_age,	proc_runs },
	{ "process_deaths_total",	proc_deaths,	NULL },
	{ "process_cpu_seconds_total",	proc_cpu,	proc_is_measured },
	{ "process_resident_memory_bytes", proc_rss,	proc_is_measured },
	{ "process_shed_messages_total", proc_shed,	NULL },
};

static void
put_procs(FILE *f, const struct summary *s)
{
	size_t i, k;

	for (i = 0; i < sizeof(proc_metrics) / sizeof(proc_metrics[0]); i++) {
		if (s->nprocs > 0)
			put_type(f, proc_metrics[i].name);
		for (k = 0; k < s->nprocs; k++)
			if (proc_metrics[i].known == NULL ||
			    proc_metrics[i].known(&s->procs[k]))
				fprintf(f,
				    PREFIX "%s{process=\"%s\"} %.15g\n",
				    proc_metrics[i].name,
				    role_name(s->procs[k].role),
				    proc_metrics[i].value(&s->procs[k]));
	}
}

static void
om_summary(struct view *v, struct summary *s)
{
	summary_sort(s);
	put_info(v->f, s);
	summary_sort_by_name(s);
	put_counters(v->f, s);
	put_procs(v->f, s);
	fputs("# EOF\n", v->f);
}

const struct output output_openmetrics = {
	.summary = om_summary,
};
