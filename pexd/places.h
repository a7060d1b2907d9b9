/* SPDX-License-Identifier: ISC */
/*
 * Where in its files a configuration sets what: for complaints that arise
 * when all of it has been read.
 */
#ifndef PEXD_PLACES_H
#define PEXD_PLACES_H

#include "common/conf.h"
#include "pexd/options.h"

struct place {
	const char	*file;		/* NULL: it is a default */
	unsigned	 line;
};

struct places {
	struct place	 option[OPT_COUNT];
	struct place	 listen[CONF_LISTEN_MAX];	/* as in struct conf */
};

/* A copy with its file names, in one piece for free(3).  NULL: ENOMEM. */
struct places	*places_copy(const struct places *);
/* "file:line: ", or "" where that is not known.  Returns buf. */
char		*place_text(const struct place *, char *buf, size_t size);
/* Of a config that may have none. */
const struct place *place_of_option(const struct conf *, enum option_id);
const struct place *place_of_listen(const struct conf *, unsigned i);

#endif
