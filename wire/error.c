/* SPDX-License-Identifier: ISC */
/* Names and sentences of the refusals. */
#include <stddef.h>

#include "wire/error.h"

static const struct {
	const char	*name;
	const char	*text;
} errors[WIRE_NERRORS] = {
#define WIRE_ERROR_ROW(sym, name, text)	[WIRE_##sym] = { name, text },
	WIRE_ERRORS(WIRE_ERROR_ROW)
#undef WIRE_ERROR_ROW
};

const char *
wire_error_name(enum wire_error error)
{
	if ((size_t)error >= WIRE_NERRORS)
		return "unknown";
	return errors[error].name;
}

const char *
wire_error_text(enum wire_error error)
{
	if ((size_t)error >= WIRE_NERRORS)
		return "unknown error";
	return errors[error].text;
}
