/* SPDX-License-Identifier: ISC */
/*
 * Whose word slots are given on.  A candidate that was only heard of is
 * worth what its teller is, and a liar can tell of any number; so those whose
 * source has a third of the slots already come after all others.  What has
 * proved itself to us needs nobody's word.
 */

#include "dialer/policy/local.h"

/* Slots filled, or about to be, with what that group told of. */
static unsigned
vouched(const struct policy *p, struct netgroup source)
{
	const struct peer_vec *out = &p->peers.out;
	const struct dial *d;
	unsigned i, n = 0;

	for (i = 0; i < out->n; i++)
		n += netgroup_equal(out->v[i]->source, source) &&
		    peer_fills_slot(out->v[i]);
	TAILQ_FOREACH(d, &p->dials.queue, entry)
		n += netgroup_equal(d->source, source);
	return n;
}

bool
vouch_is_spent(const struct policy *p, struct netgroup source)
{
	uint32_t share = p->conf->limits.max_outbound / POLICY_VOUCH_PART;

	if (source.v == 0 || p->conf->private_network)
		return false;
	return vouched(p, source) >= (share > 0 ? share : 1);
}
