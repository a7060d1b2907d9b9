/* SPDX-License-Identifier: ISC */
/* The mirror of the bans. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include <stdlib.h>
#include <string.h>

#include "engine/ban.h"

/* An ID, or a host in the same room. */
struct ban_key {
	uint8_t		b[NODE_ID_SIZE];
};

struct ban {
	RB_ENTRY(ban)		entry;
	TAILQ_ENTRY(ban)	age;
	struct ban_key		key;
	uint64_t		until_ms;
};
RB_HEAD(ban_tree, ban);
TAILQ_HEAD(ban_ages, ban);

struct ban_set {
	struct ban_tree		tree;
	struct ban_ages		ages;		/* oldest first */
	unsigned		n;
};

struct bans {
	struct ban_set		ids, hosts;
};

static int
ban_cmp(const struct ban *a, const struct ban *b)
{
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

RB_PROTOTYPE(ban_tree, ban, entry, ban_cmp)
RB_GENERATE(ban_tree, ban, entry, ban_cmp)

static struct ban_key
key_of_id(const struct node_id *id)
{
	struct ban_key k;

	memcpy(k.b, id->b, sizeof(k.b));
	return k;
}

static struct ban_key
key_of_host(const uint8_t ip[16])
{
	struct nethost h = nethost_of(ip);
	struct ban_key k;

	memset(&k, 0, sizeof(k));
	memcpy(k.b, &h.hi, sizeof(h.hi));
	memcpy(k.b + sizeof(h.hi), &h.lo, sizeof(h.lo));
	return k;
}

static struct ban *
find(struct ban_set *s, struct ban_key k)
{
	struct ban want;

	want.key = k;
	return RB_FIND(ban_tree, &s->tree, &want);
}

static void
drop(struct ban_set *s, struct ban *b)
{
	RB_REMOVE(ban_tree, &s->tree, b);
	TAILQ_REMOVE(&s->ages, b, age);
	s->n--;
	free(b);
}

static bool
has(struct ban_set *s, struct ban_key k, uint64_t now_ms)
{
	struct ban *b = find(s, k);

	if (b == NULL)
		return false;
	if (b->until_ms > now_ms)
		return true;
	drop(s, b);
	return false;
}

static int
put(struct ban_set *s, struct ban_key k, uint64_t until_ms)
{
	struct ban *b = find(s, k);

	if (b != NULL) {
		TAILQ_REMOVE(&s->ages, b, age);
	} else {
		if ((b = calloc(1, sizeof(*b))) == NULL)
			return -1;
		b->key = k;
		RB_INSERT(ban_tree, &s->tree, b);
		s->n++;
	}
	b->until_ms = until_ms;
	TAILQ_INSERT_TAIL(&s->ages, b, age);
	if (s->n > BANS_MAX)
		drop(s, TAILQ_FIRST(&s->ages));
	return 0;
}

static int
set(struct ban_set *s, struct ban_key k, uint32_t left_s, uint64_t now_ms)
{
	struct ban *b;

	if (left_s > 0)
		return put(s, k, now_ms + (uint64_t)left_s * 1000);
	if ((b = find(s, k)) != NULL)
		drop(s, b);
	return 0;
}

static void
clear(struct ban_set *s)
{
	struct ban *b;

	while ((b = TAILQ_FIRST(&s->ages)) != NULL)
		drop(s, b);
}

struct bans *
bans_new(void)
{
	struct bans *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	RB_INIT(&b->ids.tree);
	RB_INIT(&b->hosts.tree);
	TAILQ_INIT(&b->ids.ages);
	TAILQ_INIT(&b->hosts.ages);
	return b;
}

void
bans_clear(struct bans *b)
{
	clear(&b->ids);
	clear(&b->hosts);
}

void
bans_free(struct bans *b)
{
	if (b == NULL)
		return;
	bans_clear(b);
	free(b);
}

int
bans_set(struct bans *b, const struct m_ban *m, uint64_t now_ms)
{
	int rv = 0;

	if (m->has_id)
		rv |= set(&b->ids, key_of_id(&m->id), m->left_s, now_ms);
	if (m->has_host)
		rv |= set(&b->hosts, key_of_host(m->ip), m->left_s, now_ms);
	return rv;
}

bool
bans_has_id(struct bans *b, const struct node_id *id, uint64_t now_ms)
{
	return has(&b->ids, key_of_id(id), now_ms);
}

bool
bans_has_host(struct bans *b, const uint8_t ip[16], uint64_t now_ms)
{
	return has(&b->hosts, key_of_host(ip), now_ms);
}

unsigned
bans_count(const struct bans *b)
{
	return b->ids.n + b->hosts.n;
}
