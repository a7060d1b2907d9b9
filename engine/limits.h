/* SPDX-License-Identifier: ISC */
/*
 * What an address may cost us before it has proved anything: accept rates
 * and pending handshakes per host, block (/24, /48), group and in all, and
 * one established connection per host.
 *
 * Narrow limits are asked first, and a refusal takes nothing from the wide
 * ones: who is over his own limit cannot use up that of others.  Hosts of
 * persistent peers are exempt.  A private network has only the limits in all.
 *
 * Pure: the time and the dice are arguments.
 */
#ifndef PEXD_ENGINE_LIMITS_H
#define PEXD_ENGINE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/siphash.h"
#include "engine/refusal.h"

#define LIMITS_LEARNT_MAX	1024	/* exempt hosts learnt by dialling */

struct limits;

/* NULL without memory. */
struct limits	*limits_new(const struct siphash_key *);
void		 limits_free(struct limits *);
/* Take over the exempt hosts (literals only) of a config.  0 or -1. */
int		 limits_configure(struct limits *, const struct conf *);
/*
 * The host of a persistent peer, found by dialling it: until a config no
 * longer names that peer, or for good if pexctl named it.
 */
void		 limits_learn_exempt(struct limits *, const struct conf *,
		    const struct node_id *, const uint8_t ip[16]);
bool		 limits_is_exempt(const struct limits *, const uint8_t ip[16]);

/*
 * May a connection from there begin a handshake?  REFUSED_NOT, and tokens
 * are taken; else why not.
 */
enum refusal	 limits_accept(struct limits *, const struct conf *,
		    const uint8_t ip[16], uint64_t now_ms);
/*
 * Has an old handshake to give way to a new one?  Ever likelier as the table
 * fills; certain when it is full.  dice: 32 random bits.
 */
bool		 limits_crowded(const struct limits *, const struct conf *,
		    uint32_t dice);
/* May a second connection with that host be established? */
bool		 limits_same_ip(struct limits *, const struct conf *,
		    const uint8_t ip[16]);

/* An inbound handshake began (0, or -1 without memory) or ended. */
int		 limits_pending_add(struct limits *, const uint8_t ip[16]);
void		 limits_pending_sub(struct limits *, const uint8_t ip[16]);
unsigned	 limits_pending(const struct limits *);
/* A peer is established (0 or -1) or gone, either direction. */
int		 limits_peer_add(struct limits *, const uint8_t ip[16]);
void		 limits_peer_sub(struct limits *, const uint8_t ip[16]);

/* May that host have another reply?  Takes a token if so. */
bool		 limits_reply(struct limits *, const struct conf *,
		    const uint8_t ip[16], uint64_t now_ms);

#endif
