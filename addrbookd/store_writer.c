/* SPDX-License-Identifier: ISC */
/*
 * The writer: one thread that owns the open database.  The queue is bounded;
 * what does not fit stays marked in the book.  A batch that cannot be
 * committed (a full disk) is kept and tried again, ever further apart.
 */

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "addrbookd/store_impl.h"
#include "addrbookd/store_writer_impl.h"
#include "common/log.h"

#define BROKEN_TRIES	3	/* of a disk that fails, on one handle */

/*
 * A change waits 250 ms at most for addrbookd's tick, as long as the commit
 * before it takes, or the gap if that is more, and for its own commit.
 */
const struct store_pace store_pace = {
	.commit_gap_ms = 300,
	.retry_min_ms = 1000,
	.retry_max_ms = 60000,
	/* pexd counts what ends sooner as a start that failed. */
	.first_save_ms = 12000,
};

static uint64_t
mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* --- the thread ------------------------------------------------------- */

/* A full pipe wakes the main loop just as well. */
static void
wake_main(struct store_writer *w)
{
	(void)!write(w->pipe[1], "", 1);
}

static void
read_nodes(struct store_writer *w, const struct store_job *j)
{
	struct store_nodes_answer *a;

	if ((a = calloc(1, sizeof(*a))) == NULL) {
		pthread_mutex_lock(&w->lock);
		w->nasked--;
		pthread_mutex_unlock(&w->lock);
		return;
	}
	a->request = j->index;
	a->cursor = j->cursor;
	store_do_read(&w->db, a);
	pthread_mutex_lock(&w->lock);
	w->answers[w->nanswers++] = *a;
	pthread_mutex_unlock(&w->lock);
	free(a);
	wake_main(w);
}

/* The two change places: nobody waits while a queue is copied. */
static void
take_batch(struct store_writer *w)
{
	struct store_job *empty = w->batch;

	w->batch = w->queue;
	w->nbatch = w->n;
	w->queue = empty;
	w->n = 0;
	if (w->wanted)
		wake_main(w);
	w->wanted = false;
}

/* Somebody waits for these.  Called and left under the lock. */
static void
do_reads(struct store_writer *w)
{
	struct store_job j;

	while (w->nasks > 0) {
		j = w->asks[--w->nasks];
		pthread_mutex_unlock(&w->lock);
		read_nodes(w, &j);
		pthread_mutex_lock(&w->lock);
	}
}

static int
do_batch(struct store_writer *w)
{
	unsigned i;
	int rc;

	if ((rc = store_db_exec(&w->db, "BEGIN IMMEDIATE")) != SQLITE_OK)
		return rc;
	for (i = 0; i < w->nbatch && rc == SQLITE_OK; i++)
		rc = store_do_job(&w->db, &w->batch[i], &w->nnodes);
	if (rc == SQLITE_OK)
		rc = store_bound_nodes(&w->db, &w->nnodes);
	return rc == SQLITE_OK ? store_db_exec(&w->db, "COMMIT") : rc;
}

/* An error that tells of the disk or the files and not of their content. */
static bool
is_broken(int rc, struct store_db *d)
{
	return rc == SQLITE_CANTOPEN || (rc == SQLITE_IOERR &&
	    !store_db_no_room(d));
}

static int
try_commit(struct store_writer *w, char *error, size_t size)
{
	int rc;

	if ((rc = do_batch(w)) == SQLITE_OK) {
		w->broken = 0;
		return rc;
	}
	/* What is asked about it has to be so before the next statement. */
	strlcpy(error, sqlite3_errmsg(w->db.db), size);
	w->broken = is_broken(rc & 0xff, &w->db) ? w->broken + 1 : 0;
	w->nnodes = -1;
	if (!sqlite3_get_autocommit(w->db.db))
		(void)store_db_exec(&w->db, "ROLLBACK");
	return rc;
}

static void
account(struct store_writer *w, int rc, const char *error, uint64_t ms)
{
	struct store_stats *s = &w->stats;

	pthread_mutex_lock(&w->lock);
	s->broken = w->broken >= BROKEN_TRIES && !w->db.in_memory;
	s->failing = rc != SQLITE_OK || (w->db.in_memory && !s->ready);
	if (rc == SQLITE_OK) {
		s->commits++;
		s->rows += w->nbatch;
		if (ms > s->commit_max_ms)
			s->commit_max_ms = ms;
	} else {
		s->errors++;
		s->damaged = rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
		strlcpy(s->error, error, sizeof(s->error));
	}
	pthread_mutex_unlock(&w->lock);
}

static struct timespec
at_ms(uint64_t ms)
{
	struct timespec ts = { .tv_sec = ms / 1000,
	    .tv_nsec = (long)(ms % 1000) * 1000000 };

	return ts;
}

/* Wait, or until it is time to quit; answer reads.  Under the lock. */
static void
pause_for(struct store_writer *w, unsigned ms)
{
	struct timespec ts = at_ms(mono_ms() + ms);

	while (!w->quit && pthread_cond_timedwait(&w->wake, &w->lock, &ts) !=
	    ETIMEDOUT)
		do_reads(w);
}

/* Until the batch is on disk; when quitting, one try. */
static void
commit_batch(struct store_writer *w)
{
	unsigned wait_ms = w->pace.retry_min_ms;
	char error[sizeof(w->stats.error)] = "";
	uint64_t began;
	bool quit;
	int rc;

	for (;;) {
		began = mono_ms();
		rc = try_commit(w, error, sizeof(error));
		account(w, rc, error, mono_ms() - began);
		if (rc == SQLITE_OK)
			break;
		pthread_mutex_lock(&w->lock);
		quit = w->quit;
		if (!quit)
			pause_for(w, wait_ms);
		pthread_mutex_unlock(&w->lock);
		if (quit)
			break;
		if ((wait_ms *= 2) > w->pace.retry_max_ms)
			wait_ms = w->pace.retry_max_ms;
	}
	w->nbatch = 0;
}

/* In memory: is it time to try whether there is room? */
static bool
save_is_due(const struct store_writer *w)
{
	return w->db.in_memory && (w->finish || (w->db.target != -1 &&
	    mono_ms() >= w->save_at));
}

static void
account_save(struct store_writer *w, int rv, bool finish)
{
	struct store_stats *s = &w->stats;

	pthread_mutex_lock(&w->lock);
	s->ready = rv == 0;
	s->failing = rv != 0;
	if (rv == 0)
		s->saves++;
	else {
		s->errors++;
		strlcpy(s->error, strerror(errno), sizeof(s->error));
	}
	if (finish && w->finish) {
		w->finish = false;
		w->finish_rv = rv;
		pthread_cond_signal(&w->finished);
	}
	pthread_mutex_unlock(&w->lock);
}

/* Of memory: a copy goes to the disk, or it is asked again later. */
static void
save(struct store_writer *w, bool finish)
{
	int rv = store_memory_save(&w->db, finish);

	account_save(w, rv, finish);
	w->save_wait = rv == 0 || w->save_wait == 0 ? w->pace.retry_min_ms :
	    w->save_wait * 2;
	if (w->save_wait > w->pace.retry_max_ms)
		w->save_wait = w->pace.retry_max_ms;
	w->save_at = mono_ms() + w->save_wait;
}

/* Under the lock. */
static void
wait_for_work(struct store_writer *w)
{
	struct timespec ts = at_ms(w->save_at);

	if (w->db.in_memory && w->db.target != -1)
		pthread_cond_timedwait(&w->wake, &w->lock, &ts);
	else
		pthread_cond_wait(&w->wake, &w->lock);
}

/* Until there is something to do; false at the end. */
static bool
take_work(struct store_writer *w, bool *finish)
{
	bool quit;

	pthread_mutex_lock(&w->lock);
	do_reads(w);
	while (w->n == 0 && !w->quit && !save_is_due(w)) {
		wait_for_work(w);
		do_reads(w);
	}
	take_batch(w);
	quit = w->quit;
	*finish = w->finish;
	pthread_mutex_unlock(&w->lock);
	return !quit || w->nbatch > 0;
}

/* Let changes gather: each commit costs a disk flush. */
static void
gather(struct store_writer *w, uint64_t began)
{
	uint64_t took = mono_ms() - began;

	pthread_mutex_lock(&w->lock);
	if (w->n < STORE_QUEUE / 2 && !w->finish &&
	    took < w->pace.commit_gap_ms)
		pause_for(w, w->pace.commit_gap_ms - took);
	pthread_mutex_unlock(&w->lock);
}

static void *
writer_main(void *arg)
{
	struct store_writer *w = arg;
	uint64_t began;
	bool finish;

	while (take_work(w, &finish)) {
		began = mono_ms();
		if (w->nbatch > 0)
			commit_batch(w);
		if (save_is_due(w))
			save(w, finish);
		gather(w, began);
	}
	/* Who stops it waits: once more, whenever it was tried last. */
	if (w->db.in_memory)
		save(w, true);
	return NULL;
}

/* --- the main thread's side ------------------------------------------- */

static int
make_pipe(int fds[2])
{
	return pipe2(fds, O_NONBLOCK | O_CLOEXEC);
}

static int
start_thread(struct store_writer *w)
{
	pthread_condattr_t attr;
	sigset_t all, old;
	int error;

	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attr);
	pthread_cond_init(&w->finished, &attr);
	pthread_condattr_destroy(&attr);
	/* Signals are the event loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&w->thread, NULL, writer_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = error;
	return error == 0 ? 0 : -1;
}

struct store_writer *
store_writer_start(struct store_db *db, const struct store_pace *pace)
{
	struct store_writer *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	w->pipe[0] = w->pipe[1] = -1;
	w->nnodes = -1;
	w->pace = *pace;
	w->queue = calloc(STORE_QUEUE, sizeof(*w->queue));
	w->batch = calloc(STORE_QUEUE, sizeof(*w->batch));
	w->answers = calloc(ANSWERS, sizeof(*w->answers));
	if (w->queue == NULL || w->batch == NULL || w->answers == NULL ||
	    make_pipe(w->pipe) == -1)
		goto fail;
	w->db = *db;
	memset(db, 0, sizeof(*db));
	w->stats.in_memory = w->stats.failing = w->db.in_memory;
	w->save_at = mono_ms() + pace->first_save_ms;
	if (start_thread(w) == 0)
		return w;
	*db = w->db;
fail:
	if (w->pipe[0] != -1) {
		close(w->pipe[0]);
		close(w->pipe[1]);
	}
	free(w->queue);
	free(w->batch);
	free(w->answers);
	free(w);
	return NULL;
}

void
store_writer_stop(struct store_writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->quit = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	store_db_close(&w->db);
	pthread_cond_destroy(&w->wake);
	pthread_cond_destroy(&w->finished);
	pthread_mutex_destroy(&w->lock);
	close(w->pipe[0]);
	close(w->pipe[1]);
	free(w->queue);
	free(w->batch);
	free(w->answers);
	free(w);
}
