/* SPDX-License-Identifier: ISC */
/* Lists of addresses: good, bad, huge and strange ones. */
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "regress/lib/bytes.h"
#include "regress/lib/hex.h"
#include "regress/lib/testrng.h"
#include "wire/pbread.h"
#include "wire/pex.h"

#define ID	"d835cdbd1c788257c6a581f864acbe9cc0f1b168"

static struct peer_addr	room[PEX_CAPACITY / 2];

static void
add_entry(struct bytes *list, const char *id, const char *ip, uint64_t port)
{
	struct bytes	 e = { NULL, 0, 0 };

	bytes_add_text(&e, 1, id);
	bytes_add_text(&e, 2, ip);
	bytes_add_num(&e, 3, port);
	bytes_add_field(list, 1, e.p, e.len);
	bytes_reset(&e);
}

static enum wire_error
decode(const struct bytes *msg, enum pex_kind *kind, struct pex_list *list)
{
	*kind = 0;
	*list = (struct pex_list){ .addrs = room,
	    .max = sizeof(room) / sizeof(room[0]) };
	return pex_decode(bytes_span(msg), kind, list);
}

/* The verdict on a list of one entry, and how many of it are usable. */
static enum wire_error
try_entry(const char *id, const char *ip, uint64_t port, size_t *n)
{
	struct bytes	 list = { NULL, 0, 0 }, msg = { NULL, 0, 0 };
	struct pex_list	 got;
	enum pex_kind	 kind;
	enum wire_error	 rv;

	add_entry(&list, id, ip, port);
	bytes_add_field(&msg, 2, list.p, list.len);
	rv = decode(&msg, &kind, &got);
	ATF_CHECK_EQ(PEX_ADDRS, kind);
	ATF_CHECK_EQ(1, got.total);
	*n = got.n;
	bytes_reset(&list);
	bytes_reset(&msg);
	return rv;
}

/* Values that CometBFT's own tests pin down; such a short id is no ID. */
ATF_TC_WITHOUT_HEAD(golden);
ATF_TC_BODY(golden, tc)
{
	struct bytes	 msg = { NULL, 0, 0 };
	struct pex_list	 got;
	enum pex_kind	 kind;

	ATF_CHECK(hex_equal("0a00", pex_request, sizeof(pex_request)));
	bytes_add_hex(&msg, "12130a110a013112093132372e302e302e31188247");
	ATF_CHECK_EQ(WIRE_OK, decode(&msg, &kind, &got));
	ATF_CHECK(kind == PEX_ADDRS && got.total == 1 && got.n == 0);
	bytes_reset(&msg);
}

ATF_TC_WITHOUT_HEAD(addresses);
ATF_TC_BODY(addresses, tc)
{
	static const struct {
		const char	*ip;
		uint64_t	 port;
		enum wire_error	 want;
	} cases[] = {
		{ "1.2.3.4", 26656, WIRE_OK }, { "1.2.3.4", 0, WIRE_OK },
		{ "1.2.3.4", 65535, WIRE_OK }, { "::", 1, WIRE_OK },
		{ "2001:db9::1", 1, WIRE_OK }, { "127.0.0.1", 1, WIRE_OK },
		{ "::ffff:1.2.3.4", 1, WIRE_OK }, { "10.0.0.1", 1, WIRE_OK },
		{ "::1.2.3.4", 1, WIRE_OK }, { "2001:DB9::A", 1, WIRE_OK },
		{ "1.2.3.4", 65536, WIRE_PEX_ADDRESS },
		{ "1.2.3.4", UINT32_MAX, WIRE_PEX_ADDRESS },
		/* uint32: the low 32 bits, as the other side reads it. */
		{ "1.2.3.4", (1ULL << 32) + 1, WIRE_OK },
		{ "1.2.3.4", (1ULL << 32) + 65536, WIRE_PEX_ADDRESS },
		{ "", 1, WIRE_PEX_ADDRESS }, { "1.2.3", 1, WIRE_PEX_ADDRESS },
		{ "01.2.3.4", 1, WIRE_PEX_ADDRESS },
		{ "1.2.3.04", 1, WIRE_PEX_ADDRESS },
		{ "1.2.3.256", 1, WIRE_PEX_ADDRESS },
		{ "1.2.3.4 ", 1, WIRE_PEX_ADDRESS },
		{ "fe80::1%eth0", 1, WIRE_PEX_ADDRESS },
		{ "[::1]", 1, WIRE_PEX_ADDRESS },
		{ "1::2::3", 1, WIRE_PEX_ADDRESS },
		{ "localhost", 1, WIRE_PEX_ADDRESS },
		{ "1.2.3.4:80", 1, WIRE_PEX_ADDRESS },
		{ "0x1020304", 1, WIRE_PEX_ADDRESS },
		{ "16909060", 1, WIRE_PEX_ADDRESS },
	};
	enum wire_error	 rv;
	size_t		 i, n;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rv = try_entry(ID, cases[i].ip, cases[i].port, &n);
		ATF_CHECK_EQ_MSG(cases[i].want, rv, "%s: %s", cases[i].ip,
		    wire_error_name(rv));
		if (rv == WIRE_OK)
			ATF_CHECK(n == 1 &&
			    room[0].na.port == (uint16_t)cases[i].port);
	}
	try_entry(ID, "::ffff:1.2.3.4", 1, &n);
	ATF_CHECK(ip_is_v4(room[0].na.ip));
}

/* An ID that is none costs its address and nothing else. */
ATF_TC_WITHOUT_HEAD(ids);
ATF_TC_BODY(ids, tc)
{
	static const struct {
		const char	*id;
		size_t		 n;
	} cases[] = {
		{ ID, 1 }, { "D835CDBD1C788257C6A581F864ACBE9CC0F1B168", 1 },
		{ "", 0 }, { "1", 0 }, { ID "0", 0 }, { ID ID ID, 0 },
		{ "d835cdbd1c788257c6a581f864acbe9cc0f1b1", 0 },
		{ "g835cdbd1c788257c6a581f864acbe9cc0f1b168", 0 },
		{ "d835cdbd1c788257c6a581f864acbe9cc0f1b16 ", 0 },
	};
	struct node_id	 want;
	size_t		 i, n;

	ATF_REQUIRE(node_id_parse(ID, strlen(ID), &want) == 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ATF_CHECK_EQ(WIRE_OK, try_entry(cases[i].id, "1.2.3.4", 1,
		    &n));
		ATF_CHECK_EQ_MSG(cases[i].n, n, "%s", cases[i].id);
		if (n == 1)
			ATF_CHECK(node_id_equal(&room[0].id, &want));
		/* Nor does it excuse a bad IP. */
		ATF_CHECK_EQ(WIRE_PEX_ADDRESS, try_entry(cases[i].id, "x", 1,
		    &n));
	}
}

/* A list of n entries, every k-th without a proper ID. */
static void
make_list(struct bytes *msg, size_t n, size_t k)
{
	struct bytes	 list = { NULL, 0, 0 };
	size_t		 i;

	for (i = 1; i <= n; i++)
		add_entry(&list, k != 0 && i % k == 0 ? "odd" : ID, "1.2.3.4",
		    i % 65536);
	bytes_add_field(msg, 2, list.p, list.len);
	bytes_reset(&list);
}

ATF_TC_WITHOUT_HEAD(counts);
ATF_TC_BODY(counts, tc)
{
	static const size_t	 sizes[] = { 0, 1, 250, 251, 1000 };
	struct peer_addr	 few[250];
	struct bytes		 msg = { NULL, 0, 0 };
	struct pex_list		 got;
	enum pex_kind		 kind;
	size_t			 i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		make_list(&msg, sizes[i], 0);
		ATF_CHECK_EQ(WIRE_OK, decode(&msg, &kind, &got));
		ATF_CHECK(got.n == sizes[i] && got.total == sizes[i]);
		/* In less room the first ones are kept, all are counted. */
		got = (struct pex_list){ .addrs = few, .max = 250 };
		ATF_CHECK_EQ(WIRE_OK, pex_decode(bytes_span(&msg), &kind,
		    &got));
		ATF_CHECK(got.total == sizes[i] &&
		    got.n == (sizes[i] < 250 ? sizes[i] : 250));
		if (got.n > 0)
			ATF_CHECK_EQ(got.n, few[got.n - 1].na.port);
		got = (struct pex_list){ .addrs = NULL, .max = 0 };
		ATF_CHECK_EQ(WIRE_OK, pex_decode(bytes_span(&msg), &kind,
		    &got));
		ATF_CHECK(got.n == 0 && got.total == sizes[i]);
		bytes_reset(&msg);
	}
	make_list(&msg, 1000, 4);
	ATF_CHECK_EQ(WIRE_OK, decode(&msg, &kind, &got));
	ATF_CHECK(got.n == 750 && got.total == 1000);
	bytes_reset(&msg);
}

/* The most that 64,000 bytes can hold, in the shortest form there is. */
ATF_TC_WITHOUT_HEAD(fullest);
ATF_TC_BODY(fullest, tc)
{
	struct bytes	 e = { NULL, 0, 0 }, list = { NULL, 0, 0 };
	struct bytes	 msg = { NULL, 0, 0 };
	struct pex_list	 got;
	enum pex_kind	 kind;

	bytes_add_text(&e, 1, ID);
	bytes_add_text(&e, 2, "::");
	ATF_CHECK_EQ(46, e.len);
	while (list.len + e.len + 2 + 4 <= PEX_CAPACITY)
		bytes_add_field(&list, 1, e.p, e.len);
	bytes_add_field(&msg, 2, list.p, list.len);
	ATF_CHECK(msg.len <= PEX_CAPACITY);
	ATF_CHECK_EQ(WIRE_OK, decode(&msg, &kind, &got));
	ATF_CHECK_EQ(PEX_ADDRS_FIT, got.n);
	bytes_reset(&e);
	bytes_reset(&list);
	bytes_reset(&msg);
}

/* One bad address anywhere is the whole message's offence. */
ATF_TC_WITHOUT_HEAD(one_bad);
ATF_TC_BODY(one_bad, tc)
{
	struct bytes	 list, msg;
	struct pex_list	 got;
	enum pex_kind	 kind;
	size_t		 i, bad;

	for (bad = 0; bad < 250; bad += 83) {
		memset(&list, 0, sizeof(list));
		memset(&msg, 0, sizeof(msg));
		for (i = 0; i < 250; i++)
			add_entry(&list, ID, i == bad ? "1.2.3.400" :
			    "1.2.3.4", 1);
		bytes_add_field(&msg, 2, list.p, list.len);
		ATF_CHECK_EQ(WIRE_PEX_ADDRESS, decode(&msg, &kind, &got));
		ATF_CHECK_EQ(250, got.total);
		/* Undecodable bytes weigh more, wherever they stand. */
		bytes_add(&msg, "\x08", 1);
		ATF_CHECK_EQ(WIRE_PEX_MALFORMED, decode(&msg, &kind, &got));
		bytes_reset(&list);
		bytes_reset(&msg);
	}
}

ATF_TC_WITHOUT_HEAD(odd_encodings);
ATF_TC_BODY(odd_encodings, tc)
{
	static const struct {
		const char	*hex;
		enum wire_error	 want;
		enum pex_kind	 kind;
	} cases[] = {
		{ "", WIRE_PEX_TYPE, 0 },
		{ "1a00", WIRE_PEX_TYPE, 0 },		/* member 3 */
		{ "1801", WIRE_PEX_TYPE, 0 },
		{ "0a00", WIRE_OK, PEX_REQUEST },
		{ "0a020801", WIRE_OK, PEX_REQUEST },	/* unknown inside */
		{ "1a000a00", WIRE_OK, PEX_REQUEST },	/* unknown beside */
		{ "0a0208", WIRE_PEX_MALFORMED, 0 },
		{ "0a020800", WIRE_OK, PEX_REQUEST },
		{ "0a020000", WIRE_PEX_MALFORMED, 0 },
		{ "0801", WIRE_PEX_MALFORMED, 0 },
		{ "1001", WIRE_PEX_MALFORMED, 0 },
		{ "1200", WIRE_OK, PEX_ADDRS },
		{ "12020800", WIRE_PEX_MALFORMED, 0 },	/* addrs as number */
		{ "12021000", WIRE_OK, PEX_ADDRS },	/* unknown inside */
		{ "12040a020800", WIRE_PEX_MALFORMED, 0 },	/* id */
		{ "12040a021000", WIRE_PEX_MALFORMED, 0 },	/* ip */
		{ "12040a021a00", WIRE_PEX_MALFORMED, 0 },	/* port */
		{ "12020a05", WIRE_PEX_MALFORMED, 0 },
		{ "12020a00", WIRE_PEX_ADDRESS, PEX_ADDRS },
		{ "0a001200", WIRE_OK, PEX_ADDRS },	/* the last counts */
		{ "12000a00", WIRE_OK, PEX_REQUEST },
		{ "12020a000a00", WIRE_OK, PEX_REQUEST },	/* replaced */
		{ "12020a001200", WIRE_OK, PEX_ADDRS },
		{ "120012020a00", WIRE_PEX_ADDRESS, PEX_ADDRS },
		{ "12040a0208000a00", WIRE_PEX_MALFORMED, 0 },
		{ "0200", WIRE_PEX_MALFORMED, 0 },
		{ "0b", WIRE_PEX_MALFORMED, 0 },
	};
	struct bytes	 msg = { NULL, 0, 0 };
	struct pex_list	 got;
	enum pex_kind	 kind;
	enum wire_error	 rv;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bytes_reset(&msg);
		bytes_add_hex(&msg, cases[i].hex);
		rv = decode(&msg, &kind, &got);
		ATF_CHECK_EQ_MSG(cases[i].want, rv, "%s: %s", cases[i].hex,
		    wire_error_name(rv));
		if (rv == WIRE_OK)
			ATF_CHECK_EQ_MSG(cases[i].kind, kind, "%s",
			    cases[i].hex);
	}
	bytes_reset(&msg);
}

/* A replaced list leaves nothing behind. */
ATF_TC_WITHOUT_HEAD(replaced);
ATF_TC_BODY(replaced, tc)
{
	struct bytes	 msg = { NULL, 0, 0 };
	struct pex_list	 got;
	enum pex_kind	 kind;

	make_list(&msg, 30, 0);
	make_list(&msg, 7, 0);
	ATF_CHECK_EQ(WIRE_OK, decode(&msg, &kind, &got));
	ATF_CHECK(got.n == 7 && got.total == 7);
	bytes_add(&msg, pex_request, sizeof(pex_request));
	ATF_CHECK_EQ(WIRE_OK, decode(&msg, &kind, &got));
	ATF_CHECK(kind == PEX_REQUEST && got.n == 0 && got.total == 0);
	bytes_reset(&msg);
}

/* Unknown fields, nested a hundred deep, are somebody else's business. */
ATF_TC_WITHOUT_HEAD(nested);
ATF_TC_BODY(nested, tc)
{
	struct bytes	 in = { NULL, 0, 0 }, out;
	struct pex_list	 got;
	enum pex_kind	 kind;
	int		 i;

	for (i = 0; i < 100; i++) {
		memset(&out, 0, sizeof(out));
		bytes_add_field(&out, 15, in.p, in.len);
		bytes_reset(&in);
		in = out;
	}
	make_list(&in, 3, 0);
	ATF_CHECK_EQ(WIRE_OK, decode(&in, &kind, &got));
	ATF_CHECK_EQ(3, got.n);
	bytes_reset(&in);
}

static void
random_addr(struct testrng *rng, struct peer_addr *pa)
{
	static const uint8_t	 v4[12] = { [10] = 0xff, [11] = 0xff };

	testrng_fill(rng, pa->id.b, sizeof(pa->id.b));
	testrng_fill(rng, pa->na.ip, sizeof(pa->na.ip));
	if (testrng_below(rng, 2) == 0)
		memcpy(pa->na.ip, v4, sizeof(v4));
	else if (testrng_below(rng, 2) == 0)
		memset(pa->na.ip + testrng_below(rng, 8), 0, 8);
	pa->na.port = testrng_next(rng) >> testrng_below(rng, 64);
}

ATF_TC_WITHOUT_HEAD(writer_round_trip);
ATF_TC_BODY(writer_round_trip, tc)
{
	static uint8_t		 buf[PEX_ADDRS_SIZE(PEX_ADDRS_MAX)];
	struct peer_addr	 addrs[PEX_ADDRS_MAX];
	struct testrng		 rng = { 9 };
	struct pex_writer	 w;
	struct pex_list		 got;
	struct wire_span	 msg;
	enum pex_kind		 kind;
	size_t			 i, n;

	for (n = 0; n <= PEX_ADDRS_MAX; n++) {
		pex_writer_init(&w, buf, PEX_ADDRS_SIZE(n));
		for (i = 0; i < n; i++) {
			random_addr(&rng, &addrs[i]);
			ATF_CHECK_EQ(0, pex_writer_add(&w, &addrs[i]));
		}
		ATF_CHECK_EQ(n, w.n);
		msg = pex_writer_end(&w);
		got = (struct pex_list){ .addrs = room, .max = PEX_ADDRS_MAX };
		ATF_CHECK_EQ(WIRE_OK, pex_decode(msg, &kind, &got));
		ATF_CHECK(kind == PEX_ADDRS && got.n == n && got.total == n);
		for (i = 0; i < got.n; i++)
			ATF_CHECK(peer_addr_equal(&addrs[i], &room[i]));
	}
}

/* It stops at the end of its buffer, and before a message is too long. */
ATF_TC_WITHOUT_HEAD(writer_bounds);
ATF_TC_BODY(writer_bounds, tc)
{
	static uint8_t	 buf[2 * PEX_CAPACITY];
	struct peer_addr pa;
	struct pex_writer w;
	struct testrng	 rng = { 11 };
	struct wire_span msg;
	size_t		 n = 10;

	memset(&pa, 0xfe, sizeof(pa));	/* the longest text there is */
	memset(buf, 0xa5, sizeof(buf));
	pex_writer_init(&w, buf, PEX_ADDRS_SIZE(n));
	while (pex_writer_add(&w, &pa) == 0)
		;
	ATF_CHECK_EQ(n, w.n);
	pex_writer_end(&w);
	ATF_CHECK_EQ(0xa5, buf[PEX_ADDRS_SIZE(n)]);

	pex_writer_init(&w, buf, sizeof(buf));
	do
		random_addr(&rng, &pa);
	while (pex_writer_add(&w, &pa) == 0);
	msg = pex_writer_end(&w);
	ATF_CHECK(msg.len <= PEX_CAPACITY &&
	    msg.len > PEX_CAPACITY - PEX_ADDR_SIZE - 4);
	ATF_CHECK_EQ(0, pbread_skip(msg));
	ATF_CHECK(w.n > 600);

	pex_writer_init(&w, buf, PEX_ADDRS_SIZE(0));
	ATF_CHECK_EQ(-1, pex_writer_add(&w, &pa));
	msg = pex_writer_end(&w);
	ATF_CHECK(msg.len == 2 && memcmp(msg.p, "\x12\0", 2) == 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, golden);
	ATF_TP_ADD_TC(tp, addresses);
	ATF_TP_ADD_TC(tp, ids);
	ATF_TP_ADD_TC(tp, counts);
	ATF_TP_ADD_TC(tp, fullest);
	ATF_TP_ADD_TC(tp, one_bad);
	ATF_TP_ADD_TC(tp, odd_encodings);
	ATF_TP_ADD_TC(tp, replaced);
	ATF_TP_ADD_TC(tp, nested);
	ATF_TP_ADD_TC(tp, writer_round_trip);
	ATF_TP_ADD_TC(tp, writer_bounds);
	return atf_no_error();
}
