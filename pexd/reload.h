/* SPDX-License-Identifier: ISC */
/*
 * Reload: read the file again, check what may change, offer the new config
 * to all children, and once each of them agrees let all switch.  On any
 * error nothing changes.
 */
#ifndef PEXD_RELOAD_H
#define PEXD_RELOAD_H

#include <stdint.h>

#include "common/msg.h"

struct pexd;
struct reload;

/* How it ended; id is what reload_start() was given. */
typedef void	 reload_done(void *ctx, uint32_t id, enum status,
		    const char *text);

/* NULL: ENOMEM. */
struct reload	*reload_new(struct pexd *, reload_done *, void *ctx);
void		 reload_free(struct reload *);		/* NULL is fine */
/* Begin; done is called now or later, once. */
void		 reload_start(struct reload *, uint32_t id);
/* From the children's side. */
void		 reload_result(struct reload *, enum role,
		    const struct m_conf_result *);
void		 reload_down(struct reload *, enum role);

/*
 * May next replace conf in a running daemon whose engine has so many
 * descriptors?  NULL, or buf says which options are in the way, and where the
 * first of them is set.
 */
const char	*reload_refusal(const struct conf *conf,
		    const struct conf *next, uint32_t nofile, char *buf,
		    size_t size);

#endif
