/* SPDX-License-Identifier: ISC */
/*
 * Addresses: what the vectors (vectors_test) do not cover.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <stdio.h>
#include <string.h>

#include <atf-c.h>

#include "common/netaddr.h"

#define ID_TEXT	"d835cdbd1c788257c6a581f864acbe9cc0f1b168"

static void
must_ip(const char *text, uint8_t ip[16])
{
	ATF_REQUIRE_MSG(ip_parse(text, strlen(text), ip) == 0,
	    "%s does not parse", text);
}

ATF_TC_WITHOUT_HEAD(strict_routability);
ATF_TC_BODY(strict_routability, tc)
{
	static const struct {
		const char	*ip;
		bool		 routable;
	} t[] = {
		{ "0.255.255.255", false }, { "1.0.0.0", true },
		{ "100.63.255.255", true }, { "100.64.0.0", false },
		{ "100.127.255.255", false }, { "100.128.0.0", true },
		{ "191.255.255.255", true }, { "192.0.0.255", false },
		{ "192.0.1.0", true }, { "192.0.2.0", false },
		{ "192.0.2.255", false }, { "192.0.3.0", true },
		{ "198.17.255.255", true }, { "198.18.0.0", false },
		{ "198.19.255.255", false }, { "198.20.0.0", true },
		{ "198.51.99.255", true }, { "198.51.100.0", false },
		{ "198.51.101.0", true }, { "203.0.112.255", true },
		{ "203.0.113.255", false }, { "203.0.114.0", true },
		{ "223.255.255.255", true }, { "224.0.0.0", false },
		{ "239.255.255.255", false }, { "240.0.0.0", false },
		{ "255.255.255.254", false }, { "255.255.255.255", false },
		{ "10.0.0.1", false }, { "127.0.0.1", false },
		{ "::ffff:100.64.0.1", false }, { "feff::1", false },
		{ "::1", false }, { "::", false }, { "ff00::", false },
		{ "ff02::1", false }, { "feff:ffff::", false },
		{ "fec0::1", false }, { "fe7f::1", true },
		{ "100::", false }, { "100::ffff:ffff:ffff:ffff", false },
		{ "100:0:0:1::", true }, { "2001:db8::1", false },
		{ "2a01:4f8::1", true }, { "fe80::1", false },
		{ "fd00::1", false },
	};
	uint8_t	 ip[16];
	size_t	 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		must_ip(t[i].ip, ip);
		ATF_CHECK_EQ_MSG(t[i].routable, ip_is_routable(ip), "%s",
		    t[i].ip);
	}
}

ATF_TC_WITHOUT_HEAD(ip_parse_refusals);
ATF_TC_BODY(ip_parse_refusals, tc)
{
	static const char *const	bad[] = { "", ".", "1", "1.2.3",
	    "1.2.3.4.5", "256.1.1.1", "1.2.3.04", "00.0.0.0", "0x1.2.3.4",
	    "1.2.3.-4", "+1.2.3.4", ":", ":::", "1::2::", "::12345",
	    "::g", "fe80::1%eth0", "::ffff:1.2.3.04", "::1.2.3",
	    "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4::5:6:7:8", ":1::", "1::2:",
	    " ::1", "::1 ",
	    "1111:1111:1111:1111:1111:1111:111.111.111.1111" };
	uint8_t	 ip[16], same[16];
	size_t	 i;

	memset(same, 0xa5, sizeof(same));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(ip, 0xa5, sizeof(ip));
		ATF_CHECK_MSG(ip_parse(bad[i], strlen(bad[i]), ip) == -1,
		    "\"%s\" was taken", bad[i]);
		ATF_CHECK(memcmp(ip, same, sizeof(ip)) == 0);
	}
	/* A NUL inside is an error and not an end. */
	ATF_CHECK_EQ(-1, ip_parse("1.2.3.4\0", 8, ip));
	/* Text need not be terminated. */
	ATF_CHECK_EQ(0, ip_parse("1.2.3.45", 7, ip));
	ATF_CHECK_EQ(4, ip[15]);
	/* The longest literal there is. */
	must_ip("1111:1111:1111:1111:1111:1111:111.111.111.111", ip);
}

/* Every pattern of zero groups against a plain reading of RFC 5952. */
ATF_TC_WITHOUT_HEAD(ip_text_round_trip);
ATF_TC_BODY(ip_text_round_trip, tc)
{
	uint8_t		 ip[16], back[16];
	char		 text[IP_TEXT_SIZE], longest[IP_TEXT_SIZE];
	unsigned int	 mask, g;
	size_t		 n;

	for (mask = 0; mask < 256; mask++) {
		memset(ip, 0, sizeof(ip));
		for (g = 0; g < 8; g++)
			if (mask & 1 << g)
				ip[2 * g + 1] = 0x1a;
		ip_text(ip, text);
		must_ip(text, back);
		ATF_CHECK_MSG(memcmp(ip, back, 16) == 0, "%s", text);
		ATF_CHECK_MSG(strstr(text, ":::") == NULL, "%s", text);
		/* No other shortening may be shorter. */
		inet_ntop(AF_INET6, ip, longest, sizeof(longest));
		if (strchr(longest, '.') == NULL)
			ATF_CHECK_STREQ(longest, text);
	}
	memset(ip, 0xff, sizeof(ip));
	n = strlen(ip_text(ip, text));
	ATF_CHECK_EQ(39, n);
}

ATF_TC_WITHOUT_HEAD(node_ids);
ATF_TC_BODY(node_ids, tc)
{
	struct node_id	 a, b;
	char		 text[NODE_ID_TEXT_SIZE];

	ATF_REQUIRE_EQ(0, node_id_parse(ID_TEXT, 40, &a));
	ATF_CHECK_STREQ(ID_TEXT, node_id_text(&a, text));
	ATF_REQUIRE_EQ(0, node_id_parse(
	    "D835CDBD1C788257C6A581F864ACBE9CC0F1B168", 40, &b));
	ATF_CHECK(node_id_equal(&a, &b));
	ATF_CHECK_EQ(0, node_id_cmp(&a, &b));
	b.b[19]++;
	ATF_CHECK(!node_id_equal(&a, &b));
	ATF_CHECK(node_id_cmp(&a, &b) < 0 && node_id_cmp(&b, &a) > 0);

	a = b;
	ATF_CHECK_EQ(-1, node_id_parse(ID_TEXT, 39, &a));
	ATF_CHECK_EQ(-1, node_id_parse(ID_TEXT "0", 41, &a));
	ATF_CHECK_EQ(-1, node_id_parse("", 0, &a));
	ATF_CHECK_EQ(-1, node_id_parse(
	    "d835cdbd1c788257c6a581f864acbe9cc0f1b16g", 40, &a));
	ATF_CHECK_MSG(node_id_equal(&a, &b), "an error changed the ID");
}

ATF_TC_WITHOUT_HEAD(peer_addr_refusals);
ATF_TC_BODY(peer_addr_refusals, tc)
{
	static const struct {
		const char	*in;
		enum addrparse	 want;
	} t[] = {
		{ "", ADDRPARSE_NO_ID },
		{ "://", ADDRPARSE_NO_ID },
		{ "a@b@c:1", ADDRPARSE_NO_ID },
		{ ID_TEXT "@1.2.3.4:1@", ADDRPARSE_NO_ID },
		{ "tcp://" ID_TEXT "@1.2.3.4:1", ADDRPARSE_OK },
		{ "://" ID_TEXT "@1.2.3.4:1://x", ADDRPARSE_OK },
		{ ID_TEXT "z@1.2.3.4:1", ADDRPARSE_BAD_ID },
		{ ID_TEXT "@", ADDRPARSE_NO_PORT },
		{ ID_TEXT "@1.2.3.4", ADDRPARSE_NO_PORT },
		{ ID_TEXT "@::1", ADDRPARSE_NO_PORT },
		{ ID_TEXT "@[::1]", ADDRPARSE_NO_PORT },
		{ ID_TEXT "@[::1]x:1", ADDRPARSE_NO_PORT },
		{ ID_TEXT "@[::1:1", ADDRPARSE_NO_PORT },
		{ ID_TEXT "@::1]:1", ADDRPARSE_NO_PORT },
		{ ID_TEXT "@[[::1]:1", ADDRPARSE_NO_PORT },
		{ ID_TEXT "@[::1]]:1", ADDRPARSE_NO_PORT },
		{ ID_TEXT "@[::1]:[1", ADDRPARSE_NO_PORT },
		{ ID_TEXT "@[::1]:1]", ADDRPARSE_NO_PORT },
		{ ID_TEXT "@[]:1", ADDRPARSE_BAD_HOST },
		{ ID_TEXT "@[fe80::1%lo]:1", ADDRPARSE_BAD_HOST },
		{ ID_TEXT "@[1.2.3.4]:1", ADDRPARSE_OK },
		{ ID_TEXT "@1.2.3.4:0065535", ADDRPARSE_OK },
		{ ID_TEXT "@1.2.3.4:65536", ADDRPARSE_BAD_PORT },
		{ ID_TEXT "@1.2.3.4:4294967297", ADDRPARSE_BAD_PORT },
		{ ID_TEXT "@1.2.3.4:18446744073709551617",
		    ADDRPARSE_BAD_PORT },
		{ ID_TEXT "@1.2.3.4: 1", ADDRPARSE_BAD_PORT },
		{ ID_TEXT "@1.2.3.4:1_0", ADDRPARSE_BAD_PORT },
		/* As Go: the host is judged before the port. */
		{ ID_TEXT "@name:x", ADDRPARSE_BAD_HOST },
	};
	struct peer_addr	 pa;
	enum addrparse		 got;
	size_t			 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		got = peer_addr_parse(t[i].in, strlen(t[i].in), &pa);
		ATF_CHECK_EQ_MSG(t[i].want, got, "\"%s\": %s", t[i].in,
		    addrparse_reason(got));
	}
	for (i = ADDRPARSE_OK; i <= ADDRPARSE_BAD_PORT; i++)
		ATF_CHECK(addrparse_reason(i)[0] != '\0');
	ATF_CHECK(addrparse_reason(99)[0] != '\0');
}

static enum addrparse
host_parse(const char *host, struct host_addr *ha)
{
	char	 text[512];

	snprintf(text, sizeof(text), ID_TEXT "@%s:26656", host);
	return host_addr_parse(text, strlen(text), ha);
}

ATF_TC_WITHOUT_HEAD(host_names);
ATF_TC_BODY(host_names, tc)
{
	struct host_addr	 ha;
	char			 name[HOST_NAME_SIZE + 1];

	ATF_REQUIRE_EQ(ADDRPARSE_OK, host_parse("seed.example.org", &ha));
	ATF_CHECK(!ha.is_literal);
	ATF_CHECK_STREQ("seed.example.org", ha.host);
	ATF_CHECK_EQ(26656, ha.port);
	/* Not an address, since it could be read as octal: a name. */
	ATF_REQUIRE_EQ(ADDRPARSE_OK, host_parse("01.2.3.4", &ha));
	ATF_CHECK(!ha.is_literal);
	ATF_REQUIRE_EQ(ADDRPARSE_OK, host_parse("[2001:db9::1]", &ha));
	ATF_CHECK(ha.is_literal);
	ATF_CHECK_STREQ("2001:db9::1", ha.host);
	ATF_CHECK_EQ(0x20, ha.ip[0]);

	ATF_CHECK_EQ(ADDRPARSE_BAD_HOST, host_parse("a b", &ha));
	ATF_CHECK_EQ(ADDRPARSE_BAD_HOST, host_parse("a\nb", &ha));
	ATF_CHECK_EQ(ADDRPARSE_BAD_HOST, host_parse("[fe80::1%lo]", &ha));
	ATF_CHECK_EQ(ADDRPARSE_BAD_HOST, host_parse("", &ha));

	memset(name, 'a', sizeof(name));
	name[HOST_NAME_SIZE - 1] = '\0';
	ATF_CHECK_EQ(ADDRPARSE_OK, host_parse(name, &ha));
	ATF_CHECK_STREQ(name, ha.host);
	name[HOST_NAME_SIZE - 1] = 'a';
	name[HOST_NAME_SIZE] = '\0';
	ATF_CHECK_EQ(ADDRPARSE_BAD_HOST, host_parse(name, &ha));
}

static void
sockaddr_round_trip(const char *text, sa_family_t family)
{
	struct sockaddr_storage	 ss;
	struct netaddr		 a, b;
	char			 out[NETADDR_TEXT_SIZE];
	socklen_t		 len;

	ATF_REQUIRE_EQ(ADDRPARSE_OK, netaddr_parse(text, strlen(text), &a));
	ATF_CHECK_STREQ(text, netaddr_text(&a, out));
	len = netaddr_to_sockaddr(&a, &ss);
	ATF_CHECK_EQ(family, ss.ss_family);
	memset(&b, 0xff, sizeof(b));
	ATF_REQUIRE_EQ(0,
	    netaddr_from_sockaddr((struct sockaddr *)&ss, len, &b));
	ATF_CHECK(netaddr_equal(&a, &b));
	ATF_CHECK_EQ(-1,
	    netaddr_from_sockaddr((struct sockaddr *)&ss, len - 1, &b));
	b.port++;
	ATF_CHECK(!netaddr_equal(&a, &b));
}

ATF_TC_WITHOUT_HEAD(sockaddrs);
ATF_TC_BODY(sockaddrs, tc)
{
	struct sockaddr_in6	 sin6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(7) };
	struct sockaddr		 sa = { .sa_family = AF_UNIX };
	struct netaddr		 na;
	char			 text[NETADDR_TEXT_SIZE];

	sockaddr_round_trip("1.2.3.4:26656", AF_INET);
	sockaddr_round_trip("[2001:db9::1]:65535", AF_INET6);
	sockaddr_round_trip("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
	    AF_INET6);
	inet_pton(AF_INET6, "::ffff:9.8.7.6", &sin6.sin6_addr);
	ATF_REQUIRE_EQ(0, netaddr_from_sockaddr((struct sockaddr *)&sin6,
	    sizeof(sin6), &na));
	ATF_CHECK_STREQ("9.8.7.6:7", netaddr_text(&na, text));
	ATF_CHECK_EQ(-1, netaddr_from_sockaddr(&sa, sizeof(sa), &na));
}

static uint64_t
group(const char *text, bool strict)
{
	uint8_t	 ip[16];

	must_ip(text, ip);
	return netgroup_of(ip, strict).v;
}

ATF_TC_WITHOUT_HEAD(groups_do_not_meet);
ATF_TC_BODY(groups_do_not_meet, tc)
{
	char	text[NETGROUP_TEXT_SIZE];
	uint8_t	ip[16];

	ATF_CHECK_EQ(group("1.2.3.4", true), group("1.2.255.1", true));
	ATF_CHECK(group("1.2.3.4", true) != group("1.3.3.4", true));
	ATF_CHECK_EQ(group("1.2.3.4", true), group("2002:102::9", true));
	ATF_CHECK(group("0.0.1.2", false) != group("::", false));
	ATF_CHECK(group("1.2.3.4", false) != group("0:0:102::", false));
	ATF_CHECK(group("::2", false) != 0);
	ATF_CHECK(group("0.0.0.0", false) != 0);
	ATF_CHECK_EQ(group("2a01:4f8:1::", true), group("2a01:4f8:2::", true));
	ATF_CHECK(group("2001:470:1000::", true) !=
	    group("2001:470:2000::", true));
	must_ip("fd87:d87e:eb43:fd00::1", ip);
	ATF_CHECK_STREQ("tor:13", netgroup_text(netgroup_of(ip, false), text));
	ATF_CHECK_STREQ("none", netgroup_text((struct netgroup){ 0 }, text));
	ATF_CHECK(netgroup_equal(netgroup_of(ip, true),
	    netgroup_of(ip, true)));
	ATF_CHECK(!netgroup_equal(netgroup_of(ip, true),
	    netgroup_of(ip, false)));
}

static bool
same_host(const char *a, const char *b)
{
	uint8_t	 x[16], y[16];

	must_ip(a, x);
	must_ip(b, y);
	return nethost_equal(nethost_of(x), nethost_of(y));
}

static bool
same_block(const char *a, const char *b)
{
	uint8_t	 x[16], y[16];

	must_ip(a, x);
	must_ip(b, y);
	return netblock_equal(netblock_of(x), netblock_of(y));
}

ATF_TC_WITHOUT_HEAD(hosts_and_blocks);
ATF_TC_BODY(hosts_and_blocks, tc)
{
	ATF_CHECK(same_host("1.2.3.4", "::ffff:1.2.3.4"));
	ATF_CHECK(!same_host("1.2.3.4", "1.2.3.5"));
	ATF_CHECK(same_host("2a01:4f8:1:2::1", "2a01:4f8:1:2:ffff::"));
	ATF_CHECK(!same_host("2a01:4f8:1:2::1", "2a01:4f8:1:3::1"));
	ATF_CHECK(same_block("1.2.3.4", "1.2.3.255"));
	ATF_CHECK(!same_block("1.2.3.4", "1.2.4.4"));
	ATF_CHECK(same_block("2a01:4f8:1:2::", "2a01:4f8:1:ffff::"));
	ATF_CHECK(!same_block("2a01:4f8:1::", "2a01:4f8:2::"));
	ATF_CHECK(!same_block("1.2.3.4", "::1:203:0:0:0"));
}

/* The short way for plain addresses agrees with the table of ranges. */
ATF_TC_WITHOUT_HEAD(plain_addresses);
ATF_TC_BODY(plain_addresses, tc)
{
	uint8_t	 ip[16] = { [10] = 0xff, [11] = 0xff };
	int	 a, b, c;
	bool	 want;

	for (a = 0; a < 256; a++)
		for (b = 0; b < 256; b++)
			for (c = 0; c < 256; c += 17) {
				ip[12] = a;
				ip[13] = b;
				ip[14] = ip[15] = c;
				/* Every range of IPv4 is a refusal. */
				want = ip_special_range(ip) == NULL;
				ATF_REQUIRE_EQ(want, ip_is_routable(ip));
				ATF_REQUIRE(!want || ip_is_routable_comet(ip));
				ATF_REQUIRE(!want || ip_is_valid(ip));
				ATF_REQUIRE(!want || netgroup_equal(
				    netgroup_of(ip, true),
				    netgroup_of(ip, false)));
			}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, strict_routability);
	ATF_TP_ADD_TC(tp, ip_parse_refusals);
	ATF_TP_ADD_TC(tp, ip_text_round_trip);
	ATF_TP_ADD_TC(tp, node_ids);
	ATF_TP_ADD_TC(tp, peer_addr_refusals);
	ATF_TP_ADD_TC(tp, host_names);
	ATF_TP_ADD_TC(tp, sockaddrs);
	ATF_TP_ADD_TC(tp, groups_do_not_meet);
	ATF_TP_ADD_TC(tp, hosts_and_blocks);
	ATF_TP_ADD_TC(tp, plain_addresses);
	return atf_no_error();
}
