/* SPDX-License-Identifier: ISC */
/* A disk that fails, or takes long. */
#include <sys/types.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>
#include <sqlite3.h>

#include "regress/lib/baddisk.h"

static struct {
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake;
	int		 error;
	unsigned int	 after, writes, waiting;
	bool		 stuck;
	ssize_t		 (*pwrite)(int, const void *, size_t, off_t);
	int		 (*ftruncate)(int, off_t);
} disk = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.wake = PTHREAD_COND_INITIALIZER,
};

/* The errno of this write, or 0. */
static int
fate(void)
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

static ssize_t
bad_pwrite(int fd, const void *p, size_t n, off_t at)
{
	int	 error = fate();

	if (error == 0)
		return disk.pwrite(fd, p, n, at);
	errno = error;
	return -1;
}

static int
bad_ftruncate(int fd, off_t len)
{
	int	 error = fate();

	if (error == 0)
		return disk.ftruncate(fd, len);
	errno = error;
	return -1;
}

static void
replace(const char *name, sqlite3_syscall_ptr by, void *was)
{
	sqlite3_vfs		*vfs = sqlite3_vfs_find(NULL);
	sqlite3_syscall_ptr	 is = vfs->xGetSystemCall(vfs, name);

	if (is == NULL || is == by)
		return;
	memcpy(was, &is, sizeof(is));
	ATF_REQUIRE_EQ(SQLITE_OK, vfs->xSetSystemCall(vfs, name, by));
}

void
baddisk_init(void)
{
	replace("pwrite", (sqlite3_syscall_ptr)bad_pwrite, &disk.pwrite);
	replace("pwrite64", (sqlite3_syscall_ptr)bad_pwrite, &disk.pwrite);
	replace("ftruncate", (sqlite3_syscall_ptr)bad_ftruncate,
	    &disk.ftruncate);
	ATF_REQUIRE(disk.pwrite != NULL && disk.ftruncate != NULL);
	disk.writes = 0;
}

void
baddisk_fail(int error, unsigned int after)
{
	pthread_mutex_lock(&disk.lock);
	disk.error = error;
	disk.after = after;
	pthread_mutex_unlock(&disk.lock);
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
