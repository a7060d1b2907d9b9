/* SPDX-License-Identifier: ISC */
/*
 * Node IDs, endpoints and their text.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <endian.h>
#include <string.h>

#include "common/netaddr.h"

static const uint8_t	v4_prefix[12] = { [10] = 0xff, [11] = 0xff };
static const char	hexdigits[] = "0123456789abcdef";

static int
hexval(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Writes v in decimal without a NUL.  Returns the end. */
static char *
put_decimal(char *p, unsigned int v)
{
	char	 tmp[10];
	size_t	 n = 0;

	do {
		tmp[n++] = '0' + v % 10;
		v /= 10;
	} while (v != 0);
	while (n > 0)
		*p++ = tmp[--n];
	return p;
}

int
node_id_parse(const char *text, size_t len, struct node_id *id)
{
	struct node_id	 out;
	int		 hi, lo;
	size_t		 i;

	if (len != 2 * NODE_ID_SIZE)
		return -1;
	for (i = 0; i < NODE_ID_SIZE; i++) {
		hi = hexval(text[2 * i]);
		lo = hexval(text[2 * i + 1]);
		if (hi == -1 || lo == -1)
			return -1;
		out.b[i] = hi << 4 | lo;
	}
	*id = out;
	return 0;
}

/*
 * Four bytes as eight digits, all at once: a seed writes 250 IDs for every
 * peer that asks.
 */
static void
put_hex(char out[8], const uint8_t in[4])
{
	uint64_t	 x, over9;
	uint32_t	 v;

	memcpy(&v, in, sizeof(v));
	x = be32toh(v);
	x = (x << 16 | x) & UINT64_C(0x0000ffff0000ffff);
	x = (x << 8 | x) & UINT64_C(0x00ff00ff00ff00ff);
	x = (x << 4 | x) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	over9 = (x + UINT64_C(0x0606060606060606)) >> 4 &
	    UINT64_C(0x0101010101010101);
	x += UINT64_C(0x3030303030303030) + over9 * ('a' - '0' - 10);
	x = htobe64(x);
	memcpy(out, &x, sizeof(x));
}

char *
node_id_text(const struct node_id *id, char buf[NODE_ID_TEXT_SIZE])
{
	size_t	 i;

	for (i = 0; i < NODE_ID_SIZE; i += 4)
		put_hex(buf + 2 * i, id->b + i);
	buf[2 * NODE_ID_SIZE] = '\0';
	return buf;
}

int
node_id_cmp(const struct node_id *a, const struct node_id *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

static void
ip_set_v4(uint8_t ip[16], const void *v4)
{
	memcpy(ip, v4_prefix, sizeof(v4_prefix));
	memcpy(ip + 12, v4, 4);
}

int
ip_parse(const char *text, size_t len, uint8_t ip[16])
{
	uint8_t	 raw[16];
	char	 buf[IP_TEXT_SIZE];

	if (len >= sizeof(buf) || memchr(text, '\0', len) != NULL)
		return -1;
	memcpy(buf, text, len);
	buf[len] = '\0';

	/* inet_pton(3) wants just what Go does: no octal, no zone. */
	if (inet_pton(AF_INET, buf, raw) == 1)
		ip_set_v4(ip, raw);
	else if (inet_pton(AF_INET6, buf, raw) == 1)
		memcpy(ip, raw, sizeof(raw));
	else
		return -1;
	return 0;
}

/*
 * Each part with its dot in one word, its leading zeros shifted out, without
 * a branch that would be guessed wrong: a seed writes 250 of these, too, for
 * every peer.
 */
static char *
put_v4(char *p, const uint8_t v4[4])
{
	uint32_t	 text;
	int		 i, zeros;

	for (i = 0; i < 4; i++) {
		zeros = (v4[i] < 100) + (v4[i] < 10);
		text = (uint32_t)'.' << 24 | ('0' + v4[i] % 10) << 16 |
		    ('0' + v4[i] / 10 % 10) << 8 | ('0' + v4[i] / 100);
		text = htole32(text >> 8 * zeros);
		memcpy(p, &text, sizeof(text));
		p += 4 - zeros;
	}
	return p - 1;
}

/* Finds the run of zero groups that "::" stands for (RFC 5952, 4.2). */
static void
longest_zero_run(const uint16_t g[8], int *start, int *len)
{
	int	 i, n;

	*start = -1;
	*len = 1;		/* a single group is not shortened */
	for (i = 0; i < 8; i += n + 1) {
		for (n = 0; i + n < 8 && g[i + n] == 0; n++)
			;
		if (n > *len) {
			*start = i;
			*len = n;
		}
	}
}

static char *
put_hex16(char *p, uint16_t v)
{
	int	 shift = 12;

	while (shift > 0 && v >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*p++ = hexdigits[v >> shift & 0xf];
	return p;
}

/*
 * Not inet_ntop(3): that prints ::102:304 as ::1.2.3.4, and a CometBFT node
 * compares addresses as text.
 */
static char *
put_v6(char *p, const uint8_t ip[16])
{
	uint16_t	 g[8];
	int		 i, start, len;

	for (i = 0; i < 8; i++)
		g[i] = ip[2 * i] << 8 | ip[2 * i + 1];
	longest_zero_run(g, &start, &len);
	for (i = 0; i < 8; i++) {
		if (i == start) {
			*p++ = ':';
			*p++ = ':';
			i += len - 1;
			continue;
		}
		if (i > 0 && p[-1] != ':')
			*p++ = ':';
		p = put_hex16(p, g[i]);
	}
	return p;
}

char *
ip_put(const uint8_t ip[16], char buf[IP_TEXT_SIZE])
{
	char	*end;

	end = ip_is_v4(ip) ? put_v4(buf, ip + 12) : put_v6(buf, ip);
	*end = '\0';
	return end;
}

char *
ip_text(const uint8_t ip[16], char buf[IP_TEXT_SIZE])
{
	ip_put(ip, buf);
	return buf;
}

/*
 * Cuts host:port as Go's net.SplitHostPort does.  *host is without [ ].
 */
static int
split_host_port(const char *text, size_t len, const char **host,
    size_t *hostlen, const char **port, size_t *portlen)
{
	const char	*colon, *end = text + len, *close;

	if ((colon = memrchr(text, ':', len)) == NULL)
		return -1;
	*port = colon + 1;
	*portlen = end - *port;
	if (text[0] == '[') {
		close = memchr(text, ']', len);
		if (close == NULL || close + 1 != colon)
			return -1;
		*host = text + 1;
		*hostlen = close - *host;
	} else {
		*host = text;
		*hostlen = colon - text;
		if (memchr(*host, ':', *hostlen) != NULL ||
		    memchr(*host, ']', *hostlen) != NULL)
			return -1;
	}
	if (memchr(*host, '[', *hostlen) != NULL ||
	    memchr(*port, '[', *portlen) != NULL ||
	    memchr(*port, ']', *portlen) != NULL)
		return -1;
	return 0;
}

static int
parse_port(const char *text, size_t len, uint16_t *port)
{
	uint32_t	 v = 0;
	size_t		 i;

	if (len == 0)
		return -1;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		v = v * 10 + (text[i] - '0');
		if (v > UINT16_MAX)
			return -1;
	}
	*port = v;
	return 0;
}

/* Letters, digits and what else occurs in names that DNS can answer for. */
static bool
is_host_name(const char *text, size_t len)
{
	size_t	 i;
	char	 c;

	if (len == 0 || len >= HOST_NAME_SIZE)
		return false;
	for (i = 0; i < len; i++) {
		c = text[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		    c == '.'))
			return false;
	}
	return true;
}

enum addrparse
netaddr_parse(const char *text, size_t len, struct netaddr *na)
{
	struct netaddr	 out;
	const char	*host, *port;
	size_t		 hostlen, portlen;

	if (split_host_port(text, len, &host, &hostlen, &port, &portlen) == -1)
		return ADDRPARSE_NO_PORT;
	if (ip_parse(host, hostlen, out.ip) == -1)
		return ADDRPARSE_BAD_HOST;
	if (parse_port(port, portlen, &out.port) == -1)
		return ADDRPARSE_BAD_PORT;
	*na = out;
	return ADDRPARSE_OK;
}

char *
netaddr_text(const struct netaddr *na, char buf[NETADDR_TEXT_SIZE])
{
	bool	 v4 = ip_is_v4(na->ip);
	char	*p = buf;

	if (!v4)
		*p++ = '[';
	p = ip_put(na->ip, p);
	if (!v4)
		*p++ = ']';
	*p++ = ':';
	p = put_decimal(p, na->port);
	*p = '\0';
	return buf;
}

int
netaddr_from_sockaddr(const struct sockaddr *sa, socklen_t len,
    struct netaddr *na)
{
	struct sockaddr_in6	 sin6;
	struct sockaddr_in	 sin;

	/* Copied, since sa need not be aligned for its family. */
	if (len >= sizeof(sin) && sa->sa_family == AF_INET) {
		memcpy(&sin, sa, sizeof(sin));
		ip_set_v4(na->ip, &sin.sin_addr);
		na->port = ntohs(sin.sin_port);
		return 0;
	}
	if (len >= sizeof(sin6) && sa->sa_family == AF_INET6) {
		memcpy(&sin6, sa, sizeof(sin6));
		memcpy(na->ip, &sin6.sin6_addr, sizeof(na->ip));
		na->port = ntohs(sin6.sin6_port);
		return 0;
	}
	return -1;
}

socklen_t
netaddr_to_sockaddr(const struct netaddr *na, struct sockaddr_storage *ss)
{
	struct sockaddr_in6	 sin6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in	 sin = { .sin_family = AF_INET };

	memset(ss, 0, sizeof(*ss));
	if (ip_is_v4(na->ip)) {
		memcpy(&sin.sin_addr, na->ip + 12, 4);
		sin.sin_port = htons(na->port);
		memcpy(ss, &sin, sizeof(sin));
		return sizeof(sin);
	}
	memcpy(&sin6.sin6_addr, na->ip, sizeof(na->ip));
	sin6.sin6_port = htons(na->port);
	memcpy(ss, &sin6, sizeof(sin6));
	return sizeof(sin6);
}

/* Narrows text to what stands between the first "://" and the next. */
static void
strip_scheme(const char **text, size_t *len)
{
	const char	*p;

	if ((p = memmem(*text, *len, "://", 3)) == NULL)
		return;
	p += 3;
	*len -= p - *text;
	*text = p;
	if ((p = memmem(*text, *len, "://", 3)) != NULL)
		*len = p - *text;
}

static enum addrparse
split_id(const char **text, size_t *len, struct node_id *id)
{
	const char	*at;
	size_t		 rest;

	strip_scheme(text, len);
	if ((at = memchr(*text, '@', *len)) == NULL)
		return ADDRPARSE_NO_ID;
	rest = *len - (at + 1 - *text);
	if (memchr(at + 1, '@', rest) != NULL)
		return ADDRPARSE_NO_ID;
	if (node_id_parse(*text, at - *text, id) == -1)
		return ADDRPARSE_BAD_ID;
	*text = at + 1;
	*len = rest;
	return ADDRPARSE_OK;
}

enum addrparse
host_addr_parse(const char *text, size_t len, struct host_addr *ha)
{
	struct host_addr	 out = { .is_literal = false };
	const char		*host, *port;
	size_t			 hostlen, portlen;
	enum addrparse		 rv;

	if ((rv = split_id(&text, &len, &out.id)) != ADDRPARSE_OK)
		return rv;
	if (split_host_port(text, len, &host, &hostlen, &port, &portlen) == -1)
		return ADDRPARSE_NO_PORT;
	if (ip_parse(host, hostlen, out.ip) == 0)
		out.is_literal = true;
	else if (!is_host_name(host, hostlen))
		return ADDRPARSE_BAD_HOST;
	if (parse_port(port, portlen, &out.port) == -1)
		return ADDRPARSE_BAD_PORT;
	memcpy(out.host, host, hostlen);
	*ha = out;
	return ADDRPARSE_OK;
}

enum addrparse
peer_addr_parse(const char *text, size_t len, struct peer_addr *pa)
{
	struct peer_addr	 out;
	enum addrparse		 rv;

	if ((rv = split_id(&text, &len, &out.id)) != ADDRPARSE_OK ||
	    (rv = netaddr_parse(text, len, &out.na)) != ADDRPARSE_OK)
		return rv;
	*pa = out;
	return ADDRPARSE_OK;
}

char *
peer_addr_text(const struct peer_addr *pa, char buf[PEER_ADDR_TEXT_SIZE])
{
	node_id_text(&pa->id, buf);
	buf[NODE_ID_TEXT_SIZE - 1] = '@';
	netaddr_text(&pa->na, buf + NODE_ID_TEXT_SIZE);
	return buf;
}

bool
peer_addr_equal(const struct peer_addr *a, const struct peer_addr *b)
{
	return node_id_equal(&a->id, &b->id) && netaddr_equal(&a->na, &b->na);
}

const char *
addrparse_reason(enum addrparse rv)
{
	static const char *const	reasons[] = {
		[ADDRPARSE_OK] = "the address is fine",
		[ADDRPARSE_NO_ID] = "there is not exactly one '@' after a "
		    "node ID",
		[ADDRPARSE_BAD_ID] = "the node ID is not 40 hex digits",
		[ADDRPARSE_NO_PORT] = "it does not end in host:port "
		    "(an IPv6 host needs [ ])",
		[ADDRPARSE_BAD_HOST] = "the host is neither an IP address "
		    "nor, where one may stand, a name",
		[ADDRPARSE_BAD_PORT] = "the port is not 0..65535",
	};

	if ((size_t)rv >= sizeof(reasons) / sizeof(reasons[0]))
		return "the address is not understood";
	return reasons[rv];
}
