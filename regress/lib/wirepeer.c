/* SPDX-License-Identifier: ISC */
/* A protocol connection with a key and a memory. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "regress/lib/wirepeer.h"

static void
on_need_signature(struct wire_conn *conn,
    const uint8_t challenge[SECRET_CHALLENGE_SIZE], void *arg)
{
	struct wirepeer	*p = arg;

	p->nsignature++;
	memcpy(p->challenge, challenge, sizeof(p->challenge));
	if (!p->no_sign)
		wirepeer_sign(p);
}

static void
on_authenticated(struct wire_conn *conn, const struct node_id *id,
    const uint8_t pub[ED25519_KEY_SIZE], void *arg)
{
	struct wirepeer	*p = arg;

	p->nauthenticated++;
	p->remote = *id;
}

static void
span_copy(char *out, size_t room, struct wire_span s)
{
	size_t	 n = s.len < room - 1 ? s.len : room - 1;

	if (n > 0)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

static void
on_node_info(struct wire_conn *conn, const struct nodeinfo *ni, void *arg)
{
	struct wirepeer	*p = arg;

	p->nnode_info++;
	span_copy(p->moniker, sizeof(p->moniker), ni->moniker);
	span_copy(p->listen_text, sizeof(p->listen_text), ni->listen_addr);
	if (!p->no_start)
		wire_conn_start(conn);
}

static void
on_refused(struct wire_conn *conn, const struct nodeinfo *ni,
    enum wire_error error, void *arg)
{
	struct wirepeer	*p = arg;

	p->nrefused++;
	span_copy(p->network, sizeof(p->network), ni->network);
}

static void
on_message(struct wire_conn *conn, uint8_t channel, struct wire_span msg,
    void *arg)
{
	struct wirepeer	*p = arg;

	p->nmessage++;
	p->channel = channel;
	free(p->message);
	if ((p->message = malloc(msg.len + 1)) == NULL)
		err(1, NULL);
	if (msg.len > 0)
		memcpy(p->message, msg.p, msg.len);
	p->message_len = msg.len;
	if (p->on_message != NULL)
		p->on_message(p);
}

static void
on_ping(struct wire_conn *conn, void *arg)
{
	((struct wirepeer *)arg)->nping++;
}

static void
on_pong(struct wire_conn *conn, bool asked, void *arg)
{
	struct wirepeer	*p = arg;

	p->npong++;
	p->nasked += asked;
}

static const struct wire_conn_ops	ops = {
	.need_signature = on_need_signature,
	.authenticated = on_authenticated,
	.node_info = on_node_info,
	.refused = on_refused,
	.message = on_message,
	.ping = on_ping,
	.pong = on_pong,
};

void
wirepeer_init(struct wirepeer *p, struct wire_crypto *crypto, uint64_t seed)
{
	static const char	 addr[] = "127.0.0.1:26656";
	struct nodekey_why	 why;
	struct testrng		 rng = { seed };
	uint8_t			 key[ED25519_KEY_SIZE];

	memset(p, 0, sizeof(*p));
	p->crypto = crypto;
	testrng_fill(&rng, key, sizeof(key));
	if ((p->key = nodekey_from_seed(key, &why)) == NULL)
		errx(1, "%s", why.text);
	p->id = *nodekey_id(p->key);
	netaddr_parse(addr, strlen(addr), &p->listen_addr);
	p->channels[0] = (struct mconn_channel){ PEX_CHANNEL, PEX_CAPACITY };
	p->config.crypto = crypto;
	p->config.id = p->id;
	p->config.info.p2p_version = 8;
	p->config.info.block_version = 11;
	p->config.info.network = wire_span_text("test-net");
	p->config.info.moniker = wire_span_text("peer");
	p->config.info.tx_index = wire_span_text("off");
	p->config.mconn.channels = p->channels;
	p->config.mconn.nchannels = 1;
	p->config.mconn.max_payload = MCONN_PAYLOAD;
	p->config.output_max = 1 << 20;
}

struct wire_crypto *
wirepeer_crypto(void)
{
	static struct wire_crypto	*crypto;

	if (crypto == NULL && (crypto = wire_crypto_new()) == NULL)
		errx(1, "no crypto");
	return crypto;
}

void
wirepeer_pair(struct wirepeer *a, struct wirepeer *b)
{
	wirepeer_init(a, wirepeer_crypto(), 1);
	wirepeer_init(b, wirepeer_crypto(), 2);
}

void
wirepeer_free_pair(struct wirepeer *a, struct wirepeer *b)
{
	wirepeer_free(a);
	wirepeer_free(b);
}

void
wirepeer_open(struct wirepeer *p, const struct node_id *dialled,
    uint64_t seed)
{
	struct wire_conn_params	 params = {
		.config = &p->config,
		.ops = &ops,
		.arg = p,
		.dialled = dialled,
		.listen_addr = p->listen_addr,
	};
	uint8_t			 eph[X25519_KEY_SIZE];
	struct testrng		 rng = { seed };

	testrng_fill(&rng, eph, sizeof(eph));
	params.seed = eph;
	if ((p->conn = wire_conn_new(&params)) == NULL)
		errx(1, "no connection");
}

void
wirepeer_free(struct wirepeer *p)
{
	wire_conn_free(p->conn);
	nodekey_free(p->key);
	free(p->message);
	memset(p, 0, sizeof(*p));
}

enum wire_error
wirepeer_input(struct wirepeer *p, const uint8_t *bytes, size_t n)
{
	return p->error = wire_conn_input(p->conn, bytes, n);
}

enum wire_error
wirepeer_sign(struct wirepeer *p)
{
	uint8_t	 sig[ED25519_SIG_SIZE];

	if (nodekey_sign(p->key, p->challenge, sizeof(p->challenge),
	    sig) == -1)
		errx(1, "no signature");
	return p->error = wire_conn_sign(p->conn, nodekey_pub(p->key), sig);
}

/* One piece from one to the other.  Returns its size. */
static size_t
move(struct wirepeer *from, struct wirepeer *to, struct testrng *rng)
{
	struct wire_span	 out = wire_conn_output(from->conn);
	size_t			 n = out.len, want;
	uint8_t			*copy;

	want = wire_conn_want(to->conn);
	if (n > want)
		n = want;
	if (n == 0)
		return 0;
	if (rng != NULL)
		n = 1 + testrng_below(rng, n < 3000 ? n : 3000);
	/* An exact copy, so that reading past its end is seen. */
	if ((copy = malloc(n)) == NULL)
		err(1, NULL);
	memcpy(copy, out.p, n);
	wire_conn_sent(from->conn, n);
	wirepeer_input(to, copy, n);
	free(copy);
	return n;
}

size_t
wirepair_pump(struct wirepeer *a, struct wirepeer *b, struct testrng *rng)
{
	size_t	 n, total = 0;

	do {
		n = move(a, b, rng);
		n += move(b, a, rng);
		total += n;
	} while (n > 0);
	return total;
}

void
wirepair_connect(struct wirepeer *a, struct wirepeer *b, struct testrng *rng)
{
	wirepeer_open(a, &b->id, 101);
	wirepeer_open(b, NULL, 202);
	wirepair_pump(a, b, rng);
}
