/* SPDX-License-Identifier: ISC */
/* The words for what messages carry as numbers: one table per enum. */

#include <stddef.h>
#include <string.h>

#include "common/msg.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))
#define LOOKUP(tab, v)							\
	((size_t)(v) < NITEMS(tab) && (tab)[v] != NULL ? (tab)[v] : "?")

static const struct {
	enum role	 role;
	const char	*name;
} roles[] = {
	{ ROLE_PARENT,		"pexd" },
	{ ROLE_ENGINE,		"engine" },
	{ ROLE_DIALER,		"dialer" },
	{ ROLE_ADDRBOOKD,	"addrbookd" },
	{ ROLE_CTL,		"pexctl" },
};

static const char *const outcomes[OUTCOME_MAX] = {
	[OUTCOME_CONNECTED]		= "connected",
	[OUTCOME_FULL]			= "full",
	[OUTCOME_OURS]			= "ours",
	[OUTCOME_REFUSED]		= "refused",
	[OUTCOME_UNREACHABLE]		= "unreachable",
	[OUTCOME_TIMED_OUT]		= "timed out",
	[OUTCOME_WRONG_IDENTITY]	= "wrong identity",
	[OUTCOME_WRONG_NETWORK]		= "wrong network",
	[OUTCOME_WRONG_BLOCK_VERSION]	= "wrong block version",
	[OUTCOME_NO_PEX_CHANNEL]	= "no PEX channel",
	[OUTCOME_SELF]			= "self",
	[OUTCOME_DUPLICATE]		= "duplicate",
	[OUTCOME_REJECTED]		= "rejected",
	[OUTCOME_LIVE]			= "live",
	[OUTCOME_ANSWERED]		= "answered",
	[OUTCOME_MATURE]		= "mature",
};

static const char *const verdicts[VERDICT_MAX] = {
	[VERDICT_OK]		= "ok",
	[VERDICT_SELF]		= "self",
	[VERDICT_DUPLICATE]	= "duplicate",
	[VERDICT_BANNED]	= "banned",
	[VERDICT_FULL]		= "full",
	[VERDICT_NOT_WANTED]	= "not wanted",
};

static const char *const downs[DOWN_MAX] = {
	[DOWN_PEER_CLOSED]	= "closed by peer",
	[DOWN_PEER_ERROR]	= "connection error",
	[DOWN_PROTOCOL]		= "protocol error",
	[DOWN_MISBEHAVED]	= "misbehaved",
	[DOWN_PONG_TIMEOUT]	= "pong timeout",
	[DOWN_ANSWERED]		= "answered",
	[DOWN_IDLE]		= "asked nothing",
	[DOWN_DIALER]		= "no longer wanted",
	[DOWN_OPERATOR]		= "dropped by operator",
	[DOWN_BANNED]		= "banned",
	[DOWN_SLOW]		= "too slow",
	[DOWN_RATE]		= "too many replies to its host",
	[DOWN_SHUTDOWN]		= "shutdown",
};

static const char *const misbehaviours[MISBEHAVED_MAX] = {
	[MISBEHAVED_UNSOLICITED]	= "unsolicited addresses",
	[MISBEHAVED_BAD_ADDRS]		= "malformed address list",
	[MISBEHAVED_FLOOD]		= "too many requests",
	[MISBEHAVED_PROTOCOL]		= "malformed message",
};

static const char *const levels[] = {
	[LEVEL_HEARD]	= "heard",
	[LEVEL_REACHED]	= "reached",
	[LEVEL_GOOD]	= "good",
	[LEVEL_SENIOR]	= "senior",
};

static const char *const statuses[STATUS_MAX] = {
	[STATUS_OK]		= "ok",
	[STATUS_MORE]		= "more",
	[STATUS_NOT_FOUND]	= "not found",
	[STATUS_INVALID]	= "invalid",
	[STATUS_DENIED]		= "permission denied",
	[STATUS_UNAVAILABLE]	= "unavailable",
	[STATUS_FAILED]		= "failed",
};

static const char *const events[EVENT_MAX] = {
	[EVENT_PEER_UP]		= "peer_up",
	[EVENT_PEER_DOWN]	= "peer_down",
	[EVENT_REQUEST]		= "request",
	[EVENT_REPLY]		= "reply",
	[EVENT_ADDRS]		= "addrs",
	[EVENT_BAN]		= "ban",
	[EVENT_UNBAN]		= "unban",
	[EVENT_DIAL]		= "dial",
	[EVENT_REFUSED]		= "refused",
};

const char *
role_name(enum role role)
{
	size_t i;

	for (i = 0; i < NITEMS(roles); i++)
		if (roles[i].role == role)
			return roles[i].name;
	return "?";
}

enum role
role_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < NITEMS(roles); i++)
		if (strcmp(roles[i].name, name) == 0)
			return roles[i].role;
	return ROLE_NONE;
}

const char *
outcome_name(enum outcome v)
{
	return LOOKUP(outcomes, v);
}

const char *
verdict_name(enum verdict v)
{
	return LOOKUP(verdicts, v);
}

const char *
down_reason_name(enum down_reason v)
{
	return LOOKUP(downs, v);
}

const char *
misbehaviour_name(enum misbehaviour v)
{
	return LOOKUP(misbehaviours, v);
}

const char *
level_name(enum level v)
{
	return LOOKUP(levels, v);
}

const char *
status_name(enum status v)
{
	return LOOKUP(statuses, v);
}

const char *
event_name(enum event_kind v)
{
	return LOOKUP(events, v);
}
