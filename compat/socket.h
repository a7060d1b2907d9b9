/* SPDX-License-Identifier: ISC */
/* What sockets of some systems lack. */
#ifndef PEXD_COMPAT_SOCKET_H
#define PEXD_COMPAT_SOCKET_H

#include <sys/types.h>
#include <sys/socket.h>

/* More follows at once: only a hint, and only Linux has it. */
#ifndef MSG_MORE
#define MSG_MORE	0
#endif

#endif
