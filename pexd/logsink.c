/* SPDX-License-Identifier: ISC */
/* The log's last stop. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/child.h"
#include "common/log.h"
#include "common/lograte.h"
#include "compat/logsock.h"
#include "pexd/logsink.h"

struct budget {				/* of one child */
	enum role	 role;
	struct lograte	 rate;
};

struct logsink {
	struct logsock	*sock;		/* NULL: standard error */
	struct event	*held;
	struct budget	 budgets[3];
	uint64_t	 suppressed;
	unsigned	 lost;		/* and not told yet */
};

static bool
put(struct logsink *ls, enum log_level level, const char *line)
{
	if (ls->sock == NULL)
		return log_try_stderr(level, line);
	return logsock_send(ls->sock, log_priority(level), line) == 0;
}

/* When there is room again the gap is told first. */
static bool
tell_lost(struct logsink *ls)
{
	char line[128];

	if (ls->lost == 0)
		return true;
	snprintf(line, sizeof(line), "pexd: %u lines were lost: nobody took "
	    "them", ls->lost);
	if (!put(ls, LOG_LV_WARN, line))
		return false;
	ls->lost = 0;
	return true;
}

static void
sink(void *ctx, enum log_level level, const char *line)
{
	struct logsink *ls = ctx;

	if (tell_lost(ls) && put(ls, level, line))
		return;
	ls->lost++;
	ls->suppressed++;
}

struct logsink *
logsink_new(void)
{
	struct logsink *ls;

	if ((ls = calloc(1, sizeof(*ls))) == NULL)
		return NULL;
	ls->budgets[0].role = ROLE_ENGINE;
	ls->budgets[1].role = ROLE_DIALER;
	ls->budgets[2].role = ROLE_ADDRBOOKD;
	log_set_sink(sink, ls);
	return ls;
}

void
logsink_free(struct logsink *ls)
{
	log_set_sink(NULL, NULL);
	log_on_held(NULL, NULL);
	if (ls == NULL)
		return;
	if (ls->held != NULL)
		event_free(ls->held);
	logsock_close(ls->sock);
	free(ls);
}

int
logsink_to_syslog(struct logsink *ls)
{
	return (ls->sock = logsock_open("pexd", NULL)) == NULL ? -1 : 0;
}

uint64_t
logsink_suppressed(const struct logsink *ls)
{
	return ls->suppressed;
}

static struct budget *
budget_of(struct logsink *ls, enum role role)
{
	size_t i = role == ROLE_ENGINE ? 0 : role == ROLE_DIALER ? 1 : 2;

	return &ls->budgets[i];
}

static void
begin_second(struct logsink *ls, struct budget *b, uint64_t now)
{
	unsigned held = lograte_turn(&b->rate, now);
	char line[128];

	if (held == 0)
		return;
	snprintf(line, sizeof(line), "pexd: %u lines of %s were suppressed",
	    held, role_name(b->role));
	sink(ls, LOG_LV_WARN, line);
}

static void
on_held(evutil_socket_t fd, short what, void *arg)
{
	struct logsink *ls = arg;
	uint64_t now = child_mono_ms() / 1000;
	size_t i;

	log_tell_held();
	for (i = 0; i < sizeof(ls->budgets) / sizeof(ls->budgets[0]); i++)
		begin_second(ls, &ls->budgets[i], now);
}

static void
tell_held_soon(void *ctx)
{
	static const struct timeval second = { .tv_sec = 1 };
	struct logsink *ls = ctx;

	event_add(ls->held, &second);
}

int
logsink_start(struct logsink *ls, struct event_base *base)
{
	if ((ls->held = evtimer_new(base, on_held, ls)) == NULL)
		return -1;
	log_on_held(tell_held_soon, ls);
	return 0;
}

static bool
may_pass(struct logsink *ls, struct budget *b)
{
	begin_second(ls, b, child_mono_ms() / 1000);
	if (lograte_take(&b->rate, LOGSINK_CHILD_RATE))
		return true;
	if (b->rate.held == 1 && ls->held != NULL)
		tell_held_soon(ls);
	ls->suppressed++;
	return false;
}

/*
 * A child that has been taken over must not forge lines of others, nor speak
 * to the operator's terminal, which some do with bytes over 127, too.
 */
static void
make_safe(char *dst, size_t size, enum role role, const char *text)
{
	const char *name = role_name(role);
	size_t len = strlen(name);

	dst[0] = '\0';
	if (strncmp(text, name, len) != 0 || text[len] != ':')
		snprintf(dst, size, "%s: ", name);
	strlcat(dst, text, size);
	log_printable(dst);
}

void
logsink_child(struct logsink *ls, enum role role, const struct m_log *m)
{
	enum log_level level = m->level;
	char line[LOG_LINE_SIZE];

	if (level < LOG_LV_ERROR || level > LOG_LV_DEBUG)
		level = LOG_LV_WARN;
	if (!may_pass(ls, budget_of(ls, role)))
		return;
	make_safe(line, sizeof(line), role, m->text);
	sink(ls, level, line);
}
