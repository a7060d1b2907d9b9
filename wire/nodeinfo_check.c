/* SPDX-License-Identifier: ISC */
/* Whether a peer's NodeInfo lets us go on, check by check. */
#include "wire/nodeinfo.h"

/* Longest address text looked at: id, '@', host name, port. */
#define ADDRESS_MAX	(NODE_ID_TEXT_SIZE + HOST_NAME_SIZE + 8)

/* CometBFT's "ASCII text": printable, and not only spaces. */
static bool
is_text(struct wire_span s)
{
	bool	 blank = true;
	size_t	 i;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
		if (s.p[i] != ' ')
			blank = false;
	}
	return !blank;
}

static bool
is_empty_or_text(struct wire_span s)
{
	return s.len == 0 || is_text(s);
}

/* What stands between the first "://" and the next, or all of it. */
static struct wire_span
strip_scheme(struct wire_span s)
{
	const uint8_t	*p;

	if (s.len == 0 || (p = memmem(s.p, s.len, "://", 3)) == NULL)
		return s;
	wire_span_take(&s, p + 3 - s.p);
	if (s.len > 0 && (p = memmem(s.p, s.len, "://", 3)) != NULL)
		s.len = p - s.p;
	return s;
}

enum addrparse
nodeinfo_listen_addr(const struct nodeinfo *ni, struct host_addr *ha)
{
	struct wire_span	 host = strip_scheme(ni->listen_addr);
	char			 text[ADDRESS_MAX];
	size_t			 n = 0;

	if (ni->id.len != 2 * NODE_ID_SIZE)
		return ADDRPARSE_BAD_ID;
	if (host.len > sizeof(text) - ni->id.len - 1)
		return ADDRPARSE_BAD_HOST;
	memcpy(text, ni->id.p, ni->id.len);
	n += ni->id.len;
	text[n++] = '@';
	if (host.len > 0)
		memcpy(text + n, host.p, host.len);
	return host_addr_parse(text, n + host.len, ha);
}

static enum wire_error
check_channels(struct wire_span channels)
{
	size_t	 i;

	if (channels.len > NODEINFO_CHANNELS_MAX)
		return WIRE_INFO_CHANNELS;
	for (i = 1; i < channels.len; i++)
		if (memchr(channels.p, channels.p[i], i) != NULL)
			return WIRE_INFO_CHANNEL_TWICE;
	return WIRE_OK;
}

enum wire_error
nodeinfo_validate(const struct nodeinfo *ni)
{
	struct host_addr	 ha;
	enum wire_error		 rv;

	if (nodeinfo_listen_addr(ni, &ha) != ADDRPARSE_OK)
		return WIRE_INFO_ADDRESS;
	if (!is_empty_or_text(ni->version))
		return WIRE_INFO_VERSION;
	if (!is_empty_or_text(ni->rpc_address))
		return WIRE_INFO_RPC;
	if (!is_text(ni->moniker))
		return WIRE_INFO_MONIKER;
	if ((rv = check_channels(ni->channels)) != WIRE_OK)
		return rv;
	if (ni->tx_index.len != 0 &&
	    !wire_span_equal(ni->tx_index, wire_span_text("on")) &&
	    !wire_span_equal(ni->tx_index, wire_span_text("off")))
		return WIRE_INFO_TX_INDEX;
	return WIRE_OK;
}

bool
nodeinfo_has_channel(const struct nodeinfo *ni, uint8_t channel)
{
	return ni->channels.len > 0 &&
	    memchr(ni->channels.p, channel, ni->channels.len) != NULL;
}

enum wire_error
nodeinfo_compatible(const struct nodeinfo *ours, const struct nodeinfo *theirs)
{
	size_t	 i;

	if (ours->block_version != theirs->block_version)
		return WIRE_WRONG_BLOCK;
	if (!wire_span_equal(ours->network, theirs->network))
		return WIRE_WRONG_NETWORK;
	for (i = 0; i < ours->channels.len; i++)
		if (nodeinfo_has_channel(theirs, ours->channels.p[i]))
			return WIRE_OK;
	/* CometBFT: a node without channels of its own minds nothing. */
	return ours->channels.len == 0 ? WIRE_OK : WIRE_NO_COMMON_CHANNEL;
}

enum wire_error
nodeinfo_check(const struct nodeinfo *ours, const struct node_id *our_id,
    const struct nodeinfo *theirs, const struct node_id *their_id)
{
	char		 text[NODE_ID_TEXT_SIZE];
	enum wire_error	 rv;

	if ((rv = nodeinfo_validate(theirs)) != WIRE_OK)
		return rv;
	/* Byte for byte: an upper-case ID is valid, but nobody's. */
	if (!wire_span_equal(theirs->id,
	    wire_span_text(node_id_text(their_id, text))))
		return WIRE_INFO_ID;
	if (node_id_equal(our_id, their_id))
		return WIRE_SELF;
	return nodeinfo_compatible(ours, theirs);
}
