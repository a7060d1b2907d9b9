/* SPDX-License-Identifier: ISC */
/* A real engine process in a made-up daemon. */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/child.h"
#include "common/log.h"
#include "regress/lib/enginefix.h"

#define TURN_MS		5

/* --- time and turns ---------------------------------------------------- */

uint64_t
enginefix_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

uint64_t
enginefix_deadline(void)
{
	const char *factor = getenv("PEXD_TIME_FACTOR");

	return enginefix_ms() + FIX_SECONDS * 1000 *
	    (factor == NULL ? 1 : strtoull(factor, NULL, 10));
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	/* Its only use is that a turn comes to an end. */
}

void
enginefix_turn(struct enginefix *fix)
{
	event_base_loop(fix->base, EVLOOP_ONCE);
}

/* --- what engine sends ------------------------------------------------- */

static enum role
our_role(const struct enginefix *fix, const struct pipe *p)
{
	return p == fix->parent ? ROLE_PARENT : p == fix->dialer ?
	    ROLE_DIALER : ROLE_ADDRBOOKD;
}

static void
on_any(void *arg, struct pipe *p, struct msg *m)
{
	struct enginefix *fix = arg;
	size_t size = msg_info(m->type)->body_size;
	struct fixmsg *f = calloc(1, sizeof(*f));

	ATF_REQUIRE(f != NULL && (f->body = malloc(size + 1)) != NULL);
	f->to = our_role(fix, p);
	f->type = m->type;
	f->id = m->id;
	memcpy(f->body, m->body, size);
	TAILQ_INSERT_TAIL(&fix->msgs, f, entry);
}

static void
on_log(void *arg, struct pipe *p, struct msg *m)
{
	struct enginefix *fix = arg;
	const struct m_log *b = m->body;
	size_t n = strlen(b->text);

	fprintf(stderr, "%s\n", b->text);
	fix->log = realloc(fix->log, fix->log_len + n + 2);
	ATF_REQUIRE(fix->log != NULL);
	memcpy(fix->log + fix->log_len, b->text, n);
	fix->log_len += n;
	fix->log[fix->log_len++] = '\n';
	fix->log[fix->log_len] = '\0';
}

static void
on_sign(void *arg, struct pipe *p, struct msg *m)
{
	struct enginefix *fix = arg;
	const struct m_sign *b = m->body;
	struct m_signed s;

	on_any(arg, p, m);
	if (fix->no_sign)
		return;
	ATF_REQUIRE_EQ(nodekey_sign(fix->key, b->challenge,
	    sizeof(b->challenge), s.sig), 0);
	ATF_REQUIRE_EQ(pipe_send(p, MSG_SIGNED, m->id, -1, &s), 0);
}

static void
on_admit(void *arg, struct pipe *p, struct msg *m)
{
	struct enginefix *fix = arg;
	const struct m_admit *b = m->body;
	struct m_admitted a = {
		.conn = b->conn,
		.verdict = fix->verdict,
		.persistent = fix->persistent,
		.unconditional = fix->unconditional,
		.evict = fix->evict,
	};

	on_any(arg, p, m);
	if (fix->no_admit)
		return;
	fix->evict = 0;
	ATF_REQUIRE_EQ(pipe_send(p, MSG_ADMITTED, 0, -1, &a), 0);
}

static void
on_select(void *arg, struct pipe *p, struct msg *m)
{
	struct enginefix *fix = arg;
	struct m_selected s;

	on_any(arg, p, m);
	if (fix->no_select)
		return;
	memset(&s, 0, sizeof(s));
	s.n = fix->nselect;
	fix_addrs(s.list, s.n);
	ATF_REQUIRE_EQ(pipe_send(p, MSG_SELECTED, m->id, -1, &s), 0);
}

static const struct msg_handler as_parent[] = {
	{ MSG_PROC_READY,	on_any },
	{ MSG_PROC_VIOLATION,	on_any },
	{ MSG_LOG,		on_log },
	{ MSG_CONF_RESULT,	on_any },
	{ MSG_SIGN,		on_sign },
	{ MSG_EVENT,		on_any },
	{ MSG_COUNTER,		on_any },
	{ MSG_FACT,		on_any },
	{ MSG_ROW_PEER,		on_any },
	{ MSG_DONE,		on_any },
	{ MSG_NONE,		NULL }
};

static const struct msg_handler as_dialer[] = {
	{ MSG_PIPE_SYNCED,	on_any },
	{ MSG_ADMIT,		on_admit },
	{ MSG_DIALED,		on_any },
	{ MSG_PEER_UP,		on_any },
	{ MSG_PEER_DOWN,	on_any },
	{ MSG_PEER_LIVE,	on_any },
	{ MSG_NONE,		NULL }
};

static const struct msg_handler as_book[] = {
	{ MSG_PIPE_SYNCED,	on_any },
	{ MSG_PEER_UP,		on_any },
	{ MSG_ADDRS,		on_any },
	{ MSG_SELECT,		on_select },
	{ MSG_MISBEHAVED,	on_any },
	{ MSG_NONE,		NULL }
};

static void
on_ended(void *arg, struct pipe *p, enum pipe_end end, const char *why)
{
	struct enginefix *fix = arg;
	enum role role = our_role(fix, p);

	if (role == ROLE_PARENT)
		fix->parent = NULL;
	else if (role == ROLE_DIALER)
		fix->dialer = NULL;
	else
		fix->book = NULL;
	if (end != PIPE_EOF)
		atf_tc_fail("the pipe of %s: %s", role_name(role), why);
	pipe_free(p);
}

static const struct pipe_ops ops = { .ended = on_ended };

/* --- making it --------------------------------------------------------- */

static int
loopback_listener(struct netaddr *na)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0)) != -1);
	ATF_REQUIRE_EQ(bind(fd, (struct sockaddr *)&sin, len), 0);
	ATF_REQUIRE_EQ(listen(fd, 1024), 0);
	ATF_REQUIRE_EQ(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	ATF_REQUIRE_EQ(netaddr_from_sockaddr((struct sockaddr *)&sin, len,
	    na), 0);
	return fd;
}

void
enginefix_add_listener(struct enginefix *fix)
{
	unsigned n = fix->nlisten++;

	fix->listen_fds[n] = loopback_listener(&fix->conf->listen[n]);
	fix->conf->nlisten = fix->nlisten;
}

void
enginefix_init(struct enginefix *fix)
{
	static const uint8_t seed[NODEKEY_SEED_SIZE] = { 42 };
	struct timeval turn = { 0, TURN_MS * 1000 };
	struct nodekey_why why;

	signal(SIGPIPE, SIG_IGN);
	memset(fix, 0, sizeof(*fix));
	TAILQ_INIT(&fix->msgs);
	ATF_REQUIRE((fix->base = event_base_new()) != NULL);
	ATF_REQUIRE((fix->tick = event_new(fix->base, -1, EV_PERSIST, on_tick,
	    NULL)) != NULL);
	event_add(fix->tick, &turn);
	ATF_REQUIRE((fix->crypto = wire_crypto_new()) != NULL);
	ATF_REQUIRE((fix->conf = conf_new()) != NULL);
	ATF_REQUIRE((fix->key = nodekey_from_seed(seed, &why)) != NULL);
	fix->verdict = VERDICT_OK;
	fix->verbose = 1;
	fix->nselect = 10;
	strlcpy(fix->conf->network, "test-net", sizeof(fix->conf->network));
	strlcpy(fix->conf->moniker, "engine", sizeof(fix->conf->moniker));
	strlcpy(fix->conf->version, "pexd", sizeof(fix->conf->version));
	fix->conf->id = *nodekey_id(fix->key);
	memcpy(fix->conf->pubkey, nodekey_pub(fix->key),
	    sizeof(fix->conf->pubkey));
	fix->conf->strict = false;
	fix->conf->private_network = true;
	conf_set_mode_defaults(fix->conf);
	enginefix_add_listener(fix);
	fix->listen = fix->conf->listen[0];
}

static int
run_engine(struct enginefix *fix)
{
	const char *build = getenv("PEXD_BUILD");
	char path[1024];
	int sv[2];

	ATF_REQUIRE_MSG(build != NULL, "PEXD_BUILD is not set");
	snprintf(path, sizeof(path), "%s/%s", build, fix->program != NULL ?
	    fix->program : "libexec/engine");
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv),
	    0);
	ATF_REQUIRE((fix->pid = fork()) != -1);
	if (fix->pid == 0) {
		if (sv[1] == CHILD_FD)
			fcntl(CHILD_FD, F_SETFD, 0);
		else
			dup2(sv[1], CHILD_FD);
		execl(path, "engine", (char *)NULL);
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		_exit(127);
	}
	close(sv[1]);
	return sv[0];
}

static void
send_conf(struct enginefix *fix)
{
	struct m_conf_listen l;
	struct conf_peer *cp;
	struct pipe *p = fix->parent;
	unsigned i, n = fix_count(fix, MSG_CONF_RESULT);
	int fd;

	pipe_signal(p, MSG_CONF_BEGIN);
	pipe_send(p, MSG_CONF_MAIN, 0, -1, fix->conf);
	for (i = 0; i < fix->nlisten; i++) {
		l.na = fix->conf->listen[i];
		ATF_REQUIRE((fd = dup(fix->listen_fds[i])) != -1);
		pipe_send(p, MSG_CONF_LISTEN, 0, fd, &l);
	}
	TAILQ_FOREACH(cp, &fix->conf->peers, entry)
		pipe_send(p, MSG_CONF_PEER, 0, -1, cp);
	pipe_signal(p, MSG_CONF_END);
	FIX_WAIT(fix, fix_count(fix, MSG_CONF_RESULT) == n + 1);
	ATF_REQUIRE(((const struct m_conf_result *)fix_last(fix,
	    MSG_CONF_RESULT))->ok);
	pipe_signal(p, MSG_CONF_COMMIT);
}

static struct pipe *
wire(struct enginefix *fix, enum role role, const struct msg_handler *h)
{
	struct m_proc_pipe m = { .peer = role };
	struct pipe *p;
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv),
	    0);
	p = pipe_new(fix->base, sv[0], role, ROLE_ENGINE, &ops, fix);
	ATF_REQUIRE(p != NULL);
	pipe_handle(p, h, fix);
	ATF_REQUIRE_EQ(pipe_send(fix->parent, MSG_PROC_PIPE, 0, sv[1], &m),
	    0);
	return p;
}

void
enginefix_spawn(struct enginefix *fix)
{
	struct m_proc_init init;

	memset(&init, 0, sizeof(init));
	init.role = ROLE_ENGINE;
	init.verbose = fix->verbose;
	init.nofile = fix->nofile;
#ifdef PEXD_SANDBOX_LOG
	init.sandbox_log = true;
#endif
	fix->parent = pipe_new(fix->base, run_engine(fix), ROLE_PARENT,
	    ROLE_ENGINE, &ops, fix);
	ATF_REQUIRE(fix->parent != NULL);
	pipe_handle(fix->parent, as_parent, fix);
	pipe_send(fix->parent, MSG_PROC_INIT, 0, -1, &init);
	send_conf(fix);
	fix->dialer = wire(fix, ROLE_DIALER, as_dialer);
	fix->book = wire(fix, ROLE_ADDRBOOKD, as_book);
	FIX_WAIT(fix, fix_count(fix, MSG_PROC_READY) == 1);
	pipe_signal(fix->parent, MSG_PROC_START);
}

void
enginefix_dialer_synced(struct enginefix *fix)
{
	pipe_signal(fix->dialer, MSG_PIPE_SYNCED);
}

void
enginefix_book_synced(struct enginefix *fix)
{
	pipe_signal(fix->book, MSG_PIPE_SYNCED);
}

void
enginefix_start(struct enginefix *fix)
{
	enginefix_spawn(fix);
	enginefix_dialer_synced(fix);
	enginefix_book_synced(fix);
	FIX_WAIT(fix, fix_count(fix, MSG_PIPE_SYNCED) == 2);
	fix_forget(fix);
}

static void
dies(struct pipe **p)
{
	pipe_free(*p);
	*p = NULL;
}

void
enginefix_dialer_dies(struct enginefix *fix)
{
	dies(&fix->dialer);
}

void
enginefix_book_dies(struct enginefix *fix)
{
	dies(&fix->book);
}

void
enginefix_dialer_again(struct enginefix *fix)
{
	fix->dialer = wire(fix, ROLE_DIALER, as_dialer);
}

void
enginefix_book_again(struct enginefix *fix)
{
	fix->book = wire(fix, ROLE_ADDRBOOKD, as_book);
}

void
enginefix_reload(struct enginefix *fix)
{
	send_conf(fix);
	(void)fix_counter(fix, "connections");	/* it has it by then */
}

void
enginefix_stop(struct enginefix *fix)
{
	uint64_t end = enginefix_deadline();
	unsigned i;
	pid_t pid;
	int status;

	dies(&fix->parent);
	while ((pid = waitpid(fix->pid, &status, WNOHANG)) == 0 &&
	    enginefix_ms() < end)
		enginefix_turn(fix);
	if (pid == 0)
		kill(fix->pid, SIGKILL);
	ATF_REQUIRE_MSG(pid == fix->pid, "engine does not leave");
	ATF_CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "engine ended with status 0x%x", status);
	if (fix->dialer != NULL)
		dies(&fix->dialer);
	if (fix->book != NULL)
		dies(&fix->book);
	for (i = 0; i < fix->nlisten; i++)
		close(fix->listen_fds[i]);
	fix_forget(fix);
	free(fix->log);
	nodekey_free(fix->key);
	conf_free(fix->conf);
	wire_crypto_free(fix->crypto);
	event_free(fix->tick);
	event_base_free(fix->base);
}
