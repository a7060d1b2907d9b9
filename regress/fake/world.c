/* SPDX-License-Identifier: ISC */
/*
 * A network for a crawler, in one process, and newcomers who ask the seed.
 *
 *	world [-l LIVE] [-d DEAD] [-c CROWD] [-n NUMBER] routes
 *		local routes of the live peers, for ip -batch
 *	world [...] [-N NETWORK] [-i MS] run SEED
 *		until its standard input ends; the seed, ID@IP:PORT, is asked
 *		every MS; a number that is read: so many peers leave
 *
 * Lines of JSON: "ready" with a peer for the seed to begin with, then each
 * second how many live peers have been "visited", each "reply" to a
 * newcomer with how many of its addresses are live ones, and "failed".
 * Times are seconds since ready.
 */
#include <sys/resource.h>

#include <err.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/lib/pexconn.h"
#include "regress/lib/world.h"

struct run {
	struct world_conf	 conf;
	struct world_map	 map;
	struct world		*world;
	struct poller		*poller;
	struct event_base	*base;
	struct event		 tick, input;
	double			 begun;
};

static double
elapsed(const struct run *r)
{
	return pexconn_now() - r->begun;
}

static void
on_reply(void *arg, const struct poll_reply *reply)
{
	printf("{\"event\":\"reply\",\"t\":%.2f,\"n\":%u,\"live\":%u}\n",
	    elapsed(arg), reply->n, reply->live);
}

static void
on_failed(void *arg, const char *why)
{
	printf("{\"event\":\"failed\",\"t\":%.2f,\"why\":\"%s\"}\n",
	    elapsed(arg), why);
}

static void
on_tick(int fd, short event, void *arg)
{
	struct run	*r = arg;
	struct timeval	 tv = { 1, 0 };

	printf("{\"event\":\"visited\",\"t\":%.2f,\"live\":%u,"
	    "\"visited\":%u,\"visits\":%" PRIu64 "}\n", elapsed(r),
	    r->map.live, world_visited(r->world), world_visits(r->world));
	evtimer_add(&r->tick, &tv);
}

static void
on_input(int fd, short event, void *arg)
{
	struct run	*r = arg;
	char		 buf[64];
	ssize_t		 n;

	if ((n = read(fd, buf, sizeof(buf) - 1)) <= 0) {
		event_base_loopexit(r->base, NULL);
		return;
	}
	buf[n] = '\0';
	world_map_leave(&r->map, atoi(buf));
	printf("{\"event\":\"left\",\"t\":%.2f}\n", elapsed(r));
}

static void
raise_descriptors(void)
{
	struct rlimit	 rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		err(1, "getrlimit");
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		err(1, "setrlimit");
}

static void
run(struct run *r, const struct peer_addr *seed, unsigned interval_ms)
{
	char	 text[PEER_ADDR_TEXT_SIZE];

	raise_descriptors();
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if ((r->base = event_base_new()) == NULL)
		errx(1, "no event base");
	r->world = world_new(&r->conf, &r->map, r->base);
	r->begun = pexconn_now();
	printf("{\"event\":\"ready\",\"first\":\"%s\"}\n",
	    peer_addr_text(&r->map.place[0].addr, text));
	r->poller = poller_new(&r->conf, &r->map, r->base, seed, interval_ms,
	    on_reply, on_failed, r);
	evtimer_set(&r->tick, on_tick, r);
	event_set(&r->input, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, r);
	event_base_set(r->base, &r->tick);
	event_base_set(r->base, &r->input);
	event_add(&r->input, NULL);
	on_tick(-1, 0, r);
	event_base_dispatch(r->base);
	poller_free(r->poller);
	world_free(r->world);
	event_del(&r->tick);
	event_del(&r->input);
	event_base_free(r->base);
}

int
main(int argc, char **argv)
{
	struct run		 r = { .conf = { .live = 500, .dead = 3500,
	    .crowd = 1, .reply = 100, .number = 1, .network = "world-1" } };
	struct peer_addr	 seed;
	unsigned		 interval_ms = 1000;
	int			 ch;

	while ((ch = getopt(argc, argv, "c:d:i:l:N:n:")) != -1)
		switch (ch) {
		case 'c':
			r.conf.crowd = atoi(optarg);
			break;
		case 'd':
			r.conf.dead = atoi(optarg);
			break;
		case 'i':
			interval_ms = atoi(optarg);
			break;
		case 'l':
			r.conf.live = atoi(optarg);
			break;
		case 'N':
			r.conf.network = optarg;
			break;
		case 'n':
			r.conf.number = atoi(optarg);
			break;
		default:
			errx(2, "see the source");
		}
	argc -= optind;
	argv += optind;
	if (r.conf.live == 0 || interval_ms == 0 || r.conf.crowd == 0 ||
	    r.conf.crowd > 250)
		errx(2, "see the source");
	world_map_init(&r.map, &r.conf);
	if (argc == 1 && strcmp(argv[0], "routes") == 0)
		world_map_routes(&r.map, stdout);
	else if (argc == 2 && strcmp(argv[0], "run") == 0 &&
	    peer_addr_parse(argv[1], strlen(argv[1]), &seed) == ADDRPARSE_OK)
		run(&r, &seed, interval_ms);
	else
		errx(2, "see the source");
	world_map_free(&r.map);
	return 0;
}
