/* SPDX-License-Identifier: ISC */
/* From the text of pexd.conf(5) to a configuration, or to complaints. */
#ifndef PEXD_PARSE_H
#define PEXD_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/conf.h"
#include "pexd/lex.h"
#include "pexd/options.h"
#include "pexd/places.h"

/*
 * Parse a file.  defines are the macros of -D; they are copied.  secure: see
 * lex_open().  Every error goes to the report as "file:line: ..."; parsing
 * goes on behind it.  Returns the checked config, the caller's, or NULL after
 * at least one report.  Options that were not given have their defaults,
 * except texts and paths, which are empty.
 */
struct conf	*conf_parse(const char *path, bool secure,
		    const struct macros *defines, const struct lex_report *);
/* The same from a stream, which is taken over. */
struct conf	*conf_parse_stream(FILE *, const char *name,
		    const struct macros *defines, const struct lex_report *);
/* The i-th keyword, in the order of the table, or NULL past its end. */
const char	*conf_keyword(size_t i);

/*
 * The canonical form: every option that has a value, one on a line; it
 * parses back to the same config.  Returns 0, or -1 if the stream failed.
 */
int		 conf_print(const struct conf *, FILE *);

/* --- build.c: checked values into the config ------------------------- */

struct builder {
	struct conf	*conf;
	struct lexer	*lx;		/* for messages */
	struct places	 at;		/* line 0: not set yet */
};

/* Each reports what is wrong with a value and then leaves it out. */
void	build_text(struct builder *, enum option_id, const char *);
void	build_number(struct builder *, enum option_id, uint64_t);
void	build_time(struct builder *, enum option_id,
	    const struct lex_token *);
void	build_yesno(struct builder *, enum option_id, bool);
void	build_rate(struct builder *, enum option_id, uint64_t tokens,
	    const struct lex_token *per, uint64_t burst);
void	build_mode(struct builder *, enum conf_mode);
void	build_listen(struct builder *, const char *addr, uint64_t port);
void	build_external(struct builder *, const char *);
void	build_peer(struct builder *, enum option_id, const char *);
void	build_macro(struct builder *, struct macros *, const char *name,
	    const char *value);
/* What can only be said of the whole; fills in defaults and places. */
void	build_finish(struct builder *);

/* --- syntax.c: what a syntax error should have been ------------------- */

/*
 * Describe what was expected instead of the last of these words of a
 * statement, and what was found: a text for lex_error().  Returns buf.
 */
char	*syntax_hint(const struct lex_token *words, size_t n, bool in_braces,
	    char *buf, size_t size);

#endif
