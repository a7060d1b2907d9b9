/* SPDX-License-Identifier: ISC */
/* What the writer's thread and who feeds it share. */
#ifndef PEXD_STORE_WRITER_IMPL_H
#define PEXD_STORE_WRITER_IMPL_H

#include "addrbookd/store_impl.h"

#define ANSWERS		16	/* reads under way; more are refused */

struct store_writer {
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake;
	bool		 quit;
	bool		 finish;	/* in memory: make it a file now */
	pthread_cond_t	 finished;
	int		 finish_rv;

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
	uint64_t	 save_at;	/* in memory: ms, the next try */
	unsigned	 save_wait;	/* .. and what it waits after that */

	int		 pipe[2];	/* wakes the main loop */
};

#endif
