/* SPDX-License-Identifier: ISC */
/* A configuration on its way to a child. */
#ifndef PEXD_CONFSEND_H
#define PEXD_CONFSEND_H

#include <stdbool.h>

#include "common/conf.h"
#include "common/pipe.h"

struct listeners;

/*
 * Queue the whole config, from CONF_BEGIN to CONF_END, on the pipe to a
 * child.  first: the child has none yet, so that engine gets all listening
 * sockets; else only those that are new with this config.  Returns 0 or -1.
 */
int	conf_send(struct pipe *, const struct conf *,
	    const struct listeners *, bool first);

#endif
