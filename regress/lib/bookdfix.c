/* SPDX-License-Identifier: ISC */
/* A real addrbookd in a made-up daemon. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/child.h"
#include "regress/lib/bookdfix.h"
#include "regress/lib/storefix.h"

#define TURN_MS	5

uint64_t
bfix_ms(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	/* So that a turn of the loop comes to an end. */
}

void
bfix_turn(struct bookdfix *fix)
{
	event_base_loop(fix->base, EVLOOP_ONCE);
}

/* --- what addrbookd says ---------------------------------------------- */

static struct pipe **
pipe_of(struct bookdfix *fix, enum role role)
{
	switch (role) {
	case ROLE_ENGINE:
		return &fix->engine;
	case ROLE_DIALER:
		return &fix->dialer;
	default:
		return &fix->parent;
	}
}

static enum role
role_of(const struct bookdfix *fix, const struct pipe *p)
{
	return p == fix->engine ? ROLE_ENGINE : p == fix->dialer ?
	    ROLE_DIALER : ROLE_PARENT;
}

static void
on_any(void *arg, struct pipe *p, struct msg *m)
{
	struct bookdfix	*fix = arg;
	size_t		 size = msg_info(m->type)->body_size;
	struct bmsg	*d = calloc(1, sizeof(*d));

	ATF_REQUIRE(d != NULL && (d->body = malloc(size + 1)) != NULL);
	d->to = role_of(fix, p);
	d->type = m->type;
	d->id = m->id;
	memcpy(d->body, m->body, size);
	TAILQ_INSERT_TAIL(&fix->msgs, d, entry);
}

static void
on_log(void *arg, struct pipe *p, struct msg *m)
{
	struct bookdfix		*fix = arg;
	const struct m_log	*b = m->body;
	size_t			 n = strlen(b->text);

	fprintf(stderr, "%s\n", b->text);
	fix->log = realloc(fix->log, fix->log_len + n + 2);
	ATF_REQUIRE(fix->log != NULL);
	memcpy(fix->log + fix->log_len, b->text, n);
	memcpy(fix->log + fix->log_len + n, "\n", 2);
	fix->log_len += n + 1;
}

static const struct msg_handler as_parent[] = {
	{ MSG_PROC_READY,	on_any },
	{ MSG_PROC_VIOLATION,	on_any },
	{ MSG_LOG,		on_log },
	{ MSG_CONF_RESULT,	on_any },
	{ MSG_EVENT,		on_any },
	{ MSG_COUNTER,		on_any },
	{ MSG_FACT,		on_any },
	{ MSG_ROW_ENTRY,	on_any },
	{ MSG_ROW_BAN,		on_any },
	{ MSG_ROW_NODE,		on_any },
	{ MSG_IMPORTED,		on_any },
	{ MSG_DONE,		on_any },
	{ MSG_NONE,		NULL }
};

static const struct msg_handler as_engine[] = {
	{ MSG_PIPE_SYNCED,	on_any },
	{ MSG_SELECTED,		on_any },
	{ MSG_BAN,		on_any },
	{ MSG_NONE,		NULL }
};

static const struct msg_handler as_dialer[] = {
	{ MSG_PIPE_SYNCED,	on_any },
	{ MSG_PICKED,		on_any },
	{ MSG_LIST_TAKEN,	on_any },
	{ MSG_BOOK_STATUS,	on_any },
	{ MSG_SENIORS,		on_any },
	{ MSG_BAN,		on_any },
	{ MSG_NONE,		NULL }
};

static void
on_ended(void *arg, struct pipe *p, enum pipe_end end, const char *why)
{
	struct bookdfix	*fix = arg;

	fprintf(stderr, "the pipe of %s ended: %s\n",
	    role_name(role_of(fix, p)), why);
	*pipe_of(fix, role_of(fix, p)) = NULL;
	pipe_free(p);
}

static const struct pipe_ops ops = { .ended = on_ended };

/* --- making it -------------------------------------------------------- */

void
bfix_init(struct bookdfix *fix)
{
	struct timeval	 turn = { 0, TURN_MS * 1000 };

	signal(SIGPIPE, SIG_IGN);
	memset(fix, 0, sizeof(*fix));
	TAILQ_INIT(&fix->msgs);
	ATF_REQUIRE((fix->base = event_base_new()) != NULL);
	ATF_REQUIRE((fix->tick = event_new(fix->base, -1, EV_PERSIST, on_tick,
	    NULL)) != NULL);
	event_add(fix->tick, &turn);
	ATF_REQUIRE((fix->conf = conf_new()) != NULL);
	strlcpy(fix->conf->network, STOREFIX_NETWORK,
	    sizeof(fix->conf->network));
	fix->conf->id = fix_id(0xffff0000);
	conf_set_mode_defaults(fix->conf);
	storefix_clean(BFIX_STATE);
}

static int
run_it(struct bookdfix *fix)
{
	const char	*build = getenv("PEXD_BUILD");
	char		 path[1024];
	int		 sv[2];

	ATF_REQUIRE_MSG(build != NULL, "PEXD_BUILD is not set");
	snprintf(path, sizeof(path), "%s/libexec/addrbookd", build);
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    sv));
	ATF_REQUIRE((fix->pid = fork()) != -1);
	if (fix->pid == 0) {
		if (sv[1] == CHILD_FD)
			fcntl(CHILD_FD, F_SETFD, 0);
		else
			dup2(sv[1], CHILD_FD);
		execl(path, "addrbookd", (char *)NULL);
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		_exit(127);
	}
	close(sv[1]);
	return sv[0];
}

static void
send_conf(struct bookdfix *fix)
{
	unsigned		 n = bfix_count(fix, MSG_CONF_RESULT);
	const struct m_conf_result *r;
	struct conf_peer	*cp;

	pipe_signal(fix->parent, MSG_CONF_BEGIN);
	bfix_say(fix, ROLE_PARENT, MSG_CONF_MAIN, 0, fix->conf);
	TAILQ_FOREACH(cp, &fix->conf->peers, entry)
		bfix_say(fix, ROLE_PARENT, MSG_CONF_PEER, 0, cp);
	pipe_signal(fix->parent, MSG_CONF_END);
	BFIX_WAIT(fix, bfix_count(fix, MSG_CONF_RESULT) == n + 1);
	r = bfix_last(fix, MSG_CONF_RESULT)->body;
	ATF_REQUIRE_MSG(r->ok, "%s", r->why);
	pipe_signal(fix->parent, MSG_CONF_COMMIT);
}

void
bfix_again(struct bookdfix *fix, enum role role)
{
	struct m_proc_pipe	 m = { .peer = role };
	unsigned		 n = bfix_count_to(fix, role, MSG_PIPE_SYNCED);
	struct pipe		*p;
	int			 sv[2];

	pipe_free(*pipe_of(fix, role));
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    sv));
	p = pipe_new(fix->base, sv[0], role, ROLE_ADDRBOOKD, &ops, fix);
	ATF_REQUIRE(p != NULL);
	pipe_handle(p, role == ROLE_ENGINE ? as_engine : as_dialer, fix);
	*pipe_of(fix, role) = p;
	ATF_REQUIRE_EQ(0, pipe_send(fix->parent, MSG_PROC_PIPE, 0, sv[1],
	    &m));
	pipe_signal(p, MSG_PIPE_SYNCED);
	BFIX_WAIT(fix, bfix_count_to(fix, role, MSG_PIPE_SYNCED) > n);
}

void
bfix_start(struct bookdfix *fix)
{
	struct m_proc_init	 init;
	char			 cwd[PATH_MAX / 2];

	memset(&init, 0, sizeof(init));
	init.role = ROLE_ADDRBOOKD;
	init.verbose = 1;
	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)) != NULL);
	ATF_REQUIRE((size_t)snprintf(init.state_dir, sizeof(init.state_dir),
	    "%s/%s", cwd, BFIX_STATE) < sizeof(init.state_dir));
#ifdef PEXD_SANDBOX_LOG
	init.sandbox_log = true;
#endif
	fix->parent = pipe_new(fix->base, run_it(fix), ROLE_PARENT,
	    ROLE_ADDRBOOKD, &ops, fix);
	ATF_REQUIRE(fix->parent != NULL);
	pipe_handle(fix->parent, as_parent, fix);
	bfix_say(fix, ROLE_PARENT, MSG_PROC_INIT, 0, &init);
	send_conf(fix);
	bfix_again(fix, ROLE_ENGINE);
	bfix_again(fix, ROLE_DIALER);
	BFIX_WAIT(fix, bfix_count(fix, MSG_PROC_READY) == 1);
	pipe_signal(fix->parent, MSG_PROC_START);
}

void
bfix_reload(struct bookdfix *fix)
{
	send_conf(fix);
	(void)bfix_counter(fix, "book_size");	/* it has it by then */
}

static void
free_pipes(struct bookdfix *fix)
{
	pipe_free(fix->parent);
	pipe_free(fix->engine);
	pipe_free(fix->dialer);
	fix->parent = fix->engine = fix->dialer = NULL;
}

void
bfix_kill(struct bookdfix *fix)
{
	ATF_REQUIRE_EQ(0, kill(fix->pid, SIGKILL));
	ATF_REQUIRE(waitpid(fix->pid, NULL, 0) == fix->pid);
	free_pipes(fix);
	bfix_forget(fix);
}

void
bfix_leave(struct bookdfix *fix)
{
	uint64_t	 end = bfix_ms() + BFIX_SECONDS * 1000;
	pid_t		 pid;
	int		 status;

	free_pipes(fix);
	while ((pid = waitpid(fix->pid, &status, WNOHANG)) == 0 &&
	    bfix_ms() < end)
		bfix_turn(fix);
	if (pid == 0)
		kill(fix->pid, SIGKILL);
	ATF_REQUIRE_MSG(pid == fix->pid, "addrbookd does not leave");
	ATF_CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "addrbookd ended with status 0x%x", status);
	bfix_forget(fix);
}

void
bfix_stop(struct bookdfix *fix)
{
	bfix_leave(fix);
	free(fix->log);
	conf_free(fix->conf);
	event_free(fix->tick);
	event_base_free(fix->base);
}

/* --- talking ---------------------------------------------------------- */

void
bfix_say(struct bookdfix *fix, enum role as, uint32_t type, uint32_t id,
    const void *body)
{
	ATF_REQUIRE_EQ(0, pipe_send(*pipe_of(fix, as), type, id, -1, body));
}

const void *
bfix_ask(struct bookdfix *fix, enum role as, uint32_t type, const void *body,
    uint32_t answer)
{
	unsigned	 n = bfix_count(fix, answer);
	static uint32_t	 id = 5000;

	bfix_say(fix, as, type, ++id, body);
	BFIX_WAIT(fix, bfix_count(fix, answer) > n);
	return bfix_last(fix, answer)->body;
}

unsigned
bfix_count_to(const struct bookdfix *fix, enum role to, uint32_t type)
{
	const struct bmsg	*d;
	unsigned		 n = 0;

	TAILQ_FOREACH(d, &fix->msgs, entry)
		n += d->type == type && (d->to == to || to == ROLE_ANY);
	return n;
}

unsigned
bfix_count(const struct bookdfix *fix, uint32_t type)
{
	return bfix_count_to(fix, ROLE_ANY, type);
}

const struct bmsg *
bfix_last(const struct bookdfix *fix, uint32_t type)
{
	const struct bmsg	*d;

	TAILQ_FOREACH_REVERSE(d, &fix->msgs, bmsgs, entry)
		if (d->type == type)
			return d;
	atf_tc_fail("addrbookd sent no %s", msg_name(type));
}

void
bfix_forget(struct bookdfix *fix)
{
	struct bmsg	*d;

	while ((d = TAILQ_FIRST(&fix->msgs)) != NULL) {
		TAILQ_REMOVE(&fix->msgs, d, entry);
		free(d->body);
		free(d);
	}
}

bool
bfix_logged(const struct bookdfix *fix, const char *part)
{
	return fix->log != NULL && strstr(fix->log, part) != NULL;
}

int64_t
bfix_counter(struct bookdfix *fix, const char *name)
{
	struct m_show		 m = { .what = SHOW_SUMMARY };
	const struct m_counter	*c;
	const struct bmsg	*d;

	bfix_ask(fix, ROLE_PARENT, MSG_SHOW, &m, MSG_DONE);
	TAILQ_FOREACH_REVERSE(d, &fix->msgs, bmsgs, entry) {
		c = d->body;
		if (d->type == MSG_COUNTER && strcmp(c->name, name) == 0)
			return c->value;
	}
	atf_tc_fail("addrbookd has no counter %s", name);
}

unsigned
bfix_rows(struct bookdfix *fix, enum show what, uint32_t row_type)
{
	struct m_show		 m = { .what = what };
	const struct m_done	*done;
	unsigned		 before = bfix_count(fix, row_type);

	do {
		done = bfix_ask(fix, ROLE_PARENT, MSG_SHOW, &m, MSG_DONE);
		m.cursor = done->cursor;
	} while (done->status == STATUS_MORE);
	ATF_CHECK_EQ(STATUS_OK, done->status);
	return bfix_count(fix, row_type) - before;
}

void
bfix_tell(struct bookdfix *fix, unsigned from, unsigned n, unsigned source)
{
	static struct m_addrs	 m;
	unsigned		 i;

	memset(&m, 0, sizeof(m));
	m.source = fix_peer(source);
	m.n = n;
	for (i = 0; i < n; i++)
		m.list[i] = fix_peer(from + i);
	bfix_ask(fix, ROLE_ENGINE, MSG_ADDRS, &m, MSG_LIST_TAKEN);
}

void
bfix_dialled(struct bookdfix *fix, unsigned n, enum outcome how)
{
	struct m_outcome	 m = { .addr = fix_peer(n), .outcome = how };

	bfix_say(fix, ROLE_DIALER, MSG_OUTCOME, 0, &m);
}
