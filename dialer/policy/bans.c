/* SPDX-License-Identifier: ISC */
/* The mirror of addrbookd's bans: by ID and by host, oldest out first. */

#include <stdlib.h>

#include "dialer/policy/local.h"

struct ban {
	struct map_node		node;	/* keyed hash of the ID or host */
	TAILQ_ENTRY(ban)	entry;
	uint64_t		until;
};

static struct ban *
find(const struct bans *b, uint64_t hash)
{
	return MAP_OWNER(map_first(&b->map, hash), struct ban, node);
}

static void
lift(struct bans *b, struct ban *ban)
{
	map_del(&b->map, &ban->node);
	TAILQ_REMOVE(&b->queue, ban, entry);
	free(ban);
}

int
pl_bans_init(struct bans *b)
{
	TAILQ_INIT(&b->queue);
	return map_init(&b->map);
}

void
pl_bans_clear(struct bans *b)
{
	struct ban *ban;

	while ((ban = TAILQ_FIRST(&b->queue)) != NULL)
		lift(b, ban);
}

void
pl_bans_free(struct bans *b)
{
	if (b->map.bucket == NULL)
		return;
	pl_bans_clear(b);
	map_free(&b->map);
}

static void
set(struct bans *b, uint64_t hash, uint64_t until)
{
	struct ban *ban;

	if ((ban = find(b, hash)) != NULL)
		lift(b, ban);
	if (until == 0)
		return;
	if (b->map.n >= POLICY_BANS_MAX)
		lift(b, TAILQ_FIRST(&b->queue));
	if ((ban = calloc(1, sizeof(*ban))) == NULL)
		return;		/* addrbookd and engine still hold it */
	ban->until = until;
	map_put(&b->map, &ban->node, hash);
	TAILQ_INSERT_TAIL(&b->queue, ban, entry);
}

static bool
holds(struct bans *b, uint64_t now, uint64_t hash)
{
	struct ban *ban;

	if ((ban = find(b, hash)) == NULL)
		return false;
	if (ban->until > now)
		return true;
	lift(b, ban);
	return false;
}

/* One node behind a host may be at fault, those the operator named not. */
static bool
spared_by_host(const struct policy *p, const struct node_id *id)
{
	return p->conf->private_network || (names_flags(p, id) &
	    (NAME_PERSISTENT | NAME_UNCONDITIONAL)) != 0;
}

bool
pl_bans_match(struct policy *p, uint64_t now, const struct node_id *id,
    const uint8_t ip[16])
{
	if (p->bans.map.n == 0)
		return false;
	if (holds(&p->bans, now, hash_id(p, id)))
		return true;
	return holds(&p->bans, now, hash_host(p, ip)) &&
	    !spared_by_host(p, id);
}

static void
drop_banned(struct policy *p, uint64_t now, struct peer_vec *vec)
{
	unsigned i;

	for (i = 0; i < vec->n; i++)
		if (pl_bans_match(p, now, &vec->v[i]->id, vec->v[i]->na.ip))
			peers_drop(p, vec->v[i], DOWN_BANNED);
}

void
pl_bans_take(struct policy *p, uint64_t now, const struct m_ban *m)
{
	uint64_t left = (uint64_t)m->left_s * SECOND;
	uint64_t until = left == 0 ? 0 : now + left;
	struct peer *pe;

	if (m->has_id) {
		set(&p->bans, hash_id(p, &m->id), until);
		if (until != 0 && (pe = peers_by_id(p, &m->id)) != NULL)
			peers_drop(p, pe, DOWN_BANNED);
	}
	if (m->has_host) {
		set(&p->bans, hash_host(p, m->ip), until);
		if (until != 0 && peers_has_host(p, m->ip)) {
			drop_banned(p, now, &p->peers.in);
			drop_banned(p, now, &p->peers.out);
		}
	}
}
