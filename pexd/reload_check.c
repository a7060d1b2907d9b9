/* SPDX-License-Identifier: ISC */
/* What a reload may not change. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "pexd/options.h"
#include "pexd/pexd.h"
#include "pexd/reload.h"

static const char *
place(const struct conf *c, const struct conf_option *o)
{
	return (const char *)c + o->off;
}

const char *
reload_refusal(const struct conf *conf, const struct conf *next,
    uint32_t nofile, char *buf, size_t size)
{
	const struct conf_option *o;
	uint32_t need;
	size_t i;

	for (i = 0; i < OPT_COUNT; i++) {
		o = &conf_options[i];
		/* All of those are texts. */
		if (!o->fixed || strcmp(place(conf, o), place(next, o)) == 0)
			continue;
		snprintf(buf, size, "\"%s\" cannot change in a running pexd; "
		    "restart it", o->words);
		return buf;
	}
	if ((need = load_engine_nofile(next)) <= nofile)
		return NULL;
	snprintf(buf, size, "\"max inbound\" %u and the other limits need %u "
	    "descriptors, engine was started with %u; restart pexd",
	    next->limits.max_inbound, need, nofile);
	return buf;
}
