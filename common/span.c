/* SPDX-License-Identifier: ISC */
/* Spans of time as people write and read them. */

#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/span.h"

#define SECOND	1000u
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)

uint64_t
span_unit(const char *unit)
{
	static const struct {
		const char	*unit;
		uint64_t	 ms;
	} units[] = {
		{ "ms", 1 }, { "s", SECOND }, { "m", MINUTE }, { "h", HOUR },
		{ "d", DAY }, { "w", 7 * DAY },
	};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].unit, unit) == 0)
			return units[i].ms;
	return 0;
}

/* A run of digits, cut at UINT64_MAX; *p moves behind it. */
static uint64_t
take_number(const char **p)
{
	uint64_t n = 0, digit;

	for (; **p >= '0' && **p <= '9'; (*p)++) {
		digit = (uint64_t)(**p - '0');
		n = n > (UINT64_MAX - digit) / 10 ? UINT64_MAX :
		    n * 10 + digit;
	}
	return n;
}

/* The unit at *p, which moves behind it; no more text is seconds. */
static uint64_t
take_unit(const char **p)
{
	char unit[3] = "";
	size_t n;

	if (**p == '\0')
		return SECOND;
	for (n = 0; n < sizeof(unit) - 1 && **p >= 'a' && **p <= 'z'; n++)
		unit[n] = *(*p)++;
	return span_unit(unit);
}

int
span_parse(const char *p, uint64_t max_ms, uint64_t *ms)
{
	uint64_t total = 0, n, unit;

	do {
		if (*p < '0' || *p > '9')
			return -1;
		n = take_number(&p);
		if ((unit = take_unit(&p)) == 0 ||
		    n > (max_ms - total) / unit)
			return -1;
		total += n * unit;
	} while (*p != '\0');
	*ms = total;
	return 0;
}

char *
span_text(uint64_t s, char buf[SPAN_TEXT_SIZE])
{
	const struct { uint64_t n; char unit; } parts[] = {
		{ s < 48 * 3600 ? 0 : s / 86400, 'd' },
		{ s < 48 * 3600 ? s / 3600 : s % 86400 / 3600, 'h' },
		{ s % 3600 / 60, 'm' },
		{ s % 60, 's' },
	};
	size_t i, len = 0;

	(void)strlcpy(buf, "0s", SPAN_TEXT_SIZE);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].n > 0)
			len += (size_t)snprintf(buf + len,
			    SPAN_TEXT_SIZE - len, "%" PRIu64 "%c",
			    parts[i].n, parts[i].unit);
	return buf;
}
