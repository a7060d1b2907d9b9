/* SPDX-License-Identifier: ISC */
/*
 * Address text: what parses prints as something that parses to the same,
 * and that canonical form stays as it is.
 */
#include <stdlib.h>
#include <string.h>

#include "common/netaddr.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_ip(const char *text, size_t len)
{
	uint8_t	 ip[16], again[16];
	char	 once[IP_TEXT_SIZE], twice[IP_TEXT_SIZE];

	if (ip_parse(text, len, ip) == -1)
		return;
	ip_text(ip, once);
	if (ip_parse(once, strlen(once), again) == -1 ||
	    memcmp(ip, again, sizeof(ip)) != 0 ||
	    strcmp(once, ip_text(again, twice)) != 0)
		abort();
	if (ip_is_routable(ip) && (!ip_is_routable_comet(ip) ||
	    ip_is_local(ip) || !ip_is_valid(ip)))
		abort();
	netgroup_text(netgroup_of(ip, true), once);
	netgroup_text(netgroup_of(ip, false), once);
}

static void
check_peer_addr(const char *text, size_t len)
{
	struct peer_addr	 pa, again;
	struct host_addr	 ha;
	char			 once[PEER_ADDR_TEXT_SIZE];

	if (peer_addr_parse(text, len, &pa) != ADDRPARSE_OK)
		return;
	peer_addr_text(&pa, once);
	if (peer_addr_parse(once, strlen(once), &again) != ADDRPARSE_OK ||
	    !peer_addr_equal(&pa, &again))
		abort();
	/* What is a literal there is one here. */
	if (host_addr_parse(text, len, &ha) != ADDRPARSE_OK ||
	    !ha.is_literal || memcmp(ha.ip, pa.na.ip, sizeof(ha.ip)) != 0 ||
	    ha.port != pa.na.port)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct host_addr	 ha;
	struct netaddr		 na;
	char			*text;

	/* An exact copy, without a NUL behind it. */
	if ((text = malloc(len == 0 ? 1 : len)) == NULL)
		return 0;
	memcpy(text, data, len);
	check_ip(text, len);
	check_peer_addr(text, len);
	netaddr_parse(text, len, &na);
	if (host_addr_parse(text, len, &ha) == ADDRPARSE_OK &&
	    memchr(ha.host, '\0', sizeof(ha.host)) == NULL)
		abort();
	free(text);
	return 0;
}
