/* SPDX-License-Identifier: ISC */
/* The lexer of pexd.conf(5): words out of characters. */

#include <sys/types.h>
#include <sys/queue.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/span.h"
#include "pexd/lex_impl.h"

unsigned
lex_errors(const struct lexer *lx)
{
	return lx->errors;
}

const char *
lex_file(const struct lexer *lx)
{
	return lx->file;
}

unsigned
lex_line(const struct lexer *lx)
{
	return lx->line;
}

size_t
lex_words(const struct lexer *lx, const struct lex_token **words)
{
	*words = lx->words;
	return lx->nwords;
}

bool
lex_in_braces(const struct lexer *lx)
{
	return lx->braces > 0;
}

/* --- characters -------------------------------------------------------- */

static int
skip_blank(struct lexer *lx)
{
	int c;

	do
		c = lex_get(lx);
	while (c == ' ' || c == '\t' || c == '\r');
	if (c == '#')
		do
			c = lex_get_raw(lx);
		while (c != '\n' && c != EOF);
	return c;
}

static bool
is_word(int c)
{
	return c != EOF && (isalnum(c) || strchr("._-:@/[]*+%~", c) != NULL) &&
	    c != '\0';
}

/* --- tokens ------------------------------------------------------------ */

static bool
read_name(struct lexer *lx, char buf[LEX_TEXT_MAX])
{
	size_t n = 0;
	int c;

	while ((c = lex_get(lx)) != EOF && (isalnum(c) || c == '_'))
		if (n < LEX_TEXT_MAX - 1)
			buf[n++] = c;
	buf[n] = '\0';
	lx->after = c;
	if (n == 0)
		lex_error(lx, "expected the name of a macro after $");
	return n > 0;
}

/*
 * Its value is read next, as if it stood there.  True if that works.  There
 * are no macros inside a value, so this cannot go on for ever.
 */
static bool
expand_macro(struct lexer *lx)
{
	char name[LEX_TEXT_MAX];
	struct macro *m;

	if (lx->expansion != NULL) {
		lex_error(lx, "a macro stands inside the value of another");
		return false;
	}
	if (read_name(lx, name)) {
		TAILQ_FOREACH(m, lx->macros, entry)
			if (strcmp(m->name, name) == 0) {
				lx->expansion = lex_keep(lx, m->value);
				return lx->expansion != NULL;
			}
		lex_error(lx, "macro $%s is not defined", name);
	}
	lex_unget(lx, lx->after);
	lx->after = EOF;
	return false;
}

static void
set_text(struct lexer *lx, struct lex_token *t, enum lex_kind kind,
    const char *s)
{
	const char *copy = lex_keep(lx, s);

	if (copy == NULL)
		return;
	t->kind = kind;
	t->text = copy;
}

/*
 * Reads a word up to the first other character, a macro inside it by its
 * value.  -1 if that fails or it is too long.
 */
static int
read_word(struct lexer *lx, int c, char buf[LEX_TEXT_MAX])
{
	size_t n = 0;

	for (; is_word(c) || c == '$'; c = lex_get(lx)) {
		if (c == '$') {
			if (!expand_macro(lx))
				return -1;
		} else if (n < LEX_TEXT_MAX)
			buf[n++] = c;
	}
	lex_unget(lx, c);
	if (n == LEX_TEXT_MAX) {
		lex_error(lx, "a word is longer than %d characters",
		    LEX_TEXT_MAX - 1);
		return -1;
	}
	buf[n] = '\0';
	return 0;
}

/* A number, a number with a unit of time, or neither (returns LEX_WORD). */
static enum lex_kind
number_kind(const char *s, uint64_t *number)
{
	unsigned long long v;
	uint64_t unit;
	char *end;

	if (!isdigit((unsigned char)s[0]))
		return LEX_WORD;
	errno = 0;
	v = strtoull(s, &end, 10);
	/* All digits but too many: an ID may look like this. */
	if (errno == ERANGE)
		return LEX_WORD;
	*number = v;
	if (*end == '\0')
		return LEX_NUMBER;
	if ((unit = span_unit(end)) == 0)
		return LEX_WORD;
	*number = v > UINT64_MAX / unit ? UINT64_MAX : v * unit;
	return LEX_TIME;
}

/* A statement that begins NAME = gives NAME a value, keyword or not. */
static bool
is_assignment(struct lexer *lx)
{
	int c;

	if (lx->nwords > 0)
		return false;
	do
		c = lex_get(lx);
	while (c == ' ' || c == '\t');
	lex_unget(lx, c);
	return c == '=';
}

static void
lex_word(struct lexer *lx, int c, struct lex_token *t)
{
	char buf[LEX_TEXT_MAX];
	enum lex_kind kind;

	if (read_word(lx, c, buf) == -1)
		return;
	kind = number_kind(buf, &t->number);
	if (is_assignment(lx))
		kind = LEX_NAME;
	set_text(lx, t, kind, buf);
}

static void
lex_string(struct lexer *lx, struct lex_token *t)
{
	char buf[LEX_TEXT_MAX];
	size_t n = 0;
	int c;

	while ((c = lex_get_raw(lx)) != '"') {
		if (c == '\n' || c == EOF) {
			lex_unget(lx, c);
			lex_error(lx, "the string is not closed by a quote");
			return;
		}
		if (c == '\\') {
			c = lex_get_raw(lx);
			if (c != '"' && c != '\\') {
				lex_unget(lx, c);
				c = '\\';
			}
		}
		if (n < sizeof(buf))
			buf[n++] = c;
	}
	if (n == sizeof(buf) || memchr(buf, '\0', n) != NULL) {
		lex_error(lx, n == sizeof(buf) ?
		    "the string is too long" : "the string holds a NUL");
		return;
	}
	buf[n] = '\0';
	set_text(lx, t, LEX_STRING, buf);
}

static bool
lex_newline(struct lexer *lx, struct lex_token *t)
{
	struct source *s = SLIST_FIRST(&lx->sources);

	lx->line = s->line++;
	lx->at_start = true;
	t->kind = LEX_NEWLINE;
	t->text = "end of line";
	return true;
}

/* Returns false if there is no token here but in the file below. */
static bool
lex_eof(struct lexer *lx, struct lex_token *t)
{
	struct source *s = SLIST_FIRST(&lx->sources);

	if (ferror(s->fp))
		lex_error(lx, "cannot read %s to its end", s->name);
	if (!lx->at_start)		/* the last line lacks its newline */
		return lex_newline(lx, t);
	if (lx->depth > 1) {
		lex_pop(lx);
		return false;
	}
	t->kind = LEX_END;
	t->text = "end of file";
	return true;
}

static void
lex_punct(struct lexer *lx, int c, struct lex_token *t)
{
	t->kind = LEX_PUNCT;
	t->text = c == '{' ? "{" : c == '}' ? "}" : c == ',' ? "," : "=";
	lx->braces += c == '{' ? 1 : c == '}' && lx->braces > 0 ? -1 : 0;
}

static bool
lex_any(struct lexer *lx, struct lex_token *t)
{
	int c;

	t->kind = LEX_ERROR;
	while ((c = skip_blank(lx)) == '$') {
		lx->at_start = false;
		if (!expand_macro(lx))
			return true;
	}
	lx->file = SLIST_FIRST(&lx->sources)->name;
	lx->line = SLIST_FIRST(&lx->sources)->line;
	if (c == EOF)
		return lex_eof(lx, t);
	if (c == '\n')
		return lex_newline(lx, t);
	lx->at_start = false;
	if (c == '"')
		lex_string(lx, t);
	else if (c != '\0' && strchr("{},=", c) != NULL)
		lex_punct(lx, c, t);
	else if (is_word(c))
		lex_word(lx, c, t);
	else
		lex_error(lx, "character 0x%02x does not belong here", c);
	return true;
}

void
lex_resync(struct lexer *lx)
{
	lx->braces = 0;
}

void
lex_next(struct lexer *lx, struct lex_token *t)
{
	memset(t, 0, sizeof(*t));
	t->text = "";
	do {
		if (lx->at_start && lx->braces == 0)
			lx->nwords = 0;
		if (lx->at_start && lx->include != NULL)
			lex_push_include(lx);
	} while (!lex_any(lx, t));
	if (lx->nwords < LEX_WORDS_MAX)
		lx->words[lx->nwords++] = *t;
}
