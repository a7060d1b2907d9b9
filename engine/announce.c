/* SPDX-License-Identifier: ISC */
/*
 * What we say of ourselves.  One object per config, shared by the
 * connections that began under it, so that a reload changes nothing of a
 * handshake under way.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>

#include "engine/announce.h"
#include "engine/engine.h"

struct announce {
	unsigned		 refs;
	struct wire_config	 wire;
	struct mconn_channel	 channels[REACTORS_MAX * REACTOR_CHANNELS_MAX];
	char			 network[CONF_NETWORK_SIZE];
	char			 moniker[CONF_MONIKER_SIZE];
	char			 version[CONF_VERSION_SIZE];
};

struct announce *
announce_ref(struct announce *a)
{
	a->refs++;
	return a;
}

void
announce_unref(struct announce *a)
{
	if (a != NULL && --a->refs == 0)
		free(a);
}

const struct wire_config *
announce_wire(const struct announce *a)
{
	return &a->wire;
}

static void
fill_info(struct announce *a, const struct conf *conf)
{
	struct nodeinfo *ni = &a->wire.info;

	strlcpy(a->network, conf->network, sizeof(a->network));
	strlcpy(a->moniker, conf->moniker, sizeof(a->moniker));
	strlcpy(a->version, conf->version, sizeof(a->version));
	ni->p2p_version = conf->p2p_version;
	ni->block_version = conf->block_version;
	ni->network = wire_span_text(a->network);
	ni->moniker = wire_span_text(a->moniker);
	ni->version = wire_span_text(a->version);
	ni->tx_index = wire_span_text("off");
}

int
announce_renew(struct engine *eng)
{
	const struct conf *conf = engine_conf(eng);
	struct announce *a;

	if ((a = calloc(1, sizeof(*a))) == NULL)
		return -1;
	a->wire.crypto = eng->crypto;
	a->wire.id = conf->id;
	a->wire.output_max = ENGINE_OUTPUT_MAX;
	a->wire.mconn.channels = a->channels;
	a->wire.mconn.nchannels = switch_channels(eng, a->channels,
	    sizeof(a->channels) / sizeof(a->channels[0]));
	a->wire.mconn.max_payload = conf->limits.packet_payload;
	fill_info(a, conf);
	announce_unref(eng->announce);
	eng->announce = announce_ref(a);
	return 0;
}

static int
local_address(int fd, struct netaddr *na)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
		return -1;
	return netaddr_from_sockaddr((struct sockaddr *)&ss, len, na);
}

struct netaddr
announce_address(struct engine *eng, int fd, const struct listener *l,
    const struct netaddr *far)
{
	bool v4 = ip_is_v4(far->ip);
	struct netaddr local;

	if (l == NULL)
		l = listener_for(eng, v4);
	return announce_choose(engine_conf(eng), v4,
	    l != NULL ? listener_addr(l) : NULL,
	    local_address(fd, &local) == 0 ? &local : NULL);
}
