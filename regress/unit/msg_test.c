/* SPDX-License-Identifier: ISC */
/* The message table and its codec: every type, every bound. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/uio.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>
#include <imsg.h>

#include "common/msg.h"

static struct ibuf *
encode(uint32_t type, const void *body)
{
	struct ibuf *b;

	ATF_REQUIRE((b = ibuf_dynamic(64, 65536)) != NULL);
	ATF_REQUIRE_EQ_MSG(msg_encode(type, body, b), 0, "%s", msg_name(type));
	return b;
}

/* Decode the first len bytes of b; returns what msg_decode() does. */
static int
decode(uint32_t type, struct ibuf *b, size_t len, void *body)
{
	struct ibuf view;

	ibuf_from_buffer(&view, ibuf_data(b), len);
	return msg_decode(type, &view, body);
}

static void
fill(uint8_t *p, size_t n, uint8_t v)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = v + i % 23;
}

ATF_TC_WITHOUT_HEAD(every_type_every_length);
ATF_TC_BODY(every_type_every_length, tc)
{
	void *in = calloc(1, msg_body_max()), *out = malloc(msg_body_max());
	struct ibuf *b;
	uint32_t t;
	size_t i, len;

	for (t = MSG_NONE + 1; t < MSG_MAX; t++) {
		b = encode(t, in);
		len = ibuf_size(b);
		memset(out, 0xa5, msg_body_max());
		ATF_CHECK_EQ_MSG(decode(t, b, len, out), 0, "%s", msg_name(t));
		ATF_CHECK_EQ_MSG(memcmp(in, out, msg_info(t)->body_size), 0,
		    "%s", msg_name(t));
		for (i = 0; i < len; i++) {
			errno = 0;
			ATF_CHECK_EQ_MSG(decode(t, b, i, out), -1,
			    "%s cut to %zu", msg_name(t), i);
			ATF_CHECK_EQ(errno, EBADMSG);
		}
		ATF_REQUIRE_EQ(ibuf_add_n8(b, 0), 0);
		ATF_CHECK_EQ_MSG(decode(t, b, len + 1, out), -1,
		    "%s with a byte more", msg_name(t));
		ibuf_free(b);
	}
	free(in);
	free(out);
}

ATF_TC_WITHOUT_HEAD(fields_survive);
ATF_TC_BODY(fields_survive, tc)
{
	struct m_row_peer in, out;
	struct ibuf *b;

	memset(&in, 0, sizeof(in));
	in.conn = 0x01020304;
	fill(in.addr.id.b, NODE_ID_SIZE, 7);
	fill(in.addr.na.ip, 16, 99);
	in.addr.na.port = 65535;
	in.outbound = true;
	in.claim.port = 26656;
	in.in_bytes = UINT64_C(0x1122334455667788);
	in.rtt_us = UINT32_MAX;
	strlcpy(in.moniker, "m\xc3\xa4", sizeof(in.moniker));
	memset(in.network, 'n', sizeof(in.network) - 1);
	b = encode(MSG_ROW_PEER, &in);
	ATF_REQUIRE_EQ(decode(MSG_ROW_PEER, b, ibuf_size(b), &out), 0);
	ATF_CHECK_EQ(out.conn, in.conn);
	ATF_CHECK(peer_addr_equal(&out.addr, &in.addr));
	ATF_CHECK_EQ(out.outbound, true);
	ATF_CHECK_EQ(out.persistent, false);
	ATF_CHECK_EQ(out.claim.port, 26656);
	ATF_CHECK_EQ(out.in_bytes, in.in_bytes);
	ATF_CHECK_EQ(out.rtt_us, UINT32_MAX);
	ATF_CHECK_STREQ(out.moniker, in.moniker);
	ATF_CHECK_STREQ(out.network, in.network);
	ibuf_free(b);
}

ATF_TC_WITHOUT_HEAD(lists_survive);
ATF_TC_BODY(lists_survive, tc)
{
	struct m_picked *in = calloc(1, sizeof(*in));
	struct m_picked *out = calloc(1, sizeof(*out));
	struct ibuf *b;
	unsigned i;

	in->n = MSG_LIST_MAX;
	for (i = 0; i < MSG_LIST_MAX; i++) {
		in->list[i].addr.na.port = i;
		in->list[i].level = i % 4;
		in->list[i].source = (uint64_t)i << 40 | 1;
	}
	b = encode(MSG_PICKED, in);
	/* It has to fit the largest imsg. */
	ATF_CHECK(ibuf_size(b) <= MAX_IMSGSIZE - IMSG_HEADER_SIZE);
	ATF_REQUIRE_EQ(decode(MSG_PICKED, b, ibuf_size(b), out), 0);
	ATF_CHECK_EQ(out->n, MSG_LIST_MAX);
	for (i = 0; i < MSG_LIST_MAX; i++) {
		ATF_CHECK_EQ(out->list[i].addr.na.port, i);
		ATF_CHECK_EQ(out->list[i].level, i % 4);
		ATF_CHECK_EQ(out->list[i].source, (uint64_t)i << 40 | 1);
	}
	ibuf_free(b);
	free(in);
	free(out);
}

ATF_TC_WITHOUT_HEAD(import_fits);
ATF_TC_BODY(import_fits, tc)
{
	struct m_import *in = calloc(1, sizeof(*in));
	struct ibuf *b;
	unsigned i;

	in->n = MSG_IMPORT_MAX;
	for (i = 0; i < in->n; i++)
		in->list[i].nbuckets = MSG_BUCKETS_MAX;
	b = encode(MSG_CTL_IMPORT, in);
	ATF_CHECK(ibuf_size(b) <= MAX_IMSGSIZE - IMSG_HEADER_SIZE);
	ibuf_free(b);
	free(in);
}

ATF_TC_WITHOUT_HEAD(bounds_on_encoding);
ATF_TC_BODY(bounds_on_encoding, tc)
{
	struct m_selected *list = calloc(1, sizeof(*list));
	struct m_log text;
	struct ibuf *b;

	ATF_REQUIRE((b = ibuf_dynamic(64, 65536)) != NULL);
	list->n = MSG_LIST_MAX + 1;
	ATF_CHECK_ERRNO(EINVAL, msg_encode(MSG_SELECTED, list, b) == -1);
	memset(&text, 'x', sizeof(text));	/* no NUL */
	ATF_CHECK_ERRNO(EINVAL, msg_encode(MSG_LOG, &text, b) == -1);
	ATF_CHECK_ERRNO(EINVAL, msg_encode(MSG_MAX, &text, b) == -1);
	ATF_CHECK_ERRNO(EINVAL, msg_encode(MSG_NONE, &text, b) == -1);
	ibuf_free(b);
	free(list);
}

static int
decode_bytes(uint32_t type, const void *bytes, size_t len, void *body)
{
	struct ibuf *b;
	int rv;

	ATF_REQUIRE((b = ibuf_dynamic(64, 65536)) != NULL);
	ATF_REQUIRE_EQ(ibuf_add(b, bytes, len), 0);
	rv = decode(type, b, len, body);
	ibuf_free(b);
	return rv;
}

ATF_TC_WITHOUT_HEAD(bounds_on_decoding);
ATF_TC_BODY(bounds_on_decoding, tc)
{
	static const uint8_t bool_two[] = { 2 };
	static const uint8_t nul_inside[] = { 3, 0, 3, 'a', 0, 'b' };
	static const uint8_t count_251[] = { 0, 251 };
	uint8_t longtext[3 + MSG_TEXT_SIZE];
	struct m_selected *list = calloc(1, sizeof(*list));
	struct m_events ev;
	struct m_log lg;

	ATF_CHECK_EQ(decode_bytes(MSG_EVENTS, bool_two, 1, &ev), -1);
	ATF_CHECK_EQ(decode_bytes(MSG_LOG, nul_inside, 6, &lg), -1);
	ATF_CHECK_EQ(decode_bytes(MSG_SELECTED, count_251, 2, list), -1);
	/* A text as long as its field leaves no room for the NUL. */
	memset(longtext, 'x', sizeof(longtext));
	longtext[0] = 3;
	longtext[1] = MSG_TEXT_SIZE >> 8;
	longtext[2] = MSG_TEXT_SIZE & 0xff;
	ATF_CHECK_EQ(decode_bytes(MSG_LOG, longtext, sizeof(longtext), &lg),
	    -1);
	free(list);
}

ATF_TC_WITHOUT_HEAD(table_is_sound);
ATF_TC_BODY(table_is_sound, tc)
{
	const struct msg_info *i;
	uint32_t t;

	for (t = MSG_NONE + 1; t < MSG_MAX; t++) {
		ATF_REQUIRE((i = msg_info(t)) != NULL);
		ATF_CHECK(i->senders != 0 && i->receivers != 0);
		ATF_CHECK(((i->senders | i->receivers) & ~ROLE_ANY) == 0);
		/* pexctl talks to nobody but the parent. */
		if (i->senders == ROLE_CTL)
			ATF_CHECK_EQ_MSG(i->receivers, ROLE_PARENT, "%s",
			    i->name);
		/* Results and descriptors are never shed. */
		if (i->flags & MSG_FD)
			ATF_CHECK(!(i->flags & MSG_SHED));
	}
	ATF_CHECK(msg_info(MSG_NONE) == NULL);
	ATF_CHECK(msg_info(MSG_MAX) == NULL);
	ATF_CHECK(msg_info(UINT32_MAX) == NULL);
	ATF_CHECK_STREQ(msg_name(UINT32_MAX), "?");
}

ATF_TC_WITHOUT_HEAD(every_number_has_its_word);
ATF_TC_BODY(every_number_has_its_word, tc)
{
	int i;

#define WORDS(first, max, fn)						\
	for (i = first; i < max; i++)					\
		ATF_CHECK_MSG(strcmp(fn(i), "?") != 0, #fn "(%d)", i);	\
	ATF_CHECK_STREQ(fn(max), "?")
	WORDS(1, OUTCOME_MAX, outcome_name);
	WORDS(1, VERDICT_MAX, verdict_name);
	WORDS(1, DOWN_MAX, down_reason_name);
	WORDS(1, MISBEHAVED_MAX, misbehaviour_name);
	WORDS(0, STATUS_MAX, status_name);
	WORDS(1, EVENT_MAX, event_name);
	WORDS(0, LEVEL_SENIOR + 1, level_name);
#undef WORDS
	ATF_CHECK_EQ(role_by_name("engine"), ROLE_ENGINE);
	ATF_CHECK_EQ(role_by_name("nobody"), ROLE_NONE);
	ATF_CHECK_STREQ(role_name(ROLE_ADDRBOOKD), "addrbookd");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, every_type_every_length);
	ATF_TP_ADD_TC(tp, fields_survive);
	ATF_TP_ADD_TC(tp, lists_survive);
	ATF_TP_ADD_TC(tp, import_fits);
	ATF_TP_ADD_TC(tp, bounds_on_encoding);
	ATF_TP_ADD_TC(tp, bounds_on_decoding);
	ATF_TP_ADD_TC(tp, table_is_sound);
	ATF_TP_ADD_TC(tp, every_number_has_its_word);
	return atf_no_error();
}
