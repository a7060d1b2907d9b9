/* SPDX-License-Identifier: ISC */
/*
 * Both ends of an imsg pipe in one process, for tests; ATF fails if they
 * cannot be had.
 */
#ifndef REGRESS_IMSGPAIR_H
#define REGRESS_IMSGPAIR_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include <imsg.h>

#define IMSGPAIR_FD_MARK	0x80000000U	/* in hdr.len on the wire */

struct imsgpair {
	int		 fd[2];		/* non-blocking */
	struct imsgbuf	 a;
	struct imsgbuf	 b;
};

void		imsgpair_open(struct imsgpair *);
void		imsgpair_close(struct imsgpair *);
void		imsgpair_pass_fds(struct imsgpair *);	/* allow them */
/* How many descriptors below 1024 this process has open. */
int		imsgpair_open_fds(void);
/* What no imsg sender does: any bytes, with up to 8 descriptors. */
void		imsgpair_send(int s, const void *, size_t);
void		imsgpair_send_fds(int s, const void *, size_t, const int *,
		    size_t);
struct imsg_hdr	imsgpair_header(uint32_t type, uint32_t len);

#endif
