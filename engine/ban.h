/* SPDX-License-Identifier: ISC */
/*
 * Who is banned: a mirror of addrbookd's list, by ID and by host, so that a
 * banned host costs an accept(2) and nothing more.
 *
 * Pure: the time is an argument, milliseconds of the monotonic clock.
 */
#ifndef PEXD_ENGINE_BAN_H
#define PEXD_ENGINE_BAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/msg.h"

#define BANS_MAX	65536	/* of each kind; the oldest goes first */

struct bans;

struct bans	*bans_new(void);	/* NULL without memory */
void		 bans_free(struct bans *);
void		 bans_clear(struct bans *);
/* Add, renew or (left_s 0) lift.  0, or -1 without memory. */
int		 bans_set(struct bans *, const struct m_ban *,
		    uint64_t now_ms);
bool		 bans_has_id(struct bans *, const struct node_id *,
		    uint64_t now_ms);
/* The host of that address (IPv4 address, IPv6 /64). */
bool		 bans_has_host(struct bans *, const uint8_t ip[16],
		    uint64_t now_ms);
unsigned	 bans_count(const struct bans *);

#endif
