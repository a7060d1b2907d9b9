/* SPDX-License-Identifier: ISC */
/*
 * What the operations of the address book cost, as CPU time on one core and
 * as multiples of one SipHash of 64 bytes; what an entry costs in memory; and
 * how long a book takes to load.  One JSON line per result.
 */
#include <sys/types.h>

#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "addrbookd/store.h"
#include "common/siphash.h"
#include "regress/lib/bigbook.h"

#define ROUNDS		21	/* odd: the middle one is taken */
#define LOADS		7
#define LOADS_LARGE	3		/* of a book that takes seconds */
#define LARGE		100000		/* entries */
#define BATCH		500	/* calls in a round; twice a list */
#define PICKS		5000
#define SELECTS		50
#define COLD		(64 << 20)	/* bytes that fill any cache */

static const uint8_t	key[BOOK_KEY_SIZE] = "a key for bench";
static unsigned int	entries = BOOK_SIZE_DEFAULT;

/* --- figures ---------------------------------------------------------- */

static double
seconds(clockid_t clock)
{
	struct timespec	 ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static double
cpu_ns(void)
{
	return seconds(CLOCK_THREAD_CPUTIME_ID) * 1e9;
}

static int
double_cmp(const void *x, const void *y)
{
	const double	*a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), double_cmp);
	return v[n / 2];
}

static void
result(const char *name, const char *suffix, double value, const char *unit)
{
	printf("{\"name\":\"%s%s\",\"book\":%u,\"value\":%.4g,"
	    "\"unit\":\"%s\"}\n", name, suffix, entries, value, unit);
	fflush(stdout);
}

/* --- the floor -------------------------------------------------------- */

static volatile uint64_t	sink;

static double
siphash_ns(void)
{
	struct siphash_key	 k;
	uint8_t			 in[64] = { 0 };
	double			 before;
	uint64_t		 h = 0;
	int			 i;

	siphash_key_set(&k, key);
	before = cpu_ns();
	for (i = 0; i < BATCH; i++) {
		memcpy(in, &i, sizeof(i));
		h += siphash24(&k, in, sizeof(in));
	}
	sink = h;
	return (cpu_ns() - before) / BATCH;
}

/* --- operations ------------------------------------------------------- */

static struct bigbook		 w;
static struct bigbook_news	*news;		/* of all rounds */
static struct peer_addr		*names;		/* likewise */
static struct book_source	*sources;
static unsigned int		 failures;

static void
expect(bool ok)
{
	failures += !ok;
}

static void
prepare_news(void)
{
	bigbook_news(&w, news, ROUNDS * BATCH);
}

static void
add_new(unsigned int i)
{
	expect(book_hear(w.book, w.now, &news[i].addr, &news[i].source) ==
	    BOOK_ADDED);
}

static void
prepare_known(void)
{
	unsigned int	 i;

	bigbook_look(&w);
	for (i = 0; i < ROUNDS * BATCH; i++)
		names[i] = *bigbook_known(&w);
	for (i = 0; i < ROUNDS * BATCH; i++)
		sources[i] = bigbook_source(&w);
}

static void
add_known(unsigned int i)
{
	expect(book_hear(w.book, w.now, &names[i], &sources[i]) ==
	    BOOK_KNOWN);
}

static void
add_list(unsigned int i)
{
	unsigned int	 counts[BOOK_RESULT_MAX];

	expect(book_hear_list(w.book, w.now, &names[i * BOOK_LIST_MAX],
	    BOOK_LIST_MAX, &sources[i], counts) == 0);
	expect(counts[BOOK_KNOWN] == BOOK_LIST_MAX);
}

static void
prepare_heard(void)
{
	struct book_row	 row;
	unsigned int	 i = 0;

	bigbook_look(&w);
	while (i < ROUNDS * BATCH) {
		names[i] = *bigbook_known(&w);
		expect(book_find(w.book, w.now, &names[i], &row));
		i += row.level == BOOK_HEARD;
	}
}

static void
mark_good(unsigned int i)
{
	book_outcome(w.book, w.now, &names[i], BOOK_ANSWERED);
}

static void
do_pick(unsigned int i)
{
	struct book_pick	 p;

	(void)i;
	expect(book_pick(w.book, w.now, 50, NULL, &p, 1) == 1);
}

static void
do_select(unsigned int i)
{
	struct peer_addr	 out[BOOK_REPLY_MAX];

	expect(book_select(w.book, w.now, &names[i], true, out) ==
	    BOOK_REPLY_MAX);
}

static const struct op {
	const char	*name;
	void		(*prepare)(void);
	void		(*call)(unsigned int);
	unsigned int	 calls;		/* in a round */
	unsigned int	 each;		/* done by one call */
} ops[] = {
	{ "book_pick", prepare_known, do_pick, PICKS, 1 },
	{ "book_select", prepare_known, do_select, SELECTS, 1 },
	/* In lists, as peers tell them; and one by one. */
	{ "book_add_known", prepare_known, add_list,
	    BATCH / BOOK_LIST_MAX, BOOK_LIST_MAX },
	{ "book_add_known_alone", prepare_known, add_known, BATCH, 1 },
	{ "book_add_new", prepare_news, add_new, BATCH, 1 },
	{ "book_mark_good", prepare_heard, mark_good, BATCH, 1 },
};
#define NOPS	(sizeof(ops) / sizeof(ops[0]))

/* What prepares an operation must not be what makes it fast. */
static void
cool_down(void)
{
	static uint8_t	*cold;
	size_t		 i;

	if (cold == NULL && (cold = malloc(COLD)) == NULL)
		err(1, NULL);
	for (i = 0; i < COLD; i += 64)
		cold[i]++;
}

static void
measure(const struct op *op)
{
	double		 took[ROUNDS], ratio[ROUNDS], before;
	unsigned int	 r, i, n = 0;

	op->prepare();
	cool_down();
	for (r = 0; r < ROUNDS; r++) {
		w.now++;
		ratio[r] = siphash_ns();
		before = cpu_ns();
		for (i = 0; i < op->calls; i++)
			op->call(n++);
		took[r] = (cpu_ns() - before) / op->calls / op->each;
		ratio[r] = took[r] / ratio[r];
	}
	result(op->name, "", median(took, ROUNDS), "ns");
	result(op->name, "_per_siphash", median(ratio, ROUNDS), "x");
}

/* --- memory and loading ----------------------------------------------- */

/* Bytes of our own that are in memory. */
static double
resident(void)
{
	FILE	*f;
	char	 line[128];
	double	 kib = 0, n;

	if ((f = fopen("/proc/self/smaps_rollup", "r")) == NULL)
		err(1, "smaps_rollup");
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Private_Dirty: %lf", &n) == 1)
			kib += n;
	fclose(f);
	return kib * 1024;
}

static void
measure_load(const char *dir, unsigned int slots)
{
	struct store_report	 report;
	struct store		*s;
	struct book		*b;
	uint8_t			 k[BOOK_KEY_SIZE];
	double			 took[LOADS], before;
	int			 i, n = entries < LARGE ? LOADS : LOADS_LARGE;

	for (i = 0; i < n; i++) {
		before = seconds(CLOCK_MONOTONIC);
		if ((s = store_open(dir, "bench-1", key, k, &report)) == NULL ||
		    (b = book_new(slots, k, &w.rng, &w.conf)) == NULL)
			errx(1, "cannot load from %s", dir);
		expect(store_load(s, b, w.now) == (int)entries);
		took[i] = (seconds(CLOCK_MONOTONIC) - before) * 1e3;
		store_close(s, b);
		book_free(b);
	}
	result("book_load", "", median(took, n), "ms");
}

/* Who was ever connected left facts, too. */
static void
save_facts(struct store *s)
{
	struct m_peer_up	 m = { .outbound = true, .moniker = "a node",
				    .version = "0.38.21",
				    .network = "bench-1", .latency_ms = 80 };
	struct book_row		 row;
	struct store_stats	 st;
	struct timespec		 ts = { .tv_nsec = 1000000 };
	uint32_t		 cursor = 0;

	while (book_next_row(w.book, w.now, &cursor, &row)) {
		if (row.level == BOOK_HEARD)
			continue;
		m.addr = row.addr;
		store_fact(s, w.now, &m);
		/* Half a queue at most, so that none is lost. */
		for (store_stats(s, &st); st.queued > 2000;
		    store_stats(s, &st))
			nanosleep(&ts, NULL);
	}
	store_stats(s, &st);
	expect(st.facts_lost == 0);
}

static void
save(const char *dir)
{
	struct store_report	 report;
	struct store		*s;
	struct book		*empty;
	uint8_t			 k[BOOK_KEY_SIZE];
	struct timespec		 ts = { .tv_nsec = 1000000 };
	struct store_stats	 st;

	if ((s = store_open(dir, "bench-1", key, k, &report)) == NULL ||
	    (empty = book_new(0, key, &w.rng, &w.conf)) == NULL ||
	    store_load(s, empty, w.now) == -1)
		errx(1, "cannot make a store in %s", dir);
	book_free(empty);
	if (!report.fresh)
		errx(1, "there is a store in %s already", dir);
	do {
		store_sync(s, w.book);
		nanosleep(&ts, NULL);
		store_stats(s, &st);
	} while (st.pushed < entries || st.rows < st.pushed);
	save_facts(s);
	store_close(s, w.book);
}

static void
pin(void)
{
#ifdef __linux__
	cpu_set_t	 one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one) == -1)
		warn("sched_setaffinity");
#endif
}

static void *
must_alloc(size_t n, size_t size)
{
	void	*p = calloc(n, size);

	if (p == NULL)
		err(1, NULL);
	memset(p, 1, n * size);
	return p;
}

int
main(int argc, char **argv)
{
	const char	*dir = NULL, *only = NULL;
	unsigned int	 slots = BOOK_SIZE_DEFAULT;
	double		 before;
	size_t		 k;
	int		 ch;

	while ((ch = getopt(argc, argv, "d:n:o:s:")) != -1)
		switch (ch) {
		case 'd':
			dir = optarg;
			break;
		case 'n':
			entries = strtoul(optarg, NULL, 10);
			break;
		case 'o':
			only = optarg;
			break;
		case 's':
			slots = BOOK_SIZE_DEFAULT * strtoul(optarg, NULL, 10);
			break;
		default:
			errx(2, "usage: book [-n entries] [-s book-size] "
			    "[-d dir] [-o name]");
		}
	if (entries > slots)
		errx(2, "%u entries need a larger book", entries);
	pin();
	news = must_alloc(ROUNDS * BATCH, sizeof(*news));
	names = must_alloc(ROUNDS * BATCH, sizeof(*names));
	sources = must_alloc(ROUNDS * BATCH, sizeof(*sources));
	before = resident();
	if (bigbook_init(&w, slots, entries, key) == -1)
		err(1, NULL);
	bigbook_fill(&w);
	result("book_entry_memory", "", (resident() - before) / entries -
	    sizeof(*w.known), "bytes");
	if (dir != NULL) {
		save(dir);
		measure_load(dir, slots);
	}
	for (k = 0; k < NOPS; k++)
		if (only == NULL || strcmp(only, ops[k].name) == 0)
			measure(&ops[k]);
	if (book_check(w.book) != 0)
		errx(1, "%s", book_check_text(book_check(w.book)));
	if (failures != 0)
		errx(1, "%u calls did not do what is measured", failures);
	bigbook_free(&w);
	return 0;
}
