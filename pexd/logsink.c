/* SPDX-License-Identifier: ISC */
/* The log's last stop. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/child.h"
#include "common/log.h"
#include "pexd/logsink.h"

struct budget {				/* of one child */
	enum role	 role;
	uint64_t	 second;	/* monotonic */
	unsigned	 lines;		/* in that second */
	unsigned	 held;
};

struct logsink {
	bool		 syslog;
	struct budget	 budgets[3];
	uint64_t	 suppressed;
};

static void
sink(void *ctx, enum log_level level, const char *line)
{
	static const int priorities[] = {
		[LOG_LV_ERROR] = LOG_CRIT,
		[LOG_LV_WARN] = LOG_WARNING,
		[LOG_LV_INFO] = LOG_INFO,
		[LOG_LV_DEBUG] = LOG_DEBUG,
	};
	const struct logsink *ls = ctx;

	if (ls->syslog)
		syslog(priorities[level], "%s", line);
	else
		log_to_stderr(NULL, level, line);
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
	free(ls);
}

void
logsink_to_syslog(struct logsink *ls)
{
	openlog("pexd", LOG_PID | LOG_NDELAY, LOG_DAEMON);
	ls->syslog = true;
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

static bool
may_pass(struct logsink *ls, struct budget *b)
{
	uint64_t now = child_mono_ms() / 1000;
	char line[128];

	if (b->second != now) {
		if (b->held > 0) {
			snprintf(line, sizeof(line), "pexd: %u lines of %s "
			    "were suppressed", b->held, role_name(b->role));
			sink(ls, LOG_LV_WARN, line);
		}
		b->second = now;
		b->lines = b->held = 0;
	}
	if (b->lines++ < LOGSINK_CHILD_RATE)
		return true;
	b->held++;
	ls->suppressed++;
	return false;
}

/* A child that has been taken over must not forge lines of others. */
static void
make_safe(char *dst, size_t size, enum role role, const char *text)
{
	const char *name = role_name(role);
	size_t len = strlen(name);
	char *s;

	dst[0] = '\0';
	if (strncmp(text, name, len) != 0 || text[len] != ':')
		snprintf(dst, size, "%s: ", name);
	strlcat(dst, text, size);
	for (s = dst; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
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
