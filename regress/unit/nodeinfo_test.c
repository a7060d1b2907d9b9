/* SPDX-License-Identifier: ISC */
/* What a node may say of itself, check by check and in their order. */
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "regress/lib/bytes.h"
#include "regress/lib/testrng.h"
#include "wire/nodeinfo.h"

#define ID	"d835cdbd1c788257c6a581f864acbe9cc0f1b168"

static struct nodeinfo
good(void)
{
	struct nodeinfo	 ni = { .p2p_version = 8, .block_version = 11 };

	ni.id = wire_span_text(ID);
	ni.listen_addr = wire_span_text("tcp://1.2.3.4:26656");
	ni.network = wire_span_text("test-net");
	ni.version = wire_span_text("1.2.3");
	ni.channels = wire_span_of("\0", 1);
	ni.moniker = wire_span_text("good");
	ni.tx_index = wire_span_text("on");
	ni.rpc_address = wire_span_text("tcp://0.0.0.0:26657");
	return ni;
}

static void
check_valid(const struct nodeinfo *ni, enum wire_error want, const char *what)
{
	enum wire_error	 rv = nodeinfo_validate(ni);

	ATF_CHECK_EQ_MSG(want, rv, "%s: %s, not %s", what,
	    wire_error_name(rv), wire_error_name(want));
}

ATF_TC_WITHOUT_HEAD(listen_address);
ATF_TC_BODY(listen_address, tc)
{
	static const struct {
		const char	*text;
		bool		 ok;
	} cases[] = {
		{ "1.2.3.4:26656", true }, { "tcp://1.2.3.4:26656", true },
		{ "udp://1.2.3.4:26656", true }, { "1.2.3.4:0", true },
		{ "[2001:db9::1]:26656", true }, { "0.0.0.0:26656", true },
		{ "[::]:65535", true }, { "1.2.3.4:00080", true },
		{ "a.example.org:26656", true }, { "localhost:1", true },
		{ "01.2.3.4:80", true },	/* a name, then */
		{ "", false }, { "1.2.3.4", false }, { ":26656", false },
		{ "1.2.3.4:", false }, { "1.2.3.4:65536", false },
		{ "1.2.3.4:-1", false }, { "1.2.3.4:+1", false },
		{ "1.2.3.4:1a", false }, { "1.2.3.4:80/", false },
		{ "2001:db9::1:26656", false }, { "[2001:db9::1]", false },
		{ "[fe80::1%eth0]:1", false }, { "[1.2.3.4:1", false },
		{ ID "@1.2.3.4:80", false }, { "tcp://", false },
		{ "a b:80", false }, { "a/b:80", false }, { "@:80", false },
		{ "tcp://tcp://1.2.3.4:80", false }, { "\x01:80", false },
		{ "1.2.3.4:99999999999999999999", false },
	};
	struct nodeinfo	 ni = good();
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ni.listen_addr = wire_span_text(cases[i].text);
		check_valid(&ni, cases[i].ok ? WIRE_OK : WIRE_INFO_ADDRESS,
		    cases[i].text);
	}
	ni.listen_addr = wire_span_of("1.2.3.4\0:80", 11);
	check_valid(&ni, WIRE_INFO_ADDRESS, "a NUL");
}

/* A name is reported as a name, for nobody to look up. */
ATF_TC_WITHOUT_HEAD(host_names_stay_names);
ATF_TC_BODY(host_names_stay_names, tc)
{
	struct nodeinfo	 ni = good();
	struct host_addr ha;

	ni.listen_addr = wire_span_text("tcp://node.example.org:26656");
	ATF_CHECK_EQ(ADDRPARSE_OK, nodeinfo_listen_addr(&ni, &ha));
	ATF_CHECK(!ha.is_literal);
	ATF_CHECK_STREQ("node.example.org", ha.host);
	ATF_CHECK_EQ(26656, ha.port);
	ni.listen_addr = wire_span_text("[::ffff:1.2.3.4]:1");
	ATF_CHECK_EQ(ADDRPARSE_OK, nodeinfo_listen_addr(&ni, &ha));
	ATF_CHECK(ha.is_literal && ip_is_v4(ha.ip));
}

ATF_TC_WITHOUT_HEAD(ids);
ATF_TC_BODY(ids, tc)
{
	static const char *const	bad[] = { "", "d835", "@",
	    "d835cdbd1c788257c6a581f864acbe9cc0f1b1",
	    "d835cdbd1c788257c6a581f864acbe9cc0f1b16800",
	    "d835cdbd1c788257c6a581f864acbe9cc0f1b16g",
	    " 835cdbd1c788257c6a581f864acbe9cc0f1b168" };
	struct nodeinfo	 ni = good();
	size_t		 i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ni.id = wire_span_text(bad[i]);
		check_valid(&ni, WIRE_INFO_ADDRESS, bad[i]);
	}
	ni.id = wire_span_text("D835CDBD1C788257C6A581F864ACBE9CC0F1B168");
	check_valid(&ni, WIRE_OK, "upper case");
}

ATF_TC_WITHOUT_HEAD(texts);
ATF_TC_BODY(texts, tc)
{
	static const struct {
		const char	*text;
		size_t		 len;
		bool		 ok;
	} cases[] = {
		{ "a", 1, true }, { " a ", 3, true }, { "~", 1, true },
		{ " ", 1, false }, { "   ", 3, false }, { "a\tb", 3, false },
		{ "a\nb", 3, false }, { "\x7f", 1, false },
		{ "a\0b", 3, false }, { "\0", 1, false },
		{ "n\xc3\xb6" "de", 5, false }, { "\x1f", 1, false },
		{ "\x80", 1, false }, { "\xff", 1, false },
	};
	struct nodeinfo	 ni;
	struct wire_span s;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = wire_span_of(cases[i].text, cases[i].len);
		ni = good();
		ni.version = s;
		check_valid(&ni, cases[i].ok ? WIRE_OK : WIRE_INFO_VERSION,
		    cases[i].text);
		ni = good();
		ni.moniker = s;
		check_valid(&ni, cases[i].ok ? WIRE_OK : WIRE_INFO_MONIKER,
		    cases[i].text);
		ni = good();
		ni.rpc_address = s;
		check_valid(&ni, cases[i].ok ? WIRE_OK : WIRE_INFO_RPC,
		    cases[i].text);
	}
	ni = good();
	ni.version = ni.rpc_address = wire_span_of(NULL, 0);
	check_valid(&ni, WIRE_OK, "version and rpc address may be empty");
	ni.moniker = wire_span_of(NULL, 0);
	check_valid(&ni, WIRE_INFO_MONIKER, "the moniker may not");
}

ATF_TC_WITHOUT_HEAD(tx_index);
ATF_TC_BODY(tx_index, tc)
{
	static const char *const	bad[] = { "On", "ON", "of", "offf",
	    "true", "1", " on" };
	struct nodeinfo	 ni = good();
	size_t		 i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ni.tx_index = wire_span_text(bad[i]);
		check_valid(&ni, WIRE_INFO_TX_INDEX, bad[i]);
	}
	ni.tx_index = wire_span_text("off");
	check_valid(&ni, WIRE_OK, "off");
	ni.tx_index = wire_span_of(NULL, 0);
	check_valid(&ni, WIRE_OK, "empty");
}

ATF_TC_WITHOUT_HEAD(channel_lists);
ATF_TC_BODY(channel_lists, tc)
{
	uint8_t		 all[32];
	struct nodeinfo	 ni = good();
	size_t		 i;

	for (i = 0; i < sizeof(all); i++)
		all[i] = i;
	ni.channels = wire_span_of(NULL, 0);
	check_valid(&ni, WIRE_OK, "no channels");
	for (i = 1; i <= sizeof(all); i++) {
		ni.channels = wire_span_of(all, i);
		check_valid(&ni, i <= 16 ? WIRE_OK : WIRE_INFO_CHANNELS,
		    "many channels");
	}
	ni.channels = wire_span_of("\x01\x02\x01", 3);
	check_valid(&ni, WIRE_INFO_CHANNEL_TWICE, "one twice");
	ni.channels = wire_span_of("\0\0", 2);
	check_valid(&ni, WIRE_INFO_CHANNEL_TWICE, "0 twice");
	ni = good();
	ATF_CHECK(nodeinfo_has_channel(&ni, 0));
	ATF_CHECK(!nodeinfo_has_channel(&ni, 1));
}

/* Each fault added before the others is the one that is told. */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	static const uint8_t	 twice[] = { 9, 9 };
	struct nodeinfo		 ours = good(), ni = good();
	struct node_id		 id, other;
	size_t			 n = strlen(ID);

	ATF_REQUIRE(node_id_parse(ID, n, &id) == 0);
	other = id;
	other.b[0] ^= 1;
#define TELLS(want)							\
	ATF_CHECK_EQ_MSG(want, nodeinfo_check(&ours, &other, &ni, &id),	\
	    "%s", wire_error_name(nodeinfo_check(&ours, &other, &ni, &id)))
	TELLS(WIRE_OK);
	ni.channels = wire_span_of("\x77", 1);
	TELLS(WIRE_NO_COMMON_CHANNEL);
	ni.network = wire_span_text("other-net");
	TELLS(WIRE_WRONG_NETWORK);
	ni.block_version = 10;
	TELLS(WIRE_WRONG_BLOCK);
	other = id;
	TELLS(WIRE_SELF);
	ni.id = wire_span_text("D835CDBD1C788257C6A581F864ACBE9CC0F1B168");
	TELLS(WIRE_INFO_ID);
	ni.id = wire_span_text("a835cdbd1c788257c6a581f864acbe9cc0f1b168");
	TELLS(WIRE_INFO_ID);
	ni.tx_index = wire_span_text("x");
	TELLS(WIRE_INFO_TX_INDEX);
	ni.channels = wire_span_of(twice, 2);
	TELLS(WIRE_INFO_CHANNEL_TWICE);
	ni.moniker = wire_span_text("");
	TELLS(WIRE_INFO_MONIKER);
	ni.rpc_address = wire_span_text(" ");
	TELLS(WIRE_INFO_RPC);
	ni.version = wire_span_text(" ");
	TELLS(WIRE_INFO_VERSION);
	ni.listen_addr = wire_span_text("nowhere");
	TELLS(WIRE_INFO_ADDRESS);
}

ATF_TC_WITHOUT_HEAD(compatible);
ATF_TC_BODY(compatible, tc)
{
	struct nodeinfo	 ours = good(), ni = good();

	ni.p2p_version = 9;
	ni.app_version = UINT64_MAX;
	ni.version = wire_span_text("else");
	ni.channels = wire_span_of("\x40\x20\0\x30", 4);
	ATF_CHECK_EQ(WIRE_OK, nodeinfo_compatible(&ours, &ni));
	ni.channels = wire_span_of(NULL, 0);
	ATF_CHECK_EQ(WIRE_NO_COMMON_CHANNEL, nodeinfo_compatible(&ours, &ni));
	ni = good();
	ni.network = wire_span_text("test-net2");
	ATF_CHECK_EQ(WIRE_WRONG_NETWORK, nodeinfo_compatible(&ours, &ni));
	ni.network = wire_span_text("test-ne");
	ATF_CHECK_EQ(WIRE_WRONG_NETWORK, nodeinfo_compatible(&ours, &ni));
	ni.network = wire_span_of("test-net\0", 9);
	ATF_CHECK_EQ(WIRE_WRONG_NETWORK, nodeinfo_compatible(&ours, &ni));
}

/* --- the encoding ----------------------------------------------------- */

static enum wire_error
decode_hex(const char *hex, struct nodeinfo *ni)
{
	static struct bytes	 b;

	bytes_reset(&b);
	bytes_add_hex(&b, hex);
	return nodeinfo_decode(bytes_span(&b), ni);
}

ATF_TC_WITHOUT_HEAD(odd_encodings);
ATF_TC_BODY(odd_encodings, tc)
{
	static const char *const	bad[] = {
		"0801",		/* the version as a number */
		"1001", "1801", "2001", "2801", "3001", "3801", "4001",
		"12", "1201", "0a01", "0a0208", "420208", "00", "0a020a00",
		"42020801", "0b", "0c", "0e00",
	};
	struct nodeinfo	 ni;
	size_t		 i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(WIRE_INFO_MALFORMED, decode_hex(bad[i], &ni),
		    "%s", bad[i]);
	/* Empty is sound as an encoding. */
	ATF_CHECK_EQ(WIRE_OK, decode_hex("", &ni));
	ATF_CHECK(ni.id.len == 0 && ni.block_version == 0);
	/* The last one counts; unknown fields and groups are skipped. */
	ATF_CHECK_EQ(WIRE_OK, decode_hex("2201611201784a0103" "5b5c"
	    "220162", &ni));
	ATF_CHECK(wire_span_equal(ni.network, wire_span_text("b")));
	ATF_CHECK(wire_span_equal(ni.id, wire_span_text("x")));
	/* A message that comes twice is merged, field by field. */
	ATF_CHECK_EQ(WIRE_OK, decode_hex("0a0208080a02100b", &ni));
	ATF_CHECK(ni.p2p_version == 8 && ni.block_version == 11);
}

ATF_TC_WITHOUT_HEAD(long_texts);
ATF_TC_BODY(long_texts, tc)
{
	static char	 text[NODEINFO_MAX + 1];
	static uint8_t	 out[NODEINFO_MAX + 1];
	struct nodeinfo	 ni = good(), got;
	size_t		 n, size;

	memset(text, 'm', sizeof(text));
	ni.moniker = wire_span_of(NULL, 0);
	n = NODEINFO_MAX - nodeinfo_size(&ni) - 3;
	ni.moniker = wire_span_of(text, n);
	size = nodeinfo_size(&ni);
	ATF_CHECK_EQ(NODEINFO_MAX, size);
	ATF_CHECK_EQ(NODEINFO_MAX, nodeinfo_encode(&ni, out, sizeof(out)));
	ATF_CHECK_EQ(WIRE_OK, nodeinfo_decode(wire_span_of(out, size), &got));
	ATF_CHECK(wire_span_equal(ni.moniker, got.moniker));
	check_valid(&got, WIRE_OK, "a long moniker");
	ni.moniker.len++;
	ATF_CHECK_EQ(0, nodeinfo_size(&ni));
	ATF_CHECK_EQ(0, nodeinfo_encode(&ni, out, sizeof(out)));
	ni = good();
	ATF_CHECK_EQ(0, nodeinfo_encode(&ni, out, nodeinfo_size(&ni) - 1));
}

/* Random records come back as they were. */
ATF_TC_WITHOUT_HEAD(round_trip);
ATF_TC_BODY(round_trip, tc)
{
	struct testrng		 rng = { 5 };
	struct nodeinfo		 ni, got;
	struct wire_span	*texts[] = { &ni.id, &ni.listen_addr,
	    &ni.network, &ni.version, &ni.channels, &ni.moniker,
	    &ni.tx_index, &ni.rpc_address };
	uint8_t			 data[300], out[4096], again[4096];
	size_t			 i, k, size;

	testrng_fill(&rng, data, sizeof(data));
	for (i = 0; i < 2000; i++) {
		memset(&ni, 0, sizeof(ni));
		ni.p2p_version = testrng_next(&rng) >>
		    testrng_below(&rng, 65) % 64;
		ni.block_version = testrng_next(&rng) >>
		    testrng_below(&rng, 64);
		ni.app_version = testrng_below(&rng, 2);
		for (k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
			*texts[k] = wire_span_of(data, testrng_below(&rng, 2) *
			    testrng_below(&rng, sizeof(data)));
		size = nodeinfo_encode(&ni, out, sizeof(out));
		ATF_CHECK_EQ(size, nodeinfo_size(&ni));
		ATF_CHECK_EQ(WIRE_OK, nodeinfo_decode(wire_span_of(out, size),
		    &got));
		ATF_CHECK(nodeinfo_encode(&got, again, sizeof(again)) ==
		    size && memcmp(out, again, size) == 0);
		ATF_CHECK(got.app_version == ni.app_version &&
		    wire_span_equal(got.rpc_address, ni.rpc_address));
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, listen_address);
	ATF_TP_ADD_TC(tp, host_names_stay_names);
	ATF_TP_ADD_TC(tp, ids);
	ATF_TP_ADD_TC(tp, texts);
	ATF_TP_ADD_TC(tp, tx_index);
	ATF_TP_ADD_TC(tp, channel_lists);
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, compatible);
	ATF_TP_ADD_TC(tp, odd_encodings);
	ATF_TP_ADD_TC(tp, long_texts);
	ATF_TP_ADD_TC(tp, round_trip);
	return atf_no_error();
}
