/* SPDX-License-Identifier: ISC */
/* What a process has used so far. */
#ifndef COMPAT_PROCUSAGE_H
#define COMPAT_PROCUSAGE_H

#include <sys/types.h>

#include <stdint.h>

struct procusage {
	uint64_t	rss_bytes;	/* resident memory */
	uint64_t	cpu_ms;		/* user and system */
};

/* 0, or -1 and *u is zero. */
int	procusage_get(pid_t, struct procusage *u);

#endif
