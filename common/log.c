/* SPDX-License-Identifier: ISC */
/* Logging: format, limit the rate per class, hand to the sink. */

#include <sys/types.h>

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <vis.h>

#include "common/log.h"
#include "common/lograte.h"

#define CLASSES		64	/* formats that hash alike share one */

struct log_class {
	const char	*held_fmt;	/* of the line held back last */
	struct lograte	 rate;
};

/* The one piece of process-wide state: every module may log. */
static struct {
	const char	*proc;
	log_sink	 sink;
	void		*ctx;
	int		 verbose;
	uint64_t	 suppressed;
	time_t		 second;	/* that the classes count in */
	bool		 holding;
	void		(*on_held)(void *);
	void		*held_ctx;
	struct log_class classes[CLASSES];
} lg = { .proc = "pexd", .sink = log_to_stderr };

void
log_init(const char *procname)
{
	lg.proc = procname;
}

void
log_set_sink(log_sink sink, void *ctx)
{
	lg.sink = sink == NULL ? log_to_stderr : sink;
	lg.ctx = ctx;
}

void
log_set_verbose(int verbose)
{
	lg.verbose = verbose;
}

int
log_get_verbose(void)
{
	return lg.verbose;
}

uint64_t
log_suppressed(void)
{
	return lg.suppressed;
}

void
log_on_held(void (*fn)(void *ctx), void *ctx)
{
	lg.on_held = fn;
	lg.held_ctx = ctx;
}

static time_t
monotonic_second(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static struct log_class *
class_of(const char *fmt)
{
	uintptr_t h = (uintptr_t)fmt;

	h ^= h >> 7;
	return &lg.classes[h % CLASSES];
}

static void
tell_held(const struct log_class *c, unsigned held)
{
	char line[LOG_LINE_SIZE];

	/* The format is ours; what was put into it need not be. */
	snprintf(line, sizeof(line), "%s: %u more lines like \"%s\" "
	    "were suppressed", lg.proc, held, c->held_fmt);
	lg.sink(lg.ctx, LOG_LV_WARN, line);
}

/* Each class may speak again, after it told what it held back. */
static void
begin_second(time_t now)
{
	unsigned held;
	size_t i;

	lg.second = now;
	lg.holding = false;
	for (i = 0; i < CLASSES; i++)
		if ((held = lograte_turn(&lg.classes[i].rate, now)) > 0)
			tell_held(&lg.classes[i], held);
}

void
log_tell_held(void)
{
	time_t now = monotonic_second();

	if (lg.second != now)
		begin_second(now);
}

/* May a line of this class pass now? */
static bool
rate_ok(const char *fmt)
{
	struct log_class *c = class_of(fmt);
	time_t now = monotonic_second();

	if (lg.second != now)
		begin_second(now);
	if (lograte_take(&c->rate, LOG_RATE))
		return true;
	c->held_fmt = fmt;
	lg.suppressed++;
	if (!lg.holding && lg.on_held != NULL)
		lg.on_held(lg.held_ctx);
	lg.holding = true;
	return false;
}

static void __attribute__((format(printf, 4, 0)))
emit(enum log_level level, const char *prefix, const char *suffix,
    const char *fmt, va_list ap)
{
	char line[LOG_LINE_SIZE];
	int n;

	n = snprintf(line, sizeof(line), "%s: %s", lg.proc, prefix);
	if (n < 0 || (size_t)n >= sizeof(line))
		return;
	vsnprintf(line + n, sizeof(line) - n, fmt, ap);
	if (suffix != NULL) {
		strlcat(line, ": ", sizeof(line));
		strlcat(line, suffix, sizeof(line));
	}
	lg.sink(lg.ctx, level, line);
}

void
log_warn(const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (rate_ok(fmt)) {
		va_start(ap, fmt);
		emit(LOG_LV_WARN, "", strerror(saved), fmt, ap);
		va_end(ap);
	}
	errno = saved;
}

#define LOG_FUNC(name, level, when)					\
void									\
name(const char *fmt, ...)						\
{									\
	int saved = errno;						\
	va_list ap;							\
									\
	if ((when) && rate_ok(fmt)) {					\
		va_start(ap, fmt);					\
		emit(level, "", NULL, fmt, ap);				\
		va_end(ap);						\
	}								\
	errno = saved;							\
}

LOG_FUNC(log_warnx, LOG_LV_WARN, true)
LOG_FUNC(log_info, LOG_LV_INFO, true)
LOG_FUNC(log_debug, LOG_LV_DEBUG, lg.verbose > 0)

void
log_audit(const char *fmt, ...)
{
	char text[LOG_LINE_SIZE], line[LOG_LINE_SIZE];
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "%s: ", lg.proc);
	n = strlen(line);
	log_vis(line + n, sizeof(line) - n, text, strlen(text));
	lg.sink(lg.ctx, LOG_LV_INFO, line);
}

void
fatal(const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LV_ERROR, "fatal: ", strerror(saved), fmt, ap);
	va_end(ap);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LV_ERROR, "fatal: ", NULL, fmt, ap);
	va_end(ap);
	exit(1);
}

char *
log_vis(char *dst, size_t size, const void *text, size_t len)
{
	const char *p = text;
	char one[8];
	size_t i, used = 0, n;

	if (size == 0)
		return dst;
	for (i = 0; i < len; i++) {
		/* What vis(3) leaves as it is, without its cost. */
		if (p[i] >= ' ' && p[i] <= '~' && p[i] != '\\') {
			if (used + 1 >= size)
				break;
			dst[used++] = p[i];
			continue;
		}
		vis(one, p[i], VIS_OCTAL | VIS_NL | VIS_TAB | VIS_CSTYLE,
		    i + 1 < len ? p[i + 1] : 0);
		n = strlen(one);
		if (used + n >= size)
			break;
		memcpy(dst + used, one, n);
		used += n;
	}
	dst[used] = '\0';
	return dst;
}

void
log_printable(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
}
