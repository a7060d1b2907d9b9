/* SPDX-License-Identifier: ISC */
/* The configuration object: defaults and lists. */

#include <sys/types.h>
#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf.h"

#define SECOND	1000u
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)

#define INBOUND_PEER	40
#define INBOUND_SEED	1000

static const struct conf_limits default_limits = {
	.max_outbound = 10,
	.max_dials = 256,
	.pending = 1024,
	.pending_host = 4,
	.pending_block = 8,
	.pending_group = 32,
	.book_size = 1,
	.packet_payload = 1024,
	.send_rate = 5120000,
	.recv_rate = 5120000,
	.restart_limit = 5,
};

static const struct conf_times default_times = {
	.ensure_period = 30 * SECOND,
	.ping_interval = 60 * SECOND,
	.pong_timeout = 45 * SECOND,
	.handshake_timeout = 6 * SECOND,
	.dial_timeout = 3 * SECOND,
	.request_interval = 30 * SECOND,
	.request_timeout = 60 * SECOND,
	.answer_interval = 10 * SECOND,
	.max_dial_period = HOUR,
	.seed_interval = 10 * MINUTE,
	.seed_interval_max = 6 * HOUR,
	.probe_interval = 30 * SECOND,
	.crawl_interval = 10 * MINUTE,
	.crawl_hold = 15 * SECOND,
	.seed_idle = 20 * SECOND,
	.close_wait = 3 * SECOND,
	.rotate_interval = 6 * HOUR,
};

static const struct conf_rates default_rates = {
	.accept_host = { .burst = 4, .per_ms = 10 * SECOND, .tokens = 1 },
	.accept_block = { .burst = 16, .per_ms = SECOND, .tokens = 2 },
	.accept_group = { .burst = 64, .per_ms = SECOND, .tokens = 16 },
	.accept_all = { .burst = 2000, .per_ms = SECOND, .tokens = 1000 },
	.reply_host = { .burst = 4, .per_ms = 10 * SECOND, .tokens = 1 },
};

struct conf *
conf_new(void)
{
	struct conf *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->mode = MODE_PEER;
	c->p2p_version = 8;
	c->block_version = 11;
	c->strict = true;
	c->limits = default_limits;
	c->times = default_times;
	c->rates = default_rates;
	TAILQ_INIT(&c->peers);
	TAILQ_INIT(&c->hosts);
	return c;
}

void
conf_set_mode_defaults(struct conf *c)
{
	if (c->limits.max_inbound == 0)
		c->limits.max_inbound = c->mode == MODE_SEED ?
		    INBOUND_SEED : INBOUND_PEER;
}

void
conf_free(struct conf *c)
{
	struct conf_peer *p;
	struct conf_host *h;

	if (c == NULL)
		return;
	while ((p = TAILQ_FIRST(&c->peers)) != NULL) {
		TAILQ_REMOVE(&c->peers, p, entry);
		free(p);
	}
	while ((h = TAILQ_FIRST(&c->hosts)) != NULL) {
		TAILQ_REMOVE(&c->hosts, h, entry);
		free(h);
	}
	free(c->places);
	free(c);
}

void
conf_copy_main(struct conf *dst, const struct conf *src)
{
	struct conf copy = *src;

	/* The lists stay dst's own: a tail queue's head points into itself. */
	TAILQ_INIT(&copy.peers);
	TAILQ_CONCAT(&copy.peers, &dst->peers, entry);
	copy.npeers = dst->npeers;
	TAILQ_INIT(&copy.hosts);
	TAILQ_CONCAT(&copy.hosts, &dst->hosts, entry);
	copy.nhosts = dst->nhosts;
	copy.places = dst->places;
	memcpy(copy.nameservers, dst->nameservers, sizeof(copy.nameservers));
	copy.nnameservers = dst->nnameservers;

	*dst = copy;
	TAILQ_INIT(&dst->peers);
	TAILQ_CONCAT(&dst->peers, &copy.peers, entry);
	TAILQ_INIT(&dst->hosts);
	TAILQ_CONCAT(&dst->hosts, &copy.hosts, entry);
}

int
conf_add_peer(struct conf *c, enum conf_peer_kind kind,
    const struct host_addr *addr)
{
	struct conf_peer *p;

	if (conf_count_peers(c, kind) >= CONF_PEERS_MAX) {
		errno = E2BIG;
		return -1;
	}
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return -1;
	p->kind = kind;
	p->addr = *addr;
	TAILQ_INSERT_TAIL(&c->peers, p, entry);
	c->npeers++;
	return 0;
}

int
conf_add_host(struct conf *c, const uint8_t ip[16], const char *name)
{
	struct conf_host *h;

	if (c->nhosts >= CONF_HOSTS_MAX ||
	    strlen(name) >= sizeof(h->name)) {
		errno = E2BIG;
		return -1;
	}
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return -1;
	memcpy(h->ip, ip, sizeof(h->ip));
	strlcpy(h->name, name, sizeof(h->name));
	TAILQ_INSERT_TAIL(&c->hosts, h, entry);
	c->nhosts++;
	return 0;
}

bool
conf_has_peer(const struct conf *c, enum conf_peer_kind kind,
    const struct node_id *id)
{
	const struct conf_peer *p;

	TAILQ_FOREACH(p, &c->peers, entry)
		if (p->kind == kind && node_id_equal(&p->addr.id, id))
			return true;
	return false;
}

unsigned
conf_count_peers(const struct conf *c, enum conf_peer_kind kind)
{
	const struct conf_peer *p;
	unsigned n = 0;

	TAILQ_FOREACH(p, &c->peers, entry)
		n += p->kind == kind;
	return n;
}
