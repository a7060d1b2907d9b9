/* SPDX-License-Identifier: ISC */
/* One client of a load: its connection and its end. */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/lib/loadlocal.h"
#include "wire/pex.h"

static double
us_since(const struct client *c)
{
	return (pexconn_now() - c->since) * 1e6;
}

static void
count_bytes(struct client *c)
{
	c->load->stats->bytes_in += c->conn->in_bytes;
	c->load->stats->bytes_out += c->conn->out_bytes;
	c->conn->in_bytes = c->conn->out_bytes = 0;
}

/* --- its end ----------------------------------------------------------- */

/* All but the connection. */
static void
leave(struct client *c)
{
	struct load	*l = c->load;

	count_bytes(c);
	TAILQ_REMOVE(&l->clients, c, entry);
	free(c);
	l->nactive--;
}

static void
on_down(struct pexconn *conn, enum pexconn_end how, enum wire_error error)
{
	static const enum load_end	ends[] = {
		[PEXCONN_DONE] = LOAD_DONE,
		[PEXCONN_CONNECT] = LOAD_CONNECT,
		[PEXCONN_CLOSED] = LOAD_CLOSED,
		[PEXCONN_LIST] = LOAD_LIST,
	};
	struct client	*c = conn->owner;
	struct load	*l = c->load;

	if (how == PEXCONN_WIRE)
		l->stats->errors[error]++;
	else
		l->stats->ended[ends[how]]++;
	if (how == PEXCONN_DONE)
		hist_add(&l->stats->latency, us_since(c));
	if (c->is_up)
		l->stats->nheld--;
	leave(c);
	load_start_some(l);
}

void
client_free(struct client *c)
{
	struct pexconn	*conn = c->conn;

	leave(c);
	pexconn_free(conn);
}

void
client_end_late(struct client *c)
{
	struct load	*l = c->load;

	l->stats->ended[LOAD_LATE]++;
	client_free(c);
	load_start_some(l);
}

/* --- what it does ------------------------------------------------------ */

static void
on_up(struct pexconn *conn)
{
	struct client	*c = conn->owner;
	struct load	*l = c->load;

	if (l->conf->mode == LOAD_CYCLE)
		wire_conn_send(conn->conn, PEX_CHANNEL, pex_request,
		    sizeof(pex_request));
	else if (l->conf->mode == LOAD_HANDSHAKE)
		conn->is_done = true;
	else {
		hist_add(&l->stats->latency, us_since(c));
		count_bytes(c);
		l->stats->nheld++;
		c->is_up = true;
	}
}

static void
on_message(struct pexconn *conn, enum pex_kind kind,
    const struct pex_list *list)
{
	struct load	*l = ((struct client *)conn->owner)->load;

	if (kind == PEX_ADDRS && l->conf->mode == LOAD_CYCLE) {
		l->stats->naddrs += list->total;
		conn->is_done = true;
	}
}

static const struct pexconn_ops	ops = {
	.up = on_up,
	.message = on_message,
	.down = on_down,
};

/* --- its beginning ----------------------------------------------------- */

/* The next address of the range; its port is the kernel's choice. */
static int
bind_source(struct load *l, int fd)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	uint64_t		 i = l->first + l->nstarted;
#ifdef IP_BIND_ADDRESS_NO_PORT
	int			 on = 1;

	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
#endif
	if (l->conf->nsources == 0)
		return 0;
	sin.sin_addr.s_addr = htonl(l->conf->source + i % l->conf->nsources);
	return bind(fd, (struct sockaddr *)&sin, sizeof(sin));
}

static int
connect_target(struct load *l)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len;
	int			 fd, on = 1;

	len = netaddr_to_sockaddr(&l->conf->target.na, &ss);
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if ((ss.ss_family == AF_INET && bind_source(l, fd) == -1) ||
	    (connect(fd, (struct sockaddr *)&ss, len) == -1 &&
	    errno != EINPROGRESS)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* We say that we listen where we come from. */
static struct netaddr
claim(int fd)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);
	struct netaddr		 na = { .port = 0 };

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		netaddr_from_sockaddr((struct sockaddr *)&ss, len, &na);
	na.port = 26656;
	return na;
}

void
client_start(struct load *l)
{
	struct nodekey	*key = l->keys[l->nstarted % l->nkeys];
	struct client	*c;
	struct netaddr	 na;
	int		 fd;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		err(1, NULL);
	c->load = l;
	c->since = pexconn_now();
	fd = connect_target(l);
	l->nstarted++;
	na = claim(fd);
	if (fd == -1 || (c->conn = pexconn_new(l->base, &l->config, key, fd,
	    &na, &l->conf->target.id, &ops, c)) == NULL) {
		l->stats->ended[LOAD_SYSTEM]++;
		if (fd != -1)
			close(fd);
		free(c);
		return;
	}
	TAILQ_INSERT_TAIL(&l->clients, c, entry);
	l->nactive++;
}
