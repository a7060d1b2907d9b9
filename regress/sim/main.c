/* SPDX-License-Identifier: ISC */
/*
 * sim: how the address book and the dialer's policy stand up to attackers.
 *
 *	sim [-s] [-j jobs] [-n runs] [-o dir] [-w mean] [scenario ...]
 *	sim -1 seed scenario
 *
 * -s is the short form of it, -1 prints one run and its hash; -w wants that
 * mean of all scenarios.  Exits with 1 if one did not come to what is wanted.
 */

#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "regress/sim/report.h"
#include "regress/sim/scenario.h"

#define SCENARIOS_MAX	32
#define RUNS_MAX	100000

struct options {
	bool		 small;
	unsigned	 jobs, runs;
	unsigned	 wanted;	/* 0: as each scenario says */
	const char	*dir;		/* NULL: no files */
	const struct scenario *list[SCENARIOS_MAX];
	unsigned	 n;
};

static void
usage(void)
{
	fprintf(stderr, "usage: sim [-s] [-j jobs] [-n runs] [-o dir] "
	    "[-w mean] [scenario ...]\n       sim -1 seed scenario\n");
	exit(2);
}

static unsigned
number(const char *text, unsigned min, unsigned max)
{
	const char *wrong;
	unsigned n = strtonum(text, min, max, &wrong);

	if (wrong != NULL)
		errx(2, "%s: %s", text, wrong);
	return n;
}

static unsigned
default_jobs(void)
{
	const char *env = getenv("PEXD_SIM_JOBS");
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (env != NULL && env[0] != '\0')
		return number(env, 1, 256);
	return n > 0 ? n : 1;
}

static const struct scenario *
named(const char *name)
{
	const struct scenario *sc = scenario_find(name);

	if (sc == NULL)
		errx(2, "%s: no such scenario", name);
	return sc;
}

static unsigned
runs_of(const struct options *o, const struct scenario *sc)
{
	if (o->runs > 0)
		return o->runs;
	return o->small ? sc->short_runs : sc->runs;
}

/* --- one --------------------------------------------------------------- */

static int
one(unsigned seed, const char *name)
{
	struct task t = { .sc = named(name), .seed = seed, .done = true };

	sim_run(t.sc, seed, &t.result);
	report_json(stdout, &t, 1, NULL, 0);
	return 0;
}

/* --- all --------------------------------------------------------------- */

static struct task *
make_tasks(const struct options *o, unsigned *n)
{
	unsigned i, k, at = 0;
	struct task *t;

	*n = 0;
	for (i = 0; i < o->n; i++)
		*n += runs_of(o, o->list[i]);
	if ((t = calloc(*n, sizeof(*t))) == NULL)
		err(1, "tasks");
	for (i = 0; i < o->n; i++)
		for (k = 1; k <= runs_of(o, o->list[i]); k++, at++) {
			t[at].sc = o->list[i];
			t[at].seed = k;
		}
	return t;
}

static FILE *
create(const char *dir, const char *name)
{
	char path[1024];
	FILE *f;

	if (mkdir(dir, 0777) == -1 && errno != EEXIST)
		err(1, "%s", dir);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((f = fopen(path, "w")) == NULL)
		err(1, "%s", path);
	printf("%s\n", path);
	return f;
}

static void
finish(FILE *f)
{
	if (ferror(f) || fclose(f) != 0)
		err(1, "write");
}

static void
write_files(const char *dir, const struct task *t, unsigned n,
    const struct summary *s, unsigned ns)
{
	FILE *f = create(dir, "sim.jsonl");

	report_json(f, t, n, s, ns);
	finish(f);
	f = create(dir, "sim.svg");
	plot(f, s, ns);
	finish(f);
}

static int
all(const struct options *o)
{
	static struct summary s[SCENARIOS_MAX];
	unsigned n, i, lost, missed = 0;
	time_t began = time(NULL);
	struct task *t;

	t = make_tasks(o, &n);
	lost = tasks_run(t, n, o->jobs);
	report_head(stdout);
	for (i = 0; i < o->n; i++) {
		summarize(&s[i], o->list[i], t, n, o->small);
		if (o->wanted > 0)
			summary_want(&s[i], o->wanted);
		report_line(stdout, &s[i]);
		missed += !s[i].passed;
	}
	printf("%u runs in %lld s, %u at a time; %u lost, %u of %u scenarios "
	    "missed\n", n, (long long)(time(NULL) - began), o->jobs, lost,
	    missed, o->n);
	if (o->dir != NULL)
		write_files(o->dir, t, n, s, o->n);
	free(t);
	return missed > 0;
}

int
main(int argc, char **argv)
{
	struct options o = { .jobs = default_jobs() };
	const char *seed = NULL;
	int ch;

	while ((ch = getopt(argc, argv, "1:j:n:o:sw:")) != -1)
		switch (ch) {
		case '1':
			seed = optarg;
			break;
		case 'j':
			o.jobs = number(optarg, 1, 256);
			break;
		case 'n':
			o.runs = number(optarg, 1, RUNS_MAX);
			break;
		case 'o':
			o.dir = optarg;
			break;
		case 's':
			o.small = true;
			break;
		case 'w':
			o.wanted = number(optarg, 1, 100);
			break;
		default:
			usage();
		}
	argc -= optind;
	argv += optind;
	if (seed != NULL && argc != 1)
		usage();
	if (seed != NULL)
		return one(number(seed, 0, UINT32_MAX), argv[0]);
	for (; o.n < SCENARIOS_MAX && o.n < (unsigned)argc; o.n++)
		o.list[o.n] = named(argv[o.n]);
	for (; argc == 0 && o.n < nscenarios; o.n++)
		o.list[o.n] = &scenarios[o.n];
	return all(&o);
}
