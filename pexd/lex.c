/* SPDX-License-Identifier: ISC */
/* The lexer of pexd.conf(5). */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pexd/lex.h"

#define FILES_MAX	1000	/* in all: files that include others twice... */

struct source {				/* a file being read */
	SLIST_ENTRY(source)	 entry;
	FILE			*fp;
	const char		*name;
	unsigned		 line;
	dev_t			 dev;
	ino_t			 ino;
};

struct text {				/* text handed out */
	SLIST_ENTRY(text)	 entry;
	char			 s[];
};

struct lexer {
	SLIST_HEAD(, source)	 sources;	/* innermost first */
	SLIST_HEAD(, text)	 texts;
	struct macros		*macros;
	struct lex_report	 report;
	const char		*expansion;	/* rest of a macro, or NULL */
	const char		*include;	/* at the end of this line */
	const char		*file;		/* of the last token */
	unsigned		 line;
	unsigned		 depth, files, errors;
	int			 braces;
	int			 unget;		/* character or EOF */
	int			 after;		/* the macro: likewise */
	bool			 secure;
	bool			 at_start;	/* of a line */
	struct lex_token	 words[LEX_WORDS_MAX];
	size_t			 nwords;
};

/* --- messages ---------------------------------------------------------- */

void
lex_error(struct lexer *lx, const char *fmt, ...)
{
	char line[LEX_TEXT_MAX + 512];
	va_list ap;
	int n;

	lx->errors++;
	n = snprintf(line, sizeof(line), "%s:%u: ", lx->file, lx->line);
	if (n < 0 || (size_t)n >= sizeof(line))
		n = 0;
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - n, fmt, ap);
	va_end(ap);
	lx->report.line(lx->report.ctx, line);
}

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

/* Returns a copy that lives as long as the lexer, or NULL. */
static const char *
keep(struct lexer *lx, const char *s)
{
	struct text *t;
	size_t size = strlen(s) + 1;

	if ((t = malloc(sizeof(*t) + size)) == NULL) {
		lex_error(lx, "out of memory");
		return NULL;
	}
	memcpy(t->s, s, size);
	SLIST_INSERT_HEAD(&lx->texts, t, entry);
	return t->s;
}

/* --- files ------------------------------------------------------------- */

static const char *
file_problem(const struct lexer *lx, int fd)
{
	const struct source *s;
	struct stat st;

	if (fstat(fd, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (lx->secure && st.st_uid != 0 && st.st_uid != geteuid())
		return "owned neither by root nor by the user of pexd";
	if (lx->secure && (st.st_mode & (S_IWGRP | S_IWOTH)))
		return "writable by others than its owner";
	SLIST_FOREACH(s, &lx->sources, entry)
		if (s->dev == st.st_dev && s->ino == st.st_ino)
			return "it includes itself";
	return lx->files >= FILES_MAX ? "too many files" : NULL;
}

static FILE *
open_file(struct lexer *lx, const char *path)
{
	const char *why = NULL;
	FILE *fp = NULL;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1 ||
	    (why = file_problem(lx, fd)) != NULL ||
	    (fp = fdopen(fd, "r")) == NULL) {
		if (why == NULL)
			why = strerror(errno);
		lex_error(lx, "cannot read %s: %s", path, why);
		if (fd != -1)
			close(fd);
	}
	return fp;
}

static int
push_stream(struct lexer *lx, FILE *fp, const char *name)
{
	struct source *s;
	struct stat st;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		lex_error(lx, "out of memory");
		fclose(fp);
		return -1;
	}
	if (fileno(fp) != -1 && fstat(fileno(fp), &st) == 0) {
		s->dev = st.st_dev;
		s->ino = st.st_ino;
	}
	s->fp = fp;
	s->name = name;
	s->line = 1;
	SLIST_INSERT_HEAD(&lx->sources, s, entry);
	lx->depth++;
	lx->files++;
	lx->at_start = true;
	return 0;
}

static void
pop(struct lexer *lx)
{
	struct source *s = SLIST_FIRST(&lx->sources);

	SLIST_REMOVE_HEAD(&lx->sources, entry);
	fclose(s->fp);
	free(s);
	lx->depth--;
}

/* A relative path is relative to the folder of the file that names it. */
static const char *
resolve(struct lexer *lx, const char *path)
{
	const char *base = SLIST_FIRST(&lx->sources)->name, *slash;
	char full[2 * LEX_TEXT_MAX];

	if (path[0] == '/' || (slash = strrchr(base, '/')) == NULL)
		return path;
	snprintf(full, sizeof(full), "%.*s/%s", (int)(slash - base), base,
	    path);
	return keep(lx, full);
}

static void
push_include(struct lexer *lx)
{
	const char *path = lx->include;
	FILE *fp;

	lx->include = NULL;
	if (lx->depth >= LEX_DEPTH_MAX) {
		lex_error(lx, "cannot include %s: files may include each "
		    "other %u deep", path, LEX_DEPTH_MAX);
		return;
	}
	if ((path = resolve(lx, path)) == NULL ||
	    (fp = open_file(lx, path)) == NULL)
		return;
	(void)push_stream(lx, fp, path);
}

void
lex_include(struct lexer *lx, const char *path)
{
	lx->include = path;
}

static struct lexer *
lex_new(bool secure, struct macros *macros, const struct lex_report *report)
{
	struct lexer *lx;

	if ((lx = calloc(1, sizeof(*lx))) == NULL) {
		report->line(report->ctx, "out of memory");
		return NULL;
	}
	SLIST_INIT(&lx->sources);
	SLIST_INIT(&lx->texts);
	lx->macros = macros;
	lx->report = *report;
	lx->secure = secure;
	lx->unget = lx->after = EOF;
	lx->line = 1;
	return lx;
}

struct lexer *
lex_open(const char *path, bool secure, struct macros *macros,
    const struct lex_report *report)
{
	struct lexer *lx;
	FILE *fp;

	if ((lx = lex_new(secure, macros, report)) == NULL)
		return NULL;
	lx->file = "pexd";	/* until there is a line to name */
	if ((path = keep(lx, path)) == NULL)
		goto fail;
	lx->file = path;
	if ((fp = open_file(lx, path)) == NULL ||
	    push_stream(lx, fp, path) == -1)
		goto fail;
	return lx;
fail:
	lex_free(lx);
	return NULL;
}

struct lexer *
lex_open_stream(FILE *fp, const char *name, struct macros *macros,
    const struct lex_report *report)
{
	struct lexer *lx;

	if ((lx = lex_new(false, macros, report)) == NULL) {
		fclose(fp);
		return NULL;
	}
	lx->file = name;
	if (push_stream(lx, fp, name) == -1) {
		lex_free(lx);
		return NULL;
	}
	return lx;
}

void
lex_free(struct lexer *lx)
{
	struct text *t;

	if (lx == NULL)
		return;
	while (!SLIST_EMPTY(&lx->sources))
		pop(lx);
	while ((t = SLIST_FIRST(&lx->texts)) != NULL) {
		SLIST_REMOVE_HEAD(&lx->texts, entry);
		free(t);
	}
	free(lx);
}

/* --- characters -------------------------------------------------------- */

static int
get_raw(struct lexer *lx)
{
	int c = lx->unget;

	if (c != EOF) {
		lx->unget = EOF;
		return c;
	}
	if (lx->expansion != NULL) {
		if (*lx->expansion != '\0')
			return (unsigned char)*lx->expansion++;
		lx->expansion = NULL;
		if ((c = lx->after) != EOF) {
			lx->after = EOF;
			return c;
		}
	}
	return getc(SLIST_FIRST(&lx->sources)->fp);
}

static void
unget(struct lexer *lx, int c)
{
	lx->unget = c;
}

/* The next character; a backslash at the end of a line joins the next. */
static int
get(struct lexer *lx)
{
	int c, next;

	while ((c = get_raw(lx)) == '\\') {
		if ((next = get_raw(lx)) != '\n') {
			unget(lx, next);
			return c;
		}
		SLIST_FIRST(&lx->sources)->line++;
	}
	return c;
}

static int
skip_blank(struct lexer *lx)
{
	int c;

	do
		c = get(lx);
	while (c == ' ' || c == '\t' || c == '\r');
	if (c == '#')
		do
			c = get_raw(lx);
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

	for (c = get(lx); c != EOF && (isalnum(c) || c == '_'); c = get(lx))
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
				lx->expansion = keep(lx, m->value);
				return lx->expansion != NULL;
			}
		lex_error(lx, "macro $%s is not defined", name);
	}
	unget(lx, lx->after);
	lx->after = EOF;
	return false;
}

static void
set_text(struct lexer *lx, struct lex_token *t, enum lex_kind kind,
    const char *s)
{
	const char *copy = keep(lx, s);

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

	for (; is_word(c) || c == '$'; c = get(lx)) {
		if (c == '$') {
			if (!expand_macro(lx))
				return -1;
		} else if (n < LEX_TEXT_MAX)
			buf[n++] = c;
	}
	unget(lx, c);
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
	static const struct {
		const char	*unit;
		uint64_t	 ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
	    { "h", 3600000 } };
	unsigned long long v;
	char *end;
	size_t i;

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
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0) {
			*number = v > UINT64_MAX / units[i].ms ? UINT64_MAX :
			    v * units[i].ms;
			return LEX_TIME;
		}
	return LEX_WORD;
}

/* A statement that begins NAME = gives NAME a value, keyword or not. */
static bool
is_assignment(struct lexer *lx)
{
	int c;

	if (lx->nwords > 0)
		return false;
	do
		c = get(lx);
	while (c == ' ' || c == '\t');
	unget(lx, c);
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

	while ((c = get_raw(lx)) != '"') {
		if (c == '\n' || c == EOF) {
			unget(lx, c);
			lex_error(lx, "the string is not closed by a quote");
			return;
		}
		if (c == '\\') {
			c = get_raw(lx);
			if (c != '"' && c != '\\') {
				unget(lx, c);
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
		pop(lx);
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
			push_include(lx);
	} while (!lex_any(lx, t));
	if (lx->nwords < LEX_WORDS_MAX)
		lx->words[lx->nwords++] = *t;
}
