/* SPDX-License-Identifier: ISC */
/*
 * Who is where: ten /24 networks to a /16, as those of a few large providers
 * would be, each with one address or some; the live ones anywhere among the
 * dead.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "common/nodekey.h"
#include "regress/lib/testrng.h"
#include "regress/lib/world.h"

#define PER_GROUP	10
#define GROUPS_MIN	16

static bool
is_fit(unsigned group)
{
	static const unsigned	 skip[] = { 100, 127, 169, 172, 192, 198,
	    203, WORLD_CLIENTS, WORLD_CLIENTS + 1 };
	unsigned		 octet = group >> 8, i;

	for (i = 0; i < sizeof(skip) / sizeof(skip[0]); i++)
		if (octet == skip[i])
			return false;
	return octet > 10 && octet < 224;
}

/* Different /16 networks that hold nothing special. */
static unsigned *
choose_groups(struct testrng *rng, unsigned n)
{
	static bool	 taken[65536];
	unsigned	*group, i, g;

	memset(taken, 0, sizeof(taken));
	if ((group = calloc(n, sizeof(*group))) == NULL)
		err(1, NULL);
	for (i = 0; i < n; i++) {
		do
			g = testrng_below(rng, 65536);
		while (taken[g] || !is_fit(g));
		taken[g] = true;
		group[i] = g;
	}
	return group;
}

static void
place_set(struct world_place *p, struct testrng *rng, uint32_t ip)
{
	static const uint8_t	 mapped[12] = { [10] = 0xff, [11] = 0xff };

	memcpy(p->addr.na.ip, mapped, sizeof(mapped));
	p->addr.na.ip[12] = ip >> 24;
	p->addr.na.ip[13] = ip >> 16;
	p->addr.na.ip[14] = ip >> 8;
	p->addr.na.ip[15] = ip;
	p->addr.na.port = WORLD_PORT;
	testrng_fill(rng, p->addr.id.b, sizeof(p->addr.id.b));
	if (!ip_is_routable(p->addr.na.ip))
		errx(1, "the world has an address that is not routable");
}

static void
shuffle(struct world_map *m, struct testrng *rng)
{
	struct world_place	 t;
	unsigned		 i, k;

	for (i = m->n; i > 1; i--) {
		k = testrng_below(rng, i);
		t = m->place[k];
		m->place[k] = m->place[i - 1];
		m->place[i - 1] = t;
	}
}

static void
make_places(struct world_map *m, struct testrng *rng, unsigned crowd)
{
	unsigned	*group, nblocks, ngroups, i, block;
	uint32_t	 ip;

	nblocks = (m->n + crowd - 1) / crowd;
	ngroups = nblocks / PER_GROUP > GROUPS_MIN ? nblocks / PER_GROUP :
	    GROUPS_MIN;
	if (nblocks / ngroups >= 256)
		errx(1, "too many addresses");
	group = choose_groups(rng, ngroups);
	for (i = 0; i < m->n; i++) {
		block = i / crowd;
		ip = group[block % ngroups] << 16 | block / ngroups << 8;
		ip |= 1 + i % crowd;
		place_set(&m->place[i], rng, ip);
	}
	free(group);
	shuffle(m, rng);
}

static void
make_keys(struct world_map *m, struct testrng *rng)
{
	struct nodekey_why	 why;
	uint8_t			 seed[NODEKEY_SEED_SIZE];
	unsigned		 i;

	for (i = 0; i < m->live; i++) {
		testrng_fill(rng, seed, sizeof(seed));
		if ((m->key[i] = nodekey_from_seed(seed, &why)) == NULL)
			errx(1, "%s", why.text);
		m->place[i].live = true;
		m->place[i].addr.id = *nodekey_id(m->key[i]);
	}
}

/* qsort(3) has no argument to pass on. */
static const struct world_map	*sorting;

static int
by_ip(const void *a, const void *b)
{
	const unsigned	*x = a, *y = b;

	return memcmp(sorting->place[*x].addr.na.ip,
	    sorting->place[*y].addr.na.ip, 16);
}

void
world_map_init(struct world_map *m, const struct world_conf *conf)
{
	struct testrng	 rng = { conf->number };
	unsigned	 i;

	m->live = conf->live;
	m->n = conf->live + conf->dead;
	m->place = calloc(m->n, sizeof(*m->place));
	m->by_ip = calloc(m->n, sizeof(*m->by_ip));
	m->key = calloc(m->live, sizeof(*m->key));
	if (m->place == NULL || m->by_ip == NULL || m->key == NULL)
		err(1, NULL);
	make_places(m, &rng, conf->crowd);
	make_keys(m, &rng);
	for (i = 0; i < m->n; i++)
		m->by_ip[i] = i;
	sorting = m;
	qsort(m->by_ip, m->n, sizeof(*m->by_ip), by_ip);
}

void
world_map_free(struct world_map *m)
{
	unsigned	 i;

	for (i = 0; i < m->live; i++)
		nodekey_free(m->key[i]);
	free(m->key);
	free(m->by_ip);
	free(m->place);
}

int
world_map_find(const struct world_map *m, const uint8_t ip[16])
{
	unsigned	 lo = 0, hi = m->n, mid;
	int		 c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = memcmp(ip, m->place[m->by_ip[mid]].addr.na.ip, 16);
		if (c == 0)
			return m->by_ip[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return -1;
}

void
world_map_leave(struct world_map *m, unsigned n)
{
	unsigned	 i;

	for (i = m->live; i > 0 && n > 0; i--) {
		n -= m->place[i - 1].live;
		m->place[i - 1].live = false;
	}
}

void
world_map_routes(const struct world_map *m, FILE *f)
{
	char		 text[IP_TEXT_SIZE];
	unsigned	 i;

	for (i = 0; i < m->live; i++)
		fprintf(f, "route add local %s/32 dev lo src " WORLD_SEED_IP
		    "\n", ip_text(m->place[i].addr.na.ip, text));
}
