/* SPDX-License-Identifier: ISC */
/*
 * The two messages of peer exchange: PexRequest and PexAddrs.
 *
 * Source: CometBFT proto/tendermint/p2p/pex.proto, p2p/netaddress.go.
 */
#ifndef PEXD_WIRE_PEX_H
#define PEXD_WIRE_PEX_H

#include "common/netaddr.h"
#include "wire/error.h"
#include "wire/span.h"

#define PEX_CHANNEL		0x00
#define PEX_CAPACITY		64000	/* longest message a peer takes */
#define PEX_ADDRS_MAX		250	/* addresses in a reply of ours */
/*
 * Most usable addresses in a message of PEX_CAPACITY: 48 bytes is the
 * shortest one with an ID.
 */
#define PEX_ADDRS_FIT		(PEX_CAPACITY / 48)
#define PEX_REQUEST_SIZE	2
/* Longest encoding of one address: id, IPv6 text, port, two headers. */
#define PEX_ADDR_SIZE		(2 + 42 + 2 + 45 + 4)
/* Room for a reply of n addresses. */
#define PEX_ADDRS_SIZE(n)	(4 + (n) * PEX_ADDR_SIZE)

enum pex_kind {
	PEX_REQUEST = 1,
	PEX_ADDRS,
};

struct pex_list {
	struct peer_addr	*addrs;	/* caller's room for max of them */
	size_t			 max;
	size_t			 n;	/* stored */
	size_t			 total;	/* in the message */
};

/*
 * Decode a message whole.  For PEX_ADDRS the first list->max addresses with
 * an ID of 40 hex digits are stored; others are counted in total and left
 * out.  Errors: WIRE_PEX_MALFORMED, WIRE_PEX_TYPE (no known member), and
 * WIRE_PEX_ADDRESS (some IP or port does not parse: misbehaviour).
 */
enum wire_error	 pex_decode(struct wire_span msg, enum pex_kind *,
		    struct pex_list *);

extern const uint8_t	pex_request[PEX_REQUEST_SIZE];

/*
 * A PexAddrs under construction in the caller's buffer, so that addresses
 * can be added as they come.
 */
struct pex_writer {
	uint8_t		*buf;
	size_t		 size, len;
	unsigned	 n;
};

/* size at least PEX_ADDRS_SIZE(0); PEX_ADDRS_SIZE(n) is room for n. */
void		 pex_writer_init(struct pex_writer *, uint8_t *buf,
		    size_t size);
/* 0, or -1 and nothing added: no room, or the message would be too long. */
int		 pex_writer_add(struct pex_writer *, const struct peer_addr *);
/* The finished message, inside buf. */
struct wire_span pex_writer_end(struct pex_writer *);

#endif
