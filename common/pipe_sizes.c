/* SPDX-License-Identifier: ISC */
/* The sizes of the messages in a pipe's queue: a ring that grows. */

#include <stdlib.h>

#include "common/pipe_sizes.h"

int
pipe_sizes_push(struct pipe_sizes *s, uint16_t size)
{
	uint32_t i, cap;
	uint16_t *v;

	if (s->n == s->cap) {
		cap = s->cap == 0 ? 64 : s->cap * 2;
		if ((v = calloc(cap, sizeof(*v))) == NULL)
			return -1;
		for (i = 0; i < s->n; i++)
			v[i] = s->v[(s->head + i) & (s->cap - 1)];
		free(s->v);
		s->v = v;
		s->cap = cap;
		s->head = 0;
	}
	s->v[(s->head + s->n++) & (s->cap - 1)] = size;
	return 0;
}

uint16_t
pipe_sizes_pop(struct pipe_sizes *s)
{
	uint16_t size = s->v[s->head];

	s->head = (s->head + 1) & (s->cap - 1);
	s->n--;
	return size;
}

void
pipe_sizes_free(struct pipe_sizes *s)
{
	free(s->v);
}
