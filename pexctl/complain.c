/* SPDX-License-Identifier: ISC */
/* What is wrong, on standard error and in the output's format. */

#include <sys/types.h>

#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pexctl/complain.h"

/* As for err(3), there is one program to speak for. */
static struct view *view;

void
complain_to(struct view *v)
{
	view = v;
}

static void
say(const char *text)
{
	warnx("%s", text);
	if (view != NULL && view->out->error != NULL)
		view->out->error(view, text);
}

void
complain(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(text);
}

void
complain_errno(const char *fmt, ...)
{
	char text[1024];
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)strlcat(text, ": ", sizeof(text));
	(void)strlcat(text, strerror(error), sizeof(text));
	say(text);
}
