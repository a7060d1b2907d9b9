/* SPDX-License-Identifier: ISC */
/* The table of reactors as in engine/, and one line more. */

#include <sys/types.h>

#include "engine/engine.h"

extern const struct reactor events_reactor, pex_reactor, echo_reactor;

const struct reactor *const reactors[] = {
	&events_reactor,
	&pex_reactor,
	&echo_reactor,		/* echo.c */
	NULL
};
