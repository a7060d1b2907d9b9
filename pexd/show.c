/* SPDX-License-Identifier: ISC */
/* What the parent itself has to show. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/child.h"
#include "common/version.h"
#include "compat/procusage.h"
#include "pexd/children.h"
#include "pexd/control_impl.h"
#include "pexd/logsink.h"

static const enum role children_roles[NCHILDREN] = {
	ROLE_ENGINE, ROLE_DIALER, ROLE_ADDRBOOKD
};

/* --- processes --------------------------------------------------------- */

static void
add_usage(struct m_row_proc *row)
{
	struct procusage u;

	if (row->pid == 0)
		return;
	(void)procusage_get(row->pid, &u);
	row->rss_bytes = u.rss_bytes;
	row->cpu_ms = u.cpu_ms;
}

static void
show_self(const struct pexd *px, struct client *c)
{
	struct m_row_proc row = {
		.role = ROLE_PARENT,
		.pid = getpid(),
		.age_s = (child_mono_ms() - px->started_ms) / 1000,
		.ready = true,
		.shed = control_events_shed(px->control),
	};

	strlcpy(row.sandbox, px->sandbox, sizeof(row.sandbox));
	add_usage(&row);
	request_row(c, MSG_ROW_PROC, &row);
}

static void
show_child(const struct pexd *px, struct client *c, enum role role)
{
	struct m_row_proc row = { .role = role };
	struct child_info info;

	child_info(px->children, role, &info);
	row.pid = info.pid;
	row.age_s = info.age_ms / 1000;
	row.deaths = info.deaths;
	row.ready = info.ready;
	row.shed = info.shed;
	strlcpy(row.sandbox, info.sandbox, sizeof(row.sandbox));
	add_usage(&row);
	request_row(c, MSG_ROW_PROC, &row);
}

void
show_processes(struct pexd *px, struct client *c)
{
	size_t i;

	show_self(px, c);
	for (i = 0; i < NCHILDREN; i++)
		show_child(px, c, children_roles[i]);
}

/* --- summary ----------------------------------------------------------- */

static void
fact(struct client *c, const char *name, const char *value)
{
	struct m_fact m = { .role = ROLE_PARENT };

	strlcpy(m.name, name, sizeof(m.name));
	strlcpy(m.value, value, sizeof(m.value));
	request_row(c, MSG_FACT, &m);
}

static void
counter(struct client *c, const char *name, int64_t value)
{
	struct m_counter m = { .role = ROLE_PARENT, .value = value };

	strlcpy(m.name, name, sizeof(m.name));
	request_row(c, MSG_COUNTER, &m);
}

static int64_t
all_deaths(const struct pexd *px)
{
	struct child_info info;
	int64_t n = 0;
	size_t i;

	for (i = 0; i < NCHILDREN; i++) {
		child_info(px->children, children_roles[i], &info);
		n += info.deaths;
	}
	return n;
}

void
show_summary(struct pexd *px, struct client *c)
{
	const struct conf *conf = px->conf;
	char id[NODE_ID_TEXT_SIZE];

	fact(c, "version", PEXD_VERSION);
	fact(c, "node_id", node_id_text(&conf->id, id));
	fact(c, "network", conf->network);
	fact(c, "moniker", conf->moniker);
	fact(c, "mode", conf->mode == MODE_SEED ? "seed" : "peer");
	fact(c, "sandbox", px->sandbox);
	counter(c, "uptime_seconds",
	    (child_mono_ms() - px->started_ms) / 1000);
	counter(c, "deaths_total", all_deaths(px));
	counter(c, "control_clients", control_clients(px->control));
	counter(c, "events_shed_total", control_events_shed(px->control));
	counter(c, "log_lines_suppressed_total",
	    log_suppressed() + logsink_suppressed(px->logsink));
}
