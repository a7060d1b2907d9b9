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
#include "common/log.h"

#define ANSWERS		16	/* reads under way; more are refused */
#define BROKEN_TRIES	3	/* of a disk that fails, on one handle */

/*
 * A change waits 250 ms at most for addrbookd's tick, as long as the commit
 * before it takes, or the gap if that is more, and for its own commit.
 */
const struct store_pace store_pace = {
	.commit_gap_ms = 300,
	.retry_min_ms = 1000,
	.retry_max_ms = 60000,
};

struct store_writer {
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake;
	bool		 quit;

	/* Under the lock: the queue, the answers, the figures. */
	struct store_job *queue;
	unsigned	 n;
	bool		 wanted;	/* room, by who found none */
	struct store_job asks[ANSWERS];		/* reads, apart from writes */
	unsigned	 nasks;
	struct store_nodes_answer *answers;
	unsigned	 nanswers, nasked;	/* nasked: not yet taken */
	struct store_stats stats;

	/* The thread's own. */
	struct store_db	 db;
	struct store_job *batch;
	unsigned	 nbatch;
	struct store_pace pace;
	unsigned	 broken;	/* I/O errors in a row */
	int		 nnodes;	/* -1: to be counted */

	int		 pipe[2];	/* wakes the main loop */
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

/*
 * Room may come again, on the same handle as well.  The log's own word for
 * it: errno has seen other calls since.
 */
static bool
is_no_room(sqlite3 *db)
{
	sqlite3_file *log = NULL;
	int error = 0;

	(void)sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER,
	    &log);
	if (log == NULL || log->pMethods == NULL)
		return false;
	(void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO,
	    &error);
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/* An error that tells of the disk or the files and not of their content. */
static bool
is_broken(int rc, sqlite3 *db)
{
	return rc == SQLITE_CANTOPEN || (rc == SQLITE_IOERR &&
	    !is_no_room(db));
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
	w->broken = is_broken(rc & 0xff, w->db.db) ? w->broken + 1 : 0;
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
	s->broken = w->broken >= BROKEN_TRIES;
	s->failing = rc != SQLITE_OK;
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

/* Wait, or until it is time to quit; answer reads.  Under the lock. */
static void
pause_for(struct store_writer *w, unsigned ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += (long)(ms % 1000) * 1000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
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

static void *
writer_main(void *arg)
{
	struct store_writer *w = arg;
	uint64_t began, took;
	bool quit;

	for (;;) {
		pthread_mutex_lock(&w->lock);
		do_reads(w);
		while (w->n == 0 && !w->quit) {
			pthread_cond_wait(&w->wake, &w->lock);
			do_reads(w);
		}
		take_batch(w);
		quit = w->quit;
		pthread_mutex_unlock(&w->lock);
		began = mono_ms();
		if (w->nbatch > 0)
			commit_batch(w);
		else if (quit)
			return NULL;
		if (quit)
			continue;
		/* Let changes gather: each commit costs a disk flush. */
		took = mono_ms() - began;
		pthread_mutex_lock(&w->lock);
		if (w->n < STORE_QUEUE / 2 && took < w->pace.commit_gap_ms)
			pause_for(w, w->pace.commit_gap_ms - took);
		pthread_mutex_unlock(&w->lock);
	}
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
	pthread_mutex_destroy(&w->lock);
	close(w->pipe[0]);
	close(w->pipe[1]);
	free(w->queue);
	free(w->batch);
	free(w->answers);
	free(w);
}
