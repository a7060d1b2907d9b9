/* SPDX-License-Identifier: ISC */
/* Why connections are not let in. */

#include <sys/types.h>

#include <stdio.h>

#include "engine/refusal.h"

static const struct {
	const char	*name, *text;
	enum outcome	 outcome;
} refusals[REFUSED_MAX] = {
#define REFUSAL_ROW(sym, name, text, outcome)				\
	[REFUSED_##sym] = { name, text, outcome },
	REFUSALS(REFUSAL_ROW)
#undef REFUSAL_ROW
};

/* What is not here is a protocol error. */
static const enum refusal of_error[WIRE_NERRORS] = {
	[WIRE_NOMEM] = REFUSED_MEMORY,
	[WIRE_CRYPTO] = REFUSED_CRYPTO,
	[WIRE_MESSAGE_SIZE] = REFUSED_NODE_INFO,
	[WIRE_HELLO_LENGTH] = REFUSED_KEY_EXCHANGE,
	[WIRE_HELLO_MALFORMED] = REFUSED_KEY_EXCHANGE,
	[WIRE_HELLO_KEY_SIZE] = REFUSED_KEY_EXCHANGE,
	[WIRE_HELLO_REFLECTED] = REFUSED_KEY_EXCHANGE,
	[WIRE_HELLO_LOW_ORDER] = REFUSED_KEY_EXCHANGE,
	[WIRE_FRAME_TAG] = REFUSED_FRAME,
	[WIRE_FRAME_CHUNK] = REFUSED_FRAME,
	[WIRE_FRAME_COUNTER] = REFUSED_FRAME,
	[WIRE_AUTH_LENGTH] = REFUSED_AUTHENTICATION,
	[WIRE_AUTH_MALFORMED] = REFUSED_AUTHENTICATION,
	[WIRE_AUTH_KEY_TYPE] = REFUSED_AUTHENTICATION,
	[WIRE_AUTH_KEY_WEAK] = REFUSED_AUTHENTICATION,
	[WIRE_AUTH_SIGNATURE] = REFUSED_AUTHENTICATION,
	[WIRE_WRONG_IDENTITY] = REFUSED_WRONG_IDENTITY,
	[WIRE_INFO_LENGTH] = REFUSED_NODE_INFO,
	[WIRE_INFO_MALFORMED] = REFUSED_NODE_INFO,
	[WIRE_INFO_ADDRESS] = REFUSED_NODE_INFO,
	[WIRE_INFO_VERSION] = REFUSED_NODE_INFO,
	[WIRE_INFO_RPC] = REFUSED_NODE_INFO,
	[WIRE_INFO_MONIKER] = REFUSED_NODE_INFO,
	[WIRE_INFO_CHANNELS] = REFUSED_NODE_INFO,
	[WIRE_INFO_CHANNEL_TWICE] = REFUSED_NODE_INFO,
	[WIRE_INFO_TX_INDEX] = REFUSED_NODE_INFO,
	[WIRE_INFO_ID] = REFUSED_AUTHENTICATION,
	[WIRE_SELF] = REFUSED_SELF,
	[WIRE_WRONG_BLOCK] = REFUSED_WRONG_BLOCK_VERSION,
	[WIRE_WRONG_NETWORK] = REFUSED_WRONG_NETWORK,
	[WIRE_NO_COMMON_CHANNEL] = REFUSED_NO_PEX_CHANNEL,
};

static const enum refusal of_verdict[VERDICT_MAX] = {
	[VERDICT_SELF] = REFUSED_SELF,
	[VERDICT_DUPLICATE] = REFUSED_DUPLICATE,
	[VERDICT_BANNED] = REFUSED_BANNED,
	[VERDICT_FULL] = REFUSED_FULL,
	[VERDICT_NOT_WANTED] = REFUSED_NOT_WANTED,
};

const char *
refusal_name(enum refusal r)
{
	return r > REFUSED_NOT && r < REFUSED_MAX ? refusals[r].name : "?";
}

const char *
refusal_text(enum refusal r)
{
	return r > REFUSED_NOT && r < REFUSED_MAX ? refusals[r].text : "?";
}

enum outcome
refusal_outcome(enum refusal r)
{
	return r > REFUSED_NOT && r < REFUSED_MAX ? refusals[r].outcome :
	    OUTCOME_REJECTED;
}

enum refusal
refusal_of_error(enum wire_error e)
{
	if (e >= WIRE_NERRORS || of_error[e] == REFUSED_NOT)
		return REFUSED_PROTOCOL;
	return of_error[e];
}

char *
refusal_why(enum wire_error e, char *buf, size_t size)
{
	enum refusal r = refusal_of_error(e);

	switch (r) {
	case REFUSED_NODE_INFO:		/* the error says it all */
		snprintf(buf, size, "%s", wire_error_text(e));
		break;
	case REFUSED_SELF:		/* and so do these classes */
	case REFUSED_WRONG_IDENTITY:
	case REFUSED_WRONG_BLOCK_VERSION:
	case REFUSED_WRONG_NETWORK:
	case REFUSED_NO_PEX_CHANNEL:
	case REFUSED_MEMORY:
	case REFUSED_CRYPTO:
		snprintf(buf, size, "%s", refusal_text(r));
		break;
	default:
		snprintf(buf, size, "%s: %s", refusal_text(r),
		    wire_error_text(e));
		break;
	}
	return buf;
}

enum refusal
refusal_of_verdict(enum verdict v)
{
	if (v >= VERDICT_MAX || of_verdict[v] == REFUSED_NOT)
		return REFUSED_NOT_WANTED;
	return of_verdict[v];
}
