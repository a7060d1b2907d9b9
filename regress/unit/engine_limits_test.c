/* SPDX-License-Identifier: ISC */
/* Limits before any crypto: buckets, pending handshakes, exempt hosts. */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "common/rng.h"
#include "engine/buckets.h"
#include "engine/limits.h"
#include "engine/tally.h"

struct fix {
	struct limits	*l;
	struct conf	*conf;
	uint64_t	 now;
};

static void
fix_init(struct fix *f)
{
	static const uint8_t seed[SIPHASH_KEY_SIZE] = { 1, 2, 3 };
	struct siphash_key key;

	siphash_key_set(&key, seed);
	ATF_REQUIRE((f->l = limits_new(&key)) != NULL);
	ATF_REQUIRE((f->conf = conf_new()) != NULL);
	f->now = 1000000;
}

static void
fix_free(struct fix *f)
{
	limits_free(f->l);
	conf_free(f->conf);
}

static const uint8_t *
ip(const char *text)
{
	static uint8_t buf[4][16];
	static unsigned next;
	uint8_t *p = buf[next++ % 4];

	ATF_REQUIRE_MSG(ip_parse(text, strlen(text), p) == 0, "%s", text);
	return p;
}

static const uint8_t *
v4(unsigned a, unsigned b, unsigned c, unsigned d)
{
	char text[16];

	snprintf(text, sizeof(text), "%u.%u.%u.%u", a, b, c, d);
	return ip(text);
}

static enum refusal
try(struct fix *f, const uint8_t addr[16])
{
	return limits_accept(f->l, f->conf, addr, f->now);
}

ATF_TC_WITHOUT_HEAD(bucket);
ATF_TC_BODY(bucket, tc)
{
	struct conf_rate r = { .burst = 4, .per_ms = 10000, .tokens = 1 };
	struct bucket b = { 0 };
	uint64_t now = 50000;
	int i;

	for (i = 0; i < 4; i++)
		ATF_CHECK(bucket_take(&b, &r, now));
	ATF_CHECK(!bucket_take(&b, &r, now));
	ATF_CHECK(!bucket_take(&b, &r, now + 9999));
	ATF_CHECK(bucket_take(&b, &r, now + 10000));
	ATF_CHECK(!bucket_take(&b, &r, now + 10000));
	/* Never more than the burst, however long one waits. */
	now += 86400000;
	for (i = 0; i < 4; i++)
		ATF_CHECK(bucket_take(&b, &r, now));
	ATF_CHECK(!bucket_take(&b, &r, now));
}

/* Over a long time, a thousand a second are a thousand a second. */
ATF_TC_WITHOUT_HEAD(bucket_rate);
ATF_TC_BODY(bucket_rate, tc)
{
	struct conf_rate r = { .burst = 2000, .per_ms = 1000, .tokens = 1000 };
	struct bucket b = { 0 };
	uint64_t now = 10;
	unsigned taken = 0;
	int i;

	for (i = 0; i < 60000; i++, now++) {
		taken += bucket_take(&b, &r, now);
		taken += bucket_take(&b, &r, now);
	}
	ATF_CHECK_MSG(taken >= 61990 && taken <= 62001, "%u", taken);
}

ATF_TC_WITHOUT_HEAD(buckets_bounded);
ATF_TC_BODY(buckets_bounded, tc)
{
	static const uint8_t seed[SIPHASH_KEY_SIZE] = { 9 };
	struct conf_rate r = { .burst = 1, .per_ms = 3600000, .tokens = 1 };
	struct siphash_key key;
	struct buckets *t;
	uint64_t i, again = 0;

	siphash_key_set(&key, seed);
	ATF_REQUIRE((t = buckets_new(1024, &key)) != NULL);
	for (i = 0; i < 512; i++)
		ATF_CHECK(buckets_take(t, (struct bucket_key){ i, 7 }, &r, 1));
	for (i = 0; i < 512; i++)
		again += buckets_take(t, (struct bucket_key){ i, 7 }, &r, 1);
	/* Half full: nearly all are remembered. */
	ATF_CHECK_MSG(again <= 10, "%ju forgotten", (uintmax_t)again);
	/* Far over its room: it still works, and the youngest are known. */
	for (i = 1000; i < 101000; i++)
		(void)buckets_take(t, (struct bucket_key){ i, 7 }, &r, i);
	ATF_CHECK(!buckets_take(t, (struct bucket_key){ 100999, 7 }, &r,
	    101000));
	buckets_free(t);
}

ATF_TC_WITHOUT_HEAD(tally);
ATF_TC_BODY(tally, tc)
{
	struct tally t;
	struct tally_key a = { 1, 2 }, b = { 2, 1 };

	tally_init(&t);
	tally_sub(&t, a);
	ATF_CHECK_EQ(tally_get(&t, a), 0);
	ATF_CHECK_EQ(tally_add(&t, a), 0);
	ATF_CHECK_EQ(tally_add(&t, a), 0);
	ATF_CHECK_EQ(tally_add(&t, b), 0);
	ATF_CHECK_EQ(tally_get(&t, a), 2);
	tally_sub(&t, a);
	ATF_CHECK_EQ(tally_get(&t, a), 1);
	tally_sub(&t, a);
	ATF_CHECK_EQ(tally_get(&t, a), 0);
	ATF_CHECK_EQ(tally_get(&t, b), 1);
	tally_clear(&t);
	ATF_CHECK_EQ(tally_get(&t, b), 0);
}

/* A host over its rate takes nothing from its block, group, or from all. */
ATF_TC_WITHOUT_HEAD(narrow_first);
ATF_TC_BODY(narrow_first, tc)
{
	struct fix f;
	int i, n = 0;

	fix_init(&f);
	for (i = 0; i < 100000; i++)
		n += try(&f, v4(1, 2, 3, 4)) == REFUSED_NOT;
	ATF_CHECK_EQ(n, 4);
	ATF_CHECK_EQ(try(&f, v4(1, 2, 3, 4)), REFUSED_RATE_HOST);
	/* 16 a block: 12 are left for the others in it. */
	for (i = 5, n = 0; i < 255; i++)
		n += try(&f, v4(1, 2, 3, i)) == REFUSED_NOT;
	ATF_CHECK_EQ(n, 12);
	ATF_CHECK_EQ(try(&f, v4(1, 2, 3, 200)), REFUSED_RATE_BLOCK);
	/* 64 a group: 48 are left. */
	for (i = 4, n = 0; i < 255; i++)
		n += try(&f, v4(1, 2, i, 1)) == REFUSED_NOT;
	ATF_CHECK_EQ(n, 48);
	ATF_CHECK_EQ(try(&f, v4(1, 2, 250, 9)), REFUSED_RATE_GROUP);
	/* 2000 in all: 1936 are left. */
	for (i = 0, n = 0; i < 5000; i++)
		n += try(&f, v4(20 + i / 256, i % 256, 1, 1)) == REFUSED_NOT;
	ATF_CHECK_EQ(n, 1936);
	ATF_CHECK_EQ(try(&f, v4(99, 1, 1, 1)), REFUSED_RATE_ALL);
	f.now += 1;
	ATF_CHECK_EQ(try(&f, v4(99, 2, 1, 1)), REFUSED_NOT);
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(rates_refill);
ATF_TC_BODY(rates_refill, tc)
{
	struct fix f;
	int i, n = 0;

	fix_init(&f);
	for (i = 0; i < 4; i++)
		ATF_CHECK_EQ(try(&f, ip("2001:4860::1")), REFUSED_NOT);
	/* The host of an IPv6 address is its /64. */
	ATF_CHECK_EQ(try(&f, ip("2001:4860::ffff:1")), REFUSED_RATE_HOST);
	ATF_CHECK_EQ(try(&f, ip("2001:4860:0:1::1")), REFUSED_NOT);
	for (i = 0; i < 100; i++) {
		f.now += 1000;
		n += try(&f, ip("2001:4860::1")) == REFUSED_NOT;
	}
	ATF_CHECK_EQ(n, 10);
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(pending);
ATF_TC_BODY(pending, tc)
{
	struct fix f;
	int i;

	fix_init(&f);
	for (i = 0; i < 4; i++)
		ATF_CHECK_EQ(limits_pending_add(f.l, v4(1, 2, 3, 4)), 0);
	ATF_CHECK_EQ(try(&f, v4(1, 2, 3, 4)), REFUSED_PENDING_HOST);
	for (i = 0; i < 4; i++)
		ATF_CHECK_EQ(limits_pending_add(f.l, v4(1, 2, 3, 10 + i)), 0);
	ATF_CHECK_EQ(try(&f, v4(1, 2, 3, 99)), REFUSED_PENDING_BLOCK);
	for (i = 0; i < 24; i++)
		ATF_CHECK_EQ(limits_pending_add(f.l, v4(1, 2, 10 + i, 1)), 0);
	ATF_CHECK_EQ(try(&f, v4(1, 2, 200, 1)), REFUSED_PENDING_GROUP);
	ATF_CHECK_EQ(limits_pending(f.l), 32);
	ATF_CHECK_EQ(try(&f, v4(1, 3, 1, 1)), REFUSED_NOT);
	/* One ended: there is room at each width. */
	limits_pending_sub(f.l, v4(1, 2, 3, 4));
	ATF_CHECK_EQ(limits_pending(f.l), 31);
	ATF_CHECK_EQ(try(&f, v4(1, 2, 3, 4)), REFUSED_NOT);
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(crowded);
ATF_TC_BODY(crowded, tc)
{
	struct fix f;
	struct rng rng;
	unsigned i, n, before = 0;

	fix_init(&f);
	f.conf->limits.pending = 100;
	rng_seed_number(&rng, 5);
	for (i = 0; i < 100; i++) {
		unsigned j;

		for (j = n = 0; j < 2000; j++)
			n += limits_crowded(f.l, f.conf, rng_u32(&rng));
		if (i <= 50)
			ATF_CHECK_EQ_MSG(n, 0, "%u pending: %u", i, n);
		else {
			/* Linear from half full to full, within 5 %. */
			unsigned want = (i - 50) * 2000 / 50;

			ATF_CHECK_MSG(n + 100 > want && n < want + 100,
			    "%u pending: %u, not %u", i, n, want);
			ATF_CHECK(n + 100 > before);
			before = n;
		}
		ATF_CHECK_EQ(limits_pending_add(f.l, v4(i + 1, 1, 1, 1)), 0);
	}
	ATF_CHECK(limits_crowded(f.l, f.conf, 0));
	ATF_CHECK(limits_crowded(f.l, f.conf, UINT32_MAX));
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(same_ip);
ATF_TC_BODY(same_ip, tc)
{
	struct fix f;

	fix_init(&f);
	ATF_CHECK_EQ(limits_peer_add(f.l, v4(5, 6, 7, 8)), 0);
	ATF_CHECK_EQ(try(&f, v4(5, 6, 7, 8)), REFUSED_SAME_IP);
	ATF_CHECK_EQ(try(&f, v4(5, 6, 7, 9)), REFUSED_NOT);
	f.conf->allow_duplicate_ip = true;
	ATF_CHECK_EQ(try(&f, v4(5, 6, 7, 8)), REFUSED_NOT);
	f.conf->allow_duplicate_ip = false;
	limits_peer_sub(f.l, v4(5, 6, 7, 8));
	ATF_CHECK_EQ(try(&f, v4(5, 6, 7, 8)), REFUSED_NOT);
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(private_network);
ATF_TC_BODY(private_network, tc)
{
	struct fix f;
	int i, n = 0;

	fix_init(&f);
	f.conf->private_network = true;
	f.conf->rates.accept_all.burst = 500;
	ATF_CHECK_EQ(limits_peer_add(f.l, v4(127, 0, 0, 1)), 0);
	for (i = 0; i < 100; i++)
		ATF_CHECK_EQ(limits_pending_add(f.l, v4(127, 0, 0, 1)), 0);
	/* Only what bounds memory and work in all is left. */
	for (i = 0; i < 1000; i++)
		n += try(&f, v4(127, 0, 0, 1)) == REFUSED_NOT;
	ATF_CHECK_EQ(n, 500);
	ATF_CHECK_EQ(try(&f, v4(127, 0, 0, 1)), REFUSED_RATE_ALL);
	for (i = 0; i < 1000; i++)
		ATF_CHECK(limits_reply(f.l, f.conf, v4(127, 0, 0, 1), f.now));
	fix_free(&f);
}

static void
add_persistent(struct conf *conf, const char *text)
{
	struct host_addr ha;

	ATF_REQUIRE_EQ(host_addr_parse(text, strlen(text), &ha),
	    ADDRPARSE_OK);
	ATF_REQUIRE_EQ(conf_add_peer(conf, CONF_PERSISTENT, &ha), 0);
}

static void
learn(struct fix *f, const char *id, const uint8_t *ip)
{
	struct node_id node;

	ATF_REQUIRE_EQ(node_id_parse(id, strlen(id), &node), 0);
	limits_learn_exempt(f->l, f->conf, &node, ip);
}

ATF_TC_WITHOUT_HEAD(exempt);
ATF_TC_BODY(exempt, tc)
{
	static const char id[] = "0123456789012345678901234567890123456789";
	struct fix f;
	char text[128];
	int i;

	fix_init(&f);
	snprintf(text, sizeof(text), "%s@9.8.7.6:1", id);
	add_persistent(f.conf, text);
	snprintf(text, sizeof(text), "%s@node.example.net:1", id);
	add_persistent(f.conf, text);
	snprintf(text, sizeof(text), "%s@[2a00::5]:1", id);
	add_persistent(f.conf, text);
	ATF_REQUIRE_EQ(limits_configure(f.l, f.conf), 0);
	ATF_CHECK(limits_is_exempt(f.l, v4(9, 8, 7, 6)));
	ATF_CHECK(limits_is_exempt(f.l, ip("2a00::77")));
	ATF_CHECK(!limits_is_exempt(f.l, v4(9, 8, 7, 5)));
	for (i = 0; i < 10000; i++)
		ATF_REQUIRE_EQ(try(&f, v4(9, 8, 7, 6)), REFUSED_NOT);
	/* And takes nothing from its neighbours. */
	ATF_CHECK_EQ(try(&f, v4(9, 8, 7, 5)), REFUSED_NOT);
	/* A name was resolved by dialer, and its host is known by a dial. */
	ATF_CHECK(!limits_is_exempt(f.l, v4(3, 3, 3, 3)));
	learn(&f, id, v4(3, 3, 3, 3));
	ATF_CHECK(limits_is_exempt(f.l, v4(3, 3, 3, 3)));
	for (i = 0; i < LIMITS_LEARNT_MAX; i++)
		learn(&f, id, v4(4, 1, i / 256, i % 256));
	ATF_CHECK(!limits_is_exempt(f.l, v4(3, 3, 3, 3)));
	ATF_CHECK(limits_is_exempt(f.l, v4(4, 1, 3, 255)));
	fix_free(&f);
}

/* A reload ends what rests on a peer that it removes, and nothing else. */
ATF_TC_WITHOUT_HEAD(exempt_until_removed);
ATF_TC_BODY(exempt_until_removed, tc)
{
	static const char stays[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const char goes[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
	static const char ctl[] = "cccccccccccccccccccccccccccccccccccccccc";
	struct conf *conf = conf_new();
	struct fix f;
	char text[128];
	int i;

	fix_init(&f);
	ATF_REQUIRE(conf != NULL);
	snprintf(text, sizeof(text), "%s@stays.example.net:1", stays);
	add_persistent(f.conf, text);
	add_persistent(conf, text);
	snprintf(text, sizeof(text), "%s@goes.example.net:1", goes);
	add_persistent(f.conf, text);
	ATF_REQUIRE_EQ(limits_configure(f.l, f.conf), 0);
	learn(&f, goes, v4(5, 1, 1, 1));
	learn(&f, stays, v4(5, 2, 2, 2));
	learn(&f, ctl, v4(5, 3, 3, 3));
	/* One host of two nodes. */
	learn(&f, goes, v4(5, 4, 4, 4));
	learn(&f, stays, v4(5, 4, 4, 4));

	ATF_REQUIRE_EQ(limits_configure(f.l, conf), 0);
	ATF_CHECK(!limits_is_exempt(f.l, v4(5, 1, 1, 1)));
	ATF_CHECK(limits_is_exempt(f.l, v4(5, 2, 2, 2)));
	ATF_CHECK(limits_is_exempt(f.l, v4(5, 3, 3, 3)));
	ATF_CHECK(limits_is_exempt(f.l, v4(5, 4, 4, 4)));
	/* What is left takes as many as before; the first come go first. */
	for (i = 0; i < LIMITS_LEARNT_MAX - 3; i++)
		learn(&f, ctl, v4(4, 1, i / 256, i % 256));
	ATF_CHECK(limits_is_exempt(f.l, v4(5, 2, 2, 2)));
	learn(&f, ctl, v4(4, 2, 0, 0));
	ATF_CHECK(!limits_is_exempt(f.l, v4(5, 2, 2, 2)));
	conf_free(conf);
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(replies);
ATF_TC_BODY(replies, tc)
{
	struct fix f;
	int i, n = 0;

	fix_init(&f);
	for (i = 0; i < 10; i++)
		n += limits_reply(f.l, f.conf, v4(1, 1, 1, 1), f.now);
	ATF_CHECK_EQ(n, 4);
	ATF_CHECK(limits_reply(f.l, f.conf, v4(1, 1, 1, 2), f.now));
	/* Accepting and answering do not share tokens. */
	ATF_CHECK_EQ(try(&f, v4(1, 1, 1, 1)), REFUSED_NOT);
	f.now += 10000;
	ATF_CHECK(limits_reply(f.l, f.conf, v4(1, 1, 1, 1), f.now));
	ATF_CHECK(!limits_reply(f.l, f.conf, v4(1, 1, 1, 1), f.now));
	fix_free(&f);
}

ATF_TC_WITHOUT_HEAD(refusals);
ATF_TC_BODY(refusals, tc)
{
	int i, j;

	for (i = 1; i < REFUSED_MAX; i++) {
		ATF_CHECK(strcmp(refusal_name(i), "?") != 0);
		ATF_CHECK(refusal_text(i)[0] != '\0');
		ATF_CHECK(refusal_outcome(i) > OUTCOME_CONNECTED &&
		    refusal_outcome(i) < OUTCOME_LIVE);
		for (j = 1; j < i; j++)
			ATF_CHECK(strcmp(refusal_name(i), refusal_name(j)));
	}
	ATF_CHECK_EQ(refusal_of_error(WIRE_WRONG_NETWORK),
	    REFUSED_WRONG_NETWORK);
	ATF_CHECK_EQ(refusal_outcome(REFUSED_WRONG_NETWORK),
	    OUTCOME_WRONG_NETWORK);
	/* As to stock nodes, a false ID is a failed authentication. */
	ATF_CHECK_EQ(refusal_of_error(WIRE_INFO_ID), REFUSED_AUTHENTICATION);
	ATF_CHECK_EQ(refusal_of_error(WIRE_PACKET_TYPE), REFUSED_PROTOCOL);
	ATF_CHECK_EQ(refusal_of_error(WIRE_NERRORS), REFUSED_PROTOCOL);
	for (i = 2; i < VERDICT_MAX; i++)
		ATF_CHECK(refusal_of_verdict(i) != REFUSED_NOT);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, bucket);
	ATF_TP_ADD_TC(tp, bucket_rate);
	ATF_TP_ADD_TC(tp, buckets_bounded);
	ATF_TP_ADD_TC(tp, tally);
	ATF_TP_ADD_TC(tp, narrow_first);
	ATF_TP_ADD_TC(tp, rates_refill);
	ATF_TP_ADD_TC(tp, pending);
	ATF_TP_ADD_TC(tp, crowded);
	ATF_TP_ADD_TC(tp, same_ip);
	ATF_TP_ADD_TC(tp, private_network);
	ATF_TP_ADD_TC(tp, exempt);
	ATF_TP_ADD_TC(tp, exempt_until_removed);
	ATF_TP_ADD_TC(tp, replies);
	ATF_TP_ADD_TC(tp, refusals);
	return atf_no_error();
}
