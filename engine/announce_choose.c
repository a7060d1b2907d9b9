/* SPDX-License-Identifier: ISC */
/* Which of our addresses a peer is told. */

#include <sys/types.h>

#include <string.h>

#include "engine/announce.h"

static bool
is_fit(const struct conf *conf, const struct netaddr *na)
{
	if (ip_is_unspecified(na->ip))
		return false;
	return conf->strict ? ip_is_routable(na->ip) : ip_is_valid(na->ip);
}

static const struct netaddr *
external(const struct conf *conf, bool v4)
{
	if (v4)
		return conf->has_external4 ? &conf->external4 : NULL;
	return conf->has_external6 ? &conf->external6 : NULL;
}

/* Somewhere on that port: the far end knows where we are better than we. */
static struct netaddr
anywhere(const struct netaddr *na)
{
	struct netaddr any = *na;

	if (ip_is_v4(na->ip))
		memset(any.ip + 12, 0, 4);
	else
		memset(any.ip, 0, sizeof(any.ip));
	return any;
}

struct netaddr
announce_choose(const struct conf *conf, bool v4,
    const struct netaddr *listener, const struct netaddr *local)
{
	struct netaddr na = { .port = 0 };
	const struct netaddr *ext;

	if ((ext = external(conf, v4)) != NULL)
		return *ext;
	if (listener != NULL && ip_is_v4(listener->ip) == v4) {
		if (is_fit(conf, listener))
			return *listener;
		if (ip_is_unspecified(listener->ip) && local != NULL &&
		    is_fit(conf, local)) {
			na = *local;
			na.port = listener->port;
			return na;
		}
	}
	if ((ext = external(conf, !v4)) != NULL)
		return *ext;
	if (listener == NULL)
		return na;
	return is_fit(conf, listener) ? *listener : anywhere(listener);
}
