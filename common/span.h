/* SPDX-License-Identifier: ISC */
/*
 * Spans of time as people write and read them; one set of units for the
 * configuration and for pexctl.  Pure.
 */
#ifndef COMMON_SPAN_H
#define COMMON_SPAN_H

#include <stdint.h>

/* For messages about a span that is none. */
#define SPAN_UNITS	"ms, s, m, h, d or w"

/* Milliseconds of a unit of SPAN_UNITS, or 0: it is none. */
uint64_t	 span_unit(const char *unit);

/*
 * "90s", "1500ms", "7d", or several in a row ("1d12h"), as milliseconds; a
 * bare number at the end is seconds.  Returns 0; -1 for anything else and
 * for more than max_ms.
 */
int		 span_parse(const char *text, uint64_t max_ms, uint64_t *ms);

/*
 * Seconds, exactly: "45s", "1m30s", "24h", "36h", "7d", "2d12h".  From two
 * days on in days.  Returns buf.
 */
#define SPAN_TEXT_SIZE	40
char		*span_text(uint64_t seconds, char buf[SPAN_TEXT_SIZE]);

#endif
