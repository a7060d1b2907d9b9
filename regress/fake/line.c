/* SPDX-License-Identifier: ISC */
/*
 * Network namespaces, two or more, and a bad line between them: it loses,
 * delays and reorders packets as it is told, by a tun interface at each end.
 * For kernels without netem too; it counts what it did, so that a test can
 * tell that its line was bad; and all these places are gone when it ends.
 *
 * Usage: line ENDS
 * Prints "ready" and a path for nsenter(1) of each end, then obeys lines on
 * standard input, each answered by "ok", or by a number:
 *
 *	at IP		belongs to the next end without one; of two ends, what
 *			is for no such address is for the other
 *	loss PERCENT	of the packets of each direction
 *	delay MS	of each packet, one way
 *	jitter MS	up to so much more, each for itself: they overtake
 *	watch IP	begin to count the SYNs to that address
 *	count		how many there were since then
 *	tally		what became of all packets since the last one: JSON,
 *			see struct tally
 *
 * It ends with its standard input.  Needs root.
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/rng.h"

#define ENDS_MAX	64
#define PACKET_MAX	2048
#define QUEUE_MAX	20000	/* packets under way; more are lost */
#define FLOWS		65536	/* directions of connections, by hash */

struct packet {
	TAILQ_ENTRY(packet)	entry;
	uint64_t		due, came;	/* ms */
	uint64_t		number;		/* in order of coming */
	unsigned		to;		/* end */
	size_t			len;
	uint8_t			data[];
};
TAILQ_HEAD(packets, packet);

struct tally {
	unsigned	carried;	/* given to their end */
	unsigned	lost;		/* on purpose */
	unsigned	lost_syns;	/* of those: SYNs and their answers */
	unsigned	crowded;	/* not on purpose: QUEUE_MAX */
	unsigned	overtaken;	/* by a later one of their connection */
	uint64_t	least_ms;	/* on the way, of those carried */
	uint64_t	sum_ms;
};

struct line {
	struct rng		rng;
	struct tally		tally;
	uint64_t		number;		/* of packets so far */
	uint64_t		latest[FLOWS];	/* number that has arrived */
	unsigned		nends;
	int			tun[ENDS_MAX];
	int			ns[ENDS_MAX];
	struct in_addr		at[ENDS_MAX];
	unsigned		nat;
	struct packets		queue;		/* by time due */
	unsigned		nqueue;
	unsigned		loss, delay, jitter;
	struct in_addr		watched;
	unsigned		count;
	char			input[256];
	size_t			ninput;
};

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A namespace of our own from now on, with one end of the line in it. */
static void
make_end(struct line *l, unsigned end)
{
	struct ifreq ifr;

	if (unshare(CLONE_NEWNET) == -1)
		err(1, "unshare");
	l->ns[end] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	l->tun[end] = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (l->ns[end] == -1 || l->tun[end] == -1)
		err(1, "open");
	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	strlcpy(ifr.ifr_name, "line", sizeof(ifr.ifr_name));
	if (ioctl(l->tun[end], TUNSETIFF, &ifr) == -1)
		err(1, "TUNSETIFF");
}

/* --- packets ------------------------------------------------------------- */

/* The TCP header of an IPv4 packet; NULL: it has none. */
static const uint8_t *
tcp(const uint8_t *p, size_t len)
{
	size_t head;

	if (len < 20 || p[0] >> 4 != 4 || p[9] != IPPROTO_TCP)
		return NULL;
	head = (p[0] & 15) * 4;
	return len < head + 20 ? NULL : p + head;
}

/* A SYN, and nothing that answers one. */
static void
look(struct line *l, const uint8_t *p, size_t len)
{
	const uint8_t *t = tcp(p, len);

	if (t != NULL && memcmp(p + 16, &l->watched, 4) == 0 &&
	    (t[13] & 0x12) == 0x02)
		l->count++;
}

static void
lose(struct line *l, const uint8_t *p, size_t len)
{
	const uint8_t *t = tcp(p, len);

	l->tally.lost++;
	l->tally.lost_syns += t != NULL && (t[13] & 0x02) != 0;
}

/* FNV-1a of addresses and ports. */
static unsigned
flow_of(const uint8_t *p, const uint8_t *t)
{
	uint32_t h = 2166136261U;
	int i;

	for (i = 0; i < 8; i++)
		h = (h ^ p[12 + i]) * 16777619U;
	for (i = 0; i < 4; i++)
		h = (h ^ t[i]) * 16777619U;
	return (h ^ h >> 16) % FLOWS;
}

static void
count_carried(struct line *l, const struct packet *p, uint64_t now)
{
	const uint8_t *t = tcp(p->data, p->len);
	uint64_t *latest, ms = now - p->came;

	if (l->tally.carried++ == 0 || ms < l->tally.least_ms)
		l->tally.least_ms = ms;
	l->tally.sum_ms += ms;
	if (t == NULL)
		return;
	latest = &l->latest[flow_of(p->data, t)];
	if (p->number < *latest)
		l->tally.overtaken++;
	else
		*latest = p->number;
}

static void
enqueue(struct line *l, unsigned to, const uint8_t *data, size_t len)
{
	struct packet *p, *q;

	if (l->nqueue >= QUEUE_MAX ||
	    (p = malloc(sizeof(*p) + len)) == NULL) {
		l->tally.crowded++;
		return;
	}
	p->number = ++l->number;
	p->came = now_ms();
	p->due = p->came + l->delay;
	if (l->jitter > 0)
		p->due += rng_below(&l->rng, l->jitter + 1);
	p->to = to;
	p->len = len;
	memcpy(p->data, data, len);
	TAILQ_FOREACH_REVERSE(q, &l->queue, packets, entry)
		if (q->due <= p->due)
			break;
	if (q == NULL)
		TAILQ_INSERT_HEAD(&l->queue, p, entry);
	else
		TAILQ_INSERT_AFTER(&l->queue, q, p, entry);
	l->nqueue++;
}

/* Where it is for; ENDS_MAX: nowhere. */
static unsigned
destination(const struct line *l, unsigned from, const uint8_t *p, size_t len)
{
	unsigned i;

	if (len < 20 || p[0] >> 4 != 4)
		return ENDS_MAX;
	for (i = 0; i < l->nat; i++)
		if (memcmp(p + 16, &l->at[i], 4) == 0)
			return i;
	return l->nends == 2 ? !from : ENDS_MAX;
}

static void
receive(struct line *l, unsigned from)
{
	uint8_t buf[PACKET_MAX];
	unsigned to;
	ssize_t n;

	while ((n = read(l->tun[from], buf, sizeof(buf))) > 0) {
		look(l, buf, n);
		to = destination(l, from, buf, n);
		if (to == ENDS_MAX)
			continue;
		if (rng_below(&l->rng, 100) < l->loss)
			lose(l, buf, n);
		else
			enqueue(l, to, buf, n);
	}
}

static void
deliver(struct line *l)
{
	struct packet *p;
	uint64_t now = now_ms();

	while ((p = TAILQ_FIRST(&l->queue)) != NULL && p->due <= now) {
		/* An interface that is down takes nothing. */
		if (write(l->tun[p->to], p->data, p->len) != -1)
			count_carried(l, p, now);
		else if (errno != EIO && errno != EAGAIN && errno != EINVAL)
			err(1, "write");
		TAILQ_REMOVE(&l->queue, p, entry);
		l->nqueue--;
		free(p);
	}
}

static int
patience(const struct line *l)
{
	const struct packet *p = TAILQ_FIRST(&l->queue);
	uint64_t now = now_ms();

	if (p == NULL)
		return -1;
	return p->due > now ? (int)(p->due - now) : 0;
}

/* --- commands ------------------------------------------------------------ */

static bool
obey(struct line *l, const char *word, const char *value)
{
	unsigned n = strtoul(value, NULL, 10);

	if (strcmp(word, "loss") == 0 && n <= 100)
		l->loss = n;
	else if (strcmp(word, "delay") == 0)
		l->delay = n;
	else if (strcmp(word, "jitter") == 0)
		l->jitter = n;
	else if (strcmp(word, "at") == 0 && l->nat < l->nends &&
	    inet_pton(AF_INET, value, &l->at[l->nat]) == 1)
		l->nat++;
	else if (strcmp(word, "watch") == 0 &&
	    inet_pton(AF_INET, value, &l->watched) == 1)
		l->count = 0;
	else
		return false;
	return true;
}

static void
print_tally(struct line *l)
{
	const struct tally *t = &l->tally;

	printf("{\"carried\":%u,\"lost\":%u,\"lost_syns\":%u,"
	    "\"crowded\":%u,\"overtaken\":%u,\"least_ms\":%" PRIu64 ","
	    "\"mean_ms\":%" PRIu64 "}\n", t->carried, t->lost,
	    t->lost_syns, t->crowded, t->overtaken, t->least_ms,
	    t->carried > 0 ? t->sum_ms / t->carried : 0);
	memset(&l->tally, 0, sizeof(l->tally));
}

static void
command(struct line *l, char *text)
{
	char *value = strchr(text, ' ');

	if (strcmp(text, "count") == 0) {
		printf("%u\n", l->count);
		return;
	}
	if (strcmp(text, "tally") == 0) {
		print_tally(l);
		return;
	}
	if (value != NULL)
		*value++ = '\0';
	if (value == NULL || !obey(l, text, value))
		errx(1, "what is %s?", text);
	puts("ok");
}

/* False at the end. */
static bool
read_commands(struct line *l)
{
	char *nl;
	ssize_t n;

	n = read(STDIN_FILENO, l->input + l->ninput,
	    sizeof(l->input) - l->ninput - 1);
	if (n <= 0)
		return false;
	l->ninput += n;
	l->input[l->ninput] = '\0';
	while ((nl = strchr(l->input, '\n')) != NULL) {
		*nl++ = '\0';
		command(l, l->input);
		l->ninput -= nl - l->input;
		memmove(l->input, nl, l->ninput + 1);
	}
	return true;
}

static void
make_ends(struct line *l)
{
	unsigned i;

	for (i = 0; i < l->nends; i++)
		make_end(l, i);
	printf("ready");
	for (i = 0; i < l->nends; i++)
		printf(" /proc/%d/fd/%d", getpid(), l->ns[i]);
	printf("\n");
}

int
main(int argc, char **argv)
{
	static struct line l;
	struct pollfd pfd[ENDS_MAX + 1];
	unsigned i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	rng_seed_number(&l.rng, 1);
	TAILQ_INIT(&l.queue);
	if (argc != 2 || (l.nends = strtoul(argv[1], NULL, 10)) < 2 ||
	    l.nends > ENDS_MAX)
		errx(1, "usage: line ENDS");
	make_ends(&l);
	for (i = 0; i < l.nends; i++)
		pfd[i] = (struct pollfd){ l.tun[i], POLLIN, 0 };
	pfd[i] = (struct pollfd){ STDIN_FILENO, POLLIN, 0 };
	for (;;) {
		if (poll(pfd, l.nends + 1, patience(&l)) == -1 &&
		    errno != EINTR)
			err(1, "poll");
		for (i = 0; i < l.nends; i++)
			if (pfd[i].revents != 0)
				receive(&l, i);
		deliver(&l);
		if (pfd[i].revents != 0 && !read_commands(&l))
			return 0;
	}
}
