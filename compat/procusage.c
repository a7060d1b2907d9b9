/* SPDX-License-Identifier: ISC */
/* Memory and time of a process, as each system tells it. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compat/procusage.h"

#if defined(__OpenBSD__)

#include <sys/sysctl.h>

int
procusage_get(pid_t pid, struct procusage *u)
{
	struct kinfo_proc kp;
	size_t size = sizeof(kp);
	int mib[] = { CTL_KERN, KERN_PROC, KERN_PROC_PID, pid, sizeof(kp), 1 };

	memset(u, 0, sizeof(*u));
	if (sysctl(mib, 6, &kp, &size, NULL, 0) == -1 || size < sizeof(kp))
		return -1;
	u->rss_bytes = (uint64_t)kp.p_vm_rssize * getpagesize();
	u->cpu_ms = (uint64_t)(kp.p_uutime_sec + kp.p_ustime_sec) * 1000 +
	    (kp.p_uutime_usec + kp.p_ustime_usec) / 1000;
	return 0;
}

#else

/* proc(5): the name, field 2, may hold blanks and ends at the last ')'. */
int
procusage_get(pid_t pid, struct procusage *u)
{
	unsigned long long utime, stime;
	char path[64], line[1024], *p;
	long rss;
	FILE *fp;

	memset(u, 0, sizeof(*u));
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((fp = fopen(path, "re")) == NULL)
		return -1;
	p = fgets(line, sizeof(line), fp);
	fclose(fp);
	if (p == NULL || (p = strrchr(line, ')')) == NULL ||
	    sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
	    "%llu %llu %*d %*d %*d %*d %*d %*d %*u %*u %ld", &utime, &stime,
	    &rss) != 3)
		return -1;
	u->rss_bytes = (uint64_t)(rss < 0 ? 0 : rss) * getpagesize();
	u->cpu_ms = (utime + stime) * 1000 / sysconf(_SC_CLK_TCK);
	return 0;
}

#endif
