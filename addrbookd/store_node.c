/* SPDX-License-Identifier: ISC */
/*
 * Facts about a node, and its uptime over five windows: a moving average
 * that forgets with the window's length, as bitcoin-seeder judges nodes.
 */

#include <math.h>
#include <string.h>

#include "addrbookd/store_impl.h"

#define FULL		4294967295.0		/* all of a share or a weight */
#define FIRST_AGE	60		/* s that the first try counts */

static const double window_s[STORE_WINDOWS] = {
	2 * 3600.0, 8 * 3600.0, 86400.0, 7 * 86400.0, 30 * 86400.0
};

void
store_node_fact(struct store_node *n, uint32_t now,
    const struct store_node *fact)
{
	n->addr = fact->addr;
	n->has_claim = fact->has_claim;
	n->claim = fact->claim;
	strlcpy(n->moniker, fact->moniker, sizeof(n->moniker));
	strlcpy(n->version, fact->version, sizeof(n->version));
	strlcpy(n->network, fact->network, sizeof(n->network));
	n->latency_ms = fact->latency_ms;
	if (n->first_seen == 0)
		n->first_seen = now;
	n->last_seen = now;
}

/*
 * A try tells about the time since the last one: the longer that was, the
 * more it counts.  The first try of all counts as a minute, what comes within
 * the second of another as nothing.  Of time that is unknown no average tells.
 */
void
store_node_uptime(struct store_node *n, uint32_t now, enum store_uptime uptime)
{
	bool reached = uptime == STORE_UP;
	double age = FIRST_AGE, keep, share, weight;
	int i;

	if (n->last_try != 0)
		age = now > n->last_try ? now - n->last_try : 0;
	for (i = 0; i < STORE_WINDOWS && uptime != STORE_UNKNOWN; i++) {
		keep = exp(-age / window_s[i]);
		share = n->share[i] * keep + (reached ? FULL * (1 - keep) : 0);
		weight = n->weight[i] * keep + FULL * (1 - keep);
		/* Rounding must not make a node better than perfect. */
		n->weight[i] = llround(weight);
		n->share[i] = llround(share > weight ? weight : share);
	}
	n->last_try = now;
	if (!reached)
		return;
	if (n->first_seen == 0)
		n->first_seen = now;
	n->last_seen = now;
}

void
store_node_row(const struct store_node *n, struct m_row_node *row)
{
	int i;

	memset(row, 0, sizeof(*row));
	row->addr = n->addr;
	row->has_claim = n->has_claim;
	row->claim = n->claim;
	strlcpy(row->moniker, n->moniker, sizeof(row->moniker));
	strlcpy(row->version, n->version, sizeof(row->version));
	strlcpy(row->network, n->network, sizeof(row->network));
	row->latency_ms = n->latency_ms;
	row->first_seen = n->first_seen;
	row->last_seen = n->last_seen;
	for (i = 0; i < STORE_WINDOWS; i++)
		row->uptime[i] = n->weight[i] == 0 ? MSG_UPTIME_UNKNOWN :
		    1000ull * n->share[i] / n->weight[i];
}
