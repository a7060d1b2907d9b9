/* SPDX-License-Identifier: ISC */
/* pexctl dial and drop. */

#include <stdlib.h>

#include "dialer/policy/local.h"

static void
answer(struct policy *p, uint32_t request, enum status status,
    const char *text)
{
	p->ops->answer(p->arg, request, status, text);
}

static void
finish(struct policy *p, struct target *t, enum status status,
    const char *text)
{
	answer(p, t->request, status, text);
	p->nmanual--;
	target_free(p, &p->manual, t);
}

/* What the operator reads when a dial did not even begin. */
static const char *const objections[SKIP_MAX] = {
	[SKIP_SELF] = "that is this node itself",
	[SKIP_CONNECTED] = "connected already",
	[SKIP_DIALLING] = "a dial to it is under way",
	[SKIP_BANNED] = "banned",
	[SKIP_HOST_LIMIT] = "its host was dialled 6 times within the hour",
	[SKIP_BLOCK_LIMIT] = "its network was dialled within the last 10 s",
	[SKIP_HOSTS_FULL] = "too many hosts were dialled within the hour",
	[SKIP_RATE] = "too many dials within the last 10 s",
	[SKIP_BACKOFF] = "it failed a moment ago; try again later",
	[SKIP_ROOM] = "too many dials are under way",
	[SKIP_WAITING] = "engine or addrbookd is not there yet",
};

void
manual_failed(struct policy *p, uint64_t now, struct target *t,
    enum outcome outcome)
{
	const char *why = outcome_name(outcome);

	if (t->nips == 0)
		why = "its name has no address";
	else if (objections[t->skip] != NULL)
		why = objections[t->skip];
	finish(p, t, STATUS_FAILED, why);
}

/* The one of that ID that was admitted, or NULL. */
static struct target *
find_admitted(const struct policy *p, const struct node_id *id)
{
	struct target *t = target_find(&p->manual, id);

	return t != NULL && t->state == TARGET_UP ? t : NULL;
}

void
manual_up(struct policy *p, const struct node_id *id)
{
	struct target *t = find_admitted(p, id);

	if (t != NULL)
		finish(p, t, STATUS_OK, outcome_name(OUTCOME_CONNECTED));
}

void
manual_down(struct policy *p, uint64_t now, const struct node_id *id,
    enum outcome outcome)
{
	struct target *t = find_admitted(p, id);

	if (t != NULL)
		target_ended(p, now, t, outcome);
}

static void
dial(struct policy *p, uint64_t now, uint32_t request,
    const struct host_addr *addr)
{
	struct target *t;

	if (p->nmanual >= POLICY_MANUAL_MAX) {
		answer(p, request, STATUS_UNAVAILABLE,
		    "too many dials by hand are under way");
		return;
	}
	if ((t = target_new(KIND_MANUAL, addr)) == NULL) {
		answer(p, request, STATUS_UNAVAILABLE, "out of memory");
		return;
	}
	t->request = request;
	TAILQ_INSERT_TAIL(&p->manual, t, entry);
	p->nmanual++;
	(void)target_start(p, now, t);
}

static unsigned
count(const struct targets *list)
{
	const struct target *t;
	unsigned n = 0;

	TAILQ_FOREACH(t, list, entry)
		n++;
	return n;
}

static void
add_persistent(struct policy *p, uint64_t now, uint32_t request,
    const struct host_addr *addr)
{
	struct target *t;

	if (node_id_equal(&addr->id, &p->conf->id)) {
		answer(p, request, STATUS_FAILED, objections[SKIP_SELF]);
		return;
	}
	if (target_find(&p->persistent, &addr->id) != NULL) {
		answer(p, request, STATUS_OK, "persistent already");
		return;
	}
	if (count(&p->persistent) >= CONF_PEERS_MAX) {
		answer(p, request, STATUS_UNAVAILABLE,
		    "too many persistent peers");
		return;
	}
	if ((t = target_new(KIND_PERSISTENT, addr)) == NULL ||
	    names_add(p, &p->names, &addr->id, NAME_PERSISTENT) == -1) {
		free(t);
		answer(p, request, STATUS_UNAVAILABLE, "out of memory");
		return;
	}
	t->runtime = true;
	t->due = now;
	TAILQ_INSERT_TAIL(&p->persistent, t, entry);
	peers_reconsider(p);
	answer(p, request, STATUS_OK,
	    "taken on as a persistent peer, until pexd ends");
	persistent_tick(p, now);
}

void
policy_ctl_dial(struct policy *p, uint64_t now, uint32_t request,
    const struct m_ctl_dial *m)
{
	if (m->persistent)
		add_persistent(p, now, request, &m->addr);
	else
		dial(p, now, request, &m->addr);
}

void
policy_ctl_drop(struct policy *p, uint64_t now, uint32_t request,
    const struct m_ctl_drop *m)
{
	struct peer *pe = peers_by_id(p, &m->id);

	if (pe == NULL) {
		answer(p, request, STATUS_NOT_FOUND, "no such peer");
		return;
	}
	peers_drop(p, pe, DOWN_OPERATOR);
	answer(p, request, STATUS_OK, "");
}
