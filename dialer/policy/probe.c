/* SPDX-License-Identifier: ISC */
/*
 * Probes (feelers) of a regular node: one at a time, every 30 s, to what
 * the book wants tested.  A probe asks for addresses and is closed after
 * the answer.  Source: Heilman et al. 2015, countermeasure 4.
 */

#include "dialer/policy/local.h"

void
probe_start(struct policy *p, uint64_t now)
{
	p->probe.due = now + p->conf->times.probe_interval;
}

void
probe_picked(struct policy *p, uint64_t now, const struct m_picked *m)
{
	if (m->n > 0 && dials_check(p, now, KIND_PROBE, &m->list[0].addr) ==
	    SKIP_NONE)
		(void)dials_start(p, now, KIND_PROBE, &m->list[0].addr, NULL);
}

void
probe_tick(struct policy *p, uint64_t now)
{
	if (policy_is_seed(p) || now < p->probe.due)
		return;
	p->probe.due = now + p->conf->times.probe_interval;
	if (!wants_is_open(p, WANT_PROBE))
		wants_send(p, now, WANT_PROBE, PICK_PROBE, 1, 0);
}

uint64_t
probe_due(const struct policy *p)
{
	return policy_is_seed(p) ? POLICY_NEVER : p->probe.due;
}
