/* SPDX-License-Identifier: ISC */
/* Why the daemon refuses an entry of a file. */

#include <sys/types.h>

#include "pexctl/import_refusal.h"

static const struct {
	const char	*key, *text;
} refusals[IMPORT_REFUSAL_MAX] = {
	[IMPORT_NO_ROOM] = { "no_room", "others hold its place in the table" },
	[IMPORT_UNROUTABLE] = { "unroutable", "not a routable address" },
	[IMPORT_OWN] = { "own", "this node's own ID or address" },
	[IMPORT_PRIVATE] = { "private", "the ID of a private peer" },
	[IMPORT_BANNED] = { "banned", "its ID or host is banned" },
	[IMPORT_HELD] = { "held", "a dial proved it wrong within 24h" },
	[IMPORT_CLAIMED] = { "claimed", "its ID is known elsewhere" },
	[IMPORT_OTHER] = { "other", "for another reason" },
};

const char *
import_refusal_key(enum import_refusal r)
{
	return refusals[r].key;
}

const char *
import_refusal_text(enum import_refusal r)
{
	return refusals[r].text;
}
