/* SPDX-License-Identifier: ISC */
/*
 * Node infos: what decodes encodes to something that decodes to the same,
 * and what is valid is printable where we will print it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "wire/nodeinfo.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_text(struct wire_span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		if (!isprint(s.p[i]))
			abort();
}

static void
check_valid(const struct nodeinfo *ni)
{
	struct host_addr	 ha;

	if (nodeinfo_listen_addr(ni, &ha) != ADDRPARSE_OK ||
	    ni->id.len != 2 * NODE_ID_SIZE || ni->moniker.len == 0 ||
	    ni->channels.len > NODEINFO_CHANNELS_MAX)
		abort();
	check_text(ni->id);
	check_text(ni->moniker);
	check_text(ni->version);
	check_text(ni->rpc_address);
	check_text(wire_span_text(ha.host));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct node_id	 id = { { 1 } };
	uint8_t				 once[NODEINFO_MAX];
	uint8_t				 twice[NODEINFO_MAX];
	struct nodeinfo			 ni, again;
	size_t				 n;

	if (len > NODEINFO_MAX ||
	    nodeinfo_decode(wire_span_of(data, len), &ni) != WIRE_OK)
		return 0;
	n = nodeinfo_encode(&ni, once, sizeof(once));
	/* It may grow: both sub-messages are always written. */
	if (n == 0) {
		if (len < NODEINFO_MAX - 4)
			abort();
		return 0;
	}
	if (n != nodeinfo_size(&ni) ||
	    nodeinfo_decode(wire_span_of(once, n), &again) != WIRE_OK ||
	    nodeinfo_encode(&again, twice, sizeof(twice)) != n ||
	    memcmp(once, twice, n) != 0)
		abort();
	if (nodeinfo_validate(&ni) == WIRE_OK)
		check_valid(&ni);
	if (ni.channels.len > 0 && nodeinfo_compatible(&ni, &again) != WIRE_OK)
		abort();
	nodeinfo_check(&ni, &id, &again, &id);
	return 0;
}
