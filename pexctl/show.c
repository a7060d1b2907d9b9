/* SPDX-License-Identifier: ISC */
/* pexctl show: ask, and hand each row to the output format as it comes. */

#include <sys/types.h>

#include <string.h>

#include "pexctl/complain.h"
#include "pexctl/ctl.h"
#include "pexctl/versions.h"

struct showing {
	struct view	*view;
	int		 what;
	bool		 begun;		/* the format has begun its document */
	bool		 no_memory;
	struct summary	 summary;
	struct versions	*versions;	/* of SHOW_VERSIONS */
};

/*
 * Not before there is a row: a request that fails leaves an empty output,
 * and one that fails later an incomplete one, which no JSON reader takes.
 */
static const struct output *
begin(struct showing *s)
{
	if (!s->begun)
		s->view->out->begin(s->view, s->what);
	s->begun = true;
	return s->view->out;
}

static void
on_fact(void *ctx, struct pipe *p, struct msg *m)
{
	struct showing *s = ctx;

	s->no_memory |= summary_add_fact(&s->summary, m->body) == -1;
}

static void
on_counter(void *ctx, struct pipe *p, struct msg *m)
{
	struct showing *s = ctx;

	s->no_memory |= summary_add_counter(&s->summary, m->body) == -1;
}

static void
on_peer(void *ctx, struct pipe *p, struct msg *m)
{
	struct showing *s = ctx;

	begin(s)->peer(s->view, m->body);
}

static void
on_entry(void *ctx, struct pipe *p, struct msg *m)
{
	struct showing *s = ctx;

	begin(s)->entry(s->view, m->body);
}

static void
on_ban(void *ctx, struct pipe *p, struct msg *m)
{
	struct showing *s = ctx;

	begin(s)->ban(s->view, m->body);
}

static void
on_node(void *ctx, struct pipe *p, struct msg *m)
{
	struct showing *s = ctx;

	if (s->versions != NULL)
		s->no_memory |= versions_count(s->versions, m->body) == -1;
	else
		begin(s)->node(s->view, m->body);
}

static void
on_proc(void *ctx, struct pipe *p, struct msg *m)
{
	struct showing *s = ctx;

	if (s->what == SHOW_METRICS)
		s->no_memory |= summary_add_proc(&s->summary, m->body) == -1;
	else
		begin(s)->proc(s->view, m->body);
}

static void
on_dial(void *ctx, struct pipe *p, struct msg *m)
{
	struct showing *s = ctx;

	begin(s)->dial(s->view, m->body);
}

/* What each kind of answer is made of; anything else ends the pipe. */
static const struct msg_handler summary_rows[] = {
	{ MSG_FACT, on_fact },
	{ MSG_COUNTER, on_counter },
	{ MSG_NONE, NULL }
};
static const struct msg_handler metrics_rows[] = {
	{ MSG_FACT, on_fact },
	{ MSG_COUNTER, on_counter },
	{ MSG_ROW_PROC, on_proc },
	{ MSG_NONE, NULL }
};
static const struct msg_handler peer_rows[] = {
	{ MSG_ROW_PEER, on_peer },
	{ MSG_NONE, NULL }
};
static const struct msg_handler entry_rows[] = {
	{ MSG_ROW_ENTRY, on_entry },
	{ MSG_NONE, NULL }
};
static const struct msg_handler ban_rows[] = {
	{ MSG_ROW_BAN, on_ban },
	{ MSG_NONE, NULL }
};
static const struct msg_handler node_rows[] = {
	{ MSG_ROW_NODE, on_node },
	{ MSG_NONE, NULL }
};
static const struct msg_handler proc_rows[] = {
	{ MSG_ROW_PROC, on_proc },
	{ MSG_NONE, NULL }
};
static const struct msg_handler dial_rows[] = {
	{ MSG_ROW_DIAL, on_dial },
	{ MSG_NONE, NULL }
};
static const struct msg_handler *const rows[] = {
	[SHOW_SUMMARY]		= summary_rows,
	[SHOW_PEERS]		= peer_rows,
	[SHOW_BOOK]		= entry_rows,
	[SHOW_BANS]		= ban_rows,
	[SHOW_NODES]		= node_rows,
	[SHOW_PROCESSES]	= proc_rows,
	[SHOW_DIALS]		= dial_rows,
	[SHOW_VERSIONS]		= node_rows,
	[SHOW_METRICS]		= metrics_rows,
};

static int
ask(struct ctl *ctl, enum show what)
{
	struct m_show m = { .what = (uint8_t)what };
	struct m_done done;
	int rv;

	rv = client_ask(ctl->client, MSG_SHOW, &m, &done);
	return ctl_end(ctl, rv, &done);
}

/* The summary of a daemon that lacks a process is still worth showing. */
static int
show_summary(struct ctl *ctl, struct showing *s)
{
	int rv = ask(ctl, SHOW_SUMMARY), rv2 = CTL_OK;

	if (s->what == SHOW_METRICS && rv != CTL_NO_DAEMON)
		rv2 = ask(ctl, SHOW_PROCESSES);
	if (s->summary.n > 0 && rv != CTL_NO_DAEMON && rv2 != CTL_NO_DAEMON)
		s->view->out->summary(s->view, &s->summary);
	return rv != CTL_OK ? rv : rv2;
}

static int
show_rows(struct ctl *ctl, struct showing *s)
{
	int rv;

	rv = ask(ctl, s->what == SHOW_VERSIONS ? SHOW_NODES : s->what);
	if (rv != CTL_OK)
		return rv;
	(void)begin(s);
	if (s->versions != NULL)
		versions_each(s->versions, s->view, s->view->out->version);
	s->view->out->end(s->view);
	return CTL_OK;
}

static int
show_it(struct ctl *ctl, struct showing *s)
{
	int rv;

	if ((rv = ctl_connect(ctl)) != CTL_OK || (rv = ctl_confine()) != CTL_OK)
		return rv;
	client_handle(ctl->client, rows[s->what], s);
	if (s->what == SHOW_SUMMARY || s->what == SHOW_METRICS)
		rv = show_summary(ctl, s);
	else
		rv = show_rows(ctl, s);
	if (s->no_memory) {
		complain("out of memory: not everything is shown");
		return CTL_REFUSED;
	}
	return rv;
}

int
show_command(struct ctl *ctl)
{
	struct showing s = { .view = &ctl->view, .what = ctl->args.what };
	int rv;

	if (s.what == SHOW_VERSIONS && (s.versions = versions_new()) == NULL) {
		complain("out of memory");
		return CTL_REFUSED;
	}
	rv = show_it(ctl, &s);
	summary_free(&s.summary);
	versions_free(s.versions);
	return rv;
}
