/* SPDX-License-Identifier: ISC */
/* dialer: decides whom to connect, admit, drop and ask, and connects. */

#include <sys/types.h>
#include <sys/time.h>

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "common/log.h"
#include "dialer/dialer.h"

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct dialer *d = arg;

	d->due = POLICY_NEVER;
	(void)policy_tick(d->policy, child_mono_ms());
	dialer_settle(d);
}

void
dialer_settle(struct dialer *d)
{
	uint64_t due = policy_due(d->policy), now, ms;
	struct timeval tv;

	if (due == d->due)
		return;
	d->due = due;
	if (due == POLICY_NEVER) {
		event_del(d->timer);
		return;
	}
	now = child_mono_ms();
	ms = due > now ? due - now : 0;
	tv.tv_sec = ms / 1000;
	tv.tv_usec = (ms % 1000) * 1000;
	event_add(d->timer, &tv);
}

void
dialer_may_start(struct dialer *d)
{
	if (d->started || !child_synced(d->child, ROLE_ENGINE) ||
	    !child_synced(d->child, ROLE_ADDRBOOKD))
		return;
	d->started = true;
	policy_start(d->policy, child_mono_ms());
	dialer_settle(d);
}

static int
init(void *ctx, struct child *c, const struct m_proc_init *m)
{
	struct dialer *d = ctx;
	uint8_t seed[RNG_SEED_SIZE];

	d->child = c;
	d->due = POLICY_NEVER;
	arc4random_buf(seed, sizeof(seed));
	rng_seed(&d->rng, seed);
	explicit_bzero(seed, sizeof(seed));
	d->timer = event_new(child_base(c), -1, 0, on_timer, d);
	d->connects = connects_new(d);
	d->resolver = resolver_new(d);
	d->policy = policy_new(child_conf(c), &dialer_actions, d, &d->rng);
	if (d->timer == NULL || d->connects == NULL || d->resolver == NULL ||
	    d->policy == NULL) {
		log_warn("no memory to begin");
		return -1;
	}
	resolver_configure(d->resolver);
	return 0;
}

static void
conf_changed(void *ctx, const struct conf *old)
{
	struct dialer *d = ctx;

	/* The old one is about to be freed: without the new one, start anew. */
	if (policy_configure(d->policy, child_mono_ms(),
	    child_conf(d->child)) == -1)
		fatal("no memory for the new configuration");
	resolver_configure(d->resolver);
	dialer_settle(d);
}

static void
pipe_synced(void *ctx, enum role role)
{
	dialer_may_start(ctx);
}

static void
pipe_down(void *ctx, enum role role)
{
	struct dialer *d = ctx;

	if (role == ROLE_ENGINE) {
		d->started = false;	/* the policy begins anew with it */
		policy_engine_lost(d->policy, child_mono_ms());
	} else if (role == ROLE_ADDRBOOKD)
		policy_book_lost(d->policy, child_mono_ms());
	dialer_settle(d);
}

static void
stop(void *ctx)
{
	struct dialer *d = ctx;

	resolver_free(d->resolver);	/* may turn the loop once more */
	connects_free(d->connects);
	policy_free(d->policy);
	event_free(d->timer);
}

static const struct child_ops ops = {
	.role = ROLE_DIALER,
	.neighbours = ROLE_ENGINE | ROLE_ADDRBOOKD,
	.from_parent = dialer_from_parent,
	.from_engine = dialer_from_engine,
	.from_addrbookd = dialer_from_addrbookd,
	.init = init,
	.conf_changed = conf_changed,
	.pipe_synced = pipe_synced,
	.pipe_down = pipe_down,
	.stop = stop,
};

int
main(int argc, char **argv)
{
	struct dialer *d;
	int status;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		fatal("no memory");
	status = child_main(&ops, d, argc, argv);
	free(d);
	return status;
}
