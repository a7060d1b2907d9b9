/* SPDX-License-Identifier: ISC */
/* Vectors of address text, classes and groups. */
#include <string.h>
#include <strings.h>

#include "common/netaddr.h"
#include "regress/lib/vec.h"

void
vec_ip_parse(struct vec *v, json_t *c)
{
	struct wire_span in = vec_span(v, c, "in");
	char		 text[IP_TEXT_SIZE];
	uint8_t		 ip[16];
	int		 rv = ip_parse((const char *)in.p, in.len, ip);

	/* Five digits in a group: Go takes them, RFC 4291 does not. */
	if (rv == -1 && wire_span_equal(in, wire_span_text("::00001")))
		return;
	VEC_CHECK(v, (rv == 0) == vec_bool(v, c, "ok"));
	if (rv == -1 || !vec_bool(v, c, "ok"))
		return;
	VEC_CHECK(v, memcmp(ip, vec_exact(v, c, "bytes16", 16), 16) == 0);
	VEC_CHECK(v, strcmp(ip_text(ip, text), vec_text(v, c, "canonical")) ==
	    0);
	VEC_CHECK(v, ip_is_v4(ip) == vec_bool(v, c, "is4"));
}

/* The class of an error is the text before the colon. */
static const struct {
	const char	*begin;
	unsigned	 codes;		/* bits of enum addrparse */
} classes[] = {
	{ "p2p.ErrNetAddressNoID:", 1U << ADDRPARSE_NO_ID },
	{ "p2p.ErrNetAddressInvalid:", 1U << ADDRPARSE_BAD_ID |
	    1U << ADDRPARSE_NO_PORT | 1U << ADDRPARSE_BAD_HOST |
	    1U << ADDRPARSE_BAD_PORT },
	{ "p2p.ErrNetAddressLookup:", 1U << ADDRPARSE_BAD_HOST },
};

static void
check_class(struct vec *v, const char *error, enum addrparse got)
{
	size_t	 i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (vec_begins(error, classes[i].begin)) {
			if ((classes[i].codes >> got & 1) == 0)
				vec_fail(v, "\"%s\", but we say: %s", error,
				    addrparse_reason(got));
			return;
		}
	vec_fail(v, "the class of \"%s\" is not understood", error);
}

void
vec_netaddress_parse(struct vec *v, json_t *c)
{
	struct wire_span	 in = vec_span(v, c, "in");
	char			 text[PEER_ADDR_TEXT_SIZE];
	struct peer_addr	 pa;
	enum addrparse		 rv;
	const char		*at;

	rv = peer_addr_parse((const char *)in.p, in.len, &pa);
	if (vec_has(c, "error")) {
		check_class(v, vec_text(v, c, "error"), rv);
		return;
	}
	if (rv != ADDRPARSE_OK) {
		vec_fail(v, "%s: %s", vec_text(v, c, "in"),
		    addrparse_reason(rv));
		return;
	}
	peer_addr_text(&pa, text);
	at = strchr(text, '@');
	/* IDs keep their case there and lose it here. */
	VEC_CHECK(v, strncasecmp(text, vec_text(v, c, "id"), at - text) == 0 &&
	    strlen(vec_text(v, c, "id")) == (size_t)(at - text));
	VEC_CHECK(v, strcasecmp(text, vec_text(v, c, "string")) == 0);
	VEC_CHECK(v, strcmp(ip_text(pa.na.ip, text), vec_text(v, c, "ip")) ==
	    0);
	VEC_CHECK(v, pa.na.port == vec_u64(v, c, "port"));
	VEC_CHECK(v, (strcmp(vec_text(v, c, "valid"), "<nil>") == 0) ==
	    ip_is_valid(pa.na.ip));
}

/* Each range a vector names is one that ip_special_range() knows. */
static void
check_ranges(struct vec *v, json_t *rfc, const uint8_t ip[16])
{
	const char	*number, *ours = ip_special_range(ip);
	json_t		*value;
	bool		 same;

	VEC_CHECK(v, json_object_size(rfc) > 0);
	json_object_foreach(rfc, number, value) {
		if (strcmp(number, "onioncat") == 0)
			continue;	/* a group, tried as one */
		same = ours != NULL && strcmp(ours + 3, number) == 0;
		if (same != vec_bool(v, rfc, number))
			vec_fail(v, "RFC %s: %d, but we say: %s", number,
			    !same, ours == NULL ? "none" : ours);
	}
}

void
vec_routability(struct vec *v, json_t *c)
{
	const char	*in = vec_text(v, c, "ip");
	const char	*valid = vec_text(v, c, "valid");
	char		 text[NETGROUP_TEXT_SIZE];
	uint8_t		 ip[16];

	if (ip_parse(in, strlen(in), ip) == -1) {
		vec_fail(v, "%s does not parse", in);
		return;
	}
	VEC_CHECK(v, strcmp(ip_text(ip, text), vec_text(v, c, "ip_string")) ==
	    0);
	VEC_CHECK(v, strcmp(valid, "ok") == 0 || *valid == 'i');
	VEC_CHECK(v, (strcmp(valid, "ok") == 0) == ip_is_valid(ip));
	VEC_CHECK(v, vec_bool(v, c, "local") == ip_is_local(ip));
	VEC_CHECK(v, vec_bool(v, c, "routable") == ip_is_routable_comet(ip));
	VEC_CHECK(v, strcmp(netgroup_text(netgroup_of(ip, true), text),
	    vec_text(v, c, "group_strict")) == 0);
	VEC_CHECK(v, strcmp(netgroup_text(netgroup_of(ip, false), text),
	    vec_text(v, c, "group_nonstrict")) == 0);
	check_ranges(v, json_object_get(c, "rfc"), ip);
}
