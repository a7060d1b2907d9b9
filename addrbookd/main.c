/* SPDX-License-Identifier: ISC */
/* addrbookd: keeps the address book, in memory and in its one directory. */

#include <sys/types.h>
#include <sys/time.h>

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "addrbookd/addrbookd.h"
#include "common/log.h"

#define TICK_MS		250	/* so a change is on disk within a second */
#define REMIND_MS	3600000	/* from one line on what fails to the next */

/* There is room: the next start takes what is in memory now. */
static void
move_to_disk(struct addrbookd *a)
{
	if (store_finish(a->store, a->book) == 0)
		fatalx("the address book, which was kept in memory, is on "
		    "disk; starting again with it");
	log_warnx("there was room for the address book, and is no more; "
	    "going on in memory");
}

/* A book that is not saved is nothing to be told of only once. */
static void
remind(struct addrbookd *a, const struct store_stats *s)
{
	uint64_t now = child_mono_ms();

	if (now < a->next_reminder)
		return;
	if (a->next_reminder != 0)
		log_warnx("addrbook.db cannot be written yet (%s); what was "
		    "learnt since is in memory only", s->error);
	a->next_reminder = now + REMIND_MS;
}

/* Said at once, each hour, and once more when it is over. */
static void
mind_the_store(struct addrbookd *a)
{
	struct store_stats s;

	store_stats(a->store, &s);
	if (s.failing)
		remind(a, &s);
	else
		a->next_reminder = 0;
	if (s.in_memory) {
		if (s.ready)
			move_to_disk(a);
		return;
	}
	/* Opening again sets it aside and keeps what is sound. */
	if (s.damaged)
		fatalx("addrbook.db is damaged (%s); starting again",
		    s.error);
	if (s.broken)
		fatalx("addrbook.db cannot be written (%s); opening it anew",
		    s.error);
	if (s.failing && !a->failing)
		log_warnx("cannot write addrbook.db: %s; going on in memory "
		    "and trying again", s.error);
	else if (!s.failing && a->failing)
		log_info("addrbook.db is written again");
	a->failing = s.failing;
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct addrbookd *a = arg;

	store_sync(a->store, a->book);
	mind_the_store(a);
	tell_status(a, false);
	tell_seniors(a, false);
}

static void
on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct addrbookd *a = arg;
	struct store_nodes_answer *n;

	if ((n = malloc(sizeof(*n))) == NULL) {
		log_warn("cannot take what the store answered");
		return;
	}
	while (store_answer(a->store, n))
		show_nodes_answered(a, n);
	free(n);
	store_sync(a->store, a->book);
}

static void
log_report(const struct store_report *r, unsigned int n)
{
	if (r->set_aside[0] != '\0')
		log_warnx("the address book was set aside as %s, in the "
		    "state directory: %s", store_name(r->set_aside), r->why);
	if (r->removed > 0)
		log_warnx("removed %u files that were set aside before; the "
		    "newest are kept", r->removed);
	if (r->salvaged)
		log_warnx("kept %u sound entries of the damaged book",
		    r->salvaged);
	if (r->from_copy)
		log_warnx("%u entries come from the copy of the last clean "
		    "start", r->from_copy);
	if (r->in_memory)
		log_warnx("cannot write the address book: %s; going on in "
		    "memory with the %u entries that could be read", r->error,
		    n);
	if (r->in_memory)
		log_warnx(r->nowhere ? "what is learnt is lost when "
		    "addrbookd ends; pexctl book export saves it" : "trying "
		    "again until it can be saved");
	if (r->migrated)
		log_info("the address book of version %d was brought up to "
		    "this one; the old one is kept as %s", r->migrated,
		    store_name(r->old_copy));
	if (r->fresh)
		log_info("beginning a fresh address book");
	else
		log_info("the address book holds %u entries", n);
}

static int
open_book(struct addrbookd *a, const struct conf *conf, const char *dir)
{
	uint8_t fresh_key[BOOK_KEY_SIZE], key[BOOK_KEY_SIZE];
	struct book_config cfg;
	struct node_id *ids;
	int n;

	arc4random_buf(fresh_key, sizeof(fresh_key));
	a->store = store_open(dir, conf->network, fresh_key, key, &a->report);
	if (a->store == NULL)
		return -1;
	if (config_of(conf, &cfg, &ids) == -1) {
		log_warn("no memory for the address book");
		return -1;
	}
	a->book = book_new(book_entries(conf), key, &a->rng, &cfg);
	free(ids);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(fresh_key, sizeof(fresh_key));
	if (a->book == NULL ||
	    (n = store_load(a->store, a->book, clock_now(a))) == -1) {
		log_warn("no memory for the address book");
		return -1;
	}
	log_report(&a->report, n);
	return addrbookd_configure(a, conf);
}

static int
init(void *ctx, struct child *c, const struct m_proc_init *m)
{
	struct addrbookd *a = ctx;
	uint8_t seed[RNG_SEED_SIZE];

	a->child = c;
	clock_start(a);
	arc4random_buf(seed, sizeof(seed));
	rng_seed(&a->rng, seed);
	explicit_bzero(seed, sizeof(seed));
	/* After chroot(2) the directory is the root. */
	if (open_book(a, child_conf(c), m->drop ? "/" : m->state_dir) == -1)
		return -1;
	a->tick = event_new(child_base(c), -1, EV_PERSIST, on_tick, a);
	a->answer = event_new(child_base(c), store_fd(a->store),
	    EV_READ | EV_PERSIST, on_answer, a);
	if (a->tick == NULL || a->answer == NULL) {
		log_warn("cannot make a timer");
		return -1;
	}
	return 0;
}

static void
start(void *ctx)
{
	struct addrbookd *a = ctx;
	struct timeval tv = { .tv_usec = TICK_MS * 1000 };

	event_add(a->tick, &tv);
	event_add(a->answer, NULL);
}

static void
conf_changed(void *ctx, const struct conf *old)
{
	struct addrbookd *a = ctx;

	(void)addrbookd_configure(a, child_conf(a->child));
	tell_status(a, false);
}

static const char *
conf_check(void *ctx, const struct conf *next)
{
	struct addrbookd *a = ctx;

	/* The first config comes before init(). */
	if (a->child != NULL && next->limits.book_size !=
	    child_conf(a->child)->limits.book_size)
		return "book size needs a restart";
	return NULL;
}

static void
pipe_up(void *ctx, enum role role, struct pipe *p)
{
	tell_everything(ctx, role);
}

static void
stop(void *ctx)
{
	struct addrbookd *a = ctx;

	event_free(a->tick);
	event_free(a->answer);
	store_close(a->store, a->book);
	book_free(a->book);
}

static const struct child_ops ops = {
	.role = ROLE_ADDRBOOKD,
	.neighbours = ROLE_ENGINE | ROLE_DIALER,
	.from_parent = addrbookd_from_parent,
	.from_engine = addrbookd_from_engine,
	.from_dialer = addrbookd_from_dialer,
	.init = init,
	.conf_check = conf_check,
	.conf_changed = conf_changed,
	.start = start,
	.pipe_up = pipe_up,
	.stop = stop,
};

int
main(int argc, char **argv)
{
	struct addrbookd *a;
	int rv;

	if ((a = calloc(1, sizeof(*a))) == NULL)
		fatal("no memory");
	rv = child_main(&ops, a, argc, argv);
	free(a);
	return rv;
}
