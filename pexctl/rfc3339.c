/* SPDX-License-Identifier: ISC */
/* Times as RFC 3339 text. */

#include <sys/types.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "pexctl/rfc3339.h"

#define DAY		86400
#define YEAR_9999_END	253402300799ll	/* 9999-12-31T23:59:59Z */

struct cursor {
	const char	*p;
	size_t		 left;
};

/* Exactly n digits; -1 if they are not there or exceed max. */
static int
digits(struct cursor *c, int n, int max)
{
	int v = 0;

	if (c->left < (size_t)n)
		return -1;
	for (; n > 0; n--, c->p++, c->left--) {
		if (*c->p < '0' || *c->p > '9')
			return -1;
		v = v * 10 + (*c->p - '0');
	}
	return v > max ? -1 : v;
}

static bool
take(struct cursor *c, char want)
{
	if (c->left == 0 || *c->p != want)
		return false;
	c->p++;
	c->left--;
	return true;
}

static bool
is_leap(int64_t y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

static int
month_days(int64_t y, int m)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
	    30, 31 };

	return m == 2 && is_leap(y) ? 29 : days[m - 1];
}

/* Days from 1970-01-01 to the first of January of year y >= 0. */
static int64_t
year_start(int64_t y)
{
	int64_t before = y - 1;		/* complete years since year 0 */

	if (y == 0)
		return -719528;
	return 365 * (y - 1970) + before / 4 - before / 100 + before / 400 -
	    (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static int
parse_date(struct cursor *c, int64_t *days)
{
	int y, m, d, i;

	if ((y = digits(c, 4, 9999)) == -1 || !take(c, '-') ||
	    (m = digits(c, 2, 12)) < 1 || !take(c, '-') ||
	    (d = digits(c, 2, 31)) < 1 || d > month_days(y, m))
		return -1;
	*days = year_start(y) + d - 1;
	for (i = 1; i < m; i++)
		*days += month_days(y, i);
	return 0;
}

static int
parse_clock(struct cursor *c, int *seconds)
{
	int h, m, s, n;

	if ((h = digits(c, 2, 23)) == -1 || !take(c, ':') ||
	    (m = digits(c, 2, 59)) == -1 || !take(c, ':') ||
	    (s = digits(c, 2, 59)) == -1)
		return -1;
	*seconds = h * 3600 + m * 60 + s;
	if (!take(c, '.'))
		return 0;
	for (n = 0; digits(c, 1, 9) != -1; n++)
		;
	return n >= 1 && n <= 9 ? 0 : -1;
}

static int
parse_offset(struct cursor *c, int *seconds)
{
	int h, m, sign = 1;

	*seconds = 0;
	if (take(c, 'Z'))
		return 0;
	if (take(c, '-'))
		sign = -1;
	else if (!take(c, '+'))
		return -1;
	if ((h = digits(c, 2, 23)) == -1 || !take(c, ':') ||
	    (m = digits(c, 2, 59)) == -1)
		return -1;
	*seconds = sign * (h * 3600 + m * 60);
	return 0;
}

int
rfc3339_parse(const char *text, size_t len, int64_t *seconds)
{
	struct cursor c = { text, len };
	int64_t days;
	int clock, offset;

	if (parse_date(&c, &days) == -1 || !take(&c, 'T') ||
	    parse_clock(&c, &clock) == -1 || parse_offset(&c, &offset) == -1 ||
	    c.left != 0)
		return -1;
	*seconds = days * DAY + clock - offset;
	return 0;
}

char *
rfc3339_text(int64_t s, char buf[RFC3339_SIZE])
{
	int64_t days, y;
	int m = 1, left;

	if (s <= 0) {
		(void)strlcpy(buf, RFC3339_ZERO, RFC3339_SIZE);
		return buf;
	}
	if (s > YEAR_9999_END)
		s = YEAR_9999_END;
	days = s / DAY;
	left = s % DAY;
	/* A guess that is never too late, and some years early at most. */
	for (y = 1970 + days / 366; year_start(y + 1) <= days; y++)
		;
	for (days -= year_start(y); days >= month_days(y, m); m++)
		days -= month_days(y, m);
	snprintf(buf, RFC3339_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ",
	    (int)y, m, (int)days + 1, left / 3600, left / 60 % 60, left % 60);
	return buf;
}

char *
rfc3339_text_ms(int64_t ms, char buf[RFC3339_SIZE])
{
	if (ms < 0)
		ms = 0;
	/* 0 is a moment here, not "never". */
	if (ms < 1000)
		(void)strlcpy(buf, "1970-01-01T00:00:00Z", RFC3339_SIZE);
	else
		rfc3339_text(ms / 1000, buf);
	snprintf(buf + strlen(buf) - 1, 8, ".%03dZ", (int)(ms % 1000));
	return buf;
}
