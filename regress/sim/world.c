/* SPDX-License-Identifier: ISC */
/* Honest nodes, stale addresses and seeds. */

#include <math.h>
#include <string.h>

#include "regress/sim/world.h"

#define ZIPF		0.8
#define UP_MEAN		(72 * HOUR_MS)
#define DOWN_MEAN	(UINT64_C(762) * MINUTE_MS)	/* 12.7 h: 85 % up */
#define UP_SHARE	0.85
#define STALE_SHARE	0.10	/* of an honest list */
#define POISON_SHARE	0.20	/* of it, once the attack goes on */
#define HONEST_LIST	100	/* 23 % of a book of 435 */
#define PORT		26656
#define SEED_GROUP	900	/* the first one's */
#define FIRST_OCTET	20	/* of group 0; no special range up to 99/8 */

/* --- addresses --------------------------------------------------------- */

static uint64_t
mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* Who and which stand in the ID, so that the world need not look it up. */
static struct node_id
make_id(enum who who, unsigned index)
{
	uint64_t x = mix((uint64_t)who << 32 | index);
	uint32_t n = index;
	struct node_id id;

	memcpy(id.b, &x, 8);
	x = mix(x);
	memcpy(id.b + 8, &x, 7);
	id.b[15] = who;
	memcpy(id.b + 16, &n, 4);
	return id;
}

struct peer_addr
world_addr(enum who who, unsigned index, unsigned group, unsigned host,
    uint16_t port)
{
	struct peer_addr a;

	memset(&a, 0, sizeof(a));
	a.id = make_id(who, index);
	a.na.ip[10] = a.na.ip[11] = 0xff;
	a.na.ip[12] = FIRST_OCTET + group / 256;
	a.na.ip[13] = group % 256;
	a.na.ip[14] = host % 256;	/* a /24 each as far as they go */
	a.na.ip[15] = 1 + host / 256;
	a.na.port = port;
	return a;
}

static const struct peer_addr *
addr_of(const struct world *w, enum who who, unsigned index)
{
	if (who == WHO_HONEST && index < WORLD_HONEST)
		return &w->honest[index].addr;
	if (who == WHO_SEED && index < WORLD_SEEDS)
		return &w->seed[index];
	return NULL;
}

enum who
world_who(const struct world *w, const struct peer_addr *a, unsigned *index)
{
	enum who who = a->id.b[15];
	const struct peer_addr *is;
	uint32_t n;

	memcpy(&n, a->id.b + 16, 4);
	*index = n;
	if (who == WHO_ATTACKER && n < attacker_size(&w->attacker))
		return who;
	is = addr_of(w, who, n);
	return is != NULL && node_id_equal(&is->id, &a->id) ? who : WHO_NOBODY;
}

bool
world_is_up(const struct world *w, const struct peer_addr *a)
{
	struct peer_addr is;
	unsigned i;

	switch (world_who(w, a, &i)) {
	case WHO_HONEST:
		return w->honest[i].up &&
		    netaddr_equal(&w->honest[i].addr.na, &a->na);
	case WHO_SEED:
		return netaddr_equal(&w->seed[i].na, &a->na);
	case WHO_ATTACKER:
		is = attacker_addr(&w->attacker, i);
		return netaddr_equal(&is.na, &a->na);
	default:
		return false;
	}
}

/* --- making ------------------------------------------------------------ */

static unsigned
zipf(struct rng *rng, const double *sum)
{
	double x = rng_unit(rng) * sum[WORLD_GROUPS - 1];
	unsigned g = 0;

	while (sum[g] < x)
		g++;
	return g;
}

void
world_init(struct world *w, uint64_t seed)
{
	unsigned used[WORLD_GROUPS] = { 0 }, i, g;
	double sum[WORLD_GROUPS], total = 0;

	rng_seed_number(&w->rng, seed);
	for (g = 0; g < WORLD_GROUPS; g++)
		sum[g] = total += pow(g + 1, -ZIPF);
	for (i = 0; i < WORLD_HONEST; i++) {
		g = zipf(&w->rng, sum);
		w->honest[i].addr = world_addr(WHO_HONEST, i, g, used[g]++,
		    PORT);
		w->honest[i].up = rng_unit(&w->rng) < UP_SHARE;
	}
	for (i = 0; i < WORLD_STALE; i++) {
		g = zipf(&w->rng, sum);
		w->stale[i] = world_addr(WHO_NOBODY, i, g, used[g]++, PORT);
	}
	for (i = 0; i < WORLD_SEEDS; i++)
		w->seed[i] = world_addr(WHO_SEED, i, SEED_GROUP + i, 0, PORT);
}

/* --- time -------------------------------------------------------------- */

uint64_t
world_wait(struct rng *rng, uint64_t mean_ms)
{
	return 1 + (uint64_t)(-log(1 - rng_unit(rng)) * mean_ms);
}

uint64_t
world_first_toggle(struct world *w, unsigned i)
{
	return world_wait(&w->rng, w->honest[i].up ? UP_MEAN : DOWN_MEAN);
}

uint64_t
world_toggle(struct world *w, unsigned i)
{
	w->honest[i].up = !w->honest[i].up;
	return world_first_toggle(w, i);
}

/* --- lists ------------------------------------------------------------- */

unsigned
world_draw(struct world *w)
{
	return rng_below(&w->rng, WORLD_HONEST);
}

static struct peer_addr
honest_word(struct world *w, double poison)
{
	double x = rng_unit(&w->rng);

	if (x < poison)
		return attacker_draw(&w->attacker, &w->rng);
	if (x < poison + STALE_SHARE)
		return w->stale[rng_below(&w->rng, WORLD_STALE)];
	return w->honest[world_draw(w)].addr;
}

bool
world_is_his(const struct world *w, enum who who, unsigned index)
{
	return who == WHO_ATTACKER ||
	    (who == WHO_SEED && index == 0 && w->attacker.lies);
}

unsigned
world_list(struct world *w, enum who who, unsigned index,
    struct peer_addr *out)
{
	const struct attacker *a = &w->attacker;
	double poison = a->active ? POISON_SHARE : 0;
	unsigned n, i;

	if (world_is_his(w, who, index))
		return attacker_list(a, &w->rng, out);
	n = who == WHO_SEED ? WORLD_LIST_MAX : HONEST_LIST;
	for (i = 0; i < n; i++)
		out[i] = honest_word(w, poison);
	return n;
}
