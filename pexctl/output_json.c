/* SPDX-License-Identifier: ISC */
/*
 * JSON for programs.  The keys are an interface: pexctl(8) lists them, and
 * none changes its name or its meaning.
 */

#include <sys/types.h>

#include "pexctl/import_refusal.h"
#include "pexctl/output.h"

static const char *const names[] = {
	[SHOW_PEERS]		= "peers",
	[SHOW_BOOK]		= "book",
	[SHOW_BANS]		= "bans",
	[SHOW_NODES]		= "nodes",
	[SHOW_PROCESSES]	= "processes",
	[SHOW_DIALS]		= "dials",
	[SHOW_VERSIONS]		= "versions",
};

/* --- pieces ------------------------------------------------------------ */

static void
put_id(struct jsonw *j, const char *key, const struct node_id *id)
{
	char text[NODE_ID_TEXT_SIZE];

	jsonw_str(j, key, node_id_text(id, text));
}

/* ip and port to be used one by one, addr to be used as it is. */
static void
put_na(struct jsonw *j, const struct netaddr *na)
{
	char ip[IP_TEXT_SIZE], addr[NETADDR_TEXT_SIZE];

	jsonw_str(j, "ip", ip_text(na->ip, ip));
	jsonw_uint(j, "port", na->port);
	jsonw_str(j, "addr", netaddr_text(na, addr));
}

static void
put_addr(struct jsonw *j, const struct peer_addr *pa)
{
	put_id(j, "id", &pa->id);
	put_na(j, &pa->na);
}

/* Unix seconds, or null for never. */
static void
put_time(struct jsonw *j, const char *key, int64_t t)
{
	if (t <= 0)
		jsonw_null(j, key);
	else
		jsonw_int(j, key, t);
}

/* A figure, or null if there is none. */
static void
put_if(struct jsonw *j, const char *key, uint64_t v, bool known)
{
	if (known)
		jsonw_uint(j, key, v);
	else
		jsonw_null(j, key);
}

/* A figure that is never 0 if it is known. */
static void
put_known(struct jsonw *j, const char *key, uint64_t v)
{
	put_if(j, key, v, v != 0);
}

/* Of who told, only this is kept. */
static void
put_source_group(struct jsonw *j, uint64_t v)
{
	char text[NETGROUP_TEXT_SIZE];

	if (v == 0)
		jsonw_null(j, "source_group");
	else
		jsonw_str(j, "source_group",
		    netgroup_text((struct netgroup){ v }, text));
}

void
json_entry(struct jsonw *j, const char *key, const struct m_row_entry *e)
{
	unsigned i;

	jsonw_object(j, key);
	put_addr(j, &e->addr);
	jsonw_str(j, "level", level_name(e->level));
	jsonw_bool(j, "old", e->is_old);
	jsonw_bool(j, "verified", e->verified);
	jsonw_uint(j, "attempts", e->attempts);
	jsonw_uint(j, "successes", e->successes);
	jsonw_uint(j, "tries", e->tries);
	put_time(j, "first_heard", e->first_heard);
	put_time(j, "last_heard", e->last_heard);
	put_time(j, "last_try", e->last_try);
	put_time(j, "first_success", e->first_success);
	put_time(j, "last_success", e->last_success);
	put_time(j, "last_failure", e->last_failure);
	put_time(j, "next_try", e->next_try);
	put_source_group(j, e->source_group);
	jsonw_array(j, "buckets");
	for (i = 0; i < e->nbuckets && i < MSG_BUCKETS_MAX; i++)
		jsonw_uint(j, NULL, e->buckets[i]);
	jsonw_end(j);
	jsonw_end(j);
}

/* --- show -------------------------------------------------------------- */

static void
js_begin(struct view *v, int what)
{
	jsonw_init(&v->json, v->f);
	jsonw_object(&v->json, NULL);
	jsonw_rows(&v->json, names[what]);
}

static void
js_end(struct view *v)
{
	jsonw_finish(&v->json);
}

static void
put_fact(struct jsonw *j, const struct summary *s, size_t i, size_t n)
{
	char key[SUMMARY_KEY_SIZE];

	summary_key(s, i, key);
	if (n == 1 && !summary_is_list(s->items[i].name)) {
		jsonw_str(j, key, s->items[i].text);
		return;
	}
	jsonw_array(j, key);
	for (; n > 0; n--, i++)
		jsonw_str(j, NULL, s->items[i].text);
	jsonw_end(j);
}

static void
put_facts(struct jsonw *j, const struct summary *s)
{
	size_t i, n;

	jsonw_object(j, "facts");
	for (i = 0; i < s->n; i += n) {
		n = summary_values(s, i);
		if (s->items[i].is_text)
			put_fact(j, s, i, n);
	}
	jsonw_end(j);
}

static void
put_counters(struct jsonw *j, const struct summary *s)
{
	enum role role = ROLE_NONE;
	const struct item *it;
	size_t i;

	jsonw_object(j, "counters");
	for (i = 0; i < s->n; i++) {
		it = &s->items[i];
		if (it->is_text)
			continue;
		if (it->role != role) {
			if (role != ROLE_NONE)
				jsonw_end(j);
			role = it->role;
			jsonw_object(j, role_name(role));
		}
		jsonw_int(j, it->name, it->number);
	}
	if (role != ROLE_NONE)
		jsonw_end(j);
	jsonw_end(j);
}

static void
js_summary(struct view *v, struct summary *s)
{
	summary_sort(s);
	jsonw_init(&v->json, v->f);
	jsonw_object(&v->json, NULL);
	put_facts(&v->json, s);
	put_counters(&v->json, s);
	jsonw_finish(&v->json);
}

static void
put_claim(struct jsonw *j, bool has_claim, const struct netaddr *claim)
{
	if (!has_claim) {
		jsonw_null(j, "claim");
		return;
	}
	jsonw_object(j, "claim");
	put_na(j, claim);
	jsonw_end(j);
}

static void
js_peer(struct view *v, const struct m_row_peer *p)
{
	struct jsonw *j = &v->json;

	jsonw_object(j, NULL);
	put_addr(j, &p->addr);
	jsonw_uint(j, "conn", p->conn);
	jsonw_bool(j, "outbound", p->outbound);
	jsonw_bool(j, "persistent", p->persistent);
	jsonw_bool(j, "unconditional", p->unconditional);
	jsonw_str(j, "purpose", purpose_name(p->purpose));
	put_claim(j, p->has_claim, &p->claim);
	jsonw_uint(j, "age_s", p->age_s);
	jsonw_uint(j, "idle_s", p->idle_s);
	jsonw_uint(j, "in_bytes", p->in_bytes);
	jsonw_uint(j, "out_bytes", p->out_bytes);
	jsonw_uint(j, "requests", p->requests);
	jsonw_uint(j, "replies", p->replies);
	jsonw_uint(j, "asked", p->asked);
	jsonw_uint(j, "answers", p->answers);
	jsonw_uint(j, "pings", p->pings);
	jsonw_uint(j, "pongs", p->pongs);
	put_known(j, "rtt_us", p->rtt_us);
	jsonw_str(j, "moniker", p->moniker);
	jsonw_str(j, "version", p->version);
	jsonw_str(j, "network", p->network);
	jsonw_end(j);
}

static void
js_entry(struct view *v, const struct m_row_entry *e)
{
	json_entry(&v->json, NULL, e);
}

static void
js_ban(struct view *v, const struct m_row_ban *b)
{
	struct jsonw *j = &v->json;
	char ip[IP_TEXT_SIZE];

	jsonw_object(j, NULL);
	if (b->has_id)
		put_id(j, "id", &b->id);
	else
		jsonw_null(j, "id");
	if (b->has_host)
		jsonw_str(j, "ip", ip_text(b->ip, ip));
	else
		jsonw_null(j, "ip");
	put_time(j, "until", b->until);
	jsonw_int(j, "left_s", b->until > v->now ? b->until - v->now : 0);
	jsonw_uint(j, "count", b->count);
	jsonw_str(j, "why", b->why);
	jsonw_end(j);
}

static void
put_uptime(struct jsonw *j, const char *window, uint16_t permille)
{
	if (permille == MSG_UPTIME_UNKNOWN)
		jsonw_null(j, window);
	else
		jsonw_uint(j, window, permille);
}

static void
js_node(struct view *v, const struct m_row_node *n)
{
	static const char *const windows[] = { "2h", "8h", "1d", "1w", "1mo" };
	struct jsonw *j = &v->json;
	size_t i;

	jsonw_object(j, NULL);
	put_addr(j, &n->addr);
	put_claim(j, n->has_claim, &n->claim);
	jsonw_str(j, "moniker", n->moniker);
	jsonw_str(j, "version", n->version);
	jsonw_str(j, "network", n->network);
	put_known(j, "latency_ms", n->latency_ms);
	put_time(j, "first_seen", n->first_seen);
	put_time(j, "last_seen", n->last_seen);
	jsonw_object(j, "uptime_permille");
	for (i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
		put_uptime(j, windows[i], n->uptime[i]);
	jsonw_end(j);
	jsonw_end(j);
}

static void
js_proc(struct view *v, const struct m_row_proc *p)
{
	struct jsonw *j = &v->json;

	jsonw_object(j, NULL);
	jsonw_str(j, "process", role_name(p->role));
	/* Where it does not run: kill(2) takes 0 for the whole group. */
	put_known(j, "pid", p->pid);
	put_if(j, "age_s", p->age_s, p->pid != 0);
	jsonw_uint(j, "deaths", p->deaths);
	jsonw_bool(j, "ready", p->ready);
	if (p->sandbox[0] == '\0')
		jsonw_null(j, "sandbox");
	else
		jsonw_str(j, "sandbox", p->sandbox);
	/* Memory is never 0: both are unknown then. */
	put_known(j, "rss_bytes", p->rss_bytes);
	put_if(j, "cpu_ms", p->cpu_ms, p->rss_bytes != 0);
	jsonw_uint(j, "shed", p->shed);
	jsonw_end(j);
}

static void
js_dial(struct view *v, const struct m_row_dial *d)
{
	struct jsonw *j = &v->json;

	jsonw_object(j, NULL);
	jsonw_str(j, "kind", purpose_name(d->purpose));
	put_id(j, "id", &d->addr.id);
	jsonw_str(j, "host", d->addr.host);
	jsonw_uint(j, "port", d->addr.port);
	jsonw_bool(j, "connected", d->connected);
	jsonw_uint(j, "tries", d->tries);
	put_if(j, "next_s", d->next_s, !d->connected &&
	    d->next_s != DIAL_NEVER);
	if (d->last == 0)
		jsonw_null(j, "last");
	else
		jsonw_str(j, "last", outcome_name(d->last));
	jsonw_end(j);
}

static void
js_version(struct view *v, const struct version_count *c)
{
	struct jsonw *j = &v->json;

	jsonw_object(j, NULL);
	jsonw_str(j, "version", c->version);
	jsonw_str(j, "network", c->network);
	jsonw_uint(j, "nodes", c->nodes);
	jsonw_uint(j, "share_permille", c->share);
	jsonw_end(j);
}

/* --- the rest: one line each ------------------------------------------- */

/* The number of an event, under the name of what it counts. */
static void
put_count(struct jsonw *j, const struct m_event *e)
{
	switch (e->kind) {
	case EVENT_BAN:
		jsonw_uint(j, "seconds", e->count);
		jsonw_int(j, "until", e->time_ms / 1000 + e->count);
		break;
	case EVENT_DIAL:
		put_known(j, "connect_ms", e->count);
		break;
	default:
		jsonw_uint(j, "count", e->count);
		break;
	}
}

static void
js_event(struct view *v, const struct m_event *e)
{
	struct jsonw *j = &v->json;
	char ip[IP_TEXT_SIZE];

	jsonw_init(j, v->f);
	jsonw_object(j, NULL);
	jsonw_int(j, "time_ms", e->time_ms);
	jsonw_str(j, "event", event_name(e->kind));
	if (e->has_id)
		put_id(j, "id", &e->id);
	else
		jsonw_null(j, "id");
	if (e->has_na && (e->kind == EVENT_BAN || e->kind == EVENT_UNBAN))
		jsonw_str(j, "ip", ip_text(e->na.ip, ip));	/* a host */
	else if (e->has_na)
		put_na(j, &e->na);
	jsonw_bool(j, "outbound", e->outbound);
	put_count(j, e);
	jsonw_str(j, "text", e->text);
	jsonw_finish(j);
}

static void
js_done(struct view *v, const struct m_done *d)
{
	struct jsonw *j = &v->json;
	char error[sizeof(d->text) + 32];

	if (j->depth > 0)
		return;
	jsonw_init(j, v->f);
	jsonw_object(j, NULL);
	jsonw_str(j, "status", status_name(d->status));
	jsonw_str(j, "text", d->text);
	if (d->status != STATUS_OK) {
		snprintf(error, sizeof(error), "%s%s%s",
		    status_name(d->status), d->text[0] == '\0' ? "" : ": ",
		    d->text);
		jsonw_str(j, "error", error);
	}
	jsonw_finish(j);
}

static void
js_error(struct view *v, const char *text)
{
	struct jsonw *j = &v->json;

	/* A document that is not complete has no end. */
	if (j->depth > 0)
		return;
	jsonw_init(j, v->f);
	jsonw_object(j, NULL);
	jsonw_str(j, "error", text);
	jsonw_finish(j);
}

static void
put_refusals(struct jsonw *j, const struct import_report *r)
{
	int i;

	jsonw_array(j, "refusals");
	for (i = 0; i < IMPORT_REFUSAL_MAX; i++) {
		if (r->why[i] == 0)
			continue;
		jsonw_object(j, NULL);
		jsonw_str(j, "reason", import_refusal_key(i));
		jsonw_uint(j, "count", r->why[i]);
		jsonw_end(j);
	}
	jsonw_end(j);
}

static void
js_imported(struct view *v, const struct import_report *r)
{
	const struct import_tally *t = r->tally;
	struct jsonw *j = &v->json;
	int d;

	jsonw_init(j, v->f);
	jsonw_object(j, NULL);
	jsonw_str(j, "file", r->file);
	jsonw_str(j, "format", import_format_name(r->format));
	jsonw_uint(j, "entries", t->entries + t->left_out);
	if (!r->checked_only) {
		jsonw_uint(j, "taken", r->taken);
		jsonw_uint(j, "known", r->known);
		jsonw_uint(j, "refused", r->refused);
		put_refusals(j, r);
	}
	jsonw_uint(j, "left_out", t->left_out);
	jsonw_array(j, "reasons");
	for (d = 0; d < DEFECT_MAX; d++) {
		if (t->defects[d] == 0)
			continue;
		jsonw_object(j, NULL);
		jsonw_str(j, "reason", import_defect_key(d));
		jsonw_uint(j, "count", t->defects[d]);
		jsonw_uint(j, "first_line", t->first_line[d]);
		jsonw_end(j);
	}
	jsonw_finish(j);
}

static void
js_exported(struct view *v, const struct export_report *r)
{
	struct jsonw *j = &v->json;

	jsonw_init(j, v->f);
	jsonw_object(j, NULL);
	jsonw_str(j, "file", r->file);
	jsonw_str(j, "format", r->format);
	jsonw_uint(j, "written", r->written);
	jsonw_uint(j, "banned", r->banned);
	jsonw_uint(j, "other_endpoint", r->other_endpoint);
	jsonw_uint(j, "no_room", r->no_room);
	jsonw_finish(j);
}

static void
js_key(struct view *v, const struct key_report *k)
{
	struct jsonw *j = &v->json;
	char hex[2 * sizeof(k->pubkey) + 1];
	size_t i;

	for (i = 0; i < sizeof(k->pubkey); i++)
		snprintf(hex + 2 * i, 3, "%02x", k->pubkey[i]);
	jsonw_init(j, v->f);
	jsonw_object(j, NULL);
	jsonw_str(j, "file", k->file);
	put_id(j, "id", &k->id);
	jsonw_str(j, "pubkey", hex);
	jsonw_finish(j);
}

const struct output output_json = {
	.begin = js_begin,
	.end = js_end,
	.summary = js_summary,
	.peer = js_peer,
	.entry = js_entry,
	.ban = js_ban,
	.node = js_node,
	.proc = js_proc,
	.dial = js_dial,
	.version = js_version,
	.event = js_event,
	.done = js_done,
	.error = js_error,
	.imported = js_imported,
	.exported = js_exported,
	.key = js_key,
};
