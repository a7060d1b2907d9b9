/* SPDX-License-Identifier: ISC */
/* Questions to the book, one of each kind at a time, and their answers. */

#include <string.h>

#include "dialer/policy/local.h"

#define PATIENCE_MS	(10 * SECOND)

typedef void picked_rule(struct policy *, uint64_t, const struct m_picked *);

static picked_rule *const picked_rules[WANT_MAX] = {
	[WANT_ENSURE] = ensure_picked,
	[WANT_ROTATE] = rotate_picked,
	[WANT_PROBE] = probe_picked,
	[WANT_CRAWL] = crawl_picked,
};

bool
wants_is_open(const struct policy *p, enum want w)
{
	return p->wants.id[w] != 0;
}

void
wants_send(struct policy *p, uint64_t now, enum want w, enum pick_kind kind,
    unsigned n, unsigned seniors)
{
	struct wants *ws = &p->wants;
	struct m_pick m = { .kind = kind };

	m.want = n < MSG_LIST_MAX ? n : MSG_LIST_MAX;
	m.seniors = seniors < m.want ? seniors : m.want;
	m.bias = ensure_bias(p);
	if (kind == PICK_ENSURE && !p->conf->private_network)
		m.ngroups = pl_tally_keys(&p->peers.groups, m.groups,
		    MSG_GROUPS_MAX);
	if (++ws->seq == 0)
		ws->seq = 1;
	ws->id[w] = ws->seq;
	ws->sent[w] = now;
	p->stats.picks++;
	p->ops->pick(p->arg, ws->seq, &m);
}

void
policy_picked(struct policy *p, uint64_t now, uint32_t id,
    const struct m_picked *m)
{
	unsigned w;

	for (w = 0; w < WANT_MAX; w++)
		if (id != 0 && p->wants.id[w] == id)
			break;
	if (w == WANT_MAX)
		return;
	p->wants.id[w] = 0;
	p->stats.candidates += m->n;
	picked_rules[w](p, now, m);
}

void
wants_forget(struct policy *p)
{
	memset(p->wants.id, 0, sizeof(p->wants.id));
}

/* An answer that did not come (shed, or addrbookd died) is asked again. */
void
wants_tick(struct policy *p, uint64_t now)
{
	unsigned w;

	for (w = 0; w < WANT_MAX; w++)
		if (p->wants.id[w] != 0 &&
		    now >= p->wants.sent[w] + PATIENCE_MS)
			p->wants.id[w] = 0;
}

uint64_t
wants_due(const struct policy *p)
{
	uint64_t due = POLICY_NEVER;
	unsigned w;

	for (w = 0; w < WANT_MAX; w++)
		if (p->wants.id[w] != 0)
			due = min_time(due, p->wants.sent[w] + PATIENCE_MS);
	return due;
}

void
spares_set(struct spares *s, const struct m_picked *m)
{
	s->n = m->n < MSG_LIST_MAX ? m->n : MSG_LIST_MAX;
	s->nused = 0;
	memcpy(s->list, m->list, s->n * sizeof(s->list[0]));
	memset(s->used, 0, s->n * sizeof(s->used[0]));
}

static bool
dial_one(struct policy *p, uint64_t now, const struct picked *c,
    enum policy_kind kind)
{
	struct dial *d;

	if (dials_check(p, now, kind, &c->addr) != SKIP_NONE ||
	    (d = dials_start(p, now, kind, &c->addr, NULL)) == NULL)
		return false;
	d->source.v = c->source;
	return true;
}

/* In order; but those on a word that has its share come last. */
bool
spares_dial(struct policy *p, uint64_t now, struct spares *s,
    enum policy_kind kind)
{
	struct netgroup source;
	unsigned i, last;

	for (last = 0; last < 2; last++)
		for (i = 0; i < s->n && s->nused < s->n; i++) {
			source.v = s->list[i].source;
			if (s->used[i] ||
			    (!last && vouch_is_spent(p, source)))
				continue;
			s->used[i] = true;
			s->nused++;
			if (dial_one(p, now, &s->list[i], kind))
				return true;
		}
	return false;
}
