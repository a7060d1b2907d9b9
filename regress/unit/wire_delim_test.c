/* SPDX-License-Identifier: ISC */
/* Varints, delimited messages, and protobuf fields in place. */
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "regress/lib/bytes.h"
#include "regress/lib/testrng.h"
#include "wire/delim.h"
#include "wire/pbread.h"

ATF_TC_WITHOUT_HEAD(varint_round_trip);
ATF_TC_BODY(varint_round_trip, tc)
{
	struct wire_span	 s;
	uint8_t			 buf[VARINT_SIZE];
	uint64_t		 v, got;
	size_t			 n;
	int			 bit;

	for (bit = 0; bit < 64; bit++)
		for (v = (1ULL << bit) - 1; v <= (1ULL << bit) + 1; v++) {
			n = varint_put(buf, v) - buf;
			ATF_CHECK_EQ(n, varint_size(v));
			s = wire_span_of(buf, n);
			ATF_CHECK_EQ(0, varint_get(&s, &got));
			ATF_CHECK(got == v && s.len == 0);
			s = wire_span_of(buf, n - 1);
			ATF_CHECK_EQ(-1, varint_get(&s, &got));
		}
	v = UINT64_MAX;
	s = wire_span_of(buf, varint_put(buf, v) - buf);
	ATF_CHECK(s.len == 10 && varint_get(&s, &got) == 0 && got == v);
}

static enum wire_error
read_hex(const char *hex, size_t limit, size_t *len)
{
	struct bytes		 b = { NULL, 0, 0 };
	struct delim		 d = { .buf = NULL };
	struct wire_span	 in, msg;
	enum wire_error		 rv;

	bytes_add_hex(&b, hex);
	in = bytes_span(&b);
	rv = delim_next(&d, limit, &in, &msg);
	*len = msg.p == NULL ? SIZE_MAX : msg.len;
	delim_reset(&d);
	bytes_reset(&b);
	return rv;
}

ATF_TC_WITHOUT_HEAD(prefixes);
ATF_TC_BODY(prefixes, tc)
{
	static const struct {
		const char	*hex;
		enum wire_error	 rv;
		size_t		 len;
	} cases[] = {
		{ "00", WIRE_OK, 0 },
		{ "8000", WIRE_OK, 0 },				/* overlong */
		{ "828080808080808080006162", WIRE_OK, 2 },
		{ "0161", WIRE_OK, 1 },
		{ "02", WIRE_OK, SIZE_MAX },			/* to come */
		{ "0b", WIRE_LENGTH_OVER, SIZE_MAX },		/* 11 > 10 */
		{ "8080808008", WIRE_LENGTH_OVER, SIZE_MAX },	/* 2^31 */
		{ "80808080808080808001", WIRE_LENGTH_OVER, SIZE_MAX },
		{ "ffffffffffffffffff01", WIRE_LENGTH_OVER, SIZE_MAX },
		{ "80808080808080808002", WIRE_LENGTH_BAD, SIZE_MAX },
		{ "8080808080808080808001", WIRE_LENGTH_BAD, SIZE_MAX },
	};
	enum wire_error	 rv;
	size_t		 i, len;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rv = read_hex(cases[i].hex, 10, &len);
		ATF_CHECK_EQ_MSG(cases[i].rv, rv, "%s: %s", cases[i].hex,
		    wire_error_text(rv));
		ATF_CHECK_EQ_MSG(cases[i].len, len, "%s", cases[i].hex);
	}
}

/* Messages of many sizes, cut anywhere, come out as they went in. */
ATF_TC_WITHOUT_HEAD(fragments);
ATF_TC_BODY(fragments, tc)
{
	struct testrng		 rng = { 1 };
	struct bytes		 all = { NULL, 0, 0 }, got = { NULL, 0, 0 };
	struct delim		 d = { .buf = NULL };
	struct wire_span	 rest, piece, msg;
	size_t			 i, n, nmsg = 0;
	uint8_t			 data[300];

	for (i = 0; i < 500; i++) {
		n = testrng_below(&rng, sizeof(data));
		testrng_fill(&rng, data, n);
		bytes_add_varint(&all, n);
		bytes_add(&all, data, n);
	}
	rest = bytes_span(&all);
	while (rest.len > 0) {
		n = 1 + testrng_below(&rng, 400);
		piece = wire_span_take(&rest, n < rest.len ? n : rest.len);
		do {
			ATF_REQUIRE_EQ(WIRE_OK, delim_next(&d, 300, &piece,
			    &msg));
			if (msg.p == NULL)
				continue;
			nmsg++;
			bytes_add_varint(&got, msg.len);
			bytes_add(&got, msg.p, msg.len);
		} while (msg.p != NULL);
		ATF_CHECK_EQ(0, piece.len);
	}
	ATF_CHECK_EQ(500, nmsg);
	ATF_CHECK(wire_span_equal(bytes_span(&all), bytes_span(&got)));
	ATF_CHECK(!delim_partial(&d) && d.buf == NULL);
	bytes_reset(&all);
	bytes_reset(&got);
}

/* Nothing is had for a length over the limit, nor for one without bytes. */
ATF_TC_WITHOUT_HEAD(no_memory_ahead);
ATF_TC_BODY(no_memory_ahead, tc)
{
	struct delim		 d = { .buf = NULL };
	struct wire_span	 in = wire_span_of("\xe8\x07", 2), msg;

	ATF_CHECK_EQ(WIRE_OK, delim_next(&d, 1000, &in, &msg));
	ATF_CHECK(msg.p == NULL && d.buf == NULL && delim_partial(&d));
	in = wire_span_of("x", 1);
	ATF_CHECK_EQ(WIRE_OK, delim_next(&d, 1000, &in, &msg));
	ATF_CHECK(d.buf != NULL && d.have == 1);
	delim_reset(&d);
	in = wire_span_of("\xe9\x07", 2);
	ATF_CHECK_EQ(WIRE_LENGTH_OVER, delim_next(&d, 1000, &in, &msg));
	ATF_CHECK(d.buf == NULL);
}

static int
walk_hex(const char *hex, unsigned *nfields)
{
	struct bytes		 b = { NULL, 0, 0 };
	struct wire_span	 in;
	struct pbfield		 f;
	int			 rv;

	bytes_add_hex(&b, hex);
	in = bytes_span(&b);
	*nfields = 0;
	while ((rv = pbread_next(&in, &f)) == 1)
		(*nfields)++;
	bytes_reset(&b);
	return rv;
}

ATF_TC_WITHOUT_HEAD(fields);
ATF_TC_BODY(fields, tc)
{
	static const struct {
		const char	*hex;
		int		 rv;
		unsigned	 n;
	} cases[] = {
		{ "", 0, 0 },
		{ "0801", 0, 1 },			/* varint */
		{ "090102030405060708", 0, 1 },		/* 64 bits */
		{ "0d01020304", 0, 1 },			/* 32 bits */
		{ "0a026162", 0, 1 },			/* bytes */
		{ "0b0c", 0, 1 },			/* a group */
		{ "0b08011201610c", 0, 1 },
		{ "0b1b1c0c0801", 0, 2 },		/* nested, then more */
		{ "0b", -1, 0 },			/* without an end */
		{ "0b1b1c", -1, 0 },
		{ "0c", -1, 0 },			/* without a begin */
		{ "00", -1, 0 }, { "0001", -1, 0 },	/* field 0 */
		{ "0b00010c", -1, 0 },			/* also in a group */
		{ "0e", -1, 0 }, { "0f", -1, 0 },	/* no such types */
		{ "08", -1, 0 }, { "0880", -1, 0 },	/* cut short */
		{ "0a", -1, 0 }, { "0a01", -1, 0 }, { "0901", -1, 0 },
		{ "0d010203", -1, 0 },
		{ "08ffffffffffffffffff01", 0, 1 },
		{ "08ffffffffffffffffff02", -1, 0 },	/* over 64 bits */
		{ "0affffffffffffffffff01", -1, 0 },	/* longer than all */
		{ "f8ffffff0f01", 0, 1 },		/* field 2^29 - 1 */
		{ "f8ffffff1f01", -1, 0 },		/* over it */
		{ "80808080808080808001", -1, 0 },
	};
	unsigned	 n;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ATF_CHECK_EQ_MSG(cases[i].rv, walk_hex(cases[i].hex, &n),
		    "%s", cases[i].hex);
		if (cases[i].rv == 0)
			ATF_CHECK_EQ_MSG(cases[i].n, n, "%s", cases[i].hex);
	}
}

ATF_TC_WITHOUT_HEAD(deep_groups);
ATF_TC_BODY(deep_groups, tc)
{
	struct bytes	 b = { NULL, 0, 0 };
	size_t		 i;

	for (i = 0; i < 100000; i++)
		bytes_add(&b, "\x1b", 1);
	ATF_CHECK_EQ(-1, pbread_skip(bytes_span(&b)));
	for (i = 0; i < 100000; i++)
		bytes_add(&b, "\x1c", 1);
	ATF_CHECK_EQ(0, pbread_skip(bytes_span(&b)));
	bytes_reset(&b);
}

ATF_TC_WITHOUT_HEAD(error_names);
ATF_TC_BODY(error_names, tc)
{
	int	 i, j;

	for (i = 0; i < WIRE_NERRORS; i++) {
		ATF_CHECK(*wire_error_text(i) != '\0');
		for (j = 0; j < i; j++) {
			ATF_CHECK(strcmp(wire_error_name(i),
			    wire_error_name(j)) != 0);
			ATF_CHECK(strcmp(wire_error_text(i),
			    wire_error_text(j)) != 0);
		}
	}
	ATF_CHECK_STREQ("unknown", wire_error_name(WIRE_NERRORS));
	ATF_CHECK_STREQ("unknown error", wire_error_text(-1));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, varint_round_trip);
	ATF_TP_ADD_TC(tp, prefixes);
	ATF_TP_ADD_TC(tp, fragments);
	ATF_TP_ADD_TC(tp, no_memory_ahead);
	ATF_TP_ADD_TC(tp, fields);
	ATF_TP_ADD_TC(tp, deep_groups);
	ATF_TP_ADD_TC(tp, error_names);
	return atf_no_error();
}
