/* SPDX-License-Identifier: ISC */
/* Parts of the parent: resolver files, reload's rules, sockets, the log. */

#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>

#include "common/log.h"
#include "compat/procusage.h"
#include "pexd/listen.h"
#include "pexd/logsink.h"
#include "pexd/pexd.h"
#include "pexd/reload.h"
#include "pexd/resolvconf.h"

static struct conf *
new_conf(void)
{
	struct conf *c = conf_new();

	ATF_REQUIRE(c != NULL);
	conf_set_mode_defaults(c);
	return c;
}

static void
write_file(const char *name, const char *text)
{
	FILE *fp = fopen(name, "w");

	ATF_REQUIRE(fp != NULL);
	fputs(text, fp);
	ATF_REQUIRE_EQ(fclose(fp), 0);
}

static bool
is_ip(const uint8_t ip[16], const char *text)
{
	uint8_t want[16];

	ATF_REQUIRE_EQ(ip_parse(text, strlen(text), want), 0);
	return memcmp(ip, want, sizeof(want)) == 0;
}

/* --- resolv.conf, hosts ------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(name_servers);
ATF_TC_BODY(name_servers, tc)
{
	struct conf *c = new_conf();

	write_file("resolv.conf", "# nameserver 9.9.9.9\n"
	    "search example.org\n"
	    "nameserver 192.0.2.1 # first\n"
	    "\tnameserver\t2001:db8::1\n"
	    "nameserver fe80::1%eth0\n"
	    "nameserver\n"
	    "nameservers 192.0.2.2\n"
	    "options ndots:1\n"
	    "nameserver 192.0.2.3");
	resolvconf_servers(c, "resolv.conf");
	ATF_REQUIRE_EQ(c->nnameservers, 3);
	ATF_CHECK(is_ip(c->nameservers[0].ip, "192.0.2.1"));
	ATF_CHECK(is_ip(c->nameservers[1].ip, "2001:db8::1"));
	ATF_CHECK(is_ip(c->nameservers[2].ip, "192.0.2.3"));
	ATF_CHECK_EQ(c->nameservers[2].port, 53);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(name_servers_bounds);
ATF_TC_BODY(name_servers_bounds, tc)
{
	struct conf *c = new_conf();
	FILE *fp;
	int i;

	/* None, and the one on this host is asked. */
	resolvconf_servers(c, "not-there");
	ATF_REQUIRE_EQ(c->nnameservers, 1);
	ATF_CHECK(is_ip(c->nameservers[0].ip, "127.0.0.1"));
	conf_free(c);

	ATF_REQUIRE((fp = fopen("many", "w")) != NULL);
	for (i = 1; i < 100; i++)
		fprintf(fp, "nameserver 192.0.2.%d\n", i);
	fclose(fp);
	c = new_conf();
	resolvconf_servers(c, "many");
	ATF_CHECK_EQ(c->nnameservers, CONF_NAMESERVERS_MAX);
	conf_free(c);
}

static void
add_peer(struct conf *c, enum conf_peer_kind kind, const char *host)
{
	struct host_addr ha;

	memset(&ha, 0, sizeof(ha));
	strlcpy(ha.host, host, sizeof(ha.host));
	ha.is_literal = ip_parse(host, strlen(host), ha.ip) == 0;
	ha.port = 1;
	ATF_REQUIRE_EQ(conf_add_peer(c, kind, &ha), 0);
}

ATF_TC_WITHOUT_HEAD(hosts);
ATF_TC_BODY(hosts, tc)
{
	struct conf *c = new_conf();
	const struct conf_host *h;

	add_peer(c, CONF_SEED, "Seed.example");
	add_peer(c, CONF_PERSISTENT, "node");
	add_peer(c, CONF_PERSISTENT, "192.0.2.9");
	write_file("hosts", "127.0.0.1 localhost\n"
	    "192.0.2.1 other seed.example # node\n"
	    "\n# 192.0.2.2 node\n"
	    "2001:db8::1\tnode\tseed.EXAMPLE\n"
	    "192.0.2.9 192.0.2.9\n"
	    "nonsense node\n"
	    "0.0.0.0 nowhere\n"
	    "192.0.2.3 nodes xnode");
	resolvconf_hosts(c, "hosts");
	ATF_REQUIRE_EQ(c->nhosts, 8);
	h = TAILQ_FIRST(&c->hosts);
	ATF_CHECK(is_ip(h->ip, "192.0.2.1"));
	ATF_CHECK_STREQ(h->name, "seed.example");
	h = TAILQ_NEXT(h, entry);
	ATF_CHECK_STREQ(h->name, "node");
	h = TAILQ_NEXT(h, entry);
	ATF_CHECK(is_ip(h->ip, "2001:db8::1"));
	/* What the operator may name, behind those of the config. */
	h = TAILQ_NEXT(h, entry);
	ATF_CHECK(is_ip(h->ip, "127.0.0.1"));
	ATF_CHECK_STREQ(h->name, "localhost");
	h = TAILQ_NEXT(h, entry);
	ATF_CHECK_STREQ(h->name, "other");
	ATF_CHECK_STREQ(TAILQ_LAST(&c->hosts, conf_hosts)->name, "xnode");
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(hosts_bounds);
ATF_TC_BODY(hosts_bounds, tc)
{
	struct conf *c = new_conf();
	const struct conf_host *h;
	FILE *fp;
	int i;

	add_peer(c, CONF_SEED, "node");
	ATF_REQUIRE((fp = fopen("hosts", "w")) != NULL);
	for (i = 0; i < 1000; i++)
		fprintf(fp, "10.0.%d.%d %s\n", i / 250, i % 250,
		    i < 995 ? "other" : "node");
	fclose(fp);
	resolvconf_hosts(c, "hosts");
	ATF_CHECK_EQ(c->nhosts, CONF_HOSTS_MAX);
	/* The others never take the place of one that is configured. */
	i = 0;
	TAILQ_FOREACH(h, &c->hosts, entry)
		i += strcmp(h->name, "node") == 0;
	ATF_CHECK_EQ(5, i);
	conf_free(c);
}

/* --- reload ------------------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(reload_rules);
ATF_TC_BODY(reload_rules, tc)
{
	struct conf *a = new_conf(), *b = new_conf();
	uint32_t need = load_engine_nofile(a);
	char buf[256];
	size_t i;
	const struct {
		char		*place;
		const char	*name;
	} fixed[] = {
		{ b->network, "\"network\"" },
		{ b->node_key, "\"node key\"" },
		{ b->state_dir, "\"state directory\"" },
		{ b->control_socket, "\"control socket\"" },
		{ b->user, "\"user\"" },
		{ b->chroot_dir, "\"chroot\"" },
	};

	ATF_CHECK(reload_refusal(a, b, need, buf, sizeof(buf)) == NULL);
	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		strlcpy(fixed[i].place, "x", 2);
		ATF_REQUIRE(reload_refusal(a, b, need, buf,
		    sizeof(buf)) != NULL);
		ATF_CHECK_MSG(strncmp(buf, fixed[i].name,
		    strlen(fixed[i].name)) == 0, "%s", buf);
		fixed[i].place[0] = '\0';
	}
	/* Several are named in one go. */
	strlcpy(b->network, "x", sizeof(b->network));
	b->limits.book_size++;
	ATF_REQUIRE(reload_refusal(a, b, need, buf, sizeof(buf)) != NULL);
	ATF_CHECK_STREQ("\"network\", \"book size\" cannot change in a "
	    "running pexd; restart it", buf);
	b->network[0] = '\0';
	b->limits.book_size--;
	/* All else may change, as far as the descriptors go. */
	strlcpy(b->moniker, "x", sizeof(b->moniker));
	b->mode = MODE_SEED;
	b->block_version++;
	b->times.ping_interval++;
	b->rates.accept_all.burst++;
	add_peer(b, CONF_SEED, "x");
	ATF_CHECK(reload_refusal(a, b, need, buf, sizeof(buf)) == NULL);
	b->limits.max_inbound++;
	ATF_CHECK(reload_refusal(a, b, need + 1, buf, sizeof(buf)) == NULL);
	ATF_REQUIRE(reload_refusal(a, b, need, buf, sizeof(buf)) != NULL);
	ATF_CHECK(strncmp(buf, "\"max inbound\"", 13) == 0);
	conf_free(a);
	conf_free(b);
}

/* Whoever is outside the limits needs a descriptor all the same. */
ATF_TC_WITHOUT_HEAD(descriptors_needed);
ATF_TC_BODY(descriptors_needed, tc)
{
	struct conf *c = new_conf();
	uint32_t n = load_engine_nofile(c);

	ATF_CHECK(n > 40 + 10 + 256 + 1024);
	add_peer(c, CONF_PERSISTENT, "a");
	add_peer(c, CONF_UNCONDITIONAL, "b");
	add_peer(c, CONF_SEED, "c");
	add_peer(c, CONF_PRIVATE, "d");
	ATF_CHECK_EQ(load_engine_nofile(c), n + 2);
	c->limits.max_inbound += 1000;
	ATF_CHECK_EQ(load_engine_nofile(c), n + 1002);
	conf_free(c);
}

/* --- sockets ------------------------------------------------------------ */

/* A port that is free now: bound to, and then let go. */
static uint16_t
free_port(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ATF_REQUIRE(fd != -1);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE_EQ(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ATF_REQUIRE_EQ(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	close(fd);
	return ntohs(sin.sin_port);
}

static void
listen_on(struct conf *c, const char *ip, uint16_t port)
{
	struct netaddr *na = &c->listen[c->nlisten++];

	ATF_REQUIRE_EQ(ip_parse(ip, strlen(ip), na->ip), 0);
	na->port = port;
}

static unsigned
count(const struct listeners *ls, unsigned *fresh)
{
	struct netaddr na;
	unsigned i;
	bool is;

	*fresh = 0;
	for (i = 0; listening_get(ls, i, &na, &is) != -1; i++)
		*fresh += is;
	return i;
}

ATF_TC_WITHOUT_HEAD(sockets);
ATF_TC_BODY(sockets, tc)
{
	struct listeners *ls = listening_new();
	struct conf *a = new_conf(), *b = new_conf();
	uint16_t port = free_port();
	unsigned fresh;
	struct netaddr na;
	char why[256];
	int fd, accepting;
	socklen_t len = sizeof(accepting);
	bool is;

	listen_on(a, "127.0.0.1", port);
	listen_on(a, "127.0.0.2", port);
	ATF_REQUIRE(ls != NULL);
	ATF_REQUIRE_EQ_MSG(listening_open(ls, a, why, sizeof(why)), 0, "%s",
	    why);
	ATF_CHECK_EQ(count(ls, &fresh), 2);
	ATF_CHECK_EQ(fresh, 2);
	listening_commit(ls, a);
	ATF_CHECK_EQ(count(ls, &fresh), 2);
	ATF_CHECK_EQ(fresh, 0);
	fd = listening_get(ls, 0, &na, &is);
	ATF_CHECK_EQ(na.port, port);
	ATF_CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ATF_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ATF_REQUIRE_EQ(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepting,
	    &len), 0);
	ATF_CHECK(accepting);

	/* One is kept, one is new, one goes; or all stays. */
	listen_on(b, "127.0.0.1", port);
	listen_on(b, "127.0.0.3", port);
	ATF_REQUIRE_EQ(listening_open(ls, b, why, sizeof(why)), 0);
	ATF_CHECK_EQ(count(ls, &fresh), 3);
	ATF_CHECK_EQ(fresh, 1);
	listening_abort(ls);
	ATF_CHECK_EQ(count(ls, &fresh), 2);
	ATF_REQUIRE_EQ(listening_open(ls, b, why, sizeof(why)), 0);
	listening_commit(ls, b);
	ATF_CHECK_EQ(count(ls, &fresh), 2);
	ATF_CHECK_EQ(listening_get(ls, 0, &na, &is), fd);
	ATF_CHECK_EQ(listening_get(ls, 2, &na, &is), -1);
	listening_free(ls);
	conf_free(a);
	conf_free(b);
}

ATF_TC_WITHOUT_HEAD(sockets_fail);
ATF_TC_BODY(sockets_fail, tc)
{
	struct listeners *first = listening_new(), *ls = listening_new();
	struct conf *a = new_conf(), *b = new_conf();
	uint16_t port = free_port();
	char why[256];
	unsigned fresh;

	listen_on(a, "127.0.0.1", port);
	ATF_REQUIRE_EQ(listening_open(first, a, why, sizeof(why)), 0);
	/* The one before is let go again. */
	listen_on(b, "127.0.0.2", port);
	listen_on(b, "127.0.0.1", port);
	ATF_CHECK_EQ(listening_open(ls, b, why, sizeof(why)), -1);
	ATF_CHECK_MSG(strstr(why, "cannot listen on 127.0.0.1:") == why &&
	    strstr(why, "ddress already in use") != NULL, "%s", why);
	ATF_CHECK_EQ(count(ls, &fresh), 0);
	listening_free(first);
	ATF_CHECK_EQ(listening_open(ls, b, why, sizeof(why)), 0);
	listening_free(ls);
	conf_free(a);
	conf_free(b);
}

/* The same port twice: the families do not get in each other's way. */
ATF_TC_WITHOUT_HEAD(sockets_both_families);
ATF_TC_BODY(sockets_both_families, tc)
{
	struct listeners *ls = listening_new();
	struct conf *c = new_conf();
	uint16_t port = free_port();
	char why[256];
	unsigned fresh, n;

	listen_on(c, "0.0.0.0", port);
	listen_on(c, "::", port);
	ATF_REQUIRE_EQ_MSG(listening_open(ls, c, why, sizeof(why)), 0, "%s",
	    why);
	/* A system may lack one of them. */
	n = count(ls, &fresh);
	ATF_CHECK(n == 2 || n == 1);
	listening_free(ls);
	conf_free(c);
}

/* --- the log ------------------------------------------------------------ */

/* Run fn with standard error in a file; returns what came there. */
static char *
stderr_of(void (*fn)(struct logsink *), struct logsink *ls)
{
	static char text[65536];
	int fd, saved = dup(STDERR_FILENO);
	ssize_t n;

	ATF_REQUIRE((fd = open("err", O_RDWR | O_CREAT | O_TRUNC,
	    0600)) != -1);
	ATF_REQUIRE(dup2(fd, STDERR_FILENO) != -1);
	fn(ls);
	ATF_REQUIRE(dup2(saved, STDERR_FILENO) != -1);
	ATF_REQUIRE((n = pread(fd, text, sizeof(text) - 1, 0)) >= 0);
	text[n] = '\0';
	close(fd);
	close(saved);
	return text;
}

static void
say(struct logsink *ls, enum role role, uint8_t level, const char *text)
{
	struct m_log m = { .level = level };

	strlcpy(m.text, text, sizeof(m.text));
	logsink_child(ls, role, &m);
}

static void
forged_lines(struct logsink *ls)
{
	say(ls, ROLE_ENGINE, LOG_LV_INFO, "engine: fine");
	say(ls, ROLE_ENGINE, LOG_LV_INFO, "dialer: not me");
	say(ls, ROLE_DIALER, 0, "dialer: a\nb\x1b[1m");
	say(ls, ROLE_DIALER, 200, "engines: x");
	/* Eight-bit terminals: CSI as one byte, and as UTF-8. */
	say(ls, ROLE_ENGINE, LOG_LV_INFO, "c\x9b" "31m \xc2\x9b" "0m");
}

ATF_TC_WITHOUT_HEAD(log_is_not_forged);
ATF_TC_BODY(log_is_not_forged, tc)
{
	struct logsink *ls = logsink_new();
	char *text;

	ATF_REQUIRE(ls != NULL);
	text = stderr_of(forged_lines, ls);
	ATF_CHECK(strstr(text, " engine: fine\n") != NULL);
	ATF_CHECK(strstr(text, " engine: dialer: not me\n") != NULL);
	ATF_CHECK(strstr(text, " dialer: a?b?[1m\n") != NULL);
	ATF_CHECK(strstr(text, " dialer: engines: x\n") != NULL);
	ATF_CHECK(strstr(text, " engine: c?31m ??0m\n") != NULL);
	logsink_free(ls);
}

static void
many_lines(struct logsink *ls)
{
	int i;

	for (i = 0; i < 3 * LOGSINK_CHILD_RATE; i++)
		say(ls, ROLE_ENGINE, LOG_LV_INFO, "engine: more");
	say(ls, ROLE_DIALER, LOG_LV_INFO, "dialer: heard");
}

ATF_TC_WITHOUT_HEAD(log_is_bounded);
ATF_TC_BODY(log_is_bounded, tc)
{
	struct logsink *ls = logsink_new();
	char *text, *p;
	int n = 0;

	text = stderr_of(many_lines, ls);
	for (p = text; (p = strstr(p, "engine: more")) != NULL; p++)
		n++;
	/* A second may have passed meanwhile. */
	ATF_CHECK(n >= LOGSINK_CHILD_RATE && n <= 2 * LOGSINK_CHILD_RATE);
	ATF_CHECK_EQ(logsink_suppressed(ls),
	    (uint64_t)(3 * LOGSINK_CHILD_RATE - n));
	ATF_CHECK(strstr(text, "dialer: heard") != NULL);
	logsink_free(ls);
}

/* --- what a process uses ------------------------------------------------- */

ATF_TC_WITHOUT_HEAD(usage);
ATF_TC_BODY(usage, tc)
{
	struct procusage before, after;
	volatile unsigned spin = 0;

	ATF_REQUIRE_EQ(procusage_get(getpid(), &before), 0);
	ATF_CHECK(before.rss_bytes > 100000);
	do {
		while (++spin % 10000000 != 0)
			;
		ATF_REQUIRE_EQ(procusage_get(getpid(), &after), 0);
	} while (after.cpu_ms < before.cpu_ms + 20);
	ATF_CHECK_EQ(procusage_get(-1, &after), -1);
	ATF_CHECK_EQ(after.rss_bytes, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, name_servers);
	ATF_TP_ADD_TC(tp, name_servers_bounds);
	ATF_TP_ADD_TC(tp, hosts);
	ATF_TP_ADD_TC(tp, hosts_bounds);
	ATF_TP_ADD_TC(tp, reload_rules);
	ATF_TP_ADD_TC(tp, descriptors_needed);
	ATF_TP_ADD_TC(tp, sockets);
	ATF_TP_ADD_TC(tp, sockets_fail);
	ATF_TP_ADD_TC(tp, sockets_both_families);
	ATF_TP_ADD_TC(tp, log_is_not_forged);
	ATF_TP_ADD_TC(tp, log_is_bounded);
	ATF_TP_ADD_TC(tp, usage);
	return atf_no_error();
}
