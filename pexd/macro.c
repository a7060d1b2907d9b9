/* SPDX-License-Identifier: ISC */
/* Macros of the configuration. */

#include <sys/types.h>
#include <sys/queue.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pexd/lex.h"

static bool
is_name(const char *s)
{
	if (!isalpha((unsigned char)*s) && *s != '_')
		return false;
	while (isalnum((unsigned char)*s) || *s == '_')
		s++;
	return *s == '\0';
}

static struct macro *
macro_add(struct macros *ms, const char *name)
{
	struct macro *m;
	unsigned n = 0;

	TAILQ_FOREACH(m, ms, entry)
		n++;
	if (n >= MACROS_MAX) {
		errno = ENOSPC;
		return NULL;
	}
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return NULL;
	if ((m->name = strdup(name)) == NULL) {
		free(m);
		return NULL;
	}
	TAILQ_INSERT_TAIL(ms, m, entry);
	return m;
}

int
macro_set(struct macros *ms, const char *name, const char *value,
    bool persists)
{
	struct macro *m;
	char *copy;

	/* A line break would upset the counting of lines. */
	if (!is_name(name) || strchr(value, '\n') != NULL) {
		errno = EINVAL;
		return -1;
	}
	TAILQ_FOREACH(m, ms, entry)
		if (strcmp(m->name, name) == 0)
			break;
	if (m != NULL && m->persists && !persists)
		return 0;
	if ((copy = strdup(value)) == NULL)
		return -1;
	if (m == NULL && (m = macro_add(ms, name)) == NULL) {
		free(copy);	/* errno stands */
		return -1;
	}
	free(m->value);
	m->value = copy;
	m->persists = persists;
	return 0;
}

void
macros_free(struct macros *ms)
{
	struct macro *m;

	while ((m = TAILQ_FIRST(ms)) != NULL) {
		TAILQ_REMOVE(ms, m, entry);
		free(m->name);
		free(m->value);
		free(m);
	}
}
