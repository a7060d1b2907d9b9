/* SPDX-License-Identifier: ISC */
/* The main thread's side of the writer: its queue, answers and figures. */

#include <sys/types.h>

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "addrbookd/store_impl.h"
#include "addrbookd/store_writer_impl.h"

#define FINISH_S	30	/* a disk that takes longer has not answered */

int
store_writer_push(struct store_writer *w, const struct store_job *j)
{
	int rv = 0;

	pthread_mutex_lock(&w->lock);
	if (j->kind == JOB_READ_NODES && w->nasked < ANSWERS) {
		w->asks[w->nasks++] = *j;
		w->nasked++;
		pthread_cond_signal(&w->wake);
	} else if (j->kind != JOB_READ_NODES && w->n < STORE_QUEUE) {
		w->queue[w->n++] = *j;
		w->stats.pushed++;
		if (w->n == 1)
			pthread_cond_signal(&w->wake);
	} else
		rv = -1;
	pthread_mutex_unlock(&w->lock);
	return rv;
}

void
store_writer_want_room(struct store_writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->wanted = true;
	pthread_mutex_unlock(&w->lock);
}

unsigned
store_writer_room(struct store_writer *w)
{
	unsigned room;

	pthread_mutex_lock(&w->lock);
	room = STORE_QUEUE - w->n;
	pthread_mutex_unlock(&w->lock);
	return room;
}

void
store_writer_stats(struct store_writer *w, struct store_stats *s)
{
	pthread_mutex_lock(&w->lock);
	*s = w->stats;
	s->queued = w->n;
	pthread_mutex_unlock(&w->lock);
}

int
store_writer_fd(struct store_writer *w)
{
	return w->pipe[0];
}

bool
store_writer_answer(struct store_writer *w, struct store_nodes_answer *a)
{
	char drain[ANSWERS];
	bool got = false;

	(void)!read(w->pipe[0], drain, sizeof(drain));
	pthread_mutex_lock(&w->lock);
	if (w->nanswers > 0) {
		*a = w->answers[--w->nanswers];
		w->nasked--;
		got = true;
	}
	pthread_mutex_unlock(&w->lock);
	return got;
}

int
store_writer_finish(struct store_writer *w)
{
	struct timespec ts;
	int rv;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += FINISH_S;
	pthread_mutex_lock(&w->lock);
	w->finish = true;
	w->finish_rv = -1;
	pthread_cond_signal(&w->wake);
	while (w->finish && pthread_cond_timedwait(&w->finished, &w->lock,
	    &ts) != ETIMEDOUT)
		;
	w->finish = false;
	rv = w->finish_rv;
	pthread_mutex_unlock(&w->lock);
	return rv;
}
