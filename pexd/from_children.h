/* SPDX-License-Identifier: ISC */
/* What the parent takes from each child, as tables; ctx is struct pexd. */
#ifndef PEXD_FROM_CHILDREN_H
#define PEXD_FROM_CHILDREN_H

#include "common/pipe.h"

extern const struct msg_handler from_engine[];
extern const struct msg_handler from_dialer[];
extern const struct msg_handler from_addrbookd[];

#endif
