/* SPDX-License-Identifier: ISC */
/*
 * The calls that change files, for a test program with a bad disk: included
 * once, its definitions are the ones that SQLite and the store get.
 */
#ifndef PEXD_REGRESS_BADDISK_CALLS_H
#define PEXD_REGRESS_BADDISK_CALLS_H
#ifdef __linux__

#include <sys/types.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "regress/lib/baddisk.h"

ssize_t	pwrite64(int, const void *, size_t, off64_t);
ssize_t	pwrite(int, const void *, size_t, off_t);
int	ftruncate64(int, off64_t);
int	ftruncate(int, off_t);
int	open(const char *, int, ...);
int	open64(const char *, int, ...);
int	unlink(const char *);
int	rename(const char *, const char *);

static bool
baddisk_fails(int error)
{
	if (error != 0)
		errno = error;
	return error != 0;
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return baddisk_fails(baddisk_fate()) ? -1 :
	    syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite64(fd, p, n, at);
}

int
ftruncate64(int fd, off64_t len)
{
	return baddisk_fails(baddisk_fate()) ? -1 :
	    syscall(SYS_ftruncate, fd, len);
}

int
ftruncate(int fd, off_t len)
{
	return ftruncate64(fd, len);
}

/* As on a file system that is read-only: what is there may be read. */
int
open(const char *path, int flags, ...)
{
	bool	 is_there = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
	va_list	 ap;
	mode_t	 mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (((flags & O_CREAT) && !is_there &&
	    baddisk_fails(baddisk_denied())) ||
	    ((flags & O_ACCMODE) != O_RDONLY && baddisk_denied() == EROFS &&
	    baddisk_fails(EROFS)))
		return -1;
	return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	va_list	 ap;
	mode_t	 mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return open(path, flags, mode);
}

int
unlink(const char *path)
{
	return baddisk_fails(baddisk_denied()) ? -1 : syscall(SYS_unlink, path);
}

int
rename(const char *from, const char *to)
{
	return baddisk_fails(baddisk_denied()) ? -1 :
	    syscall(SYS_rename, from, to);
}

#endif /* __linux__ */
#endif
