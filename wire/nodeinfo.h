/* SPDX-License-Identifier: ISC */
/*
 * DefaultNodeInfo: what two nodes say of themselves once each knows the
 * other's key, and the checks that decide whether they go on.
 *
 * Source: CometBFT p2p/node_info.go, p2p/transport.go.
 */
#ifndef PEXD_WIRE_NODEINFO_H
#define PEXD_WIRE_NODEINFO_H

#include "common/netaddr.h"
#include "wire/error.h"
#include "wire/span.h"

#define NODEINFO_MAX		10240	/* longest encoding, without prefix */
#define NODEINFO_CHANNELS_MAX	16

/*
 * The record.  Texts are spans into whatever it was decoded from or made of,
 * not terminated, and nothing is known about their bytes until
 * nodeinfo_validate() has passed (of the network's, not even then).
 */
struct nodeinfo {
	uint64_t		p2p_version;
	uint64_t		block_version;
	uint64_t		app_version;
	struct wire_span	id;		/* default_node_id */
	struct wire_span	listen_addr;
	struct wire_span	network;	/* chain ID */
	struct wire_span	version;	/* of the software */
	struct wire_span	channels;	/* one byte each */
	struct wire_span	moniker;
	struct wire_span	tx_index;
	struct wire_span	rpc_address;
};

/* Message without prefix.  WIRE_OK or WIRE_INFO_MALFORMED. */
enum wire_error	 nodeinfo_decode(struct wire_span msg, struct nodeinfo *);

/*
 * Bytes of the encoding without prefix, or 0 if it is over NODEINFO_MAX.
 */
size_t		 nodeinfo_size(const struct nodeinfo *);
/* Encode into out, which has nodeinfo_size() bytes of room.  The size, or 0. */
size_t		 nodeinfo_encode(const struct nodeinfo *, uint8_t *out,
		    size_t room);

/* Is the record sound in itself?  WIRE_INFO_*. */
enum wire_error	 nodeinfo_validate(const struct nodeinfo *);
/*
 * May we talk?  WIRE_WRONG_BLOCK, WIRE_WRONG_NETWORK,
 * WIRE_NO_COMMON_CHANNEL.
 */
enum wire_error	 nodeinfo_compatible(const struct nodeinfo *ours,
		    const struct nodeinfo *theirs);
/*
 * All checks in their order: valid, the id is the authenticated one
 * (WIRE_INFO_ID), not ourselves (WIRE_SELF), compatible.
 */
enum wire_error	 nodeinfo_check(const struct nodeinfo *ours,
		    const struct node_id *our_id,
		    const struct nodeinfo *theirs,
		    const struct node_id *their_id);
/*
 * Where the peer says it listens, of a valid record.  The host may be a
 * name, which is never to be resolved.
 */
enum addrparse	 nodeinfo_listen_addr(const struct nodeinfo *,
		    struct host_addr *);
bool		 nodeinfo_has_channel(const struct nodeinfo *, uint8_t);

#endif
