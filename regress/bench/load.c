/* SPDX-License-Identifier: ISC */
/*
 * The load generator: fresh peers against a pexd or a CometBFT node, on as
 * many cores as it is given, and one JSON line about how it went.  Loopback
 * only, unless told otherwise.
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <arpa/inet.h>

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/lib/cryptofloor.h"
#include "regress/lib/loadclient.h"

#define WORKERS_MAX	64

static pid_t	workers[WORKERS_MAX];	/* for the signal handler */
static int	held_fd = -1;		/* a worker's word to its parent */

static void __attribute__((noreturn))
usage(void)
{
	fprintf(stderr,
	    "usage: load -t id@ip:port [-m cycle|handshake|idle] [-c peers]\n"
	    "            [-n count] [-d seconds] [-r per-second] [-j workers]\n"
	    "            [-s 127.x.y.z[/bits]] [-N network] [-B block]\n"
	    "            [-T deadline] [-X]\n"
	    "       load -m floor [-d seconds]\n");
	exit(2);
}

static double
number(const char *text, double min, double max)
{
	char	*end;
	double	 v = strtod(text, &end);

	if (end == text || *end != '\0' || !(v >= min && v <= max))
		errx(2, "%s: not a number from %g to %g", text, min, max);
	return v;
}

/* The first and the number of the addresses that a prefix covers. */
static void
parse_source(char *text, struct load_conf *conf)
{
	struct in_addr	 in;
	char		*slash = strchr(text, '/');
	int		 bits = 32;

	if (slash != NULL) {
		*slash = '\0';
		bits = number(slash + 1, 8, 32);
	}
	if (inet_pton(AF_INET, text, &in) != 1)
		errx(2, "%s: no IPv4 address", text);
	conf->nsources = (uint32_t)1 << (32 - bits);
	conf->source = ntohl(in.s_addr);
	if (bits < 31) {
		/* Not the network's own number, nor its broadcast. */
		conf->source = (conf->source & ~(conf->nsources - 1)) + 1;
		conf->nsources -= 2;
	}
}

static enum load_mode
parse_mode(const char *text)
{
	if (strcmp(text, "cycle") == 0)
		return LOAD_CYCLE;
	if (strcmp(text, "handshake") == 0)
		return LOAD_HANDSHAKE;
	if (strcmp(text, "idle") == 0)
		return LOAD_IDLE;
	errx(2, "%s: no mode", text);
}

static void
print_floor(double seconds)
{
	struct crypto_floor	 f;

	if (crypto_floor_measure(seconds, &f) == -1)
		errx(1, "the crypto library failed");
	printf("{\"mode\":\"floor\",\"keygen\":%.2f,\"derive\":%.2f,"
	    "\"sign\":%.2f,\"verify\":%.2f,\"sum\":%.2f,\"seal\":%.2f}\n",
	    f.keygen, f.derive, f.sign, f.verify,
	    f.keygen + f.derive + f.sign + f.verify, f.seal);
}

/* {"closed":3,"wrong-network":1} */
static void
print_failures(const struct load_stats *s)
{
	const char	*comma = "";
	int		 i;

	for (i = LOAD_DONE + 1; i < LOAD_NENDS; i++)
		if (s->ended[i] != 0) {
			printf("%s\"%s\":%llu", comma, load_end_name(i),
			    (unsigned long long)s->ended[i]);
			comma = ",";
		}
	for (i = 0; i < WIRE_NERRORS; i++)
		if (s->errors[i] != 0) {
			printf("%s\"%s\":%llu", comma, wire_error_name(i),
			    (unsigned long long)s->errors[i]);
			comma = ",";
		}
}

static void
print_stats(const struct load_conf *conf, const struct load_stats *s,
    unsigned nworkers)
{
	static const char *const modes[] = { "cycle", "handshake", "idle" };
	unsigned long long	 done = conf->mode == LOAD_IDLE ? s->nheld :
	    s->ended[LOAD_DONE];

	printf("{\"mode\":\"%s\",\"concurrency\":%u,\"workers\":%u,"
	    "\"%s\":%llu,\"seconds\":%.3f,\"cycles_per_s\":%.1f,"
	    "\"latency_us\":{\"p50\":%llu,\"p90\":%llu,\"p99\":%llu},",
	    modes[conf->mode], conf->concurrency * nworkers, nworkers,
	    conf->mode == LOAD_IDLE ? "held" : "cycles", done, s->seconds,
	    s->seconds > 0 ? done / s->seconds : 0,
	    (unsigned long long)hist_quantile(&s->latency, 500),
	    (unsigned long long)hist_quantile(&s->latency, 900),
	    (unsigned long long)hist_quantile(&s->latency, 990));
	printf("\"addrs_per_list\":%.1f,\"bytes_in\":%llu,\"bytes_out\":%llu,"
	    "\"failed\":%llu,\"failures\":{",
	    conf->mode == LOAD_CYCLE && done > 0 ?
	    (double)s->naddrs / done : 0, (unsigned long long)s->bytes_in,
	    (unsigned long long)s->bytes_out,
	    (unsigned long long)load_failed(s));
	print_failures(s);
	printf("}}\n");
	fflush(stdout);
}

static void
say_held(void)
{
	if (write(held_fd, "h", 1) != 1)
		warn("pipe");
}

/* The workers are told, and end as they would by themselves. */
static void
on_signal(int sig)
{
	int	 i;

	for (i = 0; i < WORKERS_MAX; i++)
		if (workers[i] > 0)
			kill(workers[i], SIGTERM);
}

static void
catch_signals(void)
{
	struct sigaction	 sa = { .sa_handler = on_signal,
	    .sa_flags = SA_RESTART };

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
}

static pid_t
fork_worker(const struct load_conf *conf, struct load_stats *stats,
    unsigned i, int fd)
{
	pid_t	 pid;
	int	 rv;

	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid != 0)
		return pid;
	held_fd = fd;
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	rv = load_run(conf, stats, i * conf->concurrency, say_held);
	close(fd);
	_exit(rv == 0 ? 0 : 1);
}

/*
 * Wait for each worker's word that its idle peers are up.  It closes the
 * pipe when it ends, so that this ends too.
 */
static void
await_held(int fd, unsigned nworkers)
{
	char	 c;

	while (nworkers > 0 && read(fd, &c, 1) == 1)
		nworkers--;
}

static int
await_workers(unsigned n)
{
	unsigned	 i;
	int		 status, bad = 0;

	for (i = 0; i < n; i++) {
		if (waitpid(workers[i], &status, 0) == -1)
			err(1, "waitpid");
		workers[i] = 0;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			bad = 1;
	}
	return bad;
}

/* Shared with the workers, which write each their own. */
static struct load_stats *
shared_stats(unsigned n)
{
	void	*p;

	p = mmap(NULL, n * sizeof(struct load_stats), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		err(1, "mmap");
	return p;
}

static int
run(const struct load_conf *conf, unsigned nworkers)
{
	struct load_stats	*stats = shared_stats(nworkers + 1);
	int			 fds[2], bad;
	unsigned		 i;

	if (pipe(fds) == -1)
		err(1, "pipe");
	catch_signals();
	for (i = 0; i < nworkers; i++)
		workers[i] = fork_worker(conf, &stats[i + 1], i, fds[1]);
	close(fds[1]);
	if (conf->mode == LOAD_IDLE) {
		await_held(fds[0], nworkers);
		for (i = 1; i <= nworkers; i++)
			load_merge(&stats[0], &stats[i]);
		print_stats(conf, &stats[0], nworkers);
		return await_workers(nworkers);
	}
	bad = await_workers(nworkers);
	for (i = 1; i <= nworkers; i++)
		load_merge(&stats[0], &stats[i]);
	print_stats(conf, &stats[0], nworkers);
	return bad || stats[0].ended[LOAD_DONE] == 0;
}

/* As many descriptors as the kernel grants. */
static void
raise_limit(void)
{
	struct rlimit	 rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
}

static void
check_target(const struct load_conf *conf, bool anywhere)
{
	if (conf->target.na.port == 0)
		usage();
	if (!anywhere && !ip_is_local(conf->target.na.ip))
		errx(2, "the target is not on loopback; -X says you mean it");
}

int
main(int argc, char *argv[])
{
	struct load_conf	 conf = { .concurrency = 16, .deadline = 10,
	    .network = "bench", .block_version = 11 };
	unsigned		 nworkers = 1;
	bool			 anywhere = false, floor = false;
	enum addrparse		 rv;
	int			 ch;

	while ((ch = getopt(argc, argv, "B:N:T:Xc:d:j:m:n:r:s:t:")) != -1)
		switch (ch) {
		case 'B': conf.block_version = number(optarg, 0, 1e9); break;
		case 'N': conf.network = optarg; break;
		case 'T': conf.deadline = number(optarg, 0.01, 3600); break;
		case 'X': anywhere = true; break;
		case 'c': conf.concurrency = number(optarg, 1, 1e6); break;
		case 'd': conf.seconds = number(optarg, 0.01, 1e6); break;
		case 'j': nworkers = number(optarg, 1, WORKERS_MAX); break;
		case 'm':
			if ((floor = strcmp(optarg, "floor") == 0) == false)
				conf.mode = parse_mode(optarg);
			break;
		case 'n': conf.count = number(optarg, 1, 1e12); break;
		case 'r': conf.rate = number(optarg, 0.01, 1e6); break;
		case 's': parse_source(optarg, &conf); break;
		case 't':
			rv = peer_addr_parse(optarg, strlen(optarg),
			    &conf.target);
			if (rv != ADDRPARSE_OK)
				errx(2, "%s: %s", optarg,
				    addrparse_reason(rv));
			break;
		default:
			usage();
		}
	if (optind != argc)
		usage();
	if (floor) {
		print_floor(conf.seconds);
		return 0;
	}
	check_target(&conf, anywhere);
	if (conf.count == 0 && conf.seconds == 0 && conf.mode != LOAD_IDLE)
		errx(2, "give -n or -d, or it would never end");
	/* All of it in equal parts. */
	conf.concurrency = (conf.concurrency + nworkers - 1) / nworkers;
	conf.count = (conf.count + nworkers - 1) / nworkers;
	conf.rate /= nworkers;
	raise_limit();
	return run(&conf, nworkers);
}
