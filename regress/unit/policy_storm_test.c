/* SPDX-License-Identifier: ISC */
/*
 * An hour of hostile wishes as fast as they are taken: everything the policy
 * is offered is one victim, its neighbours or a stranger.  What it dials is
 * counted here by other means, and no limit is ever passed.
 */

#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "regress/lib/policyfix.h"

#define STEP		50		/* ms, on average */
#define CELLS		(1u << 22)	/* more than there will be keys */
#define POOL		3000		/* hosts that are offered again */
#define VICTIMS		20
#define LIVE_MAX	1024
#define TOKENS		64

struct seen {
	uint64_t	key;			/* 0: free */
	uint64_t	at[POLICY_HOST_DIALS];	/* latest first, 0: never */
};
struct live {
	struct fx_dial	dial;
	uint64_t	ends;
	unsigned	how;
};
struct storm {
	struct fx	*fx;
	struct rng	 rng;
	struct seen	*seen;
	unsigned	 nhosts;		/* dialled at all */
	uint64_t	*recent;		/* the last POLICY_BLOCKS_MAX */
	uint64_t	 ndials;
	struct live	 live[LIVE_MAX];
	unsigned	 nlive, stranger, next_id, resolved;
	unsigned	 victims;		/* dials to them */
	bool		 quick;			/* everybody answers at once */
};

static unsigned
below(struct storm *s, unsigned n)
{
	return rng_below(&s->rng, n);
}

/* --- what must hold of a dial ------------------------------------------- */

static uint64_t
bits(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

static struct seen *
lookup(struct storm *s, uint64_t key)
{
	uint64_t at = key * UINT64_C(0x9e3779b97f4a7c15) >> 42;

	while (s->seen[at].key != 0 && s->seen[at].key != key)
		at = (at + 1) % CELLS;
	return &s->seen[at];
}

static bool
is_v4(const uint8_t ip[16])
{
	return bits(ip, 8) == 0;
}

static void
count_host(struct storm *s, const struct fx_dial *d)
{
	const uint8_t *ip = d->d.addr.na.ip;
	uint64_t key = is_v4(ip) ? bits(ip + 12, 4) : bits(ip, 8);
	struct seen *h = lookup(s, key | UINT64_C(1) << 63);
	uint64_t sixth = h->at[POLICY_HOST_DIALS - 1];

	s->nhosts += h->key == 0;
	h->key = key | UINT64_C(1) << 63;
	ATF_REQUIRE_MSG(sixth == 0 || d->at - sixth >= FX_HOUR,
	    "7 dials to a host in %ju s", (uintmax_t)(d->at - sixth) / 1000);
	memmove(&h->at[1], &h->at[0], sizeof(h->at) - sizeof(h->at[0]));
	h->at[0] = d->at;
	ATF_REQUIRE_MSG(s->nhosts <= POLICY_HOSTS_MAX, "a host too many");
}

static void
count_block(struct storm *s, const struct fx_dial *d)
{
	const uint8_t *ip = d->d.addr.na.ip;
	uint64_t key = is_v4(ip) ? bits(ip + 12, 3) : bits(ip, 6);
	struct seen *b = lookup(s, key | UINT64_C(1) << 62);

	b->key = key | UINT64_C(1) << 62;
	ATF_REQUIRE_MSG(b->at[0] == 0 || d->at - b->at[0] >= 10 * FX_SECOND,
	    "two dials to a block in %ju ms", (uintmax_t)(d->at - b->at[0]));
	b->at[0] = d->at;
}

static void
count_rate(struct storm *s, const struct fx_dial *d)
{
	uint64_t *first = &s->recent[s->ndials++ % POLICY_BLOCKS_MAX];

	ATF_REQUIRE_MSG(*first == 0 || d->at - *first >= 10 * FX_SECOND,
	    "too many dials in %ju ms", (uintmax_t)(d->at - *first));
	*first = d->at;
}

static void
take_dials(struct storm *s)
{
	struct fx *fx = s->fx;
	unsigned i;

	for (i = 0; i < fx->ndials; i++) {
		struct fx_dial *d = &fx->dials[i];
		struct live *l = &s->live[s->nlive++];

		count_host(s, d);
		count_block(s, d);
		count_rate(s, d);
		s->victims += d->d.addr.na.ip[12] == 66;
		l->dial = *d;
		l->how = below(s, 500);
		l->ends = d->at + (below(s, 40) == 0 && !s->quick ?
		    3 * FX_SECOND : below(s, 50));
		ATF_REQUIRE_MSG(s->nlive <= fx->conf->limits.max_dials,
		    "%u dials in flight", s->nlive);
	}
	ATF_REQUIRE(policy_stats(fx->p)->dials[KIND_PERSISTENT] == 0);
	fx->ndials = fx->nreports = fx->nasks = fx->nanswers = 0;
}

/* --- what the world does ------------------------------------------------ */

static struct peer_addr
wish(struct storm *s)
{
	static const char *const victims[] = { "66.6.6.6", "66.6.6.6",
	    "66.6.6.9", "2400:66:6:6::", "2400:66:6:7::" };
	unsigned what = below(s, 10), n;
	struct peer_addr a;

	if (what < 2) {
		a = fx_at(++s->next_id, victims[below(s, 5)],
		    1024 + below(s, 60000));
		if (!is_v4(a.na.ip))
			a.na.ip[15] = 1 + below(s, 200);
		return a;
	}
	n = what < 4 ? below(s, POOL) : POOL + s->stranger++;
	a = fx_at(++s->next_id, "80.0.0.1", 26656);
	a.na.ip[12] = 80 + n / 65536 % 100;
	a.na.ip[13] = n / 256;
	a.na.ip[14] = n;
	a.na.ip[15] = 1 + n / 65536 / 100;
	return a;
}

static void
answer_picks(struct storm *s)
{
	struct peer_addr list[MSG_LIST_MAX];
	struct fx *fx = s->fx;
	struct fx_pick pick;
	unsigned i;

	while (fx->npicks > 0) {
		pick = fx->picks[--fx->npicks];
		for (i = 0; i < pick.m.want; i++)
			list[i] = wish(s);
		fx_answer_pick(fx, &pick, list, pick.m.want);
		take_dials(s);
	}
}

/* A name that means sixteen of the victim's neighbourhood. */
static void
answer_names(struct storm *s)
{
	struct fx *fx = s->fx;
	struct peer_addr a = fx_at(0, "66.6.6.0", 1);
	uint8_t ips[VICTIMS][16];
	unsigned i;

	for (i = 0; i < VICTIMS; i++) {
		memcpy(ips[i], a.na.ip, 16);
		ips[i][15] = 1 + i;
	}
	while (fx->nresolves > 0) {
		s->resolved++;
		policy_resolved(fx->p, fx->now,
		    fx->resolves[--fx->nresolves].token,
		    (const uint8_t (*)[16])ips, VICTIMS);
		take_dials(s);
	}
}

/* It answers, asks what it is for, and is dropped or goes. */
static void
connect_it(struct storm *s, const struct live *l)
{
	struct fx *fx = s->fx;
	uint32_t conn;

	fx->dials[0] = l->dial;
	if (fx_admit_dial(fx, 0, &conn) == VERDICT_OK) {
		fx_up(fx, conn, &l->dial.d.addr, true, l->dial.d.purpose);
		fx_live(fx, conn, OUTCOME_ANSWERED);
		fx_down(fx, conn, DOWN_PEER_CLOSED);
	}
	fx->ndrops = 0;
}

static void
end_dials(struct storm *s)
{
	static const enum outcome ends[] = { OUTCOME_REFUSED,
	    OUTCOME_UNREACHABLE, OUTCOME_TIMED_OUT, OUTCOME_FULL,
	    OUTCOME_OURS, OUTCOME_WRONG_IDENTITY };
	struct fx *fx = s->fx;
	unsigned i = 0;

	while (i < s->nlive) {
		struct live l = s->live[i];
		struct m_dialed m = { .dial = l.dial.d.dial,
		    .outcome = ends[l.how % 6] };

		if (l.ends > fx->now) {
			i++;
			continue;
		}
		s->live[i] = s->live[--s->nlive];
		if (l.how % 3 == 0)
			policy_reached(fx->p, fx->now, m.dial, 10);
		if (l.how == 0)
			connect_it(s, &l);
		else
			policy_dialed(fx->p, fx->now, &m);
		take_dials(s);
	}
}

/* The operator's hand is under the same limits. */
static void
command(struct storm *s)
{
	struct m_ctl_dial m = { .persistent = false };

	m.addr = fx_host(++s->next_id, below(s, 2) ? "66.6.6.6" :
	    "victim.example.org");
	policy_ctl_dial(s->fx->p, s->fx->now, 1, &m);
	take_dials(s);
}

static struct storm *
storm(enum conf_mode mode, uint64_t seed)
{
	struct storm *s = calloc(1, sizeof(*s));
	struct host_addr h = fx_host(1, "seed.example.org");

	ATF_REQUIRE(s != NULL);
	s->seen = calloc(CELLS, sizeof(*s->seen));
	s->recent = calloc(POLICY_BLOCKS_MAX, sizeof(*s->recent));
	ATF_REQUIRE(s->seen != NULL && s->recent != NULL);
	rng_seed_number(&s->rng, seed);
	s->next_id = 10;
	s->fx = fx_new(mode);
	ATF_REQUIRE_EQ(0, conf_add_peer(s->fx->conf, CONF_SEED, &h));
	fx_start(s->fx);
	return s;
}

static void
rage(struct storm *s, uint64_t ms)
{
	uint64_t end = s->fx->now + ms;

	while (s->fx->now < end) {
		fx_run(s->fx, 1 + below(s, 2 * STEP));
		take_dials(s);
		if (below(s, 20) == 0)
			command(s);
		answer_names(s);
		answer_picks(s);
		end_dials(s);
	}
}

static void
storm_free(struct storm *s)
{
	fx_free(s->fx);
	free(s->seen);
	free(s->recent);
	free(s);
}

ATF_TC_WITHOUT_HEAD(seed);
ATF_TC_BODY(seed, tc)
{
	struct storm *s = storm(MODE_SEED, 1);
	const struct policy_stats *st = policy_stats(s->fx->p);

	rage(s, FX_HOUR);
	/* It came to each of the limits. */
	ATF_CHECK_EQ(POLICY_HOSTS_MAX, s->nhosts);
	ATF_CHECK(st->skips[SKIP_HOSTS_FULL] > 0);
	ATF_CHECK(st->skips[SKIP_HOST_LIMIT] > 0);
	ATF_CHECK(st->skips[SKIP_BLOCK_LIMIT] > 0);
	/* Who is known is dialled still: the pool, six times. */
	ATF_CHECK_MSG(s->ndials > POLICY_HOSTS_MAX + 4 * POOL,
	    "%ju dials", (uintmax_t)s->ndials);
	ATF_CHECK_MSG(s->victims >= 6, "%u", s->victims);
	storm_free(s);
}

/* A thousand in flight, all of them refused at once. */
ATF_TC_WITHOUT_HEAD(rate);
ATF_TC_BODY(rate, tc)
{
	struct storm *s = storm(MODE_SEED, 3);

	s->quick = true;
	s->fx->conf->limits.max_dials = 1000;
	rage(s, FX_MINUTE);
	ATF_CHECK(policy_stats(s->fx->p)->skips[SKIP_RATE] > 0);
	ATF_CHECK_MSG(s->ndials > 5 * POLICY_BLOCKS_MAX, "%ju dials",
	    (uintmax_t)s->ndials);
	storm_free(s);
}

ATF_TC_WITHOUT_HEAD(peer);
ATF_TC_BODY(peer, tc)
{
	struct storm *s = storm(MODE_PEER, 2);

	rage(s, FX_HOUR);
	ATF_CHECK_MSG(s->ndials > 100, "%ju dials", (uintmax_t)s->ndials);
	ATF_CHECK(s->resolved > 0);
	ATF_CHECK_MSG(s->victims >= 6, "%u", s->victims);
	storm_free(s);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, seed);
	ATF_TP_ADD_TC(tp, rate);
	ATF_TP_ADD_TC(tp, peer);
	return atf_no_error();
}
