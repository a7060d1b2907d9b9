/* SPDX-License-Identifier: ISC */
/* What an error of connect(2) says of the other side, if anything. */
#ifndef DIALER_OUTCOME_H
#define DIALER_OUTCOME_H

#include "common/msg.h"

/* Any errno but 0; what is not known to be theirs is OUTCOME_OURS. */
enum outcome	 outcome_of_errno(int error);

#endif
