/* SPDX-License-Identifier: ISC */
/* Why the daemon refuses an entry of a file: words for enum import_refusal. */
#ifndef PEXCTL_IMPORT_REFUSAL_H
#define PEXCTL_IMPORT_REFUSAL_H

#include "common/msg.h"

/* "no_room", for JSON; and a sentence's end for people. */
const char	*import_refusal_key(enum import_refusal);
const char	*import_refusal_text(enum import_refusal);

#endif
