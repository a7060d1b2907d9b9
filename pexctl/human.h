/* SPDX-License-Identifier: ISC */
/*
 * Figures and foreign text as people read them.  Pure; every function that
 * fills a buffer returns it.
 */
#ifndef PEXCTL_HUMAN_H
#define PEXCTL_HUMAN_H

#include <stddef.h>
#include <stdint.h>

#define HUMAN_SIZE	16	/* fits any of the short texts */

/* A span of seconds in at most 6 columns: "45s", "5m12s", "3h12m", "2d4h". */
char	*human_span(uint64_t seconds, char buf[HUMAN_SIZE]);
/* How long t lies before now ("3h12m"); "never" if t is 0, "0s" if later. */
char	*human_ago(int64_t now, int64_t t, char buf[HUMAN_SIZE]);
/* Bytes in at most 5 columns: "812", "1.4K", "23M". */
char	*human_bytes(uint64_t bytes, char buf[HUMAN_SIZE]);
/* Microseconds in at most 6 columns: "85us", "12ms", "3.2s"; "-" for 0. */
char	*human_latency(uint64_t us, char buf[HUMAN_SIZE]);

/*
 * Text that came from elsewhere, cut to size: what is not printable ASCII
 * is shown by vis(3), backslashes as they are, for most was vis'ed before.
 */
char	*human_safe(const char *text, char *buf, size_t size);

/*
 * A span as span_parse() takes it, in seconds and a part of one as a whole.
 * Returns 0, or -1 for anything else, for 0 and for more than max.
 */
int	 human_parse_span(const char *text, uint32_t max, uint32_t *seconds);

#endif
