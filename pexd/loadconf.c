/* SPDX-License-Identifier: ISC */
/* The configuration as a start or a reload needs it. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pexd/parse.h"
#include "pexd/pexd.h"
#include "pexd/resolvconf.h"

#define PATH_RESOLV_CONF	"/etc/resolv.conf"
#define PATH_HOSTS		"/etc/hosts"

#define ENGINE_SPARE	64	/* pipes, listeners, event loop, refusals */

/* Paths that have a default for root and have to be given by others. */
static const struct {
	enum option_id	 id;
	const char	*root;
} paths[] = {
	{ OPT_NODE_KEY,		PATH_NODE_KEY },
	{ OPT_STATE_DIR,	PATH_STATE_DIR },
	{ OPT_CONTROL_SOCKET,	CONF_CONTROL_SOCKET },
	{ OPT_USER,		USER_DEFAULT },
	{ OPT_CHROOT,		PATH_CHROOT },
};

static bool
only_roots(enum option_id id)
{
	return id == OPT_USER || id == OPT_CHROOT;
}

static int
missing(const struct options_given *given, const struct conf_option *o,
    const struct lex_report *report)
{
	char line[512];

	snprintf(line, sizeof(line), "%s: expected \"%s\": pexd has a default "
	    "for it only when started as root", given->conf_path, o->words);
	report->line(report->ctx, line);
	return -1;
}

static int
fill_paths(struct conf *c, const struct options_given *given,
    const struct lex_report *report)
{
	const struct conf_option *o;
	char *place;
	size_t i;
	int rv = 0;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		o = &conf_options[paths[i].id];
		place = (char *)c + o->off;
		if (*place != '\0')
			continue;
		if (geteuid() == 0)
			strlcpy(place, paths[i].root, o->size);
		else if (!only_roots(paths[i].id))
			rv = missing(given, o, report);
	}
	return rv;
}

struct conf *
load_conf(const struct options_given *given, const struct lex_report *report)
{
	struct conf *c;

	c = conf_parse(given->conf_path, geteuid() == 0, &given->defines,
	    report);
	if (c == NULL)
		return NULL;
	if (fill_paths(c, given, report) == -1) {
		conf_free(c);
		return NULL;
	}
	resolvconf_servers(c, PATH_RESOLV_CONF);
	resolvconf_hosts(c, PATH_HOSTS);
	return c;
}

uint32_t
load_engine_nofile(const struct conf *c)
{
	const struct conf_limits *l = &c->limits;

	/* Persistent and unconditional peers are outside the limits. */
	return conf_count_peers(c, CONF_PERSISTENT) +
	    conf_count_peers(c, CONF_UNCONDITIONAL) + l->max_inbound +
	    l->max_outbound + l->max_dials + l->pending + c->nlisten +
	    ENGINE_SPARE;
}
