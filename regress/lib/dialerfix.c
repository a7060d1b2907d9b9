/* SPDX-License-Identifier: ISC */
/* A real dialer process in a made-up daemon. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/child.h"
#include "regress/lib/dialerfix.h"

#define TURN_MS		5

/* --- time --------------------------------------------------------------- */

uint64_t
dfix_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

uint64_t
dfix_deadline(void)
{
	const char *factor = getenv("PEXD_TIME_FACTOR");

	return dfix_ms() + DFIX_SECONDS * 1000 *
	    (factor == NULL ? 1 : strtoull(factor, NULL, 10));
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	/* So that a turn of the loop comes to an end. */
}

void
dfix_turn(struct dialerfix *fix)
{
	event_base_loop(fix->base, EVLOOP_ONCE);
}

/* --- what dialer says ---------------------------------------------------- */

static struct pipe **
pipe_of(struct dialerfix *fix, enum role role)
{
	switch (role) {
	case ROLE_ENGINE:
		return &fix->engine;
	case ROLE_ADDRBOOKD:
		return &fix->book;
	default:
		return &fix->parent;
	}
}

static enum role
role_of(const struct dialerfix *fix, const struct pipe *p)
{
	return p == fix->engine ? ROLE_ENGINE : p == fix->book ?
	    ROLE_ADDRBOOKD : ROLE_PARENT;
}

static void
on_any(void *arg, struct pipe *p, struct msg *m)
{
	struct dialerfix *fix = arg;
	size_t size = msg_info(m->type)->body_size;
	struct dmsg *d = calloc(1, sizeof(*d));

	ATF_REQUIRE(d != NULL && (d->body = malloc(size + 1)) != NULL);
	d->to = role_of(fix, p);
	d->type = m->type;
	d->id = m->id;
	d->fd = m->fd;
	m->fd = -1;
	memcpy(d->body, m->body, size);
	TAILQ_INSERT_TAIL(&fix->msgs, d, entry);
}

static void
on_log(void *arg, struct pipe *p, struct msg *m)
{
	struct dialerfix *fix = arg;
	const struct m_log *b = m->body;
	size_t n = strlen(b->text);

	fprintf(stderr, "%s\n", b->text);
	fix->log = realloc(fix->log, fix->log_len + n + 2);
	ATF_REQUIRE(fix->log != NULL);
	memcpy(fix->log + fix->log_len, b->text, n);
	fix->log_len += n;
	memcpy(fix->log + fix->log_len, "\n", 2);
	fix->log_len++;
}

static const struct msg_handler as_parent[] = {
	{ MSG_PROC_READY,	on_any },
	{ MSG_PROC_VIOLATION,	on_any },
	{ MSG_LOG,		on_log },
	{ MSG_CONF_RESULT,	on_any },
	{ MSG_EVENT,		on_any },
	{ MSG_COUNTER,		on_any },
	{ MSG_FACT,		on_any },
	{ MSG_ROW_DIAL,		on_any },
	{ MSG_DONE,		on_any },
	{ MSG_NONE,		NULL }
};

static const struct msg_handler as_engine[] = {
	{ MSG_PIPE_SYNCED,	on_any },
	{ MSG_DIAL,		on_any },
	{ MSG_ADMITTED,		on_any },
	{ MSG_ASK,		on_any },
	{ MSG_DROP,		on_any },
	{ MSG_NONE,		NULL }
};

static const struct msg_handler as_book[] = {
	{ MSG_PIPE_SYNCED,	on_any },
	{ MSG_PICK,		on_any },
	{ MSG_OUTCOME,		on_any },
	{ MSG_NONE,		NULL }
};

static void
on_ended(void *arg, struct pipe *p, enum pipe_end end, const char *why)
{
	struct dialerfix *fix = arg;
	enum role role = role_of(fix, p);

	*pipe_of(fix, role) = NULL;
	if (end != PIPE_EOF)
		atf_tc_fail("the pipe of %s: %s", role_name(role), why);
	pipe_free(p);
}

static const struct pipe_ops ops = { .ended = on_ended };

/* --- making it ----------------------------------------------------------- */

void
dfix_init(struct dialerfix *fix)
{
	struct timeval turn = { 0, TURN_MS * 1000 };

	signal(SIGPIPE, SIG_IGN);
	memset(fix, 0, sizeof(*fix));
	fix->dns_fd = -1;
	TAILQ_INIT(&fix->msgs);
	ATF_REQUIRE((fix->base = event_base_new()) != NULL);
	ATF_REQUIRE((fix->tick = event_new(fix->base, -1, EV_PERSIST, on_tick,
	    NULL)) != NULL);
	event_add(fix->tick, &turn);
	ATF_REQUIRE((fix->conf = conf_new()) != NULL);
	strlcpy(fix->conf->network, "test-net", sizeof(fix->conf->network));
	fix->conf->id = dfix_addr(0xffff, 1).id;
	fix->conf->strict = false;
	fix->conf->private_network = true;
	fix->conf->times.ensure_period = 500;
	fix->conf->times.probe_interval = 3600000;
	conf_set_mode_defaults(fix->conf);
}

static int
run_dialer(struct dialerfix *fix)
{
	const char *build = getenv("PEXD_BUILD");
	char path[1024];
	int sv[2];

	ATF_REQUIRE_MSG(build != NULL, "PEXD_BUILD is not set");
	snprintf(path, sizeof(path), "%s/libexec/dialer", build);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv),
	    0);
	ATF_REQUIRE((fix->pid = fork()) != -1);
	if (fix->pid == 0) {
		if (sv[1] == CHILD_FD)
			fcntl(CHILD_FD, F_SETFD, 0);
		else
			dup2(sv[1], CHILD_FD);
		execl(path, "dialer", (char *)NULL);
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		_exit(127);
	}
	close(sv[1]);
	return sv[0];
}

static void
send_conf(struct dialerfix *fix)
{
	unsigned i, n = dfix_count(fix, MSG_CONF_RESULT);
	const struct m_conf_result *r;
	struct m_conf_nameserver ns;
	struct conf_peer *cp;
	struct conf_host *ch;

	pipe_signal(fix->parent, MSG_CONF_BEGIN);
	dfix_say(fix, ROLE_PARENT, MSG_CONF_MAIN, 0, fix->conf);
	TAILQ_FOREACH(cp, &fix->conf->peers, entry)
		dfix_say(fix, ROLE_PARENT, MSG_CONF_PEER, 0, cp);
	for (i = 0; i < fix->conf->nnameservers; i++) {
		ns.na = fix->conf->nameservers[i];
		dfix_say(fix, ROLE_PARENT, MSG_CONF_NAMESERVER, 0, &ns);
	}
	TAILQ_FOREACH(ch, &fix->conf->hosts, entry)
		dfix_say(fix, ROLE_PARENT, MSG_CONF_HOST, 0, ch);
	pipe_signal(fix->parent, MSG_CONF_END);
	DFIX_WAIT(fix, dfix_count(fix, MSG_CONF_RESULT) == n + 1);
	r = dfix_last(fix, MSG_CONF_RESULT)->body;
	ATF_REQUIRE_MSG(r->ok, "%s", r->why);
	pipe_signal(fix->parent, MSG_CONF_COMMIT);
}

void
dfix_again(struct dialerfix *fix, enum role role)
{
	struct m_proc_pipe m = { .peer = role };
	struct pipe *p;
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv),
	    0);
	p = pipe_new(fix->base, sv[0], role, ROLE_DIALER, &ops, fix);
	ATF_REQUIRE(p != NULL);
	pipe_handle(p, role == ROLE_ENGINE ? as_engine : as_book, fix);
	*pipe_of(fix, role) = p;
	ATF_REQUIRE_EQ(pipe_send(fix->parent, MSG_PROC_PIPE, 0, sv[1], &m),
	    0);
}

void
dfix_spawn(struct dialerfix *fix)
{
	struct m_proc_init init;

	memset(&init, 0, sizeof(init));
	init.role = ROLE_DIALER;
	init.verbose = 1;
	init.nofile = fix->nofile;
#ifdef PEXD_SANDBOX_LOG
	init.sandbox_log = true;
#endif
	fix->parent = pipe_new(fix->base, run_dialer(fix), ROLE_PARENT,
	    ROLE_DIALER, &ops, fix);
	ATF_REQUIRE(fix->parent != NULL);
	pipe_handle(fix->parent, as_parent, fix);
	dfix_say(fix, ROLE_PARENT, MSG_PROC_INIT, 0, &init);
	send_conf(fix);
	dfix_again(fix, ROLE_ENGINE);
	dfix_again(fix, ROLE_ADDRBOOKD);
	DFIX_WAIT(fix, dfix_count(fix, MSG_PROC_READY) == 1);
	pipe_signal(fix->parent, MSG_PROC_START);
}

void
dfix_synced(struct dialerfix *fix, enum role role)
{
	pipe_signal(*pipe_of(fix, role), MSG_PIPE_SYNCED);
}

void
dfix_start(struct dialerfix *fix)
{
	dfix_spawn(fix);
	dfix_synced(fix, ROLE_ENGINE);
	dfix_synced(fix, ROLE_ADDRBOOKD);
	DFIX_WAIT(fix, dfix_is_working(fix));
}

void
dfix_dies(struct dialerfix *fix, enum role role)
{
	struct pipe **p = pipe_of(fix, role);

	pipe_free(*p);
	*p = NULL;
}

void
dfix_reload(struct dialerfix *fix)
{
	send_conf(fix);
	(void)dfix_counter(fix, "outbound");	/* it has it by then */
}

void
dfix_stop(struct dialerfix *fix)
{
	uint64_t end = dfix_deadline();
	pid_t pid;
	int status;

	dfix_dies(fix, ROLE_PARENT);
	while ((pid = waitpid(fix->pid, &status, WNOHANG)) == 0 &&
	    dfix_ms() < end)
		dfix_turn(fix);
	if (pid == 0)
		kill(fix->pid, SIGKILL);
	ATF_REQUIRE_MSG(pid == fix->pid, "dialer does not leave");
	ATF_CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "dialer ended with status 0x%x", status);
	dfix_dies(fix, ROLE_ENGINE);
	dfix_dies(fix, ROLE_ADDRBOOKD);
	if (fix->dns_fd != -1) {
		event_free(fix->dns_ev);
		close(fix->dns_fd);
	}
	dfix_forget(fix);
	free(fix->log);
	conf_free(fix->conf);
	event_free(fix->tick);
	event_base_free(fix->base);
}

/* --- talking ------------------------------------------------------------- */

void
dfix_say(struct dialerfix *fix, enum role as, uint32_t type, uint32_t id,
    const void *body)
{
	ATF_REQUIRE_EQ(0, pipe_send(*pipe_of(fix, as), type, id, -1, body));
}

void
dfix_pick(struct dialerfix *fix, const struct peer_addr *addrs, unsigned n)
{
	static struct m_picked m;
	const struct dmsg *d = dfix_last(fix, MSG_PICK);
	unsigned i;

	m.kind = ((const struct m_pick *)d->body)->kind;
	m.n = n;
	for (i = 0; i < n; i++)
		m.list[i].addr = addrs[i];
	dfix_say(fix, ROLE_ADDRBOOKD, MSG_PICKED, d->id, &m);
}

unsigned
dfix_count(const struct dialerfix *fix, uint32_t type)
{
	const struct dmsg *d;
	unsigned n = 0;

	TAILQ_FOREACH(d, &fix->msgs, entry)
		n += d->type == type;
	return n;
}

const struct dmsg *
dfix_last(const struct dialerfix *fix, uint32_t type)
{
	const struct dmsg *d;

	TAILQ_FOREACH_REVERSE(d, &fix->msgs, dmsgs, entry)
		if (d->type == type)
			return d;
	atf_tc_fail("dialer sent no %s", msg_name(type));
}

enum outcome
dfix_outcome(const struct dialerfix *fix, unsigned n)
{
	struct node_id id = dfix_addr(n, 1).id;
	const struct m_outcome *m;
	const struct dmsg *d;

	TAILQ_FOREACH_REVERSE(d, &fix->msgs, dmsgs, entry) {
		m = d->body;
		if (d->type == MSG_OUTCOME && node_id_equal(&m->addr.id, &id))
			return m->outcome;
	}
	return 0;
}

void
dfix_forget(struct dialerfix *fix)
{
	struct dmsg *d;

	while ((d = TAILQ_FIRST(&fix->msgs)) != NULL) {
		TAILQ_REMOVE(&fix->msgs, d, entry);
		if (d->fd != -1)
			close(d->fd);
		free(d->body);
		free(d);
	}
}

bool
dfix_logged(const struct dialerfix *fix, const char *part)
{
	return fix->log != NULL && strstr(fix->log, part) != NULL;
}

/* Returns the id of the answer, which is there in whole. */
static uint32_t
ask_summary(struct dialerfix *fix)
{
	struct m_show m = { .what = SHOW_SUMMARY };
	unsigned done = dfix_count(fix, MSG_DONE);
	static uint32_t id = 1000;

	dfix_say(fix, ROLE_PARENT, MSG_SHOW, ++id, &m);
	DFIX_WAIT(fix, dfix_count(fix, MSG_DONE) == done + 1);
	return id;
}

bool
dfix_is_working(struct dialerfix *fix)
{
	uint32_t id = ask_summary(fix);
	const struct m_fact *f;
	const struct dmsg *d;

	TAILQ_FOREACH(d, &fix->msgs, entry) {
		f = d->body;
		if (d->type == MSG_FACT && d->id == id &&
		    strcmp(f->name, "dialling_state") == 0)
			return strcmp(f->value, "working") == 0;
	}
	atf_tc_fail("dialer does not say whether it works");
}

int64_t
dfix_counter(struct dialerfix *fix, const char *name)
{
	uint32_t id = ask_summary(fix);
	const struct m_counter *c;
	const struct dmsg *d;

	TAILQ_FOREACH(d, &fix->msgs, entry) {
		c = d->body;
		if (d->type == MSG_COUNTER && d->id == id &&
		    strcmp(c->name, name) == 0)
			return c->value;
	}
	atf_tc_fail("dialer has no counter %s", name);
}
