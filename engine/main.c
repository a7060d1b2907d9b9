/* SPDX-License-Identifier: ISC */
/*
 * engine: the process that speaks with peers.  It opens nothing, connects
 * to nobody and has no key; sockets and signatures are handed to it.
 */

#include <sys/types.h>
#include <sys/resource.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"

#define FD_OWN		32	/* descriptors that are no connections */
#define FD_MAX		(1 << 24)

const struct conf *
engine_conf(struct engine *eng)
{
	return child_conf(eng->child);
}

uint64_t
engine_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

bool
engine_may_admit(struct engine *eng)
{
	return eng->started && child_synced(eng->child, ROLE_DIALER) &&
	    child_synced(eng->child, ROLE_ADDRBOOKD);
}

/* --- the end of a turn ------------------------------------------------- */

static void
conn_free(struct conn *c)
{
	RB_REMOVE(conn_tree, &c->eng->conns, c);
	wire_conn_free(c->wire);
	announce_unref(c->announce);
	peer_free(c->peer);
	free(c);
}

static void
engine_turn(evutil_socket_t fd, short what, void *arg)
{
	struct engine *eng = arg;
	struct conn *c;

	eng->turning = false;
	conns_bound_memory(eng);
	while ((c = TAILQ_FIRST(&eng->dirty)) != NULL) {
		TAILQ_REMOVE(&eng->dirty, c, dirty);
		c->is_dirty = false;
		conn_write(c);
	}
	while ((c = TAILQ_FIRST(&eng->over)) != NULL) {
		TAILQ_REMOVE(&eng->over, c, queue);
		conn_free(c);
	}
}

void
engine_turn_soon(struct engine *eng)
{
	if (eng->turning)
		return;
	eng->turning = true;
	event_active(&eng->turn, EV_TIMEOUT, 0);
}

/* --- timers ------------------------------------------------------------ */

static void
arm(struct engine *eng, uint64_t at_ms)
{
	uint64_t now = child_mono_ms(), ms = at_ms > now ? at_ms - now : 0;
	struct timeval tv = { .tv_sec = ms / 1000,
	    .tv_usec = ms % 1000 * 1000 };

	eng->armed_ms = at_ms;
	event_add(&eng->tick, &tv);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct engine *eng = arg;
	uint64_t next;

	eng->armed_ms = 0;	/* what the run sets need not arm */
	wheel_run(&eng->wheel, child_mono_ms());
	next = wheel_next(&eng->wheel);
	eng->armed_ms = UINT64_MAX;
	if (next != UINT64_MAX)
		arm(eng, next);
}

void
engine_timer_at(struct engine *eng, struct timer *t, uint64_t due_ms)
{
	timer_set(&eng->wheel, t, due_ms);
	if (t->tick * WHEEL_TICK_MS < eng->armed_ms)
		arm(eng, t->tick * WHEEL_TICK_MS);
}

void
engine_timer(struct engine *eng, struct timer *t, uint64_t ms)
{
	engine_timer_at(eng, t, child_mono_ms() + ms);
}

/* --- callbacks of the child -------------------------------------------- */

/* RLIMIT_NOFILE as it will be: the sandbox sets it after engine_init(). */
static uint32_t
descriptors(const struct m_proc_init *m)
{
	struct rlimit rl;

	if (m->nofile != 0)
		return m->nofile;
	if (getrlimit(RLIMIT_NOFILE, &rl) == -1 || rl.rlim_cur > FD_MAX)
		return FD_MAX;
	return rl.rlim_cur;
}

/*
 * How many connections there may be before accepting stops: the rest is for
 * the pipes, and for sockets that dialer hands over meanwhile.
 */
static void
set_connections_max(struct engine *eng)
{
	const struct conf *conf = engine_conf(eng);
	uint32_t reserve = FD_OWN + conf->limits.max_dials +
	    conf->limits.max_outbound;

	if (reserve > eng->nofile / 2)
		reserve = eng->nofile / 2;
	eng->conns_max = eng->nofile - reserve;
}

static int
make_parts(struct engine *eng)
{
	uint8_t seed[RNG_SEED_SIZE + SIPHASH_KEY_SIZE];
	struct siphash_key key;

	arc4random_buf(seed, sizeof(seed));
	rng_seed(&eng->rng, seed);
	siphash_key_set(&key, seed + RNG_SEED_SIZE);
	if ((eng->buf = malloc(ENGINE_READ_SIZE)) == NULL ||
	    (eng->crypto = wire_crypto_new()) == NULL ||
	    (eng->limits = limits_new(&key)) == NULL ||
	    (eng->bans = bans_new()) == NULL ||
	    limits_configure(eng->limits, engine_conf(eng)) == -1 ||
	    switch_init(eng) == -1 || announce_renew(eng) == -1)
		return -1;
	return 0;
}

static int
engine_init(void *ctx, struct child *child, const struct m_proc_init *m)
{
	struct engine *eng = ctx;

	eng->child = child;
	eng->base = child_base(child);
	eng->armed_ms = UINT64_MAX;
	wheel_init(&eng->wheel, child_mono_ms());
	event_assign(&eng->tick, eng->base, -1, 0, on_tick, eng);
	event_assign(&eng->turn, eng->base, -1, 0, engine_turn, eng);
	if (make_parts(eng) == -1) {
		log_warnx("out of memory, or libcrypto lacks an algorithm");
		return -1;
	}
	eng->nofile = descriptors(m);
	set_connections_max(eng);
	listeners_init(eng);
	listeners_commit(eng);
	return 0;
}

static const char *
engine_conf_check(void *ctx, const struct conf *conf)
{
	listeners_conf_end(ctx);
	return NULL;
}

static void
engine_conf_changed(void *ctx, const struct conf *old)
{
	struct engine *eng = ctx;

	if (limits_configure(eng->limits, engine_conf(eng)) == -1 ||
	    announce_renew(eng) == -1)
		log_warnx("out of memory: new connections are met with the "
		    "old configuration");
	set_connections_max(eng);
	peers_configure(eng);
	listeners_commit(eng);
}

static void
engine_start(void *ctx)
{
	struct engine *eng = ctx;

	eng->started = true;
	listeners_update(eng);
}

static void
engine_pipe_up(void *ctx, enum role role, struct pipe *p)
{
	struct engine *eng = ctx;

	switch_pipe_up(eng, role, p);
	if (role == ROLE_DIALER)
		events_replay(eng, p);
	else if (role == ROLE_ADDRBOOKD)
		bans_clear(eng->bans);	/* it tells them all again */
}

static void
engine_pipe_synced(void *ctx, enum role role)
{
	struct engine *eng = ctx;

	switch_synced(eng, role);
	listeners_update(eng);
}

static void
engine_pipe_down(void *ctx, enum role role)
{
	struct engine *eng = ctx;

	listeners_update(eng);
	if (role == ROLE_DIALER)
		handshake_dialer_lost(eng);
}

static void
engine_drained(void *ctx, enum role role)
{
	switch_drained(ctx, role);
}

static void
engine_stop(void *ctx)
{
	struct engine *eng = ctx;

	listeners_free(eng);
	conns_free(eng);
	engine_turn(-1, 0, eng);
	switch_free(eng);
	announce_unref(eng->announce);
	bans_free(eng->bans);
	limits_free(eng->limits);
	wire_crypto_free(eng->crypto);
	free(eng->buf);
	event_del(&eng->tick);
	event_del(&eng->turn);
}

static void
on_ban(void *ctx, struct pipe *p, struct msg *m)
{
	struct engine *eng = ctx;

	/* Whom the ban finds connected, dialer has us drop. */
	if (bans_set(eng->bans, m->body, child_mono_ms()) == -1)
		log_warnx("out of memory: a ban is not known to engine");
}

static const struct msg_handler from_parent[] = {
	{ MSG_CONF_LISTEN,	listener_on_conf_listen },
	{ MSG_SIGNED,		sign_on_signed },
	{ MSG_SHOW,		show_on_show },
	{ MSG_NONE,		NULL }
};

static const struct msg_handler from_dialer[] = {
	{ MSG_ADMITTED,		handshake_on_admitted },
	{ MSG_DIAL,		dialed_on_dial },
	{ MSG_DROP,		peer_on_drop },
	{ MSG_NONE,		NULL }
};

static const struct msg_handler from_addrbookd[] = {
	{ MSG_BAN,		on_ban },
	{ MSG_NONE,		NULL }
};

static const struct child_ops engine_ops = {
	.role = ROLE_ENGINE,
	.neighbours = ROLE_DIALER | ROLE_ADDRBOOKD,
	.from_parent = from_parent,
	.from_dialer = from_dialer,
	.from_addrbookd = from_addrbookd,
	.init = engine_init,
	.conf_check = engine_conf_check,
	.conf_changed = engine_conf_changed,
	.start = engine_start,
	.pipe_up = engine_pipe_up,
	.pipe_synced = engine_pipe_synced,
	.pipe_down = engine_pipe_down,
	.drained = engine_drained,
	.stop = engine_stop,
};

int
main(int argc, char **argv)
{
	struct engine *eng;
	int status;

	if ((eng = calloc(1, sizeof(*eng))) == NULL)
		fatal("calloc");
	/* Listeners come before engine_init() is called. */
	TAILQ_INIT(&eng->listeners);
	TAILQ_INIT(&eng->staged);
	RB_INIT(&eng->conns);
	TAILQ_INIT(&eng->pending);
	TAILQ_INIT(&eng->closing);
	TAILQ_INIT(&eng->dirty);
	TAILQ_INIT(&eng->over);
	status = child_main(&engine_ops, eng, argc, argv);
	free(eng);
	return status;
}
