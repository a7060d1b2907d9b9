/* SPDX-License-Identifier: ISC */
/* A binary heap of events. */

#include <err.h>
#include <stdlib.h>

#include "regress/sim/queue.h"

static bool
before(const struct event *x, const struct event *y)
{
	return x->at != y->at ? x->at < y->at : x->seq < y->seq;
}

static void
swap(struct event *x, struct event *y)
{
	struct event t = *x;

	*x = *y;
	*y = t;
}

void
queue_push(struct queue *q, uint64_t at, enum event_type type, uint32_t a,
    uint32_t b)
{
	unsigned i;

	if (q->n == q->max) {
		q->max = q->max == 0 ? 1024 : 2 * q->max;
		q->heap = reallocarray(q->heap, q->max, sizeof(*q->heap));
		if (q->heap == NULL)
			err(1, "queue");
	}
	q->heap[q->n] = (struct event){ at, q->seq++, type, a, b };
	for (i = q->n++; i > 0 && before(&q->heap[i], &q->heap[(i - 1) / 2]);
	    i = (i - 1) / 2)
		swap(&q->heap[i], &q->heap[(i - 1) / 2]);
}

bool
queue_pop(struct queue *q, struct event *ev)
{
	unsigned i = 0, c;

	if (q->n == 0)
		return false;
	*ev = q->heap[0];
	q->heap[0] = q->heap[--q->n];
	while ((c = 2 * i + 1) < q->n) {
		if (c + 1 < q->n && before(&q->heap[c + 1], &q->heap[c]))
			c++;
		if (!before(&q->heap[c], &q->heap[i]))
			break;
		swap(&q->heap[c], &q->heap[i]);
		i = c;
	}
	return true;
}

uint64_t
queue_next(const struct queue *q)
{
	return q->n > 0 ? q->heap[0].at : QUEUE_NEVER;
}

void
queue_free(struct queue *q)
{
	free(q->heap);
}
