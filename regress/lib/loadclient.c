/* SPDX-License-Identifier: ISC */
/* One client of a load: its socket, its connection and its end. */
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

void
client_end(struct client *c, enum load_end end, enum wire_error error)
{
	struct load	*l = c->load;

	if (error != WIRE_OK)
		l->stats->errors[error]++;
	else
		l->stats->ended[end]++;
	if (end == LOAD_DONE && error == WIRE_OK)
		hist_add(&l->stats->latency, (load_now() - c->since) * 1e6);
	if (c->is_up)
		l->stats->nheld--;
	event_del(&c->readable);
	event_del(&c->writable);
	close(c->fd);
	wire_conn_free(c->conn);
	TAILQ_REMOVE(&l->clients, c, entry);
	free(c);
	l->nactive--;
	load_start_some(l);
}

/* Write what there is.  -1: the client is gone. */
static int
client_flush(struct client *c)
{
	struct wire_span	 out;
	ssize_t			 n;

	while ((out = wire_conn_output(c->conn)).len > 0) {
		n = send(c->fd, out.p, out.len, MSG_NOSIGNAL);
		if (n == -1 && errno == EAGAIN) {
			event_add(&c->writable, NULL);
			return 0;
		}
		if (n == -1) {
			client_end(c, LOAD_CLOSED, WIRE_OK);
			return -1;
		}
		c->load->stats->bytes_out += n;
		wire_conn_sent(c->conn, n);
	}
	return 0;
}

static void
on_need_signature(struct wire_conn *conn,
    const uint8_t challenge[SECRET_CHALLENGE_SIZE], void *arg)
{
	struct client	*c = arg;
	uint8_t		 sig[ED25519_SIG_SIZE];

	if (nodekey_sign(c->key, challenge, SECRET_CHALLENGE_SIZE, sig) == -1)
		errx(1, "no signature");
	wire_conn_sign(conn, nodekey_pub(c->key), sig);
}

static void
on_node_info(struct wire_conn *conn, const struct nodeinfo *ni, void *arg)
{
	struct client	*c = arg;

	wire_conn_start(conn);
	if (c->load->conf->mode == LOAD_CYCLE)
		wire_conn_send(conn, PEX_CHANNEL, pex_request,
		    sizeof(pex_request));
	else if (c->load->conf->mode == LOAD_HANDSHAKE)
		c->is_done = true;
	else {
		hist_add(&c->load->stats->latency,
		    (load_now() - c->since) * 1e6);
		c->load->stats->nheld++;
		c->is_up = true;
	}
}

static void
on_message(struct wire_conn *conn, uint8_t channel, struct wire_span msg,
    void *arg)
{
	struct client		*c = arg;
	struct peer_addr	 addrs[PEX_ADDRS_MAX];
	struct pex_list		 list = { addrs, PEX_ADDRS_MAX, 0, 0 };
	enum pex_kind		 kind;

	if (pex_decode(msg, &kind, &list) != WIRE_OK)
		c->is_bad = true;
	else if (kind == PEX_ADDRS && c->load->conf->mode == LOAD_CYCLE) {
		c->load->stats->naddrs += list.total;
		c->is_done = true;
	}
}

static const struct wire_conn_ops	ops = {
	.need_signature = on_need_signature,
	.node_info = on_node_info,
	.message = on_message,
};

static void
on_readable(int fd, short event, void *arg)
{
	struct client	*c = arg;
	struct load	*l = c->load;
	enum wire_error	 rv;
	ssize_t		 n;

	n = recv(fd, l->buf, sizeof(l->buf), 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_end(c, LOAD_CLOSED, WIRE_OK);
		return;
	}
	l->stats->bytes_in += n;
	rv = wire_conn_input(c->conn, l->buf, n);
	if (rv != WIRE_OK)
		client_end(c, LOAD_DONE, rv);
	else if (c->is_bad)
		client_end(c, LOAD_LIST, WIRE_OK);
	else if (c->is_done && client_flush(c) == 0)
		client_end(c, LOAD_DONE, WIRE_OK);
	else if (!c->is_done)
		client_flush(c);
}

static void
on_writable(int fd, short event, void *arg)
{
	struct client	*c = arg;
	socklen_t	 len = sizeof(int);
	int		 error = 0;

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		client_end(c, LOAD_CONNECT, WIRE_OK);
		return;
	}
	client_flush(c);
}

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

static struct wire_conn *
new_conn(struct load *l, struct client *c)
{
	struct wire_conn_params	 params = {
		.config = &c->config,
		.ops = &ops,
		.arg = c,
		.dialled = &l->conf->target.id,
	};
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);
	uint8_t			 seed[X25519_KEY_SIZE];

	/* We say that we listen where we come from. */
	if (getsockname(c->fd, (struct sockaddr *)&ss, &len) == 0)
		netaddr_from_sockaddr((struct sockaddr *)&ss, len,
		    &params.listen_addr);
	params.listen_addr.port = 26656;
	c->config = l->config;
	c->config.id = *nodekey_id(c->key);
	arc4random_buf(seed, sizeof(seed));
	params.seed = seed;
	return wire_conn_new(&params);
}

void
client_start(struct load *l)
{
	struct client	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		err(1, NULL);
	c->load = l;
	c->since = load_now();
	c->key = l->keys[l->nstarted % l->nkeys];
	c->fd = connect_target(l);
	l->nstarted++;
	if (c->fd == -1 || (c->conn = new_conn(l, c)) == NULL) {
		l->stats->ended[LOAD_SYSTEM]++;
		if (c->fd != -1)
			close(c->fd);
		free(c);
		return;
	}
	event_set(&c->readable, c->fd, EV_READ | EV_PERSIST, on_readable, c);
	event_set(&c->writable, c->fd, EV_WRITE, on_writable, c);
	event_base_set(l->base, &c->readable);
	event_base_set(l->base, &c->writable);
	event_add(&c->readable, NULL);
	event_add(&c->writable, NULL);
	TAILQ_INSERT_TAIL(&l->clients, c, entry);
	l->nactive++;
}
