/* SPDX-License-Identifier: ISC */
/*
 * Node IDs, network addresses, their text and their classes.
 *
 * Pure: no I/O, no name is ever resolved here.  An IPv4 address is held
 * IPv4-mapped (::ffff:a.b.c.d) everywhere, so the two spellings of one
 * address cannot become two addresses.
 *
 * Sources: CometBFT p2p/netaddress.go (validity, routability, text),
 * p2p/pex/addrbook.go (groups), RFC 5952 (canonical IPv6 text).
 */
#ifndef PEXD_NETADDR_H
#define PEXD_NETADDR_H

#include <sys/types.h>
#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NODE_ID_SIZE		20
#define NODE_ID_TEXT_SIZE	(2 * NODE_ID_SIZE + 1)	/* 40 hex digits, NUL */
#define IP_TEXT_SIZE		46	/* as INET6_ADDRSTRLEN */
#define NETADDR_TEXT_SIZE	(IP_TEXT_SIZE + 8)	/* [ip]:port, NUL */
#define PEER_ADDR_TEXT_SIZE	(NODE_ID_TEXT_SIZE + NETADDR_TEXT_SIZE)
#define NETGROUP_TEXT_SIZE	IP_TEXT_SIZE
#define HOST_NAME_SIZE		256	/* longest host name, NUL */

/* SHA-256(public key), first 20 bytes. */
struct node_id {
	uint8_t	b[NODE_ID_SIZE];
};

/* An endpoint.  ip is IPv4-mapped for IPv4; port in host order. */
struct netaddr {
	uint8_t		ip[16];
	uint16_t	port;
};

/* What an address book entry and a PexAddrs entry name: id@ip:port. */
struct peer_addr {
	struct node_id	id;
	struct netaddr	na;
};

/*
 * A network group packed in one scalar so that it can be compared and
 * hashed: equal groups have equal v.  0 is no group.  In a struct so that
 * it is not mixed up with other integers.
 */
struct netgroup {
	uint64_t	v;
};

/* A host: an IPv4 address, or an IPv6 /64, packed; equal hosts, equal v. */
struct nethost {
	uint64_t	hi;	/* IPv6: the /64; IPv4: 0 */
	uint32_t	lo;	/* IPv4: the address; IPv6: 0 */
};

/* A /24 (IPv4) or /48 (IPv6), packed likewise. */
struct netblock {
	uint64_t	v;
};

enum addrparse {		/* of peer_addr_parse(), netaddr_parse() */
	ADDRPARSE_OK = 0,
	ADDRPARSE_NO_ID,	/* not exactly one '@' */
	ADDRPARSE_BAD_ID,	/* not 40 hex digits */
	ADDRPARSE_NO_PORT,	/* host:port does not split */
	ADDRPARSE_BAD_HOST,	/* empty, or no literal where one is wanted */
	ADDRPARSE_BAD_PORT,	/* not decimal, a sign, over 65535 */
};

/* id@host:port where host may be a name (config files only). */
struct host_addr {
	struct node_id	id;
	char		host[HOST_NAME_SIZE];	/* literal or name, no [ ] */
	bool		is_literal;		/* ip below is valid */
	uint8_t		ip[16];
	uint16_t	port;
};

/* --- node IDs --------------------------------------------------------- */

/*
 * Parse exactly 40 hex digits (either case; len excludes any NUL).
 * Returns 0, or -1 and leaves *id alone.
 */
int	 node_id_parse(const char *text, size_t len, struct node_id *id);
/* Writes 40 lower-case digits and a NUL.  Returns buf. */
char	*node_id_text(const struct node_id *id, char buf[NODE_ID_TEXT_SIZE]);
static inline bool node_id_equal(const struct node_id *,
	    const struct node_id *);
int	 node_id_cmp(const struct node_id *, const struct node_id *);

/* --- IP text ---------------------------------------------------------- */

/*
 * Parse an IP literal as Go's net.ParseIP does: dotted quad without leading
 * zeros, or IPv6 (RFC 4291) without a zone.  text need not be NUL-terminated;
 * a NUL inside len is an error.  Returns 0 and fills ip (IPv4 mapped), or -1.
 */
int	 ip_parse(const char *text, size_t len, uint8_t ip[16]);
/* Canonical text: dotted quad for IPv4-mapped, RFC 5952 else.  Returns buf. */
char	*ip_text(const uint8_t ip[16], char buf[IP_TEXT_SIZE]);
/* The same; returns its end, where the NUL is. */
char	*ip_put(const uint8_t ip[16], char buf[IP_TEXT_SIZE]);
static inline bool ip_is_v4(const uint8_t ip[16]);	/* IPv4-mapped */

/* --- endpoints -------------------------------------------------------- */

/* ip:port or [ip]:port, literal only. */
enum addrparse	 netaddr_parse(const char *text, size_t len, struct netaddr *);
char		*netaddr_text(const struct netaddr *,
		    char buf[NETADDR_TEXT_SIZE]);
static inline bool netaddr_equal(const struct netaddr *,
		    const struct netaddr *);
/* AF_INET and AF_INET6 only; a mapped IPv6 becomes IPv4.  Returns 0 or -1. */
int		 netaddr_from_sockaddr(const struct sockaddr *, socklen_t,
		    struct netaddr *);
/* Returns the length; AF_INET for mapped addresses. */
socklen_t	 netaddr_to_sockaddr(const struct netaddr *,
		    struct sockaddr_storage *);

/*
 * [scheme://]id@host:port by the rules of CometBFT's NewNetAddressString
 * short of name resolution: the host may be a name (is_literal false) of
 * letters, digits, '-', '_' and '.'.  IDs come out in lower case.
 */
enum addrparse	 host_addr_parse(const char *text, size_t len,
		    struct host_addr *);
/* The same, but the host must be a literal. */
enum addrparse	 peer_addr_parse(const char *text, size_t len,
		    struct peer_addr *);
/* id@ip:port or id@[ip]:port.  Returns buf. */
char		*peer_addr_text(const struct peer_addr *,
		    char buf[PEER_ADDR_TEXT_SIZE]);
bool		 peer_addr_equal(const struct peer_addr *,
		    const struct peer_addr *);
/* A sentence part for an error message: "the port is not 0..65535". */
const char	*addrparse_reason(enum addrparse);

/* --- classes (ip only; the port does not matter) ---------------------- */

/* Not unspecified, not 255.255.255.255, not 2001:db8::/32. */
bool	 ip_is_valid(const uint8_t ip[16]);
bool	 ip_is_unspecified(const uint8_t ip[16]);	/* 0.0.0.0 or :: */
/* Of one host, if only on this system: not 0/8, ::, multicast or 240/4. */
bool	 ip_is_host(const uint8_t ip[16]);
/* Loopback or 0.0.0.0/8. */
bool	 ip_is_local(const uint8_t ip[16]);
/* What CometBFT calls routable. */
bool	 ip_is_routable_comet(const uint8_t ip[16]);
/*
 * pexd's stricter rule (strict routability yes): the above, and not in
 * 0/8, 100.64/10, 192.0.0/24, 192.0.2/24, 198.18/15, 198.51.100/24,
 * 203.0.113/24, 224/4, 240/4, ff00::/8, fec0::/10 or 100::/64.
 */
bool	 ip_is_routable(const uint8_t ip[16]);
/* The RFC that sets ip's range aside ("RFC1918"), or NULL; for log lines. */
const char	*ip_special_range(const uint8_t ip[16]);

/* --- groups ----------------------------------------------------------- */

/*
 * The network group: IPv4 /16; IPv6 /32 (/36 for 2001:470::/32); tunnelled
 * IPv4 by its IPv4.  strict: local and unroutable (CometBFT's classes) are
 * groups of their own.
 */
struct netgroup	 netgroup_of(const uint8_t ip[16], bool strict);
bool		 netgroup_equal(struct netgroup, struct netgroup);
/* CometBFT's text of a group ("1.2.0.0", "local", "tor:3").  Returns buf. */
char		*netgroup_text(struct netgroup, char buf[NETGROUP_TEXT_SIZE]);

struct nethost	 nethost_of(const uint8_t ip[16]);
bool		 nethost_equal(struct nethost, struct nethost);
struct netblock	 netblock_of(const uint8_t ip[16]);	/* /24 or /48 */
bool		 netblock_equal(struct netblock, struct netblock);

/* --- compared all the time -------------------------------------------- */

static inline bool
node_id_equal(const struct node_id *a, const struct node_id *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static inline bool
ip_is_v4(const uint8_t ip[16])
{
	static const uint8_t	mapped[12] = { [10] = 0xff, 0xff };

	return memcmp(ip, mapped, sizeof(mapped)) == 0;
}

static inline bool
netaddr_equal(const struct netaddr *a, const struct netaddr *b)
{
	return a->port == b->port && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

#endif
