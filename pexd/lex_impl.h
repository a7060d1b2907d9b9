/* SPDX-License-Identifier: ISC */
/* What lex.c and lex_file.c share and nobody else sees. */
#ifndef PEXD_LEX_IMPL_H
#define PEXD_LEX_IMPL_H

#include <sys/types.h>
#include <sys/queue.h>

#include "pexd/lex.h"

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

/* lex_file.c */
/* A copy that lives as long as the lexer, or NULL after reporting. */
const char	*lex_keep(struct lexer *, const char *);
/* The next character; a backslash at the end of a line joins the next. */
int		 lex_get(struct lexer *);
/* The same, and a backslash is just that. */
int		 lex_get_raw(struct lexer *);
void		 lex_unget(struct lexer *, int c);	/* one at a time */
/* Open the file that lex_include() noted. */
void		 lex_push_include(struct lexer *);
/* The innermost file has ended. */
void		 lex_pop(struct lexer *);

#endif
