/* SPDX-License-Identifier: ISC */
/* PexRequest and PexAddrs, read and written. */
#include "wire/delim.h"
#include "wire/pbread.h"
#include "wire/pex.h"
#include "wire/proto/p2p.pb.h"

#define BYTES_KEY(tag)	((tag) << 3 | PBTYPE_BYTES)
#define HEADER_MAX	4	/* of a list: key, length up to 3 bytes */

const uint8_t	pex_request[PEX_REQUEST_SIZE] = {
	BYTES_KEY(p2p_Message_pex_request_tag), 0
};

struct entry {
	struct wire_span	id, ip;
	uint32_t		port;
};

static int
read_entry(struct wire_span in, struct entry *e)
{
	struct pbfield	 f;
	int		 rv;

	memset(e, 0, sizeof(*e));
	while ((rv = pbread_next(&in, &f)) == 1) {
		switch (f.tag) {
		case p2p_NetAddress_id_tag:
			if (f.type != PBTYPE_BYTES)
				return -1;
			e->id = f.data;
			break;
		case p2p_NetAddress_ip_tag:
			if (f.type != PBTYPE_BYTES)
				return -1;
			e->ip = f.data;
			break;
		case p2p_NetAddress_port_tag:
			if (f.type != PBTYPE_VARINT)
				return -1;
			e->port = (uint32_t)f.num;
			break;
		}
	}
	return rv;
}

/* 1: usable; 0: has no ID, to be left out; -1: does not parse. */
static int
entry_to_addr(const struct entry *e, struct peer_addr *pa)
{
	if (e->ip.len == 0 || e->port > UINT16_MAX ||
	    ip_parse((const char *)e->ip.p, e->ip.len, pa->na.ip) == -1)
		return -1;
	pa->na.port = e->port;
	if (e->id.len == 0 ||
	    node_id_parse((const char *)e->id.p, e->id.len, &pa->id) == -1)
		return 0;
	return 1;
}

/*
 * The list is read to its end even when an address is bad: bytes that do not
 * decode are another offence than an address that does not parse.
 */
static enum wire_error
read_addrs(struct wire_span in, struct pex_list *list)
{
	struct peer_addr	 pa;
	struct pbfield		 f;
	struct entry		 e;
	bool			 bad = false;
	int			 rv, use;

	list->n = list->total = 0;
	while ((rv = pbread_next(&in, &f)) == 1) {
		if (f.tag != p2p_PexAddrs_addrs_tag)
			continue;
		if (f.type != PBTYPE_BYTES || read_entry(f.data, &e) == -1)
			return WIRE_PEX_MALFORMED;
		list->total++;
		if ((use = entry_to_addr(&e, &pa)) == -1)
			bad = true;
		if (use == 1 && list->n < list->max)
			list->addrs[list->n++] = pa;
	}
	if (rv == -1)
		return WIRE_PEX_MALFORMED;
	return bad ? WIRE_PEX_ADDRESS : WIRE_OK;
}

enum wire_error
pex_decode(struct wire_span in, enum pex_kind *kind, struct pex_list *list)
{
	enum wire_error	 verdict = WIRE_PEX_TYPE;
	struct pbfield	 f;
	int		 rv;

	list->n = list->total = 0;
	while ((rv = pbread_next(&in, &f)) == 1) {
		if (f.tag > p2p_Message_pex_addrs_tag)
			continue;
		if (f.type != PBTYPE_BYTES)
			return WIRE_PEX_MALFORMED;
		/* The last member counts; all of them have to decode. */
		if (f.tag == p2p_Message_pex_addrs_tag) {
			*kind = PEX_ADDRS;
			verdict = read_addrs(f.data, list);
		} else {
			*kind = PEX_REQUEST;
			list->n = list->total = 0;
			verdict = pbread_skip(f.data) == -1 ?
			    WIRE_PEX_MALFORMED : WIRE_OK;
		}
		if (verdict == WIRE_PEX_MALFORMED)
			return verdict;
	}
	return rv == -1 ? WIRE_PEX_MALFORMED : verdict;
}

void
pex_writer_init(struct pex_writer *w, uint8_t *buf, size_t size)
{
	w->buf = buf;
	w->size = size;
	w->len = HEADER_MAX;	/* known only at the end, see there */
	w->n = 0;
}

/*
 * Written by hand and in place: a seed makes 250 of these for every peer,
 * and the generic encoder takes longer over it than the seals do.
 */
int
pex_writer_add(struct pex_writer *w, const struct peer_addr *pa)
{
	uint8_t	*start = w->buf + w->len, *p = start + 2, *end;

	if (w->size < w->len || w->size - w->len < PEX_ADDR_SIZE)
		return -1;
	/* What follows a text goes over its NUL. */
	*p++ = BYTES_KEY(p2p_NetAddress_id_tag);
	*p++ = NODE_ID_TEXT_SIZE - 1;
	node_id_text(&pa->id, (char *)p);
	p += NODE_ID_TEXT_SIZE - 1;
	*p++ = BYTES_KEY(p2p_NetAddress_ip_tag);
	end = (uint8_t *)ip_put(pa->na.ip, (char *)p + 1);
	*p = end - p - 1;
	p = end;
	if (pa->na.port != 0) {
		*p++ = p2p_NetAddress_port_tag << 3 | PBTYPE_VARINT;
		p = varint_put(p, pa->na.port);
	}
	if ((size_t)(p - w->buf) > PEX_CAPACITY)
		return -1;
	start[0] = BYTES_KEY(p2p_PexAddrs_addrs_tag);
	start[1] = p - start - 2;
	w->len = p - w->buf;
	w->n++;
	return 0;
}

struct wire_span
pex_writer_end(struct pex_writer *w)
{
	size_t	 body = w->len - HEADER_MAX;
	uint8_t	*start = w->buf + HEADER_MAX - 1 - varint_size(body);

	start[0] = BYTES_KEY(p2p_Message_pex_addrs_tag);
	varint_put(start + 1, body);
	return wire_span_of(start, w->buf + w->len - start);
}
