/* SPDX-License-Identifier: ISC */
/* The steps of a reload. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "pexd/children.h"
#include "pexd/listen.h"
#include "pexd/pexd.h"
#include "pexd/reload.h"

#define ANSWER_S	10	/* for all children to answer an offer */

struct reload {
	struct pexd	*px;
	reload_done	*done;
	void		*ctx;
	struct conf	*next;		/* offered; NULL: none under way */
	unsigned	 waiting;	/* roles that have not answered */
	uint32_t	 id;
	struct event	 timer;
};

static void	on_timer(evutil_socket_t, short, void *);

struct reload *
reload_new(struct pexd *px, reload_done *done, void *ctx)
{
	struct reload *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->px = px;
	r->done = done;
	r->ctx = ctx;
	evtimer_assign(&r->timer, px->base, on_timer, r);
	return r;
}

void
reload_free(struct reload *r)
{
	if (r == NULL)
		return;
	event_del(&r->timer);
	conf_free(r->next);
	free(r);
}

/* --- the file ---------------------------------------------------------- */

struct errors {
	char		text[256];	/* the first */
	unsigned	n;
};

static void
note_error(void *arg, const char *line)
{
	struct errors *e = arg;

	log_warnx("%s", line);
	if (e->n++ == 0)
		strlcpy(e->text, line, sizeof(e->text));
}

/* Whoever asked reads one line. */
static void
count_errors(struct errors *e)
{
	char more[48];
	size_t len;

	if (e->n < 2)
		return;
	snprintf(more, sizeof(more), " (and %u more, see the log)", e->n - 1);
	len = sizeof(e->text) - 1 - strlen(more);
	if (strlen(e->text) < len)
		len = strlen(e->text);
	strlcpy(e->text + len, more, sizeof(e->text) - len);
}

/* The new config, or NULL and what is wrong with it. */
static struct conf *
read_conf(const struct pexd *px, struct errors *e)
{
	struct lex_report report = { note_error, e };
	struct conf *c;

	memset(e, 0, sizeof(*e));
	if ((c = load_conf(&px->given, &report)) == NULL) {
		count_errors(e);
		return NULL;
	}
	c->id = px->conf->id;
	memcpy(c->pubkey, px->conf->pubkey, sizeof(c->pubkey));
	if (reload_refusal(px->conf, c, px->engine_nofile, e->text,
	    sizeof(e->text)) != NULL ||
	    listening_open(px->listeners, c, e->text,
	    sizeof(e->text)) == -1) {
		log_warnx("%s", e->text);
		conf_free(c);
		return NULL;
	}
	return c;
}

/* --- the two phases ---------------------------------------------------- */

static void
give_up(struct reload *r, enum status status, const char *text)
{
	event_del(&r->timer);
	log_warnx("the configuration stays as it is: %s", text);
	children_withdraw(r->px->children);
	listening_abort(r->px->listeners);
	conf_free(r->next);
	r->next = NULL;
	r->done(r->ctx, r->id, status, text);
}

static void
commit(struct reload *r)
{
	struct pexd *px = r->px;
	struct conf *old = px->conf;

	event_del(&r->timer);
	px->conf = r->next;
	r->next = NULL;
	children_apply(px->children, px->conf);
	listening_commit(px->listeners, px->conf);
	conf_free(old);
	log_info("the configuration was reloaded");
	r->done(r->ctx, r->id, STATUS_OK, "");
}

void
reload_start(struct reload *r, uint32_t id)
{
	struct timeval tv = { .tv_sec = ANSWER_S };
	struct errors e;

	if (r->next != NULL) {
		r->done(r->ctx, id, STATUS_FAILED,
		    "a reload is under way already");
		return;
	}
	if (!children_all_ready(r->px->children)) {
		r->done(r->ctx, id, STATUS_UNAVAILABLE,
		    "a process is just being started; try again");
		return;
	}
	if ((r->next = read_conf(r->px, &e)) == NULL) {
		r->done(r->ctx, id, STATUS_INVALID, e.text);
		return;
	}
	r->id = id;
	r->waiting = ROLE_CHILDREN;
	event_add(&r->timer, &tv);
	if (children_offer(r->px->children, r->next) == -1 && r->next != NULL)
		give_up(r, STATUS_FAILED, "a process cannot be reached");
}

void
reload_result(struct reload *r, enum role role,
    const struct m_conf_result *m)
{
	char text[sizeof(m->why) + 32], why[sizeof(m->why)];

	if (r->next == NULL)
		return;
	if (!m->ok) {
		snprintf(text, sizeof(text), "%s refuses it: %s",
		    role_name(role),
		    log_vis(why, sizeof(why), m->why, strlen(m->why)));
		give_up(r, STATUS_INVALID, text);
		return;
	}
	r->waiting &= ~role;
	if (r->waiting == 0)
		commit(r);
}

void
reload_down(struct reload *r, enum role role)
{
	char text[64];

	if (r->next == NULL)
		return;
	snprintf(text, sizeof(text), "%s died meanwhile", role_name(role));
	give_up(r, STATUS_FAILED, text);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct reload *r = arg;

	give_up(r, STATUS_FAILED, "not every process answered in time");
}
