/* SPDX-License-Identifier: ISC */
/* A real dialer process in a made-up daemon. */

#include <sys/types.h>

#include <string.h>
#include <unistd.h>

#include "regress/lib/dialerfix.h"

static void
send_names(struct childfix *c, const struct conf *conf)
{
	struct m_conf_nameserver ns;
	struct conf_host *ch;
	unsigned i;

	for (i = 0; i < conf->nnameservers; i++) {
		ns.na = conf->nameservers[i];
		childfix_say(c, ROLE_PARENT, MSG_CONF_NAMESERVER, 0, &ns);
	}
	TAILQ_FOREACH(ch, &conf->hosts, entry)
		childfix_say(c, ROLE_PARENT, MSG_CONF_HOST, 0, ch);
}

static const struct childkind kind = {
	.role = ROLE_DIALER,
	.program = "libexec/dialer",
	.conf = send_names,
};

void
dfix_init(struct dialerfix *fix)
{
	memset(fix, 0, sizeof(*fix));
	childfix_init(&fix->child, &kind);
	fix->dns_fd = -1;
	ATF_REQUIRE((fix->conf = conf_new()) != NULL);
	strlcpy(fix->conf->network, "test-net", sizeof(fix->conf->network));
	fix->conf->id = dfix_addr(0xffff, 1).id;
	fix->conf->strict = false;
	fix->conf->private_network = true;
	fix->conf->times.ensure_period = 500;
	fix->conf->times.probe_interval = 3600000;
	conf_set_mode_defaults(fix->conf);
}

void
dfix_start(struct dialerfix *fix)
{
	fix_spawn(fix);
	fix_synced(fix, ROLE_ENGINE);
	fix_synced(fix, ROLE_ADDRBOOKD);
	FIX_WAIT(fix, dfix_is_working(fix));
}

void
dfix_stop(struct dialerfix *fix)
{
	fix_leave(fix);
	if (fix->dns_fd != -1) {
		event_free(fix->dns_ev);
		close(fix->dns_fd);
	}
	childfix_free(&fix->child);
	conf_free(fix->conf);
}

void
dfix_pick(struct dialerfix *fix, const struct peer_addr *addrs, unsigned n)
{
	static struct m_picked m;
	const struct childmsg *d = fix_last_msg(fix, MSG_PICK);
	unsigned i;

	m.kind = ((const struct m_pick *)d->body)->kind;
	m.n = n;
	for (i = 0; i < n; i++)
		m.list[i].addr = addrs[i];
	fix_say(fix, ROLE_ADDRBOOKD, MSG_PICKED, d->id, &m);
}

enum outcome
dfix_outcome(const struct dialerfix *fix, unsigned n)
{
	struct node_id id = dfix_addr(n, 1).id;
	const struct m_outcome *m;
	const struct childmsg *d;

	TAILQ_FOREACH_REVERSE(d, &fix->child.msgs, childmsgs, entry) {
		m = d->body;
		if (d->type == MSG_OUTCOME && node_id_equal(&m->addr.id, &id))
			return m->outcome;
	}
	return 0;
}

bool
dfix_is_working(struct dialerfix *fix)
{
	return strcmp(fix_fact(fix, "dialling_state"), "working") == 0;
}
