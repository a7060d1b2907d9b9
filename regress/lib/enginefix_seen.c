/* SPDX-License-Identifier: ISC */
/* What an engine under test has sent and shown. */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/lib/enginefix.h"

unsigned
fix_count(const struct enginefix *fix, uint32_t type)
{
	const struct fixmsg *f;
	unsigned n = 0;

	TAILQ_FOREACH(f, &fix->msgs, entry)
		n += f->type == type;
	return n;
}

const struct fixmsg *
fix_last_msg(const struct enginefix *fix, uint32_t type)
{
	const struct fixmsg *f;

	TAILQ_FOREACH_REVERSE(f, &fix->msgs, fixmsgs, entry)
		if (f->type == type)
			return f;
	atf_tc_fail("engine sent no %s", msg_name(type));
}

const void *
fix_last(const struct enginefix *fix, uint32_t type)
{
	return fix_last_msg(fix, type)->body;
}

void
fix_forget(struct enginefix *fix)
{
	struct fixmsg *f;

	while ((f = TAILQ_FIRST(&fix->msgs)) != NULL) {
		TAILQ_REMOVE(&fix->msgs, f, entry);
		free(f->body);
		free(f);
	}
}

bool
fix_logged(const struct enginefix *fix, const char *part)
{
	return fix->log != NULL && strstr(fix->log, part) != NULL;
}

int64_t
fix_counter(struct enginefix *fix, const char *name)
{
	struct m_show m = { .what = SHOW_SUMMARY };
	static uint32_t id = 1000;
	const struct fixmsg *f;
	const struct m_counter *c;
	unsigned done = fix_count(fix, MSG_DONE);

	pipe_send(fix->parent, MSG_SHOW, ++id, -1, &m);
	FIX_WAIT(fix, fix_count(fix, MSG_DONE) == done + 1);
	TAILQ_FOREACH(f, &fix->msgs, entry) {
		c = f->body;
		if (f->type == MSG_COUNTER && f->id == id &&
		    strcmp(c->name, name) == 0)
			return c->value;
	}
	atf_tc_fail("engine has no counter %s", name);
}

size_t
fix_rss(const struct enginefix *fix)
{
	char path[64];
	unsigned long size, rss;
	FILE *fp;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)fix->pid);
	ATF_REQUIRE((fp = fopen(path, "r")) != NULL);
	ATF_REQUIRE_EQ(fscanf(fp, "%lu %lu", &size, &rss), 2);
	fclose(fp);
	return rss * sysconf(_SC_PAGESIZE);
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
