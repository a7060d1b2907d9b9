/* SPDX-License-Identifier: ISC */
/* The table of reactors. */

#include <sys/types.h>

#include "engine/engine.h"

extern const struct reactor events_reactor;	/* events.c */
extern const struct reactor pex_reactor;	/* pex.c */

const struct reactor *const reactors[] = {
	&events_reactor,	/* first: others may act on what it told */
	&pex_reactor,
	NULL
};
