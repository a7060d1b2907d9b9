/* SPDX-License-Identifier: ISC */
/* What an error of connect(2) says of the other side, if anything. */

#include <errno.h>

#include "dialer/outcome.h"

enum outcome
outcome_of_errno(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
		return OUTCOME_REFUSED;
	case EHOSTUNREACH:
	case EHOSTDOWN:
		return OUTCOME_UNREACHABLE;
	case ETIMEDOUT:
		return OUTCOME_TIMED_OUT;
	default:
		/* No route, no descriptor, a local firewall: that is us. */
		return OUTCOME_OURS;
	}
}
