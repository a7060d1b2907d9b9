/* SPDX-License-Identifier: ISC */
/*
 * Cuts one JSON value at a time out of a stream of bytes, in fixed memory:
 * it finds where a value ends, and a JSON library then says whether it is
 * one.  Values longer or more deeply nested than an honest file has are
 * refused here, before any parser sees them.
 */
#ifndef PEXCTL_JSLICE_H
#define PEXCTL_JSLICE_H

#include <stdbool.h>
#include <stddef.h>

#define JSLICE_MAX	(64 * 1024)	/* bytes of one value */
#define JSLICE_DEPTH	16

enum jslice_result {
	JSLICE_MORE = 0,	/* the value goes on */
	JSLICE_END,		/* c was its last byte */
	JSLICE_PAST,		/* c comes after it: look at c again */
	JSLICE_TOO_LONG,
	JSLICE_TOO_DEEP,
	JSLICE_UNBALANCED,	/* a bracket closes what was not opened */
};

struct jslice {
	char		*buf;			/* JSLICE_MAX bytes */
	size_t		 len;
	char		 closer[JSLICE_DEPTH];
	unsigned	 depth;
	bool		 in_string, escaped;
};

int	 jslice_init(struct jslice *);		/* 0, or -1 without memory */
void	 jslice_free(struct jslice *);
/* Begin a new value; its first byte is fed next and is no white space. */
void	 jslice_start(struct jslice *);
/* After END or PAST the value is buf[0..len).  TOO_* and UNBALANCED: stop. */
enum jslice_result jslice_feed(struct jslice *, char c);

#endif
