/* SPDX-License-Identifier: ISC */
/* Values of the configuration, checked by the table of options. */

#include <sys/types.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/version.h"
#include "pexd/parse.h"

#define DEFAULT_PORT	26656

static void *
place(struct builder *b, enum option_id id)
{
	return (char *)b->conf + conf_options[id].off;
}

static struct place
here(const struct builder *b)
{
	const struct place p = { lex_file(b->lx), lex_line(b->lx) };

	return p;
}

/* Note where the option is set; it may be once.  True if that holds. */
static bool
first_time(struct builder *b, enum option_id id)
{
	struct place *at = &b->at.option[id];

	if (at->line != 0) {
		lex_error(b->lx, "\"%s\" is already set at %s:%u",
		    conf_options[id].words, at->file, at->line);
		return false;
	}
	*at = here(b);
	return true;
}

/* --- texts ------------------------------------------------------------- */

static const char *
text_problem(const char *s)
{
	bool blank = true;

	for (; *s != '\0'; s++) {
		if (*s < 0x20 || *s > 0x7e)
			return "expected printable ASCII text";
		blank = blank && *s == ' ';
	}
	return blank ? "expected a text that is not blank" : NULL;
}

static const char *
path_problem(const char *s)
{
	const char *why = text_problem(s);

	if (why == NULL && s[0] != '/')
		why = "expected an absolute path";
	return why;
}

void
build_text(struct builder *b, enum option_id id, const char *s)
{
	const struct conf_option *o = &conf_options[id];
	const char *why;

	if (!first_time(b, id))
		return;
	why = o->kind == KIND_PATH ? path_problem(s) : text_problem(s);
	if (why != NULL)
		lex_error(b->lx, "%s: %s", o->words, why);
	else if (strlcpy(place(b, id), s, o->size) >= o->size)
		lex_error(b->lx, "%s: expected at most %zu characters, "
		    "found %zu", o->words, o->size - 1, strlen(s));
}

/* --- numbers ----------------------------------------------------------- */

static bool
in_range(struct builder *b, const char *what, uint64_t v, uint64_t min,
    uint64_t max)
{
	if (v >= min && v <= max)
		return true;
	lex_error(b->lx, "%s: expected %" PRIu64 " to %" PRIu64 ", found %"
	    PRIu64, what, min, max, v);
	return false;
}

void
build_number(struct builder *b, enum option_id id, uint64_t v)
{
	const struct conf_option *o = &conf_options[id];
	uint32_t v32 = v;

	if (!first_time(b, id) ||
	    !in_range(b, o->words, v, o->min, o->max))
		return;
	if (o->kind == KIND_U32)
		memcpy(place(b, id), &v32, sizeof(v32));
	else
		memcpy(place(b, id), &v, sizeof(v));
}

static bool
time_in_range(struct builder *b, const char *what, const struct lex_token *t,
    uint64_t min, uint64_t max)
{
	char lo[TIME_TEXT_SIZE], hi[TIME_TEXT_SIZE];

	if (t->number >= min && t->number <= max)
		return true;
	lex_error(b->lx, "%s: expected %s to %s, found %s", what,
	    time_text(min, lo), time_text(max, hi), t->text);
	return false;
}

void
build_time(struct builder *b, enum option_id id, const struct lex_token *t)
{
	const struct conf_option *o = &conf_options[id];
	uint32_t v = t->number;

	if (first_time(b, id) &&
	    time_in_range(b, o->words, t, o->min, o->max))
		memcpy(place(b, id), &v, sizeof(v));
}

void
build_yesno(struct builder *b, enum option_id id, bool v)
{
	if (first_time(b, id))
		memcpy(place(b, id), &v, sizeof(v));
}

void
build_rate(struct builder *b, enum option_id id, uint64_t tokens,
    const struct lex_token *per, uint64_t burst)
{
	const struct conf_option *o = &conf_options[id];
	struct conf_rate r = {
		.tokens = tokens, .per_ms = per->number, .burst = burst
	};

	if (first_time(b, id) &&
	    in_range(b, o->words, tokens, o->min, o->max) &&
	    time_in_range(b, o->words, per, 1, 24 * 3600000) &&
	    in_range(b, "burst", burst, o->min, o->max))
		memcpy(place(b, id), &r, sizeof(r));
}

void
build_mode(struct builder *b, enum conf_mode mode)
{
	if (first_time(b, OPT_MODE))
		b->conf->mode = mode;
}

/* --- addresses --------------------------------------------------------- */

/* Does a listen to all addresses of a family. */
static bool
covers(const struct netaddr *all, const struct netaddr *na)
{
	return all->port == na->port && ip_is_unspecified(all->ip) &&
	    ip_is_v4(all->ip) == ip_is_v4(na->ip);
}

static bool
is_link_local(const uint8_t ip[16])
{
	return ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80;
}

static void
add_listen(struct builder *b, const struct netaddr *na)
{
	struct conf *c = b->conf;
	char text[NETADDR_TEXT_SIZE], other[NETADDR_TEXT_SIZE];
	unsigned i;

	for (i = 0; i < c->nlisten; i++)
		if (netaddr_equal(&c->listen[i], na)) {
			lex_error(b->lx, "listen on: %s is listed twice",
			    netaddr_text(na, text));
			return;
		} else if (covers(&c->listen[i], na) ||
		    covers(na, &c->listen[i])) {
			lex_error(b->lx, "listen on: %s and %s cannot both be "
			    "listened on", netaddr_text(&c->listen[i], other),
			    netaddr_text(na, text));
			return;
		}
	if (c->nlisten == CONF_LISTEN_MAX) {
		lex_error(b->lx, "listen on: at most %d addresses",
		    CONF_LISTEN_MAX);
		return;
	}
	b->at.listen[c->nlisten] = here(b);
	c->listen[c->nlisten++] = *na;
}

/* The unspecified address of each family. */
static void
listen_on_all(struct builder *b, uint16_t port)
{
	static const char *const any[] = { "0.0.0.0", "::" };
	struct netaddr na = { .port = port };
	size_t i;

	for (i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
		(void)ip_parse(any[i], strlen(any[i]), na.ip);
		add_listen(b, &na);
	}
}

static int
parse_ip(const char *s, uint8_t ip[16])
{
	size_t len = strlen(s);

	if (len > 2 && s[0] == '[' && s[len - 1] == ']')
		return ip_parse(s + 1, len - 2, ip);
	return ip_parse(s, len, ip);
}

void
build_listen(struct builder *b, const char *addr, uint64_t port)
{
	const struct conf_option *o = &conf_options[OPT_LISTEN];
	struct netaddr na = { .port = port };

	if (!in_range(b, "port", port, o->min, o->max))
		return;
	if (strcmp(addr, "*") == 0)
		listen_on_all(b, port);
	else if (parse_ip(addr, na.ip) == -1)
		lex_error(b->lx, "listen on: expected an IP address or *, "
		    "found \"%s\"", addr);
	else if (is_link_local(na.ip))
		lex_error(b->lx, "listen on: %s is good on one link only, "
		    "expected an address that others can reach", addr);
	else
		add_listen(b, &na);
}

void
build_external(struct builder *b, const char *s)
{
	struct conf *c = b->conf;
	struct netaddr na;
	enum addrparse err = netaddr_parse(s, strlen(s), &na);
	bool *has;

	if (err != ADDRPARSE_OK) {
		lex_error(b->lx, "external address: expected IP:PORT, found "
		    "\"%s\": %s", s, addrparse_reason(err));
		return;
	}
	if (na.port == 0 || !ip_is_valid(na.ip)) {
		lex_error(b->lx, "external address: nobody can connect to %s",
		    s);
		return;
	}
	has = ip_is_v4(na.ip) ? &c->has_external4 : &c->has_external6;
	if (*has) {
		lex_error(b->lx, "external address: expected one for each "
		    "family, found another IPv%d address",
		    ip_is_v4(na.ip) ? 4 : 6);
		return;
	}
	*has = true;
	*(ip_is_v4(na.ip) ? &c->external4 : &c->external6) = na;
}

/* --- peers ------------------------------------------------------------- */

static const char *
parse_peer(enum option_kind kind, const char *s, struct host_addr *ha)
{
	enum addrparse err;

	memset(ha, 0, sizeof(*ha));
	if (kind == KIND_IDS)
		return node_id_parse(s, strlen(s), &ha->id) == 0 ? NULL :
		    addrparse_reason(ADDRPARSE_BAD_ID);
	if ((err = host_addr_parse(s, strlen(s), ha)) != ADDRPARSE_OK)
		return addrparse_reason(err);
	if (ha->port == 0)
		return "port 0 cannot be dialled";
	return NULL;
}

static bool
is_listed(const struct conf *c, enum conf_peer_kind kind,
    const struct host_addr *ha)
{
	const struct conf_peer *p;

	TAILQ_FOREACH(p, &c->peers, entry)
		if (p->kind == kind && p->addr.port == ha->port &&
		    node_id_equal(&p->addr.id, &ha->id) &&
		    strcasecmp(p->addr.host, ha->host) == 0)
			return true;
	return false;
}

void
build_peer(struct builder *b, enum option_id id, const char *s)
{
	const struct conf_option *o = &conf_options[id];
	enum conf_peer_kind kind = o->min;
	struct host_addr ha;
	const char *why;

	if ((why = parse_peer(o->kind, s, &ha)) != NULL)
		lex_error(b->lx, "%s: expected %s, found \"%s\": %s",
		    o->words, option_tail(o->kind), s, why);
	else if (is_listed(b->conf, kind, &ha))
		lex_error(b->lx, "%s: %s is listed twice", o->words, s);
	else if (conf_count_peers(b->conf, kind) >= CONF_PEERS_MAX)
		lex_error(b->lx, "%s: at most %d entries", o->words,
		    CONF_PEERS_MAX);
	else if (conf_add_peer(b->conf, kind, &ha) == -1)
		lex_error(b->lx, "out of memory");
}

/* --- the whole --------------------------------------------------------- */

void
build_macro(struct builder *b, struct macros *ms, const char *name,
    const char *value)
{
	if (macro_set(ms, name, value, false) == 0)
		return;
	if (errno == ENOSPC)
		lex_error(b->lx, "at most %d macros", MACROS_MAX);
	else
		lex_error(b->lx, "\"%s\" cannot be the name of a macro", name);
}

/* Two that do not go together: at the one that was given last. */
static void
clash(struct builder *b, enum option_id one, enum option_id two,
    const char *what)
{
	const struct place *p1 = &b->at.option[one], *p2 = &b->at.option[two];
	const struct place *later = p1->line > p2->line ? p1 : p2;

	lex_error_at(b->lx, later->file, later->line, "%s", what);
}

void
build_finish(struct builder *b)
{
	struct conf *c = b->conf;
	const struct conf_times *t = &c->times;

	/* After another error it may be there, and wrong. */
	if (b->at.option[OPT_NETWORK].line == 0 && lex_errors(b->lx) == 0)
		lex_error_at(b->lx, lex_file(b->lx), 0, "expected "
		    "\"network\": every configuration names its chain ID");
	if (t->seed_interval_max < t->seed_interval)
		clash(b, OPT_SEED_INTERVAL_MAX, OPT_SEED_INTERVAL,
		    "seed interval max is less than seed interval");
	if (c->moniker[0] == '\0')
		strlcpy(c->moniker, "pexd", sizeof(c->moniker));
	if (c->version[0] == '\0')
		strlcpy(c->version, "pexd/" PEXD_VERSION, sizeof(c->version));
	if (c->nlisten == 0) {
		listen_on_all(b, DEFAULT_PORT);
		memset(b->at.listen, 0, sizeof(b->at.listen));
	}
	conf_set_mode_defaults(c);
	c->places = places_copy(&b->at);	/* without, less is said */
}
