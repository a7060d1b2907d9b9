/* SPDX-License-Identifier: ISC */
/* Stream a configuration to a child; each gets what it may know. */

#include <sys/types.h>
#include <sys/queue.h>

#include <fcntl.h>

#include "pexd/confsend.h"
#include "pexd/listen.h"

static int
send_listeners(struct pipe *p, const struct listeners *ls, bool first)
{
	struct m_conf_listen m;
	unsigned i;
	bool fresh;
	int fd;

	for (i = 0; (fd = listening_get(ls, i, &m.na, &fresh)) != -1; i++) {
		if (!first && !fresh)
			continue;
		if ((fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) == -1 ||
		    pipe_send(p, MSG_CONF_LISTEN, 0, fd, &m) == -1)
			return -1;
	}
	return 0;
}

static int
send_peers(struct pipe *p, const struct conf *c)
{
	const struct conf_peer *peer;

	TAILQ_FOREACH(peer, &c->peers, entry)
		if (pipe_send(p, MSG_CONF_PEER, 0, -1, peer) == -1)
			return -1;
	return 0;
}

static int
send_resolver(struct pipe *p, const struct conf *c)
{
	const struct conf_host *h;
	struct m_conf_nameserver m;
	unsigned i;

	for (i = 0; i < c->nnameservers; i++) {
		m.na = c->nameservers[i];
		if (pipe_send(p, MSG_CONF_NAMESERVER, 0, -1, &m) == -1)
			return -1;
	}
	TAILQ_FOREACH(h, &c->hosts, entry)
		if (pipe_send(p, MSG_CONF_HOST, 0, -1, h) == -1)
			return -1;
	return 0;
}

int
conf_send(struct pipe *p, const struct conf *c, const struct listeners *ls,
    bool first)
{
	if (pipe_signal(p, MSG_CONF_BEGIN) == -1 ||
	    pipe_send(p, MSG_CONF_MAIN, 0, -1, c) == -1)
		return -1;
	if (pipe_peer(p) == ROLE_ENGINE && send_listeners(p, ls, first) == -1)
		return -1;
	if (send_peers(p, c) == -1)
		return -1;
	if (pipe_peer(p) == ROLE_DIALER && send_resolver(p, c) == -1)
		return -1;
	return pipe_signal(p, MSG_CONF_END);
}
