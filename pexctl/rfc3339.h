/* SPDX-License-Identifier: ISC */
/* Times as RFC 3339 text.  Pure: the calendar is computed here. */
#ifndef PEXCTL_RFC3339_H
#define PEXCTL_RFC3339_H

#include <stddef.h>
#include <stdint.h>

#define RFC3339_SIZE	48
#define RFC3339_ZERO	"0001-01-01T00:00:00Z"	/* Go's zero time */

/*
 * Parse as Go's time.Parse(RFC3339) does: capital T and Z, 0 to 9 fraction
 * digits (cut off), any offset, no leap second.  Returns 0 and seconds since
 * 1970 (negative before), or -1.
 */
int	 rfc3339_parse(const char *text, size_t len, int64_t *seconds);
/*
 * Write seconds since 1970 as UTC; 0 and less as RFC3339_ZERO, for there it
 * means never.  Years past 9999 are cut to its last second.  Returns buf.
 */
char	*rfc3339_text(int64_t seconds, char buf[RFC3339_SIZE]);
/* The same with milliseconds, for events; ms since 1970. */
char	*rfc3339_text_ms(int64_t ms, char buf[RFC3339_SIZE]);

#endif
