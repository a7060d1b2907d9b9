/* SPDX-License-Identifier: ISC */
/* resolv.conf(5) and hosts(5). */

#include <sys/types.h>
#include <sys/queue.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "pexd/resolvconf.h"

#define DNS_PORT	53
#define BLANKS		" \t\r\n"

typedef void line_fn(struct conf *, char *line);

static void
each_line(struct conf *c, const char *path, line_fn *fn)
{
	char *line = NULL;
	size_t size = 0;
	FILE *fp;

	if ((fp = fopen(path, "re")) == NULL) {
		if (errno != ENOENT)
			log_warn("cannot read %s", path);
		return;
	}
	while (getline(&line, &size, fp) != -1) {
		line[strcspn(line, "#;\n")] = '\0';
		fn(c, line);
	}
	if (ferror(fp))
		log_warnx("cannot read %s to its end", path);
	free(line);
	fclose(fp);
}

/* The next word of *s, which moves behind it, or NULL. */
static char *
word(char **s)
{
	char *w;

	while ((w = strsep(s, BLANKS)) != NULL && *w == '\0')
		;
	return w;
}

static void
server_line(struct conf *c, char *line)
{
	struct netaddr na = { .port = DNS_PORT };
	char *w = word(&line);

	if (w == NULL || strcmp(w, "nameserver") != 0 ||
	    (w = word(&line)) == NULL)
		return;
	/* One with a zone (fe80::1%eth0) cannot be passed on. */
	if (ip_parse(w, strlen(w), na.ip) == -1)
		log_info("name server %s is left out: not a plain address",
		    w);
	else if (c->nnameservers < CONF_NAMESERVERS_MAX)
		c->nameservers[c->nnameservers++] = na;
	else
		log_info("name server %s is left out: %d are enough", w,
		    CONF_NAMESERVERS_MAX);
}

void
resolvconf_servers(struct conf *c, const char *path)
{
	static const char local[] = "127.0.0.1";

	each_line(c, path, server_line);
	if (c->nnameservers > 0)
		return;
	(void)ip_parse(local, strlen(local), c->nameservers[0].ip);
	c->nameservers[0].port = DNS_PORT;
	c->nnameservers = 1;
}

static bool
is_wanted(const struct conf *c, const char *name)
{
	const struct conf_peer *p;

	TAILQ_FOREACH(p, &c->peers, entry)
		if ((p->kind == CONF_SEED || p->kind == CONF_PERSISTENT) &&
		    !p->addr.is_literal && strcasecmp(p->addr.host, name) == 0)
			return true;
	return false;
}

static void
host_line(struct conf *c, char *line, bool wanted)
{
	uint8_t ip[16];
	char *w = word(&line);

	if (w == NULL || ip_parse(w, strlen(w), ip) == -1)
		return;
	/* Of what is not in the config, only what can be dialled. */
	if (!wanted && !ip_is_host(ip))
		return;
	while ((w = word(&line)) != NULL)
		if (is_wanted(c, w) == wanted &&
		    conf_add_host(c, ip, w) == -1 && wanted)
			log_warnx("an address of %s is left out: at most %d",
			    w, CONF_HOSTS_MAX);
}

static void
wanted_line(struct conf *c, char *line)
{
	host_line(c, line, true);
}

static void
other_line(struct conf *c, char *line)
{
	host_line(c, line, false);
}

void
resolvconf_hosts(struct conf *c, const char *path)
{
	each_line(c, path, wanted_line);
	each_line(c, path, other_line);
	if (c->nhosts == CONF_HOSTS_MAX)
		log_info("of the names in %s, dialer has the first %d", path,
		    CONF_HOSTS_MAX);
}
