/* SPDX-License-Identifier: ISC */
/* What a reload may not change. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "pexd/options.h"
#include "pexd/pexd.h"
#include "pexd/places.h"
#include "pexd/reload.h"

/* The fixed options that differ, as a text that grows. */
struct changed {
	const struct conf	*next;
	const struct place	*first;		/* where the first is set */
	char			 names[160];
	unsigned		 n;
};

static bool
is_changed(const struct conf_option *o, const struct conf *a,
    const struct conf *b)
{
	const char *va = (const char *)a + o->off;
	const char *vb = (const char *)b + o->off;

	if (!o->fixed)
		return false;
	/* Behind the end of a text there may be anything. */
	return o->kind == KIND_U32 ? memcmp(va, vb, o->size) != 0 :
	    strcmp(va, vb) != 0;
}

/* "network", "user" (line 7) */
static void
add_name(struct changed *ch, enum option_id id)
{
	const struct place *at = place_of_option(ch->next, id);
	char name[80], line[24] = "";

	if (ch->n++ == 0)
		ch->first = at;
	else if (at->file != NULL)
		snprintf(line, sizeof(line), " (line %u)", at->line);
	snprintf(name, sizeof(name), "%s\"%s\"%s", ch->n == 1 ? "" : ", ",
	    conf_options[id].words, line);
	(void)strlcat(ch->names, name, sizeof(ch->names));
}

const char *
reload_refusal(const struct conf *conf, const struct conf *next,
    uint32_t nofile, char *buf, size_t size)
{
	struct changed ch = { .next = next };
	char at[160];
	uint32_t need;
	size_t i;

	for (i = 0; i < OPT_COUNT; i++)
		if (is_changed(&conf_options[i], conf, next))
			add_name(&ch, i);
	if (ch.n > 0) {
		snprintf(buf, size, "%s%s cannot change in a running pexd; "
		    "restart it", place_text(ch.first, at, sizeof(at)),
		    ch.names);
		return buf;
	}
	if ((need = load_engine_nofile(next)) <= nofile)
		return NULL;
	snprintf(buf, size, "%s\"max inbound\" %u and the other limits need "
	    "%u descriptors, engine was started with %u; restart pexd",
	    place_text(place_of_option(next, OPT_MAX_INBOUND), at,
	    sizeof(at)), next->limits.max_inbound, need, nofile);
	return buf;
}
