/* SPDX-License-Identifier: ISC */
/* A real engine process in a made-up daemon. */

#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "regress/lib/enginefix.h"

/* --- how its questions are answered ------------------------------------ */

static void
on_sign(void *arg, struct pipe *p, struct msg *m)
{
	struct enginefix *fix = arg;
	const struct m_sign *b = m->body;
	struct m_signed s;

	childfix_note(arg, p, m);
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

	childfix_note(arg, p, m);
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

	childfix_note(arg, p, m);
	if (fix->no_select)
		return;
	memset(&s, 0, sizeof(s));
	s.n = fix->nselect;
	fix_addrs(s.list, s.n);
	ATF_REQUIRE_EQ(pipe_send(p, MSG_SELECTED, m->id, -1, &s), 0);
}

static const struct msg_handler as_parent[] = {
	{ MSG_SIGN,	on_sign },
	{ MSG_NONE,	NULL }
};

static const struct msg_handler as_dialer[] = {
	{ MSG_ADMIT,	on_admit },
	{ MSG_NONE,	NULL }
};

static const struct msg_handler as_book[] = {
	{ MSG_SELECT,	on_select },
	{ MSG_NONE,	NULL }
};

/* --- making it --------------------------------------------------------- */

static void
send_listeners(struct childfix *c, const struct conf *conf)
{
	struct enginefix *fix = (struct enginefix *)c;
	struct m_conf_listen l;
	unsigned i;
	int fd;

	for (i = 0; i < fix->nlisten; i++) {
		l.na = conf->listen[i];
		ATF_REQUIRE((fd = dup(fix->listen_fds[i])) != -1);
		ATF_REQUIRE_EQ(0, pipe_send(fix_pipe(fix, ROLE_PARENT),
		    MSG_CONF_LISTEN, 0, fd, &l));
	}
}

static const struct childkind kind = {
	.role = ROLE_ENGINE,
	.program = "libexec/engine",
	.as = {
		[ROLE_PARENT] = as_parent,
		[ROLE_DIALER] = as_dialer,
		[ROLE_ADDRBOOKD] = as_book,
	},
	.conf = send_listeners,
};

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
	struct nodekey_why why;

	memset(fix, 0, sizeof(*fix));
	childfix_init(&fix->child, &kind);
	ATF_REQUIRE((fix->crypto = wire_crypto_new()) != NULL);
	ATF_REQUIRE((fix->conf = conf_new()) != NULL);
	ATF_REQUIRE((fix->key = nodekey_from_seed(seed, &why)) != NULL);
	fix->verdict = VERDICT_OK;
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

void
enginefix_start(struct enginefix *fix)
{
	fix_spawn(fix);
	fix_synced(fix, ROLE_DIALER);
	fix_synced(fix, ROLE_ADDRBOOKD);
	FIX_WAIT(fix, fix_count(fix, MSG_PIPE_SYNCED) == 2);
	fix_forget(fix);
}

void
enginefix_stop(struct enginefix *fix)
{
	unsigned i;

	fix_leave(fix);
	childfix_free(&fix->child);
	for (i = 0; i < fix->nlisten; i++)
		close(fix->listen_fds[i]);
	nodekey_free(fix->key);
	conf_free(fix->conf);
	wire_crypto_free(fix->crypto);
}

void
fix_addrs(struct peer_addr *list, unsigned n)
{
	char text[32];
	unsigned i;

	for (i = 0; i < n; i++) {
		memset(&list[i], 0, sizeof(list[i]));
		memcpy(list[i].id.b, &i, sizeof(i));
		list[i].id.b[19] = 1;
		snprintf(text, sizeof(text), "%u.%u.%u.7", 5 + i / 65536,
		    i / 256 % 256, i % 256);
		ATF_REQUIRE_EQ(ip_parse(text, strlen(text), list[i].na.ip),
		    0);
		list[i].na.port = 26656;
	}
}
