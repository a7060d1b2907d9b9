/* SPDX-License-Identifier: ISC */
/* An accept4(2) that fails as the environment says, and then is libc's. */

#include <sys/types.h>
#include <sys/socket.h>

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "regress/engine/echo.h"

static int		(*real)(int, struct sockaddr *, socklen_t *, int);
static char		 buf[256], *faults = buf;

/* Before the sandbox, which knows no loader. */
__attribute__((constructor)) static void
find_real(void)
{
	void *sym = dlsym(RTLD_NEXT, "accept4");
	const char *s = getenv(ACCEPT_FAULTS);

	memcpy(&real, &sym, sizeof(real));
	if (s != NULL)		/* setproctitle(3) writes over that place */
		strlcpy(buf, s, sizeof(buf));
}

int
accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags)
{
	char *end;
	long error;

	if (*faults != '\0') {
		error = strtol(faults, &end, 10);
		faults = end;
		if (error != 0) {
			errno = error;
			return -1;
		}
	}
	return real(fd, sa, len, flags);
}
