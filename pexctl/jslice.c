/* SPDX-License-Identifier: ISC */
/* Cuts one JSON value at a time out of a stream of bytes. */

#include <stdlib.h>

#include "pexctl/jslice.h"

int
jslice_init(struct jslice *s)
{
	s->buf = malloc(JSLICE_MAX);
	jslice_start(s);
	return s->buf == NULL ? -1 : 0;
}

void
jslice_free(struct jslice *s)
{
	free(s->buf);
	s->buf = NULL;
}

void
jslice_start(struct jslice *s)
{
	s->len = 0;
	s->depth = 0;
	s->in_string = s->escaped = false;
}

static enum jslice_result
string_byte(struct jslice *s, char c)
{
	if (s->escaped)
		s->escaped = false;
	else if (c == '\\')
		s->escaped = true;
	else if (c == '"') {
		s->in_string = false;
		if (s->depth == 0)
			return JSLICE_END;
	}
	return JSLICE_MORE;
}

static enum jslice_result
nested_byte(struct jslice *s, char c)
{
	switch (c) {
	case '"':
		s->in_string = true;
		break;
	case '{':
	case '[':
		if (s->depth == JSLICE_DEPTH)
			return JSLICE_TOO_DEEP;
		s->closer[s->depth++] = c == '{' ? '}' : ']';
		break;
	case '}':
	case ']':
		if (s->depth == 0 || s->closer[s->depth - 1] != c)
			return JSLICE_UNBALANCED;
		if (--s->depth == 0)
			return JSLICE_END;
		break;
	}
	return JSLICE_MORE;
}

/* A number or a word at the top ends before whatever cannot belong to it. */
static bool
ends_scalar(const struct jslice *s, char c)
{
	if (s->len == 0 || s->depth > 0 || s->in_string)
		return false;
	return c == ',' || c == '}' || c == ']' || c == ':' || c == ' ' ||
	    c == '\t' || c == '\r' || c == '\n';
}

enum jslice_result
jslice_feed(struct jslice *s, char c)
{
	if (ends_scalar(s, c))
		return JSLICE_PAST;
	if (s->len == JSLICE_MAX)
		return JSLICE_TOO_LONG;
	s->buf[s->len++] = c;
	if (s->in_string)
		return string_byte(s, c);
	return nested_byte(s, c);
}
