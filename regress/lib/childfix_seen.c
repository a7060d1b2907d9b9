/* SPDX-License-Identifier: ISC */
/* What is said to a child under test, and what it has sent and shown. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/lib/childfix.h"

/* --- writing it down -------------------------------------------------- */

enum role
childfix_played(const struct childfix *c, const struct pipe *p)
{
	unsigned role;

	for (role = ROLE_PARENT; role <= ROLE_ADDRBOOKD; role <<= 1)
		if (c->pipes[role] == p)
			return role;
	atf_tc_fail("a pipe that nobody plays");
}

void
childfix_note(void *arg, struct pipe *p, struct msg *m)
{
	struct childfix *c = arg;
	size_t size = msg_info(m->type)->body_size;
	struct childmsg *d = calloc(1, sizeof(*d));

	ATF_REQUIRE(d != NULL && (d->body = malloc(size + 1)) != NULL);
	d->to = childfix_played(c, p);
	d->type = m->type;
	d->id = m->id;
	d->fd = m->fd;
	m->fd = -1;
	memcpy(d->body, m->body, size);
	TAILQ_INSERT_TAIL(&c->msgs, d, entry);
}

void
childfix_note_log(void *arg, struct pipe *p, struct msg *m)
{
	struct childfix *c = arg;
	const struct m_log *b = m->body;
	size_t n = strlen(b->text);

	fprintf(stderr, "%s\n", b->text);
	c->log = realloc(c->log, c->log_len + n + 2);
	ATF_REQUIRE(c->log != NULL);
	memcpy(c->log + c->log_len, b->text, n);
	memcpy(c->log + c->log_len + n, "\n", 2);
	c->log_len += n + 1;
}

/* --- talking ---------------------------------------------------------- */

void
childfix_say(struct childfix *c, enum role as, uint32_t type, uint32_t id,
    const void *body)
{
	ATF_REQUIRE_EQ(0, pipe_send(c->pipes[as], type, id, -1, body));
}

const void *
childfix_ask(struct childfix *c, enum role as, uint32_t type,
    const void *body, uint32_t answer)
{
	unsigned n = childfix_count(c, ROLE_ANY, answer);
	static uint32_t id = 5000;

	childfix_say(c, as, type, ++id, body);
	CHILDFIX_WAIT(c, childfix_count(c, ROLE_ANY, answer) > n,
	    msg_name(answer));
	return childfix_last(c, answer)->body;
}

/* --- what it sent ----------------------------------------------------- */

unsigned
childfix_count(const struct childfix *c, enum role to, uint32_t type)
{
	const struct childmsg *d;
	unsigned n = 0;

	TAILQ_FOREACH(d, &c->msgs, entry)
		n += d->type == type && (d->to & to) != 0;
	return n;
}

const struct childmsg *
childfix_last(const struct childfix *c, uint32_t type)
{
	const struct childmsg *d;

	TAILQ_FOREACH_REVERSE(d, &c->msgs, childmsgs, entry)
		if (d->type == type)
			return d;
	atf_tc_fail("%s sent no %s", role_name(c->kind->role),
	    msg_name(type));
}

void
childfix_forget(struct childfix *c)
{
	struct childmsg *d;

	while ((d = TAILQ_FIRST(&c->msgs)) != NULL) {
		TAILQ_REMOVE(&c->msgs, d, entry);
		if (d->fd != -1)
			close(d->fd);
		free(d->body);
		free(d);
	}
}

bool
childfix_logged(const struct childfix *c, const char *part)
{
	return c->log != NULL && strstr(c->log, part) != NULL;
}

/* --- its figures ------------------------------------------------------ */

/* A row of the summary as it is now; it begins with its name. */
static const void *
summary_row(struct childfix *c, uint32_t type, const char *name)
{
	struct m_show m = { .what = SHOW_SUMMARY };
	const struct childmsg *d;
	uint32_t id;

	childfix_ask(c, ROLE_PARENT, MSG_SHOW, &m, MSG_DONE);
	id = childfix_last(c, MSG_DONE)->id;
	TAILQ_FOREACH(d, &c->msgs, entry)
		if (d->type == type && d->id == id &&
		    strcmp(d->body, name) == 0)
			return d->body;
	atf_tc_fail("%s shows no %s", role_name(c->kind->role), name);
}

int64_t
childfix_counter(struct childfix *c, const char *name)
{
	return ((const struct m_counter *)summary_row(c, MSG_COUNTER,
	    name))->value;
}

const char *
childfix_fact(struct childfix *c, const char *name)
{
	return ((const struct m_fact *)summary_row(c, MSG_FACT,
	    name))->value;
}

size_t
childfix_rss(const struct childfix *c)
{
	char path[64];
	unsigned long size, rss;
	FILE *fp;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)c->pid);
	ATF_REQUIRE((fp = fopen(path, "r")) != NULL);
	ATF_REQUIRE_EQ(fscanf(fp, "%lu %lu", &size, &rss), 2);
	fclose(fp);
	return rss * sysconf(_SC_PAGESIZE);
}
