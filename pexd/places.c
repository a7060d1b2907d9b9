/* SPDX-License-Identifier: ISC */
/* Where in its files a configuration sets what. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pexd/places.h"

#define NOPTIONS	((size_t)OPT_COUNT)
#define NPLACES		(NOPTIONS + CONF_LISTEN_MAX)

static struct place *
place_at(struct places *ps, size_t i)
{
	return i < NOPTIONS ? &ps->option[i] : &ps->listen[i - NOPTIONS];
}

struct places *
places_copy(const struct places *src)
{
	struct places tmp = *src, *dst;
	size_t i, len, size = sizeof(*dst);
	struct place *p;
	char *names;

	for (i = 0; i < NPLACES; i++)
		if ((p = place_at(&tmp, i))->file != NULL)
			size += strlen(p->file) + 1;
	if ((dst = malloc(size)) == NULL)
		return NULL;
	*dst = tmp;
	names = (char *)(dst + 1);
	for (i = 0; i < NPLACES; i++) {
		if ((p = place_at(dst, i))->file == NULL)
			continue;
		len = strlen(p->file) + 1;
		p->file = memcpy(names, p->file, len);
		names += len;
	}
	return dst;
}

char *
place_text(const struct place *p, char *buf, size_t size)
{
	if (p->file == NULL)
		(void)strlcpy(buf, "", size);
	else
		snprintf(buf, size, "%s:%u: ", p->file, p->line);
	return buf;
}

static const struct place nowhere;

const struct place *
place_of_option(const struct conf *c, enum option_id id)
{
	return c->places == NULL ? &nowhere : &c->places->option[id];
}

const struct place *
place_of_listen(const struct conf *c, unsigned i)
{
	return c->places == NULL ? &nowhere : &c->places->listen[i];
}
