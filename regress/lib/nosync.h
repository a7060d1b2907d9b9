/* SPDX-License-Identifier: ISC */
/*
 * No disk flushes, for a program that includes this once: power is no subject
 * of it, and they would be most of its time.
 */
#ifndef PEXD_REGRESS_NOSYNC_H
#define PEXD_REGRESS_NOSYNC_H

int	fsync(int);
int	fdatasync(int);

int
fsync(int fd)
{
	return 0;
}

int
fdatasync(int fd)
{
	return 0;
}

#endif
