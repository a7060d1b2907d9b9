/* SPDX-License-Identifier: ISC */
/* What TCP is told of every connection. */

#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include "common/tcp_rto.h"
#include "engine/engine.h"

#define RETRY_MAX_MS	5000

static void
set(int fd, int option, int value)
{
	(void)setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value));
}

/*
 * Messages are small and waited for.  Little is under way at a time, so that
 * nothing but a timer tells TCP of a loss; and that timer is doubled each
 * time, from ten seconds and more on a line whose delay has changed, so that
 * two losses in a row outlast a pong's time.  What a system lacks of these
 * options, it goes without.
 */
void
tune_socket(int fd)
{
	set(fd, TCP_NODELAY, 1);
#ifdef TCP_THIN_LINEAR_TIMEOUTS
	set(fd, TCP_THIN_LINEAR_TIMEOUTS, 1);
#endif
#ifdef TCP_RTO_MAX_MS		/* Linux 6.15 */
	set(fd, TCP_RTO_MAX_MS, RETRY_MAX_MS);
#endif
}
