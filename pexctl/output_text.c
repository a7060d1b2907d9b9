/* SPDX-License-Identifier: ISC */
/*
 * Text for people: one line per row, in columns, within 80 of them as far
 * as the last one allows.
 */

#include <sys/types.h>

#include <inttypes.h>
#include <string.h>

#include "common/span.h"
#include "pexctl/human.h"
#include "pexctl/import_refusal.h"
#include "pexctl/output.h"
#include "pexctl/rfc3339.h"

static const char *const titles[] = {
	[SHOW_PEERS] =
	    "   AGE    RTT    ADDRESS               ID"
	    "                                       MONIKER",
	[SHOW_BOOK] = "LEVEL   T VERIFIED ADDRESS",
	[SHOW_BANS] = "LEFT   TIMES WHO"
	    "                                      WHY",
	[SHOW_NODES] = "KNOWN  SEEN   RTT    UP2H UP8H UP1D UP1W UP1M "
	    "VERSION      ADDRESS               MONIKER",
	[SHOW_PROCESSES] = "PROCESS      PID AGE    DEATHS CPU    MEMORY"
	    " SHED   SANDBOX",
	[SHOW_DIALS] = "KIND       STATE     TRIES LAST           ADDRESS",
	[SHOW_VERSIONS] = " NODES  SHARE VERSION              NETWORK",
};

const char *
purpose_name(unsigned purpose)
{
	static const struct {
		unsigned	 bit;
		const char	*name;
	} names[] = {
		{ PURPOSE_MANUAL,	"manual" },
		{ PURPOSE_PERSISTENT,	"persistent" },
		{ PURPOSE_SEED,		"seed" },
		{ PURPOSE_PROBE,	"probe" },
		{ PURPOSE_PEER,		"peer" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (purpose & names[i].bit)
			return names[i].name;
	return "none";
}

static void
text_begin(struct view *v, int what)
{
	if (titles[what] != NULL)
		fprintf(v->f, "%s\n", titles[what]);
}

static void
text_end(struct view *v)
{
}

/* --- show -------------------------------------------------------------- */

static void
text_fact(FILE *f, const struct item *it, size_t n)
{
	char safe[sizeof(it->text)];

	fprintf(f, "  %-39s", it->name);
	for (; n > 0; n--, it++)
		fprintf(f, " %s", human_safe(it->text, safe, sizeof(safe)));
	fputc('\n', f);
}

static void
text_counter(FILE *f, const struct item *it)
{
	/* What never happened is most of what could. */
	if (!it->is_total || it->number != 0)
		fprintf(f, "  %-39s %" PRId64 "\n", it->name, it->number);
}

static void
text_summary(struct view *v, struct summary *s)
{
	enum role role = ROLE_NONE;
	size_t i, n;

	summary_sort(s);
	for (i = 0; i < s->n; i += n) {
		n = summary_values(s, i);
		if (s->items[i].role != role) {
			role = s->items[i].role;
			fprintf(v->f, "%s\n", role_name(role));
		}
		if (s->items[i].is_text)
			text_fact(v->f, &s->items[i], n);
		else
			text_counter(v->f, &s->items[i]);
	}
}

static void
text_peer(struct view *v, const struct m_row_peer *p)
{
	char age[HUMAN_SIZE], rtt[HUMAN_SIZE], na[NETADDR_TEXT_SIZE];
	char id[NODE_ID_TEXT_SIZE], moniker[sizeof(p->moniker)];
	char flag = p->persistent ? 'p' : p->unconditional ? 'u' : ' ';

	fprintf(v->f, "%c%c %-6s %-6s %-21s %s %s\n",
	    p->outbound ? '>' : '<', flag, human_span(p->age_s, age),
	    human_latency(p->rtt_us, rtt), netaddr_text(&p->addr.na, na),
	    node_id_text(&p->addr.id, id),
	    human_safe(p->moniker, moniker, sizeof(moniker)));
}

static void
text_entry(struct view *v, const struct m_row_entry *e)
{
	char ago[HUMAN_SIZE], addr[PEER_ADDR_TEXT_SIZE];

	fprintf(v->f, "%-7s %c %-8s %s\n", level_name(e->level),
	    e->is_old ? 'o' : 'n', human_ago(v->now, e->last_success, ago),
	    peer_addr_text(&e->addr, addr));
}

static void
text_ban(struct view *v, const struct m_row_ban *b)
{
	char left[HUMAN_SIZE], who[NODE_ID_TEXT_SIZE + IP_TEXT_SIZE];
	char ip[IP_TEXT_SIZE], why[sizeof(b->why)];

	if (b->has_id)
		node_id_text(&b->id, who);
	else
		(void)strlcpy(who, ip_text(b->ip, ip), sizeof(who));
	if (b->has_id && b->has_host) {
		(void)strlcat(who, " ", sizeof(who));
		(void)strlcat(who, ip_text(b->ip, ip), sizeof(who));
	}
	fprintf(v->f, "%-6s %5u %-40s %s\n", human_span(b->until > v->now ?
	    (uint64_t)(b->until - v->now) : 0, left), b->count, who,
	    human_safe(b->why, why, sizeof(why)));
}

static void
put_uptime(FILE *f, uint16_t permille)
{
	if (permille == MSG_UPTIME_UNKNOWN)
		fprintf(f, "   - ");
	else
		fprintf(f, "%3u%% ", (permille + 5) / 10);
}

static void
text_node(struct view *v, const struct m_row_node *n)
{
	char known[HUMAN_SIZE], seen[HUMAN_SIZE], rtt[HUMAN_SIZE];
	char na[NETADDR_TEXT_SIZE];
	char version[13], moniker[sizeof(n->moniker)];
	size_t i;

	fprintf(v->f, "%-6s %-6s %-6s ",
	    human_ago(v->now, n->first_seen, known),
	    human_ago(v->now, n->last_seen, seen),
	    human_latency(n->latency_ms * 1000ull, rtt));
	for (i = 0; i < sizeof(n->uptime) / sizeof(n->uptime[0]); i++)
		put_uptime(v->f, n->uptime[i]);
	fprintf(v->f, "%-12s %-21s %s\n",
	    human_safe(n->version, version, sizeof(version)),
	    netaddr_text(&n->addr.na, na),
	    human_safe(n->moniker, moniker, sizeof(moniker)));
}

static void
text_proc(struct view *v, const struct m_row_proc *p)
{
	char age[HUMAN_SIZE], cpu[HUMAN_SIZE], rss[HUMAN_SIZE];
	char box[sizeof(p->sandbox)] = "-", pid[HUMAN_SIZE] = "-";

	if (p->pid != 0)
		snprintf(pid, sizeof(pid), "%u", p->pid);
	if (p->sandbox[0] != '\0')
		human_safe(p->sandbox, box, sizeof(box));
	fprintf(v->f, "%-9s %6s %-6s %6u %-6s %-6s %-6" PRIu64 " %s%s\n",
	    role_name(p->role), pid,
	    p->pid == 0 ? "-" : human_span(p->age_s, age), p->deaths,
	    p->rss_bytes == 0 ? "-" : human_latency(p->cpu_ms * 1000, cpu),
	    p->rss_bytes == 0 ? "-" : human_bytes(p->rss_bytes, rss), p->shed,
	    box, p->ready ? "" : p->pid == 0 ? " (down)" : " (not ready)");
}

/* id@host:port, a literal IPv6 address in brackets. */
static void
put_host(FILE *f, const struct host_addr *ha)
{
	char id[NODE_ID_TEXT_SIZE], host[HOST_NAME_SIZE];
	const char *fmt = strchr(ha->host, ':') != NULL ? "%s@[%s]:%u\n" :
	    "%s@%s:%u\n";

	fprintf(f, fmt, node_id_text(&ha->id, id),
	    human_safe(ha->host, host, sizeof(host)), ha->port);
}

static void
text_dial(struct view *v, const struct m_row_dial *d)
{
	char state[HUMAN_SIZE + 4], next[HUMAN_SIZE];

	if (d->connected)
		(void)strlcpy(state, "connected", sizeof(state));
	else if (d->next_s == DIAL_NEVER)
		(void)strlcpy(state, "never", sizeof(state));
	else if (d->next_s == 0)
		(void)strlcpy(state, "now", sizeof(state));
	else
		snprintf(state, sizeof(state), "in %s",
		    human_span(d->next_s, next));
	fprintf(v->f, "%-10s %-9s %5u %-14.14s ", purpose_name(d->purpose),
	    state, d->tries, d->last == 0 ? "-" : outcome_name(d->last));
	put_host(v->f, &d->addr);
}

static void
text_version(struct view *v, const struct version_count *c)
{
	char version[sizeof(c->version)], network[sizeof(c->network)];

	fprintf(v->f, "%6" PRIu64 " %3u.%u%% %-20s %s\n", c->nodes,
	    (unsigned)c->share / 10, (unsigned)c->share % 10,
	    human_safe(c->version, version, sizeof(version)),
	    human_safe(c->network, network, sizeof(network)));
}

/* --- the rest ---------------------------------------------------------- */

/* What the number of an event counts. */
static void
put_count(FILE *f, const struct m_event *e)
{
	char span[SPAN_TEXT_SIZE];

	if (e->count == 0)
		return;
	if (e->kind == EVENT_BAN)
		fprintf(f, " for %s", span_text(e->count, span));
	else
		fprintf(f, " %u%s", e->count,
		    e->kind == EVENT_DIAL ? "ms" : "");
}

static void
text_event(struct view *v, const struct m_event *e)
{
	char when[RFC3339_SIZE], text[sizeof(e->text)];
	char id[NODE_ID_TEXT_SIZE], na[NETADDR_TEXT_SIZE];
	bool ban = e->kind == EVENT_BAN || e->kind == EVENT_UNBAN;

	fprintf(v->f, "%s %-9s %s", rfc3339_text_ms(e->time_ms, when),
	    event_name(e->kind), ban ? "-" : e->outbound ? ">" : "<");
	if (e->has_id)
		fprintf(v->f, " %s", node_id_text(&e->id, id));
	if (e->has_na)
		fprintf(v->f, " %s", ban ? ip_text(e->na.ip, na) :
		    netaddr_text(&e->na, na));
	put_count(v->f, e);
	if (e->text[0] != '\0')
		fprintf(v->f, " %s", human_safe(e->text, text, sizeof(text)));
	fputc('\n', v->f);
}

static void
text_done(struct view *v, const struct m_done *d)
{
	char text[sizeof(d->text)];

	/* What went wrong is for standard error, and not this one's. */
	if (d->status == STATUS_OK && d->text[0] != '\0')
		fprintf(v->f, "%s\n", human_safe(d->text, text, sizeof(text)));
}

static void
text_imported(struct view *v, const struct import_report *r)
{
	const struct import_tally *t = r->tally;
	int d;

	fprintf(v->f, "%s: %s, %" PRIu64 " entries\n", r->file,
	    import_format_name(r->format), t->entries + t->left_out);
	if (r->checked_only)
		fprintf(v->f, "good %" PRIu64 ", left out %" PRIu64 "\n",
		    t->entries, t->left_out);
	else
		fprintf(v->f, "taken %" PRIu64 ", known %" PRIu64
		    ", refused %" PRIu64 ", left out %" PRIu64 "\n",
		    r->taken, r->known, r->refused, t->left_out);
	for (d = 0; d < IMPORT_REFUSAL_MAX; d++)
		if (r->why[d] > 0)
			fprintf(v->f, "refused %" PRIu64 ": %s\n", r->why[d],
			    import_refusal_text(d));
	for (d = 0; d < DEFECT_MAX; d++)
		if (t->defects[d] > 0)
			fprintf(v->f, "left out %" PRIu64 ": %s "
			    "(first on line %" PRIu64 ")\n", t->defects[d],
			    import_defect_text(d), t->first_line[d]);
}

static void
text_exported(struct view *v, const struct export_report *r)
{
	fprintf(v->f, "%s: %s, %" PRIu64 " entries\n", r->file, r->format,
	    r->written);
	if (r->banned > 0)
		fprintf(v->f, "left out %" PRIu64 ": banned\n", r->banned);
	if (r->other_endpoint > 0)
		fprintf(v->f, "left out %" PRIu64 ": the ID has a better "
		    "endpoint\n", r->other_endpoint);
	if (r->no_room > 0)
		fprintf(v->f, "left out %" PRIu64 ": CometBFT's tables are "
		    "full\n", r->no_room);
}

static void
text_key(struct view *v, const struct key_report *k)
{
	char id[NODE_ID_TEXT_SIZE];

	fprintf(v->f, "%s\n", node_id_text(&k->id, id));
}

const struct output output_text = {
	.begin = text_begin,
	.end = text_end,
	.summary = text_summary,
	.peer = text_peer,
	.entry = text_entry,
	.ban = text_ban,
	.node = text_node,
	.proc = text_proc,
	.dial = text_dial,
	.version = text_version,
	.event = text_event,
	.done = text_done,
	.imported = text_imported,
	.exported = text_exported,
	.key = text_key,
};
