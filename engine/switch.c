/* SPDX-License-Identifier: ISC */
/*
 * The switch: peers on one side, reactors on the other.  Who is told of
 * what, and whose a channel is, comes from the reactor table alone.
 */

#include <sys/types.h>

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

struct reactor_slot {
	const struct reactor	*r;
	void			*self;
	size_t			 offset;	/* of its state in a peer */
};

static size_t
rounded_up(size_t n)
{
	return (n + alignof(max_align_t) - 1) / alignof(max_align_t) *
	    alignof(max_align_t);
}

int
switch_init(struct engine *eng)
{
	struct reactor_slot *s;
	unsigned n = 0;

	eng->peer_size = sizeof(struct peer);
	while (reactors[n] != NULL)
		n++;
	if (n > REACTORS_MAX ||
	    (eng->slots = calloc(n, sizeof(*eng->slots))) == NULL)
		return -1;
	for (s = eng->slots; eng->nslots < n; s++) {
		s->r = reactors[eng->nslots];
		s->offset = eng->peer_size;
		eng->peer_size += rounded_up(s->r->peer_size);
		if (s->r->create != NULL &&
		    (s->self = s->r->create(eng)) == NULL)
			return -1;
		eng->nslots++;
	}
	return 0;
}

void
switch_free(struct engine *eng)
{
	unsigned i;

	for (i = 0; i < eng->nslots; i++)
		if (eng->slots[i].r->destroy != NULL)
			eng->slots[i].r->destroy(eng->slots[i].self);
	free(eng->slots);
	eng->slots = NULL;
	eng->nslots = 0;
}

unsigned
switch_channels(struct engine *eng, struct mconn_channel *out, unsigned max)
{
	const struct reactor *r;
	unsigned i, j, n = 0;

	for (i = 0; i < eng->nslots; i++) {
		r = eng->slots[i].r;
		for (j = 0; j < r->nchannels && n < max; j++)
			out[n++] = r->channels[j];
	}
	return n;
}

/* --- reactors ---------------------------------------------------------- */

void *
switch_state(const struct peer *peer, const struct reactor *r)
{
	const struct engine *eng = peer->eng;
	unsigned i;

	for (i = 0; i < eng->nslots; i++)
		if (eng->slots[i].r == r)
			return (char *)(uintptr_t)peer + eng->slots[i].offset;
	return NULL;
}

void
switch_add_peer(struct peer *peer)
{
	struct engine *eng = peer->eng;
	struct reactor_slot *s;

	while (peer->up && peer->told < eng->nslots) {
		s = &eng->slots[peer->told++];
		if (s->r->add_peer != NULL)
			s->r->add_peer(s->self, peer);
	}
}

void
switch_remove_peer(struct peer *peer, enum down_reason reason,
    const char *why)
{
	struct reactor_slot *s;
	unsigned i;

	/* Only those that were told of it, if it did not come that far. */
	for (i = 0; i < peer->told; i++) {
		s = &peer->eng->slots[i];
		if (s->r->remove_peer != NULL)
			s->r->remove_peer(s->self, peer, reason, why);
	}
}

static struct reactor_slot *
slot_of(struct engine *eng, uint8_t channel)
{
	struct reactor_slot *s;
	unsigned i;

	for (s = eng->slots; s < eng->slots + eng->nslots; s++)
		for (i = 0; i < s->r->nchannels; i++)
			if (s->r->channels[i].id == channel)
				return s;
	return NULL;
}

void
switch_receive(struct peer *peer, uint8_t channel, struct wire_span msg)
{
	struct reactor_slot *s = slot_of(peer->eng, channel);

	if (s != NULL)
		s->r->receive(s->self, peer, channel, msg);
}

void
switch_pipe_up(struct engine *eng, enum role role, struct pipe *p)
{
	struct reactor_slot *s;
	unsigned i;

	for (i = 0; i < eng->nslots; i++) {
		s = &eng->slots[i];
		if (role == ROLE_DIALER)
			pipe_handle(p, s->r->from_dialer, s->self);
		else if (role == ROLE_ADDRBOOKD)
			pipe_handle(p, s->r->from_addrbookd, s->self);
	}
}

void
switch_synced(struct engine *eng, enum role role)
{
	unsigned i;

	for (i = 0; i < eng->nslots; i++)
		if (eng->slots[i].r->synced != NULL)
			eng->slots[i].r->synced(eng->slots[i].self, role);
}

void
switch_drained(struct engine *eng, enum role role)
{
	unsigned i;

	for (i = 0; i < eng->nslots; i++)
		if (eng->slots[i].r->drained != NULL)
			eng->slots[i].r->drained(eng->slots[i].self, role);
}

void
switch_show(struct engine *eng, uint32_t id)
{
	unsigned i;

	for (i = 0; i < eng->nslots; i++)
		if (eng->slots[i].r->show != NULL)
			eng->slots[i].r->show(eng->slots[i].self, id);
}

/* --- peers ------------------------------------------------------------- */

struct peer *
switch_peer(struct engine *eng, uint32_t number)
{
	struct conn *c = conn_find(eng, number);

	return c != NULL && c->state == CONN_PEER ? c->peer : NULL;
}

void
switch_each(struct engine *eng, void (*fn)(struct peer *, void *), void *arg)
{
	struct conn *c;

	/* Dropped ones stay in the tree until the turn ends. */
	RB_FOREACH(c, conn_tree, &eng->conns)
		if (c->state == CONN_PEER)
			fn(c->peer, arg);
}
