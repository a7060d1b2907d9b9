/* SPDX-License-Identifier: ISC */
/*
 * The live peers of a made-up world.  Each answers every request with
 * addresses drawn from all there are, dead or alive, as the books of nodes
 * that do not look do.
 */
#include <sys/socket.h>
#include <netinet/in.h>

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/lib/testrng.h"
#include "regress/lib/pexconn.h"
#include "regress/lib/world.h"

#define BACKLOG		1024

struct world {
	const struct world_conf	*conf;
	const struct world_map	*map;
	struct event_base	*base;
	struct event		 acceptable;
	int			 fd;
	struct wire_crypto	*crypto;
	struct wire_config	 config;
	struct pexconns	 conns;
	struct testrng		 rng;
	unsigned		 nvisited;
	uint64_t		 nvisits;
	bool			*visited;
	uint64_t		*told;		/* in which answer last */
	uint8_t			 buf[PEX_ADDRS_SIZE(PEX_ADDRS_MAX)];
};

static void
on_up(struct pexconn *c)
{
}

static struct wire_span
make_answer(struct world *w)
{
	struct pex_writer	 pw;
	unsigned		 i;

	w->nvisits++;
	pex_writer_init(&pw, w->buf, sizeof(w->buf));
	while (pw.n < w->conf->reply && pw.n < w->map->n) {
		i = testrng_below(&w->rng, w->map->n);
		if (w->told[i] == w->nvisits)
			continue;
		w->told[i] = w->nvisits;
		if (pex_writer_add(&pw, &w->map->place[i].addr) == -1)
			break;
	}
	return pex_writer_end(&pw);
}

static void
on_message(struct pexconn *c, enum pex_kind kind,
    const struct pex_list *list)
{
	struct world		*w = c->owner;
	struct wire_span	 answer;

	if (kind != PEX_REQUEST)
		return;
	answer = make_answer(w);
	if (wire_conn_send(c->conn, PEX_CHANNEL, answer.p, answer.len) !=
	    WIRE_OK)
		return;
	w->nvisited += !w->visited[c->index];
	w->visited[c->index] = true;
}

static void
on_down(struct pexconn *c, enum pexconn_end how, enum wire_error error)
{
	struct world	*w = c->owner;

	TAILQ_REMOVE(&w->conns, c, entry);
}

static const struct pexconn_ops	ops = {
	.up = on_up,
	.message = on_message,
	.down = on_down,
};

/* Who was dialled: the address of our end tells. */
static int
whose(const struct world *w, int fd, struct netaddr *na)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);
	int			 i;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1 ||
	    netaddr_from_sockaddr((struct sockaddr *)&ss, len, na) == -1)
		return -1;
	i = world_map_find(w->map, na->ip);
	return i != -1 && w->map->place[i].live ? i : -1;
}

static void
on_acceptable(int fd, short event, void *arg)
{
	struct world		*w = arg;
	struct pexconn		*c;
	struct netaddr		 na;
	int			 i, s;

	while ((s = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) !=
	    -1) {
		if ((i = whose(w, s, &na)) == -1 ||
		    (c = pexconn_new(w->base, &w->config, w->map->key[i], s,
		    &na, NULL, &ops, w)) == NULL) {
			close(s);
			continue;
		}
		c->index = i;
		TAILQ_INSERT_TAIL(&w->conns, c, entry);
	}
}

static int
listen_everywhere(void)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET,
	    .sin_port = htons(WORLD_PORT) };
	int			 fd, on = 1;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "bind");
	if (listen(fd, BACKLOG) == -1)
		err(1, "listen");
	return fd;
}

struct world *
world_new(const struct world_conf *conf, const struct world_map *map,
    struct event_base *base)
{
	struct world	*w;

	if ((w = calloc(1, sizeof(*w))) == NULL ||
	    (w->visited = calloc(map->live, sizeof(*w->visited))) == NULL ||
	    (w->told = calloc(map->n, sizeof(*w->told))) == NULL ||
	    (w->crypto = wire_crypto_new()) == NULL)
		err(1, NULL);
	w->conf = conf;
	w->map = map;
	w->base = base;
	w->rng.state = conf->number + 1;
	TAILQ_INIT(&w->conns);
	pexconn_config(&w->config, w->crypto, conf->network, "world");
	w->fd = listen_everywhere();
	event_set(&w->acceptable, w->fd, EV_READ | EV_PERSIST, on_acceptable,
	    w);
	event_base_set(base, &w->acceptable);
	event_add(&w->acceptable, NULL);
	return w;
}

void
world_free(struct world *w)
{
	struct pexconn		*c;

	while ((c = TAILQ_FIRST(&w->conns)) != NULL) {
		TAILQ_REMOVE(&w->conns, c, entry);
		pexconn_free(c);
	}
	event_del(&w->acceptable);
	close(w->fd);
	wire_crypto_free(w->crypto);
	free(w->told);
	free(w->visited);
	free(w);
}

unsigned
world_visited(const struct world *w)
{
	return w->nvisited;
}

uint64_t
world_visits(const struct world *w)
{
	return w->nvisits;
}
