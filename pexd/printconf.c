/* SPDX-License-Identifier: ISC */
/* The canonical form of the configuration, by the table of options. */

#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pexd/parse.h"

typedef void print_fn(FILE *, const struct conf *, const struct conf_option *);

static const void *
place(const struct conf *c, const struct conf_option *o)
{
	return (const char *)c + o->off;
}

static void
print_quoted(FILE *fp, const char *s)
{
	putc('"', fp);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', fp);
		putc(*s, fp);
	}
	putc('"', fp);
}

static void
print_text(FILE *fp, const struct conf *c, const struct conf_option *o)
{
	const char *s = place(c, o);

	if (*s == '\0')
		return;
	fprintf(fp, "%s ", o->words);
	print_quoted(fp, s);
	putc('\n', fp);
}

static void
print_u32(FILE *fp, const struct conf *c, const struct conf_option *o)
{
	uint32_t v;

	memcpy(&v, place(c, o), sizeof(v));
	fprintf(fp, "%s %" PRIu32 "\n", o->words, v);
}

static void
print_u64(FILE *fp, const struct conf *c, const struct conf_option *o)
{
	uint64_t v;

	memcpy(&v, place(c, o), sizeof(v));
	fprintf(fp, "%s %" PRIu64 "\n", o->words, v);
}

static void
print_time(FILE *fp, const struct conf *c, const struct conf_option *o)
{
	char buf[TIME_TEXT_SIZE];
	uint32_t v;

	memcpy(&v, place(c, o), sizeof(v));
	fprintf(fp, "%s %s\n", o->words, time_text(v, buf));
}

static void
print_yesno(FILE *fp, const struct conf *c, const struct conf_option *o)
{
	bool v;

	memcpy(&v, place(c, o), sizeof(v));
	fprintf(fp, "%s %s\n", o->words, v ? "yes" : "no");
}

static void
print_rate(FILE *fp, const struct conf *c, const struct conf_option *o)
{
	char buf[TIME_TEXT_SIZE];
	struct conf_rate r;

	memcpy(&r, place(c, o), sizeof(r));
	fprintf(fp, "%s %" PRIu32 " per %s burst %" PRIu32 "\n", o->words,
	    r.tokens, time_text(r.per_ms, buf), r.burst);
}

static void
print_mode(FILE *fp, const struct conf *c, const struct conf_option *o)
{
	fprintf(fp, "%s %s\n", o->words,
	    c->mode == MODE_SEED ? "seed" : "peer");
}

static void
print_listen(FILE *fp, const struct conf *c, const struct conf_option *o)
{
	char buf[IP_TEXT_SIZE];
	unsigned i;

	for (i = 0; i < c->nlisten; i++)
		fprintf(fp, "%s %s port %u\n", o->words,
		    ip_text(c->listen[i].ip, buf), c->listen[i].port);
}

static void
print_external(FILE *fp, const struct conf *c, const struct conf_option *o)
{
	char buf[NETADDR_TEXT_SIZE];

	if (c->has_external4)
		fprintf(fp, "%s %s\n", o->words,
		    netaddr_text(&c->external4, buf));
	if (c->has_external6)
		fprintf(fp, "%s %s\n", o->words,
		    netaddr_text(&c->external6, buf));
}

static void
print_ids(FILE *fp, const struct conf *c, const struct conf_option *o)
{
	const struct conf_peer *p;
	char id[NODE_ID_TEXT_SIZE];

	TAILQ_FOREACH(p, &c->peers, entry)
		if (p->kind == (enum conf_peer_kind)o->min)
			fprintf(fp, "%s \"%s\"\n", o->words,
			    node_id_text(&p->addr.id, id));
}

static void
print_peers(FILE *fp, const struct conf *c, const struct conf_option *o)
{
	const struct conf_peer *p;
	char id[NODE_ID_TEXT_SIZE], na[NETADDR_TEXT_SIZE];
	struct netaddr lit;

	TAILQ_FOREACH(p, &c->peers, entry) {
		if (p->kind != (enum conf_peer_kind)o->min)
			continue;
		fprintf(fp, "%s \"%s@", o->words,
		    node_id_text(&p->addr.id, id));
		if (p->addr.is_literal) {
			memcpy(lit.ip, p->addr.ip, sizeof(lit.ip));
			lit.port = p->addr.port;
			fprintf(fp, "%s\"\n", netaddr_text(&lit, na));
		} else
			fprintf(fp, "%s:%u\"\n", p->addr.host, p->addr.port);
	}
}

static print_fn *const printers[KIND_COUNT] = {
	[KIND_TEXT] = print_text,
	[KIND_NAME] = print_text,
	[KIND_PATH] = print_text,
	[KIND_U32] = print_u32,
	[KIND_U64] = print_u64,
	[KIND_TIME] = print_time,
	[KIND_YESNO] = print_yesno,
	[KIND_RATE] = print_rate,
	[KIND_MODE] = print_mode,
	[KIND_LISTEN] = print_listen,
	[KIND_EXTERNAL] = print_external,
	[KIND_PEERS] = print_peers,
	[KIND_IDS] = print_ids,
};

int
conf_print(const struct conf *c, FILE *fp)
{
	size_t i;

	for (i = 0; i < OPT_COUNT; i++)
		printers[conf_options[i].kind](fp, c, &conf_options[i]);
	return fflush(fp) == EOF || ferror(fp) ? -1 : 0;
}
