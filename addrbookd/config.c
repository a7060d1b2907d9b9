/* SPDX-License-Identifier: ISC */
/* From the daemon's config to the book's. */

#include <sys/queue.h>

#include <stdlib.h>

#include "addrbookd/addrbookd.h"
#include "common/log.h"

unsigned int
book_entries(const struct conf *conf)
{
	uint64_t n = (uint64_t)BOOK_SIZE_DEFAULT * conf->limits.book_size;

	return n > BOOK_SIZE_MAX ? BOOK_SIZE_MAX : n;
}

int
config_of(const struct conf *conf, struct book_config *cfg,
    struct node_id **ids)
{
	const struct conf_peer *p;
	size_t n = 0;

	*ids = calloc(1 + conf_count_peers(conf, CONF_PRIVATE),
	    sizeof(**ids));
	if (*ids == NULL)
		return -1;
	(*ids)[0] = conf->id;
	TAILQ_FOREACH(p, &conf->peers, entry)
		if (p->kind == CONF_PRIVATE)
			(*ids)[1 + n++] = p->addr.id;
	cfg->strict = conf->strict;
	cfg->private_network = conf->private_network;
	cfg->crawl_spacing = (conf->times.crawl_interval + 999) / 1000;
	if (cfg->crawl_spacing == 0)
		cfg->crawl_spacing = 1;
	cfg->own_ids = *ids;
	cfg->nown_ids = 1;
	cfg->private_ids = *ids + 1;
	cfg->nprivate_ids = n;
	return 0;
}

/* Own addresses that the config names never enter the book. */
static void
add_own(struct addrbookd *a, const struct conf *conf)
{
	unsigned i;

	if (conf->has_external4)
		book_add_own(a->book, clock_now(a), &conf->external4);
	if (conf->has_external6)
		book_add_own(a->book, clock_now(a), &conf->external6);
	for (i = 0; i < conf->nlisten; i++)
		if (!ip_is_unspecified(conf->listen[i].ip))
			book_add_own(a->book, clock_now(a), &conf->listen[i]);
}

int
addrbookd_configure(struct addrbookd *a, const struct conf *conf)
{
	struct book_config cfg;
	struct node_id *ids;
	int rv;

	if (config_of(conf, &cfg, &ids) == -1) {
		log_warn("cannot take the new configuration");
		return -1;
	}
	if ((rv = book_configure(a->book, clock_now(a), &cfg)) == -1)
		log_warn("cannot take the new configuration");
	else
		add_own(a, conf);
	free(ids);
	return rv;
}
