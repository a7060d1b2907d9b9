/* SPDX-License-Identifier: ISC */
/*
 * Classes and groups of network addresses.
 */
#include <endian.h>
#include <string.h>

#include "common/netaddr.h"

/* What a special range means for an address in it. */
#define R_UNROUTABLE	0x01	/* CometBFT does not route it */
#define R_STRICT	0x02	/* only pexd's stricter rule refuses it */
#define R_INVALID	0x04	/* no address at all */
#define R_INFO		0x08	/* a name only; routable */

#define V4(a, b, c, d)	{ [10] = 0xff, [11] = 0xff, a, b, c, d }
#define IP4(a, b, c, d)	((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

struct range {
	const char	*name;		/* the RFC that sets it aside */
	union {
		uint32_t v4;
		uint8_t	 v6[16];
	}		 prefix;
	unsigned int	 bits;
	unsigned int	 flags;
};

/* Apart by family: every address of every list comes through here. */
static const struct range ranges4[] = {
	{ "RFC1918", { .v4 = IP4(10, 0, 0, 0) }, 8, R_UNROUTABLE },
	{ "RFC1918", { .v4 = IP4(172, 16, 0, 0) }, 12, R_UNROUTABLE },
	{ "RFC1918", { .v4 = IP4(192, 168, 0, 0) }, 16, R_UNROUTABLE },
	{ "RFC3927", { .v4 = IP4(169, 254, 0, 0) }, 16, R_UNROUTABLE },
	{ "RFC1122", { .v4 = IP4(0, 0, 0, 0) }, 8, R_STRICT },
	{ "RFC1122", { .v4 = IP4(127, 0, 0, 0) }, 8, R_UNROUTABLE },
	{ "RFC6598", { .v4 = IP4(100, 64, 0, 0) }, 10, R_STRICT },
	{ "RFC6890", { .v4 = IP4(192, 0, 0, 0) }, 24, R_STRICT },
	{ "RFC5737", { .v4 = IP4(192, 0, 2, 0) }, 24, R_STRICT },
	{ "RFC2544", { .v4 = IP4(198, 18, 0, 0) }, 15, R_STRICT },
	{ "RFC5737", { .v4 = IP4(198, 51, 100, 0) }, 24, R_STRICT },
	{ "RFC5737", { .v4 = IP4(203, 0, 113, 0) }, 24, R_STRICT },
	{ "RFC5771", { .v4 = IP4(224, 0, 0, 0) }, 4, R_STRICT },
	{ "RFC1112", { .v4 = IP4(240, 0, 0, 0) }, 4, R_STRICT },
};

#define V6(...)	{ .v6 = { __VA_ARGS__ } }
static const struct range ranges6[] = {
	{ "RFC3849", V6(0x20, 0x01, 0x0d, 0xb8), 32, R_INVALID },
	{ "RFC4862", V6(0xfe, 0x80), 64, R_UNROUTABLE },
	{ "RFC4193", V6(0xfc), 7, R_UNROUTABLE },
	{ "RFC4843", V6(0x20, 0x01, 0x00, 0x10), 28, R_UNROUTABLE },
	{ "RFC6145", V6([8] = 0xff, 0xff), 96, R_INFO },
	{ "RFC6052", V6(0x00, 0x64, 0xff, 0x9b), 96, R_INFO },
	{ "RFC3964", V6(0x20, 0x02), 16, R_INFO },
	{ "RFC4380", V6(0x20, 0x01, 0x00, 0x00), 32, R_INFO },
	{ "RFC4291", V6([15] = 0x01), 128, R_UNROUTABLE },
	{ "RFC4291", V6(0xff), 8, R_STRICT },
	{ "RFC3879", V6(0xfe, 0xc0), 10, R_STRICT },
	{ "RFC6666", V6(0x01, 0x00), 64, R_STRICT },
};

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

static bool
prefix_match(const uint8_t ip[16], const uint8_t prefix[16], unsigned int bits)
{
	unsigned int	 bytes = bits / 8, rest = bits % 8;

	if (memcmp(ip, prefix, bytes) != 0)
		return false;
	return rest == 0 || (ip[bytes] ^ prefix[bytes]) >> (8 - rest) == 0;
}

static const struct range *
range_find4(uint32_t ip, unsigned int flags)
{
	const struct range	*r;

	for (r = ranges4; r < ranges4 + NITEMS(ranges4); r++)
		if ((ip ^ r->prefix.v4) >> (32 - r->bits) == 0 &&
		    (r->flags & flags))
			return r;
	return NULL;
}

static const struct range *
range_find(const uint8_t ip[16], unsigned int flags)
{
	const struct range	*r;

	if (ip_is_v4(ip))
		return range_find4(IP4(ip[12], ip[13], ip[14], ip[15]),
		    flags);
	for (r = ranges6; r < ranges6 + NITEMS(ranges6); r++)
		if ((r->flags & flags) &&
		    prefix_match(ip, r->prefix.v6, r->bits))
			return r;
	return NULL;
}

/*
 * A global unicast IPv6 address that begins like no range above, nor like
 * those that have a group of their own: likewise.
 */
static bool
is_plain6(const uint8_t ip[16])
{
	return ip[0] >> 5 == 1 && (ip[0] != 0x20 || ip[1] == 0 || ip[1] > 2);
}

/*
 * An IPv4 address whose first byte begins no range above (nor is that of
 * the broadcast address): most of what is ever asked about.
 */
static bool
is_plain(const uint8_t ip[16])
{
	static const uint8_t	special[256] = {
		[0] = 1, [10] = 1, [100] = 1, [127] = 1, [169] = 1,
		[172] = 1, [192] = 1, [198] = 1, [203] = 1,
	};

	return ip_is_v4(ip) && ip[12] < 224 && !special[ip[12]];
}

bool
ip_is_unspecified(const uint8_t ip[16])
{
	static const uint8_t	any[16], any4[16] = V4(0, 0, 0, 0);

	return memcmp(ip, any, 16) == 0 || memcmp(ip, any4, 16) == 0;
}

bool
ip_is_valid(const uint8_t ip[16])
{
	static const uint8_t	broadcast[16] = V4(255, 255, 255, 255);

	if (is_plain(ip) || is_plain6(ip))
		return true;
	return !ip_is_unspecified(ip) && memcmp(ip, broadcast, 16) != 0 &&
	    range_find(ip, R_INVALID) == NULL;
}

bool
ip_is_host(const uint8_t ip[16])
{
	if (ip_is_v4(ip))
		return ip[12] != 0 && ip[12] < 224;
	return ip[0] != 0xff && !ip_is_unspecified(ip);
}

bool
ip_is_local(const uint8_t ip[16])
{
	static const uint8_t	loopback[16] = { [15] = 0x01 };

	if (ip_is_v4(ip))
		return ip[12] == 127 || ip[12] == 0;
	return memcmp(ip, loopback, 16) == 0;
}

bool
ip_is_routable_comet(const uint8_t ip[16])
{
	if (is_plain(ip) || is_plain6(ip))
		return true;
	return ip_is_valid(ip) && !ip_is_local(ip) &&
	    range_find(ip, R_UNROUTABLE) == NULL;
}

bool
ip_is_routable(const uint8_t ip[16])
{
	if (is_plain(ip) || is_plain6(ip))
		return true;
	return ip_is_routable_comet(ip) && range_find(ip, R_STRICT) == NULL;
}

const char *
ip_special_range(const uint8_t ip[16])
{
	const struct range	*r;

	r = range_find(ip, ~0U);
	return r == NULL ? NULL : r->name;
}

/*
 * Groups: the kind stands in the top byte, so that no two kinds can meet;
 * below it the /16, the /36 or the number.
 */
enum group_kind {
	G_NONE,
	G_LOCAL,
	G_UNROUTABLE,
	G_V4,
	G_V6,
	G_TOR,
};

#define G_KIND_SHIFT	56
#define G_V6_SHIFT	20	/* 36 bits of prefix, left of 20 zero bits */

static struct netgroup
group_make(enum group_kind kind, uint64_t data)
{
	struct netgroup	 g = { (uint64_t)kind << G_KIND_SHIFT | data };

	return g;
}

static struct netgroup
group_v4(uint8_t b0, uint8_t b1)
{
	return group_make(G_V4, (uint64_t)b0 << 8 | b1);
}

static struct netgroup
group_v6(const uint8_t ip[16])
{
	static const uint8_t	 hurricane[16] = { 0x20, 0x01, 0x04, 0x70 };
	uint64_t		 v;

	v = (uint64_t)ip[0] << 28 | (uint64_t)ip[1] << 20 |
	    (uint64_t)ip[2] << 12 | (uint64_t)ip[3] << 4;
	/* A tunnel broker gives anyone a /48 of this /32. */
	if (prefix_match(ip, hurricane, 32))
		v |= ip[4] >> 4;
	return group_make(G_V6, v << G_V6_SHIFT);
}

struct netgroup
netgroup_of(const uint8_t ip[16], bool strict)
{
	static const uint8_t	 siit[16] = { [8] = 0xff, 0xff };
	static const uint8_t	 nat64[16] = { 0x00, 0x64, 0xff, 0x9b };
	static const uint8_t	 sixtofour[16] = { 0x20, 0x02 };
	static const uint8_t	 teredo[16] = { 0x20, 0x01 };
	static const uint8_t	 onioncat[16] = { 0xfd, 0x87, 0xd8, 0x7e,
				    0xeb, 0x43 };

	if (is_plain(ip))
		return group_v4(ip[12], ip[13]);
	if (is_plain6(ip))
		return group_v6(ip);
	if (strict && ip_is_local(ip))
		return group_make(G_LOCAL, 0);
	if (strict && !ip_is_routable_comet(ip))
		return group_make(G_UNROUTABLE, 0);
	if (ip_is_v4(ip) || prefix_match(ip, siit, 96) ||
	    prefix_match(ip, nat64, 96))
		return group_v4(ip[12], ip[13]);
	if (prefix_match(ip, sixtofour, 16))
		return group_v4(ip[2], ip[3]);
	if (prefix_match(ip, teredo, 32))
		return group_v4(~ip[12], ~ip[13]);
	if (prefix_match(ip, onioncat, 48))
		return group_make(G_TOR, ip[6] & 0xf);
	return group_v6(ip);
}

bool
netgroup_equal(struct netgroup a, struct netgroup b)
{
	return a.v == b.v;
}

static char *
group_text_tor(struct netgroup g, char buf[NETGROUP_TEXT_SIZE])
{
	unsigned int	 n = g.v & 0xf;
	char		*p = buf;

	memcpy(p, "tor:", 4);
	p += 4;
	if (n >= 10)
		*p++ = '1';
	*p++ = '0' + n % 10;
	*p = '\0';
	return buf;
}

/* The masked address: put the prefix back in place. */
static char *
group_text_ip(struct netgroup g, bool v4, char buf[NETGROUP_TEXT_SIZE])
{
	uint8_t		 ip[16] = V4(0, 0, 0, 0);
	uint64_t	 v;
	int		 i;

	if (v4) {
		ip[12] = g.v >> 8 & 0xff;
		ip[13] = g.v & 0xff;
		return ip_text(ip, buf);
	}
	memset(ip, 0, sizeof(ip));
	v = g.v << (64 - G_KIND_SHIFT);
	for (i = 0; i < 5; i++)
		ip[i] = v >> (56 - 8 * i) & 0xff;
	return ip_text(ip, buf);
}

char *
netgroup_text(struct netgroup g, char buf[NETGROUP_TEXT_SIZE])
{
	const char	*name = "none";

	switch ((enum group_kind)(g.v >> G_KIND_SHIFT)) {
	case G_V4:
		return group_text_ip(g, true, buf);
	case G_V6:
		return group_text_ip(g, false, buf);
	case G_TOR:
		return group_text_tor(g, buf);
	case G_LOCAL:
		name = "local";
		break;
	case G_UNROUTABLE:
		name = "unroutable";
		break;
	case G_NONE:
		break;
	}
	memcpy(buf, name, strlen(name) + 1);
	return buf;
}

static uint64_t
be64_at(const uint8_t *p)
{
	uint64_t	 v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

struct nethost
nethost_of(const uint8_t ip[16])
{
	struct nethost	 h = { 0, 0 };

	if (ip_is_v4(ip))
		h.lo = (uint32_t)be64_at(ip + 8);
	else
		h.hi = be64_at(ip);
	return h;
}

bool
nethost_equal(struct nethost a, struct nethost b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

/* The top byte tells the families apart; the block is in the low bits. */
struct netblock
netblock_of(const uint8_t ip[16])
{
	struct netblock	 b;

	if (ip_is_v4(ip))
		b.v = (uint64_t)G_V4 << G_KIND_SHIFT |
		    (be64_at(ip + 8) >> 8 & 0xffffff);
	else
		b.v = (uint64_t)G_V6 << G_KIND_SHIFT | be64_at(ip) >> 16;
	return b;
}

bool
netblock_equal(struct netblock a, struct netblock b)
{
	return a.v == b.v;
}
