/* SPDX-License-Identifier: ISC */
/* A disk that fails, or takes long: what becomes of each call. */
#include <sys/types.h>

#include <pthread.h>
#include <stdbool.h>

#include <atf-c.h>

#include "regress/lib/baddisk.h"

static struct {
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake;
	int		 error, denied;
	unsigned int	 after, writes, waiting;
	bool		 stuck;
} disk = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.wake = PTHREAD_COND_INITIALIZER,
};

int
baddisk_fate(void)
{
	int	 error = 0;

	pthread_mutex_lock(&disk.lock);
	disk.writes++;
	disk.waiting++;
	while (disk.stuck)
		pthread_cond_wait(&disk.wake, &disk.lock);
	disk.waiting--;
	if (disk.after > 0)
		disk.after--;
	else
		error = disk.error;
	pthread_mutex_unlock(&disk.lock);
	return error;
}

int
baddisk_denied(void)
{
	return disk.denied;
}

/* --- what a test says ------------------------------------------------- */

void
baddisk_init(void)
{
#ifdef __linux__
	baddisk_fail(0, 0);
	baddisk_deny(0);
	baddisk_stick(false);
	disk.writes = 0;
#else
	atf_tc_skip("no system calls of Linux");
#endif
}

void
baddisk_fail(int error, unsigned int after)
{
	pthread_mutex_lock(&disk.lock);
	disk.error = error;
	disk.after = after;
	pthread_mutex_unlock(&disk.lock);
}

void
baddisk_deny(int error)
{
	disk.denied = error;
}

unsigned int
baddisk_writes(void)
{
	unsigned int	 n;

	pthread_mutex_lock(&disk.lock);
	n = disk.writes;
	pthread_mutex_unlock(&disk.lock);
	return n;
}

void
baddisk_stick(bool stuck)
{
	pthread_mutex_lock(&disk.lock);
	disk.stuck = stuck;
	pthread_cond_broadcast(&disk.wake);
	pthread_mutex_unlock(&disk.lock);
}

bool
baddisk_is_stuck(void)
{
	bool	 is;

	pthread_mutex_lock(&disk.lock);
	is = disk.stuck && disk.waiting > 0;
	pthread_mutex_unlock(&disk.lock);
	return is;
}
