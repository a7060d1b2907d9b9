/* SPDX-License-Identifier: ISC */
/* Vectors of node infos: encoding, validity, compatibility, address. */
#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regress/lib/vec.h"
#include "wire/delim.h"
#include "wire/nodeinfo.h"

static struct wire_span
text_field(struct vec *v, json_t *fields, const char *key)
{
	if (!vec_has(fields, key))
		return wire_span_of(NULL, 0);
	return vec_span(v, fields, key);
}

static uint64_t
num_field(struct vec *v, json_t *fields, const char *key)
{
	return vec_has(fields, key) ? vec_u64(v, fields, key) : 0;
}

/* Go's JSON has byte strings in base64. */
static struct wire_span
base64_field(struct vec *v, json_t *fields, const char *key)
{
	struct wire_span	 text = text_field(v, fields, key);
	uint8_t			*out = vec_alloc(v, text.len);
	int			 n;

	if (text.len == 0)
		return text;
	if ((n = EVP_DecodeBlock(out, text.p, text.len)) < 0) {
		vec_fail(v, "\"%s\" is no base64", key);
		return wire_span_of(NULL, 0);
	}
	while (text.len > 0 && text.p[text.len - 1] == '=') {
		text.len--;
		n--;
	}
	return wire_span_of(out, n);
}

static void
read_fields(struct vec *v, json_t *f, struct nodeinfo *ni)
{
	json_t	*version = json_object_get(f, "protocol_version");
	json_t	*other = json_object_get(f, "other");

	memset(ni, 0, sizeof(*ni));
	if (!vec_keys(v, f, "protocol_version other default_node_id? "
	    "listen_addr? network? version? channels? moniker?") ||
	    !vec_keys(v, version, "p2p? block? app?") ||
	    !vec_keys(v, other, "tx_index? rpc_address?"))
		return;
	ni->p2p_version = num_field(v, version, "p2p");
	ni->block_version = num_field(v, version, "block");
	ni->app_version = num_field(v, version, "app");
	ni->id = text_field(v, f, "default_node_id");
	ni->listen_addr = text_field(v, f, "listen_addr");
	ni->network = text_field(v, f, "network");
	ni->version = text_field(v, f, "version");
	ni->channels = base64_field(v, f, "channels");
	ni->moniker = text_field(v, f, "moniker");
	ni->tx_index = text_field(v, other, "tx_index");
	ni->rpc_address = text_field(v, other, "rpc_address");
}

static bool
equal(const struct nodeinfo *a, const struct nodeinfo *b)
{
	return a->p2p_version == b->p2p_version &&
	    a->block_version == b->block_version &&
	    a->app_version == b->app_version &&
	    wire_span_equal(a->id, b->id) &&
	    wire_span_equal(a->listen_addr, b->listen_addr) &&
	    wire_span_equal(a->network, b->network) &&
	    wire_span_equal(a->version, b->version) &&
	    wire_span_equal(a->channels, b->channels) &&
	    wire_span_equal(a->moniker, b->moniker) &&
	    wire_span_equal(a->tx_index, b->tx_index) &&
	    wire_span_equal(a->rpc_address, b->rpc_address);
}

/* What an error text of CometBFT's is in ours. */
static const struct {
	const char	*begin;
	enum wire_error	 error;
} errors[] = {
	{ "ok", WIRE_OK },
	/* CometBFT looked the name up; we never do, so it is fine. */
	{ "error: error looking up host", WIRE_OK },
	{ "error: invalid address (", WIRE_INFO_ADDRESS },
	{ "error: address (", WIRE_INFO_ADDRESS },
	{ "error: info.ListenAddr", WIRE_INFO_ADDRESS },
	{ "error: info.Version must be", WIRE_INFO_VERSION },
	{ "error: info.Channels is too long", WIRE_INFO_CHANNELS },
	{ "error: info.Channels contains duplicate", WIRE_INFO_CHANNEL_TWICE },
	{ "error: info.Moniker must be", WIRE_INFO_MONIKER },
	{ "error: info.Other.TxIndex", WIRE_INFO_TX_INDEX },
	{ "error: info.Other.RPCAddress", WIRE_INFO_RPC },
	{ "error: peer is on a different Block version", WIRE_WRONG_BLOCK },
	{ "error: peer is on a different network", WIRE_WRONG_NETWORK },
	{ "error: peer has no common channels", WIRE_NO_COMMON_CHANNEL },
};

/* CometBFT asks for whatever stands there, also for what is no name. */
static bool
is_odd_host(const char *text)
{
	const char	*p = strchr(text, '(');
	size_t		 n;

	if (!vec_begins(text, "error: error looking up host") || p == NULL)
		return false;
	n = strspn(++p, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
	return p[n] != ')' || n >= HOST_NAME_SIZE;
}

static void
check_error(struct vec *v, json_t *c, const char *key, enum wire_error got)
{
	const char	*text = vec_text(v, c, key);
	size_t		 i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (vec_begins(text, errors[i].begin)) {
			if (errors[i].error != got &&
			    !(is_odd_host(text) && got == WIRE_INFO_ADDRESS))
				vec_fail(v, "%s: \"%s\", but we say: %s",
				    key, text, wire_error_text(got));
			return;
		}
	vec_fail(v, "%s: \"%s\" is not understood", key, text);
}

static void
check_address(struct vec *v, json_t *c, const struct nodeinfo *ni)
{
	const char		*want = vec_text(v, c, "net_address");
	char			 text[PEER_ADDR_TEXT_SIZE];
	struct host_addr	 ha;
	struct peer_addr	 pa;
	enum addrparse		 rv;

	rv = nodeinfo_listen_addr(ni, &ha);
	if (is_odd_host(want)) {
		VEC_CHECK(v, rv == ADDRPARSE_BAD_HOST);
		return;
	}
	if (vec_begins(want, "error: error looking up host")) {
		VEC_CHECK(v, rv == ADDRPARSE_OK && !ha.is_literal);
		return;
	}
	if (vec_begins(want, "error:")) {
		VEC_CHECK(v, rv != ADDRPARSE_OK);
		return;
	}
	VEC_CHECK(v, rv == ADDRPARSE_OK);
	if (rv != ADDRPARSE_OK || !ha.is_literal)
		return;		/* resolved there, never here */
	pa.id = ha.id;
	memcpy(pa.na.ip, ha.ip, sizeof(pa.na.ip));
	pa.na.port = ha.port;
	VEC_CHECK(v, strcasecmp(peer_addr_text(&pa, text), want) == 0);
}

void
vec_node_info(struct vec *v, json_t *c)
{
	struct wire_span	 encoded = vec_bytes(v, c, "encoded");
	struct wire_span	 rest = vec_bytes(v, c, "delimited");
	struct nodeinfo		 ni, got, base;
	json_t			*first;
	uint8_t			*out;
	uint64_t		 len;

	if (vec_has(v->top, "max_node_info_size"))
		VEC_CHECK(v, vec_u64(v, v->top, "max_node_info_size") ==
		    NODEINFO_MAX);
	first = json_array_get(json_object_get(v->top, "cases"), 0);
	read_fields(v, json_object_get(first == NULL ? c : first, "fields"),
	    &base);
	read_fields(v, json_object_get(c, "fields"), &ni);

	VEC_CHECK(v, varint_get(&rest, &len) == 0 && len == rest.len &&
	    wire_span_equal(rest, encoded));
	out = vec_alloc(v, encoded.len);
	VEC_CHECK(v, nodeinfo_size(&ni) == encoded.len);
	VEC_CHECK(v, nodeinfo_encode(&ni, out, encoded.len) == encoded.len &&
	    vec_is(encoded, out, encoded.len));
	VEC_CHECK(v, nodeinfo_decode(encoded, &got) == WIRE_OK &&
	    equal(&got, &ni));
	check_error(v, c, "validate", nodeinfo_validate(&ni));
	check_error(v, c, "base_compatible_with_this",
	    nodeinfo_compatible(&base, &ni));
	check_address(v, c, &ni);
}
