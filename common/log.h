/* SPDX-License-Identifier: ISC */
/*
 * Logging.  Lines are sentences.  A process hands its lines to one sink:
 * standard error until log_set_sink() says otherwise; children send them to
 * the parent, which alone writes to stderr or syslog.
 *
 * At most LOG_RATE lines a second pass of each class (by a hash of the format
 * string); what is held back is counted, and told when the second is over:
 * before the next line of any class, or by log_tell_held().
 */
#ifndef PEXD_LOG_H
#define PEXD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#define LOG_RATE	10
#define LOG_LINE_SIZE	1024	/* longer lines are cut */

enum log_level {
	LOG_LV_ERROR = 1,
	LOG_LV_WARN,
	LOG_LV_INFO,
	LOG_LV_DEBUG,		/* only if verbose */
};

typedef void (*log_sink)(void *ctx, enum log_level, const char *line);

void	 log_init(const char *procname);	/* not copied */
void	 log_set_sink(log_sink, void *ctx);	/* NULL: standard error */
void	 log_set_verbose(int);			/* > 0: debug lines too */
int	 log_get_verbose(void);
uint64_t log_suppressed(void);			/* lines held back so far */
/* What was held back in a second that is over is told now. */
void	 log_tell_held(void);
/* fn is called when there is something to tell a second later; NULL: none. */
void	 log_on_held(void (*fn)(void *ctx), void *ctx);

/* errno's text is appended.  errno is kept by all of them. */
void	 log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	 log_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	 log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	 log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/*
 * Who asked for what: never held back, so who calls it bounds how often; and
 * made printable, for an asker has words in it.
 */
void	 log_audit(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Start-up only: log and exit 1. */
noreturn void	 fatal(const char *fmt, ...)
		    __attribute__((format(printf, 1, 2)));
noreturn void	 fatalx(const char *fmt, ...)
		    __attribute__((format(printf, 1, 2)));

/*
 * Remote text made harmless: strvisx(3) of len bytes into dst, cut to size.
 * Returns dst.
 */
char	*log_vis(char *dst, size_t size, const void *text, size_t len);

/*
 * In place, each byte that is not printable ASCII becomes '?': for a text
 * that is ours but for the words in it, and goes to a terminal.
 */
void	 log_printable(char *text);

/*
 * The sink of standard error, each line with the time, or if systemd's
 * journal reads it (JOURNAL_STREAM) with its priority.  Never waits: a line
 * that it has no room for is lost.
 */
void	 log_to_stderr(void *ctx, enum log_level, const char *line);
/* false: it is lost */
bool	 log_try_stderr(enum log_level, const char *line);
/* What syslog(3) calls this level. */
int	 log_priority(enum log_level);

#endif
