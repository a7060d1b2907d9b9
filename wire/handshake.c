/* SPDX-License-Identifier: ISC */
/*
 * The handshake of a connection: key exchange, authentication, node info.
 * Our node info goes out as soon as both sides have authenticated.
 */
#include <stdlib.h>

#include "wire/conn_local.h"

#define INFO_PREFIX_MAX	3	/* varint of NODEINFO_MAX */

enum wire_error
handshake_begin(struct wire_conn *conn, const struct wire_conn_params *params)
{
	uint8_t		 hello[SECRET_HELLO_SIZE];
	enum wire_error	 rv;

	if ((conn->hs = calloc(1, sizeof(*conn->hs))) == NULL)
		return WIRE_NOMEM;
	conn->hs->listen_addr = params->listen_addr;
	rv = secret_start(&conn->hs->exchange, params->seed, hello);
	if (rv != WIRE_OK)
		return rv;
	return output_raw(conn, hello, sizeof(hello));
}

void
handshake_free(struct wire_conn *conn)
{
	struct handshake	*hs = conn->hs;

	if (hs == NULL)
		return;
	delim_reset(&hs->delim);
	secret_exchange_wipe(&hs->exchange);
	freezero(hs, sizeof(*hs));
	conn->hs = NULL;
}

/* Which of a layer's messages had the bad length. */
static enum wire_error
length_error(enum wire_error rv, enum wire_error layer)
{
	return rv == WIRE_LENGTH_BAD || rv == WIRE_LENGTH_OVER ? layer : rv;
}

enum wire_error
handshake_take_hello(struct wire_conn *conn, struct wire_span *in)
{
	struct handshake	*hs = conn->hs;
	uint8_t			 remote[X25519_KEY_SIZE];
	struct wire_span	 msg;
	enum wire_error		 rv;

	rv = delim_next(&hs->delim, SECRET_HELLO_MAX, in, &msg);
	if (rv != WIRE_OK || msg.p == NULL)
		return length_error(rv, WIRE_HELLO_LENGTH);
	if ((rv = secret_hello_decode(msg, remote)) != WIRE_OK)
		return rv;
	delim_reset(&hs->delim);
	rv = secret_agree(conn->config->crypto, &hs->exchange, remote,
	    &conn->secret, hs->challenge);
	secret_exchange_wipe(&hs->exchange);
	if (rv != WIRE_OK)
		return rv;
	conn->phase = WIRE_PHASE_AUTH;
	conn->ops->need_signature(conn, hs->challenge, conn->arg);
	return WIRE_OK;
}

/* The channels of our reactors, as bytes.  Returns how many. */
static size_t
our_channels(const struct wire_conn *conn, uint8_t ids[NODEINFO_CHANNELS_MAX])
{
	const struct mconn_config	*m = &conn->config->mconn;
	unsigned int			 i;

	for (i = 0; i < m->nchannels && i < NODEINFO_CHANNELS_MAX; i++)
		ids[i] = m->channels[i].id;
	return i;
}

static enum wire_error
send_nodeinfo(struct wire_conn *conn)
{
	struct nodeinfo	 ni = conn->config->info;
	uint8_t		 channels[NODEINFO_CHANNELS_MAX];
	uint8_t		 buf[INFO_PREFIX_MAX + NODEINFO_MAX], *start;
	char		 id[NODE_ID_TEXT_SIZE];
	char		 addr[6 + NETADDR_TEXT_SIZE] = "tcp://";
	size_t		 len;

	node_id_text(&conn->config->id, id);
	netaddr_text(&conn->hs->listen_addr, addr + 6);
	ni.id = wire_span_text(id);
	ni.listen_addr = wire_span_text(addr);
	ni.channels = wire_span_of(channels, our_channels(conn, channels));
	len = nodeinfo_encode(&ni, buf + INFO_PREFIX_MAX, NODEINFO_MAX);
	if (len == 0)
		return WIRE_MESSAGE_SIZE;
	start = buf + INFO_PREFIX_MAX - varint_size(len);
	varint_put(start, len);
	return output_sealed(conn, start, buf + INFO_PREFIX_MAX + len - start);
}

enum wire_error
handshake_sign(struct wire_conn *conn, const uint8_t pub[ED25519_KEY_SIZE],
    const uint8_t sig[ED25519_SIG_SIZE])
{
	uint8_t		 auth[SECRET_AUTH_SIZE];
	enum wire_error	 rv;

	if (secret_auth_encode(pub, sig, auth) == -1)
		return WIRE_CRYPTO;
	rv = output_sealed(conn, auth, sizeof(auth));
	if (rv != WIRE_OK)
		return rv;
	conn->hs->is_signed = true;
	return conn->phase == WIRE_PHASE_NODEINFO ? send_nodeinfo(conn) :
	    WIRE_OK;
}

static enum wire_error
check_auth(struct wire_conn *conn, struct wire_span msg,
    uint8_t pub[ED25519_KEY_SIZE])
{
	struct wire_crypto	*crypto = conn->config->crypto;
	uint8_t			 sig[ED25519_SIG_SIZE];
	enum wire_error		 rv;

	if ((rv = secret_auth_decode(msg, pub, sig)) != WIRE_OK)
		return rv;
	rv = ed25519_verify(crypto, pub, sig, conn->hs->challenge,
	    SECRET_CHALLENGE_SIZE);
	if (rv != WIRE_OK)
		return rv;
	node_id_of_key(crypto, pub, &conn->remote);
	conn->is_authenticated = true;
	if (!conn->is_dialled || node_id_equal(&conn->remote, &conn->dialled))
		return WIRE_OK;
	/* Our own address under another's name: more than a wrong identity. */
	return node_id_equal(&conn->remote, &conn->config->id) ? WIRE_SELF :
	    WIRE_WRONG_IDENTITY;
}

enum wire_error
handshake_take_auth(struct wire_conn *conn, struct wire_span *in)
{
	uint8_t			 pub[ED25519_KEY_SIZE];
	struct wire_span	 msg;
	enum wire_error		 rv;

	rv = delim_next(&conn->mconn.delim, SECRET_AUTH_MAX, in, &msg);
	if (rv != WIRE_OK || msg.p == NULL)
		return length_error(rv, WIRE_AUTH_LENGTH);
	if ((rv = check_auth(conn, msg, pub)) != WIRE_OK)
		return rv;
	delim_reset(&conn->mconn.delim);
	conn->phase = WIRE_PHASE_NODEINFO;
	if (conn->hs->is_signed && (rv = send_nodeinfo(conn)) != WIRE_OK)
		return rv;
	if (conn->ops->authenticated != NULL)
		conn->ops->authenticated(conn, &conn->remote, pub, conn->arg);
	return WIRE_OK;
}

static enum wire_error
check_nodeinfo(struct wire_conn *conn, const struct nodeinfo *theirs)
{
	struct nodeinfo	 ours = conn->config->info;
	uint8_t		 channels[NODEINFO_CHANNELS_MAX];

	ours.channels = wire_span_of(channels, our_channels(conn, channels));
	return nodeinfo_check(&ours, &conn->config->id, theirs,
	    &conn->remote);
}

enum wire_error
handshake_take_nodeinfo(struct wire_conn *conn, struct wire_span *in)
{
	struct nodeinfo		 theirs;
	struct wire_span	 msg;
	enum wire_error		 rv;
	size_t			 i;
	uint8_t			 id;

	rv = delim_next(&conn->mconn.delim, NODEINFO_MAX, in, &msg);
	if (rv != WIRE_OK || msg.p == NULL)
		return length_error(rv, WIRE_INFO_LENGTH);
	if ((rv = nodeinfo_decode(msg, &theirs)) != WIRE_OK)
		return rv;
	if ((rv = check_nodeinfo(conn, &theirs)) != WIRE_OK) {
		if (conn->ops->refused != NULL)
			conn->ops->refused(conn, &theirs, rv, conn->arg);
		return rv;
	}
	for (i = 0; i < theirs.channels.len; i++) {
		id = theirs.channels.p[i];
		conn->peer_channels[id / 64] |= 1ULL << id % 64;
	}
	handshake_free(conn);
	conn->phase = WIRE_PHASE_ADMIT;
	conn->ops->node_info(conn, &theirs, conn->arg);
	delim_reset(&conn->mconn.delim);
	return WIRE_OK;
}
