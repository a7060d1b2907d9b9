/* SPDX-License-Identifier: ISC */
/*
 * Words for what the book reports.
 */
#include "addrbookd/book/book.h"

#define NAME(list, n)	((unsigned int)(n) < sizeof(list) / sizeof(list[0]) ? \
    list[n] : "?")

const char *
book_fault_name(enum book_fault f)
{
	static const char *const names[BOOK_FAULT_MAX] = {
		[BOOK_FAULT_OPERATOR]		= "by the operator",
		[BOOK_FAULT_UNSOLICITED]	= "unsolicited addresses",
		[BOOK_FAULT_MALFORMED]		= "malformed message",
		[BOOK_FAULT_FLOOD]		= "too many requests",
	};

	return NAME(names, f);
}
