/* SPDX-License-Identifier: ISC */
/* All clients of a worker: when one begins, and when it is enough. */
#include <err.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "regress/lib/loadlocal.h"

#define KEYS_MIN	1024	/* identities of a worker, used in turn */
#define TICK_MS		20	/* pacing and deadlines */

const char *
load_end_name(enum load_end end)
{
	static const char *const	names[LOAD_NENDS] = {
		"done", "connect", "closed", "late", "list", "system",
	};

	return names[end];
}

uint64_t
load_failed(const struct load_stats *s)
{
	uint64_t	 n = 0;
	int		 i;

	for (i = LOAD_DONE + 1; i < LOAD_NENDS; i++)
		n += s->ended[i];
	for (i = 0; i < WIRE_NERRORS; i++)
		n += s->errors[i];
	return n;
}

void
load_merge(struct load_stats *to, const struct load_stats *from)
{
	int	 i;

	for (i = 0; i < LOAD_NENDS; i++)
		to->ended[i] += from->ended[i];
	for (i = 0; i < WIRE_NERRORS; i++)
		to->errors[i] += from->errors[i];
	to->naddrs += from->naddrs;
	to->bytes_in += from->bytes_in;
	to->bytes_out += from->bytes_out;
	to->nheld += from->nheld;
	to->seconds = fmax(to->seconds, from->seconds);
	hist_merge(&to->latency, &from->latency);
}

static bool
may_start(const struct load *l)
{
	const struct load_conf	*conf = l->conf;

	if (l->is_stopping || l->nactive >= conf->concurrency)
		return false;
	if (conf->count != 0 && l->nstarted >= conf->count)
		return false;
	/* One round of idle peers is enough. */
	if (conf->mode == LOAD_IDLE && l->nstarted >= conf->concurrency)
		return false;
	return conf->rate == 0 ||
	    l->nstarted < (pexconn_now() - l->begun) * conf->rate;
}

void
load_start_some(struct load *l)
{
	while (may_start(l))
		client_start(l);
}

static bool
is_finished(const struct load *l)
{
	const struct load_conf	*conf = l->conf;

	if (l->is_stopping)
		return true;
	if (l->nactive > 0)
		return false;
	return conf->mode == LOAD_IDLE ||
	    (conf->count != 0 && l->nstarted >= conf->count);
}

/* Idle peers may stay as long as they like, once they are up. */
static void
end_late(struct load *l)
{
	struct client	*c, *next;
	double		 t = pexconn_now();

	for (c = TAILQ_FIRST(&l->clients); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (t - c->since < l->conf->deadline)
			break;
		if (!c->is_up)
			client_end_late(c);
	}
}

static void
on_tick(int fd, short event, void *arg)
{
	struct load	*l = arg;
	double		 spent = pexconn_now() - l->begun;
	struct timeval	 tv = { 0, TICK_MS * 1000 };

	end_late(l);
	if (l->conf->seconds != 0 && spent >= l->conf->seconds)
		l->is_stopping = true;
	load_start_some(l);
	if (l->held != NULL && l->nstarted >= l->conf->concurrency &&
	    l->stats->nheld == l->nactive) {
		l->held();
		l->held = NULL;
	}
	l->stats->seconds = spent;
	if (is_finished(l))
		event_base_loopexit(l->base, NULL);
	else
		evtimer_add(&l->tick, &tv);
}

static void
on_signal(int sig, short event, void *arg)
{
	((struct load *)arg)->is_stopping = true;
}

static void
make_keys(struct load *l)
{
	struct nodekey_why	 why;
	unsigned		 i;

	l->nkeys = 2 * l->conf->concurrency;
	if (l->nkeys < KEYS_MIN)
		l->nkeys = KEYS_MIN;
	if (l->conf->mode == LOAD_IDLE)
		l->nkeys = l->conf->concurrency;
	if ((l->keys = calloc(l->nkeys, sizeof(*l->keys))) == NULL)
		err(1, NULL);
	for (i = 0; i < l->nkeys; i++)
		if ((l->keys[i] = nodekey_generate(&why)) == NULL)
			errx(1, "%s", why.text);
}

static void
configure(struct load *l)
{
	pexconn_config(&l->config, l->crypto, l->conf->network, "load");
	l->config.info.block_version = l->conf->block_version;
}

static void
tear_down(struct load *l)
{
	struct client	*c;
	unsigned	 i;

	l->is_stopping = true;		/* so that none is started again */
	while ((c = TAILQ_FIRST(&l->clients)) != NULL)
		client_free(c);
	event_del(&l->tick);
	signal_del(&l->sigterm);
	signal_del(&l->sigint);
	event_base_free(l->base);
	for (i = 0; i < l->nkeys; i++)
		nodekey_free(l->keys[i]);
	free(l->keys);
	wire_crypto_free(l->crypto);
	free(l);
}

int
load_run(const struct load_conf *conf, struct load_stats *stats,
    unsigned first, void (*held)(void))
{
	struct load	*l;
	struct timeval	 at_once = { 0, 0 };

	if ((l = calloc(1, sizeof(*l))) == NULL ||
	    (l->crypto = wire_crypto_new()) == NULL ||
	    (l->base = event_base_new()) == NULL) {
		warnx("no memory");
		return -1;
	}
	TAILQ_INIT(&l->clients);
	l->conf = conf;
	l->stats = stats;
	l->first = first;
	l->held = conf->mode == LOAD_IDLE ? held : NULL;
	configure(l);
	make_keys(l);
	evtimer_set(&l->tick, on_tick, l);
	signal_set(&l->sigterm, SIGTERM, on_signal, l);
	signal_set(&l->sigint, SIGINT, on_signal, l);
	event_base_set(l->base, &l->tick);
	event_base_set(l->base, &l->sigterm);
	event_base_set(l->base, &l->sigint);
	signal_add(&l->sigterm, NULL);
	signal_add(&l->sigint, NULL);
	l->begun = pexconn_now();
	evtimer_add(&l->tick, &at_once);
	event_base_dispatch(l->base);
	tear_down(l);
	return 0;
}
