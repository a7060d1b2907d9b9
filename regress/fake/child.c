/* SPDX-License-Identifier: ISC */
/*
 * A stand-in for any child, for tests of the parent: the program's name is
 * its role, and the configured moniker "ROLE:TRICK" makes it misbehave.
 *
 *	exit	cannot start
 *	hang	never gets ready
 *	slow	takes longer than most may
 *	late	dies as soon as it is started
 *	refuse	does not accept this config at a reload
 *	accuse	(engine) sends addrbookd what that does not take
 *	forge	answers with a status that there is not
 *	flood	logs without limit, in the name of the parent
 *	silent	does not answer
 *	babble	tells the parent anything that is well-formed
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/evp.h>

#include "common/child.h"
#include "common/log.h"
#include "regress/lib/anymsg.h"

#define PEERS		10	/* rows of show peers, 3 at a time */
#define ENTRIES		200000	/* of show book, 256 at a time */
#define EVENT_MS	5
#define LINES		1000	/* of a flood */
#define BABBLE		20	/* messages per tick */
#define SLOW_S		12

struct fake {
	struct child	*child;
	struct child_ops ops;
	struct event	*tick;
	int64_t		 listeners, signatures, pipes_up, pipes_down;
	int64_t		 synced, chunks, events, starts, uid;
	bool		 dropped;
	struct rng	 rng;
	void		*body;		/* what it babbles */
};

static bool
is_trick(const struct fake *f, const struct conf *c, const char *trick)
{
	char want[64];

	snprintf(want, sizeof(want), "%s:%s", role_name(f->ops.role), trick);
	return strcmp(c->moniker, want) == 0;
}

static bool
plays(const struct fake *f, const char *trick)
{
	return is_trick(f, child_conf(f->child), trick);
}

/* --- life -------------------------------------------------------------- */

/*
 * Of the messages about its own life only a few, and no status that there is
 * not: those are violations and end it.
 */
static void
babble(struct fake *f)
{
	uint32_t type;
	int i;

	for (i = 0; i < BABBLE; i++) {
		type = anymsg(&f->rng, f->ops.role, ROLE_PARENT, f->body);
		if (type <= MSG_CONF_RESULT && type != MSG_LOG &&
		    rng_below(&f->rng, 4000) != 0)
			continue;
		if (type == MSG_DONE)
			((struct m_done *)f->body)->status %= STATUS_MAX;
		(void)child_send(f->child, ROLE_PARENT, type,
		    rng_below(&f->rng, 100), -1, f->body);
	}
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct m_event ev = { .kind = EVENT_REQUEST };
	struct fake *f = arg;
	int i;

	if (plays(f, "babble"))
		babble(f);
	for (i = 0; child_events_on(f->child) && i < 50; i++) {
		ev.count = ++f->events;
		memset(ev.text, 'x', sizeof(ev.text) - 1);
		child_event(f->child, &ev);
	}
}

static int
init(void *ctx, struct child *child, const struct m_proc_init *m)
{
	struct timeval tv = { .tv_usec = EVENT_MS * 1000 };
	struct fake *f = ctx;

	f->child = child;
	f->dropped = m->drop;
	f->uid = getuid();
	if (plays(f, "exit"))
		return -1;
	while (plays(f, "hang"))
		pause();
	if (plays(f, "slow"))
		(void)sleep(SLOW_S);
	f->tick = event_new(child_base(child), -1, EV_PERSIST, on_tick, f);
	return f->tick == NULL ? -1 : event_add(f->tick, &tv);
}

static const char *
conf_check(void *ctx, const struct conf *next)
{
	return is_trick(ctx, next, "refuse") ? "I do not like it" : NULL;
}

static void
flood(struct fake *f)
{
	struct m_log m = { .level = LOG_LV_INFO };
	int i;

	for (i = 0; i < LINES; i++) {
		snprintf(m.text, sizeof(m.text),
		    "pexd: all is well %d\npexd: really\033[31m", i);
		(void)child_send(f->child, ROLE_PARENT, MSG_LOG, 0, -1, &m);
	}
}

static void
ask_signature(struct fake *f)
{
	struct m_sign m;

	memset(m.challenge, 0x5a, sizeof(m.challenge));
	(void)child_send(f->child, ROLE_PARENT, MSG_SIGN, 77, -1, &m);
}

static void
start(void *ctx)
{
	struct m_misbehaved bad;
	struct fake *f = ctx;

	f->starts++;
	memset(&bad, 0, sizeof(bad));
	if (f->ops.role == ROLE_ENGINE)
		ask_signature(f);
	if (plays(f, "late"))
		abort();
	if (plays(f, "accuse"))
		(void)child_send(f->child, ROLE_ADDRBOOKD, MSG_MISBEHAVED, 0,
		    -1, &bad);
	if (plays(f, "forge"))
		child_done(f->child, 1, 99, 0, NULL);
	if (plays(f, "flood"))
		flood(f);
}

static void
pipe_up(void *ctx, enum role role, struct pipe *p)
{
	((struct fake *)ctx)->pipes_up++;
}

static void
pipe_synced(void *ctx, enum role role)
{
	((struct fake *)ctx)->synced++;
}

static void
pipe_down(void *ctx, enum role role)
{
	((struct fake *)ctx)->pipes_down++;
}

static void
stop(void *ctx)
{
	struct fake *f = ctx;

	event_free(f->tick);
}

/* --- what the parent asks ----------------------------------------------- */

static void
on_conf_listen(void *ctx, struct pipe *p, struct msg *m)
{
	struct fake *f = ctx;

	f->listeners += m->fd != -1;
}

static void
on_signed(void *ctx, struct pipe *p, struct msg *m)
{
	const struct m_signed *b = m->body;
	struct fake *f = ctx;
	uint8_t challenge[32];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY *key;

	memset(challenge, 0x5a, sizeof(challenge));
	key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
	    child_conf(f->child)->pubkey, 32);
	if (m->id == 77 && md != NULL && key != NULL &&
	    EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestVerify(md, b->sig, 64, challenge, 32) == 1)
		f->signatures++;
	EVP_PKEY_free(key);
	EVP_MD_CTX_free(md);
}

static void
summary(struct fake *f, uint32_t id)
{
	const struct conf *c = child_conf(f->child);

	child_fact(f->child, id, "moniker", c->moniker);
	child_counter(f->child, id, "max_inbound", c->limits.max_inbound);
	child_counter(f->child, id, "peers", c->npeers);
	child_counter(f->child, id, "name_servers", c->nnameservers);
	child_counter(f->child, id, "hosts", c->nhosts);
	child_counter(f->child, id, "listeners", f->listeners);
	child_counter(f->child, id, "signatures", f->signatures);
	child_counter(f->child, id, "pipes_up", f->pipes_up);
	child_counter(f->child, id, "pipes_down", f->pipes_down);
	child_counter(f->child, id, "synced", f->synced);
	child_counter(f->child, id, "starts", f->starts);
	child_counter(f->child, id, "chunks", f->chunks);
	child_counter(f->child, id, "events", f->events);
	child_counter(f->child, id, "uid", f->uid);
	child_counter(f->child, id, "dropped", f->dropped);
	child_counter(f->child, id, "verbose", log_get_verbose());
	child_done(f->child, id, STATUS_OK, 0, NULL);
}

static void
rows(struct fake *f, uint32_t id, uint32_t type, void *row, uint32_t *number,
    uint64_t from, unsigned chunk, unsigned total)
{
	uint64_t i;

	f->chunks++;
	for (i = from; i < from + chunk && i < total; i++) {
		*number = i;
		child_row(f->child, id, type, row);
	}
	child_done(f->child, id, i < total ? STATUS_MORE : STATUS_OK, i, NULL);
}

static void
on_show(void *ctx, struct pipe *p, struct msg *m)
{
	const struct m_show *b = m->body;
	struct m_row_entry entry;
	struct m_row_peer peer;
	struct fake *f = ctx;

	memset(&entry, 0, sizeof(entry));
	memset(&peer, 0, sizeof(peer));
	if (plays(f, "silent"))
		return;
	if (b->what == SHOW_SUMMARY)
		summary(f, m->id);
	else if (b->what == SHOW_PEERS)
		rows(f, m->id, MSG_ROW_PEER, &peer, &peer.conn, b->cursor, 3,
		    PEERS);
	else if (b->what == SHOW_BOOK)
		rows(f, m->id, MSG_ROW_ENTRY, &entry, &entry.attempts,
		    b->cursor, 256, ENTRIES);
	else
		child_done(f->child, m->id, STATUS_OK, 0, NULL);
}

static void
on_drop(void *ctx, struct pipe *p, struct msg *m)
{
	struct fake *f = ctx;

	child_done(f->child, m->id, STATUS_NOT_FOUND, 0, "no such peer");
}

static void
on_fine(void *ctx, struct pipe *p, struct msg *m)
{
	struct fake *f = ctx;

	child_done(f->child, m->id, STATUS_OK, 0, NULL);
}

static void
on_import(void *ctx, struct pipe *p, struct msg *m)
{
	const struct m_import *b = m->body;
	struct m_imported r = { .taken = b->n };
	struct fake *f = ctx;

	child_row(f->child, m->id, MSG_IMPORTED, &r);
}

static const struct msg_handler from_parent[] = {
	{ MSG_CONF_LISTEN,	on_conf_listen },
	{ MSG_SIGNED,		on_signed },
	{ MSG_SHOW,		on_show },
	{ MSG_CTL_DIAL,		on_fine },
	{ MSG_CTL_DROP,		on_drop },
	{ MSG_CTL_BAN,		on_fine },
	{ MSG_CTL_IMPORT,	on_import },
	{ MSG_NONE,		NULL }
};

int
main(int argc, char *argv[])
{
	static const struct child_ops ops = {
		.from_parent = from_parent,
		.init = init,
		.conf_check = conf_check,
		.start = start,
		.pipe_up = pipe_up,
		.pipe_synced = pipe_synced,
		.pipe_down = pipe_down,
		.stop = stop,
	};
	const char *name = strrchr(argv[0], '/');
	struct fake f;
	int status;

	memset(&f, 0, sizeof(f));
	rng_seed_number(&f.rng, getpid());
	f.body = malloc(msg_body_max());
	f.ops = ops;
	f.ops.role = role_by_name(name == NULL ? argv[0] : name + 1);
	f.ops.neighbours = ROLE_CHILDREN & ~f.ops.role;
	status = child_main(&f.ops, &f, argc, argv);
	free(f.body);
	return status;
}
