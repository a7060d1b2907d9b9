/* SPDX-License-Identifier: ISC */
/* The lexer's files and their characters. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "pexd/lex_impl.h"

#define FILES_MAX	1000	/* in all: files that include others twice... */

/* --- messages ---------------------------------------------------------- */

static void __attribute__((format(printf, 4, 0)))
report(struct lexer *lx, const char *file, unsigned number, const char *fmt,
    va_list ap)
{
	char line[LEX_TEXT_MAX + 512];
	int n = 0;

	lx->errors++;
	if (file != NULL && number != 0)
		n = snprintf(line, sizeof(line), "%s:%u: ", file, number);
	else if (file != NULL)
		n = snprintf(line, sizeof(line), "%s: ", file);
	if (n < 0 || (size_t)n >= sizeof(line))
		n = 0;
	vsnprintf(line + n, sizeof(line) - n, fmt, ap);
	/* What stands in a file is shown, but does nothing to the terminal. */
	log_printable(line + n);
	lx->report.line(lx->report.ctx, line);
}

void
lex_error(struct lexer *lx, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	/* A file that cannot be read has no line to name. */
	report(lx, SLIST_EMPTY(&lx->sources) ? NULL : lx->file, lx->line, fmt,
	    ap);
	va_end(ap);
}

void
lex_error_at(struct lexer *lx, const char *file, unsigned line,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(lx, file, line, fmt, ap);
	va_end(ap);
}

const char *
lex_keep(struct lexer *lx, const char *s)
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

void
lex_pop(struct lexer *lx)
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
	return lex_keep(lx, full);
}

void
lex_push_include(struct lexer *lx)
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
	if ((path = lex_keep(lx, path)) == NULL)
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
		lex_pop(lx);
	while ((t = SLIST_FIRST(&lx->texts)) != NULL) {
		SLIST_REMOVE_HEAD(&lx->texts, entry);
		free(t);
	}
	free(lx);
}

/* --- characters -------------------------------------------------------- */

int
lex_get_raw(struct lexer *lx)
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

void
lex_unget(struct lexer *lx, int c)
{
	lx->unget = c;
}

int
lex_get(struct lexer *lx)
{
	int c, next;

	while ((c = lex_get_raw(lx)) == '\\') {
		if ((next = lex_get_raw(lx)) != '\n') {
			lex_unget(lx, next);
			return c;
		}
		SLIST_FIRST(&lx->sources)->line++;
	}
	return c;
}
