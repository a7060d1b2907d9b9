/* SPDX-License-Identifier: ISC */
/*
 * Hints for syntax errors.  The grammar only says that a word was wrong; the
 * table of options knows which words could have stood there.
 */

#include <sys/types.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/span.h"
#include "pexd/parse.h"

#define ELEMENTS_MAX	12	/* words of the longest option */
#define TIME_HINT	" (a number and " SPAN_UNITS ")"

/* One option cut into elements: keywords, and VALUES in upper case. */
struct pattern {
	char		 text[96];
	const char	*el[ELEMENTS_MAX];
	size_t		 n;
};

/* Statements that are no options. */
static const struct {
	const char	*words, *tail;
} others[] = { { "include", "FILE" }, { "MACRO", "= VALUE" } };
#define NOTHERS	(sizeof(others) / sizeof(others[0]))

static void
pattern_init(struct pattern *p, const char *words, const char *tail)
{
	char *s, *rest = p->text;

	snprintf(p->text, sizeof(p->text), "%s %s", words, tail);
	p->n = 0;
	while ((s = strsep(&rest, " ")) != NULL && p->n < ELEMENTS_MAX)
		p->el[p->n++] = s;
}

static bool
matches(const char *el, const struct lex_token *t)
{
	const char *bar = strchr(el, '|');
	size_t len;

	if (strcmp(el, "MACRO") == 0)
		return t->kind == LEX_NAME;
	if (strcmp(el, "NUMBER") == 0)
		return t->kind == LEX_NUMBER;
	if (strcmp(el, "TIME") == 0)
		return t->kind == LEX_TIME;
	if (isupper((unsigned char)el[0]))
		return t->kind != LEX_PUNCT && t->kind != LEX_NEWLINE;
	if (t->kind != LEX_WORD && t->kind != LEX_PUNCT)
		return false;
	if (bar == NULL)
		return strcmp(el, t->text) == 0;
	len = bar - el;
	return (strlen(t->text) == len && strncmp(el, t->text, len) == 0) ||
	    strcmp(bar + 1, t->text) == 0;
}

/* What this option wants as word n, if the words before agree with it. */
static const char *
wants(const struct pattern *p, const struct lex_token *words, size_t n)
{
	size_t i;

	if (n > p->n)
		return NULL;
	for (i = 0; i < n; i++)
		if (!matches(p->el[i], &words[i]))
			return NULL;
	return n == p->n ? "end of line" : p->el[n];
}

/* Append to a list "a, b, c" unless it is there already. */
static void
add_choice(char *list, size_t size, const char *el)
{
	const char *p = list;
	size_t len = strlen(el);

	while ((p = strstr(p, el)) != NULL) {
		if ((p == list || p[-1] == ' ') &&
		    (p[len] == ',' || p[len] == ' ' || p[len] == '\0'))
			return;
		p += len;
	}
	if (list[0] != '\0')
		strlcat(list, ", ", size);
	strlcat(list, el, size);
	if (strcmp(el, "TIME") == 0)
		strlcat(list, TIME_HINT, size);
}

static void
list_choices(const struct lex_token *words, size_t n, char *list, size_t size)
{
	struct pattern p;
	const char *el;
	size_t i;

	list[0] = '\0';
	for (i = 0; i < OPT_COUNT + NOTHERS; i++) {
		if (i < OPT_COUNT)
			pattern_init(&p, conf_options[i].words,
			    option_tail(conf_options[i].kind));
		else
			pattern_init(&p, others[i - OPT_COUNT].words,
			    others[i - OPT_COUNT].tail);
		if ((el = wants(&p, words, n)) != NULL)
			add_choice(list, size, el);
	}
}

/* The lexer is out of the braces by the time that it is found to be one. */
static bool
is_empty_list(const struct lex_token two[2])
{
	return strcmp(two[1].text, "}") == 0 &&
	    (strcmp(two[0].text, "{") == 0 || two[0].kind == LEX_NEWLINE);
}

char *
syntax_hint(const struct lex_token *words, size_t n, bool in_braces,
    char *buf, size_t size)
{
	const struct lex_token *last = &words[n == 0 ? 0 : n - 1];
	const char *quote = last->kind == LEX_NEWLINE ||
	    last->kind == LEX_END ? "" : "\"";
	char list[512];

	if (n == 0)
		strlcpy(buf, "syntax error", size);
	else if (in_braces || (n > 1 && is_empty_list(&words[n - 2])))
		snprintf(buf, size, "expected an entry, a comma or }, "
		    "found %s%.80s%s", quote, last->text, quote);
	else if (n == 1)
		snprintf(buf, size, "expected an option, found %s%.80s%s",
		    quote, last->text, quote);
	else {
		list_choices(words, n - 1, list, sizeof(list));
		if (list[0] == '\0')
			strlcpy(list, "end of line", sizeof(list));
		snprintf(buf, size, "expected %s after \"%.80s\", "
		    "found %s%.80s%s", list, words[n - 2].text, quote,
		    last->text, quote);
	}
	return buf;
}
