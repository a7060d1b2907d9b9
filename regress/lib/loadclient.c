/* SPDX-License-Identifier: ISC */
/* Many peers at once against one node. */
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event.h>

#include "common/nodekey.h"
#include "regress/lib/loadclient.h"
#include "wire/conn.h"
#include "wire/pex.h"

#define KEYS_MIN	1024	/* identities of a worker, used in turn */
#define TICK_MS		20	/* pacing and deadlines */
#define READ_SIZE	65536

struct client {
	TAILQ_ENTRY(client)	 entry;
	struct load		*load;
	struct wire_config	 config;	/* its own: the ID differs */
	struct wire_conn	*conn;
	struct nodekey		*key;
	int			 fd;
	struct event		 readable, writable;
	bool			 is_up, is_done, is_bad;
	double			 since;
};
TAILQ_HEAD(clients, client);

struct load {
	const struct load_conf	*conf;
	struct load_stats	*stats;
	struct wire_crypto	*crypto;
	struct wire_config	 config;
	struct event_base	*base;
	struct event		 tick, sigterm, sigint;
	struct nodekey		**keys;
	unsigned		 nkeys, nactive, first;
	uint64_t		 nstarted;
	double			 begun;
	bool			 is_stopping;
	void			(*held)(void);
	struct clients		 clients;	/* oldest first */
	uint8_t			 buf[READ_SIZE];
};

static double
now(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

const char *
load_end_name(enum load_end end)
{
	static const char *const	names[LOAD_NENDS] = {
		"done", "connect", "closed", "late", "list", "system",
	};

	return names[end];
}

uint64_t
load_failed(const struct load_stats *s)
{
	uint64_t	 n = 0;
	int		 i;

	for (i = LOAD_DONE + 1; i < LOAD_NENDS; i++)
		n += s->ended[i];
	for (i = 0; i < WIRE_NERRORS; i++)
		n += s->errors[i];
	return n;
}

void
load_merge(struct load_stats *to, const struct load_stats *from)
{
	int	 i;

	for (i = 0; i < LOAD_NENDS; i++)
		to->ended[i] += from->ended[i];
	for (i = 0; i < WIRE_NERRORS; i++)
		to->errors[i] += from->errors[i];
	to->naddrs += from->naddrs;
	to->bytes_in += from->bytes_in;
	to->bytes_out += from->bytes_out;
	to->nheld += from->nheld;
	to->seconds = fmax(to->seconds, from->seconds);
	hist_merge(&to->latency, &from->latency);
}

/* --- one client ------------------------------------------------------------ */

static void	start_some(struct load *);

/* error is WIRE_OK when the reason is end. */
static void
client_end(struct client *c, enum load_end end, enum wire_error error)
{
	struct load	*l = c->load;

	if (error != WIRE_OK)
		l->stats->errors[error]++;
	else
		l->stats->ended[end]++;
	if (end == LOAD_DONE && error == WIRE_OK)
		hist_add(&l->stats->latency, (now() - c->since) * 1e6);
	if (c->is_up)
		l->stats->nheld--;
	event_del(&c->readable);
	event_del(&c->writable);
	close(c->fd);
	wire_conn_free(c->conn);
	TAILQ_REMOVE(&l->clients, c, entry);
	free(c);
	l->nactive--;
	start_some(l);
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
		hist_add(&c->load->stats->latency, (now() - c->since) * 1e6);
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

static void
start_client(struct load *l)
{
	struct client	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		err(1, NULL);
	c->load = l;
	c->since = now();
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

/* --- all of them ------------------------------------------------------------ */

static bool
may_start(const struct load *l)
{
	const struct load_conf	*conf = l->conf;

	if (l->is_stopping || l->nactive >= conf->concurrency)
		return false;
	if (conf->count != 0 && l->nstarted >= conf->count)
		return false;
	/* One round of idle peers is enough. */
	if (conf->mode == LOAD_IDLE && l->nstarted >= conf->concurrency)
		return false;
	return conf->rate == 0 ||
	    l->nstarted < (now() - l->begun) * conf->rate;
}

static void
start_some(struct load *l)
{
	while (may_start(l))
		start_client(l);
}

static bool
is_finished(const struct load *l)
{
	const struct load_conf	*conf = l->conf;

	if (l->is_stopping)
		return true;
	if (l->nactive > 0)
		return false;
	return conf->mode == LOAD_IDLE ||
	    (conf->count != 0 && l->nstarted >= conf->count);
}

/* Idle peers may stay as long as they like, once they are up. */
static void
end_late(struct load *l)
{
	struct client	*c, *next;
	double		 t = now();

	for (c = TAILQ_FIRST(&l->clients); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (t - c->since < l->conf->deadline)
			break;
		if (!c->is_up)
			client_end(c, LOAD_LATE, WIRE_OK);
	}
}

static void
on_tick(int fd, short event, void *arg)
{
	struct load	*l = arg;
	double		 spent = now() - l->begun;
	struct timeval	 tv = { 0, TICK_MS * 1000 };

	end_late(l);
	if (l->conf->seconds != 0 && spent >= l->conf->seconds)
		l->is_stopping = true;
	start_some(l);
	if (l->held != NULL && l->nstarted >= l->conf->concurrency &&
	    l->stats->nheld == l->nactive) {
		l->held();
		l->held = NULL;
	}
	l->stats->seconds = spent;
	if (is_finished(l))
		event_base_loopexit(l->base, NULL);
	else
		evtimer_add(&l->tick, &tv);
}

static void
on_signal(int sig, short event, void *arg)
{
	((struct load *)arg)->is_stopping = true;
}

static void
make_keys(struct load *l)
{
	struct nodekey_why	 why;
	unsigned		 i;

	l->nkeys = 2 * l->conf->concurrency;
	if (l->nkeys < KEYS_MIN)
		l->nkeys = KEYS_MIN;
	if (l->conf->mode == LOAD_IDLE)
		l->nkeys = l->conf->concurrency;
	if ((l->keys = calloc(l->nkeys, sizeof(*l->keys))) == NULL)
		err(1, NULL);
	for (i = 0; i < l->nkeys; i++)
		if ((l->keys[i] = nodekey_generate(&why)) == NULL)
			errx(1, "%s", why.text);
}

static void
configure(struct load *l)
{
	static const struct mconn_channel channel = { PEX_CHANNEL,
	    PEX_CAPACITY };

	l->config.crypto = l->crypto;
	l->config.info.p2p_version = 8;
	l->config.info.block_version = l->conf->block_version;
	l->config.info.network = wire_span_text(l->conf->network);
	l->config.info.moniker = wire_span_text("load");
	l->config.info.version = wire_span_text("load");
	l->config.info.tx_index = wire_span_text("off");
	l->config.mconn = (struct mconn_config){ &channel, 1, MCONN_PAYLOAD };
	l->config.output_max = 1 << 20;
}

static void
tear_down(struct load *l)
{
	struct client	*c;
	unsigned	 i;

	l->is_stopping = true;		/* so that none is started again */
	while ((c = TAILQ_FIRST(&l->clients)) != NULL) {
		TAILQ_REMOVE(&l->clients, c, entry);
		event_del(&c->readable);
		event_del(&c->writable);
		close(c->fd);
		wire_conn_free(c->conn);
		free(c);
	}
	event_del(&l->tick);
	signal_del(&l->sigterm);
	signal_del(&l->sigint);
	event_base_free(l->base);
	for (i = 0; i < l->nkeys; i++)
		nodekey_free(l->keys[i]);
	free(l->keys);
	wire_crypto_free(l->crypto);
	free(l);
}

int
load_run(const struct load_conf *conf, struct load_stats *stats,
    unsigned first, void (*held)(void))
{
	struct load	*l;
	struct timeval	 at_once = { 0, 0 };

	if ((l = calloc(1, sizeof(*l))) == NULL ||
	    (l->crypto = wire_crypto_new()) == NULL ||
	    (l->base = event_base_new()) == NULL) {
		warnx("no memory");
		return -1;
	}
	TAILQ_INIT(&l->clients);
	l->conf = conf;
	l->stats = stats;
	l->first = first;
	l->held = conf->mode == LOAD_IDLE ? held : NULL;
	configure(l);
	make_keys(l);
	evtimer_set(&l->tick, on_tick, l);
	signal_set(&l->sigterm, SIGTERM, on_signal, l);
	signal_set(&l->sigint, SIGINT, on_signal, l);
	event_base_set(l->base, &l->tick);
	event_base_set(l->base, &l->sigterm);
	event_base_set(l->base, &l->sigint);
	signal_add(&l->sigterm, NULL);
	signal_add(&l->sigint, NULL);
	l->begun = now();
	evtimer_add(&l->tick, &at_once);
	event_base_dispatch(l->base);
	tear_down(l);
	return 0;
}
