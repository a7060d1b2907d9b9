/* SPDX-License-Identifier: ISC */
/* Figures and foreign text as people read them. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <vis.h>

#include "common/span.h"
#include "pexctl/human.h"

#define MINUTE	60u
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)

char *
human_span(uint64_t s, char buf[HUMAN_SIZE])
{
	unsigned n = (unsigned)s;

	if (s >= 1000000ull * DAY)
		(void)strlcpy(buf, "ever", HUMAN_SIZE);
	else if (s >= 100 * DAY)
		snprintf(buf, HUMAN_SIZE, "%ud", (unsigned)(s / DAY));
	else if (n >= DAY)
		snprintf(buf, HUMAN_SIZE, "%ud%uh", n / DAY, n % DAY / HOUR);
	else if (n >= HOUR)
		snprintf(buf, HUMAN_SIZE, "%uh%um", n / HOUR,
		    n % HOUR / MINUTE);
	else if (n >= MINUTE)
		snprintf(buf, HUMAN_SIZE, "%um%us", n / MINUTE, n % MINUTE);
	else
		snprintf(buf, HUMAN_SIZE, "%us", n);
	return buf;
}

char *
human_ago(int64_t now, int64_t t, char buf[HUMAN_SIZE])
{
	if (t <= 0) {
		(void)strlcpy(buf, "never", HUMAN_SIZE);
		return buf;
	}
	return human_span(t < now ? (uint64_t)(now - t) : 0, buf);
}

char *
human_bytes(uint64_t bytes, char buf[HUMAN_SIZE])
{
	static const char unit[] = "KMGTPE";
	double v = bytes;
	int i = -1;

	if (bytes < 1000) {
		snprintf(buf, HUMAN_SIZE, "%u", (unsigned)bytes);
		return buf;
	}
	do {
		v /= 1024;
		i++;
	} while (v >= 999.5);
	/* Below 10 the rounding must not make "10.0". */
	snprintf(buf, HUMAN_SIZE, v < 9.95 ? "%.1f%c" : "%.0f%c", v, unit[i]);
	return buf;
}

char *
human_latency(uint64_t us, char buf[HUMAN_SIZE])
{
	if (us == 0)
		(void)strlcpy(buf, "-", HUMAN_SIZE);
	else if (us < 1000)
		snprintf(buf, HUMAN_SIZE, "%uus", (unsigned)us);
	else if (us < 1000 * 1000)
		snprintf(buf, HUMAN_SIZE, "%ums", (unsigned)(us / 1000));
	else if (us < 100ull * 1000 * 1000)
		snprintf(buf, HUMAN_SIZE, "%.1fs", us / 1e6);
	else
		return human_span(us / 1000000, buf);
	return buf;
}

char *
human_safe(const char *text, char *buf, size_t size)
{
	char one[8];
	size_t used = 0, n;

	for (; *text != '\0'; text++) {
		vis(one, *text, VIS_OCTAL | VIS_TAB | VIS_NL | VIS_NOSLASH,
		    text[1]);
		n = strlen(one);
		if (used + n >= size)
			break;
		memcpy(buf + used, one, n);
		used += n;
	}
	buf[used] = '\0';
	return buf;
}

int
human_parse_span(const char *text, uint32_t max, uint32_t *seconds)
{
	uint64_t ms;

	if (span_parse(text, (uint64_t)max * 1000, &ms) == -1 || ms == 0)
		return -1;
	*seconds = (uint32_t)((ms + 999) / 1000);
	return 0;
}
