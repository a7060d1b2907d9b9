/* SPDX-License-Identifier: ISC */
/* pexctl: what is written is what the other side starts from. */

#include <sys/types.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>
#include <jansson.h>

#include "pexctl/banset.h"
#include "pexctl/export.h"
#include "pexctl/import.h"
#include "pexctl/rfc3339.h"

#define DAY	86400
#define T0	1700000000

static const uint8_t key[EXPORT_KEY_SIZE] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    0xaa, 0xff };

struct out {
	struct export	 ex;
	FILE		*f;
	char		*text;
	size_t		 len;
};

static void
out_begin(struct out *o, const struct export_format *format)
{
	ATF_REQUIRE((o->f = open_memstream(&o->text, &o->len)) != NULL);
	export_init(&o->ex, format, o->f, key);
}

static void
out_end(struct out *o)
{
	ATF_REQUIRE_EQ(0, export_end(&o->ex));
	ATF_REQUIRE_EQ(0, fclose(o->f));
	export_free(&o->ex);
}

/* Entry i: its ID and address say which; the rest varies with it. */
static struct m_row_entry
entry(uint32_t i)
{
	struct m_row_entry e;
	uint32_t k;

	memset(&e, 0, sizeof(e));
	for (k = 0; k < 4; k++)
		e.addr.id.b[k] = (uint8_t)(i >> (24 - 8 * k));
	e.addr.na.ip[10] = e.addr.na.ip[11] = 0xff;
	e.addr.na.ip[12] = 5;
	e.addr.na.ip[13] = (uint8_t)(i >> 16);
	e.addr.na.ip[14] = (uint8_t)(i >> 8);
	e.addr.na.ip[15] = (uint8_t)i;
	e.addr.na.port = (uint16_t)(i % 60000 + 1);
	e.level = (uint8_t)(i % 4);
	e.is_old = i % 8 == 3;
	e.verified = e.level >= LEVEL_REACHED;
	e.attempts = i % 11;
	e.successes = e.level * 2;
	e.tries = e.successes + i % 3;
	e.last_failure = i % 4 == 0 ? T0 - 7 : 0;
	e.first_heard = T0 - 2 * DAY - i;
	e.last_heard = T0 - i;
	if (e.level > LEVEL_HEARD) {
		e.first_success = T0 - DAY;
		e.last_success = T0 - i % DAY;
	}
	e.last_try = i % 3 == 0 ? 0 : T0 - 5;
	e.next_try = i % 5 == 0 ? T0 + 60 : 0;
	if (i % 2 == 0)
		e.source_group = netgroup_of(e.addr.na.ip, true).v;
	e.nbuckets = (uint8_t)(i % (MSG_BUCKETS_MAX + 1));
	for (k = 0; k < e.nbuckets; k++)
		e.buckets[k] = (uint16_t)(i * 7 + k * 300);
	return e;
}

/* --- there and back ---------------------------------------------------- */

static struct {
	struct m_row_entry	 list[600];
	size_t			 n;
	bool			 with_history;
} back;

static int
take_back(void *ctx, const struct m_row_entry *e, bool with_history)
{
	ATF_REQUIRE(back.n < sizeof(back.list) / sizeof(back.list[0]));
	back.list[back.n++] = *e;
	back.with_history = with_history;
	return 0;
}

static void
read_back(const struct out *o, enum import_format format)
{
	struct import *im;

	back.n = 0;
	ATF_REQUIRE_EQ(format, import_detect(o->text, o->len));
	ATF_REQUIRE((im = import_new(format, take_back, NULL)) != NULL);
	ATF_REQUIRE_EQ(0, import_feed(im, o->text, o->len));
	ATF_REQUIRE_EQ(0, import_end(im));
	ATF_CHECK_EQ(0, import_tally(im)->left_out);
	import_free(im);
}

static void
write_all(struct out *o, const struct export_format *format, uint32_t n)
{
	struct m_row_entry e;
	uint32_t i;

	out_begin(o, format);
	for (i = 0; i < n; i++) {
		e = entry(i);
		ATF_REQUIRE_EQ(0, export_entry(&o->ex, &e));
	}
	out_end(o);
}

ATF_TC_WITHOUT_HEAD(lines);
ATF_TC_BODY(lines, tc)
{
	struct m_row_entry e;
	struct out o;
	uint32_t i;

	write_all(&o, &export_lines, 500);
	ATF_CHECK(strstr(o.text, "\"source_group\":\"5.0.0.0\"") != NULL);
	ATF_CHECK(strstr(o.text, "\"source_group\":null") != NULL);
	read_back(&o, IMPORT_LINES);
	ATF_REQUIRE_EQ(500, back.n);
	ATF_CHECK(back.with_history);
	for (i = 0; i < 500; i++) {
		e = entry(i);
		/* Not read: worked out anew by the book that takes it. */
		e.source_group = 0;
		e.nbuckets = 0;
		memset(e.buckets, 0, sizeof(e.buckets));
		if (e.level == LEVEL_SENIOR)
			e.level = LEVEL_GOOD;
		ATF_CHECK_MSG(peer_addr_equal(&e.addr, &back.list[i].addr) &&
		    e.level == back.list[i].level &&
		    e.is_old == back.list[i].is_old &&
		    e.verified == back.list[i].verified &&
		    e.attempts == back.list[i].attempts &&
		    e.successes == back.list[i].successes &&
		    e.first_heard == back.list[i].first_heard &&
		    e.last_heard == back.list[i].last_heard &&
		    e.last_try == back.list[i].last_try &&
		    e.tries == back.list[i].tries &&
		    e.last_failure == back.list[i].last_failure &&
		    e.first_success == back.list[i].first_success &&
		    e.last_success == back.list[i].last_success &&
		    e.next_try == back.list[i].next_try &&
		    back.list[i].source_group == 0 &&
		    back.list[i].nbuckets == 0,
		    "entry %u", i);
	}
	free(o.text);
}

ATF_TC_WITHOUT_HEAD(list);
ATF_TC_BODY(list, tc)
{
	struct m_row_entry e;
	struct out o;
	uint32_t i;

	write_all(&o, &export_list, 500);
	read_back(&o, IMPORT_LIST);
	ATF_REQUIRE_EQ(500, back.n);
	ATF_CHECK(!back.with_history);
	for (i = 0; i < 500; i++) {
		e = entry(i);
		ATF_CHECK(peer_addr_equal(&e.addr, &back.list[i].addr));
	}
	free(o.text);
}

/* --- addrbook.json ----------------------------------------------------- */

struct tally {
	unsigned	fill[3][256];	/* by type and bucket */
	size_t		n, nold;
};

static void
check_entry(const json_t *a, struct tally *t)
{
	const json_t *addr = json_object_get(a, "addr"), *b;
	json_int_t type = json_integer_value(json_object_get(a,
	    "bucket_type"));
	int64_t when;

	ATF_REQUIRE(type == 1 || type == 2);
	b = json_object_get(a, "buckets");
	ATF_REQUIRE_EQ(1, json_array_size(b));
	b = json_array_get(b, 0);
	ATF_REQUIRE(json_is_integer(b) && json_integer_value(b) >= 0 &&
	    json_integer_value(b) < (type == 1 ? 256 : 64));
	ATF_REQUIRE(++t->fill[type][json_integer_value(b)] <= 64);
	ATF_REQUIRE(json_is_string(json_object_get(addr, "id")));
	ATF_REQUIRE(json_is_object(json_object_get(a, "src")));
	ATF_REQUIRE_EQ(0, rfc3339_parse(json_string_value(json_object_get(a,
	    "last_success")), 20, &when));
	ATF_REQUIRE_EQ(0, rfc3339_parse(json_string_value(json_object_get(a,
	    "last_attempt")), 20, &when));
	ATF_REQUIRE_STREQ(RFC3339_ZERO, json_string_value(json_object_get(a,
	    "last_ban_time")));
	t->n++;
	t->nold += type == 2;
}

/* What would make a stock node panic, and the IDs, none of them twice. */
static void
check_comet(const struct out *o, struct tally *t)
{
	json_t *root, *ids = json_object();
	const json_t *a;
	const char *id, *k;
	size_t i;

	memset(t, 0, sizeof(*t));
	root = json_loadb(o->text, o->len, JSON_REJECT_DUPLICATES, NULL);
	ATF_REQUIRE(root != NULL);
	k = json_string_value(json_object_get(root, "key"));
	ATF_CHECK_STREQ("00010203040506070809aaff", k);
	json_array_foreach(json_object_get(root, "addrs"), i, a) {
		check_entry(a, t);
		id = json_string_value(json_object_get(json_object_get(a,
		    "addr"), "id"));
		ATF_REQUIRE(json_object_get(ids, id) == NULL);
		ATF_REQUIRE_EQ(0, json_object_set_new(ids, id, json_true()));
	}
	ATF_CHECK_EQ(o->ex.written, t->n);
	json_decref(ids);
	json_decref(root);
}

ATF_TC_WITHOUT_HEAD(comet);
ATF_TC_BODY(comet, tc)
{
	struct tally t;
	struct out o;

	write_all(&o, &export_comet, 500);
	check_comet(&o, &t);
	ATF_CHECK_EQ(500, t.n);
	/* Good and senior ones are what CometBFT calls old. */
	ATF_CHECK_EQ(250, t.nold);
	read_back(&o, IMPORT_COMET);
	ATF_CHECK_EQ(500, back.n);
	free(o.text);
}

ATF_TC_WITHOUT_HEAD(comet_empty);
ATF_TC_BODY(comet_empty, tc)
{
	struct tally t;
	struct out o;

	write_all(&o, &export_comet, 0);
	check_comet(&o, &t);
	ATF_CHECK_EQ(0, t.n);
	read_back(&o, IMPORT_COMET);
	free(o.text);
}

/* One endpoint per ID, and the best of them wherever it comes. */
ATF_TC_WITHOUT_HEAD(comet_one_per_id);
ATF_TC_BODY(comet_one_per_id, tc)
{
	struct m_row_entry e;
	struct tally t;
	struct out o;
	uint32_t i;

	out_begin(&o, &export_comet);
	for (i = 0; i < 300; i++) {
		e = entry(4 * (i / 3));		/* heard */
		e.addr.na.port = (uint16_t)(1000 + i % 3);
		if (i % 3 == i / 3 % 3) {
			e.level = LEVEL_REACHED;
			e.addr.na.port = 7777;
		}
		ATF_REQUIRE_EQ(0, export_entry(&o.ex, &e));
	}
	out_end(&o);
	check_comet(&o, &t);
	ATF_CHECK_EQ(100, t.n);
	ATF_CHECK_EQ(200, o.ex.other_endpoint);
	read_back(&o, IMPORT_COMET);
	for (i = 0; i < back.n; i++)
		ATF_CHECK_EQ(7777, back.list[i].addr.na.port);
	free(o.text);
}

/* A book larger than CometBFT's: the best fill its tables to the brim. */
ATF_TC_WITHOUT_HEAD(comet_overflow);
ATF_TC_BODY(comet_overflow, tc)
{
	struct tally t;
	struct out o;

	write_all(&o, &export_comet, 200000);
	check_comet(&o, &t);
	ATF_CHECK_EQ(64 * 64, t.nold);
	ATF_CHECK_EQ(320 * 64, t.n);
	ATF_CHECK_EQ(200000, t.n + o.ex.no_room);
	free(o.text);
}

/* All in one bucket of pexd's, and old ones only. */
ATF_TC_WITHOUT_HEAD(comet_one_bucket);
ATF_TC_BODY(comet_one_bucket, tc)
{
	struct m_row_entry e;
	struct tally t;
	struct out o;
	uint32_t i;

	out_begin(&o, &export_comet);
	for (i = 0; i < 5000; i++) {
		e = entry(i);
		e.is_old = true;
		e.nbuckets = 1;
		e.buckets[0] = UINT16_MAX;
		ATF_REQUIRE_EQ(0, export_entry(&o.ex, &e));
	}
	out_end(&o);
	check_comet(&o, &t);
	ATF_CHECK_EQ(5000, t.n);
	ATF_CHECK_EQ(4096, t.nold);
	free(o.text);
}

/* --- bans -------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(bans);
ATF_TC_BODY(bans, tc)
{
	struct m_row_ban b;
	struct m_row_entry e;
	struct banset s;
	uint32_t i;

	memset(&s, 0, sizeof(s));
	banset_sort(&s);
	e = entry(1);
	ATF_CHECK(!banset_has(&s, &e.addr));
	for (i = 0; i < 1000; i++) {
		e = entry(i * 7919 % 1000);
		memset(&b, 0, sizeof(b));
		b.until = i * 7919 % 1000 % 5 == 0 ? T0 : T0 + 1;
		if (i % 2 == 0) {
			b.has_id = true;
			b.id = e.addr.id;
		} else {
			b.has_host = true;
			memcpy(b.ip, e.addr.na.ip, sizeof(b.ip));
		}
		ATF_REQUIRE_EQ(0, banset_add(&s, &b, T0));
	}
	banset_sort(&s);
	for (i = 0; i < 2000; i++) {
		e = entry(i);
		/* Those that have ended do not count. */
		ATF_CHECK_EQ(i < 1000 && i % 5 != 0, banset_has(&s, &e.addr));
	}
	banset_free(&s);
}

/* A host is a whole /64. */
ATF_TC_WITHOUT_HEAD(ban_of_a_host);
ATF_TC_BODY(ban_of_a_host, tc)
{
	struct m_row_ban b = { .has_host = true, .until = T0 + 1 };
	struct banset s = { .ids = NULL };
	struct peer_addr pa;

	memset(&pa, 0, sizeof(pa));
	ATF_REQUIRE_EQ(0, ip_parse("2001:470:1:2::1", 15, b.ip));
	ATF_REQUIRE_EQ(0, banset_add(&s, &b, T0));
	banset_sort(&s);
	ATF_REQUIRE_EQ(0, ip_parse("2001:470:1:2::9", 15, pa.na.ip));
	ATF_CHECK(banset_has(&s, &pa));
	ATF_REQUIRE_EQ(0, ip_parse("2001:470:1:3::1", 15, pa.na.ip));
	ATF_CHECK(!banset_has(&s, &pa));
	banset_free(&s);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, lines);
	ATF_TP_ADD_TC(tp, list);
	ATF_TP_ADD_TC(tp, comet);
	ATF_TP_ADD_TC(tp, comet_empty);
	ATF_TP_ADD_TC(tp, comet_one_per_id);
	ATF_TP_ADD_TC(tp, comet_overflow);
	ATF_TP_ADD_TC(tp, comet_one_bucket);
	ATF_TP_ADD_TC(tp, bans);
	ATF_TP_ADD_TC(tp, ban_of_a_host);
	return atf_no_error();
}
