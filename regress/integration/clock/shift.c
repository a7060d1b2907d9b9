/* SPDX-License-Identifier: ISC */
/*
 * Preloaded into a daemon under test: the wall clock is off by as many
 * seconds as the file $CLOCK_SHIFT says, a number of 20 characters, at any
 * moment.  Monotonic time is left alone.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/time.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SHIFT_SIZE	21	/* and a newline */

static const char *shift;
static int (*real)(clockid_t, struct timespec *);

/* Before the sandbox, which lets nobody open a file. */
__attribute__((constructor)) static void
shift_begin(void)
{
	const char *path = getenv("CLOCK_SHIFT");
	void *map;
	int fd;

	real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT,
	    "clock_gettime");
	if (path == NULL || (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	map = mmap(NULL, SHIFT_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (map != MAP_FAILED)
		shift = map;
}

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	if (real == NULL)
		shift_begin();
	if (real(clock, ts) == -1)
		return -1;
	if (shift != NULL && (clock == CLOCK_REALTIME ||
	    clock == CLOCK_REALTIME_COARSE))
		ts->tv_sec += strtoll(shift, NULL, 10);
	return 0;
}

time_t
time(time_t *t)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (t != NULL)
		*t = ts.tv_sec;
	return ts.tv_sec;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec ts;

	(void)tz;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}
