/* SPDX-License-Identifier: ISC */
/*
 * Words for what the book reports.
 */
#include "addrbookd/book/book.h"

#define NAME(list, n)	((unsigned int)(n) < sizeof(list) / sizeof(list[0]) ? \
    list[n] : "?")

const char *
book_level_name(enum book_level l)
{
	static const char *const names[] = {
		[BOOK_HEARD]	= "heard",
		[BOOK_REACHED]	= "reached",
		[BOOK_GOOD]	= "good",
		[BOOK_SENIOR]	= "senior",
	};

	return NAME(names, l);
}

const char *
book_result_name(enum book_result r)
{
	static const char *const names[BOOK_RESULT_MAX] = {
		[BOOK_ADDED]		= "added",
		[BOOK_KNOWN]		= "known",
		[BOOK_NO_ROOM]		= "its place is taken",
		[BOOK_UNROUTABLE]	= "not routable",
		[BOOK_OWN]		= "our own",
		[BOOK_PRIVATE]		= "private",
		[BOOK_PRIVATE_SOURCE]	= "told by a private peer",
		[BOOK_BANNED]		= "banned",
		[BOOK_HELD]		= "proved wrong lately",
		[BOOK_CLAIMED]		= "its ID is elsewhere",
		[BOOK_LIMITED]		= "too many from its source",
	};

	return NAME(names, r);
}

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
