/* SPDX-License-Identifier: ISC */
/* The address we announce, by what is configured and how we are connected. */

#include <atf-c.h>
#include <string.h>

#include "engine/announce.h"

static const struct {
	const char	*what;
	bool		 strict, v4;
	const char	*external4, *external6, *listener, *local, *want;
} rows[] = {
	{ "external, of the connection's family", true, true,
	    "9.9.9.9:1000", "[2600::9]:1000", "0.0.0.0:26656", "8.8.4.4:5",
	    "9.9.9.9:1000" },
	{ "external, IPv6", true, false,
	    "9.9.9.9:1000", "[2600::9]:1000", "[::]:26656", "[2600::1]:5",
	    "[2600::9]:1000" },
	{ "a listener's own address", true, true,
	    NULL, NULL, "8.8.8.8:26656", "8.8.4.4:5", "8.8.8.8:26656" },
	{ "on all addresses: this connection's", true, true,
	    NULL, NULL, "0.0.0.0:26656", "8.8.4.4:5", "8.8.4.4:26656" },
	{ "on all addresses: this connection's, IPv6", true, false,
	    NULL, NULL, "[::]:26656", "[2600::1]:5", "[2600::1]:26656" },
	{ "behind a router nobody told us of", true, true,
	    NULL, NULL, "0.0.0.0:26656", "192.168.1.2:5", "0.0.0.0:26656" },
	{ "an inner address is of no use to others", true, true,
	    NULL, NULL, "192.168.1.2:26656", "192.168.1.2:5",
	    "0.0.0.0:26656" },
	{ "the same, IPv6", true, false,
	    NULL, NULL, "[fd00::1]:26656", "[fd00::1]:5", "[::]:26656" },
	{ "unless the network is private", false, true,
	    NULL, NULL, "192.168.1.2:26656", "192.168.1.2:5",
	    "192.168.1.2:26656" },
	{ "and on all addresses", false, true,
	    NULL, NULL, "0.0.0.0:26656", "192.168.1.2:5",
	    "192.168.1.2:26656" },
	{ "nobody listens where this connection comes from", true, false,
	    NULL, NULL, "0.0.0.0:26656", "[2600::1]:5", "0.0.0.0:26656" },
	{ "but at the other family's external address", true, false,
	    "9.9.9.9:1000", NULL, "0.0.0.0:26656", "[2600::1]:5",
	    "9.9.9.9:1000" },
	{ "or at the other family's listener", true, false,
	    NULL, NULL, "8.8.8.8:26656", "[2600::1]:5", "8.8.8.8:26656" },
	{ "a listener of this family before that", true, false,
	    "9.9.9.9:1000", NULL, "[::]:26656", "[2600::1]:5",
	    "[2600::1]:26656" },
	{ "the socket says nothing", true, true,
	    NULL, NULL, "0.0.0.0:26656", NULL, "0.0.0.0:26656" },
	{ "no listener", true, true,
	    NULL, NULL, NULL, "8.8.4.4:5", NULL },
	{ "no listener but a router's port", true, true,
	    NULL, "[2600::9]:1000", NULL, "8.8.4.4:5", "[2600::9]:1000" },
};

static const struct netaddr *
parse(const char *text, struct netaddr *na)
{
	if (text == NULL)
		return NULL;
	ATF_REQUIRE_EQ_MSG(0, netaddr_parse(text, strlen(text), na), "%s",
	    text);
	return na;
}

ATF_TC_WITHOUT_HEAD(which);
ATF_TC_BODY(which, tc)
{
	char text[NETADDR_TEXT_SIZE];
	struct netaddr listener, local, got;
	struct conf *conf;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ATF_REQUIRE((conf = conf_new()) != NULL);
		conf->strict = rows[i].strict;
		conf->has_external4 = parse(rows[i].external4,
		    &conf->external4) != NULL;
		conf->has_external6 = parse(rows[i].external6,
		    &conf->external6) != NULL;
		got = announce_choose(conf, rows[i].v4,
		    parse(rows[i].listener, &listener),
		    parse(rows[i].local, &local));
		if (rows[i].want == NULL)
			ATF_CHECK_EQ(0, got.port);
		else
			ATF_CHECK_STREQ_MSG(rows[i].want,
			    netaddr_text(&got, text), "%s", rows[i].what);
		conf_free(conf);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, which);
	return atf_no_error();
}
