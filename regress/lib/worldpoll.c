/* SPDX-License-Identifier: ISC */
/*
 * Newcomers: one after the other connects to the seed from a host and a /24
 * of its own, asks for addresses, and looks who of them is alive.
 */
#include <sys/socket.h>
#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/nodekey.h"
#include "regress/lib/pexconn.h"
#include "regress/lib/world.h"

#define KEYS		64	/* used in turn */
#define DEADLINE_S	10

struct poller {
	const struct world_map	*map;
	struct event_base	*base;
	struct event		 tick;
	struct timeval		 interval;
	struct peer_addr	 seed;
	struct wire_crypto	*crypto;
	struct wire_config	 config;
	struct nodekey		*key[KEYS];
	struct pexconns	 conns;		/* oldest first */
	unsigned		 nstarted;
	void			(*reply)(void *, const struct poll_reply *);
	void			(*failed)(void *, const char *);
	void			*arg;
};

static void
on_up(struct pexconn *c)
{
	wire_conn_send(c->conn, PEX_CHANNEL, pex_request,
	    sizeof(pex_request));
}

static void
on_message(struct pexconn *c, enum pex_kind kind,
    const struct pex_list *list)
{
	struct poller		*p = c->owner;
	struct poll_reply	 r = { .n = list->total };
	size_t			 i;
	int			 k;

	if (kind != PEX_ADDRS || c->is_done)
		return;
	for (i = 0; i < list->n; i++) {
		k = world_map_find(p->map, list->addrs[i].na.ip);
		r.live += k != -1 && p->map->place[k].live &&
		    peer_addr_equal(&list->addrs[i], &p->map->place[k].addr);
	}
	c->is_done = true;
	p->reply(p->arg, &r);
}

static void
on_down(struct pexconn *c, enum pexconn_end how, enum wire_error error)
{
	struct poller	*p = c->owner;

	TAILQ_REMOVE(&p->conns, c, entry);
	if (!c->is_done)
		p->failed(p->arg, wire_phase_text(wire_conn_phase(c->conn)));
}

static const struct pexconn_ops	ops = {
	.up = on_up,
	.message = on_message,
	.down = on_down,
};

/* The next host, in a /24 that was not used before. */
static int
dial(struct poller *p)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	struct sockaddr_storage	 ss;
	socklen_t		 len;
	uint32_t		 block = p->nstarted % 65536;
	int			 fd;

	/* The /16 changes faster than the /24. */
	block = (block & 0xff) << 8 | block >> 8;
	sin.sin_addr.s_addr = htonl(WORLD_CLIENTS << 24 | block << 8 | 77);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err(1, "socket");
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "bind");
	len = netaddr_to_sockaddr(&p->seed.na, &ss);
	if (connect(fd, (struct sockaddr *)&ss, len) == -1 &&
	    errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
begin(struct poller *p)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);
	struct pexconn		*c;
	struct netaddr		 na;
	int			 fd = dial(p);

	if (fd == -1) {
		p->failed(p->arg, "connect");
		return;
	}
	/* Says that it listens where it comes from, and does not. */
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1 ||
	    netaddr_from_sockaddr((struct sockaddr *)&ss, len, &na) == -1)
		err(1, "getsockname");
	na.port = WORLD_PORT + 1;
	c = pexconn_new(p->base, &p->config, p->key[p->nstarted % KEYS], fd,
	    &na, &p->seed.id, &ops, p);
	if (c == NULL)
		err(1, NULL);
	TAILQ_INSERT_TAIL(&p->conns, c, entry);
	p->nstarted++;
}

static void
end_late(struct poller *p)
{
	struct pexconn		*c;

	while ((c = TAILQ_FIRST(&p->conns)) != NULL &&
	    pexconn_now() - c->since > DEADLINE_S) {
		on_down(c, PEXCONN_CLOSED, WIRE_OK);
		pexconn_free(c);
	}
}

static void
on_tick(int fd, short event, void *arg)
{
	struct poller	*p = arg;

	end_late(p);
	begin(p);
	evtimer_add(&p->tick, &p->interval);
}

struct poller *
poller_new(const struct world_conf *conf, const struct world_map *map,
    struct event_base *base, const struct peer_addr *seed,
    unsigned interval_ms, void (*reply)(void *, const struct poll_reply *),
    void (*failed)(void *, const char *), void *arg)
{
	struct nodekey_why	 why;
	struct poller		*p;
	int			 i;

	if ((p = calloc(1, sizeof(*p))) == NULL ||
	    (p->crypto = wire_crypto_new()) == NULL)
		err(1, NULL);
	p->map = map;
	p->base = base;
	p->seed = *seed;
	p->reply = reply;
	p->failed = failed;
	p->arg = arg;
	p->interval.tv_sec = interval_ms / 1000;
	p->interval.tv_usec = interval_ms % 1000 * 1000;
	TAILQ_INIT(&p->conns);
	pexconn_config(&p->config, p->crypto, conf->network,
	    "newcomer");
	for (i = 0; i < KEYS; i++)
		if ((p->key[i] = nodekey_generate(&why)) == NULL)
			errx(1, "%s", why.text);
	evtimer_set(&p->tick, on_tick, p);
	event_base_set(base, &p->tick);
	evtimer_add(&p->tick, &p->interval);
	return p;
}

void
poller_free(struct poller *p)
{
	struct pexconn		*c;
	int			 i;

	if (p == NULL)
		return;
	while ((c = TAILQ_FIRST(&p->conns)) != NULL) {
		TAILQ_REMOVE(&p->conns, c, entry);
		pexconn_free(c);
	}
	evtimer_del(&p->tick);
	for (i = 0; i < KEYS; i++)
		nodekey_free(p->key[i]);
	wire_crypto_free(p->crypto);
	free(p);
}
