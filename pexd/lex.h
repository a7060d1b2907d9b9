/* SPDX-License-Identifier: ISC */
/*
 * The words of pexd.conf(5): files and includes, macros, comments, strings,
 * numbers, times.  It knows no option; parse.y does.
 *
 * All text it hands out lives until lex_free().
 */
#ifndef PEXD_LEX_H
#define PEXD_LEX_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LEX_TEXT_MAX	1024	/* longest word, NUL included */
#define LEX_DEPTH_MAX	16	/* files that include each other */
#define LEX_WORDS_MAX	16	/* words of a line kept for hints */

/* A list: more would take a reload, and the daemon with it, too long. */
#define MACROS_MAX	1024

/* name=value, from the file or from -D. */
struct macro {
	TAILQ_ENTRY(macro)	 entry;
	char			*name;
	char			*value;
	bool			 persists;	/* given by -D: wins */
};
TAILQ_HEAD(macros, macro);

/*
 * Define name; one given by -D (persists) is not replaced by a file's.
 * Returns 0, or -1: EINVAL (no name), ENOSPC (MACROS_MAX), ENOMEM.
 */
int	macro_set(struct macros *, const char *name, const char *value,
	    bool persists);
void	macros_free(struct macros *);

enum lex_kind {
	LEX_END = 0,		/* of the last file */
	LEX_NEWLINE,
	LEX_PUNCT,		/* one of { } , = */
	LEX_NAME,		/* the word that a = follows: of a macro */
	LEX_WORD,		/* text without quotes; maybe a keyword */
	LEX_STRING,		/* text in quotes */
	LEX_NUMBER,
	LEX_TIME,		/* number and unit; ms in number */
	LEX_ERROR,		/* was reported */
};

struct lex_token {
	enum lex_kind	 kind;
	const char	*text;		/* as written, without quotes */
	uint64_t	 number;
};

/* Where a line of complaint goes. */
struct lex_report {
	void	(*line)(void *ctx, const char *text);
	void	 *ctx;
};

struct lexer;

/*
 * Begin with one file.  macros is added to.  secure: the files have to be
 * owned by root or the caller and writable by nobody else.  Returns NULL
 * after reporting why.
 */
struct lexer	*lex_open(const char *path, bool secure, struct macros *,
		    const struct lex_report *);
/* The same on a stream that is taken over; name is for messages. */
struct lexer	*lex_open_stream(FILE *, const char *name, struct macros *,
		    const struct lex_report *);
void		 lex_free(struct lexer *);

void		 lex_next(struct lexer *, struct lex_token *);
/* Go on with that file once the current line has ended. */
void		 lex_include(struct lexer *, const char *path);
/* Forget the open braces: the rest of the statement is skipped. */
void		 lex_resync(struct lexer *);

/* The words of the statement so far, the last one read included. */
size_t		 lex_words(const struct lexer *, const struct lex_token **);
bool		 lex_in_braces(const struct lexer *);
/* Where the last token was. */
const char	*lex_file(const struct lexer *);
unsigned	 lex_line(const struct lexer *);

/* Report "file:line: ...". */
void		 lex_error(struct lexer *, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
/* About another line, or with line 0 about a whole file. */
void		 lex_error_at(struct lexer *, const char *file, unsigned line,
		    const char *fmt, ...)
		    __attribute__((format(printf, 4, 5)));
unsigned	 lex_errors(const struct lexer *);	/* reported so far */

#endif
