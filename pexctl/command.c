/* SPDX-License-Identifier: ISC */
/* The command line: a tree of words. */

#include <sys/types.h>

#include <ctype.h>
#include <string.h>

#include "common/span.h"
#include "pexctl/command.h"
#include "pexctl/human.h"
#include "pexctl/output.h"

/* One word that may stand at some place; a table ends with END. */
struct token {
	const char		*name;	/* a word, or in capitals a value */
	const struct token	*next;	/* what may follow it; NULL: nothing */
	/* Put the word into args.  0, or -1: it is no such value.  NULL: -. */
	int			(*take)(struct args *, const char *, int);
	int			 value;	/* for take */
	enum action		 action;	/* if now known */
};

/* Stands for the end of the command where it may end. */
#define NOTHING		"(nothing more)"
#define DURATION	"DURATION (numbers and " SPAN_UNITS ", such as " \
			"1d12h; at most 3650d)"
_Static_assert(MSG_BAN_MAX_S == 3650 * 86400, "as it is told");
#define END		{ NULL, NULL, NULL, 0, ACT_NONE }

/* --- values ------------------------------------------------------------ */

static int
take_what(struct args *a, const char *w, int value)
{
	a->what = value;
	return 0;
}

static int
take_format(struct args *a, const char *w, int value)
{
	a->format = (enum book_format)value;
	return 0;
}

static int
take_persistent(struct args *a, const char *w, int value)
{
	a->persistent = true;
	return 0;
}

static int
take_check(struct args *a, const char *w, int value)
{
	a->check_only = true;
	return 0;
}

static int
take_verbose(struct args *a, const char *w, int value)
{
	a->verbose = value;
	return 0;
}

static int
take_seconds(struct args *a, const char *w, int value)
{
	a->seconds = (uint32_t)value;
	return 0;
}

static int
take_span(struct args *a, const char *w, int value)
{
	return human_parse_span(w, MSG_BAN_MAX_S, &a->seconds);
}

static int
take_id(struct args *a, const char *w, int value)
{
	a->has_id = true;
	return node_id_parse(w, strlen(w), &a->id);
}

static int
take_id_or_ip(struct args *a, const char *w, int value)
{
	if (ip_parse(w, strlen(w), a->ip) == -1)
		return take_id(a, w, value);
	a->has_ip = true;
	return 0;
}

static int
take_addr(struct args *a, const char *w, int value)
{
	return host_addr_parse(w, strlen(w), &a->addr) == ADDRPARSE_OK &&
	    a->addr.port != 0 ? 0 : -1;
}

static int
take_file(struct args *a, const char *w, int value)
{
	if (a->file == NULL)
		a->file = w;
	else
		a->file2 = w;
	return *w == '\0' ? -1 : 0;
}

/* --- the tree, from its leaves ----------------------------------------- */

static const struct token t_end[] = {
	{ NOTHING, NULL, NULL, 0, ACT_NONE },
	END
};

static const struct token t_show[] = {
	{ NOTHING,	NULL,	take_what, SHOW_SUMMARY,	ACT_SHOW },
	{ "bans",	t_end,	take_what, SHOW_BANS,		ACT_SHOW },
	{ "book",	t_end,	take_what, SHOW_BOOK,		ACT_SHOW },
	{ "dials",	t_end,	take_what, SHOW_DIALS,		ACT_SHOW },
	{ "metrics",	t_end,	take_what, SHOW_METRICS,	ACT_SHOW },
	{ "nodes",	t_end,	take_what, SHOW_NODES,		ACT_SHOW },
	{ "peers",	t_end,	take_what, SHOW_PEERS,		ACT_SHOW },
	{ "processes",	t_end,	take_what, SHOW_PROCESSES,	ACT_SHOW },
	{ "summary",	t_end,	take_what, SHOW_SUMMARY,	ACT_SHOW },
	{ "versions",	t_end,	take_what, SHOW_VERSIONS,	ACT_SHOW },
	END
};

static const struct token t_persistent[] = {
	{ NOTHING,	NULL,	NULL, 0,		ACT_NONE },
	{ "persistent",	t_end,	take_persistent, 0,	ACT_NONE },
	END
};
static const struct token t_dial[] = {
	{ "ID@HOST:PORT", t_persistent, take_addr, 0,	ACT_DIAL },
	END
};

static const struct token t_drop[] = {
	{ "ID",		t_end,	take_id, 0,		ACT_DROP },
	END
};

static const struct token t_duration[] = {
	{ NOTHING,	NULL,	take_seconds, BAN_DEFAULT, ACT_NONE },
	{ DURATION,	t_end,	take_span, 0,		ACT_NONE },
	END
};
static const struct token t_ban[] = {
	{ "ID|IP", t_duration,	take_id_or_ip, 0,	ACT_BAN },
	END
};
static const struct token t_unban[] = {
	{ "ID|IP",	t_end,	take_id_or_ip, 0,	ACT_BAN },
	END
};

static const struct token t_log[] = {
	{ "brief",	t_end,	take_verbose, 0,	ACT_LOG },
	{ "verbose",	t_end,	take_verbose, 1,	ACT_LOG },
	END
};

static const struct token t_import_file[] = {
	{ "FILE",	t_end,	take_file, 0,		ACT_NONE },
	END
};
static const struct token t_import[] = {
	{ "-n",	t_import_file,	take_check, 0,		ACT_IMPORT },
	{ "FILE",	t_end,	take_file, 0,		ACT_IMPORT },
	END
};
static const struct token t_export_file[] = {
	{ NOTHING,	NULL,	NULL, 0,		ACT_NONE },
	{ "FILE",	t_end,	take_file, 0,		ACT_NONE },
	END
};
static const struct token t_format[] = {
	{ "comet", t_export_file, take_format, BOOK_COMET, ACT_NONE },
	{ "json", t_export_file, take_format, BOOK_JSON, ACT_NONE },
	{ "list", t_export_file, take_format, BOOK_LIST, ACT_NONE },
	END
};
static const struct token t_export[] = {
	{ NOTHING,	NULL,	NULL, 0,		ACT_EXPORT },
	{ "-f",		t_format, NULL, 0,		ACT_EXPORT },
	{ "FILE",	t_end,	take_file, 0,		ACT_EXPORT },
	END
};
static const struct token t_book[] = {
	{ "export",	t_export, NULL, 0,		ACT_NONE },
	{ "import",	t_import, NULL, 0,		ACT_NONE },
	END
};

static const struct token t_key_file[] = {
	{ "FILE",	t_end,	take_file, 0,		ACT_NONE },
	END
};
static const struct token t_key_import[] = {
	{ "NODE_KEY_JSON", t_key_file, take_file, 0,	ACT_NONE },
	END
};
static const struct token t_key_json[] = {
	{ "NODE_KEY_JSON", t_end, take_file, 0,		ACT_NONE },
	END
};
static const struct token t_key_export[] = {
	{ "FILE", t_key_json,	take_file, 0,		ACT_NONE },
	END
};
static const struct token t_key[] = {
	{ "export",	t_key_export, NULL, 0,		ACT_KEY_EXPORT },
	{ "generate",	t_key_file, NULL, 0,		ACT_KEY_GENERATE },
	{ "import",	t_key_import, NULL, 0,		ACT_KEY_IMPORT },
	{ "show",	t_key_file, NULL, 0,		ACT_KEY_SHOW },
	END
};

static const struct token t_main[] = {
	{ "ban",	t_ban,	NULL, 0,		ACT_NONE },
	{ "book",	t_book,	NULL, 0,		ACT_NONE },
	{ "dial",	t_dial,	NULL, 0,		ACT_NONE },
	{ "drop",	t_drop,	NULL, 0,		ACT_NONE },
	{ "key",	t_key,	NULL, 0,		ACT_NONE },
	{ "log",	t_log,	NULL, 0,		ACT_NONE },
	{ "monitor",	t_end,	NULL, 0,		ACT_MONITOR },
	{ "reload",	t_end,	NULL, 0,		ACT_RELOAD },
	{ "show",	t_show,	NULL, 0,		ACT_NONE },
	{ "unban",	t_unban, NULL, 0,		ACT_NONE },
	END
};

/* --- the walk ---------------------------------------------------------- */

static bool
is_value(const struct token *t)
{
	return isupper((unsigned char)t->name[0]);
}

static bool
is_nothing(const struct token *t)
{
	return t->name[0] == '(';
}

static int
take(const struct token *t, struct args *a, const char *w)
{
	return t->take == NULL ? 0 : t->take(a, w, t->value);
}

/* May w be short for this?  A flag is not: "-" is a file's name. */
static bool
may_mean(const struct token *t, const char *w)
{
	return !is_value(t) && !is_nothing(t) && t->name[0] != '-' &&
	    w[0] != '\0' && strncmp(t->name, w, strlen(w)) == 0;
}

static bool
is_ambiguous(const struct token *table, const char *w)
{
	unsigned n = 0;

	for (; table->name != NULL; table++)
		n += may_mean(table, w);
	return n > 1;
}

/*
 * The row that w stands for: a word that it is or alone begins, else the
 * value of that place.  NULL, and *why says what is wrong.
 */
static const struct token *
match(const struct token *table, const char *w, const char **why)
{
	const struct token *t, *found = NULL, *value = NULL;
	unsigned n = 0;

	for (t = table; t->name != NULL; t++) {
		if (is_value(t))
			value = t;
		else if (!is_nothing(t) && strcmp(t->name, w) == 0)
			return t;
		else if (may_mean(t, w)) {
			found = t;
			n++;
		}
	}
	*why = n > 1 ? "ambiguous" : "unknown";
	if (n == 1)
		return found;
	return n == 0 ? value : NULL;
}

/* All that is valid, or of an ambiguous word what it may be short for. */
static int
complain(FILE *err, const struct token *table, const char *why, const char *w)
{
	bool some = w != NULL && is_ambiguous(table, w);
	char safe[128];

	fprintf(err, "pexctl: %s%s%s; valid here:\n", why,
	    w == NULL ? "" : ": ",
	    w == NULL ? "" : human_safe(w, safe, sizeof(safe)));
	for (; table->name != NULL; table++)
		if (!some || may_mean(table, w))
			fprintf(err, "  %s\n", table->name);
	return -1;
}

static int
finish(const struct token *table, struct args *a, FILE *err)
{
	const struct token *t;

	for (t = table; t->name != NULL; t++) {
		if (!is_nothing(t))
			continue;
		if (t->action != ACT_NONE)
			a->action = t->action;
		return take(t, a, NULL);
	}
	return complain(err, table, "something is missing", NULL);
}

int
command_parse(int argc, char *const argv[], struct args *a, FILE *err)
{
	const struct token *table = t_main, *t;
	const char *why;
	int i;

	memset(a, 0, sizeof(*a));
	for (i = 0; i < argc; i++) {
		if ((t = match(table, argv[i], &why)) == NULL)
			return complain(err, table, why, argv[i]);
		if (take(t, a, argv[i]) == -1)
			return complain(err, table, "not valid", argv[i]);
		if (t->action != ACT_NONE)
			a->action = t->action;
		table = t->next;
	}
	return finish(table, a, err);
}
