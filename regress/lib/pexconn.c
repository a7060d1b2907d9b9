/* SPDX-License-Identifier: ISC */
/* One socket with a protocol connection on it. */
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/nodekey.h"
#include "regress/lib/pexconn.h"

#define READ_SIZE	65536

double
pexconn_now(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void
on_need_signature(struct wire_conn *conn,
    const uint8_t challenge[SECRET_CHALLENGE_SIZE], void *arg)
{
	struct pexconn		*c = arg;
	uint8_t			 sig[ED25519_SIG_SIZE];

	if (nodekey_sign(c->key, challenge, SECRET_CHALLENGE_SIZE, sig) == -1)
		errx(1, "no signature");
	wire_conn_sign(conn, nodekey_pub(c->key), sig);
}

static void
on_node_info(struct wire_conn *conn, const struct nodeinfo *ni, void *arg)
{
	struct pexconn		*c = arg;

	wire_conn_start(conn);
	c->ops->up(c);
}

static void
on_message(struct wire_conn *conn, uint8_t channel, struct wire_span msg,
    void *arg)
{
	struct pexconn		*c = arg;
	struct peer_addr	 addrs[PEX_ADDRS_MAX];
	struct pex_list		 list = { addrs, PEX_ADDRS_MAX, 0, 0 };
	enum pex_kind		 kind;

	if (pex_decode(msg, &kind, &list) == WIRE_OK)
		c->ops->message(c, kind, &list);
	else
		c->is_bad = true;
}

static const struct wire_conn_ops	wire_ops = {
	.need_signature = on_need_signature,
	.node_info = on_node_info,
	.message = on_message,
};

static void
end(struct pexconn *c, enum pexconn_end how, enum wire_error error)
{
	c->ops->down(c, how, error);
	pexconn_free(c);
}

/* Write what there is; it may be gone afterwards. */
static void
flush(struct pexconn *c)
{
	struct wire_span	 out;
	ssize_t			 n;

	while ((out = wire_conn_output(c->conn)).len > 0) {
		n = send(c->fd, out.p, out.len, MSG_NOSIGNAL);
		if (n == -1 && (errno == EAGAIN || errno == ENOTCONN)) {
			event_add(&c->writable, NULL);
			return;
		}
		if (n == -1) {
			end(c, PEXCONN_CLOSED, WIRE_OK);
			return;
		}
		c->out_bytes += n;
		wire_conn_sent(c->conn, n);
	}
	if (c->is_done)
		end(c, PEXCONN_DONE, WIRE_OK);
}

static void
on_readable(int fd, short event, void *arg)
{
	static uint8_t		 buf[READ_SIZE];
	struct pexconn		*c = arg;
	enum wire_error		 rv;
	ssize_t			 n;

	n = recv(fd, buf, sizeof(buf), 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(c, PEXCONN_CLOSED, WIRE_OK);
		return;
	}
	c->in_bytes += n;
	if ((rv = wire_conn_input(c->conn, buf, n)) != WIRE_OK)
		end(c, PEXCONN_WIRE, rv);
	else if (c->is_bad)
		end(c, PEXCONN_LIST, WIRE_OK);
	else
		flush(c);
}

static void
on_writable(int fd, short event, void *arg)
{
	struct pexconn		*c = arg;
	socklen_t		 len = sizeof(int);
	int			 error = 0;

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0)
		end(c, PEXCONN_CONNECT, WIRE_OK);
	else
		flush(c);
}

void
pexconn_config(struct wire_config *config, struct wire_crypto *crypto,
    const char *network, const char *moniker)
{
	static const struct mconn_channel	 channel = { PEX_CHANNEL,
	    PEX_CAPACITY };

	*config = (struct wire_config){ .crypto = crypto };
	config->info.p2p_version = 8;
	config->info.block_version = 11;
	config->info.network = wire_span_text(network);
	config->info.moniker = wire_span_text(moniker);
	config->info.version = wire_span_text("0.38.0");
	config->info.tx_index = wire_span_text("off");
	config->mconn = (struct mconn_config){ &channel, 1, MCONN_PAYLOAD };
	config->output_max = 1 << 20;
}

static struct wire_conn *
new_wire_conn(struct pexconn *c, const struct netaddr *listens,
    const struct node_id *dialled)
{
	struct wire_conn_params	 params = { .config = &c->config,
	    .ops = &wire_ops, .arg = c, .dialled = dialled,
	    .listen_addr = *listens };
	uint8_t			 seed[X25519_KEY_SIZE];

	arc4random_buf(seed, sizeof(seed));
	params.seed = seed;
	return wire_conn_new(&params);
}

struct pexconn *
pexconn_new(struct event_base *base, const struct wire_config *config,
    const struct nodekey *key, int fd, const struct netaddr *listens,
    const struct node_id *dialled, const struct pexconn_ops *ops,
    void *owner)
{
	struct pexconn		*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->config = *config;
	c->config.id = *nodekey_id(key);
	snprintf(c->moniker, sizeof(c->moniker), "%.*s-%02x%02x%02x",
	    (int)config->info.moniker.len, config->info.moniker.p,
	    c->config.id.b[0], c->config.id.b[1], c->config.id.b[2]);
	c->config.info.moniker = wire_span_text(c->moniker);
	c->ops = ops;
	c->owner = owner;
	c->key = key;
	c->fd = fd;
	c->since = pexconn_now();
	if ((c->conn = new_wire_conn(c, listens, dialled)) == NULL) {
		free(c);
		return NULL;
	}
	event_set(&c->readable, fd, EV_READ | EV_PERSIST, on_readable, c);
	event_set(&c->writable, fd, EV_WRITE, on_writable, c);
	event_base_set(base, &c->readable);
	event_base_set(base, &c->writable);
	event_add(&c->readable, NULL);
	event_add(&c->writable, NULL);
	return c;
}

void
pexconn_free(struct pexconn *c)
{
	event_del(&c->readable);
	event_del(&c->writable);
	close(c->fd);
	wire_conn_free(c->conn);
	free(c);
}
