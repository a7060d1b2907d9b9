/* SPDX-License-Identifier: ISC */
/* The address we announce: which of those we have.  Pure. */
#ifndef PEXD_ENGINE_ANNOUNCE_H
#define PEXD_ENGINE_ANNOUNCE_H

#include <stdbool.h>

#include "common/conf.h"
#include "common/netaddr.h"

/*
 * For a connection of IPv4, or of IPv6: the external address of that family;
 * else where we listen in that family, be it the IP of the socket's near end
 * (local) because the listener is on all addresses; else the external address
 * of the other family; else the listener's.  With strict routability an IP
 * that is not routable is left unspecified, and the far end may take what it
 * sees.  listener: where the connection was accepted, else the best one, or
 * NULL: port 0.  local may be NULL.
 */
struct netaddr	announce_choose(const struct conf *, bool v4,
		    const struct netaddr *listener,
		    const struct netaddr *local);

#endif
