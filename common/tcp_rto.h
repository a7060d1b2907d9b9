/* SPDX-License-Identifier: ISC */
/* An option of TCP that Linux has and older headers of libc lack. */
#ifndef PEXD_TCP_RTO_H
#define PEXD_TCP_RTO_H

#include <netinet/tcp.h>

#if defined(__linux__) && !defined(TCP_RTO_MAX_MS)
#define TCP_RTO_MAX_MS	44	/* the longest wait to send again, in ms */
#endif

#endif
