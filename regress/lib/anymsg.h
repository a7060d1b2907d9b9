/* SPDX-License-Identifier: ISC */
/*
 * Messages that a process which was taken over might send: well-formed, with
 * any values.  Numbers, IDs and addresses come from small pools, so that some
 * of them mean something; the addresses are of loopback, or nobody's.
 */
#ifndef PEXD_REGRESS_ANYMSG_H
#define PEXD_REGRESS_ANYMSG_H

#include "common/msg.h"
#include "common/rng.h"

/*
 * A type that `as` may send to `to` and that carries no descriptor, its
 * fields in body, which has msg_body_max() bytes.  Wiring is left alone.
 */
uint32_t	 anymsg(struct rng *, enum role as, enum role to, void *body);

#endif
