/* SPDX-License-Identifier: ISC */
/*
 * The sizes of the messages in a pipe's queue, oldest first: imsg counts
 * messages only, and the limits are in bytes.
 */
#ifndef PEXD_PIPE_SIZES_H
#define PEXD_PIPE_SIZES_H

#include <stdint.h>

struct pipe_sizes {			/* zeroed: empty */
	uint16_t	*v;
	uint32_t	 cap;		/* a power of two */
	uint32_t	 head, n;	/* n of them, from head on */
};

/* Returns 0, or -1: ENOMEM. */
int		 pipe_sizes_push(struct pipe_sizes *, uint16_t size);
/* The oldest; there has to be one. */
uint16_t	 pipe_sizes_pop(struct pipe_sizes *);
void		 pipe_sizes_free(struct pipe_sizes *);

#endif
