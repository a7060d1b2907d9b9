/* SPDX-License-Identifier: ISC */
/* Control requests: to the process that knows, and back. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "common/child.h"
#include "pexd/children.h"
#include "pexd/control_impl.h"
#include "pexd/reload.h"

#define PATIENCE_S	15	/* for a child's next word */

/* Who knows the rows of a show; the parent's own come first. */
static const struct {
	unsigned	 roles;
	void		(*own)(struct pexd *, struct client *);
} shows[SHOW_MAX] = {
	[SHOW_SUMMARY]	 = { ROLE_CHILDREN, show_summary },
	[SHOW_PEERS]	 = { ROLE_ENGINE, NULL },
	[SHOW_BOOK]	 = { ROLE_ADDRBOOKD, NULL },
	[SHOW_BANS]	 = { ROLE_ADDRBOOKD, NULL },
	[SHOW_NODES]	 = { ROLE_ADDRBOOKD, NULL },
	[SHOW_PROCESSES] = { 0, show_processes },
	[SHOW_DIALS]	 = { ROLE_DIALER, NULL },
};

/* Who does what is not a show. */
static const struct {
	uint32_t	 type;
	enum role	 role;
} actions[] = {
	{ MSG_CTL_DIAL,		ROLE_DIALER },
	{ MSG_CTL_DROP,		ROLE_DIALER },
	{ MSG_CTL_BAN,		ROLE_ADDRBOOKD },
	{ MSG_CTL_IMPORT,	ROLE_ADDRBOOKD },
};

static const enum role roles[NCHILDREN] = {
	ROLE_ENGINE, ROLE_DIALER, ROLE_ADDRBOOKD
};

/* --- life -------------------------------------------------------------- */

static void	on_patience(evutil_socket_t, short, void *);

static void
be_patient(struct client *c)
{
	struct timeval tv = { .tv_sec = PATIENCE_S };

	/* While the client has to read first, nobody owes an answer. */
	if (c->req.waiting & ~c->req.held)
		event_add(&c->req.patience, &tv);
	else {
		event_del(&c->req.patience);
		c->idle_ms = child_mono_ms();
	}
}

bool
request_waits_for(const struct client *c)
{
	return !c->req.active ||
	    (c->req.waiting != 0 && (c->req.waiting & ~c->req.held) == 0);
}

static void
begin(struct client *c, const struct msg *m)
{
	struct request *r = &c->req;

	memset(r, 0, sizeof(*r));
	r->active = true;
	r->id = ++c->ctl->last_id;
	r->client_id = m->id;
	evtimer_assign(&r->patience, c->ctl->px->base, on_patience, c);
	pipe_pause(c->pipe);
}

static void
finish(struct client *c)
{
	struct request *r = &c->req;
	struct m_done m = { .status = r->status };

	strlcpy(m.text, r->text, sizeof(m.text));
	event_del(&r->patience);
	r->active = false;
	c->idle_ms = child_mono_ms();
	(void)client_send(c, MSG_DONE, r->client_id, &m);
	if (c->pipe != NULL)
		pipe_resume(c->pipe);
}

void
request_drop(struct client *c)
{
	if (c->req.active)
		event_del(&c->req.patience);
	c->req.active = false;
}

/*
 * How a part of the answer ended: the first failure is the answer's, or else
 * what there is to say.
 */
static void
note(struct request *r, enum status status, const char *text)
{
	if (r->status != STATUS_OK ||
	    (status == STATUS_OK && text[0] == '\0'))
		return;
	r->status = status;
	strlcpy(r->text, text, sizeof(r->text));
}

static void
settle(struct client *c, enum role role, enum status status,
    const char *text)
{
	struct request *r = &c->req;

	if (r->persists && status == STATUS_OK)
		persist_add(c->ctl, &r->addr);
	note(r, status, text);
	r->waiting &= ~role;
	r->held &= ~role;
	if (r->waiting == 0)
		finish(c);
	else
		be_patient(c);
}

static void
settle_down(struct client *c, enum role role)
{
	char text[64];

	snprintf(text, sizeof(text), "%s is down", role_name(role));
	settle(c, role, STATUS_UNAVAILABLE, text);
}

static void
on_patience(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;
	char text[64];
	size_t i;

	for (i = 0; i < NCHILDREN && c->req.active; i++) {
		if (!(c->req.waiting & ~c->req.held & roles[i]))
			continue;
		snprintf(text, sizeof(text), "%s does not answer",
		    role_name(roles[i]));
		log_warnx("a control request is given up: %s", text);
		settle(c, roles[i], STATUS_UNAVAILABLE, text);
	}
}

static void
fail(struct client *c, enum status status, const char *text)
{
	note(&c->req, status, text);
	finish(c);
}

/* --- asking ------------------------------------------------------------ */

static size_t
index_of(enum role role)
{
	size_t i;

	for (i = 0; i < NCHILDREN - 1; i++)
		if (roles[i] == role)
			break;
	return i;
}

/* Ask for the rows from where the last ones ended. */
static void
ask(struct client *c, enum role role)
{
	struct request *r = &c->req;
	struct m_show m = {
		.what = r->what,
		.cursor = r->cursor[index_of(role)],
	};

	r->held &= ~role;
	if (children_send(c->ctl->px->children, role, MSG_SHOW, r->id, -1,
	    &m) == -1)
		settle_down(c, role);
	else
		be_patient(c);
}

void
request_drained(struct client *c)
{
	size_t i;

	for (i = 0; i < NCHILDREN && c->req.active; i++)
		if (c->req.held & roles[i])
			ask(c, roles[i]);
}

void
request_row(struct client *c, uint32_t type, const void *row)
{
	(void)client_send(c, type, c->req.client_id, row);
}

static void
on_show(void *arg, struct pipe *p, struct msg *m)
{
	const struct m_show *b = m->body;
	uint8_t what = b->what;
	struct client *c = arg;
	size_t i;

	if (what >= SHOW_MAX ||
	    (shows[what].roles == 0 && shows[what].own == NULL)) {
		pipe_violation(p, "show of nothing");
		return;
	}
	begin(c, m);
	c->req.what = what;
	c->req.waiting = shows[what].roles;
	if (shows[what].own != NULL)
		shows[what].own(c->ctl->px, c);
	if (c->req.waiting == 0)
		finish(c);
	for (i = 0; i < NCHILDREN && c->req.active; i++)
		if (shows[what].roles & roles[i])
			ask(c, roles[i]);
}

static void
note_dial(struct request *r, const struct m_ctl_dial *m)
{
	r->persists = m->persistent;
	r->addr = m->addr;
}

static void
on_action(void *arg, struct pipe *p, struct msg *m)
{
	struct client *c = arg;
	size_t i;

	for (i = 0; actions[i].type != m->type; i++)
		;
	begin(c, m);
	c->req.waiting = actions[i].role;
	if (m->type == MSG_CTL_DIAL)
		note_dial(&c->req, m->body);
	audit_ask(c, m);
	if (children_send(c->ctl->px->children, actions[i].role, m->type,
	    c->req.id, -1, m->body) == -1)
		settle_down(c, actions[i].role);
	else
		be_patient(c);
}

static void
on_reload(void *arg, struct pipe *p, struct msg *m)
{
	struct client *c = arg;

	begin(c, m);
	log_audit("user %u asks: reload", (unsigned)c->uid);
	reload_start(c->ctl->px->reload, c->req.id);
}

static void
on_log_level(void *arg, struct pipe *p, struct msg *m)
{
	struct client *c = arg;
	struct m_log_level b = *(const struct m_log_level *)m->body;

	begin(c, m);
	log_set_verbose(b.verbose);
	children_tell(c->ctl->px->children, MSG_LOG_LEVEL, &b);
	log_audit("user %u asks: log %s", (unsigned)c->uid,
	    b.verbose > 0 ? "verbose" : "brief");
	finish(c);
}

static void
on_monitor(void *arg, struct pipe *p, struct msg *m)
{
	struct client *c = arg;

	begin(c, m);
	if (c->monitor)
		fail(c, STATUS_INVALID, "this connection monitors already");
	else {
		monitor_add(c, m->id);
		finish(c);
	}
}

const struct msg_handler request_handlers[] = {
	{ MSG_SHOW,		on_show },
	{ MSG_CTL_DIAL,		on_action },
	{ MSG_CTL_DROP,		on_action },
	{ MSG_CTL_BAN,		on_action },
	{ MSG_CTL_IMPORT,	on_action },
	{ MSG_CTL_RELOAD,	on_reload },
	{ MSG_CTL_MONITOR,	on_monitor },
	{ MSG_LOG_LEVEL,	on_log_level },
	{ MSG_NONE,		NULL }
};

/* --- answers ----------------------------------------------------------- */

/* Who asked under this id and waits for this process; late answers: NULL. */
static struct client *
asker(struct control *ctl, uint32_t id, enum role role)
{
	struct client *c;

	TAILQ_FOREACH(c, &ctl->clients, entry)
		if (c->req.active && c->req.id == id)
			return c->req.waiting & role ? c : NULL;
	return NULL;
}

static void
pass_on(struct pexd *px, struct pipe *p, const struct msg *m,
    const void *body)
{
	struct client *c = asker(px->control, m->id, pipe_peer(p));

	if (c == NULL)
		return;
	be_patient(c);
	(void)client_send(c, m->type, c->req.client_id, body);
}

void
control_on_row(void *px, struct pipe *p, struct msg *m)
{
	pass_on(px, p, m, m->body);
}

/* Nobody speaks for another process. */
void
control_on_counter(void *px, struct pipe *p, struct msg *m)
{
	struct m_counter b = *(const struct m_counter *)m->body;

	b.role = pipe_peer(p);
	pass_on(px, p, m, &b);
}

void
control_on_fact(void *px, struct pipe *p, struct msg *m)
{
	struct m_fact b = *(const struct m_fact *)m->body;

	b.role = pipe_peer(p);
	pass_on(px, p, m, &b);
}

void
control_on_imported(void *arg, struct pipe *p, struct msg *m)
{
	struct pexd *px = arg;
	struct client *c = asker(px->control, m->id, pipe_peer(p));

	if (c == NULL)
		return;
	(void)client_send(c, m->type, c->req.client_id, m->body);
	/* The row is all there is to the answer. */
	if (c->req.active)
		settle(c, pipe_peer(p), STATUS_OK, "");
}

void
control_on_done(void *arg, struct pipe *p, struct msg *m)
{
	struct pexd *px = arg;
	const struct m_done *b = m->body;
	enum role role = pipe_peer(p);
	struct client *c = asker(px->control, m->id, role);
	uint8_t status = b->status;

	if (status >= STATUS_MAX) {
		pipe_violation(p, "DONE with status %u", status);
		return;
	}
	if (c == NULL)
		return;
	if (status != STATUS_MORE || c->req.what == 0) {
		settle(c, role, status, b->text);
		return;
	}
	c->req.cursor[index_of(role)] = b->cursor;
	if (pipe_is_high(c->pipe)) {
		c->req.held |= role;	/* until it has read */
		be_patient(c);
	} else
		ask(c, role);
}

void
control_down(struct control *ctl, enum role role)
{
	struct client *c, *next;

	TAILQ_FOREACH_SAFE(c, &ctl->clients, entry, next)
		if (c->req.active && (c->req.waiting & role))
			settle_down(c, role);
}

void
control_reloaded(void *arg, uint32_t id, enum status status,
    const char *text)
{
	struct control *ctl = arg;
	struct client *c, *next;

	if (status == STATUS_OK)
		persist_reloaded(ctl);
	TAILQ_FOREACH_SAFE(c, &ctl->clients, entry, next)
		if (c->req.active && c->req.id == id)
			fail(c, status, text);
}
